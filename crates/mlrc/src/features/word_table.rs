use std::sync::Arc;

use super::{UNKNOWN, Vectors};
use crate::random::{Purpose, Stream};

/// The frozen rows a learner looks words up in: special rows first, then the [`Vectors`].
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

    /// A table with the given special rows (`[2 + masks, dimension]`), as a saved model has them.
    ///
    /// # Errors
    /// The number of values that was expected, if `special` has another.
    pub fn with_special(vectors: Arc<Vectors>, masks: Vec<String>, special: Vec<f32>) -> Result<Self, usize> {
        let expected = (2 + masks.len()) * vectors.dimension();
        if special.len() == expected { Ok(Self { vectors, masks, special }) } else { Err(expected) }
    }

    /// Number of components of a vector.
    pub fn dimension(&self) -> usize {
        self.vectors.dimension()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.specials() + self.vectors.len()
    }

    /// The vectors behind the special rows.
    pub fn vectors(&self) -> &Arc<Vectors> {
        &self.vectors
    }

    /// The special rows, `[2 + masks, dimension]`.
    pub fn special(&self) -> &[f32] {
        &self.special
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
