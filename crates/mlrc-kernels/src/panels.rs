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

/// The most vectors of a panel, for which `most_rows` is made.
const VECTORS: usize = 4;

/// How wide panels are and how many rows are multiplied at once, so that the sums of a tile fill the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileShape {
    vectors: usize,
    rows: usize,
}

impl TileShape {
    /// For a few rows at a time, as in a recurrence.
    pub const fn recurrent<S: Simd>() -> Self {
        Self { vectors: VECTORS, rows: most_rows::<S>() }
    }

    /// For many rows: with few registers, more rows and narrower panels, so that each value that is read is used more
    /// often.
    pub const fn tall<S: Simd>() -> Self {
        Self { vectors: if S::REGISTER_COUNT >= 32 { VECTORS } else { 2 }, rows: 6 }
    }
}

/// Cuts `rows` into as few blocks of at most `most` as possible, of about equal size: (first row, number of rows).
pub(crate) fn blocks(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let blocks = rows.div_ceil(most);
    let (size, larger) = (rows / blocks.max(1), rows % blocks.max(1));
    (0..blocks).map(move |block| (block * size + block.min(larger), size + usize::from(block < larger)))
}

/// What is done with a sum before it is stored.
pub(crate) trait Finish {
    /// The value to store for the sums that begin at `column`.
    fn finish<S: Simd>(&self, simd: S, column: usize, sums: S::f32s) -> S::f32s;
}

/// Sums are stored as they are.
pub(crate) struct Plain;

impl Finish for Plain {
    #[inline(always)]
    fn finish<S: Simd>(&self, _: S, _: usize, sums: S::f32s) -> S::f32s {
        sums
    }
}

/// A packed right operand, `[depth, columns]`.
#[derive(Debug)]
pub(crate) struct Panels {
    values: Buffer,
    depth: usize,
    columns: usize,
    shape: TileShape,
}

impl Panels {
    /// Packs the row-major `matrix` for one pass.
    #[inline(always)]
    pub fn pack<S: Simd>(simd: S, matrix: &[f32], depth: usize, columns: usize) -> Self {
        assert_eq!(matrix.len(), depth * columns, "matrix");
        let mut panels = Self::unfilled::<S>(Buffer::new, depth, columns, TileShape::recurrent::<S>());
        panels.fill(simd, |row, column, packed| {
            packed.copy_from_slice(&matrix[row * columns + column..][..packed.len()]);
        });
        panels
    }

    /// Packs the transpose of the row-major `matrix`, `[columns, depth]`, for many passes with many rows each.
    #[inline(always)]
    pub fn lasting<S: Simd>(simd: S, matrix: &[f32], depth: usize, columns: usize) -> Self {
        assert_eq!(matrix.len(), depth * columns, "matrix");
        let mut panels = Self::unfilled::<S>(Buffer::lasting, depth, columns, TileShape::tall::<S>());
        panels.fill_transposed(simd, matrix, 0, depth);
        panels
    }

    /// Packs the transpose of `[columns, depth]` values, row after row `stride` apart from `start` on, for one pass with
    /// many rows.
    #[inline(always)]
    pub fn transposed<S: Simd>(
        simd: S,
        values: &[f32],
        [start, stride]: [usize; 2],
        depth: usize,
        columns: usize,
    ) -> Self {
        let mut panels = Self::unfilled::<S>(Buffer::new, depth, columns, TileShape::tall::<S>());
        panels.fill_transposed(simd, values, start, stride);
        panels
    }

    /// Packs `[depth, columns]` values, row after row `stride` apart from `start` on, for one pass with many rows.
    #[inline(always)]
    pub fn strided<S: Simd>(
        simd: S,
        values: &[f32],
        [start, stride]: [usize; 2],
        depth: usize,
        columns: usize,
    ) -> Self {
        let mut panels = Self::unfilled::<S>(Buffer::new, depth, columns, TileShape::tall::<S>());
        panels.fill(simd, |row, column, packed| {
            packed.copy_from_slice(&values[start + row * stride + column..][..packed.len()]);
        });
        panels
    }

