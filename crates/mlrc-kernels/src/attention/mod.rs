//! Position-aware attention (Zhang et al. 2017, equations 4 to 6) as one operation, forward and backward.
//!
//! With `q` the summary of a sentence and `P` one table for the positions relative to both entities,
//!
//! ```text
//! e_i = tanh(U h_i + b + V q + W [P(s_i); P(o_i)])      u_i = t · e_i
//! a   = softmax of u over the tokens of a sentence      z = Σ a_i h_i
//! ```
//!
//! A bias added to every `u_i` of a sentence would not change `a`, so there is none. `W` is multiplied once
//! by each distinct position that occurs, not by the positions of every token.

mod backward;
mod forward;

use std::ops::Range;

pub use backward::backward;
pub use forward::forward;

use crate::matrix::{Matrix, Write, multiply};
use crate::{Buffer, Packing};

/// The parameters of the layer.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// U: `[attention, hidden]`
    pub hidden: &'a [f32],
    /// b: `[attention]`
    pub bias: &'a [f32],
    /// V: `[attention, hidden]`
    pub summary: &'a [f32],
    /// W: `[attention, 2 · position]`, the first half for the subject
    pub position: &'a [f32],
    /// t: `[attention]`
    pub score: &'a [f32],
    /// P: `[symbols, position]`
    pub positions: &'a [f32],
}

impl<'a> Weights<'a> {
    /// Size of the attention layer.
    fn attention(&self) -> usize {
        self.bias.len()
    }

    /// Size of the hidden states.
    fn hidden_size(&self) -> usize {
        self.hidden.len() / self.bias.len()
    }

    /// Size of a position embedding.
    fn position_size(&self) -> usize {
        self.position.len() / self.bias.len() / 2
    }

    /// The half of `W` that is multiplied by the positions relative to one entity, `[attention, position]`.
    fn position_half(&self, entity: usize) -> Matrix<'a> {
        let size = self.position_size();
        Matrix::new(self.position, self.attention(), 2 * size).columns(entity * size..(entity + 1) * size)
    }
}

/// The inputs of the layer.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// h: `[tokens, hidden]`
    pub hidden: &'a [f32],
    /// q: `[rows, hidden]`, and perhaps further rows, which change nothing but the algorithm that multiplies them
    pub summary: &'a [f32],
    /// s and o: the positions of each token relative to subject and object, `[tokens]` each, as rows of `P`
    pub positions: [&'a [u32]; 2],
}

/// What a forward pass saves for the backward pass.
#[derive(Debug)]
pub struct Trace {
    /// e: `[tokens, attention]`
    energies: Buffer,
    /// a: `[tokens]`
    weights: Buffer,
    /// The positions that occur, for each entity.
    tables: [Table; 2],
}

impl Trace {
    /// The attention weight of each token, `[tokens]`; those of one sentence sum to 1.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }
}

/// Gradients of a loss with respect to the inputs and the parameters.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// `[tokens, hidden]`
    pub inputs_hidden: Vec<f32>,
    /// `[rows, hidden]`
    pub inputs_summary: Vec<f32>,
    /// `[attention, hidden]`
    pub hidden: Vec<f32>,
    /// `[attention]`
    pub bias: Vec<f32>,
    /// `[attention, hidden]`
    pub summary: Vec<f32>,
    /// `[attention, 2 · position]`
    pub position: Vec<f32>,
    /// `[attention]`
    pub score: Vec<f32>,
    /// `[symbols, position]`
    pub positions: Vec<f32>,
}

/// The positions relative to one entity that occur in a batch.
#[derive(Debug)]
struct Table {
    /// Rows of `P`, in the order in which they occur.
    symbols: Vec<u32>,
    /// For each token, the index of its position in `symbols`.
    places: Vec<u32>,
    /// The rows of `P`: `[symbols, position]`.
    embedded: Buffer,
}

impl Table {
    fn new(positions: &[u32], weights: &Weights) -> Self {
        let size = weights.position_size();
        let mut place_of = vec![u32::MAX; weights.positions.len() / size];
        let mut symbols = Vec::new();
        let mut places = Vec::with_capacity(positions.len());
        for &symbol in positions {
            let place = &mut place_of[symbol as usize];
            if *place == u32::MAX {
                *place = symbols.len() as u32;
                symbols.push(symbol);
            }
            places.push(*place);
        }
        let mut embedded = Buffer::new(symbols.len() * size);
        for (row, &symbol) in embedded.chunks_exact_mut(size).zip(&symbols) {
            row.copy_from_slice(&weights.positions[symbol as usize * size..][..size]);
        }
        Self { symbols, places, embedded }
    }

    /// Each position times its half of `W`: `[symbols, attention]`.
    fn projected(&self, half: Matrix) -> Buffer {
        let [attention, size] = half.shape();
        let mut projected = Buffer::new(self.symbols.len() * attention);
        multiply(&mut projected, self.matrix(size), half.transposed(), Write::Replace);
        projected
    }

    fn matrix(&self, size: usize) -> Matrix<'_> {
        Matrix::new(&self.embedded, self.symbols.len(), size)
    }
}

fn check(packing: &Packing, inputs: &Inputs, weights: &Weights) {
    let (attention, hidden) = (weights.attention(), weights.hidden_size());
    assert_eq!(weights.hidden.len(), attention * hidden, "weight of the hidden states");
    assert_eq!(weights.summary.len(), attention * hidden, "weight of the summary");
    assert_eq!(weights.score.len(), attention, "weight of the score");
    assert_eq!(weights.position.len(), attention * 2 * weights.position_size(), "weight of the positions");
    assert!(weights.positions.len().is_multiple_of(weights.position_size()), "positions");
    assert_eq!(inputs.hidden.len(), packing.tokens() * hidden, "hidden states");
    assert!(inputs.summary.len() >= packing.rows() * hidden, "summary");
    assert!(inputs.summary.len().is_multiple_of(hidden), "summary");
    for positions in inputs.positions {
        assert_eq!(positions.len(), packing.tokens(), "a position for each token");
    }
}

/// The range of row `row` in a matrix of `width` columns.
fn row(row: usize, width: usize) -> Range<usize> {
    row * width..(row + 1) * width
}
