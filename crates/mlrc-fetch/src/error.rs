//! Why a fetch failed: what a program shows, and what the parts of this crate report to each other.

use std::io;
use std::path::Path;

use thiserror::Error;

/// Why a data set was not fetched. `Display` says what is wrong, [`FetchError::help`] what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct FetchError {
    message: String,
    help: Option<String>,
}

impl FetchError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// Why a file was not fetched.
#[derive(Debug)]
pub enum Failure {
    /// This address did not provide it; another may.
    Address(String),
    /// No address will.
    Fatal(FetchError),
    Interrupted,
}

impl Failure {
    pub fn address(address: &str, trouble: &str) -> Self {
        Self::Address(format!("{address}: {trouble}"))
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Fatal(error)
    }
}

/// A failure to read.
pub fn unreadable(path: &Path, error: &io::Error) -> FetchError {
    FetchError::new(format!("{}: cannot be read: {error}", path.display()))
}

/// A failure to write, with what can be done about it.
pub fn unwritable(path: &Path, error: &io::Error) -> FetchError {
    let help = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some disk space; the same command then continues from there"
        }
        _ => "use --out to choose a folder that you can write to",
    };
    FetchError::new(format!("{}: cannot be written: {error}", path.display())).with_help(help)
}
