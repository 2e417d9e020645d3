//! GloVe's text format.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Vectors;
use crate::corpus::counted;

/// The most that a packed file of vectors may have when it is unpacked.
const MOST_TEXT: u64 = 64 << 30;

/// Why a file of vectors cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VectorsError {
    /// The file cannot be opened or read.
    #[error("{}: cannot read the vectors: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The underlying error.
        source: std::io::Error,
    },
    /// A row is not a word followed by numbers.
    #[error("{}:{line}: {problem}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// 1-based line number.
        line: usize,
        /// What was expected and found.
        problem: String,
    },
    /// The file holds no vector.
    #[error("{}: the file is empty; expected lines of a word and its numbers, as in GloVe's text files", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Something worth knowing about a file of vectors that does not prevent its use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VectorsNotice {
    /// A word occurs more than once; the first row is used.
    Duplicate {
        /// The word.
        word: String,
        /// 1-based line number of the ignored row.
        line: usize,
    },
    /// The file begins with word2vec's line of counts, which is skipped.
    Header,
}

impl fmt::Display for VectorsNotice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { word, line } => {
                write!(formatter, "line {line}: `{word}` already has a vector; this row is ignored")
            }
            Self::Header => write!(formatter, "line 1 is a word2vec header, not a vector; skipped"),
        }
    }
}

/// Bytes that one thread parses at a time.
const CHUNK: usize = 1 << 21;

impl Vectors {
    /// Reads GloVe's text format, plain or gzipped: a word (which may hold spaces), then the components,
    /// separated by single spaces; every row has as many as the first. Runs on the current thread pool.
    ///
    /// # Errors
    /// If the file cannot be read, is empty, or has a bad row, which is reported with its line number.
    pub fn read(path: &Path) -> Result<(Self, Vec<VectorsNotice>), VectorsError> {
        let bytes = fs::read(path).map_err(|source| VectorsError::Io { path: path.to_owned(), source })?;
        Self::from_bytes(bytes, path)
    }

    /// [`Vectors::read`] for the content of `path`.
    pub(super) fn from_bytes(
        mut bytes: Vec<u8>,
        path: &Path,
    ) -> Result<(Self, Vec<VectorsNotice>), VectorsError> {
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut text = Vec::new();
            let failed = |source| VectorsError::Io { path: path.to_owned(), source };
            let mut unpacked = MultiGzDecoder::new(&bytes[..]).take(MOST_TEXT + 1);
            unpacked.read_to_end(&mut text).map_err(failed)?;
            if unpacked.limit() == 0 {
                let problem = "unpacked, it has more than 64 GiB";
                return Err(failed(io::Error::new(io::ErrorKind::InvalidData, problem)));
            }
            bytes = text;
        }
        Self::parse(&bytes, path, CHUNK)
    }

    fn parse(bytes: &[u8], path: &Path, chunk: usize) -> Result<(Self, Vec<VectorsNotice>), VectorsError> {
        let mut notices = Vec::new();
        let mut rest = bytes;
        let mut first_line = 1;
        // The first row determines the number of components.
        let dimension = loop {
            if rest.is_empty() {
                return Err(VectorsError::Empty { path: path.to_owned() });
            }
            let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1);
            let row = |problem| VectorsError::Row { path: path.to_owned(), line: first_line, problem };
            let line = clean(&rest[..end]).map_err(row)?;
            if first_line == 1 && is_header(line) {
                notices.push(VectorsNotice::Header);
            } else if !line.is_empty() {
                break dimension_of(line).map_err(row)?;
            }
            rest = &rest[end..];
            first_line += 1;
        };
        let rows: Vec<Rows> =
            chunks(rest, chunk).into_par_iter().map(|text| Rows::parse(text, dimension)).collect();
        let mut words: Vec<&str> = Vec::new();
        let mut lines: Vec<usize> = Vec::new();
        let mut matrix: Vec<f32> = Vec::with_capacity(rows.iter().map(|rows| rows.matrix.len()).sum());
        for rows in rows {
            if let Some((line, problem)) = rows.problem {
                return Err(VectorsError::Row { path: path.to_owned(), line: first_line + line, problem });
            }
            words.extend(rows.words);
            lines.extend(rows.lines.iter().map(|line| first_line + line));
            matrix.extend(rows.matrix);
            first_line += rows.line_count;
        }
        drop_duplicates(&mut words, &lines, &mut matrix, dimension, &mut notices);
        Ok((Self::from_rows(&words, matrix, dimension), notices))
    }
}

/// Splits `text` at line ends into pieces of at least `least` bytes.
fn chunks(mut text: &[u8], least: usize) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    while !text.is_empty() {
        let from = least.min(text.len());
        let end =
            text[from..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |end| from + end + 1);
        let (chunk, rest) = text.split_at(end);
        chunks.push(chunk);
        text = rest;
    }
    chunks
}

