use std::any::TypeId;

use pulp::{Arch, Scalar128b, Simd, WithSimd};

/// The instruction set that kernels run with, chosen at run time.
///
/// Kernels are written once, generic over the vector width, and compiled for every instruction set (with
/// `pulp`). Results agree to within rounding across instruction sets, and bit for bit within one.
#[derive(Clone, Copy, Debug)]
pub struct Cpu(Arch);

impl Cpu {
    /// The widest that this processor supports: AVX-512, AVX2 with FMA, NEON, or the portable one.
    pub fn native() -> Self {
        Self(Arch::new())
    }

    /// The baseline of the compilation target.
    pub fn portable() -> Self {
        Self(Arch::Scalar)
    }

    /// All that this processor supports, widest first, the portable one last.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(pulp::x86::V4::try_new().map(|simd| Self(Arch::V4(simd))));
            all.extend(pulp::x86::V3::try_new().map(|simd| Self(Arch::V3(simd))));
        }
        #[cfg(not(target_arch = "x86_64"))]
        all.push(Self::native());
        all.push(Self::portable());
        all
    }

    /// Name of the instruction set.
    pub fn name(self) -> &'static str {
        match self.0 {
            Arch::Scalar => "portable",
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Arch::V3(_) => "AVX2",
            #[allow(unreachable_patterns)]
            _ => "native",
        }
    }

    #[inline(always)]
    pub(crate) fn run<K: WithSimd>(self, kernel: K) -> K::Output {
        match self.0 {
            // Arrays of four values, which the compiler turns into the baseline's vectors.
            Arch::Scalar => kernel.with_simd(Scalar128b),
            native => native.dispatch(kernel),
        }
    }
}

/// `a · b + c`, fused where the processor does that in one instruction.
#[inline(always)]
pub(crate) fn multiply_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    let portable = TypeId::of::<S>() == TypeId::of::<Scalar128b>();
    // Without an FMA instruction, a fused multiply-add is a slow library call.
    if portable { simd.add_f32s(simd.mul_f32s(a, b), c) } else { simd.mul_add_e_f32s(a, b, c) }
}

/// The first values of `slice` as a vector; lanes past its end are zero.
#[inline(always)]
pub(crate) fn load<S: Simd>(simd: S, slice: &[f32]) -> S::f32s {
    match S::as_simd_f32s(slice).0.first() {
        Some(&vector) => vector,
        None => simd.partial_load_f32s(slice),
    }
}

/// Writes as many lanes of `vector` as `slice` has room for.
#[inline(always)]
pub(crate) fn store<S: Simd>(simd: S, slice: &mut [f32], vector: S::f32s) {
    match S::as_mut_simd_f32s(slice).0.first_mut() {
        Some(place) => *place = vector,
        None => simd.partial_store_f32s(slice, vector),
    }
}

/// Adds `scale · values` to `sums`.
#[inline(always)]
pub(crate) fn add_scaled<S: Simd>(simd: S, sums: &mut [f32], scale: f32, values: &[f32]) {
    let scale = simd.splat_f32s(scale);
    let ((sums, sums_tail), (values, values_tail)) = (S::as_mut_simd_f32s(sums), S::as_simd_f32s(values));
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = multiply_add(simd, scale, value, *sum);
    }
    let tail = multiply_add(simd, scale, load(simd, values_tail), load(simd, sums_tail));
    store(simd, sums_tail, tail);
}

/// Writes `scale · values` to `products`.
#[inline(always)]
pub(crate) fn set_scaled<S: Simd>(simd: S, products: &mut [f32], scale: f32, values: &[f32]) {
    let scale = simd.splat_f32s(scale);
    let ((products, products_tail), (values, values_tail)) =
        (S::as_mut_simd_f32s(products), S::as_simd_f32s(values));
    for (product, &value) in products.iter_mut().zip(values) {
        *product = simd.mul_f32s(scale, value);
    }
    store(simd, products_tail, simd.mul_f32s(scale, load(simd, values_tail)));
}

/// The inner product of two slices of equal length.
#[inline(always)]
pub(crate) fn dot<S: Simd>(simd: S, left: &[f32], right: &[f32]) -> f32 {
    let ((left, left_tail), (right, right_tail)) = (S::as_simd_f32s(left), S::as_simd_f32s(right));
    let mut sum = simd.mul_f32s(load(simd, left_tail), load(simd, right_tail));
    for (&left, &right) in left.iter().zip(right) {
        sum = multiply_add(simd, left, right, sum);
    }
    simd.reduce_sum_f32s(sum)
}
