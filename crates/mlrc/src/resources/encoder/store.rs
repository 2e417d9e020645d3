//! Computed vectors on disk, so that the fractions, seeds and arms of an experiment compute each sentence once.
//!
//! A file for each encoder and choice of blocks: a header, then records, each a sentence's key, its size, a checksum and its
//! vectors. Records are only ever appended, under a lock; one that was not completed is overwritten. Everything here is a
//! convenience: what cannot be read or written is computed again.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use half::f16;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use super::contextual::SentenceVectors;
use crate::files::{is_ours, keep_to_ourselves};

/// The most that all files together may take. Beyond it, those not used for longest are deleted.
const MOST_BYTES: u64 = 4 << 30;
const PREFIX: &str = "tokens1-";
const MAGIC: [u8; 16] = *b"mlrc tokens, 1\n\0";
/// Key, number of tokens, dimension, checksum.
const RECORD: usize = 16 + 4 + 4 + 8;

/// Identifies a sentence by its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    pub fn of(tokens: &[String]) -> Self {
        let mut hasher = Xxh3Default::new();
        for token in tokens {
            hasher.update(&token.len().to_le_bytes());
            hasher.update(token.as_bytes());
        }
        Self(hasher.digest128())
    }
}

/// Whether a file is a store: its name alone may be somebody else's.
fn is_store(path: &Path, name: &str) -> bool {
    let mut magic = [0; MAGIC.len()];
    name.starts_with(PREFIX)
        && path.extension().is_some_and(|extension| extension == "bin")
        && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok_and(|()| magic == MAGIC)
}

pub(super) struct Store {
    path: PathBuf,
    dimension: usize,
    records: Mutex<Records>,
}

/// What is in the file, as far as it has been read.
#[derive(Default)]
struct Records {
    file: Option<File>,
    /// Where a sentence's vectors begin, their number of tokens, and their checksum.
    index: HashMap<Key, (u64, usize, u64)>,
    /// The end of the last complete record.
    end: u64,
}

impl Store {
    /// The store in `folder` for an encoder's blocks.
    pub fn open(folder: &Path, encoder: u128, blocks: &[usize], dimension: usize) -> Self {
        let blocks: Vec<String> = blocks.iter().map(ToString::to_string).collect();
        let path = folder.join(format!("{PREFIX}{encoder:032x}-{}.bin", blocks.join("-")));
        let file = File::options().read(true).write(true).open(&path).ok();
        let ours = file.filter(|file| is_ours(file).unwrap_or(false));
        if ours.is_none() {
            // What others could write to is not believed. If it can be removed, a new one takes its place.
            let _ = fs::remove_file(&path);
        }
        let mut records = Records { file: ours, ..Records::default() };
        if records.read_on(dimension).is_err() {
            records = Records::default();
        }
        // Deletion goes by this.
        if let Some(file) = &records.file {
            let _ = file.set_modified(SystemTime::now());
        }
        Self { path, dimension, records: Mutex::new(records) }
    }

    /// The vectors of a sentence of so many tokens, if they are here and intact.
    pub fn get(&self, key: Key, tokens: usize) -> Option<SentenceVectors> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let &(start, found, check) = records.index.get(&key)?;
        let mut bytes = vec![0; found * self.dimension * 2];
        let file = records.file.as_mut()?;
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut bytes));
        if read.is_err() || found != tokens || xxh3_64(&bytes) != check {
            records.index.remove(&key);
            return None;
        }
        let values = bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect();
        Some(SentenceVectors::new(values, self.dimension))
    }

    /// Adds sentences, if there is room.
    pub fn add<'a>(&self, new: impl Iterator<Item = (Key, &'a SentenceVectors)>) {
        let mut bytes = Vec::new();
        for (key, vectors) in new {
            let values: Vec<u8> = vectors.values().iter().flat_map(|value| value.to_le_bytes()).collect();
            bytes.extend(key.0.to_le_bytes());
            bytes.extend((vectors.tokens() as u32).to_le_bytes());
            bytes.extend((self.dimension as u32).to_le_bytes());
            bytes.extend(xxh3_64(&values).to_le_bytes());
            bytes.extend(values);
        }
        if !bytes.is_empty() {
            // What is not kept is computed again.
            let _ = self.append(&bytes);
        }
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        if !make_room(folder, &self.path, records.end + bytes.len() as u64) {
            return Ok(());
        }
        if records.file.is_none() {
            let file =
                File::options().read(true).write(true).create(true).truncate(false).open(&self.path)?;
            keep_to_ourselves(&self.path)?;
            if !is_ours(&file)? {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            records.file = Some(file);
        }
        let lock = records.file.as_ref().expect("it has just been opened").try_clone()?;
        lock.lock()?;
        let appended = records.append(bytes, self.dimension);
        lock.unlock()?;
        appended
    }
}

impl Records {
    /// Reads what follows the records that are known.
    fn read_on(&mut self, dimension: usize) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let length = file.metadata()?.len();
        if self.end == 0 {
            if length < MAGIC.len() as u64 {
                return Ok(());
            }
            let mut magic = [0; 16];
            file.seek(SeekFrom::Start(0))?;
            file.read_exact(&mut magic)?;
            if magic != MAGIC {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.end = MAGIC.len() as u64;
        }
        let mut header = [0; RECORD];
        while self.end + RECORD as u64 <= length {
            file.seek(SeekFrom::Start(self.end))?;
            file.read_exact(&mut header)?;
            let part = |from: usize, to: usize| &header[from..to];
            let tokens = u32::from_le_bytes(part(16, 20).try_into().expect("four bytes")) as usize;
            let found = u32::from_le_bytes(part(20, 24).try_into().expect("four bytes")) as usize;
            let start = self.end + RECORD as u64;
            let end = start + (tokens * dimension * 2) as u64;
            if found != dimension || end > length {
                break;
            }
            let key = Key(u128::from_le_bytes(part(0, 16).try_into().expect("sixteen bytes")));
            let check = u64::from_le_bytes(part(24, 32).try_into().expect("eight bytes"));
            self.index.insert(key, (start, tokens, check));
            self.end = end;
        }
        Ok(())
    }

    /// Appends records to the locked file, after those that others have appended.
    fn append(&mut self, bytes: &[u8], dimension: usize) -> io::Result<()> {
        if self.read_on(dimension).is_err() {
            // It is not a file of ours any more.
            self.end = 0;
            self.index.clear();
        }
        let file = self.file.as_mut().expect("an open file is appended to");
        file.set_len(self.end)?;
        file.seek(SeekFrom::Start(self.end))?;
        if self.end == 0 {
            file.write_all(&MAGIC)?;
        }
        file.write_all(bytes)?;
        self.read_on(dimension)
    }
}

/// Deletes stores that have not been used for longest, but not `own`, until `needed` bytes fit; whether they do.
fn make_room(folder: &Path, own: &Path, needed: u64) -> bool {
    let mut others: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(metadata) = entry.metadata() else { continue };
        if path != own && is_store(&path, &name.to_string_lossy()) {
            others.push((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), path));
        }
    }
    others.sort();
    let mut taken: u64 = others.iter().map(|(_, length, _)| length).sum();
    for (_, length, path) in others {
        if taken + needed <= MOST_BYTES {
            break;
        }
        if fs::remove_file(path).is_ok() {
            taken -= length;
        }
    }
    taken + needed <= MOST_BYTES
}
