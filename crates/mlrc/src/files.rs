//! Files that are either complete or absent (see [`mlrc_corpus::files`]), files in memory, tensors in files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use memmap2::{Mmap, MmapMut};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

pub use mlrc_corpus::files::{
    Sink, create_folder, hash, name, remove_unfinished, write_atomically, write_json,
};

/// Reads a file into memory of its own. A user's file must not be mapped: truncated or copied over while it is in use, it
/// would end the program, or change its answers.
pub(crate) fn read(path: &Path) -> io::Result<Mmap> {
    let mut file = File::open(path)?;
    let bytes = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut content = MmapMut::map_anon(bytes)?;
    file.read_exact(&mut content)?;
    content.make_read_only()
}

/// Maps a file of the cache, if nobody else can have written it.
#[allow(unsafe_code)]
pub(crate) fn map_ours(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    if !is_ours(&file)? {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    // SAFETY: copies are named by their content, written once, replaced by renaming and read-only, so the mapping does not change.
    unsafe { Mmap::map(&file) }
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
    set_mode(path, 0o644)
}

/// Lets nobody write to a file of the cache, the user neither: it is mapped.
pub(crate) fn make_read_only(path: &Path) -> io::Result<()> {
    set_mode(path, 0o444)
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    let _ = (path, mode);
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
