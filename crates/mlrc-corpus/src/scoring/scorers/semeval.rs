//! SemEval-2010 Task 8's convention: macro-F1 over relations, direction counted.

use super::{Average, ConfusionMatrix, Convention, Outcome, ScoringError, push_rates};
use crate::scoring::semeval::{Evaluation, OTHER, SemEvalResult, relation_of};

pub(super) struct SemEval;

impl Convention for SemEval {
    fn name(&self) -> &'static str {
        "semeval"
    }

    fn negative(&self) -> Option<&'static str> {
        Some(OTHER)
    }

    fn negative_can_be_named(&self) -> bool {
        false
    }

    fn fits(&self, labels: &[String]) -> bool {
        let mut relations = labels.iter().filter(|label| *label != OTHER).peekable();
        relations.peek().is_some() && relations.all(|label| relation_of(label).is_some())
    }

    fn score(&self, matrix: &ConfusionMatrix, _negative: Option<&str>) -> Result<Outcome, ScoringError> {
        let result = SemEvalResult::new(matrix)?;
        let warnings =
            result.not_in_key.iter().map(|(label, count)| label_not_in_key(label, *count)).collect();
        Ok(Outcome { values: values(&result), relations: result.official.relations, warnings })
    }

    fn class_of<'a>(&self, label: &'a str) -> &'a str {
        relation_of(label).unwrap_or(label)
    }

    fn average(&self) -> Average {
        Average::MacroOfGold
    }
}

fn label_not_in_key(label: &str, count: usize) -> String {
    format!("`{label}` was predicted {count} time(s), but no gold instance has that label")
}

fn values(result: &SemEvalResult) -> Vec<(String, f64)> {
    let SemEvalResult { directed, undirected, official, .. } = result;
    let mut values = Vec::new();
    push_rates(&mut values, "official", "", official.macro_average);
    push_rates(&mut values, "official_micro", "", official.micro);
    let mut push_evaluation = |name: &str, evaluation: &Evaluation| {
        push_rates(&mut values, &format!("{name}_macro"), "", evaluation.macro_average);
        push_rates(&mut values, &format!("{name}_micro"), "", evaluation.micro);
        values.push((format!("{name}_accuracy"), evaluation.accuracy.skipped_wrong));
    };
    push_evaluation("undirected", undirected);
    push_evaluation("directed", directed);
    values.push(("coverage".to_owned(), official.coverage));
    values
}
