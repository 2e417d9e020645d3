//! The words of a text, which finders look at and never cut.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::document::is_abbreviation;

/// A run of letters, digits and what belongs to them; or a single symbol. Each character is a word where words are not
/// separated by spaces.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let separate = r"\p{Han}\p{Hiragana}\p{Katakana}";
    Regex::new(&format!(r"[{separate}]|[\w--[{separate}]]+|[^\s\p{{Cc}}]"))
        .expect("the pattern is well-formed")
});

/// How many characters before a period are looked at to tell whether it belongs to an abbreviation.
const LONGEST_ABBREVIATION: usize = 24;

/// Words to be compared with.
pub(super) type List = LazyLock<HashSet<&'static str>>;

/// The words of a list, which spaces separate.
pub(super) fn list(words: &'static str) -> HashSet<&'static str> {
    words.split(' ').collect()
}

/// A word or a symbol.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// In the text.
    pub(super) bytes: Range<usize>,
    /// In the text: Unicode scalar values.
    pub(super) chars: Range<usize>,
}

pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let (mut byte, mut character) = (0, 0);
    let mut characters_to = |to: usize| {
        character += text[byte..to].chars().count();
        byte = to;
        character
    };
    let word = |found: regex::Match<'_>| Word {
        text: &text[found.range()],
        bytes: found.range(),
        chars: characters_to(found.start())..characters_to(found.end()),
    };
    WORDS.find_iter(text).map(word).collect()
}

/// The words of a sentence. Places outside of it have no words.
#[derive(Clone, Copy)]
pub(super) struct Sentence<'a> {
    pub(super) words: &'a [Word<'a>],
    /// The whole text.
    pub(super) chars: &'a [char],
}

impl<'a> Sentence<'a> {
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn text(&self, at: usize) -> &'a str {
        self.words.get(at).map_or("", |word| word.text)
    }

    /// Whether nothing is between a word and the one before it.
    pub(super) fn touches(&self, at: usize) -> bool {
        let pair = at.checked_sub(1).and_then(|before| self.words.get(before..=at));
        pair.is_some_and(|pair| pair[0].chars.end == pair[1].chars.start)
    }

    /// Whether a word touches those on both sides.
    pub(super) fn joins(&self, at: usize) -> bool {
        self.touches(at) && self.touches(at + 1)
    }

    /// Whether there is a word rather than a symbol.
    pub(super) fn is_word(&self, at: usize) -> bool {
        self.text(at).starts_with(|c: char| c.is_alphanumeric())
    }

    pub(super) fn is_capitalised(&self, at: usize) -> bool {
        self.text(at).starts_with(is_capital)
    }

    /// Whether the word consists of the digits 0 to 9.
    pub(super) fn is_number(&self, at: usize) -> bool {
        let text = self.text(at);
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether there is the period of an abbreviation, by the rule that splits sentences.
    pub(super) fn is_abbreviating(&self, at: usize) -> bool {
        if self.text(at) != "." || !self.touches(at) {
            return false;
        }
        let period = self.words[at].chars.start;
        let before = &self.chars[period.saturating_sub(LONGEST_ABBREVIATION)..period];
        is_abbreviation(before, self.text(at + 1).chars().next().unwrap_or(' '))
    }

    /// Whether only quotes, brackets and marks follow a word.
    pub(super) fn is_last(&self, at: usize) -> bool {
        (at + 1..self.len()).all(|after| !self.is_word(after))
    }
}

/// Titlecase digraphs (`ǅ`) are capitals, too, but not upper case.
fn is_capital(character: char) -> bool {
    character.is_uppercase() || matches!(character, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_and_symbols_stand_alone() {
        let said = |text: &str| words(text).iter().map(|word| word.text.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            said("Ann's AT&T\u{1} paid $1.50."),
            ["Ann", "'", "s", "AT", "&", "T", "paid", "$", "1", ".", "50", "."]
        );
        assert_eq!(said("हिन्दी und Cafe\u{301}"), ["हिन्दी", "und", "Cafe\u{301}"]);
        assert_eq!(said("在北京2021年"), ["在", "北", "京", "2021", "年"]);
    }

    #[test]
    fn places_are_bytes_and_characters() {
        let words = words("né là");
        assert_eq!((words[1].bytes.clone(), words[1].chars.clone()), (4..7, 3..5));
    }
}
