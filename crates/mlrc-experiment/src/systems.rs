//! Several systems' answers to the same instances, compared: trained models, or programs of which only the answers are there.
//!
//! Systems differ by chance in two ways that a test set can tell of. Would others of its kind say the same? The test set is
//! resampled, the same for all, so that pairs are kept together (bootstrap). Could either system have given either answer? The
//! two answers to an instance are exchanged, in all ways or in many at random (approximate randomisation, Noreen 1989; Yeh
//! 2000). What neither tells of is chance in training: other seeds, other training data (`mlrc experiment` does).

use std::collections::BTreeMap;

use mlrc::scoring::{ConfusionMatrix, ResampledScore, Scorer, Scores, ScoringError};
use rayon::prelude::*;
use serde::Serialize;

use crate::summary::bootstrap::{RESAMPLINGS, test_set};
use crate::summary::statistics::{holm, middle, swap_test};

/// The answers of a system.
#[derive(Clone, Debug)]
pub struct Answers {
    /// What it is called.
    pub name: String,
    /// A label for each instance, by its place in the labels; `None` if it did not answer.
    pub labels: Vec<Option<usize>>,
}

/// How good a system's answers are.
#[derive(Clone, Debug, Serialize)]
pub struct System {
    /// What it is called.
    pub name: String,
    /// Its scores.
    pub scores: Scores,
    /// 95 % interval of the primary score (percentile bootstrap over the instances).
    pub interval: [f64; 2],
    /// The share of instances with the right answer.
    pub accuracy: f64,
    /// How many instances it did not answer.
    pub unanswered: usize,
}

/// Two systems, compared by the primary score.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Place of the one system …
    pub one: usize,
    /// … and of the other.
    pub other: usize,
    /// The one's score less the other's.
    pub difference: f64,
    /// 95 % interval of the difference (paired percentile bootstrap over the instances).
    pub interval: [f64; 2],
    /// How often a difference at least as large arises when the two answers to an instance are exchanged (two-sided).
    pub p: f64,
    /// `p`, corrected (Holm 1979) for the number of pairs.
    pub p_holm: f64,
    /// How many instances they answer differently …
    pub differ: usize,
    /// … how many of these only the one answers right …
    pub only_one_right: usize,
    /// … and how many only the other.
    pub only_other_right: usize,
    /// What they answer where they differ, the most frequent first.
    pub differences: Vec<Difference>,
}

/// How often two systems gave these answers to instances of one label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The right label.
    pub gold: String,
    /// The one's answer; `None` if it gave none.
    pub one: Option<String>,
    /// The other's.
    pub other: Option<String>,
    /// Number of instances.
    pub count: usize,
}

/// Systems, and each with each of those after it.
#[derive(Clone, Debug, Serialize)]
pub struct Systems {
    /// In the order given.
    pub systems: Vec<System>,
    /// By the places of the systems.
    pub pairs: Vec<Compared>,
}

