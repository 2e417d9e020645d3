//! Vectors in binary form, ready to be mapped, so that a text file is parsed only once.
//!
//! A copy is named by a hash of the text file's content: a changed file has another copy, a moved one the
//! same. Copies are never deleted here, but anyone may delete them at any time.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::{Vectors, VectorsError, VectorsNotice};
use crate::files::{hash, make_read_only, map_ours, write_atomically};

/// Part of every name, to be incremented when the layout, or the parser's result for the same text, changes.
const LAYOUT: u32 = 1;

impl Vectors {
    /// The result of [`Vectors::read`] for `path`: from a copy in `folder` if there is one for the same
    /// content, otherwise by reading the text and saving a copy, if `folder` can be written to.
    ///
    /// # Errors
    /// As [`Vectors::read`].
    pub fn read_cached(path: &Path, folder: &Path) -> Result<(Self, Vec<VectorsNotice>), VectorsError> {
        let io = |source| VectorsError::Io { path: path.to_owned(), source };
        // What comes through a pipe can be read only once.
        if !fs::metadata(path).map_err(io)?.is_file() {
            return Self::read(path);
        }
        if let Some(found) = CachedVectors::new(folder, hash(path).map_err(io)?).open() {
            return Ok(found);
        }
        let bytes = fs::read(path).map_err(io)?;
        // Not the hash from above: the file may have changed since.
        let copy = CachedVectors::new(folder, xxh3_128(&bytes));
        let (vectors, notices) = Self::from_bytes(bytes, path)?;
        // A copy is a convenience: if none can be saved, the text is read every time.
        let kept = copy.write(&vectors, &notices).ok().and_then(|()| copy.open());
        Ok(kept.unwrap_or((vectors, notices)))
    }
}

/// The two files of a copy: the vocabulary, and the matrix with metadata.
struct CachedVectors {
    words: PathBuf,
    matrix: PathBuf,
}

const TENSOR: &str = "vectors";

impl CachedVectors {
    fn new(folder: &Path, hash: u128) -> Self {
        let file = |ending| folder.join(format!("vectors{LAYOUT}-{hash:032x}.{ending}"));
        Self { words: file("fst"), matrix: file("safetensors") }
    }

    /// The vectors, if there is an intact copy.
    fn open(&self) -> Option<(Vectors, Vec<VectorsNotice>)> {
        let (words, matrix) = (map_ours(&self.words).ok()?, map_ours(&self.matrix).ok()?);
        let (header, metadata) = SafeTensors::read_metadata(&matrix).ok()?;
        let info = metadata.info(TENSOR)?;
        let known = metadata.metadata().as_ref()?;
        let values = 8 + header + info.data_offsets.0..8 + header + info.data_offsets.1;
        let sound = known.get("words_hash")? == &hex(&words)
            && known.get("values_hash")? == &hex(matrix.get(values.clone())?);
        let notices = serde_json::from_str(known.get("notices")?).ok()?;
        let lowercase = known.get("lowercase")? == "true";
        let [rows, dimension] = info.shape[..] else { return None };
        if !sound || info.dtype != Dtype::F32 {
            return None;
        }
        let vectors = Vectors::from_mapped(
            Arc::new(words),
            (Arc::new(matrix), values.start),
            dimension,
            false,
            lowercase,
        )
        .ok()?;
        (vectors.len() == rows).then_some((vectors, notices))
    }

