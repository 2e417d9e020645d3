use std::fmt;
use std::fmt::Debug;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{Explanation, Layer, SavedReader};
use crate::corpus::{CorpusError, Instance, LabelSet};
use crate::objective::{Objective, Parameters};
use crate::resources::Resource;

/// `f_θ` without θ: an untrained learner and its reader. This is all that is seen of a learner outside its
/// family.
pub trait Model: Debug + Send + Sync {
    /// The relations.
    fn labels(&self) -> &LabelSet;

    /// Its initial parameters.
    fn start(&self) -> Parameters;

    /// Name and shape of each parameter, in order.
    fn layout(&self) -> Vec<(String, Vec<usize>)>;

    /// Reads instances, for training or classification. A relation that is not in the label set is omitted.
    ///
    /// # Errors
    /// For the first instance that is invalid or lacks an annotation for which there is no substitute.
    fn read(&self, instances: &[&Instance]) -> Result<Box<dyn Objective>, ReadError>;

    /// The same for training, with further instances that have no labels.
    ///
    /// # Errors
    /// As [`Model::read`].
    fn read_for_training(
        &self,
        instances: &[&Instance],
        unlabelled: &[&Instance],
    ) -> Result<Box<dyn Objective>, ReadError>;

    /// Each instance as one vector of fixed length, by which instances can be compared; `None` if the learner has no such thing.
    ///
    /// # Errors
    /// As [`Model::read`].
    fn features(&self, instances: &[&Instance]) -> Result<Option<Vec<Vec<f32>>>, ReadError>;

    /// What the learner with `parameters` bases its decision on in an instance, and not on the label `against` (on the second
    /// most probable one if there is none); `None` if it cannot say.
    ///
    /// # Errors
    /// As [`Model::read`].
    fn explain(
        &self,
        parameters: &Parameters,
        instance: &Instance,
        against: Option<usize>,
    ) -> Result<Option<Explanation>, ReadError>;

    /// What is missing or has to be repaired when an instance is read.
    fn remarks(&self, instance: &Instance) -> Remarks;

    /// How much of an instance is unknown from training.
    fn foreign(&self, instance: &Instance) -> Foreign;

    /// The tokens as it reads them.
    fn tokens(&self, instance: &Instance) -> Vec<String>;

    /// What it found in its training data.
    fn report(&self) -> ReaderReport;

    /// Its reader, to be saved.
    fn save(&self, saved: &mut SavedReader);
}

/// What is missing from an instance or has to be repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Annotation layers that are read but that the instance lacks; a value for "unknown" is used instead.
    pub missing_layers: Vec<Layer>,
    /// Whether entities are read as their types but the instance does not give them.
    pub untyped: bool,
    /// What was wrong with its dependency heads, and how it was repaired.
    pub repairs: Vec<String>,
    /// Whether it is longer than the encoder reads at once, so that it is read in overlapping windows.
    pub in_windows: bool,
    /// Whether it is longer than the learner reads, so that it is cropped around the entities.
    pub is_cropped: bool,
}

/// How much of what is read has no vector or did not occur in training; what a reader does not read is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// Words without a vector.
    pub words: Part,
    /// Part-of-speech and named-entity tags that training did not have.
    pub tags: Part,
    /// Types of entities that training did not have.
    pub types: Part,
}

/// The parts of an instance that may be foreign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignKind {
    /// Words without a vector.
    Words,
    /// Part-of-speech and named-entity tags that training did not have.
    Tags,
    /// Types of entities that training did not have.
    Types,
}

/// The share of words without a vector, and of unknown tags and types, above which answers suffer.
const MANY_WORDS: f64 = 0.25;
const MANY_TAGS: f64 = 0.02;
/// In fewer words or tags, shares say nothing.
const ENOUGH: usize = 100;

