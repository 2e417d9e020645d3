use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Optimiser, OptimiserKind};
use crate::objective::{Objective, Parameters, at};
use crate::random::{Purpose, Stream};
use crate::ranges::{COUNT, Ranges};

/// Which parameters a training run ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Those of the round with the highest development score (the first if tied).
    BestDev,
    /// Those of the last round.
    Last,
}

/// The order in which a pass goes through the training instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Each once, shuffled.
    #[default]
    Shuffled,
    /// Relations take turns, each with its next instance (shuffled, and starting over when all have been
    /// used), so that all relations occur equally often, whatever their sizes. A pass has as many instances
    /// as a shuffled one.
    Balanced,
}

impl Order {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    fn is_shuffled(&self) -> bool {
        *self == Self::Shuffled
    }
}

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateSchedule {
    /// It decays by `decay` when the development score does not rise.
    #[default]
    Plateau,
    /// It falls linearly to 0 at the end of the run.
    Linear,
}

impl RateSchedule {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    fn is_plateau(&self) -> bool {
        *self == Self::Plateau
    }
}

/// Options of supervised training; the defaults are those of PA-LSTM (Zhang et al. 2017).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupervisedOptions {
    /// The optimiser.
    pub optimiser: OptimiserKind,
    /// Its learning rate at the start, > 0.
    pub learning_rate: f32,
    /// Number of sentences per minibatch, ≥ 1.
    pub batch_size: usize,
    /// Passes over the training set.
    pub epochs: usize,
    /// Greatest norm of the gradient of all parameters together, to which longer ones are clipped, > 0.
    pub clip: f32,
    /// Factor on the learning rate when the development score does not rise, in (0, 1].
    pub decay: f32,
    /// First round, counted from 1, after which the learning rate may decay.
    pub decay_from: usize,
    /// The order of a pass. (Not written if it is the default, so that the keys of earlier results stay the
    /// same.)
    #[serde(skip_serializing_if = "Order::is_shuffled")]
    pub order: Order,
    /// How the learning rate changes. (Not written if it is the default, as the next two.)
    #[serde(skip_serializing_if = "RateSchedule::is_plateau")]
    pub schedule: RateSchedule,
    /// Share of the run in which the learning rate rises from 0 to its full value, in [0, 1).
    #[serde(skip_serializing_if = "is_zero")]
    pub warm_up: f32,
    /// Weight decay of matrices, ≥ 0: they shrink by it times the learning rate in every step.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight_decay: f32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

impl Default for SupervisedOptions {
    fn default() -> Self {
        Self {
            optimiser: OptimiserKind::Sgd,
            learning_rate: 1.0,
            batch_size: 50,
            epochs: 30,
            clip: 5.0,
            decay: 0.9,
            decay_from: 12,
            order: Order::Shuffled,
            schedule: RateSchedule::Plateau,
            warm_up: 0.0,
            weight_decay: 0.0,
        }
    }
}

impl SupervisedOptions {
    /// Checks each value's range.
    pub fn check(&self, ranges: &mut Ranges) {
        ranges.rate("learning_rate", self.learning_rate);
        ranges.size("batch_size", self.batch_size, COUNT);
        ranges.size("epochs", self.epochs, COUNT);
        ranges.rate("clip", self.clip);
        let decay = self.decay;
        ranges.within("decay", decay, "a number above 0, at most 1", decay > 0.0 && decay <= 1.0);
        ranges.share("warm_up", self.warm_up);
        let weight_decay = self.weight_decay;
        let is_sound = weight_decay >= 0.0 && weight_decay.is_finite();
        ranges.within("weight_decay", weight_decay, "a number of at least 0", is_sound);
    }

    /// What the learning rate is multiplied by after this share of a run.
    fn factor(&self, done: f64) -> f32 {
        let warm_up = f64::from(self.warm_up);
        let factor = match self.schedule {
            _ if done < warm_up => done / warm_up,
            RateSchedule::Plateau => 1.0,
            RateSchedule::Linear => (1.0 - done) / (1.0 - warm_up),
        };
        factor as f32
    }
}

/// The parameters that scored best on the development set.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Development score.
    pub score: f64,
    /// The round that ended with them.
    pub round: usize,
    /// The parameters.
    pub parameters: Parameters,
}

