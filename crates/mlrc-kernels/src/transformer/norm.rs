use pulp::{Simd, WithSimd};

use crate::Cpu;
use crate::cpu::{load, multiply_add, store};

/// The parameters of layer normalisation (Ba, Kiros and Hinton 2016).
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// What each normalised component is multiplied by, `[hidden]`.
    pub scale: Vec<f32>,
    /// What is then added to it, `[hidden]`.
    pub shift: Vec<f32>,
    /// What is added to the variance.
    pub epsilon: f32,
}

/// Adds `residual` to `values` and normalises each row; both are `[rows, hidden]`.
///
/// # Panics
/// If the sizes of the slices do not fit.
pub fn normalise(cpu: Cpu, norm: &LayerNorm, values: &mut [f32], residual: &[f32]) {
    assert_eq!(norm.scale.len(), norm.shift.len(), "scale and shift");
    assert_eq!(values.len(), residual.len(), "residual");
    assert!(values.len().is_multiple_of(norm.scale.len()), "rows");
    cpu.run(Normalise { norm, values, residual });
}

struct Normalise<'a> {
    norm: &'a LayerNorm,
    values: &'a mut [f32],
    residual: &'a [f32],
}

impl WithSimd for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { norm, values, residual } = self;
        let hidden = norm.scale.len();
        let lanes = S::F32_LANES;
        for (row, residual) in values.chunks_exact_mut(hidden).zip(residual.chunks_exact(hidden)) {
            let mut sum = simd.splat_f32s(0.0);
            for (values, residual) in row.chunks_mut(lanes).zip(residual.chunks(lanes)) {
                let value = simd.add_f32s(load(simd, values), load(simd, residual));
                store(simd, values, value);
                sum = simd.add_f32s(sum, value);
            }
            let mean = simd.reduce_sum_f32s(sum) / hidden as f32;
            // The second pass keeps the variance exact when the mean is far from zero.
            let mut squares = 0.0;
            let centre = simd.splat_f32s(mean);
            let (whole, tail) = S::as_mut_simd_f32s(row);
            let mut sum = simd.splat_f32s(0.0);
            for value in whole {
                *value = simd.sub_f32s(*value, centre);
                sum = multiply_add(simd, *value, *value, sum);
            }
            for value in tail {
                *value -= mean;
                squares += *value * *value;
            }
            squares += simd.reduce_sum_f32s(sum);
            let inverse = simd.splat_f32s(1.0 / (squares / hidden as f32 + norm.epsilon).sqrt());
            let parameters = norm.scale.chunks(lanes).zip(norm.shift.chunks(lanes));
            for (values, (scale, shift)) in row.chunks_mut(lanes).zip(parameters) {
                let normal = simd.mul_f32s(load(simd, values), inverse);
                let value = multiply_add(simd, normal, load(simd, scale), load(simd, shift));
                store(simd, values, value);
            }
        }
    }
}
