use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::error::ScoringError;
use super::scores::{Rates, RelationScore, ratio};

/// How often each label, or none, was predicted for instances of each gold label.
///
/// All scorers start from this; by itself it scores data that follows neither SemEval's nor TACRED's
/// conventions. An instance without a prediction is **skipped**: it counts as not found, but not as a
/// prediction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfusionMatrix {
    labels: Vec<String>,
    /// One row per gold label, one column per predicted label.
    counts: Vec<Vec<usize>>,
    /// For each gold label, the number of instances without a prediction.
    skipped: Vec<usize>,
}

impl ConfusionMatrix {
    /// Counts predictions given as indices into `labels`, paired by position with the gold indices.
    ///
    /// # Errors
    /// If a label occurs twice, the lengths differ, or an index is out of range.
    pub fn from_indices(
        labels: &[String],
        gold: &[usize],
        predicted: &[usize],
    ) -> Result<Self, ScoringError> {
        let predicted: Vec<Option<usize>> = predicted.iter().copied().map(Some).collect();
        Self::from_answered(labels, gold, &predicted)
    }

    /// As [`ConfusionMatrix::from_indices`], but instances may be without a prediction.
    ///
    /// # Errors
    /// As [`ConfusionMatrix::from_indices`].
    pub fn from_answered(
        labels: &[String],
        gold: &[usize],
        predicted: &[Option<usize>],
    ) -> Result<Self, ScoringError> {
        if gold.len() != predicted.len() {
            return Err(ScoringError::Lengths { gold: gold.len(), predicted: predicted.len() });
        }
        check_distinct(labels)?;
        check_indices("gold", gold.iter().copied().map(Some), labels.len())?;
        check_indices("predicted", predicted.iter().copied(), labels.len())?;
        let mut matrix = Self::new(labels.to_vec());
        for (&gold, &predicted) in gold.iter().zip(predicted) {
            match predicted {
                Some(predicted) => matrix.counts[gold][predicted] += 1,
                None => matrix.skipped[gold] += 1,
            }
        }
        Ok(matrix)
    }

    /// Counts predictions given as pairs of id and label, in any order, paired by id with the gold labels.
    ///
    /// The labels are those that occur, in alphabetical order.
    ///
    /// # Errors
    /// If an id occurs twice on one side, or a predicted id is not among the gold ones.
    pub fn from_answers<S: AsRef<str>>(gold: &[(S, S)], predicted: &[(S, S)]) -> Result<Self, ScoringError> {
        let mut answers = by_id("predicted", predicted)?;
        let gold_ids = by_id("gold", gold)?;
        for (position, (id, _)) in (1..).zip(predicted) {
            if !gold_ids.contains_key(id.as_ref()) {
                return Err(ScoringError::UnknownId { position, id: id.as_ref().to_owned() });
            }
        }
        let labels: HashSet<&str> = gold.iter().chain(predicted).map(|(_, label)| label.as_ref()).collect();
        let mut labels: Vec<&str> = labels.into_iter().collect();
        labels.sort_unstable();
        let indices: HashMap<&str, usize> = labels.iter().copied().zip(0..).collect();
        let mut matrix = Self::new(labels.iter().map(ToString::to_string).collect());
        for (id, label) in gold {
            let row = indices[label.as_ref()];
            match answers.remove(id.as_ref()) {
                Some(answer) => matrix.counts[row][indices[answer]] += 1,
                None => matrix.skipped[row] += 1,
            }
        }
        Ok(matrix)
    }

    fn new(labels: Vec<String>) -> Self {
        let n = labels.len();
        Self { labels, counts: vec![vec![0; n]; n], skipped: vec![0; n] }
    }

    /// The labels; their positions are the indices that the other functions take.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Number of instances of the label `gold` that were given the label `predicted`.
    pub fn count(&self, gold: usize, predicted: usize) -> usize {
        self.counts[gold][predicted]
    }

    /// Number of instances of the label that were given no label.
    pub fn skipped(&self, gold: usize) -> usize {
        self.skipped[gold]
    }

    /// Number of instances of the label.
    pub fn support(&self, gold: usize) -> usize {
        self.counts[gold].iter().sum::<usize>() + self.skipped[gold]
    }

    /// Number of instances that were given the label.
    pub fn predicted(&self, label: usize) -> usize {
        self.counts.iter().map(|row| row[label]).sum()
    }

    /// Number of instances of the label that were given it.
    pub fn correct(&self, label: usize) -> usize {
        self.counts[label][label]
    }

    /// Number of gold instances.
    pub fn instances(&self) -> usize {
        (0..self.labels.len()).map(|label| self.support(label)).sum()
    }

    /// Number of gold instances without a prediction.
    pub fn instances_skipped(&self) -> usize {
        self.skipped.iter().sum()
    }

    /// Share of all gold instances that were given their label, in `0..=1`; 0 without instances.
    pub fn accuracy(&self) -> f64 {
        ratio(1.0, (0..self.labels.len()).map(|label| self.correct(label)).sum(), self.instances())
    }

    /// The scores of every label that occurs as gold or as prediction, except `negative`.
    pub fn relations(&self, negative: Option<&str>) -> Vec<RelationScore> {
        (0..self.labels.len())
            .filter(|&label| negative != Some(&self.labels[label]))
            .map(|label| (label, self.support(label), self.predicted(label)))
            .filter(|&(_, support, predicted)| support + predicted > 0)
            .map(|(label, support, predicted)| {
                RelationScore::new(&self.labels[label], support, predicted, self.correct(label))
            })
            .collect()
    }

    /// Means over the labels that occur as gold or as prediction, except `negative`; every label counts the
    /// same.
    pub fn macro_average(&self, negative: Option<&str>) -> Rates {
        Rates::mean(self.relations(negative).into_iter().map(|score| score.rates))
    }

