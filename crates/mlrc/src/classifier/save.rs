use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView, serialize};

use super::manifest::{FORMAT, FORMAT_VERSION, FileRecord, MANIFEST, Manifest};
use super::{RelationClassifier, load};
use crate::files::{write_atomically, write_json};
use crate::learner::{Precision, SavedReader};

/// Why a model could not be saved.
#[derive(Debug, thiserror::Error)]
#[error("cannot save the model: {}: {source}", path.display())]
pub struct SaveError {
    /// The file that could not be written.
    pub path: PathBuf,
    /// The underlying error.
    pub source: io::Error,
}

impl RelationClassifier {
    /// Saves the classifier to `folder`, which is created if it does not exist. A model that is there stays whole until it is
    /// replaced by renaming the manifest, which is written last; no file is written over.
    ///
    /// # Errors
    /// If a file cannot be written, or the vectors have values that `precision` cannot express.
    pub fn save(&self, folder: impl AsRef<Path>, precision: Precision) -> Result<(), SaveError> {
        let folder = folder.as_ref();
        let mut reader = SavedReader { precision, ..SavedReader::default() };
        self.model.save(&mut reader);
        if let Some(problem) = reader.problem.take() {
            let source = io::Error::new(io::ErrorKind::InvalidInput, problem);
            return Err(SaveError { path: folder.to_owned(), source });
        }
        let mut files = BTreeMap::new();
        let parameters = self.tensor_bytes(&reader);
        for (name, content) in reader.files().chain([(load::PARAMETERS, &parameters[..])]) {
            let mut record = FileRecord::of(content);
            if folder.join(name).symlink_metadata().is_ok() {
                record.stored_as = Some(by_content(name, &record.xxh3));
            }
            let path = folder.join(record.stored_name(name));
            write_atomically(&path, |writer| io::Write::write_all(writer, content))
                .map_err(|source| SaveError { path, source })?;
            files.insert(name.to_owned(), record);
        }
        let before = load::read_manifest(folder).ok();
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            learner: self.learner.clone(),
            tokenizer: self.tokenizer,
            labels: self.model.labels().clone(),
            reader: reader.value,
            files,
            hash: None,
            provenance: self.provenance.clone(),
        };
        let path = folder.join(MANIFEST);
        let manifest = manifest
            .hashed()
            .map_err(io::Error::from)
            .and_then(|manifest| write_json(&path, &manifest).map(|()| manifest))
            .map_err(|source| SaveError { path, source })?;
        remove_others(folder, before.as_ref(), &manifest);
        Ok(())
    }

    fn tensor_bytes(&self, reader: &SavedReader) -> Vec<u8> {
        let mut tensors = Vec::new();
        let mut rest = &self.parameters.values[..];
        for (name, shape) in self.model.layout() {
            let (values, after) = rest.split_at(shape.iter().product());
            tensors.push((name, view(shape, values)));
            rest = after;
        }
        let of_reader = reader.tensors.iter();
        tensors.extend(of_reader.map(|(name, (shape, values))| (name.clone(), view(shape.clone(), values))));
        serialize(tensors, None).expect("names are distinct and sizes fit")
    }
}

/// The name of a file by its content: `parameters-0123456789abcdef.safetensors`.
fn by_content(name: &str, hash: &str) -> String {
    match name.split_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{name}-{hash}"),
    }
}

/// Whether a file has the name of `name` by its content.
fn is_by_content(found: &str, name: &str) -> bool {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let hash = found.strip_prefix(stem).and_then(|rest| rest.get(1..17));
    hash.is_some_and(|hash| hash.bytes().all(|b| b.is_ascii_hexdigit()) && by_content(name, hash) == found)
}

/// Removes the files of the model that was there before, and of models that were never finished. What cannot be removed stays
/// and does no harm.
fn remove_others(folder: &Path, before: Option<&Manifest>, now: &Manifest) {
    let names = |manifest: &Manifest| -> Vec<String> {
        manifest.files.iter().map(|(name, record)| record.stored_name(name).to_owned()).collect()
    };
    let (kept, replaced) = (names(now), before.map(names).unwrap_or_default());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(found) = entry.file_name().into_string() else { continue };
        let ours = replaced.contains(&found) || now.files.keys().any(|name| is_by_content(&found, name));
        if ours && !kept.contains(&found) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn view(shape: Vec<usize>, values: &[f32]) -> TensorView<'_> {
    TensorView::new(Dtype::F32, shape, bytemuck::cast_slice(values)).expect("the values fit the shape")
}
