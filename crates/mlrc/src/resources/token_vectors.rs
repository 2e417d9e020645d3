use std::io;
use std::path::Path;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use super::{Encoder, EncoderError, Vectors, VectorsError, VectorsNotice, encoder};
use crate::files;

/// Frozen vectors of tokens.
#[derive(Clone, Debug)]
pub enum TokenVectors {
    /// Every word has a vector of its own.
    Static(Arc<Vectors>),
    /// The vector of a word depends on its sentence.
    Contextual(Arc<Encoder>),
}

/// Why vectors cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TokenVectorsError {
    /// A file of word vectors.
    #[error(transparent)]
    Static(#[from] VectorsError),
    /// The folder of an encoder.
    #[error(transparent)]
    Contextual(#[from] EncoderError),
}

impl TokenVectors {
    /// Opens a file of word vectors ([`Vectors::open`]) or the folder of an encoder ([`Encoder::open`]), and reports what
    /// was unusual about it.
    ///
    /// # Errors
    /// If it cannot be read or is malformed.
    pub fn open(path: &Path) -> Result<(Self, Vec<VectorsNotice>), TokenVectorsError> {
        if path.is_dir() {
            return Ok((Encoder::open(path)?.into(), Vec::new()));
        }
        encoder::refuse_file_of_one(path)?;
        let (vectors, notices) = Vectors::open(path)?;
        Ok((vectors.into(), notices))
    }

    /// A hash of the content of a file or, for an encoder, of its files.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn hash(path: &Path) -> io::Result<u128> {
        if !path.is_dir() {
            return files::hash(path);
        }
        let mut hashes = Vec::new();
        for name in encoder::FILES {
            match files::hash(&path.join(name)) {
                Ok(hash) => hashes.extend([name.as_bytes(), &hash.to_le_bytes()].concat()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(xxh3_128(&hashes))
    }
}

impl From<Vectors> for TokenVectors {
    fn from(vectors: Vectors) -> Self {
        Self::Static(Arc::new(vectors))
    }
}

impl From<Arc<Vectors>> for TokenVectors {
    fn from(vectors: Arc<Vectors>) -> Self {
        Self::Static(vectors)
    }
}

impl From<Encoder> for TokenVectors {
    fn from(encoder: Encoder) -> Self {
        Self::Contextual(Arc::new(encoder))
    }
}

impl From<Arc<Encoder>> for TokenVectors {
    fn from(encoder: Arc<Encoder>) -> Self {
        Self::Contextual(encoder)
    }
}
