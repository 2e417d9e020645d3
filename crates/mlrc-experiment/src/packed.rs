//! The results of a folder in one file, `runs.jsonl.gz`, for keeping and publishing: hundreds of files become
//! one, about a fifth of their size.
//!
//! It is gzipped JSON lines, sorted by key: for each result the text of its `runs/KEY.json`, for each failure
//! `{"key":KEY,"failure":{…}}`. It contains nothing else, neither times nor names, so that the same results
//! give the same bytes. A [`Folder`](super::Folder) reads it as if the files were there. Later results are
//! stored next to it as single files, which take precedence, until they are packed too.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::folder::Failure;
use super::result::RunResult;
use super::stored;
use mlrc::files::write_atomically;

/// The name of the file.
const NAME: &str = "runs.jsonl.gz";

/// The most that a packed file may have when it is unpacked: results of a hundred thousand jobs.
const MOST: u64 = 16 << 30;

/// Why a packed file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PackedError {
    /// An error of the file system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is damaged.
    #[error("{}: damaged, its results cannot be read: {problem}", path.display())]
    Damaged {
        /// The packed file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// What [`pack`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing {
    /// The packed file.
    pub file: PathBuf,
    /// Number of single files that were moved into it.
    pub taken: usize,
    /// Number of results that it now contains.
    pub results: usize,
    /// Number of failures that it now contains.
    pub failures: usize,
    /// Files that were left where they are, because their content does not match their name.
    pub left: Vec<PathBuf>,
}

/// The part of a line that must be known; the rest of a result is read when it is requested.
#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    failure: Option<Failure>,
}

/// The content of a packed file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Packed {
    /// Its lines by key.
    lines: BTreeMap<String, String>,
}

impl Packed {
    /// The packed file of the folder at `folder`.
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    /// Reads that file; if there is none, nothing is packed.
    pub(super) fn read(folder: &Path) -> Result<Self, PackedError> {
        let path = Self::path(folder);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(PackedError::Io { path, source }),
        };
        Self::parse(&bytes).map_err(|problem| PackedError::Damaged { path, problem })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut text = String::new();
        let mut unpacked = MultiGzDecoder::new(bytes).take(MOST + 1);
        unpacked.read_to_string(&mut text).map_err(|error| error.to_string())?;
        if unpacked.limit() == 0 {
            return Err("unpacked, it has more than 16 GiB".to_owned());
        }
        let mut lines = BTreeMap::new();
        for (place, line) in text.lines().enumerate() {
            let number = place + 1;
            let Line { key, .. } =
                serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
            if lines.contains_key(&key) {
                return Err(format!("line {number}: the key {key} appears a second time"));
            }
            lines.insert(key, line.to_owned());
        }
        Ok(Self { lines })
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        write_atomically(&Self::path(folder), |out| {
            let mut encoder = GzEncoder::new(out, Compression::best());
            for line in self.lines.values() {
                encoder.write_all(line.as_bytes())?;
                encoder.write_all(b"\n")?;
            }
            encoder.finish().map(|_| ())
        })
    }

    /// The result with that key, if it is there and can be read.
    pub(super) fn result(&self, key: &str) -> Option<RunResult> {
        stored::result(self.lines.get(key)?, key)
    }

    /// The failure of that key, if it is there.
    pub(super) fn failure(&self, key: &str) -> Option<Failure> {
        serde_json::from_str::<Line>(self.lines.get(key)?).ok()?.failure
    }

    /// The keys of results, whether or not they can be read.
    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.lines.keys().filter(|key| self.has(key))
    }

    /// Whether there is a result with that key, whether or not it can be read.
    pub(super) fn has(&self, key: &str) -> bool {
        self.lines.contains_key(key) && self.failure(key).is_none()
    }
}

/// A file of `runs/` or `failures/`.
struct Single {
    path: PathBuf,
    text: String,
    key: String,
    /// The line that represents it in the packed file.
    line: String,
}

