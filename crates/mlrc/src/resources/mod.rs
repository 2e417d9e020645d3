//! What some readers need in addition to the data: opened once and shared.
//!
//! [`Resources`] are those that a caller provides; a learner's family lists the ones it needs ([`Resource`]).

mod vectors;

use std::fmt;
use std::sync::Arc;

pub use vectors::{Vectors, VectorsError, VectorsNotice};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Frozen word vectors.
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
    /// Frozen word vectors.
    pub vectors: Option<Arc<Vectors>>,
}

impl Resources {
    /// Only word vectors.
    pub fn of_vectors(vectors: impl Into<Arc<Vectors>>) -> Self {
        Self { vectors: Some(vectors.into()) }
    }

    /// Whether a resource is available.
    pub fn has(&self, resource: Resource) -> bool {
        match resource {
            Resource::Vectors => self.vectors.is_some(),
        }
    }
}
