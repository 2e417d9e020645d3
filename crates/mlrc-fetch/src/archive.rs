//! Extracting single files from a zip archive, without unpacking the rest.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use mlrc_corpus::files::write_atomically;
use zip::ZipArchive;

use crate::error::{Failure, unreadable, unwritable};
use crate::meter::bytes;
use crate::wanted::Wanted;
use crate::{Watcher, digest};

/// The most that is unpacked if the size is not known; the largest vectors have 5.3 GiB.
const MOST: u64 = 8 << 30;

/// How many names are listed if one is missing.
const FEW: usize = 8;

/// Whether a file is a zip archive.
pub fn is_zip(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start == b"PK\x03\x04")
}

/// Writes the wanted files, each complete and verified or not at all.
pub fn extract(path: &Path, wanted: &[Wanted], watcher: &dyn Watcher) -> Result<(), Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let damaged =
        |error: &dyn std::fmt::Display| Failure::Address(format!("the archive is damaged: {error}"));
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    for file in wanted {
        let index = position(&archive, file.content.name)?;
        let mut member = archive.by_index(index).map_err(|error| damaged(&error))?;
        watcher.note(&format!("unpacking {} ({})", file.content.name, bytes(member.size())));
        let mut trouble = None;
        let most = file.content.size.unwrap_or(MOST);
        let written = write_atomically(&file.path, |out| {
            // What an archive says about sizes need not be true.
            let mut limited = (&mut member).take(most + 1);
            let digest = digest::copy(&mut limited, out, watcher)?;
            if limited.limit() == 0 {
                let text = format!("{} has more than {}", file.content.name, bytes(most));
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
            file.settle(&digest, watcher).map_err(|failure| {
                trouble = Some(failure);
                io::Error::other("not as expected")
            })
        });
        match (written, trouble) {
            (_, Some(failure)) => return Err(failure),
            (Ok(()), None) => {}
            (Err(_), None) if watcher.is_interrupted() => return Err(Failure::Interrupted),
            (Err(error), None) => {
                use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
                return Err(match error.kind() {
                    InvalidData | InvalidInput | UnexpectedEof => damaged(&error),
                    _ => unwritable(&file.path, &error).into(),
                });
            }
        }
    }
    Ok(())
}

/// The index of a file in the archive, in whatever folder it is.
fn position(archive: &ZipArchive<BufReader<File>>, name: &str) -> Result<usize, Failure> {
    // A name that cannot be decoded is not one that we are looking for.
    let path = |index| archive.name_for_index(index).and_then(Result::ok).unwrap_or_default();
    if let Some(index) = (0..archive.len()).find(|&index| path(index).rsplit('/').next() == Some(name)) {
        return Ok(index);
    }
    let files = (0..archive.len()).map(path).filter(|path| !path.ends_with('/'));
    let mut names: Vec<_> = files.take(FEW + 1).collect();
    if names.len() > FEW {
        names[FEW] = "…".into();
    }
    Err(Failure::Address(format!("the archive does not contain {name}, only {}", names.join(", "))))
}
