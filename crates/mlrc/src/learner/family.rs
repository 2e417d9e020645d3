use std::sync::Arc;

use serde_json::Value;

use super::config::AnyConfig;
use super::{
    Config, Explanation, FitError, Initialiser, Layer, Learner, LearnerConfig, Model, Network, Reader,
    ReaderOptions, SavedReader,
};
use crate::corpus::{Instance, LabelName, LabelSet};
use crate::device::Device;
use crate::random::{Purpose, Stream};
use crate::ranges::Ranges;
use crate::resources::{Resource, Resources};

/// What is known about a family before anything is built.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    /// The name in recipes, flags and model folders: `c-gcn`.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Alternative names for it with particular hyper-parameters, as TOML: `("gcn", "lstm_layers = 0")`.
    pub variants: &'static [(&'static str, &'static str)],
    /// Annotation layers that it reads if the data has them.
    pub optional_layers: &'static [Layer],
    /// Annotation layers that it requires.
    pub required_layers: &'static [Layer],
    /// Resources that it requires.
    pub resources: &'static [Resource],
    /// Whether it is a pretrained model that is trained further, to which meta-learning adds nothing (docs/RESULTS.md): then
    /// ordinary training is the default.
    pub pretrained: bool,
    /// How it is trained by default, as TOML: the differences from the defaults of `[supervised]` and
    /// `[meta]`, and `masking`.
    pub training: &'static str,
    /// Recipes that ship with it, by name (data set and learner): `("semeval/fcm", "…")`.
    pub presets: &'static [(&'static str, &'static str)],
    /// Short names for hyper-parameters, for use on a command line, for example.
    pub shorthands: &'static [Shorthand],
}

/// One name for hyper-parameters that are usually set together.
#[derive(Clone, Copy, Debug)]
pub struct Shorthand {
    /// The name: `hidden`.
    pub name: &'static str,
    /// The keys that are set to its value: `hidden` and `attention`.
    pub keys: &'static [&'static str],
}

/// Everything that belongs to one kind of learner. Implement it for a type without fields, and add that to
/// the [`registry`](super::registry).
pub trait Family: Send + Sync + 'static {
    /// Its hyper-parameters.
    type Config: Config;
    /// The reader that turns instances into its inputs.
    type Reader: Reader;
    /// The module.
    type Learner: Learner<Input = <Self::Reader as Reader>::Input>;

    /// The family's card.
    fn card(&self) -> &'static Card;

    /// The user-visible name of a learner with these hyper-parameters; by default the family's name.
    fn name_of(&self, _config: &Self::Config) -> &'static str {
        self.card().name
    }

    /// Whether such a learner is trained in closed form ([`Learner::solve`]), rather than by gradients, on so many
    /// instances; by default not.
    fn is_solved(&self, _config: &Self::Config, _instances: usize) -> bool {
        false
    }

    /// Whether the probabilities of such a learner are fitted to instances that it was not trained on, given so many to be
    /// trained on; by default if it is solved in closed form, which leaves each out in turn.
    fn is_calibrated(&self, config: &Self::Config, instances: usize) -> bool {
        self.is_solved(config, instances)
    }

    /// The hyper-parameters that have no effect with these others and on so many instances; by default none.
    fn idle(&self, _config: &Self::Config, _instances: usize) -> &'static [&'static str] {
        &[]
    }

    /// A reader fitted to the training set.
    ///
    /// # Errors
    /// If a resource or an annotation is missing, or the data is unsuitable.
    fn fit(&self, config: &Self::Config, fitting: &Fitting) -> Result<Self::Reader, FitError>;

    /// An untrained learner with `labels` labels for the inputs that `reader` produces.
    fn build(
        &self,
        config: &Self::Config,
        reader: &Self::Reader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> Self::Learner;

    /// What a trained learner bases its decision on in an input, and not on the label `against`, if it can be asked about one;
    /// nothing by default.
    fn explain(
        &self,
        _learner: &Self::Learner,
        _input: &<Self::Reader as Reader>::Input,
        _against: Option<usize>,
    ) -> Option<Explanation> {
        None
    }
}

/// What a reader is fitted to.
#[derive(Clone, Copy, Debug)]
pub struct Fitting<'a> {
    /// The training instances, without those of the development set.
    pub instances: &'a [&'a Instance],
    /// Instances without labels, to be learnt from, too; only for learners that are solved in closed form.
    pub unlabelled: &'a [&'a Instance],
    /// The options for reading them.
    pub options: ReaderOptions,
    /// The resources that are available in addition to the data.
    pub resources: &'a Resources,
    /// What the labels are called, in their order; empty if that is not to be read.
    pub names: &'a [LabelName],
    /// Seed of all random draws.
    pub seed: u64,
}

/// A family with its types erased.
pub(crate) trait AnyFamily: Send + Sync {
    fn card(&self) -> &'static Card;

    fn name_of(&self, config: &dyn AnyConfig) -> &'static str;

    fn is_solved(&self, config: &dyn AnyConfig, instances: usize) -> bool;

    fn is_calibrated(&self, config: &dyn AnyConfig, instances: usize) -> bool;

    fn idle(&self, config: &dyn AnyConfig, instances: usize) -> &'static [&'static str];

    /// The hyper-parameters in a table without `kind`, checked.
    fn config(&self, table: Value) -> Result<Arc<dyn AnyConfig>, String>;

    /// An untrained model for the training set.
    fn fit(
        &'static self,
        learner: &LearnerConfig,
        fitting: &Fitting,
        labels: LabelSet,
        device: Device,
    ) -> Result<Arc<dyn Model>, FitError>;

    /// Restores a saved model, without its parameters.
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

    fn is_solved(&self, config: &dyn AnyConfig, instances: usize) -> bool {
        let config = (config as &dyn std::any::Any).downcast_ref::<F::Config>();
        config.is_some_and(|config| Family::is_solved(self, config, instances))
    }

    fn is_calibrated(&self, config: &dyn AnyConfig, instances: usize) -> bool {
        let config = (config as &dyn std::any::Any).downcast_ref::<F::Config>();
        config.is_some_and(|config| Family::is_calibrated(self, config, instances))
    }

    fn idle(&self, config: &dyn AnyConfig, instances: usize) -> &'static [&'static str] {
        let config = (config as &dyn std::any::Any).downcast_ref::<F::Config>();
        config.map_or(&[], |config| Family::idle(self, config, instances))
    }

    fn config(&self, table: Value) -> Result<Arc<dyn AnyConfig>, String> {
        let config: F::Config = serde_json::from_value(table).map_err(|error| error.to_string())?;
        Ranges::check(|ranges| config.check(ranges)).map_err(|out_of_range| out_of_range.problem)?;
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
        let config = own::<F>(learner);
        let stored: usize = saved.tensors.values().map(|(_, values)| values.len()).sum();
        let least = config.least_parameters();
        if least > stored {
            return Err(format!(
                "its learner has the sizes of at least {least} parameters, but {stored} are stored: expected shapes of what is stored"
            ));
        }
        let reader = F::Reader::load(saved)?;
        Ok(Arc::new(Network::new(self, config, reader, labels, 0, device)))
    }
}

/// The hyper-parameters of a learner that is known to belong to the family.
fn own<F: Family>(learner: &LearnerConfig) -> &F::Config {
    learner.get().expect("a family is handed its own hyper-parameters")
}

impl Initialiser {
    /// The random numbers of a run with `seed`.
    pub fn new(seed: u64, device: Device) -> Self {
        Self { stream: Stream::new(seed, Purpose::Initialisation, 0, 0), device }
    }
}
