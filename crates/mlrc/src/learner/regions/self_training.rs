//! Self-training (Scudder 1965; Yarowsky 1995): sentences without labels get those that the model is surest of, and it is
//! solved again.
//!
//! Two rounds. In each, every relation gets the sentences that are answered with it by the greatest margin, at most half of
//! those answered with it and no more than twenty for each round so far; together they weigh half as much as the labelled
//! ones, row by row, and are balanced as these are. The penalty and what is said of left-out sentences are those of the
//! labelled sentences alone. The temperature cannot be: guesses that follow the model make it surer than it is right. It is
//! that at which the answers to the unlabelled sentences are as probable, on average, as left-out sentences were answered right.

use faer::Mat;

use super::ridge::{Problem, Ridge, Solution};

const ROUNDS: usize = 2;
/// Sentences of a relation that are added in each round, at most, and their share of those answered with it.
const MOST: usize = 20;
const SHARE: f64 = 0.5;
/// The weight of a sentence whose label is guessed, relative to a labelled one.
const WEIGHT: f64 = 0.5;

/// With fewer sentences, the temperature remains that of the labelled ones: so few can neither tell it nor change it.
const FEWEST: usize = 30;

/// Solves `problem` with the help of rows that have no labels.
pub fn solve(problem: &Problem, unlabelled: &[&[f32]]) -> Solution {
    let mut solution = problem.solve();
    for round in 1..=ROUNDS {
        let (places, labels) = surest(&solution, unlabelled, problem.count, MOST * round);
        let rows = places.into_iter().map(|place| unlabelled[place]).collect();
        solution = with_guesses(problem, rows, &labels, solution);
    }
    if unlabelled.len() >= FEWEST {
        let sharpness = sharpness_for(&solution, unlabelled, problem);
        solution = solution.with_sharpness(sharpness);
    }
    solution
}

/// What scores must be multiplied by for the mean probability of the answers to `rows` to be the share of left-out sentences
/// that were answered right (by the rule of succession).
fn sharpness_for(solution: &Solution, rows: &[&[f32]], problem: &Problem) -> f64 {
    let best = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
    let answered = solution.held_out.iter().zip(problem.labels);
    let right = answered.filter(|(row, label)| best(row) == **label as usize).count();
    let share = (right + 1) as f64 / (problem.labels.len() + 2) as f64;
    // What each label's logit lies below the best one's, without the temperature.
    let below: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let scores: Vec<f64> =
                (0..problem.count).map(|label| f64::from(score(solution, row, label))).collect();
            let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            scores.iter().map(|score| (score - greatest) / solution.sharpness).collect()
        })
        .collect();
    let confidence = |sharpness: f64| {
        let of = |row: &Vec<f64>| 1.0 / row.iter().map(|below| (sharpness * below).exp()).sum::<f64>();
        below.iter().map(of).sum::<f64>() / below.len() as f64
    };
    // It rises with the sharpness.
    let (mut low, mut high) = (0.1_f64.ln(), 200.0_f64.ln());
    while high - low > 1e-3 {
        let middle = low.midpoint(high);
        if confidence(middle.exp()) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.midpoint(high).exp()
}

/// The logit of a label.
fn score(solution: &Solution, row: &[f32], label: usize) -> f32 {
    let weights = &solution.weights[label * row.len()..][..row.len()];
    solution.bias[label] + weights.iter().zip(row).map(|(weight, value)| weight * value).sum::<f32>()
}

/// The rows that are answered with the greatest margin, and with what: at most `most` for each label.
fn surest(solution: &Solution, rows: &[&[f32]], count: usize, most: usize) -> (Vec<usize>, Vec<u32>) {
    let mut of_label: Vec<Vec<(f32, usize)>> = vec![Vec::new(); count];
    for (place, row) in rows.iter().enumerate() {
        let (mut best, mut label, mut next) = (f32::NEG_INFINITY, 0, f32::NEG_INFINITY);
        for other in 0..count {
            let score = score(solution, row, other);
            if score > best {
                (best, label, next) = (score, other, best);
            } else {
                next = next.max(score);
            }
        }
        of_label[label].push((best - next, place));
    }
    let (mut places, mut labels) = (Vec::new(), Vec::new());
    for (label, mut answered) in of_label.into_iter().enumerate() {
        // The first if tied, so that nothing depends on how the sort treats ties.
        answered.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let taken = most.min((SHARE * answered.len() as f64) as usize);
        places.extend(answered[..taken].iter().map(|(_, place)| *place));
        labels.extend(std::iter::repeat_n(label as u32, taken));
    }
    (places, labels)
}

