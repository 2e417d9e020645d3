//! The fused attention against a plain one in `f64`, written from the equations, one sentence at a time; and its
//! backward pass against numeric derivatives of that plain version.

use std::ops::Range;

use mlrc_kernels::attention::{Inputs, Weights, backward, forward};
use mlrc_kernels::{Cpu, Packing};
use proptest::prelude::*;

/// All values of a layer and its inputs in one flat vector, so that each can be nudged.
#[derive(Clone)]
struct Layer {
    packing: Packing,
    hidden: usize,
    attention: usize,
    position: usize,
    symbols: usize,
    positions: [Vec<u32>; 2],
    values: Vec<f64>,
}

/// The parts of the vector, in the order of [`Layer::parts`].
const NAMES: [&str; 8] = ["h", "q", "U", "b", "V", "W", "t", "P"];

impl Layer {
    fn new(lengths: Vec<usize>, [hidden, attention, position, symbols]: [usize; 4], seed: u64) -> Self {
        let mut state = seed.wrapping_mul(2) + 1;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / 16_777_216.0
        };
        let packing = Packing::new(lengths);
        let positions =
            [0, 1].map(|_| (0..packing.tokens()).map(|_| (draw() * symbols as f64) as u32).collect());
        let mut layer = Self { packing, hidden, attention, position, symbols, positions, values: Vec::new() };
        layer.values = (0..layer.parts()[7].end).map(|_| (draw() - 0.5) * 1.6).collect();
        layer
    }

    fn parts(&self) -> [Range<usize>; 8] {
        let mut start = 0;
        [
            self.packing.tokens() * self.hidden,
            self.packing.rows() * self.hidden,
            self.attention * self.hidden,
            self.attention,
            self.attention * self.hidden,
            self.attention * 2 * self.position,
            self.attention,
            self.symbols * self.position,
        ]
        .map(|size| {
            start += size;
            start - size..start
        })
    }
}

fn product(matrix: &[f64], row: usize, vector: &[f64]) -> f64 {
    matrix[row * vector.len()..].iter().zip(vector).map(|(a, b)| a * b).sum()
}

/// Attention weights of every token in packed order, and the attended states, straight from the equations.
fn plain(layer: &Layer) -> (Vec<f64>, Vec<f64>) {
    let [h, q, u, b, v, w, t, p] = layer.parts().map(|part| &layer.values[part]);
    let (size, packing) = (layer.hidden, &layer.packing);
    let mut weights = vec![0.0; packing.tokens()];
    let mut attended = Vec::new();
    for (row, &length) in packing.lengths().iter().enumerate() {
        let query = &q[row * size..(row + 1) * size];
        let tokens: Vec<usize> = (0..length).map(|step| packing.token(row, step)).collect();
        let scores = tokens.iter().map(|&token| {
            let embedded = |entity: usize| {
                &p[layer.positions[entity][token] as usize * layer.position..][..layer.position]
            };
            let positions = [embedded(0), embedded(1)].concat();
            let state = &h[token * size..(token + 1) * size];
            let energy = |k| product(u, k, state) + b[k] + product(v, k, query) + product(w, k, &positions);
            (0..layer.attention).map(|k| t[k] * energy(k).tanh()).sum::<f64>()
        });
        let exponentials: Vec<f64> = scores.map(f64::exp).collect();
        let total: f64 = exponentials.iter().sum();
        let mut sum = vec![0.0; size];
        for (&token, exponential) in tokens.iter().zip(&exponentials) {
            weights[token] = exponential / total;
            (0..size).for_each(|unit| sum[unit] += weights[token] * h[token * size + unit]);
        }
        attended.extend(sum);
    }
    (weights, attended)
}

/// A loss whose gradient with respect to attended value `i` is known: `Σ weight(i) · z(i)`.
fn loss_weight(place: usize) -> f64 {
    ((place * 37 + 11) % 101) as f64 / 50.0 - 1.0
}

