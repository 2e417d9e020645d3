//! The files that an experiment reads and, for data whose parts come in one file, the folds of it that make each part.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};

/// Files, relative to the recipe's folder; the caller may name them instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataFiles {
    /// Training data.
    pub train: Option<PathBuf>,
    /// Development data.
    pub dev: Option<PathBuf>,
    /// Test data.
    pub test: Option<PathBuf>,
    /// Word vectors.
    pub vectors: Option<PathBuf>,
    /// The folds that are read of each file; all that it holds where none are named.
    #[serde(skip_serializing_if = "Folds::is_empty")]
    pub folds: Folds,
}

impl DataFiles {
    /// The same files by absolute paths, so that a copy of the plan means them wherever it lies.
    #[must_use]
    pub fn absolute(&self) -> Self {
        self.map(|file| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()))
    }

    /// The same files by other paths.
    #[must_use]
    pub fn map(&self, path: impl Fn(&Path) -> PathBuf) -> Self {
        let mapped = |file: &Option<PathBuf>| file.as_deref().map(&path);
        Self {
            train: mapped(&self.train),
            dev: mapped(&self.dev),
            test: mapped(&self.test),
            vectors: mapped(&self.vectors),
            folds: self.folds.clone(),
        }
    }
}

/// Folds by part. A part without any is all that its file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Folds {
    /// Those that are trained on.
    #[serde(deserialize_with = "names", skip_serializing_if = "BTreeSet::is_empty")]
    pub train: BTreeSet<String>,
    /// Those that rounds are chosen by.
    #[serde(deserialize_with = "names", skip_serializing_if = "BTreeSet::is_empty")]
    pub dev: BTreeSet<String>,
    /// Those that are tested on.
    #[serde(deserialize_with = "names", skip_serializing_if = "BTreeSet::is_empty")]
    pub test: BTreeSet<String>,
}

impl Folds {
    /// Whether no part names any.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A fold that two parts name.
    pub(super) fn shared(&self) -> Option<&str> {
        let Self { train, dev, test } = self;
        let mut shared =
            train.intersection(dev).chain(train.intersection(test)).chain(dev.intersection(test));
        shared.next().map(String::as_str)
    }
}

/// Names of folds, which releases often number.
fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected folds: numbers or strings")]
    enum Name {
        Number(u64),
        Text(String),
    }
    let named = |name| match name {
        Name::Number(number) => number.to_string(),
        Name::Text(text) => text,
    };
    Ok(Vec::deserialize(deserializer)?.into_iter().map(named).collect())
}
