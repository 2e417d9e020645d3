use pulp::{Simd, WithSimd};

use super::super::attention::{Place, RelativeBias, check};
use crate::cpu::dot;
use crate::dropout::{Kept, mask_words};
use crate::panels::{Panels, Plain};
use crate::{Buffer, Cpu};

/// Self-attention within each sentence, as [`attend`](crate::transformer::attend) computes it.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// The sentences, one after the other.
    pub lengths: &'a [usize],
    /// Number of heads.
    pub heads: usize,
    /// What is added to scores; it is not trained.
    pub bias: Option<&'a RelativeBias>,
    /// Dropout on the weights.
    pub dropout: Option<AttentionMask<'a>>,
}

/// Which attention weights are kept: whole words for each sentence and head, sentences first, then bits for the weights
/// `[queries, keys]`.
#[derive(Clone, Copy, Debug)]
pub struct AttentionMask<'a>(pub Kept<'a>);

impl AttentionMask<'_> {
    /// Number of words of a mask.
    pub fn words(lengths: &[usize], heads: usize) -> usize {
        lengths.iter().map(|length| heads * mask_words(length * length)).sum()
    }
}

impl Attention<'_> {
    /// Writes the attended values, `[tokens, hidden]`, and returns the weights, before dropout: `[queries, keys]` for each
    /// sentence and head. `projected` has queries, keys and values side by side, `[tokens, 3 · hidden]`.
    ///
    /// # Panics
    /// If the sizes do not fit, or a sentence is longer than the bias reaches.
    pub fn forward(&self, cpu: Cpu, projected: &[f32], attended: &mut [f32]) -> Buffer {
        let mut weights = Buffer::new(self.weights());
        if let Some(hidden) = check(self.lengths, self.heads, projected, self.bias, attended) {
            cpu.run(Forward { attention: self, hidden, projected, weights: &mut weights, attended });
        }
        weights
    }

    /// Writes the gradient of `projected`, given the weights that the forward pass returned and the gradient of the
    /// attended values.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn backward(
        &self,
        cpu: Cpu,
        projected: &[f32],
        weights: &[f32],
        grad_attended: &[f32],
        grad_projected: &mut [f32],
    ) {
        assert_eq!(weights.len(), self.weights(), "weights");
        assert_eq!(projected.len(), grad_projected.len(), "gradient of the projection");
        if let Some(hidden) = check(self.lengths, self.heads, projected, self.bias, grad_attended) {
            let attention = self;
            cpu.run(Backward { attention, hidden, projected, weights, grad_attended, grad_projected });
        }
    }

    fn weights(&self) -> usize {
        self.lengths.iter().map(|length| self.heads * length * length).sum()
    }

    fn longest(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or(0)
    }

    /// Each sentence's first token, length and head, with where its weights and the words of its mask begin.
    fn parts(&self) -> impl Iterator<Item = Part> {
        let (mut token, mut weight, mut word) = (0, 0, 0);
        self.lengths.iter().flat_map(move |&length| {
            let first = Part { token, length, head: 0, weight, word };
            let (size, words) = (length * length, mask_words(length * length));
            token += length;
            weight += self.heads * size;
            word += self.heads * words;
            (0..self.heads).map(move |head| Part {
                head,
                weight: first.weight + head * size,
                word: first.word + head * words,
                ..first
            })
        })
    }
}

/// A head of a sentence.
#[derive(Clone, Copy)]
struct Part {
    token: usize,
    length: usize,
    head: usize,
    weight: usize,
    word: usize,
}

impl Part {
    /// Drops what the mask does not keep.
    #[inline(always)]
    fn drop_out(self, AttentionMask(kept): AttentionMask, values: &mut [f32]) {
        Kept { bits: &kept.bits[self.word..], ..kept }.apply_inline(values);
    }
}

