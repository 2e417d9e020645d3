//! Training of transformer blocks: gradients against numeric derivatives of a plain version in `f64`, values against the
//! kernels for prediction, and a few steps against PyTorch.

mod plain;
mod steps;

use mlrc_kernels::Cpu;
use mlrc_kernels::dropout::{Kept, mask_words};
use mlrc_kernels::matrix::Write;
use mlrc_kernels::transformer::training::{
    Attention, AttentionMask, Linear, Masks, Norm, Sentences, gelu, gelu_and_slope, gelu_backward,
};
use mlrc_kernels::transformer::{Activation, LayerNorm, Projection, RelativeBias, attend, normalise};
use plain::{Drop, Model};
use proptest::prelude::*;

/// Values in [-1, 1).
fn values(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

fn close(name: &str, found: &[f32], expected: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), expected.len(), "{}", name);
    // Rounding errors are relative to the largest terms of a sum, not to the sum.
    let size = expected.iter().fold(1.0_f64, |size, value| size.max(value.abs()));
    for (place, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        prop_assert!(off < tolerance * size, "{name} {place}: {found}, expected {expected}");
    }
    Ok(())
}

/// The derivatives of `loss` by every value, by central differences.
fn numeric(values: &[f64], loss: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut values = values.to_vec();
    (0..values.len())
        .map(|place| {
            let (value, step) = (values[place], 1e-5);
            values[place] = value + step;
            let above = loss(&values);
            values[place] = value - step;
            let below = loss(&values);
            values[place] = value;
            (above - below) / (2.0 * step)
        })
        .collect()
}

fn dot(left: &[f64], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(left, &right)| left * f64::from(right)).sum()
}

