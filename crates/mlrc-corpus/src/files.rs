//! Files that are either complete or absent: naming, atomic writing by renaming, hashing.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3Default;

/// A name for a file: `parts` joined by hyphens, with characters that are unsafe in file names replaced.
pub fn name(parts: &[&str]) -> String {
    let safe = |c: char| if c.is_alphanumeric() || ['-', '_', '.'].contains(&c) { c } else { '_' };
    parts.join("-").chars().map(safe).collect()
}

/// Writes a file completely or not at all: to a temporary file next to it, which is then renamed. A symbolic link stays
/// and its target is replaced; a pipe or a device is written to.
///
/// # Errors
/// If the folder cannot be written to.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut io::BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    // What is no regular file must not be replaced by one.
    let target = fs::canonicalize(path).ok();
    let path = target.as_deref().unwrap_or(path);
    if let Ok(metadata) = fs::metadata(path)
        && !metadata.is_file()
    {
        if metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a folder, expected the name of a file",
            ));
        }
        let file = File::options().write(true).open(path)?;
        let mut writer = io::BufWriter::new(&file);
        write(&mut writer)?;
        return writer.flush();
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder)?;
    let mut writer = io::BufWriter::new(temporary.as_file());
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    temporary.as_file().sync_all()?;
    #[cfg(unix)]
    {
        // Temporary files are private; what replaces an ordinary file should be as readable as one.
        use std::os::unix::fs::PermissionsExt;
        temporary.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
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
