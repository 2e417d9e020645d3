//! The names of dependency relations in Universal Dependencies, versions 1 and 2.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check::{Count, counts};
use crate::instance::Instance;

/// The 37 relations of version 2.
const V2: [&str; 37] = [
    "acl",
    "advcl",
    "advmod",
    "amod",
    "appos",
    "aux",
    "case",
    "cc",
    "ccomp",
    "clf",
    "compound",
    "conj",
    "cop",
    "csubj",
    "dep",
    "det",
    "discourse",
    "dislocated",
    "expl",
    "fixed",
    "flat",
    "goeswith",
    "iobj",
    "list",
    "mark",
    "nmod",
    "nsubj",
    "nummod",
    "obj",
    "obl",
    "orphan",
    "parataxis",
    "punct",
    "reparandum",
    "root",
    "vocative",
    "xcomp",
];

/// The relations that only version 1 has, and their names in version 2: renamed according to the summary of
/// changes (universaldependencies.org/v2/summary.html), or what its converters replace them by.
const V1_ONLY: [(&str, &str); 10] = [
    ("auxpass", "aux:pass"),
    ("csubjpass", "csubj:pass"),
    ("dobj", "obj"),
    ("foreign", "flat:foreign"),
    ("mwe", "fixed"),
    ("name", "flat"),
    // Negation is now marked by a feature of the word.
    ("neg", "advmod"),
    ("nsubjpass", "nsubj:pass"),
    // Ellipsis is analysed differently, but `orphan` marks the same places.
    ("remnant", "orphan"),
    // CoreNLP's spelling.
    ("ROOT", "root"),
];

/// Relations that only version 2 has.
const V2_ONLY: [&str; 6] = ["clf", "fixed", "flat", "obj", "obl", "orphan"];

/// Subtypes of version 2 that replace relations of version 1.
const V2_ONLY_SUBTYPES: [&str; 3] = ["aux:pass", "csubj:pass", "nsubj:pass"];

/// The name in version 2 of Universal Dependencies: `dobj` becomes `obj`. Subtypes are kept; a name that is
/// in neither version is returned unchanged.
///
/// ```
/// use mlrc_corpus::to_universal_relation;
///
/// assert_eq!(to_universal_relation("nsubjpass"), "nsubj:pass");
/// assert_eq!(to_universal_relation("nmod:poss"), "nmod:poss");
/// ```
pub fn to_universal_relation(name: &str) -> Cow<'_, str> {
    let (base, subtype) = split(name);
    match V1_ONLY.iter().find(|(old, _)| *old == base) {
        None => Cow::Borrowed(name),
        Some((_, new)) if subtype.is_empty() => Cow::Borrowed(new),
        Some((_, new)) => Cow::Owned(format!("{new}{subtype}")),
    }
}

/// Whether a relation is one of Universal Dependencies, of either version, with or without a subtype.
pub fn is_universal(name: &str) -> bool {
    let (base, _) = split(name);
    V2.contains(&base) || V1_ONLY.iter().any(|(old, _)| *old == base)
}

/// The relation and its subtype, colon included.
fn split(name: &str) -> (&str, &str) {
    name.split_at(name.find(':').unwrap_or(name.len()))
}

/// The version of Universal Dependencies that relation names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UniversalVersion {
    /// Version 1: `dobj`, `nsubjpass`, `mwe`, …
    V1,
    /// Version 2: `obj`, `obl`, `nsubj:pass`, …
    V2,
    /// Names of both.
    Mixed,
}

impl UniversalVersion {
    /// The version of a name that exists in only one.
    fn of(name: &str) -> Option<Self> {
        let (base, _) = split(name);
        if V1_ONLY.iter().any(|(old, _)| *old == base && base != "ROOT") {
            return Some(Self::V1);
        }
        let subtype = V2_ONLY_SUBTYPES.iter().any(|known| {
            name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
        (V2_ONLY.contains(&base) || subtype).then_some(Self::V2)
    }
}

impl fmt::Display for UniversalVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::V1 => "UD v1",
            Self::V2 => "UD v2",
            Self::Mixed => "UD v1 and v2 mixed",
        })
    }
}

