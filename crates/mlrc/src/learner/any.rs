use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{CGcn, CGcnConfig, Explanation, Fcm, FcmConfig, Learner, Mode, PaLstm, PaLstmConfig};
use crate::features::{Batch, Encoder, Example, Layer};
use crate::random::Stream;

/// Which learner to build, with its hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LearnerConfig {
    /// A [`PaLstm`].
    PaLstm(PaLstmConfig),
    /// A [`CGcn`], or without LSTM layers a plain GCN.
    CGcn(CGcnConfig),
    /// A [`Fcm`].
    Fcm(FcmConfig),
}

impl LearnerConfig {
    /// An untrained learner for what `encoder` produces; initial values are drawn from `stream`.
    pub fn build(&self, encoder: &Encoder, stream: &mut Stream) -> AnyLearner {
        match self {
            Self::PaLstm(config) => AnyLearner::PaLstm(PaLstm::new(config, encoder, stream)),
            Self::CGcn(config) => AnyLearner::CGcn(CGcn::new(config, encoder, stream)),
            Self::Fcm(config) => AnyLearner::Fcm(Fcm::new(config, encoder, stream)),
        }
    }

    /// The name that a user gives the learner.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PaLstm(_) => "pa-lstm",
            Self::CGcn(config) if config.lstm_layers == 0 => "gcn",
            Self::CGcn(_) => "c-gcn",
            Self::Fcm(_) => "fcm",
        }
    }

    /// Annotation layers that the learner reads if the data has them.
    pub fn optional_layers(&self) -> &'static [Layer] {
        match self {
            Self::PaLstm(_) => PaLstm::optional_layers(),
            Self::CGcn(_) => CGcn::optional_layers(),
            Self::Fcm(_) => Fcm::optional_layers(),
        }
    }

    /// Annotation layers without which the learner cannot work.
    pub fn required_layers(&self) -> &'static [Layer] {
        match self {
            Self::PaLstm(_) => PaLstm::required_layers(),
            Self::CGcn(_) => CGcn::required_layers(),
            Self::Fcm(_) => Fcm::required_layers(),
        }
    }
}

/// One of the learners that come with the library, chosen at run time.
// A run has one or two of them.
#[allow(clippy::large_enum_variant)]
#[derive(Module, Debug)]
pub enum AnyLearner {
    /// A PA-LSTM.
    PaLstm(PaLstm),
    /// A C-GCN or GCN.
    CGcn(CGcn),
    /// An FCM.
    Fcm(Fcm),
}

impl AnyLearner {
    /// What the learner looks at in `example`.
    pub fn explain(&self, example: &Example) -> Explanation {
        let batch = Batch::new(&[example]);
        match self {
            Self::PaLstm(learner) => learner.explain(&batch),
            Self::CGcn(learner) => learner.explain(&batch),
            Self::Fcm(learner) => learner.explain(&batch),
        }
    }
}

impl Learner for AnyLearner {
    fn logits(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2> {
        match self {
            Self::PaLstm(learner) => learner.logits(batch, mode),
            Self::CGcn(learner) => learner.logits(batch, mode),
            Self::Fcm(learner) => learner.logits(batch, mode),
        }
    }

    fn loss(&self, batch: &Batch, mode: &mut Mode) -> Tensor<1> {
        match self {
            Self::PaLstm(learner) => learner.loss(batch, mode),
            Self::CGcn(learner) => learner.loss(batch, mode),
            Self::Fcm(learner) => learner.loss(batch, mode),
        }
    }
}
