//! Pairs of entities that were found, as JSON lines to be classified.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;
use std::str::FromStr;

use serde::Serialize;

use super::{Candidates, Counts, LeftOut};
use crate::document::{Layout, PairPolicy};
use crate::formats::jsonl::WrittenEntity;
use crate::formats::markers;
use crate::suggest;
use crate::tokenize::Tokenizer;

/// Which pairs of a sentence are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairOptions {
    /// The types of head and tail; any by default.
    pub types: TypePairs,
    /// The most tokens between head and tail; no limit by default. Tokens are those of [`Tokenizer::Punctuation`].
    pub max_distance: Option<usize>,
    /// The most pairs of a sentence, from those with the fewest entities between them on; 100 by default.
    pub max_pairs: usize,
}

impl Default for PairOptions {
    fn default() -> Self {
        Self { types: TypePairs::default(), max_distance: None, max_pairs: 100 }
    }
}

/// The types that the head and the tail of a pair may have, such as `PERSON>ORG,ORG>*`; `*` is any type. Any by default.
///
/// ```
/// use mlrc_corpus::candidates::TypePairs;
///
/// let types: TypePairs = "PERSON>ORG, ORG>*".parse()?;
/// assert!(types.include("ORG", "DATE") && !types.include("PERSON", "DATE"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypePairs(Vec<[String; 2]>);

impl TypePairs {
    /// Whether a pair of these types is wanted.
    pub fn include(&self, head: &str, tail: &str) -> bool {
        let fits = |wanted: &str, kind: &str| wanted == "*" || wanted == kind;
        self.0.is_empty() || self.0.iter().any(|[wanted, other]| fits(wanted, head) && fits(other, tail))
    }

    /// Refuses a type that no entity can have, which is most likely misspelt; `known` are those that one can.
    ///
    /// # Errors
    /// The first such type, and what may be meant.
    pub fn check(&self, known: &BTreeSet<String>) -> Result<(), String> {
        let unknown = self.0.iter().flatten().find(|kind| *kind != "*" && !known.contains(*kind));
        let Some(unknown) = unknown else { return Ok(()) };
        let listed: Vec<String> = known.iter().take(20).map(|name| format!("`{name}`")).collect();
        let more = if known.len() > listed.len() { ", …" } else { "" };
        // Suggestions are made for names in lower case.
        let lower: Vec<String> = known.iter().map(|name| name.to_lowercase()).collect();
        let meant = suggest(unknown, &lower.iter().map(String::as_str).collect::<Vec<_>>());
        let meant = known.iter().zip(&lower).find(|(_, lower)| Some(lower.as_str()) == meant);
        let meant = meant.map(|(name, _)| format!("; did you mean `{name}`?")).unwrap_or_default();
        Err(format!(
            "expected the type of an entity that can be found ({}{more}), found `{unknown}`{meant}",
            listed.join(", "),
        ))
    }
}

impl FromStr for TypePairs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pair = |pair: &str| {
            pair.split_once('>')
                .map(|(head, tail)| [head, tail].map(|kind| kind.trim().to_owned()))
                .filter(|kinds| kinds.iter().all(|kind| !kind.is_empty() && !kind.contains('>')))
                .ok_or_else(|| format!("expected `HEAD>TAIL`, each a type or `*`, found `{}`", pair.trim()))
        };
        Ok(Self(text.split(',').map(pair).collect::<Result<_, _>>()?))
    }
}

