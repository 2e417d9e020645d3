use rayon::prelude::*;

use crate::features::{Batch, Example};
use crate::learner::{Learner, Mode, Tangent, gradient};
use crate::random::Stream;

/// A minibatch is cut into shards of about this many sentences.
pub const SHARD_ROWS: usize = 25;

/// Fewer sentences than this are not cut: the pieces would cost more than the threads gain.
const LEAST_ROWS: usize = 8;

/// Cuts a minibatch into shards, of which each is computed on one thread: into at least `least`, if it has the
/// sentences for it.
///
/// Their number depends on the size of the minibatch alone, never on the machine, so that sums are taken in the same
/// order at any number of threads.
pub fn shards(examples: &[&Example], least: usize) -> Vec<Batch> {
    let least = if examples.len() < LEAST_ROWS { 1 } else { least };
    let shards = examples.len().div_ceil(SHARD_ROWS).max(least);
    // Dealt out longest first, forth and back, so that all have the same work.
    let mut sorted: Vec<&Example> = examples.to_vec();
    sorted.sort_by_key(|example| std::cmp::Reverse(example.len()));
    let mut hands = vec![Vec::new(); shards];
    for (place, example) in sorted.into_iter().enumerate() {
        let (round, place) = (place / shards, place % shards);
        hands[if round % 2 == 0 { place } else { shards - 1 - place }].push(example);
    }
    hands.par_iter().map(|hand| Batch::new(hand)).collect()
}

/// Mean loss and gradient over all sentences of `shards` at the learner's own parameters; the shards are computed in
/// parallel on the current thread pool. `noise` gives the dropout masks of a shard; without, nothing is dropped.
///
/// # Panics
/// If there is no shard.
pub fn sharded_gradient<L: Learner>(
    learner: &L,
    shards: &[Batch],
    noise: impl Fn(usize) -> Option<Stream> + Sync,
) -> (f32, Tangent) {
    let rows: usize = shards.iter().map(Batch::rows).sum();
    let (losses, gradients): (Vec<f32>, Vec<Tangent>) = shards
        .par_iter()
        .enumerate()
        .map(|(place, shard)| {
            let mut stream = noise(place);
            let mut mode = stream.as_mut().map_or(Mode::Predict, Mode::Train);
            let (loss, gradient) = gradient(learner, shard, &mut mode);
            let share = shard.rows() as f32 / rows as f32;
            (share * loss, gradient.scaled(share))
        })
        .unzip();
    (losses.into_iter().sum(), Tangent::sum(gradients))
}