/// The rows of a piece of text; lines are counted from its beginning, from 0.
struct Rows<'a> {
    words: Vec<&'a str>,
    lines: Vec<usize>,
    matrix: Vec<f32>,
    line_count: usize,
    problem: Option<(usize, String)>,
}

impl<'a> Rows<'a> {
    fn parse(text: &'a [u8], dimension: usize) -> Self {
        let mut rows =
            Self { words: Vec::new(), lines: Vec::new(), matrix: Vec::new(), line_count: 0, problem: None };
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            match clean(line) {
                Ok("") => {}
                Ok(row) => match parse_row(row, dimension, &mut rows.matrix) {
                    Ok(word) => {
                        rows.words.push(word);
                        rows.lines.push(rows.line_count);
                    }
                    Err(problem) => rows.problem = Some((rows.line_count, problem)),
                },
                Err(problem) => rows.problem = Some((rows.line_count, problem)),
            }
            if rows.problem.is_some() {
                break;
            }
            rows.line_count += 1;
        }
        rows
    }
}

/// A line as text, without its end.
fn clean(line: &[u8]) -> Result<&str, String> {
    let line = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 at byte {} of the line", error.valid_up_to()))?;
    Ok(line.trim_end_matches(['\n', '\r', ' ']))
}

/// How many components the first row has.
fn dimension_of(line: &str) -> Result<usize, String> {
    let numbers = line.split(' ').rev().take_while(|field| field.parse::<f32>().is_ok()).count();
    // A word that is itself a number must not be counted as a component.
    match numbers.min(line.split(' ').count() - 1) {
        0 => Err(format!("expected a word and its numbers, found `{}`", shorten(line))),
        dimension => Ok(dimension),
    }
}

/// word2vec's text files begin with a line `<number of words> <dimension>`.
fn is_header(line: &str) -> bool {
    let mut fields = line.split(' ');
    let whole = |field: Option<&str>| field.is_some_and(|field| field.parse::<usize>().is_ok());
    whole(fields.next()) && whole(fields.next()) && fields.next().is_none()
}

/// Splits on the last `dimension` spaces and appends the components to `matrix`.
fn parse_row<'a>(line: &'a str, dimension: usize, matrix: &mut Vec<f32>) -> Result<&'a str, String> {
    let start = matrix.len();
    let mut rest = line;
    for place in (1..=dimension).rev() {
        let Some((before, field)) = rest.rsplit_once(' ') else {
            return Err(format!(
                "expected a word and {}, found {}",
                counted(dimension, "number"),
                counted(line.split(' ').count(), "field")
            ));
        };
        let Some(value) = number(field) else {
            return Err(format!(
                "component {place} of {dimension}: expected a number, found `{}`",
                shorten(field)
            ));
        };
        matrix.push(value);
        rest = before;
    }
    matrix[start..].reverse();
    // Otherwise, an extra number would silently become part of the word.
    if let Some((_, last)) = rest.rsplit_once(' ')
        && number(last).is_some()
        && rest.split(' ').skip(1).all(|field| number(field).is_some())
    {
        return Err(format!(
            "expected a word and {}, as in the first row, found {}",
            counted(dimension, "number"),
            counted(line.split(' ').count() - 1, "number")
        ));
    }
    Ok(rest)
}

/// A component: `inf` and `nan` are words, not numbers.
fn number(field: &str) -> Option<f32> {
    field.parse().ok().filter(|value: &f32| value.is_finite())
}

