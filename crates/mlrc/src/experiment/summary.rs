//! What the results of an experiment say: means with their uncertainty, and arms compared in pairs.

use std::collections::BTreeMap;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Arm;
use super::plan::{Job, percent};
use super::result::RunResult;
use crate::random::{Purpose, Stream};
use crate::scoring::{ConfusionMatrix, ScoringError};

/// Resamplings of a bootstrap.
const RESAMPLINGS: usize = 2000;
/// With more seeds than this, signs are flipped at random instead of in all ways.
const EXACT_SEEDS: usize = 14;
const RANDOM_FLIPS: usize = 20_000;

/// The results of one learner, arm, fraction and selection over seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The learner's name in the plan.
    pub learner: String,
    /// The arm.
    pub arm: Arm,
    /// Share of the training instances.
    pub fraction: f64,
    /// `best-dev` or `last`.
    pub selection: String,
    /// What is measured.
    pub measure: String,
    /// Number of seeds.
    pub seeds: usize,
    /// Mean over the seeds, in `0..=1`.
    pub mean: f64,
    /// Standard deviation over the seeds; of one seed there is none.
    pub deviation: Option<f64>,
    /// 95 % interval of the mean (Student's t).
    pub interval: Option<[f64; 2]>,
    /// Mean number of instance-gradients.
    pub instance_gradients: f64,
}

/// Two arms of one learner, fraction and selection, on the same splits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The learner's name in the plan.
    pub learner: String,
    /// Share of the training instances.
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
    /// Its 95 % interval over seeds (paired t); of one seed there is none.
    pub interval: Option<[f64; 2]>,
    /// Its 95 % interval over seeds and test instances (both resampled, pairs kept together).
    pub bootstrap: [f64; 2],
    /// How often as great a difference comes about if the arms' names are exchanged seed by seed (two-sided).
    pub p: f64,
    /// `p`, corrected for the number of comparisons (Holm 1979).
    pub p_holm: f64,
}

/// A key of [`Cell`]s in the order of the plan.
type Place = (usize, String, usize, Arm);

/// Means over seeds, in the order of the plan, `best-dev` before `last`.
pub fn cells(done: &[(Job, RunResult)]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for ((_, selection, _, arm), runs) in grouped(done) {
        let (job, first) = runs[0];
        let scores: Vec<f64> = runs.iter().map(|(_, result)| primary(result, &selection)).collect();
        let gradients: Vec<f64> = runs.iter().map(|(_, result)| result.instance_gradients as f64).collect();
        let (mean, deviation) = (mean(&scores), deviation(&scores));
        cells.push(Cell {
            learner: job.learner.clone(),
            arm,
            fraction: job.options.fraction,
            measure: first.test[&selection].primary.name.clone(),
            selection,
            seeds: scores.len(),
            mean,
            deviation,
            interval: interval(&scores),
            instance_gradients: self::mean(&gradients),
        });
    }
    cells
}

/// Every arm compared with each of those before it, wherever both were run with the same seeds.
///
/// # Errors
/// If a result's predictions do not fit its labels.
pub fn comparisons(done: &[(Job, RunResult)], gold: &[usize]) -> Result<Vec<Comparison>, ScoringError> {
    let groups: Vec<(Place, Vec<&(Job, RunResult)>)> =
        grouped(done).into_iter().map(|(place, runs)| (place, runs.into_iter().collect())).collect();
    let mut comparisons = Vec::new();
    for (place, (at, runs)) in groups.iter().enumerate() {
        for (other, others) in
            groups[..place].iter().filter(|(other, _)| other.0 == at.0 && other.1 == at.1 && other.2 == at.2)
        {
            let pairs: Vec<[&RunResult; 2]> = runs
                .iter()
                .filter_map(|(job, result)| {
                    let (_, other) =
                        others.iter().find(|(other, _)| other.options.seed == job.options.seed)?;
                    (other.split_hash == result.split_hash).then_some([result, other])
                })
                .collect();
            if pairs.is_empty() {
                continue;
            }
            let selection = &at.1;
            let differences: Vec<f64> =
                pairs.iter().map(|[a, b]| primary(a, selection) - primary(b, selection)).collect();
            comparisons.push(Comparison {
                learner: runs[0].0.learner.clone(),
                fraction: runs[0].0.options.fraction,
                selection: selection.clone(),
                arm: at.3,
                with: other.3,
                seeds: pairs.len(),
                difference: mean(&differences),
                interval: interval(&differences),
                bootstrap: bootstrap(&pairs, selection, gold)?,
                p: sign_flips(&differences),
                p_holm: 0.0,
            });
        }
    }
    holm(&mut comparisons);
    Ok(comparisons)
}

