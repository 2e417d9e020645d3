//! Fetches one of the publishers' files, trying one address after another, or takes it from a local file;
//! verifies it and, if it is an archive, extracts the wanted files.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mlrc_corpus::files::{create_folder, write_atomically};

use crate::catalogue::{Content, Source};
use crate::error::{Failure, FetchError, Remedy, unreadable, unwritable};
use crate::origin::Origin;
use crate::part::Part;
use crate::wanted::Wanted;
use crate::{Request, Watcher, archive, digest, download, meter};

/// Fetches the wanted files that are missing; returns the paths of all wanted files.
pub fn fetch(
    request: &Request,
    source: &'static Source,
    origin: &Origin,
    watcher: &dyn Watcher,
) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    let mut wanted = Vec::new();
    for content in source.wanted(request.dimension) {
        let file = Wanted::new(content, request.folder);
        paths.push(file.path.clone());
        if !file.is_there(watcher)? {
            wanted.push(file);
        }
    }
    match origin {
        _ if wanted.is_empty() => {}
        Origin::Local(archive) if !archive.exists() && !source.members.is_empty() => {
            create_folder(request.folder).map_err(|error| unwritable(request.folder, &error))?;
            for file in &wanted {
                let name = file.content.name;
                let Some(path) = unpacked(archive, name) else {
                    return Err(Failure::Address(format!("it is absent, and so is {name} from it")));
                };
                check_kind(&path, file)?;
                file.settle(&digest::of_file(&path, watcher)?, watcher)?;
                copy(&path, file, watcher)?;
            }
        }
        Origin::Local(path) => {
            // Checked before reading through an archive.
            create_folder(request.folder).map_err(|error| unwritable(request.folder, &error))?;
            if let Received::Whole(file) = accept(path, source, &wanted, false, watcher)? {
                copy(path, file, watcher)?;
            }
        }
        Origin::Addresses(addresses) => {
            download(request, source, addresses, &wanted, watcher)?;
        }
    }
    Ok(paths)
}

/// How deep below an archive's folder its files are looked for.
const DEPTH: usize = 3;

/// Where a file of an archive is, if the archive was unpacked where it would be: there, or in a folder there.
pub fn unpacked(archive: &Path, name: &str) -> Option<PathBuf> {
    fn find(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
        let here = folder.join(name);
        if here.is_file() {
            return Some(here);
        }
        let mut folders: Vec<PathBuf> =
            fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
        folders.retain(|path| depth > 0 && path.is_dir());
        folders.sort();
        folders.iter().find_map(|folder| find(folder, name, depth - 1))
    }
    find(archive.parent()?, name, DEPTH)
}

/// What a received file is.
enum Received<'a> {
    /// The wanted file, verified.
    Whole(&'a Wanted),
    /// An archive; the wanted files were extracted.
    Archive,
}

/// Tries one address after the other.
fn download(
    request: &Request,
    source: &'static Source,
    addresses: &[String],
    wanted: &[Wanted],
    watcher: &dyn Watcher,
) -> Result<(), Failure> {
    // An archive from elsewhere may differ, as long as the files in it are right.
    let strict = request.from.is_none();
    let size = source.file.size.filter(|_| strict || source.members.is_empty());
    let mut part = Part::open(request.folder, source.file.name)?;
    let mut troubles = Vec::new();
    for address in addresses {
        watcher.note(address);
        let received =
            download::download(address, size, &mut part, request.retries, watcher).and_then(|()| {
                accept(part.path(), source, wanted, strict, watcher).or_else(|failure| match failure {
                    // A complete file that is wrong cannot be fixed by resuming.
                    Failure::Address(trouble) => {
                        part.clear()?;
                        Err(Failure::address(address, &trouble))
                    }
                    other => Err(other),
                })
            });
        match received {
            Ok(Received::Whole(file)) => return Ok(part.finish(&file.path)?),
            Ok(Received::Archive) => {
                part.discard();
                return Ok(());
            }
            Err(Failure::Address(trouble)) => {
                if addresses.len() > 1 {
                    watcher.note(&trouble);
                }
                troubles.push(trouble);
            }
            Err(failure) => {
                leave(part, matches!(failure, Failure::Interrupted), watcher);
                return Err(failure);
            }
        }
    }
    leave(part, false, watcher);
    Err(nowhere(source, &troubles).into())
}

