//! Balanced ridge regression on one-hot relations, in closed form, with what it says of sentences that are left out.
//!
//! Minimises `Σ wᵢ ‖tᵢ − μ − Wᵀxᵢ‖² + λ ‖W‖²` over W, where t is one-hot, w weighs relations against each other, and μ is the
//! weighted mean of the t: `W = Xᵀ α` with `(X Xᵀ + λ diag(1/w)) α = T − μ`. The features x are centred on the rows at hand,
//! not on balanced ones: with few rows that is several points better than an offset that is fitted.
//!
//! What the solution without some sentence would say of its rows is found by solving again without it, or without a part of
//! the sentences if there are many. The well-known closed form for leaving out single rows will not do: it leaves the others
//! centred on the row that is left out, and with five rows per relation calls 88 % right where 69 % are. λ and the temperature of the
//! softmax over scores are those under which the relations of left-out sentences are most probable. (By squared error, λ would
//! be too small: it also counts how far scores are from 0 and 1, which the temperature takes care of.)

use std::collections::HashMap;
use std::ops::Range;

use faer::prelude::*;
use faer::{Mat, Side};
use rayon::prelude::*;

/// The penalties to choose from, for a kernel whose diagonal is 1 on average. None outside this range was better on any data
/// set (docs/RESULTS.md), and a few sentences that are left out cannot tell.
const PENALTIES: [f64; 5] = [0.5, 0.7, 1.0, 1.4, 2.0];
/// Up to so many sentences, each is left out by itself.
const SINGLY: usize = 120;
/// Otherwise they are left out in so many parts.
const PARTS: usize = 25;

/// The shares of the prior to choose from: what names say need not be true of the sentences. All of it if no left-out sentence can
/// tell.
const SHARES: [f64; 3] = [1.0, 0.5, 0.0];
/// λ where it is not chosen.
const USUAL_PENALTY: f64 = 1.0;
/// What scores are multiplied by if no left-out sentence can tell: about what it is on all data sets.
const USUAL_SHARPNESS: f64 = 13.0;

/// Labelled rows.
pub struct Problem<'a> {
    /// The features of each row.
    pub rows: Vec<&'a [f32]>,
    pub labels: &'a [u32],
    /// Number of labels.
    pub count: usize,
    /// The sentence of each row.
    pub sentences: Vec<u64>,
    /// Features that are centred together, and which rows have them; in others they are zero.
    pub centred: Vec<(Range<usize>, Vec<bool>)>,
    /// The power of a label's frequency by which its rows are weighted down.
    pub balance: f64,
    /// λ; chosen if not given.
    pub penalty: Option<f64>,
    /// What the weights are drawn to instead of 0, `[features][labels]`, if there is anything.
    pub prior: Option<&'a Mat<f64>>,
}

/// The solution.
pub struct Solution {
    /// `[labels, features]`, the temperature included.
    pub weights: Vec<f32>,
    /// `[labels]`, the temperature included.
    pub bias: Vec<f32>,
    /// The probabilities of the labels for each row, by the solution without its sentence.
    pub held_out: Vec<Vec<f32>>,
    /// λ
    pub penalty: f64,
    /// What scores are multiplied by before the softmax: the inverse of the temperature.
    pub sharpness: f64,
    /// How much of the prior is used, in `0..=1`; 1 if there is none.
    pub share: f64,
}

impl Solution {
    /// The same with another temperature.
    pub(super) fn with_sharpness(mut self, sharpness: f64) -> Self {
        let factor = (sharpness / self.sharpness) as f32;
        self.weights.iter_mut().chain(&mut self.bias).for_each(|value| *value *= factor);
        Self { sharpness, ..self }
    }

    /// The same with another layer: weights, `[features, labels]`, and bias, without the temperature.
    pub(super) fn with_layer(self, weights: &Mat<f64>, bias: &[f64]) -> Self {
        let columns = 0..weights.ncols();
        let places = columns.flat_map(|label| (0..weights.nrows()).map(move |c| (c, label)));
        Self {
            weights: places.map(|place| (self.sharpness * weights[place]) as f32).collect(),
            bias: bias.iter().map(|bias| (self.sharpness * bias) as f32).collect(),
            ..self
        }
    }
}

