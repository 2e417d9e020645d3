use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The training methods that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// Ordinary supervised training.
    Supervised,
    /// Supervised training that computes as many instance-gradients as `mlrc` does in both stages.
    SupervisedMatched,
    /// Meta-learning, then supervised fine-tuning on the same instances.
    Mlrc,
    /// The same instances as in the meta stage of `mlrc`, in the same order and number of steps, but with
    /// ordinary steps on all relations of an iteration together; then fine-tuning. The difference between
    /// `mlrc` and this is due to Reptile.
    Joint,
}

impl Arm {
    /// All arms.
    pub const ALL: [Self; 4] = [Self::Supervised, Self::SupervisedMatched, Self::Mlrc, Self::Joint];

    /// What comes before supervised training or fine-tuning, if anything.
    pub fn first_stage(self) -> Option<FirstStage> {
        match self {
            Self::Supervised | Self::SupervisedMatched => None,
            Self::Mlrc => Some(FirstStage::Meta),
            Self::Joint => Some(FirstStage::Joint),
        }
    }

    /// Whether supervised training may also spend the computation of another arm's first stage.
    pub fn is_matched(self) -> bool {
        match self {
            Self::SupervisedMatched => true,
            Self::Supervised | Self::Mlrc | Self::Joint => false,
        }
    }

    /// Whether a run depends on the options of meta-learning.
    pub fn uses_meta_options(self) -> bool {
        self.first_stage().is_some() || self.is_matched()
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Supervised => "supervised",
            Self::SupervisedMatched => "supervised-matched",
            Self::Mlrc => "mlrc",
            Self::Joint => "joint",
        })
    }
}

impl FromStr for Arm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.map(|arm| arm.to_string());
        Self::ALL
            .into_iter()
            .find(|arm| arm.to_string() == name)
            .ok_or_else(|| format!("expected one of {}, found `{name}`", known.join(", ")))
    }
}

/// How the stage before fine-tuning is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstStage {
    /// By meta-learning.
    Meta,
    /// With ordinary steps on the same instances.
    Joint,
}
