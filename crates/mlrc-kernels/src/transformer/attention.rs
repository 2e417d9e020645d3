use pulp::{Simd, WithSimd};

use crate::activation::exp_in_place;
use crate::cpu::{load, store};
use crate::panels::Panels;
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
    let tokens: usize = lengths.iter().sum();
    if tokens == 0 {
        return;
    }
    let hidden = attended.len() / tokens;
    assert_eq!(attended.len(), tokens * hidden, "attended");
    assert_eq!(projected.len(), tokens * 3 * hidden, "projected");
    assert!(heads > 0 && hidden.is_multiple_of(heads), "heads");
    if let Some(bias) = bias {
        assert_eq!(bias.values.len(), heads * (2 * bias.reach - 1), "bias");
        assert!(lengths.iter().all(|&length| length <= bias.reach), "a sentence is too long");
    }
    cpu.run(Attend { lengths, heads, hidden, projected, bias, attended });
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
        let scale = 1.0 / (size as f32).sqrt();
        let mut first = 0;
        for &length in lengths {
            let rows = &projected[first * stride..][..length * stride];
            for head in 0..heads {
                for (query, row) in queries.chunks_exact_mut(size).zip(rows.chunks_exact(stride)) {
                    for (query, value) in query.iter_mut().zip(&row[head * size..][..size]) {
                        *query = scale * value;
                    }
                }
                let keys = Panels::transposed(simd, rows, [hidden + head * size, stride], size, length);
                let weights = &mut weights[..length * length];
                keys.multiply(simd, &queries, length, weights);
                for (query, row) in weights.chunks_exact_mut(length).enumerate() {
                    if let Some(RelativeBias { values, reach }) = bias {
                        let of_head = &values[head * (2 * reach - 1)..][..2 * reach - 1];
                        add(simd, row, &of_head[reach - 1 - query..][..length]);
                    }
                    softmax(simd, row);
                }
                let values = Panels::strided(simd, rows, [2 * hidden + head * size, stride], length, size);
                let place = &mut attended[first * hidden + head * size..];
                values.multiply_into(simd, weights, length, place, hidden, &crate::panels::Plain);
            }
            first += length;
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
