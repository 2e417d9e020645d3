//! Summaries of the results of an experiment: means with their uncertainty, arms compared in pairs, scores of
//! each relation, confusion matrices; and tables of all of them.

pub(crate) mod bootstrap;
mod confusions;
mod csv;
mod relations;
pub(crate) mod statistics;
mod table;
mod tables;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Arm;
use super::plan::Job;
use super::result::RunResult;
use bootstrap::Resampled;
pub use confusions::{Confusion, confusions};
pub use csv::{cells_csv, comparisons_csv, confusion_csv, learners_csv, relations_csv};
pub use relations::{RelationRow, RelationScores, Spread, relations};
pub use statistics::interval;
use statistics::{bootstrap_interval, deviation, holm, mean, sign_flip_test};
pub use table::Table;
pub use tables::{
    comparison_tables, detail_tables, effect_tables, learner_tables, mean_tables, relation_table,
};

use mlrc::scoring::ScoringError;
use mlrc::training::Selection;

/// The results of one learner, arm, fraction and selection over seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The learner's name in the plan.
    pub learner: String,
    /// The arm.
    pub arm: Arm,
    /// Fraction of the training instances.
    pub fraction: f64,
    /// `best-dev` or `last`.
    pub selection: String,
    /// What is measured.
    pub measure: String,
    /// Number of seeds.
    pub seeds: usize,
    /// Mean over the seeds, in `0..=1`.
    pub mean: f64,
    /// Standard deviation over the seeds; `None` for a single seed.
    pub deviation: Option<f64>,
    /// 95 % interval of the mean (Student's t).
    pub interval: Option<[f64; 2]>,
    /// 95 % interval of the mean (percentile bootstrap over the seeds).
    pub bootstrap: Option<[f64; 2]>,
    /// Mean number of instance-gradients.
    pub instance_gradients: f64,
    /// Seeds whose run predicts the same label for every test instance: it has learnt nothing, or collapsed.
    pub one_label: usize,
}

/// Two arms of one learner, or one arm of two learners, on the same splits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The learner's name in the plan.
    pub learner: String,
    /// The name of the learner that it is compared with; the same if arms are compared.
    pub with_learner: String,
    /// Fraction of the training instances.
    pub fraction: f64,
    /// `best-dev` or `last`.
    pub selection: String,
    /// The arm that is compared …
    pub arm: Arm,
    /// … with this one.
    pub with: Arm,
    /// Seeds that both have.
    pub seeds: usize,
    /// Mean difference of the measure, in `-1..=1`.
    pub difference: f64,
    /// Its 95 % interval over seeds (paired t); `None` for a single seed.
    pub interval: Option<[f64; 2]>,
    /// Its 95 % interval over seeds and test instances (both resampled, pairs kept together).
    pub bootstrap: [f64; 2],
    /// How often a difference at least as large arises when the arms are swapped seed by seed (two-sided).
    pub p: f64,
    /// `p`, corrected (Holm 1979) for the comparisons that are shown together: those of the same learner (the
    /// same arm, if learners are compared), fraction and selection.
    pub p_holm: f64,
}

/// What belongs in one table or figure: a learner's cells under one selection.
#[derive(Clone, Debug, PartialEq)]
pub struct Block<'a> {
    /// The learner's name in the plan.
    pub learner: &'a str,
    /// `best-dev` or `last`.
    pub selection: &'a str,
    /// Its cells, by fraction and arm.
    pub cells: Vec<&'a Cell>,
}

impl Block<'_> {
    /// The arms that it has cells for.
    pub fn arms(&self) -> Vec<Arm> {
        Arm::ALL.into_iter().filter(|arm| self.cells.iter().any(|cell| cell.arm == *arm)).collect()
    }

    /// Its fractions, ascending.
    pub fn fractions(&self) -> Vec<f64> {
        let mut fractions: Vec<f64> = self.cells.iter().map(|cell| cell.fraction).collect();
        fractions.sort_by(f64::total_cmp);
        fractions.dedup();
        fractions
    }

    /// Those of `comparisons` that are of its learner and selection.
    pub fn of<'c>(&self, comparisons: &'c [Comparison]) -> Vec<&'c Comparison> {
        comparisons.iter().filter(|c| c.learner == self.learner && c.selection == self.selection).collect()
    }
}

/// The cells by learner and selection, in their order.
pub fn blocks(cells: &[Cell]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    for cell in cells {
        let of = |block: &Block| block.learner == cell.learner && block.selection == cell.selection;
        let place = blocks.iter().position(of).unwrap_or_else(|| {
            blocks.push(Block { learner: &cell.learner, selection: &cell.selection, cells: Vec::new() });
            blocks.len() - 1
        });
        blocks[place].cells.push(cell);
    }
    blocks
}

