//! What training and meta-learning see of a classifier `f_θ` and its instances: an [`Objective`].
//!
//! Algorithm 1 needs a point θ ([`Parameters`]), the gradient of the loss on some of the instances (a
//! [`Tangent`]), and scores. So this is the whole interface between learners and learning algorithms: neither
//! [`training`](crate::training) nor [`meta`](crate::meta) knows about tensors or text, and whatever
//! implements these two traits can be trained by them (the tests do so with a hand-written network).

mod parameters;
mod tangent;

pub use parameters::Parameters;
pub use tangent::Tangent;

use std::collections::BTreeMap;

use crate::random::Stream;

/// The random numbers of a gradient (dropout masks) by shard; `None` disables dropout.
pub type Noise<'a> = &'a (dyn Fn(usize) -> Option<Stream> + Sync);

/// A classifier with encoded instances, numbered from 0.
pub trait Objective: Send + Sync {
    /// The label of each instance, if it has one that the classifier knows.
    fn labels(&self) -> &[Option<u32>];

    /// Calls `work` once, with the classifier at `parameters`. The values are lent for the duration of the
    /// call: nothing is copied.
    ///
    /// # Panics
    /// If the classifier has a different number of parameters.
    fn at(&self, parameters: &mut Parameters, work: &mut dyn FnMut(&dyn Point));

    /// How each parameter tensor is trained, in their order; nothing if all are trained alike, and none decays.
    fn paces(&self) -> &[Pace] {
        &[]
    }

    /// What training by gradients starts with in place of `parameters`; `None` if it is these. All instances must have
    /// labels.
    fn begin(&self, _parameters: &Parameters, _solving: &Solving) -> Option<Parameters> {
        None
    }

    /// What is made of `parameters` after training by gradients; `None` if nothing is. All instances must have labels.
    fn end(&self, _parameters: &Parameters, _solving: &Solving) -> Option<Parameters> {
        None
    }

    /// The parameters that training ends with, in closed form; `None` for classifiers that are trained by gradients. All
    /// instances must have labels.
    fn solve(&self, _solving: &Solving) -> Option<Solution> {
        None
    }

    /// The probability of each label for each instance, `[instances][labels]`, on the current thread pool.
    ///
    /// # Panics
    /// If the classifier has a different number of parameters.
    fn probabilities(&self, parameters: &Parameters) -> Vec<Vec<f32>>;
}

/// How a parameter tensor is trained, relative to the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Number of its values.
    pub size: usize,
    /// What the learning rate is multiplied by; with 0, it is not trained.
    pub rate: f32,
    /// Whether weight decay applies to it.
    pub decays: bool,
}

/// What a closed form may depend on besides the instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solving {
    /// Whether the score that matters is an average over relations rather than over instances.
    pub is_macro: bool,
}

/// Parameters in closed form, and what they say about unseen sentences.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The parameters.
    pub parameters: Parameters,
    /// The probability of each label for each instance, `[instances][labels]`, with the parameters that would result
    /// without the instance's sentence.
    pub held_out: Vec<Vec<f32>>,
    /// What was chosen by the data, by name.
    pub chosen: BTreeMap<String, f64>,
}

/// An [`Objective`] at a particular θ.
pub trait Point: Sync {
    /// A copy of θ.
    fn parameters(&self) -> Parameters;

    /// Mean loss over `instances`, which all have labels, and its gradient. They are split into shards, each
    /// computed on one thread of the current pool: at least `least_shards`, if there are enough instances to
    /// make it worthwhile. The split depends only on the instances, never on the machine, so that sums are
    /// taken in the same order with any number of threads.
    ///
    /// # Panics
    /// If `instances` is empty, an instance lacks a label, or there is no such instance.
    fn gradient(&self, instances: &[usize], least_shards: usize, noise: Noise) -> (f32, Tangent);
}

/// The result of `work` with `objective` at `parameters`; see [`Objective::at`].
///
/// # Panics
/// If the objective does not call it.
pub fn at<R>(
    objective: &dyn Objective,
    parameters: &mut Parameters,
    work: impl FnOnce(&dyn Point) -> R,
) -> R {
    let (mut work, mut result) = (Some(work), None);
    objective.at(parameters, &mut |point| result = work.take().map(|work| work(point)));
    result.expect("an objective calls the work once")
}
