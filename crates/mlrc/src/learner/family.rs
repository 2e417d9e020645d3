use std::sync::Arc;

use serde_json::Value;

use super::config::AnyConfig;
use super::{
    Config, Explanation, FitError, Initialiser, Layer, Learner, LearnerConfig, Model, Network, Reader,
    ReaderOptions, SavedReader,
};
use crate::corpus::{Instance, LabelSet};
use crate::device::Device;
use crate::random::{Purpose, Stream};
use crate::ranges::Ranges;
use crate::resources::{Resource, Resources};

/// What is known of a family before anything is built.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    /// What it is called in recipes, flags and model folders: `c-gcn`.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Other names of it with certain hyper-parameters, as TOML: `("gcn", "lstm_layers = 0")`.
    pub variants: &'static [(&'static str, &'static str)],
    /// Layers of annotation that it reads if the data has them.
    pub optional_layers: &'static [Layer],
    /// Layers of annotation without which it cannot work.
    pub required_layers: &'static [Layer],
    /// Resources without which it cannot work.
    pub resources: &'static [Resource],
    /// How it is trained unless a recipe says otherwise, as TOML: what differs from the defaults of `[supervised]` and `[meta]`, and
    /// `masking`.
    pub training: &'static str,
    /// Recipes that ship with it, by name (data set and learner): `("semeval/fcm", "…")`.
    pub presets: &'static [(&'static str, &'static str)],
    /// Short names for hyper-parameters, such as a command line has.
    pub shorthands: &'static [Shorthand],
}

/// A name for hyper-parameters that are usually set together.
#[derive(Clone, Copy, Debug)]
pub struct Shorthand {
    /// The name: `hidden`.
    pub name: &'static str,
    /// The keys that get its value: `hidden` and `attention`.
    pub keys: &'static [&'static str],
}

/// Everything that belongs to a kind of learner. Implement it for a type without fields, and put that into the
/// [`registry`](super::registry).
pub trait Family: Send + Sync + 'static {
    /// Its hyper-parameters.
    type Config: Config;
    /// What turns instances into its inputs.
    type Reader: Reader;
    /// The module.
    type Learner: Learner<Input = <Self::Reader as Reader>::Input>;

    /// What is known of it.
    fn card(&self) -> &'static Card;

    /// The name that a user gives a learner with these hyper-parameters; the family's unless it has variants.
    fn name_of(&self, _config: &Self::Config) -> &'static str {
        self.card().name
    }

    /// A reader for the training set.
    ///
    /// # Errors
    /// If a resource or an annotation is missing, or the data does not fit.
    fn fit(&self, config: &Self::Config, fitting: &Fitting) -> Result<Self::Reader, FitError>;

    /// An untrained learner of so many labels for what `reader` produces.
    fn build(
        &self,
        config: &Self::Config,
        reader: &Self::Reader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> Self::Learner;

    /// What a trained learner looks at in an input; nothing unless a family can say it.
    fn explain(
        &self,
        _learner: &Self::Learner,
        _input: &<Self::Reader as Reader>::Input,
    ) -> Option<Explanation> {
        None
    }
}

/// What a reader is fitted on.
#[derive(Clone, Copy, Debug)]
pub struct Fitting<'a> {
    /// The instances that are trained on, not those of the development set.
    pub instances: &'a [&'a Instance],
    /// What was chosen of reading them.
    pub options: ReaderOptions,
    /// What is at hand beside the data.
    pub resources: &'a Resources,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// A family, its types forgotten.
pub(crate) trait AnyFamily: Send + Sync {
    fn card(&self) -> &'static Card;

    fn name_of(&self, config: &dyn AnyConfig) -> &'static str;

    /// Hyper-parameters of a table without `kind`, checked.
    fn config(&self, table: Value) -> Result<Arc<dyn AnyConfig>, String>;

    /// An untrained model for the training set.
    fn fit(
        &'static self,
        learner: &LearnerConfig,
        fitting: &Fitting,
        labels: LabelSet,
        device: Device,
    ) -> Result<Arc<dyn Model>, FitError>;

    /// The model that was saved, without its parameters.
    fn load(
        &'static self,
        learner: &LearnerConfig,
        saved: &SavedReader,
        labels: LabelSet,
        device: Device,
    ) -> Result<Arc<dyn Model>, String>;
}

impl<F: Family> AnyFamily for F {
    fn card(&self) -> &'static Card {
        Family::card(self)
    }

    fn name_of(&self, config: &dyn AnyConfig) -> &'static str {
        let config = (config as &dyn std::any::Any).downcast_ref::<F::Config>();
        config.map_or(Family::card(self).name, |config| Family::name_of(self, config))
    }

    fn config(&self, table: Value) -> Result<Arc<dyn AnyConfig>, String> {
        let config: F::Config = serde_json::from_value(table).map_err(|error| error.to_string())?;
        Ranges::check(|ranges| config.check(ranges)).map_err(|unfit| unfit.problem)?;
        Ok(Arc::new(config))
    }

    fn fit(
        &'static self,
        learner: &LearnerConfig,
        fitting: &Fitting,
        labels: LabelSet,
        device: Device,
    ) -> Result<Arc<dyn Model>, FitError> {
        let card = Family::card(self);
        if let Some(&missing) = card.resources.iter().find(|resource| !fitting.resources.has(**resource)) {
            return Err(FitError::MissingResource { learner: card.name, resource: missing });
        }
        let config = own::<F>(learner);
        let reader = Family::fit(self, config, fitting)?;
        Ok(Arc::new(Network::new(self, config, reader, labels, fitting.seed, device)))
    }

    fn load(
        &'static self,
        learner: &LearnerConfig,
        saved: &SavedReader,
        labels: LabelSet,
        device: Device,
    ) -> Result<Arc<dyn Model>, String> {
        let reader = F::Reader::load(saved)?;
        Ok(Arc::new(Network::new(self, own::<F>(learner), reader, labels, 0, device)))
    }
}

/// The hyper-parameters of a learner that is known to be of the family.
fn own<F: Family>(learner: &LearnerConfig) -> &F::Config {
    learner.get().expect("a family is handed its own hyper-parameters")
}

impl Initialiser {
    /// That of a run with `seed`.
    pub fn new(seed: u64, device: Device) -> Self {
        Self { stream: Stream::new(seed, Purpose::Initialisation, 0, 0), device }
    }
}
