//! Files that are either complete or absent: naming, atomic writing by renaming, hashing. All that the libraries and the program
//! write goes through here, so that tests can let each step of it fail (`faults`).

mod faults;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::Xxh3Default;

pub use faults::Sink;
use faults::Step;

/// A name for a file: `parts` joined by hyphens, with characters that are unsafe in file names replaced.
pub fn name(parts: &[&str]) -> String {
    let safe = |c: char| if c.is_alphanumeric() || ['-', '_', '.'].contains(&c) { c } else { '_' };
    parts.join("-").chars().map(safe).collect()
}

/// Temporary files that are being written.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file in the list of them.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        unfinished().remove(&self.0);
    }
}

/// Removes the temporary files of [`write_atomically`], for a program that is about to end, whatever its threads are doing.
/// Nothing can be written any more.
pub fn remove_unfinished() {
    let unfinished = unfinished();
    for path in unfinished.iter() {
        // What cannot be removed stays; the program ends.
        let _ = fs::remove_file(path);
    }
    std::mem::forget(unfinished);
}

/// Most symbolic links that are followed, as on Linux.
const MOST_LINKS: usize = 40;

/// Where a file is or would be made: symbolic links are followed even if they lead nowhere yet.
fn target(path: &Path) -> io::Result<PathBuf> {
    if let Ok(target) = fs::canonicalize(path) {
        return Ok(target);
    }
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(link) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(link);
    }
    Err(io::Error::other("it is a symbolic link that leads to itself"))
}

/// Writes a file completely or not at all: to a temporary file next to it, which is then renamed. A symbolic link stays
/// and its target is replaced, which keeps its permissions; a pipe or a device is written to.
///
/// # Errors
/// If the folder cannot be written to.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut io::BufWriter<Sink<&File>>) -> io::Result<()>,
) -> io::Result<()> {
    let before = fs::metadata(path).ok();
    // What is no regular file must not be replaced by one.
    if let Some(metadata) = before.as_ref().filter(|metadata| !metadata.is_file()) {
        if metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a folder, expected the name of a file",
            ));
        }
        let file = File::options().write(true).open(path)?;
        let mut writer = io::BufWriter::new(Sink(&file));
        write(&mut writer)?;
        return writer.flush();
    }
    let path = target(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(folder)?;
    faults::step(Step::Create, &path)?;
    let (temporary, listed) = temporary(folder)?;
    let mut writer = io::BufWriter::new(Sink(temporary.as_file()));
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    if let Some(before) = before {
        temporary.as_file().set_permissions(before.permissions())?;
    }
    faults::step(Step::Sync, &path)?;
    temporary.as_file().sync_all()?;
    faults::step(Step::Rename, &path)?;
    temporary.persist(&path).map_err(|error| error.error)?;
    drop(listed);
    // The new name, too, should survive a power failure; some file systems cannot promise that.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Creates a folder with those that it is in, unless it is there.
///
/// # Errors
/// If it cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    faults::step(Step::Folder, path)?;
    fs::create_dir_all(path)
}

/// Gives a file that was written in its own way, and is complete, its final name.
///
/// # Errors
/// If it cannot be brought to the disk or renamed.
pub fn finish(file: &File, path: &Path, name: &Path) -> io::Result<()> {
    faults::step(Step::Sync, path)?;
    file.sync_all()?;
    faults::step(Step::Rename, name)?;
    fs::rename(path, name)
}

/// A temporary file, as readable as any new one, and its place in the list.
fn temporary(folder: &Path) -> io::Result<(NamedTempFile, Unfinished)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".unfinished-");
    #[cfg(unix)]
    let everyone = {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(0o666)
    };
    // Without what the user's umask takes away.
    #[cfg(unix)]
    builder.permissions(everyone);
    let mut unfinished = unfinished();
    let temporary = builder.tempfile_in(folder)?;
    unfinished.insert(temporary.path().to_owned());
    let listed = Unfinished(temporary.path().to_owned());
    Ok((temporary, listed))
}

/// Writes `value` as indented JSON, completely or not at all.
///
/// # Errors
/// If the folder cannot be written to.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    write_atomically(path, |writer| {
        serde_json::to_writer_pretty(&mut *writer, value)?;
        writer.write_all(b"\n")
    })
}

/// XXH3 (128 bits) of a file's content.
///
/// # Errors
/// If it cannot be read.
pub fn hash(path: &Path) -> io::Result<u128> {
    let mut file = File::open(path)?;
    let mut hasher = Xxh3Default::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.digest128()),
            read => hasher.update(&block[..read]),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, text: &str) {
        write_atomically(path, |out| out.write_all(text.as_bytes())).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn links_are_followed_even_if_they_lead_nowhere_yet() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        symlink("folder/new", at("link")).unwrap();
        symlink("link", at("to-link")).unwrap();
        for text in ["one", "two"] {
            write(&at("to-link"), text);
            assert_eq!(fs::read_to_string(at("folder/new")).unwrap(), text);
            assert!(["link", "to-link"].iter().all(|name| at(name).is_symlink()));
        }
        symlink("circle", at("circle")).unwrap();
        let error = write_atomically(&at("circle"), |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("leads to itself"), "{error}");
    }

    #[test]
    fn permissions_are_those_of_the_file_or_of_any_new_one() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::write(at("ordinary"), "").unwrap();
        write(&at("new"), "text");
        assert_eq!(mode(&at("new")), mode(&at("ordinary")));
        for kept in [0o600, 0o640, 0o755] {
            fs::set_permissions(at("new"), fs::Permissions::from_mode(kept)).unwrap();
            write(&at("new"), "another text");
            assert_eq!(mode(&at("new")), kept);
        }
    }

    #[test]
    fn what_is_unfinished_is_listed_until_it_is_finished_or_given_up() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        let ours = || unfinished().iter().filter(|path| path.starts_with(place.path())).count();
        let failed = write_atomically(&path, |out| {
            assert_eq!(ours(), 1);
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err() && !path.exists());
        assert_eq!((ours(), fs::read_dir(place.path()).unwrap().count()), (0, 0));
        write(&path, "whole");
        assert_eq!((ours(), fs::read_dir(place.path()).unwrap().count()), (0, 1));
    }
}
