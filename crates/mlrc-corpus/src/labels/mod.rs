//! The labels that a model distinguishes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{CorpusError, Fault, Notice};
use crate::{Corpus, counted};

mod alike;

pub use alike::{AlikeLabels, alike_labels, tidy_labels};

/// Common names of the label for "no relation", most likely first; compared ignoring case, `_`, `-`, `/` and
/// spaces.
const NEGATIVE_NAMES: &[&str] = &["norelation", "other", "na", "none", "null", "negative"];

/// The label that is given to pairs without a relation where data has no name for it.
pub(crate) const NO_RELATION: &str = "no_relation";

/// Why labels do not form a valid set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No labels.
    #[error("expected at least one label, found none")]
    Empty,
    /// A label is an empty string.
    #[error("expected non-empty labels, found an empty one")]
    EmptyLabel,
    /// The negative label is not one of the labels.
    #[error("expected the negative label to be one of {}, found `{found}`", .labels.join(", "))]
    UnknownNegative {
        /// The label that was given as the negative one.
        found: String,
        /// The known labels.
        labels: Vec<String>,
    },
}

/// The labels, sorted by their bytes; a label's index is its class. One may be the negative one:
/// "none of the relations".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct LabelSet {
    labels: Vec<String>,
    negative: Option<usize>,
}

impl LabelSet {
    /// The set of `labels`, without duplicates. The negative label is recognised by name: `no_relation`,
    /// `Other`, `NA`, `none` and the like, in this order of preference.
    ///
    /// # Errors
    /// If there is no label, or an empty one.
    pub fn new<L: Into<String>>(labels: impl IntoIterator<Item = L>) -> Result<Self, LabelError> {
        let mut labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        labels.sort_unstable();
        labels.dedup();
        if labels.is_empty() {
            return Err(LabelError::Empty);
        }
        if labels.iter().any(String::is_empty) {
            return Err(LabelError::EmptyLabel);
        }
        let negative = negatives(&labels).next();
        Ok(Self { labels, negative })
    }

    /// The labels of a training corpus.
    ///
    /// # Errors
    /// If an instance has no label, or the corpus has no instances.
    pub fn from_corpus(corpus: &Corpus) -> Result<Self, CorpusError> {
        if let Some(index) = corpus.instances.iter().position(|instance| instance.relation.is_none()) {
            let fault = Fault::expected("a label", "none").field("relation");
            return Err(corpus.error_at(index, fault.help("training needs the relation of every instance")));
        }
        Self::new(corpus.instances.iter().filter_map(|instance| instance.relation.clone()))
            .map_err(|error| corpus.error(Fault::new(error.to_string())))
    }

    /// The same labels with another negative label, or none.
    ///
    /// # Errors
    /// If `negative` is not one of the labels.
    pub fn with_negative(self, negative: Option<&str>) -> Result<Self, LabelError> {
        let negative = match negative {
            Some(name) => match self.index(name) {
                Some(index) => Some(index),
                None => {
                    return Err(LabelError::UnknownNegative { found: name.to_owned(), labels: self.labels });
                }
            },
            None => None,
        };
        Ok(Self { negative, ..self })
    }

    /// The labels, by class.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The number of labels.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never true: a set has at least one label.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The class of a label.
    pub fn index(&self, label: &str) -> Option<usize> {
        self.labels.binary_search_by(|known| known.as_str().cmp(label)).ok()
    }

    /// The label of a class.
    pub fn label(&self, index: usize) -> Option<&str> {
        self.labels.get(index).map(String::as_str)
    }

    /// The class of the negative label, if there is one.
    pub fn negative(&self) -> Option<usize> {
        self.negative
    }

    /// Checks that every label of a corpus (a development or test set) is known; instances without
    /// a label are skipped.
    ///
    /// # Errors
    /// An error at the first instance with an unknown label, listing all unknown labels with their counts. To
    /// continue anyway, show its [`CorpusError::into_notice`] as a warning.
    pub fn check(&self, corpus: &Corpus) -> Result<(), CorpusError> {
        let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
        let mut first = None;
        for (index, instance) in corpus.instances.iter().enumerate() {
            if let Some(label) = instance.relation.as_deref().filter(|label| self.index(label).is_none()) {
                *unknown.entry(label).or_default() += 1;
                first = first.or(Some(index));
            }
        }
        let Some(first) = first else { return Ok(()) };
        let counts: Vec<String> =
            unknown.iter().map(|(label, count)| format!("`{label}` ({count}×)")).collect();
        let expected = match self.len() {
            1 => "the only label known from training".to_owned(),
            labels => format!("one of the {labels} labels known from training"),
        };
        let fault = Fault::expected(expected, counts.join(", ")).field("relation");
        let meant = unknown.keys().filter_map(|label| Some((label, alike::meant(label, &self.labels)?)));
        let meant: Vec<String> =
            meant.map(|(label, known)| format!("`{label}` is written `{known}` there")).collect();
        Err(corpus.error_at(
            first,
            fault.help(match &meant[..] {
                [] => "a model never predicts a label that it was not trained on".to_owned(),
                _ => meant.join(", "),
            }),
        ))
    }

