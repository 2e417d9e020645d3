//! Downloading public data: whole and checked, or not at all.

mod archive;
mod catalogue;
mod digest;
mod download;
mod http;
mod meter;
mod origin;
mod part;
mod proxy;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mlrc::files::write_atomically;

use crate::error::Error;
use crate::interrupt;

use catalogue::{Content, Source};
use digest::Expected;
use origin::Origin;
use part::{Part, unwritable};

pub use catalogue::Dataset;

/// What to fetch, and how.
pub struct Request<'a> {
    pub dataset: &'static Dataset,
    pub folder: &'a Path,
    /// In place of the makers' addresses.
    pub from: Option<&'a str>,
    /// Which vectors, for data sets that have any.
    pub dimension: Option<u16>,
    pub retries: usize,
}

/// How it ended.
pub enum Outcome {
    /// All files are there.
    Done(Vec<PathBuf>),
    /// Ctrl-C; what had come is kept.
    Interrupted,
}

/// Why a file was not fetched.
#[derive(Debug)]
enum Failure {
    /// This address did not give it; another may.
    Address(String),
    /// No address will.
    Fatal(Error),
    Interrupted,
}

impl Failure {
    fn address(address: &str, trouble: &str) -> Self {
        Self::Address(format!("{address}: {trouble}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

/// A file that is to be there in the end.
struct Wanted {
    content: &'static Content,
    path: PathBuf,
    expected: Expected,
}

impl Wanted {
    fn new(content: &'static Content, folder: &Path) -> Self {
        let path = folder.join(content.name);
        Self { expected: Expected::of(content, &path), content, path }
    }

    /// Whether the file is there and as it should be.
    fn is_there(&self) -> Result<bool, Failure> {
        let path = self.path.display();
        let length = match fs::metadata(&self.path) {
            Ok(metadata) => metadata.len(),
            // That a folder cannot be made is said when it is made.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(false);
            }
            Err(error) => return Err(unreadable(&self.path, &error).into()),
        };
        if self.expected == Expected::Anything {
            let message = format!("{path}: is there already, and nothing says what should be in it");
            let keep = format!("move it away, or keep it with `sha256sum {path} > {path}.sha256`");
            return Err(Error::new(message).help(keep).into());
        }
        let right_length = self.content.size.is_none_or(|size| size == length);
        if right_length && self.expected.allows(&digest_of(&self.path)?) {
            say!("{path}: is there already, as it should be");
            return Ok(true);
        }
        say!("{path}: is not as it should be, and will be replaced");
        Ok(false)
    }

    /// Checks what came against what was expected, and records it if nothing was.
    fn settle(&self, digest: &str) -> Result<(), Failure> {
        self.expected.check(&self.path, digest).map_err(Failure::Address)?;
        if self.expected == Expected::Anything {
            let record = digest::record_path(&self.path);
            digest::record(&self.path, digest).map_err(|error| unwritable(&record, &error))?;
            say!("SHA-256 {digest}, not known beforehand: recorded in {}", record.display());
        }
        Ok(())
    }
}

/// Fetches what is missing of a data set.
pub fn fetch(request: &Request) -> Result<Outcome, Error> {
    let mut paths = Vec::new();
    for (source, origin) in origin::origins(request.dataset, request.from)? {
        match fetch_source(request, source, &origin) {
            Ok(more) => paths.extend(more),
            Err(Failure::Interrupted) => return Ok(Outcome::Interrupted),
            Err(Failure::Fatal(error)) => return Err(error),
            Err(Failure::Address(trouble)) => return Err(nowhere(source, &[trouble])),
        }
    }
    Ok(Outcome::Done(paths))
}

fn fetch_source(
    request: &Request,
    source: &'static Source,
    origin: &Origin,
) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    let mut wanted = Vec::new();
    for content in source.wanted(request.dimension) {
        let file = Wanted::new(content, request.folder);
        paths.push(file.path.clone());
        if !file.is_there()? {
            wanted.push(file);
        }
    }
    match origin {
        _ if wanted.is_empty() => {}
        Origin::Local(path) => {
            // Before an archive is read through.
            fs::create_dir_all(request.folder).map_err(|error| unwritable(request.folder, &error))?;
            if let Received::Whole(file) = accept(path, source, &wanted, false)? {
                copy(path, file)?;
            }
        }
        Origin::Addresses(addresses) => {
            download(request, source, addresses, &wanted)?;
        }
    }
    Ok(paths)
}

/// What a file that came is.
enum Received<'a> {
    /// The wanted file, checked.
    Whole(&'a Wanted),
    /// An archive; the wanted files were taken out.
    Archive,
}

/// Tries one address after the other.
fn download(
    request: &Request,
    source: &'static Source,
    addresses: &[String],
    wanted: &[Wanted],
) -> Result<(), Failure> {
    // Somebody else's archive may be another, as long as its files are right.
    let strict = request.from.is_none();
    let size = source.file.size.filter(|_| strict || source.members.is_empty());
    let mut part = Part::open(request.folder, source.file.name)?;
    let mut troubles = Vec::new();
    for address in addresses {
        say!("{address}");
        let received = download::download(address, size, &mut part, request.retries).and_then(|()| {
            accept(part.path(), source, wanted, strict).or_else(|failure| match failure {
                // What came whole and is wrong does not get better by going on.
                Failure::Address(trouble) => {
                    part.clear()?;
                    Err(Failure::address(address, &trouble))
                }
                other => Err(other),
            })
        });
        match received {
            Ok(Received::Whole(file)) => return Ok(part.become_file(&file.path)?),
            Ok(Received::Archive) => {
                part.discard();
                return Ok(());
            }
            Err(Failure::Address(trouble)) => {
                if addresses.len() > 1 {
                    say!("{trouble}");
                }
                troubles.push(trouble);
            }
            Err(failure) => {
                leave(part, matches!(failure, Failure::Interrupted));
                return Err(failure);
            }
        }
    }
    leave(part, false);
    Err(nowhere(source, &troubles).into())
}

/// Keeps what has come, if anything, and says how to go on.
fn leave(part: Part, interrupted: bool) {
    if part.length() == 0 {
        part.discard();
    } else if part.can_go_on() {
        let of = part.total().map_or_else(String::new, |total| format!(" of {}", meter::bytes(total)));
        let came = meter::bytes(part.length());
        say!("{came}{of} are in {}; the same command goes on from there", part.path().display());
    } else if interrupted {
        say!("the server does not tell versions of the file apart: the same command begins anew");
    }
}

/// Checks a file that came and takes out what is wanted.
fn accept<'a>(
    path: &Path,
    source: &'static Source,
    wanted: &'a [Wanted],
    strict: bool,
) -> Result<Received<'a>, Failure> {
    let is_archive = !source.members.is_empty()
        && archive::is_zip(path).map_err(|error| Failure::from(unreadable(path, &error)))?;
    if is_archive {
        check_archive(path, &source.file, strict)?;
        archive::extract(path, wanted)?;
        return Ok(Received::Archive);
    }
    match wanted {
        [file] if source.members.is_empty() || !strict => {
            file.settle(&digest_of(path)?)?;
            Ok(Received::Whole(file))
        }
        _ => Err(Failure::Address("it is no zip archive".to_owned())),
    }
}

