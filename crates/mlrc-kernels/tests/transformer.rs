//! The parts of a transformer against their definitions in double precision.

use mlrc_kernels::Cpu;
use mlrc_kernels::transformer::{Activation, LayerNorm, Projection, RelativeBias, attend, normalise};
use proptest::prelude::*;

fn values(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn close(found: &[f32], expected: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), expected.len());
    for (place, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        prop_assert!(off < tolerance * expected.abs().max(1.0), "{place}: {found}, expected {expected}");
    }
    Ok(())
}

/// Attention as it is written in the paper, one sentence and one head at a time.
fn attention(lengths: &[usize], heads: usize, projected: &[f32], bias: Option<&RelativeBias>) -> Vec<f64> {
    let tokens: usize = lengths.iter().sum();
    let hidden = projected.len() / tokens / 3;
    let size = hidden / heads;
    let at = |token: usize, part: usize, head: usize, c: usize| {
        f64::from(projected[token * 3 * hidden + part * hidden + head * size + c])
    };
    let mut attended = vec![0.0; tokens * hidden];
    let mut first = 0;
    for &length in lengths {
        for head in 0..heads {
            for query in 0..length {
                let score = |key: usize| {
                    let dot: f64 =
                        (0..size).map(|c| at(first + query, 0, head, c) * at(first + key, 1, head, c)).sum();
                    let bias = bias.map_or(0.0, |RelativeBias { values, reach }| {
                        f64::from(values[head * (2 * reach - 1) + key + reach - 1 - query])
                    });
                    dot / (size as f64).sqrt() + bias
                };
                let scores: Vec<f64> = (0..length).map(|key| score(key).exp()).collect();
                let total: f64 = scores.iter().sum();
                for c in 0..size {
                    let mean: f64 =
                        (0..length).map(|key| scores[key] / total * at(first + key, 2, head, c)).sum();
                    attended[(first + query) * hidden + head * size + c] = mean;
                }
            }
        }
        first += length;
    }
    attended
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn projections_are_what_they_are_defined_as(
        rows in 0..20_usize,
        inputs in 1..50_usize,
        outputs in 1..150_usize,
        seed in any::<u32>(),
    ) {
        let (left, weight, bias) = (values(rows * inputs, seed), values(inputs * outputs, seed ^ 1), values(outputs, seed ^ 2));
        let sum = |row: usize, output: usize| -> f64 {
            let products = (0..inputs).map(|i| f64::from(left[row * inputs + i]) * f64::from(weight[output * inputs + i]));
            products.sum::<f64>() + f64::from(bias[output])
        };
        let sums: Vec<f64> = (0..rows * outputs).map(|place| sum(place / outputs, place % outputs)).collect();
        for cpu in Cpu::all() {
            let projection = Projection::new(cpu, &weight, bias.clone());
            prop_assert_eq!((projection.inputs(), projection.outputs()), (inputs, outputs));
            let mut found = vec![9.0; rows * outputs];
            projection.forward(&left, Activation::Identity, &mut found);
            close(&found, &sums, 1e-5)?;
            projection.forward(&left, Activation::Gelu, &mut found);
            let gelu: Vec<f64> = sums.iter().map(|&x| x * 0.5 * (1.0 + erf(x / 2.0_f64.sqrt()))).collect();
            close(&found, &gelu, 1e-5)?;
        }
    }

    #[test]
    fn rows_are_normalised(rows in 0..9_usize, hidden in 1..70_usize, mean in -50.0..50.0_f32, seed in any::<u32>()) {
        let norm = LayerNorm { scale: values(hidden, seed), shift: values(hidden, seed ^ 1), epsilon: 1e-12 };
        let input: Vec<f32> = values(rows * hidden, seed ^ 2).iter().map(|value| value + mean).collect();
        let residual = values(rows * hidden, seed ^ 3);
        let mut expected = Vec::new();
        for row in 0..rows {
            let sum: Vec<f64> = (row * hidden..(row + 1) * hidden).map(|i| f64::from(input[i] + residual[i])).collect();
            let mean = sum.iter().sum::<f64>() / hidden as f64;
            let variance = sum.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / hidden as f64;
            expected.extend((0..hidden).map(|c| {
                f64::from(norm.scale[c]) * (sum[c] - mean) / (variance + 1e-12).sqrt() + f64::from(norm.shift[c])
            }));
        }
        for cpu in Cpu::all() {
            let mut found = input.clone();
            normalise(cpu, &norm, &mut found, &residual);
            // A single component has no variance: rounding is all there is.
            if hidden > 1 {
                close(&found, &expected, 2e-3)?;
            }
        }
    }

    #[test]
    fn attention_is_what_it_is_defined_as(
        lengths in prop::collection::vec(1..40_usize, 1..4),
        heads in 1..4_usize,
        size in 1..20_usize,
        biased in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let tokens: usize = lengths.iter().sum();
        let projected: Vec<f32> = values(tokens * 3 * heads * size, seed).iter().map(|value| 3.0 * value).collect();
        let bias = biased.then(|| RelativeBias { values: values(heads * 89, seed ^ 1), reach: 45 });
        let expected = attention(&lengths, heads, &projected, bias.as_ref());
        for cpu in Cpu::all() {
            let mut found = vec![9.0; tokens * heads * size];
            attend(cpu, &lengths, heads, &projected, bias.as_ref(), &mut found);
            close(&found, &expected, 2e-5)?;
        }
    }

    #[test]
    fn bits_do_not_depend_on_what_else_is_in_the_batch(rows in 1..30_usize, seed in any::<u32>()) {
        let (inputs, outputs) = (37, 70);
        let (left, weight) = (values(rows * inputs, seed), values(inputs * outputs, seed ^ 1));
        for cpu in Cpu::all() {
            let projection = Projection::new(cpu, &weight, values(outputs, seed ^ 2));
            let mut together = vec![0.0; rows * outputs];
            projection.forward(&left, Activation::Gelu, &mut together);
            let mut alone = vec![0.0; outputs];
            projection.forward(&left[(rows - 1) * inputs..], Activation::Gelu, &mut alone);
            prop_assert_eq!(&together[(rows - 1) * outputs..], &alone[..]);
        }
    }
}

/// The error function by its Taylor series, which suffices for |x| < 6.
fn erf(x: f64) -> f64 {
    if x.abs() > 5.5 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..400 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}
