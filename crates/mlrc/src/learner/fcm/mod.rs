//! FCM: word vectors averaged over a few regions of the sentence, and one linear layer (after Gormley, Yu and
//! Dredze 2015).
//!
//! A log-bilinear model: the position of a word determines which weights its vector is multiplied by. It has
//! no hidden states to learn, so with few labels, all of them go into learning what words mean in which
//! place; and it needs neither tags nor a parse.

mod module;
mod regions;

use serde::{Deserialize, Serialize};

pub use module::Fcm;

use super::tokens::{TokenInput, TokenReader};
use super::{Card, Config, Explanation, Family, FitError, Fitting, Initialiser, Shorthand};
use crate::ranges::Ranges;
use crate::resources::Resource;

/// Most words beside an entity.
const WINDOW: usize = 100;

const CARD: Card = Card {
    name: "fcm",
    about: "Averaged word vectors of a few regions and a linear layer; for very few labels, no tags or parse",
    variants: &[],
    optional_layers: &[],
    required_layers: &[],
    resources: &[Resource::Vectors],
    pretrained: false,
    training: include_str!("training.toml"),
    presets: &[("semeval/fcm", include_str!("presets/semeval.toml"))],
    shorthands: &[
        Shorthand { name: "dropout", keys: &["dropout"] },
        Shorthand { name: "word-dropout", keys: &["word_dropout"] },
    ],
};

/// The family of [`Fcm`].
#[derive(Clone, Copy, Debug)]
pub struct FcmFamily;

impl Family for FcmFamily {
    type Config = FcmConfig;
    type Reader = TokenReader;
    type Learner = Fcm;

    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(&self, _config: &FcmConfig, fitting: &Fitting) -> Result<TokenReader, FitError> {
        TokenReader::fit(&CARD, fitting)
    }

    fn build(
        &self,
        config: &FcmConfig,
        reader: &TokenReader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> Fcm {
        Fcm::new(config, reader, labels, initial)
    }

    fn explain(&self, learner: &Fcm, input: &TokenInput, against: Option<usize>) -> Option<Explanation> {
        Some(learner.explain(input, against))
    }
}

/// Hyper-parameters of [`Fcm`].
///
/// | parameter | default | range |
/// |---|---|---|
/// | `window` | 2 | ≥ 0 |
/// | `dropout` | 0.7 | [0, 1) |
/// | `word_dropout` | 0 | [0, 1) |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FcmConfig {
    /// Number of tokens next to each entity, on the side of the other one, that are read individually.
    pub window: usize,
    /// Dropout on the averaged vectors.
    pub dropout: f32,
    /// Probability that a word is replaced by the unknown word in training.
    pub word_dropout: f32,
}

impl Default for FcmConfig {
    fn default() -> Self {
        Self { window: 2, dropout: 0.7, word_dropout: 0.0 }
    }
}

impl Config for FcmConfig {
    fn check(&self, ranges: &mut Ranges) {
        let Self { window, dropout, word_dropout } = *self;
        ranges.at_most("window", window, WINDOW);
        ranges.share("dropout", dropout);
        ranges.share("word_dropout", word_dropout);
    }
}
