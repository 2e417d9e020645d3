use super::Scorer;
use super::confusion::ConfusionMatrix;
use super::error::ScoringError;
use super::scores::Rates;

/// The primary score of predictions in which each instance counts a given number of times, or not at all.
///
/// A bootstrap over test instances needs this thousands of times, so it only counts classes and computes one
/// number. If every instance counts once, it equals the primary score of [`Scorer::score_matrix`].
#[derive(Clone, Debug)]
pub struct ResampledScore {
    /// For each instance, the classes of its gold label and of its prediction, and whether the prediction is
    /// right.
    instances: Vec<(usize, usize, bool)>,
    /// Which classes the score covers: all but the negative one.
    scored: Vec<bool>,
    average: Average,
}

/// How a score is averaged.
#[derive(Clone, Copy, Debug)]
pub(super) enum Average {
    /// Over classes that occur as gold.
    MacroOfGold,
    /// Over classes that occur as gold or as prediction.
    Macro,
    /// Over decisions.
    Micro,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    support: usize,
    predicted: usize,
    correct: usize,
}

impl ResampledScore {
    /// For predictions given as indices into `labels`, paired by position with the gold indices.
    ///
    /// # Errors
    /// As [`ConfusionMatrix::from_indices`] and [`Scorer::score_matrix`].
    pub fn new(
        scorer: &Scorer,
        labels: &[String],
        gold: &[usize],
        predicted: &[usize],
    ) -> Result<Self, ScoringError> {
        scorer.score_matrix(&ConfusionMatrix::from_indices(labels, gold, predicted)?)?;

        // SemEval's classes are relations: a wrong direction is a wrong prediction of the right class.
        let mut classes: Vec<&str> = labels.iter().map(|label| scorer.class_of(label)).collect();
        let names = classes.clone();
        classes.sort_unstable();
        classes.dedup();
        let class_of: Vec<usize> =
            names.iter().map(|name| classes.partition_point(|class| class < name)).collect();
        let pairs = gold.iter().zip(predicted);
        Ok(Self {
            instances: pairs.map(|(&g, &p)| (class_of[g], class_of[p], g == p)).collect(),
            scored: classes.iter().map(|class| Some(*class) != scorer.negative()).collect(),
            average: scorer.average(),
        })
    }

    /// The score, in `0..=1`, if the `n`-th instance counts `times[n]` times.
    pub fn score(&self, times: &[u8]) -> f64 {
        let mut counts = vec![Counts::default(); self.scored.len()];
        for (&(gold, predicted, right), &times) in self.instances.iter().zip(times) {
            let times = usize::from(times);
            counts[gold].support += times;
            counts[predicted].predicted += times;
            counts[gold].correct += if right { times } else { 0 };
        }
        let scored = counts.iter().zip(&self.scored).filter(|(_, scored)| **scored).map(|(counts, _)| counts);
        let rates = |counts: &Counts| Rates::from_counts(counts.correct, counts.predicted, counts.support);
        let mean = match self.average {
            Average::MacroOfGold => Rates::mean(scored.filter(|counts| counts.support > 0).map(rates)),
            Average::Macro => {
                Rates::mean(scored.filter(|counts| counts.support + counts.predicted > 0).map(rates))
            }
            Average::Micro => rates(&scored.fold(Counts::default(), |sum, counts| Counts {
                support: sum.support + counts.support,
                predicted: sum.predicted + counts.predicted,
                correct: sum.correct + counts.correct,
            })),
        };
        mean.f1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    /// The primary score the long way: the instances written out as often as they count.
    fn written_out(
        scorer: &Scorer,
        labels: &[String],
        gold: &[usize],
        predicted: &[usize],
        times: &[u8],
    ) -> f64 {
        let repeated = |of: &[usize]| -> Vec<usize> {
            of.iter()
                .zip(times)
                .flat_map(|(&label, &times)| std::iter::repeat_n(label, usize::from(times)))
                .collect()
        };
        let matrix = ConfusionMatrix::from_indices(labels, &repeated(gold), &repeated(predicted)).unwrap();
        scorer.score_matrix(&matrix).unwrap().primary.value
    }

    #[test]
    fn it_is_the_scorers_primary_score() {
        let directed = ["B(e1,e2)", "A(e2,e1)", "Other", "A(e1,e2)", "C(e1,e2)", "B(e2,e1)"];
        let plain = ["per:age", "no_relation", "NA", "org:founded", "Other"];
        let cases: [(&str, &[&str]); 5] = [
            ("semeval", &directed),
            ("tacred", &plain),
            ("tacred:NA", &plain),
            ("plain", &plain),
            ("plain:Other", &plain),
        ];
        let mut stream = Stream::new(7, Purpose::Resampling, 0, 0);
        for (scorer, labels) in cases {
            let scorer: Scorer = scorer.parse().unwrap();
            let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
            for round in 0..50 {
                // Few instances, so that classes are missing on one side or both.
                let size = 2 + round % 12;
                let mut drawn =
                    |below: usize| -> Vec<usize> { (0..size).map(|_| stream.below(below)).collect() };
                let (gold, predicted, times) = (drawn(labels.len()), drawn(labels.len()), drawn(3));
                let mut times: Vec<u8> = times.into_iter().map(|times| times as u8).collect();
                times[0] = 1;
                let resampled = ResampledScore::new(&scorer, &labels, &gold, &predicted).unwrap();
                let expected = written_out(&scorer, &labels, &gold, &predicted, &times);
                let found = resampled.score(&times);
                assert!((found - expected).abs() < 1e-12, "{scorer}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn what_cannot_be_scored_is_refused() {
        let labels = ["A(e1,e2)", "spouse"].map(String::from);
        let error = |gold: &[usize], predicted: &[usize]| {
            ResampledScore::new(&Scorer::semeval(), &labels, gold, predicted).unwrap_err()
        };
        assert!(matches!(error(&[0], &[0]), ScoringError::NotDirected { .. }));
        assert!(matches!(error(&[0], &[2]), ScoringError::LabelIndex { .. }));
        assert!(matches!(error(&[0], &[]), ScoringError::Lengths { .. }));
        assert!(matches!(error(&[], &[]), ScoringError::NoGold));
    }
}
