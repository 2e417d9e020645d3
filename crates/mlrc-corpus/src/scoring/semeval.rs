//! The scores of SemEval-2010 Task 8 (Hendrickx et al. 2010), as its official scorer 1.2 computes them.
//!
//! Labels are relations with a direction, `Cause-Effect(e1,e2)`, and the negative label `Other`. They are
//! evaluated three times, and papers report any of the three, so each has its own name:
//!
//! - **directed**, the (2·9+1)-way evaluation: every directed label is a separate class;
//! - **undirected**, (9+1)-way: directions are dropped before comparing;
//! - **official**, (9+1)-way with direction: the classes are relations, but a right relation in the wrong
//!   direction is an error, counted separately and charged to the relation's precision and recall.
//!
//! The official score is the macro-F1 of the last, without `Other`. The classes are those of the gold labels.
//! Nothing is tied to the task's nine relations, except that [`score_files`] rejects other labels if the key
//! has only the task's.
//!
//! Where the official scorer stops at a division by zero (no prediction at all, only `Other` in the key), the
//! score is 0.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::answers::{AnswersError, read_answers_where};
use super::confusion::ConfusionMatrix;
use super::error::ScoringError;
use super::scores::{Rates, RelationScore, ratio};

/// The negative label.
pub const OTHER: &str = "Other";

/// The nine relations of SemEval-2010 Task 8.
pub const RELATIONS: [&str; 9] = [
    "Cause-Effect",
    "Component-Whole",
    "Content-Container",
    "Entity-Destination",
    "Entity-Origin",
    "Instrument-Agency",
    "Member-Collection",
    "Message-Topic",
    "Product-Producer",
];

pub(super) const LABEL_FORM: &str = "`Other`, or a relation with its direction such as `Cause-Effect(e1,e2)`";

/// The relation of a directed label, `Cause-Effect` of `Cause-Effect(e2,e1)`; `None` of any other label.
pub fn relation_of(label: &str) -> Option<&str> {
    let relation = label.strip_suffix("(e1,e2)").or_else(|| label.strip_suffix("(e2,e1)"))?;
    let plausible = !relation.is_empty() && relation.trim() == relation && !relation.contains(['(', ')']);
    // `Other` has no direction; a relation of that name could not be distinguished from the negative label.
    (plausible && relation != OTHER).then_some(relation)
}

/// The labels without direction, if others have one; `Other` and other negative labels need none.
pub fn undirected(labels: &[String]) -> Vec<&str> {
    let negatives: Vec<usize> = crate::labels::negatives(labels).collect();
    let relations = labels.iter().enumerate().filter(|(index, _)| !negatives.contains(index));
    let (directed, undirected): (Vec<&str>, Vec<&str>) =
        relations.map(|(_, label)| label.as_str()).partition(|label| relation_of(label).is_some());
    if directed.is_empty() { Vec::new() } else { undirected }
}

/// The three evaluations. `Display` gives the official scorer's output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SemEvalResult {
    /// Predicted labels that no gold instance has, alphabetically, and how often they were predicted.
    pub not_in_key: Vec<(String, usize)>,
    /// The (2·9+1)-way evaluation.
    pub directed: Evaluation,
    /// The (9+1)-way evaluation that ignores direction.
    pub undirected: Evaluation,
    /// The (9+1)-way evaluation that takes direction into account.
    pub official: Evaluation,
}

/// One of the three evaluations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// The classes, alphabetically (`Other` as `_Other`): those of the gold labels, then others that were
    /// predicted.
    pub classes: Vec<String>,
    /// For each gold class (the first of `classes`), how often each class was predicted, not counting wrong
    /// directions.
    pub confusion: Vec<Vec<usize>>,
    /// For each gold class, the predictions in the wrong direction. All 0 except in the official evaluation.
    pub wrong_direction: Vec<usize>,
    /// For each gold class, the instances without a prediction.
    pub skipped: Vec<usize>,
    /// The scores of each gold class, including `Other`.
    pub relations: Vec<RelationScore>,
    /// Fraction of the instances that have a prediction.
    pub coverage: f64,
    /// Fractions of right predictions.
    pub accuracy: Accuracy,
    /// Rates of all classes but `Other` taken together.
    pub micro: Rates,
    /// Means over the classes but `Other`.
    #[serde(rename = "macro")]
    pub macro_average: Rates,
}

