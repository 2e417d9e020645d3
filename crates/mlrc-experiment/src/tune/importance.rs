//! Which parameters mattered: how much of the variance between the trials of the first rung is explained by
//! the values of one parameter, and how much would be by chance.

use super::super::summary::statistics::mean;
use super::Values;
use super::halving::Standing;
use super::search::Search;
use super::space::readable;
use mlrc::random::{Purpose, Stream};

/// Number of groups into which the trials' values of a range are divided.
const GROUPS: usize = 3;

/// Number of shuffles that a parameter's share of the variance is compared with.
const SHUFFLES: usize = 999;

/// Trials of the first rung with similar values of a parameter.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) dev: Vec<f64>,
    pub(super) failed: usize,
}

/// The trials of the first rung by their values of a parameter: its choices, or thirds of its range.
pub(super) fn groups(search: &Search, first: &[Standing], place: usize) -> Vec<Group> {
    let value = |standing: &Standing| &search.trials[standing.trial].values[place];
    let drawn = first.iter().filter(|standing| standing.trial != 0);
    let group = |name: String, members: &[&Standing]| Group {
        name,
        dev: members.iter().filter_map(|standing| standing.mean()).collect(),
        failed: members.iter().filter(|standing| standing.scores.is_err()).count(),
    };
    if let Values::Choices(choices) = &search.parameters[place].values {
        return choices
            .iter()
            .map(|choice| {
                let members: Vec<&Standing> =
                    drawn.clone().filter(|standing| value(standing) == choice).collect();
                group(readable(choice), &members)
            })
            .collect();
    }
    let number = |standing: &&Standing| match value(standing) {
        toml::Value::Integer(value) => *value as f64,
        other => other.as_float().unwrap_or(f64::NAN),
    };
    let mut sorted: Vec<&Standing> = drawn.collect();
    sorted.sort_by(|a, b| number(a).total_cmp(&number(b)).then(a.trial.cmp(&b.trial)));
    let size = sorted.len().div_ceil(GROUPS).max(1);
    let mut parts: Vec<Vec<&Standing>> = Vec::new();
    for standing in sorted {
        match parts.last_mut() {
            // Trials with the same value stay together.
            Some(part) if part.len() < size || number(&part[part.len() - 1]) == number(&standing) => {
                part.push(standing);
            }
            _ => parts.push(vec![standing]),
        }
    }
    parts
        .iter()
        .map(|members| {
            let [low, high] = [members[0], members[members.len() - 1]].map(|s| readable(value(s)));
            group(if low == high { low } else { format!("{low} to {high}") }, members)
        })
        .collect()
}

/// Share of the variance that lies between the groups (analysis of variance), corrected for chance.
pub(super) fn explained(groups: &[Group]) -> f64 {
    let groups: Vec<&Vec<f64>> =
        groups.iter().map(|group| &group.dev).filter(|dev| !dev.is_empty()).collect();
    let all: Vec<f64> = groups.iter().copied().flatten().copied().collect();
    if groups.len() < 2 || all.len() <= groups.len() {
        return 0.0;
    }
    let squares = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
    };
    let (total, within) = (squares(&all), groups.iter().map(|dev| squares(dev)).sum::<f64>());
    let chance = (all.len() - 1) as f64 / (all.len() - groups.len()) as f64;
    if total > 0.0 { (1.0 - chance * within / total).max(0.0) } else { 0.0 }
}

/// How often groups of the same sizes explain at least as much when the trials are shuffled.
pub(super) fn by_chance(groups: &[Group]) -> f64 {
    let mut stream = Stream::new(0, Purpose::Resampling, 2, 0);
    let mut pool: Vec<f64> = groups.iter().flat_map(|group| &group.dev).copied().collect();
    // Sums in another order differ in the last digits.
    let observed = explained(groups) - 1e-9;
    let as_much = (0..SHUFFLES).filter(|_| {
        stream.shuffle(&mut pool);
        let mut rest = &pool[..];
        let mut cut = |group: &Group| {
            let (dev, others) = rest.split_at(group.dev.len());
            rest = others;
            Group { name: String::new(), dev: dev.to_vec(), failed: 0 }
        };
        explained(&groups.iter().map(&mut cut).collect::<Vec<_>>()) >= observed
    });
    (as_much.count() + 1) as f64 / (SHUFFLES + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(dev: &[f64]) -> Group {
        Group { name: String::new(), dev: dev.to_vec(), failed: 0 }
    }

    #[test]
    fn the_share_explained_is_that_of_an_analysis_of_variance() {
        // R: summary(lm(c(1, 2, 3, 4, 6, 8) ~ factor(c(1, 1, 1, 2, 2, 2))))$adj.r.squared
        let share = explained(&[group(&[1.0, 2.0, 3.0]), group(&[4.0, 6.0, 8.0])]);
        assert!((share - 0.632_352_9).abs() < 1e-6, "{share}");
        assert_eq!(explained(&[group(&[1.0, 3.0]), group(&[1.0, 3.0])]), 0.0, "never below 0");
        assert_eq!(explained(&[group(&[1.0]), group(&[2.0])]), 0.0, "nothing is known of the noise");
        assert_eq!(explained(&[group(&[1.0, 2.0]), group(&[])]), 0.0);
    }

    #[test]
    fn shuffled_trials_say_what_chance_explains() {
        // Of the twenty ways to choose three of six, two separate them as well.
        let apart = by_chance(&[group(&[1.0, 2.0, 3.0]), group(&[7.0, 8.0, 9.0])]);
        assert!((apart - 0.1).abs() < 0.03, "{apart}");
        assert_eq!(by_chance(&[group(&[1.0, 3.0]), group(&[1.0, 3.0])]), 1.0);
    }
}
