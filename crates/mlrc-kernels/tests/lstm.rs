//! The fused LSTM against a plain one in `f64`, written from the equations, one sentence at a time; and its
//! backward pass against numeric derivatives of that plain version.

use mlrc_kernels::lstm::{Direction, Weights, backward, forward};
use mlrc_kernels::{Cpu, Packing};
use proptest::prelude::*;

/// A layer's parameters and input, addressed as one flat vector so that each can be nudged.
#[derive(Clone)]
struct Layer {
    inputs: usize,
    hidden: usize,
    tokens: usize,
    values: Vec<f64>,
}

impl Layer {
    fn new(inputs: usize, hidden: usize, tokens: usize, seed: u64) -> Self {
        let size = 4 * hidden * (inputs + hidden + 2) + tokens * inputs;
        let mut state = seed.wrapping_mul(2) + 1;
        let values = (0..size).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f64 / 16_777_216.0 - 0.5) * 1.6
        });
        Self { inputs, hidden, tokens, values: values.collect() }
    }

    /// Ranges of: input weight, recurrent weight, input bias, recurrent bias, input.
    fn parts(&self) -> [std::ops::Range<usize>; 5] {
        let mut start = 0;
        [
            4 * self.hidden * self.inputs,
            4 * self.hidden * self.hidden,
            4 * self.hidden,
            4 * self.hidden,
            self.tokens * self.inputs,
        ]
        .map(|size| {
            start += size;
            start - size..start
        })
    }
}

/// Hidden states in packed order, straight from the equations.
fn plain(layer: &Layer, packing: &Packing, direction: Direction) -> Vec<f64> {
    let [w, u, b, c, x] = layer.parts().map(|part| &layer.values[part]);
    let size = layer.hidden;
    let mut all = vec![0.0; packing.tokens() * size];
    for (row, &length) in packing.lengths().iter().enumerate() {
        let (mut h, mut cell) = (vec![0.0; size], vec![0.0; size]);
        for position in 0..length {
            let step = if direction == Direction::Forward { position } else { length - 1 - position };
            let token = packing.token(row, step);
            let gate = |g: usize, unit: usize| -> f64 {
                let k = g * size + unit;
                let from_input: f64 =
                    (0..layer.inputs).map(|j| w[k * layer.inputs + j] * x[token * layer.inputs + j]).sum();
                let from_state: f64 = (0..size).map(|j| u[k * size + j] * h[j]).sum();
                from_input + from_state + b[k] + c[k]
            };
            let logistic = |z: f64| 1.0 / (1.0 + (-z).exp());
            let next: Vec<(f64, f64)> = (0..size)
                .map(|unit| {
                    let new_cell =
                        logistic(gate(1, unit)) * cell[unit] + logistic(gate(0, unit)) * gate(2, unit).tanh();
                    (logistic(gate(3, unit)) * new_cell.tanh(), new_cell)
                })
                .collect();
            (h, cell) = next.into_iter().unzip();
            all[token * size..(token + 1) * size].copy_from_slice(&h);
        }
    }
    all
}

/// A loss whose gradient with respect to hidden state `i` is known: `Σ weight(i) · h(i)`.
fn loss_weight(place: usize) -> f64 {
    ((place * 37 + 11) % 101) as f64 / 50.0 - 1.0
}

fn loss(layer: &Layer, packing: &Packing, direction: Direction) -> f64 {
    plain(layer, packing, direction).iter().enumerate().map(|(i, h)| loss_weight(i) * h).sum()
}