fn drop_duplicates(
    words: &mut Vec<&str>,
    lines: &[usize],
    matrix: &mut Vec<f32>,
    dimension: usize,
    notices: &mut Vec<VectorsNotice>,
) {
    let mut seen = HashSet::with_capacity(words.len());
    let mut kept = 0;
    for row in 0..words.len() {
        if seen.insert(words[row]) {
            words[kept] = words[row];
            matrix.copy_within(row * dimension..(row + 1) * dimension, kept * dimension);
            kept += 1;
        } else {
            notices.push(VectorsNotice::Duplicate { word: words[row].to_owned(), line: lines[row] });
        }
    }
    words.truncate(kept);
    matrix.truncate(kept * dimension);
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;

    fn parse(text: &str) -> Result<(Vectors, Vec<VectorsNotice>), String> {
        // Every line is a separate piece.
        Vectors::parse(text.as_bytes(), Path::new("v.txt"), 1).map_err(|error| error.to_string())
    }

    fn row(vectors: &Vectors, word: &str) -> Vec<f32> {
        let mut row = Vec::new();
        vectors.append_row(vectors.index(word).unwrap(), &mut row);
        row
    }

    #[test]
    fn words_may_hold_spaces_and_numbers() {
        let (vectors, notices) = parse("the 1 2\n. . . 3 4\r\n2010 -5 6e-1\nto inf 7 8\n").unwrap();
        assert!(notices.is_empty());
        assert_eq!((vectors.len(), vectors.dimension()), (4, 2));
        assert_eq!(row(&vectors, "to inf"), [7.0, 8.0]);
        assert_eq!(row(&vectors, "the"), [1.0, 2.0]);
        assert_eq!(row(&vectors, ". . ."), [3.0, 4.0]);
        assert_eq!(row(&vectors, "2010"), [-5.0, 0.6]);
        assert_eq!(vectors.index("absent"), None);
    }

    #[test]
    fn case_is_folded_only_for_lower_cased_files() {
        let (lower, _) = parse("the 1\na 2\n").unwrap();
        assert_eq!(lower.index("The"), Some(0));
        let (cased, _) = parse("the 1\nA 2\n").unwrap();
        assert_eq!((cased.index("The"), cased.index("A"), cased.index("a")), (None, Some(1), None));
    }

    #[test]
    fn bad_rows_are_named_by_line() {
        assert_eq!(
            parse("a 1 2\nb 1 x\n").unwrap_err(),
            "v.txt:2: component 2 of 2: expected a number, found `x`"
        );
        assert_eq!(
            parse("a 1 2\nb 1\n").unwrap_err(),
            "v.txt:2: expected a word and 2 numbers, found 2 fields"
        );
        assert_eq!(
            parse("a 1 2\nb 1 2 3\n").unwrap_err(),
            "v.txt:2: expected a word and 2 numbers, as in the first row, found 3 numbers"
        );
        assert_eq!(
            parse("a 1 nan\n").unwrap_err(),
            "v.txt:1: component 2 of 2: expected a number, found `nan`"
        );
        assert_eq!(
            parse("a 1 2\n\nb 3 4\nc 5 x\nd y 6\n").unwrap_err(),
            "v.txt:4: component 2 of 2: expected a number, found `x`"
        );
        assert_eq!(
            parse("3 2\na 1 2\nb x 2\n").unwrap_err(),
            "v.txt:3: component 1 of 2: expected a number, found `x`"
        );
        assert!(parse("hello\n").unwrap_err().contains("expected a word and its numbers"));
        assert!(parse("\n\n").unwrap_err().contains("empty"));
    }

    #[test]
    fn duplicates_and_headers_are_noticed() {
        let (vectors, notices) = parse("2 2\na 1 2\na 3 4\n").unwrap();
        assert_eq!(row(&vectors, "a"), [1.0, 2.0]);
        assert_eq!(notices, [VectorsNotice::Header, VectorsNotice::Duplicate { word: "a".into(), line: 3 }]);
        let (vectors, notices) = parse("a 1\nb 2\n\na 3\nc 4\nb 5\n").unwrap();
        let lines = notices.iter().map(ToString::to_string);
        assert!(lines.map(|line| line[..6].to_owned()).eq(["line 4", "line 6"]));
        assert_eq!(
            (row(&vectors, "a"), row(&vectors, "b"), row(&vectors, "c")),
            (vec![1.0], vec![2.0], vec![4.0])
        );
    }

    #[test]
    fn gzip_is_recognised_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vectors.txt");
        let mut encoder =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        encoder.write_all(b"a 1 2\nb 3 4\n").unwrap();
        encoder.finish().unwrap();
        let (vectors, _) = Vectors::read(&path).unwrap();
        assert_eq!(row(&vectors, "b"), [3.0, 4.0]);
        assert!(Vectors::read(&folder.path().join("absent")).is_err());
    }

    #[test]
    fn restricting_keeps_rows() {
        let (vectors, _) = parse("a 1 2\nb 3 4\nc 5 6\n").unwrap();
        let some = vectors.restricted(["c", "A", "zzz", "c"]);
        assert_eq!(some.len(), 2);
        assert_eq!((row(&some, "a"), row(&some, "c")), (vec![1.0, 2.0], vec![5.0, 6.0]));
        assert_eq!(some.index("b"), None);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = Vectors::parse(&bytes, Path::new("v.txt"), 8);
        }

        #[test]
        fn what_is_written_is_read(
            words in proptest::collection::btree_set("[a-z.]{1,6}( [a-z.]{1,3})?", 1..20),
            dimension in 1..5_usize,
        ) {
            let words: Vec<String> = words.into_iter().collect();
            let value = |row: usize, column: usize| (row * 7 + column) as f32 / 4.0 - 3.0;
            let text: String = words.iter().enumerate().map(|(row, word)| {
                let numbers: Vec<String> = (0..dimension).map(|column| value(row, column).to_string()).collect();
                format!("{word} {}\n", numbers.join(" "))
            }).collect();
            let (vectors, _) = Vectors::parse(text.as_bytes(), Path::new("v.txt"), 8).unwrap();
            for (number, word) in words.iter().enumerate() {
                let expected: Vec<f32> = (0..dimension).map(|column| value(number, column)).collect();
                proptest::prop_assert_eq!(row(&vectors, word), expected);
            }
        }
    }
}
