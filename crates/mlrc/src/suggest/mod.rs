//! Which sentences to label next.
//!
//! Before there is a model, sentences are chosen that stand for as many others as possible ([facility location](facility)): the most
//! varied ones would be the oddest, and the model has nothing to be unsure about. With a model, they are chosen among those
//! that it is least sure about, again so that they stand for these. A share is drawn at random: how good a model is can only be
//! told by sentences that were not chosen for being hard.

pub mod facility;
mod features;
mod simulation;
mod strategy;

pub use crate::learner::regions::sentence_of;
pub use features::{by_pool, of_pool};
pub use simulation::{Curve, Labelled, Protocol, SimulationError, simulate};
pub use strategy::Strategy;

use crate::random::{Purpose, Stream};

/// So many sentences are chosen to stand for the pool before a model's margins are asked.
pub const FIRST: usize = 20;
/// Among so many sentences with the least margins, those are chosen that stand for the others.
pub const NARROW: usize = 100;

/// Sentences to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// Each as a vector, all of one length.
    pub features: &'a [Vec<f32>],
    /// The same of sentences that are labelled already.
    pub labelled: &'a [Vec<f32>],
    /// The probabilities that a model gives to the labels of each sentence, if there is one.
    pub probabilities: Option<&'a [Vec<f32>]>,
}

/// How to choose.
#[derive(Clone, Copy, Debug)]
pub struct Choosing {
    /// How many sentences.
    pub count: usize,
    /// The strategy; by default [`Strategy::Facility`] until [`FIRST`] sentences are labelled or while there is no model, then
    /// [`Strategy::MarginFacility`].
    pub strategy: Option<Strategy>,
    /// The share that is drawn at random, in `0..=1`.
    pub random: f64,
    /// Number of sentences that are labelled already.
    pub labelled: usize,
    /// Seed of all random draws.
    pub seed: u64,
}

/// A sentence to label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Its place in the pool.
    pub place: usize,
    /// By which strategy it was chosen.
    pub strategy: Strategy,
}

/// Why nothing can be suggested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuggestError {
    /// The strategy asks a model, but there is none.
    #[error("the strategy {0} chooses by what a model is unsure about, but there is no model")]
    NoModel(Strategy),
}

/// Chooses sentences, in parallel on the current thread pool: first those that a strategy chooses, then those that are drawn.
/// All if there are no more than are asked for.
///
/// # Errors
/// If the strategy needs a model and there is none.
pub fn suggest(pool: &Pool, choosing: &Choosing) -> Result<Vec<Suggestion>, SuggestError> {
    let count = choosing.count.min(pool.features.len());
    let mut random = (choosing.random * count as f64).round() as usize;
    if choosing.strategy == Some(Strategy::Random) {
        random = count;
    }
    let mut stream = Stream::new(choosing.seed, Purpose::Suggestion, choosing.labelled as u64, 0);
    let drawn = stream.sample(pool.features.len(), random);
    let mut is_left = vec![true; pool.features.len()];
    drawn.iter().for_each(|&place| is_left[place] = false);

    let mut chosen: Vec<Suggestion> = Vec::new();
    while chosen.len() < count - random {
        let missing = count - random - chosen.len();
        let known = choosing.labelled + chosen.len();
        let (strategy, part) = match choosing.strategy {
            Some(strategy) => (strategy, missing),
            None if pool.probabilities.is_none() => (Strategy::Facility, missing),
            None if known < FIRST => (Strategy::Facility, missing.min(FIRST - known)),
            None => (Strategy::MarginFacility, missing),
        };
        let left: Vec<usize> = (0..is_left.len()).filter(|&place| is_left[place]).collect();
        for place in strategy.choose(pool, &left, part, &mut stream)? {
            is_left[place] = false;
            chosen.push(Suggestion { place, strategy });
        }
    }
    chosen.extend(drawn.into_iter().map(|place| Suggestion { place, strategy: Strategy::Random }));
    Ok(chosen)
}

