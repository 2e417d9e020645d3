//! Learners: models that turn inputs, which are read from instances, into logits, and nothing more.
//!
//! A learner defines its own input. Everything that belongs to a learner is in one folder, its *family*: the
//! hyper-parameters ([`Config`]), the reader that turns instances into inputs ([`Reader`]), the module
//! ([`Learner`]), its explanations and its presets ([`Family`]). [`registry`] lists the families; nothing
//! else names them all. The types of a family are visible only inside it; elsewhere a learner is a [`Model`]
//! and, in training, an [`Objective`](crate::objective::Objective).
//!
//! A learner knows nothing of meta-learning, files or the terminal. `crates/mlrc-experiment/examples/custom_learner.rs` defines a
//! learner outside the library.

mod annotation;
pub mod c_gcn;
mod config;
pub mod encoder;
mod explanation;
mod family;
pub mod fcm;
pub mod layers;
mod model;
mod module;
mod network;
pub mod pa_lstm;
pub mod regions;
pub mod registry;
mod saved;
mod shards;
pub mod tokens;

use std::collections::BTreeMap;
use std::fmt::Debug;

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData, activation};

pub use annotation::{Blocks, Layer, Masking, ReaderOptions, VocabularyPolicy};
pub use config::{Auto, Config, LearnerConfig};
pub use explanation::Explanation;
pub use family::{Card, Family, Fitting, Shorthand};
pub use model::{
    Cut, FitError, Foreign, ForeignKind, Model, Part, ReadError, ReaderReport, Remarks, RepairedTree,
};
pub use module::gradient;
pub use network::{Encoded, Network};
pub use saved::{Precision, SavedReader};

use crate::device::Device;
pub use crate::objective::Solving;
use crate::random::Stream;

/// Number of sentences per prediction batch: enough to fill the registers, few enough to share the work
/// evenly.
pub(crate) const ROWS: usize = 25;

/// Whether a learner is being trained and, if so, with which random numbers.
#[derive(Debug)]
pub enum Mode<'a> {
    /// No dropout; the same input always gives the same output.
    Predict,
    /// Dropout masks are drawn from the stream.
    Train(&'a mut Stream),
}

/// A relation classifier that can be trained by gradients: a Burn module.
///
/// All trainable values must be `Param`s; whatever else the module holds is left unchanged. All randomness
/// must come from [`Mode::Train`].
pub trait Learner: Module + Sync {
    /// The input for one instance.
    type Input: Input;

    /// Unnormalised scores of the relations, `[rows, labels]`, in the order of the batch's rows.
    fn logits(&self, batch: &BatchOf<Self>, mode: &mut Mode) -> Tensor<2>;

    /// The loss to minimise, `[1]`: a mean over the rows of `batch`, whose labels are `labels`.
    /// Cross-entropy, unless a learner adds terms.
    fn loss(&self, batch: &BatchOf<Self>, labels: &[u32], mode: &mut Mode) -> Tensor<1> {
        cross_entropy(self.logits(batch, mode), labels)
    }

    /// Whether the logits of a sentence depend on the others of its batch. If so, each is predicted in a batch of its own, so that
    /// an answer does not depend on what else is asked.
    fn mixes_rows(&self) -> bool {
        false
    }

    /// What a parameter's learning rate is multiplied by; the name is its path through the module.
    fn rate(&self, _parameter: &str) -> f32 {
        1.0
    }

    /// The learner that training by gradients starts with in place of this one; `None` if it is this one.
    fn begin(&self, _inputs: &[Self::Input], _labels: &[u32], _solving: &Solving) -> Option<Self> {
        None
    }

    /// What is made of the learner after training by gradients; `None` if nothing is.
    fn end(&self, _inputs: &[Self::Input], _labels: &[u32], _solving: &Solving) -> Option<Self> {
        None
    }

    /// The trained learner in closed form; `None` if it is trained by gradients. A family says beforehand which it is
    /// ([`Family::is_solved`]). There may be further inputs without labels; what it says of left-out sentences may ignore
    /// them.
    fn solve(
        &self,
        _inputs: &[Self::Input],
        _labels: &[u32],
        _unlabelled: &[Self::Input],
        _solving: &Solving,
    ) -> Option<Solved<Self>> {
        None
    }
}

