//! Files that are either complete or absent (see [`mlrc_corpus::files`]), mapping files written that way,
//! tensors in files.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

pub use mlrc_corpus::files::{hash, name, remove_unfinished, write_atomically, write_json};

/// Maps a file that was written by [`write_atomically`].
pub(crate) fn map(path: &Path) -> io::Result<Mmap> {
    map_file(&File::open(path)?)
}

/// The same of a file in the cache, if nobody else can have written it.
pub(crate) fn map_ours(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    if is_ours(&file)? { map_file(&file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

#[allow(unsafe_code)]
fn map_file(file: &File) -> io::Result<Mmap> {
    // SAFETY: such files are replaced by renaming, never written in place, so the mapping does not change.
    unsafe { Mmap::map(file) }
}

/// Whether a file is the user's own and nobody else can write to it. What is in the cache is believed, and the folder may be one
/// that everybody can write to.
pub(crate) fn is_ours(file: &File) -> io::Result<bool> {
    let metadata = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        const WRITABLE_BY_OTHERS: u32 = 0o022;
        let own = metadata.uid() == rustix::process::geteuid().as_raw();
        if !own || metadata.mode() & WRITABLE_BY_OTHERS != 0 {
            return Ok(false);
        }
    }
    Ok(metadata.is_file())
}

/// Lets nobody else write to a file of the cache, whatever the user's umask.
pub(crate) fn keep_to_ourselves(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))?;
    }
    let _ = path;
    Ok(())
}

/// The values of an `F32` tensor, or what is wrong with it.
pub(crate) fn floats(tensors: &SafeTensors, name: &str) -> Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("no tensor `{name}`"))?;
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("`{name}` is {:?}, expected F32", tensor.dtype()));
    }
    Ok(tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}
