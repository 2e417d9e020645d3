//! A linear layer over adapted features, trained by gradients: for joint training, and for the steps of Reptile and FOMAML.

use faer::Mat;

use super::Adaptor;
use super::layers::{columns, cross_entropy, values};

/// What logits are multiplied by, since features have length 1 and a layer starts at zero.
const SHARPNESS: f32 = 10.0;

/// A linear layer, `[width, labels]` and `[labels]`.
#[derive(Clone, Debug)]
pub struct Layer {
    pub weight: Mat<f32>,
    pub bias: Vec<f32>,
}

impl Layer {
    /// All zero.
    pub fn zero(width: usize, labels: usize) -> Self {
        Self { weight: Mat::zeros(width, labels), bias: vec![0.0; labels] }
    }

    /// Number of parameters.
    pub fn size(&self) -> usize {
        (self.weight.nrows() + 1) * self.bias.len()
    }

    /// Its values: the weight, then the bias.
    pub fn parameters(&self) -> Vec<f32> {
        [values(&self.weight), self.bias.clone()].concat()
    }

    /// A layer of the same shape with these values.
    pub fn with(&self, parameters: &[f32]) -> Self {
        let (width, labels) = (self.weight.nrows(), self.weight.ncols());
        let (weight, bias) = parameters.split_at(width * labels);
        Self { weight: columns(weight, width, labels), bias: bias.to_vec() }
    }

    /// Logits, `[labels, instances]`, of adapted features.
    pub fn logits(&self, outputs: &Mat<f32>) -> Mat<f32> {
        let products = self.weight.transpose() * outputs;
        Mat::from_fn(products.nrows(), products.ncols(), |label, j| {
            SHARPNESS * (products[(label, j)] + self.bias[label])
        })
    }
}

/// Mean cross-entropy of instances, `[width, instances]`, and the gradients of U, V, weight and bias.
pub fn loss(adaptor: &Adaptor, layer: &Layer, inputs: &Mat<f32>, labels: &[usize]) -> (f32, Vec<Vec<f32>>) {
    let trace = adaptor.forward(inputs);
    let (loss, grad_logits) = cross_entropy(&layer.logits(&trace.outputs), labels);
    let grad = Mat::from_fn(grad_logits.nrows(), grad_logits.ncols(), |i, j| SHARPNESS * grad_logits[(i, j)]);
    let grad_weight = &trace.outputs * grad.transpose();
    let grad_bias =
        (0..grad.nrows()).map(|label| (0..grad.ncols()).map(|j| grad[(label, j)]).sum()).collect();
    let [grad_u, grad_v] = adaptor.backward(inputs, &trace, &(&layer.weight * &grad));
    (loss, vec![grad_u, grad_v, values(&grad_weight), grad_bias])
}

#[cfg(test)]
mod tests {
    use super::super::layers::tests::assert_is_gradient;
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn gradients_are_the_derivatives_of_the_loss() {
        let mut stream = Stream::new(3, Purpose::Initialisation, 0, 0);
        let (width, rank, way) = (7, 3, 3);
        let mut adaptor = Adaptor::identity(width, rank, 1);
        (0..rank).for_each(|r| (0..width).for_each(|c| adaptor.u[(c, r)] = stream.normal(0.0, 0.3)));
        let inputs = Mat::from_fn(width, 6, |_, _| stream.normal(0.2, 1.0));
        let mut layer = Layer::zero(width, way);
        (0..way).for_each(|l| (0..width).for_each(|c| layer.weight[(c, l)] = stream.normal(0.0, 0.05)));
        let values = [adaptor.parameters(), layer.parameters()].concat();
        let at = |values: &[f32]| {
            loss(&adaptor.with(values), &layer.with(&values[adaptor.size()..]), &inputs, &[0, 1, 2, 1, 0, 0])
        };
        assert_is_gradient(&values, at);
    }
}
