use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::Initial;
use crate::learner::Initialiser;

/// `y = x Wᵀ + b`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[outputs, inputs]`
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    /// A layer with weights drawn from `weight` and, if `bias` is set, a bias of zeros.
    pub fn new(inputs: usize, outputs: usize, bias: bool, weight: Initial, source: &mut Initialiser) -> Self {
        Self {
            weight: weight.parameter([outputs, inputs], source),
            bias: bias.then(|| Initial::Zero.parameter([outputs], source)),
        }
    }

    /// A layer with these weights, `[outputs, inputs]`, and biases.
    ///
    /// # Panics
    /// If the numbers of values do not fit the shape.
    pub fn of(weights: Vec<f32>, shape: [usize; 2], bias: Vec<f32>, device: &Device) -> Self {
        let weight = Tensor::from_data(TensorData::new(weights, shape), device);
        let bias = Tensor::from_data(TensorData::new(bias, [shape[0]]), device);
        Self { weight: Param::from_tensor(weight), bias: Some(Param::from_tensor(bias)) }
    }

    /// A layer as PyTorch makes it: weights and bias drawn from U(−1/√inputs, 1/√inputs).
    pub fn uniform(inputs: usize, outputs: usize, source: &mut Initialiser) -> Self {
        let initial = Initial::Uniform(1.0 / (inputs as f32).sqrt());
        let weight = initial.parameter([outputs, inputs], source);
        Self { weight, bias: Some(initial.parameter([outputs], source)) }
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