fn check_archive(path: &Path, content: &Content, strict: bool) -> Result<(), Failure> {
    let Some(expected) = content.sha256 else { return Ok(()) };
    say!("checking {}", path.display());
    let digest = digest_of(path)?;
    match (digest == expected, strict) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::Address(format!("it has SHA-256 {digest}, expected {expected}"))),
        (false, false) => {
            say!("warning: it is not the {} that its makers publish (SHA-256 {digest})", content.name);
            Ok(())
        }
    }
}

/// Copies a file that was checked, and checks what was copied.
fn copy(from: &Path, file: &Wanted) -> Result<(), Failure> {
    let mut source = fs::File::open(from).map_err(|error| unreadable(from, &error))?;
    let copied = write_atomically(&file.path, |out| {
        let digest = digest::copy(&mut source, out)?;
        if file.expected.allows(&digest) {
            Ok(())
        } else {
            Err(io::Error::other("it changed while it was read"))
        }
    });
    copied.map_err(|error| {
        if interrupt::requested() { Failure::Interrupted } else { unwritable(&file.path, &error).into() }
    })
}

fn digest_of(path: &Path) -> Result<String, Failure> {
    digest::of_file(path).map_err(|error| {
        if interrupt::requested() { Failure::Interrupted } else { unreadable(path, &error).into() }
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(format!("{}: cannot be read: {error}", path.display()))
}

/// That no address gave a file, and what each said.
fn nowhere(source: &Source, troubles: &[String]) -> Error {
    let name = source.file.name;
    let message = match troubles {
        [trouble] => format!("{name}: {trouble}"),
        troubles => format!("{name}: none of {} addresses gave it\n{}", troubles.len(), troubles.join("\n")),
    };
    Error::new(message).help(
        "`--from FILE-OR-URL` takes it from elsewhere; behind a proxy, set https_proxy; \
         if the makers released other data, remove the .sha256 file that records the old",
    )
}
