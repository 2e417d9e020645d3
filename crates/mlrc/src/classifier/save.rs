use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use half::f16;
use safetensors::tensor::{Dtype, TensorView, serialize};

use super::manifest::{FORMAT, FORMAT_VERSION, FileRecord, MANIFEST, Manifest, VectorsRecord};
use super::{Classifier, load};
use crate::files::{write_atomically, write_json};
use crate::learner::Parameters;

/// How word vectors are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// As they were read: 32 bits.
    #[default]
    Full,
    /// 16 bits: half the size, relative error up to 2⁻¹¹.
    Half,
}

/// Why a model could not be saved.
#[derive(Debug, thiserror::Error)]
#[error("cannot save the model: {}: {source}", path.display())]
pub struct SaveError {
    /// The file that could not be written.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Classifier {
    /// Saves the classifier to `folder`, which is made if it does not exist. The manifest is written last.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path, precision: Precision) -> Result<(), SaveError> {
        let words = self.encoder.words();
        let vectors = words.vectors();
        let half = precision == Precision::Half;
        let mut files = BTreeMap::new();
        for (name, content) in [
            (load::PARAMETERS, self.parameter_bytes()),
            (load::WORDS, vectors.vocabulary_bytes().to_vec()),
            (load::VECTORS, vector_bytes(&vectors.values(), vectors.dimension(), half)),
        ] {
            let path = folder.join(name);
            write_atomically(&path, |writer| io::Write::write_all(writer, &content))
                .map_err(|source| SaveError { path, source })?;
            files.insert(name.to_owned(), FileRecord::of(&content));
        }
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            learner: self.config.clone(),
            encoder: self.encoder.options().clone(),
            tokenizer: self.tokenizer,
            labels: self.encoder.labels().clone(),
            pos: self.encoder.pos().cloned(),
            ner: self.encoder.ner().cloned(),
            masks: words.masks().to_vec(),
            vectors: VectorsRecord {
                words: vectors.len(),
                dimension: vectors.dimension(),
                half,
                lowercase: vectors.lowercase(),
            },
            files,
            provenance: self.provenance.clone(),
        };
        let path = folder.join(MANIFEST);
        write_json(&path, &manifest).map_err(|source| SaveError { path, source })
    }

    fn parameter_bytes(&self) -> Vec<u8> {
        let values: &[u8] = bytemuck::cast_slice(&self.parameters.values);
        let mut tensors = Vec::new();
        let mut start = 0;
        for (name, shape) in Parameters::layout(&self.learner) {
            let end = start + 4 * shape.iter().product::<usize>();
            tensors.push((name, view(Dtype::F32, shape, &values[start..end])));
            start = end;
        }
        let words = self.encoder.words();
        let shape = vec![2 + words.masks().len(), words.dimension()];
        tensors
            .push((load::SPECIAL.to_owned(), view(Dtype::F32, shape, bytemuck::cast_slice(words.special()))));
        serialize(tensors, None).expect("names are distinct and sizes fit")
    }
}

fn vector_bytes(values: &[f32], dimension: usize, half: bool) -> Vec<u8> {
    let shape = vec![values.len() / dimension.max(1), dimension];
    let halves: Vec<f16>;
    let tensor = if half {
        halves = values.iter().map(|&value| f16::from_f32(value)).collect();
        view(Dtype::F16, shape, bytemuck::cast_slice(&halves))
    } else {
        view(Dtype::F32, shape, bytemuck::cast_slice(values))
    };
    serialize([(load::VECTORS_TENSOR, tensor)], None).expect("sizes fit")
}

fn view(dtype: Dtype, shape: Vec<usize>, bytes: &[u8]) -> TensorView<'_> {
    TensorView::new(dtype, shape, bytes).expect("the bytes fit the shape")
}
