//! Aligns two tokenisations of the same sentence by its characters.

use std::ops::Range;

use crate::characters::is_unseen;
use crate::instance::Span;

/// Number of words shown on each side of a difference.
const AROUND: usize = 2;

/// A sentence as its characters without whitespace, and the range of each word in them. Brackets and quotes
/// are normalised to one spelling.
pub(crate) struct Text {
    pub(crate) characters: Vec<char>,
    /// In ascending order; the words of a multiword token that is spelt differently from them, such as `du`,
    /// share its range.
    words: Vec<Range<usize>>,
}

impl Text {
    pub(crate) fn of_tokens(tokens: &[String]) -> Self {
        Self::of_words(tokens, &[])
    }

    /// The text of words, some runs of which are written as one token.
    pub(crate) fn of_words(words: &[String], multiword: &[(Range<usize>, String)]) -> Self {
        let mut text = Self { characters: Vec::new(), words: Vec::with_capacity(words.len()) };
        while let Some(word) = words.get(text.words.len()) {
            let index = text.words.len();
            let token = multiword.iter().find(|(range, _)| range.start == index && range.end <= words.len());
            match token.filter(|(range, _)| !range.is_empty()) {
                Some((range, written))
                    if !spell(written).eq(words[range.clone()].iter().flat_map(|w| spell(w))) =>
                {
                    let characters = text.push(written);
                    text.words.extend(range.clone().map(|_| characters.clone()));
                }
                _ => {
                    let characters = text.push(word);
                    text.words.push(characters);
                }
            }
        }
        text
    }

    fn push(&mut self, written: &str) -> Range<usize> {
        let start = self.characters.len();
        self.characters.extend(spell(written));
        start..self.characters.len()
    }

    /// The characters from the first word of a span to the last.
    pub(crate) fn characters_of(&self, span: Span) -> Range<usize> {
        let words = self.words.get(span.range()).unwrap_or_default();
        words.first().map_or(0, |word| word.start)..words.last().map_or(0, |word| word.end)
    }

    /// The words that contain any of the characters.
    pub(crate) fn span_of(&self, characters: &Range<usize>) -> Option<Span> {
        let start = self.words.partition_point(|word| word.end <= characters.start);
        let end = self.words.partition_point(|word| word.start < characters.end);
        (start < end && !characters.is_empty()).then(|| Span::new(start, end))
    }

    /// For each word of `other`, the value of the word of this text that contains its first character.
    pub(crate) fn values_for(&self, other: &Self, values: &[String]) -> Vec<String> {
        let value = |word: &Range<usize>| {
            let here =
                self.words.partition_point(|old| old.end <= word.start).min(values.len().saturating_sub(1));
            values.get(here).cloned().unwrap_or_default()
        };
        other.words.iter().map(value).collect()
    }

    /// The range of each word in the characters of `text`; `None` if the texts differ or if words share
    /// characters.
    pub(crate) fn offsets_in(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let spelt = text.chars().enumerate();
        let (places, characters): (Vec<usize>, Vec<char>) =
            spelt.flat_map(|(place, character)| spell_character(character).chars_at(place)).unzip();
        if characters != self.characters {
            return None;
        }
        let mut end = 0;
        let offsets = self.words.iter().map(|word| {
            let first = *places.get(word.start)?;
            let last = *places.get(word.end.checked_sub(1)?)?;
            let offset = (!word.is_empty() && end <= first).then_some(first..last + 1)?;
            end = offset.end;
            Some(offset)
        });
        offsets.collect()
    }

    /// The words around a character.
    pub(crate) fn words_at(&self, character: usize, words: &[String]) -> String {
        let at = self.words.partition_point(|word| word.end <= character);
        let range = at.saturating_sub(AROUND)..(at + AROUND + 1).min(words.len());
        let ellipsis = |more: bool| if more { "… " } else { "" };
        let (before, after) = (ellipsis(range.start > 0), range.end < words.len());
        let words = words.get(range).unwrap_or_default().join(" ");
        let words: String = words.chars().take(80).collect();
        format!("{before}{words}{}", if after { " …" } else { "" })
    }
}

/// How a character is spelt for comparison: itself, or as the Penn Treebank writes it.
enum Spelling {
    Character(char),
    Other(&'static str),
}

impl Spelling {
    fn chars(self) -> impl Iterator<Item = char> {
        let (character, other) = match self {
            Self::Character(character) => (Some(character), ""),
            Self::Other(text) => (None, text),
        };
        character.into_iter().chain(other.chars())
    }

    fn chars_at(self, place: usize) -> impl Iterator<Item = (usize, char)> {
        self.chars().map(move |character| (place, character))
    }
}

/// Spells brackets, quotes, dashes and ellipses so that it does not matter which tool wrote them, nor where
/// another tool splits them: a bracket may be `-LRB-`, a quote may be two apostrophes.
fn spell_character(character: char) -> Spelling {
    Spelling::Other(match character {
        '(' => "-LRB-",
        ')' => "-RRB-",
        '[' => "-LSB-",
        ']' => "-RSB-",
        '{' => "-LCB-",
        '}' => "-RCB-",
        '"' | '“' | '”' | '„' | '«' | '»' => "''",
        '`' | '‘' | '’' => "'",
        '–' | '—' => "--",
        '…' => "...",
        _ if is_unseen(character) => "",
        _ => return Spelling::Character(character),
    })
}

/// Whether two texts are spelt in the same way.
pub(crate) fn same(one: &str, other: &str) -> bool {
    spell(one).eq(spell(other))
}

fn spell(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(|character| spell_character(character).chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_same_text_is_recognised_however_it_is_written() {
        for (one, other) in [
            ("-LRB- a b -RRB-", "( ab )"),
            ("`` a ''", "“ a ”"),
            ("`` a ''", "\" a \""),
            ("`` a ''", "' ' a' '"),
            ("a -- b ...", "a— b…"),
            ("-LSB- x -RSB-", "- LSB- x ]"),
            ("1 / 2", "1\u{a0}/2"),
        ] {
            let texts = [one, other].map(|text| Text::of_tokens(&words(text)).characters);
            assert_eq!(texts[0], texts[1], "{one}");
        }
    }

    #[test]
    fn words_of_a_token_share_its_characters() {
        let text = Text::of_words(&words("la fin de le jour"), &[(2..4, "du".to_owned())]);
        assert_eq!(text.characters.iter().collect::<String>(), "lafindujour");
        assert_eq!(text.words, [0..2, 2..5, 5..7, 5..7, 7..11]);
        assert_eq!(text.span_of(&(5..7)), Some(Span::new(2, 4)));
        assert_eq!(text.offsets_in("la fin du jour"), None);
        // Written as they stand, they are words like others.
        let text =
            Text::of_words(&words("can not go"), &[(0..2, "cannot".to_owned()), (1..9, "x".to_owned())]);
        assert_eq!(text.words, [0..3, 3..6, 6..8]);
        assert_eq!(text.offsets_in(" cannot go"), Some(vec![1..4, 4..7, 8..10]));
        assert_eq!(text.offsets_in("cannot stay"), None);
    }

    #[test]
    fn words_without_characters_belong_to_what_is_around_them() {
        let text = Text::of_tokens(&["ab".to_owned(), "\u{a0}".to_owned(), "c".to_owned()]);
        assert_eq!(text.span_of(&(0..2)), Some(Span::new(0, 1)));
        assert_eq!(text.span_of(&(0..3)), Some(Span::new(0, 3)));
        assert_eq!(text.span_of(&(2..2)), None);
        assert_eq!(text.offsets_in("ab c"), None);
    }
}
