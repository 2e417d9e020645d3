//! Graph convolution and max-pooling against plain versions in `f64`, and their backward passes against numeric derivatives of
//! these.

use mlrc_kernels::Cpu;
use mlrc_kernels::graph::convolution::{self, Weights};
use mlrc_kernels::graph::{Groups, max_pool};
use proptest::prelude::*;

fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(2) + 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / 16_777_216.0
    }
}

/// Neighbourhoods and values of a layer; the values in one vector, so that each can be nudged: input, W, b.
#[derive(Clone)]
struct Layer {
    groups: Vec<Vec<u32>>,
    rows: usize,
    inputs: usize,
    outputs: usize,
    values: Vec<f64>,
}

impl Layer {
    fn new([rows, nodes, inputs, outputs]: [usize; 4], seed: u64) -> Self {
        let mut draw = draws(seed);
        let groups =
            (0..nodes).map(|_| (0..rows as u32).filter(|_| draw() < 0.4).collect::<Vec<_>>()).collect();
        let size = rows * inputs + outputs * inputs + outputs;
        let values = (0..size).map(|_| (draw() - 0.5) * 2.0).collect();
        Self { groups, rows, inputs, outputs, values }
    }

    fn bounds(&self) -> [usize; 2] {
        let weight = self.rows * self.inputs;
        [weight, weight + self.outputs * self.inputs]
    }

    /// The sums before the relu, from the equation of the original program: W is applied to the sum of the neighbours and
    /// to the node, each time with the bias.
    fn sums(&self) -> Vec<f64> {
        let [weight, bias] = self.bounds();
        let (w, b) = (&self.values[weight..bias], &self.values[bias..]);
        let linear = |x: &[f64], output: usize| {
            b[output] + (0..self.inputs).map(|i| w[output * self.inputs + i] * x[i]).sum::<f64>()
        };
        let zero = vec![0.0; self.inputs];
        let row = |row: u32| &self.values[row as usize * self.inputs..][..self.inputs];
        let mut sums = Vec::new();
        for group in &self.groups {
            let (own, neighbours) =
                group.split_first().map_or((None, &[][..]), |(own, rest)| (Some(*own), rest));
            let mut total = zero.clone();
            for &neighbour in neighbours {
                total.iter_mut().zip(row(neighbour)).for_each(|(t, v)| *t += v);
            }
            let own = own.map_or(&zero[..], row);
            let count = (neighbours.len() + 1) as f64;
            sums.extend((0..self.outputs).map(|o| (linear(&total, o) + linear(own, o)) / count));
        }
        sums
    }

    fn forward(&self, cpu: Cpu) -> (Vec<f32>, convolution::Trace) {
        let (values, groups) = (self.floats(), self.groups());
        convolution::forward(cpu, &values[..self.bounds()[0]], self.weights(&values), &groups)
    }

    fn floats(&self) -> Vec<f32> {
        self.values.iter().map(|&value| value as f32).collect()
    }

    fn groups(&self) -> Groups {
        self.groups.iter().cloned().collect()
    }

    fn weights<'a>(&self, values: &'a [f32]) -> Weights<'a> {
        let [weight, bias] = self.bounds();
        Weights { weight: &values[weight..bias], bias: &values[bias..] }
    }
}

proptest! {
    #[test]
    fn convolution_is_the_equation(
        rows in 1..9_usize, nodes in 1..8_usize, inputs in 1..40_usize, outputs in 1..40_usize, seed in 0..1000_u64,
    ) {
        let layer = Layer::new([rows, nodes, inputs, outputs], seed);
        for cpu in Cpu::all() {
            let (output, _) = layer.forward(cpu);
            prop_assert_eq!(output.len(), nodes * outputs);
            for (found, expected) in output.iter().zip(layer.sums()) {
                prop_assert!((f64::from(*found) - expected.max(0.0)).abs() < 2e-5, "{:?}: {} {}", cpu, found, expected);
            }
        }
    }

    #[test]
    fn convolution_gradients_are_derivatives(
        rows in 1..6_usize, nodes in 1..6_usize, inputs in 1..20_usize, outputs in 1..20_usize, seed in 0..1000_u64,
    ) {
        let layer = Layer::new([rows, nodes, inputs, outputs], seed);
        let mut draw = draws(seed + 7);
        let factors: Vec<f64> = (0..nodes * outputs).map(|_| draw() - 0.5).collect();
        // Where the relu bends there is no derivative.
        prop_assume!(layer.sums().iter().all(|sum| sum.abs() > 1e-3));
        let loss = |layer: &Layer| -> f64 {
            layer.sums().iter().zip(&factors).map(|(sum, factor)| sum.max(0.0) * factor).sum()
        };
        let numeric: Vec<f64> = (0..layer.values.len())
            .map(|place| {
                let at = |by: f64| {
                    let mut moved = layer.clone();
                    moved.values[place] += by;
                    loss(&moved)
                };
                (at(1e-6) - at(-1e-6)) / 2e-6
            })
            .collect();
        let values = layer.floats();
        let gradient: Vec<f32> = factors.iter().map(|&factor| factor as f32).collect();
        for cpu in Cpu::all() {
            let (output, trace) = layer.forward(cpu);
            let found = convolution::backward(
                cpu, rows, layer.weights(&values), &layer.groups(), (&output, &trace), &gradient,
            );
            let found = [found.input, found.weight, found.bias].concat();
            prop_assert_eq!(found.len(), numeric.len());
            for (place, (found, expected)) in found.iter().zip(&numeric).enumerate() {
                prop_assert!((f64::from(*found) - expected).abs() < 1e-4, "{:?}[{}]: {} {}", cpu, place, found, expected);
            }
        }
    }

    #[test]
    fn pools_take_the_first_of_the_greatest_and_return_gradients_there(
        rows in 1..9_usize, width in 1..70_usize, seed in 0..1000_u64,
    ) {
        let mut draw = draws(seed);
        // Few different values, so that there are equals.
        let values: Vec<f32> = (0..rows * width).map(|_| (draw() * 5.0).floor() as f32 - 2.0).collect();
        let groups: Vec<Vec<u32>> =
            (0..4).map(|_| (0..rows as u32).filter(|_| draw() < 0.5).collect()).collect();
        let gradient: Vec<f32> = (0..4 * width).map(|_| draw() as f32).collect();
        for cpu in Cpu::all() {
            let pooled = max_pool::forward(cpu, &values, width, &groups.iter().cloned().collect());
            let mut expected = vec![0.0; rows * width];
            for (group, members) in groups.iter().enumerate() {
                for feature in 0..width {
                    let place = group * width + feature;
                    let value = |row: u32| values[row as usize * width + feature];
                    let best = members.iter().copied().reduce(|a, b| if value(b) > value(a) { b } else { a });
                    prop_assert_eq!(pooled.values[place], best.map_or(0.0, value));
                    prop_assert_eq!(pooled.rows[place], best.unwrap_or(max_pool::NOWHERE));
                    if let Some(row) = best {
                        expected[row as usize * width + feature] += gradient[place];
                    }
                }
            }
            prop_assert_eq!(max_pool::backward(rows, width, &pooled.rows, &gradient), expected);
        }
    }
}
