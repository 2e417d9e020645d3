//! TACRED's score (Zhang et al. 2017): micro-averaged precision, recall and F1 without the negative label.
//!
//! As in the scorer that comes with the data, precision is 1 when no relation was predicted, and recall is 0
//! when there are none to find. An instance without a prediction counts as predicted negative.

use std::fmt;

use serde::Serialize;

use super::confusion::ConfusionMatrix;
use super::scores::{Rates, RelationScore, ratio};

/// TACRED's negative label.
pub const NO_RELATION: &str = crate::labels::NO_RELATION;

/// TACRED's scores. `Display` gives the original scorer's table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TacredResult {
    /// Precision, recall and F1 over all instances together, without the negative label.
    pub micro: Rates,
    /// The relations that have gold instances, alphabetically, without the negative label.
    pub relations: Vec<RelationScore>,
}

impl TacredResult {
    /// Scores all labels of `matrix` but `negative`, which is [`NO_RELATION`] in TACRED.
    pub fn new(matrix: &ConfusionMatrix, negative: &str) -> Self {
        let (correct, predicted, support) = matrix.totals(Some(negative));
        let mut relations = matrix.relations(Some(negative));
        relations.retain(|score| score.support > 0);
        relations.sort_by(|a, b| a.relation.cmp(&b.relation));
        for score in &mut relations {
            score.rates = rates(score.correct, score.predicted, score.support);
        }
        Self { micro: rates(correct, predicted, support), relations }
    }
}

fn rates(correct: usize, predicted: usize, support: usize) -> Rates {
    let precision = if predicted == 0 { 1.0 } else { ratio(1.0, correct, predicted) };
    Rates::from_precision_recall(precision, ratio(1.0, correct, support))
}

impl fmt::Display for TacredResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.relations.iter().map(|score| score.relation.chars().count()).max().unwrap_or(0);
        writeln!(f, "Per-relation statistics:")?;
        for RelationScore { relation, support, rates, .. } in &self.relations {
            let [p, r, f1] = percent(*rates);
            writeln!(f, "{relation:width$}  P: {p:6.2}%  R: {r:6.2}%  F1: {f1:6.2}%  #: {support}")?;
        }
        let [p, r, f1] = percent(self.micro);
        writeln!(f, "\nFinal Score:")?;
        writeln!(f, "Precision (micro): {p:.3}%")?;
        writeln!(f, "   Recall (micro): {r:.3}%")?;
        writeln!(f, "       F1 (micro): {f1:.3}%")
    }
}

fn percent(rates: Rates) -> [f64; 3] {
    [rates.precision, rates.recall, rates.f1].map(|rate| 100.0 * rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_original_scorers() {
        let gold = [("1", "per:age"), ("2", "per:age"), ("3", "org:founded"), ("4", NO_RELATION)];
        let predicted = [("1", "per:age"), ("2", NO_RELATION), ("3", NO_RELATION), ("4", "per:title")];
        let matrix = ConfusionMatrix::from_answers(&gold, &predicted).unwrap();
        // Worked by hand from the original's rules: 1 of 2 predictions right, 1 of 3 relations found.
        assert_eq!(
            TacredResult::new(&matrix, NO_RELATION).to_string(),
            "Per-relation statistics:\n\
             org:founded  P: 100.00%  R:   0.00%  F1:   0.00%  #: 1\n\
             per:age      P: 100.00%  R:  50.00%  F1:  66.67%  #: 2\n\
             \n\
             Final Score:\n\
             Precision (micro): 50.000%\n\
             \u{20}  Recall (micro): 33.333%\n\
             \u{20}      F1 (micro): 40.000%\n"
        );
    }

    #[test]
    fn another_negative_label_can_be_named() {
        let gold = [("1", "NA"), ("2", "spouse"), ("3", "NA")];
        let predicted = [("1", "NA"), ("2", "spouse"), ("3", "spouse")];
        let matrix = ConfusionMatrix::from_answers(&gold, &predicted).unwrap();
        assert_eq!(TacredResult::new(&matrix, "NA").micro, Rates::from_counts(1, 2, 1));
    }

    #[test]
    fn a_missing_prediction_counts_as_negative() {
        let gold = [("1", "spouse"), ("2", NO_RELATION)];
        let matrix = ConfusionMatrix::from_answers(&gold, &[("2", NO_RELATION)]).unwrap();
        let micro = TacredResult::new(&matrix, NO_RELATION).micro;
        assert_eq!(micro, Rates { precision: 1.0, recall: 0.0, f1: 0.0 });
    }
}
