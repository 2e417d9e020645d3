//! The names of relations as a prior: what the layer's weights are drawn to, in place of 0.
//!
//! A relation's name, or its description, is read like a sentence. The mean of its words stands for every region (a SemEval label
//! such as `Cause-Effect(e1,e2)` names its two entities, so these regions have a word of their own), less the mean of all names,
//! and has length 1. A sentence then scores higher for the relations whose names its regions resemble, and the labelled sentences
//! correct that: with a few of them for each relation names are worth points, with twenty or more nothing (docs/RESULTS.md). Names
//! need not be true: where sentences that are left out can tell, they decide whether all, half or nothing of the prior is used.

use faer::Mat;

use super::found::REGIONS;
use super::standard::Standard;
use crate::corpus::{Instance, LabelName, Span};
use crate::learner::Masking;
use crate::learner::tokens::TokenSource;

/// The length of a whole prior. On development data of SemEval, 0.5 and 1 are level, 2 is too much.
pub const STRENGTH: f64 = 0.7;

/// What each name says, `[names][regions · dimension]`, scaled as regions are but not centred; empty for a name that says nothing.
pub fn read(names: &[LabelName], source: &TokenSource, standard: &Standard) -> Vec<Vec<f32>> {
    let dimension = source.dimension();
    let of_name = |name: &LabelName| {
        if name.is_empty() {
            return Vec::new();
        }
        let [subject, object, whole] =
            [&name.subject, &name.object, &name.whole].map(|text| mean_of_words(text, source));
        let mut regions = [subject, object].concat();
        (2..REGIONS.len()).for_each(|_| regions.extend(&whole));
        regions.iter_mut().zip(&standard.scales).for_each(|(value, scale)| *value *= scale);
        debug_assert_eq!(regions.len(), REGIONS.len() * dimension);
        regions
    };
    names.iter().map(of_name).collect()
}

/// The mean vector of the words of a text.
fn mean_of_words(text: &str, source: &TokenSource) -> Vec<f32> {
    let dimension = source.dimension();
    let mut tokens: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let count = tokens.len();
    // An instance has two entities.
    tokens.extend([".".to_owned(), ".".to_owned()]);
    let marked = Instance::new(tokens, Span::new(count, count + 1), Span::new(count + 1, count + 2));
    let mut mean = vec![0.0; dimension];
    let Ok(instance) = marked else { return mean };
    let rows = source.vectors(&[&instance], Masking::Off);
    for row in rows.iter().flat_map(|rows| rows.chunks_exact(dimension)).take(count) {
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / count as f32);
    }
    mean
}

/// What the weights are drawn to, `[features][names]`, for what [`read`] gives; zero for names that say nothing and for further
/// features.
pub fn prior(names: &[Vec<f32>], features: usize, strength: f64) -> Mat<f64> {
    let said: Vec<&Vec<f32>> = names.iter().filter(|name| !name.is_empty()).collect();
    let width = said.first().map_or(0, |name| name.len());
    let mean = |c: usize| said.iter().map(|name| f64::from(name[c])).sum::<f64>() / said.len() as f64;
    let mean: Vec<f64> = (0..width).map(mean).collect();
    let mut prior = Mat::zeros(features, names.len());
    for (column, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let centred: Vec<f64> =
            name.iter().zip(&mean).map(|(value, mean)| f64::from(*value) - mean).collect();
        let length = centred.iter().map(|value| value * value).sum::<f64>().sqrt();
        // A name that says what all others say tells nothing.
        if length > 1e-9 {
            centred.iter().enumerate().for_each(|(c, value)| prior[(c, column)] = strength * value / length);
        }
    }
    prior
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prior_is_centred_on_the_names_that_say_something() {
        let names = vec![vec![1.0, 0.0], Vec::new(), vec![-1.0, 0.0]];
        let prior = prior(&names, 3, 0.5);
        let column = |label: usize| [0, 1, 2].map(|c| prior[(c, label)]);
        assert_eq!([column(0), column(1), column(2)], [[0.5, 0.0, 0.0], [0.0; 3], [-0.5, 0.0, 0.0]]);
        let same = super::prior(&[vec![2.0], vec![2.0]], 1, 1.0);
        assert_eq!((same[(0, 0)], same[(0, 1)]), (0.0, 0.0));
        assert_eq!(super::prior(&[Vec::new()], 2, 1.0).ncols(), 1);
    }
}
