//! Computed vectors in memory, for where there is no cache on disk: reading the training data takes several passes, which
//! should not compute each sentence anew.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::contextual::SentenceVectors;
use super::store::Key;

/// The most that is kept. Sentences beyond it are computed again in each pass.
const MOST_BYTES: usize = 512 << 20;

#[derive(Default)]
pub(super) struct Memory(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    vectors: HashMap<Key, SentenceVectors>,
    bytes: usize,
}

impl Memory {
    pub fn get(&self, key: Key, tokens: usize) -> Option<SentenceVectors> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.vectors.get(&key).filter(|vectors| vectors.tokens() == tokens).cloned()
    }

    /// Adds sentences as long as there is room.
    pub fn add<'a>(&self, new: impl Iterator<Item = (Key, &'a SentenceVectors)>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, vectors) in new {
            let bytes = size_of_val(vectors.values());
            if kept.bytes + bytes <= MOST_BYTES && kept.vectors.insert(key, vectors.clone()).is_none() {
                kept.bytes += bytes;
            }
        }
    }
}
