//! A wanted file: whether it is already present, and whether a received file is the right one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Watcher;
use crate::catalogue::Content;
use crate::digest::{self, Expected};
use crate::error::{Failure, FetchError, unreadable, unwritable};

/// A file that must be present in the end.
pub struct Wanted {
    pub content: &'static Content,
    pub path: PathBuf,
    pub expected: Expected,
}

impl Wanted {
    pub fn new(content: &'static Content, folder: &Path) -> Self {
        let path = folder.join(content.name);
        Self { expected: Expected::of(content, &path), content, path }
    }

    /// Whether the file is present and has the expected content.
    pub fn is_there(&self, watcher: &dyn Watcher) -> Result<bool, Failure> {
        let path = self.path.display();
        let length = match fs::metadata(&self.path) {
            Ok(metadata) => metadata.len(),
            // A folder that cannot be created is reported when it is to be created.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(false);
            }
            Err(error) => return Err(unreadable(&self.path, &error).into()),
        };
        if self.expected == Expected::Anything {
            let message = format!("{path}: already exists, and its expected content is not known");
            let keep = format!("move it away, or accept it with `sha256sum {path} > {path}.sha256`");
            return Err(FetchError::new(message).with_help(keep).into());
        }
        let right_length = self.content.size.is_none_or(|size| size == length);
        if right_length && self.expected.allows(&digest::of_file(&self.path, watcher)?) {
            watcher.note(&format!("{path}: already present and verified"));
            return Ok(true);
        }
        watcher.note(&format!("{path}: does not have the expected content and will be replaced"));
        Ok(false)
    }

    /// Compares the digest with the expected one, or records it if none is expected.
    pub fn settle(&self, digest: &str, watcher: &dyn Watcher) -> Result<(), Failure> {
        self.expected.check(&self.path, digest).map_err(Failure::Address)?;
        if self.expected == Expected::Anything {
            let record = digest::record_path(&self.path);
            digest::record(&self.path, digest).map_err(|error| unwritable(&record, &error))?;
            let at = record.display();
            watcher.note(&format!("SHA-256 {digest}, not known beforehand: recorded in {at}"));
        }
        Ok(())
    }
}
