//! One run: from a training corpus to a classifier, by one of the arms that are compared. And many of them.
//!
//! [`Prepared`] holds a run's data, encoded; [`Run`] is the run itself, a state that is advanced one step at a
//! time, so that the caller can report, save ([`Run::save`]) and stop between any two. A [`Recipe`] holds the
//! hyper-parameters of both, as TOML; the papers' are [`Preset`]s.
//!
//! An experiment is many runs: a [`Plan`] multiplies learners, arms, fractions and seeds out into [`Job`]s, [`run_jobs`] runs
//! those that a [`Folder`] does not have yet. [`tune`] searches hyper-parameters with the same jobs on development data.

mod checkpoint;
mod data_files;
mod environment;
pub mod estimate;
mod folder;
mod packed;
mod plan;
mod pool;
mod prepare;
mod ranges;
mod recipe;
mod recipe_error;
mod result;
mod run;
mod seeds;
pub mod summary;
pub mod tune;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use checkpoint::CheckpointError;
pub use data_files::{DataFiles, Folds};
pub use environment::Environment;
pub use folder::{Failure, Folder};
pub use packed::{PackedError, Packing, pack};
pub use plan::{Grid, Job, LearnerEntry, Plan, percent};
pub use pool::{Observer, run_jobs};
pub use prepare::{DataReport, MendedTree, PrepareError, Prepared};
pub use recipe::{Preset, Recipe};
pub use recipe_error::RecipeError;
pub use result::{DataHashes, ExperimentData, JobError, RunResult, execute, key};
pub use run::{Event, Run, RunError};
pub use seeds::Seeds;

use crate::features::Masking;
use crate::learner::{LearnerConfig, PaLstmConfig};
use crate::meta::MetaOptions;
use crate::training::{Selection, SupervisedOptions};

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
    /// The meta stage's instances in its order and its number of steps, by ordinary steps on all of an iteration's relations
    /// together; then fine-tuning. What `mlrc` has over it is Reptile's.
    Joint,
}

impl Arm {
    /// All arms.
    pub const ALL: [Self; 4] = [Self::Supervised, Self::SupervisedMatched, Self::Mlrc, Self::Joint];
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

/// Which words have a row of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VocabularyPolicy {
    /// Every word of the vectors' file.
    #[default]
    Vectors,
    /// Only words of the training data that have a vector, as in the original programs.
    Train,
}

/// Everything that, with the data, determines a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOptions {
    /// The training method.
    pub arm: Arm,
    /// Seed of all chance.
    pub seed: u64,
    /// Share of the training instances that are used, in (0, 1].
    pub fraction: f64,
    /// Development instances: set apart from the training data (0 for none) or, of a development file, drawn by the seed (0 for
    /// the whole file).
    pub dev_size: usize,
    /// Which parameters the run ends with.
    pub selection: Selection,
    /// The learner.
    pub learner: LearnerConfig,
    /// Whether the layers of annotation that the data has are read.
    pub use_annotations: bool,
    /// Entity masking.
    pub masking: Masking,
    /// Which words have a row.
    pub vocabulary: VocabularyPolicy,
    /// Meta-learning; used by `mlrc` and `joint` and, for its cost, by `supervised-matched`.
    pub meta: MetaOptions,
    /// Supervised training, or fine-tuning.
    pub supervised: SupervisedOptions,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            arm: Arm::Mlrc,
            seed: 1,
            fraction: 1.0,
            dev_size: 0,
            selection: Selection::Last,
            learner: LearnerConfig::PaLstm(PaLstmConfig::default()),
            use_annotations: true,
            masking: Masking::Off,
            vocabulary: VocabularyPolicy::Vectors,
            meta: MetaOptions::default(),
            supervised: SupervisedOptions::default(),
        }
    }
}
