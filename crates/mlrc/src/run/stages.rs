use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Estimate, FirstStage, Prepared, RunOptions};
use crate::classifier::{RelationClassifier, most_probable};
use crate::corpus::Tokenizer;
use crate::meta::{Meta, Tasks, instance_gradients};
use crate::objective::{Objective, Parameters, Solving};
use crate::scoring::{Scores, ScoringError};
use crate::training::{Selection, Supervised};

/// A run of one arm on prepared data.
#[derive(Debug)]
pub struct Run {
    pub(super) options: RunOptions,
    pub(super) prepared: Arc<Prepared>,
    tasks: Tasks,
    pub(super) stage: Stage,
    stop: Option<Arc<AtomicBool>>,
}

/// The stage that a run is in.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    First(Meta),
    Supervised {
        training: Supervised,
        /// Instance-gradients of the meta stage.
        before: u64,
        /// What is made after the last round of the parameters that each selection chooses; empty if nothing is.
        ended: Vec<(Selection, Parameters)>,
    },
    /// In closed form: one step, after which there is an estimate.
    Solved {
        parameters: Parameters,
        estimate: Option<Estimate>,
        /// Score on the development set, if there is one.
        dev: Option<f64>,
    },
}

/// Why a run cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The development set cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// Training diverged.
    #[error(
        "the loss is infinite or not a number after {instances} instance-gradients: training diverged; lower \
         the learning rate (in meta-learning, that of the inner steps)"
    )]
    Diverged {
        /// Instance-gradients computed.
        instances: u64,
    },
    /// The flag of [`Run::stop_on`] was set during a meta-iteration. The run is as it was before it, and can go on.
    #[error("stopped")]
    Stopped,
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
        /// The label that is predicted for all training instances checked, if it is the same: then the stage
        /// ends no better than guessing.
        constant_prediction: Option<String>,
    },
    /// The parameters in closed form, and how good they are.
    Solved {
        /// How good they are, by leaving out each sentence in turn.
        estimate: Estimate,
    },
    /// What is made of the parameters after the last round.
    End {
        /// Score on the development set, if there is one.
        dev: Option<f64>,
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

impl Run {
    /// A run that has not made a step yet.
    pub fn new(options: RunOptions, prepared: Arc<Prepared>) -> Self {
        let tasks = Tasks::new(prepared.train.labels());
        let start = prepared.model.start();
        let (seed, arm) = (options.seed, options.arm);
        let stage = if options.learner.is_solved(prepared.train.labels().len()) {
            Stage::Solved { parameters: start, estimate: None, dev: None }
        } else if arm.first_stage().is_some() {
            Stage::First(Meta::new(options.meta.clone(), seed, start))
        } else {
            let more = if arm.is_matched() { instance_gradients(&options.meta, seed, &tasks) } else { 0 };
            let instances = prepared.train.labels().len() as u64;
            let budget = (options.supervised.epochs as u64).saturating_mul(instances).saturating_add(more);
            let training = Supervised::with_budget(options.supervised.clone(), seed, budget, start);
            Stage::Supervised { training, before: 0, ended: Vec::new() }
        };
        Self { options, prepared, tasks, stage, stop: None }
    }

    /// Ends a step early with [`RunError::Stopped`] once `flag` is set, if the step takes long: a meta-iteration between two of its
    /// tasks.
    pub fn stop_on(&mut self, flag: Arc<AtomicBool>) {
        self.stop = Some(flag);
    }

    /// Makes one step: a meta-iteration, a minibatch, or the end of a stage or round. `None` when the run is
    /// over.
    ///
    /// # Errors
    /// If the development set cannot be scored or the loss or a parameter is no longer finite.
    pub fn advance(&mut self) -> Result<Option<Event>, RunError> {
        let event = self.step()?;
        let sound = match event {
            Some(Event::MetaIteration { loss, .. } | Event::Step { loss, .. }) => loss.is_finite(),
            // No loss says what the last step of a round or stage did.
            Some(_) => self.is_finite(),
            None => true,
        };
        if sound { Ok(event) } else { Err(RunError::Diverged { instances: self.instances() }) }
    }

    /// Whether all parameters are numbers.
    fn is_finite(&self) -> bool {
        let finite = |parameters: &Parameters| parameters.values.iter().all(|value| value.is_finite());
        match &self.stage {
            Stage::First(meta) => finite(&meta.parameters),
            Stage::Supervised { training, ended, .. } => {
                finite(&training.parameters) && ended.iter().all(|(_, parameters)| finite(parameters))
            }
            Stage::Solved { parameters, .. } => finite(parameters),
        }
    }

    fn step(&mut self) -> Result<Option<Event>, RunError> {
        let prepared = &self.prepared;
        match &mut self.stage {
            Stage::First(meta) if meta.is_done() => {
                let (parameters, before) = (meta.parameters.clone(), meta.instances);
                let dev = dev_score_if_ended(prepared, &parameters)?;
                let constant_prediction = constant_prediction(prepared, &parameters);
                let options = self.options.supervised.clone();
                let instances = prepared.train.labels().len();
                let training = Supervised::new(options, self.options.seed, instances, parameters);
                self.stage = Stage::Supervised { training, before, ended: Vec::new() };
                Ok(Some(Event::MetaEnd { dev, instances: before, constant_prediction }))
            }
            Stage::First(meta) => {
                let train = &*prepared.train;
                let stopped = || self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed));
                let start = (meta.iteration == 0).then(|| meta.parameters.clone());
                if meta.iteration == 0 {
                    begin(prepared, &mut meta.parameters);
                }
                let loss = match self.options.arm.first_stage() {
                    Some(FirstStage::Joint) => Some(meta.joint_step(train, &self.tasks)),
                    Some(FirstStage::Meta) | None => meta.step_unless(train, &self.tasks, &stopped),
                };
                let Some(loss) = loss else {
                    if let Some(start) = start {
                        meta.parameters = start;
                    }
                    return Err(RunError::Stopped);
                };
                let (iteration, of) = (meta.iteration, self.options.meta.iterations);
                Ok(Some(Event::MetaIteration { iteration, of, loss }))
            }
            Stage::Solved { estimate: Some(_), .. } => Ok(None),
            Stage::Solved { parameters, estimate, dev } => {
                let solution =
                    prepared.train.solve(&solving(prepared)).expect("the family says that it is solved");
                let found = Estimate::new(prepared, &solution)?;
                *parameters = solution.parameters;
                *dev = dev_score(prepared, parameters)?;
                *estimate = Some(found.clone());
                Ok(Some(Event::Solved { estimate: found }))
            }
            Stage::Supervised { ended, .. } if !ended.is_empty() => Ok(None),
            Stage::Supervised { training, ended, .. } if training.is_done() => {
                let selections = [Selection::Last, Selection::BestDev];
                for selection in selections.into_iter().take(1 + usize::from(training.best.is_some())) {
                    let Some(parameters) =
                        prepared.train.end(training.selected(selection), &solving(prepared))
                    else {
                        return Ok(None);
                    };
                    ended.push((selection, parameters));
                }
                let dev = dev_score(prepared, self.parameters())?;
                Ok(Some(Event::End { dev }))
            }
            Stage::Supervised { training, before, .. } if training.round_is_over() => {
                let dev = dev_score_if_ended(prepared, &training.parameters)?;
                let loss = training.end_round(dev);
                let progress = &training.progress;
                Ok(Some(Event::Round {
                    round: progress.round,
                    of: training.rounds(),
                    loss,
                    dev,
                    learning_rate: training.learning_rate(),
                    instances: *before + progress.instances,
                }))
            }
            Stage::Supervised { training, .. } => {
                if training.progress.step == 0 {
                    begin(prepared, &mut training.parameters);
                }
                let loss = training.step(&*prepared.train);
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
            Stage::First(meta) => &meta.parameters,
            Stage::Supervised { training, ended, .. } => {
                let of = |wanted| ended.iter().find(|(selection, _)| *selection == wanted);
                // Without development scores, the last round is the best.
                let found = of(selection).or_else(|| of(Selection::Last));
                found.map_or_else(|| training.selected(selection), |(_, parameters)| parameters)
            }
            Stage::Solved { parameters, .. } => parameters,
        }
    }

    /// Instance-gradients computed so far.
    pub fn instances(&self) -> u64 {
        match &self.stage {
            Stage::First(meta) => meta.instances,
            Stage::Supervised { training, before, .. } => before + training.progress.instances,
            Stage::Solved { .. } => 0,
        }
    }

    /// The development score of [`Run::parameters`], if there is a development set, and their round.
    pub fn best(&self) -> Option<(f64, usize)> {
        match &self.stage {
            Stage::Supervised { training, .. } => training.best.as_ref().map(|best| (best.score, best.round)),
            Stage::Solved { dev, .. } => dev.map(|score| (score, 1)),
            Stage::First(_) => None,
        }
    }

    /// How good the classifier is, by leaving out each sentence in turn, if it has been solved in closed form.
    pub fn estimate(&self) -> Option<&Estimate> {
        match &self.stage {
            Stage::Solved { estimate, .. } => estimate.as_ref(),
            Stage::First(_) | Stage::Supervised { .. } => None,
        }
    }

    /// Scores the current parameters on other instances, all of which have labels.
    ///
    /// # Errors
    /// If the scorer does not fit the labels.
    pub fn score(&self, objective: &dyn Objective) -> Result<Scores, ScoringError> {
        score(&self.prepared, self.parameters(), objective)
    }

    /// The data of the run.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The label that the current parameters predict for every one of the first training instances although
    /// their labels differ: then nothing was learnt, or training has collapsed. `None` otherwise.
    pub fn constant_prediction(&self) -> Option<String> {
        constant_prediction(&self.prepared, self.parameters())
    }

    /// The classifier that the run ends with.
    pub fn classifier(&self, tokenizer: Tokenizer, provenance: serde_json::Value) -> RelationClassifier {
        let (learner, model) = (self.options.learner.clone(), self.prepared.model.clone());
        RelationClassifier::new(learner, model, self.parameters().clone(), tokenizer, provenance)
    }
}

