//! Scores of each relation, as in the paper's Table 1: its number of training instances, and the F1 of each
//! arm.

use std::collections::BTreeMap;

use super::statistics::{deviation, mean};
use super::{Place, grouped, primary};
use crate::{Arm, ExperimentData, Job, RunOptions, RunResult};
use mlrc::corpus::SplitError;
use mlrc::run::draw_split;
use mlrc::scoring::Scorer;

/// The relations of a learner, fraction and selection.
#[derive(Clone, Debug, PartialEq)]
pub struct RelationScores {
    /// The learner's name in the plan.
    pub learner: String,
    /// Share of the training instances.
    pub fraction: f64,
    /// `best-dev` or `last`.
    pub selection: String,
    /// The arms, in the order of each row's scores.
    pub arms: Vec<Arm>,
    /// The relations that the test data has, except the negative one; those with the fewest training
    /// instances first.
    pub rows: Vec<RelationRow>,
    /// The totals: all instances, and the overall score.
    pub total: RelationRow,
}

/// A relation.
#[derive(Clone, Debug, PartialEq)]
pub struct RelationRow {
    /// Its name, without direction under the SemEval scorer; in the row of totals, the name of the measure.
    pub relation: String,
    /// Training instances of it, on average over seeds.
    pub train: f64,
    /// Test instances of it.
    pub test: usize,
    /// F1 of each arm.
    pub scores: Vec<Spread>,
}

/// A score over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Number of seeds.
    pub seeds: usize,
    /// Mean over them.
    pub mean: f64,
    /// Standard deviation; `None` for a single seed.
    pub deviation: Option<f64>,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        Self { seeds: values.len(), mean: mean(values), deviation: deviation(values) }
    }
}

/// The runs of each arm.
type Arms<'a> = BTreeMap<Arm, Vec<&'a (Job, RunResult)>>;

/// Tables of relations in the order of the cells. The training instances are drawn again from the seeds.
///
/// # Errors
/// If a split cannot be drawn from this data.
pub fn relations(
    done: &[(Job, RunResult)],
    data: &ExperimentData,
) -> Result<Vec<RelationScores>, SplitError> {
    let mut tables: Vec<(Place, Arms)> = Vec::new();
    for (place, runs) in grouped(done) {
        match tables.last_mut() {
            Some((last, arms)) if (last.0, &last.1, last.2) == (place.0, &place.1, place.2) => {
                arms.insert(place.3, runs);
            }
            _ => tables.push((place.clone(), BTreeMap::from([(place.3, runs)]))),
        }
    }
    tables.into_iter().map(|((_, selection, ..), arms)| table(selection, &arms, data)).collect()
}

fn table(selection: String, arms: &Arms, data: &ExperimentData) -> Result<RelationScores, SplitError> {
    let (job, result) = arms.values().flatten().next().expect("groups have runs");
    let scores = &result.test[&selection];
    let options: BTreeMap<u64, &RunOptions> =
        arms.values().flatten().map(|(job, _)| (job.options.seed, &job.options)).collect();
    let counts: Vec<BTreeMap<&str, usize>> = options
        .values()
        .map(|options| training_counts(options, data, &scores.scorer))
        .collect::<Result<_, _>>()?;
    let over_seeds = |value: &dyn Fn(&BTreeMap<&str, usize>) -> usize| {
        mean(&counts.iter().map(|counts| value(counts) as f64).collect::<Vec<_>>())
    };
    let spreads = |score: &dyn Fn(&RunResult) -> f64| {
        let of_arm = |runs: &Vec<&(Job, RunResult)>| {
            Spread::of(&runs.iter().map(|(_, result)| score(result)).collect::<Vec<_>>())
        };
        arms.values().map(of_arm).collect()
    };
    // A relation without test instances has no F1, and not every run lists it. SemEval's scorer lists
    // `Other`, which is not a relation.
    let other = |name: &str| scores.scorer == Scorer::semeval() && Some(name) == scores.scorer.negative();
    let tested = scores.relations.iter().filter(|row| row.support > 0 && !other(&row.relation));
    let mut rows: Vec<RelationRow> = tested
        .map(|relation| RelationRow {
            relation: relation.relation.clone(),
            train: over_seeds(&|counts| counts.get(&relation.relation[..]).copied().unwrap_or(0)),
            test: relation.support,
            scores: spreads(&|result| {
                let all = &result.test[&selection].relations;
                let found = all.iter().find(|other| other.relation == relation.relation);
                found.map_or(0.0, |found| found.rates.f1)
            }),
        })
        .collect();
    rows.sort_by(|a, b| a.train.total_cmp(&b.train).then_with(|| a.relation.cmp(&b.relation)));
    Ok(RelationScores {
        learner: job.learner.clone(),
        fraction: job.options.fraction,
        arms: arms.keys().copied().collect(),
        rows,
        total: RelationRow {
            relation: scores.primary.name.clone(),
            train: over_seeds(&|counts| counts.values().sum()),
            test: scores.instances,
            scores: spreads(&|result| primary(result, &selection)),
        },
        selection,
    })
}

/// The number of training instances of each relation, by the scorer's name for it.
fn training_counts<'a>(
    options: &RunOptions,
    data: &'a ExperimentData,
    scorer: &Scorer,
) -> Result<BTreeMap<&'a str, usize>, SplitError> {
    let mut counts = BTreeMap::new();
    for place in draw_split(options, &data.train, data.dev.is_some())?.train {
        let Some(label) = data.train.instances[place].relation.as_deref() else { continue };
        *counts.entry(scorer.class_of(label)).or_default() += 1;
    }
    Ok(counts)
}
