use serde::{Deserialize, Serialize};

use crate::objective::{Pace, Parameters, Tangent};

/// The rule that turns gradients into steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimiserKind {
    /// `θ ← θ − lr · g`
    #[default]
    Sgd,
    /// `s ← s + g²; θ ← θ − lr · g / (√s + 1e-10)` with `s` starting at 0.1, as in the original programs
    /// (whose AdaGrad imitates TensorFlow's).
    AdaGrad,
    /// Adam (Kingma and Ba 2015) with β₁ 0.9, β₂ 0.999 and ε 1e-8; its weight decay is apart from the gradient
    /// (Loshchilov and Hutter 2019): [`Optimiser::decay`].
    AdamW,
}

/// Decay of AdamW's mean of gradients, and of its mean of their squares.
const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

/// An optimiser and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser {
    kind: OptimiserKind,
    /// Of each parameter: nothing for SGD, AdaGrad's sum of squares, or AdamW's two means, which its number of steps
    /// follows.
    pub state: Vec<f32>,
}

impl Optimiser {
    /// An optimiser for `parameters` values that has not made a step yet.
    pub fn new(kind: OptimiserKind, parameters: usize) -> Self {
        let state = match kind {
            OptimiserKind::Sgd => Vec::new(),
            OptimiserKind::AdaGrad => vec![0.1; parameters],
            OptimiserKind::AdamW => vec![0.0; 2 * parameters + 1],
        };
        Self { kind, state }
    }

    /// The step that this rule makes for `gradient`, each tensor at its own pace; updates the state.
    ///
    /// # Panics
    /// If there are paces, but not one for each tensor.
    pub fn step(&mut self, gradient: Tangent, learning_rate: f32, paces: &[Pace]) -> Tangent {
        let pace = |tensor: usize| if paces.is_empty() { 1.0 } else { paces[tensor].rate };
        match self.kind {
            OptimiserKind::Sgd if paces.iter().all(|pace| pace.rate == 1.0) => {
                gradient.scaled(-learning_rate)
            }
            OptimiserKind::Sgd => {
                gradient.map(&mut [], |tensor, gradient, []| -learning_rate * pace(tensor) * gradient)
            }
            OptimiserKind::AdaGrad => gradient.map(&mut self.state, |tensor, gradient, [sum]| {
                *sum += gradient * gradient;
                -learning_rate * pace(tensor) * gradient / (sum.sqrt() + 1e-10)
            }),
            OptimiserKind::AdamW => {
                let (steps, means) = self.state.split_last_mut().expect("the number of steps");
                *steps += 1.0;
                let [first, second] = BETAS.map(|beta| 1.0 - f64::from(beta).powf(f64::from(*steps)) as f32);
                let size = learning_rate / first;
                gradient.map(means, |tensor, gradient, [mean, square]| {
                    *mean += (1.0 - BETAS[0]) * (gradient - *mean);
                    *square = BETAS[1] * *square + (1.0 - BETAS[1]) * gradient * gradient;
                    -size * pace(tensor) * *mean / ((*square / second).sqrt() + EPSILON)
                })
            }
        }
    }

    /// Moves the tensors that decay towards zero, by `rate` times the learning rate of each.
    pub fn decay(parameters: &mut Parameters, rate: f32, learning_rate: f32, paces: &[Pace]) {
        if rate == 0.0 {
            return;
        }
        let mut values = &mut parameters.values[..];
        for pace in paces {
            let (tensor, rest) = values.split_at_mut(pace.size);
            if pace.decays {
                let factor = 1.0 - rate * learning_rate * pace.rate;
                tensor.iter_mut().for_each(|value| *value *= factor);
            }
            values = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(kind: OptimiserKind, gradients: &[[f32; 2]], learning_rate: f32, paces: &[Pace]) -> Vec<f32> {
        let mut parameters = Parameters { values: vec![1.0, 1.0] };
        let mut optimiser = Optimiser::new(kind, 2);
        for gradient in gradients {
            let gradient = Tangent::new(gradient.map(|value| vec![value]).into());
            Optimiser::decay(&mut parameters, 0.01, learning_rate, paces);
            let step = optimiser.step(gradient, learning_rate, paces);
            parameters.add(&[(1.0, &step)]);
        }
        parameters.values
    }

    fn assert_close(found: &[f32], expected: [f64; 2]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn adagrad_starts_at_a_tenth() {
        let values = after(OptimiserKind::AdaGrad, &[[2.0, 0.0]], 0.5, &[]);
        assert_close(&values, [1.0 - 0.5 * 2.0 / 4.1_f64.sqrt(), 1.0]);
    }

    /// The values that `torch.optim.AdamW` gives: learning rates 0.1 and 0.02, weight decay 0.01 for the first.
    #[test]
    fn adam_w_is_that_of_pytorch_at_every_pace() {
        let paces = [Pace { size: 1, rate: 1.0, decays: true }, Pace { size: 1, rate: 0.2, decays: false }];
        let gradients = [[0.5, -2.0], [-0.25, 1.0], [1.0, 0.0]];
        let values = after(OptimiserKind::AdamW, &gradients, 0.1, &paces);
        assert_close(&values, PYTORCH);
        let half = after(OptimiserKind::Sgd, &[[1.0, 1.0]], 0.1, &paces);
        assert_close(&half, [0.999 - 0.1, 1.0 - 0.02]);
    }

    const PYTORCH: [f64; 2] = [0.804_784_672_376_384, 1.029_444_326_699_311];
}
