//! Intervals and tests.

use statrs::distribution::{ContinuousCDF, StudentsT};

use mlrc::random::{Purpose, Stream};

/// With more pairs than this, signs are flipped at random instead of exhaustively.
const EXACT_PAIRS: usize = 14;
const RANDOM_FLIPS: usize = 20_000;
/// Number of resamplings for the interval of a mean.
const MEANS: usize = 10_000;

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Standard deviation of a sample.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// 95 % interval of a mean (Student's t).
pub fn interval(values: &[f64]) -> Option<[f64; 2]> {
    let deviation = deviation(values)?;
    let t = StudentsT::new(0.0, 1.0, (values.len() - 1) as f64).ok()?.inverse_cdf(0.975);
    let half = t * deviation / (values.len() as f64).sqrt();
    Some([mean(values) - half, mean(values) + half])
}

/// 95 % interval of a mean by the percentile bootstrap: the middle 95 % of the means of resampled values.
pub(super) fn bootstrap_interval(values: &[f64]) -> Option<[f64; 2]> {
    if values.len() < 2 {
        return None;
    }
    let mut stream = Stream::new(0, Purpose::Resampling, 2, 0);
    let mut resampled = || -> f64 { values.iter().map(|_| values[stream.below(values.len())]).sum() };
    let means = (0..MEANS).map(|_| resampled() / values.len() as f64).collect();
    Some(middle(means))
}

/// The ends of the middle 95 % of `values`.
pub(crate) fn middle(mut values: Vec<f64>) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [0.025, 0.975].map(|share| values[((values.len() - 1) as f64 * share).round() as usize])
}

/// Two-sided p-value of a mean difference under swapping the members of pairs: in all 2ⁿ ways, or in many at
/// random.
pub(super) fn sign_flip_test(differences: &[f64]) -> f64 {
    let observed = differences.iter().sum::<f64>().abs() - 1e-12;
    swap_test(differences.len(), observed, |swapped| {
        let signed = differences.iter().zip(swapped).map(|(d, &swapped)| if swapped { -d } else { *d });
        signed.sum::<f64>().abs()
    })
}

/// How often a statistic is at least `observed` when the members of pairs are swapped: in all 2ⁿ ways, or in many at random.
/// `statistic` is told for each pair whether it is swapped.
pub(crate) fn swap_test(pairs: usize, observed: f64, statistic: impl Fn(&[bool]) -> f64) -> f64 {
    let mut swapped = vec![false; pairs];
    if pairs <= EXACT_PAIRS {
        let ways = 1_u64 << pairs;
        let as_great = (0..ways)
            .filter(|bits| {
                swapped.iter_mut().enumerate().for_each(|(place, swapped)| *swapped = bits >> place & 1 == 1);
                statistic(&swapped) >= observed
            })
            .count();
        return as_great as f64 / ways as f64;
    }
    let mut stream = Stream::new(0, Purpose::Resampling, 0, 0);
    let as_great = (0..RANDOM_FLIPS)
        .filter(|_| {
            swapped.iter_mut().for_each(|swapped| *swapped = stream.next_u64() & 1 == 1);
            statistic(&swapped) >= observed
        })
        .count();
    (as_great + 1) as f64 / (RANDOM_FLIPS + 1) as f64
}

/// Holm's step-down correction (1979) of several p-values.
pub(crate) fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut least = 0.0_f64;
    for (rank, &place) in order.iter().enumerate() {
        least = least.max(((p.len() - rank) as f64 * p[place]).min(1.0));
        corrected[place] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        // R: t.test(c(1, 2, 3, 4))$conf.int
        let [low, high] = interval(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((low - 0.445_739_7).abs() < 1e-6 && (high - 4.554_260_3).abs() < 1e-6, "{low} {high}");
        assert_eq!(interval(&[1.0]), None);
    }

    #[test]
    fn the_bootstrap_is_that_of_all_resamplings() {
        // Python: m = [sum(c) / 5 for c in itertools.product([1, 2, 3, 4, 10], repeat=5)];
        // sorted(m)[round(.025 * (len(m) - 1))], sorted(m)[round(.975 * (len(m) - 1))] = 1.8, 7.2; they go by steps of 0.2.
        let [low, high] = bootstrap_interval(&[1.0, 2.0, 3.0, 4.0, 10.0]).unwrap();
        assert!((low - 1.8).abs() < 0.21 && (high - 7.2).abs() < 0.21, "{low} {high}");
        assert_eq!(bootstrap_interval(&[1.0]), None);
    }

    #[test]
    fn signs_are_flipped_in_all_ways() {
        // Of eight ways only the observed one and its mirror image are as great.
        assert_eq!(sign_flip_test(&[1.0, 2.0, 3.0]), 0.25);
        assert_eq!(sign_flip_test(&[1.0, -1.0]), 1.0);
        assert_eq!(sign_flip_test(&[0.0]), 1.0);
        let many = sign_flip_test(&[1.0; 20]);
        assert!(many < 0.001, "{many}");
    }

    #[test]
    fn holms_correction_steps_down() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{corrected:?}");
        }
    }
}
