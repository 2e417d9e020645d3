//! Selective classification: answers below a least probability are abstained from. How many are left, how many of them are
//! right, and which threshold a wanted precision needs.

use serde::Serialize;

use super::Scorer;
use crate::suggest::suggest;

/// The answer to an instance whose label is known; labels are given by their places among all labels.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The right label.
    pub gold: usize,
    /// The label that was given.
    pub label: usize,
    /// Its probability.
    pub probability: f32,
}

impl Answer {
    /// Whether it is the right label.
    pub fn is_right(&self) -> bool {
        self.gold == self.label
    }
}

/// The least probability of an answer, by label.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    least: Vec<f64>,
}

/// Why thresholds are wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// There is no such label.
    #[error("a threshold is for `{label}`, which is no relation of the model{}", meant.as_ref().map_or_else(String::new, |meant| format!("; did you mean `{meant}`?")))]
    UnknownLabel {
        /// The label.
        label: String,
        /// One that is spelled nearly the same.
        meant: Option<String>,
    },
    /// There are two for one label.
    #[error("`{label}` has two thresholds; give one")]
    Twice {
        /// The label.
        label: String,
    },
}

impl Thresholds {
    /// `least` for all labels but those that have a threshold of their own.
    ///
    /// # Errors
    /// If a label is not among `labels`, or has two thresholds.
    pub fn new(labels: &[String], least: f64, of_labels: &[(String, f64)]) -> Result<Self, ThresholdError> {
        let mut thresholds = Self { least: vec![least; labels.len()] };
        for (place, (label, least)) in of_labels.iter().enumerate() {
            if of_labels[..place].iter().any(|(other, _)| other == label) {
                return Err(ThresholdError::Twice { label: label.clone() });
            }
            let Some(known) = labels.iter().position(|known| known == label) else {
                let known: Vec<&str> = labels.iter().map(String::as_str).collect();
                let meant = suggest(label, &known).map(str::to_owned);
                return Err(ThresholdError::UnknownLabel { label: label.clone(), meant });
            };
            thresholds.least[known] = *least;
        }
        Ok(thresholds)
    }

    /// Whether an answer of this probability is given rather than abstained from.
    pub fn is_answered(&self, label: usize, probability: f32) -> bool {
        f64::from(probability) >= self.least[label]
    }
}

/// How good the answers are that are given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Selection {
    /// Number of instances.
    pub instances: usize,
    /// How many of them are answered.
    pub answered: usize,
    /// Their share.
    pub coverage: f64,
    /// The share of right ones among the answers; `None` if there are none.
    pub accuracy: Option<f64>,
    /// What it would have been among those that are abstained from; `None` if there are none.
    pub accuracy_of_abstained: Option<f64>,
}

impl Selection {
    /// Of the answers that reach their thresholds.
    pub fn new(answers: &[Answer], thresholds: &Thresholds) -> Self {
        let (given, others): (Vec<&Answer>, Vec<&Answer>) =
            answers.iter().partition(|answer| thresholds.is_answered(answer.label, answer.probability));
        let accuracy = |answers: &[&Answer]| {
            let right = answers.iter().filter(|answer| answer.is_right()).count();
            (!answers.is_empty()).then(|| right as f64 / answers.len() as f64)
        };
        Self {
            instances: answers.len(),
            answered: given.len(),
            coverage: given.len() as f64 / answers.len().max(1) as f64,
            accuracy: accuracy(&given),
            accuracy_of_abstained: accuracy(&others),
        }
    }
}

/// A threshold and what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// The least probability of an answer, with as few digits as tell it from the next lower answer; 0 if all are given.
    pub threshold: f64,
    /// The share of right ones among the answers.
    pub precision: f64,
    /// The share of all instances of the relation that are answered with it.
    pub recall: f64,
    /// Number of answers.
    pub answered: usize,
}

/// The threshold that a wanted precision needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeededThreshold {
    /// The relation; `None` for all but the negative label together.
    pub relation: Option<String>,
    /// Number of instances of it.
    pub support: usize,
    /// The lowest threshold, and so the greatest recall, with this precision; `None` if no threshold has it.
    pub reached: Option<OperatingPoint>,
    /// The threshold of the greatest precision there is; `None` if the relation is never answered.
    pub most_precise: Option<OperatingPoint>,
}

