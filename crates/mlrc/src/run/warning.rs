use std::fmt;
use std::path::PathBuf;

use super::Arm;
use crate::corpus::counted;
use crate::learner::{Cut, Layer, RepairedTree};
use crate::resources::VectorsNotice;

/// A warning for the caller; none of them prevents a run from continuing.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Something about the file of word vectors is unusual.
    Vectors {
        /// The file.
        path: PathBuf,
        /// What is unusual.
        notice: VectorsNotice,
    },
    /// Entities are read as their types, but some have none.
    UntypedEntities,
    /// The same sentence and entities have different labels.
    Conflicts {
        /// The identifiers of such instances, a group for each sentence.
        groups: Vec<Vec<String>>,
    },
    /// Sentences are longer than the encoder reads at once.
    ReadInWindows {
        /// How many, in the training and development data.
        instances: usize,
    },
    /// Sentences are longer than the learner reads.
    Cropped {
        /// How many, in the training and development data.
        instances: usize,
    },
    /// The encoder hardly knows the words.
    ForeignWords {
        /// How it cuts them.
        cut: Cut,
    },
    /// The dependency heads of an instance did not form a tree.
    RepairedTree(RepairedTree),
    /// The stage before fine-tuning ends no better than guessing.
    MetaStageGuesses {
        /// The method of training.
        arm: Arm,
        /// The label that is predicted for every training instance.
        label: String,
        /// α: learning rate of the inner steps.
        inner_learning_rate: f32,
    },
    /// The model predicts the same label for every training instance.
    OneLabel {
        /// The label.
        label: String,
        /// Whether it was solved in closed form.
        solved: bool,
    },
}

impl Warning {
    /// A name for programs: it does not change when the wording does.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Vectors { .. } => "vectors",
            Self::UntypedEntities => "untyped-entities",
            Self::Conflicts { .. } => "conflicts",
            Self::ReadInWindows { .. } => "read-in-windows",
            Self::Cropped { .. } => "cropped",
            Self::ForeignWords { .. } => "foreign-words",
            Self::RepairedTree(_) => "repaired-tree",
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
                write!(out, "entities are read as their types, but some have no type and are read as ENTITY")
            }
            Self::Conflicts { groups } => write!(
                out,
                "the same sentence and entities have different labels: `{}`{}; at most one can be right",
                groups[0].join("`, `"),
                match groups.len() - 1 {
                    0 => String::new(),
                    more => format!(", and {}", counted(more, "more such group")),
                }
            ),
            Self::ReadInWindows { instances } => write!(
                out,
                "{} longer than the encoder reads at once: read in overlapping windows",
                these(*instances)
            ),
            Self::Cropped { instances } => write!(
                out,
                "{} longer than the learner reads: cropped around the entities (`pieces` in a recipe sets the length)",
                these(*instances)
            ),
            Self::ForeignWords { cut } => write!(
                out,
                "the encoder hardly knows these words: it cuts a token into {:.1} pieces on average, and {:.0} % of the \
                 pieces are unknown to it; is it made for this language?",
                cut.pieces_per_token,
                100.0 * cut.unknown
            ),
            Self::RepairedTree(tree) => write!(out, "{tree}"),
            Self::MetaStageGuesses { arm, label, inner_learning_rate } => write!(
                out,
                "the first stage of `{arm}` ends no better than guessing: it predicts `{label}` for every \
                 training instance; an inner learning rate below {inner_learning_rate} may help"
            ),
            Self::OneLabel { label, solved } => write!(
                out,
                "the model predicts the same label, `{label}`, for every training instance: it has learnt nothing; {}",
                if *solved {
                    "are the vectors sound, and made for this language?"
                } else {
                    "longer training, smaller steps or another seed may help"
                }
            ),
        }
    }
}

/// What was decided for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Part of the training instances is held out for development.
    SetApart {
        /// How many.
        dev_size: usize,
        /// Out of how many.
        of: usize,
    },
    /// There is no development data.
    NoDevelopmentData {
        /// Whether the learning rate stays constant, too.
        keeps_rate: bool,
    },
    /// Entities are replaced with their types.
    Masked,
    /// Relations are read by their descriptions.
    Described {
        /// How many labels are described.
        described: usize,
        /// Out of how many.
        of: usize,
        /// How many descriptions are of other labels.
        strangers: usize,
    },
    /// The learner would read annotation layers that the data does not have.
    Without(Vec<Layer>),
}

impl fmt::Display for Choice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetApart { dev_size, of } => {
                write!(out, "holding out {dev_size} of {of} training instances for development")
            }
            Self::NoDevelopmentData { keeps_rate } => write!(
                out,
                "no development data: keeping the last round's model{}",
                if *keeps_rate { " and a constant learning rate" } else { "" }
            ),
            Self::Masked => write!(out, "replacing entities with their types, as for TACRED"),
            Self::Described { described, of, strangers } => {
                write!(out, "{described} of {} described", counted(*of, "label"))?;
                if described < of {
                    out.write_str("; of the others, the words of the label are read")?;
                }
                match strangers {
                    0 => Ok(()),
                    _ => write!(out, "; {} of other labels not used", counted(*strangers, "description")),
                }
            }
            Self::Without(layers) => {
                let names: Vec<String> = layers.iter().map(ToString::to_string).collect();
                write!(out, "the data has no {}: training without them", names.join(" and no "))
            }
        }
    }
}

fn these(instances: usize) -> String {
    if instances == 1 { "1 instance is".to_owned() } else { format!("{instances} instances are") }
}