/// Keeps what was downloaded, if anything, and says how to continue.
fn leave(part: Part, interrupted: bool, watcher: &dyn Watcher) {
    if part.length() == 0 {
        part.discard();
    } else if part.is_resumable() {
        let of = part.total().map_or_else(String::new, |total| format!(" of {}", meter::bytes(total)));
        let came = meter::bytes(part.length());
        let at = part.path().display();
        watcher.note(&format!("{came}{of} are in {at}; the same command continues from there"));
    } else if interrupted {
        watcher.note("the server does not identify the file's version: the same command will start over");
    }
}

/// Verifies a received file; if it is an archive, extracts the wanted files.
fn accept<'a>(
    path: &Path,
    source: &'static Source,
    wanted: &'a [Wanted],
    strict: bool,
    watcher: &dyn Watcher,
) -> Result<Received<'a>, Failure> {
    let is_archive = !source.members.is_empty()
        && archive::is_zip(path).map_err(|error| Failure::from(unreadable(path, &error)))?;
    if is_archive {
        check_archive(path, &source.file, strict, watcher)?;
        archive::extract(path, wanted, watcher)?;
        return Ok(Received::Archive);
    }
    match wanted {
        [file] if source.members.is_empty() || !strict => {
            check_kind(path, file)?;
            file.settle(&digest::of_file(path, watcher)?, watcher)?;
            Ok(Received::Whole(file))
        }
        _ => Err(Failure::Address("it is not a zip archive".to_owned())),
    }
}

/// The most that a configuration or a tokenizer may have; the catalogue's have 17 MiB at most.
const MOST_JSON: u64 = 256 << 20;

/// Of some files no digest is known, but they must be what their names say: a page of a proxy is not recorded as the model's
/// configuration.
fn check_kind(path: &Path, file: &Wanted) -> Result<(), Failure> {
    if !["config.json", "tokenizer.json"].contains(&file.content.name) {
        return Ok(());
    }
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MOST_JSON + 1).read_to_end(&mut text));
    read.map_err(|error| Failure::from(unreadable(path, &error)))?;
    if text.len() as u64 > MOST_JSON {
        return Err(Failure::Address(format!("it is longer than {}", meter::bytes(MOST_JSON))));
    }
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::Address(format!("it is not a JSON object: {error}"))),
    }
}

fn check_archive(path: &Path, content: &Content, strict: bool, watcher: &dyn Watcher) -> Result<(), Failure> {
    let Some(expected) = content.sha256 else { return Ok(()) };
    watcher.note(&format!("checking {}", path.display()));
    let digest = digest::of_file(path, watcher)?;
    match (digest == expected, strict) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::Address(format!("it has SHA-256 {digest}, expected {expected}"))),
        (false, false) => {
            let name = content.name;
            watcher.note(&format!(
                "warning: this is not the {name} that its publisher provides (SHA-256 {digest})"
            ));
            Ok(())
        }
    }
}

/// Copies a verified file, and verifies the copy.
fn copy(from: &Path, file: &Wanted, watcher: &dyn Watcher) -> Result<(), Failure> {
    let mut source = fs::File::open(from).map_err(|error| unreadable(from, &error))?;
    let copied = write_atomically(&file.path, |out| {
        let digest = digest::copy(&mut source, out, watcher)?;
        if file.expected.allows(&digest) {
            Ok(())
        } else {
            Err(io::Error::other("the file changed while it was being read"))
        }
    });
    copied.map_err(|error| {
        if watcher.is_interrupted() { Failure::Interrupted } else { unwritable(&file.path, &error).into() }
    })
}

/// The error that no address provided a file, with the reason for each.
pub fn nowhere(source: &Source, troubles: &[String]) -> FetchError {
    let name = source.file.name;
    let message = match troubles {
        [trouble] => format!("{name}: {trouble}"),
        troubles => {
            format!("{name}: not available from any of {} addresses\n{}", troubles.len(), troubles.join("\n"))
        }
    };
    FetchError::new(message)
        .with_help(
            "behind a proxy, set https_proxy; \
             if the publisher has released new data, remove the .sha256 file that records the old",
        )
        .with_remedy(Remedy::OtherOrigin)
}
