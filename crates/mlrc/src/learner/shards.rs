/// A minibatch is split into shards of about this many sentences.
const SHARD_ROWS: usize = 25;

/// Fewer sentences than this are not split: the overhead would exceed what the threads gain.
const LEAST_ROWS: usize = 8;

/// Splits a minibatch into shards, each of which is computed on one thread: into at least `least_shards`, if
/// it has eight sentences or more. The instances of each shard are ordered largest first.
///
/// The number of shards depends only on the size of the minibatch, never on the machine, so that sums are
/// taken in the same order with any number of threads.
pub(super) fn shards(
    instances: &[usize],
    least_shards: usize,
    size: impl Fn(usize) -> usize,
) -> Vec<Vec<usize>> {
    let least = if instances.len() < LEAST_ROWS { 1 } else { least_shards };
    let shards = instances.len().div_ceil(SHARD_ROWS).max(least).min(instances.len());
    // Dealt out largest first, back and forth, so that all have about the same work. The sort is stable: ties
    // keep their order.
    let mut sorted = instances.to_vec();
    sorted.sort_by_key(|&place| std::cmp::Reverse(size(place)));
    let mut hands = vec![Vec::new(); shards];
    for (place, instance) in sorted.into_iter().enumerate() {
        let (round, place) = (place / shards, place % shards);
        hands[if round % 2 == 0 { place } else { shards - 1 - place }].push(instance);
    }
    hands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

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
            let sizes: Vec<usize> = (0..sentences).map(|_| 3 + stream.below(30)).collect();
            let all: Vec<usize> = (0..sentences).collect();
            let shards = shards(&all, least, |place| sizes[place]);
            assert_eq!(shards.len(), expected, "{sentences} sentences, at least {least} shards");
            let mut seen = shards.concat();
            seen.sort_unstable();
            assert_eq!(seen, all);
            let longest = sizes.iter().max().copied().unwrap_or(0);
            let tokens = || shards.iter().map(|shard| shard.iter().map(|&place| sizes[place]).sum::<usize>());
            assert!(tokens().max().unwrap_or(0) - tokens().min().unwrap_or(0) <= longest);
            assert!(
                shards.iter().all(|shard| shard.is_sorted_by_key(|&place| std::cmp::Reverse(sizes[place])))
            );
        }
    }
}
