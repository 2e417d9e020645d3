//! The SHA-256 of fetched files, and what it is compared with.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use mlrc_corpus::files::write_atomically;
use sha2::{Digest, Sha256};

use crate::Watcher;
use crate::catalogue::Content;
use crate::error::{Failure, unreadable};

/// The content that a file must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The content known to the catalogue, by its digest.
    Known(&'static str),
    /// The content recorded by an earlier fetch, by its digest.
    Recorded(String),
    /// Any content: its digest will be recorded.
    Anything,
}

impl Expected {
    /// What is known about a file that is to be stored at `path`.
    pub fn of(content: &Content, path: &Path) -> Self {
        match content.sha256 {
            Some(digest) => Self::Known(digest),
            None => recorded(path).map_or(Self::Anything, Self::Recorded),
        }
    }

    fn digest(&self) -> Option<&str> {
        match self {
            Self::Known(digest) => Some(digest),
            Self::Recorded(digest) => Some(digest),
            Self::Anything => None,
        }
    }

    /// Whether the digest is the expected one, if one is expected.
    pub fn allows(&self, digest: &str) -> bool {
        self.digest().is_none_or(|expected| expected == digest)
    }

    /// Fails with a message if the digest is not as expected.
    pub fn check(&self, path: &Path, digest: &str) -> Result<(), String> {
        if self.allows(digest) {
            return Ok(());
        }
        let expected = self.digest().unwrap_or_default();
        let by = match self {
            Self::Recorded(_) => format!(" (recorded in {})", record_path(path).display()),
            _ => String::new(),
        };
        Err(format!("the content for {} has SHA-256 {digest}, expected {expected}{by}", path.display()))
    }
}

/// Where the digest of a file is recorded, as `sha256sum` writes it.
pub fn record_path(path: &Path) -> PathBuf {
    let mut record = path.as_os_str().to_owned();
    record.push(".sha256");
    record.into()
}

fn recorded(path: &Path) -> Option<String> {
    let text = fs::read_to_string(record_path(path)).ok()?;
    let digest = text.split_whitespace().next()?.trim_start_matches('\\').to_lowercase();
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then_some(digest)
}

/// Records the digest of a file next to it.
pub fn record(path: &Path, digest: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write_atomically(&record_path(path), |out| writeln!(out, "{digest}  {name}"))
}

/// SHA-256 of a file.
pub fn of_file(path: &Path, watcher: &dyn Watcher) -> Result<String, Failure> {
    let digest = File::open(path).and_then(|mut file| copy(&mut file, &mut io::sink(), watcher));
    digest.map_err(|error| {
        if watcher.is_interrupted() { Failure::Interrupted } else { unreadable(path, &error).into() }
    })
}

/// Copies everything and returns its SHA-256; stops with an error when interrupted.
pub fn copy(from: &mut impl Read, to: &mut impl Write, watcher: &dyn Watcher) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 17];
    loop {
        if watcher.is_interrupted() {
            return Err(io::Error::other("interrupted"));
        }
        match from.read(&mut block)? {
            0 => return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => {
                hasher.update(&block[..read]);
                to.write_all(&block[..read])?;
            }
        }
    }
}
