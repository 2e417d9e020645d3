use pulp::{Simd, WithSimd};

use super::{Gradients, Inputs, Trace, Weights, check, row};
use crate::cpu::{add_scaled, dot, load, multiply_add, set_scaled, store};
use crate::matrix::{Matrix, Write, add_rows, multiply, product};
use crate::recycle::take;
use crate::{Buffer, Cpu, Packing};

/// Backpropagates `grad_attended` (`[rows, hidden]`, the gradient of the loss with respect to the attended
/// states) to the inputs and the parameters. `trace` is what [`forward`](super::forward()) returned for the
/// same arguments.
///
/// # Panics
/// If the lengths of the slices are inconsistent.
pub fn backward(
    cpu: Cpu,
    packing: &Packing,
    inputs: Inputs,
    weights: Weights,
    trace: &Trace,
    grad_attended: &[f32],
) -> Gradients {
    check(packing, &inputs, &weights);
    let (tokens, rows) = (packing.tokens(), packing.rows());
    let (size, hidden, position) = (weights.attention(), weights.hidden_size(), weights.position_size());
    assert_eq!(grad_attended.len(), rows * hidden, "gradient of the attended states");
    assert_eq!(trace.energies.len(), tokens * size, "energies");

    let mut grad_states = vec![0.0; tokens * hidden];
    let mut grad_scores = Buffer::new(tokens);
    let states = States { packing, inputs, trace, grad_attended, hidden };
    cpu.run(OfWeights { states, grad_weights: &mut grad_scores, grad_states: &mut grad_states });
    softmax_backward(packing, &trace.weights, &mut grad_scores);

    // Gradients before tanh: per token, and summed per sentence and per position relative to each entity.
    let mut grad_energies = Buffer::new(tokens * size);
    let mut grad_queries = Buffer::zeros(rows * size);
    let mut grad_projected = trace.tables.each_ref().map(|table| Buffer::zeros(table.symbols.len() * size));
    let mut score = vec![0.0; size];
    cpu.run(OfEnergies {
        packing,
        weights,
        trace,
        grad_scores: &grad_scores,
        grad_energies: &mut grad_energies,
        grad_queries: &mut grad_queries,
        grad_projected: &mut grad_projected,
        grad_score_weight: &mut score,
    });

    let grad_energies = Matrix::new(&grad_energies, tokens, size);
    let by_hidden = Matrix::new(weights.hidden, size, hidden);
    multiply(&mut grad_states, grad_energies, by_hidden, Write::Add);
    let of_hidden = product(grad_energies.transposed(), Matrix::new(inputs.hidden, tokens, hidden));

    let mut bias = vec![0.0; size];
    add_rows(&mut bias, &grad_queries);
    let grad_queries = Matrix::new(&grad_queries, rows, size);
    let mut inputs_summary = vec![0.0; rows * hidden];
    multiply(&mut inputs_summary, grad_queries, Matrix::new(weights.summary, size, hidden), Write::Replace);
    let of_summary =
        product(grad_queries.transposed(), Matrix::new(&inputs.summary[..rows * hidden], rows, hidden));

    let mut of_position = take(weights.position.len());
    let mut of_positions = take(weights.positions.len());
    of_positions.fill(0.0);
    for (entity, (table, grad_projected)) in trace.tables.iter().zip(&grad_projected).enumerate() {
        let symbols = table.symbols.len();
        let grad_projected = Matrix::new(grad_projected, symbols, size);
        let mut half = Buffer::new(size * position);
        multiply(&mut half, grad_projected.transposed(), table.matrix(position), Write::Replace);
        for (both, half) in of_position.chunks_exact_mut(2 * position).zip(half.chunks_exact(position)) {
            both[row(entity, position)].copy_from_slice(half);
        }
        let mut embedded = Buffer::new(symbols * position);
        multiply(&mut embedded, grad_projected, weights.position_half(entity), Write::Replace);
        for (&symbol, embedded) in table.symbols.iter().zip(embedded.chunks_exact(position)) {
            add_rows(&mut of_positions[row(symbol as usize, position)], embedded);
        }
    }
    Gradients {
        inputs_hidden: grad_states,
        inputs_summary,
        hidden: of_hidden,
        bias,
        summary: of_summary,
        position: of_position,
        score,
        positions: of_positions,
    }
}

