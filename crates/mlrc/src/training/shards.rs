use rayon::prelude::*;

use crate::features::{Batch, Example};
use crate::learner::{Learner, Mode, Tangent, gradient};
use crate::random::Stream;

/// A minibatch is cut into shards of about this many sentences.
const SHARD_ROWS: usize = 25;

/// Fewer sentences than this are not cut: the pieces would cost more than the threads gain.
const LEAST_ROWS: usize = 8;

/// Cuts a minibatch into shards, of which each is computed on one thread: into at least `least_shards`, if it
/// has eight sentences or more.
///
/// Their number depends on the size of the minibatch alone, never on the machine, so that sums are taken in the same
/// order at any number of threads.
pub fn shards(examples: &[&Example], least_shards: usize) -> Vec<Batch> {
    let least = if examples.len() < LEAST_ROWS { 1 } else { least_shards };
    let shards = examples.len().div_ceil(SHARD_ROWS).max(least).min(examples.len());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn shards_have_every_sentence_once_and_the_same_work() {
        let mut stream = Stream::new(1, Purpose::Split, 0, 0);
        for (sentences, least, expected) in [
            (0, 2, 0),
            (1, 2, 1),
            (7, 2, 1),
            (8, 2, 2),
            (8, 1, 1),
            (25, 1, 1),
            (26, 1, 2),
            (50, 2, 2),
            (51, 2, 3),
            (9, 20, 9),
        ] {
            let examples: Vec<Example> = (0..sentences)
                .map(|number| {
                    let length = 3 + stream.below(30);
                    Example { words: vec![number; length], label: Some(0), ..Example::default() }
                })
                .collect();
            let shards = shards(&examples.iter().collect::<Vec<_>>(), least);
            assert_eq!(shards.len(), expected, "{sentences} sentences, at least {least} shards");
            let mut seen: Vec<u32> =
                shards.iter().flat_map(|shard| shard.words[..shard.rows()].to_vec()).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..sentences).collect::<Vec<_>>());
            let longest = examples.iter().map(Example::len).max().unwrap_or(0);
            let tokens = || shards.iter().map(Batch::tokens);
            assert!(tokens().max().unwrap_or(0) - tokens().min().unwrap_or(0) <= longest);
        }
    }
}
