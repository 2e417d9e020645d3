use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Learner, Mode, PaLstm, PaLstmConfig};
use crate::features::{Batch, Encoder, Layer};
use crate::random::Stream;

/// Which learner to build, with its hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LearnerConfig {
    /// A [`PaLstm`].
    PaLstm(PaLstmConfig),
}

impl LearnerConfig {
    /// An untrained learner for what `encoder` produces; initial values are drawn from `stream`.
    pub fn build(&self, encoder: &Encoder, stream: &mut Stream) -> AnyLearner {
        match self {
            Self::PaLstm(config) => AnyLearner::PaLstm(PaLstm::new(config, encoder, stream)),
        }
    }

    /// The name that a user gives the learner.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PaLstm(_) => "pa-lstm",
        }
    }

    /// Annotation layers that the learner reads if the data has them.
    pub fn optional_layers(&self) -> &'static [Layer] {
        match self {
            Self::PaLstm(_) => PaLstm::optional_layers(),
        }
    }
}

/// One of the learners that come with the library, chosen at run time.
#[derive(Module, Debug)]
pub enum AnyLearner {
    /// A PA-LSTM.
    PaLstm(PaLstm),
}

impl Learner for AnyLearner {
    fn logits(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2> {
        match self {
            Self::PaLstm(learner) => learner.logits(batch, mode),
        }
    }

    fn loss(&self, batch: &Batch, mode: &mut Mode) -> Tensor<1> {
        match self {
            Self::PaLstm(learner) => learner.loss(batch, mode),
        }
    }
}