/// The selection that the runs were made for, if they have it: `best-dev` where there is a development set.
pub fn headline(done: &[(Job, RunResult)]) -> &'static str {
    let best = |(job, result): &(Job, RunResult)| {
        job.options.selection == Selection::BestDev && result.test.contains_key("best-dev")
    };
    if done.iter().any(best) { "best-dev" } else { "last" }
}

/// The effect of `mlrc` compared with each other arm: the comparisons that involve it, seen from its side.
pub fn effects(comparisons: &[Comparison]) -> Vec<Comparison> {
    let seen_from_mlrc = |comparison: &Comparison| match (comparison.arm, comparison.with) {
        (Arm::Mlrc, _) => Some(comparison.clone()),
        (_, Arm::Mlrc) => Some(comparison.reversed()),
        _ => None,
    };
    comparisons.iter().filter_map(seen_from_mlrc).collect()
}

impl Comparison {
    /// `mlrc − supervised`
    pub fn arms(&self) -> String {
        format!("{} − {}", self.arm, self.with)
    }

    /// `tuned − preset`
    pub fn learners(&self) -> String {
        format!("{} − {}", self.learner, self.with_learner)
    }

    /// The same, with the arms exchanged.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let negated = |[low, high]: [f64; 2]| [-high, -low];
        Self {
            learner: self.with_learner.clone(),
            with_learner: self.learner.clone(),
            arm: self.with,
            with: self.arm,
            difference: -self.difference,
            interval: self.interval.map(negated),
            bootstrap: negated(self.bootstrap),
            ..self.clone()
        }
    }
}

/// A key of [`Cell`]s that sorts them in the order of the plan: learner, selection, fraction, arm.
type Place = (usize, String, usize, Arm);

/// Means over seeds, in the order of the plan, `best-dev` before `last`.
pub fn cells(done: &[(Job, RunResult)]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for ((_, selection, _, arm), runs) in grouped(done) {
        let (job, first) = runs[0];
        let scores: Vec<f64> = runs.iter().map(|(_, result)| primary(result, &selection)).collect();
        let gradients: Vec<f64> = runs.iter().map(|(_, result)| result.instance_gradients as f64).collect();

        cells.push(Cell {
            learner: job.learner.clone(),
            arm,
            fraction: job.options.fraction,
            measure: first.test[&selection].primary.name.clone(),
            seeds: scores.len(),
            mean: mean(&scores),
            deviation: deviation(&scores),
            interval: interval(&scores),
            bootstrap: bootstrap_interval(&scores),
            instance_gradients: mean(&gradients),
            one_label: runs.iter().filter(|(_, result)| has_one_label(result, &selection)).count(),
            selection,
        });
    }
    cells
}

/// All comparisons of an experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparisons {
    /// Every arm with each of those before it.
    pub arms: Vec<Comparison>,
    /// Every learner with each of those before it, under each arm.
    pub learners: Vec<Comparison>,
}

/// Results with the same seeds and splits at two places.
struct Paired<'a> {
    places: [&'a Place; 2],
    jobs: [&'a Job; 2],
    pairs: Vec<[&'a RunResult; 2]>,
}

/// Arms and learners compared, wherever both were run with the same seeds and fraction.
///
/// # Errors
/// If a result's predictions do not match its labels.
pub fn comparisons(done: &[(Job, RunResult)], gold: &[usize]) -> Result<Comparisons, ScoringError> {
    let groups = grouped(done);
    let arms = paired(&groups, |one, other| one.0 == other.0);
    let learners = paired(&groups, |one, other| one.0 != other.0 && one.3 == other.3);
    let of_all = arms.iter().chain(&learners);
    let compared = of_all.flat_map(|p| p.pairs.iter().flatten().map(|result| (*result, &p.places[0].1[..])));
    let resampled = Resampled::new(compared, gold)?;
    let compare = |paired: &[Paired]| -> Vec<Comparison> {
        paired.iter().map(|paired| compare(paired, &resampled)).collect()
    };
    let mut compared = Comparisons { arms: compare(&arms), learners: compare(&learners) };
    correct(&mut compared.arms, |comparison| comparison.learner.clone());
    correct(&mut compared.learners, |comparison| comparison.arm);
    Ok(compared)
}

/// Pairs each place with the places before it that have the same selection and fraction and are comparable.
fn paired<'a>(
    groups: &'a BTreeMap<Place, Vec<&'a (Job, RunResult)>>,
    comparable: impl Fn(&Place, &Place) -> bool,
) -> Vec<Paired<'a>> {
    let mut paired = Vec::new();
    for (place, runs) in groups {
        let before = groups.range(..place.clone());
        for (other, others) in before.filter(|(other, _)| (&other.1, other.2) == (&place.1, place.2)) {
            if !comparable(place, other) {
                continue;
            }
            let of_seed = |seed: u64| others.iter().find(|(other, _)| other.options.seed == seed);
            let pairs = runs.iter().filter_map(|(job, result)| {
                let (_, other) = of_seed(job.options.seed)?;
                (other.split_hash == result.split_hash).then_some([result, other])
            });
            let pairs: Vec<[&RunResult; 2]> = pairs.collect();
            if !pairs.is_empty() {
                paired.push(Paired { places: [place, other], jobs: [&runs[0].0, &others[0].0], pairs });
            }
        }
    }
    paired
}