#[derive(Clone, Copy)]
struct States<'a> {
    packing: &'a Packing,
    inputs: Inputs<'a>,
    trace: &'a Trace,
    grad_attended: &'a [f32],
    hidden: usize,
}

/// Backpropagates through the weighted sum, to the attention weights and directly to the states.
struct OfWeights<'a> {
    states: States<'a>,
    grad_weights: &'a mut [f32],
    grad_states: &'a mut [f32],
}

impl WithSimd for OfWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { states, grad_weights, grad_states } = self;
        let States { packing, inputs, trace, grad_attended, hidden } = states;
        for step in 0..packing.steps() {
            for sentence in 0..packing.active(step) {
                let token = packing.token(sentence, step);
                let grad = &grad_attended[row(sentence, hidden)];
                grad_weights[token] = dot(simd, grad, &inputs.hidden[row(token, hidden)]);
                set_scaled(simd, &mut grad_states[row(token, hidden)], trace.weights[token], grad);
            }
        }
    }
}

/// Turns the gradient with respect to the softmax's output into that with respect to its input, in place.
fn softmax_backward(packing: &Packing, weights: &[f32], grad: &mut [f32]) {
    for (sentence, &length) in packing.lengths().iter().enumerate() {
        let tokens = (0..length).map(|step| packing.token(sentence, step));
        let mean: f32 = tokens.clone().map(|token| weights[token] * grad[token]).sum();
        tokens.for_each(|token| grad[token] = weights[token] * (grad[token] - mean));
    }
}

/// Backpropagates through the scores and tanh.
struct OfEnergies<'a> {
    packing: &'a Packing,
    weights: Weights<'a>,
    trace: &'a Trace,
    grad_scores: &'a [f32],
    grad_energies: &'a mut [f32],
    grad_queries: &'a mut [f32],
    grad_projected: &'a mut [Buffer; 2],
    grad_score_weight: &'a mut [f32],
}

impl WithSimd for OfEnergies<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            packing,
            weights,
            trace,
            grad_scores,
            grad_energies,
            grad_queries,
            grad_projected,
            grad_score_weight,
        } = self;
        let size = weights.attention();
        let one = simd.splat_f32s(1.0);
        let [subjects, objects] = grad_projected;
        for step in 0..packing.steps() {
            for sentence in 0..packing.active(step) {
                let token = packing.token(sentence, step);
                let energy = &trace.energies[row(token, size)];
                let grad_energy = &mut grad_energies[row(token, size)];
                let grad = simd.splat_f32s(grad_scores[token]);
                for start in (0..size).step_by(S::F32_LANES) {
                    let place = start..(start + S::F32_LANES).min(size);
                    let value = load(simd, &energy[place.clone()]);
                    let slope = simd.sub_f32s(one, simd.mul_f32s(value, value));
                    let score = load(simd, &weights.score[place.clone()]);
                    let through = simd.mul_f32s(simd.mul_f32s(grad, score), slope);
                    store(simd, &mut grad_energy[place.clone()], through);
                    let weight = load(simd, &grad_score_weight[place.clone()]);
                    store(simd, &mut grad_score_weight[place], multiply_add(simd, grad, value, weight));
                }
                add_scaled(simd, &mut grad_queries[row(sentence, size)], 1.0, grad_energy);
                let [subject, object] =
                    [0, 1].map(|entity: usize| trace.tables[entity].places[token] as usize);
                add_scaled(simd, &mut subjects[row(subject, size)], 1.0, grad_energy);
                add_scaled(simd, &mut objects[row(object, size)], 1.0, grad_energy);
            }
        }
    }
}
