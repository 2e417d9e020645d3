use burn::module::Module;
use burn::tensor::{IndexingUpdateOp, Tensor};

use super::{Embedding, Initial, Linear};
use crate::features::{Batch, POSITIONS, indices};
use crate::random::Stream;

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
    pub fn new(config: PositionAwareAttentionConfig, stream: &mut Stream) -> Self {
        let PositionAwareAttentionConfig { hidden, attention, position } = config;
        let small = Initial::Normal(0.001);
        let bias = |inputs: usize, outputs, stream: &mut Stream| {
            Some(Initial::Uniform(1.0 / (inputs as f32).sqrt()).parameter([outputs], stream))
        };
        Self {
            hidden: Linear {
                bias: bias(hidden, attention, stream),
                ..Linear::new(hidden, attention, false, small, stream)
            },
            summary: Linear::new(hidden, attention, false, small, stream),
            position: Linear::new(2 * position, attention, false, small, stream),
            score: Linear {
                bias: bias(attention, 1, stream),
                ..Linear::new(attention, 1, false, Initial::Zero, stream)
            },
            positions: Embedding::new(POSITIONS, position, Initial::Uniform(1.0), stream),
        }
    }

    /// Attends to `hidden` (`[tokens, hidden]`) with the query `summary` (`[rows, hidden]`): `[rows, hidden]`.
    pub fn forward(&self, hidden: Tensor<2>, summary: Tensor<2>, batch: &Batch) -> Tensor<2> {
        let device = hidden.device();
        let [rows, width] = summary.dims();
        let weights = self.weights(hidden.clone(), summary, batch);
        let weighted = hidden * weights;
        Tensor::zeros([rows, width], &device).select_assign(
            0,
            batch.row_of_token(&device),
            weighted,
            IndexingUpdateOp::Add,
        )
    }

    /// The attention of each token, `[tokens, 1]`; those of one sentence sum to 1.
    pub fn weights(&self, hidden: Tensor<2>, summary: Tensor<2>, batch: &Batch) -> Tensor<2> {
        let row_of_token = batch.row_of_token(&hidden.device());
        let positions = Tensor::cat(
            vec![
                self.positions.forward(&batch.subject_positions),
                self.positions.forward(&batch.object_positions),
            ],
            1,
        );
        let query = self.summary.forward(summary).select(0, row_of_token);
        let energy = (self.hidden.forward(hidden) + query + self.position.forward(positions)).tanh();
        softmax_over_sentences(self.score.forward(energy), batch)
    }
}

/// Softmax of `scores` (`[tokens, 1]`) over the tokens of each sentence.
fn softmax_over_sentences(scores: Tensor<2>, batch: &Batch) -> Tensor<2> {
    let device = scores.device();
    let (rows, steps, tokens) = (batch.rows(), batch.packing.steps(), batch.tokens());
    // A padded view, in which absent tokens refer to one extra score that the softmax takes to zero.
    let padded = (0..rows).flat_map(|row| {
        let length = batch.packing.lengths()[row];
        (0..steps).map(move |step| if step < length { batch.packing.token(row, step) } else { tokens } as u32)
    });
    let absent = Tensor::full([1, 1], -1e30, &device);
    let padded: Tensor<2> =
        Tensor::cat(vec![scores, absent], 0).select(0, indices(padded, &device)).reshape([rows, steps]);
    let weights = burn::tensor::activation::softmax(padded, 1).reshape([rows * steps, 1]);
    let packed = (0..steps)
        .flat_map(|step| (0..batch.packing.active(step)).map(move |row| (row * steps + step) as u32));
    weights.select(0, indices(packed, &device))
}
