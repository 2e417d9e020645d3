use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use super::Classifier;
use super::manifest::{FORMAT, FORMAT_VERSION, FileRecord, MANIFEST, Manifest};
use crate::features::{Encoder, Vectors, WordTable};
use crate::files::{self, floats};
use crate::learner::Parameters;
use crate::random::{Purpose, Stream};

pub(super) const PARAMETERS: &str = "parameters.safetensors";
pub(super) const WORDS: &str = "words.fst";
pub(super) const VECTORS: &str = "vectors.safetensors";
pub(super) const VECTORS_TENSOR: &str = "vectors";
pub(super) const SPECIAL: &str = "special_words";

/// Why a folder cannot be loaded as a model.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such folder.
    #[error("{}: there is no such folder; `mlrc train … --out FOLDER` makes a model", folder.display())]
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no manifest.
    #[error(
        "{0}: not a model: it has no {MANIFEST}; `mlrc train … --out {0}` makes a model \
         (a run that was interrupted has none yet: `mlrc train --resume {0}` finishes it)",
        folder.display()
    )]
    NotAModel {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest is of another program or layout.
    #[error("{}: {problem}", path.display())]
    Foreign {
        /// The manifest.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// A file is not what the manifest says.
    #[error("{}: {problem}; the model is damaged, copy or train it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
}

impl Classifier {
    /// Loads a model folder. Every file is checked against the manifest's sizes and hashes first.
    ///
    /// # Errors
    /// If the folder is no model, was written by a newer or foreign program, or is damaged.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let manifest = read_manifest(folder)?;
        let file = |name: &str| {
            let path = folder.join(name);
            let record = manifest.files.get(name).ok_or_else(|| LoadError::Damaged {
                path: folder.join(MANIFEST),
                problem: format!("it has no entry for {name}"),
            })?;
            let content = map(&path)?;
            check(&path, record, &content)?;
            Ok((path, content))
        };
        let (vectors_path, vectors) = file(VECTORS)?;
        let (_, words) = file(WORDS)?;
        let (parameters_path, parameters) = file(PARAMETERS)?;

        let damaged = |path: &Path| {
            let path = path.to_owned();
            move |problem: String| LoadError::Damaged { path: path.clone(), problem }
        };
        let record = &manifest.vectors;
        let offset = vectors_offset(&vectors, record.words, record.dimension, record.half)
            .map_err(damaged(&vectors_path))?;
        let vectors =
            Vectors::from_mapped(words, (vectors, offset), record.dimension, record.half, record.lowercase)
                .map_err(damaged(&vectors_path))?;

        let tensors =
            SafeTensors::deserialize(&parameters).map_err(|e| damaged(&parameters_path)(e.to_string()))?;
        let special = floats(&tensors, SPECIAL).map_err(damaged(&parameters_path))?;
        let table = WordTable::with_special(Arc::new(vectors), manifest.masks.clone(), special).map_err(
            |expected| {
                damaged(&parameters_path)(format!("`{SPECIAL}` does not have the {expected} values expected"))
            },
        )?;
        let encoder = Encoder::new(manifest.encoder, manifest.labels, table, manifest.pos, manifest.ner);
        let mut stream = Stream::new(0, Purpose::Initialisation, 0, 0);
        let learner = manifest.learner.build(&encoder, &mut stream);
        let mut values = Vec::new();
        for (name, shape) in Parameters::layout(&learner) {
            let tensor = floats(&tensors, &name).map_err(damaged(&parameters_path))?;
            if tensor.len() != shape.iter().product::<usize>() {
                let problem = format!("`{name}` has {} values, expected shape {shape:?}", tensor.len());
                return Err(damaged(&parameters_path)(problem));
            }
            values.extend(tensor);
        }
        let parameters = Parameters { values };
        Ok(Self::new(manifest.learner, encoder, learner, parameters, manifest.tokenizer, manifest.provenance))
    }
}

fn read_manifest(folder: &Path) -> Result<Manifest, LoadError> {
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
        Some(version) if version == u64::from(FORMAT_VERSION) => {}
        Some(version) if version > u64::from(FORMAT_VERSION) => {
            return foreign(format!(
                "the model has format version {version}, written by mlrc {}; this mlrc {} reads version \
                 {FORMAT_VERSION}: update mlrc",
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
    serde_json::from_value(value).map_err(|error| LoadError::Damaged { path, problem: error.to_string() })
}

fn map(path: &Path) -> Result<Mmap, LoadError> {
    files::map(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })
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

/// Where the matrix begins in the file, after checking that it is the matrix the manifest describes.
fn vectors_offset(content: &[u8], words: usize, dimension: usize, half: bool) -> Result<usize, String> {
    let (header, metadata) = SafeTensors::read_metadata(content).map_err(|error| error.to_string())?;
    let info = metadata.info(VECTORS_TENSOR).ok_or(format!("no tensor `{VECTORS_TENSOR}`"))?;
    let dtype = if half { Dtype::F16 } else { Dtype::F32 };
    if info.dtype != dtype || info.shape != [words, dimension] {
        return Err(format!(
            "expected {dtype:?} [{words}, {dimension}], found {:?} {:?}",
            info.dtype, info.shape
        ));
    }
    Ok(8 + header + info.data_offsets.0)
}
