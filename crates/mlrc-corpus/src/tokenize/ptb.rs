//! Penn Treebank tokenisation, following the rules of R. MacIntyre's `tokenizer.sed` and the escapes
//! (`-LRB-`) of `CoreNLP`, with which TACRED was annotated.
//!
//! One difference: an abbreviation that ends the sentence keeps its full stop, and no second one is added.

use std::ops::Range;

/// Words that keep their final full stop, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "rev", "hon", "sr", "jr", "st", "gen", "sen", "rep", "gov", "lt", "col",
    "capt", "cmdr", "sgt", "maj", "pres", "inc", "ltd", "co", "corp", "bros", "vs", "etc", "al", "cf", "fig",
    "vol", "dept", "ave", "blvd", "jan", "feb", "mar", "apr", "aug", "sept", "sep", "oct", "nov", "dec",
    "ph.d",
];

/// Longer words are not looked up.
const LONGEST_ABBREVIATION: usize = 16;

/// Endings split from their word, longest first.
const CLITICS: &[&str] = &["n't", "'re", "'ve", "'ll", "'s", "'m", "'d"];

/// Words that are split in two, and the number of characters before the split.
const CONTRACTIONS: &[(&str, usize)] =
    &[("cannot", 3), ("gonna", 3), ("gotta", 3), ("wanna", 3), ("gimme", 3), ("lemme", 3)];

/// A sentence being tokenised.
pub(crate) struct Splitter<'a> {
    chars: &'a [char],
    /// Position after the last letter or digit.
    words_end: usize,
}

impl<'a> Splitter<'a> {
    pub(crate) fn new(chars: &'a [char]) -> Self {
        let words_end = chars.iter().rposition(|c| c.is_alphanumeric()).map_or(0, |last| last + 1);
        Self { chars, words_end }
    }

    /// Adds the tokens of a chunk without whitespace to `ranges`.
    pub(crate) fn cut(&self, chunk: Range<usize>, ranges: &mut Vec<Range<usize>>) {
        let mut body = chunk;
        self.peel_leading(&mut body, ranges);
        let tail = self.peel_trailing(&mut body);
        if is_address(&self.chars[body.clone()]) {
            ranges.push(body);
        } else {
            self.cut_inside(body, ranges);
        }
        ranges.extend(tail);
    }

    fn peel_leading(&self, body: &mut Range<usize>, ranges: &mut Vec<Range<usize>>) {
        while let Some(length) = leading_mark(&self.chars[body.clone()]) {
            ranges.push(body.start..body.start + length);
            body.start += length;
        }
    }

    /// Strips punctuation from the body's end; returns it in the order of the text.
    fn peel_trailing(&self, body: &mut Range<usize>) -> Vec<Range<usize>> {
        let mut tail = Vec::new();
        let ends_text = body.end >= self.words_end;
        while let Some(length) = trailing_mark(&self.chars[body.clone()], ends_text) {
            tail.push(body.end - length..body.end);
            body.end -= length;
        }
        tail.reverse();
        tail
    }

    fn cut_inside(&self, mut body: Range<usize>, ranges: &mut Vec<Range<usize>>) {
        loop {
            self.peel_leading(&mut body, ranges);
            let text = &self.chars[body.clone()];
            let mark = (1..text.len()).find_map(|at| Some((body.start + at, inner_mark(text, at)?)));
            let Some((at, length)) = mark else { break };
            self.cut_word(body.start..at, ranges);
            ranges.push(at..at + length);
            body.start = at + length;
        }
        self.cut_word(body, ranges);
    }

    /// Splits a word without punctuation inside: at its end, at a clitic, or at a contraction.
    fn cut_word(&self, mut word: Range<usize>, ranges: &mut Vec<Range<usize>>) {
        let tail = self.peel_trailing(&mut word);
        let text = &self.chars[word.clone()];
        let clitic =
            clitic_length(text).filter(|length| *length < text.len()).map(|length| text.len() - length);
        match contraction(text).or(clitic).map(|at| word.start + at) {
            Some(at) => ranges.extend([word.start..at, at..word.end]),
            None if word.is_empty() => {}
            None => ranges.push(word),
        }
        ranges.extend(tail);
    }
}

/// The token's text: brackets and quotes rewritten, everything else unchanged.
pub(crate) fn rewrite(chars: &[char], range: &Range<usize>) -> String {
    let surface: String = chars[range.clone()].iter().collect();
    let opens = match range.start.checked_sub(1).map(|before| chars[before]) {
        None | Some('(' | '[' | '{') => true,
        Some(before) => before.is_whitespace(),
    };
    let rewritten = match surface.as_str() {
        "(" => "-LRB-",
        ")" => "-RRB-",
        "[" => "-LSB-",
        "]" => "-RSB-",
        "{" => "-LCB-",
        "}" => "-RCB-",
        "“" | "„" | "«" => "``",
        "\"" if opens => "``",
        "”" | "»" | "\"" => "''",
        "‘" => "`",
        "’" => "'",
        "'" if opens && chars.get(range.end).is_some_and(|next| !next.is_whitespace()) => "`",
        "…" => "...",
        _ => return surface.replace('’', "'"),
    };
    rewritten.to_owned()
}

