use super::{Prediction, RelationClassifier};
use crate::corpus::Corpus;
use crate::learner::ReadError;
use crate::scoring::{
    Answer, CalibrationBin, ConfusionMatrix, Majority, Scorer, Scores, ScoringError, calibration_error,
};

/// How well a classifier performs on labelled data.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The scores, by name.
    pub scores: Scores,
    /// How often instances of each label were given each label; the model's labels first, then those unknown
    /// to the model.
    pub matrix: ConfusionMatrix,
    /// What was predicted for each instance, in the order of the corpus.
    pub predictions: Vec<Prediction>,
    /// Labels of the data that are unknown to the model and so never predicted.
    pub unknown_labels: Vec<String>,
    /// The number of instances with such a label; they count as wrong.
    pub unknown_instances: usize,
    /// The number of instances without a label; they are ignored.
    pub unlabelled: usize,
    /// What always giving the most frequent label of the data would score.
    pub majority: Majority,
    /// How far the probabilities of answers are from the share of right ones ([`calibration_error`]).
    pub calibration_error: f64,
    /// The same in tenths of the range of probability, from the lowest.
    pub reliability: Vec<CalibrationBin>,
    /// The answers to labelled instances, by the labels' places in the matrix.
    pub answers: Vec<Answer>,
}

/// Why data cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// An instance cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The labels cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
}

impl RelationClassifier {
    /// Scores the classifier on the labelled instances of a corpus: without a `scorer` by its own
    /// ([`RelationClassifier::scorer`]), whatever the labels of the corpus.
    ///
    /// ```standalone_crate
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/doctest.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let _folder = enter_model_folder()?;
    /// use mlrc::{RelationClassifier, corpus::Corpus};
    ///
    /// let model = RelationClassifier::load("model")?;
    /// let evaluation = model.evaluate(&Corpus::open("test.jsonl")?, None)?;
    /// println!("{}", evaluation.scores);
    /// assert!(evaluation.scores.primary.value > 0.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If an instance cannot be read, there are no labelled instances, or the scorer does not fit the labels.
    pub fn evaluate(&self, corpus: &Corpus, scorer: Option<&Scorer>) -> Result<Evaluation, EvaluationError> {
        let mut labels = self.labels().to_vec();
        let known = labels.len();
        let predictions = self.classify(&corpus.instances)?;
        let mut answers = Vec::new();
        for (instance, prediction) in corpus.instances.iter().zip(&predictions) {
            let Some(relation) = &instance.relation else { continue };
            let gold = labels.iter().position(|label| label == relation).unwrap_or_else(|| {
                labels.push(relation.clone());
                labels.len() - 1
            });
            answers.push(Answer { gold, label: prediction.index(), probability: prediction.probability() });
        }
        let (gold, predicted): (Vec<usize>, Vec<usize>) =
            answers.iter().map(|answer| (answer.gold, answer.label)).unzip();
        let (confidences, right): (Vec<f32>, Vec<bool>) =
            answers.iter().map(|answer| (answer.probability, answer.is_right())).unzip();
        let matrix = ConfusionMatrix::from_indices(&labels, &gold, &predicted)?;
        let scorer = scorer.cloned().unwrap_or_else(|| self.scorer());
        Ok(Evaluation {
            majority: Majority::of(&labels, &gold, &scorer)?,
            calibration_error: calibration_error(&confidences, &right),
            reliability: CalibrationBin::tenths(&confidences, &right),
            scores: scorer.score_matrix(&matrix)?,
            matrix,
            unknown_instances: gold.iter().filter(|&&label| label >= known).count(),
            unknown_labels: labels.split_off(known),
            unlabelled: predictions.len() - gold.len(),
            predictions,
            answers,
        })
    }
}