/// What is said of sentences that are left out.
struct LeftOut {
    penalty: f64,
    share: f64,
    /// `[rows][labels]`
    scores: Vec<Vec<f64>>,
    /// The negative logarithm of the labels' probability at the best temperature.
    loss: f64,
}

impl Problem<'_> {
    /// Solves it, in parallel on the current thread pool.
    ///
    /// # Panics
    /// If there are no rows, or a label is not below the count.
    pub fn solve(&self) -> Solution {
        let penalties = self.penalty.map_or(PENALTIES.to_vec(), |penalty| vec![penalty]);
        let shares = if self.prior.is_some() && self.can_be_answered() { &SHARES[..] } else { &SHARES[..1] };
        let choices: Vec<(f64, f64)> =
            shares.iter().flat_map(|share| penalties.iter().map(move |penalty| (*share, *penalty))).collect();
        let LeftOut { penalty, share, scores, .. } = self.left_out(&choices);
        let sharpness =
            if self.can_be_answered() { cautious_sharpness(&scores, self.labels) } else { USUAL_SHARPNESS };
        let probabilities = |row: &Vec<f64>| softmax(row, sharpness).iter().map(|p| *p as f32).collect();
        Solution {
            held_out: scores.iter().map(probabilities).collect(),
            ..self.solution(share, penalty, sharpness)
        }
    }

    /// A solution for many rows, in the time of two systems: the penalty is the usual one unless it is given, the temperature
    /// that of a single part of the sentences, and nothing else is said of what is left out.
    ///
    /// # Panics
    /// As [`Problem::solve`].
    pub fn solve_once(&self) -> Solution {
        let penalty = self.penalty.unwrap_or(USUAL_PENALTY);
        let part = self.parts().swap_remove(0);
        let scores = self.scores_without(&part, &[(1.0, penalty)]).swap_remove(0);
        let scores: Vec<Vec<f64>> =
            (0..part.len()).map(|row| (0..self.count).map(|label| scores[(row, label)]).collect()).collect();
        let labels: Vec<u32> = part.iter().map(|&row| self.labels[row]).collect();
        self.solution(1.0, penalty, cautious_sharpness(&scores, &labels))
    }

    /// The solution for all rows, with nothing said of those that are left out.
    fn solution(&self, share: f64, penalty: f64, sharpness: f64) -> Solution {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        let (weights, mean) = self.balanced(&all);
        let x = self.features(&all, &[]);
        let solved = self.solved(&Ridge::new(&x, &weights), self.residuals(&all, &mean), share, penalty);
        Solution { weights: Vec::new(), bias: Vec::new(), held_out: Vec::new(), penalty, sharpness, share }
            .with_layer(&solved, &mean)
    }

    /// The choice, of a share of the prior and a penalty, under which the labels of left-out sentences are most probable, at the best
    /// temperature.
    fn left_out(&self, choices: &[(f64, f64)]) -> LeftOut {
        let parts = self.parts();
        let of_parts: Vec<Vec<Mat<f64>>> =
            parts.par_iter().map(|part| self.scores_without(part, choices)).collect();
        let mut best: Option<LeftOut> = None;
        for (number, &(share, penalty)) in choices.iter().enumerate() {
            let mut scores = vec![Vec::new(); self.rows.len()];
            for (part, of_part) in parts.iter().zip(&of_parts) {
                for (place, &row) in part.iter().enumerate() {
                    scores[row] = (0..self.count).map(|label| of_part[number][(place, label)]).collect();
                }
            }
            let loss = loss(&scores, self.labels, sharpness(&scores, self.labels));
            // The first if tied.
            if best.as_ref().is_none_or(|best| loss < best.loss) {
                best = Some(LeftOut { penalty, share, scores, loss });
            }
        }
        best.expect("there is a penalty")
    }

    /// The scores of the rows in `part`, in order, by the solution without them, for each share of the prior and penalty: `[rows, labels]`.
    fn scores_without(&self, part: &[usize], choices: &[(f64, f64)]) -> Vec<Mat<f64>> {
        let rest: Vec<usize> = (0..self.rows.len()).filter(|row| part.binary_search(row).is_err()).collect();
        let same = 1.0 / self.count as f64;
        if rest.is_empty() {
            // Without any row, all labels are the same.
            return choices.iter().map(|_| Mat::from_fn(part.len(), self.count, |_, _| same)).collect();
        }
        let means = self.means(&rest);
        let (weights, mean) = self.balanced(&rest);
        let (x, left) = (self.features(&rest, &means), self.features(part, &means));
        let (ridge, residuals) = (Ridge::new(&x, &weights), self.residuals(&rest, &mean));
        let scores = |&(share, penalty): &(f64, f64)| {
            let scores = left.as_ref() * self.solved(&ridge, residuals.clone(), share, penalty);
            Mat::from_fn(part.len(), self.count, |row, label| scores[(row, label)] + mean[label])
        };
        choices.iter().map(scores).collect()
    }

    /// Whether any row's label is that of another sentence, too: otherwise nothing is known of a sentence that is left out.
    fn can_be_answered(&self) -> bool {
        let mut sentence_of: HashMap<u32, u64> = HashMap::new();
        let mut rows = self.labels.iter().zip(&self.sentences);
        rows.any(|(&label, &sentence)| *sentence_of.entry(label).or_insert(sentence) != sentence)
    }

    /// The rows that are left out together, in order: those of a sentence, or of several with about the same labels in every
    /// part.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut number: HashMap<u64, usize> = HashMap::new();
        let mut sentences: Vec<Vec<usize>> = Vec::new();
        for (row, &sentence) in self.sentences.iter().enumerate() {
            let place = *number.entry(sentence).or_insert(sentences.len());
            if place == sentences.len() {
                sentences.push(Vec::new());
            }
            sentences[place].push(row);
        }
        if sentences.len() <= SINGLY {
            return sentences;
        }
        sentences.sort_by_key(|rows| self.labels[rows[0]]);
        let mut parts = vec![Vec::new(); PARTS];
        for (place, rows) in sentences.into_iter().enumerate() {
            parts[place % PARTS].extend(rows);
        }
        parts.iter_mut().for_each(|part| part.sort_unstable());
        parts
    }

    /// The weights for these residuals, drawn to this share of the prior.
    pub(super) fn solved(
        &self,
        ridge: &Ridge,
        mut residuals: Mat<f64>,
        share: f64,
        penalty: f64,
    ) -> Mat<f64> {
        let Some(prior) = self.prior.filter(|_| share > 0.0) else { return ridge.solve(&residuals, penalty) };
        let prior = faer::Scale(share) * prior;
        residuals -= ridge.x * &prior;
        ridge.solve(&residuals, penalty) + prior
    }

    fn target(&self, row: usize, label: usize) -> f64 {
        f64::from(u8::from(self.labels[row] as usize == label))
    }

    /// The weights of these rows, 1 on average, and the weighted mean of their targets.
    pub(super) fn balanced(&self, rows: &[usize]) -> (Vec<f64>, Vec<f64>) {
        let mut counts = vec![0.0_f64; self.count];
        rows.iter().for_each(|&row| counts[self.labels[row] as usize] += 1.0);
        let weight = |row: &usize| counts[self.labels[*row] as usize].powf(-self.balance);
        let weights: Vec<f64> = rows.iter().map(weight).collect();
        let total: f64 = weights.iter().sum();
        let mut mean = vec![0.0; self.count];
        rows.iter()
            .zip(&weights)
            .for_each(|(&row, weight)| mean[self.labels[row] as usize] += weight / total);
        let scale = rows.len() as f64 / total;
        (weights.into_iter().map(|weight| scale * weight).collect(), mean)
    }

    fn residuals(&self, rows: &[usize], mean: &[f64]) -> Mat<f64> {
        Mat::from_fn(rows.len(), self.count, |i, label| self.target(rows[i], label) - mean[label])
    }

    /// The mean of each feature that is centred, over those of these rows that have it.
    fn means(&self, rows: &[usize]) -> Vec<f64> {
        let mut means = vec![0.0; self.rows[0].len()];
        for (range, present) in &self.centred {
            let having: Vec<usize> = rows.iter().copied().filter(|&row| present[row]).collect();
            for c in range.clone() {
                let sum: f64 = having.iter().map(|&row| f64::from(self.rows[row][c])).sum();
                means[c] = sum / having.len().max(1) as f64;
            }
        }
        means
    }

    /// The features of these rows, less `means` if there are any.
    fn features(&self, rows: &[usize], means: &[f64]) -> Mat<f64> {
        let mut x = Mat::from_fn(rows.len(), self.rows[0].len(), |i, c| f64::from(self.rows[rows[i]][c]));
        for (range, present) in self.centred.iter().filter(|_| !means.is_empty()) {
            for c in range.clone() {
                for (i, _) in rows.iter().enumerate().filter(|(_, row)| present[**row]) {
                    x[(i, c)] -= means[c];
                }
            }
        }
        x
    }
}

