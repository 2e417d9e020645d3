use crate::matrix::{Matrix, Write, add_rows, multiply, product};
use crate::recycle;

/// The parameters of a linear layer.
#[derive(Clone, Copy, Debug)]
pub struct Linear<'a> {
    /// `[outputs, inputs]`, as PyTorch stores it.
    pub weight: &'a [f32],
    /// `[outputs]`
    pub bias: &'a [f32],
}

/// The gradient of a loss with respect to a linear layer's parameters, in their layout.
#[derive(Clone, Debug)]
pub struct LinearGradients {
    /// `[outputs, inputs]`
    pub weight: Vec<f32>,
    /// `[outputs]`
    pub bias: Vec<f32>,
}

impl Linear<'_> {
    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.weight.len() / self.bias.len()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix::new(self.weight, self.outputs(), self.inputs())
    }

    /// Writes `input · weightᵀ + bias` to `output`; `[rows, inputs]` and `[rows, outputs]`.
    ///
    /// # Panics
    /// If the sizes of the slices do not fit.
    pub fn forward(&self, input: &[f32], output: &mut [f32]) {
        let rows = self.rows(input, output);
        for row in output.chunks_exact_mut(self.outputs()) {
            row.copy_from_slice(self.bias);
        }
        let input = Matrix::new(input, rows, self.inputs());
        multiply(output, input, self.matrix().transposed(), Write::Add);
    }

    /// The gradients of the parameters, from that of the output (`[rows, outputs]`).
    ///
    /// # Panics
    /// If the sizes of the slices do not fit.
    pub fn backward(&self, input: &[f32], grad_output: &[f32]) -> LinearGradients {
        let rows = self.rows(input, grad_output);
        let across = Matrix::new(grad_output, rows, self.outputs()).transposed();
        let mut bias = recycle::take(self.outputs());
        bias.fill(0.0);
        add_rows(&mut bias, grad_output);
        LinearGradients { weight: product(across, Matrix::new(input, rows, self.inputs())), bias }
    }

    /// Writes the gradient of the input (`[rows, inputs]`) to `grad_input`, or adds it to what is there.
    ///
    /// # Panics
    /// If the sizes of the slices do not fit.
    pub fn backward_input(&self, grad_output: &[f32], grad_input: &mut [f32], write: Write) {
        let rows = self.rows(grad_input, grad_output);
        multiply(grad_input, Matrix::new(grad_output, rows, self.outputs()), self.matrix(), write);
    }

    fn rows(&self, input: &[f32], output: &[f32]) -> usize {
        assert_eq!(self.weight.len(), self.inputs() * self.outputs(), "weight");
        let rows = output.len() / self.outputs();
        assert_eq!(input.len(), rows * self.inputs(), "inputs");
        assert_eq!(output.len(), rows * self.outputs(), "outputs");
        rows
    }
}
