//! The conventions for turning gold and predicted labels into scores, one file each. [`CONVENTIONS`] is the
//! only list of them.

mod plain;
mod semeval;
mod tacred;

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::confusion::ConfusionMatrix;
use super::error::ScoringError;
use super::resampled::Average;
use super::scores::{Rates, RelationScore, Score, Scores};
use crate::counted;

/// All conventions. If none is requested, the first that fits the labels is used; the last fits all.
const CONVENTIONS: [&dyn Convention; 3] = [&semeval::SemEval, &tacred::Tacred, &plain::Plain];

/// A scoring convention.
trait Convention: Sync {
    /// The name in recipes and on the command line.
    fn name(&self) -> &'static str;

    /// The negative label that is excluded from the averages if none is named.
    fn negative(&self) -> Option<&'static str>;

    /// Whether a different negative label may be named, as in `plain:NA`.
    fn negative_can_be_named(&self) -> bool {
        true
    }

    /// Whether these are the labels of its task.
    fn fits(&self, labels: &[String]) -> bool;

    /// The negative label of labels that fit.
    fn negative_of<'a>(&self, _labels: &'a [String]) -> Option<&'a str> {
        self.negative()
    }

    /// Scores the counts: F1 first, as it is the score to select models by.
    ///
    /// # Errors
    /// If a label cannot be interpreted.
    fn score(&self, matrix: &ConfusionMatrix, negative: Option<&str>) -> Result<Outcome, ScoringError>;

    /// The class that a label belongs to, which has a row in tables.
    fn class_of<'a>(&self, label: &'a str) -> &'a str {
        label
    }

    /// How the first score is averaged over classes; it is computed thousands of times for resampled
    /// instances.
    fn average(&self) -> Average;
}

/// The result of [`Convention::score`].
struct Outcome {
    values: Vec<(String, f64)>,
    relations: Vec<RelationScore>,
    warnings: Vec<String>,
}

/// A convention for turning gold and predicted labels into scores.
///
/// Written `semeval`, `tacred`, `tacred:NEGATIVE`, `plain` or `plain:NEGATIVE`, in recipes and on the command
/// line.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scorer {
    convention: &'static dyn Convention,
    negative: Option<String>,
}

/// A name that is not the name of a scorer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no scorer `{0}`; expected `semeval`, `tacred` or `plain`; the last two may name the negative label, \
     as in `tacred:no_relation`"
)]
pub struct ParseScorerError(String);

impl FromStr for Scorer {
    type Err = ParseScorerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, negative) = text.split_once(':').map_or((text, None), |(name, label)| (name, Some(label)));
        let convention = CONVENTIONS.into_iter().find(|convention| convention.name() == name);
        match (convention, negative) {
            (Some(convention), None) => Ok(Self::by_default(convention)),
            (Some(convention), Some(label)) if !label.is_empty() && convention.negative_can_be_named() => {
                Ok(Self { convention, negative: Some(label.to_owned()) })
            }
            _ => Err(ParseScorerError(text.to_owned())),
        }
    }
}

impl fmt::Display for Scorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.convention.name();
        match &self.negative {
            Some(negative) if Some(&negative[..]) != self.convention.negative() => {
                write!(f, "{name}:{negative}")
            }
            _ => write!(f, "{name}"),
        }
    }
}

impl fmt::Debug for Scorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scorer({self})")
    }
}

impl PartialEq for Scorer {
    fn eq(&self, other: &Self) -> bool {
        self.convention.name() == other.convention.name() && self.negative == other.negative
    }
}

impl Eq for Scorer {}

impl TryFrom<String> for Scorer {
    type Error = ParseScorerError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scorer> for String {
    fn from(scorer: Scorer) -> Self {
        scorer.to_string()
    }
}

impl Scorer {
    fn by_default(convention: &'static dyn Convention) -> Self {
        Self { convention, negative: convention.negative().map(str::to_owned) }
    }

    /// SemEval-2010 Task 8's scorer: labels with directions and `Other`; see
    /// [`SemEvalResult`](super::SemEvalResult).
    pub fn semeval() -> Self {
        Self::by_default(&semeval::SemEval)
    }

