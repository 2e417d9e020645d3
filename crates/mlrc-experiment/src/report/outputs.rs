//! What a report has written into its folder: `outputs.json` lists it, so that the next report removes what it does not
//! write again, and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};

use xxhash_rust::xxh3::xxh3_128;

use crate::Folder;
use mlrc::files;

/// The list: paths relative to the folder, and hashes of what was written.
const LIST: &str = "outputs.json";

/// The outputs of a report that is being written.
pub(super) struct Outputs<'a> {
    folder: &'a Folder,
    before: BTreeMap<String, String>,
    now: BTreeMap<String, String>,
}

impl<'a> Outputs<'a> {
    pub(super) fn of(folder: &'a Folder) -> Self {
        // A folder of an early version has no list: then nothing is known to be ours.
        let list = std::fs::read(folder.path().join(LIST)).ok();
        let before = list.and_then(|list| serde_json::from_slice(&list).ok()).unwrap_or_default();
        Self { folder, before, now: BTreeMap::new() }
    }

    pub(super) fn write(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.folder.write(name, content)?;
        self.now.insert(name.to_owned(), format!("{:032x}", xxh3_128(content)));
        Ok(())
    }

    /// Removes what an earlier report wrote and this one did not, if nobody has changed it since.
    pub(super) fn finish(self) -> io::Result<()> {
        let Self { folder, before, now } = self;
        for (name, hash) in before.iter().filter(|(name, _)| !now.contains_key(*name)) {
            // The list may have been edited: nothing outside the folder is ours.
            let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
            let path = folder.path().join(name);
            let is_ours = inside && files::hash(&path).is_ok_and(|found| format!("{found:032x}") == *hash);
            if is_ours {
                std::fs::remove_file(&path)?;
            }
        }
        let mut list = serde_json::to_vec_pretty(&now)?;
        list.push(b'\n');
        folder.write(LIST, list)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_was_written_and_not_changed_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let folder = Folder::open(at("out")).unwrap();
        let report = |names: &[&str]| {
            let mut outputs = Outputs::of(&folder);
            names.iter().for_each(|name| outputs.write(name, name.as_bytes()).unwrap());
            outputs.finish().unwrap();
        };
        report(&["tables/a.csv", "tables/b.csv", "report.html"]);
        fs::write(at("out/tables/mine.csv"), "mine").unwrap();
        fs::write(at("out/tables/b.csv"), "mine, too").unwrap();
        report(&["report.html"]);
        assert!(!at("out/tables/a.csv").exists() && at("out/report.html").exists());
        assert_eq!(fs::read_to_string(at("out/tables/b.csv")).unwrap(), "mine, too");
        assert!(at("out/tables/mine.csv").exists());

        // Whatever the list says, what is elsewhere stays.
        fs::write(at("thesis"), "thesis").unwrap();
        let hash = format!("{:032x}", xxh3_128(b"thesis"));
        let list = BTreeMap::from([
            ("../thesis".to_owned(), hash.clone()),
            (at("thesis").display().to_string(), hash),
        ]);
        fs::write(at("out/outputs.json"), serde_json::to_vec(&list).unwrap()).unwrap();
        report(&[]);
        assert!(at("thesis").exists());
        report(&[]);
        assert_eq!(fs::read_to_string(at("out/outputs.json")).unwrap(), "{}\n");
    }
}
