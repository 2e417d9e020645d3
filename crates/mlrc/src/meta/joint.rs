//! The control for meta-learning: the same instances in the same order, without adapting to each relation
//! separately.

use super::{Meta, Tasks, draw, size};
use crate::objective::{Objective, at};
use crate::random::{Purpose, Stream};

impl Meta {
    /// One iteration of ordinary training in place of lines 4 to 9: the instances that the tasks would draw
    /// for an inner step, taken together, give one step of the inner optimiser, at α times ε. So the joint
    /// arm sees the data of the meta stage in the same order and makes as many steps as a task; only the
    /// separate adaptation to each relation is missing. (With one inner step of SGD, Reptile differs from
    /// this only in clipping and weighting relations individually.) Returns the loss before the first step.
    pub fn joint_step(&mut self, objective: &dyn Objective, tasks: &Tasks) -> f32 {
        let (seed, iteration) = (self.seed, self.iteration as u64);
        let drawn = draw(&self.options, seed, iteration, tasks);
        let steps = drawn.iter().map(Vec::len).max().unwrap_or(0);
        let learning_rate = self.options.inner_learning_rate * self.step_size();
        let mut first = None;
        for step in 0..steps {
            let minibatch: Vec<usize> = drawn.iter().flat_map(|task| &task[step]).copied().collect();
            let noise = |shard: usize| {
                Some(Stream::new(seed, Purpose::MetaDropout, iteration, (step as u64) << 16 | shard as u64))
            };
            let (loss, gradient) =
                at(objective, &mut self.parameters, |point| point.gradient(&minibatch, 2, &noise));
            let gradient = gradient.clipped(self.options.clip);
            let step = self.inner.step(gradient, learning_rate, objective.paces());
            self.parameters.add(&[(1.0, &step)]);
            first = first.or(Some(loss));
        }
        self.instances += size(&drawn);
        self.iteration += 1;
        first.expect("at least one inner step")
    }
}
