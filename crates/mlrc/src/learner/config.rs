//! A learner's hyper-parameters, checked wherever they come from, together with the learner they belong to.

use std::any::Any;
use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::family::AnyFamily;
use super::{Card, Family, FitError, Fitting, Model, SavedReader, registry};
use crate::corpus::LabelSet;
use crate::device::Device;
use crate::ranges::{OutOfRange, Ranges};

/// The hyper-parameters of one family. The defaults of its fields are those of [`Default`] and are not
/// repeated anywhere; give it `#[serde(deny_unknown_fields, default)]`, so that recipes may omit what they do
/// not change and mistakes are detected.
pub trait Config:
    Clone + Debug + PartialEq + Default + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Checks each value's range.
    fn check(&self, ranges: &mut Ranges);

    /// How many parameters a learner has at least with these values, which are in their ranges: what does not fit what is
    /// stored, or any memory, is refused before it is allocated.
    fn least_parameters(&self) -> usize {
        0
    }
}

/// A number that may be left to the program: `"auto"`, or the number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Auto {
    /// Chosen by the program.
    #[default]
    Automatic,
    /// This value.
    Value(f32),
}

impl Auto {
    /// The value, if it is not left to the program.
    pub fn value(self) -> Option<f32> {
        match self {
            Self::Automatic => None,
            Self::Value(value) => Some(value),
        }
    }

    /// The value, or `automatic`.
    pub fn or(self, automatic: f32) -> f32 {
        self.value().unwrap_or(automatic)
    }
}

impl Serialize for Auto {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Automatic => serializer.serialize_str("auto"),
            Self::Value(value) => serializer.serialize_f32(*value),
        }
    }
}

impl<'de> Deserialize<'de> for Auto {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text == "auto" => Ok(Self::Automatic),
            Value::Number(number) => Ok(Self::Value(number.as_f64().unwrap_or(f64::NAN) as f32)),
            other => Err(D::Error::custom(format!("expected \"auto\" or a number, found {other}"))),
        }
    }
}

/// Which learner to build, with its hyper-parameters, all in range.
///
/// It is serialised as a table with the family's name as `kind`: `{"kind": "fcm", "window": 2, …}`.
#[derive(Clone)]
pub struct LearnerConfig {
    family: &'static dyn AnyFamily,
    config: Arc<dyn AnyConfig>,
}

/// A [`Config`] with its type erased.
pub(super) trait AnyConfig: Any + Debug + Send + Sync + erased_serde::Serialize {}

impl<C: Config> AnyConfig for C {}

erased_serde::serialize_trait_object!(AnyConfig);

/// A table that starts with the family's name.
#[derive(Serialize)]
struct Written<'a> {
    kind: &'a str,
    #[serde(flatten)]
    config: &'a dyn AnyConfig,
}

impl LearnerConfig {
    /// A learner of `family`.
    ///
    /// # Errors
    /// If a value is out of range.
    pub fn new<F: Family>(family: &'static F, config: F::Config) -> Result<Self, OutOfRange> {
        Ranges::check(|ranges| config.check(ranges))?;
        Ok(Self { family, config: Arc::new(config) })
    }

    /// The learner of this name with its defaults: the name of a family or of a variant (`gcn`).
    ///
    /// # Errors
    /// If there is no such learner; the message lists the known names.
    pub fn named(name: &str) -> Result<Self, String> {
        let family = registry::find(name)
            .ok_or_else(|| format!("expected one of {}, found `{name}`", registry::names().join(", ")))?;
        let changes = family.card().variants.iter().find(|(variant, _)| *variant == name);
        let changes = changes.map_or("", |(_, changes)| *changes);
        let table: Map<String, Value> = toml::from_str(changes).map_err(|error| error.to_string())?;
        Ok(Self { family, config: family.config(Value::Object(table))? })
    }

    /// The family's card.
    pub fn card(&self) -> &'static Card {
        self.family.card()
    }

    /// The name by which users refer to the learner.
    pub fn name(&self) -> &'static str {
        self.family.name_of(&*self.config)
    }

    /// Whether it is trained in closed form, rather than by gradients, on so many instances.
    pub fn is_solved(&self, instances: usize) -> bool {
        self.family.is_solved(&*self.config, instances)
    }

    /// Whether its probabilities are fitted to instances that it was not trained on, given so many to be trained on.
    pub fn is_calibrated(&self, instances: usize) -> bool {
        self.family.is_calibrated(&*self.config, instances)
    }

    /// The hyper-parameters that have no effect with these others and on so many instances.
    pub fn idle(&self, instances: usize) -> &'static [&'static str] {
        self.family.idle(&*self.config, instances)
    }

    /// The hyper-parameters, if they are of this type.
    pub fn get<C: Config>(&self) -> Option<&C> {
        (&*self.config as &dyn Any).downcast_ref()
    }

    /// The same learner with some hyper-parameters changed.
    ///
    /// # Errors
    /// A description, if the learner has no such hyper-parameter or a value is unsuitable.
    pub fn with(&self, changes: impl IntoIterator<Item = (String, Value)>) -> Result<Self, String> {
        let mut table = self.table();
        table.extend(changes);
        Ok(Self { family: self.family, config: self.family.config(Value::Object(table))? })
    }

    /// The hyper-parameters by name.
    pub fn table(&self) -> Map<String, Value> {
        match serde_json::to_value(&*self.config) {
            Ok(Value::Object(table)) => table,
            _ => Map::new(),
        }
    }

    /// An untrained model of this learner for a training set whose relations are `labels`.
    ///
    /// # Errors
    /// If a resource or an annotation is missing, or the data is unsuitable.
    pub fn fit(
        &self,
        fitting: &Fitting,
        labels: LabelSet,
        device: Device,
    ) -> Result<Arc<dyn Model>, FitError> {
        self.family.fit(self, fitting, labels, device)
    }

    /// Restores a saved model of this learner, without its parameters.
    ///
    /// # Errors
    /// A description of the mismatch.
    pub fn load(
        &self,
        saved: &SavedReader,
        labels: LabelSet,
        device: Device,
    ) -> Result<Arc<dyn Model>, String> {
        self.family.load(self, saved, labels, device)
    }
}

impl Default for LearnerConfig {
    /// The first family of the registry.
    fn default() -> Self {
        let family = registry::families()[0];
        let config = family.config(Value::Object(Map::new())).expect("defaults are in range");
        Self { family, config }
    }
}

impl Debug for LearnerConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.config)
    }
}

impl PartialEq for LearnerConfig {
    fn eq(&self, other: &Self) -> bool {
        self.card().name == other.card().name && self.table() == other.table()
    }
}

impl Serialize for LearnerConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { kind: self.card().name, config: &*self.config }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LearnerConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Map::<String, Value>::deserialize(deserializer)?;
        let kind = match table.remove("kind") {
            Some(Value::String(kind)) => kind,
            Some(other) => return Err(D::Error::custom(format!("invalid kind {other}, expected a string"))),
            None => return Err(D::Error::missing_field("kind")),
        };
        let families = registry::families();
        let family = families.iter().find(|family| family.card().name == kind).ok_or_else(|| {
            let known: Vec<String> =
                families.iter().map(|family| format!("`{}`", family.card().name)).collect();
            D::Error::custom(format!("unknown variant `{kind}`, expected one of {}", known.join(", ")))
        })?;
        let config = family.config(Value::Object(table)).map_err(D::Error::custom)?;
        Ok(Self { family: *family, config })
    }
}