/// Solves the problem with further rows, whose labels are guesses.
fn with_guesses(problem: &Problem, rows: Vec<&[f32]>, labels: &[u32], before: Solution) -> Solution {
    let all = |problem: &Problem| (0..problem.rows.len()).collect::<Vec<_>>();
    let guessed = Problem { rows, labels, sentences: Vec::new(), centred: Vec::new(), ..*problem };
    let (own, mean) = problem.balanced(&all(problem));
    let (others, mean_of_others) = guessed.balanced(&all(&guessed));
    let weights: Vec<f64> = own.iter().copied().chain(others.iter().map(|weight| WEIGHT * weight)).collect();
    let (total, of_others) = (own.len() as f64, WEIGHT * others.len() as f64);
    let mean: Vec<f64> = mean
        .iter()
        .zip(&mean_of_others)
        .map(|(own, other)| (total * own + of_others * other) / (total + of_others))
        .collect();
    let row = |i: usize| if i < own.len() { problem.rows[i] } else { guessed.rows[i - own.len()] };
    let label = |i: usize| if i < own.len() { problem.labels[i] } else { labels[i - own.len()] };
    let x = Mat::from_fn(weights.len(), problem.rows[0].len(), |i, c| f64::from(row(i)[c]));
    let residuals = Mat::from_fn(weights.len(), problem.count, |i, column| {
        f64::from(u8::from(label(i) as usize == column)) - mean[column]
    });
    let solved = problem.solved(&Ridge::new(&x, &weights), residuals, before.share, before.penalty);
    before.with_layer(&solved, &mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    /// Two labels that differ in the first of two components, in which labelled rows are few and noisy.
    fn rows(count: usize, seed: u64) -> (Vec<Vec<f32>>, Vec<u32>) {
        let mut stream = Stream::new(seed, Purpose::Split, 0, 0);
        let labels: Vec<u32> = (0..count as u32).map(|row| row % 2).collect();
        let mut row = |&label: &u32| {
            let side = if label == 0 { 0.6 } else { -0.6 };
            (0..12).map(|c| if c == 0 { side } else { 0.0 } + 0.35 * stream.normal(0.0, 1.0)).collect()
        };
        (labels.iter().map(&mut row).collect(), labels)
    }

    fn problem<'a>(rows: &'a [Vec<f32>], labels: &'a [u32]) -> Problem<'a> {
        Problem {
            rows: rows.iter().map(Vec::as_slice).collect(),
            labels,
            count: 2,
            sentences: (0..labels.len() as u64).collect(),
            centred: Vec::new(),
            balance: 1.0,
            penalty: Some(1.0),
            prior: None,
        }
    }

    fn right(solution: &Solution, rows: &[Vec<f32>], labels: &[u32]) -> usize {
        let is_right = |(row, label): &(&Vec<f32>, &u32)| {
            (score(solution, row, 1) > score(solution, row, 0)) == (**label == 1)
        };
        rows.iter().zip(labels).filter(is_right).count()
    }

    #[test]
    fn unlabelled_rows_help_where_labelled_ones_are_few() {
        let (mut alone, mut helped) = (0, 0);
        for seed in 0..10 {
            let (few, labels) = rows(6, 10 + seed);
            let (more, _) = rows(200, 100 + seed);
            let (test, gold) = rows(200, 200 + seed);
            let unlabelled: Vec<&[f32]> = more.iter().map(Vec::as_slice).collect();
            let problem = problem(&few, &labels);
            alone += right(&problem.solve(), &test, &gold);
            let solution = solve(&problem, &unlabelled);
            helped += right(&solution, &test, &gold);
            assert_eq!(solution.held_out, problem.solve().held_out);
            // The answers are as sure, on average, as left-out sentences were right.
            let sure = |row: &&[f32]| {
                let [a, b] = [0, 1].map(|label| score(&solution, row, label));
                f64::from(1.0 / (1.0 + (-(a - b).abs()).exp()))
            };
            let confidence = unlabelled.iter().map(sure).sum::<f64>() / unlabelled.len() as f64;
            let answers = solution.held_out.iter().zip(&labels);
            let known = answers.filter(|(row, label)| (row[1] > row[0]) == (**label == 1)).count();
            let expected = (known as f64 + 1.0) / 8.0;
            assert!((confidence - expected.max(0.5)).abs() < 0.02, "{confidence}, expected {expected}");
        }
        assert!(helped > alone + 40, "{helped} of 2000 right, {alone} without unlabelled rows");
    }

    #[test]
    fn guesses_are_bounded_and_nothing_happens_without_rows() {
        let (few, labels) = rows(6, 1);
        let (more, _) = rows(200, 2);
        let problem = problem(&few, &labels);
        let unlabelled: Vec<&[f32]> = more.iter().map(Vec::as_slice).collect();
        let solution = problem.solve();
        let (places, guesses) = surest(&solution, &unlabelled, 2, 20);
        assert_eq!(guesses.iter().filter(|label| **label == 0).count(), 20);
        assert_eq!((places.len(), guesses.len()), (40, 40));
        let (places, _) = surest(&solution, &unlabelled[..5], 2, 20);
        assert!(places.len() <= 2);
        let same = solve(&problem, &[]);
        let difference = same.weights.iter().zip(&solution.weights).map(|(a, b)| (a - b).abs());
        assert!(difference.fold(0.0, f32::max) < 1e-5);
    }
}
