//! TACRED's convention: micro-F1 without the negative label.

use super::{Average, ConfusionMatrix, Convention, Outcome, ScoringError, push_rates};
use crate::labels::is_no_relation;
use crate::scoring::tacred::{NO_RELATION, TacredResult};

pub(super) struct Tacred;

impl Convention for Tacred {
    fn name(&self) -> &'static str {
        "tacred"
    }

    fn negative(&self) -> Option<&'static str> {
        Some(NO_RELATION)
    }

    fn fits(&self, labels: &[String]) -> bool {
        self.negative_of(labels).is_some()
    }

    /// `no_relation`, in any spelling.
    fn negative_of<'a>(&self, labels: &'a [String]) -> Option<&'a str> {
        let own = || labels.iter().find(|label| *label == NO_RELATION);
        let same = || labels.iter().find(|label| is_no_relation(label));
        own().or_else(same).map(String::as_str)
    }

    fn score(&self, matrix: &ConfusionMatrix, negative: Option<&str>) -> Result<Outcome, ScoringError> {
        let result = TacredResult::new(matrix, negative.unwrap_or(NO_RELATION));
        let mut values = Vec::new();
        push_rates(&mut values, "micro", "_without_negative", result.micro);
        Ok(Outcome { values, relations: result.relations, warnings: Vec::new() })
    }

    fn average(&self) -> Average {
        Average::Micro
    }
}