    /// Rates of all decisions for a label other than `negative` taken together; every instance counts the
    /// same.
    pub fn micro_average(&self, negative: Option<&str>) -> Rates {
        let (correct, predicted, support) = self.totals(negative);
        Rates::from_counts(correct, predicted, support)
    }

    /// Correct, predicted and gold instances of the labels other than `negative`.
    pub(super) fn totals(&self, negative: Option<&str>) -> (usize, usize, usize) {
        self.relations(negative).iter().fold((0, 0, 0), |(correct, predicted, support), score| {
            (correct + score.correct, predicted + score.predicted, support + score.support)
        })
    }
}

fn check_distinct(labels: &[String]) -> Result<(), ScoringError> {
    let mut seen = HashSet::new();
    match labels.iter().find(|label| !seen.insert(*label)) {
        Some(label) => Err(ScoringError::DuplicateLabel { label: label.clone() }),
        None => Ok(()),
    }
}

fn check_indices(
    side: &'static str,
    indices: impl Iterator<Item = Option<usize>>,
    labels: usize,
) -> Result<(), ScoringError> {
    let known = (1..).zip(indices).filter_map(|(position, index)| Some((position, index?)));
    match known.into_iter().find(|&(_, index)| index >= labels) {
        Some((position, index)) => Err(ScoringError::LabelIndex { side, position, index, labels }),
        None => Ok(()),
    }
}

fn by_id<'a, S: AsRef<str>>(
    side: &'static str,
    answers: &'a [(S, S)],
) -> Result<HashMap<&'a str, &'a str>, ScoringError> {
    let mut map = HashMap::with_capacity(answers.len());
    for (position, (id, label)) in (1..).zip(answers) {
        if map.insert(id.as_ref(), label.as_ref()).is_some() {
            return Err(ScoringError::DuplicateId { side, position, id: id.as_ref().to_owned() });
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of scikit-learn's `precision_recall_fscore_support`, with a label that never occurs:
    /// `y_true = [cat, dog, pig, cat, dog, pig]`, `y_pred = [cat, pig, dog, cat, cat, dog]`; macro-averaged
    /// 0.222…, 0.333…, 0.266…, micro-averaged 0.333… each.
    fn animals() -> ConfusionMatrix {
        let labels = ["cat", "dog", "pig", "cow"].map(String::from);
        ConfusionMatrix::from_indices(&labels, &[0, 1, 2, 0, 1, 2], &[0, 2, 1, 0, 0, 1]).unwrap()
    }

    fn assert_rates(found: Rates, expected: [f64; 3]) {
        for (found, expected) in [found.precision, found.recall, found.f1].into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} instead of {expected}");
        }
    }

    #[test]
    fn averages_are_those_of_scikit_learn() {
        let matrix = animals();
        assert_rates(matrix.macro_average(None), [2.0 / 9.0, 1.0 / 3.0, 4.0 / 15.0]);
        assert_rates(matrix.micro_average(None), [1.0 / 3.0; 3]);
        assert_eq!(matrix.accuracy(), 1.0 / 3.0);
        assert_eq!(matrix.relations(None)[0], RelationScore::new("cat", 2, 3, 2));
    }

    #[test]
    fn the_negative_label_is_left_out_of_averages() {
        let matrix = animals();
        assert_rates(matrix.macro_average(Some("dog")), [1.0 / 3.0, 0.5, 0.4]);
        assert_rates(matrix.micro_average(Some("dog")), [0.5, 0.5, 0.5]);
    }

    #[test]
    fn a_skipped_instance_counts_as_not_found() {
        let gold = [("1", "cat"), ("2", "cat"), ("3", "dog")];
        let matrix = ConfusionMatrix::from_answers(&gold, &[("3", "dog"), ("1", "cat")]).unwrap();
        assert_eq!((matrix.skipped(0), matrix.skipped(1), matrix.instances_skipped()), (1, 0, 1));
        assert_eq!(matrix.relations(None)[0], RelationScore::new("cat", 2, 1, 1));
        assert_eq!(matrix.accuracy(), 2.0 / 3.0);
    }

    #[test]
    fn what_cannot_be_paired_is_refused() {
        let labels = ["cat", "dog"].map(String::from);
        let message = |error: ScoringError| error.to_string();
        let indices = |gold: &[usize], predicted: &[usize]| {
            message(ConfusionMatrix::from_indices(&labels, gold, predicted).unwrap_err())
        };
        assert_eq!(
            indices(&[0, 2], &[0, 0]),
            "gold label 2 is index 2; expected 0..2, the range of the label set"
        );
        assert_eq!(
            indices(&[0, 1], &[7, 0]),
            "predicted label 1 is index 7; expected 0..2, the range of the label set"
        );
        assert!(indices(&[0], &[]).starts_with("1 gold label but 0 predictions"));
        let twice = ["cat", "cat"].map(String::from);
        assert!(
            message(ConfusionMatrix::from_indices(&twice, &[], &[]).unwrap_err())
                .contains("`cat` occurs twice")
        );

        let answers = |gold: &[(&str, &str)], predicted: &[(&str, &str)]| {
            message(ConfusionMatrix::from_answers(gold, predicted).unwrap_err())
        };
        let cat = [("1", "cat")];
        assert!(answers(&[cat[0], cat[0]], &cat).starts_with("gold label 2: id `1` was labelled before"));
        assert!(
            answers(&cat, &[cat[0], cat[0]]).starts_with("predicted label 2: id `1` was labelled before")
        );
        assert!(
            answers(&cat, &[cat[0], ("2", "cat")])
                .starts_with("predicted label 2: no gold instance has the id `2`")
        );
    }
}
