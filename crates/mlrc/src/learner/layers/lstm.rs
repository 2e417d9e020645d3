use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use mlrc_kernels::Packing;
use mlrc_kernels::lstm::Direction;

use super::{Initial, lstm_sequence};
use crate::learner::Initialiser;

/// One LSTM layer that reads in one direction. Gates are in PyTorch's order: input, forget, cell, output.
#[derive(Module, Debug)]
pub struct Lstm {
    /// `[4 · hidden, inputs]`
    pub input_weight: Param<Tensor<2>>,
    /// `[4 · hidden, hidden]`
    pub recurrent_weight: Param<Tensor<2>>,
    /// `[4 · hidden]`
    pub input_bias: Param<Tensor<1>>,
    /// `[4 · hidden]`
    pub recurrent_bias: Param<Tensor<1>>,
    /// The number of inputs, from the first on, that are constants; their gradient is not computed.
    pub constants: usize,
}

impl Lstm {
    /// A layer with all values drawn from U(−1/√hidden, 1/√hidden), as PyTorch does.
    pub fn new(inputs: usize, hidden: usize, source: &mut Initialiser) -> Self {
        let initial = Initial::Uniform(1.0 / (hidden as f32).sqrt());
        Self {
            input_weight: initial.parameter([4 * hidden, inputs], source),
            recurrent_weight: initial.parameter([4 * hidden, hidden], source),
            input_bias: initial.parameter([4 * hidden], source),
            recurrent_bias: initial.parameter([4 * hidden], source),
            constants: 0,
        }
    }

    /// The layer with its first `constants` inputs declared constant.
    #[must_use]
    pub fn with_constants(self, constants: usize) -> Self {
        Self { constants, ..self }
    }

    /// The hidden state after each token: `[tokens, inputs]` → `[tokens, hidden]`.
    pub fn forward(&self, input: Tensor<2>, packing: &Arc<Packing>, direction: Direction) -> Tensor<2> {
        lstm_sequence(
            input,
            [self.input_weight.val(), self.recurrent_weight.val()],
            [self.input_bias.val(), self.recurrent_bias.val()],
            packing,
            direction,
            self.constants,
        )
    }
}
