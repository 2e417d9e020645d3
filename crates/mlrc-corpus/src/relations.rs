//! The names of dependency relations: Universal Dependencies, versions 1 and 2, and CLEAR.

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

/// The relations of CLEAR as spaCy's English models have them (`meta.json` of `en_core_web_sm` 3.8): ClearNLP's conversion of
/// constituents (Choi and Palmer 2012), with some names of Universal Dependencies.
const CLEAR: [&str; 45] = [
    "ROOT",
    "acl",
    "acomp",
    "advcl",
    "advmod",
    "agent",
    "amod",
    "appos",
    "attr",
    "aux",
    "auxpass",
    "case",
    "cc",
    "ccomp",
    "compound",
    "conj",
    "csubj",
    "csubjpass",
    "dative",
    "dep",
    "det",
    "dobj",
    "expl",
    "intj",
    "mark",
    "meta",
    "neg",
    "nmod",
    "npadvmod",
    "nsubj",
    "nsubjpass",
    "nummod",
    "oprd",
    "parataxis",
    "pcomp",
    "pobj",
    "poss",
    "preconj",
    "predet",
    "prep",
    "prt",
    "punct",
    "quantmod",
    "relcl",
    "xcomp",
];

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

/// What relation names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationScheme {
    /// Version 1 of Universal Dependencies: `dobj`, `nsubjpass`, `mwe`, …
    V1,
    /// Version 2 of Universal Dependencies: `obj`, `obl`, `nsubj:pass`, …
    V2,
    /// Names of both versions.
    Mixed,
    /// CLEAR, which spaCy's English models use: `pobj`, `prep`, `attr`, …
    Clear,
}

impl RelationScheme {
    /// The version of Universal Dependencies of a name that exists in only one.
    fn version_of(name: &str) -> Option<Self> {
        let (base, _) = split(name);
        if V1_ONLY.iter().any(|(old, _)| *old == base && base != "ROOT") {
            return Some(Self::V1);
        }
        let subtype = V2_ONLY_SUBTYPES.iter().any(|known| {
            name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
        (V2_ONLY.contains(&base) || subtype).then_some(Self::V2)
    }

    /// Whether it has a name.
    fn has(self, name: &str) -> bool {
        if self == Self::Clear { CLEAR.contains(&name) } else { is_universal(name) }
    }
}

impl fmt::Display for RelationScheme {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::V1 => "UD v1",
            Self::V2 => "UD v2",
            Self::Mixed => "UD v1 and v2 mixed",
            Self::Clear => "CLEAR (spaCy)",
        })
    }
}

/// The naming scheme of a corpus's dependency relations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Relations {
    /// The scheme that the names appear to come from; `None` if no name is specific to one, or if at least as many words
    /// have a name that is not in the scheme as have one that is specific to it.
    pub scheme: Option<RelationScheme>,
    /// Names that are not in the scheme, or in no version of Universal Dependencies if there is none, and the number of
    /// words that have them, the most frequent first.
    pub unknown: Vec<Count>,
}

impl Relations {
    pub(crate) fn of(instances: &[Instance]) -> Self {
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for name in instances.iter().filter_map(|instance| instance.deprels.as_deref()).flatten() {
            *words.entry(name).or_default() += 1;
        }
        let named = |has: &dyn Fn(&str) -> bool| -> usize {
            words.iter().filter(|(name, _)| has(name)).map(|(_, count)| count).sum()
        };
        let of_version = |version| named(&|name| RelationScheme::version_of(name) == Some(version));
        let (v1, v2) = (of_version(RelationScheme::V1), of_version(RelationScheme::V2));
        let version = match (v1, v2) {
            (0, 0) => None,
            (_, 0) => Some(RelationScheme::V1),
            (0, _) => Some(RelationScheme::V2),
            _ => Some(RelationScheme::Mixed),
        };
        let only_clear = named(&|name| CLEAR.contains(&name) && !is_universal(name));
        let only_universal = named(&|name| is_universal(name) && !CLEAR.contains(&name));
        let (scheme, specific) = if only_clear > only_universal {
            (Some(RelationScheme::Clear), only_clear)
        } else {
            (version, v1 + v2)
        };
        let is_unknown = |scheme: Option<RelationScheme>, name: &str| {
            !scheme.map_or_else(|| is_universal(name), |scheme| scheme.has(name))
        };
        let scheme = scheme.filter(|scheme| specific > named(&|name| is_unknown(Some(*scheme), name)));
        let unknown = counts(words.into_iter().filter(|(name, _)| is_unknown(scheme, name)));
        Self { scheme, unknown }
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

    fn relations(names: &[&str]) -> (Option<RelationScheme>, Vec<String>) {
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
        let Relations { scheme, unknown } = Relations::of(&[instance.clone(), instance]);
        (scheme, unknown.into_iter().map(|count| format!("{} {}", count.name, count.count)).collect())
    }

    #[test]
    fn schemes_are_told_by_their_own_names() {
        use RelationScheme::{Clear, Mixed, V1, V2};
        assert_eq!(relations(&["dobj", "nsubj", "ROOT", "odd", "neg"]), (Some(V1), vec!["odd 2".to_owned()]));
        assert_eq!(relations(&["nsubj:pass", "root"]).0, Some(V2));
        assert_eq!(relations(&["obl", "dobj"]).0, Some(Mixed));
        assert_eq!(relations(&["nsubj", "ROOT"]).0, None);
        // CLEAR has `dobj` and `neg` too.
        assert_eq!(relations(&["dobj", "neg", "pobj", "prep"]), (Some(Clear), vec![]));
        assert_eq!(relations(&["pobj", "prep", "odd"]), (Some(Clear), vec!["odd 2".to_owned()]));
        // One name of CLEAR among those of version 1, and names of neither that outnumber those of one.
        assert_eq!(relations(&["dobj", "cop", "name", "prep"]), (Some(V1), vec!["prep 2".to_owned()]));
        let expected = vec!["even 2".to_owned(), "odd 2".to_owned(), "prep 2".to_owned()];
        assert_eq!(relations(&["prep", "odd", "even"]), (None, expected));
    }

    #[test]
    fn all_names_of_clear_are_known_together() {
        assert!(CLEAR.is_sorted());
        assert_eq!(relations(&CLEAR), (Some(RelationScheme::Clear), vec![]));
        assert_eq!(relations(&V2), (Some(RelationScheme::V2), vec![]));
    }
}
