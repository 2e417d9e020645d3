//! The standard splits of a release: finding their files in a folder.

use std::path::{Path, PathBuf};

use crate::error::{CorpusError, Fault, Place};

/// The training, development and test files of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardSplits {
    /// `train.json`
    pub train: PathBuf,
    /// `dev.json`
    pub dev: PathBuf,
    /// `test.json`
    pub test: PathBuf,
}

/// Where the files may lie: in the folder itself, or where TACRED's release (LDC2018T24) has them.
const PLACES: [&str; 3] = ["", "data/json", "tacred/data/json"];

const NAMES: [&str; 3] = ["train.json", "dev.json", "test.json"];

impl StandardSplits {
    /// The files in `folder`, in its `data/json` or in its `tacred/data/json`.
    ///
    /// # Errors
    /// If one of the three is missing.
    pub fn find(folder: &Path) -> Result<Self, CorpusError> {
        let holds = |place: &&PathBuf| NAMES.iter().any(|name| place.join(name).is_file());
        let expected = format!("the files {}", NAMES.join(", "));
        let Some(place) = PLACES.map(|place| folder.join(place)).iter().find(holds).cloned() else {
            let fault = Fault::expected(expected, "none of them");
            let help = "they are looked for in the folder itself, its `data/json` and its \
                        `tacred/data/json`, as in LDC2018T24";
            return Err(fault.help(help).in_file(folder, Place::WholeFile).into());
        };
        if let Some(missing) = NAMES.iter().find(|name| !place.join(name).is_file()) {
            let fault = Fault::expected(expected, format_args!("no `{missing}`"));
            return Err(fault.help("name the files one by one").in_file(&place, Place::WholeFile).into());
        }
        let [train, dev, test] = NAMES.map(|name| place.join(name));
        Ok(Self { train, dev, test })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_wherever_the_release_is_entered() {
        let root = tempfile::tempdir().unwrap();
        let said = || StandardSplits::find(root.path()).unwrap_err().to_string();
        assert!(said().contains("expected the files train.json, dev.json, test.json, found none of them; "));
        let json = root.path().join("tacred/data/json");
        std::fs::create_dir_all(&json).unwrap();
        std::fs::write(json.join("train.json"), "[]").unwrap();
        std::fs::write(json.join("dev.json"), "[]").unwrap();
        assert!(said().contains("tacred/data/json: expected the files"), "{}", said());
        assert!(said().contains("found no `test.json`; name the files one by one"), "{}", said());
        std::fs::write(json.join("test.json"), "[]").unwrap();
        for entered in ["", "tacred", "tacred/data/json"] {
            let found = StandardSplits::find(&root.path().join(entered)).unwrap();
            for (file, name) in [(&found.train, "train"), (&found.dev, "dev"), (&found.test, "test")] {
                let expected = json.join(format!("{name}.json"));
                assert_eq!(file.canonicalize().unwrap(), expected.canonicalize().unwrap());
            }
        }
    }
}
