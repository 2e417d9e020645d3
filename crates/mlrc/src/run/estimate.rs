use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Prepared;
use crate::classifier::most_probable;
use crate::objective::{Objective, Parameters, Solution};
use crate::scoring::{Score, ScoringError, calibration_error};

/// How good a classifier is on unseen sentences like those it was trained on: what it would say of each training sentence
/// if it had been trained without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Number of training instances.
    pub instances: usize,
    /// Number of instances without labels, which the model has learnt from, too, but which those that the estimate is of have
    /// not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unlabelled: usize,
    /// The score by which models of this task are compared.
    pub score: Score,
    /// How many of them are the only instance of their relation: left out, they cannot be answered, and count as wrong.
    #[serde(default)]
    pub only_ones: usize,
    /// The share of right answers.
    pub accuracy: f64,
    /// The interval that has the true share of right answers in at least nine of ten cases.
    pub interval: (f64, f64),
    /// The mean probability of the answers, which should be about the share of right ones.
    pub confidence: f64,
    /// Expected calibration error: the mean difference between the probability of answers and their share of right ones,
    /// over ten intervals of probability (Guo et al. 2017).
    pub calibration_error: f64,
    /// What was chosen by the same means, by name: hyper-parameters and the like.
    pub chosen: BTreeMap<String, f64>,
    /// How many instances of each relation were answered right. (Early estimates do not say.)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<RelationEstimate>,
}

/// How many training instances of a relation are answered right by a classifier that has not seen their sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationEstimate {
    /// The relation.
    pub relation: String,
    /// Number of its instances.
    pub instances: usize,
    /// How many of them are answered right.
    pub right: usize,
}

/// How much more the estimate varies from draw to draw than a share of independent answers: the sentences that are left out
/// also train the models that answer the others. Measured (docs/RESULTS.md), as is the next.
const INFLATION: f64 = 2.5;
/// The standard deviation of what does not shrink with more instances: new sentences differ from those at hand.
const SHIFT: f64 = 0.04;

impl Estimate {
    /// From the probabilities of the labels for each training instance by a classifier without its sentence.
    ///
    /// # Errors
    /// If the scorer does not fit the labels.
    pub(super) fn new(prepared: &Prepared, solution: &Solution) -> Result<Self, ScoringError> {
        let held_out = &solution.held_out;
        let predicted: Vec<usize> = held_out.iter().map(|row| most_probable(row)).collect();
        let scores = prepared.score(&*prepared.train, &predicted)?;
        let gold: Vec<usize> = prepared.train.labels().iter().flatten().map(|&gold| gold as usize).collect();
        let right: Vec<bool> =
            gold.iter().zip(&predicted).map(|(gold, predicted)| gold == predicted).collect();
        let confidences: Vec<f32> = held_out.iter().zip(&predicted).map(|(row, &label)| row[label]).collect();
        let n = right.len() as f64;
        let accuracy = right.iter().filter(|right| **right).count() as f64 / n;
        Ok(Self {
            instances: right.len(),
            unlabelled: prepared.report.unlabelled,
            only_ones: only_ones(prepared.train.labels()),
            score: scores.primary,
            accuracy,
            interval: interval(accuracy, n),
            confidence: confidences.iter().map(|c| f64::from(*c)).sum::<f64>() / n,
            calibration_error: calibration_error(&confidences, &right),
            chosen: solution.chosen.clone(),
            relations: by_relation(prepared.model.labels().labels(), &gold, &right),
        })
    }
}

/// How many of the instances of each relation are right, in the order of the labels.
fn by_relation(labels: &[String], gold: &[usize], right: &[bool]) -> Vec<RelationEstimate> {
    let empty = |label: &String| RelationEstimate { relation: label.clone(), instances: 0, right: 0 };
    let mut relations: Vec<RelationEstimate> = labels.iter().map(empty).collect();
    for (&gold, &right) in gold.iter().zip(right) {
        relations[gold].instances += 1;
        relations[gold].right += usize::from(right);
    }
    relations
}

/// The share of right answers on `objective`'s instances, all of which have labels, and the expected calibration error.
pub fn reliability(objective: &dyn Objective, parameters: &Parameters) -> (f64, f64) {
    let probabilities = objective.probabilities(parameters);
    let (mut confidences, mut right) = (Vec::new(), Vec::new());
    for (row, gold) in probabilities.iter().zip(objective.labels()) {
        let answer = most_probable(row);
        confidences.push(row[answer]);
        right.push(gold.is_some_and(|gold| gold as usize == answer));
    }
    let share = right.iter().filter(|right| **right).count() as f64 / right.len().max(1) as f64;
    (share, calibration_error(&confidences, &right))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How many labels occur once.
fn only_ones(labels: &[Option<u32>]) -> usize {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    labels.iter().flatten().for_each(|&label| *counts.entry(label).or_default() += 1);
    counts.into_values().filter(|&count| count == 1).count()
}

/// An interval around a share of `n` instances, which has the true one in nine of ten cases.
pub(super) fn interval(share: f64, n: f64) -> (f64, f64) {
    // With two right and two wrong ones added, as in Agresti and Coull's interval: there is a variance at 0 and 1, too.
    let smoothed = (share * n + 2.0) / (n + 4.0);
    let half = spread(smoothed * (1.0 - smoothed) / (n + 4.0));
    ((share - half).max(0.0), (share + half).min(1.0))
}

/// How far a score is from the true one in nine of ten cases, at most: `variance` is what it would have if answers were
/// independent.
pub(super) fn spread(variance: f64) -> f64 {
    1.645 * (INFLATION * variance + SHIFT * SHIFT).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_count_their_own_instances() {
        let labels = ["a", "b", "c"].map(str::to_owned);
        let found = by_relation(&labels, &[0, 1, 0, 0], &[true, false, false, true]);
        let found: Vec<_> = found.iter().map(|of| (&of.relation[..], of.instances, of.right)).collect();
        assert_eq!(found, [("a", 3, 2), ("b", 1, 0), ("c", 0, 0)]);
    }

    #[test]
    fn intervals_narrow_with_instances_and_stay_in_range() {
        let width = |share, n| {
            let (low, high) = interval(share, n);
            assert!((0.0..=share).contains(&low) && (share..=1.0).contains(&high));
            high - low
        };
        assert!(width(0.5, 40.0) > width(0.5, 400.0));
        assert!(width(1.0, 40.0) > 0.0 && width(0.0, 1.0) > 0.0);
    }
}
