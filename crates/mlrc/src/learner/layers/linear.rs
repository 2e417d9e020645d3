use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Initial;
use crate::random::Stream;

/// `y = x Wᵀ + b`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[outputs, inputs]`
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    /// A layer with weights drawn by `weight` and, if wanted, a bias of zeros.
    pub fn new(inputs: usize, outputs: usize, bias: bool, weight: Initial, stream: &mut Stream) -> Self {
        Self {
            weight: weight.parameter([outputs, inputs], stream),
            bias: bias.then(|| Initial::Zero.parameter([outputs], stream)),
        }
    }

    /// A layer as PyTorch makes it: weights and bias drawn from U(−1/√inputs, 1/√inputs).
    pub fn uniform(inputs: usize, outputs: usize, stream: &mut Stream) -> Self {
        let initial = Initial::Uniform(1.0 / (inputs as f32).sqrt());
        let weight = initial.parameter([outputs, inputs], stream);
        Self { weight, bias: Some(initial.parameter([outputs], stream)) }
    }

    /// `[rows, inputs]` → `[rows, outputs]`
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let output = input.matmul(self.weight.val().transpose());
        match &self.bias {
            Some(bias) => output + bias.val().unsqueeze(),
            None => output,
        }
    }
}
