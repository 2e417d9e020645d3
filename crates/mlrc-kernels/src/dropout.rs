//! Dropout with a mask of one bit per value.
//!
//! The bit of value `i` is bit `i mod 32` of word `i / 32`; a value whose bit is set is kept.

use pulp::{Simd, WithSimd};

use crate::Cpu;

/// Number of values per word of the mask.
const BITS: usize = u32::BITS as usize;

/// Number of words in a mask for `length` values.
pub fn mask_words(length: usize) -> usize {
    length.div_ceil(BITS)
}

/// Multiplies each value by `scale` if its bit in `kept` is set, and by zero otherwise.
///
/// # Panics
/// If the mask is too short.
pub fn dropout(cpu: Cpu, values: &[f32], kept: &[u32], scale: f32) -> Vec<f32> {
    assert!(kept.len() >= mask_words(values.len()), "a bit for each value");
    cpu.run(Dropout { values, kept, scale })
}

/// A mask, and what the values that it keeps are multiplied by: the inverse of the probability of being kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// A bit for each value, at least.
    pub bits: &'a [u32],
    /// The factor.
    pub scale: f32,
}

impl Kept<'_> {
    /// As [`dropout`], in place. It is its own backward pass.
    ///
    /// # Panics
    /// If the mask is too short.
    pub fn apply(self, cpu: Cpu, values: &mut [f32]) {
        cpu.run(InPlace { kept: self, values });
    }

    #[inline(always)]
    pub(crate) fn apply_inline(self, values: &mut [f32]) {
        assert!(self.bits.len() >= mask_words(values.len()), "a bit for each value");
        for (values, &kept) in values.chunks_mut(BITS).zip(self.bits) {
            for (bit, value) in values.iter_mut().enumerate() {
                *value *= ((kept >> bit) & 1) as f32 * self.scale;
            }
        }
    }
}

struct InPlace<'a> {
    kept: Kept<'a>,
    values: &'a mut [f32],
}

impl WithSimd for InPlace<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.kept.apply_inline(self.values);
    }
}

struct Dropout<'a> {
    values: &'a [f32],
    kept: &'a [u32],
    scale: f32,
}

impl WithSimd for Dropout<'_> {
    type Output = Vec<f32>;

    // Plain code: the compiler vectorises it for each instruction set.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        let mut results = Vec::with_capacity(self.values.len());
        let (blocks, rest) = self.values.as_chunks::<BITS>();
        for (values, &kept) in blocks.iter().zip(self.kept) {
            let mut block = [0.0; BITS];
            for bit in 0..BITS {
                block[bit] = values[bit] * (((kept >> bit) & 1) as f32 * self.scale);
            }
            results.extend_from_slice(&block);
        }
        let kept = self.kept.get(blocks.len()).copied().unwrap_or(0);
        for (bit, value) in rest.iter().enumerate() {
            results.push(value * (((kept >> bit) & 1) as f32 * self.scale));
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_decide() {
        for cpu in Cpu::all() {
            for length in [0, 1, 31, 32, 33, 100, 1027] {
                let values: Vec<f32> = (0..length).map(|i| i as f32 + 1.0).collect();
                let kept: Vec<u32> =
                    (0..mask_words(length)).map(|word| (word as u32 + 1).wrapping_mul(0x9e37_79b9)).collect();
                let results = dropout(cpu, &values, &kept, 2.0);
                let mut in_place = values.clone();
                Kept { bits: &kept, scale: 2.0 }.apply(cpu, &mut in_place);
                assert_eq!(in_place, results);
                for (place, result) in results.into_iter().enumerate() {
                    let expected =
                        if kept[place / 32] >> (place % 32) & 1 == 1 { 2.0 * values[place] } else { 0.0 };
                    assert_eq!(result, expected, "{cpu:?}: {place} of {length}");
                }
            }
        }
    }
}
