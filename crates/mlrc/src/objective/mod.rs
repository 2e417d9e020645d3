//! What training and meta-learning see of a classifier f_θ and its instances: an [`Objective`].
//!
//! Algorithm 1 asks for a point θ ([`Parameters`]), the gradient of the loss on some of the instances (a [`Tangent`]), and
//! scores. So that is the whole interface between what is learnt *with* and what is learnt *by*: neither
//! [`training`](crate::training) nor [`meta`](crate::meta) know tensors or text, and whatever implements these two traits can be
//! trained by them (the tests do it with a network written out by hand).

mod parameters;
mod tangent;

pub use parameters::Parameters;
pub use tangent::Tangent;

use crate::random::Stream;

/// The random numbers of a gradient (dropout masks) by shard; `None` switches them off.
pub type Noise<'a> = &'a (dyn Fn(usize) -> Option<Stream> + Sync);

/// A classifier with encoded instances, numbered from 0.
pub trait Objective: Send + Sync {
    /// The label of each instance, if it has one that the classifier knows.
    fn labels(&self) -> &[Option<u32>];

    /// Calls `work` once, with the classifier at `parameters`. The values are lent for that time: nothing is copied.
    ///
    /// # Panics
    /// If the classifier has another number of parameters.
    fn at(&self, parameters: &mut Parameters, work: &mut dyn FnMut(&dyn Point));

    /// The probability of each label for each instance, `[instances][labels]`, on the current thread pool.
    ///
    /// # Panics
    /// If the classifier has another number of parameters.
    fn probabilities(&self, parameters: &Parameters) -> Vec<Vec<f32>>;
}

/// An [`Objective`] at one θ.
pub trait Point: Sync {
    /// A copy of θ.
    fn parameters(&self) -> Parameters;

    /// Mean loss over `instances`, which all have labels, and its gradient. They are cut into shards, each computed on one thread of the
    /// current pool: at least so many as `least_shards` says, if they are enough to be worth it. The cut depends on the instances
    /// alone, never on the machine, so that sums are taken in the same order at any number of threads.
    ///
    /// # Panics
    /// If `instances` is empty, an instance lacks a label, or there is no such instance.
    fn gradient(&self, instances: &[usize], least_shards: usize, noise: Noise) -> (f32, Tangent);
}

/// What `work` gives with `objective` at `parameters`; see [`Objective::at`].
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
