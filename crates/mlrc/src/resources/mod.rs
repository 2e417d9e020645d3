//! What some readers need beside the data: opened once, shared, and of no concern to anybody else.
//!
//! [`Resources`] is what a caller has at hand; a learner's family says which of them it needs ([`Resource`]).

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

/// The resources that are at hand.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// Frozen word vectors.
    pub vectors: Option<Arc<Vectors>>,
}

impl Resources {
    /// Word vectors alone.
    pub fn of_vectors(vectors: impl Into<Arc<Vectors>>) -> Self {
        Self { vectors: Some(vectors.into()) }
    }

    /// Whether a resource is at hand.
    pub fn has(&self, resource: Resource) -> bool {
        match resource {
            Resource::Vectors => self.vectors.is_some(),
        }
    }
}
