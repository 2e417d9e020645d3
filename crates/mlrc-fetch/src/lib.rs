//! Downloads of public data sets and word vectors: whole and checked, or not at all.
//!
//! What there is to fetch is data, the catalogue: [`Dataset::all`]. [`fetch`] brings the files of one into a folder, from
//! their makers or from elsewhere; it goes on after connections that broke, asks mirrors, takes single files out of
//! archives, and compares what came with the SHA-256 that is known, or that was recorded when the file was first seen.
//!
//! The crate knows no terminal: it tells a [`Watcher`] how it goes, which also says when to stop.
//!
//! ```no_run
//! use std::path::Path;
//! use mlrc_fetch::{Dataset, Request, Watcher, fetch};
//!
//! struct Silent;
//!
//! impl Watcher for Silent {
//!     fn note(&self, _line: &str) {}
//!     fn progress(&self, _total: Option<u64>, _position: u64) {}
//!     fn progress_ends(&self) {}
//!     fn is_interrupted(&self) -> bool {
//!         false
//!     }
//! }
//!
//! let dataset = Dataset::named("semeval").expect("it is in the catalogue");
//! let request = Request { dataset, folder: Path::new("semeval"), from: None, dimension: None, retries: 4 };
//! fetch(&request, &Silent)?;
//! # Ok::<(), mlrc_fetch::FetchError>(())
//! ```

mod archive;
mod catalogue;
mod digest;
mod download;
mod error;
mod http;
mod meter;
mod origin;
mod part;
mod proxy;
mod source;
mod wanted;
mod watcher;

use std::path::{Path, PathBuf};

use error::Failure;

pub use catalogue::{Access, Dataset, Licensed, Release};
pub use error::FetchError;
pub use watcher::Watcher;

/// What to fetch, and how.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Of the catalogue.
    pub dataset: &'static Dataset,
    /// Where the files go; it is made if need be.
    pub folder: &'a Path,
    /// In place of the makers' addresses: a file, a folder, or an address with `file://`, `http://` or `https://`.
    pub from: Option<&'a str>,
    /// Components of the vectors, for data sets that have any; the first that there are if it is not said.
    pub dimension: Option<u16>,
    /// How often each address is asked again after the connection or the server failed.
    pub retries: usize,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All files are present.
    Done(Vec<PathBuf>),
    /// The watcher wanted it to stop; what had come is kept.
    Interrupted,
}

/// Fetches the missing files of a data set.
///
/// # Errors
/// If nobody may hand it out, if there are no such vectors, if `from` names nothing, if no address gives a file, or if
/// the folder cannot be written to.
pub fn fetch(request: &Request, watcher: &dyn Watcher) -> Result<Outcome, FetchError> {
    let release = request.dataset.release()?;
    let dimension = request.dataset.dimension(request.dimension)?;
    watcher
        .note(&format!("{}\nlicence {}; please cite {}", release.about, release.licence, release.citation));
    let mut paths = Vec::new();
    for (source, origin) in origin::origins(release, request.from)? {
        match source::fetch(&Request { dimension, ..request.clone() }, source, &origin, watcher) {
            Ok(more) => paths.extend(more),
            Err(Failure::Interrupted) => return Ok(Outcome::Interrupted),
            Err(Failure::Fatal(error)) => return Err(error),
            Err(Failure::Address(trouble)) => return Err(source::nowhere(source, &[trouble])),
        }
    }
    Ok(Outcome::Done(paths))
}
