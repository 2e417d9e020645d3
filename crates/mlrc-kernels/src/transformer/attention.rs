use pulp::{Simd, WithSimd};

use crate::activation::exp_in_place;
use crate::cpu::{load, store};
use crate::panels::{Panels, Plain};
use crate::{Buffer, Cpu};

/// What is added to attention scores by the distance of two tokens (Raffel et al. 2020; MPNet).
#[derive(Clone, Debug)]
pub struct RelativeBias {
    /// For each head, one value for each distance from `-(reach - 1)` to `reach - 1`: `[heads, 2 · reach - 1]`. The
    /// distance is the key's position minus the query's.
    pub values: Vec<f32>,
    /// The greatest length of a sentence.
    pub reach: usize,
}

/// Self-attention with several heads: `softmax(q kᵀ / √size + bias) v` within each sentence.
///
/// `projected` has queries, keys and values side by side, `[tokens, 3 · hidden]`; the sentences have these `lengths` and
/// lie one after the other. The result, `[tokens, hidden]`, is written to `attended`.
///
/// # Panics
/// If the sizes of the slices do not fit, or a sentence is longer than `bias` reaches.
pub fn attend(
    cpu: Cpu,
    lengths: &[usize],
    heads: usize,
    projected: &[f32],
    bias: Option<&RelativeBias>,
    attended: &mut [f32],
) {
    let Some(hidden) = check(lengths, heads, projected, bias, attended) else { return };
    cpu.run(Attend { lengths, heads, hidden, projected, bias, attended });
}

/// Checks the sizes, and returns that of an attended token; `None` without tokens.
pub(super) fn check(
    lengths: &[usize],
    heads: usize,
    projected: &[f32],
    bias: Option<&RelativeBias>,
    attended: &[f32],
) -> Option<usize> {
    let tokens: usize = lengths.iter().sum();
    if tokens == 0 {
        return None;
    }
    let hidden = attended.len() / tokens;
    assert_eq!(attended.len(), tokens * hidden, "attended");
    assert_eq!(projected.len(), tokens * 3 * hidden, "projected");
    assert!(heads > 0 && hidden.is_multiple_of(heads), "heads");
    if let Some(bias) = bias {
        assert_eq!(bias.values.len(), heads * (2 * bias.reach - 1), "bias");
        assert!(lengths.iter().all(|&length| length <= bias.reach), "a sentence is too long");
    }
    Some(hidden)
}

struct Attend<'a> {
    lengths: &'a [usize],
    heads: usize,
    hidden: usize,
    projected: &'a [f32],
    bias: Option<&'a RelativeBias>,
    attended: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { lengths, heads, hidden, projected, bias, attended } = self;
        let size = hidden / heads;
        let stride = 3 * hidden;
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut queries = Buffer::new(longest * size);
        let mut weights = Buffer::new(longest * longest);
        let mut first = 0;
        for &length in lengths {
            let rows = &projected[first * stride..][..length * stride];
            for head in 0..heads {
                let weights = &mut weights[..length * length];
                let place = Place { hidden, size, head };
                place.weights(simd, rows, bias, &mut queries, weights);
                let values = Panels::strided(simd, rows, [2 * hidden + head * size, stride], length, size);
                let place = &mut attended[first * hidden + head * size..];
                values.multiply_into(simd, weights, length, place, hidden, &Plain);
            }
            first += length;
        }
    }
}

/// Where a head's queries, keys and values lie in rows of `3 · hidden`.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub hidden: usize,
    /// Components of a head.
    pub size: usize,
    pub head: usize,
}

impl Place {
    /// Where a row's queries (0), keys (1) or values (2) begin.
    pub fn start(self, part: usize) -> usize {
        part * self.hidden + self.head * self.size
    }

    /// What scores are multiplied by.
    pub fn scale(self) -> f32 {
        1.0 / (self.size as f32).sqrt()
    }

    /// Copies `scale` times the queries of `rows` to `queries`, `[rows, size]`.
    #[inline(always)]
    pub fn scaled_queries(self, rows: &[f32], queries: &mut [f32]) {
        let scale = self.scale();
        for (query, row) in queries.chunks_exact_mut(self.size).zip(rows.chunks_exact(3 * self.hidden)) {
            for (query, value) in query.iter_mut().zip(&row[self.start(0)..][..self.size]) {
                *query = scale * value;
            }
        }
    }

    /// The weights of the keys for each query, `[length, length]`; `queries` is room for as many rows.
    #[inline(always)]
    pub fn weights<S: Simd>(
        self,
        simd: S,
        rows: &[f32],
        bias: Option<&RelativeBias>,
        queries: &mut [f32],
        weights: &mut [f32],
    ) {
        let length = rows.len() / (3 * self.hidden);
        self.scaled_queries(rows, queries);
        let keys = Panels::transposed(simd, rows, [self.start(1), 3 * self.hidden], self.size, length);
        keys.multiply(simd, queries, length, weights);
        for (query, row) in weights.chunks_exact_mut(length).enumerate() {
            if let Some(RelativeBias { values, reach }) = bias {
                let of_head = &values[self.head * (2 * reach - 1)..][..2 * reach - 1];
                add(simd, row, &of_head[reach - 1 - query..][..length]);
            }
            softmax(simd, row);
        }
    }
}

#[inline(always)]
fn add<S: Simd>(simd: S, sums: &mut [f32], values: &[f32]) {
    for (sums, values) in sums.chunks_mut(S::F32_LANES).zip(values.chunks(S::F32_LANES)) {
        let sum = simd.add_f32s(load(simd, sums), load(simd, values));
        store(simd, sums, sum);
    }
}

#[inline(always)]
fn softmax<S: Simd>(simd: S, row: &mut [f32]) {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in row.iter_mut() {
        *value -= greatest;
    }
    exp_in_place(simd, row);
    let total: f32 = row.iter().sum();
    let inverse = 1.0 / total;
    for value in row.iter_mut() {
        *value *= inverse;
    }
}
