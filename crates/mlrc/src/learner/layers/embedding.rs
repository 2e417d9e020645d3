use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::Initial;
use crate::learner::tokens::{PAD, UNKNOWN, WordTable};
use crate::learner::{Initialiser, Mode, indices};

/// A trainable table of vectors.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[symbols, dimension]`
    pub table: Param<Tensor<2>>,
}

impl Embedding {
    /// A table with rows drawn by `initial`.
    pub fn new(symbols: usize, dimension: usize, initial: Initial, source: &mut Initialiser) -> Self {
        Self { table: initial.parameter([symbols, dimension], source) }
    }

    /// The rows of `symbols`, `[symbols.len(), dimension]`.
    pub fn forward(&self, symbols: &[u32]) -> Tensor<2> {
        let table = self.table.val();
        let indices = indices(symbols.iter().copied(), &table.device());
        table.select(0, indices)
    }
}

/// Word vectors: frozen (the paper's choice; the default) or a trainable table.
///
/// Frozen vectors are gathered on the host: no tensor of the size of the vocabulary is ever copied or
/// differentiated.
#[derive(Module, Debug)]
pub struct WordEmbedding {
    #[module(skip)]
    frozen: Option<Arc<WordTable>>,
    trained: Option<Embedding>,
    word_dropout: f32,
}

impl WordEmbedding {
    /// Frozen vectors; in training a word becomes the unknown word with probability `word_dropout`.
    pub fn frozen(table: Arc<WordTable>, word_dropout: f32) -> Self {
        Self { frozen: Some(table), trained: None, word_dropout }
    }

    /// A trainable table.
    pub fn trained(table: Embedding, word_dropout: f32) -> Self {
        Self { frozen: None, trained: Some(table), word_dropout }
    }

    /// Number of components of a vector.
    pub fn dimension(&self) -> usize {
        match (&self.frozen, &self.trained) {
            (Some(table), _) => table.dimension(),
            (_, Some(embedding)) => embedding.table.dims()[1],
            _ => 0,
        }
    }

    /// Whether the vectors are constants.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// The vectors of `words`, `[words.len(), dimension]`, on `device`.
    pub fn forward(&self, words: &[u32], device: &Device, mode: &mut Mode) -> Tensor<2> {
        let replaced: Vec<u32>;
        let words = match mode {
            Mode::Train(stream) if self.word_dropout > 0.0 => {
                let mut dropped =
                    |word| if word != PAD && stream.unit() < self.word_dropout { UNKNOWN } else { word };
                replaced = words.iter().map(|&word| dropped(word)).collect();
                &replaced[..]
            }
            _ => words,
        };
        if let Some(embedding) = &self.trained {
            return embedding.forward(words);
        }
        let dimension = self.dimension();
        let mut rows = Vec::with_capacity(words.len() * dimension);
        if let Some(table) = &self.frozen {
            table.gather(words.iter().copied(), &mut rows);
        }
        Tensor::from_data(TensorData::new(rows, [words.len(), dimension]), device)
    }
}
