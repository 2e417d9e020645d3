//! A whole LSTM sequence as one operation, forward and backward.
//!
//! With `σ` the logistic function and `⊙` the elementwise product, one step computes
//!
//! ```text
//! i, f, o = σ(W x + b + U h' + c)      g = tanh(W x + b + U h' + c)
//! cell    = f ⊙ cell' + i ⊙ g          h = o ⊙ tanh(cell)
//! ```
//!
//! from the state `(h', cell')` of the step before (zero at the start). The products with `x` of all steps are
//! one matrix product; only `U h'` is left inside the recurrence. Gates lie in PyTorch's order: input, forget,
//! cell, output.

use crate::Packing;
use crate::activation::{sigmoid, tanh, vectorised};
use crate::matrix::{Matrix, Write, add_rows, multiply};

/// The order in which a sentence is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first token to the last.
    Forward,
    /// From the last token to the first.
    Backward,
}

impl Direction {
    fn steps(self, packing: &Packing) -> Box<dyn DoubleEndedIterator<Item = usize>> {
        match self {
            Self::Forward => Box::new(0..packing.steps()),
            Self::Backward => Box::new((0..packing.steps()).rev()),
        }
    }

    /// The step read before `step`, and how many of the rows at `step` were there already.
    fn previous(self, packing: &Packing, step: usize) -> Option<(usize, usize)> {
        match self {
            Self::Forward => step.checked_sub(1).map(|previous| (previous, packing.active(step))),
            Self::Backward => {
                let carried = packing.active(step + 1);
                (carried > 0).then_some((step + 1, carried))
            }
        }
    }
}

/// The parameters of one LSTM layer in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// `[4 · hidden, input]`
    pub input: &'a [f32],
    /// `[4 · hidden, hidden]`
    pub recurrent: &'a [f32],
    /// `[4 · hidden]`, added to the input's share
    pub input_bias: &'a [f32],
    /// `[4 · hidden]`, added to the recurrent share
    pub recurrent_bias: &'a [f32],
}

impl Weights<'_> {
    /// Number of hidden units.
    pub fn hidden(&self) -> usize {
        self.input_bias.len() / 4
    }

    fn inputs(&self) -> usize {
        self.input.len() / self.input_bias.len()
    }

    fn check(&self, tokens: usize, input: &[f32]) {
        let (gates, inputs) = (4 * self.hidden(), self.inputs());
        assert!(gates > 0 && gates == self.input_bias.len(), "a bias holds four gates");
        assert_eq!(self.recurrent_bias.len(), gates, "recurrent bias");
        assert_eq!(self.input.len(), gates * inputs, "input weight");
        assert_eq!(self.recurrent.len(), gates * self.hidden(), "recurrent weight");
        assert_eq!(input.len(), tokens * inputs, "input");
    }
}

/// What a forward pass leaves behind; the backward pass needs all of it.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Hidden state after each token, `[tokens, hidden]`.
    pub hidden: Vec<f32>,
    /// Activated gates, `[tokens, 4 · hidden]`.
    pub gates: Vec<f32>,
    /// Cell state after each token, `[tokens, hidden]`.
    pub cells: Vec<f32>,
}

/// Reads every sentence of the packed `input` (`[tokens, input]`).
///
/// # Panics
/// If the lengths of the slices do not fit each other.
pub fn forward(packing: &Packing, direction: Direction, input: &[f32], weights: Weights) -> Trace {
    let (tokens, hidden_size) = (packing.tokens(), weights.hidden());
    weights.check(tokens, input);
    let gate_size = 4 * hidden_size;

    let mut gates = Vec::with_capacity(tokens * gate_size);
    let bias: Vec<f32> = weights.input_bias.iter().zip(weights.recurrent_bias).map(|(a, b)| a + b).collect();
    (0..tokens).for_each(|_| gates.extend_from_slice(&bias));
    let inputs = weights.inputs();
    multiply(
        &mut gates,
        Matrix::new(input, tokens, inputs),
        Matrix::new(weights.input, gate_size, inputs).transposed(),
        Write::Add,
    );

    let mut hidden = vec![0.0; tokens * hidden_size];
    let mut cells = vec![0.0; tokens * hidden_size];
    let recurrent = Matrix::new(weights.recurrent, gate_size, hidden_size).transposed();
    let start = vec![0.0; hidden_size];
    for step in direction.steps(packing) {
        let first = packing.offset(step);
        let mut carried = 0;
        let mut previous_first = 0;
        if let Some((previous, rows)) = direction.previous(packing, step) {
            (previous_first, carried) = (packing.offset(previous), rows);
            multiply(
                &mut gates[first * gate_size..(first + rows) * gate_size],
                Matrix::new(&hidden[previous_first * hidden_size..], rows, hidden_size),
                recurrent,
                Write::Add,
            );
        }
        for row in 0..packing.active(step) {
            let place = first + row;
            // The previous cell is always in another block of rows than the one written.
            let previous = row_of(previous_first + row, hidden_size);
            let (previous_cell, cell) = if row < carried {
                disjoint(&mut cells, previous, row_of(place, hidden_size))
            } else {
                (&start[..], &mut cells[row_of(place, hidden_size)])
            };
            step_forward(
                &mut gates[row_of(place, gate_size)],
                previous_cell,
                cell,
                &mut hidden[row_of(place, hidden_size)],
            );
        }
    }
    Trace { hidden, gates, cells }
}

