use serde::{Deserialize, Serialize};

use crate::objective::Tangent;

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
}

/// An optimiser and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser {
    kind: OptimiserKind,
    /// AdaGrad's sums of squares, one for each parameter; empty for SGD.
    pub state: Vec<f32>,
}

impl Optimiser {
    /// An optimiser for `parameters` values that has not made a step yet.
    pub fn new(kind: OptimiserKind, parameters: usize) -> Self {
        let state = match kind {
            OptimiserKind::Sgd => Vec::new(),
            OptimiserKind::AdaGrad => vec![0.1; parameters],
        };
        Self { kind, state }
    }

    /// The step that this rule makes for `gradient`; updates the state.
    pub fn step(&mut self, gradient: Tangent, learning_rate: f32) -> Tangent {
        match self.kind {
            OptimiserKind::Sgd => gradient.scaled(-learning_rate),
            OptimiserKind::AdaGrad => gradient.map(|place, gradient| {
                let sum = &mut self.state[place];
                *sum += gradient * gradient;
                -learning_rate * gradient / (sum.sqrt() + 1e-10)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Parameters;

    #[test]
    fn adagrad_starts_at_a_tenth() {
        let mut parameters = Parameters { values: vec![1.0] };
        let mut optimiser = Optimiser::new(OptimiserKind::AdaGrad, 1);
        let step = optimiser.step(Tangent::new(vec![vec![2.0]]), 0.5);
        parameters.add(&[(1.0, &step)]);
        assert!((f64::from(parameters.values[0]) - (1.0 - 0.5 * 2.0 / 4.1_f64.sqrt())).abs() < 1e-7);
    }
}
