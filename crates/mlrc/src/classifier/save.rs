use std::collections::BTreeMap;
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
    /// Saves the classifier to `folder`, which is created if it does not exist. The manifest is written last.
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
            let path = folder.join(name);
            write_atomically(&path, |writer| io::Write::write_all(writer, content))
                .map_err(|source| SaveError { path, source })?;
            files.insert(name.to_owned(), FileRecord::of(content));
        }
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
        let manifest = manifest.hashed().map_err(io::Error::from);
        manifest
            .and_then(|manifest| write_json(&path, &manifest))
            .map_err(|source| SaveError { path, source })
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

fn view(shape: Vec<usize>, values: &[f32]) -> TensorView<'_> {
    TensorView::new(Dtype::F32, shape, bytemuck::cast_slice(values)).expect("the values fit the shape")
}
