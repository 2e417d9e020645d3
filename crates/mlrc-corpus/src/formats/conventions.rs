//! What all spans of a file together say about how the file counts them. A span that cuts a word may be meant;
//! if most of them would not with the next character included, the file's ends are inclusive.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::characters::is_blank;
use crate::error::{Fault, Notice, Place};
use crate::formats::json::shorten;
use crate::instance::{Instance, Span};

/// How spans may be counted instead: the ways that tools have.
const READINGS: [Reading; 5] =
    [Reading::InclusiveEnds, Reading::Utf16, Reading::Bytes, Reading::FromOne, Reading::FromOneInclusive];

/// How many odd spans are read in other ways.
const JUDGED: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    InclusiveEnds,
    Utf16,
    Bytes,
    FromOne,
    FromOneInclusive,
}

impl Reading {
    /// The span in characters (or tokens) from 0 with the end exclusive, if it was counted in this way. Units that
    /// are the same as characters in this text say nothing.
    fn of(self, span: &Range<usize>, characters: &[char]) -> Option<Range<usize>> {
        let moved = |width: fn(&char) -> usize| {
            let at = |unit: usize| {
                let mut passed = 0;
                characters.iter().position(|character| {
                    let here = passed >= unit;
                    passed += width(character);
                    here
                })
            };
            let total = || characters.iter().map(width).sum::<usize>();
            let end = |unit: usize| at(unit).or_else(|| (unit == total()).then_some(characters.len()));
            Some(at(span.start)?..end(span.end)?).filter(|moved| moved != span)
        };
        match self {
            Self::InclusiveEnds => Some(span.start..span.end + 1),
            Self::Utf16 => moved(|character| character.len_utf16()),
            Self::Bytes => moved(|character| character.len_utf8()),
            Self::FromOne => Some(span.start.checked_sub(1)?..span.end.checked_sub(1)?),
            Self::FromOneInclusive => Some(span.start.checked_sub(1)?..span.end),
        }
    }

    /// How a span of characters would have to be counted to be these words, and where they are.
    pub(crate) fn by_words(
        span: &Range<usize>,
        characters: &[char],
        words: &str,
    ) -> Option<(Self, Range<usize>)> {
        READINGS.into_iter().find_map(|reading| {
            let read = reading.of(span, characters)?;
            are_words(characters, &read, words).then_some((reading, read))
        })
    }

    /// Whether all spans of a file would be counted like this; other units differ only after some characters.
    fn shows_everywhere(self) -> bool {
        !matches!(self, Self::Utf16 | Self::Bytes)
    }

    /// How spans are counted instead, and how they are counted here.
    pub(crate) fn says(self) -> (&'static str, &'static str) {
        match self {
            Self::InclusiveEnds => ("with inclusive ends", "their ends are exclusive"),
            Self::Utf16 => (
                "in UTF-16 units, as in JavaScript and Java",
                "they are counted in Unicode characters, as in Python",
            ),
            Self::Bytes => ("in bytes", "they are counted in Unicode characters"),
            Self::FromOne => ("from 1", "they are counted from 0"),
            Self::FromOneInclusive => {
                ("from 1 with inclusive ends", "they are counted from 0, the end exclusive")
            }
        }
    }
}

/// A kind of span of which some are odd.
#[derive(Default)]
struct Tally {
    all: usize,
    odd: usize,
    /// Odd ones of which it was tried in which readings they would be right.
    judged: usize,
    /// How many of these would be right in each of [`READINGS`].
    right: [usize; READINGS.len()],
    first: Option<First>,
}

/// The first odd one.
struct First {
    path: PathBuf,
    place: Place,
    id: String,
    field: String,
    what: String,
}

impl Tally {
    /// Counts a span and, if it is odd, the readings in which it would not be.
    fn note(&mut self, first: Option<First>, is_right: impl Fn(Reading) -> bool) {
        self.all += 1;
        let Some(first) = first else { return };
        self.odd += 1;
        // A sample is enough, and hostile files are read in linear time.
        if self.judged < JUDGED {
            self.judged += 1;
            for (count, reading) in self.right.iter_mut().zip(READINGS) {
                *count += usize::from(is_right(reading));
            }
        }
        self.first.get_or_insert(first);
    }