impl Systems {
    /// Compares answers to instances whose right labels are `gold`, by their places in `labels`.
    ///
    /// # Errors
    /// If the numbers of answers differ, there are no instances, or the scorer does not fit the labels.
    pub fn compare(
        scorer: &Scorer,
        labels: &[String],
        gold: &[usize],
        all: &[Answers],
    ) -> Result<Self, ScoringError> {
        let mut resampled = Vec::new();
        let mut systems = Vec::new();
        for Answers { name, labels: given } in all {
            let matrix = ConfusionMatrix::from_answered(labels, gold, given)?;
            resampled.push(ResampledScore::of_answered(scorer, labels, gold, given)?);
            systems.push(System {
                name: name.clone(),
                accuracy: matrix.accuracy(),
                unanswered: matrix.instances_skipped(),
                scores: scorer.score_matrix(&matrix)?,
                interval: [0.0; 2],
            });
        }
        // A test set at a time: all of them would take 2 GB per million instances.
        let by_test_set: Vec<Vec<f64>> = (0..RESAMPLINGS)
            .into_par_iter()
            .map(|resampling| {
                let times = test_set(gold.len(), resampling);
                resampled.iter().map(|answers| answers.score(&times)).collect()
            })
            .collect();
        for (place, system) in systems.iter_mut().enumerate() {
            system.interval = middle(by_test_set.iter().map(|scores| scores[place]).collect());
        }
        let places = (0..all.len()).flat_map(|one| (one + 1..all.len()).map(move |other| (one, other)));
        let places: Vec<(usize, usize)> = places.collect();
        let compare = |&(one, other): &(usize, usize)| {
            let differences = by_test_set.iter().map(|scores| scores[one] - scores[other]).collect();
            let primary = |place: usize| systems[place].scores.primary.value;
            let given = [&all[one].labels, &all[other].labels];
            let is_right = |of: &[Option<usize>], place: usize| of[place] == Some(gold[place]);
            let differing: Vec<usize> =
                (0..gold.len()).filter(|&place| given[0][place] != given[1][place]).collect();
            let right = |of: usize| differing.iter().filter(|&&place| is_right(given[of], place)).count();
            Compared {
                one,
                other,
                difference: primary(one) - primary(other),
                interval: middle(differences),
                p: exchanged(&resampled[one], &resampled[other], &differing),
                p_holm: 0.0,
                differ: differing.len(),
                only_one_right: right(0),
                only_other_right: right(1),
                differences: differences_of(labels, gold, given, &differing),
            }
        };
        let mut pairs: Vec<Compared> = places.par_iter().map(compare).collect();
        let corrected = holm(&pairs.iter().map(|pair| pair.p).collect::<Vec<_>>());
        for (pair, p) in pairs.iter_mut().zip(corrected) {
            pair.p_holm = p;
        }
        Ok(Self { systems, pairs })
    }
}

/// How often the scores of two systems differ at least as much when the answers to `differing` instances are exchanged.
fn exchanged(one: &ResampledScore, other: &ResampledScore, differing: &[usize]) -> f64 {
    let pair = one.exchangeable(other, differing);
    let difference = |exchanged: &[bool]| {
        let [one, other] = pair.scores(exchanged);
        (one - other).abs()
    };
    swap_test(differing.len(), difference(&vec![false; differing.len()]) - 1e-12, difference)
}