fn solving(prepared: &Prepared) -> Solving {
    Solving { is_macro: prepared.scorer.is_macro() }
}

/// Replaces the parameters that training by gradients would start with by those that the learner wants to start with.
fn begin(prepared: &Prepared, parameters: &mut Parameters) {
    if let Some(start) = prepared.train.begin(parameters, &solving(prepared)) {
        *parameters = start;
    }
}

/// What the learner makes of parameters at the end.
fn ended<'a>(prepared: &Prepared, parameters: &'a Parameters) -> Cow<'a, Parameters> {
    prepared.train.end(parameters, &solving(prepared)).map_or(Cow::Borrowed(parameters), Cow::Owned)
}

/// The score on the development set, if there is one.
fn dev_score(prepared: &Prepared, parameters: &Parameters) -> Result<Option<f64>, ScoringError> {
    if prepared.dev.labels().is_empty() {
        return Ok(None);
    }
    score(prepared, parameters, &*prepared.dev).map(|scores| Some(scores.primary.value))
}

/// The same if training ended with these parameters.
fn dev_score_if_ended(prepared: &Prepared, parameters: &Parameters) -> Result<Option<f64>, ScoringError> {
    if prepared.dev.labels().is_empty() {
        return Ok(None);
    }
    dev_score(prepared, &ended(prepared, parameters))
}

fn score(
    prepared: &Prepared,
    parameters: &Parameters,
    objective: &dyn Objective,
) -> Result<Scores, ScoringError> {
    prepared.score(objective, &most_probable_labels(objective, parameters))
}

/// See [`Run::constant_prediction`].
fn constant_prediction(prepared: &Prepared, parameters: &Parameters) -> Option<String> {
    let labels = prepared.tried.labels();
    let differ = labels.iter().any(|label| label != &labels[0]);
    let predicted = most_probable_labels(&*prepared.tried, parameters);
    let first = *predicted.first().filter(|first| differ && predicted.iter().all(|label| label == *first))?;
    prepared.model.labels().label(first).map(str::to_owned)
}

/// The label predicted for each of `objective`'s instances.
pub fn most_probable_labels(objective: &dyn Objective, parameters: &Parameters) -> Vec<usize> {
    objective.probabilities(parameters).iter().map(|probabilities| most_probable(probabilities)).collect()
}
