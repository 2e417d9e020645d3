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
#[allow(unsafe_code)]
pub(crate) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: such files are replaced by renaming, never written in place, so the mapping does not change.
    unsafe { Mmap::map(&file) }
}

/// The values of an `F32` tensor, or what is wrong with it.
pub(crate) fn floats(tensors: &SafeTensors, name: &str) -> Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("no tensor `{name}`"))?;
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("`{name}` is {:?}, expected F32", tensor.dtype()));
    }
    Ok(tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}
