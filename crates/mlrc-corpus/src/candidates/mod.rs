//! Candidates: entities that simple finders see in raw text, and the pairs of them that are to be classified.
//!
//! Finders are lists of names ([`Gazetteer`]), regular expressions ([`Pattern`]) and a few built-in ones
//! ([`SimpleFinder`]). Where what they find overlaps, a listed name comes first, then what a regular expression finds, then
//! the others; of the same kind, the longer, then the one further left, then the one whose finder is named first. None
//! cuts a word: a run of letters and digits, or a symbol.
//!
//! A text with its entities is a [`Document`] without relations. [`write_pairs`] writes its pairs; a
//! [`PairPolicy`](crate::document::PairPolicy) with `unrelated=all` makes instances of the same pairs.
//!
//! ```
//! use mlrc_corpus::candidates::{Counts, Finders, PairOptions, SimpleFinder, Text, write_pairs};
//!
//! let finders = Finders { simple: vec![SimpleFinder::Capitalised], ..Finders::default() };
//! let mut counts = Counts::new(&finders);
//! let texts = Text::paragraphs(b"In 1843, Ada Lovelace wrote to Babbage.", "letters.txt")?;
//! let candidates = finders.find(&texts, &mut counts);
//! let mut lines = Vec::new();
//! write_pairs(&candidates, &PairOptions::default(), &mut counts, &mut lines)?;
//! assert_eq!(counts.to_string(), "1 text, 1 sentence, 2 entities (capitalised 2), 2 pairs");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod capitalised;
mod counts;
mod dates;
mod gazetteer;
mod numbers;
mod pairs;
mod patterns;
mod quoted;
mod spacy;
mod texts;
mod words;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::document::{Content, Document, Entity, split};

pub use counts::{Counts, LeftOut};
pub use gazetteer::Gazetteer;
pub use pairs::{PairOptions, TypePairs, write_pairs};
pub use patterns::Pattern;
pub use texts::Text;

use words::{Sentence, Word};

/// What looks for entities.
#[derive(Clone, Debug, Default)]
pub struct Finders {
    /// Lists of names.
    pub gazetteer: Gazetteer,
    /// Regular expressions; of two that find the same words, the first counts.
    pub patterns: Vec<Pattern>,
    /// Built-in finders.
    pub simple: Vec<SimpleFinder>,
}

/// A built-in finder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SimpleFinder {
    /// Dates and years, of the type `DATE`: `2021-05-03`, `3 May 2021`, `May 2021`, `in 1990`.
    Dates,
    /// Numbers in figures with currency, percent or unit, of the type `NUMBER`: `$1.5 million`, `12 %`, `5 km`.
    Numbers,
    /// Names in quotes, of the type `QUOTED`: up to six words, the first with a capital.
    Quoted,
    /// Names by their capitals, of the type `CAPITALISED`: `Ada Lovelace`, `Bank of America`. The first word of a sentence is
    /// one only if the next has a capital as well, or if it is written so inside of another sentence of the same texts.
    Capitalised,
}

/// What found an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finder {
    /// A list of names.
    Gazetteer,
    /// A regular expression.
    Pattern,
    /// A built-in finder.
    Simple(SimpleFinder),
}

/// A text with the entities that were found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    document: Document,
    finders: Vec<Finder>,
}

/// Words of a text that a finder takes for an entity.
struct Match {
    words: Range<usize>,
    kind: String,
    finder: Finder,
    /// The lower comes first where all else is the same.
    order: usize,
}

impl Finders {
    /// The entities in texts. Those from one source belong together: a word that has a capital inside a sentence of one of
    /// them is a name at the beginning of a sentence of any.
    pub fn find(&self, texts: &[Text], counts: &mut Counts) -> Vec<Candidates> {
        let (read, listed): (Vec<Read>, Vec<Vec<Match>>) =
            texts.iter().map(|text| Read::new(text, &self.gazetteer)).unzip();
        let recurring: HashSet<&str> = if self.simple.contains(&SimpleFinder::Capitalised) {
            let sentences = read.iter().flat_map(|read| read.sentences().map(|(_, sentence)| sentence));
            sentences.flat_map(capitalised::inside).collect()
        } else {
            HashSet::new()
        };
        counts.texts += texts.len();
        let mut all = Vec::new();
        for (read, listed) in read.iter().zip(listed) {
            let mut chosen = Chosen::new(read.words.len());
            let (mut by_pattern, mut simple) = (Vec::new(), Vec::new());
            for (start, sentence) in read.sentences() {
                self.find_patterns(&read.text.text, start, &sentence, &mut by_pattern, counts);
                self.find_simple(start, &sentence, &recurring, &mut simple);
            }
            for found in [listed, by_pattern, simple] {
                chosen.add(found, &read.words);
            }
            for found in &chosen.matches {
                *counts.entities.entry(found.finder).or_default() += 1;
            }
            all.push(Candidates::new(read.text, chosen.matches, &read.words));
        }
        all
    }

    fn find_patterns(
        &self,
        text: &str,
        start: usize,
        sentence: &Sentence,
        found: &mut Vec<Match>,
        counts: &mut Counts,
    ) {
        for (order, pattern) in self.patterns.iter().enumerate() {
            let (ranges, inside) = pattern.find(text, sentence.words);
            counts.leave_out(LeftOut::InsideWord, inside);
            for words in ranges {
                let (words, kind) = (start + words.start..start + words.end, pattern.kind().to_owned());
                found.push(Match { words, kind, finder: Finder::Pattern, order });
            }
        }
    }

