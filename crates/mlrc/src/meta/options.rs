use serde::{Deserialize, Serialize};

use super::{Sampling, Update};
use crate::ranges::Ranges;
use crate::training::OptimiserKind;

/// How ε changes over the iterations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls linearly to 0.
    #[default]
    Linear,
}

/// What becomes of the inner optimiser's state between tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InnerState {
    /// Every task starts without.
    #[default]
    Fresh,
    /// Every task starts from the mean of the states that the tasks of the iteration before ended with.
    Carried,
}

/// How to meta-learn. The paper prints only the number of iterations on SemEval; the other defaults were chosen on
/// the development sets of SemEval's 1 % (docs/RESULTS.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetaOptions {
    /// Meta-iterations.
    pub iterations: usize,
    /// B: tasks of an iteration, ≥ 1. In the paper each is a relation; then at most as many as there are relations.
    pub relations: usize,
    /// Relations of a task, ≥ 1: 1 in the paper. With more, a task is an episode of so many relations, in which they have to be told
    /// apart. (Not written where it is 1, so that keys of earlier results stay what they are.)
    #[serde(skip_serializing_if = "is_one")]
    pub way: usize,
    /// D: instances of each relation in an inner step, ≥ 1; all of the relation's if it has fewer.
    pub instances: usize,
    /// k: inner steps of a task, ≥ 1.
    pub inner_steps: usize,
    /// What an iteration makes of its tasks (line 9). (Not written where it is Reptile's, so that keys of earlier results stay what they
    /// are.)
    #[serde(skip_serializing_if = "Update::is_reptile")]
    pub update: Update,
    /// α: learning rate of the inner steps, > 0.
    pub inner_learning_rate: f32,
    /// ε: step size of the outer update, > 0.
    pub step_size: f32,
    /// How ε changes.
    pub schedule: Schedule,
    /// How relations are drawn.
    pub sampling: Sampling,
    /// Optimiser of the inner steps.
    pub inner_optimiser: OptimiserKind,
    /// What becomes of its state.
    pub inner_state: InnerState,
    /// Greatest length of an inner gradient, > 0.
    pub clip: f32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_one(way: &usize) -> bool {
    *way == 1
}

impl Default for MetaOptions {
    fn default() -> Self {
        Self {
            iterations: 1000,
            relations: 5,
            way: 1,
            instances: 8,
            inner_steps: 1,
            update: Update::default(),
            inner_learning_rate: 1.0,
            step_size: 1.0,
            schedule: Schedule::Linear,
            sampling: Sampling::Uniform,
            inner_optimiser: OptimiserKind::Sgd,
            inner_state: InnerState::Fresh,
            clip: 5.0,
        }
    }
}

impl MetaOptions {
    /// Checks each value's range.
    pub fn check(&self, ranges: &mut Ranges) {
        ranges.positive("relations", self.relations);
        ranges.positive("way", self.way);
        ranges.positive("instances", self.instances);
        ranges.positive("inner_steps", self.inner_steps);
        ranges.rate("inner_learning_rate", self.inner_learning_rate);
        ranges.rate("step_size", self.step_size);
        ranges.rate("clip", self.clip);
    }
}
