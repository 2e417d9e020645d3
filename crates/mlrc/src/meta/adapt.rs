use super::MetaOptions;
use crate::objective::{Objective, Point, Tangent, at};
use crate::random::Stream;
use crate::training::Optimiser;

/// What adapting to one task yields.
#[derive(Clone, Debug)]
pub struct Adapted {
    /// The sum of all steps but the last; `None` if there was only one.
    pub before: Option<Tangent>,
    /// The last step.
    pub last: Tangent,
    /// The inner optimiser after the last step.
    pub optimiser: Optimiser,
    /// The loss before each step.
    pub losses: Vec<f32>,
}

/// Adapts to one task with a gradient step on each of `minibatches` (lines 6 and 7, repeated). `point` is
/// `objective` at θ, and `inner` the optimiser to start with; each minibatch is split into at least
/// `least_shards` shards. `noise` gives the dropout masks for a step and one of its shards.
///
/// # Panics
/// If there are no minibatches.
pub fn adapt(
    options: &MetaOptions,
    inner: &Optimiser,
    objective: &dyn Objective,
    point: &dyn Point,
    minibatches: &[Vec<usize>],
    least_shards: usize,
    noise: impl Fn(usize, usize) -> Option<Stream> + Sync,
) -> Adapted {
    let mut optimiser = inner.clone();
    let mut losses = Vec::new();
    let (mut before, mut last) = (None, None);
    for (step, minibatch) in minibatches.iter().enumerate() {
        before = sum(before, last.take());
        let pass = |point: &dyn Point| point.gradient(minibatch, least_shards, &|shard| noise(step, shard));
        let (loss, gradient) = match &before {
            None => pass(point),
            Some(displacement) => {
                let mut moved = point.parameters();
                moved.add(&[(1.0, displacement)]);
                at(objective, &mut moved, pass)
            }
        };
        let gradient = gradient.clipped(options.clip);
        last = Some(optimiser.step(gradient, options.inner_learning_rate, objective.paces()));
        losses.push(loss);
    }
    Adapted { before, last: last.expect("at least one inner step"), optimiser, losses }
}

/// The sum of those that are present.
pub(super) fn sum(before: Option<Tangent>, last: Option<Tangent>) -> Option<Tangent> {
    match (before, last) {
        (Some(before), Some(last)) => Some(Tangent::sum(vec![before, last])),
        (before, last) => before.or(last),
    }
}
