//! Encoder: a pretrained encoder whose upper blocks are trained, averaged over the regions of `regions`.
//!
//! The lower blocks are frozen; what they say of each sentence is computed once. The upper ones are trained by gradients, with
//! a linear layer over the regions' standardised means. With few labels, that layer starts as the ridge solution over the
//! encoder as it was pretrained, and after training it is thrown away and solved again: what gradients gain is in the blocks,
//! while a layer that is trained on so few sentences is worse than the ridge.

mod crop;
mod module;
mod reader;

use serde::{Deserialize, Serialize};

pub use module::TunedEncoder;
pub use reader::{EncoderBatch, EncoderInput, EncoderReader};

use super::regions::Head;
use super::{Auto, Card, Config, Explanation, Family, FitError, Fitting, Initialiser, Shorthand};
use crate::ranges::{Ranges, WIDTH};
use crate::resources::Resource;

const CARD: Card = Card {
    name: "encoder",
    about: "A pretrained encoder whose upper blocks are trained; from a few hundred sentences on, slower than regions and ahead",
    variants: &[],
    optional_layers: &[],
    required_layers: &[],
    resources: &[Resource::Vectors],
    pretrained: true,
    training: include_str!("training.toml"),
    presets: &[("semeval/encoder", include_str!("presets/semeval.toml"))],
    shorthands: &[Shorthand { name: "dropout", keys: &["dropout"] }],
};

/// The family of [`TunedEncoder`].
#[derive(Clone, Copy, Debug)]
pub struct EncoderFamily;

impl Family for EncoderFamily {
    type Config = EncoderConfig;
    type Reader = EncoderReader;
    type Learner = TunedEncoder;

    fn card(&self) -> &'static Card {
        &CARD
    }

    /// By the ridge before training, which leaves sentences out.
    fn is_calibrated(&self, _config: &EncoderConfig, _instances: usize) -> bool {
        true
    }

    fn idle(&self, config: &EncoderConfig, instances: usize) -> &'static [&'static str] {
        if config.head.is_solved(instances) { &[] } else { &["penalty"] }
    }

    fn fit(&self, config: &EncoderConfig, fitting: &Fitting) -> Result<EncoderReader, FitError> {
        EncoderReader::fit(config, fitting)
    }

    fn build(
        &self,
        config: &EncoderConfig,
        reader: &EncoderReader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> TunedEncoder {
        TunedEncoder::new(config, reader, labels, initial)
    }

    fn explain(
        &self,
        learner: &TunedEncoder,
        input: &EncoderInput,
        against: Option<usize>,
    ) -> Option<Explanation> {
        Some(learner.explain(input, against))
    }
}

/// Hyper-parameters of [`TunedEncoder`].
///
/// | parameter | default | range |
/// |---|---|---|
/// | `frozen` | auto | auto, or ≥ 0 |
/// | `head` | auto | auto, ridge, softmax |
/// | `penalty` | auto | auto, or > 0 |
/// | `balance` | auto | auto, or [0, 1] |
/// | `minor` | 0.5 | ≥ 0 |
/// | `types` | 0.25 | [0, 1) |
/// | `dropout` | 0.1 | [0, 1) |
/// | `head_rate` | 10 | > 0 |
/// | `block_rate` | 1 | (0, 1] |
/// | `pieces` | 96 | ≥ 16 |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EncoderConfig {
    /// Number of lower blocks that are not trained. Automatic: a third of those that are computed.
    pub frozen: Auto,
    /// Whether the linear layer is solved before and after training (`ridge`) or trained (`softmax`).
    pub head: Head,
    /// λ of the ridge, as in [`RegionsConfig`](super::regions::RegionsConfig).
    pub penalty: Auto,
    /// By which power of a relation's frequency its instances are weighted down, in the ridge and in the loss.
    pub balance: Auto,
    /// Weight of the regions of single words (prepositions and the verb), relative to the others.
    pub minor: f32,
    /// Share of the entities' types in the kernel, where the data has them.
    pub types: f32,
    /// Dropout in the blocks that are trained.
    pub dropout: f32,
    /// Learning rate of the linear layer, relative to that of the blocks.
    pub head_rate: f32,
    /// Learning rate of a block, relative to that of the block above it.
    pub block_rate: f32,
    /// The most word pieces of a sentence that are read: longer ones are cropped around the entities.
    pub pieces: usize,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self {
            frozen: Auto::Automatic,
            head: Head::Auto,
            penalty: Auto::Automatic,
            balance: Auto::Automatic,
            minor: 0.5,
            types: 0.25,
            dropout: 0.1,
            head_rate: 10.0,
            block_rate: 1.0,
            pieces: 96,
        }
    }
}

impl Config for EncoderConfig {
    fn check(&self, ranges: &mut Ranges) {
        let Self { frozen, head: _, penalty, balance, minor, types, dropout, head_rate, block_rate, pieces } =
            *self;
        if let Auto::Value(frozen) = frozen {
            let is_number = frozen >= 0.0 && frozen.fract() == 0.0;
            ranges.within("frozen", frozen, "a whole number from 0", is_number);
        }
        if let Auto::Value(penalty) = penalty {
            ranges.rate("penalty", penalty);
        }
        if let Auto::Value(balance) = balance {
            ranges.within("balance", balance, "a number from 0 to 1", (0.0..=1.0).contains(&balance));
        }
        ranges.within("minor", minor, "a number of at least 0", minor >= 0.0 && minor.is_finite());
        ranges.share("types", types);
        ranges.share("dropout", dropout);
        ranges.rate("head_rate", head_rate);
        let is_share = block_rate > 0.0 && block_rate <= 1.0;
        ranges.within("block_rate", block_rate, "a number above 0, at most 1", is_share);
        ranges.within("pieces", pieces, "a whole number from 16", pieces >= 16);
        ranges.at_most("pieces", pieces, WIDTH);
    }
}
