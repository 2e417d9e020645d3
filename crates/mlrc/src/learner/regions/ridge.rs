//! Balanced ridge regression on one-hot relations, in closed form, with what it says of sentences that are left out.
//!
//! Minimises `Σ wᵢ ‖tᵢ − μ − Wᵀxᵢ‖² + λ ‖W‖²` over W, where t is one-hot, w weighs relations against each other and μ is
//! the weighted mean of the t. Of all sentences, what the solution without them would say follows from the solution with
//! them: with `M = X Xᵀ + λ diag(1/w)` and `α = M⁻¹ (T − μ)`, the errors on a left-out sentence's rows G are
//! `((M⁻¹)_GG)⁻¹ α_G`; with more rows than features the same is computed from the normal equations. λ is the one with the
//! least squared error on left-out sentences, and the temperature of the softmax over scores the one under which their
//! relations are most probable.

use std::collections::HashMap;

use faer::prelude::*;
use faer::{Mat, Side};

/// The penalties to choose from, for a kernel whose diagonal is 1 on average.
const PENALTIES: [f64; 11] = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0];

/// Labelled rows.
pub struct Problem<'a> {
    /// The features of each row.
    pub rows: Vec<&'a [f32]>,
    pub labels: &'a [u32],
    /// Number of labels.
    pub count: usize,
    /// The sentence of each row.
    pub sentences: Vec<u64>,
    /// The power of a label's frequency by which its rows are weighted down.
    pub balance: f64,
    /// λ; chosen if not given.
    pub penalty: Option<f64>,
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
}

/// A solution for one λ.
struct Fit {
    /// `[features, labels]`
    weights: Mat<f64>,
    /// Scores of rows by the solution without their sentence, `[rows, labels]`.
    held_out: Mat<f64>,
    /// Their squared error.
    error: f64,
    penalty: f64,
}

impl Problem<'_> {
    /// Solves it.
    ///
    /// # Panics
    /// If there are no rows, or a label is not below the count.
    pub fn solve(&self) -> Solution {
        let (n, d) = (self.rows.len(), self.rows[0].len());
        let x = Mat::from_fn(n, d, |i, c| f64::from(self.rows[i][c]));
        let weights = self.row_weights();
        let total: f64 = weights.iter().sum();
        let mean: Vec<f64> = (0..self.count as u32)
            .map(|label| {
                let of_label = self.labels.iter().zip(&weights).filter(|(found, _)| **found == label);
                of_label.map(|(_, weight)| weight).sum::<f64>() / total
            })
            .collect();
        let target = |i: usize, label: usize| f64::from(u8::from(self.labels[i] as usize == label));
        let residuals = Mat::from_fn(n, self.count, |i, label| target(i, label) - mean[label]);
        let groups = self.groups();
        let fit: Box<dyn Fn(f64) -> Fit> = if n <= d {
            let kernel = &x * x.transpose();
            let (x, residuals, weights, groups) = (&x, &residuals, &weights, &groups);
            Box::new(move |penalty| dual(x, &kernel, residuals, weights, groups, penalty))
        } else {
            let weighted = Mat::from_fn(n, d, |i, c| weights[i] * x[(i, c)]);
            let gram = x.transpose() * &weighted;
            let moments = weighted.transpose() * &residuals;
            let (x, residuals, weights, groups) = (&x, &residuals, &weights, &groups);
            Box::new(move |penalty| primal(x, &gram, &moments, residuals, weights, groups, penalty))
        };
        let mut best = fit(self.penalty.unwrap_or(PENALTIES[0]));
        if self.penalty.is_none() {
            for &penalty in &PENALTIES[1..] {
                let next = fit(penalty);
                // The first if tied.
                if next.error < best.error {
                    best = next;
                }
            }
        }
        let scores: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..self.count).map(|label| best.held_out[(i, label)] + mean[label]).collect())
            .collect();
        let sharpness = sharpness(&scores, self.labels);
        let probabilities = |row: &Vec<f64>| softmax(row, sharpness).iter().map(|p| *p as f32).collect();
        let of_label = |label: usize| (0..d).map(move |c| (label, c));
        Solution {
            weights: (0..self.count)
                .flat_map(of_label)
                .map(|(label, c)| (sharpness * best.weights[(c, label)]) as f32)
                .collect(),
            bias: mean.iter().map(|mean| (sharpness * mean) as f32).collect(),
            held_out: scores.iter().map(probabilities).collect(),
            penalty: best.penalty,
            sharpness,
        }
    }

    /// The weight of each row: 1 on average.
    fn row_weights(&self) -> Vec<f64> {
        let mut counts = vec![0.0_f64; self.count];
        self.labels.iter().for_each(|&label| counts[label as usize] += 1.0);
        let weights: Vec<f64> =
            self.labels.iter().map(|&label| counts[label as usize].powf(-self.balance)).collect();
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        weights.into_iter().map(|weight| weight / mean).collect()
    }

    /// The rows of each sentence, in the order of their first rows.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut number: HashMap<u64, usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (row, &sentence) in self.sentences.iter().enumerate() {
            let group = *number.entry(sentence).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Vec::new());
            }
            groups[group].push(row);
        }
        groups
    }
}

