//! A whole LSTM sequence as one operation, forward and backward.
//!
//! With `σ` the logistic function and `⊙` the elementwise product, one step computes
//!
//! ```text
//! i, f, o = σ(W x + b + U h' + c)      g = tanh(W x + b + U h' + c)
//! cell    = f ⊙ cell' + i ⊙ g          h = o ⊙ tanh(cell)
//! ```
//!
//! from the state `(h', cell')` of the previous step (zero at the start). The products with `x` of all steps
//! are computed as one matrix product; only `U h'` is left inside the recurrence, with `U` packed once for
//! all steps. Gates are stored in PyTorch's order: input, forget, cell, output.

mod backward;
mod forward;

use std::ops::Range;

pub use backward::backward;
pub use forward::forward;

use pulp::Simd;

use crate::cpu::load;
use crate::{Buffer, Packing};

/// The order in which a sentence is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first token to the last.
    Forward,
    /// From the last token to the first.
    Backward,
}

impl Direction {
    /// The steps in the order in which they are read.
    fn steps(self, packing: &Packing) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let steps = packing.steps();
        (0..steps).map(move |step| match self {
            Self::Forward => step,
            Self::Backward => steps - 1 - step,
        })
    }

    /// The first row of the step read before `step`, and how many of the rows at `step` were active there.
    fn previous(self, packing: &Packing, step: usize) -> (usize, usize) {
        match self {
            Self::Forward if step > 0 => (packing.offset(step - 1), packing.active(step)),
            Self::Backward if step + 1 < packing.steps() => {
                (packing.offset(step + 1), packing.active(step + 1))
            }
            _ => (0, 0),
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
    /// `[4 · hidden]`, added to the input's contribution
    pub input_bias: &'a [f32],
    /// `[4 · hidden]`, added to the recurrent contribution
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

/// What a forward pass saves for the backward pass, besides the hidden states.
#[derive(Debug)]
pub struct Trace {
    /// Activated gates, `[tokens, 4 · hidden]`.
    gates: Buffer,
    /// Cell state after each token, `[tokens, hidden]`.
    cells: Buffer,
}

/// Gradients of a loss with respect to the input and the parameters of a layer.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// `[tokens, input]`, zero in columns that were not requested; empty if none were.
    pub input: Vec<f32>,
    /// `[4 · hidden, input]`
    pub input_weight: Vec<f32>,
    /// `[4 · hidden, hidden]`
    pub recurrent_weight: Vec<f32>,
    /// `[4 · hidden]`; both biases have this gradient.
    pub bias: Vec<f32>,
}

/// The hidden units in blocks as wide as a vector, the last one narrower.
fn unit_blocks(hidden: usize, lanes: usize) -> impl Iterator<Item = Range<usize>> {
    (0..hidden).step_by(lanes).map(move |first| first..(first + lanes).min(hidden))
}

/// The values of `units` in each of the four gates of a row.
#[inline(always)]
fn of_gates(row: &[f32], units: Range<usize>) -> [&[f32]; 4] {
    let hidden = row.len() / 4;
    let (i, rest) = row.split_at(hidden);
    let (f, rest) = rest.split_at(hidden);
    let (g, o) = rest.split_at(hidden);
    [&i[units.clone()], &f[units.clone()], &g[units.clone()], &o[units]]
}

/// [`of_gates`] for writing.
#[inline(always)]
fn of_gates_mut(row: &mut [f32], units: Range<usize>) -> [&mut [f32]; 4] {
    let hidden = row.len() / 4;
    let (i, rest) = row.split_at_mut(hidden);
    let (f, rest) = rest.split_at_mut(hidden);
    let (g, o) = rest.split_at_mut(hidden);
    [&mut i[units.clone()], &mut f[units.clone()], &mut g[units.clone()], &mut o[units]]
}

/// [`of_gates`] as vectors.
#[inline(always)]
fn load_gates<S: Simd>(simd: S, row: &[f32], units: Range<usize>) -> [S::f32s; 4] {
    let [i, f, g, o] = of_gates(row, units);
    [load(simd, i), load(simd, f), load(simd, g), load(simd, o)]
}

/// The range of a slice that `rows` rows of `width` values occupy, from row `first` on.
fn rows(first: usize, rows: usize, width: usize) -> Range<usize> {
    first * width..(first + rows) * width
}

/// Two ranges of one slice that do not overlap, the second for writing.
fn disjoint(values: &mut [f32], read: Range<usize>, write: Range<usize>) -> (&[f32], &mut [f32]) {
    if read.end <= write.start {
        let (before, after) = values.split_at_mut(write.start);
        (&before[read], &mut after[..write.len()])
    } else {
        let (before, after) = values.split_at_mut(read.start);
        (&after[..read.len()], &mut before[write])
    }
}
