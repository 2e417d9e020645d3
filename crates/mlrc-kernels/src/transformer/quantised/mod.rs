//! Projections in 8-bit integers.
//!
//! Each output's weights are whole multiples, -127 to 127, of a scale of its own. Each row of inputs is brought to
//! whole multiples, 0 to 127, of a step above its least value as it arrives. Sums of products are then sums of
//! integers, which are exact in any order, and what follows them is computed by the same operations everywhere: the
//! result has the same bits with every instruction set, in every batch.
//!
//! Seven bits suffice for the inputs because they begin at the least value (GELU has hardly any below zero), and make
//! sums fit AVX2's 16-bit additions.

mod kernels;
mod matrix;
mod panels;
mod rows;

use kernels::Kernel;
pub use matrix::QuantisedMatrix;
use panels::Panels;

use super::Activation;
use crate::Cpu;

/// A linear layer in 8-bit integers; compare [`Projection`](super::Projection).
#[derive(Debug)]
pub struct QuantisedProjection {
    kernel: Kernel,
    panels: Panels,
}

impl QuantisedProjection {
    /// Packs `weight`, `[outputs, inputs]`.
    ///
    /// # Panics
    /// If the sizes of `weight` and `bias` differ, or sums of so many inputs do not fit 32 bits (from 130,000 on).
    pub fn new(cpu: Cpu, weight: &QuantisedMatrix, bias: &[f32]) -> Self {
        Self { kernel: Kernel::of(cpu), panels: Panels::pack(weight, bias) }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.panels.inputs()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.panels.outputs()
    }

