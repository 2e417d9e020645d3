use pulp::{Simd, WithSimd};

use super::{Inputs, Table, Trace, Weights, check, row};
use crate::activation::{tanh, tanh_of_four};
use crate::cpu::{add_scaled, load, multiply_add, store};
use crate::matrix::{Matrix, Write, multiply};
use crate::{Buffer, Cpu, Packing};

/// The attended states z, `[rows, hidden]`, and what [`backward`](super::backward()) needs.
///
/// # Panics
/// If the lengths of the slices are inconsistent or a position is not in the table.
pub fn forward(cpu: Cpu, packing: &Packing, inputs: Inputs, weights: Weights) -> (Vec<f32>, Trace) {
    check(packing, &inputs, &weights);
    let (tokens, rows) = (packing.tokens(), packing.rows());
    let (size, hidden) = (weights.attention(), weights.hidden_size());
    let projection = |matrix| Matrix::new(matrix, size, hidden).transposed();
    let mut energies = Buffer::new(tokens * size);
    multiply(
        &mut energies,
        Matrix::new(inputs.hidden, tokens, hidden),
        projection(weights.hidden),
        Write::Replace,
    );
    let summaries = inputs.summary.len() / hidden;
    let mut queries = Buffer::new(summaries * size);
    for query in queries.chunks_exact_mut(size) {
        query.copy_from_slice(weights.bias);
    }
    multiply(
        &mut queries,
        Matrix::new(inputs.summary, summaries, hidden),
        projection(weights.summary),
        Write::Add,
    );
    let tables = inputs.positions.map(|positions| Table::new(positions, &weights));
    let projected = [0, 1].map(|entity| tables[entity].projected(weights.position_half(entity)));

    let mut scores = Buffer::new(tokens);
    cpu.run(ScoreTokens {
        packing,
        weights,
        queries: &queries,
        tables: &tables,
        projected: &projected,
        energies: &mut energies,
        scores: &mut scores,
    });
    softmax(packing, &mut scores);
    let mut attended = vec![0.0; rows * hidden];
    cpu.run(Sum { packing, hidden, weights: &scores, states: inputs.hidden, sums: &mut attended });
    (attended, Trace { energies, weights: scores, tables })
}

/// Turns `U h` in `energies` into e, in place, and writes u to `scores`.
struct ScoreTokens<'a> {
    packing: &'a Packing,
    weights: Weights<'a>,
    queries: &'a [f32],
    tables: &'a [Table; 2],
    projected: &'a [Buffer; 2],
    energies: &'a mut [f32],
    scores: &'a mut [f32],
}

impl WithSimd for ScoreTokens<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { packing, weights, queries, tables, projected, energies, scores } = self;
        let size = weights.attention();
        for step in 0..packing.steps() {
            for sentence in 0..packing.active(step) {
                let token = packing.token(sentence, step);
                let energy = &mut energies[row(token, size)];
                let query = &queries[row(sentence, size)];
                let subject = &projected[0][row(tables[0].places[token] as usize, size)];
                let object = &projected[1][row(tables[1].places[token] as usize, size)];
                let mut sum = simd.splat_f32s(0.0);
                let mut start = 0;
                let lanes = S::F32_LANES;
                while start < size {
                    let at = |block: usize| {
                        (start + block * lanes).min(size)..(start + (block + 1) * lanes).min(size)
                    };
                    let single = size - start < 4 * lanes;
                    let mut values = [simd.splat_f32s(0.0); 4];
                    let blocks = if single { 1 } else { 4 };
                    for (block, value) in values.iter_mut().enumerate().take(blocks) {
                        let place = at(block);
                        let entities = simd.add_f32s(
                            load(simd, &subject[place.clone()]),
                            load(simd, &object[place.clone()]),
                        );
                        let states =
                            simd.add_f32s(load(simd, &energy[place.clone()]), load(simd, &query[place]));
                        *value = simd.add_f32s(states, entities);
                    }
                    if single {
                        values[0] = tanh(simd, values[0]);
                    } else {
                        values = tanh_of_four(simd, values);
                    }
                    for (block, &value) in values.iter().enumerate().take(blocks) {
                        let place = at(block);
                        store(simd, &mut energy[place.clone()], value);
                        sum = multiply_add(simd, value, load(simd, &weights.score[place]), sum);
                    }
                    start += blocks * lanes;
                }
                scores[token] = simd.reduce_sum_f32s(sum);
            }
        }
    }
}

/// Softmax over the tokens of each sentence, in place.
fn softmax(packing: &Packing, scores: &mut [f32]) {
    for (sentence, &length) in packing.lengths().iter().enumerate() {
        let tokens = (0..length).map(|step| packing.token(sentence, step));
        let greatest = tokens.clone().map(|token| scores[token]).fold(f32::NEG_INFINITY, f32::max);
        let mut total = 0.0;
        for token in tokens.clone() {
            scores[token] = (scores[token] - greatest).exp();
            total += scores[token];
        }
        tokens.for_each(|token| scores[token] /= total);
    }
}

/// The weighted sum of each sentence's `states`.
struct Sum<'a> {
    packing: &'a Packing,
    hidden: usize,
    weights: &'a [f32],
    states: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { packing, hidden, weights, states, sums } = self;
        for step in 0..packing.steps() {
            for sentence in 0..packing.active(step) {
                let token = packing.token(sentence, step);
                add_scaled(
                    simd,
                    &mut sums[row(sentence, hidden)],
                    weights[token],
                    &states[row(token, hidden)],
                );
            }
        }
    }
}