/// Gradients of a loss with respect to the input and the parameters of a layer.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// `[tokens, input]`; empty if it was not asked for.
    pub input: Vec<f32>,
    /// `[4 · hidden, input]`
    pub input_weight: Vec<f32>,
    /// `[4 · hidden, hidden]`
    pub recurrent_weight: Vec<f32>,
    /// `[4 · hidden]`; both biases have this gradient.
    pub bias: Vec<f32>,
}

/// Carries `grad_hidden` (`[tokens, hidden]`, the loss's gradient with respect to every hidden state) back to the
/// input and the parameters. `trace` is what [`forward`] returned for the same arguments; `input_gradient` tells
/// whether the gradient of the input is wanted.
///
/// # Panics
/// If the lengths of the slices do not fit each other.
pub fn backward(
    packing: &Packing,
    direction: Direction,
    input: &[f32],
    weights: Weights,
    trace: (&[f32], &[f32], &[f32]),
    grad_hidden: &[f32],
    input_gradient: bool,
) -> Gradients {
    let (hidden, gates, cells) = trace;
    let (tokens, hidden_size, inputs) = (packing.tokens(), weights.hidden(), weights.inputs());
    let gate_size = 4 * hidden_size;
    weights.check(tokens, input);
    assert_eq!(hidden.len(), tokens * hidden_size, "hidden states");
    assert_eq!(cells.len(), tokens * hidden_size, "cells");
    assert_eq!(gates.len(), tokens * gate_size, "gates");
    assert_eq!(grad_hidden.len(), tokens * hidden_size, "gradient of the hidden states");

    let mut grad_gates = vec![0.0; tokens * gate_size];
    // What reaches the states of the step before; rows that end later start at zero.
    let mut carry_hidden = vec![0.0; packing.rows() * hidden_size];
    let mut carry_cell = vec![0.0; packing.rows() * hidden_size];
    let mut previous_hidden = vec![0.0; tokens * hidden_size];
    let recurrent = Matrix::new(weights.recurrent, gate_size, hidden_size);
    let start = vec![0.0; hidden_size];
    for step in direction.steps(packing).rev() {
        let (first, active) = (packing.offset(step), packing.active(step));
        let (previous_first, carried) = direction
            .previous(packing, step)
            .map_or((0, 0), |(previous, rows)| (packing.offset(previous), rows));
        for row in 0..active {
            let place = first + row;
            let previous_cell =
                if row < carried { &cells[row_of(previous_first + row, hidden_size)] } else { &start };
            step_backward(
                &gates[row_of(place, gate_size)],
                previous_cell,
                &cells[row_of(place, hidden_size)],
                &grad_hidden[row_of(place, hidden_size)],
                &carry_hidden[row_of(row, hidden_size)],
                &mut carry_cell[row_of(row, hidden_size)],
                &mut grad_gates[row_of(place, gate_size)],
            );
        }
        if carried > 0 {
            multiply(
                &mut carry_hidden,
                Matrix::new(&grad_gates[first * gate_size..], carried, gate_size),
                recurrent,
                Write::Replace,
            );
            let block = carried * hidden_size;
            previous_hidden[first * hidden_size..][..block]
                .copy_from_slice(&hidden[previous_first * hidden_size..][..block]);
        }
    }

    let grad_gates_matrix = Matrix::new(&grad_gates, tokens, gate_size);
    let mut input_weight = vec![0.0; gate_size * inputs];
    let mut recurrent_weight = vec![0.0; gate_size * hidden_size];
    let mut bias = vec![0.0; gate_size];
    let across = grad_gates_matrix.transposed();
    multiply(&mut input_weight, across, Matrix::new(input, tokens, inputs), Write::Replace);
    multiply(
        &mut recurrent_weight,
        across,
        Matrix::new(&previous_hidden, tokens, hidden_size),
        Write::Replace,
    );
    add_rows(&mut bias, &grad_gates);
    let mut grad_input = Vec::new();
    if input_gradient {
        grad_input.resize(tokens * inputs, 0.0);
        let by_input = Matrix::new(weights.input, gate_size, inputs);
        multiply(&mut grad_input, grad_gates_matrix, by_input, Write::Replace);
    }
    Gradients { input: grad_input, input_weight, recurrent_weight, bias }
}