    /// TACRED's scorer, with TACRED's negative label: micro-F1 without it; see
    /// [`TacredResult`](super::TacredResult).
    pub fn tacred() -> Self {
        Self::by_default(&tacred::Tacred)
    }

    /// Accuracy, macro- and micro-F1, with `negative`, if given, excluded from the averages; see
    /// [`ConfusionMatrix`].
    pub fn plain(negative: Option<&str>) -> Self {
        Self { convention: &plain::Plain, negative: negative.map(str::to_owned) }
    }

    /// The scorer that fits the labels: SemEval's if all but `Other` are directed, TACRED's if one is
    /// `no_relation` (in any spelling), otherwise the plain one, without the label that
    /// [`LabelSet::new`](crate::LabelSet::new) takes for the negative one.
    ///
    /// One label more may mean another scorer. To score a model on a file, give the labels of the model, not those of the
    /// file.
    pub fn for_labels(labels: &[String]) -> Self {
        let fitting = CONVENTIONS.into_iter().find(|convention| convention.fits(labels));
        let convention = fitting.unwrap_or(&plain::Plain);
        Self { convention, negative: convention.negative_of(labels).map(str::to_owned) }
    }

    /// The label that is excluded from the averages, if any.
    pub fn negative(&self) -> Option<&str> {
        self.negative.as_deref()
    }

    /// The class that a label belongs to, which has a row in tables: for SemEval's labels the relation
    /// without its direction, for others the label itself.
    pub fn class_of<'a>(&self, label: &'a str) -> &'a str {
        self.convention.class_of(label)
    }

    /// Whether the first score is an average over relations rather than over decisions.
    pub fn is_macro(&self) -> bool {
        !matches!(self.average(), Average::Micro)
    }

    pub(super) fn average(&self) -> Average {
        self.convention.average()
    }

    /// Scores predictions against gold labels, both as pairs of id and label in any order.
    ///
    /// Instances without a prediction cause a warning and count as not found.
    ///
    /// # Errors
    /// If there is no gold label, an id occurs twice on one side, a predicted id is not among the gold ones,
    /// or the SemEval scorer meets a label without direction.
    pub fn score<S: AsRef<str>>(
        &self,
        gold: &[(S, S)],
        predicted: &[(S, S)],
    ) -> Result<Scores, ScoringError> {
        let mut scores = self.score_matrix(&ConfusionMatrix::from_answers(gold, predicted)?)?;
        if scores.skipped > 0 {
            let answered: HashSet<&str> = predicted.iter().map(|(id, _)| id.as_ref()).collect();
            let first =
                gold.iter().map(|(id, _)| id.as_ref()).find(|id| !answered.contains(id)).unwrap_or_default();
            let (skipped, instances) = (scores.skipped, scores.instances);
            scores.warnings.push(match skipped {
                1 => {
                    let instances = counted(instances, "instance");
                    format!("1 of {instances} has no prediction: `{first}`; it counts as not found")
                }
                _ => format!(
                    "{skipped} of {instances} instances have no prediction, the first is `{first}`; they \
                     count as not found"
                ),
            });
        }
        Ok(scores)
    }

    /// Scores what has been counted; the fast way for training loops, with [`ConfusionMatrix::from_indices`].
    ///
    /// # Errors
    /// If there is no gold instance, or the SemEval scorer meets a label without direction.
    pub fn score_matrix(&self, matrix: &ConfusionMatrix) -> Result<Scores, ScoringError> {
        let instances = matrix.instances();
        if instances == 0 {
            return Err(ScoringError::NoGold);
        }
        let Outcome { values, relations, warnings } = self.convention.score(matrix, self.negative())?;
        let values: Vec<Score> = values.into_iter().map(|(name, value)| Score { name, value }).collect();
        let primary = values[0].clone();
        let skipped = matrix.instances_skipped();
        Ok(Scores { scorer: self.clone(), primary, values, relations, instances, skipped, warnings })
    }
}

