use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Embedding, WordEmbedding};
use crate::learner::Mode;
use crate::learner::tokens::{PAD, TokenBatch, TokenReader};

/// The representation of a token that both of the paper's learners read: its word's vector, then its tags'
/// vectors.
#[derive(Module, Debug)]
pub struct TokenEmbedding {
    /// Word vectors.
    pub words: WordEmbedding,
    /// Part-of-speech vectors, if the data has the layer.
    pub pos: Option<Embedding>,
    /// Named-entity vectors, if the data has the layer.
    pub ner: Option<Embedding>,
}

impl TokenEmbedding {
    /// Frozen word vectors and tables for the tags that `reader` has; `table` makes one from a number of tags
    /// and a dimension, first the one for parts of speech.
    pub fn new(
        reader: &TokenReader,
        word_dropout: f32,
        [pos, ner]: [usize; 2],
        mut table: impl FnMut(usize, usize) -> Embedding,
    ) -> Self {
        Self {
            words: WordEmbedding::frozen(reader.source().clone(), word_dropout),
            pos: reader.pos().map(|tags| table(tags.len(), pos)),
            ner: reader.ner().map(|tags| table(tags.len(), ner)),
        }
    }

    /// Number of components per token.
    pub fn dimension(&self) -> usize {
        let width = |embedding: &Option<Embedding>| embedding.as_ref().map_or(0, |e| e.table.dims()[1]);
        self.words.dimension() + width(&self.pos) + width(&self.ner)
    }

    /// The number of components, from the first on, that are constants: frozen words come first.
    pub fn constants(&self) -> usize {
        if self.words.is_frozen() { self.words.dimension() } else { 0 }
    }

    /// The representations of the tokens of `batch` and, after them, of so much `padding`,
    /// `[tokens + padding, dimension]`.
    pub fn forward(&self, batch: &TokenBatch, padding: usize, device: &Device, mode: &mut Mode) -> Tensor<2> {
        let tags = |table: &Embedding, tags: &[u32]| table.forward(&[tags, &vec![PAD; padding]].concat());
        let mut parts = vec![self.words.forward(batch, padding, device, mode)];
        parts.extend(self.pos.as_ref().map(|table| tags(table, &batch.pos)));
        parts.extend(self.ner.as_ref().map(|table| tags(table, &batch.ner)));
        if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(parts, 1) }
    }
}
