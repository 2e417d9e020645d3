//! Hyperbolic tangent and logistic sigmoid of vectors.

use pulp::{Simd, WithSimd};

use crate::Cpu;
use crate::cpu::{load, multiply_add, store};

/// Inputs are clamped to ± this: beyond it, tanh is ±1 to within the allowed error.
const LIMIT: f32 = 7.905_311;

/// tanh as a numerator and a denominator: Eigen's rational approximation for `f32`, of degree 13 over degree
/// 6.
#[inline(always)]
fn fraction<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let limit = simd.splat_f32s(LIMIT);
    // Comparisons with NaN are false, so NaN is passed through.
    let x = simd.select_f32s(simd.greater_than_f32s(x, limit), limit, x);
    let limit = simd.splat_f32s(-LIMIT);
    let x = simd.select_f32s(simd.less_than_f32s(x, limit), limit, x);
    let s = simd.mul_f32s(x, x);
    let numerator = polynomial(
        simd,
        s,
        [
            -2.760_768_5e-16,
            2.000_188e-13,
            -8.604_672e-11,
            5.122_297e-8,
            1.485_722_4e-5,
            6.372_619e-4,
            4.893_524_6e-3,
        ],
    );
    let denominator = polynomial(simd, s, [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3]);
    (simd.mul_f32s(x, numerator), denominator)
}

/// Evaluates the polynomial with these coefficients, highest power first.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, x: S::f32s, coefficients: [f32; N]) -> S::f32s {
    let mut value = simd.splat_f32s(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        value = multiply_add(simd, value, x, simd.splat_f32s(coefficient));
    }
    value
}

/// Four quotients from a single division: division is slow, multiplication is not.
#[inline(always)]
fn divided<S: Simd>(simd: S, numerators: [S::f32s; 4], denominators: [S::f32s; 4]) -> [S::f32s; 4] {
    let [d0, d1, d2, d3] = denominators;
    let [n0, n1, n2, n3] = numerators;
    let (first, second) = (simd.mul_f32s(d0, d1), simd.mul_f32s(d2, d3));
    let inverse = simd.div_f32s(simd.splat_f32s(1.0), simd.mul_f32s(first, second));
    let (by_first, by_second) = (simd.mul_f32s(inverse, second), simd.mul_f32s(inverse, first));
    [
        simd.mul_f32s(n0, simd.mul_f32s(by_first, d1)),
        simd.mul_f32s(n1, simd.mul_f32s(by_first, d0)),
        simd.mul_f32s(n2, simd.mul_f32s(by_second, d3)),
        simd.mul_f32s(n3, simd.mul_f32s(by_second, d2)),
    ]
}

/// tanh to within 4e-7, without branches or table look-ups.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (numerator, denominator) = fraction(simd, x);
    simd.div_f32s(numerator, denominator)
}

/// tanh of four vectors, to within 5e-7.
#[inline(always)]
pub(crate) fn tanh_of_four<S: Simd>(simd: S, x: [S::f32s; 4]) -> [S::f32s; 4] {
    let (mut numerators, mut denominators) = (x, x);
    for place in 0..4 {
        (numerators[place], denominators[place]) = fraction(simd, x[place]);
    }
    divided(simd, numerators, denominators)
}

/// The activated gates of an LSTM: the logistic sigmoid of the first, second and fourth vectors and tanh of
/// the third, to within 5e-7.
#[inline(always)]
pub(crate) fn gates<S: Simd>(simd: S, [i, f, g, o]: [S::f32s; 4]) -> [S::f32s; 4] {
    // σ(x) = (1 + tanh(x / 2)) / 2
    let half = simd.splat_f32s(0.5);
    let halved = [simd.mul_f32s(half, i), simd.mul_f32s(half, f), g, simd.mul_f32s(half, o)];
    let [i, f, g, o] = tanh_of_four(simd, halved);
    [
        multiply_add(simd, half, i, half),
        multiply_add(simd, half, f, half),
        g,
        multiply_add(simd, half, o, half),
    ]
}

/// Replaces every value by its hyperbolic tangent.
pub fn tanh_in_place(cpu: Cpu, values: &mut [f32]) {
    struct Tanh<'a>(&'a mut [f32]);
    impl WithSimd for Tanh<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for chunk in self.0.chunks_mut(S::F32_LANES) {
                let value = tanh(simd, load(simd, chunk));
                store(simd, chunk, value);
            }
        }
    }
    cpu.run(Tanh(values));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies [`gates`] to every value in each of the four places.
    struct Gates<'a>(&'a [f32], [&'a mut [f32]; 4]);
    impl WithSimd for Gates<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Gates(values, results) = self;
            for (chunk, values) in values.chunks(S::F32_LANES).enumerate() {
                for (result, gate) in gates(simd, [load(simd, values); 4]).into_iter().enumerate() {
                    let start = chunk * S::F32_LANES;
                    store(simd, &mut results[result][start..start + values.len()], gate);
                }
            }
        }
    }

    #[test]
    fn errors_stay_within_their_bounds() {
        let inputs: Vec<f32> = (-40_000..=40_000).map(|step| step as f32 * 5e-4).collect();
        for cpu in Cpu::all() {
            let mut tanh = inputs.clone();
            tanh_in_place(cpu, &mut tanh);
            let mut results: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0; inputs.len()]);
            cpu.run(Gates(&inputs, results.each_mut().map(|result| &mut result[..])));
            for (place, &x) in inputs.iter().enumerate() {
                let exact = f64::from(x);
                let logistic = 1.0 / (1.0 + (-exact).exp());
                let off = |value: f32, exact: f64| (f64::from(value) - exact).abs();
                assert!(off(tanh[place], exact.tanh()) < 4e-7, "{cpu:?}: tanh({x}) = {}", tanh[place]);
                let [i, f, g, o] = results.each_ref().map(|result| result[place]);
                assert!(off(g, exact.tanh()) < 5e-7, "{cpu:?}: tanh({x}) = {g}");
                for gate in [i, f, o] {
                    assert!(off(gate, logistic) < 5e-7, "{cpu:?}: sigmoid({x}) = {gate}");
                }
            }
        }
    }

    #[test]
    fn small_values_keep_their_relative_accuracy_large_ones_saturate_and_nan_stays() {
        for cpu in Cpu::all() {
            let mut values = [1e-6, -1e-6, 1e30, f32::NEG_INFINITY, f32::NAN];
            tanh_in_place(cpu, &mut values);
            assert!((values[0] / 1e-6 - 1.0).abs() < 1e-6 && (values[1] / -1e-6 - 1.0).abs() < 1e-6);
            assert!((values[2] - 1.0).abs() < 4e-7 && (values[3] + 1.0).abs() < 4e-7);
            assert!(values[4].is_nan(), "{cpu:?}");
        }
    }
}
