use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{NARROW, Pool, SuggestError, facility, margin};
use crate::random::Stream;

/// How sentences are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// At random.
    Random,
    /// The least difference between a model's two most probable labels.
    Margin,
    /// The greatest entropy of a model's probabilities.
    Entropy,
    /// Those that stand for as much of the pool as possible.
    Facility,
    /// Among the [`NARROW`] least margins, those that stand for as much of them as possible.
    MarginFacility,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Random, Self::Margin, Self::Entropy, Self::Facility, Self::MarginFacility];

    /// The name for users: `margin-facility`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Margin => "margin",
            Self::Entropy => "entropy",
            Self::Facility => "facility",
            Self::MarginFacility => "margin-facility",
        }
    }

    /// Whether it asks a model.
    pub fn asks_model(self) -> bool {
        matches!(self, Self::Margin | Self::Entropy | Self::MarginFacility)
    }

    /// `count` of the places `left` in the pool, or all if there are fewer.
    pub(super) fn choose(
        self,
        pool: &Pool,
        left: &[usize],
        count: usize,
        stream: &mut Stream,
    ) -> Result<Vec<usize>, SuggestError> {
        let count = count.min(left.len());
        let asked = || pool.probabilities.ok_or(SuggestError::NoModel(self));
        Ok(match self {
            Self::Random => stream.sample(left.len(), count).into_iter().map(|place| left[place]).collect(),
            Self::Margin => least(left, count, &by(asked()?, margin)),
            Self::Entropy => least(left, count, &by(asked()?, |row| -entropy(row))),
            Self::Facility => facility::locate(pool.features, left, left, pool.labelled, count, stream),
            Self::MarginFacility => {
                let narrow = least(left, NARROW.max(count).min(left.len()), &by(asked()?, margin));
                facility::locate(pool.features, &narrow, &narrow, &[], count, stream)
            }
        })
    }
}

fn by(probabilities: &[Vec<f32>], value: impl Fn(&[f32]) -> f32) -> Vec<f32> {
    probabilities.iter().map(|row| value(row)).collect()
}

/// The places with the least values, the first of equal ones first.
fn least(places: &[usize], count: usize, values: &[f32]) -> Vec<usize> {
    let order = |a: &usize, b: &usize| -> Ordering { values[*a].total_cmp(&values[*b]).then(a.cmp(b)) };
    let mut sorted = places.to_vec();
    sorted.sort_unstable_by(order);
    sorted.truncate(count);
    sorted
}

fn entropy(probabilities: &[f32]) -> f32 {
    probabilities.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
}

impl fmt::Display for Strategy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name);
        let found = Self::ALL.into_iter().find(|strategy| strategy.name() == text);
        found.ok_or_else(|| format!("expected one of {}", names.join(", ")))
    }
}