/// With no more rows than features: by the kernel `X Xᵀ`.
fn dual(
    x: &Mat<f64>,
    kernel: &Mat<f64>,
    residuals: &Mat<f64>,
    weights: &[f64],
    groups: &[Vec<usize>],
    penalty: f64,
) -> Fit {
    let mut system = kernel.clone();
    for (i, weight) in weights.iter().enumerate() {
        system[(i, i)] += penalty / weight;
    }
    let inverse = inverse(&system);
    let alpha = &inverse * residuals;
    let errors = group_errors(groups, &alpha, |i, j| inverse[(i, j)]);
    Fit { weights: x.transpose() * &alpha, error: squared(&errors), held_out: residuals - errors, penalty }
}

/// With more rows than features: by the normal equations.
fn primal(
    x: &Mat<f64>,
    gram: &Mat<f64>,
    moments: &Mat<f64>,
    residuals: &Mat<f64>,
    weights: &[f64],
    groups: &[Vec<usize>],
    penalty: f64,
) -> Fit {
    let mut system = gram.clone();
    for c in 0..system.nrows() {
        system[(c, c)] += penalty;
    }
    let inverse = inverse(&system);
    let solved = &inverse * moments;
    let misfit = residuals - x * &solved;
    // H = X (XᵀWX + λ)⁻¹ Xᵀ W says how much each row's score owes to each row.
    let projected = x * &inverse;
    let owes = |i: usize, j: usize| {
        let product: f64 = (0..x.ncols()).map(|c| projected[(i, c)] * x[(j, c)]).sum();
        f64::from(u8::from(i == j)) - product * weights[j]
    };
    let errors = group_errors(groups, &misfit, owes);
    Fit { weights: solved, error: squared(&errors), held_out: residuals - errors, penalty }
}

/// The errors on each group's rows when it is left out: `(S_GG)⁻¹ values_G`.
fn group_errors(groups: &[Vec<usize>], values: &Mat<f64>, system: impl Fn(usize, usize) -> f64) -> Mat<f64> {
    let mut errors = Mat::zeros(values.nrows(), values.ncols());
    for group in groups {
        if let [row] = group[..] {
            let share = system(row, row);
            for label in 0..values.ncols() {
                errors[(row, label)] = values[(row, label)] / share;
            }
            continue;
        }
        let own = Mat::from_fn(group.len(), group.len(), |a, b| system(group[a], group[b]));
        let right = Mat::from_fn(group.len(), values.ncols(), |a, label| values[(group[a], label)]);
        let solved = own.partial_piv_lu().solve(&right);
        for (a, &row) in group.iter().enumerate() {
            for label in 0..values.ncols() {
                errors[(row, label)] = solved[(a, label)];
            }
        }
    }
    errors
}

/// The inverse of a matrix that the penalty makes positive definite.
fn inverse(system: &Mat<f64>) -> Mat<f64> {
    use faer::linalg::solvers::DenseSolveCore;

    match system.llt(Side::Lower) {
        Ok(factors) => factors.inverse(),
        Err(_) => system.partial_piv_lu().inverse(),
    }
}

fn squared(errors: &Mat<f64>) -> f64 {
    let error = errors.squared_norm_l2();
    // Not a number must not win.
    if error.is_finite() { error } else { f64::INFINITY }
}