/// Results by learner and fraction (in the order in which they first occur), selection and arm; seeds in their order.
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

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Standard deviation of a sample.
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// 95 % interval of a mean (Student's t).
fn interval(values: &[f64]) -> Option<[f64; 2]> {
    let deviation = deviation(values)?;
    let t = StudentsT::new(0.0, 1.0, (values.len() - 1) as f64).ok()?.inverse_cdf(0.975);
    let half = t * deviation / (values.len() as f64).sqrt();
    Some([mean(values) - half, mean(values) + half])
}

/// Two-sided p of a mean difference under exchanging the pairs' members: all 2ⁿ ways, or many of them at random.
fn sign_flips(differences: &[f64]) -> f64 {
    let observed = differences.iter().sum::<f64>().abs() - 1e-12;
    let seeds = differences.len();
    let flipped = |bits: u64| -> f64 {
        let signed = differences
            .iter()
            .enumerate()
            .map(|(place, d)| if bits >> (place % 64) & 1 == 1 { -d } else { *d });
        signed.sum::<f64>().abs()
    };
    if seeds <= EXACT_SEEDS {
        let ways = 1_u64 << seeds;
        return (0..ways).filter(|&bits| flipped(bits) >= observed).count() as f64 / ways as f64;
    }
    let mut stream = Stream::new(0, Purpose::Resampling, 0, 0);
    let as_great = (0..RANDOM_FLIPS)
        .filter(|_| {
            let sum: f64 = differences.iter().map(|d| if stream.next_u64() & 1 == 1 { -d } else { *d }).sum();
            sum.abs() >= observed
        })
        .count();
    (as_great + 1) as f64 / (RANDOM_FLIPS + 1) as f64
}

/// 95 % interval of the mean difference over resampled seeds and test instances: each resampling draws seeds, and for all of
/// them the same test instances, so that what is paired stays so.
fn bootstrap(pairs: &[[&RunResult; 2]], selection: &str, gold: &[usize]) -> Result<[f64; 2], ScoringError> {
    let mut stream = Stream::new(0, Purpose::Resampling, 1, 0);
    let mut differences = Vec::with_capacity(RESAMPLINGS);
    let scorer = &pairs[0][0].test[selection].scorer;
    for _ in 0..RESAMPLINGS {
        let instances: Vec<usize> = (0..gold.len()).map(|_| stream.below(gold.len())).collect();
        let drawn: Vec<usize> = instances.iter().map(|&place| gold[place]).collect();
        let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
        let mut total = 0.0;
        for _ in 0..pairs.len() {
            let seed = stream.below(pairs.len());
            if !scores.contains_key(&seed) {
                let mut of = [0.0; 2];
                for (result, score) in pairs[seed].iter().zip(&mut of) {
                    let all = &result.predictions[selection];
                    let predicted: Vec<usize> = instances.iter().map(|&place| all[place]).collect();
                    let matrix = ConfusionMatrix::from_indices(&result.labels, &drawn, &predicted)?;
                    *score = scorer.score_matrix(&matrix)?.primary.value;
                }
                scores.insert(seed, of[0] - of[1]);
            }
            total += scores[&seed];
        }
        differences.push(total / pairs.len() as f64);
    }
    differences.sort_by(f64::total_cmp);
    let at = |share: f64| differences[((RESAMPLINGS - 1) as f64 * share).round() as usize];
    Ok([at(0.025), at(0.975)])
}

/// Holm's step-down correction over all comparisons of a selection.
fn holm(comparisons: &mut [Comparison]) {
    let selections: std::collections::BTreeSet<String> =
        comparisons.iter().map(|comparison| comparison.selection.clone()).collect();
    for selection in selections {
        let mut order: Vec<usize> =
            (0..comparisons.len()).filter(|&place| comparisons[place].selection == selection).collect();
        order.sort_by(|&a, &b| comparisons[a].p.total_cmp(&comparisons[b].p));
        let mut least = 0.0_f64;
        for (rank, &place) in order.iter().enumerate() {
            least = least.max(((order.len() - rank) as f64 * comparisons[place].p).min(1.0));
            comparisons[place].p_holm = least;
        }
    }
}

