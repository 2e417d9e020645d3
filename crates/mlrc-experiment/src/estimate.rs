//! Estimates of how long jobs will take.
//!
//! A run's [`Work`] is known without training: instance-gradients of each stage and predictions on
//! development and test data. [`Rates`] say how long each takes on this machine, judging by existing results
//! or by a few steps of training.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::result::{ExperimentData, JobError, scores_development};
use super::{Arm, Event, Prepared, Run, RunOptions};
use mlrc::corpus::{Instance, LabelSet, development};
use mlrc::meta::{Tasks, instance_gradients};
use mlrc::run::most_probable_labels as labels;
use mlrc::run::{PrepareError, draw_split};
use mlrc::scoring::Scorer;
use mlrc::training::Selection;

/// The cost of a prediction in instance-gradients: it is one forward pass, an instance-gradient about three.
const PREDICTION: f64 = 1.0 / 3.0;
/// The longest time, and the most steps, for which each stage of a learner is measured.
const MEASURED: (Duration, usize) = (Duration::from_millis(1500), 40);
/// Number of sentences that predictions are measured on.
const PREDICTED: usize = 200;

/// What a run computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Instance-gradients of the meta stage.
    pub meta: u64,
    /// Instance-gradients of supervised training or fine-tuning; training instances, if it is solved in closed form.
    pub supervised: u64,
    /// Predicted sentences of development and test data.
    pub predictions: u64,
    /// Whether it is solved in closed form.
    pub is_solved: bool,
}

impl Work {
    /// What a run of `options` will compute.
    ///
    /// # Errors
    /// If its split cannot be drawn, or its arm does not apply to so many instances.
    pub fn of(options: &RunOptions, data: &ExperimentData) -> Result<Self, PrepareError> {
        let split = draw_split(options, &data.train, data.dev.is_some())?;
        let dev = match &data.dev {
            Some(dev) => development(dev.instances.len(), options.dev_size, options.seed).len(),
            None => split.dev.len(),
        } as u64;
        let test = data.test().len() as u64;
        let (epochs, instances) = (options.supervised.epochs as u64, split.train.len() as u64);
        options.check_arm(split.train.len())?;
        if options.learner.is_solved(split.train.len()) {
            let predictions = dev + test;
            return Ok(Self { meta: 0, supervised: instances, predictions, is_solved: true });
        }
        let two_stages = options.arm.first_stage().is_some();
        let gradients =
            if options.arm.uses_meta_options() { meta_gradients(options, data, &split.train) } else { 0 };
        let (meta, extra) = if two_stages { (gradients, 0) } else { (0, gradients) };
        let tested = if dev > 0 && options.selection == Selection::BestDev { 2 } else { 1 };
        let scorings = epochs + u64::from(two_stages);
        Ok(Self {
            meta,
            supervised: epochs.saturating_mul(instances).saturating_add(extra),
            // The test data is predicted with the last parameters and, if there is a development set, with
            // the best.
            predictions: scorings * if scores_development(options) { dev } else { 0 } + test * tested,
            is_solved: false,
        })
    }

    /// The total in instance-gradients.
    fn size(&self) -> f64 {
        (self.meta + self.supervised) as f64 + PREDICTION * self.predictions as f64
    }
}

fn meta_gradients(options: &RunOptions, data: &ExperimentData, train: &[usize]) -> u64 {
    let Ok(labels) = LabelSet::from_corpus(&data.train) else { return 0 };
    let label = |place: &usize| {
        let relation = data.train.instances[*place].relation.as_ref()?;
        labels.index(relation).map(|label| label as u32)
    };
    let labels: Vec<Option<u32>> = train.iter().map(label).collect();
    instance_gradients(&options.meta, options.seed, &Tasks::new(&labels))
}

/// Seconds on one core for an instance-gradient of each stage and for a prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// For an instance-gradient of the meta stage.
    pub meta: f64,
    /// For an instance-gradient of supervised training.
    pub supervised: f64,
    /// For a prediction.
    pub prediction: f64,
}

impl Rates {
    /// The rates of the median run among finished ones, given the seconds that each took. `None` without
    /// runs.
    pub fn of_runs(runs: &[(Work, f64)]) -> Option<Self> {
        let mut rates: Vec<f64> = runs.iter().map(|(work, seconds)| seconds / work.size()).collect();
        rates.sort_by(f64::total_cmp);
        let median = *rates.get(rates.len() / 2)?;
        Some(Self { meta: median, supervised: median, prediction: PREDICTION * median })
    }

