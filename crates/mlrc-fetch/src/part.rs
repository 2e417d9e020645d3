//! A download in progress: `NAME.part`, and next to it what the server said about the file, so that a
//! download resumes only with the same file.

use std::fs::{self, File, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use mlrc_corpus::files::{self, Sink, write_json};
use serde::{Deserialize, Serialize};

use crate::error::{Failure, FetchError, Remedy, unwritable};
use crate::http::{Answer, Rest};

/// What identifies the file that the bytes belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    address: String,
    etag: Option<String>,
    last_modified: Option<String>,
    total: Option<u64>,
}

impl Identity {
    fn of(address: &str, answer: &Answer) -> Self {
        Self {
            address: address.to_owned(),
            etag: answer.etag.clone(),
            last_modified: answer.last_modified.clone(),
            total: answer.total,
        }
    }

    /// What guarantees identical bytes to the server. Weak tags only promise the same meaning.
    fn validator(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|etag| !etag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }
}

/// The bytes downloaded so far, and their file.
pub struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    identity: Identity,
}

impl Part {
    /// Opens what an earlier download left in the folder, or starts a new part.
    pub fn open(folder: &Path, name: &str) -> Result<Self, FetchError> {
        let path = folder.join(format!("{name}.part"));
        let said = |error| unwritable(&path, &error);
        files::create_folder(folder).map_err(|error| unwritable(folder, &error))?;
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(said)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let message = format!("{}: another process is writing to it", path.display());
                return Err(FetchError::new(message)
                    .with_help("wait for it, or choose another folder")
                    .with_remedy(Remedy::OtherFolder));
            }
            // File systems without locks are written to anyway.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let length = file.seek(SeekFrom::End(0)).map_err(said)?;
        let identity = fs::read(state_path(&path)).ok().and_then(|json| serde_json::from_slice(&json).ok());
        Ok(Self { length, identity: identity.unwrap_or_default(), file, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes downloaded so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of the whole file.
    pub fn total(&self) -> Option<u64> {
        self.identity.total
    }

    /// Whether an interrupted download can be continued.
    pub fn is_resumable(&self) -> bool {
        self.length > 0 && self.identity.validator().is_some()
    }

    /// Whether everything has been downloaded from the address.
    pub fn is_whole(&self, address: &str) -> bool {
        self.length > 0 && self.identity.address == address && self.identity.total == Some(self.length)
    }

    /// What to request from the address, if the download can be resumed.
    pub fn rest(&self, address: &str) -> Option<Rest<'_>> {
        let validator = self.identity.validator()?;
        let same = self.length > 0 && self.identity.address == address;
        same.then_some(Rest { from: self.length, validator })
    }

    /// Whether an answer continues the same file where the part ends.
    pub fn continues(&self, address: &str, answer: &Answer) -> bool {
        let it = Identity::of(address, answer);
        answer.from == Some(self.length)
            && it.total == self.identity.total
            && (it.etag.is_none() || it.etag == self.identity.etag)
            && (it.last_modified.is_none() || it.last_modified == self.identity.last_modified)
    }

    /// Starts over with the file of an answer.
    pub fn restart(&mut self, address: &str, answer: &Answer) -> Result<(), Failure> {
        self.clear()?;
        self.identity = Identity::of(address, answer);
        let state = state_path(&self.path);
        write_json(&state, &self.identity).map_err(|error| unwritable(&state, &error).into())
    }

    /// Throws away what was downloaded.
    pub fn clear(&mut self) -> Result<(), Failure> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(|error| unwritable(&self.path, &error))?;
        self.length = 0;
        self.identity = Identity::default();
        Ok(())
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        // What was written before an error counts: a full disk may have room later.
        let written = Sink(&self.file).write_all(bytes);
        self.length = self.file.stream_position().unwrap_or(self.length);
        written.map_err(|error| unwritable(&self.path, &error).into())
    }

    /// Gives the complete file its final name.
    pub fn finish(self, path: &Path) -> Result<(), FetchError> {
        let moved = files::finish(&self.file, &self.path, path);
        moved.map_err(|error| unwritable(path, &error))?;
        let _ = fs::remove_file(state_path(&self.path));
        Ok(())
    }

    /// Removes the part.
    pub fn discard(self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(state_path(&self.path));
    }
}

fn state_path(part: &Path) -> PathBuf {
    let mut path = part.as_os_str().to_owned();
    path.push(".json");
    path.into()
}