/// The factor s for which the labels are most probable under softmax(s · scores).
fn sharpness(scores: &[Vec<f64>], labels: &[u32]) -> f64 {
    let loss = |s: f64| -> f64 {
        let of = |(row, &label): (&Vec<f64>, &u32)| -softmax(row, s)[label as usize].max(1e-300).ln();
        scores.iter().zip(labels).map(of).sum()
    };
    // The loss is convex in s, so it has one minimum: golden section on a logarithmic scale.
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
        let x = labels.iter().map(|&label| (0..features).map(|c| value(label, c, &mut stream)).collect());
        let x = x.collect();
        (x, labels, (0..rows).map(|row| (row / 2 * 2 + row % 2 * usize::from(row % 3 == 0)) as u64).collect())
    }

    fn problem<'a>(
        data: &'a (Vec<Vec<f32>>, Vec<u32>, Vec<u64>),
        keep: &[usize],
        labels: &'a [u32],
    ) -> Problem<'a> {
        Problem {
            rows: keep.iter().map(|&row| &data.0[row][..]).collect(),
            labels,
            count: LABELS,
            sentences: keep.iter().map(|&row| data.2[row]).collect(),
            balance: 0.75,
            penalty: Some(0.4),
        }
    }

    /// Both ways give the minimum: there, the gradient of the objective is zero.
    #[test]
    fn the_solution_is_where_the_gradient_vanishes() {
        for (rows, features) in [(30, 50), (80, 12)] {
            let data = data(rows, features);
            let all: Vec<usize> = (0..rows).collect();
            let problem = problem(&data, &all, &data.1);
            let solution = problem.solve();
            let weights = problem.row_weights();
            let total: f64 = weights.iter().sum();
            assert!((total / rows as f64 - 1.0).abs() < 1e-12);
            // The bias is the temperature times the weighted share of a label.
            let share = |label: usize| -> f64 {
                (0..rows).filter(|&row| data.1[row] as usize == label).map(|row| weights[row]).sum::<f64>()
                    / total
            };
            let sharpness = f64::from(solution.bias[0]) / share(0);
            for label in 0..LABELS {
                assert!((f64::from(solution.bias[label]) / sharpness - share(label)).abs() < 1e-6);
                let own = |c: usize| f64::from(solution.weights[label * features + c]) / sharpness;
                for c in 0..features {
                    let mut gradient = 0.4 * own(c);
                    for (row, weight) in weights.iter().enumerate() {
                        let x = |c: usize| f64::from(data.0[row][c]);
                        let score: f64 = share(label) + (0..features).map(|c| own(c) * x(c)).sum::<f64>();
                        let target = f64::from(u8::from(data.1[row] as usize == label));
                        gradient += weight * (score - target) * x(c);
                    }
                    assert!(gradient.abs() < 1e-5, "{gradient}");
                }
            }
        }
    }

    /// What is said of a left-out sentence is what the solution without it says. (The weights and the mean are those of all
    /// rows in both; otherwise one could not follow from the other.)
    #[test]
    fn held_out_scores_are_those_of_the_solution_without_the_sentence() {
        for (rows, features) in [(24, 40), (40, 9)] {
            let data = data(rows, features);
            let all: Vec<usize> = (0..rows).collect();
            let whole = problem(&data, &all, &data.1);
            let (x, weights) =
                (Mat::from_fn(rows, features, |i, c| f64::from(data.0[i][c])), whole.row_weights());
            let residuals =
                Mat::from_fn(rows, LABELS, |i, l| f64::from(u8::from(data.1[i] as usize == l)) - 0.25);
            let groups = whole.groups();
            assert!(
                groups.iter().any(|group| group.len() == 2) && groups.iter().any(|group| group.len() == 1)
            );
            let fit = |keep: &[usize]| {
                let x = Mat::from_fn(keep.len(), features, |i, c| x[(keep[i], c)]);
                let residuals = Mat::from_fn(keep.len(), LABELS, |i, l| residuals[(keep[i], l)]);
                let weights: Vec<f64> = keep.iter().map(|&row| weights[row]).collect();
                let groups: Vec<Vec<usize>> = if keep.len() == rows { groups.clone() } else { Vec::new() };
                if keep.len() <= features {
                    dual(&x, &(&x * x.transpose()), &residuals, &weights, &groups, 0.4)
                } else {
                    let weighted = Mat::from_fn(keep.len(), features, |i, c| weights[i] * x[(i, c)]);
                    let (gram, moments) = (x.transpose() * &weighted, weighted.transpose() * &residuals);
                    primal(&x, &gram, &moments, &residuals, &weights, &groups, 0.4)
                }
            };
            let with_all = fit(&all);
            for group in &groups {
                let keep: Vec<usize> = all.iter().copied().filter(|row| !group.contains(row)).collect();
                let without = fit(&keep);
                for &row in group {
                    for label in 0..LABELS {
                        let score: f64 =
                            (0..features).map(|c| x[(row, c)] * without.weights[(c, label)]).sum();
                        let found = with_all.held_out[(row, label)];
                        assert!((score - found).abs() < 1e-8, "{score} {found}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_penalty_is_that_of_the_least_error_and_probabilities_are_sharpest_where_they_are_right() {
        let data = data(60, 100);
        let all: Vec<usize> = (0..60).collect();
        let error = |penalty: Option<f64>| {
            let solution = Problem { penalty, ..problem(&data, &all, &data.1) }.solve();
            let loss: f32 =
                solution.held_out.iter().zip(&data.1).map(|(row, &label)| -row[label as usize].ln()).sum();
            assert!(solution.held_out.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
            (solution.penalty, loss)
        };
        let (chosen, loss) = error(None);
        assert!(PENALTIES.contains(&chosen));
        assert!(PENALTIES.into_iter().all(|penalty| loss < error(Some(penalty)).1 + 3.0));
        assert!(loss < 60.0 * (LABELS as f32).ln(), "better than equal probabilities");
    }
}
