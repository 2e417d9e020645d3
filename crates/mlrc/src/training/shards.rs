use rayon::prelude::*;

use crate::features::{Batch, Example};
use crate::learner::{Learner, Mode, Parameters, gradient};
use crate::random::{Purpose, Stream};

/// A minibatch is cut into shards of about this many sentences.
///
/// The number depends on the batch alone, never on the machine, so that sums are taken in the same order at any
/// number of threads.
pub const SHARD_ROWS: usize = 25;

/// Mean loss and gradient of a minibatch in training mode, its shards computed in parallel on the current
/// thread pool. `seed` and `step` key the dropout masks.
pub fn sharded_gradient<L: Learner>(
    learner: &L,
    parameters: &Parameters,
    examples: &[&Example],
    seed: u64,
    step: u64,
) -> (f32, Vec<f32>) {
    let results: Vec<(f32, Vec<f32>)> = deal(examples)
        .par_iter()
        .enumerate()
        .map(|(shard, examples)| {
            let mut noise = Stream::new(seed, Purpose::Dropout, step, shard as u64);
            let share = examples.len();
            let (loss, gradient) =
                gradient(learner, parameters, &Batch::new(examples), &mut Mode::Train(&mut noise));
            (loss * share as f32, scaled(gradient, share))
        })
        .collect();
    let rows = examples.len() as f32;
    let mut results = results.into_iter();
    let (mut loss, mut sum) = results.next().unwrap_or_default();
    for (shard_loss, shard_gradient) in results {
        loss += shard_loss;
        sum.iter_mut().zip(&shard_gradient).for_each(|(sum, value)| *sum += value);
    }
    sum.iter_mut().for_each(|value| *value /= rows);
    (loss / rows, sum)
}

fn scaled(mut gradient: Vec<f32>, by: usize) -> Vec<f32> {
    gradient.iter_mut().for_each(|value| *value *= by as f32);
    gradient
}

/// Deals the examples, longest first, to the shards in turn, so that all have about the same work.
fn deal<'a>(examples: &[&'a Example]) -> Vec<Vec<&'a Example>> {
    let shards = examples.len().div_ceil(SHARD_ROWS);
    let mut sorted: Vec<&Example> = examples.to_vec();
    sorted.sort_by_key(|example| std::cmp::Reverse(example.len()));
    (0..shards).map(|shard| sorted.iter().skip(shard).step_by(shards).copied().collect()).collect()
}
