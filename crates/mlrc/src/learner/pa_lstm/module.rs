use burn::module::Module;
use burn::tensor::Tensor;

use super::PaLstmConfig;
use crate::learner::layers::{
    Direction, Embedding, Initial, Linear, Lstm, PositionAwareAttention, PositionAwareAttentionConfig,
    TokenEmbedding, alike, dropout,
};
use crate::learner::tokens::{PAD, TokenBatch, TokenInput, TokenReader};
use crate::learner::{Explanation, Initialiser, Learner, Mode};

/// An LSTM (of two layers by default) whose outputs are combined by position-aware attention.
#[derive(Module, Debug)]
pub struct PaLstm {
    /// What is read of each token.
    pub tokens: TokenEmbedding,
    /// The LSTM, bottom layer first.
    pub lstm: Vec<Lstm>,
    /// The attention.
    pub attention: PositionAwareAttention,
    /// From the attended state to the logits.
    pub output: Linear,
    dropout: f32,
}

impl PaLstm {
    /// An untrained learner for the inputs that `reader` produces, initialised as in the original
    /// implementation.
    pub fn new(config: &PaLstmConfig, reader: &TokenReader, labels: usize, source: &mut Initialiser) -> Self {
        let tags = [config.pos, config.ner];
        let table = |tags, dimension| tag_embedding(tags, dimension, source);
        let tokens = TokenEmbedding::new(reader, config.word_dropout, tags, table);
        Self::assemble(config, tokens, labels, source)
    }

    /// A learner over given embeddings.
    pub fn assemble(
        config: &PaLstmConfig,
        tokens: TokenEmbedding,
        labels: usize,
        source: &mut Initialiser,
    ) -> Self {
        let lstm = (0..config.layers)
            .map(|layer| match layer {
                0 => Lstm::new(tokens.dimension(), config.hidden, source).with_constants(tokens.constants()),
                _ => Lstm::new(config.hidden, config.hidden, source),
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
            attention: PositionAwareAttention::new(attention, source),
            output: Linear::new(config.hidden, labels, true, Initial::XavierUniform, source),
            dropout: config.dropout,
        }
    }
}

/// Tag embeddings are drawn from U(−1, 1); padding is zero.
fn tag_embedding(tags: usize, dimension: usize, source: &mut Initialiser) -> Embedding {
    let mut embedding = Embedding::new(tags, dimension, Initial::Uniform(1.0), source);
    embedding.table = embedding.table.map(|table| {
        let padding = Tensor::zeros([1, dimension], &table.device());
        table.slice_assign([PAD as usize..PAD as usize + 1, 0..dimension], padding)
    });
    embedding
}

impl PaLstm {
    /// The state after each token, `[tokens, hidden]`, and after each sentence, `[rows, hidden]`, at least.
    fn states(&self, batch: &TokenBatch, mode: &mut Mode) -> (Tensor<2>, Tensor<2>) {
        let device = self.output.weight.val().device();
        let tokens = self.tokens.forward(batch, 0, &device, mode);
        let mut hidden = dropout(tokens, self.dropout, mode);
        for (layer, lstm) in self.lstm.iter().enumerate() {
            if layer > 0 {
                hidden = dropout(hidden, self.dropout, mode);
            }
            hidden = lstm.forward(hidden, &batch.packing, Direction::Forward);
        }
        let summary = hidden.clone().select(0, batch.last_tokens(&device));
        let hidden = dropout(hidden, self.dropout, mode);
        let summary = match mode {
            Mode::Train(_) => dropout(summary, self.dropout, mode),
            Mode::Predict => alike(summary),
        };
        (hidden, summary)
    }

    /// The attention weight of each token of a sentence.
    pub fn explain(&self, input: &TokenInput) -> Explanation {
        let batch = &TokenBatch::new(&[input]);
        let (hidden, summary) = self.states(batch, &mut Mode::Predict);
        let weights = self.attention.weights(hidden, summary, batch).into_data();
        Explanation::Attention(weights.try_to_vec::<f32>().expect("attention is f32"))
    }
}

impl Learner for PaLstm {
    type Input = TokenInput;

    fn logits(&self, batch: &TokenBatch, mode: &mut Mode) -> Tensor<2> {
        let (hidden, summary) = self.states(batch, mode);
        self.output.of_sentences(self.attention.forward(hidden, summary, batch), mode)
    }
}