/// Fractions of right predictions, with three ways to treat instances without a prediction. All in `0..=1`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// Of the instances that have a prediction.
    pub answered: f64,
    /// Of all instances; skipped ones are wrong.
    pub skipped_wrong: f64,
    /// Of all instances; skipped ones count as predicted `Other`.
    pub skipped_other: f64,
}

impl SemEvalResult {
    /// Evaluates the predictions of `matrix`. Labels that do not occur in it do not matter.
    ///
    /// # Errors
    /// If a label is neither directed nor `Other`, or there is no gold instance.
    pub fn new(matrix: &ConfusionMatrix) -> Result<Self, ScoringError> {
        if let Some(label) =
            matrix.labels().iter().find(|label| *label != OTHER && relation_of(label).is_none())
        {
            return Err(ScoringError::NotDirected { label: label.clone() });
        }
        if matrix.instances() == 0 {
            return Err(ScoringError::NoGold);
        }
        Ok(Self {
            not_in_key: not_in_key(matrix),
            directed: Evaluation::new(matrix, Classes::Labels, Directions::Ignored),
            undirected: Evaluation::new(matrix, Classes::Relations, Directions::Ignored),
            official: Evaluation::new(matrix, Classes::Relations, Directions::Counted),
        })
    }
}

/// Scores a file of proposed answers against a key, both as [`read_answers`](super::read_answers) reads them.
///
/// As in the official scorer, if the key has only labels of SemEval-2010 Task 8, other labels are rejected.
///
/// # Errors
/// If a file cannot be read or used; the message names file and line.
pub fn score_files(proposed: &Path, key: &Path) -> Result<SemEvalResult, ScoringError> {
    let gold = read_answers_where(key, check_form)?;
    let answers = if gold.iter().all(|(_, label)| check_task_label(label).is_ok()) {
        read_answers_where(proposed, check_task_label)?
    } else {
        read_answers_where(proposed, check_form)?
    };
    let matrix = ConfusionMatrix::from_answers(&gold, &answers).map_err(|error| match error {
        ScoringError::UnknownId { position, id } => {
            let problem =
                format!("the key {} has no id `{id}`; are these answers to other data?", key.display());
            AnswersError::Line { path: proposed.to_owned(), line: position, problem }.into()
        }
        error => error,
    })?;
    SemEvalResult::new(&matrix)
}

fn check_form(label: &str) -> Result<(), String> {
    if label == OTHER || relation_of(label).is_some() {
        return Ok(());
    }
    Err(format!("unknown label `{label}`; expected {LABEL_FORM}"))
}

fn check_task_label(label: &str) -> Result<(), String> {
    if label == OTHER || relation_of(label).is_some_and(|relation| RELATIONS.contains(&relation)) {
        return Ok(());
    }
    Err(format!(
        "unknown label `{label}`; expected `{OTHER}` or one of {} with (e1,e2) or (e2,e1)",
        RELATIONS.join(", ")
    ))
}

fn not_in_key(matrix: &ConfusionMatrix) -> Vec<(String, usize)> {
    let mut labels: Vec<_> = (0..matrix.labels().len())
        .filter(|&label| matrix.support(label) == 0)
        .map(|label| (matrix.labels()[label].clone(), matrix.predicted(label)))
        .filter(|&(_, predicted)| predicted > 0)
        .collect();
    labels.sort_by(|a, b| report_name(&a.0).cmp(report_name(&b.0)));
    labels
}

/// The name that the official scorer gives a class, and sorts it by.
pub(super) fn report_name(class: &str) -> &str {
    if class == OTHER { "_Other" } else { class }
}

#[derive(Clone, Copy)]
enum Classes {
    Labels,
    Relations,
}

