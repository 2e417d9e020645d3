//! Reptile (Nichol et al. 2018): each task takes k steps, and θ moves towards the mean of the adapted
//! parameters.

use super::adapt::{Adapted, sum};
use super::update::Rule;
use super::{MetaOptions, Tasks};
use crate::objective::Tangent;
use crate::random::Stream;

pub(super) struct Reptile;

impl Rule for Reptile {
    fn name(&self) -> &'static str {
        "reptile"
    }

    fn draw(
        &self,
        options: &MetaOptions,
        tasks: &Tasks,
        relations: &[usize],
        stream: &mut Stream,
    ) -> Vec<Vec<usize>> {
        (0..options.inner_steps).map(|_| tasks.draw(relations, options.instances, stream)).collect()
    }

    /// θ' − θ
    fn direction(&self, task: Adapted) -> Tangent {
        let Adapted { before, last, .. } = task;
        sum(before, Some(last)).expect("there is a last step")
    }
}
