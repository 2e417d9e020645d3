//! Which seeds an experiment or a search runs with.

use serde::{Deserialize, Serialize};

/// The expected form, for messages.
pub(super) const EXPECTED: &str =
    "expected a list of numbers or an ascending range such as \"1-10\", of at most 100000 seeds";
/// The most seeds that a range may have.
const MOST: u64 = 100_000;

/// Seeds as a list or as a range with both ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected numbers from 0, or a range such as \"1-10\"")]
pub enum Seeds {
    /// Just one.
    One(u64),
    /// A list of them.
    List(Vec<u64>),
    /// `"1-10"`, or `"3"`
    Range(String),
}

impl Seeds {
    pub(super) fn expand(&self) -> Option<Vec<u64>> {
        match self {
            Self::One(seed) => Some(vec![*seed]),
            Self::List(seeds) => Some(seeds.clone()),
            Self::Range(range) => {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first <= last && last - first < MOST).then(|| (first..=last).collect())
            }
        }
    }
}
