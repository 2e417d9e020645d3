//! Labels that most likely are one: they differ only in case, spaces, separators (`-`, `_`, `/`, `:`), Unicode's normal
//! form or the way in which a direction is written, `(e1, e2)`.

use std::collections::BTreeMap;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::Corpus;
use crate::characters::is_unseen;
use crate::check::{Count, frequencies};

/// A label that data writes in several ways, or in one that is not its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlikeLabels {
    /// The label that is most likely meant: of a model's labels, if there is one among them, else the relation as it
    /// is written most often.
    pub meant: String,
    /// How it is written, the most frequent first.
    pub found: Vec<Count>,
}

impl AlikeLabels {
    /// The spellings, the most frequent first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(|found| found.name.as_str())
    }
}

/// The labels that are alike or untidy. Of several spellings, one of `known` (the labels of a model; may be empty) is
/// meant.
pub fn alike_labels(labels: &[Count], known: &[String]) -> Vec<AlikeLabels> {
    let mut relations: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (name, weight) in labels
        .iter()
        .map(|label| (&label.name, label.count))
        .chain(known.iter().map(|name| (name, usize::MAX / 2)))
    {
        let (relation, _) = parts(name);
        let count = relations.entry(key(relation)).or_default().entry(tidy(relation)).or_default();
        *count = count.saturating_add(weight);
    }
    let mut groups: BTreeMap<String, Vec<Count>> = BTreeMap::new();
    for label in labels {
        let (relation, direction) = parts(&label.name);
        let spellings = relations.get(&key(relation)).into_iter().flatten();
        // The first of the most frequent.
        let meant = spellings.rev().max_by_key(|(_, count)| **count).map_or(relation, |(name, _)| name);
        let meant = format!("{meant}{direction}");
        let own = known.iter().find(|known| key(known) == key(&label.name));
        groups.entry(own.cloned().unwrap_or(meant)).or_default().push(label.clone());
    }
    let odd = |(meant, found): &(String, Vec<Count>)| {
        found.len() > 1 || found.iter().any(|found| found.name != *meant)
    };
    let groups = groups.into_iter().filter(|group| !group.0.is_empty()).filter(odd);
    groups.map(|(meant, found)| AlikeLabels { meant, found }).collect()
}

/// Writes labels that are alike in the way that is meant, and returns what was changed. Corpora that are used together
/// are given together. Of several spellings, one of `known` (the labels of a model; may be empty) is meant.
///
/// ```
/// use mlrc_corpus::{Corpus, tidy_labels};
///
/// let sentence = "A <e1>key</e1> in my <e2>pocket</e2>.";
/// let labels = ["Content-Container(e1,e2)", "Content-Container(e1,e2)", "content_container (e1, e2)"];
/// let mut corpus = Corpus::from_records(labels.map(|label| (sentence, label)))?;
/// let changed = tidy_labels(&mut [&mut corpus], &[]);
/// assert_eq!(corpus.instances[2].relation.as_deref(), Some("Content-Container(e1,e2)"));
/// assert_eq!((changed.len(), changed[0].found[1].count), (1, 1));
/// # Ok::<(), mlrc_corpus::CorpusError>(())
/// ```
pub fn tidy_labels(corpora: &mut [&mut Corpus], known: &[String]) -> Vec<AlikeLabels> {
    let relations = corpora.iter().flat_map(|corpus| &corpus.instances);
    let labels = frequencies(relations.filter_map(|instance| instance.relation.as_deref()));
    let alike = alike_labels(&labels, known);
    let meant: BTreeMap<&str, &str> =
        alike.iter().flat_map(|group| group.iter().map(|found| (found, group.meant.as_str()))).collect();
    for relation in
        corpora.iter_mut().flat_map(|corpus| &mut corpus.instances).filter_map(|one| one.relation.as_mut())
    {
        if let Some(meant) = meant.get(relation.as_str()) {
            (*meant).clone_into(relation);
        }
    }
    alike
}