impl Classes {
    fn class(self, label: &str) -> &str {
        match self {
            Self::Labels => label,
            Self::Relations => relation_of(label).unwrap_or(label),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Directions {
    Ignored,
    Counted,
}

impl Evaluation {
    fn new(matrix: &ConfusionMatrix, classes: Classes, directions: Directions) -> Self {
        let class_of: Vec<&str> = matrix.labels().iter().map(|label| classes.class(label)).collect();
        let (names, gold_classes) = list_classes(matrix, &class_of);
        let index: BTreeMap<&str, usize> = names.iter().copied().zip(0..).collect();

        let mut confusion = vec![vec![0; names.len()]; gold_classes];
        let mut wrong_direction = vec![0; gold_classes];
        let mut skipped = vec![0; gold_classes];
        for (gold, row) in class_of.iter().enumerate().filter(|&(gold, _)| matrix.support(gold) > 0) {
            let row = index[row];
            skipped[row] += matrix.skipped(gold);
            for (predicted, column) in
                class_of.iter().enumerate().filter(|&(label, _)| matrix.count(gold, label) > 0)
            {
                let column = index[column];
                let wrong = directions == Directions::Counted && row == column && gold != predicted;
                let cell = if wrong { &mut wrong_direction[row] } else { &mut confusion[row][column] };
                *cell += matrix.count(gold, predicted);
            }
        }

        let mut evaluation = Self {
            classes: names.into_iter().map(str::to_owned).collect(),
            confusion,
            wrong_direction,
            skipped,
            relations: Vec::new(),
            coverage: 0.0,
            accuracy: Accuracy { answered: 0.0, skipped_wrong: 0.0, skipped_other: 0.0 },
            micro: Rates::default(),
            macro_average: Rates::default(),
        };
        evaluation.relations = (0..gold_classes).map(|class| evaluation.relation(class)).collect();
        evaluation.coverage = ratio(1.0, evaluation.answered(), evaluation.instances());
        evaluation.accuracy = evaluation.accuracy_scaled(1.0);
        evaluation.micro = evaluation.micro_scaled(1.0);
        evaluation.macro_average = evaluation.macro_scaled(1.0);
        evaluation
    }

    fn relation(&self, class: usize) -> RelationScore {
        let support = self.answered_of(class) + self.wrong_direction[class] + self.skipped[class];
        let predicted = self.proposed(class) + self.wrong_direction[class];
        RelationScore::new(&self.classes[class], support, predicted, self.confusion[class][class])
    }

    /// Predictions of the class, not counting wrong directions.
    pub(super) fn proposed(&self, class: usize) -> usize {
        self.confusion.iter().map(|row| row[class]).sum()
    }

    /// Instances of the class that have a prediction, not counting wrong directions.
    pub(super) fn answered_of(&self, class: usize) -> usize {
        self.confusion[class].iter().sum()
    }

    /// Number of gold instances.
    pub fn instances(&self) -> usize {
        self.relations.iter().map(|relation| relation.support).sum()
    }

    /// Number of gold instances that have a prediction.
    pub fn answered(&self) -> usize {
        self.instances() - self.skipped.iter().sum::<usize>()
    }

    /// Number of right predictions, `Other` included.
    pub fn correct(&self) -> usize {
        self.relations.iter().map(|relation| relation.correct).sum()
    }

    /// Number of `Other` instances without a prediction.
    pub(super) fn other_skipped(&self) -> usize {
        self.relations
            .iter()
            .zip(&self.skipped)
            .filter(|(relation, _)| relation.relation == OTHER)
            .map(|(_, n)| n)
            .sum()
    }

    /// The relations that averages are taken over.
    fn averaged(&self) -> impl Iterator<Item = &RelationScore> {
        self.relations.iter().filter(|relation| relation.relation != OTHER)
    }

    /// Correct, predicted and gold instances of the relations.
    pub(super) fn totals(&self) -> (usize, usize, usize) {
        self.averaged().fold((0, 0, 0), |(correct, predicted, support), relation| {
            (correct + relation.correct, predicted + relation.predicted, support + relation.support)
        })
    }

    pub(super) fn accuracy_scaled(&self, scale: f64) -> Accuracy {
        let (correct, instances) = (self.correct(), self.instances());
        Accuracy {
            answered: ratio(scale, correct, self.answered()),
            skipped_wrong: ratio(scale, correct, instances),
            skipped_other: ratio(scale, correct + self.other_skipped(), instances),
        }
    }

    pub(super) fn micro_scaled(&self, scale: f64) -> Rates {
        let (correct, predicted, support) = self.totals();
        Rates::scaled(scale, correct, predicted, support)
    }

    pub(super) fn macro_scaled(&self, scale: f64) -> Rates {
        Rates::mean(self.averaged().map(|r| Rates::scaled(scale, r.correct, r.predicted, r.support)))
    }
}

/// The classes that occur, gold ones first, and the number of gold ones.
fn list_classes<'a>(matrix: &ConfusionMatrix, class_of: &[&'a str]) -> (Vec<&'a str>, usize) {
    let occurring = |occurs: &dyn Fn(usize) -> bool| {
        let mut classes: Vec<&str> = class_of
            .iter()
            .enumerate()
            .filter(|&(label, _)| occurs(label))
            .map(|(_, class)| *class)
            .collect();
        classes.sort_by_key(|class| report_name(class));
        classes.dedup();
        classes
    };
    let mut classes = occurring(&|label| matrix.support(label) > 0);
    let gold_classes = classes.len();
    let mut predicted = occurring(&|label| matrix.predicted(label) > 0);
    predicted.retain(|class| !classes.contains(class));
    classes.append(&mut predicted);
    (classes, gold_classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directed_labels_have_a_relation() {
        assert_eq!(relation_of("Cause-Effect(e1,e2)"), Some("Cause-Effect"));
        assert_eq!(relation_of("part of(e2,e1)"), Some("part of"));
        for label in [
            "Other",
            "Cause-Effect",
            "Cause-Effect(e1, e2)",
            "Cause-Effect (e1,e2)",
            "(e1,e2)",
            "A(e1,e1)",
            "A(B)(e1,e2)",
            "Other(e1,e2)",
            " A(e1,e2)",
            "",
            "A(e1,e2)x",
        ] {
            assert_eq!(relation_of(label), None, "{label}");
        }
    }

    #[test]
    fn a_wrong_direction_is_charged_to_its_relation() {
        // Worked by hand. A: 1 right, 1 in the wrong direction, 1 taken for B. B: 1 right. Other: 1 taken for
        // A.
        let labels = ["A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "Other"].map(String::from);
        let matrix = ConfusionMatrix::from_indices(&labels, &[0, 0, 1, 2, 3], &[0, 1, 2, 2, 1]).unwrap();
        let result = SemEvalResult::new(&matrix).unwrap();

        let official = &result.official;
        assert_eq!(official.wrong_direction, [1, 0, 0]);
        assert_eq!(official.relations[0], RelationScore::new("A", 3, 3, 1));
        assert_eq!(official.relations[1], RelationScore::new("B", 1, 2, 1));
        assert_eq!(official.macro_average.f1, f64::midpoint(1.0 / 3.0, 2.0 / 3.0));
        assert_eq!(official.micro, Rates::from_counts(2, 5, 4));

        assert_eq!(result.undirected.relations[0], RelationScore::new("A", 3, 3, 2));
        assert_eq!(result.directed.relations[0], RelationScore::new("A(e1,e2)", 2, 1, 1));
        assert_eq!(result.directed.relations[1], RelationScore::new("A(e2,e1)", 1, 2, 0));
        assert_eq!(result.directed.micro, Rates::from_counts(2, 5, 4));
        assert_eq!(official.accuracy.answered, 0.4);
    }

    #[test]
    fn labels_without_direction_are_refused() {
        let labels = ["A(e1,e2)", "B"].map(String::from);
        let matrix = ConfusionMatrix::from_indices(&labels, &[0], &[0]).unwrap();
        let error = SemEvalResult::new(&matrix).unwrap_err().to_string();
        assert!(error.contains("the label `B`") && error.contains("scorer `plain`"), "{error}");
        let matrix = ConfusionMatrix::from_indices(&labels[..1], &[], &[]).unwrap();
        assert!(matches!(SemEvalResult::new(&matrix), Err(ScoringError::NoGold)));
    }

    #[test]
    fn where_the_official_scorer_divides_by_zero_the_score_is_zero() {
        let unanswered = ConfusionMatrix::from_answers(&[("1", "A(e1,e2)")], &[]).unwrap();
        let result = SemEvalResult::new(&unanswered).unwrap();
        assert_eq!((result.official.macro_average.f1, result.official.accuracy.answered), (0.0, 0.0));
        let only_other = ConfusionMatrix::from_answers(&[("1", OTHER)], &[("1", OTHER)]).unwrap();
        let result = SemEvalResult::new(&only_other).unwrap();
        assert_eq!((result.official.macro_average.f1, result.official.accuracy.answered), (0.0, 1.0));
    }
}