    /// The reading in which most would be right.
    fn meant(&self) -> Option<(Reading, usize)> {
        let readings = READINGS.into_iter().zip(self.right);
        let enough = |(reading, right): &(Reading, usize)| {
            // As if all odd ones were like those that were judged.
            2 * right * self.odd > self.judged * if reading.shows_everywhere() { self.all } else { self.odd }
        };
        readings.filter(enough).rev().max_by_key(|(_, right)| *right)
    }

    /// The warning, if any is odd.
    fn warning(self, wrong: &str, otherwise: &str) -> Option<Notice> {
        let meant = self.meant();
        let first = self.first?;
        let message = format!("{wrong}: {} of {}, the first {}", self.odd, self.all, first.what);
        let fault = Fault::new(message);
        let help = match meant {
            Some((reading, right)) => {
                let (there, here) = reading.says();
                let fit = if right == 1 { "1 of them fits" } else { &*format!("{right} of them fit") };
                format!("probably they are counted {there}: so counted, {fit}; here {here}")
            }
            None => otherwise.to_owned(),
        };
        let fault = fault.of((!first.id.is_empty()).then_some(first.id)).help(help);
        let fault = if first.field.is_empty() { fault } else { fault.field(first.field) };
        Some(fault.in_file(&first.path, first.place))
    }
}

/// What is counted of a file.
#[derive(Default)]
pub(crate) struct Conventions {
    cut: Tally,
    differing: Tally,
    offsets: Tally,
    /// Entities whose first token has a tag for named entities.
    tagged: usize,
    /// Those of them whose last token has none.
    too_long: usize,
    /// Those of them after which the same tag goes on.
    too_short: usize,
    first_tagged: Option<(PathBuf, Place, String)>,
}

/// A span of a sentence, and what the file says of it.
pub(crate) struct Claim<'a> {
    pub(crate) path: &'a Path,
    pub(crate) place: Place,
    /// The instance or document.
    pub(crate) id: &'a str,
    /// The field that has the span; may be empty.
    pub(crate) field: &'a str,
    pub(crate) span: &'a Range<usize>,
    /// The words that the file says are there.
    pub(crate) words: Option<&'a str>,
}

impl Claim<'_> {
    fn first(&self, what: String) -> First {
        let (path, id, field) = (self.path.to_owned(), self.id.to_owned(), self.field.to_owned());
        First { path, place: self.place, id, field, what }
    }

    fn differs(&self, found: &str) -> First {
        let said = shorten(self.words.unwrap_or_default());
        self.first(format!("`{}` where `{said}` is given", shorten(found)))
    }
}

impl Conventions {
    /// Counts a span of characters of a text.
    pub(crate) fn note_characters(&mut self, claim: &Claim, characters: &[char]) {
        let slice = |span: Range<usize>| characters.get(span).map(|part| part.iter().collect::<String>());
        let found = slice(claim.span.clone()).unwrap_or_default();
        if let Some(words) = claim.words {
            let first = (!same_words(&found, words)).then(|| claim.differs(&found));
            self.differing.note(first, |reading| {
                reading.of(claim.span, characters).is_some_and(|read| are_words(characters, &read, words))
            });
            return;
        }
        let first = cuts_word(characters, claim.span).then(|| claim.first(format!("`{}`", shorten(&found))));
        self.cut.note(first, |reading| {
            reading.of(claim.span, characters).is_some_and(|read| is_whole(characters, &read))
        });
    }

    /// Counts a span of tokens of which the file also gives the words.
    pub(crate) fn note_tokens(&mut self, claim: &Claim, tokens: &[String]) {
        let Some(words) = claim.words else { return };
        let slice = |span: Range<usize>| tokens.get(span).map(<[String]>::concat);
        let found = tokens.get(claim.span.clone()).unwrap_or_default();
        let first = (!same_words(&found.concat(), words)).then(|| claim.differs(&found.join(" ")));
        self.differing.note(first, |reading| {
            let read =
                reading.shows_everywhere().then(|| reading.of(claim.span, &[])).flatten().and_then(slice);
            read.is_some_and(|read| same_words(&read, words))
        });
    }

