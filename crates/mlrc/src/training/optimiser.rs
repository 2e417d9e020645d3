use serde::{Deserialize, Serialize};

use crate::learner::Parameters;

/// Which rule turns gradients into steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimiserKind {
    /// `θ ← θ − lr · g`
    #[default]
    Sgd,
    /// `s ← s + g²; θ ← θ − lr · g / (√s + 1e-10)` with `s` starting at 0.1, as in the original programs (whose
    /// AdaGrad imitates TensorFlow's).
    AdaGrad,
}

/// An optimiser and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser {
    kind: OptimiserKind,
    /// AdaGrad's sums of squares, one for each parameter; empty for SGD.
    pub state: Vec<f32>,
}

impl Optimiser {
    /// An optimiser of `parameters` values that has made no step.
    pub fn new(kind: OptimiserKind, parameters: usize) -> Self {
        let state = match kind {
            OptimiserKind::Sgd => Vec::new(),
            OptimiserKind::AdaGrad => vec![0.1; parameters],
        };
        Self { kind, state }
    }

    /// Makes one step against `gradient`.
    pub fn step(&mut self, parameters: &mut Parameters, gradient: &[f32], learning_rate: f32) {
        match self.kind {
            OptimiserKind::Sgd => {
                for (value, gradient) in parameters.values.iter_mut().zip(gradient) {
                    *value -= learning_rate * gradient;
                }
            }
            OptimiserKind::AdaGrad => {
                for ((value, gradient), sum) in
                    parameters.values.iter_mut().zip(gradient).zip(&mut self.state)
                {
                    *sum += gradient * gradient;
                    *value -= learning_rate * gradient / (sum.sqrt() + 1e-10);
                }
            }
        }
    }
}

/// Scales `gradient` down to Euclidean length `limit` if it is longer, as PyTorch's `clip_grad_norm_` does, and
/// returns the length it had.
pub fn clip_norm(gradient: &mut [f32], limit: f32) -> f32 {
    // Partial sums let the compiler use vectors and keep the order fixed.
    let mut partial = [0.0_f32; 16];
    let mut total = 0.0_f64;
    for block in gradient.chunks(4096) {
        partial.fill(0.0);
        for values in block.chunks(16) {
            for (sum, value) in partial.iter_mut().zip(values) {
                *sum += value * value;
            }
        }
        total += partial.iter().map(|&sum| f64::from(sum)).sum::<f64>();
    }
    let norm = total.sqrt() as f32;
    let scale = limit / (norm + 1e-6);
    if scale < 1.0 {
        gradient.iter_mut().for_each(|value| *value *= scale);
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_gradients_are_shortened_and_short_ones_kept() {
        let mut gradient = vec![3.0, 4.0];
        assert_eq!(clip_norm(&mut gradient, 10.0), 5.0);
        assert_eq!(gradient, [3.0, 4.0]);
        assert_eq!(clip_norm(&mut gradient, 1.0), 5.0);
        assert!((gradient[0] - 0.6).abs() < 1e-6 && (gradient[1] - 0.8).abs() < 1e-6);
        let mut long = vec![0.01_f32; 100_000];
        assert!((clip_norm(&mut long, 100.0) - 10.0_f32.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn adagrad_starts_at_a_tenth() {
        let mut parameters = Parameters { values: vec![1.0] };
        let mut optimiser = Optimiser::new(OptimiserKind::AdaGrad, 1);
        optimiser.step(&mut parameters, &[2.0], 0.5);
        assert!((f64::from(parameters.values[0]) - (1.0 - 0.5 * 2.0 / 4.1_f64.sqrt())).abs() < 1e-7);
    }
}
