//! A training run under way: it is advanced to its end, its checkpoint is kept, and what was decided and the
//! warnings are returned as values.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Choice, DataReport, Estimate, Event, Prepared, Run, RunError, RunOptions, TrainError, Warning};
use crate::classifier::RelationClassifier;
use crate::corpus::{Instance, Tokenizer};
use crate::learner::ReadError;
use crate::scoring::{Scores, ScoringError};

/// Time between two checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

/// A training run under way, as returned by [`Training::start`](super::Training::start).
#[derive(Debug)]
pub struct Session {
    pub(super) run: Run,
    pub(super) resumed: bool,
    pub(super) choices: Vec<Choice>,
    pub(super) warnings: Vec<Warning>,
    pub(super) tokenizer: Tokenizer,
    pub(super) checkpoint: Option<PathBuf>,
    /// Set when the checkpoint's place is no longer the run's.
    pub(super) displaced: Arc<AtomicBool>,
    pub(super) elapsed: Duration,
}

/// A step of a run, for an observer.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What the step did.
    pub event: &'a Event,
    /// The run after the step.
    pub run: &'a Run,
}

/// The result of a run.
#[derive(Debug)]
pub struct Trained {
    /// The classifier.
    pub classifier: RelationClassifier,
    /// What it was trained on.
    pub report: DataReport,
    /// The best development score, if there was development data, and its round.
    pub best_dev: Option<(f64, usize)>,
    /// The warnings.
    pub warnings: Vec<Warning>,
    /// The time it took.
    pub elapsed: Duration,
}

impl Session {
    /// Its options.
    pub fn options(&self) -> &RunOptions {
        &self.run.options
    }

    /// Its data.
    pub fn prepared(&self) -> &Prepared {
        self.run.prepared()
    }

    /// Whether it was resumed from a checkpoint.
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// How good the classifier is, by leaving out each sentence in turn, for learners that are solved in closed form.
    pub fn estimate(&self) -> Option<&Estimate> {
        self.run.estimate()
    }

    /// What was decided for the caller.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The warnings so far.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Instance-gradients computed so far.
    pub fn instances(&self) -> u64 {
        self.run.instances()
    }

    /// Saves the run in this file from now on; see [`Training::checkpoint`](super::Training::checkpoint).
    pub fn save_to(&mut self, checkpoint: impl Into<PathBuf>) {
        self.checkpoint = Some(checkpoint.into());
    }

    /// No checkpoint is written once the flag is set, because its place is no longer the run's.
    pub fn displaced_on(&mut self, flag: Arc<AtomicBool>) {
        self.displaced = flag;
    }

    fn checkpoint(&self) -> Option<&Path> {
        self.checkpoint.as_deref().filter(|_| !self.displaced.load(Ordering::Relaxed))
    }

    /// Interrupts training when the flag is set, also in the middle of a long meta-iteration, which is then made again when the
    /// run is resumed.
    pub fn stop_on(&mut self, flag: Arc<AtomicBool>) {
        self.run.stop_on(flag);
    }

    /// Trains to the end; `observe` sees every step and says whether to continue.
    ///
    /// # Errors
    /// If training diverges, the development data cannot be scored, a checkpoint cannot be written, or
    /// `observe` stops the run.
    pub fn run(&mut self, mut observe: impl FnMut(Progress) -> ControlFlow<()>) -> Result<(), TrainError> {
        let started = Instant::now();
        let mut saved = Instant::now();
        let mut watch = LossWatch::new(self.prepared().model.labels().len());
        loop {
            let event = match self.run.advance() {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(RunError::Stopped) => {
                    if let Some(path) = self.checkpoint() {
                        self.run.save(path)?;
                    }
                    return Err(TrainError::Interrupted);
                }
                Err(error) => return Err(error.into()),
            };
            if let Event::MetaEnd { constant_prediction: Some(label), .. } = &event {
                let options = self.options();
                self.warnings.push(Warning::MetaStageGuesses {
                    arm: options.arm,
                    label: label.clone(),
                    inner_learning_rate: options.meta.inner_learning_rate,
                });
            }
            self.warnings.extend(watch.warning(&event));
            let interrupted = observe(Progress { event: &event, run: &self.run }).is_break();
            if let Some(path) = self.checkpoint()
                && (interrupted || saved.elapsed() > CHECKPOINT_EVERY)
            {
                self.run.save(path)?;
                saved = Instant::now();
            }
            if interrupted {
                return Err(TrainError::Interrupted);
            }
        }
        self.elapsed += started.elapsed();
        if let Some(label) = self.run.constant_prediction() {
            let solved = self.run.estimate().is_some();
            self.warnings.push(Warning::OneLabel { label, solved });
        }
        if let Some(relations) = self.estimate().map(|estimate| estimate.only_ones).filter(|&ones| ones > 0) {
            self.warnings.push(Warning::SingleSentences { relations });
        }
        Ok(())
    }

