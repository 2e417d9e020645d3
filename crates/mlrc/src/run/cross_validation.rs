//! Cross-validation: how good the models of a recipe are on sentences of the same kind that they have not seen.
//!
//! The instances are dealt to folds, with about the same labels in each; sentences that are alike are in the same fold, so that no
//! model has seen what it is asked. Each fold is answered by a model that was trained on all others.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::estimate::{interval, spread};
use super::{PrepareError, TrainError, Training, draw_split};
use crate::corpus::{Corpus, Instance, LabelSet};
use crate::learner::regions::sentence_of;
use crate::random::{Purpose, Stream};
use crate::resources::TokenVectors;
use crate::scoring::{
    ConfusionMatrix, Majority, ResampledScore, Score, Scorer, Scores, ScoringError, calibration_error,
};

/// Resampled sets of instances, by which the interval of a score is found.
const RESAMPLINGS: u64 = 500;

/// How good models are found to be by training without part of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Number of folds.
    pub folds: usize,
    /// How often the instances were dealt to folds.
    pub repeats: usize,
    /// Number of instances.
    pub instances: usize,
    /// The score by which models of this task are compared, on average over the repetitions.
    pub score: Score,
    /// The interval that has the true score in at least nine of ten cases.
    pub score_interval: (f64, f64),
    /// The share of right answers, on average over the repetitions.
    pub accuracy: f64,
    /// The interval that has the true share in at least nine of ten cases.
    pub interval: (f64, f64),
    /// Expected calibration error, as in [`Estimate`](super::Estimate).
    pub calibration_error: f64,
    /// What always answering with the most frequent label would score.
    pub majority: Majority,
    /// All scores of the first repetition, by relation, too.
    pub scores: Scores,
}

/// The answers of one repetition.
struct Answers {
    /// The label of each instance, by its place among all labels.
    predicted: Vec<usize>,
    confidences: Vec<f32>,
}

