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
    instances: Vec<Counted>,
    /// Which classes the score covers: all but the negative one.
    scored: Vec<bool>,
    average: Average,
}

/// What is counted of an instance: the classes of its gold label and of its prediction, if there is one, and whether the
/// prediction is right.
#[derive(Clone, Copy, Debug)]
struct Counted {
    gold: usize,
    predicted: Option<usize>,
    is_right: bool,
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

#[derive(Clone, Copy, Debug, Default)]
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
        let predicted: Vec<Option<usize>> = predicted.iter().copied().map(Some).collect();
        Self::of_answered(scorer, labels, gold, &predicted)
    }

    /// As [`ResampledScore::new`], but instances may be without a prediction: they count as not found.
    ///
    /// # Errors
    /// As [`ResampledScore::new`].
    pub fn of_answered(
        scorer: &Scorer,
        labels: &[String],
        gold: &[usize],
        predicted: &[Option<usize>],
    ) -> Result<Self, ScoringError> {
        scorer.score_matrix(&ConfusionMatrix::from_answered(labels, gold, predicted)?)?;

        // SemEval's classes are relations: a wrong direction is a wrong prediction of the right class.
        let mut classes: Vec<&str> = labels.iter().map(|label| scorer.class_of(label)).collect();
        let names = classes.clone();
        classes.sort_unstable();
        classes.dedup();
        let class_of: Vec<usize> =
            names.iter().map(|name| classes.partition_point(|class| class < name)).collect();
        let pairs = gold.iter().zip(predicted);
        Ok(Self {
            instances: pairs
                .map(|(&gold, &predicted)| Counted {
                    gold: class_of[gold],
                    predicted: predicted.map(|predicted| class_of[predicted]),
                    is_right: predicted == Some(gold),
                })
                .collect(),
            scored: classes.iter().map(|class| Some(*class) != scorer.negative()).collect(),
            average: scorer.average(),
        })
    }

    /// The score, in `0..=1`, if the `n`-th instance counts `times[n]` times.
    pub fn score(&self, times: &[u8]) -> f64 {
        let mut counts = vec![Counts::default(); self.scored.len()];
        for (instance, &times) in self.instances.iter().zip(times) {
            instance.count(&mut counts, usize::from(times));
        }
        self.averaged(&counts)
    }

    /// The predictions of two, of the same instances and labels by the same scorer, to be exchanged on the instances at `places`.
    pub fn exchangeable<'a>(&'a self, other: &'a Self, places: &[usize]) -> Exchangeable<'a> {
        let mut fixed = [self, other].map(|of| vec![Counts::default(); of.scored.len()]);
        let mut is_free = vec![false; self.instances.len()];
        places.iter().for_each(|&place| is_free[place] = true);
        for (place, _) in is_free.iter().enumerate().filter(|(_, is_free)| !**is_free) {
            self.instances[place].count(&mut fixed[0], 1);
            other.instances[place].count(&mut fixed[1], 1);
        }
        let free = places.iter().map(|&place| [self.instances[place], other.instances[place]]).collect();
        Exchangeable { of: self, fixed, free }
    }

    fn averaged(&self, counts: &[Counts]) -> f64 {
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

impl Counted {
    fn count(self, counts: &mut [Counts], times: usize) {
        counts[self.gold].support += times;
        counts[self.gold].correct += if self.is_right { times } else { 0 };
        if let Some(predicted) = self.predicted {
            counts[predicted].predicted += times;
        }
    }
}

/// Two series of predictions that may be exchanged on some instances.
#[derive(Clone, Debug)]
pub struct Exchangeable<'a> {
    of: &'a ResampledScore,
    /// What the instances count that are never exchanged.
    fixed: [Vec<Counts>; 2],
    free: Vec<[Counted; 2]>,
}

impl Exchangeable<'_> {
    /// Both scores if the predictions are exchanged where `exchanged` says so, in the order of the places.
    pub fn scores(&self, exchanged: &[bool]) -> [f64; 2] {
        let mut counts = self.fixed.clone();
        for (&[one, other], &exchanged) in self.free.iter().zip(exchanged) {
            let [first, second] = if exchanged { [other, one] } else { [one, other] };
            first.count(&mut counts[0], 1);
            second.count(&mut counts[1], 1);
        }
        counts.map(|counts| self.of.averaged(&counts))
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
