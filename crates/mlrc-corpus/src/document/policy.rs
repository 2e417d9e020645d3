//! Which pairs of entities of a document become instances.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::labels::NO_RELATION;

/// How instances are made of the pairs of entities of a document. Annotated pairs are always instances, in the order
/// of the file, unless something about them cannot be carried over, which is counted by reason.
///
/// As text, it is a list of settings: `unrelated=all,across=joined`; what is not named has its default.
///
/// ```
/// use mlrc_corpus::document::{AcrossSentences, PairPolicy};
///
/// let policy: PairPolicy = "unrelated=2,across=joined".parse()?;
/// assert_eq!(policy.across, AcrossSentences::Joined);
/// assert!("unrelated=some".parse::<PairPolicy>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairPolicy {
    /// Which ordered pairs without a relation are instances too; none by default. They come after all annotated
    /// pairs. The reverse of a related pair is a pair without a relation, unless it is annotated itself.
    pub unrelated: UnrelatedPairs,
    /// Whether such a pair must have the types of head and tail of some annotated relation of the file; yes by default.
    /// Has no effect where there are no annotated relations. One such as `NA`, which says that there is none, does not
    /// count.
    pub seen_types: bool,
    /// The seed by which such pairs are drawn; 1 by default.
    pub seed: u64,
    /// The label of such a pair; `no_relation` by default.
    pub label: String,
    /// The most tokens that may lie between the two entities of a pair, related or not; no limit by default.
    pub max_distance: Option<usize>,
    /// What several relations of one pair become, in documents and where JSON has a list of relations; one instance each
    /// by default.
    pub several: SeveralRelations,
    /// What is a sentence of a document that is given as text; [`SentenceUnit::Split`] by default.
    pub sentences: SentenceUnit,
    /// What becomes of relations between different sentences; left out by default.
    pub across: AcrossSentences,
    /// What becomes of mentions with gaps; left out, with their relations, by default.
    pub discontinuous: DiscontinuousMentions,
    /// Which mentions stand for entities that have several; the nearest two by default.
    pub mentions: MentionChoice,
}

impl Default for PairPolicy {
    fn default() -> Self {
        Self {
            unrelated: UnrelatedPairs::default(),
            seen_types: true,
            seed: 1,
            label: NO_RELATION.to_owned(),
            max_distance: None,
            several: SeveralRelations::default(),
            sentences: SentenceUnit::default(),
            across: AcrossSentences::default(),
            discontinuous: DiscontinuousMentions::default(),
            mentions: MentionChoice::default(),
        }
    }
}

/// Which ordered pairs without a relation are instances; as text `none`, `all` or a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum UnrelatedPairs {
    /// None.
    #[default]
    None,
    /// All pairs that are in one sentence and are not the same words.
    All,
    /// So many times the number of annotated instances that have a relation, drawn at random from all.
    Ratio(f64),
}

/// What several relations of one ordered pair become. A relation that is stated twice is read once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeveralRelations {
    /// An instance for each; nothing is lost, but a classifier of single labels gets conflicting instances.
    #[default]
    Each,
    /// An instance with the first; the others are left out and counted.
    First,
    /// An instance whose label is all of them in alphabetical order, joined by `|`.
    Joined,
    /// An error.
    Refused,
}

/// What is a sentence of a document that is given as text. Where a format gives sentences, these are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SentenceUnit {
    /// What a rule takes for one: a sentence ends after `.`, `!`, `?` or `…` (and quotes or brackets that close there) if
    /// white space and no lower-case letter follow, at an empty line, and at the end of a line if the next does not begin
    /// with a lower-case letter; never inside an entity, or after an initial or a known abbreviation (*Dr.*, *U.S.*, *Inc.*).
    #[default]
    Split,
    /// The whole text.
    Whole,
}

/// What becomes of relations whose entities are in different sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcrossSentences {
    /// They are left out and counted.
    #[default]
    LeftOut,
    /// The instance's sentence is all text from the first entity's sentence to the last's. Pairs without a relation are
    /// still those within one sentence.
    Joined,
}

/// What becomes of mentions that leave out words between their parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiscontinuousMentions {
    /// They are left out with their relations, which are counted.
    #[default]
    LeftOut,
    /// They are read as everything from the first part to the last, and counted.
    Filled,
}

/// Which mentions stand for entities of which a document has several, as in DocRED. Coreference that is given
/// beside relations between mentions is not used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MentionChoice {
    /// Of the pairs of mentions that can be an instance, the one with the least text between them.
    #[default]
    Nearest,
    /// The first such pair.
    First,
    /// All such pairs: several instances of one relation.
    All,
}

impl FromStr for UnrelatedPairs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.parse::<f64>()) {
            ("none", _) => Ok(Self::None),
            ("all", _) => Ok(Self::All),
            (_, Ok(ratio)) if ratio.is_finite() && ratio >= 0.0 => Ok(Self::Ratio(ratio)),
            _ => Err(format!("expected `none`, `all` or a number from 0, found `{text}`")),
        }
    }
}

impl fmt::Display for UnrelatedPairs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("none"),
            Self::All => out.write_str("all"),
            Self::Ratio(ratio) => write!(out, "{ratio}"),
        }
    }
}

impl Serialize for UnrelatedPairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ratio(ratio) => serializer.serialize_f64(*ratio),
            word => serializer.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for UnrelatedPairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Word(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Word(word) => word,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for PairPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut settings = serde_json::Map::new();
        for setting in text.split(',').map(str::trim).filter(|setting| !setting.is_empty()) {
            let (name, value) = setting
                .split_once('=')
                .ok_or_else(|| format!("expected `setting=value`, found `{setting}`"))?;
            let (name, value) = (name.trim(), value.trim());
            // A label may look like a number; all other settings say what they are.
            let literal = if name == "label" { None } else { serde_json::from_str(value).ok() };
            let value = literal.unwrap_or_else(|| serde_json::Value::String(value.to_owned()));
            if settings.insert(name.to_owned(), value).is_some() {
                return Err(format!("expected each setting once, found `{name}` twice"));
            }
        }
        let policy: Self = serde_json::from_value(settings.into()).map_err(|error| error.to_string())?;
        if policy.label.trim().is_empty() {
            return Err("expected a label, found an empty one".to_owned());
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_from_text_and_json_alike() {
        let policy: PairPolicy =
            "unrelated=2.5, seen_types=false,seed=7,label=NA,max_distance=30,several=joined".parse().unwrap();
        assert_eq!(policy.unrelated, UnrelatedPairs::Ratio(2.5));
        assert_eq!((policy.seen_types, policy.seed, policy.label.as_str()), (false, 7, "NA"));
        assert_eq!((policy.max_distance, policy.several), (Some(30), SeveralRelations::Joined));
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<PairPolicy>(&json).unwrap(), policy);
        assert_eq!("".parse::<PairPolicy>().unwrap(), PairPolicy::default());
        for (wrong, expected) in [
            ("unrelated=-1", "expected `none`, `all` or a number from 0, found `-1`"),
            ("unrelated=many", "found `many`"),
            ("colour=red", "unknown field `colour`, expected one of `unrelated`"),
            ("several=last", "unknown variant `last`, expected one of `each`"),
            ("seed", "expected `setting=value`, found `seed`"),
            ("seed=1,seed=2", "`seed` twice"),
            ("label=", "expected a label"),
        ] {
            let error = wrong.parse::<PairPolicy>().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