/// The progress of a training run, which must be saved to continue it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Minibatches done; keys the dropout masks.
    pub step: u64,
    /// Instance-gradients computed: the unit in which training methods are compared.
    pub instances: u64,
    /// Passes over the data that are complete.
    pub epoch: u64,
    /// Instances of the current pass that are done.
    pub place: usize,
    /// Rounds that are complete.
    pub round: usize,
    /// Current learning rate.
    pub learning_rate: f32,
    /// Development score of each round; empty without a development set.
    pub history: Vec<f64>,
    /// Sum of losses, weighted by instances, since the round began.
    pub loss_sum: f64,
    /// Instance-gradients since the round began.
    pub loss_weight: u64,
}

/// A supervised training run.
///
/// The run spends a *budget* of instance-gradients in equal *rounds*; after each, the development set is
/// scored and the learning rate may decay. In ordinary training the budget is `epochs` passes and a round is
/// one pass. The compute-matched arm spends a larger budget in the same number of rounds, so its schedule is
/// the same, stretched.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervised {
    options: SupervisedOptions,
    seed: u64,
    budget: u64,
    rounds: usize,
    /// The order of the current pass, and which pass that is; derived from the seed, so not saved.
    order: (u64, Vec<usize>),
    /// The progress of the run.
    pub progress: Progress,
    /// The current parameters.
    pub parameters: Parameters,
    /// The optimiser and its state.
    pub optimiser: Optimiser,
    /// The best parameters so far.
    pub best: Option<Best>,
}

impl Supervised {
    /// A run of `options.epochs` passes over `instances` training instances, from `parameters`.
    pub fn new(options: SupervisedOptions, seed: u64, instances: usize, parameters: Parameters) -> Self {
        let budget = (options.epochs as u64).saturating_mul(instances as u64);
        Self::with_budget(options, seed, budget, parameters)
    }

    /// A run of `budget` instance-gradients in `options.epochs` rounds, from `parameters`.
    pub fn with_budget(options: SupervisedOptions, seed: u64, budget: u64, parameters: Parameters) -> Self {
        let optimiser = Optimiser::new(options.optimiser, parameters.values.len());
        let progress = Progress {
            step: 0,
            instances: 0,
            epoch: 0,
            place: 0,
            round: 0,
            learning_rate: options.learning_rate,
            history: Vec::new(),
            loss_sum: 0.0,
            loss_weight: 0,
        };
        Self {
            rounds: options.epochs,
            options,
            seed,
            budget,
            order: (0, Vec::new()),
            progress,
            parameters,
            optimiser,
            best: None,
        }
    }

    /// Instance-gradients that the whole run computes.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// Number of rounds of the whole run.
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Whether the budget is spent and the last round has ended.
    pub fn is_done(&self) -> bool {
        self.progress.round >= self.rounds
    }

    /// Whether the current round has spent its share; [`Supervised::end_round`] is due.
    pub fn round_is_over(&self) -> bool {
        let end = self.budget * (self.progress.round as u64 + 1) / self.rounds as u64;
        self.progress.instances >= end
    }

    /// Trains on one minibatch and returns its mean loss.
    pub fn step(&mut self, objective: &dyn Objective) -> f32 {
        self.order_pass(objective.labels());
        let order = &self.order.1;
        let progress = &mut self.progress;
        let left = usize::try_from(self.budget - progress.instances).unwrap_or(usize::MAX);
        let end = (progress.place + self.options.batch_size.min(left)).min(order.len());
        let batch = &order[progress.place..end];
        let (seed, step) = (self.seed, progress.step);
        let noise = |shard| Some(Stream::new(seed, Purpose::Dropout, step, shard as u64));
        let (loss, gradient) = at(objective, &mut self.parameters, |point| point.gradient(batch, 2, &noise));
        // In the middle of the minibatch: neither the first nor the last step is lost.
        let done = (progress.instances as f64 + batch.len() as f64 / 2.0) / self.budget as f64;
        let learning_rate = progress.learning_rate * self.options.factor(done);
        let paces = objective.paces();
        Optimiser::decay(&mut self.parameters, self.options.weight_decay, learning_rate, paces);
        let step = self.optimiser.step(gradient.clipped(self.options.clip), learning_rate, paces);
        self.parameters.add(&[(1.0, &step)]);
        progress.step += 1;
        progress.instances += batch.len() as u64;
        progress.loss_sum += f64::from(loss) * batch.len() as f64;
        progress.loss_weight += batch.len() as u64;
        progress.place = end;
        if end == order.len() {
            progress.place = 0;
            progress.epoch += 1;
        }
        loss
    }

