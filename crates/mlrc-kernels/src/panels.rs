//! Products of a few rows with a matrix that is used repeatedly, as in a recurrence.
//!
//! A general matrix product rearranges ("packs") its operands on every call, which for a few rows costs more
//! than the multiplication. Here the right operand is packed once, into *panels* a few vectors wide and
//! stored row after row, so that the innermost loop reads memory sequentially and keeps its sums in
//! registers.

use pulp::Simd;

use crate::buffer::Buffer;
use crate::cpu::{multiply_add, store};

/// The most rows that are multiplied at once: their sums, four vectors each, fill the registers.
pub(crate) const fn most_rows<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 6 } else { 2 }
}

/// `R` consecutive rows of the row-major `left` (`[R, depth]`) times a panel (`[depth]` rows of `V` vectors).
#[inline(always)]
pub(crate) fn tile<S: Simd, const R: usize, const V: usize>(
    simd: S,
    left: &[f32],
    panel: &[[S::f32s; V]],
) -> [[S::f32s; V]; R] {
    let depth = panel.len();
    assert!(left.len() >= R * depth, "left operand too small");
    let mut sums = [[simd.splat_f32s(0.0); V]; R];
    for (k, vectors) in panel.iter().enumerate() {
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: r < R and k < depth, and the slice holds R · depth values. The check would cost half the time.
            #[allow(unsafe_code)]
            let value = simd.splat_f32s(unsafe { *left.get_unchecked(r * depth + k) });
            for v in 0..V {
                sums[v] = multiply_add(simd, value, vectors[v], sums[v]);
            }
        }
    }
    sums
}

/// Runs `$body` with `$rows` as the constant `$R`, for 1 to 6 rows.
macro_rules! with_rows {
    ($rows:expr, $R:ident => $body:expr) => {
        match $rows {
            1 => {
                const $R: usize = 1;
                $body
            }
            2 => {
                const $R: usize = 2;
                $body
            }
            3 => {
                const $R: usize = 3;
                $body
            }
            4 => {
                const $R: usize = 4;
                $body
            }
            5 => {
                const $R: usize = 5;
                $body
            }
            6 => {
                const $R: usize = 6;
                $body
            }
            more => unreachable!("{more} rows at once"),
        }
    };
}
pub(crate) use with_rows;

/// Cuts `rows` into as few blocks of at most `most` as possible, of about equal size: (first row, number of rows).
pub(crate) fn blocks(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let blocks = rows.div_ceil(most);
    let (size, larger) = (rows / blocks.max(1), rows % blocks.max(1));
    (0..blocks).map(move |block| (block * size + block.min(larger), size + usize::from(block < larger)))
}

/// A packed right operand, `[depth, columns]`.
pub(crate) struct Panels {
    values: Buffer,
    depth: usize,
    columns: usize,
}

impl Panels {
    /// Packs the row-major `matrix`.
    #[inline(always)]
    pub fn pack<S: Simd>(_: S, matrix: &[f32], depth: usize, columns: usize) -> Self {
        assert_eq!(matrix.len(), depth * columns, "matrix");
        let lanes = S::F32_LANES;
        let mut values = Buffer::new(depth * columns.div_ceil(lanes) * lanes);
        let mut rest = &mut values[..];
        for (first, vectors) in blocks(columns.div_ceil(lanes), 4) {
            let width = vectors * lanes;
            let present = width.min(columns - first * lanes);
            let (panel, others) = rest.split_at_mut(depth * width);
            for (packed, row) in panel.chunks_exact_mut(width).zip(matrix.chunks_exact(columns)) {
                packed[..present].copy_from_slice(&row[first * lanes..][..present]);
                packed[present..].fill(0.0);
            }
            rest = others;
        }
        Self { values, depth, columns }
    }

    /// Writes the product of `left` (`[rows, depth]`) and this matrix to `product` (`[rows, columns]`).
    #[inline(always)]
    pub fn multiply<S: Simd>(&self, simd: S, left: &[f32], rows: usize, product: &mut [f32]) {
        let mut rest = self.values.vectors::<S>();
        for (first, vectors) in blocks(self.columns.div_ceil(S::F32_LANES), 4) {
            let (panel, others) = rest.split_at(self.depth * vectors);
            let column = first * S::F32_LANES;
            match vectors {
                1 => self.multiply_panel::<S, 1>(simd, left, rows, panel, column, product),
                2 => self.multiply_panel::<S, 2>(simd, left, rows, panel, column, product),
                3 => self.multiply_panel::<S, 3>(simd, left, rows, panel, column, product),
                _ => self.multiply_panel::<S, 4>(simd, left, rows, panel, column, product),
            }
            rest = others;
        }
    }

    #[inline(always)]
    fn multiply_panel<S: Simd, const V: usize>(
        &self,
        simd: S,
        left: &[f32],
        rows: usize,
        panel: &[S::f32s],
        column: usize,
        product: &mut [f32],
    ) {
        let panel = panel.as_chunks::<V>().0;
        let end = (column + V * S::F32_LANES).min(self.columns);
        for (first, size) in blocks(rows, most_rows::<S>()) {
            let left = &left[first * self.depth..];
            with_rows!(size, R => {
                let sums = tile::<S, R, V>(simd, left, panel);
                for (r, sums) in sums.into_iter().enumerate() {
                    let row = &mut product[(first + r) * self.columns..][column..end];
                    for (place, sum) in row.chunks_mut(S::F32_LANES).zip(sums) {
                        store(simd, place, sum);
                    }
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cpu;
    use proptest::prelude::*;
    use pulp::WithSimd;

    struct Product<'a> {
        left: &'a [f32],
        right: &'a [f32],
        shape: [usize; 3],
        result: &'a mut [f32],
    }

    impl WithSimd for Product<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let [rows, depth, columns] = self.shape;
            Panels::pack(simd, self.right, depth, columns).multiply(simd, self.left, rows, self.result);
        }
    }

    proptest! {
        #[test]
        fn the_product_is_the_sum_of_products(
            rows in 0..30_usize,
            depth in 0..40_usize,
            columns in 1..150_usize,
            seed in any::<u32>(),
        ) {
            let value = |i: usize| ((i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed) % 1000) as f32 / 500.0 - 1.0;
            let left: Vec<f32> = (0..rows * depth).map(value).collect();
            let right: Vec<f32> = (0..depth * columns).map(|i| value(i + 7777)).collect();
            for cpu in Cpu::all() {
                // The values after the product must not change.
                let mut product = vec![7.0; rows * columns + 3];
                cpu.run(Product { left: &left, right: &right, shape: [rows, depth, columns], result: &mut product });
                for row in 0..rows {
                    for column in 0..columns {
                        let exact: f64 = (0..depth)
                            .map(|k| f64::from(left[row * depth + k]) * f64::from(right[k * columns + column]))
                            .sum();
                        let found = f64::from(product[row * columns + column]);
                        prop_assert!((found - exact).abs() < 2e-5, "{cpu:?}: {found} {exact}");
                    }
                }
                prop_assert_eq!(&product[rows * columns..], &[7.0; 3]);
            }
        }

        #[test]
        fn blocks_cover_every_row_once(rows in 0..100_usize, most in 1..9_usize) {
            let mut next = 0;
            for (first, size) in blocks(rows, most) {
                prop_assert_eq!(first, next);
                prop_assert!((1..=most).contains(&size));
                next += size;
            }
            prop_assert_eq!(next, rows);
        }
    }
}