fn check(lengths: Vec<usize>, inputs: usize, hidden: usize, direction: Direction, seed: u64) {
    let packing = Packing::new(lengths);
    let layer = Layer::new(inputs, hidden, packing.tokens(), seed);
    let single: Vec<f32> = layer.values.iter().map(|&v| v as f32).collect();
    let [w, u, b, c, x] = layer.parts().map(|part| &single[part]);
    let weights = Weights { input: w, recurrent: u, input_bias: b, recurrent_bias: c };

    let exact = plain(&layer, &packing, direction);
    let grad_hidden: Vec<f32> = (0..exact.len()).map(|i| loss_weight(i) as f32).collect();
    let numeric = numeric_gradients(&layer, &packing, direction);
    for cpu in Cpu::all() {
        let (hidden, trace) = forward(cpu, &packing, direction, x, weights);
        for (fused, exact) in hidden.iter().zip(&exact) {
            assert!((f64::from(*fused) - exact).abs() < 3e-6, "{cpu:?}: {fused} {exact}");
        }
        let gradients =
            backward(cpu, &packing, direction, x, weights, (&hidden, &trace), &grad_hidden, 0..inputs);
        // Some columns of the input's gradient are those of all.
        let some = inputs / 3..inputs;
        let partial =
            backward(cpu, &packing, direction, x, weights, (&hidden, &trace), &grad_hidden, some.clone());
        for (place, (part, all)) in partial.input.iter().zip(&gradients.input).enumerate() {
            let expected = if some.contains(&(place % inputs)) { *all } else { 0.0 };
            assert!((part - expected).abs() < 1e-5, "{cpu:?}: {part} {expected}");
        }
        let bias = &gradients.bias;
        let computed = [&gradients.input_weight, &gradients.recurrent_weight, bias, bias, &gradients.input];
        for (part, (computed, numeric)) in computed.into_iter().zip(&numeric).enumerate() {
            assert_eq!(computed.len(), layer.parts()[part].len());
            for &(index, numeric) in numeric {
                let found = f64::from(computed[index]);
                assert!(
                    (found - numeric).abs() < 5e-5 * numeric.abs().max(1.0),
                    "{cpu:?}: part {part}[{index}]: {found} {numeric}"
                );
            }
        }
    }
}

/// Index and central difference of some values of each part.
fn numeric_gradients(layer: &Layer, packing: &Packing, direction: Direction) -> Vec<Vec<(usize, f64)>> {
    let difference = |place: usize| {
        let nudged = |by: f64| {
            let mut nudged = layer.clone();
            nudged.values[place] += by;
            loss(&nudged, packing, direction)
        };
        (nudged(1e-5) - nudged(-1e-5)) / 2e-5
    };
    let some = |part: std::ops::Range<usize>| {
        let stride = part.len() / 40 + 1;
        (0..part.len()).step_by(stride).map(|index| (index, difference(part.start + index))).collect()
    };
    layer.parts().into_iter().map(some).collect()
}
#[test]
fn matches_the_equations_on_hand_picked_shapes() {
    for direction in [Direction::Forward, Direction::Backward] {
        check(vec![1], 1, 1, direction, 1);
        check(vec![5, 5, 3, 1], 3, 4, direction, 2);
        check(vec![9, 2], 7, 17, direction, 3);
        // More rows than are multiplied at once, units over several vectors and panels, and a narrow rest.
        check(vec![4, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1], 5, 33, direction, 4);
        check(vec![3, 2, 1], 2, 83, direction, 5);
    }
}

#[test]
fn an_empty_batch_is_allowed() {
    let values = [0.5_f32; 8];
    let weights = Weights {
        input: &values,
        recurrent: &values[..4],
        input_bias: &values[..4],
        recurrent_bias: &values[..4],
    };
    let (hidden, _) = forward(Cpu::native(), &Packing::new(Vec::new()), Direction::Forward, &[], weights);
    assert!(hidden.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn matches_the_equations(
        mut lengths in proptest::collection::vec(1..7_usize, 1..6),
        inputs in 1..6_usize,
        hidden in 1..10_usize,
        reverse in any::<bool>(),
        seed in any::<u32>(),
    ) {
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        let direction = if reverse { Direction::Backward } else { Direction::Forward };
        check(lengths, inputs, hidden, direction, u64::from(seed));
    }
}
