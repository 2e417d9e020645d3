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

/// e^x to within a relative error of 3e-7; 0 below -87, e^88 above 88.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (least, greatest) = (simd.splat_f32s(-87.0), simd.splat_f32s(88.0));
    let vanishes = simd.less_than_f32s(x, least);
    let x = simd.select_f32s(vanishes, least, x);
    let x = simd.select_f32s(simd.greater_than_f32s(x, greatest), greatest, x);
    // x = n ln 2 + r. Adding 1.5 · 2^23 rounds to an integer, which is then in the low bits.
    let shifted = multiply_add(simd, x, simd.splat_f32s(std::f32::consts::LOG2_E), simd.splat_f32s(MAGIC));
    let n = simd.sub_f32s(shifted, simd.splat_f32s(MAGIC));
    // ln 2 in two parts, the first with few bits, so that n times it is exact.
    let r = multiply_add(simd, n, simd.splat_f32s(-0.693_359_4), x);
    let r = multiply_add(simd, n, simd.splat_f32s(2.121_944_4e-4), r);
    // Cephes' polynomial.
    let p = polynomial(
        simd,
        r,
        [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5],
    );
    let value = simd.add_f32s(multiply_add(simd, p, simd.mul_f32s(r, r), r), simd.splat_f32s(1.0));
    let exponent = simd
        .add_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(127_u32.wrapping_sub(MAGIC.to_bits())));
    let scale = simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(exponent, simd.splat_u32s(23)));
    simd.select_f32s(vanishes, simd.splat_f32s(0.0), simd.mul_f32s(value, scale))
}

/// 1.5 · 2^23: a float of this size has no fraction.
const MAGIC: f32 = 12_582_912.0;

/// x Φ(x), the Gaussian error linear unit (Hendrycks and Gimpel 2016) in its exact form, to within 1e-6.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let half = simd.mul_f32s(x, simd.splat_f32s(0.5));
    let erf = erf(simd, simd.mul_f32s(x, simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2)));
    multiply_add(simd, half, erf, half)
}

/// Coefficients of the error function's numerator in x², highest power first.
pub(crate) const ERF_NUMERATOR: [f32; 7] = [
    -2.726_142_3e-10,
    2.770_681_4e-8,
    -2.101_024e-6,
    -5.692_506_6e-5,
    -7.349_906_3e-4,
    -2.954_600_1e-3,
    -1.609_603_3e-2,
];
/// Coefficients of its denominator.
pub(crate) const ERF_DENOMINATOR: [f32; 5] =
    [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827_e-3, -7.373_329_e-3, -1.426_474e-2];

/// [`gelu`] and its derivative, Φ(x) + x φ(x), to within 2e-6.
#[inline(always)]
pub(crate) fn gelu_and_slope<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let half = simd.splat_f32s(0.5);
    let erf = erf(simd, simd.mul_f32s(x, simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2)));
    let halved = simd.mul_f32s(x, half);
    let density = exp(simd, simd.neg_f32s(simd.mul_f32s(halved, x)));
    let density = simd.mul_f32s(density, simd.splat_f32s(INVERSE_ROOT_TWO_PI));
    let slope = multiply_add(simd, x, density, multiply_add(simd, half, erf, half));
    (multiply_add(simd, halved, erf, halved), slope)
}

/// 1 / √(2π)
const INVERSE_ROOT_TWO_PI: f32 = 0.398_942_3;

/// The error function: Eigen's rational approximation for `f32`, of degree 13 over degree 8.
#[inline(always)]
fn erf<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let limit = simd.splat_f32s(4.0);
    let x = simd.select_f32s(simd.greater_than_f32s(x, limit), limit, x);
    let limit = simd.splat_f32s(-4.0);
    let x = simd.select_f32s(simd.less_than_f32s(x, limit), limit, x);
    let s = simd.mul_f32s(x, x);
    let numerator = polynomial(simd, s, ERF_NUMERATOR);
    let denominator = polynomial(simd, s, ERF_DENOMINATOR);
    simd.div_f32s(simd.mul_f32s(x, numerator), denominator)
}

/// Replaces every value by its exponential; see [`exp`].
#[inline(always)]
pub(crate) fn exp_in_place<S: Simd>(simd: S, values: &mut [f32]) {
    for chunk in values.chunks_mut(S::F32_LANES) {
        let value = exp(simd, load(simd, chunk));
        store(simd, chunk, value);
    }
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

    /// Applies a function of vectors to every value.
    struct Each<'a>(&'a mut [f32], bool);
    impl WithSimd for Each<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            if self.1 {
                exp_in_place(simd, self.0);
                return;
            }
            for chunk in self.0.chunks_mut(S::F32_LANES) {
                let value = gelu(simd, load(simd, chunk));
                store(simd, chunk, value);
            }
        }
    }

    /// The derivative of GELU at every value, and GELU itself.
    struct Slopes<'a>(&'a mut [f32], &'a mut [f32]);
    impl WithSimd for Slopes<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for (chunk, values) in self.0.chunks_mut(S::F32_LANES).zip(self.1.chunks_mut(S::F32_LANES)) {
                let (value, slope) = gelu_and_slope(simd, load(simd, chunk));
                store(simd, chunk, slope);
                store(simd, values, value);
            }
        }
    }

    /// Φ(x) by its integral: Simpson's rule on 4000 intervals.
    fn normal_distribution(x: f64) -> f64 {
        let (n, h) = (4000, x / 4000.0);
        let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let inner: f64 =
            (1..n).map(|i| f64::from(if i % 2 == 1 { 4 } else { 2 }) * density(f64::from(i) * h)).sum();
        0.5 + (density(0.0) + inner + density(x)) * h / 3.0
    }

    #[test]
    fn exp_and_gelu_stay_within_their_bounds() {
        for cpu in Cpu::all() {
            let inputs: Vec<f32> = (-8_700..=8_800).map(|step| step as f32 * 0.01).collect();
            let mut values = inputs.clone();
            cpu.run(Each(&mut values, true));
            for (&x, &value) in inputs.iter().zip(&values) {
                let exact = f64::from(x).exp();
                assert!((f64::from(value) / exact - 1.0).abs() < 3e-7, "{cpu:?}: exp({x}) = {value}");
            }
            let mut ends = [f32::NEG_INFINITY, -100.0, f32::NAN];
            cpu.run(Each(&mut ends, true));
            assert!(ends[0] == 0.0 && ends[1] == 0.0 && ends[2].is_nan(), "{cpu:?}: {ends:?}");

            let inputs: Vec<f32> = (-1000..=1000).map(|step| step as f32 * 0.01).collect();
            let mut values = inputs.clone();
            cpu.run(Each(&mut values, false));
            for (&x, &value) in inputs.iter().zip(&values) {
                let exact = f64::from(x) * normal_distribution(f64::from(x));
                let bound = 1e-6 * exact.abs().max(1.0);
                assert!(
                    (f64::from(value) - exact).abs() < bound,
                    "{cpu:?}: gelu({x}) = {value}, not {exact}"
                );
            }

            let (mut slopes, mut again) = (inputs.clone(), inputs.clone());
            cpu.run(Slopes(&mut slopes, &mut again));
            assert_eq!(again, values, "{cpu:?}");
            for (&x, &slope) in inputs.iter().zip(&slopes) {
                let x = f64::from(x);
                let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
                let exact = normal_distribution(x) + x * density;
                assert!((f64::from(slope) - exact).abs() < 2e-6, "{cpu:?}: at {x} {slope}, not {exact}");
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
