//! A linear probe that finds verbs by their vectors, fitted to whatever gives the vectors.
//!
//! It learns from a few sentences of ours in which the verbs are marked (`verbs.txt`), so that neither a tagger nor tagged
//! data is needed, and any encoder of English will do.

use faer::Side;
use faer::prelude::*;

use crate::corpus::{Instance, Span};
use crate::learner::SavedReader;

/// Sentences cut into tokens; a verb ends in an underscore.
const SENTENCES: &str = include_str!("verbs.txt");
const NAME: &str = "verb_probe";
/// The ridge's penalty, relative to the mean squared length of the vectors.
const PENALTY: f64 = 0.02;

/// A token is a verb if the inner product of its vector with the weights, plus the bias, is positive.
#[derive(Clone, Debug, PartialEq)]
pub struct VerbProbe {
    pub weights: Vec<f32>,
    pub bias: f32,
}

impl VerbProbe {
    /// The probe for vectors that come from `vectors_of`: those of each instance's tokens, `[tokens, dimension]` each.
    pub fn fit(vectors_of: impl FnOnce(&[&Instance]) -> Vec<Vec<f32>>) -> Self {
        let (mut instances, mut verbs) = (Vec::new(), Vec::new());
        for sentence in SENTENCES.lines() {
            let marked = || sentence.split(' ');
            let tokens = marked().map(|token| token.trim_end_matches('_'));
            let instance = Instance::new(tokens, Span::new(0, 1), Span::new(1, 2));
            instances.push(instance.expect("the sentences have more than two tokens"));
            verbs.extend(marked().map(|token| if token.ends_with('_') { 1.0 } else { -1.0 }));
        }
        let borrowed: Vec<&Instance> = instances.iter().collect();
        let rows: Vec<f32> = vectors_of(&borrowed).concat();
        let count = verbs.len();
        let dimension = rows.len() / count;
        let mean: Vec<f64> = (0..dimension)
            .map(|c| rows.chunks_exact(dimension).map(|row| f64::from(row[c])).sum::<f64>() / count as f64)
            .collect();
        let target = verbs.iter().sum::<f64>() / count as f64;
        let x = Mat::from_fn(count, dimension, |i, c| f64::from(rows[i * dimension + c]) - mean[c]);
        let y = Mat::from_fn(count, 1, |i, _| verbs[i] - target);
        let mut gram = x.transpose() * &x;
        let length = (0..dimension).map(|c| gram[(c, c)]).sum::<f64>() / count as f64;
        for c in 0..dimension {
            gram[(c, c)] += PENALTY * length.max(f64::MIN_POSITIVE);
        }
        let products = x.transpose() * &y;
        let solved = match gram.llt(Side::Lower) {
            Ok(factors) => factors.solve(&products),
            // All vectors are the same: there is nothing to tell verbs by.
            Err(_) => Mat::zeros(dimension, 1),
        };
        let bias = target - (0..dimension).map(|c| solved[(c, 0)] * mean[c]).sum::<f64>();
        Self { weights: (0..dimension).map(|c| solved[(c, 0)] as f32).collect(), bias: bias as f32 }
    }

    /// Stores it in `saved`.
    pub fn save(&self, saved: &mut SavedReader) {
        let probe = [&self.weights[..], &[self.bias]].concat();
        saved.tensors.insert(NAME.to_owned(), (vec![probe.len()], probe));
    }

    /// Restores a probe for vectors of this dimension.
    ///
    /// # Errors
    /// A description of the mismatch.
    pub fn load(saved: &SavedReader, dimension: usize) -> Result<Self, String> {
        let mut weights = saved.tensor(NAME, dimension + 1)?;
        let bias = weights.pop().unwrap_or_default();
        Ok(Self { weights, bias })
    }

    /// Whether a token with this vector is a verb.
    pub fn is_verb(&self, vector: &[f32]) -> bool {
        let sum: f32 = self.weights.iter().zip(vector).map(|(weight, value)| weight * value).sum();
        sum + self.bias > 0.0
    }
}