/// Moves the files in `runs/` and `failures/` of a folder into its packed file. Files are removed only when
/// the packed file has been read back and has the same content. Nothing may be computed in the folder
/// meanwhile.
///
/// # Errors
/// If a file cannot be read, written or removed, or an earlier packed file is damaged; then no result is
/// lost.
pub fn pack(folder: &Path) -> Result<Packing, PackedError> {
    let io = |path: &Path, source| PackedError::Io { path: path.to_owned(), source };
    let mut packed = Packed::read(folder)?;
    let mut left = Vec::new();
    let (runs, failures) = (folder.join("runs"), folder.join("failures"));
    let mut singles = singles(&runs, &mut left, |key, text| {
        stored::result(text, key)?;
        // Line breaks in JSON are never significant.
        Some(text.trim().replace(['\n', '\r'], " "))
    })
    .map_err(|error| io(&runs, error))?;
    for single in &singles {
        packed.lines.insert(single.key.clone(), single.line.clone());
    }
    let failed = self::singles(&failures, &mut left, |key, text| {
        let failure = serde_json::from_str(text).ok()?;
        serde_json::to_string(&Line { key: key.to_owned(), failure: Some(failure) }).ok()
    })
    .map_err(|error| io(&failures, error))?;
    for single in failed {
        // A failure that was followed by a result is obsolete.
        if !packed.has(&single.key) {
            packed.lines.insert(single.key.clone(), single.line.clone());
            singles.push(single);
        }
    }
    let file = Packed::path(folder);
    if !singles.is_empty() {
        packed.write(folder).map_err(|error| io(&file, error))?;
        if Packed::read(folder)? != packed {
            let problem = "its content differs from what was written; no other file was changed".to_owned();
            return Err(PackedError::Damaged { path: file, problem });
        }
        for Single { path, text, .. } in &singles {
            // Another program may have rewritten it.
            if std::fs::read_to_string(path).is_ok_and(|now| now == *text) {
                std::fs::remove_file(path).map_err(|error| io(path, error))?;
            }
        }
        for emptied in [runs, failures] {
            // A folder that still has files stays.
            let _ = std::fs::remove_dir(emptied);
        }
    }
    let results = packed.keys().count();
    Ok(Packing { file, taken: singles.len(), results, failures: packed.lines.len() - results, left })
}

/// The files `KEY.json` of a folder that `line` can read, by name; the others are added to `left`.
fn singles(
    folder: &Path,
    left: &mut Vec<PathBuf>,
    line: impl Fn(&str, &str) -> Option<String>,
) -> io::Result<Vec<Single>> {
    let mut singles = Vec::new();
    for key in keys(folder)? {
        let path = folder.join(format!("{key}.json"));
        let text = std::fs::read(&path)?;
        let read = String::from_utf8(text).ok().and_then(|text| Some((line(&key, &text)?, text)));
        match read {
            Some((line, text)) => singles.push(Single { path, text, key, line }),
            None => left.push(path),
        }
    }
    Ok(singles)
}

