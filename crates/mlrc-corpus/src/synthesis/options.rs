//! The options of a synthetic corpus.

use std::fmt::Display;

use thiserror::Error;

/// Most instances of a corpus, which is held in memory.
const MOST: usize = 10_000_000;

/// Options of a synthetic corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct SynthesisOptions {
    /// Seed of the sentences. Corpora of different seeds are independent samples of one language.
    pub seed: u64,
    /// Seed of the language: proper names, composed relations, word vectors. Training and test sets share it.
    pub lexicon_seed: u64,
    /// Number of instances, at most 10 million.
    pub instances: usize,
    /// Number of labels, `no_relation` included, 2 to 64. The first twelve relations are common ones such as
    /// `cause_effect`; the others pair a class of verbs with a preposition, as in `transport_to`.
    pub labels: usize,
    /// How unequal the relations' frequencies are: 0 for equal, 1 for Zipf's law (1, 1/2, 1/3 ...).
    pub skew: f32,
    /// From 0, bare statements, to 1, long sentences full of other relations, with less informative vectors.
    pub difficulty: f32,
    /// Fraction of `no_relation` among the instances, at least 0 and below 1.
    pub negative_share: f32,
    /// Mean number of tokens in a sentence, 12 to 100; unset, it grows with the difficulty. Reached by adding
    /// distractors, so it is approximate.
    pub mean_length: Option<usize>,
}

impl Default for SynthesisOptions {
    /// A thousand instances of 19 equally frequent labels, a fifth negative, of medium difficulty.
    fn default() -> Self {
        Self {
            seed: 0,
            lexicon_seed: 0,
            instances: 1000,
            labels: 19,
            skew: 0.0,
            difficulty: 0.5,
            negative_share: 0.2,
            mean_length: None,
        }
    }
}

impl SynthesisOptions {
    /// The size and shape of SemEval-2010 Task 8's training set: 8000 instances, 19 labels, 19 tokens.
    #[must_use]
    pub fn semeval_like() -> Self {
        let (instances, negative_share) = (8000, 0.176);
        Self { instances, skew: 0.3, negative_share, mean_length: Some(19), ..Self::default() }
    }

    /// The size and shape of TACRED's training set: 68,124 instances, 42 labels, 36 tokens, mostly negative.
    #[must_use]
    pub fn tacred_like() -> Self {
        let (instances, labels, mean_length) = (68_124, 42, Some(36));
        Self { instances, labels, skew: 0.8, negative_share: 0.81, mean_length, ..Self::default() }
    }

    /// Training, development and test sets with TACRED's sizes and fractions of `no_relation` (809, 760 and
    /// 786 of 1000). The seeds are consecutive from `seed`, and the sizes are scaled so that the training set
    /// has `instances` if that is given.
    #[must_use]
    pub fn tacred_like_splits(seed: u64, instances: Option<usize>) -> [Self; 3] {
        let whole = Self::tacred_like();
        let scale = instances.map_or(1.0, |instances| instances as f64 / whole.instances as f64);
        let part = |place: u64, instances: usize, negative_share: f32| Self {
            seed: seed.wrapping_add(place),
            instances: (instances as f64 * scale).round() as usize,
            negative_share,
            ..whole.clone()
        };
        [part(0, 68_124, 0.809), part(1, 22_631, 0.760), part(2, 15_509, 0.786)]
    }

    pub(super) fn validate(&self) -> Result<(), SynthesisError> {
        require(
            (2..=64).contains(&self.labels),
            "labels",
            &self.labels,
            "a number from 2 to 64, `no_relation` included",
        )?;
        require(self.instances <= MOST, "instances", &self.instances, "a number of at most 10000000")?;
        require((0.0..=1.0).contains(&self.skew), "skew", &self.skew, "a number from 0 (equal) to 1 (Zipf)")?;
        let difficulty = "a number from 0 (bare statements) to 1 (long, noisy sentences)";
        require((0.0..=1.0).contains(&self.difficulty), "difficulty", &self.difficulty, difficulty)?;
        let share = "a number of at least 0 and below 1, such as 0.2";
        require((0.0..1.0).contains(&self.negative_share), "negative_share", &self.negative_share, share)?;
        match self.mean_length {
            Some(length) => {
                require((12..=100).contains(&length), "mean_length", &length, "12 to 100 tokens, or unset")
            }
            None => Ok(()),
        }
    }
}

fn require(
    valid: bool,
    option: &'static str,
    found: &dyn Display,
    expected: &'static str,
) -> Result<(), SynthesisError> {
    if valid { Ok(()) } else { Err(SynthesisError { option, found: found.to_string(), expected }) }
}

/// An option of a synthetic corpus is out of its range.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("synthesis option `{option}` is {found}; it must be {expected}")]
pub struct SynthesisError {
    /// Name of the option.
    pub option: &'static str,
    /// Its value.
    pub found: String,
    /// The allowed values.
    pub expected: &'static str,
}
