/// A matrix of 8-bit integers with a scale for each row.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantisedMatrix {
    /// `[rows, columns]`
    pub values: Vec<i8>,
    /// What each row is multiplied by, `[rows]`.
    pub scales: Vec<f32>,
}

impl QuantisedMatrix {
    /// Rounds a finite `matrix` of so many `rows`: a row's greatest absolute value becomes 127.
    ///
    /// # Panics
    /// If its size is not a multiple of `rows`.
    pub fn new(matrix: &[f32], rows: usize) -> Self {
        assert!(rows > 0 && matrix.len().is_multiple_of(rows), "matrix");
        let columns = matrix.len() / rows;
        let mut quantised =
            Self { values: Vec::with_capacity(matrix.len()), scales: Vec::with_capacity(rows) };
        for row in matrix.chunks_exact(columns.max(1)) {
            let greatest = row.iter().fold(0.0_f32, |greatest, value| greatest.max(value.abs()));
            let scale = greatest / 127.0;
            // Dividing by the scale, not multiplying by its inverse, keeps the quotient in range for tiny rows, too.
            let round = |value: &f32| {
                if scale > 0.0 { (value / scale).round().clamp(-127.0, 127.0) as i8 } else { 0 }
            };
            quantised.values.extend(row.iter().map(round));
            quantised.scales.push(scale);
        }
        quantised
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.values.len() / self.scales.len().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_are_off_by_half_a_scale_at_most(row in prop::collection::vec(-1e3..1e3_f32, 1..50)) {
            let matrix = [&row[..], &vec![0.0; row.len()]].concat();
            let quantised = QuantisedMatrix::new(&matrix, 2);
            prop_assert_eq!((quantised.rows(), quantised.columns()), (2, row.len()));
            for (place, value) in matrix.iter().enumerate() {
                let scale = quantised.scales[place / row.len()];
                let found = scale * f32::from(quantised.values[place]);
                prop_assert!((found - value).abs() <= 0.5001 * scale, "{found} {value}");
            }
            let greatest = quantised.values.iter().map(|value| value.unsigned_abs()).max();
            prop_assert!(greatest == Some(127) || row.iter().all(|value| *value == 0.0));
        }
    }

    #[test]
    fn the_smallest_and_greatest_numbers_are_no_exceptions() {
        for value in [f32::MAX, f32::MIN_POSITIVE, 1e-44, 1e-45] {
            let quantised = QuantisedMatrix::new(&[value, -value, 0.0], 1);
            let [first, second, third] = quantised.values[..] else { panic!("three values") };
            assert!(first == -second && third == 0 && first >= 0, "{value}: {quantised:?}");
            assert!(quantised.scales[0].is_finite());
        }
    }
}
