use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::Initial;
use crate::learner::tokens::{PAD, TokenBatch, TokenSource, UNKNOWN};
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
/// Frozen vectors, of words or of words in their sentences, are gathered on the host: no tensor of the size of the
/// vocabulary is ever copied or differentiated.
#[derive(Module, Debug)]
pub struct WordEmbedding {
    #[module(skip)]
    frozen: Option<TokenSource>,
    trained: Option<Embedding>,
    word_dropout: f32,
}

impl WordEmbedding {
    /// Frozen vectors; in training a word becomes the unknown word, whose vector is zero if an encoder computes the
    /// others, with probability `word_dropout`.
    pub fn frozen(source: TokenSource, word_dropout: f32) -> Self {
        Self { frozen: Some(source), trained: None, word_dropout }
    }

    /// A trainable table.
    pub fn trained(table: Embedding, word_dropout: f32) -> Self {
        Self { frozen: None, trained: Some(table), word_dropout }
    }

    /// Number of components of a vector.
    pub fn dimension(&self) -> usize {
        match (&self.frozen, &self.trained) {
            (Some(source), _) => source.dimension(),
            (_, Some(embedding)) => embedding.table.dims()[1],
            _ => 0,
        }
    }

    /// Whether the vectors are constants.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// The vectors of the tokens of `batch` and, after them, of so much `padding`, `[tokens + padding, dimension]`, on
    /// `device`.
    pub fn forward(&self, batch: &TokenBatch, padding: usize, device: &Device, mode: &mut Mode) -> Tensor<2> {
        let mut words = [&batch.words[..], &vec![PAD; padding]].concat();
        let mut dropped = vec![false; words.len()];
        if let Mode::Train(stream) = mode
            && self.word_dropout > 0.0
        {
            for (word, dropped) in words.iter_mut().zip(&mut dropped).filter(|(word, _)| **word != PAD) {
                if stream.unit() < self.word_dropout {
                    (*word, *dropped) = (UNKNOWN, true);
                }
            }
        }
        if let Some(embedding) = &self.trained {
            return embedding.forward(&words);
        }
        let dimension = self.dimension();
        let mut rows = Vec::with_capacity(words.len() * dimension);
        match &self.frozen {
            Some(TokenSource::Words(table)) => table.gather(words.iter().copied(), &mut rows),
            Some(TokenSource::Encoder(_)) => {
                rows.extend_from_slice(&batch.vectors);
                rows.resize(words.len() * dimension, 0.0);
                for (row, _) in
                    rows.chunks_exact_mut(dimension).zip(&dropped).filter(|(_, dropped)| **dropped)
                {
                    row.fill(0.0);
                }
            }
            None => {}
        }
        Tensor::from_data(TensorData::new(rows, [words.len(), dimension]), device)
    }
}
