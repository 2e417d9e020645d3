//! Splits a document's text into sentences by the rule that [`SentenceUnit::Split`](super::SentenceUnit) states.

use std::ops::Range;

/// Words that a period after does not end, in lower case. A sentence that is not split keeps its relations, one that is
/// split wrongly loses some, so what usually is an abbreviation is taken for one.
const ABBREVIATIONS: &[&str] = &[
    "adm", "al", "approx", "assn", "assoc", "ave", "bldg", "blvd", "bros", "brig", "ca", "capt", "cf",
    "chap", "cmdr", "co", "col", "comdr", "corp", "cpl", "dept", "dr", "ed", "eds", "eq", "est", "etc",
    "fig", "figs", "fr", "gen", "gov", "hon", "hr", "inc", "jr", "lt", "ltd", "maj", "messrs", "mme", "mr",
    "mrs", "ms", "mt", "op", "pp", "pres", "prof", "ref", "refs", "rep", "reps", "resp", "rev", "sec", "sen",
    "sens", "sgt", "sr", "st", "supt", "univ", "viz", "vol", "vols", "vs",
];

/// Words that are abbreviations only before a number.
const BEFORE_NUMBERS: &[&str] =
    &["no", "nos", "p", "art", "jan", "feb", "mar", "apr", "aug", "sept", "oct", "nov", "dec"];

/// The sentences of a text, without the white space around them; `whole` are spans that none may end inside.
pub(crate) fn split(chars: &[char], whole: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut inside = vec![false; chars.len() + 1];
    for span in whole {
        // The first character of a span may begin a sentence.
        let within = span.start + 1..span.end.min(chars.len());
        inside.get_mut(within).unwrap_or_default().fill(true);
    }
    let mut sentences = Vec::new();
    let mut start = 0;
    for at in 0..chars.len() {
        if let Some(next) = next_sentence(chars, at)
            && next > start
            && !inside[next]
            && !(at + 1..next).any(|between| inside[between])
        {
            sentences.extend(trimmed(chars, start..next));
            start = next;
        }
    }
    sentences.extend(trimmed(chars, start..chars.len()));
    sentences
}

/// Where the next sentence begins, if one ends with the character at `at`.
fn next_sentence(chars: &[char], at: usize) -> Option<usize> {
    let skip = |from: usize, what: fn(char) -> bool| {
        chars[from..].iter().position(|c| !what(*c)).map_or(chars.len(), |skipped| from + skipped)
    };
    let next = |from: usize| {
        let next = skip(from, char::is_whitespace);
        chars.get(next).map(|first| (next, *first))
    };
    match chars[at] {
        // White space is looked at once, where it begins.
        space if space.is_whitespace() && (at == 0 || !chars[at - 1].is_whitespace()) => {
            let (next, first) = next(at)?;
            let line_ends = chars[at..next].iter().filter(|c| **c == '\n').count();
            (line_ends > 1 || line_ends == 1 && !first.is_lowercase()).then_some(next)
        }
        '。' | '！' | '？' => Some(skip(at + 1, is_closing)).filter(|next| *next < chars.len()),
        '.' | '!' | '?' | '…' => {
            let end = skip(at + 1, is_closing);
            let (next, first) = next(end).filter(|(next, _)| *next > end)?;
            let abbreviated = chars[at] == '.' && is_abbreviation(&chars[..at], first);
            (!first.is_lowercase() && !abbreviated).then_some(next)
        }
        _ => None,
    }
}

fn is_closing(character: char) -> bool {
    matches!(character, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '}')
}

/// Whether a period after `before` belongs to an abbreviation.
pub(crate) fn is_abbreviation(before: &[char], next: char) -> bool {
    let start = before.iter().rposition(|c| c.is_whitespace() || "([{\"'“‘«-–—/".contains(*c));
    let word: String = before[start.map_or(0, |at| at + 1)..].iter().collect();
    let lower = word.to_lowercase();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let dotted = word.contains('.') && word.split('.').all(|part| (1..=2).contains(&part.chars().count()));
    let dotted = dotted && word.chars().all(|c| c == '.' || c.is_alphabetic());
    initial
        || dotted
        || ABBREVIATIONS.contains(&lower.as_str())
        || next.is_numeric() && BEFORE_NUMBERS.contains(&lower.as_str())
}

/// The range without white space at its ends, if anything is left.
fn trimmed(chars: &[char], range: Range<usize>) -> Option<Range<usize>> {
    let part = &chars[range.clone()];
    let first = part.iter().position(|c| !c.is_whitespace())?;
    let last = part.iter().rposition(|c| !c.is_whitespace())?;
    Some(range.start + first..range.start + last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str, whole: &[Range<usize>]) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        split(&chars, whole).into_iter().map(|range| chars[range].iter().collect()).collect()
    }

    #[test]
    fn sentences_end_where_the_rule_says() {
        let cases: [(&str, &[&str]); 12] = [
            ("Ann came. Bo left.", &["Ann came.", "Bo left."]),
            ("“Come!” Ann said. (Bo left.) So did I", &["“Come!”", "Ann said.", "(Bo left.)", "So did I"]),
            (
                "Dr. Orr met J. Tune Camp of Acme Inc. in the U.S. Senate.",
                &["Dr. Orr met J. Tune Camp of Acme Inc. in the U.S. Senate."],
            ),
            ("It cost 1.5 million. 20 came.", &["It cost 1.5 million.", "20 came."]),
            ("See No. 5. No. He left.", &["See No. 5.", "No.", "He left."]),
            ("Ann came... and left. iPhones sell.", &["Ann came... and left. iPhones sell."]),
            ("Acme today\nAnn runs\nthe firm.", &["Acme today", "Ann runs\nthe firm."]),
            ("a title\n\nand text", &["a title", "and text"]),
            ("安来了。博走了。", &["安来了。", "博走了。"]),
            ("What? Yes! Ok…  Go", &["What?", "Yes!", "Ok…", "Go"]),
            (" \n ", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(sentences(text, &[]), expected, "{text}");
        }
    }

    #[test]
    fn entities_are_never_split() {
        let text = "Ann left Yahoo! Incorporated. Bo stayed.";
        assert_eq!(sentences(text, &[9..28]), ["Ann left Yahoo! Incorporated.", "Bo stayed."]);
        assert_eq!(sentences(text, &[]), ["Ann left Yahoo!", "Incorporated.", "Bo stayed."]);
        // An entity that begins or ends with the sentence does not join it to its neighbours.
        assert_eq!(sentences("Acme Inc! Bo stayed.", &[0..9, 10..12]), ["Acme Inc!", "Bo stayed."]);
    }
}
