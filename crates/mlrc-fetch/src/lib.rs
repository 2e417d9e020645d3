//! Downloads of public data sets, word vectors and encoders: complete and verified, or not at all.
//!
//! The catalogue, [`Dataset::all`], lists what can be fetched. [`fetch`] brings the files of a data set into
//! a folder, from their publishers or from elsewhere: it resumes after broken connections, tries mirrors,
//! extracts single files from archives, and compares what it received with the known SHA-256, or with the one
//! recorded when the file was first fetched.
//!
//! The crate does not use a terminal: it reports progress to a [`Watcher`], which also says when to stop.
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

use catalogue::Source;
use error::Failure;
use origin::Origin;

pub use catalogue::{Access, Dataset, Licensed, Release};
pub use error::{FetchError, Remedy};
pub use watcher::Watcher;

/// What to fetch, and how.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// A data set of the catalogue.
    pub dataset: &'static Dataset,
    /// The folder for the files; it is created if necessary.
    pub folder: &'a Path,
    /// Where to take it from, instead of the publishers' addresses: a file, a folder, or a URL with
    /// `file://`, `http://` or `https://`.
    pub from: Option<&'a str>,
    /// Dimension of the vectors, for data sets that have any; the first one available by default.
    pub dimension: Option<u16>,
    /// How often each address is retried after the connection or the server failed.
    pub retries: usize,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All files are present.
    Done(Vec<PathBuf>),
    /// The watcher asked to stop; what was downloaded is kept.
    Interrupted,
}

/// Fetches the missing files of a data set.
///
/// # Errors
/// If the data set may not be redistributed, it has no such vectors, `from` names nothing, no address
/// provides a file, or the folder cannot be written to.
pub fn fetch(request: &Request, watcher: &dyn Watcher) -> Result<Outcome, FetchError> {
    let release = request.dataset.release()?;
    let dimension = request.dataset.dimension(request.dimension)?;
    watcher
        .note(&format!("{}\nlicence {}; please cite {}", release.about, release.licence, release.citation));
    let mut paths = Vec::new();
    let origins = origin::origins(release, request.from)?;
    // Nothing is copied from a folder that is not the right one.
    if let Some(folder) = request.from.filter(|from| Path::new(from).is_dir()) {
        let missing = |(source, origin): &(&Source, Origin)| match origin {
            Origin::Local(path) if !path.exists() => {
                let unpacked = |content: &&catalogue::Content| source::unpacked(path, content.name).is_some();
                let all = !source.members.is_empty() && source.wanted(dimension).iter().all(unpacked);
                (!all).then_some(source.file.name)
            }
            Origin::Local(_) | Origin::Addresses(_) => None,
        };
        let missing: Vec<&str> =
            origins.iter().filter_map(missing).filter(|name| !request.folder.join(name).exists()).collect();
        if !missing.is_empty() {
            let absent = FetchError::new(format!("{folder}: there is no {}", missing.join(", no ")));
            return Err(absent.with_help("of an archive, the files in it will do"));
        }
    }
    for (source, origin) in origins {
        match source::fetch(&Request { dimension, ..request.clone() }, source, &origin, watcher) {
            Ok(more) => paths.extend(more),
            Err(Failure::Interrupted) => return Ok(Outcome::Interrupted),
            Err(Failure::Fatal(error)) => return Err(error),
            Err(Failure::Address(trouble)) => return Err(source::nowhere(source, &[trouble])),
        }
    }
    // One of several files was named.
    let is_there = |content: &&catalogue::Content| request.folder.join(content.name).exists();
    let wanted = release.sources.iter().flat_map(|source| source.wanted(dimension));
    let missing: Vec<&str> =
        wanted.filter(|content| !is_there(content)).map(|content| content.name).collect();
    if !missing.is_empty() {
        watcher.note(&format!("{}: still without {}", request.folder.display(), missing.join(" and ")));
    }
    Ok(Outcome::Done(paths))
}
