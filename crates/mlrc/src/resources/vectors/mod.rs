//! Frozen word vectors: reading them, keeping them in binary form, looking words up.

mod cache;
mod text;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use fst::Map;
use half::f16;
use memmap2::Mmap;
use mlrc_corpus::counted;

pub use text::{VectorsError, VectorsNotice};

/// Frozen word vectors and the vocabulary that names their rows.
///
/// Rows are in the order of the file they were read from. They are held in memory as `f32`, or mapped from a
/// model's files or a copy in the cache as `f32` or `f16`.
pub struct Vectors {
    words: Map<Bytes>,
    matrix: Matrix,
    dimension: usize,
    lowercase: bool,
}

enum Matrix {
    Owned(Vec<f32>),
    Mapped { file: Arc<Mmap>, offset: usize, half: bool },
}

/// Bytes in memory or in a mapped file.
pub(crate) enum Bytes {
    Owned(Vec<u8>),
    Mapped(Arc<Mmap>),
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

impl Vectors {
    /// Reads GloVe's text format, plain or gzipped, or its binary copy in the user's cache folder if there is
    /// one (the environment variable `MLRC_CACHE` names a different folder or, if empty, disables the cache),
    /// and reports what was unusual about it.
    ///
    /// # Errors
    /// If the file cannot be read or is malformed.
    pub fn open(path: &Path) -> Result<(Self, Vec<VectorsNotice>), VectorsError> {
        match super::cache_folder() {
            Some(folder) => Self::read_cached(path, &folder),
            None => Self::read(path),
        }
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
    /// A description of the mismatch.
    pub(crate) fn from_mapped(
        words: Arc<Mmap>,
        (file, offset): (Arc<Mmap>, usize),
        dimension: usize,
        half: bool,
        lowercase: bool,
    ) -> Result<Self, String> {
        let words = Map::new(Bytes::Mapped(words)).map_err(|error| format!("the vocabulary: {error}"))?;
        // Whoever walks through a damaged one may leave it.
        words.as_fst().verify().map_err(|error| format!("the vocabulary: {error}"))?;
        let width = if half { 2 } else { 4 };
        let needed = words
            .len()
            .checked_mul(dimension)
            .and_then(|values| values.checked_mul(width)?.checked_add(offset));
        let Some(needed) =
            needed.filter(|&needed| dimension > 0 && needed <= file.len() && offset.is_multiple_of(width))
        else {
            return Err(format!(
                "expected {} of dimension {dimension}, found {} bytes",
                counted(words.len(), "vector"),
                file.len()
            ));
        };
        if !are_finite(&file[offset..needed], half) {
            return Err("a vector has a component that is infinite or no number".to_owned());
        }
        Ok(Self { words, matrix: Matrix::Mapped { file, offset, half }, dimension, lowercase })
    }

    /// The same vectors, rounded to 16 bits, as a model may store them.
    ///
    /// # Errors
    /// If a component is too large for 16 bits; says which.
    pub(crate) fn halved(&self) -> Result<Self, String> {
        let mut values = self.values().into_owned();
        for (place, value) in values.iter_mut().enumerate() {
            let rounded = f16::from_f32(*value);
            if !rounded.is_finite() {
                let word = self.words_by_row().swap_remove(place / self.dimension);
                return Err(format!(
                    "`{word}` has the component {value}, beyond the {} of 16 bits: store the vectors with precision f32",
                    f16::MAX
                ));
            }
            *value = rounded.to_f32();
        }
        let words = Map::new(Bytes::Owned(self.vocabulary_bytes().to_vec())).expect("a copy of a map");
        let (dimension, lowercase) = (self.dimension, self.lowercase);
        Ok(Self { words, matrix: Matrix::Owned(values), dimension, lowercase })
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether every component of every vector is 0, so that no word differs from another.
    pub fn is_zero(&self) -> bool {
        let mut row = Vec::with_capacity(self.dimension);
        (0..self.len()).all(|index| {
            row.clear();
            self.append_row(index, &mut row);
            row.iter().all(|value| *value == 0.0)
        })
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
        row.map(|row| row as usize).filter(|&row| row < self.len())
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

    /// Only the vectors of the given `words` (policy `train`), in the order of the rows.
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
    pub(crate) fn values(&self) -> Cow<'_, [f32]> {
        if let Matrix::Owned(values) = &self.matrix {
            return Cow::Borrowed(values);
        }
        let mut rows = Vec::with_capacity(self.len() * self.dimension);
        (0..self.len()).for_each(|index| self.append_row(index, &mut rows));
        Cow::Owned(rows)
    }

    fn words_by_row(&self) -> Vec<String> {
        use fst::Streamer;
        let mut names = vec![String::new(); self.len()];
        let mut stream = self.words.stream();
        while let Some((word, row)) = stream.next() {
            if let Some(name) = names.get_mut(row as usize) {
                *name = String::from_utf8_lossy(word).into_owned();
            }
        }
        names
    }
}

/// Whether all values are finite: none has the greatest exponent. `bytes` are aligned for them.
fn are_finite(bytes: &[u8], half: bool) -> bool {
    // Blocks are long enough for the greatest exponent to be found by vector instructions.
    const BLOCK: usize = 1 << 12;
    if half {
        let exponent = f16::INFINITY.to_bits();
        let greatest = |values: &[u16]| values.iter().fold(0_u16, |most, bits| most.max(bits & exponent));
        bytemuck::cast_slice(bytes).chunks(BLOCK).all(|values| greatest(values) < exponent)
    } else {
        let exponent = f32::INFINITY.to_bits();
        let greatest = |values: &[u32]| values.iter().fold(0_u32, |most, bits| most.max(bits & exponent));
        bytemuck::cast_slice(bytes).chunks(BLOCK).all(|values| greatest(values) < exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_too_large_for_16_bits_are_not_rounded_to_infinity() {
        let fits = Vectors::from_rows(&["a", "b"], vec![0.1, 65_504.0, -1.0, 65_519.0], 2);
        let halved = fits.halved().unwrap();
        assert_eq!(*halved.values(), [0.099_975_586, 65_504.0, -1.0, 65_504.0]);
        assert_eq!((halved.index("b"), halved.lowercase()), (Some(1), true));
        let said = Vectors::from_rows(&["b", "a"], vec![0.1, 1.0, -70_000.0, 2.0], 2).halved().unwrap_err();
        assert!(said.starts_with("`a` has the component -70000, beyond the 65504 of 16 bits"), "{said}");
    }

    fn mapped(words: &[u8], rows: usize) -> Result<Vectors, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Arc::new(crate::files::read(&path).unwrap())
        };
        let matrix: Vec<f32> = (0..2 * rows).map(|value| value as f32).collect();
        let matrix = file("matrix", bytemuck::cast_slice(&matrix));
        Vectors::from_mapped(file("words", words), (matrix, 0), 2, false, true)
    }

    #[test]
    fn a_vocabulary_in_which_a_byte_was_changed_is_refused() {
        let words: Vec<String> = (0..40).map(|number| format!("word{number}")).collect();
        let sound = Vectors::from_rows(&words, vec![0.0; 80], 2);
        let bytes = sound.vocabulary_bytes();
        assert_eq!(mapped(bytes, 40).unwrap().len(), 40);
        assert!(mapped(bytes, 39).is_err(), "a row is missing");
        for place in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[place] ^= 0x10;
            assert!(mapped(&changed, 40).is_err(), "byte {place}");
        }
        for length in 0..bytes.len() {
            assert!(mapped(&bytes[..length], 40).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_row_that_does_not_exist_is_no_row() {
        let mut builder = fst::MapBuilder::memory();
        for (word, row) in [("a", 1), ("b", 7), ("c", u64::MAX)] {
            builder.insert(word, row).unwrap();
        }
        let vectors = mapped(&builder.into_inner().unwrap(), 3).unwrap();
        assert_eq!(["a", "b", "c"].map(|word| vectors.index(word)), [Some(1), None, None]);
        assert_eq!(vectors.restricted(["a", "b", "c"]).len(), 1);
    }

    #[test]
    fn zeros_are_recognised() {
        assert!(Vectors::from_rows(&["a", "b"], vec![0.0; 4], 2).is_zero());
        assert!(!Vectors::from_rows(&["a", "b"], vec![0.0, 0.0, 0.0, 1e-9], 2).is_zero());
    }

    #[test]
    fn infinities_are_found_wherever_they_are() {
        for place in [0, 4095, 4096, 9999] {
            for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut values = vec![f32::MAX; 10_000];
                assert!(are_finite(bytemuck::cast_slice(&values), false));
                values[place] = odd;
                assert!(!are_finite(bytemuck::cast_slice(&values), false));
                let mut halves = vec![f16::MAX; 10_000];
                assert!(are_finite(bytemuck::cast_slice(&halves), true));
                halves[place] = f16::from_f32(odd);
                assert!(!are_finite(bytemuck::cast_slice(&halves), true));
            }
        }
    }
}
