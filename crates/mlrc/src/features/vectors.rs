use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use fst::Map;
use half::f16;
use memmap2::Mmap;

/// Frozen word vectors and the vocabulary that names their rows.
///
/// Rows lie in the order of the file they were read from. They are held in memory as `f32`, or mapped from a
/// model's files as `f32` or `f16`.
pub struct Vectors {
    words: Map<Bytes>,
    matrix: Matrix,
    dimension: usize,
    lowercase: bool,
}

enum Matrix {
    Owned(Vec<f32>),
    Mapped { file: Mmap, offset: usize, half: bool },
}

/// Bytes in memory or in a mapped file.
pub(crate) enum Bytes {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(file) => file,
        }
    }
}

impl fmt::Debug for Vectors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vectors({} × {})", self.len(), self.dimension)
    }
}

/// Why a file of vectors cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VectorsError {
    /// The file cannot be opened or read.
    #[error("{}: cannot read the vectors: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VectorsNotice {
    /// A word occurs again; the first row counts.
    Duplicate {
        /// The word.
        word: String,
        /// 1-based line number of the row left out.
        line: usize,
    },
    /// The file begins with word2vec's line of counts, which is passed over.
    Header,
}

impl fmt::Display for VectorsNotice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { word, line } => {
                write!(formatter, "line {line}: `{word}` has a vector already; this row is left out")
            }
            Self::Header => write!(formatter, "line 1 is a word2vec header, not a vector; passed over"),
        }
    }
}

