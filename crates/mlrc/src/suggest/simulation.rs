use rayon::prelude::*;

use super::{Choosing, FIRST, Pool, Strategy, SuggestError, suggest};
use crate::classifier::most_probable;
use crate::learner::regions::{Problem, usual_balance};
use crate::objective::Solving;
use crate::scoring::{ConfusionMatrix, Scorer, ScoringError};

/// Sentences whose labels are known.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Each as a vector.
    pub features: &'a [Vec<f32>],
    /// Places among all labels.
    pub labels: &'a [u32],
    /// What sentences are alike is left out together when the ridge is fitted.
    pub sentences: &'a [u64],
}

/// How labelling is simulated.
#[derive(Clone, Debug)]
pub struct Protocol<'a> {
    /// Names of the labels.
    pub names: &'a [String],
    /// How models are scored.
    pub scorer: &'a Scorer,
    /// The strategy; the usual one if none.
    pub strategy: Option<Strategy>,
    /// The share that is drawn at random.
    pub random: f64,
    /// Sentences of a round after the first, of [`FIRST`].
    pub round: usize,
    /// The numbers of labels at which a model is scored, in ascending order.
    pub sizes: &'a [usize],
    /// Seed of all random draws.
    pub seed: u64,
}

/// The score on the test sentences at each of the protocol's sizes.
pub type Curve = Vec<f64>;

/// Why labelling cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// Nothing can be suggested.
    #[error(transparent)]
    Suggest(#[from] SuggestError),
    /// The scorer does not fit the labels.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
}

/// Labels sentences of the pool round by round as [`suggest`] says, fits the ridge of the learner `regions` to them after each, and
/// scores it on the test sentences. Features are those of [`of_pool`](super::of_pool), so that they need not be read anew in
/// every round. A strategy that asks a model begins with sentences at random, since there is none.
///
/// # Errors
/// If the scorer does not fit the labels.
pub fn simulate(pool: &Labelled, test: &Labelled, protocol: &Protocol) -> Result<Curve, SimulationError> {
    let mut left: Vec<usize> = (0..pool.labels.len()).collect();
    let mut own: Vec<usize> = Vec::new();
    let mut features: Vec<Vec<f32>> = pool.features.to_vec();
    let mut labelled: Vec<Vec<f32>> = Vec::new();
    let mut model: Option<Layer> = None;
    let mut curve = Curve::new();
    for &size in protocol.sizes {
        while own.len() < size && !left.is_empty() {
            let round = if own.is_empty() { FIRST } else { protocol.round };
            let probabilities = model.as_ref().map(|model| model.probabilities(&features));
            let is_early = model.is_none() && protocol.strategy.is_some_and(Strategy::asks_model);
            let strategy = if is_early { Some(Strategy::Random) } else { protocol.strategy };
            let choosing = Choosing {
                count: round.min(size - own.len()),
                strategy,
                random: protocol.random,
                labelled: own.len(),
                seed: protocol.seed,
            };
            let sentences =
                Pool { features: &features, labelled: &labelled, probabilities: probabilities.as_deref() };
            let mut places: Vec<usize> =
                suggest(&sentences, &choosing)?.iter().map(|suggestion| suggestion.place).collect();
            // From the back, so that places stay what they are.
            own.extend(places.iter().map(|&place| left[place]));
            places.sort_unstable_by(|a, b| b.cmp(a));
            for place in places {
                left.remove(place);
                labelled.push(features.remove(place));
            }
            model = Some(Layer::fit(pool, &own, protocol));
        }
        let Some(model) = &model else { continue };
        let answers: Vec<usize> =
            model.probabilities(test.features).iter().map(|row| most_probable(row)).collect();
        let gold: Vec<usize> = test.labels.iter().map(|&label| label as usize).collect();
        let matrix = ConfusionMatrix::from_indices(protocol.names, &gold, &answers)?;
        curve.push(protocol.scorer.score_matrix(&matrix)?.primary.value);
    }
    Ok(curve)
}

/// The ridge over the labels that have been seen.
struct Layer {
    /// The labels, in order.
    seen: Vec<u32>,
    /// Number of all labels.
    count: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    fn fit(pool: &Labelled, own: &[usize], protocol: &Protocol) -> Self {
        let mut seen: Vec<u32> = own.iter().map(|&place| pool.labels[place]).collect();
        seen.sort_unstable();
        seen.dedup();
        let of = |place: &usize| seen.partition_point(|&label| label < pool.labels[*place]) as u32;
        let labels: Vec<u32> = own.iter().map(of).collect();
        let solving = Solving { is_macro: protocol.scorer.is_macro() };
        let problem = Problem {
            rows: own.iter().map(|&place| &pool.features[place][..]).collect(),
            labels: &labels,
            count: seen.len(),
            sentences: own.iter().map(|&place| pool.sentences[place]).collect(),
            centred: Vec::new(),
            balance: f64::from(usual_balance(solving, own.len(), seen.len())),
            penalty: None,
            prior: None,
        };
        let solution = problem.solve();
        Self { count: protocol.names.len(), weights: solution.weights, bias: solution.bias, seen }
    }

    fn probabilities(&self, features: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let of = |row: &Vec<f32>| {
            let logits: Vec<f32> = self
                .bias
                .iter()
                .zip(self.weights.chunks_exact(row.len()))
                .map(|(bias, weights)| bias + weights.iter().zip(row).map(|(a, b)| a * b).sum::<f32>())
                .collect();
            let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let powers: Vec<f32> = logits.iter().map(|logit| (logit - greatest).exp()).collect();
            let total: f32 = powers.iter().sum();
            let mut row = vec![0.0; self.count];
            self.seen.iter().zip(powers).for_each(|(&label, power)| row[label as usize] = power / total);
            row
        };
        features.par_iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn labelling_what_is_suggested_learns_rare_labels_sooner() {
        let mut stream = Stream::new(5, Purpose::Split, 0, 0);
        // Eight labels, the first of which has two thirds of the sentences.
        let mut draw = |count: usize| -> (Vec<Vec<f32>>, Vec<u32>) {
            let labels: Vec<u32> = (0..count as u32).map(|i| if i % 3 > 0 { 0 } else { i / 3 % 8 }).collect();
            let row = |&label: &u32| {
                (0..24).map(|c| f32::from(u8::from(c == label)) + 0.25 * stream.normal(0.0, 1.0)).collect()
            };
            (labels.iter().map(row).collect(), labels)
        };
        let ((rows, labels), (tests, gold)) = (draw(600), draw(300));
        let sentences: Vec<u64> = (0..600).collect();
        let pool = Labelled { features: &rows, labels: &labels, sentences: &sentences };
        let test = Labelled { features: &tests, labels: &gold, sentences: &sentences[..300] };
        let names: Vec<String> = (0..8).map(|label| format!("label{label}")).collect();
        let scorer = Scorer::for_labels(&names);
        let mean = |strategy| {
            let of = |seed| {
                let protocol = Protocol {
                    names: &names,
                    scorer: &scorer,
                    strategy,
                    random: 0.1,
                    round: 5,
                    sizes: &[20, 40],
                    seed,
                };
                simulate(&pool, &test, &protocol).unwrap()
            };
            (0..5).map(|seed| of(seed)[1]).sum::<f64>() / 5.0
        };
        let (chosen, random) = (mean(None), mean(Some(Strategy::Random)));
        assert!(chosen > random + 0.03, "{chosen:.3}, at random {random:.3}");
    }
}