/// The means as a Markdown table for each learner and selection: fractions down, arms across.
pub fn tables(cells: &[Cell]) -> String {
    let mut out = String::new();
    let mut blocks: Vec<(&str, &str)> = Vec::new();
    for cell in cells {
        if !blocks.contains(&(&cell.learner, &cell.selection)) {
            blocks.push((&cell.learner, &cell.selection));
        }
    }
    for (learner, selection) in blocks {
        let block: Vec<&Cell> =
            cells.iter().filter(|cell| cell.learner == learner && cell.selection == selection).collect();
        let mut arms: Vec<Arm> = block.iter().map(|cell| cell.arm).collect();
        arms.sort_unstable();
        arms.dedup();
        out +=
            &format!("### {learner}, {selection}: {} on test, in per cent\n\n| labels |", block[0].measure);
        out.extend(arms.iter().map(|arm| format!(" {arm} |")));
        out += "\n|---|";
        out.extend(arms.iter().map(|_| "---|"));
        out.push('\n');
        let mut fractions: Vec<f64> = block.iter().map(|cell| cell.fraction).collect();
        fractions.dedup();
        for fraction in fractions {
            out += &format!("| {} % |", percent(fraction));
            for arm in &arms {
                let cell = block.iter().find(|cell| cell.fraction == fraction && cell.arm == *arm);
                out += &cell.map_or_else(|| " – |".to_owned(), |cell| format!(" {} |", value(cell)));
            }
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

/// `22.9 ± 1.4 (10)`: the mean, half its 95 % interval, the number of seeds.
fn value(cell: &Cell) -> String {
    let half = cell.interval.map_or_else(String::new, |[low, high]| format!(" ± {:.1}", 50.0 * (high - low)));
    format!("{:.1}{half} ({})", 100.0 * cell.mean, cell.seeds)
}

/// The comparisons as a Markdown table.
pub fn comparison_table(comparisons: &[Comparison]) -> String {
    let mut out = "| learner | labels | selection | arms | seeds | difference | over seeds (t) | over seeds and test instances | p | p (Holm) |\n|---|---|---|---|---|---|---|---|---|---|\n".to_owned();
    let range = |[low, high]: [f64; 2]| format!("{:+.1} to {:+.1}", 100.0 * low, 100.0 * high);
    for c in comparisons {
        out += &format!(
            "| {} | {} % | {} | {} − {} | {} | {:+.1} | {} | {} | {:.3} | {:.3} |\n",
            c.learner,
            percent(c.fraction),
            c.selection,
            c.arm,
            c.with,
            c.seeds,
            100.0 * c.difference,
            c.interval.map_or_else(|| "–".to_owned(), range),
            range(c.bootstrap),
            c.p,
            c.p_holm,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        // R: t.test(c(1, 2, 3, 4))$conf.int
        let [low, high] = interval(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((low - 0.445_739_7).abs() < 1e-6 && (high - 4.554_260_3).abs() < 1e-6, "{low} {high}");
        assert_eq!(interval(&[1.0]), None);
    }

    #[test]
    fn signs_are_flipped_in_all_ways() {
        // Of eight ways only the observed one and its mirror image are as great.
        assert_eq!(sign_flips(&[1.0, 2.0, 3.0]), 0.25);
        assert_eq!(sign_flips(&[1.0, -1.0]), 1.0);
        assert_eq!(sign_flips(&[0.0]), 1.0);
        let many = sign_flips(&[1.0; 20]);
        assert!(many < 0.001, "{many}");
    }

    #[test]
    fn holms_correction_steps_down() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        let mut all: Vec<Comparison> = [0.01, 0.04, 0.03, 0.005]
            .map(|p| Comparison {
                learner: String::new(),
                fraction: 1.0,
                selection: String::new(),
                arm: Arm::Mlrc,
                with: Arm::Supervised,
                seeds: 1,
                difference: 0.0,
                interval: None,
                bootstrap: [0.0; 2],
                p,
                p_holm: 0.0,
            })
            .into();
        holm(&mut all);
        let corrected: Vec<f64> = all.iter().map(|comparison| comparison.p_holm).collect();
        for (found, expected) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{corrected:?}");
        }
    }
}
