use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::corpus::{LabelSet, Tokenizer};
use crate::features::{EncoderOptions, TagInventory};
use crate::learner::LearnerConfig;

/// What `format` says in the manifest of a model.
pub const FORMAT: &str = "mlrc-model";
/// The version of the folder's layout that this program writes; it reads no other.
pub const FORMAT_VERSION: u32 = 1;
/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";

/// The manifest of a model folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`]
    pub format: String,
    /// [`FORMAT_VERSION`]
    pub format_version: u32,
    /// Version of the program that wrote the folder.
    pub program: String,
    /// The learner and its hyper-parameters.
    pub learner: LearnerConfig,
    /// How instances are encoded.
    pub encoder: EncoderOptions,
    /// How raw text is tokenised.
    pub tokenizer: Tokenizer,
    /// The relations.
    pub labels: LabelSet,
    /// Part-of-speech tags, if they are read.
    pub pos: Option<TagInventory>,
    /// Named-entity tags, if they are read.
    pub ner: Option<TagInventory>,
    /// Entity masks, if entities are masked.
    pub masks: Vec<String>,
    /// The word vectors.
    pub vectors: VectorsRecord,
    /// The other files of the folder.
    pub files: BTreeMap<String, FileRecord>,
    /// How the model came about.
    pub provenance: serde_json::Value,
}

/// The word vectors of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorsRecord {
    /// Number of words.
    pub words: usize,
    /// Number of components.
    pub dimension: usize,
    /// Whether components are 16-bit.
    pub half: bool,
    /// Whether words are looked up in lower case.
    pub lowercase: bool,
}

/// Size and hash of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Size in bytes.
    pub bytes: u64,
    /// XXH3 (64 bits) of the content, in hexadecimal.
    pub xxh3: String,
}

impl FileRecord {
    /// The record of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self { bytes: content.len() as u64, xxh3: format!("{:016x}", xxhash_rust::xxh3::xxh3_64(content)) }
    }
}
