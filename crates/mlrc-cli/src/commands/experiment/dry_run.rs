//! What an experiment would run, and how long that would take.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mlrc::run::Arm;
use mlrc::scoring::Scorer;
use mlrc_experiment::estimate::{Rates, Work, wall_clock};
use mlrc_experiment::{Environment, ExperimentData, Job, RunResult, percent};

/// Open jobs of one learner, arm and fraction.
struct Group<'a> {
    first: &'a Job,
    /// Their indices among all jobs.
    places: Vec<usize>,
    /// How long each takes, in seconds on one core; or why that is not known.
    seconds: Result<Vec<f64>, String>,
    basis: Basis,
}

/// What an estimate is based on.
#[derive(Clone, Copy)]
enum Basis {
    /// Results of this learner and arm.
    Results(usize),
    /// Results of this learner's other arms.
    OtherArms(usize),
    /// A few steps of training.
    Measured,
}

/// The open jobs by learner, arm and fraction, with the time they will take; and whether all of them can be
/// run.
pub fn estimate(
    jobs: &[Job],
    open: &[usize],
    results: &[Option<RunResult>],
    data: &ExperimentData,
    scorer: Option<&Scorer>,
    threads: usize,
) -> (String, bool) {
    if open.is_empty() {
        return ("nothing to run\n".to_owned(), true);
    }
    let mut groups: Vec<Group> = Vec::new();
    for &place in open {
        let job = &jobs[place];
        match groups.iter_mut().find(|group| same(group.first, job)) {
            Some(group) => group.places.push(place),
            None => groups.push(Group {
                first: job,
                places: vec![place],
                seconds: Ok(Vec::new()),
                basis: Basis::Measured,
            }),
        }
    }
    let done = runs(jobs, results, data);
    let mut measured = BTreeMap::new();
    for group in &mut groups {
        let Job { learner, options } = group.first;
        // What is solved in closed form tells nothing about what is trained by gradients, nor about more instances.
        let work = Work::of(options, data).ok();
        let is_solved = work.is_some_and(|work| work.is_solved);
        let alike = |other: &Work| {
            other.is_solved == is_solved
                && (!is_solved || work.is_some_and(|work| work.supervised == other.supervised))
        };
        let finished = |arm: Option<Arm>| -> Vec<(Work, f64)> {
            let of = |key: &(&str, Arm)| key.0 == learner && arm.is_none_or(|arm| key.1 == arm);
            let runs = done.iter().filter(|(key, _)| of(key)).flat_map(|(_, runs)| runs);
            runs.filter(|(work, _)| alike(work)).copied().collect()
        };
        let (of_arm, others) = (finished(Some(options.arm)), finished(None));
        let (rates, basis) = if let Some(rates) = Rates::of_runs(&of_arm) {
            (Ok(rates), Basis::Results(of_arm.len()))
        } else if let Some(rates) = Rates::of_runs(&others) {
            (Ok(rates), Basis::OtherArms(others.len()))
        } else {
            let measure = || Rates::measured(options, data, scorer).map_err(|error| error.to_string());
            // One fraction may be impossible to measure where another is not.
            let size = work.filter(|work| work.is_solved).map(|work| work.supervised);
            let known = measured.entry((learner, is_solved, size)).or_insert_with(measure);
            if known.is_err() {
                *known = measure();
            }
            (known.clone(), Basis::Measured)
        };
        let seconds = |rates: Rates| {
            let works = group.places.iter().map(|&place| Work::of(&jobs[place].options, data));
            works.map(|work| work.map(|work| rates.seconds(&work))).collect::<Result<Vec<f64>, _>>()
        };
        group.basis = basis;
        group.seconds = rates.and_then(|rates| seconds(rates).map_err(|error| error.to_string()));
    }
    let runnable = groups.iter().all(|group| group.seconds.is_ok());
    (rendered(&groups, threads), runnable)
}

fn same(one: &Job, other: &Job) -> bool {
    let of = |job: &Job| (job.options.arm, job.options.fraction);
    one.learner == other.learner && of(one) == of(other)
}

/// Work and seconds of finished runs, by learner and arm: of those on this kind of processor, or on an
/// unrecorded one.
fn runs<'a>(
    jobs: &'a [Job],
    results: &[Option<RunResult>],
    data: &ExperimentData,
) -> BTreeMap<(&'a str, Arm), Vec<(Work, f64)>> {
    let here = Environment::here();
    let comparable = |result: &RunResult| {
        result.environment.as_ref().is_none_or(|environment| environment.processor == here.processor)
    };
    let mut runs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (job, result) in jobs.iter().zip(results) {
        let Some(result) = result.as_ref().filter(|result| comparable(result)) else { continue };
        if let Ok(work) = Work::of(&job.options, data) {
            runs.entry((&job.learner[..], job.options.arm)).or_default().push((work, result.seconds));
        }
    }
    runs
}

fn rendered(groups: &[Group], threads: usize) -> String {
    let mut rows =
        vec![["jobs", "learner", "arm", "labels", "open", "each", "total", "basis"].map(str::to_owned)];
    let mut all = Vec::new();
    let mut notes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for group in groups {
        let Job { learner, options } = group.first;
        let open = group.places.len();
        let [each, together, by] = match &group.seconds {
            Ok(seconds) => {
                all.extend(seconds);
                let together: f64 = seconds.iter().sum();
                [duration(together / open as f64), duration(together), group.basis.name()]
            }
            Err(problem) => {
                notes.entry(problem).or_default().extend(&group.places);
                ["?", "?", "–"].map(str::to_owned)
            }
        };
        rows.push([
            ranges(&group.places),
            learner.clone(),
            options.arm.to_string(),
            format!("{} %", percent(options.fraction)),
            open.to_string(),
            each,
            together,
            by,
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| match column {
                3..=6 => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            })
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out.push('\n');
    for (problem, mut places) in notes {
        places.sort_unstable();
        let _ = writeln!(out, "cannot be run: {}: {problem}", ranges(&places));
    }
    if all.is_empty() {
        return out;
    }
    let threads_are = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
    let _ = writeln!(
        out,
        "about {} on one core, {} on {threads_are}",
        duration(all.iter().sum()),
        duration(wall_clock(&all, threads)),
    );
    out += "Estimated from the numbers of instance-gradients and predictions and the time these take, as \
            seen in existing results of the same learner (and arm) or else in a few steps just run on one \
            core. `--job N` runs only the N-th job.\n";
    out
}

impl Basis {
    fn name(self) -> String {
        let plural = |count: usize| if count == 1 { "result" } else { "results" };
        match self {
            Self::Results(count) => format!("{count} {}", plural(count)),
            Self::OtherArms(count) => format!("{count} {} of other arms", plural(count)),
            Self::Measured => "measured".to_owned(),
        }
    }
}

/// `1-4, 7`: job numbers, counted from 1.
fn ranges(places: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in places.iter().map(|place| place + 1) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let range = |(first, last)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
    ranges.into_iter().map(range).collect::<Vec<_>>().join(", ")
}

/// A duration, no more precise than an estimate can be.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.95 => "< 1 s".to_owned(),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 72.0 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_durations_are_short() {
        assert_eq!(ranges(&[0, 1, 2, 6, 8, 9]), "1-3, 7, 9-10");
        let shown = [0.2, 60.0, 100.0, 7200.0, 1e6].map(duration);
        assert_eq!(shown, ["< 1 s", "60 s", "2 min", "2.0 h", "11.6 days"]);
    }
}