    /// Scores the current parameters on labelled instances, as the development data is scored.
    ///
    /// # Errors
    /// If an instance cannot be read, or the scorer does not fit the labels.
    pub fn score(&self, instances: &[Instance]) -> Result<Scores, ScoreError> {
        let read = self.prepared().model.read(&instances.iter().collect::<Vec<_>>())?;
        Ok(self.run.score(&*read)?)
    }

    /// The result of the run in its current state. Its checkpoint is removed.
    pub fn finish(self) -> Trained {
        let best_dev = self.run.best();
        let report = self.prepared().report.clone();
        let provenance = json!({
            "options": self.options(),
            "data": report,
            "scorer": self.prepared().scorer.to_string(),
            "instance_gradients": self.instances(),
            "estimate": self.run.estimate(),
            "best_dev": best_dev.map(|(score, round)| json!({"score": score, "round": round})),
            "seconds": self.elapsed.as_secs_f64(),
        });
        if let Some(path) = &self.checkpoint {
            remove(path);
        }
        Trained {
            classifier: self.run.classifier(self.tokenizer, provenance),
            report,
            best_dev,
            warnings: self.warnings,
            elapsed: self.elapsed,
        }
    }
}

/// How many times its beginning the loss may become before it is warned of.
const RISE: f64 = 10.0;

/// Watches the loss of each stage, whose beginning need not be its start: training may be resumed.
struct LossWatch {
    /// The loss of guessing among the labels.
    guessing: f64,
    first: Option<f64>,
    warned: bool,
}

impl LossWatch {
    fn new(labels: usize) -> Self {
        Self { guessing: (labels.max(2) as f64).ln(), first: None, warned: false }
    }

    /// A warning, once, if the loss has risen too far.
    fn warning(&mut self, event: &Event) -> Option<Warning> {
        let loss = match *event {
            Event::Step { loss, .. } | Event::MetaIteration { loss, .. } if self.first.is_none() => {
                self.first = Some(f64::from(loss));
                return None;
            }
            Event::Round { loss, .. } => loss,
            Event::MetaIteration { loss, .. } => f64::from(loss),
            Event::MetaEnd { .. } => {
                self.first = None;
                return None;
            }
            Event::Step { .. } | Event::Solved { .. } | Event::End { .. } => return None,
        };
        let start = self.first?.max(self.guessing);
        if self.warned || loss <= RISE * start {
            return None;
        }
        self.warned = true;
        Some(Warning::SteepRate { loss, start })
    }
}

/// If the checkpoint does not exist, that is fine.
fn remove(checkpoint: &Path) {
    let _ = std::fs::remove_file(checkpoint);
}

/// Why instances cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// One cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The scorer does not fit the labels.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(loss: f64) -> Event {
        Event::Round { round: 1, of: 9, loss, dev: None, learning_rate: 1.0, instances: 1 }
    }

    #[test]
    fn a_loss_that_rises_tenfold_is_warned_of_once() {
        let step = |loss| Event::Step { instances: 1, of: 9, loss };
        let mut watch = LossWatch::new(5);
        for event in [step(2.0), step(90.0), round(19.9)] {
            assert_eq!(watch.warning(&event), None);
        }
        let warning = watch.warning(&round(20.1));
        assert_eq!(warning, Some(Warning::SteepRate { loss: 20.1, start: 2.0 }));
        assert_eq!(warning.unwrap().name(), "steep-rate");
        assert_eq!(watch.warning(&round(99.0)), None);

        // What starts near 0 may become as bad as guessing without a word.
        let mut watch = LossWatch::new(5);
        assert_eq!(watch.warning(&step(0.01)), None);
        assert_eq!(watch.warning(&round(1.0)), None);
        assert!(watch.warning(&round(17.0)).is_some());
    }
}