/// The naming scheme of a corpus's dependency relations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Relations {
    /// The version that the names appear to come from; `None` if no name is specific to a version, or if at
    /// least as many words have a name that is in neither version as have one that is specific to a version.
    pub version: Option<UniversalVersion>,
    /// Names that are in neither version, and the number of words that have them, the most frequent first.
    pub unknown: Vec<Count>,
}

impl Relations {
    pub(crate) fn of(instances: &[Instance]) -> Self {
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for name in instances.iter().filter_map(|instance| instance.deprels.as_deref()).flatten() {
            *words.entry(name).or_default() += 1;
        }
        let of_version = |version| {
            let named = words.iter().filter(|(name, _)| UniversalVersion::of(name) == Some(version));
            named.map(|(_, count)| count).sum::<usize>()
        };
        let (v1, v2) = (of_version(UniversalVersion::V1), of_version(UniversalVersion::V2));
        let unknown = counts(words.into_iter().filter(|(name, _)| !is_universal(name)));
        let unknown_words: usize = unknown.iter().map(|count| count.count).sum();
        let version = match (v1, v2) {
            _ if v1 + v2 <= unknown_words => None,
            (_, 0) => Some(UniversalVersion::V1),
            (0, _) => Some(UniversalVersion::V2),
            _ => Some(UniversalVersion::Mixed),
        };
        Self { version, unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_version_1_are_renamed() {
        let cases = [
            ("dobj", "obj"),
            ("nsubjpass", "nsubj:pass"),
            ("nsubjpass:xsubj", "nsubj:pass:xsubj"),
            ("auxpass", "aux:pass"),
            ("mwe", "fixed"),
            ("neg", "advmod"),
            ("ROOT", "root"),
            ("det:predet", "det:predet"),
            ("obl:tmod", "obl:tmod"),
            ("prep", "prep"),
            ("", ""),
        ];
        for (name, expected) in cases {
            assert_eq!(to_universal_relation(name), expected, "{name}");
            let known = !["prep", ""].contains(&name);
            assert_eq!(is_universal(name), known, "{name}");
            assert_eq!(is_universal(&to_universal_relation(name)), known, "{name}");
        }
        assert!(!is_universal("dobject") && !is_universal("Obj") && !is_universal(":pass"));
    }

    #[test]
    fn every_new_name_is_of_version_2() {
        for (old, new) in V1_ONLY {
            assert!(V2.contains(&split(new).0) && !V2.contains(&old), "{old} {new}");
        }
        assert!(V2_ONLY.iter().all(|name| V2.contains(name)) && V2.is_sorted());
    }

    fn relations(names: &[&str]) -> (Option<UniversalVersion>, Vec<String>) {
        let span = |start| crate::Entity { span: crate::Span::new(start, start + 1), kind: None };
        let instance = Instance {
            id: String::new(),
            tokens: names.iter().map(|_| "x".to_owned()).collect(),
            subject: span(0),
            object: span(1),
            pos: None,
            ner: None,
            heads: None,
            deprels: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            relation: None,
            fold: None,
            source: None,
        };
        let Relations { version, unknown } = Relations::of(&[instance.clone(), instance]);
        (version, unknown.into_iter().map(|count| format!("{} {}", count.name, count.count)).collect())
    }

    #[test]
    fn versions_are_told_by_their_own_names() {
        use UniversalVersion::{Mixed, V1, V2};
        assert_eq!(relations(&["dobj", "nsubj", "ROOT", "odd", "neg"]), (Some(V1), vec!["odd 2".to_owned()]));
        assert_eq!(relations(&["nsubj:pass", "root"]).0, Some(V2));
        assert_eq!(relations(&["obl", "dobj"]).0, Some(Mixed));
        assert_eq!(relations(&["nsubj", "ROOT"]).0, None);
        // spaCy's English models have `dobj` too.
        let expected = vec!["pobj 4".to_owned(), "prep 2".to_owned()];
        assert_eq!(relations(&["dobj", "pobj", "prep", "pobj"]), (None, expected));
    }
}
