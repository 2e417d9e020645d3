//! What the heads share: matrices of instances in columns, centring, cross-entropy.

use faer::Mat;

/// The instances at these places side by side, `[width, instances]`.
pub fn gather<'a>(features: &[Vec<f32>], places: impl ExactSizeIterator<Item = &'a usize>) -> Mat<f32> {
    let width = features.first().map_or(0, Vec::len);
    let mut matrix = Mat::zeros(width, places.len());
    for (column, &place) in places.enumerate() {
        matrix.col_mut(column).iter_mut().zip(&features[place]).for_each(|(to, from)| *to = *from);
    }
    matrix
}

/// A matrix from its columns, one after the other.
pub fn columns(values: &[f32], rows: usize, count: usize) -> Mat<f32> {
    Mat::from_fn(rows, count, |row, column| values[column * rows + row])
}

/// The columns of a matrix, one after the other.
pub fn values(matrix: &Mat<f32>) -> Vec<f32> {
    (0..matrix.ncols()).flat_map(|column| matrix.col(column).iter().copied().collect::<Vec<f32>>()).collect()
}

/// The mean of the first `count` columns.
pub fn mean(matrix: &Mat<f32>, count: usize) -> Vec<f32> {
    let share = 1.0 / count.max(1) as f32;
    (0..matrix.nrows())
        .map(|row| share * (0..count).map(|column| matrix[(row, column)]).sum::<f32>())
        .collect()
}

/// Adds a vector to every column.
pub fn shift(matrix: &mut Mat<f32>, by: &[f32], factor: f32) {
    for column in 0..matrix.ncols() {
        matrix.col_mut(column).iter_mut().zip(by).for_each(|(value, by)| *value += factor * by);
    }
}

/// Centred on the mean of the first `count` columns: what all sentences of another kind of text have in common tells nothing.
pub fn centred(mut matrix: Mat<f32>, count: usize) -> Mat<f32> {
    let mean = mean(&matrix, count);
    shift(&mut matrix, &mean, -1.0);
    matrix
}

/// Mean cross-entropy of logits `[labels, instances]`, and its gradient.
pub fn cross_entropy(logits: &Mat<f32>, labels: &[usize]) -> (f32, Mat<f32>) {
    let share = 1.0 / labels.len().max(1) as f32;
    let mut grad = Mat::zeros(logits.nrows(), logits.ncols());
    let mut loss = 0.0;
    for (column, &label) in labels.iter().enumerate() {
        let column_of = logits.col(column);
        let greatest = column_of.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total: f32 = column_of.iter().map(|logit| (logit - greatest).exp()).sum();
        loss -= share * (logits[(label, column)] - greatest - total.ln());
        for row in 0..logits.nrows() {
            let probability = (logits[(row, column)] - greatest).exp() / total;
            grad[(row, column)] = share * (probability - f32::from(u8::from(row == label)));
        }
    }
    (loss, grad)
}

#[cfg(test)]
pub mod tests {
    /// Asserts that a function's gradient, in pieces, is its derivative at these values.
    pub fn assert_is_gradient(values: &[f32], at: impl Fn(&[f32]) -> (f32, Vec<Vec<f32>>)) {
        let (_, pieces) = at(values);
        let gradient = pieces.concat();
        let norm: f32 = gradient.iter().map(|slope| slope * slope).sum();
        assert!(norm > 1e-4, "{norm}");
        // Along the gradient, and along each block of parameters by itself.
        let ends: Vec<usize> = pieces
            .iter()
            .scan(0, |end, piece| {
                *end += piece.len();
                Some(*end)
            })
            .collect();
        let mut starts = vec![0];
        starts.extend(&ends);
        for (start, end) in starts.into_iter().zip(ends).chain([(0, values.len())]) {
            let squares: f32 = gradient[start..end].iter().map(|slope| slope * slope).sum();
            let step = 1e-2 / squares.sqrt();
            let moved = |sign: f32| {
                let mut values = values.to_vec();
                for place in start..end {
                    values[place] += sign * step * gradient[place];
                }
                at(&values).0
            };
            let slope = (moved(1.0) - moved(-1.0)) / (2.0 * step);
            assert!((slope / squares - 1.0).abs() < 2e-2, "{slope} {squares} for {start}..{end}");
        }
    }
}
