use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::Initial;
use crate::learner::{Initialiser, Mode, ROWS};

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

    /// [`Linear::forward`] for the sentences of a batch, a row each. In predictions, a row has the same bits whatever else is in the
    /// batch: see [`alike`].
    pub fn of_sentences(&self, input: Tensor<2>, mode: &Mode) -> Tensor<2> {
        let rows = input.dims()[0];
        match mode {
            Mode::Train(_) => self.forward(input),
            Mode::Predict => self.forward(alike(input)).slice([0..rows]),
        }
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

/// The rows of a prediction's sentences with as many rows of zeros as make it a full batch: how small matrices are multiplied
/// depends on their size, and with it the last bit of each product, so they always have the same.
pub fn alike(input: Tensor<2>) -> Tensor<2> {
    let [rows, width] = input.dims();
    if rows >= ROWS {
        return input;
    }
    let zeros = Tensor::zeros([ROWS - rows, width], &input.device());
    Tensor::cat(vec![input, zeros], 0)
}
