use crate::corpus::Instance;
use crate::learner::regions::{RegionReader, RegionsConfig};
use crate::learner::{FitError, Fitting, Reader, ReaderOptions};
use crate::resources::Resources;

/// What is added to a component's standard deviation, relative to the mean of all.
const FLOOR: f64 = 0.01;

/// Each sentence as the vectors of its regions, standardised by the pool, for which no labels are needed: those of the pool, then
/// those of `others`. Blocks of an encoder are the default ones.
///
/// # Errors
/// If there are no vectors, or an instance is invalid.
pub fn of_pool(
    pool: &[&Instance],
    others: &[&Instance],
    resources: &Resources,
) -> Result<[Vec<Vec<f32>>; 2], FitError> {
    let options = ReaderOptions { annotations: false, ..ReaderOptions::default() };
    let fitting = Fitting { instances: pool, unlabelled: &[], names: &[], options, resources, seed: 1 };
    let reader = RegionReader::fit(&RegionsConfig::default(), &fitting)?;
    let read = |instances: &[&Instance]| -> Result<Vec<Vec<f32>>, FitError> {
        Ok(reader.read_all(instances)?.into_iter().map(|input| input.features).collect())
    };
    Ok([read(pool)?, read(others)?])
}

/// Standardises by the pool features that a model's few training sentences standardised: components that hardly vary among these
/// would outweigh all others. What is 0 is absent, and stays 0.
pub fn by_pool(pool: &mut [Vec<f32>], others: &mut [Vec<f32>]) {
    let width = pool.first().map_or(0, Vec::len);
    let (mut counts, mut sums, mut squares) = (vec![0.0_f64; width], vec![0.0; width], vec![0.0; width]);
    for row in pool.iter() {
        for (c, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            counts[c] += 1.0;
            sums[c] += f64::from(value);
            squares[c] += f64::from(value).powi(2);
        }
    }
    let means: Vec<f64> = sums.iter().zip(&counts).map(|(sum, count)| sum / f64::max(*count, 1.0)).collect();
    let variance = |c: usize| (squares[c] / f64::max(counts[c], 1.0) - means[c].powi(2)).max(0.0);
    let deviations: Vec<f64> = (0..width).map(|c| variance(c).sqrt()).collect();
    let floor = FLOOR * deviations.iter().sum::<f64>() / width.max(1) as f64;
    for row in pool.iter_mut().chain(others) {
        for (c, value) in row.iter_mut().enumerate().filter(|(_, value)| **value != 0.0) {
            let divisor = deviations[c] + floor;
            *value = if divisor > 0.0 { ((f64::from(*value) - means[c]) / divisor) as f32 } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn present_components_are_standardised_and_absent_ones_stay_so() {
        let mut pool = vec![vec![3.0, 0.0], vec![5.0, 10.0], vec![0.0, 30.0]];
        let mut others = vec![vec![6.0, 20.0]];
        by_pool(&mut pool, &mut others);
        // Deviations 1 and 10, so 0.055 is added.
        let expected = [[-1.0 / 1.055, 0.0], [1.0 / 1.055, -10.0 / 10.055], [0.0, 10.0 / 10.055]];
        for (row, expected) in pool.iter().zip(expected) {
            row.iter().zip(expected).for_each(|(a, b): (&f32, f32)| assert!((a - b).abs() < 1e-6));
        }
        assert!((others[0][0] - 2.0 / 1.055).abs() < 1e-6 && others[0][1] == 0.0);
    }
}
