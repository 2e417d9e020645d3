use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::attend::{Attention, attend, attention_weights};
use super::{Embedding, Initial, Linear};
use crate::learner::Initialiser;
use crate::learner::tokens::{POSITIONS, TokenBatch};

/// Sizes of a [`PositionAwareAttention`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionAwareAttentionConfig {
    /// Size of the hidden states that are attended to.
    pub hidden: usize,
    /// Size of the attention layer.
    pub attention: usize,
    /// Size of a position embedding.
    pub position: usize,
}

/// Position-aware attention (Zhang et al. 2017, equations 4 to 6).
///
/// `u_i = t · tanh(U h_i + b + V q + W [P(s_i); P(o_i)]) + b_t`, the weights are the softmax of `u` over the
/// tokens of a sentence, and the sentence is represented by the weighted sum of its hidden states.
#[derive(Module, Debug)]
pub struct PositionAwareAttention {
    /// U and b: `[attention, hidden]`
    pub hidden: Linear,
    /// V: `[attention, hidden]`
    pub summary: Linear,
    /// W: `[attention, 2 · position]`
    pub position: Linear,
    /// t and its bias: `[1, attention]`
    pub score: Linear,
    /// P, one table for both entities: `[POSITIONS, position]`
    pub positions: Embedding,
}

impl PositionAwareAttention {
    /// A layer with the original's initial values: U, V, W from N(0, 0.001²), t zero, P from U(−1, 1).
    ///
    /// The biases b and `b_t` have PyTorch's default, a uniform distribution, which the original does not
    /// change; `b_t` has no effect on the softmax.
    pub fn new(config: PositionAwareAttentionConfig, source: &mut Initialiser) -> Self {
        let PositionAwareAttentionConfig { hidden, attention, position } = config;
        let small = Initial::Normal(0.001);
        let bias = |inputs: usize, outputs, source: &mut Initialiser| {
            Some(Initial::Uniform(1.0 / (inputs as f32).sqrt()).parameter([outputs], source))
        };
        Self {
            hidden: Linear {
                bias: bias(hidden, attention, source),
                ..Linear::new(hidden, attention, false, small, source)
            },
            summary: Linear::new(hidden, attention, false, small, source),
            position: Linear::new(2 * position, attention, false, small, source),
            score: Linear {
                bias: bias(attention, 1, source),
                ..Linear::new(attention, 1, false, Initial::Zero, source)
            },
            positions: Embedding::new(POSITIONS, position, Initial::Uniform(1.0), source),
        }
    }

    /// Attends to `hidden` (`[tokens, hidden]`) with the query `summary` (`[rows, hidden]`): `[rows,
    /// hidden]`.
    pub fn forward(&self, hidden: Tensor<2>, summary: Tensor<2>, batch: &TokenBatch) -> Tensor<2> {
        attend(self.tensors(hidden, summary), batch.into())
    }

    /// The attention weight of each token, `[tokens, 1]`; those of a sentence sum to 1.
    pub fn weights(&self, hidden: Tensor<2>, summary: Tensor<2>, batch: &TokenBatch) -> Tensor<2> {
        attention_weights(self.tensors(hidden, summary), &batch.into())
    }

    /// The tensors that attention is computed from, without the bias of the score, which has no effect on the
    /// softmax.
    fn tensors(&self, hidden: Tensor<2>, summary: Tensor<2>) -> Attention {
        let bias = self.hidden.bias.as_ref().map(Param::val);
        let size = self.hidden.weight.dims()[0];
        Attention {
            hidden_bias: bias.unwrap_or_else(|| Tensor::zeros([size], &hidden.device())),
            hidden,
            summary,
            hidden_weight: self.hidden.weight.val(),
            summary_weight: self.summary.weight.val(),
            position_weight: self.position.weight.val(),
            score_weight: self.score.weight.val(),
            positions: self.positions.table.val(),
        }
    }
}