/// A learner that was trained in closed form.
#[derive(Clone, Debug)]
pub struct Solved<L> {
    /// The learner.
    pub learner: L,
    /// The probabilities of the labels for each input, by the learner that would result without the input's sentence.
    pub held_out: Vec<Vec<f32>>,
    /// What was chosen by the data, by name: hyper-parameters and the like.
    pub chosen: BTreeMap<String, f64>,
}

/// The batches that a learner computes on.
pub type BatchOf<L> = <<L as Learner>::Input as Input>::Batch;

/// A learner's input for one instance.
pub trait Input: Debug + Send + Sync + 'static {
    /// Several inputs, arranged for computation.
    type Batch: Send + Sync;

    /// The amount of work, usually the number of tokens: inputs of similar size are batched together, and
    /// shards get about the same total.
    fn size(&self) -> usize;

    /// Arranges inputs, largest first; row `i` of the batch is input `i`.
    fn batch(inputs: &[&Self]) -> Self::Batch;

    /// The instance as one vector of fixed length, by which instances can be compared; `None` for learners that have no such
    /// thing before they are trained.
    fn features(&self) -> Option<&[f32]> {
        None
    }
}

/// Turns instances into a learner's inputs. Everything it knows comes from the training data and from
/// resources; it is saved with the model.
pub trait Reader: Debug + Send + Sync + Sized + 'static {
    /// The input that instances are turned into.
    type Input: Input;

    /// Reads an instance that has been checked ([`Instance::check`](crate::corpus::Instance::check)).
    ///
    /// # Errors
    /// If it lacks an annotation for which there is no substitute.
    fn read(&self, instance: &crate::corpus::Instance) -> Result<Self::Input, ReadError>;

    /// Reads several instances, all checked; override it if that can be done faster than one by one.
    ///
    /// # Errors
    /// For the first that lacks an annotation for which there is no substitute.
    fn read_all(&self, instances: &[&crate::corpus::Instance]) -> Result<Vec<Self::Input>, ReadError> {
        instances.iter().map(|instance| self.read(instance)).collect()
    }

    /// What is missing or has to be repaired when an instance is read; nothing by default.
    fn remarks(&self, _instance: &crate::corpus::Instance) -> Remarks {
        Remarks::default()
    }

    /// How much of an instance is unknown from training; nothing by default.
    fn foreign(&self, _instance: &crate::corpus::Instance) -> Foreign {
        Foreign::default()
    }

    /// The tokens as it reads them; by default those of the instance.
    fn tokens(&self, instance: &crate::corpus::Instance) -> Vec<String> {
        instance.tokens.clone()
    }

    /// What it found in the data that it was fitted to, for reports.
    fn report(&self) -> ReaderReport {
        ReaderReport::default()
    }

    /// Stores everything that [`Reader::load`] needs in `saved`.
    fn save(&self, saved: &mut SavedReader);

    /// Restores a reader that was saved.
    ///
    /// # Errors
    /// A description of the mismatch.
    fn load(saved: &SavedReader) -> Result<Self, String>;
}

/// The source of a learner's initial values: the random numbers, and the device on which tensors are created.
#[derive(Debug)]
pub struct Initialiser {
    /// The stream that values are drawn from.
    pub stream: Stream,
    /// The device on which tensors live.
    pub device: Device,
}

/// Mean cross-entropy of `logits` (`[rows, labels]`) against the labels of the rows, `[1]`.
///
/// # Panics
/// If the numbers of labels and rows differ.
pub fn cross_entropy(logits: Tensor<2>, labels: &[u32]) -> Tensor<1> {
    let rows = logits.dims()[0];
    assert_eq!(labels.len(), rows, "every row needs a label");
    let labels = indices(labels.iter().copied(), &logits.device());
    activation::log_softmax(logits, 1).gather(1, labels.reshape([rows, 1])).mean().neg()
}

/// An index tensor.
pub(crate) fn indices(
    values: impl IntoIterator<Item = u32>,
    device: &burn::tensor::Device,
) -> Tensor<1, Int> {
    let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), (device, burn::tensor::DType::I32))
}
