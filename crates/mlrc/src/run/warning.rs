use std::fmt;
use std::path::PathBuf;

use super::Arm;
use crate::learner::{Layer, MendedTree};
use crate::resources::VectorsNotice;

/// What a caller should be warned of; nothing that keeps a run from going on.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Something is odd about the file of word vectors.
    Vectors {
        /// The file.
        path: PathBuf,
        /// What is odd.
        notice: VectorsNotice,
    },
    /// Entities are read as their types, but some have none.
    UntypedEntities,
    /// The dependency heads of an instance did not form a tree.
    MendedTree(MendedTree),
    /// The stage before fine-tuning ends no better than guessing.
    MetaStageGuesses {
        /// The method of training.
        arm: Arm,
        /// The one label that every training instance is given.
        label: String,
        /// α: learning rate of the inner steps.
        inner_learning_rate: f32,
    },
    /// The model gives every training instance the same label.
    OneLabel {
        /// The label.
        label: String,
    },
}

impl Warning {
    /// A name for programs: it stays what it is when the words change.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Vectors { .. } => "vectors",
            Self::UntypedEntities => "untyped-entities",
            Self::MendedTree(_) => "mended-tree",
            Self::MetaStageGuesses { .. } => "meta-stage-guesses",
            Self::OneLabel { .. } => "one-label",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vectors { path, notice } => write!(out, "{}: {notice}", path.display()),
            Self::UntypedEntities => {
                write!(out, "entities are read as their types, but some have none: they are read as ENTITY")
            }
            Self::MendedTree(tree) => write!(out, "{tree}"),
            Self::MetaStageGuesses { arm, label, inner_learning_rate } => write!(
                out,
                "the first stage of `{arm}` ends no better than guessing: every training instance is given the label `{label}`; \
                 an inner learning rate below {inner_learning_rate} may help"
            ),
            Self::OneLabel { label } => write!(
                out,
                "the model gives every training instance the same label, `{label}`: nothing was learnt; longer training, smaller \
                 steps or another seed may help"
            ),
        }
    }
}

/// What was decided for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A part of the training instances is set apart for development.
    SetApart {
        /// How many.
        dev_size: usize,
        /// Out of how many.
        of: usize,
    },
    /// There is no development data.
    NoDevelopmentData,
    /// Entities are replaced by their types.
    Masked,
    /// The learner would read annotation that the data does not have.
    Without(Vec<Layer>),
}

impl fmt::Display for Choice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetApart { dev_size, of } => {
                write!(out, "setting {dev_size} of the {of} training instances apart for development")
            }
            Self::NoDevelopmentData => write!(
                out,
                "no development data: the model of the last round is kept and the learning rate stays"
            ),
            Self::Masked => write!(out, "replacing entities by their types, as for TACRED"),
            Self::Without(layers) => {
                let names: Vec<String> = layers.iter().map(ToString::to_string).collect();
                write!(out, "the data has no {}: training without", names.join(" and no "))
            }
        }
    }
}