    /// Rates measured on one core, by a few steps of each stage and some predictions of the learner of
    /// `options`.
    ///
    /// # Errors
    /// If the data cannot be used.
    pub fn measured(
        options: &RunOptions,
        data: &ExperimentData,
        scorer: Option<&Scorer>,
    ) -> Result<Self, JobError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let measure = || Self::measured_here(options, data, scorer);
        // If no separate pool can be made, it is measured on the current one.
        pool.map_or_else(|_| measure(), |pool| pool.install(measure))
    }

    fn measured_here(
        options: &RunOptions,
        data: &ExperimentData,
        scorer: Option<&Scorer>,
    ) -> Result<Self, JobError> {
        let mut prepared = data.prepare(options, scorer)?;
        // Training is measured without scoring on a development set.
        prepared.dev = prepared.model.read(&[])?;
        let prepared = Arc::new(prepared);
        let rate = |arm| measured_stage(&RunOptions { arm, ..options.clone() }, &prepared);
        let sentences: Vec<&Instance> = data.test().iter().take(PREDICTED).collect();
        let read = prepared.model.read(&sentences)?;
        let parameters = prepared.model.start();
        let (supervised, meta) = (rate(Arm::Supervised)?, rate(Arm::Mlrc)?);
        let started = Instant::now();
        labels(&*read, &parameters);
        let prediction = started.elapsed().as_secs_f64() / sentences.len().max(1) as f64;
        Ok(Self { meta, supervised, prediction })
    }

    /// Seconds on one core that `work` takes.
    pub fn seconds(&self, work: &Work) -> f64 {
        self.meta * work.meta as f64
            + self.supervised * work.supervised as f64
            + self.prediction * work.predictions as f64
    }
}

/// Seconds for an instance-gradient in the first stage of a run, or for an instance of one in closed form; its first step, which fills caches, is not
/// counted.
fn measured_stage(options: &RunOptions, prepared: &Arc<Prepared>) -> Result<f64, JobError> {
    let mut run = Run::new(options.clone(), prepared.clone());
    let (mut seconds, mut instances, mut steps) = (0.0, 0, 0);
    loop {
        let (before, started) = (run.instances(), Instant::now());
        match run.advance()? {
            Some(Event::Step { .. } | Event::MetaIteration { .. }) => {}
            Some(Event::Round { .. }) => continue,
            Some(Event::Solved { .. }) => {
                return Ok(started.elapsed().as_secs_f64() / prepared.report.train.max(1) as f64);
            }
            Some(Event::MetaEnd { .. } | Event::End { .. }) | None => break,
        }
        if steps > 0 {
            seconds += started.elapsed().as_secs_f64();
            instances += run.instances() - before;
        }
        steps += 1;
        if seconds > MEASURED.0.as_secs_f64() || steps > MEASURED.1 {
            break;
        }
    }
    Ok(seconds / instances.max(1) as f64)
}

/// Seconds until all jobs are done if each goes, in this order, to the next free one of `threads`; if there
/// are fewer jobs than threads, the jobs share the threads.
pub fn wall_clock(jobs: &[f64], threads: usize) -> f64 {
    let workers = threads.min(jobs.len()).max(1);
    let mut busy = vec![0.0_f64; workers];
    for seconds in jobs {
        let next = (0..workers).min_by(|&a, &b| busy[a].total_cmp(&busy[b])).unwrap_or(0);
        busy[next] += seconds * workers as f64 / threads.max(1) as f64;
    }
    busy.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_run_sets_the_rates() {
        let work = Work { meta: 30, supervised: 40, predictions: 90, is_solved: false };
        let rates = Rates::of_runs(&[(work, 1000.0), (work, 200.0), (work, 100.0)]).unwrap();
        assert_eq!(rates.supervised, 2.0);
        assert!((rates.seconds(&work) - 200.0).abs() < 1e-9);
        assert_eq!(Rates::of_runs(&[]), None);
    }

    #[test]
    fn jobs_go_to_the_next_free_thread() {
        assert_eq!(wall_clock(&[3.0, 1.0, 1.0, 4.0], 2), 6.0);
        assert_eq!(wall_clock(&[3.0], 2), 1.5);
        assert_eq!(wall_clock(&[], 2), 0.0);
    }
}