/// Rows with weights, to be solved for any penalty.
pub(super) struct Ridge<'a> {
    x: &'a Mat<f64>,
    weights: &'a [f64],
    /// X Xᵀ or, with more rows than features, `XᵀWX`.
    products: Mat<f64>,
}

impl<'a> Ridge<'a> {
    pub fn new(x: &'a Mat<f64>, weights: &'a [f64]) -> Self {
        let products =
            if x.nrows() <= x.ncols() { x * x.transpose() } else { x.transpose() * weighted(x, weights) };
        Self { x, weights, products }
    }

    /// W, `[features, labels]`, for these residuals.
    pub fn solve(&self, residuals: &Mat<f64>, penalty: f64) -> Mat<f64> {
        let mut system = self.products.clone();
        if self.x.nrows() <= self.x.ncols() {
            self.weights.iter().enumerate().for_each(|(i, weight)| system[(i, i)] += penalty / weight);
            return self.x.transpose() * solve_definite(&system, residuals);
        }
        (0..system.nrows()).for_each(|c| system[(c, c)] += penalty);
        solve_definite(&system, &(self.x.transpose() * weighted(residuals, self.weights)))
    }
}

/// Each row times its weight.
fn weighted(rows: &Mat<f64>, weights: &[f64]) -> Mat<f64> {
    Mat::from_fn(rows.nrows(), rows.ncols(), |i, c| weights[i] * rows[(i, c)])
}

