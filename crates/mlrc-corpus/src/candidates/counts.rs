//! What was found, and what was left out and why.

use std::collections::BTreeMap;
use std::fmt;

use super::{Finder, Finders};
use crate::counted;

/// What was found and written, and what was left out by reason. Its text is one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Texts in which entities were looked for.
    pub texts: usize,
    /// Their sentences.
    pub sentences: usize,
    /// Entities by what found them; finders that found none have 0.
    pub entities: BTreeMap<Finder, usize>,
    /// Pairs that were written.
    pub pairs: usize,
    /// What was left out; reasons that did not occur are missing.
    pub left_out: BTreeMap<LeftOut, usize>,
}

/// Why something gives no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// What a regular expression found begins or ends inside a word.
    InsideWord,
    /// A sentence has fewer than two entities.
    FewEntities,
    /// A pair has types that are not wanted.
    OtherTypes,
    /// Too many tokens are between the entities of a pair.
    TooFar,
    /// A sentence has markers of entities, as in `<e1>`, with which its pairs could not be read again.
    Marked,
    /// A sentence has more pairs than are wanted, and its other pairs are closer.
    OverLimit,
}

impl Counts {
    /// Nothing yet, by finders.
    pub fn new(finders: &Finders) -> Self {
        Self { entities: finders.used().map(|finder| (finder, 0)).collect(), ..Self::default() }
    }

    pub(super) fn leave_out(&mut self, reason: LeftOut, count: usize) {
        if count > 0 {
            *self.left_out.entry(reason).or_default() += count;
        }
    }
}

impl LeftOut {
    fn describe(self, count: usize) -> String {
        match self {
            Self::InsideWord => {
                format!("{} of patterns, which would cut a word", counted(count, "find"))
            }
            Self::FewEntities => format!("{} with fewer than two entities", counted(count, "sentence")),
            Self::OtherTypes => format!("{} of other types", counted(count, "pair")),
            Self::TooFar => format!("{} too far apart", counted(count, "pair")),
            Self::Marked => format!("{} of sentences with markers such as <e1>", counted(count, "pair")),
            Self::OverLimit => format!("{} over the limit of a sentence", counted(count, "pair")),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: usize = self.entities.values().sum();
        let by_finder: Vec<String> =
            self.entities.iter().map(|(finder, count)| format!("{finder} {count}")).collect();
        let entities = counted(all, "entity");
        write!(out, "{}, {}, {entities}", counted(self.texts, "text"), counted(self.sentences, "sentence"))?;
        if !by_finder.is_empty() {
            write!(out, " ({})", by_finder.join(", "))?;
        }
        write!(out, ", {}", counted(self.pairs, "pair"))?;
        let left_out: Vec<String> =
            self.left_out.iter().map(|(reason, count)| reason.describe(*count)).collect();
        if !left_out.is_empty() {
            write!(out, "; left out: {}", left_out.join(", "))?;
        }
        Ok(())
    }
}