/// F1 first: it is the one to select models by.
fn push_rates(values: &mut Vec<(String, f64)>, prefix: &str, suffix: &str, rates: Rates) {
    values.push((format!("{prefix}_f1{suffix}"), rates.f1));
    values.push((format!("{prefix}_precision{suffix}"), rates.precision));
    values.push((format!("{prefix}_recall{suffix}"), rates.recall));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(labels: &[&str]) -> String {
        Scorer::for_labels(&labels.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string()
    }

    #[test]
    fn the_labels_choose_the_scorer() {
        assert_eq!(fitting(&["Cause-Effect(e1,e2)", "Other", "part(e2,e1)"]), "semeval");
        assert_eq!(fitting(&["Cause-Effect(e1,e2)"]), "semeval");
        assert_eq!(fitting(&["per:age", "no_relation"]), "tacred");
        assert_eq!(fitting(&["per:age", "org:founded"]), "plain");
        assert_eq!(fitting(&["Cause-Effect(e1,e2)", "Cause-Effect"]), "plain");
        assert_eq!(fitting(&["spouse", "NA"]), "plain:NA");
        assert_eq!(fitting(&["Cause-Effect", "Other"]), "plain:Other");
        assert_eq!(fitting(&["Other"]), "plain:Other");
        assert_eq!(fitting(&["Cause-Effect", "NO_RELATION"]), "tacred:NO_RELATION");
        assert_eq!(fitting(&["per:spouse", "N/A"]), "plain:N/A");
        assert_eq!(fitting(&["per:spouse", "none"]), "plain:none");
        assert_eq!(fitting(&["no_relation", "Other"]), "tacred");
        assert_eq!(fitting(&[]), "plain");
    }

    #[test]
    fn names_are_read_back() {
        for name in ["semeval", "tacred", "tacred:NA", "plain", "plain:NA", "plain:org:none"] {
            assert_eq!(name.parse::<Scorer>().unwrap().to_string(), name);
        }
        assert_eq!("tacred:no_relation".parse(), Ok(Scorer::tacred()));
        for name in ["", "SemEval", "tacred:", "plain:", "semeval:Other", "f1"] {
            let error = name.parse::<Scorer>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")) && error.contains("expected `semeval`"), "{error}");
        }
    }

    #[test]
    fn missing_predictions_and_foreign_labels_are_warned_of() {
        let gold = [("1", "A(e1,e2)"), ("2", "A(e1,e2)"), ("3", "A(e1,e2)")];
        let scores = Scorer::semeval().score(&gold, &[("1", "A(e1,e2)"), ("3", "B(e1,e2)")]).unwrap();
        assert_eq!((scores.instances, scores.skipped), (3, 1));
        assert!(
            scores.warnings[0].starts_with("`B(e1,e2)` was predicted 1 time(s)"),
            "{:?}",
            scores.warnings
        );
        assert!(scores.warnings[1].starts_with("1 of 3 instances has no prediction: `2`"));
    }

    #[test]
    fn averages_with_and_without_the_negative_label_have_different_names() {
        let gold = [("1", "NA"), ("2", "spouse"), ("3", "NA")];
        let predicted = [("1", "NA"), ("2", "spouse"), ("3", "spouse")];
        let scores = "plain:NA".parse::<Scorer>().unwrap().score(&gold, &predicted).unwrap();
        assert_eq!(scores.primary.name, "macro_f1_without_negative");
        for (name, value) in [
            ("macro_f1_without_negative", 2.0 / 3.0),
            ("micro_precision_without_negative", 0.5),
            ("macro_f1", 2.0 / 3.0),
            ("micro_f1", 2.0 / 3.0),
            ("macro_recall", 0.75),
            ("accuracy", 2.0 / 3.0),
        ] {
            assert_eq!(scores.get(name), Some(value), "{name}");
        }
        let scores = "plain".parse::<Scorer>().unwrap().score(&gold, &predicted).unwrap();
        assert_eq!(scores.primary.name, "macro_f1");
        assert_eq!(scores.get("macro_f1_without_negative"), None);
    }

    #[test]
    fn nothing_to_score_is_an_error() {
        for scorer in ["semeval", "tacred", "plain"] {
            let error = scorer.parse::<Scorer>().unwrap().score::<&str>(&[], &[]).unwrap_err();
            assert!(matches!(error, ScoringError::NoGold));
        }
    }
}