    fn find_simple(
        &self,
        start: usize,
        sentence: &Sentence,
        recurring: &HashSet<&str>,
        found: &mut Vec<Match>,
    ) {
        for finder in &self.simple {
            let ranges = match finder {
                SimpleFinder::Dates => dates::find(sentence),
                SimpleFinder::Numbers => numbers::find(sentence),
                SimpleFinder::Quoted => quoted::find(sentence),
                SimpleFinder::Capitalised => capitalised::find(sentence, recurring),
            };
            for words in ranges {
                let words = start + words.start..start + words.end;
                let kind = finder.kind().to_owned();
                found.push(Match { words, kind, finder: Finder::Simple(*finder), order: *finder as usize });
            }
        }
    }

    /// What there is to find entities.
    pub(crate) fn used(&self) -> impl Iterator<Item = Finder> {
        let gazetteer = (!self.gazetteer.is_empty()).then_some(Finder::Gazetteer);
        let pattern = (!self.patterns.is_empty()).then_some(Finder::Pattern);
        gazetteer.into_iter().chain(pattern).chain(self.simple.iter().copied().map(Finder::Simple))
    }

    /// The types that entities can have.
    pub fn types(&self) -> BTreeSet<String> {
        let listed = self.gazetteer.kinds().chain(self.patterns.iter().map(Pattern::kind));
        listed.chain(self.simple.iter().map(|finder| finder.kind())).map(str::to_owned).collect()
    }
}

/// A text in words and sentences.
struct Read<'a> {
    text: &'a Text,
    chars: Vec<char>,
    words: Vec<Word<'a>>,
    /// The words of each sentence.
    ranges: Vec<Range<usize>>,
}

impl<'a> Read<'a> {
    /// Also gives the listed names in the text, which no sentence ends inside of.
    fn new(text: &'a Text, gazetteer: &Gazetteer) -> (Self, Vec<Match>) {
        let chars: Vec<char> = text.text.chars().collect();
        let words = words::words(&text.text);
        let mut listed = Chosen::new(words.len());
        listed.add(gazetteer.find(&words), &words);
        let whole: Vec<Range<usize>> = listed.matches.iter().map(|found| chars_of(found, &words)).collect();
        let words_of = |sentence: Range<usize>| {
            let before = |place: usize| words.partition_point(|word| word.chars.start < place);
            before(sentence.start)..before(sentence.end)
        };
        let ranges = split(&chars, &whole).into_iter().map(words_of).collect();
        (Self { text, chars, words, ranges }, listed.matches)
    }

    /// Each sentence with the number of its first word.
    fn sentences(&self) -> impl Iterator<Item = (usize, Sentence<'_>)> {
        self.ranges
            .iter()
            .map(|range| (range.start, Sentence { words: &self.words[range.clone()], chars: &self.chars }))
    }
}

/// Matches that do not overlap.
struct Chosen {
    /// Whether each word is part of one.
    taken: Vec<bool>,
    matches: Vec<Match>,
}

impl Chosen {
    fn new(words: usize) -> Self {
        Self { taken: vec![false; words], matches: Vec::new() }
    }

    /// Adds what does not overlap with what is there: first the longest, then the one further left.
    fn add(&mut self, mut found: Vec<Match>, words: &[Word]) {
        found.sort_by_key(|found| (Reverse(chars_of(found, words).len()), found.words.start, found.order));
        for found in found {
            let taken = &mut self.taken[found.words.clone()];
            if !taken.contains(&true) {
                taken.fill(true);
                self.matches.push(found);
            }
        }
    }
}

fn chars_of(found: &Match, words: &[Word]) -> Range<usize> {
    words[found.words.start].chars.start..words[found.words.end - 1].chars.end
}

impl Candidates {
    fn new(text: &Text, mut matches: Vec<Match>, words: &[Word]) -> Self {
        matches.sort_by_key(|found| found.words.start);
        let finders = matches.iter().map(|found| found.finder).collect();
        let entity = |found: Match| Entity::at(chars_of(&found, words), Some(found.kind));
        let entities = matches.into_iter().map(entity).collect();
        let (id, content) = (text.id.clone(), Content::Text(text.text.clone()));
        Self { document: Document { id, content, entities, relations: None }, finders }
    }

    /// The text with its entities, in the order of the text, and without annotation of relations.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What found each of the entities.
    pub fn finders(&self) -> &[Finder] {
        &self.finders
    }

    fn text(&self) -> &str {
        match &self.document.content {
            Content::Text(text) | Content::Tokens { text, .. } => text,
            Content::Sentences(_) => "",
        }
    }

    /// The characters of each entity.
    fn spans(&self) -> Vec<Range<usize>> {
        let mentions = self.document.entities.iter().flat_map(|entity| &entity.mentions);
        mentions.map(crate::document::Mention::hull).collect()
    }
}

impl SimpleFinder {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Capitalised, Self::Numbers, Self::Dates, Self::Quoted];

    /// The name used in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dates => "dates",
            Self::Numbers => "numbers",
            Self::Quoted => "quoted",
            Self::Capitalised => "capitalised",
        }
    }

    /// The type of what it finds.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Dates => "DATE",
            Self::Numbers => "NUMBER",
            Self::Quoted => "QUOTED",
            Self::Capitalised => "CAPITALISED",
        }
    }
}

impl Finder {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gazetteer => "gazetteer",
            Self::Pattern => "pattern",
            Self::Simple(finder) => finder.name(),
        }
    }
}

impl fmt::Display for Finder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl fmt::Display for SimpleFinder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for SimpleFinder {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|finder| finder.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(|finder| format!("`{finder}`")).join(", ");
            format!("expected one of the finders {names}, found `{name}`")
        })
    }
}
