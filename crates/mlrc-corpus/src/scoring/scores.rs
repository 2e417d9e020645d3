use std::fmt;

use serde::{Deserialize, Serialize};

use super::Scorer;
use crate::counted;

/// Precision, recall and their harmonic mean, each in `0..=1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Fraction of the predictions that are correct.
    pub precision: f64,
    /// Fraction of the gold instances that are found.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 when both are 0.
    pub f1: f64,
}

impl Rates {
    /// The rates of counts; precision is 0 when nothing was predicted, recall 0 when there is nothing to
    /// find.
    pub fn from_counts(correct: usize, predicted: usize, support: usize) -> Self {
        Self::scaled(1.0, correct, predicted, support)
    }

    /// As [`Self::from_counts`], in units of `1 / scale`. Reports take the scale 100 from the start, as the
    /// official scorer does: multiplying afterwards can round the last printed digit the other way.
    pub(super) fn scaled(scale: f64, correct: usize, predicted: usize, support: usize) -> Self {
        Self::from_precision_recall(ratio(scale, correct, predicted), ratio(scale, correct, support))
    }

    pub(super) fn from_precision_recall(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        let f1 = if sum == 0.0 { 0.0 } else { 2.0 * precision * recall / sum };
        Self { precision, recall, f1 }
    }

    /// The mean of each rate separately; 0 if there are none. (So `f1` is the mean of the F1s.)
    pub(super) fn mean(rates: impl IntoIterator<Item = Self>) -> Self {
        let mut sum = Self::default();
        let mut count = 0_usize;
        for rates in rates {
            sum.precision += rates.precision;
            sum.recall += rates.recall;
            sum.f1 += rates.f1;
            count += 1;
        }
        let count = count.max(1) as f64;
        Self { precision: sum.precision / count, recall: sum.recall / count, f1: sum.f1 / count }
    }
}

/// `scale · part / whole`, 0 when the whole is 0.
pub(super) fn ratio(scale: f64, part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { scale * part as f64 / whole as f64 }
}

/// How well one relation is recognised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelationScore {
    /// The relation; without its direction under the SemEval scorer.
    pub relation: String,
    /// Number of gold instances.
    pub support: usize,
    /// Number of instances that count as predicted to be of this relation (what precision is divided by).
    pub predicted: usize,
    /// Number of right predictions.
    pub correct: usize,
    /// Precision, recall and F1.
    #[serde(flatten)]
    pub rates: Rates,
}

impl RelationScore {
    pub(super) fn new(relation: &str, support: usize, predicted: usize, correct: usize) -> Self {
        let rates = Rates::from_counts(correct, predicted, support);
        Self { relation: relation.to_owned(), support, predicted, correct, rates }
    }
}

/// A value and the name of what it measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Name such as `official_f1`.
    pub name: String,
    /// Value in `0..=1`.
    pub value: f64,
}

/// The result of a [`Scorer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The scorer.
    pub scorer: Scorer,
    /// The score to select models by and to report first.
    pub primary: Score,
    /// Every score by name, the primary one first.
    pub values: Vec<Score>,
    /// The scores of each relation.
    pub relations: Vec<RelationScore>,
    /// Number of gold instances.
    pub instances: usize,
    /// Number of gold instances without a prediction.
    pub skipped: usize,
    /// What a reader of the scores should know: missing predictions, labels that no gold instance has.
    pub warnings: Vec<String>,
}

impl Scores {
    /// The score of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|score| score.name == name).map(|score| score.value)
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scorer, instances, .. } = self;
        let instances = counted(*instances, "instance");
        writeln!(f, "scorer {scorer}, {instances}, {} without a prediction", self.skipped)?;
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        let width = longest(self.values.iter().map(|score| &score.name));
        for Score { name, value } in &self.values {
            writeln!(f, "{name:width$}  {:6.2} %", 100.0 * value)?;
        }
        let width = longest(self.relations.iter().map(|score| &score.relation));
        writeln!(f, "\n{:width$}  precision   recall       F1  correct  predicted  gold", "relation")?;
        for RelationScore { relation, support, predicted, correct, rates } in &self.relations {
            // A share of nothing is no figure, whatever the scorer's convention is for averages.
            let share = |rate: f64, of: usize| match of {
                0 => "–".to_owned(),
                _ => format!("{:.2}%", 100.0 * rate),
            };
            let (p, r) = (share(rates.precision, *predicted), share(rates.recall, *support));
            let f1 = 100.0 * rates.f1;
            writeln!(
                f,
                "{relation:width$}  {p:>9}  {r:>7}  {f1:6.2}%  {correct:7}  {predicted:9}  {support:4}"
            )?;
        }
        Ok(())
    }
}

fn longest<'a>(names: impl Iterator<Item = &'a String>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0).max("relation".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_gives_names_and_per_cent() {
        let gold = [("1", "per:age"), ("2", "per:age"), ("3", "no_relation"), ("4", "per:age")];
        let scores =
            Scorer::tacred().score(&gold, &[("1", "per:age"), ("2", "per:age"), ("3", "per:age")]).unwrap();
        assert_eq!(
            scores.to_string(),
            "scorer tacred, 4 instances, 1 without a prediction\n\
             warning: 1 of 4 instances has no prediction: `4`; it counts as not found\n\
             micro_f1_without_negative          66.67 %\n\
             micro_precision_without_negative   66.67 %\n\
             micro_recall_without_negative      66.67 %\n\
             \n\
             relation  precision   recall       F1  correct  predicted  gold\n\
             per:age      66.67%   66.67%   66.67%        2          3     3\n"
        );
    }

    #[test]
    fn the_precision_of_what_was_never_predicted_is_no_figure() {
        let gold = [("1", "per:age"), ("2", "per:title"), ("3", "no_relation")];
        let predicted = [("1", "per:age"), ("2", "per:age"), ("3", "org:alternate_names")];
        let scores = Scorer::plain(Some("no_relation")).score(&gold, &predicted).unwrap().to_string();
        let row = |label: &str| {
            let row = scores.lines().find(|line| line.starts_with(label)).unwrap();
            row.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(row("per:title"), "– 0.00% 0.00% 0 0 1");
        assert_eq!(row("org:alternate_names"), "0.00% – 0.00% 0 1 0");
        assert_eq!(row("per:age"), "50.00% 100.00% 66.67% 1 2 1");
    }
}
