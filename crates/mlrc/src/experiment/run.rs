use super::{Arm, Prepared, RunOptions};
use crate::classifier::{Classifier, Prediction};
use crate::corpus::Tokenizer;
use crate::features::Example;
use crate::learner::Parameters;
use crate::meta::{Meta, Tasks, instance_gradients};
use crate::scoring::{Scores, ScoringError};
use crate::training::{Selection, Supervised, predict};

/// Training examples that [`Run::only_label`] looks at.
const TRIED: usize = 500;

/// A run of one arm on prepared data.
#[derive(Debug)]
pub struct Run<'a> {
    pub(super) options: RunOptions,
    pub(super) prepared: &'a Prepared,
    tasks: Tasks,
    pub(super) stage: Stage,
}

/// Where a run stands.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Meta(Meta),
    Supervised {
        training: Supervised,
        /// Instance-gradients of the meta stage.
        before: u64,
    },
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The development set cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// Training diverged.
    #[error(
        "the loss is no longer a number after {instances} instance-gradients: training diverged; lower the learning rate \
         (of the inner steps, if it was meta-learning)"
    )]
    Diverged {
        /// Instance-gradients computed.
        instances: u64,
    },
}

/// What a step of a run did.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A meta-iteration.
    MetaIteration {
        /// The iteration, from 1.
        iteration: usize,
        /// Iterations of the stage.
        of: usize,
        /// Mean loss of its tasks before adapting.
        loss: f32,
    },
    /// The end of the meta stage.
    MetaEnd {
        /// Score on the development set, if there is one.
        dev: Option<f64>,
        /// Instance-gradients of the stage.
        instances: u64,
    },
    /// A minibatch.
    Step {
        /// Instance-gradients so far in this stage.
        instances: u64,
        /// Instance-gradients of the stage.
        of: u64,
        /// Mean loss of the minibatch.
        loss: f32,
    },
    /// The end of a round of supervised training.
    Round {
        /// The round, from 1.
        round: usize,
        /// Rounds of the stage.
        of: usize,
        /// Mean training loss of the round.
        loss: f64,
        /// Score on the development set, if there is one.
        dev: Option<f64>,
        /// Learning rate of the next round.
        learning_rate: f32,
        /// Instance-gradients of all stages so far.
        instances: u64,
    },
}

impl<'a> Run<'a> {
    /// A run that has made no step.
    pub fn new(options: RunOptions, prepared: &'a Prepared) -> Self {
        let tasks = Tasks::new(&prepared.train);
        let start = Parameters::of(&prepared.learner);
        let (seed, instances) = (options.seed, prepared.train.len());
        let supervised = |budget, start| {
            let training = Supervised::with_budget(options.supervised.clone(), seed, budget, start);
            Stage::Supervised { training, before: 0 }
        };
        let fine_tuning = (options.supervised.epochs * instances) as u64;
        let stage = match options.arm {
            Arm::Mlrc | Arm::Joint => Stage::Meta(Meta::new(options.meta.clone(), seed, start)),
            Arm::Supervised => supervised(fine_tuning, start),
            Arm::SupervisedMatched => {
                supervised(fine_tuning + instance_gradients(&options.meta, seed, &tasks), start)
            }
        };
        Self { options, prepared, tasks, stage }
    }

    /// Makes one step: a meta-iteration, a minibatch, or the end of a stage or round. `None` when the run is over.
    ///
    /// # Errors
    /// If the development set cannot be scored or the loss is no longer a number.
    pub fn advance(&mut self) -> Result<Option<Event>, RunError> {
        let event = self.step()?;
        match event {
            Some(Event::MetaIteration { loss, .. } | Event::Step { loss, .. }) if !loss.is_finite() => {
                Err(RunError::Diverged { instances: self.instances() })
            }
            _ => Ok(event),
        }
    }