    /// Counts the place of a token in the text.
    pub(crate) fn note_offset(&mut self, claim: &Claim, characters: &[char]) {
        let slice = |span: Range<usize>| characters.get(span).map(|part| part.iter().collect::<String>());
        let token = claim.words.unwrap_or_default();
        let found = slice(claim.span.clone()).unwrap_or_default();
        let first = (!same_words(&found, token)).then(|| claim.differs(&found));
        self.offsets.note(first, |reading| {
            reading.of(claim.span, characters).is_some_and(|read| are_words(characters, &read, token))
        });
    }

    /// Compares an instance's entities with its named-entity tags.
    pub(crate) fn note_entities(&mut self, instance: &Instance, path: &Path, place: Place) {
        let Some(tags) = &instance.ner else { return };
        let tag = |token: usize| tags.get(token).map(String::as_str).filter(|tag| !matches!(*tag, "O" | ""));
        let (subject, object) = (instance.subject.span, instance.object.span);
        for (Span { start, end }, other) in [(subject, object), (object, subject)] {
            let (Some(first), Some(last)) = (tag(start), end.checked_sub(1)) else { continue };
            self.tagged += 1;
            let too_long = tag(last).is_none();
            let goes_on = tag(end) == Some(first) && !other.contains(end);
            let too_short = goes_on && tag(last) == Some(first);
            self.too_long += usize::from(too_long);
            self.too_short += usize::from(too_short);
            if (too_long || too_short) && self.first_tagged.is_none() {
                self.first_tagged = Some((path.to_owned(), place, instance.id.clone()));
            }
        }
    }

    /// The warnings about what is odd; `convention` is how the format counts spans.
    pub(crate) fn warnings(self, convention: &str) -> Vec<Notice> {
        let entities = self.entities(convention);
        let counts = "spans count characters from 0, the end exclusive";
        let check = "compare the spans with the words that are given for them";
        let offsets = "offsets count characters of `text` from 0, the end exclusive";
        [
            self.cut.warning("spans that begin or end within a word", counts),
            self.differing.warning("spans of other words than are given for them", check),
            self.offsets.warning("offsets of another token", offsets),
            entities,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn entities(&self, convention: &str) -> Option<Notice> {
        let Self { tagged, too_long, too_short, .. } = *self;
        let (path, place, id) = self.first_tagged.clone()?;
        let most = |count: usize| count > 1 && 2 * count > tagged;
        let (message, meant) = if most(too_long) {
            let message = "entities that begin with a named-entity tag and end in a token without one";
            (format!("{message}: {too_long} of {tagged}"), "are the ends in the file exclusive?")
        } else if most(too_short) {
            let message = "entities that end before a token with the same named-entity tag";
            (format!("{message}: {too_short} of {tagged}"), "are the ends in the file inclusive?")
        } else {
            return None;
        };
        let help = format!("{meant} The format's spans: {convention}");
        Some(Fault::new(message).of(id).help(help).in_file(&path, place))
    }
}

/// Whether a span of characters is exactly these words, without white space that they do not have.
fn are_words(characters: &[char], span: &Range<usize>, words: &str) -> bool {
    let Some(found) = characters.get(span.clone()) else { return false };
    let found: String = found.iter().collect();
    same_words(&found, words) && (found.trim() == found || words.trim() != words)
}

/// Whether two texts have the same characters, except for case, white space and how brackets and quotes are written.
pub(crate) fn same_words(one: &str, other: &str) -> bool {
    crate::parses::same_characters(&one.to_lowercase(), &other.to_lowercase())
}

/// Whether a span begins or ends between two letters or digits of one word.
pub(crate) fn cuts_word(characters: &[char], span: &Range<usize>) -> bool {
    let within = |at: usize| {
        at > 0 && at < characters.len() && is_letter(characters[at - 1]) && is_letter(characters[at])
    };
    within(span.start) || within(span.end)
}

/// Whether a span is a run of whole words without white space around them.
pub(crate) fn is_whole(characters: &[char], span: &Range<usize>) -> bool {
    let Some(part) = characters.get(span.clone()) else { return false };
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return false };
    let is_space = |character: &char| is_blank(character.encode_utf8(&mut [0; 4]));
    !is_space(first) && !is_space(last) && !cuts_word(characters, span)
}

/// Whether a character is part of a word of a script that separates words by spaces.
fn is_letter(character: char) -> bool {
    let without_spaces = matches!(character,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'..='\u{3ffff}');
    character.is_alphanumeric() && !without_spaces
}