    /// Ends a round: records its development score, if there is one, and lets the learning rate decay if the
    /// score did not rise. Returns the mean loss of the round.
    pub fn end_round(&mut self, score: Option<f64>) -> f64 {
        let progress = &mut self.progress;
        progress.round += 1;
        if let Some(score) = score {
            let rose = progress.history.last().is_none_or(|&previous| score > previous);
            let decays = self.options.schedule == RateSchedule::Plateau;
            if decays && progress.round >= self.options.decay_from && !rose {
                progress.learning_rate *= self.options.decay;
            }
            progress.history.push(score);
            if self.best.as_ref().is_none_or(|best| score > best.score) {
                self.best = Some(Best { score, round: progress.round, parameters: self.parameters.clone() });
            }
        }
        let loss = progress.loss_sum / progress.loss_weight.max(1) as f64;
        (progress.loss_sum, progress.loss_weight) = (0.0, 0);
        loss
    }

    /// The learning rate of the next minibatch.
    pub fn learning_rate(&self) -> f32 {
        self.progress.learning_rate * self.options.factor(self.progress.instances as f64 / self.budget as f64)
    }

    /// The parameters that `selection` chooses.
    pub fn selected(&self, selection: Selection) -> &Parameters {
        match (&self.best, selection) {
            (Some(best), Selection::BestDev) => &best.parameters,
            _ => &self.parameters,
        }
    }

    /// Sets `self.order` to the order of the current epoch over instances with these labels.
    fn order_pass(&mut self, labels: &[Option<u32>]) {
        let epoch = self.progress.epoch;
        if self.order.0 == epoch && self.order.1.len() == labels.len() {
            return;
        }
        let mut stream = Stream::new(self.seed, Purpose::Shuffle, epoch, 0);
        let mut order: Vec<usize> = (0..labels.len()).collect();
        stream.shuffle(&mut order);
        if self.options.order == Order::Balanced {
            order = take_turns(&order, |place| labels[place], &mut stream);
        }
        self.order = (epoch, order);
    }
}

/// A list as long as `places`, in which the labels take turns in an order that is redrawn in each round.
fn take_turns(places: &[usize], label: impl Fn(usize) -> Option<u32>, stream: &mut Stream) -> Vec<usize> {
    let mut relations: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
    for &place in places {
        relations.entry(label(place)).or_default().push(place);
    }
    let mut relations: Vec<_> = relations.into_values().map(|places| places.into_iter().cycle()).collect();
    let mut turns = Vec::with_capacity(places.len());
    while turns.len() < places.len() {
        stream.shuffle(&mut relations);
        turns.extend(relations.iter_mut().filter_map(Iterator::next).take(places.len() - turns.len()));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_take_turns_whatever_their_sizes() {
        let labels = [0, 0, 0, 0, 0, 0, 0, 1, 1, 2];
        let mut stream = Stream::new(1, Purpose::Shuffle, 0, 0);
        let turns = take_turns(&[3, 1, 0, 2, 9, 4, 7, 5, 8, 6], |place| Some(labels[place]), &mut stream);
        assert_eq!(turns.len(), 10);
        for round in turns.chunks(3).take(3) {
            let mut round: Vec<u32> = round.iter().map(|&place| labels[place]).collect();
            round.sort_unstable();
            assert_eq!(round, [0, 1, 2], "{turns:?}");
        }
        // Each relation keeps its order and starts over at its end.
        let of = |label| turns.iter().copied().filter(|&place| labels[place] == label).collect::<Vec<_>>();
        assert!(of(0).starts_with(&[3, 1, 0]), "{turns:?}");
        assert!(of(1).starts_with(&[7, 8, 7]) && of(2).starts_with(&[9, 9, 9]), "{turns:?}");
    }
}
