use std::fmt;
use std::path::PathBuf;

use super::Arm;
use crate::corpus::counted;
use crate::learner::{Cut, Foreign, ForeignKind, Layer, Part, RepairedTree};
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
    /// All word vectors are zero.
    ZeroVectors {
        /// The file.
        path: PathBuf,
    },
    /// Entities are read as their types, but some have none.
    UntypedEntities,
    /// All development instances have the negative label, so that every score on them is 0.
    NoPositiveDevelopment {
        /// The negative label.
        label: String,
    },
    /// The loss has become much larger than it was.
    SteepRate {
        /// The mean loss of a round.
        loss: f64,
        /// The loss at the start, or that of guessing if it is larger.
        start: f64,
    },
    /// Relations have a single sentence, so that nothing can be estimated for them.
    SingleSentences {
        /// How many relations.
        relations: usize,
    },
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
    /// Much of the data is foreign to the model.
    Foreign {
        /// The data, as a reader of the warning knows it.
        data: String,
        /// Of what much is foreign.
        kind: ForeignKind,
        /// How much.
        part: Part,
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
    /// What is foreign to a model in data that is called so, if it is so much that answers suffer.
    pub fn of_foreign(data: &str, foreign: &Foreign) -> Vec<Self> {
        let of = |(kind, part)| Self::Foreign { data: data.to_owned(), kind, part };
        foreign.too_much().map(of).collect()
    }

    /// A name for programs: it does not change when the wording does.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Vectors { .. } => "vectors",
            Self::ZeroVectors { .. } => "zero-vectors",
            Self::UntypedEntities => "untyped-entities",
            Self::NoPositiveDevelopment { .. } => "no-positive-development",
            Self::SteepRate { .. } => "steep-rate",
            Self::SingleSentences { .. } => "single-sentences",
            Self::Conflicts { .. } => "conflicts",
            Self::ReadInWindows { .. } => "read-in-windows",
            Self::Cropped { .. } => "cropped",
            Self::ForeignWords { .. } => "foreign-words",
            Self::Foreign { .. } => "foreign",
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
            Self::ZeroVectors { path } => write!(
                out,
                "{}: every vector is zero, so no word differs from another: is this the right file?",
                path.display()
            ),
            Self::NoPositiveDevelopment { label } => write!(
                out,
                "all development instances are `{label}`, so each round scores 0 on them and none is better than another: take \
                 more or other development data"
            ),
            Self::SteepRate { loss, start } => write!(
                out,
                "the loss has risen from {start:.2} to {loss:.2}: the learning rate is too large for anything to be learnt"
            ),
            Self::SingleSentences { relations } => write!(
                out,
                "{} a single sentence: left out, it cannot be answered and counts as wrong, so the model is better than this; \
                 give each relation at least two sentences, better five",
                if *relations == 1 {
                    "1 relation has".to_owned()
                } else {
                    format!("{relations} relations have")
                }
            ),
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
            Self::Foreign { data, kind, part } => {
                let of_training = "were not in the model's training data";
                let (noun, why) = match kind {
                    ForeignKind::Words => ("words", "have no vector"),
                    ForeignKind::Tags => ("tags", of_training),
                    ForeignKind::Types => ("entity types", of_training),
                };
                let Part { count, all } = part;
                write!(
                    out,
                    "{data}: {:.1} % of the {noun} ({count} of {all}) {why}, so predictions will be worse",
                    100.0 * part.share()
                )
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_foreign_is_said_where_it_is_much() {
        let part = |count, all| Part { count, all };
        let foreign = Foreign { words: part(26, 100), tags: part(2, 100), types: part(1, 4) };
        let said: Vec<String> =
            Warning::of_foreign("the data", &foreign).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "the data: 26.0 % of the words (26 of 100) have no vector, so predictions will be worse",
                "the data: 25.0 % of the entity types (1 of 4) were not in the model's training data, so predictions will be worse",
            ]
        );
        // A quarter, and fewer than a hundred.
        let foreign = Foreign { words: part(25, 100), tags: part(9, 99), types: part(0, 4) };
        assert_eq!(Warning::of_foreign("the data", &foreign), []);
        assert_eq!(Warning::of_foreign("x", &Foreign { tags: part(3, 100), ..foreign })[0].name(), "foreign");
    }
}