/// The solution of a system that the penalty makes positive definite.
fn solve_definite(system: &Mat<f64>, right: &Mat<f64>) -> Mat<f64> {
    match system.llt(Side::Lower) {
        Ok(factors) => factors.solve(right),
        Err(_) => system.partial_piv_lu().solve(right),
    }
}

/// The factor s for which the labels are most probable under softmax(s · scores).
fn sharpness(scores: &[Vec<f64>], labels: &[u32]) -> f64 {
    minimum(|s| loss(scores, labels, s))
}

/// The same if, of two sentences more, one had been answered wrong (the rule of succession). Otherwise some sentences that are
/// all answered right would make every answer certain.
fn cautious_sharpness(scores: &[Vec<f64>], labels: &[u32]) -> f64 {
    let wrong = 1.0 / (labels.len() + 2) as f64;
    // What is answered wrong most often gets the next label.
    let next: Vec<u32> = scores.iter().zip(labels).map(|(row, &label)| best_other(row, label)).collect();
    minimum(|s| (1.0 - wrong) * loss(scores, labels, s) + wrong * loss(scores, &next, s))
}

/// The label with the greatest score besides this one; this one if there is no other.
fn best_other(scores: &[f64], label: u32) -> u32 {
    let others = (0..scores.len() as u32).filter(|&other| other != label);
    others.max_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize])).unwrap_or(label)
}

/// Where a loss is least that is convex in s, and so has one minimum: golden section on a logarithmic scale.
fn minimum(loss: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.1_f64.ln(), 200.0_f64.ln());
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut loss_a, mut loss_b) = (loss(a.exp()), loss(b.exp()));
    while high - low > 1e-3 {
        if loss_a <= loss_b {
            (high, b, loss_b) = (b, a, loss_a);
            a = high - ratio * (high - low);
            loss_a = loss(a.exp());
        } else {
            (low, a, loss_a) = (a, b, loss_b);
            b = low + ratio * (high - low);
            loss_b = loss(b.exp());
        }
    }
    low.midpoint(high).exp()
}

/// The negative logarithm of the labels' probability under softmax(s · scores).
fn loss(scores: &[Vec<f64>], labels: &[u32], s: f64) -> f64 {
    let of = |(row, &label): (&Vec<f64>, &u32)| -softmax(row, s)[label as usize].max(1e-300).ln();
    scores.iter().zip(labels).map(of).sum()
}