/// Length of the punctuation that the text begins with, if it is a separate token.
fn leading_mark(text: &[char]) -> Option<usize> {
    let first = *text.first()?;
    if is_apostrophe(first) {
        let is_clitic = clitic_length(text) == Some(text.len());
        return (!is_clitic).then_some(1);
    }
    let alone = is_separate(first) || matches!(first, '$' | '#' | '£' | '€' | '‘');
    repeated(text.iter()).or(alone.then_some(1))
}

/// Length of the punctuation that the text ends with, if it is a separate token.
fn trailing_mark(text: &[char], ends_text: bool) -> Option<usize> {
    let last = *text.last()?;
    let alone = match last {
        '.' => !is_abbreviation(&text[..text.len() - 1], ends_text),
        '%' => true,
        _ => is_separate(last) || is_apostrophe(last),
    };
    repeated(text.iter().rev()).or(alone.then_some(1))
}

/// Length of the punctuation at `at` within a word, if it is a separate token.
fn inner_mark(text: &[char], at: usize) -> Option<usize> {
    let between_digits = text[at - 1].is_ascii_digit() && text.get(at + 1).is_some_and(char::is_ascii_digit);
    let alone = is_separate(text[at]) && !(between_digits && matches!(text[at], ',' | ':'));
    repeated(text[at..].iter()).or(alone.then_some(1))
}

/// Length of the dash, ellipsis, or run of two or more hyphens or full stops that `marks` begins with.
fn repeated<'a>(mut marks: impl Iterator<Item = &'a char>) -> Option<usize> {
    match *marks.next()? {
        first @ ('-' | '.') => {
            let length = 1 + marks.take_while(|mark| **mark == first).count();
            (length > 1).then_some(length)
        }
        '—' | '–' | '…' => Some(1),
        _ => None,
    }
}

/// Where a word such as `cannot` is split in two.
fn contraction(text: &[char]) -> Option<usize> {
    let same = |whole: &str| text.iter().map(char::to_ascii_lowercase).eq(whole.chars());
    CONTRACTIONS.iter().find(|(whole, _)| same(whole)).map(|(_, at)| *at)
}

fn clitic_length(text: &[char]) -> Option<usize> {
    let ends_with = |clitic: &&&str| {
        let length = clitic.chars().count();
        let Some(start) = text.len().checked_sub(length) else { return false };
        let plain = |c: char| if is_apostrophe(c) { '\'' } else { c.to_ascii_lowercase() };
        text[start..].iter().map(|c| plain(*c)).eq(clitic.chars())
    };
    CLITICS.iter().find(ends_with).map(|clitic| clitic.chars().count())
}

/// Whether a word keeps the full stop that follows it.
fn is_abbreviation(word: &[char], ends_text: bool) -> bool {
    if word.len() > LONGEST_ABBREVIATION {
        return false;
    }
    let text = word.iter().collect::<String>().to_lowercase();
    if ABBREVIATIONS.contains(&text.as_str()) {
        return true;
    }
    // Letters separated by full stops: `U.S.`, `p.m.`; a single letter only if more text follows: `J. Smith`.
    let letters =
        text.split('.').all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
    letters && (word.len() > 1 || (!ends_text && word[0].is_uppercase()))
}

/// Web and mail addresses are one token.
fn is_address(text: &[char]) -> bool {
    let word: String = text.iter().collect();
    word.contains("://") || word.starts_with("www.") || word.find('@').is_some_and(|at| at > 0)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

/// Brackets, double quotes and punctuation marks that are separate tokens wherever they occur.
fn is_separate(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' | '?' | '!')
        || matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use crate::Tokenizer;

    fn words(text: &str) -> String {
        let tokens = Tokenizer::Ptb.tokenize(text, &[]);
        tokens.into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    /// Expected tokens after the Penn Treebank's tokenisation guide and CoreNLP's documentation.
    #[test]
    fn follows_the_treebank() {
        let cases = [
            ("They'll save and invest more.", "They 'll save and invest more ."),
            ("I can't, won't and cannot.", "I ca n't , wo n't and can not ."),
            ("The parents' house isn't John's.", "The parents ' house is n't John 's ."),
            ("Mr. Smith left the U.S. yesterday.", "Mr. Smith left the U.S. yesterday ."),
            ("It cost $3.50, up 12% (or 1,000).", "It cost $ 3.50 , up 12 % -LRB- or 1,000 -RRB- ."),
            ("\"Gee,\" he said -- \"wait...\"", "`` Gee , '' he said -- `` wait ... ''"),
            ("It’s “fine”.", "It 's `` fine '' ."),
            ("at 5:30 p.m. and/or state-of-the-art", "at 5:30 p.m. and/or state-of-the-art"),
            ("J. Smith takes vitamin C.", "J. Smith takes vitamin C ."),
            ("larger--measuring", "larger -- measuring"),
            ("see http://a.org/b,c or me@a.org.", "see http://a.org/b,c or me@a.org ."),
            ("the 'Baton Camp'", "the ` Baton Camp '"),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn borders_cut_before_the_rules_apply() {
        let tokens = Tokenizer::Ptb.tokenize("the dog's tail", &[4, 7]);
        let words: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(words, ["the", "dog", "'s", "tail"]);
        assert_eq!(tokens[2].range, 7..9);
    }
}
