//! Facility location: the sentences that others are most like.
//!
//! Chosen are the S that make `Σᵢ max(0, maxₛ cos(xᵢ, xₛ))` over all sentences i greatest, one after the other. What a sentence adds
//! only falls as others are chosen, so most need not be looked at again (lazy greedy, Minoux 1978); the result is at least
//! 63 % of the best (Nemhauser et al. 1978).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use crate::random::Stream;

/// The most candidates; of more, so many are drawn (Mirzasoleiman et al. 2015). Similarities to 10,000 sentences then take 80 MB.
const CANDIDATES: usize = 2000;
/// Candidates whose similarities are computed by one thread at a time.
const AT_ONCE: usize = 64;

/// `count` of the `candidates` that stand for the most of `covered`, given that `labelled` stand for some already; candidates and
/// covered are places in `features`.
pub fn locate(
    features: &[Vec<f32>],
    covered: &[usize],
    candidates: &[usize],
    labelled: &[Vec<f32>],
    count: usize,
    stream: &mut Stream,
) -> Vec<usize> {
    let most = CANDIDATES.max(count);
    let mut candidates = candidates.to_vec();
    if candidates.len() > most {
        let mut drawn = stream.sample(candidates.len(), most);
        drawn.sort_unstable();
        candidates = drawn.into_iter().map(|place| candidates[place]).collect();
    }
    let rows = |places: &[usize]| places.iter().map(|&place| &features[place][..]).collect::<Vec<_>>();
    let covered = normalised(&rows(covered));
    let mut reached = vec![0.0_f32; covered.ncols()];
    for row in similarities(&normalised(&labelled.iter().map(Vec::as_slice).collect::<Vec<_>>()), &covered) {
        raise(&mut reached, &row);
    }
    let similar = similarities(&normalised(&rows(&candidates)), &covered);
    let places = greedy(&similar, reached, count);
    places.into_iter().map(|place| candidates[place]).collect()
}

/// Rows of length 1, or 0, as columns.
fn normalised(rows: &[&[f32]]) -> Mat<f32> {
    let length = |row: &[f32]| row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    let scales: Vec<f32> =
        rows.iter().map(|row| length(row)).map(|l| if l > 0.0 { (1.0 / l) as f32 } else { 0.0 }).collect();
    Mat::from_fn(rows.first().map_or(0, |row| row.len()), rows.len(), |c, row| rows[row][c] * scales[row])
}

/// The products of all columns of `one` with all of `others`. Threads share the columns of `one`; none shares a product, so their
/// number changes nothing.
fn similarities(one: &Mat<f32>, others: &Mat<f32>) -> Vec<Vec<f32>> {
    let blocks: Vec<usize> = (0..one.ncols()).step_by(AT_ONCE).collect();
    let of_block = |&start: &usize| {
        let block: MatRef<f32> = one.subcols(start, AT_ONCE.min(one.ncols() - start));
        let mut products = Mat::<f32>::zeros(others.ncols(), block.ncols());
        matmul(products.as_mut(), Accum::Replace, others.transpose(), block, 1.0, Par::Seq);
        products.col_iter().map(|column| column.iter().copied().collect()).collect::<Vec<Vec<f32>>>()
    };
    blocks.par_iter().flat_map_iter(of_block).collect()
}

fn raise(reached: &mut [f32], row: &[f32]) {
    reached.iter_mut().zip(row).for_each(|(reached, similar)| *reached = reached.max(*similar));
}

fn gain(reached: &[f32], row: &[f32]) -> f64 {
    reached.iter().zip(row).map(|(reached, similar)| f64::from((similar - reached).max(0.0))).sum()
}

/// What a candidate added when it was last looked at.
struct Entry {
    gain: f64,
    place: usize,
    /// How many had been chosen.
    round: usize,
}

impl Ord for Entry {
    /// The first of equal ones.
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then(other.place.cmp(&self.place))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

fn greedy(similar: &[Vec<f32>], mut reached: Vec<f32>, count: usize) -> Vec<usize> {
    let entry = |(place, row): (usize, &Vec<f32>)| Entry { gain: gain(&reached, row), place, round: 0 };
    let mut heap: BinaryHeap<Entry> = similar.par_iter().enumerate().map(entry).collect::<Vec<_>>().into();
    let mut chosen = Vec::new();
    while chosen.len() < count {
        let Some(best) = heap.pop() else { break };
        if best.round == chosen.len() {
            raise(&mut reached, &similar[best.place]);
            chosen.push(best.place);
        } else {
            let gain = gain(&reached, &similar[best.place]);
            heap.push(Entry { gain, place: best.place, round: chosen.len() });
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn the_lazy_choice_is_the_greedy_one() {
        let mut stream = Stream::new(1, Purpose::Split, 0, 0);
        let rows: Vec<Vec<f32>> =
            (0..150).map(|_| (0..5).map(|_| stream.normal(0.2, 1.0)).collect()).collect();
        let all: Vec<usize> = (0..rows.len()).collect();
        let lazy = locate(&rows, &all, &all, &rows[..2], 25, &mut stream);

        let cosine = |a: &[f32], b: &[f32]| {
            let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            product(a, b) / (product(a, a) * product(b, b)).sqrt()
        };
        let value = |chosen: &[usize]| -> f64 {
            let of = |row: &Vec<f32>| {
                let others = chosen.iter().chain(&[0, 1]).map(|&place| cosine(row, &rows[place]));
                others.fold(0.0, f64::max)
            };
            rows.iter().map(of).sum()
        };
        let mut chosen: Vec<usize> = Vec::new();
        for _ in 0..25 {
            let with = |place: usize| value(&[&chosen[..], &[place]].concat());
            let left = all.iter().copied().filter(|place| !chosen.contains(place));
            let best = left.max_by(|&a, &b| with(a).total_cmp(&with(b))).unwrap();
            chosen.push(best);
        }
        assert_eq!(lazy, chosen);
    }
}
