//! Whether probabilities mean what they say.

/// Expected calibration error (Guo et al. 2017): the mean difference between the probability of answers and their share of right
/// ones, over ten intervals of probability; 0 if there are no answers.
pub fn calibration_error(confidences: &[f32], right: &[bool]) -> f64 {
    const INTERVALS: usize = 10;
    let mut sums = [(0.0_f64, 0.0_f64); INTERVALS];
    for (&confidence, &right) in confidences.iter().zip(right) {
        let bin = ((f64::from(confidence) * INTERVALS as f64) as usize).min(INTERVALS - 1);
        sums[bin].0 += f64::from(confidence);
        sums[bin].1 += f64::from(u8::from(right));
    }
    let off: f64 = sums.iter().map(|(confidence, right)| (confidence - right).abs()).sum();
    off / confidences.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_is_measured_within_intervals() {
        // Two of four right at 0.8, all right at 0.55: off by 0.3 and 0.45.
        let confidences = [0.8, 0.8, 0.8, 0.8, 0.55, 0.55];
        let right = [true, true, false, false, true, true];
        let error = calibration_error(&confidences, &right);
        assert!((error - (4.0 * 0.3 + 2.0 * 0.45) / 6.0).abs() < 1e-6, "{error}");
        assert_eq!(calibration_error(&[1.0, 1.0], &[true, true]), 0.0);
    }
}
