//! Whether probabilities mean what they say.

use serde::Serialize;

/// The answers whose probabilities are in one tenth of the range from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// The lowest probability.
    pub from: f64,
    /// The lowest probability above it; 1 is in the last.
    pub to: f64,
    /// Number of answers.
    pub answers: usize,
    /// Their mean probability; 0 if there are none.
    pub confidence: f64,
    /// The share of right ones; 0 if there are none.
    pub accuracy: f64,
}

impl CalibrationBin {
    /// The ten intervals of probability, from the lowest.
    pub fn tenths(confidences: &[f32], right: &[bool]) -> Vec<Self> {
        const INTERVALS: usize = 10;
        let end = |place: usize| place as f64 / INTERVALS as f64;
        let empty =
            |place| Self { from: end(place), to: end(place + 1), answers: 0, confidence: 0.0, accuracy: 0.0 };
        let mut bins: Vec<Self> = (0..INTERVALS).map(empty).collect();
        for (&confidence, &right) in confidences.iter().zip(right) {
            let bin = &mut bins[((f64::from(confidence) * INTERVALS as f64) as usize).min(INTERVALS - 1)];
            bin.answers += 1;
            bin.confidence += f64::from(confidence);
            bin.accuracy += f64::from(u8::from(right));
        }
        for bin in bins.iter_mut().filter(|bin| bin.answers > 0) {
            bin.confidence /= bin.answers as f64;
            bin.accuracy /= bin.answers as f64;
        }
        bins
    }
}

/// Expected calibration error (Guo et al. 2017): the mean difference between the probability of answers and their share of right
/// ones, over ten intervals of probability; 0 if there are no answers.
pub fn calibration_error(confidences: &[f32], right: &[bool]) -> f64 {
    let off: f64 = CalibrationBin::tenths(confidences, right)
        .iter()
        .map(|bin| bin.answers as f64 * (bin.confidence - bin.accuracy).abs())
        .sum();
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
        let bins = CalibrationBin::tenths(&confidences, &right);
        assert_eq!((bins.len(), bins[8].answers, bins[8].accuracy), (10, 4, 0.5));
        assert_eq!((bins[8].from, bins[8].to, bins[0].answers, bins[0].accuracy), (0.8, 0.9, 0, 0.0));
        assert_eq!(calibration_error(&[1.0, 1.0], &[true, true]), 0.0);
    }
}
