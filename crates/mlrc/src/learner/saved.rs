use std::collections::BTreeMap;

use memmap2::Mmap;
use mlrc_corpus::counted;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a model stores frozen vectors, or the weights of the encoder that computes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// As they were read: 32 bits. Only for word vectors, whose default it is.
    #[default]
    #[serde(rename = "f32")]
    Full,
    /// 16 bits: half the size, relative error up to 2⁻¹¹. The default for an encoder.
    #[serde(rename = "f16")]
    Half,
    /// 8-bit integers with a scale for each row, with which an encoder also computes. Only for an encoder.
    #[serde(rename = "int8")]
    Int8,
}

/// A reader as stored in a model folder: a JSON value in the manifest, named tensors stored with the
/// parameters, and its own files.
#[derive(Debug, Default)]
pub struct SavedReader {
    /// The value in the manifest.
    pub value: Value,
    /// Name, shape and values of tensors.
    pub tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    /// How frozen vectors are stored.
    pub precision: Precision,
    /// Why it cannot be stored like this.
    pub problem: Option<String>,
    pub(crate) files: BTreeMap<String, Content>,
}

/// The content of a file.
#[derive(Debug)]
pub(crate) enum Content {
    Owned(Vec<u8>),
    Mapped(std::sync::Arc<Mmap>),
}

impl SavedReader {
    /// Sets the value in the manifest.
    ///
    /// # Panics
    /// If it cannot be written as JSON.
    pub fn set_value(&mut self, value: &impl Serialize) {
        self.value = serde_json::to_value(value).expect("a reader's state is plain data");
    }

    /// The value in the manifest.
    ///
    /// # Errors
    /// A description of the mismatch.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_value(self.value.clone()).map_err(|error| format!("`reader`: {error}"))
    }

    /// Adds a file.
    pub fn add_file(&mut self, name: &str, content: Vec<u8>) {
        self.files.insert(name.to_owned(), Content::Owned(content));
    }

    pub(crate) fn add_mapped(&mut self, name: &str, content: Mmap) {
        self.files.insert(name.to_owned(), Content::Mapped(std::sync::Arc::new(content)));
    }

    /// The content of a file.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn file(&self, name: &str) -> Result<&[u8], String> {
        match self.files.get(name) {
            Some(Content::Owned(bytes)) => Ok(bytes),
            Some(Content::Mapped(map)) => Ok(map),
            None => Err(format!("it has no file {name}")),
        }
    }

    /// The content of a mapped file, to be kept.
    pub(crate) fn mapped(&self, name: &str) -> Result<std::sync::Arc<Mmap>, String> {
        match self.files.get(name) {
            Some(Content::Mapped(map)) => Ok(map.clone()),
            _ => Err(format!("it has no file {name}")),
        }
    }

    /// The files by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, content)| match content {
            Content::Owned(bytes) => (&name[..], &bytes[..]),
            Content::Mapped(map) => (&name[..], &map[..]),
        })
    }

    /// A tensor's values, of which there must be `size`.
    ///
    /// # Errors
    /// If there is no such tensor or its size differs.
    pub fn tensor(&self, name: &str, size: usize) -> Result<Vec<f32>, String> {
        let (_, values) = self.tensors.get(name).ok_or_else(|| format!("no tensor `{name}`"))?;
        if values.len() == size {
            return Ok(values.clone());
        }
        Err(format!("`{name}` has {}, expected {size}", counted(values.len(), "value")))
    }
}
