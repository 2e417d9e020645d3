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
    remedy: Option<Remedy>,
}

/// What would help against an error and is set in a [`Request`](crate::Request); a program can say how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Another [`Request::folder`](crate::Request::folder).
    OtherFolder,
    /// Another origin, by [`Request::from`](crate::Request::from).
    OtherOrigin,
    /// No [`Request::dimension`](crate::Request::dimension).
    NoDimension,
}

impl FetchError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, remedy: None }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(crate) fn with_remedy(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }

    /// What in the request would help against it.
    pub fn remedy(&self) -> Option<Remedy> {
        self.remedy
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
    let unwritten = FetchError::new(format!("{}: cannot be written: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            unwritten.with_help("free some disk space; the same request then continues from there")
        }
        _ => unwritten.with_help("choose a folder that you can write to").with_remedy(Remedy::OtherFolder),
    }
}
