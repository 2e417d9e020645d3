use pulp::{Simd, WithSimd};

use crate::Cpu;
use crate::activation;
use crate::cpu::{load, store};

/// Writes x Φ(x) (Hendrycks and Gimpel 2016) of every input to `outputs`.
///
/// # Panics
/// If the slices differ in length.
pub fn gelu(cpu: Cpu, inputs: &[f32], outputs: &mut [f32]) {
    struct Gelu<'a>(&'a [f32], &'a mut [f32]);
    impl WithSimd for Gelu<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let lanes = S::F32_LANES;
            for (input, output) in self.0.chunks(lanes).zip(self.1.chunks_mut(lanes)) {
                store(simd, output, activation::gelu(simd, load(simd, input)));
            }
        }
    }
    assert_eq!(inputs.len(), outputs.len(), "outputs");
    cpu.run(Gelu(inputs, outputs));
}

/// As [`gelu`], and writes the derivative at every input to `slopes`.
///
/// # Panics
/// If the slices differ in length.
pub fn gelu_and_slope(cpu: Cpu, inputs: &[f32], outputs: &mut [f32], slopes: &mut [f32]) {
    struct Gelu<'a>(&'a [f32], &'a mut [f32], &'a mut [f32]);
    impl WithSimd for Gelu<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let lanes = S::F32_LANES;
            let results = self.1.chunks_mut(lanes).zip(self.2.chunks_mut(lanes));
            for (input, (output, slope)) in self.0.chunks(lanes).zip(results) {
                let (value, derivative) = activation::gelu_and_slope(simd, load(simd, input));
                store(simd, output, value);
                store(simd, slope, derivative);
            }
        }
    }
    assert_eq!(inputs.len(), outputs.len(), "outputs");
    assert_eq!(inputs.len(), slopes.len(), "slopes");
    cpu.run(Gelu(inputs, outputs, slopes));
}

/// Multiplies each of `gradients`, of outputs, by the slope there: the gradients of the inputs.
///
/// # Panics
/// If the slices differ in length.
pub fn gelu_backward(cpu: Cpu, slopes: &[f32], gradients: &mut [f32]) {
    struct Product<'a>(&'a [f32], &'a mut [f32]);
    impl WithSimd for Product<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            for (gradient, slope) in self.1.iter_mut().zip(self.0) {
                *gradient *= slope;
            }
        }
    }
    assert_eq!(slopes.len(), gradients.len(), "slopes");
    cpu.run(Product(slopes, gradients));
}
