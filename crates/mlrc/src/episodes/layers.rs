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
