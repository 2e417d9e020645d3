use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::confusion::ConfusionMatrix;
use super::error::ScoringError;
use super::scores::{Rates, Score, Scores};
use super::semeval::{Evaluation, OTHER, SemEvalResult, relation_of};
use super::tacred::{NO_RELATION, TacredResult};

/// Names that data sets give to the negative label, "none of the relations".
pub const NEGATIVE_LABELS: [&str; 3] = [NO_RELATION, OTHER, "NA"];

/// A convention of turning gold and predicted labels into scores.
///
/// Written `semeval`, `tacred`, `tacred:NEGATIVE`, `plain` or `plain:NEGATIVE`, in recipes and on the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scorer {
    /// SemEval-2010 Task 8: labels with directions and `Other`; see [`SemEvalResult`].
    SemEval,
    /// TACRED: micro-F1 without the negative label; see [`TacredResult`].
    Tacred {
        /// The negative label; `no_relation` by default.
        negative: String,
    },
    /// Neither: accuracy, macro- and micro-F1; see [`ConfusionMatrix`].
    Plain {
        /// The label to leave out of the averages, if the data has a negative one.
        negative: Option<String>,
    },
}

/// A scorer's name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no scorer `{0}`; expected `semeval`, `tacred` or `plain`; the last two may name the negative label, \
     as in `tacred:no_relation`"
)]
pub struct ParseScorerError(String);

impl FromStr for Scorer {
    type Err = ParseScorerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "semeval" => Ok(Self::SemEval),
            None if text == "tacred" => Ok(Self::tacred()),
            None if text == "plain" => Ok(Self::Plain { negative: None }),
            Some(("tacred", negative)) if !negative.is_empty() => {
                Ok(Self::Tacred { negative: negative.to_owned() })
            }
            Some(("plain", negative)) if !negative.is_empty() => {
                Ok(Self::Plain { negative: Some(negative.to_owned()) })
            }
            _ => Err(ParseScorerError(text.to_owned())),
        }
    }
}

impl fmt::Display for Scorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SemEval => write!(f, "semeval"),
            Self::Tacred { negative } if negative == NO_RELATION => write!(f, "tacred"),
            Self::Tacred { negative } => write!(f, "tacred:{negative}"),
            Self::Plain { negative: None } => write!(f, "plain"),
            Self::Plain { negative: Some(negative) } => write!(f, "plain:{negative}"),
        }
    }
}

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
    /// TACRED's scorer with TACRED's negative label.
    pub fn tacred() -> Self {
        Self::Tacred { negative: NO_RELATION.to_owned() }
    }

    /// The scorer that fits the labels: SemEval's if all but `Other` are directed, TACRED's if one is
    /// `no_relation`, otherwise the plain one, without the first of [`NEGATIVE_LABELS`] that is among them.
    pub fn for_labels(labels: &[String]) -> Self {
        let has = |name: &str| labels.iter().any(|label| label == name);
        let mut relations = labels.iter().filter(|label| *label != OTHER).peekable();
        if relations.peek().is_some() && relations.all(|label| relation_of(label).is_some()) {
            Self::SemEval
        } else if has(NO_RELATION) {
            Self::tacred()
        } else {
            let negative = NEGATIVE_LABELS.into_iter().find(|name| has(name)).map(str::to_owned);
            Self::Plain { negative }
        }
    }

    /// Scores predictions against gold labels, both as pairs of id and label in any order.
    ///
    /// Instances without a prediction are warned of and count as not found.
    ///
    /// # Errors
    /// If there is no gold label, an id occurs twice on one side, a predicted id is not among the gold ones, or the
    /// SemEval scorer meets a label without direction.
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
            scores.warnings.push(format!(
                "{skipped} of {instances} instances have no prediction, the first is `{first}`; they count as not found"
            ));
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
        let mut warnings = Vec::new();
        let (values, relations) = match self {
            Self::SemEval => {
                let result = SemEvalResult::new(matrix)?;
                warnings =
                    result.not_in_key.iter().map(|(label, count)| label_not_in_key(label, *count)).collect();
                (semeval_values(&result), result.official.relations)
            }
            Self::Tacred { negative } => {
                let result = TacredResult::new(matrix, negative);
                let mut values = Vec::new();
                push_rates(&mut values, "micro", "_without_negative", result.micro);
                (values, result.relations)
            }
            Self::Plain { negative } => (plain_values(matrix, negative.as_deref()), matrix.relations(None)),
        };
        let values: Vec<Score> = values.into_iter().map(|(name, value)| Score { name, value }).collect();
        let primary = values[0].clone();
        let skipped = matrix.instances_skipped();
        Ok(Scores { scorer: self.clone(), primary, values, relations, instances, skipped, warnings })
    }
}

fn label_not_in_key(label: &str, count: usize) -> String {
    format!("`{label}` was predicted {count} time(s), but no gold instance has that label")
}

/// F1 first: it is the one to select models by.
fn push_rates(values: &mut Vec<(String, f64)>, prefix: &str, suffix: &str, rates: Rates) {
    values.push((format!("{prefix}_f1{suffix}"), rates.f1));
    values.push((format!("{prefix}_precision{suffix}"), rates.precision));
    values.push((format!("{prefix}_recall{suffix}"), rates.recall));
}

fn semeval_values(result: &SemEvalResult) -> Vec<(String, f64)> {
    let SemEvalResult { directed, undirected, official, .. } = result;
    let mut values = Vec::new();
    push_rates(&mut values, "official", "", official.macro_average);
    push_rates(&mut values, "official_micro", "", official.micro);
    let mut push_evaluation = |name: &str, evaluation: &Evaluation| {
        push_rates(&mut values, &format!("{name}_macro"), "", evaluation.macro_average);
        push_rates(&mut values, &format!("{name}_micro"), "", evaluation.micro);
        values.push((format!("{name}_accuracy"), evaluation.accuracy.skipped_wrong));
    };
    push_evaluation("undirected", undirected);
    push_evaluation("directed", directed);
    values.push(("coverage".to_owned(), official.coverage));
    values
}

fn plain_values(matrix: &ConfusionMatrix, negative: Option<&str>) -> Vec<(String, f64)> {
    let mut values = Vec::new();
    if negative.is_some() {
        push_rates(&mut values, "macro", "_without_negative", matrix.macro_average(negative));
        push_rates(&mut values, "micro", "_without_negative", matrix.micro_average(negative));
    }
    push_rates(&mut values, "macro", "", matrix.macro_average(None));
    push_rates(&mut values, "micro", "", matrix.micro_average(None));
    values.push(("accuracy".to_owned(), matrix.accuracy()));
    values
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
        let scores = Scorer::SemEval.score(&gold, &[("1", "A(e1,e2)"), ("3", "B(e1,e2)")]).unwrap();
        assert_eq!((scores.instances, scores.skipped), (3, 1));
        assert!(
            scores.warnings[0].starts_with("`B(e1,e2)` was predicted 1 time(s)"),
            "{:?}",
            scores.warnings
        );
        assert!(scores.warnings[1].starts_with("1 of 3 instances have no prediction, the first is `2`"));
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