struct Forward<'a> {
    attention: &'a Attention<'a>,
    hidden: usize,
    projected: &'a [f32],
    weights: &'a mut [f32],
    attended: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { attention, hidden, projected, weights, attended } = self;
        let (size, stride, longest) = (hidden / attention.heads, 3 * hidden, attention.longest());
        let mut queries = Buffer::new(longest * size);
        let mut scratch = Buffer::new(if attention.dropout.is_some() { longest * longest } else { 0 });
        for part in attention.parts() {
            let Part { token, length, head, weight, .. } = part;
            let place = Place { hidden, size, head };
            let rows = &projected[token * stride..][..length * stride];
            let mut weights = &mut weights[weight..][..length * length];
            place.weights(simd, rows, attention.bias, &mut queries, weights);
            if let Some(mask) = attention.dropout {
                let dropped = &mut scratch[..length * length];
                dropped.copy_from_slice(weights);
                part.drop_out(mask, dropped);
                weights = dropped;
            }
            let values = Panels::strided(simd, rows, [place.start(2), stride], length, size);
            let attended = &mut attended[token * hidden + head * size..];
            values.multiply_into(simd, weights, length, attended, hidden, &Plain);
        }
    }
}

struct Backward<'a> {
    attention: &'a Attention<'a>,
    hidden: usize,
    projected: &'a [f32],
    weights: &'a [f32],
    grad_attended: &'a [f32],
    grad_projected: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    /// With P the weights, O = P V and S the scores: `dV = Pᵀ dO`, `dP = dO Vᵀ`, `dS = P ∘ (dP − rows of Σ P ∘ dP)`,
    /// `dQ = dS K / √size`, `dK = dSᵀ Q / √size`.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { attention, hidden, projected, weights, grad_attended, grad_projected } = self;
        let (size, stride, longest) = (hidden / attention.heads, 3 * hidden, attention.longest());
        let mut rows_of_head = Buffer::new(longest * size);
        let mut grad_weights = Buffer::new(longest * longest);
        let mut across = Buffer::new(longest * longest);
        for part in attention.parts() {
            let Part { token, length, head, weight, .. } = part;
            let place = Place { hidden, size, head };
            let rows = &projected[token * stride..][..length * stride];
            let own = &mut grad_projected[token * stride..][..length * stride];
            let weights = &weights[weight..][..length * length];
            let grad_attended = &grad_attended[token * hidden..][..length * hidden];
            let grad_weights = &mut grad_weights[..length * length];
            let across = &mut across[..length * length];

            grad_weights.copy_from_slice(weights);
            if let Some(mask) = attention.dropout {
                part.drop_out(mask, grad_weights);
            }
            transpose(grad_weights, length, across);
            let grad_values = Panels::strided(simd, grad_attended, [head * size, hidden], length, size);
            grad_values.multiply_into(simd, across, length, &mut own[place.start(2)..], stride, &Plain);

            for (copy, row) in
                rows_of_head.chunks_exact_mut(size).zip(grad_attended.chunks_exact(hidden)).take(length)
            {
                copy.copy_from_slice(&row[head * size..][..size]);
            }
            let values = Panels::transposed(simd, rows, [place.start(2), stride], size, length);
            values.multiply(simd, &rows_of_head, length, grad_weights);
            if let Some(mask) = attention.dropout {
                part.drop_out(mask, grad_weights);
            }
            let scale = place.scale();
            for (row, weights) in grad_weights.chunks_exact_mut(length).zip(weights.chunks_exact(length)) {
                let total = dot(simd, row, weights);
                for (value, weight) in row.iter_mut().zip(weights) {
                    *value = scale * weight * (*value - total);
                }
            }
            let keys = Panels::strided(simd, rows, [place.start(1), stride], length, size);
            keys.multiply_into(simd, grad_weights, length, &mut own[place.start(0)..], stride, &Plain);
            transpose(grad_weights, length, across);
            let queries = Panels::strided(simd, rows, [place.start(0), stride], length, size);
            queries.multiply_into(simd, across, length, &mut own[place.start(1)..], stride, &Plain);
        }
    }
}

/// Writes the transpose of a square matrix.
#[inline(always)]
fn transpose(matrix: &[f32], size: usize, across: &mut [f32]) {
    for (column, values) in across.chunks_exact_mut(size).enumerate() {
        for (row, value) in values.iter_mut().enumerate() {
            *value = matrix[row * size + column];
        }
    }
}
