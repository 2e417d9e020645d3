//! Standardising regions by the training instances that have them.

use super::found::{FIRST_MINOR, REGIONS};

/// What is added to a component's standard deviation, relative to the mean of its region's.
const FLOOR: f64 = 0.01;

/// Sums over training instances, region by region.
pub struct Moments {
    dimension: usize,
    instances: usize,
    /// `[regions · dimension]`
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// How many instances have each region.
    counts: [usize; REGIONS.len()],
}

/// The mean of each component, and what is multiplied by after it has been subtracted, `[regions · dimension]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Standard {
    pub means: Vec<f32>,
    pub scales: Vec<f32>,
}

impl Moments {
    /// Of no instance.
    pub fn new(dimension: usize) -> Self {
        let nothing = vec![0.0; REGIONS.len() * dimension];
        Self { dimension, instances: 0, sums: nothing.clone(), squares: nothing, counts: Default::default() }
    }

    /// Adds an instance: the mean vector of every region, and whether it has it.
    pub fn add(&mut self, means: &[f32], has: impl Fn(usize) -> bool) {
        self.instances += 1;
        for region in (0..REGIONS.len()).filter(|&region| has(region)) {
            self.counts[region] += 1;
            let range = region * self.dimension..(region + 1) * self.dimension;
            let sums = self.sums[range.clone()].iter_mut().zip(&mut self.squares[range.clone()]);
            for ((sum, square), &value) in sums.zip(&means[range]) {
                *sum += f64::from(value);
                *square += f64::from(value).powi(2);
            }
        }
    }

    /// What makes the mean squared length of the instances `share`, with this weight for the regions of single words.
    pub fn standard(&self, minor: f32, share: f64) -> Standard {
        let Self { dimension, sums, squares, .. } = self;
        let mut standard = Standard { means: vec![0.0; sums.len()], scales: vec![1.0; sums.len()] };
        let mut length = 0.0;
        for (region, &count) in self.counts.iter().enumerate() {
            let n = count.max(1) as f64;
            let range = region * dimension..(region + 1) * dimension;
            let deviations: Vec<f64> =
                range.clone().map(|c| (squares[c] / n - (sums[c] / n).powi(2)).max(0.0).sqrt()).collect();
            let floor = FLOOR * deviations.iter().sum::<f64>() / *dimension as f64;
            let weight = if region < FIRST_MINOR { 1.0 } else { f64::from(minor) };
            for (c, deviation) in range.zip(deviations) {
                standard.means[c] = (sums[c] / n) as f32;
                let divisor = deviation + floor;
                // A region that is always the same, or that one instance has, says nothing.
                let scale = if divisor > 0.0 && count > 1 { weight.sqrt() / divisor } else { 0.0 };
                standard.scales[c] = scale as f32;
                length += scale * scale * (squares[c] - sums[c] * sums[c] / n).max(0.0);
            }
        }
        let length = length / self.instances.max(1) as f64;
        let factor = if length > 0.0 { (share / length).sqrt() as f32 } else { 1.0 };
        standard.scales.iter_mut().for_each(|scale| *scale *= factor);
        standard
    }
}

impl Standard {
    /// Standardises the regions that an instance has; the others must be zero, and stay it.
    pub fn apply(&self, means: &mut [f32], has: impl Fn(usize) -> bool) {
        let dimension = self.means.len() / REGIONS.len();
        for region in (0..REGIONS.len()).filter(|&region| has(region)) {
            let range = region * dimension..(region + 1) * dimension;
            let standard = self.means[range.clone()].iter().zip(&self.scales[range.clone()]);
            for (value, (mean, scale)) in means[range].iter_mut().zip(standard) {
                *value = (*value - mean) * scale;
            }
        }
    }
}
