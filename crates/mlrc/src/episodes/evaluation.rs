use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::method::{Method, Setting, Trained, Training};
use super::{Pool, Pools, Protocol, ProtocolError};

/// How methods are trained and compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Episodes of new relations.
    pub episodes: usize,
    /// Episodes of base relations on which is chosen.
    pub choosing: usize,
    /// Instance-gradients of each method's training.
    pub budget: usize,
    /// The rank of the adaptor.
    pub rank: usize,
    /// Seed of all random draws.
    pub seed: u64,
}

/// Mean accuracy over episodes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Share of queries that have none of the relations.
    pub none_rate: f64,
    /// Mean over episodes of the share of queries that are answered right.
    pub mean: f64,
    /// Half the width of its 95 % interval over episodes. What another training would give is not in it.
    pub interval: f64,
    /// The score below which a query is said to have none of the relations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
}

/// A method with so many relations and instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The method.
    pub method: Method,
    /// Relations of an episode.
    pub way: usize,
    /// Support instances of each.
    pub shot: usize,
    /// What was chosen.
    pub setting: Setting,
    /// Accuracy on base relations that were left out of training, by which it was chosen.
    pub chosen_by: f64,
    /// Accuracy on new relations, for each share of queries without.
    pub accuracies: Vec<Accuracy>,
    /// Time to train all settings and to answer.
    pub seconds: f64,
}

/// Trains a method on base relations and scores it on new ones, on the current thread pool. The result does not depend on the
/// number of threads.
///
/// # Errors
/// If there are too few relations for a protocol.
pub fn evaluate(
    method: Method,
    pools: &Pools,
    protocol: Protocol,
    none_rates: &[f64],
    options: &Options,
) -> Result<Outcome, ProtocolError> {
    let protocol = Protocol { none_rate: 0.0, ..protocol };
    if protocol.shot == 0 && method != Method::Names {
        let expected = "at least 1 (0 only for the method `names`)";
        return Err(ProtocolError::OutOfRange { field: "shot", expected, found: 0.0 });
    }
    protocol.check(&pools.train, "base")?;
    for &none_rate in none_rates.iter().chain(&[0.0]) {
        let protocol = Protocol { none_rate, ..protocol };
        protocol.check(&pools.choose, "base (left out, to choose on)")?;
        protocol.check(&pools.new, "new")?;
    }
    let started = Instant::now();
    let Options { budget, rank, seed, .. } = *options;
    let training = Training { pool: &pools.train, protocol, budget, rank, seed };
    let on_base = |trained: &Trained| {
        let answers = answers(trained, &pools.choose, protocol, options.choosing, seed);
        mean_and_interval(&answers, None).0
    };
    let mut best: Option<(f64, Trained)> = None;
    for trained in training.candidates(method) {
        let accuracy = on_base(&trained);
        if best.as_ref().is_none_or(|(greatest, _)| accuracy > *greatest) {
            best = Some((accuracy, trained));
        }
    }
    let (chosen_by, trained) = best.expect("every method has a candidate");
    let accuracies = none_rates.iter().map(|&none_rate| {
        let protocol = Protocol { none_rate, ..protocol };
        let threshold = (none_rate > 0.0)
            .then(|| threshold(&answers(&trained, &pools.choose, protocol, options.choosing, seed)));
        let answers = answers(&trained, &pools.new, protocol, options.episodes, seed);
        let (mean, interval) = mean_and_interval(&answers, threshold);
        Accuracy { none_rate, mean, interval, threshold }
    });
    Ok(Outcome {
        method,
        way: protocol.way,
        shot: protocol.shot,
        chosen_by,
        accuracies: accuracies.collect(),
        setting: trained.setting,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// What is said of a query: the greatest score, and whether it is that of the query's relation; `None` if it has none of
/// them.
type Answer = (f32, Option<bool>);

/// The answers of each episode.
fn answers(
    trained: &Trained,
    pool: &Pool,
    protocol: Protocol,
    episodes: usize,
    seed: u64,
) -> Vec<Vec<Answer>> {
    let of_episode = |number| {
        let episode = protocol.draw(pool, seed, number);
        let scores = trained.scores(pool, &episode, protocol.way);
        let of_query = |(column, &(_, label)): (usize, &(usize, Option<usize>))| {
            let scores = scores.col(column);
            let greater = |best: usize, other: usize| if scores[other] > scores[best] { other } else { best };
            let best = (0..protocol.way).fold(0, greater);
            (scores[best], label.map(|label| label == best))
        };
        episode.queries.iter().enumerate().map(of_query).collect()
    };
    (0..episodes as u64).into_par_iter().map(of_episode).collect()
}

fn is_right((score, right): Answer, threshold: Option<f32>) -> bool {
    let is_none = threshold.is_some_and(|threshold| score < threshold);
    right.map_or(is_none, |right| right && !is_none)
}

/// Mean accuracy of episodes, and half the width of its 95 % interval (normal).
fn mean_and_interval(episodes: &[Vec<Answer>], threshold: Option<f32>) -> (f64, f64) {
    let of = |answers: &Vec<Answer>| {
        answers.iter().filter(|answer| is_right(**answer, threshold)).count() as f64 / answers.len() as f64
    };
    let accuracies: Vec<f64> = episodes.iter().map(of).collect();
    let n = accuracies.len().max(1) as f64;
    let mean = accuracies.iter().sum::<f64>() / n;
    let squares: f64 = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum();
    (mean, 1.96 * (squares / (n - 1.0).max(1.0) / n).sqrt())
}

/// The score below which saying "none" gives the most right answers.
fn threshold(episodes: &[Vec<Answer>]) -> f32 {
    let mut answers: Vec<Answer> = episodes.iter().flatten().copied().collect();
    answers.sort_by(|a, b| a.0.total_cmp(&b.0));
    // With a threshold below all scores, what has a relation and is named right counts.
    let mut right = answers.iter().filter(|answer| answer.1 == Some(true)).count() as i64;
    let (mut best, mut most) = (f32::NEG_INFINITY, right);
    for (place, answer) in answers.iter().enumerate() {
        match answer.1 {
            None => right += 1,
            Some(true) => right -= 1,
            Some(false) => {}
        }
        // Scores that are equal fall on the same side.
        let next = answers.get(place + 1).map(|next| next.0);
        if right > most && next != Some(answer.0) {
            most = right;
            best = next.map_or(f32::INFINITY, |next| next.midpoint(answer.0));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_gives_the_most_right_answers() {
        let answers = vec![
            vec![(0.1, None), (0.2, Some(false)), (0.3, None), (0.3, Some(true))],
            vec![(0.4, None), (0.5, Some(true)), (0.9, Some(true)), (0.6, Some(false))],
        ];
        let best = threshold(&answers);
        let right = |at| answers.iter().flatten().filter(|answer| is_right(**answer, Some(at))).count();
        let tried = (0..100).map(|step| right(step as f32 / 100.0 + 0.005));
        assert_eq!(right(best), tried.max().unwrap());
        assert!((best - 0.45).abs() < 1e-6, "{best}");
        let (mean, interval) = mean_and_interval(&answers, Some(best));
        // Two of four, then three of four.
        assert!((mean - 0.625).abs() < 1e-12 && (interval - 0.245).abs() < 1e-12, "{mean} {interval}");
        assert_eq!(threshold(&[vec![(0.5, Some(true)), (0.4, Some(true))]]), f32::NEG_INFINITY);
    }
}
