//! The files that an experiment reads and, for data whose parts come in one file, the folds that make up each
//! part.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};

/// Files, relative to the plan's folder; the caller may give them instead.
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
    /// Whether bad instances are left out rather than refused.
    #[serde(skip_serializing_if = "is_false")]
    pub skip_bad: bool,
    /// The folds that are read from each file; the whole file if none are named.
    #[serde(skip_serializing_if = "Folds::is_empty")]
    pub folds: Folds,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
pub(super) fn is_false(value: &bool) -> bool {
    !value
}

impl DataFiles {
    /// The same files with absolute paths, so that a copy of the plan refers to them wherever it is.
    #[must_use]
    pub fn absolute(&self) -> Self {
        self.map(|file| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()))
    }

    /// The same files with each path replaced by what `path` returns for it.
    #[must_use]
    pub fn map(&self, path: impl Fn(&Path) -> PathBuf) -> Self {
        let mapped = |file: &Option<PathBuf>| file.as_deref().map(&path);
        Self {
            train: mapped(&self.train),
            dev: mapped(&self.dev),
            test: mapped(&self.test),
            vectors: mapped(&self.vectors),
            folds: self.folds.clone(),
            skip_bad: self.skip_bad,
        }
    }
}

/// Folds by part. A part without any folds is its whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Folds {
    /// Those that are trained on.
    #[serde(deserialize_with = "names", skip_serializing_if = "BTreeSet::is_empty")]
    pub train: BTreeSet<String>,
    /// Those that the best round is chosen on.
    #[serde(deserialize_with = "names", skip_serializing_if = "BTreeSet::is_empty")]
    pub dev: BTreeSet<String>,
    /// Those that are tested on.
    #[serde(deserialize_with = "names", skip_serializing_if = "BTreeSet::is_empty")]
    pub test: BTreeSet<String>,
}

impl Folds {
    /// Whether no part names any folds.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A fold that is named by two parts.
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