fn differences_of(
    labels: &[String],
    gold: &[usize],
    given: [&Vec<Option<usize>>; 2],
    differing: &[usize],
) -> Vec<Difference> {
    let mut counts = BTreeMap::new();
    for &place in differing {
        *counts.entry((gold[place], given[0][place], given[1][place])).or_insert(0) += 1;
    }
    let name = |label: Option<usize>| label.map(|label| labels[label].clone());
    let mut all: Vec<Difference> = counts
        .into_iter()
        .map(|((gold, one, other), count)| Difference {
            gold: labels[gold].clone(),
            one: name(one),
            other: name(other),
            count,
        })
        .collect();
    all.sort_by_key(|difference| std::cmp::Reverse(difference.count));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["a", "b", "no_relation"].map(str::to_owned).to_vec()
    }

    fn answers(name: &str, labels: &[Option<usize>]) -> Answers {
        Answers { name: name.to_owned(), labels: labels.to_vec() }
    }

    fn all(label: usize, times: usize) -> Vec<Option<usize>> {
        vec![Some(label); times]
    }

    #[test]
    fn exchanging_answers_is_worked_out_by_hand() {
        // One is right on five instances, the other on two of them and wrong on three (a for b): accuracy as micro-F1 over a
        // and b. Exchanging three answers: |difference| is 3/5 in two of eight ways (all or none), else 1/5.
        let gold = [0; 5];
        let (one, other) = (all(0, 5), [all(0, 2), all(1, 3)].concat());
        let found = Systems::compare(
            &Scorer::tacred(),
            &labels(),
            &gold,
            &[answers("x", &one), answers("y", &other)],
        )
        .unwrap();
        let pair = &found.pairs[0];
        assert!((pair.difference - 0.6).abs() < 1e-12, "{pair:?}");
        assert_eq!((pair.p, pair.p_holm, pair.differ), (0.25, 0.25, 3));
        assert_eq!((pair.only_one_right, pair.only_other_right), (3, 0));
        let expected = Difference {
            gold: "a".to_owned(),
            one: Some("a".to_owned()),
            other: Some("b".to_owned()),
            count: 3,
        };
        assert_eq!(pair.differences, [expected]);
        assert_eq!((found.systems[0].accuracy, found.systems[1].accuracy), (1.0, 0.4));
        assert_eq!(found.systems[0].interval, [1.0, 1.0]);
    }

    #[test]
    fn the_f1_of_exchanged_answers_is_that_of_the_answers_written_out() {
        // Macro-F1 is no mean over instances: all ways of exchanging, scored the long way.
        let gold = [0, 0, 1, 1, 2, 2, 0];
        let one = [Some(0), Some(1), Some(1), None, Some(2), Some(0), Some(0)];
        let other = [Some(0), Some(0), Some(0), Some(1), Some(1), None, Some(2)];
        let differing: Vec<usize> = (0..gold.len()).filter(|&place| one[place] != other[place]).collect();
        for scorer in [Scorer::tacred(), Scorer::plain(None), Scorer::plain(Some("no_relation"))] {
            let score = |given: &[Option<usize>]| {
                let matrix = ConfusionMatrix::from_answered(&labels(), &gold, given).unwrap();
                scorer.score_matrix(&matrix).unwrap().primary.value
            };
            let observed = (score(&one) - score(&other)).abs();
            let ways = 1_usize << differing.len();
            let as_great = (0..ways).filter(|bits| {
                let (mut one, mut other) = (one, other);
                for (bit, &place) in differing.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1) {
                    let _ = bit;
                    std::mem::swap(&mut one[place], &mut other[place]);
                }
                (score(&one) - score(&other)).abs() >= observed - 1e-12
            });
            let expected = as_great.count() as f64 / ways as f64;
            let found =
                Systems::compare(&scorer, &labels(), &gold, &[answers("x", &one), answers("y", &other)])
                    .unwrap();
            assert_eq!(found.pairs[0].p, expected, "{scorer}");
            assert_eq!((found.systems[0].unanswered, found.systems[1].unanswered), (1, 1));
        }
    }

    #[test]
    fn intervals_are_those_of_the_binomial_distribution_and_pairs_are_kept() {
        // Python: scipy.stats.binom.ppf([.025, .975], 400, .75) / 400 = 0.7075, 0.7925
        let gold = vec![0; 400];
        let [right, most, same] = [("right", 400), ("most", 300), ("same", 300)]
            .map(|(name, right)| answers(name, &[all(0, right), all(1, 400 - right)].concat()));
        let found = Systems::compare(&Scorer::tacred(), &labels(), &gold, &[right, most, same]).unwrap();
        let [low, high] = found.systems[1].interval;
        assert!((low - 0.7075).abs() < 0.006 && (high - 0.7925).abs() < 0.006, "{low} {high}");
        let of = |one, other| found.pairs.iter().find(|pair| (pair.one, pair.other) == (one, other)).unwrap();
        let [low, high] = of(0, 1).interval;
        assert!((low - 0.2075).abs() < 0.006 && (high - 0.2925).abs() < 0.006, "{low} {high}");
        // The same answers: no difference in any test set, however they are exchanged.
        assert_eq!((of(1, 2).interval, of(1, 2).p, of(1, 2).differ), ([0.0, 0.0], 1.0, 0));
        // Holm: the two least p-values, 1/20001 each, three and two times.
        let least = 1.0 / 20_001.0;
        let holm: Vec<f64> = found.pairs.iter().map(|pair| pair.p_holm).collect();
        assert_eq!((of(0, 1).p, of(0, 2).p), (least, least));
        assert_eq!(holm, [3.0 * least, 3.0 * least, 1.0]);
    }
}