fn loss(layer: &Layer) -> f64 {
    plain(layer).1.iter().enumerate().map(|(i, z)| loss_weight(i) * z).sum()
}

fn check(lengths: Vec<usize>, sizes: [usize; 4], seed: u64) {
    let layer = Layer::new(lengths, sizes, seed);
    let single: Vec<f32> = layer.values.iter().map(|&v| v as f32).collect();
    let [hidden, summary, u, b, v, w, t, p] = layer.parts().map(|part| &single[part]);
    let inputs = Inputs { hidden, summary, positions: layer.positions.each_ref().map(|p| &p[..]) };
    let weights = Weights { hidden: u, bias: b, summary: v, position: w, score: t, positions: p };
    let (exact_weights, exact) = plain(&layer);
    let grad_attended: Vec<f32> = (0..exact.len()).map(|i| loss_weight(i) as f32).collect();
    for cpu in Cpu::all() {
        let (attended, trace) = forward(cpu, &layer.packing, inputs, weights);
        assert_eq!((attended.len(), trace.weights().len()), (exact.len(), exact_weights.len()));
        for (fused, exact) in attended.iter().zip(&exact).chain(trace.weights().iter().zip(&exact_weights)) {
            assert!((f64::from(*fused) - exact).abs() < 5e-6, "{cpu:?}: {fused} {exact}");
        }
        let gradients = backward(cpu, &layer.packing, inputs, weights, &trace, &grad_attended);
        let computed = [
            &gradients.inputs_hidden,
            &gradients.inputs_summary,
            &gradients.hidden,
            &gradients.bias,
            &gradients.summary,
            &gradients.position,
            &gradients.score,
            &gradients.positions,
        ];
        for ((name, part), gradient) in NAMES.into_iter().zip(layer.parts()).zip(computed) {
            assert_eq!(part.len(), gradient.len(), "{name}");
            let stride = part.len() / 20 + 1;
            for index in (0..part.len()).step_by(stride) {
                let nudged = |by: f64| {
                    let mut nudged = layer.clone();
                    nudged.values[part.start + index] += by;
                    loss(&nudged)
                };
                let numeric = (nudged(1e-5) - nudged(-1e-5)) / 2e-5;
                let found = f64::from(gradient[index]);
                assert!(
                    (found - numeric).abs() < 5e-5 * numeric.abs().max(1.0),
                    "{cpu:?}: {name}[{index}]: {found} {numeric}"
                );
            }
        }
    }
}

#[test]
fn matches_the_equations_on_hand_picked_shapes() {
    check(vec![1], [1, 1, 1, 1], 1);
    check(vec![5, 5, 3, 1], [3, 4, 2, 6], 2);
    // Several vectors and a rest, in the attention layer and in the states.
    check(vec![6, 4, 4, 2, 1], [37, 75, 3, 9], 3);
    check(vec![3, 2], [5, 130, 2, 4], 4);
}

#[test]
fn large_scores_do_not_overflow() {
    let packing = Packing::new(vec![3]);
    let weights = Weights {
        hidden: &[1.0],
        bias: &[0.0],
        summary: &[0.0],
        position: &[0.0, 0.0],
        score: &[500.0],
        positions: &[0.0],
    };
    let inputs = Inputs { hidden: &[-9.0, 9.0, 9.0], summary: &[0.0], positions: [&[0, 0, 0]; 2] };
    let (attended, trace) = forward(Cpu::native(), &packing, inputs, weights);
    assert_eq!(trace.weights(), [0.0, 0.5, 0.5]);
    assert!((attended[0] - 9.0).abs() < 1e-5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn matches_the_equations(
        mut lengths in proptest::collection::vec(1..7_usize, 1..6),
        sizes in [1..6_usize, 1..10_usize, 1..4_usize, 1..8_usize],
        seed in any::<u32>(),
    ) {
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        check(lengths, sizes, u64::from(seed));
    }
}
