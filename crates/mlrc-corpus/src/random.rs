//! Every random number of the library.
//!
//! A [`Stream`] is a ChaCha generator keyed by *what the numbers are for*:
//! `(seed, purpose, step, task)`. Two streams with different keys are independent, and a stream
//! does not depend on what was drawn elsewhere, in which order, or on which thread. That is what
//! makes runs reproducible bit for bit at any thread count and lets a resumed run continue exactly.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream of random numbers is used for. The discriminants are part of the
/// reproducibility contract: never reuse or renumber them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Initial parameter values.
    Initialisation = 1,
    /// Drawing the development set and the training fraction.
    Split = 2,
    /// Order of instances within an epoch (`step` is the epoch).
    Shuffle = 3,
    /// Dropout masks (`step` is the training step, `task` the shard).
    Dropout = 4,
    /// Word dropout while batches are built.
    WordDropout = 5,
    /// Drawing relations for a meta-iteration (`step` is the iteration).
    TaskSampling = 6,
    /// Drawing the instances of one task.
    InstanceSampling = 7,
    /// Vectors of the unknown word and of entity masks.
    SpecialVectors = 8,
    /// Dropout masks of the inner steps of meta-learning (`step` is the iteration).
    MetaDropout = 10,
    /// Synthetic corpora.
    Synthesis = 9,
    /// Resampling results for intervals and tests.
    Resampling = 11,
    /// Drawing episodes of few-shot evaluation (`step` is the episode).
    Episodes = 13,
    /// Drawing hyper-parameters (`step` is the trial).
    Search = 12,
    /// Drawing pairs of entities without a relation.
    UnrelatedPairs = 14,
    /// Choosing sentences to label (`step` is the number of labelled ones).
    Suggestion = 15,
}

/// A deterministic stream of random numbers; see the [module documentation](self).
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha8Rng,
}

impl Stream {
    /// The stream of `(seed, purpose, step, task)`.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, step: u64, task: u64) -> Self {
        let mut key = [0_u8; 32];
        for (chunk, word) in key.chunks_exact_mut(8).zip([seed, purpose as u64, step, task]) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        Self { generator: ChaCha8Rng::from_seed(key) }
    }

    /// 64 uniform random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Fills `bytes` with uniform random bytes.
    pub fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }

    /// A uniform integer in `0..bound`, without modulo bias.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "cannot draw from an empty range");
        let bound = bound as u64;
        // Lemire (2019): reject the few values that would make some results likelier.
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// A uniform `f32` in `[0, 1)` with 24 random bits.
    pub fn unit(&mut self) -> f32 {
        (self.generator.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// A uniform `f32` in `[low, high)`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A normally distributed `f32` (Box–Muller).
    pub fn normal(&mut self, mean: f32, deviation: f32) -> f32 {
        let radius = (-2.0 * (1.0 - f64::from(self.unit())).ln()).sqrt();
        let angle = std::f64::consts::TAU * f64::from(self.unit());
        mean + deviation * (radius * angle.cos()) as f32
    }

    /// Shuffles `items` uniformly (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `count` distinct members of `0..population` in random order; all of them, shuffled, if
    /// there are fewer.
    pub fn sample(&mut self, population: usize, count: usize) -> Vec<usize> {
        let mut members: Vec<usize> = (0..population).collect();
        let count = count.min(population);
        for place in 0..count {
            let chosen = place + self.below(population - place);
            members.swap(place, chosen);
        }
        members.truncate(count);
        members
    }

    /// One of `items`.
    ///
    /// # Panics
    /// If `items` is empty.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_make_independent_repeatable_streams() {
        let draw = |seed, purpose, step, task| Stream::new(seed, purpose, step, task).next_u64();
        let first = draw(1, Purpose::Shuffle, 2, 3);
        assert_eq!(first, draw(1, Purpose::Shuffle, 2, 3));
        for other in [
            draw(2, Purpose::Shuffle, 2, 3),
            draw(1, Purpose::Dropout, 2, 3),
            draw(1, Purpose::Shuffle, 3, 3),
            draw(1, Purpose::Shuffle, 2, 4),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn below_is_uniform() {
        let mut stream = Stream::new(7, Purpose::Synthesis, 0, 0);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6)] += 1;
        }
        // Five degrees of freedom: chi-squared exceeds 20.5 once in a thousand seeds.
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - 1e4).powi(2) / 1e4).sum();
        assert!(chi < 20.5, "{counts:?}");
    }

    #[test]
    fn normal_has_its_moments() {
        let mut stream = Stream::new(7, Purpose::Initialisation, 0, 0);
        let draws: Vec<f64> = (0..50_000).map(|_| f64::from(stream.normal(2.0, 3.0))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((mean - 2.0).abs() < 0.06, "{mean}");
        assert!((variance - 9.0).abs() < 0.25, "{variance}");
    }

    #[test]
    fn sample_is_without_replacement_and_complete() {
        let mut stream = Stream::new(1, Purpose::InstanceSampling, 0, 0);
        let mut all = stream.sample(9, 20);
        assert_eq!(all.len(), 9);
        all.sort_unstable();
        assert_eq!(all, (0..9).collect::<Vec<_>>());
        let some = stream.sample(100, 10);
        assert_eq!(some.iter().collect::<std::collections::HashSet<_>>().len(), 10);
    }
}
