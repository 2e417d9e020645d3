use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{Direction, Gradients, Trace, Weights, load_gates, of_gates_mut, rows, unit_blocks};
use crate::activation::tanh;
use crate::cpu::{load, multiply_add, store};
use crate::matrix::{Matrix, Write, multiply, product};
use crate::panels::Panels;
use crate::{Buffer, Cpu, Packing};

/// Backpropagates `grad_hidden` (`[tokens, hidden]`, the gradient of the loss with respect to every hidden
/// state) to the input and the parameters. `hidden` and `trace` are what [`forward`](super::forward())
/// returned for the same arguments; `wanted` is the range of input columns whose gradient is needed.
///
/// # Panics
/// If the lengths of the slices are inconsistent.
pub fn backward(
    cpu: Cpu,
    packing: &Packing,
    direction: Direction,
    input: &[f32],
    weights: Weights,
    (hidden, trace): (&[f32], &Trace),
    grad_hidden: &[f32],
    wanted: Range<usize>,
) -> Gradients {
    let (tokens, size, inputs) = (packing.tokens(), weights.hidden(), weights.inputs());
    let gate_size = 4 * size;
    weights.check(tokens, input);
    assert_eq!(hidden.len(), tokens * size, "hidden states");
    assert_eq!(trace.cells.len(), tokens * size, "cells");
    assert_eq!(trace.gates.len(), tokens * gate_size, "gates");
    assert_eq!(grad_hidden.len(), tokens * size, "gradient of the hidden states");

    let mut grad_gates = Buffer::new(tokens * gate_size);
    let mut bias = vec![0.0; gate_size];
    cpu.run(Recurrence {
        packing,
        direction,
        weights,
        trace,
        grad_hidden,
        grad_gates: &mut grad_gates,
        grad_bias: &mut bias,
    });

    let grad_gates = Matrix::new(&grad_gates, tokens, gate_size);
    let across = grad_gates.transposed();
    let input_weight = product(across, Matrix::new(input, tokens, inputs));
    let previous = previous_states(packing, direction, hidden, size);
    let recurrent_weight = product(across, Matrix::new(&previous, tokens, size));
    let by_input = Matrix::new(weights.input, gate_size, inputs);
    let mut grad_input = vec![0.0; if wanted.is_empty() { 0 } else { tokens * inputs }];
    if wanted.len() == inputs {
        multiply(&mut grad_input, grad_gates, by_input, Write::Replace);
    } else if !wanted.is_empty() {
        let mut columns = Buffer::new(tokens * wanted.len());
        multiply(&mut columns, grad_gates, by_input.columns(wanted.clone()), Write::Replace);
        for (row, columns) in grad_input.chunks_exact_mut(inputs).zip(columns.chunks_exact(wanted.len())) {
            row[wanted.clone()].copy_from_slice(columns);
        }
    }
    Gradients { input: grad_input, input_weight, recurrent_weight, bias }
}

/// For each token, the hidden state of the step read before it; zero at the start.
fn previous_states(packing: &Packing, direction: Direction, hidden: &[f32], size: usize) -> Buffer {
    let mut states = Buffer::new(packing.tokens() * size);
    for step in 0..packing.steps() {
        let (previous, carried) = direction.previous(packing, step);
        let (continued, started) =
            states[rows(packing.offset(step), packing.active(step), size)].split_at_mut(carried * size);
        continued.copy_from_slice(&hidden[rows(previous, carried, size)]);
        started.fill(0.0);
    }
    states
}

/// The recurrence, from the last step read to the first: fills `grad_gates` (before the gates' activation)
/// and sums its rows in `grad_bias`.
struct Recurrence<'a> {
    packing: &'a Packing,
    direction: Direction,
    weights: Weights<'a>,
    trace: &'a Trace,
    grad_hidden: &'a [f32],
    grad_gates: &'a mut [f32],
    grad_bias: &'a mut [f32],
}

impl WithSimd for Recurrence<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { packing, direction, weights, trace, grad_hidden, grad_gates, grad_bias } = self;
        let size = weights.hidden();
        let panels = Panels::pack(simd, weights.recurrent, 4 * size, size);
        // Gradients carried to the states of the previous step; rows that join later start at zero.
        let mut carry_hidden = Buffer::zeros(packing.rows() * size);
        let mut carry_cells = Buffer::zeros(packing.rows() * size);
        for step in direction.steps(packing).rev() {
            let (first, active) = (packing.offset(step), packing.active(step));
            let (previous, carried) = direction.previous(packing, step);
            for units in unit_blocks(size, S::F32_LANES) {
                let mut sums = load_gates(simd, grad_bias, units.clone());
                for row in 0..active {
                    let token = first + row;
                    let (of_token, of_row) = (place(token, size, &units), place(row, size, &units));
                    let mut previous_cell = simd.splat_f32s(0.0);
                    if row < carried {
                        previous_cell = load(simd, &trace.cells[place(previous + row, size, &units)]);
                    }
                    let grad = load(simd, &grad_hidden[of_token.clone()]);
                    let (d_gates, d_previous) = step_backward(
                        simd,
                        load_gates(simd, &trace.gates[rows(token, 1, 4 * size)], units.clone()),
                        previous_cell,
                        tanh(simd, load(simd, &trace.cells[of_token])),
                        simd.add_f32s(grad, load(simd, &carry_hidden[of_row.clone()])),
                        load(simd, &carry_cells[of_row.clone()]),
                    );
                    store(simd, &mut carry_cells[of_row], d_previous);
                    let places = of_gates_mut(&mut grad_gates[rows(token, 1, 4 * size)], units.clone());
                    for (gate, place) in places.into_iter().enumerate() {
                        store(simd, place, d_gates[gate]);
                        sums[gate] = simd.add_f32s(sums[gate], d_gates[gate]);
                    }
                }
                for (bias, sum) in of_gates_mut(grad_bias, units).into_iter().zip(sums) {
                    store(simd, bias, sum);
                }
            }
            if carried > 0 {
                panels.multiply(simd, &grad_gates[first * 4 * size..], carried, &mut carry_hidden);
            }
        }
    }
}

/// One backward step for a block of units: the gradients before the gates' activation, and that of the
/// previous cell.
#[inline(always)]
fn step_backward<S: Simd>(
    simd: S,
    [i, f, g, o]: [S::f32s; 4],
    previous_cell: S::f32s,
    squashed_cell: S::f32s,
    d_hidden: S::f32s,
    carry_cell: S::f32s,
) -> ([S::f32s; 4], S::f32s) {
    let one = simd.splat_f32s(1.0);
    // 1 − x · y and x (1 − x)
    let rest = |x, y| simd.sub_f32s(one, simd.mul_f32s(x, y));
    let slope = |x| simd.sub_f32s(x, simd.mul_f32s(x, x));
    let d_cell =
        multiply_add(simd, simd.mul_f32s(d_hidden, o), rest(squashed_cell, squashed_cell), carry_cell);
    let d_gates = [
        simd.mul_f32s(simd.mul_f32s(d_cell, g), slope(i)),
        simd.mul_f32s(simd.mul_f32s(d_cell, previous_cell), slope(f)),
        simd.mul_f32s(simd.mul_f32s(d_cell, i), rest(g, g)),
        simd.mul_f32s(simd.mul_f32s(d_hidden, squashed_cell), slope(o)),
    ];
    (d_gates, simd.mul_f32s(d_cell, f))
}

/// Where `units` of `row` lie.
fn place(row: usize, size: usize, units: &Range<usize>) -> Range<usize> {
    row * size + units.start..row * size + units.end
}
