use std::sync::Arc;

/// A classifier's prediction for one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    labels: Arc<[String]>,
    /// The probability of each relation, in the order of the label set; they sum to 1.
    pub probabilities: Vec<f32>,
}

impl Prediction {
    pub(super) fn new(labels: Arc<[String]>, probabilities: Vec<f32>) -> Self {
        Self { labels, probabilities }
    }

    /// The most probable relation (the first if tied).
    pub fn label(&self) -> &str {
        &self.labels[self.index()]
    }

    /// Its probability.
    pub fn probability(&self) -> f32 {
        self.probabilities[self.index()]
    }

    /// Its index in the label set.
    pub fn index(&self) -> usize {
        most_probable(&self.probabilities)
    }

    /// All relations with their probabilities, most probable first.
    pub fn ranking(&self) -> Vec<(&str, f32)> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        order.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]));
        order.into_iter().map(|label| (&self.labels[label][..], self.probabilities[label])).collect()
    }
}

/// The index of the greatest value (the first if tied); 0 if there are no values.
pub(crate) fn most_probable(probabilities: &[f32]) -> usize {
    let mut best = 0;
    for (label, probability) in probabilities.iter().enumerate() {
        if probability.total_cmp(&probabilities[best]).is_gt() {
            best = label;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_the_most_probable() {
        let labels: Arc<[String]> = ["a", "b", "c"].map(String::from).into();
        let prediction = Prediction::new(labels, vec![0.2, 0.4, 0.4]);
        assert_eq!((prediction.label(), prediction.index(), prediction.probability()), ("b", 1, 0.4));
        assert_eq!(prediction.ranking(), [("b", 0.4), ("c", 0.4), ("a", 0.2)]);
    }
}
