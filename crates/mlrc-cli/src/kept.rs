//! The training data that a model's folder keeps, as JSON lines in a file that is named by its content. The manifest says so
//! (`kept`), with size and hash. Nothing reads it but `mlrc adapt`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use mlrc::RelationClassifier;
use mlrc::classifier::FileRecord;
use mlrc::corpus::{Corpus, Format, Instance, ReadOptions};
use mlrc::files::write_atomically;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The name in a manifest.
pub const KEPT: &str = "kept";

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Name of the file in the folder.
    pub file: String,
    /// Number of instances.
    pub instances: usize,
    /// Size in bytes.
    pub bytes: u64,
    /// XXH3 (64 bits) of the content, in hexadecimal.
    pub xxh3: String,
}

impl Kept {
    /// What keeping these instances takes, and the content of the file.
    pub fn of(instances: &[Instance]) -> Result<(Self, Vec<u8>), Error> {
        let mut content = Vec::new();
        Format::JSONL.write(instances, &mut content)?;
        let FileRecord { bytes, xxh3, .. } = FileRecord::of(&content);
        let file = format!("examples-{xxh3}.jsonl");
        Ok((Self { file, instances: instances.len(), bytes, xxh3 }, content))
    }

    /// Writes the content into the folder, unless it is there.
    pub fn write(&self, folder: &Path, content: &[u8]) -> Result<PathBuf, Error> {
        let path = folder.join(&self.file);
        if fs::read(&path).is_ok_and(|found| found == content) {
            return Ok(path);
        }
        write_atomically(&path, |out| out.write_all(content))
            .map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
        Ok(path)
    }

    /// What a model keeps; `None` if that is nothing.
    pub fn by(classifier: &RelationClassifier) -> Option<Self> {
        serde_json::from_value(classifier.provenance[KEPT].clone()).ok()
    }

    /// The instances.
    pub fn read(&self, folder: &Path) -> Result<Vec<Instance>, Error> {
        let path = folder.join(&self.file);
        let damaged = |problem: String| {
            Error::new(format!("{}: {problem}; the model's training data are damaged", path.display()))
                .help("copy the model again, or give its training data with --train FILE")
        };
        let is_inside = Path::new(&self.file).file_name().is_some_and(|name| name == &self.file[..]);
        if !is_inside {
            return Err(damaged("expected the name of a file in the folder".to_owned()));
        }
        let content = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let FileRecord { bytes, xxh3, .. } = FileRecord::of(&content);
        if (bytes, &xxh3) != (self.bytes, &self.xxh3) {
            return Err(damaged(format!("its content has changed (hash {xxh3}, expected {})", self.xxh3)));
        }
        Ok(parse(&content, &path)?.instances)
    }

    /// For people: `75 instances, 0.03 MB`.
    pub fn size(&self) -> String {
        format!("{}, {:.2} MB", mlrc::corpus::counted(self.instances, "instance"), self.bytes as f64 / 1e6)
    }
}

/// The instances of a file's content, as it is read again when a run is resumed.
pub fn parse(content: &[u8], path: &Path) -> Result<Corpus, Error> {
    let options = ReadOptions { format: Some(Format::JSONL), ..ReadOptions::default() };
    Ok(Corpus::from_bytes(content, path, &options)?)
}

/// Removes what other models have kept in the folder. What cannot be removed stays and does no harm.
pub fn remove_others(folder: &Path, kept: Option<&Kept>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let hash = name.strip_prefix("examples-").and_then(|rest| rest.strip_suffix(".jsonl"));
        let is_ours =
            hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
        if is_ours && kept.is_none_or(|kept| kept.file != name) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
