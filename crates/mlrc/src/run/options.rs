use serde::{Deserialize, Serialize};

use super::{Arm, PrepareError};
use crate::learner::{Blocks, LearnerConfig, Masking, Precision, ReaderOptions, VocabularyPolicy};
use crate::meta::MetaOptions;
use crate::ranges::{OutOfRange, Ranges};
use crate::training::{Selection, SupervisedOptions};

/// Everything that, with the data, determines a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOptions {
    /// The training method.
    pub arm: Arm,
    /// Seed of all randomness.
    pub seed: u64,
    /// Fraction of the training instances that are used, in (0, 1].
    pub fraction: f64,
    /// Number of development instances: held out from the training data (0 for none) or, if there is a
    /// development file, drawn from it by the seed (0 for the whole file).
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
    /// Which blocks of an encoder are read, if there is one.
    #[serde(default, skip_serializing_if = "Blocks::is_default")]
    pub blocks: Blocks,
    /// How vectors or an encoder's weights are stored; if omitted, word vectors as `f32` and an encoder as `f16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Whether the training instances that the fraction leaves out are learnt from without their labels. (Not written if
    /// not, so that the keys of earlier results stay the same.)
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest_unlabelled: bool,
    /// Whether the names of relations, or their descriptions, are a prior. (Not written if not, as above.)
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub label_names: bool,
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
            learner: LearnerConfig::default(),
            use_annotations: true,
            masking: Masking::Off,
            vocabulary: VocabularyPolicy::Vectors,
            blocks: Blocks::default(),
            precision: None,
            rest_unlabelled: false,
            label_names: false,
            meta: MetaOptions::default(),
            supervised: SupervisedOptions::default(),
        }
    }
}

impl RunOptions {
    /// Those that concern the reading of instances.
    pub fn reader(&self) -> ReaderOptions {
        ReaderOptions {
            annotations: self.use_annotations,
            masking: self.masking,
            vocabulary: self.vocabulary,
            blocks: self.blocks,
            precision: self.precision,
        }
    }

    /// Checks that the arm applies to the learner: one that is solved in closed form is only solved.
    ///
    /// # Errors
    /// If it does not, on so many training instances.
    pub fn check_arm(&self, instances: usize) -> Result<(), PrepareError> {
        if self.arm == Arm::Supervised || !self.learner.is_solved(instances) {
            return Ok(());
        }
        let (learner, arm) = (self.learner.name(), self.arm);
        Err(PrepareError::SolvedInClosedForm { learner, arm, instances })
    }

    /// Checks each value's range. (Those of the learner are always in range.)
    ///
    /// # Errors
    /// The first value that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let within = |table: &str, check: &dyn Fn(&mut Ranges)| {
            Ranges::check(check).map_err(|out_of_range| OutOfRange {
                key: format!("{table}.{}", out_of_range.key),
                ..out_of_range
            })
        };
        within("supervised", &|ranges| self.supervised.check(ranges))?;
        within("meta", &|ranges| self.meta.check(ranges))
    }
}
