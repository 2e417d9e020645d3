//! The sums of products in 8-bit integers, for each instruction set, and what follows them, once for all.
//!
//! AVX2 has no exact product of bytes: its instruction adds two products in 16 bits, and saturates. Inputs are at most 127, so
//! two products always fit; eight fit for nearly all groups of weights, which is known when they are packed
//! (`Panels::fits`). Only every fourth sum then has to be widened to 32 bits. VNNI adds four products to 32 bits at once.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi16, _mm256_add_epi32, _mm256_dpbusd_avx_epi32, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm512_dpbusd_epi32,
    _mm512_set1_epi32, _mm512_setzero_si512,
};

#[cfg(target_arch = "x86_64")]
use pulp::bytemuck::{cast, cast_slice};

use super::panels::{Finish, GROUP, Panels, WIDTH};
use super::rows::QuantisedRows;
use crate::Cpu;
use crate::activation::{ERF_DENOMINATOR, ERF_NUMERATOR};
use crate::panels::{blocks, with_rows};
use crate::transformer::Activation;

/// Four inputs go into one 32-bit sum at once.
const QUADS: usize = GROUP / 4;

/// The instruction set of the sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl Kernel {
    /// The best that `cpu` has.
    pub fn of(cpu: Cpu) -> Self {
        Self::all().into_iter().find(|kernel| kernel.is_of(cpu)).unwrap_or(Self::Portable)
    }

    /// All that this processor has, best first.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2");
            all.extend(is_x86_feature_detected!("avx512vnni").then_some(Self::Avx512Vnni));
            all.extend((avx2 && is_x86_feature_detected!("avxvnni")).then_some(Self::AvxVnni));
            all.extend(avx2.then_some(Self::Avx2));
            // Needs AVX-512's foundation as well, which the processor could lack only by mistake.
            all.retain(|kernel| *kernel != Self::Avx512Vnni || is_x86_feature_detected!("avx512f"));
        }
        all.push(Self::Portable);
        all
    }

    /// Whether it is not wider than `cpu`.
    fn is_of(self, cpu: Cpu) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 | Self::AvxVnni => cpu.name() != Cpu::portable().name(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => cpu.name() == "AVX-512",
        }
    }

    /// Writes `activation(inputs · weightᵀ + bias)` to `outputs`.
    pub fn run(self, panels: &Panels, inputs: &[f32], activation: Activation, outputs: &mut [f32]) {
        match self {
            Self::Portable => portable(panels, inputs, activation, outputs),
            // SAFETY: `Kernel::all` lists what the processor has, and kernels come from there.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code)]
            Self::Avx2 => unsafe { avx2(panels, inputs, activation, outputs) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code)]
            Self::AvxVnni => unsafe { avx_vnni(panels, inputs, activation, outputs) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code)]
            Self::Avx512Vnni => unsafe { avx512_vnni(panels, inputs, activation, outputs) },
        }
    }
}

/// Defines `$name`, which computes a product with `$PANELS` panels and up to `$most` rows at once by `$tile`.
macro_rules! product {
    ($(#[$attribute:meta])* $name:ident, $tile:ident, $PANELS:literal, $most:literal) => {
        $(#[$attribute])*
        fn $name(panels: &Panels, inputs: &[f32], activation: Activation, outputs: &mut [f32]) {
            let rows = QuantisedRows::new(inputs, panels.inputs());
            let stride = panels.outputs();
            for first_panel in (0..panels.finishes.len()).step_by($PANELS) {
                for (first, size) in blocks(rows.ranges.len(), $most) {
                    let (quads, depth) = rows.quads(first);
                    with_rows!(size, R => {
                        let sums = $tile::<R>(quads, depth, panels, first_panel);
                        for (r, sums) in sums.iter().enumerate() {
                            let row = &mut outputs[(first + r) * stride..][..stride];
                            finish(sums, &panels.finishes[first_panel..], rows.ranges[first + r], activation,
                                row.get_mut(first_panel * WIDTH..).unwrap_or_default());
                        }
                    });
                }
            }
        }
    };
}

product!(portable, portable_tile, 1, 4);
product!(
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    avx2,
    avx2_tile,
    1,
    3
);
product!(
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,avxvnni")]
    avx_vnni,
    avx_vnni_tile,
    1,
    6
);
product!(
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vnni")]
    avx512_vnni,
    avx512_vnni_tile,
    2,
    6
);

/// The sums of `R` rows (quads of inputs, `depth` in each row) with a panel.
#[inline(always)]
fn portable_tile<const R: usize>(
    rows: &[[u8; 4]],
    depth: usize,
    panels: &Panels,
    panel: usize,
) -> [[[i32; WIDTH]; 1]; R] {
    let mut sums = [[[0; WIDTH]; 1]; R];
    let (weights, _) = panels.values(panel, 1).as_chunks::<{ 4 * WIDTH }>();
    for (quad, weights) in weights.iter().enumerate() {
        for (r, [sums]) in sums.iter_mut().enumerate() {
            let inputs = rows[r * depth + quad].map(i16::from);
            for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<4>().0) {
                for place in 0..4 {
                    *sum += i32::from(i16::from(weights[place])) * i32::from(inputs[place]);
                }
            }
        }
    }
    sums
}

/// A quad of a row, as the 32 bits that are repeated across a vector.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn quad<const R: usize>(rows: &[[u8; 4]], depth: usize, r: usize, quad: usize) -> i32 {
    debug_assert!(r < R && quad < depth);
    // SAFETY: callers check that there are R · depth quads. The check here would cost a third of the time.
    #[allow(unsafe_code)]
    i32::from_ne_bytes(unsafe { *rows.get_unchecked(r * depth + quad) })
}