impl Training {
    /// Cross-validates: trains `folds` models, `repeats` times, each without one fold, and scores their answers together.
    /// `observe` sees how many models have been trained out of how many, before each, and says whether to continue.
    ///
    /// # Errors
    /// If there are fewer than two folds or more folds than different sentences, or as [`Training::fit`];
    /// [`TrainError::Interrupted`] if `observe` stops it.
    pub fn cross_validate(
        mut self,
        train: &Corpus,
        folds: usize,
        repeats: usize,
        mut observe: impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<CrossValidation, TrainError> {
        let (options, _) = self.options(train)?;
        let drawn;
        let train = if options.fraction < 1.0 {
            let split = draw_split(&options, train, self.dev.is_some()).map_err(PrepareError::from)?;
            self.fraction = 1.0;
            drawn = Corpus::from_instances(instances_at(train, &split.train));
            &drawn
        } else {
            train
        };
        let labels = LabelSet::from_corpus(train).map_err(PrepareError::from)?;
        let sentences: Vec<u64> = train.instances.iter().map(sentence_of).collect();
        let different = sentences.iter().collect::<HashSet<_>>().len();
        if folds < 2 || folds > different || repeats == 0 {
            return Err(TrainError::Folds { folds, sentences: different });
        }
        // Opened once for all models.
        if let Some(path) = self.vectors.take() {
            self.resources.vectors = Some(TokenVectors::open(&path)?.0);
        }
        self.checkpoint = None;
        let gold: Vec<usize> = train
            .instances
            .iter()
            .filter_map(|instance| labels.index(instance.relation.as_deref().unwrap_or_default()))
            .collect();
        let mut all = Vec::new();
        for repeat in 0..repeats {
            let fold_of = deal(&sentences, &gold, folds, self.seed, repeat as u64);
            let mut answers = Answers { predicted: vec![0; gold.len()], confidences: vec![0.0; gold.len()] };
            for fold in 0..folds {
                if observe(repeat * folds + fold, repeats * folds).is_break() {
                    return Err(TrainError::Interrupted);
                }
                let (own, rest): (Vec<usize>, Vec<usize>) =
                    (0..gold.len()).partition(|&place| fold_of[place] == fold);
                let model = self.clone().fit(&Corpus::from_instances(instances_at(train, &rest)))?;
                let said = model.classify(&instances_at(train, &own)).map_err(PrepareError::from)?;
                for (place, answer) in own.iter().zip(said) {
                    answers.predicted[*place] = labels.index(answer.label()).unwrap_or_default();
                    answers.confidences[*place] = answer.probability();
                }
            }
            all.push(answers);
        }
        let scorer = self.scorer.unwrap_or_else(|| Scorer::for_labels(labels.labels()));
        Ok(summary(labels.labels(), &gold, &all, &scorer, folds).map_err(PrepareError::from)?)
    }
}

fn instances_at(corpus: &Corpus, places: &[usize]) -> Vec<Instance> {
    places.iter().map(|&place| corpus.instances[place].clone()).collect()
}

/// The fold of each instance: those of the same sentence share one, and labels are spread evenly.
fn deal(sentences: &[u64], labels: &[usize], folds: usize, seed: u64, repeat: u64) -> Vec<usize> {
    let mut places: HashMap<u64, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (instance, &sentence) in sentences.iter().enumerate() {
        let place = *places.entry(sentence).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(instance);
    }
    Stream::new(seed, Purpose::Split, 3, repeat).shuffle(&mut groups);
    // The rarest label of a sentence decides: it is the hardest to spread.
    let mut counts: HashMap<usize, usize> = HashMap::new();
    labels.iter().for_each(|label| *counts.entry(*label).or_default() += 1);
    groups.sort_by_key(|group| group.iter().map(|&i| (counts[&labels[i]], labels[i])).min());
    let mut fold_of = vec![0; sentences.len()];
    for (number, group) in groups.iter().enumerate() {
        group.iter().for_each(|&instance| fold_of[instance] = number % folds);
    }
    fold_of
}

fn summary(
    labels: &[String],
    gold: &[usize],
    all: &[Answers],
    scorer: &Scorer,
    folds: usize,
) -> Result<CrossValidation, ScoringError> {
    let n = gold.len() as f64;
    let score =
        |predicted: &[usize]| scorer.score_matrix(&ConfusionMatrix::from_indices(labels, gold, predicted)?);
    let of_repeats =
        all.iter().map(|answers| score(&answers.predicted)).collect::<Result<Vec<Scores>, _>>()?;
    let share = |answers: &Answers| {
        gold.iter().zip(&answers.predicted).filter(|(gold, answer)| gold == answer).count() as f64 / n
    };
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let accuracy = mean(all.iter().map(share).collect());
    let value = mean(of_repeats.iter().map(|scores| scores.primary.value).collect());
    let mut right = Vec::new();
    let mut confidences = Vec::new();
    for answers in all {
        right.extend(gold.iter().zip(&answers.predicted).map(|(gold, answer)| gold == answer));
        confidences.extend(&answers.confidences);
    }
    let resampled = ResampledScore::new(scorer, labels, gold, &all[0].predicted)?;
    let scores: Vec<f64> = (0..RESAMPLINGS)
        .map(|number| {
            let mut stream = Stream::new(0, Purpose::Resampling, 4, number);
            let mut times = vec![0_u8; gold.len()];
            (0..gold.len()).for_each(|_| {
                let times = &mut times[stream.below(gold.len())];
                *times = times.saturating_add(1);
            });
            resampled.score(&times)
        })
        .collect();
    let centre = mean(scores.clone());
    let variance = scores.iter().map(|score| (score - centre).powi(2)).sum::<f64>() / scores.len() as f64;
    let half = spread(variance);
    let scores = of_repeats.into_iter().next().expect("there is a repetition");
    Ok(CrossValidation {
        folds,
        repeats: all.len(),
        instances: gold.len(),
        score: Score { name: scores.primary.name.clone(), value },
        score_interval: ((value - half).max(0.0), (value + half).min(1.0)),
        accuracy,
        interval: interval(accuracy, n),
        calibration_error: calibration_error(&confidences, &right),
        majority: Majority::of(labels, gold, scorer)?,
        scores,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_share_labels_evenly_and_no_sentences() {
        // 30 sentences, the first ten of which occur twice; two labels.
        let sentences: Vec<u64> = (0..30).chain(0..10).collect();
        let labels: Vec<usize> = sentences.iter().map(|sentence| usize::from(sentence % 3 == 0)).collect();
        let folds = deal(&sentences, &labels, 5, 1, 0);
        for (place, sentence) in sentences.iter().enumerate() {
            let first = sentences.iter().position(|other| other == sentence).unwrap();
            assert_eq!(folds[place], folds[first], "copies are together");
        }
        let of_rare = |fold| (0..30).filter(|&place| labels[place] == 1 && folds[place] == fold).count();
        assert_eq!([0, 1, 2, 3, 4].map(of_rare), [2; 5]);
        assert_eq!(folds, deal(&sentences, &labels, 5, 1, 0));
        assert_ne!(folds, deal(&sentences, &labels, 5, 1, 1), "repetitions deal anew");
    }

    #[test]
    fn a_summary_compares_with_the_most_frequent_label() {
        let labels = ["a".to_owned(), "b".to_owned()];
        let gold = [0, 0, 0, 1];
        let answers =
            |predicted: [usize; 4]| Answers { predicted: predicted.into(), confidences: vec![0.75; 4] };
        let all = [answers([0, 0, 0, 0]), answers([0, 0, 0, 1])];
        let found = summary(&labels, &gold, &all, &Scorer::for_labels(&labels), 2).unwrap();
        assert_eq!((found.accuracy, found.majority.accuracy, &found.majority.label[..]), (0.875, 0.75, "a"));
        assert!((found.calibration_error - 0.125).abs() < 1e-6, "{}", found.calibration_error);
        assert_eq!(found.scores.instances, 4);
        assert!(found.interval.0 < 0.875 && found.interval.1 > 0.875);
        assert!(found.score_interval.0 < found.score.value && found.score_interval.1 > found.score.value);
    }
}
