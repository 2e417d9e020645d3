//! Splits CoNLL-U into sentences and distinguishes it from other formats.

use std::io::BufRead;

use super::sentence::{self, Comments, Id};
use crate::error::CorpusError;
use crate::formats::lines::Lines;
use crate::formats::markers;

/// The lines of one sentence.
pub(crate) struct Block {
    /// The number of the first line.
    pub(crate) line: usize,
    /// The lines, `\n` between them.
    pub(crate) text: String,
}

/// An iterator over sentences, which are separated by blank lines. Blocks of nothing but comments that do not
/// describe an instance are skipped.
pub(crate) struct Blocks<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Blocks<R> {
    pub(crate) fn new(lines: Lines<R>) -> Self {
        Self { lines }
    }

    fn next_block(&mut self) -> Option<Result<Block, CorpusError>> {
        let mut block: Option<Block> = None;
        let mut failure = None;
        for line in self.lines.by_ref() {
            match line {
                Ok(line) if line.text.trim().is_empty() => {
                    if block.is_some() || failure.is_some() {
                        break;
                    }
                }
                Ok(line) => match &mut block {
                    None => block = Some(Block { line: line.number, text: line.text }),
                    Some(block) => {
                        block.text.push('\n');
                        block.text.push_str(&line.text);
                    }
                },
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map(Err).or(block.map(Ok))
    }
}

impl<R: BufRead> Iterator for Blocks<R> {
    type Item = Result<Block, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_block()? {
                Ok(block) if is_only_comments(&block.text) => {}
                block => return Some(block),
            }
        }
    }
}

/// Whether a block has only comments, none of them about an instance.
fn is_only_comments(text: &str) -> bool {
    text.split('\n').all(|line| line.starts_with('#')) && Comments::of(text).is_empty()
}

/// Whether a line is a comment rather than a marked sentence that begins with `#`.
pub(crate) fn is_comment(line: &str) -> bool {
    line.starts_with('#') && (!markers::is_marked(line) || sentence::comment(line).is_some())
}

/// Whether a file that begins with these lines is CoNLL-U.
pub(crate) fn begins<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let (mut commented, mut assigns) = (false, false);
    for line in lines {
        if is_comment(line) {
            commented = true;
            assigns |= sentence::comment(line).is_some();
            continue;
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        let is_first = matches!(Id::parse(first), Some(Id::Word(1) | Id::Range(1, _) | Id::Empty(0)));
        // After comments it can hardly be anything else, and reading it will report what is wrong.
        let columns = if commented {
            line.split_whitespace().count() > 1 && !markers::is_marked(line)
        } else {
            line.split('\t').count() == sentence::COLUMNS
        };
        return is_first && columns;
    }
    assigns
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn blocks(text: &str) -> Vec<(usize, String)> {
        let blocks = Blocks::new(Lines::new(text.as_bytes(), PathBuf::from("f")));
        blocks.map(|block| block.map(|block| (block.line, block.text)).unwrap()).collect()
    }

    #[test]
    fn blank_lines_separate() {
        let expected = [(3, "# a = 1\n1\tx".to_owned()), (7, "1\ty\n2\tz".to_owned())];
        assert_eq!(blocks("\u{feff}\n \t\r\n# a = 1\r\n1\tx\r\n\r\n\n1\ty\n2\tz"), expected);
        assert_eq!(blocks("# newdoc\n\n1\tx\n\n# end\n"), [(3, "1\tx".to_owned())]);
        assert_eq!(blocks("# subject = 1\n\n1\tx\n").len(), 2);
    }

    #[test]
    fn the_format_is_recognised() {
        let word = "1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_";
        let cases = [
            (word.to_owned(), true),
            (word.replacen('1', "1-2", 1), true),
            (word.replacen('1', "0.1", 1), true),
            (word.replacen('1', "2", 1), false),
            (word.replacen('\t', " ", 1), false),
            (format!("# a\n#b = <e1>x</e1> <e2>y</e2>\n{word}"), true),
            ("# sent_id = 1\n1 The the DET DT _ 2 det _ _".to_owned(), true),
            ("# sent_id = 1".to_owned(), true),
            ("# A heading\n\nSome text.".to_owned(), false),
            ("# A heading".to_owned(), false),
            ("# <e1>a</e1> in <e2>b</e2>\n1\tx".to_owned(), false),
            ("# x\n1\t<e1>a</e1> in <e2>b</e2>".to_owned(), false),
        ];
        for (text, expected) in cases {
            assert_eq!(begins(text.lines().filter(|line| !line.is_empty())), expected, "{text}");
        }
    }
}