/// Writes the pairs of entities that are in one sentence, in both directions unless the options restrict their types, as
/// JSON lines: the sentence, the characters and type of both, and what found them. The third sentence's second pair of the
/// text `a` is `a-s3-p2`. A pair has no relation: it is to be predicted.
///
/// # Errors
/// If writing fails.
pub fn write_pairs(
    candidates: &[Candidates],
    options: &PairOptions,
    counts: &mut Counts,
    mut out: impl Write,
) -> io::Result<()> {
    let policy = PairPolicy { max_distance: options.max_distance, ..PairPolicy::default() };
    for candidates in candidates {
        let layout = Layout::new(&candidates.document, &policy, Tokenizer::default());
        let chars: Vec<char> = candidates.text().chars().collect();
        let spans = candidates.spans();
        let mut next = 0;
        for (number, sentence) in layout.sentences().iter().enumerate() {
            let first = next;
            next += spans[first..].iter().take_while(|span| span.start < sentence.end).count();
            counts.sentences += 1;
            let pairs = chosen(candidates, &layout, first..next, &policy, options, counts);
            let text: String = chars.get(sentence.clone()).unwrap_or_default().iter().collect();
            if markers::first_entity_in(&text).is_some() {
                counts.leave_out(LeftOut::Marked, pairs.len());
                continue;
            }
            for (index, pair) in pairs.iter().enumerate() {
                let entity = |entity: usize| WrittenEntity {
                    start: spans[entity].start - sentence.start,
                    end: spans[entity].end - sentence.start,
                    kind: candidates.document.entities[entity].kind.as_deref(),
                };
                let written = WrittenPair {
                    id: format!("{}-s{}-p{}", candidates.document.id, number + 1, index + 1),
                    text: &text,
                    subject: entity(pair[0]),
                    object: entity(pair[1]),
                    finders: pair.map(|entity| candidates.finders[entity].name()),
                };
                serde_json::to_writer(&mut out, &written)?;
                out.write_all(b"\n")?;
                counts.pairs += 1;
            }
        }
    }
    Ok(())
}

/// The pairs of a sentence's entities that are wanted, in the order of the text.
fn chosen(
    candidates: &Candidates,
    layout: &Layout,
    entities: Range<usize>,
    policy: &PairPolicy,
    options: &PairOptions,
    counts: &mut Counts,
) -> Vec<[usize; 2]> {
    if entities.len() < 2 {
        counts.leave_out(LeftOut::FewEntities, 1);
        return Vec::new();
    }
    let kind = |entity: usize| candidates.document.entities[entity].kind.as_deref().unwrap_or_default();
    let wanted = wanted(entities.clone().map(kind), &options.types);
    let mut kept: Vec<[usize; 2]> = Vec::new();
    let mut too_far = 0;
    // From each entity on, how many others are passed by before one is too far: those after it are, too.
    let mut reach = vec![usize::MAX; entities.len()];
    for step in 1..entities.len() {
        if kept.len() + too_far == wanted || reach.iter().all(|reach| *reach < step) {
            break;
        }
        for first in entities.start..entities.end - step {
            for pair in [[first, first + step], [first + step, first]] {
                let reach = &mut reach[first - entities.start];
                if kept.len() == options.max_pairs || !options.types.include(kind(pair[0]), kind(pair[1])) {
                    continue;
                }
                // Entities that were found are never nested, blank or in several parts: they can only be too far apart.
                if step <= *reach && layout.places(pair, policy).is_ok() {
                    kept.push(pair);
                } else {
                    *reach = (*reach).min(step - 1);
                    too_far += 1;
                }
            }
        }
        if kept.len() == options.max_pairs {
            break;
        }
    }
    let full = kept.len() == options.max_pairs;
    let rest = wanted - kept.len() - too_far;
    counts.leave_out(LeftOut::OtherTypes, entities.len() * (entities.len() - 1) - wanted);
    counts.leave_out(LeftOut::TooFar, if full { too_far } else { too_far + rest });
    counts.leave_out(LeftOut::OverLimit, if full { rest } else { 0 });
    kept.sort_unstable();
    kept
}

/// How many ordered pairs of entities of these types are wanted.
fn wanted<'a>(kinds: impl Iterator<Item = &'a str>, types: &TypePairs) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in kinds {
        *counts.entry(kind).or_default() += 1;
    }
    let of = |(head, heads): (&&str, &usize)| -> usize {
        let tails = counts.iter().filter(|(tail, _)| types.include(head, tail));
        tails.map(|(tail, tails)| if head == tail { heads * (heads - 1) } else { heads * tails }).sum()
    };
    counts.iter().map(of).sum()
}

#[derive(Serialize)]
struct WrittenPair<'a> {
    id: String,
    text: &'a str,
    subject: WrittenEntity<'a>,
    object: WrittenEntity<'a>,
    finders: [&'static str; 2],
}