impl NeededThreshold {
    /// For a precision: of all relations together, then of each. The negative label of the scorer is no answer, and has no
    /// threshold.
    pub fn find(labels: &[String], answers: &[Answer], scorer: &Scorer, precision: f64) -> Vec<Self> {
        let is_relation = |label: usize| Some(&labels[label][..]) != scorer.negative();
        let of = |relation: Option<String>, includes: &dyn Fn(usize) -> bool| {
            let support = answers.iter().filter(|answer| includes(answer.gold)).count();
            let given: Vec<&Answer> = answers.iter().filter(|answer| includes(answer.label)).collect();
            let points = operating_points(given, support);
            let by_precision = |one: &&OperatingPoint, other: &&OperatingPoint| {
                one.precision.total_cmp(&other.precision).then(one.answered.cmp(&other.answered))
            };
            Self {
                relation,
                support,
                reached: points.iter().rev().find(|point| point.precision >= precision).copied(),
                most_precise: points.iter().max_by(by_precision).copied(),
            }
        };
        let relations = (0..labels.len()).filter(|&label| is_relation(label));
        let each = relations.map(|label| of(Some(labels[label].clone()), &|other| other == label));
        std::iter::once(of(None, &is_relation)).chain(each).collect()
    }
}

/// What each threshold leads to that some answer just reaches, from the highest to the lowest.
fn operating_points(mut answers: Vec<&Answer>, support: usize) -> Vec<OperatingPoint> {
    answers.sort_by(|one, other| other.probability.total_cmp(&one.probability));
    let mut points = Vec::new();
    let (mut answered, mut right) = (0, 0);
    // Answers of the same probability are given together or not at all.
    for tied in answers.chunk_by(|one, other| one.probability == other.probability) {
        answered += tied.len();
        right += tied.iter().filter(|answer| answer.is_right()).count();
        let below = answers.get(answered).map_or(0.0, |next| f64::from(next.probability));
        let threshold = if answered == answers.len() {
            0.0
        } else {
            shortest_between(below, f64::from(tied[0].probability))
        };
        points.push(OperatingPoint {
            threshold,
            precision: right as f64 / answered as f64,
            recall: right as f64 / support.max(1) as f64,
            answered,
        });
    }
    points
}