    fn write(&self, vectors: &Vectors, notices: &[VectorsNotice]) -> io::Result<()> {
        let values = vectors.values();
        let values: &[u8] = bytemuck::cast_slice(&values);
        let shape = vec![vectors.len(), vectors.dimension()];
        let metadata = HashMap::from([
            ("words_hash".to_owned(), hex(vectors.vocabulary_bytes())),
            ("values_hash".to_owned(), hex(values)),
            ("lowercase".to_owned(), vectors.lowercase().to_string()),
            ("notices".to_owned(), serde_json::to_string(notices)?),
        ]);
        let tensor = TensorView::new(Dtype::F32, shape, values).map_err(io::Error::other)?;
        let matrix = serialize([(TENSOR, tensor)], Some(metadata)).map_err(io::Error::other)?;
        // The matrix last: its presence shows that the copy is complete.
        write_atomically(&self.words, |writer| writer.write_all(vectors.vocabulary_bytes()))?;
        write_atomically(&self.matrix, |writer| writer.write_all(&matrix))?;
        make_read_only(&self.words).and_then(|()| make_read_only(&self.matrix))
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("{:016x}", xxh3_64(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(vectors: &Vectors, word: &str) -> Vec<f32> {
        let mut row = Vec::new();
        vectors.append_row(vectors.index(word).unwrap(), &mut row);
        row
    }

    #[test]
    fn a_copy_is_the_text_and_follows_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let (text, cache) = (folder.path().join("v.txt"), folder.path().join("cache"));
        fs::write(&text, "3 2\na 1 2\nb 0.1 4\na 5 6\n").unwrap();
        let read = Vectors::read(&text).unwrap();
        for time in 0..2 {
            let (vectors, notices) = Vectors::read_cached(&text, &cache).unwrap();
            assert!(matches!(vectors.matrix, super::super::Matrix::Mapped { .. }), "time {time}");
            assert_eq!(notices, read.1);
            assert_eq!((vectors.len(), vectors.dimension(), vectors.lowercase()), (2, 2, true));
            assert_eq!((row(&vectors, "A"), row(&vectors, "b")), (vec![1.0, 2.0], vec![0.1, 4.0]));
        }
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 2);
        // The same name and size, another content.
        fs::write(&text, "3 2\na 1 2\nb 0.1 7\na 5 6\n").unwrap();
        assert_eq!(row(&Vectors::read_cached(&text, &cache).unwrap().0, "b"), [0.1, 7.0]);
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn copies_that_others_can_write_are_not_believed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (text, cache) = (folder.path().join("v.txt"), folder.path().join("cache"));
        fs::write(&text, "a 1 2\nb 3 4\n").unwrap();
        Vectors::read_cached(&text, &cache).unwrap();
        let files: Vec<PathBuf> = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).collect();
        let copy = CachedVectors::new(&cache, hash(&text).unwrap());
        for file in &files {
            for mode in [0o664, 0o646] {
                assert!(copy.open().is_some());
                fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
                assert!(copy.open().is_none(), "{mode:o}");
                // The text is read, and the copy is ours again.
                assert_eq!(row(&Vectors::read_cached(&text, &cache).unwrap().0, "b"), [3.0, 4.0]);
            }
        }
        assert!(copy.open().is_some());
    }

    #[test]
    fn damaged_copies_are_made_again_and_no_folder_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let (text, cache) = (folder.path().join("v.txt"), folder.path().join("cache"));
        fs::write(&text, "a 1 2\nb 3 4\n").unwrap();
        Vectors::read_cached(&text, &cache).unwrap();
        let files: Vec<PathBuf> = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).collect();
        for file in &files {
            let whole = fs::read(file).unwrap();
            for damaged in
                [&whole[..whole.len() - 1], &[], &[&whole[..whole.len() - 3], &[9, 9, 9]].concat()[..]]
            {
                // It is read-only.
                fs::remove_file(file).unwrap();
                fs::write(file, damaged).unwrap();
                assert!(CachedVectors::new(&cache, hash(&text).unwrap()).open().is_none());
                assert_eq!(row(&Vectors::read_cached(&text, &cache).unwrap().0, "b"), [3.0, 4.0]);
                assert!(
                    CachedVectors::new(&cache, hash(&text).unwrap()).open().is_some(),
                    "the copy is whole again"
                );
            }
        }
        let (vectors, _) = Vectors::read_cached(&text, &text.join("not-a-folder")).unwrap();
        assert_eq!(row(&vectors, "b"), [3.0, 4.0]);
        assert!(Vectors::read_cached(&folder.path().join("absent"), &cache).is_err());
    }
}
