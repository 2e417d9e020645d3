//! Successive halving (Jamieson & Talwalkar 2016) with seeds as its resource: with few labels, which
//! instances happen to be labelled matters more than most hyper-parameters, so a trial's score is more
//! reliable the more splits it has run on.
//!
//! The first rung runs all trials on few seeds. The better ones advance to the next rung, with more seeds,
//! until those that are left have run on all seeds. A trial's later rungs include its earlier seeds, whose
//! results are not computed again.

use super::super::summary::statistics::{deviation, mean};

/// A rung: a number of trials, each run on a number of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Number of trials, excluding the baseline.
    pub trials: usize,
    /// Number of seeds of each trial: the first ones of the list.
    pub seeds: usize,
}

/// The rungs of `trials` trials: the first has `first` seeds, and each further one has `factor` times as
/// many, at most `seeds`, for one in `factor` trials (rounded up).
pub(super) fn rungs(trials: usize, seeds: usize, first: usize, factor: usize) -> Vec<Rung> {
    let mut rungs = vec![Rung { trials, seeds: first.min(seeds) }];
    while let Some(last) = rungs.last().filter(|last| last.seeds < seeds) {
        rungs.push(Rung {
            trials: last.trials.div_ceil(factor),
            seeds: last.seeds.saturating_mul(factor).min(seeds),
        });
    }
    rungs
}

/// How many runs each rung adds, including the baseline's.
pub(super) fn runs(rungs: &[Rung]) -> Vec<usize> {
    let before = std::iter::once(0).chain(rungs.iter().map(|rung| rung.seeds));
    rungs.iter().zip(before).map(|(rung, before)| (rung.trials + 1) * (rung.seeds - before)).collect()
}

/// The outcome of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Score on the development set, in `0..=1`.
    pub dev: f64,
    /// Instance-gradients computed.
    pub instance_gradients: u64,
}

/// A trial in a rung.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The trial's number; 0 is the baseline.
    pub trial: usize,
    /// A score for each seed, in order, or the reason for a failure. A trial that fails on one seed has
    /// failed.
    pub scores: Result<Vec<Score>, String>,
}

impl Standing {
    /// The trial's development scores, unless it failed.
    pub fn dev(&self) -> Option<Vec<f64>> {
        let scores = self.scores.as_ref().ok()?;
        Some(scores.iter().map(|score| score.dev).collect())
    }

    /// Their mean.
    pub fn mean(&self) -> Option<f64> {
        self.dev().map(|dev| mean(&dev))
    }

    /// Their standard deviation; `None` for a single seed.
    pub fn deviation(&self) -> Option<f64> {
        deviation(&self.dev()?)
    }

    /// Mean number of instance-gradients of a run.
    pub fn instance_gradients(&self) -> Option<f64> {
        let scores = self.scores.as_ref().ok()?;
        Some(mean(&scores.iter().map(|score| score.instance_gradients as f64).collect::<Vec<_>>()))
    }
}

/// Best first; ties by number, and failed trials last.
pub(super) fn rank(standings: &mut [Standing]) {
    // Means lie in 0..=1.
    let mean = |standing: &Standing| standing.mean().unwrap_or(-1.0);
    standings.sort_by(|a, b| mean(b).total_cmp(&mean(a)).then(a.trial.cmp(&b.trial)));
}

/// The numbers of the trials that advance from a ranked rung: the best `count`, and in addition the baseline.
/// Failed ones do not.
pub(super) fn survivors(ranked: &[Standing], count: usize) -> Vec<usize> {
    let sound = ranked.iter().filter(|standing| standing.scores.is_ok()).map(|standing| standing.trial);
    let baseline = sound.clone().filter(|trial| *trial == 0);
    let mut trials: Vec<usize> = baseline.chain(sound.filter(|trial| *trial != 0).take(count)).collect();
    trials.sort_unstable();
    trials
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(trial: usize, dev: &[f64]) -> Standing {
        let score = |&dev| Score { dev, instance_gradients: 10 };
        Standing { trial, scores: Ok(dev.iter().map(score).collect()) }
    }

    fn failed(trial: usize) -> Standing {
        Standing { trial, scores: Err("diverged".to_owned()) }
    }

    #[test]
    fn seeds_grow_as_trials_shrink() {
        let plain = |rungs: Vec<Rung>| rungs.iter().map(|r| (r.trials, r.seeds)).collect::<Vec<_>>();
        assert_eq!(plain(rungs(32, 8, 1, 2)), [(32, 1), (16, 2), (8, 4), (4, 8)]);
        assert_eq!(plain(rungs(10, 10, 2, 3)), [(10, 2), (4, 6), (2, 10)]);
        assert_eq!(plain(rungs(1, 3, 1, 2)), [(1, 1), (1, 2), (1, 3)]);
        assert_eq!(plain(rungs(5, 2, 2, 2)), [(5, 2)]);
        // 33 × 1, 17 × 1 more, 9 × 2 more, 5 × 4 more.
        assert_eq!(runs(&rungs(32, 8, 1, 2)), [33, 17, 18, 20]);
        assert_eq!(runs(&rungs(10, 10, 2, 3)), [22, 20, 12]);
    }

    #[test]
    fn the_better_mean_is_ahead_and_what_failed_is_last() {
        let mut standings = vec![
            failed(1),
            standing(2, &[0.3, 0.1]),
            standing(5, &[0.1, 0.3]),
            standing(3, &[0.5, 0.2]),
            standing(4, &[0.0, 0.0]),
            standing(0, &[0.1, 0.0]),
        ];
        rank(&mut standings);
        let order: Vec<usize> = standings.iter().map(|standing| standing.trial).collect();
        assert_eq!(order, [3, 2, 5, 0, 4, 1]);
        assert_eq!(survivors(&standings, 2), [0, 2, 3], "the baseline advances without taking a place");
        assert_eq!(survivors(&standings, 9), [0, 2, 3, 4, 5], "what failed never does");
        assert_eq!(survivors(&[standing(4, &[0.1]), failed(0)], 2), [4]);
        assert_eq!(standings[0].mean(), Some(0.35));
        assert!((standings[0].deviation().unwrap() - 0.212_132).abs() < 1e-6);
        assert_eq!((standings[5].mean(), standing(7, &[0.5]).deviation()), (None, None));
    }
}
