//! Meta-learning relation classification (MLRC): Algorithm 1 of Obamuyide & Vlachos (2019), whose outer update is
//! Reptile's (Nichol et al. 2018).
//!
//! ```text
//!  1  randomly initialise θ
//!  2  while not done:
//!  3      sample a batch of B relations Rᵢ ~ p(R)                        Tasks::sample
//!  4      for all Rᵢ:
//!  5          sample training instances D from Rᵢ                        Task::draw
//!  6          evaluate ∇ L(f_θ) using D                                  ┐ adapt, repeated k times
//!  7          θ'ᵢ = SGD(θᵢ, ∇ L(f_θ), α)                                 ┘
//!  9      θ = θ + ε · 1/B · Σ (θ'ᵢ − θ)                                  Meta::update
//! 11  fine-tune f_θ with standard supervised learning                    training::Supervised
//! ```
//!
//! The paper prints line 9 with a minus sign, which would move away from the adapted parameters; it is a plus here,
//! as in Reptile.

mod tasks;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use tasks::{Sampling, Tasks};

use crate::features::{Batch, Example};
use crate::learner::{Learner, Parameters, Tangent};
use crate::random::{Purpose, Stream};
use crate::training::{Optimiser, OptimiserKind, sharded_gradient, shards};

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

/// A meta-learning run: θ and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    options: MetaOptions,
    seed: u64,
    /// θ
    pub parameters: Parameters,
    /// The inner optimiser's state that tasks start from, if it is carried along.
    pub inner: Optimiser,
    /// Iterations that are complete.
    pub iteration: usize,
    /// Instance-gradients computed.
    pub instances: u64,
}

/// What adapting to one task yields.
#[derive(Clone, Debug)]
pub struct Adapted {
    /// θ' − θ
    pub displacement: Tangent,
    /// The inner optimiser after the last step.
    pub optimiser: Optimiser,
    /// The loss before each inner step.
    pub losses: Vec<f32>,
}

impl Meta {
    /// A run that starts from `parameters`.
    pub fn new(options: MetaOptions, seed: u64, parameters: Parameters) -> Self {
        let inner = Optimiser::new(options.inner_optimiser, parameters.values.len());
        Self { options, seed, parameters, inner, iteration: 0, instances: 0 }
    }

    /// Whether all iterations are done.
    pub fn is_done(&self) -> bool {
        self.iteration >= self.options.iterations
    }

    /// One iteration of the outer loop (lines 3 to 9); its tasks run in parallel on the current thread pool.
    /// Returns the mean loss before the first inner step.
    pub fn step<L: Learner>(&mut self, learner: &L, examples: &[Example], tasks: &Tasks) -> f32 {
        let (seed, iteration) = (self.seed, self.iteration as u64);
        let sampled = tasks.sample(&self.options, seed, iteration);
        let (options, inner) = (&self.options, &self.inner);
        let adapted: Vec<Adapted> = self.parameters.lend(learner, |here| {
            let adapt_to = |(task, relations): (usize, &Vec<usize>)| {
                let mut draws = instance_draws(seed, iteration, task);
                // A thread has a whole task, but two share the last of an odd number.
                let least = if sampled.len() % 2 == 1 && task + 1 == sampled.len() { 2 } else { 1 };
                let minibatches = (0..options.inner_steps).map(|_| {
                    let drawn = tasks.draw(relations, options.instances, &mut draws);
                    shards(&drawn.into_iter().map(|place| &examples[place]).collect::<Vec<_>>(), least)
                });
                let noise = |step: usize, shard: usize| {
                    let pass = (task as u64) << 32 | (step as u64) << 16 | shard as u64;
                    Some(Stream::new(seed, Purpose::MetaDropout, iteration, pass))
                };
                adapt(options, inner, here, minibatches, noise)
            };
            sampled.par_iter().enumerate().map(adapt_to).collect()
        });
        self.instances += tasks.instances(&self.options, &sampled);
        self.update(&adapted);
        adapted.iter().map(|task| task.losses[0]).sum::<f32>() / adapted.len() as f32
    }