    /// A warning if every instance of a corpus that has a label has the negative one, and there are some: then the
    /// score of every model that finds nothing is the best, and selects no model.
    pub fn only_negatives(&self, corpus: &Corpus) -> Option<Notice> {
        let negative = self.label(self.negative?)?;
        let mut labels =
            corpus.instances.iter().filter_map(|instance| instance.relation.as_deref()).peekable();
        labels.peek()?;
        if labels.any(|label| label != negative) {
            return None;
        }
        let instances = counted(corpus.instances.len(), "instance");
        let fault = Fault::new(format!("none of the {instances} has a relation, all are `{negative}`"));
        let help = "scores on such data do not tell models apart; use data with relations";
        Some(corpus.error(fault.field("relation").help(help)).into_notice())
    }

    /// The other labels whose names say that there is no relation: of `no_relation` and `Other` in the same data, only
    /// one is the negative label, and the other counts as a relation.
    pub fn other_negatives(&self) -> Vec<&str> {
        let others = negatives(&self.labels).filter(|index| Some(*index) != self.negative);
        others.filter_map(|index| self.label(index)).collect()
    }
}

/// The indices of the labels whose names say that there is no relation, the likeliest first.
pub(crate) fn negatives(labels: &[String]) -> impl Iterator<Item = usize> {
    NEGATIVE_NAMES.iter().flat_map(|name| (0..labels.len()).filter(|index| plain(&labels[*index]) == *name))
}

/// Whether a label's name says that there is no relation.
pub(crate) fn is_negative(label: &str) -> bool {
    NEGATIVE_NAMES.contains(&plain(label).as_str())
}

/// Whether a label is `no_relation`, in any spelling.
pub(crate) fn is_no_relation(label: &str) -> bool {
    plain(label) == NEGATIVE_NAMES[0]
}

fn plain(label: &str) -> String {
    label.chars().filter(|c| !matches!(c, '_' | '-' | '/' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The serialised form.
#[derive(Serialize, Deserialize)]
struct Stored {
    labels: Vec<String>,
    negative: Option<String>,
}

impl From<LabelSet> for Stored {
    fn from(set: LabelSet) -> Self {
        let negative = set.negative.map(|index| set.labels[index].clone());
        Self { labels: set.labels, negative }
    }
}

impl TryFrom<Stored> for LabelSet {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let set = Self::new(stored.labels.iter().cloned()).map_err(|error| error.to_string())?;
        // Classes are positions in the file: any other order would change their meaning.
        if set.labels != stored.labels {
            return Err("expected sorted labels without duplicates".to_owned());
        }
        set.with_negative(stored.negative.as_deref()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_looked_up_and_negative_recognised() {
        let set = LabelSet::new(["b", "Other", "a", "b"]).unwrap();
        assert_eq!(set.labels(), ["Other", "a", "b"]);
        assert_eq!((set.negative(), set.index("b"), set.index("c")), (Some(0), Some(2), None));
        let set = LabelSet::new(["other", "no_relation"]).unwrap();
        assert_eq!(set.label(set.negative().unwrap()), Some("no_relation"));
        assert_eq!(LabelSet::new(["N/A", "x"]).unwrap().negative(), Some(0));
        assert_eq!(LabelSet::new(["x", "y"]).unwrap().negative(), None);
        let none = set.clone().with_negative(None).unwrap();
        assert_eq!(none.negative(), None);
        assert!(set.with_negative(Some("z")).unwrap_err().to_string().contains("found `z`"));
        assert_eq!(LabelSet::new::<String>([]), Err(LabelError::Empty));
    }

    #[test]
    fn stored_and_validated() {
        let set = LabelSet::new(["b", "Other"]).unwrap().with_negative(Some("b")).unwrap();
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(text, r#"{"labels":["Other","b"],"negative":"b"}"#);
        assert_eq!(serde_json::from_str::<LabelSet>(&text).unwrap(), set);
        for bad in [
            r#"{"labels":["b","a"],"negative":null}"#,
            r#"{"labels":["a"],"negative":"b"}"#,
            r#"{"labels":[],"negative":null}"#,
        ] {
            assert!(serde_json::from_str::<LabelSet>(bad).is_err(), "{bad}");
        }
    }
}
