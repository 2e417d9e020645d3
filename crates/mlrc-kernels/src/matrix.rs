//! Matrix products on row-major slices: a checked interface to the `gemm` crate.

use crate::recycle;

/// A view of a slice as a row-major matrix or as the transpose of one.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `values` as a `[rows, columns]` matrix.
    ///
    /// # Panics
    /// If there are fewer values than the shape needs.
    pub fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert!(values.len() >= rows * columns, "{} values for a {rows} × {columns} matrix", values.len());
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// A range of its columns.
    ///
    /// # Panics
    /// If the range is out of bounds.
    #[must_use]
    pub fn columns(self, columns: std::ops::Range<usize>) -> Self {
        assert!(columns.start <= columns.end && columns.end <= self.columns, "columns {columns:?}");
        // An empty matrix has no first value.
        let start = if self.rows == 0 { 0 } else { columns.start * self.column_stride };
        Self { values: &self.values[start..], columns: columns.len(), ..self }
    }

    /// Number of rows and of columns.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// The transpose, as a view of the same values.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// Whether a product replaces what the destination holds or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// `destination = left · right`
    Replace,
    /// `destination += left · right`
    Add,
}

/// Writes `left · right` to the row-major `destination`, on the calling thread.
///
/// # Panics
/// If the shapes do not match.
pub fn multiply(destination: &mut [f32], left: Matrix, right: Matrix, write: Write) {
    let (rows, inner, columns) = (left.rows, left.columns, right.columns);
    assert_eq!(inner, right.rows, "inner dimensions differ");
    assert!(destination.len() >= rows * columns, "destination too small for {rows} × {columns}");
    if rows == 0 || columns == 0 {
        return;
    }
    // SAFETY: the three views lie inside their slices (asserted here and in `Matrix::new`; transposing and
    // selecting columns keep the extent), and `destination` is borrowed mutably, so it overlaps neither operand.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            destination.as_mut_ptr(),
            1,
            columns as isize,
            write == Write::Add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `left · right`, row-major, in memory of [`recycle`](crate::recycle): for gradients of parameters.
pub(crate) fn product(left: Matrix, right: Matrix) -> Vec<f32> {
    let mut product = recycle::take(left.rows * right.columns);
    multiply(&mut product, left, right, Write::Replace);
    product
}

/// Adds each row of the row-major `[_, columns]` matrix `values` to `sums`.
pub fn add_rows(sums: &mut [f32], values: &[f32]) {
    for row in values.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(left: &[f32], right: &[f32], m: usize, k: usize, n: usize) -> Vec<f32> {
        let mut product = vec![0.0; m * n];
        for i in 0..m {
            for j in 0..n {
                product[i * n + j] = (0..k).map(|p| left[i * k + p] * right[p * n + j]).sum();
            }
        }
        product
    }

    fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
        (0..rows * columns).map(|place| values[place % rows * columns + place / rows]).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(m in 1..9_usize, k in 1..20_usize, n in 1..20_usize, seed in 0..1000_u32) {
            let value = |i: usize| ((i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed) % 1000) as f32 / 500.0 - 1.0;
            let left: Vec<f32> = (0..m * k).map(value).collect();
            let right: Vec<f32> = (0..k * n).map(|i| value(i + 7777)).collect();
            let expected = plain(&left, &right, m, k, n);
            let (left_t, right_t) = (transpose(&left, m, k), transpose(&right, k, n));
            for (a, b) in [
                (Matrix::new(&left, m, k), Matrix::new(&right, k, n)),
                (Matrix::new(&left_t, k, m).transposed(), Matrix::new(&right, k, n)),
                (Matrix::new(&left, m, k), Matrix::new(&right_t, n, k).transposed()),
            ] {
                let mut product = vec![1.0; m * n];
                multiply(&mut product, a, b, Write::Replace);
                multiply(&mut product, a, b, Write::Add);
                for (p, e) in product.iter().zip(&expected) {
                    prop_assert!((p - 2.0 * e).abs() < 1e-4, "{p} {e}");
                }
            }
        }
    }
}