fn bits(words: usize, seed: u32) -> Vec<u32> {
    values(words, seed).iter().map(|value| (value * 1e9) as i32 as u32 ^ seed).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn linear_layers(rows in 0..7_usize, inputs in 1..9_usize, outputs in 1..9_usize, seed in any::<u32>()) {
        let (input, weight) = (values(rows * inputs, seed), values(inputs * outputs, seed ^ 1));
        let (bias, gradient) = (values(outputs, seed ^ 2), values(rows * outputs, seed ^ 3));
        let linear = Linear { weight: &weight, bias: &bias };
        let mut output = vec![9.0; rows * outputs];
        linear.forward(&input, &mut output);
        let (x, w, b) = (double(&input), double(&weight), double(&bias));
        close("output", &output, &plain::linear(&x, &w, &b), 1e-6)?;
        let found = linear.backward(&input, &gradient);
        close("weight", &found.weight, &numeric(&w, |w| dot(&plain::linear(&x, w, &b), &gradient)), 3e-6)?;
        close("bias", &found.bias, &numeric(&b, |b| dot(&plain::linear(&x, &w, b), &gradient)), 3e-6)?;
        let expected = numeric(&x, |x| dot(&plain::linear(x, &w, &b), &gradient));
        let mut found = vec![9.0; rows * inputs];
        linear.backward_input(&gradient, &mut found, Write::Replace);
        close("input", &found, &expected, 3e-6)?;
        linear.backward_input(&gradient, &mut found, Write::Add);
        close("input twice", &found, &expected.iter().map(|value| 2.0 * value).collect::<Vec<_>>(), 6e-6)?;
    }

    #[test]
    fn activations(count in 0..70_usize, seed in any::<u32>()) {
        let input: Vec<f32> = values(count, seed).iter().map(|value| 5.0 * value).collect();
        let gradient = values(count, seed ^ 1);
        let x = double(&input);
        for cpu in Cpu::all() {
            let [mut output, mut again, mut slopes] = [0, 1, 2].map(|_| vec![9.0; count]);
            gelu(cpu, &input, &mut output);
            gelu_and_slope(cpu, &input, &mut again, &mut slopes);
            prop_assert_eq!(&output, &again);
            close("output", &output, &plain::gelu(&x), 1e-6)?;
            let mut found = gradient.clone();
            gelu_backward(cpu, &slopes, &mut found);
            close("input", &found, &numeric(&x, |x| dot(&plain::gelu(x), &gradient)), 3e-6)?;
        }
    }

    #[test]
    fn normalisation(rows in 0..6_usize, hidden in 2..40_usize, mean in -5.0..5.0_f32, seed in any::<u32>()) {
        let input: Vec<f32> = values(rows * hidden, seed).iter().map(|value| value + mean).collect();
        let (residual, gradient) = (values(rows * hidden, seed ^ 1), values(rows * hidden, seed ^ 2));
        let (scale, shift) = (values(hidden, seed ^ 3), values(hidden, seed ^ 4));
        // Two components may be nearly the same: a small variance would make rounding errors large.
        let epsilon = 0.1;
        let norm = Norm { scale: &scale, shift: &shift, epsilon };
        let (x, r, a, b) = (double(&input), double(&residual), double(&scale), double(&shift));
        let plain = |x: &[f64], a: &[f64], b: &[f64]| plain::norm(&plain::sum(x, &r), a, b, f64::from(epsilon));
        for cpu in Cpu::all() {
            let normalised = norm.forward(cpu, &input, &residual);
            let mut output = vec![9.0; rows * hidden];
            norm.output(cpu, &normalised, &mut output);
            close("output", &output, &plain(&x, &a, &b), 1e-5)?;
            let mut predicted = input.clone();
            let norm_of_prediction = LayerNorm { scale: scale.clone(), shift: shift.clone(), epsilon };
            normalise(cpu, &norm_of_prediction, &mut predicted, &residual);
            close("prediction", &output, &double(&predicted), 1e-6)?;
            let mut found = vec![9.0; rows * hidden];
            let gradients = norm.backward(cpu, &normalised, &gradient, &mut found);
            close("sum", &found, &numeric(&x, |x| dot(&plain(x, &a, &b), &gradient)), 1e-5)?;
            close("scale", &gradients.scale, &numeric(&a, |a| dot(&plain(&x, a, &b), &gradient)), 1e-5)?;
            close("shift", &gradients.shift, &numeric(&b, |b| dot(&plain(&x, &a, b), &gradient)), 1e-5)?;
        }
    }

    #[test]
    fn attention(
        lengths in prop::collection::vec(1..9_usize, 0..4),
        heads in 1..4_usize,
        size in 1..6_usize,
        biased in any::<bool>(),
        dropped in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let (tokens, hidden) = (lengths.iter().sum::<usize>(), heads * size);
        let projected: Vec<f32> = values(tokens * 3 * hidden, seed).iter().map(|value| 2.0 * value).collect();
        let gradient = values(tokens * hidden, seed ^ 1);
        let bias = biased.then(|| RelativeBias { values: values(heads * 19, seed ^ 2), reach: 10 });
        let bits = bits(AttentionMask::words(&lengths, heads), seed ^ 3);
        let dropout = dropped.then_some(AttentionMask(Kept { bits: &bits, scale: 1.25 }));
        let layer = Attention { lengths: &lengths, heads, bias: bias.as_ref(), dropout };
        let x = double(&projected);
        let plain = |x: &[f64]| plain::attention(x, &lengths, heads, bias.as_ref(), dropped.then_some((&bits[..], 1.25)));
        for cpu in Cpu::all() {
            let mut attended = vec![9.0; tokens * hidden];
            let weights = layer.forward(cpu, &projected, &mut attended);
            close("attended", &attended, &plain(&x), 1e-5)?;
            if !dropped {
                let mut predicted = vec![9.0; tokens * hidden];
                attend(cpu, &lengths, heads, &projected, bias.as_ref(), &mut predicted);
                prop_assert_eq!(&attended, &predicted);
            }
            let mut found = vec![9.0; tokens * 3 * hidden];
            layer.backward(cpu, &projected, &weights, &gradient, &mut found);
            close("projected", &found, &numeric(&x, |x| dot(&plain(x), &gradient)), 1e-5)?;
        }
    }

    #[test]
    fn blocks(
        lengths in prop::collection::vec(1..5_usize, 1..3),
        heads in 1..3_usize,
        size in 1..4_usize,
        inner in 1..9_usize,
        biased in any::<bool>(),
        dropped in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let (tokens, hidden) = (lengths.iter().sum::<usize>(), 2 * heads * size);
        let model = Model { hidden, inner, epsilon: 0.1 };
        let parameters = values(model.parameters(), seed);
        let (states, gradient) = (values(tokens * hidden, seed ^ 1), values(tokens * hidden, seed ^ 2));
        let bias = biased.then(|| RelativeBias { values: values(heads * 19, seed ^ 3), reach: 10 });
        let of_weights = bits(AttentionMask::words(&lengths, heads), seed ^ 4);
        let [of_attended, of_down] = [5, 6].map(|other| bits(mask_words(tokens * hidden), seed ^ other));
        let kept = |bits| Kept { bits, scale: 1.5 };
        let masks = if dropped {
            Masks {
                weights: Some(AttentionMask(kept(&of_weights))),
                attended: Some(kept(&of_attended)),
                down: Some(kept(&of_down)),
            }
        } else {
            Masks::default()
        };
        let drop = dropped.then_some(Drop { weights: &of_weights, attended: &of_attended, down: &of_down, scale: 1.5 });
        let sentences = Sentences { lengths: &lengths, heads, bias: bias.as_ref() };
        let (x, p) = (double(&states), double(&parameters));
        let plain = |x: &[f64], p: &[f64]| plain::block(&model, x, p, sentences, drop);
        let block = model.block(&parameters);
        for cpu in Cpu::all() {
            let (output, trace) = block.forward(cpu, sentences, masks, &states);
            close("output", &output, &plain(&x, &p), 2e-5)?;
            let mut found = vec![9.0; states.len()];
            let gradients = block.backward(cpu, sentences, masks, &states, &trace, &gradient, Some(&mut found));
            close("states", &found, &numeric(&x, |x| dot(&plain(x, &p), &gradient)), 1e-4)?;
            let gradients = Model::flat(gradients);
            close("parameters", &gradients, &numeric(&p, |p| dot(&plain(&x, p), &gradient)), 1e-4)?;
            // Whether the gradient of the states is wanted changes no other.
            let fewer = block.backward(cpu, sentences, masks, &states, &trace, &gradient, None);
            prop_assert_eq!(Model::flat(fewer), gradients);
        }
    }

    /// Training computes what prediction does, to within rounding.
    #[test]
    fn states_are_those_of_prediction(lengths in prop::collection::vec(1..30_usize, 1..5), seed in any::<u32>()) {
        let (heads, hidden, inner, cpu) = (4, 32, 96, Cpu::native());
        let tokens = lengths.iter().sum::<usize>();
        let model = Model { hidden, inner, epsilon: 1e-5 };
        let parameters: Vec<f32> = values(model.parameters(), seed).iter().map(|value| 0.4 * value).collect();
        let states = values(tokens * hidden, seed ^ 1);
        let block = model.block(&parameters);
        let (output, _) = block.forward(cpu, Sentences { lengths: &lengths, heads, bias: None }, Masks::default(), &states);

        let projection = |linear: Linear, input: &[f32], activation: Activation| {
            let mut output = vec![0.0; tokens * linear.outputs()];
            Projection::new(cpu, linear.weight, linear.bias.to_vec()).forward(input, activation, &mut output);
            output
        };
        let norm = |norm: Norm| {
            LayerNorm { scale: norm.scale.to_vec(), shift: norm.shift.to_vec(), epsilon: norm.epsilon }
        };
        let projected = projection(block.project, &states, Activation::Identity);
        let mut attended = vec![0.0; tokens * hidden];
        attend(cpu, &lengths, heads, &projected, None, &mut attended);
        let mut middle = projection(block.attended, &attended, Activation::Identity);
        normalise(cpu, &norm(block.attention_norm), &mut middle, &states);
        let inner = projection(block.up, &middle, Activation::Gelu);
        let mut expected = projection(block.down, &inner, Activation::Identity);
        normalise(cpu, &norm(block.output_norm), &mut expected, &middle);
        close("output", &output, &double(&expected), 1e-5)?;
    }
}

#[test]
fn dropout_with_all_bits_set_changes_nothing() {
    let (lengths, heads, hidden, cpu) = ([3, 5], 2, 8, Cpu::native());
    let model = Model { hidden, inner: 12, epsilon: 1e-5 };
    let parameters = values(model.parameters(), 1);
    let states = values(8 * hidden, 2);
    let sentences = Sentences { lengths: &lengths, heads, bias: None };
    let all = vec![u32::MAX; AttentionMask::words(&lengths, heads).max(mask_words(8 * hidden))];
    let kept = Kept { bits: &all, scale: 1.0 };
    let masks = Masks { weights: Some(AttentionMask(kept)), attended: Some(kept), down: Some(kept) };
    let block = model.block(&parameters);
    let (with, _) = block.forward(cpu, sentences, masks, &states);
    let (without, _) = block.forward(cpu, sentences, Masks::default(), &states);
    assert_eq!(with, without);
}