/// See [`portable_tile`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn avx2_tile<const R: usize>(
    rows: &[[u8; 4]],
    depth: usize,
    panels: &Panels,
    panel: usize,
) -> [[[i32; WIDTH]; 1]; R] {
    let weights: &[[[__m256i; 2]; QUADS]] = cast_slice(panels.values(panel, 1));
    let fits = panels.fits(panel);
    assert!(rows.len() >= R * depth && weights.len() * QUADS <= depth, "rows");
    let zero = [[_mm256_setzero_si256(); 2]; R];
    let ones = _mm256_set1_epi16(1);
    let mut sums = zero;
    for (group, (weights, &fits)) in weights.iter().zip(fits).enumerate() {
        let mut partial = zero;
        for (place, weights) in weights.iter().enumerate() {
            for r in 0..R {
                let inputs = _mm256_set1_epi32(quad::<R>(rows, depth, r, group * QUADS + place));
                for v in 0..2 {
                    let products = _mm256_maddubs_epi16(inputs, weights[v]);
                    if fits {
                        partial[r][v] = _mm256_add_epi16(partial[r][v], products);
                    } else {
                        sums[r][v] = _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(products, ones));
                    }
                }
            }
        }
        if fits {
            for r in 0..R {
                for v in 0..2 {
                    sums[r][v] = _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(partial[r][v], ones));
                }
            }
        }
    }
    let mut result = [[[0; WIDTH]; 1]; R];
    for r in 0..R {
        result[r] = cast(sums[r]);
    }
    result
}

/// See [`portable_tile`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avxvnni")]
#[inline]
fn avx_vnni_tile<const R: usize>(
    rows: &[[u8; 4]],
    depth: usize,
    panels: &Panels,
    panel: usize,
) -> [[[i32; WIDTH]; 1]; R] {
    let weights: &[[__m256i; 2]] = cast_slice(panels.values(panel, 1));
    assert!(rows.len() >= R * depth && weights.len() <= depth, "rows");
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    for (place, weights) in weights.iter().enumerate() {
        for (r, sums) in sums.iter_mut().enumerate() {
            let inputs = _mm256_set1_epi32(quad::<R>(rows, depth, r, place));
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = _mm256_dpbusd_avx_epi32(*sum, inputs, *weights);
            }
        }
    }
    let mut result = [[[0; WIDTH]; 1]; R];
    for r in 0..R {
        result[r] = cast(sums[r]);
    }
    result
}

/// As [`portable_tile`], with two panels.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn avx512_vnni_tile<const R: usize>(
    rows: &[[u8; 4]],
    depth: usize,
    panels: &Panels,
    panel: usize,
) -> [[[i32; WIDTH]; 2]; R] {
    let weights: &[__m512i] = cast_slice(panels.values(panel, 2));
    let (first, second) = weights.split_at(weights.len() / 2);
    assert!(rows.len() >= R * depth && first.len() <= depth, "rows");
    let mut sums = [[_mm512_setzero_si512(); 2]; R];
    for (place, (first, second)) in first.iter().zip(second).enumerate() {
        for (r, sums) in sums.iter_mut().enumerate() {
            let inputs = _mm512_set1_epi32(quad::<R>(rows, depth, r, place));
            sums[0] = _mm512_dpbusd_epi32(sums[0], inputs, *first);
            sums[1] = _mm512_dpbusd_epi32(sums[1], inputs, *second);
        }
    }
    let mut result = [[[0; WIDTH]; 2]; R];
    for r in 0..R {
        result[r] = cast(sums[r]);
    }
    result
}

/// Scales, biases and activates the sums of a row, and writes as many as there is room for. Plain code, which becomes vector
/// instructions where it is inlined; without fused multiply-adds, so that it has the same bits everywhere.
#[inline(always)]
fn finish(
    sums: &[[i32; WIDTH]],
    finishes: &[Finish],
    [step, least]: [f32; 2],
    activation: Activation,
    outputs: &mut [f32],
) {
    for ((sums, finish), outputs) in sums.iter().zip(finishes).zip(outputs.chunks_mut(WIDTH)) {
        let mut values = [0.0; WIDTH];
        for lane in 0..WIDTH {
            let product = (step * finish.scales[lane]) * sums[lane] as f32;
            values[lane] = product + (least * finish.totals[lane] + finish.bias[lane]);
        }
        if activation == Activation::Gelu {
            for value in &mut values {
                *value = gelu(*value);
            }
        }
        match outputs.first_chunk_mut() {
            Some(whole) => *whole = values,
            None => outputs.copy_from_slice(&values[..outputs.len()]),
        }
    }
}

/// x Φ(x) to within 1e-6: [`crate::activation`]'s rational approximation without fused multiply-adds.
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    let scaled = x * std::f32::consts::FRAC_1_SQRT_2;
    let scaled = if scaled > 4.0 { 4.0 } else { scaled };
    let scaled = if scaled < -4.0 { -4.0 } else { scaled };
    let square = scaled * scaled;
    let numerator = polynomial(square, &ERF_NUMERATOR);
    let erf = scaled * numerator / polynomial(square, &ERF_DENOMINATOR);
    let half = 0.5 * x;
    half * erf + half
}

#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    let mut value = coefficients[0];
    for coefficient in &coefficients[1..] {
        value = value * x + coefficient;
    }
    value
}
