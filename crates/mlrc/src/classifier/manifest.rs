use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::corpus::{LabelSet, Tokenizer};
use crate::learner::LearnerConfig;

/// The value of `format` in the manifest of a model.
pub const FORMAT: &str = "mlrc-model";
/// The version of the folder's layout that this program writes. It also reads all earlier versions.
pub const FORMAT_VERSION: u32 = 2;
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
    /// How raw text is tokenised.
    pub tokenizer: Tokenizer,
    /// The relations.
    pub labels: LabelSet,
    /// The state of the learner's reader.
    pub reader: Value,
    /// The other files of the folder.
    pub files: BTreeMap<String, FileRecord>,
    /// XXH3 (64 bits) of the manifest without this line, in hexadecimal; manifests of early versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// How the model was trained.
    pub provenance: Value,
}

impl Manifest {
    /// The manifest with its hash.
    pub(super) fn hashed(mut self) -> serde_json::Result<Self> {
        self.hash = None;
        // As it will be read: numbers are those of the text.
        let read: Value = serde_json::from_slice(&serde_json::to_vec(&self)?)?;
        self.hash = Some(hash(&read));
        Ok(self)
    }
}

/// The hash of a manifest that has been read, without the hash in it.
pub(super) fn hash(manifest: &Value) -> String {
    let keys = manifest.as_object().into_iter().flatten().filter(|(key, _)| *key != "hash");
    let rest: BTreeMap<&String, &Value> = keys.collect();
    let text = serde_json::to_string(&rest).expect("what has been read can be written");
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}

/// The manifest of an earlier version, converted to the current one.
///
/// Version 1 supported only learners over word vectors and kept the state of their reader next to the other
/// keys.
pub(super) fn upgraded(mut manifest: Value) -> Value {
    if manifest["format_version"] == 1 {
        let encoder = manifest["encoder"].clone();
        manifest["reader"] = json!({
            "masking": encoder["masking"],
            "layers": encoder["layers"],
            "pos": manifest["pos"],
            "ner": manifest["ner"],
            "masks": manifest["masks"],
            "vectors": manifest["vectors"],
        });
    }
    manifest
}

/// The current name of a parameter from a folder of `version`.
///
/// Version 1 prefixed names with the name of the learner's type.
pub(super) fn parameter_name(version: u32, name: &str) -> &str {
    match name.split_once('.') {
        Some((_, name)) if version == 1 => name,
        _ => name,
    }
}

/// Size and hash of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Size in bytes.
    pub bytes: u64,
    /// XXH3 (64 bits) of the content, in hexadecimal.
    pub xxh3: String,
    /// Its name in the folder, if another file had its own when it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_as: Option<String>,
}

impl FileRecord {
    /// The record of `content`.
    pub fn of(content: &[u8]) -> Self {
        let xxh3 = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(content));
        Self { bytes: content.len() as u64, xxh3, stored_as: None }
    }

    /// The name in the folder of the file called `name`.
    pub fn stored_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.stored_as.as_deref().unwrap_or(name)
    }
}
