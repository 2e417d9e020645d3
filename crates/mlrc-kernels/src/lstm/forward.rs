use pulp::{Simd, WithSimd};

use super::{Direction, Trace, Weights, disjoint, load_gates, of_gates_mut, rows, unit_blocks};
use crate::activation::{gates, tanh};
use crate::cpu::{load, multiply_add, store};
use crate::matrix::{Matrix, Write, multiply};
use crate::panels::{blocks, most_rows, tile, with_rows};
use crate::{Buffer, Cpu, Packing};

/// Runs the LSTM over every sentence of the packed `input` (`[tokens, input]`). Returns the hidden state
/// after each token, `[tokens, hidden]`, and what [`backward`](super::backward()) needs.
///
/// # Panics
/// If the lengths of the slices are inconsistent.
pub fn forward(
    cpu: Cpu,
    packing: &Packing,
    direction: Direction,
    input: &[f32],
    weights: Weights,
) -> (Vec<f32>, Trace) {
    let (tokens, size, inputs) = (packing.tokens(), weights.hidden(), weights.inputs());
    weights.check(tokens, input);
    let mut gates = Buffer::new(tokens * 4 * size);
    multiply(
        &mut gates,
        Matrix::new(input, tokens, inputs),
        Matrix::new(weights.input, 4 * size, inputs).transposed(),
        Write::Replace,
    );
    let mut hidden = vec![0.0; tokens * size];
    let mut cells = Buffer::new(tokens * size);
    cpu.run(Recurrence {
        packing,
        direction,
        weights,
        gates: &mut gates,
        cells: &mut cells,
        hidden: &mut hidden,
    });
    (hidden, Trace { gates, cells })
}

/// The recurrence, given the input's contribution to the gates in `gates`.
struct Recurrence<'a> {
    packing: &'a Packing,
    direction: Direction,
    weights: Weights<'a>,
    gates: &'a mut [f32],
    cells: &'a mut [f32],
    hidden: &'a mut [f32],
}

impl WithSimd for Recurrence<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { packing, direction, weights, gates, cells, hidden } = self;
        let size = weights.hidden();
        let panels = pack::<S>(weights.recurrent, size);
        let panels = panels.vectors::<S>().as_chunks::<4>().0;
        let mut bias = Buffer::new(4 * size);
        for (bias, (a, b)) in bias.iter_mut().zip(weights.input_bias.iter().zip(weights.recurrent_bias)) {
            *bias = a + b;
        }
        for step in direction.steps(packing) {
            let (first, active) = (packing.offset(step), packing.active(step));
            let (previous, carried) = direction.previous(packing, step);
            let (read, write) = (rows(previous, carried, size), rows(first, active, size));
            let (previous_hidden, hidden) = disjoint(hidden, read.clone(), write.clone());
            let (previous_cells, cells) = disjoint(cells, read, write);
            let gates = &mut gates[rows(first, active, 4 * size)];
            for (units, panel) in unit_blocks(size, S::F32_LANES).zip(panels.chunks_exact(size)) {
                let mut block = Block {
                    simd,
                    size,
                    start: units.start,
                    end: units.end,
                    bias: &bias,
                    gates,
                    cells,
                    hidden,
                };
                for (row, count) in blocks(carried, most_rows::<S>()) {
                    let left = &previous_hidden[row * size..];
                    with_rows!(count, R => {
                        for (r, sums) in tile::<S, R, 4>(simd, left, panel).into_iter().enumerate() {
                            let cell = &previous_cells[(row + r) * size..][units.clone()];
                            block.finish(row + r, sums, load(simd, cell));
                        }
                    });
                }
                let zero = simd.splat_f32s(0.0);
                for row in carried..active {
                    block.finish(row, [zero; 4], zero);
                }
            }
        }
    }
}

/// The units `start..end` of the rows of one step.
struct Block<'a, S> {
    simd: S,
    size: usize,
    start: usize,
    end: usize,
    bias: &'a [f32],
    gates: &'a mut [f32],
    cells: &'a mut [f32],
    hidden: &'a mut [f32],
}

impl<S: Simd> Block<'_, S> {
    /// Writes the gates and the new state of `row`, given `U h'` and the previous cell.
    #[inline(always)]
    fn finish(&mut self, row: usize, recurrent: [S::f32s; 4], previous_cell: S::f32s) {
        let (simd, size, units) = (self.simd, self.size, self.start..self.end);
        let gates_row = &mut self.gates[rows(row, 1, 4 * size)];
        let mut sums = load_gates(simd, gates_row, units.clone());
        let biases = load_gates(simd, self.bias, units.clone());
        for gate in 0..4 {
            sums[gate] = simd.add_f32s(simd.add_f32s(sums[gate], biases[gate]), recurrent[gate]);
        }
        let activated = gates(simd, sums);
        let [i, f, g, o] = activated;
        let cell = multiply_add(simd, f, previous_cell, simd.mul_f32s(i, g));
        let state = simd.mul_f32s(o, tanh(simd, cell));
        for (place, gate) in of_gates_mut(gates_row, units.clone()).into_iter().zip(activated) {
            store(simd, place, gate);
        }
        store(simd, &mut self.cells[rows(row, 1, size)][units.clone()], cell);
        store(simd, &mut self.hidden[rows(row, 1, size)][units], state);
    }
}

/// The transpose of the row-major `recurrent` (`[4 · size, size]`), packed for [`tile`]: for each block of units, for
/// each input, the block's vectors of the four gates.
#[inline(always)]
fn pack<S: Simd>(recurrent: &[f32], size: usize) -> Buffer {
    let lanes = S::F32_LANES;
    let mut packed = Buffer::new(size.div_ceil(lanes) * size * 4 * lanes);
    for (units, panel) in unit_blocks(size, lanes).zip(packed.chunks_exact_mut(size * 4 * lanes)) {
        for gate in 0..4 {
            let weights = &recurrent[(gate * size + units.start) * size..][..units.len() * size];
            for (input, packed) in panel.chunks_exact_mut(4 * lanes).enumerate() {
                let packed = &mut packed[gate * lanes..(gate + 1) * lanes];
                for (unit, value) in packed.iter_mut().enumerate() {
                    *value = if unit < units.len() { weights[unit * size + input] } else { 0.0 };
                }
            }
        }
    }
    packed
}
