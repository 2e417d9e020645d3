//! Splits raw sentences into tokens.
//!
//! A model must see raw text tokenised in the same way as its training data, so there is a choice of
//! tokenisers: SemEval's annotated files follow one convention, TACRED's another.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::characters::{is_stray, is_unseen};

mod ptb;

/// A word or punctuation mark of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token as a learner sees it.
    pub text: String,
    /// Its characters (Unicode scalar values, end exclusive) in the sentence. They spell `text`,
    /// except for the brackets and quotes that [`Tokenizer::Ptb`] rewrites.
    pub range: Range<usize>,
}

/// How sentences are split into tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokenizer {
    /// Splits at whitespace and makes each of `. , ; : ? ! ' " ( )` (also square and curly brackets and
    /// typographic quotes) a separate token: `it's 1.5%` becomes `it ' s 1 . 5%`. This is how the
    /// annotated SemEval-2010 files are tokenised.
    #[default]
    Punctuation,
    /// The Penn Treebank's convention, as in TACRED: `n't`, `'s`, `%` and `$` are tokens, numbers
    /// and abbreviations stay whole, brackets become `-LRB-` … and quotes ` `` ` and `''`.
    Ptb,
}

impl Tokenizer {
    /// Both tokenisers.
    pub const ALL: [Self; 2] = [Self::Punctuation, Self::Ptb];

    /// The name used in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Punctuation => "punctuation",
            Self::Ptb => "ptb",
        }
    }

    /// Splits `text` at whitespace, where the convention says so, and at each of `borders`: character
    /// positions where an entity begins or ends, in any order.
    pub fn tokenize(self, text: &str, borders: &[usize]) -> Vec<Token> {
        let chars: Vec<char> = text.chars().collect();
        let cutter = ptb::Splitter::new(&chars);
        let mut ranges = Vec::new();
        for chunk in chunks(&chars, borders) {
            match self {
                Self::Punctuation => cut_at_punctuation(&chars, chunk, &mut ranges),
                Self::Ptb => cutter.cut(chunk, &mut ranges),
            }
        }
        let ranges = ranges.into_iter().filter_map(|range| seen(&chars, range));
        let token_text = |range: &Range<usize>| match self {
            Self::Punctuation => chars[range.clone()].iter().collect(),
            Self::Ptb => ptb::rewrite(&chars, range),
        };
        ranges.map(|range| Token { text: token_text(&range), range }).collect()
    }
}

impl fmt::Display for Tokenizer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Tokenizer {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|tokenizer| tokenizer.name() == name);
        found.ok_or_else(|| format!("expected the tokeniser `punctuation` or `ptb`, found `{name}`"))
    }
}

/// The range without characters of no width at its ends, which would make it another word; `None` if nothing of it
/// is seen.
fn seen(chars: &[char], range: Range<usize>) -> Option<Range<usize>> {
    let chars = &chars[range.clone()];
    if chars.iter().all(|character| is_unseen(*character)) {
        return None;
    }
    let start = chars.iter().position(|character| !is_stray(*character))?;
    let end = chars.iter().rposition(|character| !is_stray(*character))? + 1;
    Some(range.start + start..range.start + end)
}

/// The stretches without whitespace, also split at the borders.
fn chunks(chars: &[char], borders: &[usize]) -> Vec<Range<usize>> {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let mut inside = false;
    for (at, character) in chars.iter().enumerate() {
        if is_space(*character) {
            inside = false;
        } else if inside && !borders.contains(&at) {
            if let Some(last) = chunks.last_mut() {
                last.end = at + 1;
            }
        } else {
            chunks.push(at..at + 1);
            inside = true;
        }
    }
    chunks
}

/// Control characters count as whitespace: they would be invisible tokens.
fn is_space(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

fn cut_at_punctuation(chars: &[char], chunk: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    let mut start = chunk.start;
    for at in chunk.clone() {
        if is_separate(chars[at]) {
            if start < at {
                ranges.push(start..at);
            }
            ranges.push(at..at + 1);
            start = at + 1;
        }
    }
    if start < chunk.end {
        ranges.push(start..chunk.end);
    }
}

fn is_separate(character: char) -> bool {
    matches!(character, '.' | ',' | ';' | ':' | '?' | '!' | '\'' | '"' | '(' | ')' | '[' | ']' | '{' | '}')
        || matches!(character, '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '…' | '—')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, borders: &[usize]) -> String {
        let tokens = Tokenizer::Punctuation.tokenize(text, borders);
        tokens.into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn punctuation_stands_alone() {
        assert_eq!(words("It's (about) 1.5%, he said.", &[]), "It ' s ( about ) 1 . 5% , he said .");
        assert_eq!(words("well-known and/or $200 -- AT&T...", &[]), "well-known and/or $200 -- AT&T . . .");
        assert_eq!(words(" \t\u{a0} ", &[]), "");
    }

    #[test]
    fn characters_of_no_width_are_no_words() {
        assert_eq!(words("\u{feff}a \u{200b} b\u{200b}, \u{ad}.\u{200b}.", &[]), "a b , . .");
        assert_eq!(words("\u{2764}\u{fe0f} so\u{ad}ft", &[]), "\u{2764}\u{fe0f} so\u{ad}ft");
        assert_eq!(words("x \u{200d}\u{fe0f} y", &[]), "x y");
    }

    #[test]
    fn borders_cut_tokens() {
        assert_eq!(words("pre-war houses", &[4, 7]), "pre- war houses");
        assert_eq!(words("abc", &[0, 3, 99]), "abc");
    }

    #[test]
    fn ranges_count_characters() {
        let tokens = Tokenizer::Punctuation.tokenize("né, là", &[]);
        let ranges: Vec<_> = tokens.into_iter().map(|token| token.range).collect();
        assert_eq!(ranges, [0..2, 2..3, 4..6]);
    }
}