fn softmax(scores: &[f64], sharpness: f64) -> Vec<f64> {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let terms: Vec<f64> = scores.iter().map(|score| (sharpness * (score - greatest)).exp()).collect();
    let total: f64 = terms.iter().sum();
    terms.into_iter().map(|term| term / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    const LABELS: usize = 4;

    /// Rows that say something about their labels; some share a sentence.
    fn data(rows: usize, features: usize) -> (Vec<Vec<f32>>, Vec<u32>, Vec<u64>) {
        let mut stream = Stream::new(rows as u64, Purpose::Split, features as u64, 0);
        let labels: Vec<u32> = (0..rows).map(|row| [0, 0, 0, 1, 1, 2, 3][row % 7]).collect();
        let value = |label: u32, c: usize, stream: &mut Stream| {
            let signal = if c % LABELS == label as usize { 0.8 } else { 0.0 };
            (signal + stream.uniform(-1.0, 1.0)) / (features as f32).sqrt()
        };
        let mut x: Vec<Vec<f32>> = labels
            .iter()
            .map(|&label| (0..features).map(|c| value(label, c, &mut stream)).collect())
            .collect();
        for (_, values) in x.iter_mut().enumerate().filter(|(row, _)| row % 3 != 0) {
            values[features / 2..].fill(0.0);
        }
        (x, labels, (0..rows).map(|row| (row / 2 * 2 + row % 2 * usize::from(row % 3 == 0)) as u64).collect())
    }

    fn problem<'a>(
        data: &'a (Vec<Vec<f32>>, Vec<u32>, Vec<u64>),
        keep: &[usize],
        labels: &'a [u32],
    ) -> Problem<'a> {
        let features = data.0[0].len();
        Problem {
            rows: keep.iter().map(|&row| &data.0[row][..]).collect(),
            labels,
            count: LABELS,
            sentences: keep.iter().map(|&row| data.2[row]).collect(),
            // Every row has the first half, every third the rest; these are zero elsewhere, as `data` leaves them.
            centred: vec![
                (0..features / 2, vec![true; keep.len()]),
                (features / 2..features, keep.iter().map(|row| row % 3 == 0).collect()),
            ],
            balance: 0.75,
            penalty: Some(0.4),
            prior: None,
        }
    }

    /// Both ways give the minimum: there, the gradient of the objective is zero.
    #[test]
    fn the_solution_is_where_the_gradient_vanishes() {
        for (rows, features) in [(30, 50), (80, 12)] {
            let data = data(rows, features);
            let all: Vec<usize> = (0..rows).collect();
            let problem = problem(&data, &all, &data.1);
            let Solution { weights: solved, bias, sharpness, .. } = problem.solve();
            let (weights, mean) = problem.balanced(&all);
            assert!((weights.iter().sum::<f64>() / rows as f64 - 1.0).abs() < 1e-12);
            for label in 0..LABELS {
                assert!((f64::from(bias[label]) / sharpness - mean[label]).abs() < 1e-6);
                let own = |c: usize| f64::from(solved[label * features + c]) / sharpness;
                for c in 0..features {
                    let mut gradient = 0.4 * own(c);
                    for (row, weight) in weights.iter().enumerate() {
                        let x = |c: usize| f64::from(data.0[row][c]);
                        let score: f64 = mean[label] + (0..features).map(|c| own(c) * x(c)).sum::<f64>();
                        gradient += weight * (score - problem.target(row, label)) * x(c);
                    }
                    assert!(gradient.abs() < 1e-5, "{gradient}");
                }
            }
        }
    }

    /// What is said of a left-out sentence is what training without it says, from centring on.
    #[test]
    fn held_out_scores_are_those_of_training_without_the_sentence() {
        for (rows, features, balance) in [(24, 40, 0.75), (24, 40, 0.0), (40, 9, 1.0), (400, 20, 0.5)] {
            let data = data(rows, features);
            let all: Vec<usize> = (0..rows).collect();
            let whole = Problem { balance, ..problem(&data, &all, &data.1) };
            let LeftOut { scores, .. } = whole.left_out(&[(1.0, 0.4)]);
            let parts = whole.parts();
            let mut seen: Vec<usize> = parts.concat();
            seen.sort_unstable();
            assert_eq!(seen, all);
            assert_eq!(parts.len() == PARTS, rows == 400);
            for part in &parts {
                let keep: Vec<usize> = all.iter().copied().filter(|row| !part.contains(row)).collect();
                assert!(keep.iter().all(|&row| part.iter().all(|&other| data.2[row] != data.2[other])));
                // Another problem, whose features are centred beforehand.
                let means = whole.means(&keep);
                let centred = |row: usize| -> Vec<f32> {
                    let has = |c: usize| c < features / 2 || row.is_multiple_of(3);
                    let value = |c: usize| data.0[row][c] - if has(c) { means[c] as f32 } else { 0.0 };
                    (0..features).map(value).collect()
                };
                let rest: Vec<Vec<f32>> = keep.iter().map(|&row| centred(row)).collect();
                let labels: Vec<u32> = keep.iter().map(|&row| data.1[row]).collect();
                let without = Problem {
                    balance,
                    rows: rest.iter().map(Vec::as_slice).collect(),
                    ..problem(&data, &keep, &labels)
                };
                let solution = without.solve();
                for &row in part {
                    for (label, &found) in scores[row].iter().enumerate() {
                        let own =
                            |c: usize| f64::from(solution.weights[label * features + c] * centred(row)[c]);
                        let sum: f64 = (0..features).map(own).sum();
                        let score = (sum + f64::from(solution.bias[label])) / solution.sharpness;
                        assert!((score - found).abs() < 1e-4, "{score} {found}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_known_without_any_sentence() {
        let data = data(6, 9);
        let all: Vec<usize> = (0..6).collect();
        let solution = Problem { sentences: vec![1; 6], ..problem(&data, &all, &data.1) }.solve();
        assert!(
            solution.held_out.concat().iter().all(|p| (p - 0.25).abs() < 1e-6),
            "{:?}",
            solution.held_out
        );
        assert!(solution.weights.iter().chain(&solution.bias).all(|value| value.is_finite()));
    }

    /// Ten sentences that are all answered right do not make the eleventh answer certain.
    #[test]
    fn no_answer_is_more_certain_than_so_many_sentences_can_tell() {
        for count in [10, 40, 160] {
            let labels: Vec<u32> = (0..count).map(|row| row % 2).collect();
            let scores: Vec<Vec<f64>> = labels
                .iter()
                .map(|&label| vec![0.9 - 0.8 * f64::from(label), 0.1 + 0.8 * f64::from(label)])
                .collect();
            let probability = softmax(&scores[0], cautious_sharpness(&scores, &labels))[0];
            let expected = 1.0 - 1.0 / f64::from(count + 2);
            assert!((probability - expected).abs() < 1e-4, "{probability} {expected}");
        }
    }

    #[test]
    fn probabilities_are_not_flat_where_every_label_has_one_sentence() {
        let data = data(4, 9);
        let labels = [0, 1, 2, 3];
        let all: Vec<usize> = (0..4).collect();
        let solution = Problem { sentences: vec![1, 2, 3, 4], ..problem(&data, &all, &labels) }.solve();
        assert_eq!(solution.sharpness, USUAL_SHARPNESS);
        let shared =
            Problem { sentences: vec![1, 2, 3, 4], labels: &[0, 0, 1, 1], ..problem(&data, &all, &labels) };
        assert!(shared.can_be_answered());
    }

    #[test]
    fn penalty_and_temperature_are_those_of_the_least_loss() {
        let data = data(60, 100);
        let all: Vec<usize> = (0..60).collect();
        let problem = Problem { penalty: None, ..problem(&data, &all, &data.1) };
        let Solution { penalty, sharpness: chosen, held_out, .. } = problem.solve();
        let least = |penalty: f64| problem.left_out(&[(1.0, penalty)]).loss;
        assert!(
            PENALTIES.contains(&penalty) && PENALTIES.into_iter().all(|other| least(penalty) <= least(other))
        );
        let LeftOut { scores, .. } = problem.left_out(&[(1.0, penalty)]);
        let at = |s: f64| loss(&scores, &data.1, s);
        let best = sharpness(&scores, &data.1);
        assert!(at(best) <= at(1.02 * best) && at(best) <= at(best / 1.02));
        assert!(chosen < best, "{chosen} {best}");

        assert!(held_out.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
        let said: f64 =
            held_out.iter().zip(&data.1).map(|(row, &label)| -f64::from(row[label as usize]).ln()).sum();
        assert!((said - at(chosen)).abs() < 1e-3 && said < 60.0 * (LABELS as f64).ln());
    }
}