impl Vectors {
    /// Reads GloVe's text format, plain or gzipped: a word (which may hold spaces), then the components,
    /// separated by single spaces; every row has as many as the first.
    ///
    /// # Errors
    /// If the file cannot be read, is empty, or has a bad row, which is named by its line.
    pub fn read(path: &Path) -> Result<(Self, Vec<VectorsNotice>), VectorsError> {
        let io = |source| VectorsError::Io { path: path.to_owned(), source };
        let mut file = BufReader::new(File::open(path).map_err(io)?);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut text = Vec::new();
            MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).map_err(io)?;
            bytes = text;
        }
        Self::parse(&bytes, path)
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<(Self, Vec<VectorsNotice>), VectorsError> {
        let bad = |line, problem| VectorsError::Row { path: path.to_owned(), line, problem };
        let mut notices = Vec::new();
        let mut words: Vec<&str> = Vec::new();
        let mut lines: Vec<usize> = Vec::new();
        let mut matrix: Vec<f32> = Vec::new();
        let mut dimension = 0;
        for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
            let number = number + 1;
            let line = std::str::from_utf8(line).map_err(|error| {
                bad(number, format!("not UTF-8 at byte {} of the line", error.valid_up_to()))
            })?;
            let line = line.trim_end_matches(['\r', ' ']);
            if line.is_empty() {
                continue;
            }
            if number == 1 && is_header(line) {
                notices.push(VectorsNotice::Header);
                continue;
            }
            if dimension == 0 {
                dimension = line.split(' ').rev().take_while(|field| field.parse::<f32>().is_ok()).count();
                // A word that is itself a number must not be counted as a component.
                dimension = dimension.min(line.split(' ').count() - 1);
                if dimension == 0 {
                    return Err(bad(
                        number,
                        format!("expected a word and its numbers, found `{}`", shorten(line)),
                    ));
                }
                matrix.reserve(bytes.len() / line.len().max(1) * dimension);
            }
            let word = parse_row(line, dimension, &mut matrix).map_err(|problem| bad(number, problem))?;
            words.push(word);
            lines.push(number);
        }
        if words.is_empty() {
            return Err(VectorsError::Empty { path: path.to_owned() });
        }
        drop_duplicates(&mut words, &lines, &mut matrix, dimension, &mut notices);
        Ok((Self::from_rows(&words, matrix, dimension), notices))
    }

    /// Vectors from distinct `words` and their rows, `[words, dimension]`.
    ///
    /// # Panics
    /// If a word occurs twice or the number of values is not `words.len() · dimension`.
    pub fn from_rows<W: AsRef<str>>(words: &[W], matrix: Vec<f32>, dimension: usize) -> Self {
        assert_eq!(matrix.len(), words.len() * dimension, "one row for each word");
        let mut order: Vec<usize> = (0..words.len()).collect();
        order.sort_unstable_by(|&a, &b| words[a].as_ref().cmp(words[b].as_ref()));
        let mut builder = fst::MapBuilder::memory();
        for row in order {
            builder.insert(words[row].as_ref(), row as u64).expect("words are sorted and distinct");
        }
        let bytes = builder.into_inner().expect("writing to memory succeeds");
        let words_map = Map::new(Bytes::Owned(bytes)).expect("a map just built");
        let lowercase = !words.iter().any(|word| word.as_ref().chars().any(char::is_uppercase));
        Self { words: words_map, matrix: Matrix::Owned(matrix), dimension, lowercase }
    }

    /// Vectors over mapped files: a vocabulary and a matrix that starts at `offset`.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub(crate) fn from_mapped(
        words: Mmap,
        (file, offset): (Mmap, usize),
        dimension: usize,
        half: bool,
        lowercase: bool,
    ) -> Result<Self, String> {
        let words = Map::new(Bytes::Mapped(words)).map_err(|error| error.to_string())?;
        let width = if half { 2 } else { 4 };
        let needed = offset + words.len() * dimension * width;
        if file.len() < needed || !offset.is_multiple_of(width) {
            return Err(format!(
                "{} vectors of {dimension} need {needed} bytes, found {}",
                words.len(),
                file.len()
            ));
        }
        Ok(Self { words, matrix: Matrix::Mapped { file, offset, half }, dimension, lowercase })
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Number of components of a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Whether words are looked up in lower case: true if no word of the file has an upper-case letter, as in
    /// GloVe 6B but not 840B.
    pub fn lowercase(&self) -> bool {
        self.lowercase
    }

    /// The row of `word`, if it has one.
    pub fn index(&self, word: &str) -> Option<usize> {
        let row = if self.lowercase && word.chars().any(char::is_uppercase) {
            self.words.get(word.to_lowercase())
        } else {
            self.words.get(word)
        };
        row.map(|row| row as usize)
    }

    /// Appends row `index` to `rows`.
    pub fn append_row(&self, index: usize, rows: &mut Vec<f32>) {
        let range = index * self.dimension..(index + 1) * self.dimension;
        match &self.matrix {
            Matrix::Owned(values) => rows.extend_from_slice(&values[range]),
            Matrix::Mapped { file, offset, half: false } => {
                let values: &[f32] =
                    bytemuck::cast_slice(&file[offset + 4 * range.start..offset + 4 * range.end]);
                rows.extend_from_slice(values);
            }
            Matrix::Mapped { file, offset, half: true } => {
                let values: &[f16] =
                    bytemuck::cast_slice(&file[offset + 2 * range.start..offset + 2 * range.end]);
                rows.extend(values.iter().map(|value| value.to_f32()));
            }
        }
    }

    /// The vectors of those words alone that `words` names (policy `train`), in the order of the rows.
    #[must_use]
    pub fn restricted<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut kept: Vec<usize> = words.into_iter().filter_map(|word| self.index(word)).collect();
        kept.sort_unstable();
        kept.dedup();
        let names = self.words_by_row();
        let mut matrix = Vec::with_capacity(kept.len() * self.dimension);
        kept.iter().for_each(|&row| self.append_row(row, &mut matrix));
        let names: Vec<&String> = kept.iter().map(|&row| &names[row]).collect();
        Self { lowercase: self.lowercase, ..Self::from_rows(&names, matrix, self.dimension) }
    }

    /// The vocabulary as the bytes of an `fst` map from word to row.
    pub(crate) fn vocabulary_bytes(&self) -> &[u8] {
        self.words.as_fst().as_bytes()
    }

    /// All rows as `f32`, `[len, dimension]`.
    pub(crate) fn values(&self) -> Vec<f32> {
        let mut rows = Vec::with_capacity(self.len() * self.dimension);
        (0..self.len()).for_each(|index| self.append_row(index, &mut rows));
        rows
    }

    fn words_by_row(&self) -> Vec<String> {
        use fst::Streamer;
        let mut names = vec![String::new(); self.len()];
        let mut stream = self.words.stream();
        while let Some((word, row)) = stream.next() {
            names[row as usize] = String::from_utf8_lossy(word).into_owned();
        }
        names
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
                "expected a word and {dimension} numbers, found {} fields",
                line.split(' ').count()
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
    // One number more than the first row has would silently become part of the word.
    if let Some((_, last)) = rest.rsplit_once(' ')
        && number(last).is_some()
        && rest.split(' ').skip(1).all(|field| number(field).is_some())
    {
        return Err(format!(
            "expected a word and {dimension} numbers, as in the first row, found {} numbers",
            line.split(' ').count() - 1
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
    let repeated: Vec<usize> = (0..words.len()).filter(|&row| !seen.insert(words[row])).collect();
    for &row in repeated.iter().rev() {
        notices.push(VectorsNotice::Duplicate { word: words[row].to_owned(), line: lines[row] });
        words.remove(row);
        matrix.drain(row * dimension..(row + 1) * dimension);
    }
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
    use std::io::Write;

    fn parse(text: &str) -> Result<(Vectors, Vec<VectorsNotice>), String> {
        Vectors::parse(text.as_bytes(), Path::new("v.txt")).map_err(|error| error.to_string())
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
        assert!(parse("hello\n").unwrap_err().contains("expected a word and its numbers"));
        assert!(parse("\n\n").unwrap_err().contains("empty"));
    }

    #[test]
    fn duplicates_and_headers_are_noticed() {
        let (vectors, notices) = parse("2 2\na 1 2\na 3 4\n").unwrap();
        assert_eq!(row(&vectors, "a"), [1.0, 2.0]);
        assert_eq!(notices, [VectorsNotice::Header, VectorsNotice::Duplicate { word: "a".into(), line: 3 }]);
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
            let _ = Vectors::parse(&bytes, Path::new("v.txt"));
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
            let (vectors, _) = Vectors::parse(text.as_bytes(), Path::new("v.txt")).unwrap();
            for (number, word) in words.iter().enumerate() {
                let expected: Vec<f32> = (0..dimension).map(|column| value(number, column)).collect();
                proptest::prop_assert_eq!(row(&vectors, word), expected);
            }
        }
    }
}
