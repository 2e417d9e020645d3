//! The only list of meta-learning algorithms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::fomaml::Fomaml;
use super::reptile::Reptile;
use super::{Adapted, MetaOptions, Tasks};
use crate::objective::Tangent;
use crate::random::Stream;

/// All rules, the default first.
const RULES: [&dyn Rule; 2] = [&Reptile, &Fomaml];

/// A meta-learning algorithm: only its differences from Reptile are implemented.
pub(super) trait Rule: Sync {
    /// The name in recipes and flags.
    fn name(&self) -> &'static str;

    /// The minibatches of a task with these relations (line 5), one for each gradient.
    fn draw(
        &self,
        options: &MetaOptions,
        tasks: &Tasks,
        relations: &[usize],
        stream: &mut Stream,
    ) -> Vec<Vec<usize>>;

    /// The direction in which an adapted task moves θ (line 9).
    fn direction(&self, task: Adapted) -> Tangent;
}

/// How an iteration combines its tasks: `reptile` or `fomaml`.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Update(&'static dyn Rule);

impl Update {
    /// First-order MAML.
    pub const FOMAML: Self = Self(&Fomaml);
    /// Reptile: the paper's algorithm, and the default.
    pub const REPTILE: Self = Self(&Reptile);

    /// The names of all rules.
    pub fn names() -> Vec<&'static str> {
        RULES.iter().map(|rule| rule.name()).collect()
    }

    pub(super) fn is_reptile(&self) -> bool {
        *self == Self::REPTILE
    }

    pub(super) fn draw(
        self,
        options: &MetaOptions,
        tasks: &Tasks,
        relations: &[usize],
        stream: &mut Stream,
    ) -> Vec<Vec<usize>> {
        self.0.draw(options, tasks, relations, stream)
    }

    pub(super) fn direction(self, task: Adapted) -> Tangent {
        self.0.direction(task)
    }
}

impl Default for Update {
    fn default() -> Self {
        Self(RULES[0])
    }
}

impl PartialEq for Update {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for Update {}

impl fmt::Display for Update {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name())
    }
}

impl fmt::Debug for Update {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Update({self})")
    }
}

impl FromStr for Update {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let rule = RULES.into_iter().find(|rule| rule.name() == name);
        rule.map(Self).ok_or_else(|| format!("expected one of {}, found `{name}`", Self::names().join(", ")))
    }
}

impl TryFrom<String> for Update {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl From<Update> for String {
    fn from(update: Update) -> Self {
        update.to_string()
    }
}