/// The keys of the files `KEY.json` of a folder, sorted; none if there is no folder.
pub(super) fn keys(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut keys = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        // Files that are being written have names that begin with a dot.
        let key =
            name.to_str().filter(|name| !name.starts_with('.')).and_then(|name| name.strip_suffix(".json"));
        keys.extend(key.map(str::to_owned));
    }
    keys.sort();
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Folder;

    fn result(key: &str) -> RunResult {
        RunResult {
            best_dev: Some((0.1 + 0.2, 3)),
            seconds: 1.0 / 3.0,
            labels: vec!["a".to_owned()],
            predictions: BTreeMap::from([("last".to_owned(), vec![0; 9])]),
            ..RunResult::empty(key)
        }
    }

    fn failure() -> Failure {
        Failure { job: "a job".to_owned(), error: "no \"luck\"\n".to_owned() }
    }

    /// A folder with the results `b`, `a` and the failure `c`.
    fn folder() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        folder.keep(&result("b")).unwrap();
        folder.keep(&result("a")).unwrap();
        folder.keep_failure("c", &failure()).unwrap();
        place
    }

    #[test]
    fn what_is_packed_is_read_as_before_and_the_same_makes_the_same_bytes() {
        let (one, other) = (folder(), folder());
        let path = one.path().join("runs/b.json");
        let pretty = serde_json::to_string_pretty(&result("b")).unwrap();
        fs::write(&path, pretty.clone() + "\n").unwrap();
        fs::write(one.path().join("runs/notes.txt"), "mine").unwrap();
        fs::write(one.path().join("runs/d.json"), pretty).unwrap();
        let packing = pack(one.path()).unwrap();
        assert_eq!((packing.taken, packing.results, packing.failures), (3, 2, 1));
        // A file that is not a result of that name must not be removed.
        assert_eq!(packing.left, [one.path().join("runs/d.json")]);
        assert!(!path.exists() && one.path().join("runs/notes.txt").exists());
        assert!(!one.path().join("failures").exists());

        let packed = Folder::open(one.path()).unwrap();
        assert_eq!(packed.result("a"), Some(result("a")));
        assert_eq!(packed.result("b"), Some(result("b")));
        assert_eq!(
            (packed.result("c"), packed.failed("c"), packed.failed("a")),
            (None, Some(failure()), None)
        );
        assert!(packed.has_results() && packed.damaged("a").is_none() && packed.damaged("c").is_none());
        assert_eq!(packed.damaged("d"), Some(one.path().join("runs/d.json")));

        pack(other.path()).unwrap();
        assert_eq!(Folder::open(other.path()).unwrap().keys().unwrap().len(), 2);
        let bytes = |place: &tempfile::TempDir| fs::read(Packed::path(place.path())).unwrap();
        assert_ne!(bytes(&one), bytes(&other), "the text of a file is kept as it was");
        let again = folder();
        pack(again.path()).unwrap();
        assert_eq!(bytes(&other), bytes(&again));
        assert_eq!(pack(again.path()).unwrap().taken, 0);
    }

    #[test]
    fn what_comes_later_takes_the_place_of_what_was_packed() {
        let place = folder();
        pack(place.path()).unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let later = RunResult { train: 2, ..result("a") };
        folder.keep(&later).unwrap();
        folder.keep(&result("c")).unwrap();
        assert_eq!((folder.result("a"), folder.failed("c")), (Some(later.clone()), None));
        let packing = pack(place.path()).unwrap();
        assert_eq!((packing.taken, packing.results, packing.failures), (2, 3, 0));
        let folder = Folder::open(place.path()).unwrap();
        assert_eq!((folder.result("a"), folder.result("c")), (Some(later), Some(result("c"))));
        assert_eq!(folder.result("b"), Some(result("b")));
        // A failure that came after a result is obsolete, and stays where it is.
        folder.keep_failure("b", &failure()).unwrap();
        assert_eq!(pack(place.path()).unwrap().taken, 0);
        assert!(place.path().join("failures/b.json").exists());
    }

    #[test]
    fn damage_is_no_absence() {
        let place = folder();
        pack(place.path()).unwrap();
        let path = Packed::path(place.path());
        let whole = fs::read(&path).unwrap();
        let unpacked = |bytes: &[u8]| {
            let mut text = String::new();
            MultiGzDecoder::new(bytes).read_to_string(&mut text).ok().map(|_| text)
        };
        let said = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let said = Folder::open(place.path()).unwrap_err().to_string();
            assert!(said.contains("runs.jsonl.gz: damaged"), "{said}");
            assert_eq!(pack(place.path()).unwrap_err().to_string(), said);
            assert_eq!(fs::read(&path).unwrap(), bytes);
            said
        };
        for length in 0..whole.len() {
            said(&whole[..length]);
        }
        // Bytes not covered by header checks and checksum are excluded.
        for at in 10..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            // The last byte of compressed data may have bits that mean nothing.
            if unpacked(&bytes).is_none_or(|text| Some(text) != unpacked(&whole)) {
                said(&bytes);
            }
        }
        said(&[&whole[..], b"and more"].concat());
        let gzip = |text: &str| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        assert!(said(&gzip("{\"key\":\"a\"}\n{")).contains("line 2: EOF"));
        assert!(
            said(&gzip("{\"key\":\"a\"}\n{\"key\":\"a\"}\n"))
                .contains("line 2: the key a appears a second time")
        );
        // Valid, but not a result: reported like damage to a file.
        fs::write(&path, gzip("{\"key\":\"a\"}\n")).unwrap();
        let folder = Folder::open(place.path()).unwrap();
        assert_eq!((folder.result("a"), folder.damaged("a")), (None, Some(path.clone())));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(Folder::open(place.path()).unwrap_err().to_string().contains("runs.jsonl.gz: "));
    }
}
