use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;

use super::RelationClassifier;
use super::manifest::{
    FORMAT, FORMAT_VERSION, FileRecord, MANIFEST, Manifest, hash, parameter_name, upgraded,
};
use crate::device::Device;
use crate::files::{self, floats};
use crate::learner::SavedReader;
use crate::objective::Parameters;

pub(super) const PARAMETERS: &str = "parameters.safetensors";

/// Why a folder cannot be loaded as a model.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such folder.
    #[error("{}: no such folder", folder.display())]
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no manifest.
    #[error("{}: not a model: it has no {MANIFEST}", folder.display())]
    NotAModel {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The underlying error.
        source: io::Error,
    },
    /// The manifest was written by another program, or its layout is not supported.
    #[error("{}: {problem}", path.display())]
    Foreign {
        /// The manifest.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// A file does not match the manifest.
    #[error("{}: {problem}; the model is damaged: copy it again or retrain it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
}

impl RelationClassifier {
    /// Loads a model folder, to be used on the CPU. Every file is first checked against the size and hash in
    /// the manifest.
    ///
    /// # Errors
    /// If the folder is not a model, was written by a newer version or another program, or is damaged.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::load_on(folder, Device::default())
    }

    /// As [`RelationClassifier::load`], but to be used on `device`.
    ///
    /// # Errors
    /// As [`RelationClassifier::load`].
    pub fn load_on(folder: impl AsRef<Path>, device: Device) -> Result<Self, LoadError> {
        let folder = folder.as_ref();
        let mut hash = read_manifest(folder)?.hash;
        loop {
            let loaded = Self::load_once(folder, device);
            if loaded.is_ok() {
                return loaded;
            }
            // A model that was replaced while it was read is read again.
            match read_manifest(folder) {
                Ok(manifest) if manifest.hash != hash => hash = manifest.hash,
                _ => return loaded,
            }
        }
    }

    fn load_once(folder: &Path, device: Device) -> Result<Self, LoadError> {
        let manifest = read_manifest(folder)?;
        if !manifest.files.contains_key(PARAMETERS) {
            let problem = format!("it has no entry for {PARAMETERS}");
            return Err(LoadError::Damaged { path: folder.join(MANIFEST), problem });
        }
        let mut saved = SavedReader { value: manifest.reader, ..SavedReader::default() };
        let mut tensors = BTreeMap::new();
        for (name, record) in &manifest.files {
            let stored = record.stored_name(name);
            let path = folder.join(stored);
            if let Some(name) =
                [name, stored].into_iter().find(|name| Path::new(name).file_name() != Some(name.as_ref()))
            {
                let problem = format!("expected the names of files in the folder, found {name:?}");
                return Err(LoadError::Damaged { path: folder.join(MANIFEST), problem });
            }
            let content = files::read(&path).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => {
                    LoadError::Damaged { path: path.clone(), problem: "it is missing".to_owned() }
                }
                _ => LoadError::Io { path: path.clone(), source },
            })?;
            check(&path, record, &content)?;
            if name == PARAMETERS {
                tensors = read_tensors(&content, manifest.format_version)
                    .map_err(|problem| LoadError::Damaged { path, problem })?;
            } else {
                saved.add_mapped(name, content);
            }
        }
        if let Some((name, _)) =
            tensors.iter().find(|(_, (_, values))| values.iter().any(|value| !value.is_finite()))
        {
            let problem = format!("`{name}` has a value that is infinite or no number");
            return Err(LoadError::Damaged { path: folder.join(PARAMETERS), problem });
        }
        let damaged = |problem| LoadError::Damaged { path: folder.to_owned(), problem };
        saved.tensors = tensors;
        let model = manifest.learner.load(&saved, manifest.labels, device).map_err(damaged)?;
        let mut values = Vec::new();
        for (name, shape) in model.layout() {
            let problem = match saved.tensors.get(&name) {
                Some((found, tensor)) if *found == shape => {
                    values.extend_from_slice(tensor);
                    continue;
                }
                Some((found, _)) => format!("`{name}` has the shape {found:?}, expected shape {shape:?}"),
                None => format!("no tensor `{name}`"),
            };
            return Err(LoadError::Damaged { path: folder.join(PARAMETERS), problem });
        }
        let parameters = Parameters { values };
        Ok(Self::new(manifest.learner, model, parameters, manifest.tokenizer, manifest.provenance))
    }
}

/// A shape and values.
type Tensor = (Vec<usize>, Vec<f32>);

fn read_tensors(content: &[u8], version: u32) -> Result<BTreeMap<String, Tensor>, String> {
    let tensors = SafeTensors::deserialize(content).map_err(|error| error.to_string())?;
    let read = |(name, view): (String, safetensors::tensor::TensorView)| {
        let values = floats(&tensors, &name)?;
        Ok((parameter_name(version, &name).to_owned(), (view.shape().to_vec(), values)))
    };
    tensors.tensors().into_iter().map(read).collect()
}

pub(super) fn read_manifest(folder: &Path) -> Result<Manifest, LoadError> {
    let path = folder.join(MANIFEST);
    let text = fs::read(&path).map_err(|source| {
        let absent = matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        if absent && !folder.exists() {
            LoadError::Absent { folder: folder.to_owned() }
        } else if absent {
            LoadError::NotAModel { folder: folder.to_owned() }
        } else {
            LoadError::Io { path: path.clone(), source }
        }
    })?;
    let value: serde_json::Value = serde_json::from_slice(&text)
        .map_err(|error| LoadError::Damaged { path: path.clone(), problem: format!("not JSON: {error}") })?;
    let foreign = |problem| Err(LoadError::Foreign { path: path.clone(), problem });
    if value["format"] != FORMAT {
        return foreign(format!(
            "expected a manifest whose `format` is \"{FORMAT}\", found {}",
            value["format"]
        ));
    }
    match value["format_version"].as_u64() {
        Some(version) if (1..=u64::from(FORMAT_VERSION)).contains(&version) => {}
        Some(version) if version > u64::from(FORMAT_VERSION) => {
            return foreign(format!(
                "the model has format version {version}, written by mlrc {}; this mlrc {} reads versions \
                 up to {FORMAT_VERSION}: update mlrc",
                value["program"].as_str().unwrap_or("?"),
                env!("CARGO_PKG_VERSION")
            ));
        }
        _ => {
            return foreign(format!(
                "expected `format_version` {FORMAT_VERSION}, found {}",
                value["format_version"]
            ));
        }
    }
    if let Some(expected) = value["hash"].as_str() {
        let found = hash(&value);
        if found != expected {
            let problem = format!("its content has changed (hash {found}, expected {expected})");
            return Err(LoadError::Damaged { path, problem });
        }
    }
    serde_json::from_value(upgraded(value))
        .map_err(|error| LoadError::Damaged { path, problem: error.to_string() })
}

fn check(path: &Path, record: &FileRecord, content: &[u8]) -> Result<(), LoadError> {
    let found = FileRecord::of(content);
    let problem = if found.bytes != record.bytes {
        format!("expected {} bytes, found {}", record.bytes, found.bytes)
    } else if found.xxh3 != record.xxh3 {
        format!("its content has changed (hash {}, expected {})", found.xxh3, record.xxh3)
    } else {
        return Ok(());
    };
    Err(LoadError::Damaged { path: path.to_owned(), problem })
}
