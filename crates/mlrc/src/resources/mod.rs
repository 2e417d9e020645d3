//! What some readers need in addition to the data: opened once and shared.
//!
//! [`Resources`] are those that a caller provides; a learner's family lists the ones it needs ([`Resource`]).

mod encoder;
mod token_vectors;
mod vectors;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::corpus::{Descriptions, Instance};

pub use encoder::{
    BlockShape, BlockWeights, ContextualVectors, Encoder, EncoderError, PieceStates, Rounding,
    SentenceVectors,
};
pub use token_vectors::{TokenVectors, TokenVectorsError};
pub use vectors::{Vectors, VectorsError, VectorsNotice};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Frozen vectors of tokens.
    Vectors,
}

impl fmt::Display for Resource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Vectors => "word vectors",
        })
    }
}

/// The available resources.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// Frozen vectors of tokens.
    pub vectors: Option<TokenVectors>,
    /// Instances whose labels, if they have any, are not looked at: for self-training.
    pub unlabelled: Arc<[Instance]>,
    /// What relations are, in place of their labels' own words: for the prior of their names.
    pub descriptions: Arc<Descriptions>,
}

impl Resources {
    /// Only vectors of tokens.
    pub fn of_vectors(vectors: impl Into<TokenVectors>) -> Self {
        Self { vectors: Some(vectors.into()), ..Self::default() }
    }

    /// Whether a resource is available.
    pub fn has(&self, resource: Resource) -> bool {
        match resource {
            Resource::Vectors => self.vectors.is_some(),
        }
    }
}

/// Where vectors are cached: in the folder that `MLRC_CACHE` names (nowhere if it is empty),
/// or by default in the user's cache folder.
fn cache_folder() -> Option<PathBuf> {
    match std::env::var_os("MLRC_CACHE") {
        Some(folder) if folder.is_empty() => None,
        Some(folder) => Some(folder.into()),
        None => Some(dirs::cache_dir()?.join("mlrc")),
    }
}