impl Foreign {
    /// The parts of which so much is foreign that answers suffer.
    pub fn too_much(&self) -> impl Iterator<Item = (ForeignKind, Part)> {
        let all = [
            (ForeignKind::Words, self.words, MANY_WORDS, ENOUGH),
            (ForeignKind::Tags, self.tags, MANY_TAGS, ENOUGH),
            (ForeignKind::Types, self.types, MANY_TAGS, 1),
        ];
        let too_much =
            all.into_iter().filter(|(_, part, least, fewest)| part.all >= *fewest && part.share() > *least);
        too_much.map(|(kind, part, _, _)| (kind, part))
    }
}

/// Some of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How many are meant.
    pub count: usize,
    /// Of how many.
    pub all: usize,
}

impl Part {
    /// Counts one more, which may be meant.
    pub fn note(&mut self, is_meant: bool) {
        self.count += usize::from(is_meant);
        self.all += 1;
    }

    /// The share that is meant; 0 of nothing.
    pub fn share(self) -> f64 {
        self.count as f64 / self.all.max(1) as f64
    }
}

impl AddAssign for Foreign {
    fn add_assign(&mut self, other: Self) {
        for (part, more) in
            [(&mut self.words, other.words), (&mut self.tags, other.tags), (&mut self.types, other.types)]
        {
            part.count += more.count;
            part.all += more.all;
        }
    }
}

/// What a reader found in the data that it was fitted to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReaderReport {
    /// Fraction of the training tokens that have a word vector, if the learner reads word vectors.
    pub coverage: Option<f64>,
    /// How the encoder cuts the training tokens, if the learner reads one.
    pub cut: Option<Cut>,
    /// Layers of annotation that are read.
    pub layers: Vec<Layer>,
    /// Layers that the learner would read but that the data does not have.
    pub missing_layers: Vec<Layer>,
}

/// How an encoder cuts tokens into word pieces. A language that it was not made for falls into many pieces, or into unknown
/// ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cut {
    /// Mean number of pieces of a token: about 1.2 for English newspapers and an English encoder.
    pub pieces_per_token: f64,
    /// Share of the pieces that stand for what the encoder does not know.
    pub unknown: f64,
}

impl Cut {
    /// Whether the encoder hardly knows these words.
    pub fn is_foreign(&self) -> bool {
        self.pieces_per_token > MANY_PIECES || self.unknown > MANY_UNKNOWN
    }
}

const MANY_PIECES: f64 = 2.5;
const MANY_UNKNOWN: f64 = 0.1;

/// Why an instance cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is invalid.
    #[error(transparent)]
    Unsound(#[from] CorpusError),
    /// It lacks an annotation layer that the learner requires.
    #[error("instance `{id}` has no {layer}, which the learner requires")]
    MissingLayer {
        /// The instance.
        id: String,
        /// What it lacks.
        layer: Layer,
    },
    /// Another reason.
    #[error("instance `{id}`: {problem}")]
    Other {
        /// The instance.
        id: String,
        /// What was expected and found.
        problem: String,
    },
}

/// Why a learner cannot be built for a training set.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// A resource is missing.
    #[error("the learner {learner} requires {resource}, but none are given")]
    MissingResource {
        /// The learner.
        learner: &'static str,
        /// The required resource.
        resource: Resource,
    },
    /// No word of the training data has a vector.
    #[error("none of the words of the training data has a vector; is this the right vectors file?")]
    NoVectors,
    /// An instance cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Another reason.
    #[error("{0}")]
    Other(String),
}

/// An instance whose dependency heads did not form a tree, and how they were repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairedTree {
    /// The instance.
    pub id: String,
    /// What was wrong and what was done about it.
    pub defects: Vec<String>,
}

impl RepairedTree {
    /// From the [repairs](Remarks::repairs) of an instance; `None` if there are none.
    pub fn new(instance: &Instance, defects: Vec<String>) -> Option<Self> {
        (!defects.is_empty()).then(|| Self { id: instance.id.clone(), defects })
    }
}

impl fmt::Display for RepairedTree {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "instance `{}`: its dependency heads do not form a tree: {}",
            self.id,
            self.defects.join("; ")
        )
    }
}
