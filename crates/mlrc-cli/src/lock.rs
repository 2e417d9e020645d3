//! Who writes into an output folder: one run at a time, or several jobs of one experiment.
//!
//! The lock is the operating system's, on a file in the folder: it ends with the process, however that ends, so none is stale.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The file that is locked. It holds the number of the process, for messages.
pub const LOCK: &str = ".lock";

/// A folder that this process writes into, until the value is dropped.
pub struct Lock {
    folder: PathBuf,
    /// `None` where the file system has no locks.
    file: Option<File>,
    /// The folders that were not there before, the innermost first.
    created: Vec<PathBuf>,
}

impl Lock {
    /// For a run that nothing else may write beside. The folder is created if it does not exist.
    pub fn alone(folder: &Path) -> Result<Self, Error> {
        Self::new(folder, File::try_lock)
    }

    /// For a job beside which there may be others, but no [`Lock::alone`].
    pub fn beside_others(folder: &Path) -> Result<Self, Error> {
        Self::new(folder, File::try_lock_shared)
    }

    fn new(folder: &Path, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Self, Error> {
        let path = folder.join(LOCK);
        let fail = |error: io::Error| Error::new(format!("cannot write to {}: {error}", folder.display()));
        let absent = folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let created: Vec<PathBuf> = absent.map(Path::to_owned).collect();
        loop {
            // Anew each time: an owner that wrote nothing removes the folder that it made.
            fs::create_dir_all(folder).map_err(fail)?;
            let mut file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(fail)?;
            match lock(&file) {
                Ok(()) if is_at(&file, &path) => {
                    let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
                    written.map_err(fail)?;
                    return Ok(Self { folder: folder.to_owned(), file: Some(file), created });
                }
                // Its owner ended and removed it in between.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(taken(folder, &mut file)),
                // A network's file system may have no locks: nobody should be unable to work there.
                Err(TryLockError::Error(_)) => {
                    let _ = fs::remove_file(&path);
                    return Ok(Self { folder: folder.to_owned(), file: None, created });
                }
            }
        }
    }

    /// Fails if the folder was removed or replaced: what is written would end up somewhere else.
    pub fn check(&self) -> Result<(), Error> {
        match &self.file {
            Some(file) if !is_at(file, &self.folder.join(LOCK)) => Err(Error::new(format!(
                "{}: the folder was removed, moved or replaced while the run was in progress",
                self.folder.display()
            ))
            .help("nothing more is written there; leave the folder alone until the run has ended")),
            _ => Ok(()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let Some(file) = &self.file else { return };
        let path = self.folder.join(LOCK);
        // The last one removes it: while it is locked, so that nobody else can have locked it.
        if file.unlock().is_ok() && file.try_lock().is_ok() && is_at(file, &path) {
            let _ = fs::remove_file(path);
            // Nothing is left of a run that wrote nothing: folders with something in them stay.
            let _ = self.created.iter().try_for_each(fs::remove_dir);
        }
    }
}

fn taken(folder: &Path, file: &mut File) -> Error {
    let mut process = String::new();
    let _ = file.read_to_string(&mut process);
    let who = match process.trim().parse::<u32>() {
        Ok(number) => format!("process {number}"),
        Err(_) => "another process".to_owned(),
    };
    Error::new(format!("{}: {who} is writing into this folder", folder.display()))
        .help("wait until it has ended, stop it, or choose another folder")
}

/// Whether the open file is the one at `path`.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let (Ok(open), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
        identity(open) == identity(there)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_or_several_jobs_hold_a_folder_and_the_last_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("out");
        let alone = Lock::alone(&folder).unwrap();
        let expected =
            format!("{}: process {} is writing into this folder", folder.display(), std::process::id());
        assert_eq!(Lock::alone(&folder).err().unwrap().to_string(), expected);
        assert_eq!(Lock::beside_others(&folder).err().unwrap().to_string(), expected);
        drop(alone);
        assert!(!folder.exists() && place.path().exists());
        let jobs = [Lock::beside_others(&folder).unwrap(), Lock::beside_others(&folder).unwrap()];
        assert!(Lock::alone(&folder).is_err());
        let [first, second] = jobs;
        drop(first);
        assert!(Lock::alone(&folder).is_err() && second.check().is_ok());
        drop(second);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        let inner = folder.join("inner");
        let lock = Lock::alone(&inner).unwrap();
        fs::write(folder.join("result"), "").unwrap();
        drop(lock);
        assert!(!inner.exists() && folder.join("result").exists());
        fs::create_dir(&inner).unwrap();
        drop(Lock::alone(&inner).unwrap());
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_was_taken_away_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("out");
        let lock = Lock::alone(&folder).unwrap();
        fs::rename(&folder, place.path().join("elsewhere")).unwrap();
        assert!(lock.check().unwrap_err().to_string().contains("removed, moved or replaced"));
        let other = Lock::alone(&folder).unwrap();
        drop(lock);
        assert!(other.check().is_ok() && Lock::alone(&folder).is_err());
    }
}
