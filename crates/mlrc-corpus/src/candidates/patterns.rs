//! Regular expressions, each with the type of what it finds.

use std::ops::Range;
use std::str::FromStr;

use regex::Regex;

use super::words::Word;

/// A regular expression and the type of what it finds; as text, `TYPE=REGEX`. It is looked for in each sentence, so `^` is
/// the beginning of a sentence. The syntax is that of the crate [`regex`](https://docs.rs/regex/latest/regex/#syntax).
///
/// ```
/// use mlrc_corpus::candidates::Pattern;
///
/// let pattern: Pattern = r"GENE=BRCA\d".parse()?;
/// assert_eq!(pattern.kind(), "GENE");
/// assert!("GENE=BRCA(".parse::<Pattern>().unwrap_err().starts_with("the pattern `BRCA(` is no regular expression"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    kind: String,
    regex: Regex,
}

impl Pattern {
    /// The type of what it finds.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What the pattern finds in a sentence of `text`, as ranges of its words; and how many other matches begin or end
    /// inside a word.
    pub(super) fn find(&self, text: &str, words: &[Word]) -> (Vec<Range<usize>>, usize) {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return (Vec::new(), 0) };
        let (from, to) = (first.bytes.start, last.bytes.end);
        let blank = |c: char| c.is_whitespace() || c.is_control();
        let (mut found, mut inside) = (Vec::new(), 0);
        for matched in self.regex.find_iter(&text[from..to]) {
            let trimmed = matched.as_str().trim_start_matches(blank);
            let start = from + matched.end() - trimmed.len();
            let end = start + trimmed.trim_end_matches(blank).len();
            if start == end {
                continue;
            }
            let begins = words.binary_search_by_key(&start, |word| word.bytes.start);
            let ends = words.binary_search_by_key(&end, |word| word.bytes.end);
            match (begins, ends) {
                (Ok(begins), Ok(ends)) => found.push(begins..ends + 1),
                _ => inside += 1,
            }
        }
        (found, inside)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, regex) = text
            .split_once('=')
            .map(|(kind, regex)| (kind.trim(), regex))
            .filter(|(kind, regex)| !kind.is_empty() && !regex.is_empty())
            .ok_or_else(|| format!("expected `TYPE=REGEX`, found `{text}`"))?;
        let compiled = Regex::new(regex).map_err(|error| {
            // The reason is the last line, below a drawing of the place.
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("the pattern `{regex}` is no regular expression that can be used: {reason}")
        })?;
        Ok(Self { kind: kind.to_owned(), regex: compiled })
    }
}
