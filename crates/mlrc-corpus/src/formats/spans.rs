//! Spans as formats give them: characters of a text, whose words may be given too, or tokens.

use std::ops::Range;

use super::conventions::{Reading, same_words};
use super::documents::Notes;
use crate::error::Fault;
use crate::formats::json::shorten;

/// Raw text whose characters are counted.
pub(crate) struct RawText {
    chars: Vec<char>,
}

pub(crate) const CHARACTERS: &str = "spans count characters from 0, and the end is exclusive";

impl RawText {
    pub(crate) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(crate) fn words(&self, span: &Range<usize>) -> String {
        self.chars.get(span.clone()).unwrap_or_default().iter().collect()
    }

    pub(crate) fn characters(&self) -> &[char] {
        &self.chars
    }

    /// The span, which must lie in the text.
    pub(crate) fn within(&self, span: &Range<usize>) -> Result<Range<usize>, Fault> {
        let valid = span.start < span.end && span.end <= self.len();
        if valid { Ok(span.clone()) } else { Err(self.outside(span.start, span.end)) }
    }

    /// The characters `start..end`, which must be `words` if these are given. Offsets that fit the words only if they
    /// count UTF-16 units, as browsers do, are read so.
    pub(crate) fn span(
        &self,
        start: usize,
        end: usize,
        words: Option<&str>,
        notes: &mut Notes,
    ) -> Result<Range<usize>, Fault> {
        let span = start..end;
        let Some(words) = words.filter(|words| !words.trim().is_empty()) else {
            return self.within(&span);
        };
        let within = self.within(&span);
        if within.is_ok() && same_words(&self.words(&span), words) {
            return Ok(span);
        }
        let help = match Reading::by_words(&span, &self.chars, words) {
            Some((Reading::Utf16, span)) => {
                notes.remark("span", "whose offsets count UTF-16 units, read so");
                return Ok(span);
            }
            Some((reading, _)) => {
                let (there, here) = reading.says();
                format!("probably they are counted {there}; here {here}")
            }
            None => match self.find(words).as_slice() {
                [] => format!("the text does not contain these words; {CHARACTERS}"),
                [at, ..] => format!("they are at [{}, {}]; {CHARACTERS}", at.start, at.end),
            },
        };
        within?;
        let fault = Fault::expected(
            format_args!("the span of `{}`", shorten(words)),
            format_args!("[{start}, {end}], that of `{}`", shorten(&self.words(&span))),
        );
        Err(fault.help(help))
    }

    fn outside(&self, start: usize, end: usize) -> Fault {
        let expected =
            format!("a start below the end, and an end up to {}, the length of the text", self.len());
        Fault::expected(expected, format_args!("[{start}, {end}]")).help(CHARACTERS)
    }

    /// Where words occur that are not part of longer words.
    pub(crate) fn find(&self, words: &str) -> Vec<Range<usize>> {
        let words: Vec<char> = words.trim().chars().collect();
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return Vec::new() };
        let inner = |c: &char| c.is_alphanumeric();
        let alone = |start: usize| {
            let end = start + words.len();
            let before = start.checked_sub(1).and_then(|at| self.chars.get(at));
            let after = self.chars.get(end);
            !(before.is_some_and(inner) && inner(first) || after.is_some_and(inner) && inner(last))
        };
        let matches = self.chars.windows(words.len()).enumerate().filter(|(_, window)| *window == words);
        matches
            .map(|(start, _)| start)
            .filter(|start| alone(*start))
            .map(|start| start..start + words.len())
            .collect()
    }

    /// The only place of words that are given without offsets; upper and lower case are the same if nothing else fits.
    pub(crate) fn only(&self, words: &str) -> Result<Range<usize>, Fault> {
        let mut found = self.find(words);
        if found.is_empty() {
            let lower = |text: &[char]| -> Vec<char> { text.iter().flat_map(|c| c.to_lowercase()).collect() };
            let folded = Self { chars: lower(&self.chars) };
            if folded.len() == self.len() {
                found = folded.find(&words.to_lowercase());
            }
        }
        let help = "give the offsets of its first and after its last character";
        match &found[..] {
            [only] => Ok(only.clone()),
            [] => Err(Fault::expected(
                "words of the text",
                format_args!("`{}`, which it does not contain", shorten(words)),
            )),
            several => {
                let found = format!("`{}`, which it contains {} times", shorten(words), several.len());
                Err(Fault::expected("words that the text contains once", found).help(help))
            }
        }
    }
}

/// A span of tokens, checked.
pub(crate) fn token_span(
    start: usize,
    end: usize,
    count: usize,
    inclusive: bool,
) -> Result<Range<usize>, Fault> {
    let exclusive_end = if inclusive { end.saturating_add(1) } else { end };
    if start < exclusive_end && exclusive_end <= count {
        return Ok(start..exclusive_end);
    }
    let convention = if inclusive { "inclusive" } else { "exclusive" };
    let expected = format!("a span of at least one of the {count} tokens");
    let fault = Fault::expected(expected, format_args!("[{start}, {end}]"));
    Err(fault.help(format!("spans count tokens from 0, and the end is {convention}")))
}