    /// Panels whose values are still to be filled in, in a buffer that `allocate` makes.
    #[inline(always)]
    fn unfilled<S: Simd>(
        allocate: impl Fn(usize) -> Buffer,
        depth: usize,
        columns: usize,
        shape: TileShape,
    ) -> Self {
        let lanes = S::F32_LANES;
        Self { values: allocate(depth * columns.div_ceil(lanes) * lanes), depth, columns, shape }
    }

    #[inline(always)]
    fn fill_transposed<S: Simd>(&mut self, simd: S, values: &[f32], start: usize, stride: usize) {
        self.fill(simd, |row, column, packed| {
            for (place, value) in packed.iter_mut().enumerate() {
                *value = values[start + (column + place) * stride + row];
            }
        });
    }

    /// Fills the panels by `copy`, which is handed a row, a column, and the place for the values from there on. Lanes
    /// past the last column are zero.
    #[inline(always)]
    fn fill<S: Simd>(&mut self, _: S, copy: impl Fn(usize, usize, &mut [f32])) {
        let lanes = S::F32_LANES;
        let mut rest = &mut self.values[..];
        for (first, vectors) in blocks(self.columns.div_ceil(lanes), self.shape.vectors) {
            let width = vectors * lanes;
            let present = width.min(self.columns - first * lanes);
            let (panel, others) = rest.split_at_mut(self.depth * width);
            for (row, packed) in panel.chunks_exact_mut(width).enumerate() {
                copy(row, first * lanes, &mut packed[..present]);
                packed[present..].fill(0.0);
            }
            rest = others;
        }
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of rows.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Writes the product of `left` (`[rows, depth]`) and this matrix to `product` (`[rows, columns]`).
    #[inline(always)]
    pub fn multiply<S: Simd>(&self, simd: S, left: &[f32], rows: usize, product: &mut [f32]) {
        self.multiply_into(simd, left, rows, product, self.columns, &Plain);
    }

    /// As [`Panels::multiply`], but the rows of `product` are `stride` apart, and sums go through `finish`.
    #[inline(always)]
    pub fn multiply_into<S: Simd>(
        &self,
        simd: S,
        left: &[f32],
        rows: usize,
        product: &mut [f32],
        stride: usize,
        finish: &impl Finish,
    ) {
        let mut rest = self.values.vectors::<S>();
        for (first, vectors) in blocks(self.columns.div_ceil(S::F32_LANES), self.shape.vectors) {
            let (panel, others) = rest.split_at(self.depth * vectors);
            let column = first * S::F32_LANES;
            match vectors {
                1 => self.multiply_panel::<S, 1>(simd, left, rows, panel, column, product, stride, finish),
                2 => self.multiply_panel::<S, 2>(simd, left, rows, panel, column, product, stride, finish),
                3 => self.multiply_panel::<S, 3>(simd, left, rows, panel, column, product, stride, finish),
                _ => self.multiply_panel::<S, 4>(simd, left, rows, panel, column, product, stride, finish),
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
        stride: usize,
        finish: &impl Finish,
    ) {
        let panel = panel.as_chunks::<V>().0;
        let end = (column + V * S::F32_LANES).min(self.columns);
        for (first, size) in blocks(rows, self.shape.rows) {
            let left = &left[first * self.depth..];
            with_rows!(size, R => {
                let sums = tile::<S, R, V>(simd, left, panel);
                for (r, sums) in sums.into_iter().enumerate() {
                    let row = &mut product[(first + r) * stride..][column..end];
                    for (v, (place, sum)) in row.chunks_mut(S::F32_LANES).zip(sums).enumerate() {
                        store(simd, place, finish.finish(simd, column + v * S::F32_LANES, sum));
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
