//! Meta-learning relation classification (MLRC): Algorithm 1 of Obamuyide & Vlachos (2019), whose outer
//! update is Reptile's (Nichol et al. 2018).
//!
//! ```text
//!  1  randomly initialise θ
//!  2  while not done:
//!  3      sample a batch of B relations Rᵢ ~ p(R)                        Tasks::sample
//!  4      for all Rᵢ:
//!  5          sample training instances D from Rᵢ                        Update::draw
//!  6          evaluate ∇ L(f_θ) using D                                  ┐ adapt, repeated k times
//!  7          θ'ᵢ = SGD(θᵢ, ∇ L(f_θ), α)                                 ┘
//!  9      θ = θ + ε · 1/B · Σ (θ'ᵢ − θ)                                  Meta::update
//! 11  fine-tune f_θ with standard supervised learning                    training::Supervised
//! ```
//!
//! The paper prints line 9 with a minus sign, which would move away from the adapted parameters; it is a plus
//! here, as in Reptile. Other meta-learning algorithms differ in what they draw for a task and in the
//! direction they take from it: an [`Update`], one file each.

mod adapt;
mod fomaml;
mod joint;
mod options;
mod reptile;
mod tasks;
mod update;

use rayon::prelude::*;

pub use adapt::{Adapted, adapt};
pub use options::{InnerState, MetaOptions, Schedule};
pub use tasks::{Sampling, Tasks};
pub use update::Update;

use crate::objective::{Objective, Parameters, Tangent, at};
use crate::random::{Purpose, Stream};
use crate::training::Optimiser;

/// A meta-learning run: θ and the progress so far.
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
    ///
    /// # Panics
    /// If the options ask for no task.
    pub fn step(&mut self, objective: &dyn Objective, tasks: &Tasks) -> f32 {
        self.step_unless(objective, tasks, &|| false).expect("nothing stops it")
    }

    /// As [`Meta::step`], unless `stop` says so before a task begins: then nothing is changed, and nothing returned. An
    /// iteration may take a minute.
    pub fn step_unless(
        &mut self,
        objective: &dyn Objective,
        tasks: &Tasks,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<f32> {
        let (seed, iteration) = (self.seed, self.iteration as u64);
        let drawn = draw(&self.options, seed, iteration, tasks);
        let (options, inner) = (&self.options, &self.inner);
        let adapted: Option<Vec<Adapted>> = at(objective, &mut self.parameters, |point| {
            let adapt_to = |(task, minibatches): (usize, &Vec<Vec<usize>>)| {
                // Each thread has a whole task, but two threads share the last of an odd number of tasks.
                let least = if drawn.len() % 2 == 1 && task + 1 == drawn.len() { 2 } else { 1 };
                let noise = |step: usize, shard: usize| {
                    let pass = (task as u64) << 32 | (step as u64) << 16 | shard as u64;
                    Some(Stream::new(seed, Purpose::MetaDropout, iteration, pass))
                };
                (!stop()).then(|| adapt(options, inner, objective, point, minibatches, least, noise))
            };
            drawn.par_iter().enumerate().map(adapt_to).collect()
        });
        let adapted = adapted?;
        self.instances += size(&drawn);
        let loss = adapted.iter().map(|task| task.losses[0]).sum::<f32>() / adapted.len() as f32;
        self.update(adapted);
        Some(loss)
    }

    /// Moves θ along the mean of the tasks' directions (line 9) and ends the iteration.
    pub fn update(&mut self, adapted: Vec<Adapted>) {
        let share = self.step_size() / adapted.len() as f32;
        if self.options.inner_state == InnerState::Carried {
            for (place, value) in self.inner.state.iter_mut().enumerate() {
                *value = adapted.iter().map(|task| task.optimiser.state[place]).sum::<f32>()
                    / adapted.len() as f32;
            }
        }
        let directions: Vec<Tangent> =
            adapted.into_iter().map(|task| self.options.update.direction(task)).collect();
        let steps: Vec<(f32, &Tangent)> = directions.iter().map(|direction| (share, direction)).collect();
        self.parameters.add(&steps);
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

/// The minibatches of an iteration (lines 3 and 5), by task.
fn draw(options: &MetaOptions, seed: u64, iteration: u64, tasks: &Tasks) -> Vec<Vec<Vec<usize>>> {
    let sampled = tasks.sample(options, seed, iteration);
    let of_task = |(task, relations): (usize, &Vec<usize>)| {
        let mut stream = Stream::new(seed, Purpose::InstanceSampling, iteration, task as u64);
        options.update.draw(options, tasks, relations, &mut stream)
    };
    sampled.iter().enumerate().map(of_task).collect()
}

/// The number of instance-gradients computed in an iteration over these minibatches.
fn size(drawn: &[Vec<Vec<usize>>]) -> u64 {
    drawn.iter().flatten().map(|minibatch| minibatch.len() as u64).sum()
}

/// The instance-gradients that a whole run with `options` and `seed` computes: what the compute-matched arm
/// may spend.
pub fn instance_gradients(options: &MetaOptions, seed: u64, tasks: &Tasks) -> u64 {
    (0..options.iterations as u64).map(|iteration| size(&draw(options, seed, iteration, tasks))).sum()
}
