//! The support set in closed form, and gradients through it (R2-D2, Bertinetto et al. 2019).
//!
//! With the support features Φ, centred on their own mean, the scores of queries Ψ, centred on the same, are
//! `Z = Aᵀ Φᵀ Ψ` with `A = (Φᵀ Φ + λ I)⁻¹ T`, where T is one-hot less `1 / way`.

use faer::prelude::*;
use faer::{Mat, Side};

use super::Adaptor;
use super::layers::{centred, cross_entropy, mean, shift};

/// What is learnt besides the adaptor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RidgeScale {
    /// The logarithm of the penalty λ.
    pub log_penalty: f32,
    /// The logarithm of what scores are multiplied by before the softmax.
    pub log_sharpness: f32,
}

/// A solved support set, and scores of queries.
struct Solved {
    /// `[width, support]`, centred.
    support: Mat<f32>,
    /// `[width, queries]`, centred.
    queries: Mat<f32>,
    /// `(ΦᵀΦ + λI)⁻¹`, `[support, support]`
    inverse: Mat<f32>,
    /// `[support, way]`
    weights: Mat<f32>,
    /// `ΦᵀΨ`, `[support, queries]`
    products: Mat<f32>,
    /// `[way, queries]`
    scores: Mat<f32>,
}

/// `outputs` are those of the support set, then of the queries; the layer is drawn to `prior`, `[width, way]`, or to 0.
fn solve(outputs: &Mat<f32>, labels: &[usize], way: usize, penalty: f32, prior: Option<&Mat<f32>>) -> Solved {
    let count = labels.len();
    let centred = centred(outputs.clone(), count);
    let support = centred.subcols(0, count).to_owned();
    let queries = centred.subcols(count, outputs.ncols() - count).to_owned();
    let kernel = support.transpose() * &support;
    let penalised =
        |i: usize, j: usize| f64::from(kernel[(i, j)]) + if i == j { f64::from(penalty) } else { 0.0 };
    let system = Mat::from_fn(count, count, penalised);
    let identity = Mat::<f64>::identity(count, count);
    let inverse = match system.llt(Side::Lower) {
        Ok(factors) => factors.solve(&identity),
        Err(_) => system.partial_piv_lu().solve(&identity),
    };
    let inverse = Mat::from_fn(count, count, |i, j| inverse[(i, j)] as f32);
    let target = |i: usize, label: usize| f32::from(u8::from(labels[i] == label)) - 1.0 / way as f32;
    let mut residuals = Mat::from_fn(count, way, target);
    if let Some(prior) = prior {
        residuals -= support.transpose() * prior;
    }
    let weights = &inverse * residuals;
    let products = support.transpose() * &queries;
    let mut scores = weights.transpose() * &products;
    if let Some(prior) = prior {
        scores += prior.transpose() * &queries;
    }
    Solved { support, queries, inverse, weights, products, scores }
}

/// Scores of the queries, `[way, queries]`; about 1 less `1 / way` for a query that is like its relation's support.
/// The layer is drawn to `prior`, `[width, way]`, or to 0.
pub fn scores(
    outputs: &Mat<f32>,
    labels: &[usize],
    way: usize,
    penalty: f32,
    prior: Option<&Mat<f32>>,
) -> Mat<f32> {
    solve(outputs, labels, way, penalty, prior).scores
}

/// Mean cross-entropy of the queries, and the gradients of U, V and the scale.
pub fn loss(
    adaptor: &Adaptor,
    scale: RidgeScale,
    inputs: &Mat<f32>,
    support_labels: &[usize],
    query_labels: &[usize],
    way: usize,
) -> (f32, Vec<Vec<f32>>) {
    let trace = adaptor.forward(inputs);
    let penalty = scale.log_penalty.exp();
    let solved = solve(&trace.outputs, support_labels, way, penalty, None);
    let sharpness = scale.log_sharpness.exp();
    let logits = Mat::from_fn(way, solved.scores.ncols(), |i, j| sharpness * solved.scores[(i, j)]);
    let (loss, grad_logits) = cross_entropy(&logits, query_labels);
    let grad_log_sharpness = dot(&grad_logits, &logits);
    let grad_scores = Mat::from_fn(way, logits.ncols(), |i, j| sharpness * grad_logits[(i, j)]);

    let grad_products = &solved.weights * &grad_scores;
    let grad_weights = &solved.products * grad_scores.transpose();
    // A = M⁻¹ T, so the gradient of M is −M⁻¹ (∂A) Aᵀ.
    let grad_system = (&solved.inverse * grad_weights) * solved.weights.transpose();
    let count = support_labels.len();
    let grad_log_penalty = -penalty * (0..count).map(|i| grad_system[(i, i)]).sum::<f32>();
    let symmetric = Mat::from_fn(count, count, |i, j| -(grad_system[(i, j)] + grad_system[(j, i)]));
    let mut grad_support = &solved.support * symmetric + &solved.queries * grad_products.transpose();
    let grad_queries = &solved.support * grad_products;

    // All columns are centred on the mean of the support.
    let both = [&grad_support, &grad_queries].map(|grad| {
        let total = mean(grad, grad.ncols());
        total.into_iter().map(|value| value * grad.ncols() as f32).collect::<Vec<f32>>()
    });
    let total: Vec<f32> = both[0].iter().zip(&both[1]).map(|(a, b)| a + b).collect();
    shift(&mut grad_support, &total, -1.0 / count as f32);
    let mut grad = Mat::zeros(inputs.nrows(), inputs.ncols());
    grad.subcols_mut(0, count).copy_from(&grad_support);
    grad.subcols_mut(count, grad_queries.ncols()).copy_from(&grad_queries);
    let [grad_u, grad_v] = adaptor.backward(inputs, &trace, &grad);
    (loss, vec![grad_u, grad_v, vec![grad_log_penalty, grad_log_sharpness]])
}

fn dot(a: &Mat<f32>, b: &Mat<f32>) -> f32 {
    (0..a.ncols()).map(|j| a.col(j).iter().zip(b.col(j).iter()).map(|(a, b)| a * b).sum::<f32>()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::layers::tests::assert_is_gradient;
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn gradients_are_the_derivatives_of_the_loss() {
        let mut stream = Stream::new(3, Purpose::Initialisation, 0, 0);
        let (width, rank, way) = (7, 3, 3);
        let mut adaptor = Adaptor::identity(width, rank, 1);
        (0..rank).for_each(|r| (0..width).for_each(|c| adaptor.u[(c, r)] = stream.normal(0.0, 0.3)));
        let inputs = Mat::from_fn(width, 3 * way + 4, |_, _| stream.normal(0.2, 1.0));
        let support: Vec<usize> = (0..3 * way).map(|i| i / 3).collect();
        let values = [adaptor.parameters(), vec![0.3, 1.2]].concat();
        let at = |values: &[f32]| {
            let scale =
                RidgeScale { log_penalty: values[values.len() - 2], log_sharpness: values[values.len() - 1] };
            loss(&adaptor.with(values), scale, &inputs, &support, &[0, 1, 2, 1], way)
        };
        assert_is_gradient(&values, at);
    }
}
