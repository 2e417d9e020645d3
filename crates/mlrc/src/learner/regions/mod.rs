//! Regions: frozen vectors averaged over a few regions of the sentence, standardised, and one linear layer.
//!
//! With a pretrained encoder's vectors and a layer that is solved in closed form, this is the learner for few labels: a
//! model of forty sentences takes a second. The layer is ridge regression on the relations, balanced between them; its
//! penalty, and how sharp its probabilities are, are chosen by leaving out each sentence in turn, which also tells how
//! good the model is. Alternatively the layer is trained by gradients, as FCM's is; FCM is the case of static vectors and
//! other regions.
//!
//! Neither tags nor a parse are read: prepositions are listed, and verbs are found by a linear probe that is fitted to the
//! vectors at hand.

mod found;
mod module;
mod names;
mod probe;
mod reader;
mod ridge;
mod self_training;
mod standard;
mod types;

use serde::{Deserialize, Serialize};

pub use module::Regions;
pub use reader::{RegionBatch, RegionInput, RegionReader};

// For episodes.
pub(crate) use names::prior;
// For cross-validation and simulated labelling, too.
pub use reader::sentence_of;
// For simulated labelling.
pub(crate) use module::usual_balance;
pub(crate) use ridge::Problem;
// What `encoder` shares.
pub(super) use found::{REGIONS, regions_of};
pub(super) use module::{centred, evidence};
pub(super) use probe::VerbProbe;
pub(super) use ridge::Solution;
pub(super) use standard::{Moments, Standard};
pub(super) use types::EntityTypes;

use super::{Auto, Card, Config, Explanation, Family, FitError, Fitting, Initialiser, Shorthand};
use crate::ranges::Ranges;
use crate::resources::Resource;

const CARD: Card = Card {
    name: "regions",
    about: "Averaged vectors of a few regions, preferably an encoder's, and a linear layer; for few labels, no tags or parse",
    variants: &[],
    optional_layers: &[],
    required_layers: &[],
    resources: &[Resource::Vectors],
    pretrained: false,
    training: include_str!("training.toml"),
    presets: &[("semeval/regions", include_str!("presets/semeval.toml"))],
    shorthands: &[Shorthand { name: "dropout", keys: &["dropout"] }],
};

/// The family of [`Regions`].
#[derive(Clone, Copy, Debug)]
pub struct RegionsFamily;

impl Family for RegionsFamily {
    type Config = RegionsConfig;
    type Reader = RegionReader;
    type Learner = Regions;

    fn card(&self) -> &'static Card {
        &CARD
    }

    fn is_solved(&self, config: &RegionsConfig, instances: usize) -> bool {
        config.head.is_solved(instances)
    }

    fn idle(&self, config: &RegionsConfig, instances: usize) -> &'static [&'static str] {
        if config.head.is_solved(instances) { &["dropout"] } else { &["penalty", "balance"] }
    }

    fn fit(&self, config: &RegionsConfig, fitting: &Fitting) -> Result<RegionReader, FitError> {
        RegionReader::fit(config, fitting)
    }

    fn build(
        &self,
        config: &RegionsConfig,
        reader: &RegionReader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> Regions {
        Regions::new(config, reader, labels, initial)
    }

    fn explain(&self, learner: &Regions, input: &RegionInput, against: Option<usize>) -> Option<Explanation> {
        Some(learner.explain(input, against))
    }
}

/// How the linear layer is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Ridge for fewer than 1000 training instances, softmax from there on.
    #[default]
    Auto,
    /// Ridge regression on the relations, in closed form.
    Ridge,
    /// Softmax regression, by gradients.
    Softmax,
}

/// Hyper-parameters of [`Regions`].
///
/// | parameter | default | range |
/// |---|---|---|
/// | `head` | auto | auto, ridge, softmax |
/// | `penalty` | auto | auto, or > 0 |
/// | `balance` | auto | auto, or [0, 1] |
/// | `minor` | 0.5 | ≥ 0 |
/// | `types` | 0.25 | [0, 1) |
/// | `dropout` | 0.6 | [0, 1) |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegionsConfig {
    /// How the linear layer is found.
    pub head: Head,
    /// λ of the ridge, relative to a kernel whose diagonal is 1 on average. Automatic: what errs least on sentences that
    /// are left out.
    pub penalty: Auto,
    /// By which power of a relation's frequency its instances are weighted down in the ridge: 0 for none, 1 for the same
    /// weight for every relation. Automatic: by the scorer and the number of instances.
    pub balance: Auto,
    /// Weight of the regions of single words (prepositions and the verb), relative to the others.
    pub minor: f32,
    /// Share of the entities' types in the kernel, where the data has them.
    pub types: f32,
    /// Dropout on the inputs of the layer when it is trained by gradients.
    pub dropout: f32,
}

impl Default for RegionsConfig {
    fn default() -> Self {
        Self {
            head: Head::Auto,
            penalty: Auto::Automatic,
            balance: Auto::Automatic,
            minor: 0.5,
            types: 0.25,
            dropout: 0.6,
        }
    }
}

/// From so many training instances on, softmax regression is ahead of the ridge (docs/RESULTS.md).
const MANY: usize = 1000;

impl Head {
    /// Whether the layer is solved in closed form for so many training instances.
    pub(super) fn is_solved(self, instances: usize) -> bool {
        match self {
            Self::Auto => instances < MANY,
            Self::Ridge => true,
            Self::Softmax => false,
        }
    }
}

impl Config for RegionsConfig {
    fn check(&self, ranges: &mut Ranges) {
        let Self { head: _, penalty, balance, minor, types, dropout } = *self;
        if let Auto::Value(penalty) = penalty {
            ranges.rate("penalty", penalty);
        }
        if let Auto::Value(balance) = balance {
            ranges.within("balance", balance, "a number from 0 to 1", (0.0..=1.0).contains(&balance));
        }
        ranges.within("minor", minor, "a number of at least 0", minor >= 0.0 && minor.is_finite());
        ranges.share("types", types);
        ranges.share("dropout", dropout);
    }
}
