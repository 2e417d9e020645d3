use super::answers::AnswersError;
use crate::counted;

/// Why labels cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoringError {
    /// A file of answers cannot be used.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// There is nothing to compare with.
    #[error("there are no gold labels to score against; expected at least one labelled instance")]
    NoGold,
    /// An id was given two labels.
    #[error("{side} label {position}: id `{id}` was labelled before; keep one label for each id")]
    DuplicateId {
        /// `gold` or `predicted`.
        side: &'static str,
        /// Which of the labels, counted from 1.
        position: usize,
        /// The id.
        id: String,
    },
    /// A prediction for an instance that has no gold label.
    #[error(
        "predicted label {position}: no gold instance has the id `{id}`; are these predictions for other data?"
    )]
    UnknownId {
        /// Which of the predictions, counted from 1.
        position: usize,
        /// The id.
        id: String,
    },
    /// A label occurs twice in the label set.
    #[error("label `{label}` occurs twice in the label set; expected each label once")]
    DuplicateLabel {
        /// The label.
        label: String,
    },
    /// A label's index is out of range.
    #[error("{side} label {position} is index {index}; expected 0..{labels}, the range of the label set")]
    LabelIndex {
        /// `gold` or `predicted`.
        side: &'static str,
        /// Which of the labels, counted from 1.
        position: usize,
        /// The index found.
        index: usize,
        /// How many labels there are.
        labels: usize,
    },
    /// Predictions and gold labels cannot be paired by position.
    #[error(
        "{} but {}; expected one prediction for each gold label",
        counted(*gold, "gold label"),
        counted(*predicted, "prediction")
    )]
    Lengths {
        /// Number of gold labels.
        gold: usize,
        /// Number of predictions.
        predicted: usize,
    },
    /// A label that the SemEval scorer cannot interpret.
    #[error(
        "the SemEval scorer cannot use the label `{label}`; expected {}, or choose the scorer `plain`",
        super::semeval::LABEL_FORM
    )]
    NotDirected {
        /// The label.
        label: String,
    },
}
