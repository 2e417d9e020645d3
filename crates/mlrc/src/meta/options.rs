use serde::{Deserialize, Serialize};

use super::{Sampling, Update};
use crate::ranges::{COUNT, ITERATIONS, Ranges};
use crate::training::OptimiserKind;

/// How ε changes over the iterations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays constant.
    Constant,
    /// It decreases linearly to 0.
    #[default]
    Linear,
}

/// What happens to the inner optimiser's state between tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InnerState {
    /// Every task starts with a fresh state.
    #[default]
    Fresh,
    /// Every task starts from the mean of the final states of the previous iteration's tasks.
    Carried,
}

/// Options of meta-learning. The paper gives only the number of iterations on SemEval; the other defaults
/// were chosen on development sets of SemEval, with 1 % of the labels (docs/RESULTS.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetaOptions {
    /// Meta-iterations.
    pub iterations: usize,
    /// B: number of tasks per iteration, ≥ 1. In the paper, each task is one relation, so there are at most
    /// as many tasks as relations.
    pub relations: usize,
    /// Number of relations per task, ≥ 1: 1 in the paper. With more, a task is an episode in which that many
    /// relations must be distinguished. (Not written if it is 1, so that the keys of earlier results stay the
    /// same.)
    #[serde(skip_serializing_if = "is_one")]
    pub way: usize,
    /// D: number of instances of each relation in an inner step, ≥ 1; all of them if the relation has fewer.
    pub instances: usize,
    /// k: inner steps of a task, ≥ 1.
    pub inner_steps: usize,
    /// How an iteration combines its tasks (line 9). (Omitted when serialised if it is Reptile's, so that the
    /// keys of earlier results do not change.)
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
    /// What happens to its state between tasks.
    pub inner_state: InnerState,
    /// Greatest norm of an inner gradient, to which longer ones are clipped, > 0.
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
        ranges.at_most("iterations", self.iterations, ITERATIONS);
        ranges.size("relations", self.relations, COUNT);
        ranges.size("way", self.way, COUNT);
        ranges.size("instances", self.instances, COUNT);
        ranges.size("inner_steps", self.inner_steps, ITERATIONS);
        ranges.rate("inner_learning_rate", self.inner_learning_rate);
        ranges.rate("step_size", self.step_size);
        ranges.rate("clip", self.clip);
    }
}