fn compare(Paired { places: [place, other], jobs, pairs }: &Paired, resampled: &Resampled) -> Comparison {
    let (_, selection, _, arm) = place;
    let differences: Vec<f64> =
        pairs.iter().map(|[one, other]| primary(one, selection) - primary(other, selection)).collect();
    Comparison {
        learner: jobs[0].learner.clone(),
        with_learner: jobs[1].learner.clone(),
        fraction: jobs[0].options.fraction,
        selection: selection.clone(),
        arm: *arm,
        with: other.3,
        seeds: pairs.len(),
        difference: mean(&differences),
        interval: interval(&differences),
        bootstrap: resampled.interval(pairs, selection),
        p: sign_flip_test(&differences),
        p_holm: 0.0,
    }
}

/// Results by learner and fraction (in the order in which they first occur), selection and arm; seeds in
/// their order.
fn grouped(done: &[(Job, RunResult)]) -> BTreeMap<Place, Vec<&(Job, RunResult)>> {
    let mut learners: Vec<&str> = Vec::new();
    let mut fractions: Vec<f64> = done.iter().map(|(job, _)| job.options.fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    let mut groups: BTreeMap<Place, Vec<&(Job, RunResult)>> = BTreeMap::new();
    for run in done {
        let (job, result) = run;
        if !learners.contains(&&job.learner[..]) {
            learners.push(&job.learner);
        }
        let learner = learners.iter().position(|learner| *learner == job.learner).unwrap_or(0);
        let fraction = fractions.iter().position(|fraction| *fraction == job.options.fraction).unwrap_or(0);
        for selection in result.test.keys() {
            groups.entry((learner, selection.clone(), fraction, job.options.arm)).or_default().push(run);
        }
    }
    for runs in groups.values_mut() {
        runs.sort_by_key(|(job, _)| job.options.seed);
    }
    groups
}

fn primary(result: &RunResult, selection: &str) -> f64 {
    result.test.get(selection).map_or(f64::NAN, |scores| scores.primary.value)
}

fn has_one_label(result: &RunResult, selection: &str) -> bool {
    let predicted = result.predictions.get(selection).map_or(&[][..], Vec::as_slice);
    predicted.len() > 1 && predicted.iter().all(|label| *label == predicted[0])
}

/// Corrects the p-values of comparisons that are shown together (the same selection, fraction and `within`)
/// for their number. (All comparisons of an experiment together would be too many for swapping seed by seed:
/// ten seeds give no p below 0.002, which times 26 is not significant however far apart two arms are.)
fn correct<K: Ord>(comparisons: &mut [Comparison], within: impl Fn(&Comparison) -> K) {
    let mut families: BTreeMap<(String, u64, K), Vec<&mut Comparison>> = BTreeMap::new();
    for comparison in comparisons {
        let family = (comparison.selection.clone(), comparison.fraction.to_bits(), within(comparison));
        families.entry(family).or_default().push(comparison);
    }
    for family in families.values_mut() {
        let corrected = holm(&family.iter().map(|comparison| comparison.p).collect::<Vec<_>>());
        for (comparison, p) in family.iter_mut().zip(corrected) {
            comparison.p_holm = p;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_side_by_side_is_corrected_together() {
        let comparison = |learner: &str, fraction, selection: &str, p| Comparison {
            learner: learner.to_owned(),
            with_learner: learner.to_owned(),
            fraction,
            selection: selection.to_owned(),
            arm: Arm::Mlrc,
            with: Arm::Supervised,
            seeds: 10,
            difference: 0.1,
            interval: None,
            bootstrap: [0.0, 0.2],
            p,
            p_holm: 0.0,
        };
        let mut comparisons = [
            comparison("a", 0.01, "last", 0.02),
            comparison("a", 0.01, "last", 0.01),
            comparison("a", 0.05, "last", 0.02),
            comparison("b", 0.01, "last", 0.02),
            comparison("a", 0.01, "best-dev", 0.02),
        ];
        correct(&mut comparisons, |comparison| comparison.learner.clone());
        assert_eq!(comparisons.map(|comparison| comparison.p_holm), [0.02, 0.02, 0.02, 0.02, 0.02]);
        let mut three = [0.02, 0.01, 0.03].map(|p| comparison("a", 0.01, "last", p));
        correct(&mut three, |comparison| comparison.learner.clone());
        // R: p.adjust(c(0.02, 0.01, 0.03), "holm")
        assert_eq!(three.map(|comparison| comparison.p_holm), [0.04, 0.03, 0.04]);
    }
}
