use std::sync::Arc;

use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};

use super::UNKNOWN;
use crate::learner::{Precision, SavedReader};
use crate::random::{Purpose, Stream};
use crate::resources::Vectors;

/// The vocabulary in a model folder.
const WORDS: &str = "words.fst";
/// The vectors in a model folder, and their tensor.
const VECTORS: &str = "vectors.safetensors";
const VECTORS_TENSOR: &str = "vectors";
/// The special rows, stored with the parameters.
const SPECIAL: &str = "special_words";

/// The frozen rows in which a learner looks words up: special rows first, then the [`Vectors`].
///
/// Row 0 is padding (zero), row 1 the unknown word, then one row for each entity mask; these are drawn from
/// U(−1, 1) as in Zhang et al. (2017). Word `w` of the vectors is row `specials + w`.
#[derive(Clone, Debug)]
pub struct WordTable {
    vectors: Arc<Vectors>,
    masks: Vec<String>,
    special: Vec<f32>,
}

impl WordTable {
    /// A table over `vectors` with rows for `masks` (`SUBJ-PERSON` and the like), drawn by `seed`.
    pub fn new(vectors: Arc<Vectors>, masks: Vec<String>, seed: u64) -> Self {
        let dimension = vectors.dimension();
        let mut stream = Stream::new(seed, Purpose::SpecialVectors, 0, 0);
        let mut special = vec![0.0; dimension];
        special.extend((0..(1 + masks.len()) * dimension).map(|_| stream.uniform(-1.0, 1.0)));
        Self { vectors, masks, special }
    }

    /// Stores words, vectors and special rows in `saved`.
    pub(super) fn save(&self, saved: &mut SavedReader) -> VectorsRecord {
        let vectors = &self.vectors;
        let half = saved.precision == Precision::Half;
        saved.add_file(WORDS, vectors.vocabulary_bytes().to_vec());
        let values = vectors.values();
        if half && values.iter().any(|&value| !f16::from_f32(value).is_finite()) {
            let problem = "the vectors have components beyond what 16 bits can store: save them with 32";
            saved.problem = Some(problem.to_owned());
        }
        saved.add_file(VECTORS, vector_bytes(&values, vectors.dimension(), half));
        let shape = vec![self.specials(), self.dimension()];
        saved.tensors.insert(SPECIAL.to_owned(), (shape, self.special.clone()));
        VectorsRecord {
            words: vectors.len(),
            dimension: vectors.dimension(),
            half,
            lowercase: vectors.lowercase(),
        }
    }

    /// Restores a saved table.
    pub(super) fn load(
        saved: &SavedReader,
        masks: Vec<String>,
        record: &VectorsRecord,
    ) -> Result<Self, String> {
        let file = saved.mapped(VECTORS)?;
        let in_file = |problem: String| format!("{VECTORS}: {problem}");
        let offset = vectors_offset(&file, record).map_err(in_file)?;
        let vectors = Vectors::from_mapped(
            saved.mapped(WORDS)?,
            (file, offset),
            record.dimension,
            record.half,
            record.lowercase,
        )
        .map_err(in_file)?;
        if vectors.len() != record.words {
            return Err(format!("{WORDS}: expected {} words, found {}", record.words, vectors.len()));
        }
        let special = saved.tensor(SPECIAL, (2 + masks.len()) * record.dimension)?;
        Ok(Self { vectors: Arc::new(vectors), masks, special })
    }

    /// Number of components of a vector.
    pub fn dimension(&self) -> usize {
        self.vectors.dimension()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.specials() + self.vectors.len()
    }

    /// The vectors after the special rows.
    pub fn vectors(&self) -> &Arc<Vectors> {
        &self.vectors
    }

    /// The entity masks that have a row.
    pub fn masks(&self) -> &[String] {
        &self.masks
    }

    /// The row of a word; that of the unknown word if there is no vector for it.
    pub fn index(&self, word: &str) -> u32 {
        self.vectors.index(word).map_or(UNKNOWN, |index| (self.specials() + index) as u32)
    }

    /// The row of an entity mask; that of the unknown word if training had no such mask.
    pub fn mask_index(&self, mask: &str) -> u32 {
        self.masks.iter().position(|known| known == mask).map_or(UNKNOWN, |place| 2 + place as u32)
    }

    /// Appends the vectors of `words` to `rows`.
    pub fn gather(&self, words: impl IntoIterator<Item = u32>, rows: &mut Vec<f32>) {
        let dimension = self.dimension();
        for word in words {
            let word = word as usize;
            match word.checked_sub(self.specials()) {
                None => rows.extend_from_slice(&self.special[word * dimension..][..dimension]),
                Some(index) => self.vectors.append_row(index, rows),
            }
        }
    }

    fn specials(&self) -> usize {
        2 + self.masks.len()
    }
}

/// The word vectors of a model, as its manifest describes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VectorsRecord {
    /// Number of words.
    pub words: usize,
    /// Number of components.
    pub dimension: usize,
    /// Whether components are 16-bit.
    pub half: bool,
    /// Whether words are looked up in lower case.
    pub lowercase: bool,
}

fn vector_bytes(values: &[f32], dimension: usize, half: bool) -> Vec<u8> {
    let shape = vec![values.len() / dimension.max(1), dimension];
    let halves: Vec<f16>;
    let (dtype, bytes): (_, &[u8]) = if half {
        halves = values.iter().map(|&value| f16::from_f32(value)).collect();
        (Dtype::F16, bytemuck::cast_slice(&halves))
    } else {
        (Dtype::F32, bytemuck::cast_slice(values))
    };
    let tensor = TensorView::new(dtype, shape, bytes).expect("the bytes fit the shape");
    serialize([(VECTORS_TENSOR, tensor)], None).expect("sizes fit")
}

/// The offset of the matrix in the file, after checking that it is the matrix that the record describes.
fn vectors_offset(content: &[u8], record: &VectorsRecord) -> Result<usize, String> {
    let (header, metadata) = SafeTensors::read_metadata(content).map_err(|error| error.to_string())?;
    let info = metadata.info(VECTORS_TENSOR).ok_or(format!("no tensor `{VECTORS_TENSOR}`"))?;
    let dtype = if record.half { Dtype::F16 } else { Dtype::F32 };
    let shape = [record.words, record.dimension];
    if info.dtype != dtype || info.shape != shape {
        return Err(format!("expected {dtype:?} {shape:?}, found {:?} {:?}", info.dtype, info.shape));
    }
    Ok(8 + header + info.data_offsets.0)
}