fn row_of(row: usize, width: usize) -> std::ops::Range<usize> {
    row * width..(row + 1) * width
}

/// Two ranges of one slice that do not overlap, the second for writing.
fn disjoint(
    values: &mut [f32],
    read: std::ops::Range<usize>,
    write: std::ops::Range<usize>,
) -> (&[f32], &mut [f32]) {
    if read.start < write.start {
        let (before, after) = values.split_at_mut(write.start);
        (&before[read], &mut after[..write.len()])
    } else {
        let (before, after) = values.split_at_mut(read.start);
        (&after[..read.len()], &mut before[write])
    }
}

vectorised! {
    /// One row of one step: activates `gates` in place and writes the new cell and hidden state.
    pub fn step_forward(gates: &mut [f32], previous_cell: &[f32], cell: &mut [f32], hidden: &mut [f32]) {
        let size = hidden.len();
        let (i, rest) = gates.split_at_mut(size);
        let (f, rest) = rest.split_at_mut(size);
        let (g, o) = rest.split_at_mut(size);
        let (o, cell, previous_cell) = (&mut o[..size], &mut cell[..size], &previous_cell[..size]);
        for unit in 0..size {
            i[unit] = sigmoid(i[unit]);
            f[unit] = sigmoid(f[unit]);
            g[unit] = tanh(g[unit]);
            o[unit] = sigmoid(o[unit]);
            cell[unit] = f[unit] * previous_cell[unit] + i[unit] * g[unit];
            hidden[unit] = o[unit] * tanh(cell[unit]);
        }
    }
}

vectorised! {
    /// One row of one step, backwards: from the gradient of the hidden state (its own, and what `carry_hidden`
    /// brings from the next step) to the gradient before the gates' activation; `carry_cell` is updated in place.
    pub fn step_backward(
        gates: &[f32],
        previous_cell: &[f32],
        cell: &[f32],
        grad_hidden: &[f32],
        carry_hidden: &[f32],
        carry_cell: &mut [f32],
        grad_gates: &mut [f32],
    ) {
        let size = cell.len();
        let (i, rest) = gates.split_at(size);
        let (f, rest) = rest.split_at(size);
        let (g, o) = rest.split_at(size);
        let (d_i, rest) = grad_gates.split_at_mut(size);
        let (d_f, rest) = rest.split_at_mut(size);
        let (d_g, d_o) = rest.split_at_mut(size);
        let (o, d_o, previous_cell) = (&o[..size], &mut d_o[..size], &previous_cell[..size]);
        let (grad_hidden, carry_hidden, carry_cell) =
            (&grad_hidden[..size], &carry_hidden[..size], &mut carry_cell[..size]);
        for unit in 0..size {
            let squashed = tanh(cell[unit]);
            let d_hidden = grad_hidden[unit] + carry_hidden[unit];
            let d_cell = carry_cell[unit] + d_hidden * o[unit] * (1.0 - squashed * squashed);
            d_i[unit] = d_cell * g[unit] * i[unit] * (1.0 - i[unit]);
            d_f[unit] = d_cell * previous_cell[unit] * f[unit] * (1.0 - f[unit]);
            d_g[unit] = d_cell * i[unit] * (1.0 - g[unit] * g[unit]);
            d_o[unit] = d_hidden * squashed * o[unit] * (1.0 - o[unit]);
            carry_cell[unit] = d_cell * f[unit];
        }
    }
}
