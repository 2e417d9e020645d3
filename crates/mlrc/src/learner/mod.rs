//! Learners: models that turn what they read of instances into logits, and nothing more.
//!
//! A learner owns its input. Everything that belongs to one is in one folder, its *family*: the hyper-parameters ([`Config`]), the
//! reader that turns instances into inputs ([`Reader`]), the module ([`Learner`]), how it explains itself, its presets
//! ([`Family`]). [`registry`] lists the families; nothing else names them all. Inside a family types are its own; outside,
//! everybody sees a [`Model`], and training an [`Objective`](crate::objective::Objective).
//!
//! A learner knows nothing of meta-learning, files or the terminal. `examples/custom_learner.rs` has one of your own.

mod annotation;
pub mod c_gcn;
mod config;
mod explanation;
mod family;
pub mod fcm;
pub mod layers;
mod model;
mod module;
mod network;
pub mod pa_lstm;
pub mod registry;
mod saved;
mod shards;
pub mod tokens;

use std::fmt::Debug;

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData, activation};

pub use annotation::{Layer, Masking, ReaderOptions, VocabularyPolicy};
pub use config::{Config, LearnerConfig};
pub use explanation::Explanation;
pub use family::{Card, Family, Fitting, Shorthand};
pub use model::{FitError, MendedTree, Model, ReadError, ReaderReport, Remarks};
pub use module::gradient;
pub use network::{Encoded, Network};
pub use saved::{Precision, SavedReader};

use crate::device::Device;
use crate::random::Stream;

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
/// All trainable values must be `Param`s; whatever else the module holds stays as it is. All randomness must come from
/// [`Mode::Train`].
pub trait Learner: Module + Sync {
    /// What it reads of one instance.
    type Input: Input;

    /// Unnormalised scores of the relations, `[rows, labels]`, in the order of the batch's rows.
    fn logits(&self, batch: &BatchOf<Self>, mode: &mut Mode) -> Tensor<2>;

    /// The loss to minimise, `[1]`: a mean over the rows of `batch`, whose labels these are. Cross-entropy unless a learner adds to
    /// it.
    fn loss(&self, batch: &BatchOf<Self>, labels: &[u32], mode: &mut Mode) -> Tensor<1> {
        cross_entropy(self.logits(batch, mode), labels)
    }
}

/// What a learner computes on.
pub type BatchOf<L> = <<L as Learner>::Input as Input>::Batch;

/// What a learner reads of one instance.
pub trait Input: Debug + Send + Sync + 'static {
    /// Several of them, arranged for computing.
    type Batch: Send + Sync;

    /// How much work it is, usually its number of tokens: batches are made of inputs of like size, and shards of like sum.
    fn size(&self) -> usize;

    /// Arranges inputs, largest first; each row of the batch is the input at the same place.
    fn batch(inputs: &[&Self]) -> Self::Batch;
}

/// Turns instances into a learner's inputs. All that it knows comes from the training data and from resources; it is saved with
/// the model.
pub trait Reader: Debug + Send + Sync + Sized + 'static {
    /// What instances become.
    type Input: Input;

    /// Reads an instance, which has been checked ([`Instance::check`](crate::corpus::Instance::check)).
    ///
    /// # Errors
    /// If it lacks an annotation that nothing can stand for.
    fn read(&self, instance: &crate::corpus::Instance) -> Result<Self::Input, ReadError>;

    /// What it has to do without, or repairs, in reading an instance; nothing unless a reader says so.
    fn remarks(&self, _instance: &crate::corpus::Instance) -> Remarks {
        Remarks::default()
    }

    /// The tokens as it reads them; the instance's own unless a reader says otherwise.
    fn tokens(&self, instance: &crate::corpus::Instance) -> Vec<String> {
        instance.tokens.clone()
    }

    /// What it found in the data that it was fitted on, for reports.
    fn report(&self) -> ReaderReport {
        ReaderReport::default()
    }

    /// Puts all that [`Reader::load`] needs into `saved`.
    fn save(&self, saved: &mut SavedReader);

    /// The reader that was saved.
    ///
    /// # Errors
    /// A description of what does not match.
    fn load(saved: &SavedReader) -> Result<Self, String>;
}

/// Where the initial values of a learner come from: the random numbers, and the device that tensors are made on.
#[derive(Debug)]
pub struct Initialiser {
    /// What values are drawn from.
    pub stream: Stream,
    /// Where tensors live.
    pub device: Device,
}

/// Mean cross-entropy of `logits` (`[rows, labels]`) against the labels of the rows, `[1]`.
///
/// # Panics
/// If there is not a label for each row.
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
