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
/// `u_i = t · tanh(U h_i + b + V q + W [P(s_i); P(o_i)]) + b_t`, weights are the softmax of `u` over the tokens
/// of a sentence, and the sentence becomes the weighted sum of its hidden states.
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
    /// PyTorch's default leaves the biases b and `b_t` uniform; the original zeroes neither, and the softmax does
    /// not see `b_t`.
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

    /// Attends to `hidden` (`[tokens, hidden]`) with the query `summary` (`[rows, hidden]`): `[rows, hidden]`.
    pub fn forward(&self, hidden: Tensor<2>, summary: Tensor<2>, batch: &TokenBatch) -> Tensor<2> {
        attend(self.tensors(hidden, summary), batch.into())
    }

    /// How much each token is attended to, `[tokens, 1]`; the weights of a sentence sum to 1.
    pub fn weights(&self, hidden: Tensor<2>, summary: Tensor<2>, batch: &TokenBatch) -> Tensor<2> {
        attention_weights(self.tensors(hidden, summary), &batch.into())
    }

    /// What attention is computed from. The bias of the score is not: the softmax does not see it.
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
