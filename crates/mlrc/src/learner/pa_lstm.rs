//! PA-LSTM: a two-layer LSTM with position-aware attention (Zhang et al. 2017).

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layers::{
    Direction, Embedding, Initial, Linear, Lstm, PositionAwareAttention, PositionAwareAttentionConfig,
    TokenEmbedding, dropout,
};
use super::{Explanation, Learner, Mode};
use crate::features::{Batch, Encoder, Layer, PAD};
use crate::random::Stream;

/// Hyper-parameters of [`PaLstm`]; the defaults are the original's.
///
/// | parameter | default | range |
/// |---|---|---|
/// | `hidden` | 200 | ≥ 1 |
/// | `layers` | 2 | ≥ 1 |
/// | `attention` | 200 | ≥ 1 |
/// | `position`, `pos`, `ner` | 30 | ≥ 1 |
/// | `dropout` | 0.5 | [0, 1) |
/// | `word_dropout` | 0.04 | [0, 1) |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaLstmConfig {
    /// Size of the hidden states of the LSTM.
    pub hidden: usize,
    /// Number of LSTM layers.
    pub layers: usize,
    /// Size of the attention layer.
    pub attention: usize,
    /// Size of a position embedding.
    pub position: usize,
    /// Size of a part-of-speech embedding.
    pub pos: usize,
    /// Size of a named-entity embedding.
    pub ner: usize,
    /// Dropout of the input, between layers, of the outputs and of the summary.
    pub dropout: f32,
    /// Probability that a word is read as the unknown word in training.
    pub word_dropout: f32,
}

impl Default for PaLstmConfig {
    fn default() -> Self {
        Self {
            hidden: 200,
            layers: 2,
            attention: 200,
            position: 30,
            pos: 30,
            ner: 30,
            dropout: 0.5,
            word_dropout: 0.04,
        }
    }
}

/// A two-layer LSTM whose outputs are summed by position-aware attention.
#[derive(Module, Debug)]
pub struct PaLstm {
    /// What is read of each token.
    pub tokens: TokenEmbedding,
    /// The LSTM, bottom layer first.
    pub lstm: Vec<Lstm>,
    /// The attention.
    pub attention: PositionAwareAttention,
    /// From the attended state to the relations.
    pub output: Linear,
    dropout: f32,
}

impl PaLstm {
    /// An untrained learner for what `encoder` produces, with the original's initial values.
    pub fn new(config: &PaLstmConfig, encoder: &Encoder, stream: &mut Stream) -> Self {
        let tags = [config.pos, config.ner];
        let table = |tags, dimension| tag_embedding(tags, dimension, stream);
        let tokens = TokenEmbedding::new(encoder, config.word_dropout, tags, table);
        Self::assemble(config, tokens, encoder.labels().len(), stream)
    }

    /// A learner over given embeddings.
    pub fn assemble(
        config: &PaLstmConfig,
        tokens: TokenEmbedding,
        labels: usize,
        stream: &mut Stream,
    ) -> Self {
        let lstm = (0..config.layers)
            .map(|layer| match layer {
                0 => Lstm::new(tokens.dimension(), config.hidden, stream).with_constants(tokens.constants()),
                _ => Lstm::new(config.hidden, config.hidden, stream),
            })
            .collect();
        let attention = PositionAwareAttentionConfig {
            hidden: config.hidden,
            attention: config.attention,
            position: config.position,
        };
        Self {
            tokens,
            lstm,
            attention: PositionAwareAttention::new(attention, stream),
            output: Linear::new(config.hidden, labels, true, Initial::XavierUniform, stream),
            dropout: config.dropout,
        }
    }
}

/// Tags are drawn from U(−1, 1), padding is zero.
fn tag_embedding(tags: usize, dimension: usize, stream: &mut Stream) -> Embedding {
    let mut embedding = Embedding::new(tags, dimension, Initial::Uniform(1.0), stream);
    embedding.table = embedding.table.map(|table| {
        let padding = Tensor::zeros([1, dimension], &table.device());
        table.slice_assign([PAD as usize..PAD as usize + 1, 0..dimension], padding)
    });
    embedding
}

impl PaLstm {
    /// The state after each token, `[tokens, hidden]`, and after each sentence, `[rows, hidden]`.
    fn states(&self, batch: &Batch, mode: &mut Mode) -> (Tensor<2>, Tensor<2>) {
        let device = self.output.weight.val().device();
        let tokens = self.tokens.forward([&batch.words, &batch.pos, &batch.ner], &device, mode);
        let mut hidden = dropout(tokens, self.dropout, mode);
        for (layer, lstm) in self.lstm.iter().enumerate() {
            if layer > 0 {
                hidden = dropout(hidden, self.dropout, mode);
            }
            hidden = lstm.forward(hidden, &batch.packing, Direction::Forward);
        }
        let summary = hidden.clone().select(0, batch.last_tokens(&device));
        let hidden = dropout(hidden, self.dropout, mode);
        let summary = dropout(summary, self.dropout, mode);
        (hidden, summary)
    }

    /// The attention of each token of a batch of one sentence.
    ///
    /// # Panics
    /// If it has more.
    pub fn explain(&self, batch: &Batch) -> Explanation {
        assert_eq!(batch.rows(), 1, "sentences are explained one by one");
        let (hidden, summary) = self.states(batch, &mut Mode::Predict);
        let weights = self.attention.weights(hidden, summary, batch).into_data();
        Explanation::Attention(weights.try_to_vec::<f32>().expect("attention is f32"))
    }
}

impl Learner for PaLstm {
    fn logits(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2> {
        let (hidden, summary) = self.states(batch, mode);
        self.output.forward(self.attention.forward(hidden, summary, batch))
    }

    fn optional_layers() -> &'static [Layer] {
        &[Layer::Pos, Layer::Ner]
    }
}
