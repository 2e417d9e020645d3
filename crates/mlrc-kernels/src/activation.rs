//! Hyperbolic tangent and logistic sigmoid that the compiler turns into vector code.

/// Runs `$body` compiled for the widest instruction set this processor has.
///
/// The body is inlined into copies compiled for AVX-512, AVX2 and the baseline; which one runs is decided once
/// per call from the standard library's cached feature detection.
macro_rules! vectorised {
    ($(#[$doc:meta])* pub fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        pub fn $name($($argument: $kind),*) {
            #[inline(always)]
            fn plain($($argument: $kind),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,fma")]
                fn avx512($($argument: $kind),*) { plain($($argument),*) }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($argument: $kind),*) { plain($($argument),*) }

                if std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512bw")
                {
                    // SAFETY: the features the copy was compiled for are present.
                    #[allow(unsafe_code)]
                    return unsafe { avx512($($argument),*) };
                }
                if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                    // SAFETY: as above.
                    #[allow(unsafe_code)]
                    return unsafe { avx2($($argument),*) };
                }
            }
            plain($($argument),*);
        }
    };
}
pub(crate) use vectorised;

/// tanh to within 4e-7 of the true value, without branches or table look-ups.
///
/// The rational approximation of degree 13 over 6 that Eigen uses for `f32`.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905_311, 7.905_311);
    let s = x * x;
    let p = -2.760_768_5e-16;
    let p = p * s + 2.000_188e-13;
    let p = p * s - 8.604_672e-11;
    let p = p * s + 5.122_297e-8;
    let p = p * s + 1.485_722_4e-5;
    let p = p * s + 6.372_619e-4;
    let p = p * s + 4.893_524_6e-3;
    let q = 1.198_258_4e-6;
    let q = q * s + 1.185_347_1e-4;
    let q = q * s + 2.268_434_6e-3;
    let q = q * s + 4.893_525e-3;
    x * p / q
}

/// The logistic sigmoid, to within 2e-7.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    0.5 * tanh(0.5 * x) + 0.5
}

vectorised! {
    /// Replaces every value by its hyperbolic tangent.
    pub fn tanh_in_place(values: &mut [f32]) {
        for value in values {
            *value = tanh(*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_its_error_bounds() {
        for step in -40_000..=40_000 {
            let x = step as f32 * 5e-4;
            let exact = f64::from(x);
            assert!((f64::from(tanh(x)) - exact.tanh()).abs() < 4e-7, "tanh({x}) = {}", tanh(x));
            let logistic = 1.0 / (1.0 + (-exact).exp());
            assert!((f64::from(sigmoid(x)) - logistic).abs() < 2.5e-7, "sigmoid({x}) = {}", sigmoid(x));
        }
        // Small values keep their relative accuracy, large ones saturate, NaN is not hidden.
        assert!((tanh(1e-6) / 1e-6 - 1.0).abs() < 1e-6);
        assert!((tanh(1e30) - 1.0).abs() < 4e-7 && (tanh(-1e30) + 1.0).abs() < 4e-7);
        assert!(tanh(f32::NAN).is_nan());
    }

    #[test]
    fn the_slice_version_is_the_scalar_one() {
        let mut values: Vec<f32> = (0..1031).map(|i| i as f32 * 0.01 - 5.0).collect();
        let expected: Vec<f32> = values.iter().map(|&x| tanh(x)).collect();
        tanh_in_place(&mut values);
        for (value, expected) in values.iter().zip(&expected) {
            assert!((value - expected).abs() < 3e-7);
        }
    }
}