    fn step(&mut self) -> Result<Option<Event>, ScoringError> {
        let prepared = self.prepared;
        match &mut self.stage {
            Stage::Meta(meta) if meta.is_done() => {
                let (parameters, before) = (meta.parameters.clone(), meta.instances);
                let dev = dev_score(prepared, &parameters)?;
                let options = self.options.supervised.clone();
                let training = Supervised::new(options, self.options.seed, prepared.train.len(), parameters);
                self.stage = Stage::Supervised { training, before };
                Ok(Some(Event::MetaEnd { dev, instances: before }))
            }
            Stage::Meta(meta) => {
                let (learner, train) = (&prepared.learner, &prepared.train);
                let loss = match self.options.arm {
                    Arm::Joint => meta.joint_step(learner, train, &self.tasks),
                    _ => meta.step(learner, train, &self.tasks),
                };
                let (iteration, of) = (meta.iteration, self.options.meta.iterations);
                Ok(Some(Event::MetaIteration { iteration, of, loss }))
            }
            Stage::Supervised { training, .. } if training.is_done() => Ok(None),
            Stage::Supervised { training, before } if training.round_is_over() => {
                let dev = dev_score(prepared, &training.parameters)?;
                let loss = training.end_round(dev);
                let progress = &training.progress;
                Ok(Some(Event::Round {
                    round: progress.round,
                    of: training.rounds(),
                    loss,
                    dev,
                    learning_rate: progress.learning_rate,
                    instances: *before + progress.instances,
                }))
            }
            Stage::Supervised { training, .. } => {
                let loss = training.step(&prepared.learner, &prepared.train);
                Ok(Some(Event::Step { instances: training.progress.instances, of: training.budget(), loss }))
            }
        }
    }

    /// The parameters the run would end with if it ended now.
    pub fn parameters(&self) -> &Parameters {
        self.selected(self.options.selection)
    }

    /// The parameters that `selection` would choose now.
    pub fn selected(&self, selection: Selection) -> &Parameters {
        match &self.stage {
            Stage::Meta(meta) => &meta.parameters,
            Stage::Supervised { training, .. } => training.selected(selection),
        }
    }

    /// Instance-gradients computed so far.
    pub fn instances(&self) -> u64 {
        match &self.stage {
            Stage::Meta(meta) => meta.instances,
            Stage::Supervised { training, before } => before + training.progress.instances,
        }
    }

    /// The development score of [`Run::parameters`], if there is a development set, and their round.
    pub fn best(&self) -> Option<(f64, usize)> {
        match &self.stage {
            Stage::Supervised { training, .. } => training.best.as_ref().map(|best| (best.score, best.round)),
            Stage::Meta(_) => None,
        }
    }

    /// Scores the current parameters on other examples, which all have labels.
    ///
    /// # Errors
    /// If the scorer does not fit the labels.
    pub fn score(&self, examples: &[Example]) -> Result<Scores, ScoringError> {
        score(self.prepared, self.parameters(), examples)
    }

    /// The label that the current parameters give to every one of the first training examples, though theirs differ: then nothing
    /// was learnt, or training has collapsed.
    pub fn only_label(&self) -> Option<&str> {
        let tried = &self.prepared.train[..self.prepared.train.len().min(TRIED)];
        let differ = tried.iter().any(|example| example.label != tried[0].label);
        let predicted = labels(self.prepared, self.parameters(), tried);
        let first =
            *predicted.first().filter(|first| differ && predicted.iter().all(|label| label == *first))?;
        Some(&self.prepared.encoder.labels().labels()[first])
    }

    /// The classifier that the run ends with.
    pub fn classifier(&self, tokenizer: Tokenizer, provenance: serde_json::Value) -> Classifier {
        Classifier::new(
            self.options.learner.clone(),
            self.prepared.encoder.clone(),
            self.prepared.learner.clone(),
            self.parameters().clone(),
            tokenizer,
            provenance,
        )
    }
}

fn dev_score(prepared: &Prepared, parameters: &Parameters) -> Result<Option<f64>, ScoringError> {
    if prepared.dev.is_empty() {
        return Ok(None);
    }
    score(prepared, parameters, &prepared.dev).map(|scores| Some(scores.primary.value))
}

fn score(prepared: &Prepared, parameters: &Parameters, examples: &[Example]) -> Result<Scores, ScoringError> {
    prepared.score(examples, &labels(prepared, parameters, examples))
}

/// The relation predicted for each of `examples`.
pub(super) fn labels(prepared: &Prepared, parameters: &Parameters, examples: &[Example]) -> Vec<usize> {
    predict(&prepared.learner, parameters, examples)
        .into_iter()
        .map(|probabilities| Prediction { probabilities }.label())
        .collect()
}
