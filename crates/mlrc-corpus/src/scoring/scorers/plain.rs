//! For all other labels: macro- and micro-F1 and accuracy, with and without the negative label.

use crate::labels::negatives;

use super::{Average, ConfusionMatrix, Convention, Outcome, ScoringError, push_rates};

pub(super) struct Plain;

impl Convention for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn negative(&self) -> Option<&'static str> {
        None
    }

    fn fits(&self, _labels: &[String]) -> bool {
        true
    }

    fn negative_of<'a>(&self, labels: &'a [String]) -> Option<&'a str> {
        negatives(labels).next().map(|index| labels[index].as_str())
    }

    fn score(&self, matrix: &ConfusionMatrix, negative: Option<&str>) -> Result<Outcome, ScoringError> {
        let relations = matrix.relations(None);
        Ok(Outcome { values: values(matrix, negative), relations, warnings: Vec::new() })
    }

    fn average(&self) -> Average {
        Average::Macro
    }
}

fn values(matrix: &ConfusionMatrix, negative: Option<&str>) -> Vec<(String, f64)> {
    let mut values = Vec::new();
    if negative.is_some() {
        push_rates(&mut values, "macro", "_without_negative", matrix.macro_average(negative));
        push_rates(&mut values, "micro", "_without_negative", matrix.micro_average(negative));
    }
    push_rates(&mut values, "macro", "", matrix.macro_average(None));
    push_rates(&mut values, "micro", "", matrix.micro_average(None));
    values.push(("accuracy".to_owned(), matrix.accuracy()));
    values
}