/// The difference between the two greatest probabilities.
pub fn margin(probabilities: &[f32]) -> f32 {
    let (mut best, mut next) = (0.0_f32, 0.0_f32);
    for &probability in probabilities {
        if probability > best {
            (best, next) = (probability, best);
        } else {
            next = next.max(probability);
        }
    }
    best - next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three groups of 30, 20 and 10 sentences in different directions, a little spread.
    fn groups() -> Vec<Vec<f32>> {
        let mut stream = Stream::new(3, Purpose::Split, 0, 0);
        let of = [30, 20, 10].into_iter().enumerate().flat_map(|(group, size)| vec![group; size]);
        of.map(|group| {
            (0..8).map(|c| if c == group { 1.0 } else { 0.0 } + 0.1 * stream.normal(0.0, 1.0)).collect()
        })
        .collect()
    }

    /// The later a sentence stands, the surer.
    fn probabilities(count: usize) -> Vec<Vec<f32>> {
        let of = |place: usize| 0.5 + 0.5 * (place + 1) as f32 / count as f32;
        (0..count).map(|place| vec![1.0 - of(place), of(place)]).collect()
    }

    fn choosing(count: usize) -> Choosing {
        Choosing { count, strategy: None, random: 0.0, labelled: 0, seed: 1 }
    }

    fn places(suggestions: &[Suggestion]) -> Vec<usize> {
        suggestions.iter().map(|suggestion| suggestion.place).collect()
    }

    #[test]
    fn without_a_model_the_first_stand_for_every_group_the_largest_first() {
        let features = groups();
        let pool = Pool { features: &features, labelled: &[], probabilities: None };
        let chosen = places(&suggest(&pool, &choosing(3)).unwrap());
        assert!(chosen[0] < 30 && (30..50).contains(&chosen[1]) && chosen[2] >= 50, "{chosen:?}");
        // What is labelled is stood for already.
        let pool = Pool { labelled: &features[..1], ..pool };
        let chosen = places(&suggest(&pool, &choosing(2)).unwrap());
        assert!((30..50).contains(&chosen[0]) && chosen[1] >= 50, "{chosen:?}");
    }

    #[test]
    fn after_the_first_twenty_the_least_sure_are_narrowed_down() {
        let features: Vec<Vec<f32>> = groups().into_iter().cycle().take(300).collect();
        let probabilities = probabilities(300);
        let pool = Pool { features: &features, labelled: &[], probabilities: Some(&probabilities) };
        let chosen = suggest(&pool, &choosing(30)).unwrap();
        let by = |strategy| chosen.iter().filter(|chosen| chosen.strategy == strategy).count();
        assert_eq!((by(Strategy::Facility), by(Strategy::MarginFacility)), (20, 10));
        assert!(chosen[20..].iter().all(|chosen| chosen.place < NARROW + 20));
        let again = Choosing { labelled: 20, ..choosing(5) };
        assert!(suggest(&pool, &again).unwrap().iter().all(|s| s.strategy == Strategy::MarginFacility));
        let margin = Choosing { strategy: Some(Strategy::Margin), ..choosing(5) };
        assert_eq!(places(&suggest(&pool, &margin).unwrap()), [0, 1, 2, 3, 4]);
        let entropy = Choosing { strategy: Some(Strategy::Entropy), ..choosing(5) };
        assert_eq!(places(&suggest(&pool, &entropy).unwrap()), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_share_is_random_nothing_comes_twice_and_seeds_decide() {
        let features = groups();
        let pool = Pool { features: &features, labelled: &[], probabilities: None };
        let share = Choosing { random: 0.2, ..choosing(20) };
        let chosen = suggest(&pool, &share).unwrap();
        assert_eq!(chosen.iter().filter(|chosen| chosen.strategy == Strategy::Random).count(), 4);
        let mut sorted = places(&chosen);
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 20);
        assert_eq!(chosen, suggest(&pool, &share).unwrap());
        assert_ne!(chosen, suggest(&pool, &Choosing { seed: 2, ..share }).unwrap());
        assert_eq!(suggest(&pool, &choosing(1000)).unwrap().len(), 60, "all that there are");
    }

    #[test]
    fn a_strategy_that_asks_a_model_needs_one() {
        let features = groups();
        let pool = Pool { features: &features, labelled: &[], probabilities: None };
        let error =
            suggest(&pool, &Choosing { strategy: Some(Strategy::Margin), ..choosing(5) }).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the strategy margin chooses by what a model is unsure about, but there is no model"
        );
    }

    #[test]
    fn any_number_of_threads_chooses_the_same() {
        let features = groups();
        let probabilities = probabilities(60);
        let pool =
            Pool { features: &features, labelled: &features[..3], probabilities: Some(&probabilities) };
        let with = |threads| {
            let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            threads.install(|| suggest(&pool, &choosing(40)).unwrap())
        };
        assert_eq!(with(1), with(4));
    }
}
