//! First-order MAML (Finn et al. 2017, section 5.2): each task takes k steps on its support instances; θ
//! moves along the gradient of its query instances *at the adapted parameters*.
//!
//! The gradient is scaled like a step of the inner optimiser, so the outer rate is ε · α. Query instances are
//! drawn from those that are not in the support, as long as the relation has any.

use super::adapt::Adapted;
use super::update::Rule;
use super::{MetaOptions, Tasks};
use crate::objective::Tangent;
use crate::random::Stream;

pub(super) struct Fomaml;

impl Rule for Fomaml {
    fn name(&self) -> &'static str {
        "fomaml"
    }

    /// k support minibatches and the query.
    fn draw(
        &self,
        options: &MetaOptions,
        tasks: &Tasks,
        relations: &[usize],
        stream: &mut Stream,
    ) -> Vec<Vec<usize>> {
        let mut minibatches: Vec<Vec<usize>> =
            (0..options.inner_steps).map(|_| tasks.draw(relations, options.instances, stream)).collect();
        let support: Vec<usize> = minibatches.concat();
        minibatches.push(tasks.draw_others(relations, options.instances, &support, stream));
        minibatches
    }

    fn direction(&self, task: Adapted) -> Tangent {
        task.last
    }
}