/// The number with the fewest decimals that is above `below` and at most `most`.
fn shortest_between(below: f64, most: f64) -> f64 {
    let of_digits = |digits: i32| {
        let scale = 10_f64.powi(digits);
        (most * scale).floor() / scale
    };
    (1..=9).map(of_digits).find(|&value| value > below && value <= most).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels() -> Vec<String> {
        ["founded", "located", "no_relation"].map(str::to_owned).to_vec()
    }

    fn answer((gold, label, probability): (usize, usize, f32)) -> Answer {
        Answer { gold, label, probability }
    }

    #[test]
    fn a_labels_own_threshold_goes_before_that_of_all() {
        let thresholds = Thresholds::new(&labels(), 0.5, &[("located".to_owned(), 0.9)]).unwrap();
        let answered = [(0, 0.5), (0, 0.49), (1, 0.9), (1, 0.6), (2, 0.6)]
            .map(|(label, probability)| thresholds.is_answered(label, probability));
        // 0.9 as a probability of 32 bits is a little below 0.9.
        assert_eq!(answered, [true, false, false, false, true]);
        let wrong = |of_labels: &[(&str, f64)]| {
            let of_labels: Vec<_> =
                of_labels.iter().map(|(label, least)| ((*label).to_owned(), *least)).collect();
            Thresholds::new(&labels(), 0.0, &of_labels).unwrap_err().to_string()
        };
        assert_eq!(
            wrong(&[("locate", 0.9)]),
            "a threshold is for `locate`, which is no relation of the model; did you mean `located`?"
        );
        assert_eq!(wrong(&[("founded", 0.9), ("founded", 0.8)]), "`founded` has two thresholds; give one");
    }

    #[test]
    fn coverage_and_accuracy_are_those_of_the_answers_that_are_left() {
        let answers = [(0, 0, 0.9), (1, 0, 0.8), (1, 1, 0.7), (2, 1, 0.4), (2, 2, 0.3)].map(answer);
        let at = |least| Selection::new(&answers, &Thresholds::new(&labels(), least, &[]).unwrap());
        let selection = at(0.5);
        assert_eq!((selection.instances, selection.answered, selection.coverage), (5, 3, 0.6));
        assert_eq!((selection.accuracy, selection.accuracy_of_abstained), (Some(2.0 / 3.0), Some(0.5)));
        assert_eq!((at(1.0).accuracy, at(0.0).accuracy_of_abstained), (None, None));
    }

    #[test]
    fn the_threshold_of_a_precision_is_the_lowest_that_has_it() {
        let answers = [
            (0, 0, 0.92),
            (0, 0, 0.85),
            (1, 0, 0.81),
            (0, 0, 0.8),
            (0, 0, 0.8),
            (1, 0, 0.3),
            (0, 2, 0.9),
            (1, 2, 0.6),
        ]
        .map(answer);
        let found = NeededThreshold::find(&labels(), &answers, &Scorer::tacred(), 0.8);
        let [all, founded, located] = &found[..] else { panic!("{found:?}") };
        // Four of five are enough, although two of the first three are not.
        let expected = OperatingPoint { threshold: 0.8, precision: 0.8, recall: 0.8, answered: 5 };
        // Probabilities have 32 bits: 0.8 is a little above 0.8.
        assert_eq!((founded.support, founded.reached), (5, Some(expected)));
        assert_eq!(founded.most_precise.unwrap().precision, 1.0);
        assert_eq!((all.relation.as_deref(), all.support), (None, 8));
        assert_eq!(all.reached.unwrap().recall, 0.5);
        assert_eq!((located.support, located.reached, located.most_precise), (3, None, None));
        let found = NeededThreshold::find(&labels(), &answers[2..], &Scorer::tacred(), 0.9);
        assert_eq!(found[1].reached, None);
        let most = found[1].most_precise.unwrap();
        assert_eq!((most.precision, most.answered, most.threshold), (2.0 / 3.0, 3, 0.8));
        // All are right: no threshold is needed.
        let found = NeededThreshold::find(&labels(), &answers[..2], &Scorer::tacred(), 0.9);
        assert_eq!(found[1].reached.unwrap().threshold, 0.0);
    }

    proptest! {
        #[test]
        fn a_threshold_that_was_found_leads_to_what_it_says(
            answers in proptest::collection::vec((0_usize..3, 0_usize..3, 0.0_f32..=1.0), 1..60),
            precision in 0.0_f64..=1.0,
        ) {
            let answers: Vec<Answer> = answers.into_iter().map(answer).collect();
            let labels = labels();
            for found in NeededThreshold::find(&labels, &answers, &Scorer::tacred(), precision) {
                for point in [found.reached, found.most_precise].into_iter().flatten() {
                    let thresholds = Thresholds::new(&labels, point.threshold, &[]).unwrap();
                    let is_it = |label: usize| match &found.relation {
                        Some(relation) => labels[label] == *relation,
                        None => label != 2,
                    };
                    let given: Vec<&Answer> = answers
                        .iter()
                        .filter(|answer| is_it(answer.label) && thresholds.is_answered(answer.label, answer.probability))
                        .collect();
                    let right = given.iter().filter(|answer| answer.is_right()).count();
                    prop_assert_eq!(given.len(), point.answered);
                    prop_assert_eq!(right as f64 / given.len() as f64, point.precision);
                    prop_assert_eq!(right as f64 / found.support.max(1) as f64, point.recall);
                }
                if let Some(point) = found.reached {
                    prop_assert!(point.precision >= precision);
                }
                prop_assert_eq!(
                    found.reached.is_some(),
                    found.most_precise.is_some_and(|most| most.precision >= precision)
                );
            }
        }
    }
}