    /// Writes `activation(inputs · weightᵀ + bias)` to `outputs`, `[rows, outputs]`, for finite inputs that are rounded
    /// to a 127th of their row's range.
    ///
    /// # Panics
    /// If the sizes of the slices do not fit.
    pub fn forward(&self, inputs: &[f32], activation: Activation, outputs: &mut [f32]) {
        assert!(inputs.len().is_multiple_of(self.inputs()), "inputs");
        let rows = inputs.len() / self.inputs();
        assert_eq!(outputs.len(), rows * self.outputs(), "outputs");
        self.kernel.run(&self.panels, inputs, activation, outputs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: the same steps, one value at a time, the sums in 64-bit integers.
    fn expected(weight: &QuantisedMatrix, bias: &[f32], inputs: &[f32], activation: Activation) -> Vec<f32> {
        let depth = weight.columns();
        let mut outputs = Vec::new();
        for row in inputs.chunks_exact(depth) {
            let least = row.iter().copied().fold(f32::INFINITY, f32::min) + 0.0;
            let range = row.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
            let step = range / 127.0;
            let inverse = if range > 0.0 { 127.0 / range } else { 0.0 };
            let rounded: Vec<i64> =
                row.iter().map(|x| ((x - least) * inverse).round_ties_even() as i64).collect();
            for (output, weights) in weight.values.chunks_exact(depth).enumerate() {
                let sum: i64 = weights.iter().zip(&rounded).map(|(&w, x)| i64::from(w) * x).sum();
                let total: i64 = weights.iter().map(|&w| i64::from(w)).sum();
                let scale = weight.scales[output];
                let value = (step * scale) * sum as f32 + (least * (scale * total as f32) + bias[output]);
                outputs.push(match activation {
                    Activation::Identity => value,
                    Activation::Gelu => kernels::gelu(value),
                });
            }
        }
        outputs
    }

    fn numbers(seed: u32) -> impl FnMut() -> u32 {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        }
    }

    /// Weights of one kind: 0 the extremes, 1 only the most negative, 2 only the most positive, 3 small ones with a few
    /// extremes, 4 zeros, else any.
    fn weights(kind: u8, outputs: usize, inputs: usize, seed: u32) -> QuantisedMatrix {
        let mut next = numbers(seed);
        let mut value = || match kind {
            0 => [-128, 127][next() as usize % 2],
            1 => -128,
            2 => 127,
            3 if next().is_multiple_of(40) => [-128, 127][next() as usize % 2],
            3 => (next() % 41) as i8 - 20,
            4 => 0,
            _ => (next() % 256) as u8 as i8,
        };
        let values = (0..outputs * inputs).map(|_| value()).collect();
        let scales =
            (0..outputs).map(|output| if output % 5 == 4 { 0.0 } else { 0.01 + output as f32 / 1000.0 });
        QuantisedMatrix { values, scales: scales.collect() }
    }

    /// Rows of one kind: 0 only the ends of a range, 1 zeros, 2 one value everywhere, else any.
    fn inputs(kind: u8, rows: usize, inputs: usize, seed: u32) -> Vec<f32> {
        let mut next = numbers(seed);
        let mut value = |row: usize| match (usize::from(kind) + row) % 5 {
            0 => [-3.0, 5.0][next() as usize % 2],
            1 => 0.0,
            2 => -7.25,
            _ => next() as f32 / 8_388_608.0 - 1.0,
        };
        (0..rows * inputs).map(|place| value(place / inputs)).collect()
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 200 }))]

        #[test]
        fn every_instruction_set_has_the_bits_of_the_definition(
            rows in 0..16_usize,
            depth in prop_oneof![1..70_usize, Just(384)],
            outputs in 1..80_usize,
            kind_of_weights in 0..6_u8,
            kind_of_rows in 0..5_u8,
            seed in any::<u32>(),
        ) {
            let weight = weights(kind_of_weights, outputs, depth, seed);
            let inputs = inputs(kind_of_rows, rows, depth, seed ^ 1);
            let bias: Vec<f32> = (0..outputs).map(|output| output as f32 / 7.0 - 3.0).collect();
            for activation in [Activation::Identity, Activation::Gelu] {
                let expected = bits(&expected(&weight, &bias, &inputs, activation));
                for kernel in Kernel::all() {
                    let projection = QuantisedProjection { kernel, panels: Panels::pack(&weight, &bias) };
                    prop_assert_eq!((projection.inputs(), projection.outputs()), (depth, outputs));
                    let mut found = vec![9.0; rows * outputs];
                    projection.forward(&inputs, activation, &mut found);
                    prop_assert_eq!(&bits(&found), &expected, "{:?}", kernel);
                }
            }
        }

        #[test]
        fn bits_do_not_depend_on_what_else_is_in_the_batch(rows in 1..30_usize, seed in any::<u32>()) {
            let (weight, inputs) = (weights(5, 70, 37, seed), inputs(3, rows, 37, seed ^ 1));
            let projection = QuantisedProjection::new(Cpu::native(), &weight, &[0.5; 70]);
            let mut together = vec![0.0; rows * 70];
            projection.forward(&inputs, Activation::Gelu, &mut together);
            for (row, together) in inputs.chunks_exact(37).zip(together.chunks_exact(70)) {
                let mut alone = vec![0.0; 70];
                projection.forward(row, Activation::Gelu, &mut alone);
                prop_assert_eq!(bits(&alone), bits(together));
            }
        }

        #[test]
        fn results_are_near_those_in_single_precision(depth in 1..200_usize, seed in any::<u32>()) {
            let mut next = numbers(seed);
            let mut value = || next() as f32 / 8_388_608.0 - 1.0;
            let weight: Vec<f32> = (0..9 * depth).map(|_| value()).collect();
            let inputs: Vec<f32> = (0..4 * depth).map(|_| value()).collect();
            let projection = QuantisedProjection::new(Cpu::native(), &QuantisedMatrix::new(&weight, 9), &[0.25; 9]);
            let mut found = vec![0.0; 4 * 9];
            projection.forward(&inputs, Activation::Identity, &mut found);
            for (place, found) in found.iter().enumerate() {
                let (row, weight) = (&inputs[place / 9 * depth..][..depth], &weight[place % 9 * depth..][..depth]);
                let exact = 0.25 + row.iter().zip(weight).map(|(x, w)| f64::from(x * w)).sum::<f64>();
                // Each product is off by at most half a step of the input and half a scale of the weight.
                let bound = depth as f64 * (1.0 / 127.0 + 0.5 / 127.0 + 1e-3);
                prop_assert!((f64::from(*found) - exact).abs() < bound, "{found} {exact}");
                prop_assert!(depth < 100 || (f64::from(*found) - exact).abs() < 0.1 * bound, "{found} {exact}");
            }
        }
    }

    #[test]
    fn the_longest_sums_fit() {
        for (kind, depth) in [(1, 100_000), (2, 100_000)] {
            let weight = weights(kind, 1, depth, 0);
            let inputs: Vec<f32> = (0..depth).map(|place| if place == 0 { 0.0 } else { 1.0 }).collect();
            let expected = expected(&weight, &[0.0], &inputs, Activation::Identity);
            for kernel in Kernel::all() {
                let projection = QuantisedProjection { kernel, panels: Panels::pack(&weight, &[0.0]) };
                let mut found = [0.0];
                projection.forward(&inputs, Activation::Identity, &mut found);
                assert_eq!(found[0], expected[0], "{kernel:?}");
            }
        }
    }
}
