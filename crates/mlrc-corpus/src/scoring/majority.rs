//! What anything must be better than.

use serde::{Deserialize, Serialize};

use super::{ConfusionMatrix, Scorer, ScoringError};

/// What always giving the most frequent label would score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Majority {
    /// The label; the first by its bytes if several are as frequent.
    pub label: String,
    /// Its share of the instances, in `0..=1`.
    pub accuracy: f64,
    /// The scorer's first score.
    pub score: f64,
}

impl Majority {
    /// Of instances with these labels, given by their places in `labels`.
    ///
    /// # Errors
    /// If there are no instances, or the scorer does not fit the labels.
    pub fn of(labels: &[String], gold: &[usize], scorer: &Scorer) -> Result<Self, ScoringError> {
        let mut counts = vec![0_usize; labels.len()];
        gold.iter().for_each(|&label| counts[label] += 1);
        let rank = |label: &usize| (counts[*label], std::cmp::Reverse(&labels[*label]));
        let most = (0..labels.len()).max_by_key(rank).unwrap_or_default();
        let matrix = ConfusionMatrix::from_indices(labels, gold, &vec![most; gold.len()])?;
        let score = scorer.score_matrix(&matrix)?.primary.value;
        Ok(Self { label: labels[most].clone(), accuracy: counts[most] as f64 / gold.len() as f64, score })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_label_is_scored_as_answers_are() {
        let labels = ["no_relation", "per:age", "per:title"].map(str::to_owned);
        let scorer = Scorer::for_labels(&labels);
        // Always "no_relation" finds nothing, although it is often right.
        let found = Majority::of(&labels, &[0, 0, 0, 1, 2], &scorer).unwrap();
        assert_eq!((&found.label[..], found.accuracy, found.score), ("no_relation", 0.6, 0.0));
        let found = Majority::of(&labels, &[1, 2, 2, 1], &scorer).unwrap();
        assert_eq!((&found.label[..], found.accuracy, found.score), ("per:age", 0.5, 0.5));
    }
}
