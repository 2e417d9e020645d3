//! The bootstrap over seeds and test instances.
//!
//! Test sets are resampled once, and every result is scored on each of them; comparisons then resample seeds
//! and look up the scores. So all comparisons see the same test sets, and pairs are kept together.

use std::collections::HashMap;

use rayon::prelude::*;

use super::statistics::{mean, middle};
use crate::result::RunResult;
use mlrc::random::{Purpose, Stream};
use mlrc::scoring::{ResampledScore, ScoringError};

/// Number of resampled test sets.
pub(crate) const RESAMPLINGS: u64 = 2000;

/// Identifiers of the streams of random numbers.
const TEST_SETS: u64 = 1;
const SEEDS: u64 = 3;

/// Primary scores on resampled test sets.
pub(super) struct Resampled<'a> {
    /// A score for each test set, by key of the result and selection.
    scores: HashMap<(&'a str, &'a str), Vec<f64>>,
}

impl<'a> Resampled<'a> {
    /// Scores results, each under a selection, on the test sets.
    ///
    /// # Errors
    /// If a result's predictions do not match its labels.
    pub(super) fn new(
        results: impl Iterator<Item = (&'a RunResult, &'a str)>,
        gold: &[usize],
    ) -> Result<Self, ScoringError> {
        let mut predictions = HashMap::new();
        for (result, selection) in results {
            let scorer = &result.test[selection].scorer;
            let of_it = ResampledScore::new(scorer, &result.labels, gold, &result.predictions[selection])?;
            predictions.insert((&result.key[..], selection), of_it);
        }
        let (of, predictions): (Vec<_>, Vec<ResampledScore>) = predictions.into_iter().unzip();
        // A test set at a time for each thread: all of them would take 2 GB per million instances.
        let by_test_set: Vec<Vec<f64>> = (0..RESAMPLINGS)
            .into_par_iter()
            .map(|resampling| {
                let times = test_set(gold.len(), resampling);
                predictions.iter().map(|predictions| predictions.score(&times)).collect()
            })
            .collect();
        let of_all = |place: usize| by_test_set.iter().map(|scores| scores[place]).collect();
        let scores = of.into_iter().enumerate().map(|(place, of)| (of, of_all(place))).collect();
        Ok(Self { scores })
    }

    /// 95 % interval of the mean difference within `pairs`, over seeds and test instances.
    pub(super) fn interval(&self, pairs: &[[&RunResult; 2]], selection: &str) -> [f64; 2] {
        let scores: Vec<[&[f64]; 2]> = pairs
            .iter()
            .map(|pair| pair.map(|result| &self.scores[&(&result.key[..], selection)][..]))
            .collect();
        let mut seeds = Stream::new(0, Purpose::Resampling, SEEDS, 0);
        let resampled = |test_set: usize| {
            let drawn: Vec<f64> = pairs
                .iter()
                .map(|_| scores[seeds.below(pairs.len())])
                .map(|[one, other]| one[test_set] - other[test_set])
                .collect();
            mean(&drawn)
        };
        middle((0..RESAMPLINGS as usize).map(resampled).collect())
    }
}

/// How often each of `instances` is in a resampled test set.
pub(crate) fn test_set(instances: usize, resampling: u64) -> Vec<u8> {
    let mut stream = Stream::new(0, Purpose::Resampling, TEST_SETS, resampling);
    let mut times = vec![0_u8; instances];
    for _ in 0..instances {
        let times = &mut times[stream.below(instances)];
        // Of a million instances, hardly one is drawn ten times.
        *times = times.saturating_add(1);
    }
    times
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use mlrc::scoring::{ConfusionMatrix, Scorer};

    const INSTANCES: usize = 400;

    /// A result that is right on the first `right` instances, all of them `a`; its micro-F1 is its accuracy,
    /// as nothing is predicted to be negative.
    fn result(key: &str, right: usize) -> RunResult {
        let labels = ["a", "b", "no_relation"].map(String::from).to_vec();
        let predicted: Vec<usize> = (0..INSTANCES).map(|place| usize::from(place >= right)).collect();
        let matrix = ConfusionMatrix::from_indices(&labels, &[0; INSTANCES], &predicted).unwrap();
        RunResult {
            test: BTreeMap::from([("last".to_owned(), Scorer::tacred().score_matrix(&matrix).unwrap())]),
            labels,
            predictions: BTreeMap::from([("last".to_owned(), predicted)]),
            ..RunResult::empty(key)
        }
    }

    fn interval(pairs: &[[&RunResult; 2]]) -> [f64; 2] {
        let results = pairs.iter().flatten().map(|result| (*result, "last"));
        Resampled::new(results, &[0; INSTANCES]).unwrap().interval(pairs, "last")
    }

    #[test]
    fn of_one_seed_the_interval_is_that_of_the_binomial_distribution() {
        // Python: scipy.stats.binom.ppf([.025, .975], 400, .25) / 400 = 0.2075, 0.2925
        let [low, high] = interval(&[[&result("all", INSTANCES), &result("most", 300)]]);
        assert!((low - 0.2075).abs() < 0.006 && (high - 0.2925).abs() < 0.006, "{low} {high}");
    }

    #[test]
    fn seeds_are_resampled_with_their_pairs_kept_together() {
        let [all, none, most] =
            [("all", INSTANCES), ("none", 0), ("most", 300)].map(|(key, right)| result(key, right));
        // Differences of 1 and 0 whatever the test set: of two drawn seeds a quarter of the means is 0, a
        // quarter 1.
        assert_eq!(interval(&[[&all, &none], [&most, &most]]), [0.0, 1.0]);
        assert_eq!(interval(&[[&most, &most]]), [0.0, 0.0]);
    }
}
