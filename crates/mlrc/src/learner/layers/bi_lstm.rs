use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Tensor;
use mlrc_kernels::Packing;
use mlrc_kernels::lstm::Direction;

use super::Lstm;
use crate::learner::Initialiser;

/// One LSTM layer that reads in both directions.
#[derive(Module, Debug)]
pub struct BiLstm {
    /// From the first token to the last.
    pub forward: Lstm,
    /// From the last token to the first.
    pub backward: Lstm,
}

impl BiLstm {
    /// A layer with PyTorch's initial values, `hidden` units each way; the first `constants` inputs are
    /// constants.
    pub fn new(inputs: usize, hidden: usize, constants: usize, source: &mut Initialiser) -> Self {
        let mut lstm = || Lstm::new(inputs, hidden, source).with_constants(constants);
        Self { forward: lstm(), backward: lstm() }
    }

    /// The hidden states at each token, those of the forward direction first: `[tokens, inputs]` →
    /// `[tokens, 2 · hidden]`.
    pub fn forward(&self, input: Tensor<2>, packing: &Arc<Packing>) -> Tensor<2> {
        let forward = self.forward.forward(input.clone(), packing, Direction::Forward);
        let backward = self.backward.forward(input, packing, Direction::Backward);
        Tensor::cat(vec![forward, backward], 1)
    }
}