/// The known label that another one most likely means.
pub(super) fn meant<'a>(label: &str, known: &'a [String]) -> Option<&'a str> {
    let same = |known: &&String| key(known) == key(label);
    known.iter().find(same).map(String::as_str)
}

/// What labels that are alike have in common. Signs such as `+`, and a hyphen that is no separator, are kept.
fn key(label: &str) -> String {
    let (relation, direction) = parts(label);
    let characters: Vec<char> =
        relation.nfkc().filter(|c| !is_unseen(*c)).flat_map(char::to_lowercase).nfkc().collect();
    let around = |at: usize, step: isize| at.checked_add_signed(step).and_then(|at| characters.get(at));
    let separates = |at: usize| {
        let sides = [around(at, -1), around(at, 1)];
        matches!(characters[at], '-' | '_' | '/' | ':' | '\u{2010}'..='\u{2015}' | '\u{2212}')
            && sides.iter().all(|side| side.is_some_and(|side| side.is_alphanumeric()))
            && sides.iter().any(|side| side.is_some_and(|side| side.is_alphabetic()))
    };
    let kept = (0..characters.len()).filter(|at| !separates(*at)).map(|at| characters[at]);
    kept.chain(direction.chars()).collect()
}

/// The label without white space around it, in Unicode's composed form.
fn tidy(label: &str) -> String {
    label.trim_matches(is_unseen).nfc().collect()
}

/// The relation, and the direction as SemEval writes it, if it has one.
fn parts(label: &str) -> (&str, &'static str) {
    let directed = || {
        let (relation, direction) = label.rsplit_once('(')?;
        let direction: String =
            direction.chars().filter(|c| !is_unseen(*c)).flat_map(char::to_lowercase).collect();
        let direction = match &*direction {
            "e1,e2)" => "(e1,e2)",
            "e2,e1)" => "(e2,e1)",
            _ => return None,
        };
        Some((relation, direction)).filter(|(relation, _)| !relation.trim_matches(is_unseen).is_empty())
    };
    directed().unwrap_or((label, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_label_and_what_is_not() {
        for (one, other) in [
            ("per:spouse", "Per:Spouse"),
            ("per:spouse", " per:spouse\u{a0}"),
            ("no_relation", "no-relation"),
            ("no_relation", "NoRelation"),
            ("N/A", "na"),
            ("café", "cafe\u{301}"),
            ("Cause-Effect(e1,e2)", "cause effect (E1, E2)"),
            ("ﬁrst", "first"),
            ("part\u{2013}whole", "part-whole"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [
            ("Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)"),
            ("Cause-Effect(e1,e2)", "Cause-Effect"),
            ("C", "C++"),
            ("A+", "A-"),
            ("1-2", "12"),
            ("a->b", "a<-b"),
            ("café", "cafe"),
            ("无", "关系"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn the_most_frequent_spelling_or_the_known_one_is_meant() {
        let counts = [("a b", 3), ("A-B", 2), ("c ", 1), ("d", 1), ("X(e1, e2)", 1), ("x(e2,e1)", 9)]
            .map(|(name, count)| Count { name: name.to_owned(), count });
        let said = |known: &[String]| -> Vec<String> {
            let alike = alike_labels(&counts, known);
            alike
                .iter()
                .map(|group| format!("{}: {}", group.meant, group.iter().collect::<Vec<_>>().join("|")))
                .collect()
        };
        assert_eq!(said(&[]), ["a b: a b|A-B", "c: c ", "x(e1,e2): X(e1, e2)"]);
        let known = ["A-B", "X(e1,e2)", "X(e2,e1)"].map(str::to_owned);
        assert_eq!(said(&known), ["A-B: a b|A-B", "X(e1,e2): X(e1, e2)", "X(e2,e1): x(e2,e1)", "c: c "]);
    }
}
