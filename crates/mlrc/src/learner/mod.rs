//! Learners: models that turn a batch into logits, and nothing more.
//!
//! [`Learner`] is the whole of "model-agnostic": whatever implements it can be trained by
//! [`training`](crate::training) and [`meta`](crate::meta), which see its parameters only as one flat vector
//! ([`Parameters`]). A learner knows nothing of meta-learning, files or the terminal.

mod any;
mod c_gcn;
mod dependency_graph;
mod explanation;
mod fcm;
pub mod layers;
mod pa_lstm;
mod parameters;
mod regions;
mod tangent;

use burn::module::Module;
use burn::tensor::{Tensor, activation};

pub use any::{AnyLearner, LearnerConfig};
pub use c_gcn::{CGcn, CGcnConfig};
pub use explanation::Explanation;
pub use fcm::{Fcm, FcmConfig};
pub use pa_lstm::{PaLstm, PaLstmConfig};
pub use parameters::{Parameters, gradient};
pub use tangent::Tangent;

use crate::features::{Batch, Layer};
use crate::random::Stream;

/// Whether a learner is being trained, and then with which random numbers.
#[derive(Debug)]
pub enum Mode<'a> {
    /// No dropout; the same input always gives the same output.
    Predict,
    /// Dropout masks are drawn from the stream.
    Train(&'a mut Stream),
}

/// A relation classifier that can be trained by gradients.
///
/// Implement this for a Burn module and every training method of this library can train it; see
/// `examples/custom_learner.rs`. All trainable values must be `Param`s; whatever else the module holds stays as
/// it is. All randomness must come from [`Mode::Train`].
pub trait Learner: Module + Sync {
    /// Unnormalised scores of the relations, `[rows, labels]`, in the order of the batch's rows.
    fn logits(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2>;

    /// The loss to minimise, `[1]`: a mean over the rows of `batch`, all of which have labels. Cross-entropy
    /// unless a learner adds to it.
    fn loss(&self, batch: &Batch, mode: &mut Mode) -> Tensor<1> {
        cross_entropy(self.logits(batch, mode), batch)
    }

    /// Annotation layers that the learner reads if the data has them.
    fn optional_layers() -> &'static [Layer] {
        &[]
    }

    /// Annotation layers without which the learner cannot work.
    fn required_layers() -> &'static [Layer] {
        &[]
    }
}

/// Mean cross-entropy of `logits` (`[rows, labels]`) against the labels of `batch`, `[1]`.
///
/// # Panics
/// If the batch is unlabelled.
pub fn cross_entropy(logits: Tensor<2>, batch: &Batch) -> Tensor<1> {
    assert_eq!(batch.labels.len(), batch.rows(), "every row needs a label");
    let rows = batch.rows();
    let labels = crate::features::indices(batch.labels.iter().copied(), &logits.device());
    activation::log_softmax(logits, 1).gather(1, labels.reshape([rows, 1])).mean().neg()
}