    /// One iteration of ordinary training in place of lines 4 to 9: the instances that the tasks would draw for an inner step,
    /// taken together, give one step of the inner optimiser, at α times ε. So the joint arm sees the data of the meta stage
    /// in its order and makes as many steps as a task; what is left out is adapting to each relation by itself. (With one
    /// inner step of SGD, Reptile differs from this only by clipping and weighting relations one by one.) Returns the loss before
    /// the first step.
    pub fn joint_step<L: Learner>(&mut self, learner: &L, examples: &[Example], tasks: &Tasks) -> f32 {
        let (seed, iteration) = (self.seed, self.iteration as u64);
        let sampled = tasks.sample(&self.options, seed, iteration);
        let mut minibatches = vec![Vec::new(); self.options.inner_steps];
        for (task, relations) in sampled.iter().enumerate() {
            let mut draws = instance_draws(seed, iteration, task);
            for minibatch in &mut minibatches {
                let drawn = tasks.draw(relations, self.options.instances, &mut draws);
                minibatch.extend(drawn.into_iter().map(|place| &examples[place]));
            }
        }
        let learning_rate = self.options.inner_learning_rate * self.step_size();
        let mut first = None;
        for (step, minibatch) in minibatches.iter().enumerate() {
            let noise = |shard: usize| {
                Some(Stream::new(seed, Purpose::MetaDropout, iteration, (step as u64) << 16 | shard as u64))
            };
            let pass = |here: &L| sharded_gradient(here, &shards(minibatch, 2), noise);
            let (loss, gradient) = self.parameters.lend(learner, pass);
            let step = self.inner.step(gradient.clipped(self.options.clip), learning_rate);
            self.parameters.add(&[(1.0, &step)]);
            first = first.or(Some(loss));
        }
        self.instances += tasks.instances(&self.options, &sampled);
        self.iteration += 1;
        first.expect("at least one inner step")
    }

    /// Moves θ towards the mean of the adapted parameters (line 9) and ends the iteration.
    pub fn update(&mut self, adapted: &[Adapted]) {
        let share = self.step_size() / adapted.len() as f32;
        let steps: Vec<(f32, &Tangent)> = adapted.iter().map(|task| (share, &task.displacement)).collect();
        self.parameters.add(&steps);
        if self.options.inner_state == InnerState::Carried {
            for (place, value) in self.inner.state.iter_mut().enumerate() {
                *value = adapted.iter().map(|task| task.optimiser.state[place]).sum::<f32>()
                    / adapted.len() as f32;
            }
        }
        self.iteration += 1;
    }

    fn step_size(&self) -> f32 {
        match self.options.schedule {
            Schedule::Constant => self.options.step_size,
            Schedule::Linear => {
                self.options.step_size * (1.0 - self.iteration as f32 / self.options.iterations as f32)
            }
        }
    }
}

/// The stream that a task of an iteration draws its instances from.
fn instance_draws(seed: u64, iteration: u64, task: usize) -> Stream {
    Stream::new(seed, Purpose::InstanceSampling, iteration, task as u64)
}

/// Adapts to one task by a gradient step on each of `minibatches` (lines 6 and 7, repeated). `here` is the learner
/// at θ and `inner` the optimiser that it starts with; `noise` gives the dropout masks for an inner step and one of
/// its shards.
///
/// # Panics
/// If there is no minibatch.
pub fn adapt<L: Learner>(
    options: &MetaOptions,
    inner: &Optimiser,
    here: &L,
    minibatches: impl IntoIterator<Item = Vec<Batch>>,
    noise: impl Fn(usize, usize) -> Option<Stream> + Sync,
) -> Adapted {
    let mut optimiser = inner.clone();
    let mut losses = Vec::new();
    let mut displacement: Option<Tangent> = None;
    for (step, minibatch) in minibatches.into_iter().enumerate() {
        let pass = |learner: &L| sharded_gradient(learner, &minibatch, |shard| noise(step, shard));
        let (loss, gradient) = match &displacement {
            None => pass(here),
            Some(displacement) => {
                let mut moved = Parameters::of(here);
                moved.add(&[(1.0, displacement)]);
                moved.lend(here, pass)
            }
        };
        let step = optimiser.step(gradient.clipped(options.clip), options.inner_learning_rate);
        displacement = Some(match displacement {
            None => step,
            Some(before) => Tangent::sum(vec![before, step]),
        });
        losses.push(loss);
    }
    let displacement = displacement.expect("at least one inner step");
    Adapted { displacement, optimiser, losses }
}

/// The instance-gradients that a whole run with `options` and `seed` computes: what the compute-matched arm may
/// spend.
pub fn instance_gradients(options: &MetaOptions, seed: u64, tasks: &Tasks) -> u64 {
    (0..options.iterations as u64)
        .map(|iteration| tasks.instances(options, &tasks.sample(options, seed, iteration)))
        .sum()
}
