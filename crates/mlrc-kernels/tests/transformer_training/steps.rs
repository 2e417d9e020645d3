//! Steps of AdamW on two blocks, as `bench/encoder/steps.py` makes them with PyTorch.

use std::collections::HashMap;

use mlrc_kernels::Cpu;
use mlrc_kernels::transformer::RelativeBias;
use mlrc_kernels::transformer::training::{Masks, Sentences};

use super::plain::Model;
use super::values;

const EXPECTED: &str = include_str!("steps.txt");
const LENGTHS: [usize; 3] = [7, 4, 9];
const TOKENS: usize = 20;
const MODEL: Model = Model { hidden: 16, inner: 40, epsilon: 1e-5 };
const HEADS: usize = 4;
const REACH: usize = 9;
const STEPS: usize = 10;

/// AdamW (Loshchilov and Hutter 2019) with PyTorch's defaults, at a learning rate of 0.01.
struct AdamW {
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: i32,
}

impl AdamW {
    fn step(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        self.steps += 1;
        let (first, second) = (1.0 - 0.9_f64.powi(self.steps), 1.0 - 0.999_f64.powi(self.steps));
        for (place, (parameter, &gradient)) in parameters.iter_mut().zip(gradients).enumerate() {
            let gradient = f64::from(gradient);
            let (mean, square) = (&mut self.mean[place], &mut self.square[place]);
            *mean = 0.9 * *mean + 0.1 * gradient;
            *square = 0.999 * *square + 0.001 * gradient * gradient;
            let step = *mean / first / ((*square / second).sqrt() + 1e-8);
            *parameter = (f64::from(*parameter) * (1.0 - 0.01 * 0.01) - 0.01 * step) as f32;
        }
    }
}

fn expected() -> HashMap<&'static str, Vec<f64>> {
    let read = |line: &'static str| {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        (name, words.map(|word| word.parse().unwrap()).collect())
    };
    EXPECTED.lines().map(read).collect()
}

#[test]
fn steps_are_those_of_pytorch() {
    let expected = expected();
    for cpu in Cpu::all() {
        let size = MODEL.parameters();
        let mut parameters: Vec<f32> = values(2 * size, 1).iter().map(|value| 0.5 * value).collect();
        let states = values(TOKENS * MODEL.hidden, 2);
        let target = values(TOKENS * MODEL.hidden, 3);
        let bias = RelativeBias { values: values(HEADS * (2 * REACH - 1), 4), reach: REACH };
        let sentences = Sentences { lengths: &LENGTHS, heads: HEADS, bias: Some(&bias) };
        let mut optimiser = AdamW { mean: vec![0.0; 2 * size], square: vec![0.0; 2 * size], steps: 0 };
        let mut output = Vec::new();
        for step in 0..STEPS {
            let blocks = [&parameters[..size], &parameters[size..]].map(|part| MODEL.block(part));
            let (middle, first) = blocks[0].forward(cpu, sentences, Masks::default(), &states);
            let second;
            (output, second) = blocks[1].forward(cpu, sentences, Masks::default(), &middle);
            // The mean squared distance from the target.
            let off: Vec<f32> = output.iter().zip(&target).map(|(value, target)| value - target).collect();
            let count = off.len() as f32;
            let loss = off.iter().map(|off| off * off).sum::<f32>() / count;
            let wanted = expected["losses"][step];
            assert!((f64::from(loss) - wanted).abs() < 2e-5 * wanted, "{cpu:?}: {loss}, not {wanted}");
            let gradient: Vec<f32> = off.iter().map(|off| 2.0 * off / count).collect();
            let mut carried = vec![0.0; middle.len()];
            let masks = Masks::default();
            let of_second =
                blocks[1].backward(cpu, sentences, masks, &middle, &second, &gradient, Some(&mut carried));
            let of_first = blocks[0].backward(cpu, sentences, masks, &states, &first, &carried, None);
            let gradients = [Model::flat(of_first), Model::flat(of_second)].concat();
            if step == 0 {
                compare("gradient", &every(29, &gradients), &expected["gradient"], 2e-5);
            }
            optimiser.step(&mut parameters, &gradients);
        }
        compare("output", &every(5, &output), &expected["output"], 1e-3);
        compare("parameters", &every(29, &parameters), &expected["parameters"], 1e-3);
    }
}

fn every(step: usize, values: &[f32]) -> Vec<f32> {
    values.iter().copied().step_by(step).collect()
}

fn compare(name: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let size = expected.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    for (place, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        assert!(off < tolerance * size, "{name} {place}: {found}, not {expected}");
    }
}
