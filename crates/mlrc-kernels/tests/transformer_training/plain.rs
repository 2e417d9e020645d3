//! A block in double precision, written from the equations, and its parameters in one flat vector.

use std::ops::Range;

use mlrc_kernels::transformer::RelativeBias;
use mlrc_kernels::transformer::training::{Block, BlockGradients, Linear, Norm, Sentences};

/// The sizes of a block.
#[derive(Clone, Copy)]
pub struct Model {
    pub hidden: usize,
    pub inner: usize,
    pub epsilon: f32,
}

/// Masks for dropout: of attention weights, and after the two projections.
#[derive(Clone, Copy)]
pub struct Drop<'a> {
    pub weights: &'a [u32],
    pub attended: &'a [u32],
    pub down: &'a [u32],
    pub scale: f64,
}

impl Model {
    /// Where the twelve parameters lie: weight and bias, or scale and shift, of the parts in order.
    fn parts(&self) -> [Range<usize>; 12] {
        let (h, i) = (self.hidden, self.inner);
        let mut start = 0;
        [3 * h * h, 3 * h, h * h, h, h, h, i * h, i, h * i, h, h, h].map(|size| {
            start += size;
            start - size..start
        })
    }

    pub fn parameters(&self) -> usize {
        self.parts()[11].end
    }

    pub fn block<'a>(&self, parameters: &'a [f32]) -> Block<'a> {
        let part = self.parts().map(|part| &parameters[part]);
        let linear = |first: usize| Linear { weight: part[first], bias: part[first + 1] };
        let norm = |first: usize| Norm { scale: part[first], shift: part[first + 1], epsilon: self.epsilon };
        Block {
            project: linear(0),
            attended: linear(2),
            attention_norm: norm(4),
            up: linear(6),
            down: linear(8),
            output_norm: norm(10),
        }
    }

    /// Gradients in the order of the parameters.
    pub fn flat(gradients: BlockGradients) -> Vec<f32> {
        let BlockGradients { project, attended, attention_norm, up, down, output_norm } = gradients;
        let linear = [project, attended, up, down].map(|linear| [linear.weight, linear.bias].concat());
        let norm = [attention_norm, output_norm].map(|norm| [norm.scale, norm.shift].concat());
        [&linear[0], &linear[1], &norm[0], &linear[2], &linear[3], &norm[1]].map(|part| &part[..]).concat()
    }
}

pub fn sum(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| left + right).collect()
}

pub fn linear(input: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let inputs = weight.len() / bias.len();
    let mut output = Vec::new();
    for row in input.chunks_exact(inputs) {
        for (weights, bias) in weight.chunks_exact(inputs).zip(bias) {
            output.push(bias + row.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>());
        }
    }
    output
}

pub fn gelu(input: &[f64]) -> Vec<f64> {
    input.iter().map(|&x| x * 0.5 * (1.0 + erf(x / 2.0_f64.sqrt()))).collect()
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

pub fn norm(input: &[f64], scale: &[f64], shift: &[f64], epsilon: f64) -> Vec<f64> {
    let hidden = scale.len();
    let mut output = Vec::new();
    for row in input.chunks_exact(hidden) {
        let mean = row.iter().sum::<f64>() / hidden as f64;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / hidden as f64;
        let deviation = (variance + epsilon).sqrt();
        output.extend((0..hidden).map(|c| scale[c] * (row[c] - mean) / deviation + shift[c]));
    }
    output
}

fn kept(bits: &[u32], place: usize) -> f64 {
    f64::from(bits[place / 32] >> (place % 32) & 1)
}

fn drop_out(values: &mut [f64], bits: &[u32], scale: f64) {
    values.iter_mut().enumerate().for_each(|(place, value)| *value *= scale * kept(bits, place));
}

/// One sentence and one head at a time.
pub fn attention(
    projected: &[f64],
    lengths: &[usize],
    heads: usize,
    bias: Option<&RelativeBias>,
    dropout: Option<(&[u32], f64)>,
) -> Vec<f64> {
    let tokens: usize = lengths.iter().sum();
    let hidden = projected.len() / tokens.max(1) / 3;
    let size = hidden / heads;
    let mut attended = vec![0.0; tokens * hidden];
    let (mut first, mut word) = (0, 0);
    for &length in lengths {
        for head in 0..heads {
            let at = |token: usize, part: usize, c: usize| {
                projected[(first + token) * 3 * hidden + part * hidden + head * size + c]
            };
            for query in 0..length {
                let score = |key: usize| {
                    let dot: f64 = (0..size).map(|c| at(query, 0, c) * at(key, 1, c)).sum();
                    let bias = bias.map_or(0.0, |RelativeBias { values, reach }| {
                        f64::from(values[head * (2 * reach - 1) + key + reach - 1 - query])
                    });
                    dot / (size as f64).sqrt() + bias
                };
                let scores: Vec<f64> = (0..length).map(|key| score(key).exp()).collect();
                let total: f64 = scores.iter().sum();
                let weight = |key: usize| {
                    let factor = dropout
                        .map_or(1.0, |(bits, scale)| scale * kept(&bits[word..], query * length + key));
                    factor * scores[key] / total
                };
                for c in 0..size {
                    attended[(first + query) * hidden + head * size + c] =
                        (0..length).map(|key| weight(key) * at(key, 2, c)).sum();
                }
            }
            word += (length * length).div_ceil(32);
        }
        first += length;
    }
    attended
}

pub fn block(
    model: &Model,
    states: &[f64],
    parameters: &[f64],
    sentences: Sentences,
    drop: Option<Drop>,
) -> Vec<f64> {
    let p = model.parts().map(|part| &parameters[part]);
    let epsilon = f64::from(model.epsilon);
    let projected = linear(states, p[0], p[1]);
    let weights = drop.map(|drop| (drop.weights, drop.scale));
    let attended = attention(&projected, sentences.lengths, sentences.heads, sentences.bias, weights);
    let mut attended = linear(&attended, p[2], p[3]);
    if let Some(drop) = drop {
        drop_out(&mut attended, drop.attended, drop.scale);
    }
    let middle = norm(&sum(&attended, states), p[4], p[5], epsilon);
    let mut down = linear(&gelu(&linear(&middle, p[6], p[7])), p[8], p[9]);
    if let Some(drop) = drop {
        drop_out(&mut down, drop.down, drop.scale);
    }
    norm(&sum(&down, &middle), p[10], p[11], epsilon)
}
