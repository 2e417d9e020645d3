use std::fmt;
use std::str::FromStr;

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::adam::Adam;
use super::layers::{centred, gather};
use super::ridge::{self, RidgeScale};
use super::softmax::{self, Layer};
use super::{Adaptor, Episode, Pool, Protocol};
use crate::learner::regions::prior;
use crate::random::{Purpose, Stream};

/// What is learnt on base relations, and how; see the [module documentation](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Nothing.
    Frozen,
    /// Nothing, but what the new relations are called is read, too.
    Names,
    /// Ordinary training on all base relations.
    Joint,
    /// Ridge in both, with gradients through it.
    Ridge,
    /// Reptile; gradient steps on the support set.
    Reptile,
    /// First-order MAML; gradient steps on the support set.
    Fomaml,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Frozen, Self::Names, Self::Joint, Self::Ridge, Self::Reptile, Self::Fomaml];
    /// Those that know nothing of new relations but sentences.
    pub const OF_SENTENCES: [Self; 5] = [Self::Frozen, Self::Joint, Self::Ridge, Self::Reptile, Self::Fomaml];

    /// The name for users: `frozen`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Names => "names",
            Self::Joint => "joint",
            Self::Ridge => "ridge",
            Self::Reptile => "reptile",
            Self::Fomaml => "fomaml",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name);
        let found = Self::ALL.into_iter().find(|method| method.name() == text);
        found.ok_or_else(|| format!("expected one of {}", names.join(", ")))
    }
}

/// Learning rates of the parameters that are shared, among which is chosen.
const RATES: [f32; 3] = [0.0003, 0.001, 0.003];
/// Penalties among which is chosen; features have a mean squared length of 1 on base relations.
const PENALTIES: [f32; 4] = [0.1, 0.3, 1.0, 3.0];
/// Lengths of the prior that a relation's name gives among which is chosen.
const STRENGTHS: [f32; 4] = [0.5, 1.0, 2.0, 4.0];
/// Learning rates of gradient steps among which is chosen.
const INNER_RATES: [f32; 3] = [0.05, 0.2, 0.8];
/// Gradient steps on a task while training, and on a support set.
const STEPS: [usize; 2] = [5, 10];
/// The learning rate of first-order MAML's shared parameters.
const OUTER_RATE: f32 = 0.001;

/// What is chosen on base relations that are left out of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Learning rate of the shared parameters, unless it is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f32>,
    /// How it learns from a support set.
    #[serde(flatten)]
    pub adaptation: Adaptation,
}

/// How something is learnt from a support set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Adaptation {
    /// By ridge regression with this penalty λ.
    #[serde(rename = "penalty")]
    Ridge(f32),
    /// By ridge regression that is drawn to the names of the relations.
    #[serde(rename = "names")]
    Names {
        /// λ
        penalty: f32,
        /// Length of the prior.
        strength: f32,
    },
    /// By gradient steps with this learning rate.
    #[serde(rename = "inner_rate")]
    Steps(f32),
}

/// A method after training.
#[derive(Clone, Debug)]
pub struct Trained {
    adaptor: Adaptor,
    /// The settings.
    pub setting: Setting,
}

impl Trained {
    /// The scores of an episode's queries, `[way, queries]`.
    pub fn scores(&self, pool: &Pool, episode: &Episode, way: usize) -> Mat<f32> {
        let (inputs, labels) = inputs(pool, episode);
        match self.setting.adaptation {
            Adaptation::Ridge(penalty) => {
                ridge::scores(&self.adaptor.forward(&inputs).outputs, &labels, way, penalty, None)
            }
            Adaptation::Names { penalty, strength } => {
                let names: Vec<Vec<f32>> =
                    episode.relations.iter().map(|&relation| pool.names[relation].clone()).collect();
                let prior = prior(&names, pool.width(), f64::from(strength));
                let prior = Mat::from_fn(prior.nrows(), way, |c, label| prior[(c, label)] as f32);
                ridge::scores(&self.adaptor.forward(&inputs).outputs, &labels, way, penalty, Some(&prior))
            }
            Adaptation::Steps(rate) => {
                let inputs = centred(inputs, labels.len());
                let support = inputs.subcols(0, labels.len()).to_owned();
                let queries = inputs.subcols(labels.len(), inputs.ncols() - labels.len()).to_owned();
                let (adaptor, layer) = descend(&self.adaptor, way, &support, &labels, rate, STEPS[1]);
                layer.logits(&adaptor.forward(&queries).outputs)
            }
        }
    }
}

/// An episode's instances side by side, the support set first, and the labels of the support set.
fn inputs(pool: &Pool, episode: &Episode) -> (Mat<f32>, Vec<usize>) {
    let support = episode.support.iter().map(|(place, _)| place);
    let places: Vec<&usize> = support.chain(episode.queries.iter().map(|(place, _)| place)).collect();
    let labels = episode.support.iter().map(|&(_, label)| label).collect();
    (gather(&pool.features, places.into_iter()), labels)
}

/// Moves a matrix against its gradient, which is given column by column.
fn descend_by(matrix: &mut Mat<f32>, gradient: &[f32], rate: f32) {
    for (column, gradient) in gradient.chunks_exact(matrix.nrows()).enumerate() {
        let values = matrix.col_mut(column).iter_mut();
        values.zip(gradient).for_each(|(value, slope)| *value -= rate * slope);
    }
}

/// Steps of gradient descent on all parameters, from a layer of zeros.
fn descend(
    adaptor: &Adaptor,
    way: usize,
    inputs: &Mat<f32>,
    labels: &[usize],
    rate: f32,
    steps: usize,
) -> (Adaptor, Layer) {
    let mut adaptor = adaptor.clone();
    let mut layer = Layer::zero(inputs.nrows(), way);
    for _ in 0..steps {
        let (_, gradient) = softmax::loss(&adaptor, &layer, inputs, labels);
        let matrices = [&mut adaptor.u, &mut adaptor.v, &mut layer.weight];
        for (matrix, gradient) in matrices.into_iter().zip(&gradient) {
            descend_by(matrix, gradient, rate);
        }
        let bias = layer.bias.iter_mut().zip(gradient.last().into_iter().flatten());
        bias.for_each(|(value, slope)| *value -= rate * slope);
    }
    (adaptor, layer)
}

/// With every way of learning from a support set: ridge with each penalty, gradient steps with each learning rate.
fn by_adaptation(adaptor: &Adaptor, rate: Option<f32>) -> Vec<Trained> {
    let adaptations = PENALTIES.map(Adaptation::Ridge).into_iter().chain(INNER_RATES.map(Adaptation::Steps));
    let trained = |adaptation| Trained { adaptor: adaptor.clone(), setting: Setting { rate, adaptation } };
    adaptations.map(trained).collect()
}

/// With every prior and penalty; without a support set, neither makes a difference.
fn by_strength(adaptor: &Adaptor, shot: usize) -> Vec<Trained> {
    let trained = |penalty, strength| Trained {
        adaptor: adaptor.clone(),
        setting: Setting { rate: None, adaptation: Adaptation::Names { penalty, strength } },
    };
    if shot == 0 {
        return vec![trained(1.0, 1.0)];
    }
    STRENGTHS.iter().flat_map(|&strength| PENALTIES.map(|penalty| trained(penalty, strength))).collect()
}

/// Trained with each of the learning rates of steps.
fn by_steps(train: impl Fn(f32) -> Adaptor) -> Vec<Trained> {
    let trained = |rate| Trained {
        adaptor: train(rate),
        setting: Setting { rate: None, adaptation: Adaptation::Steps(rate) },
    };
    INNER_RATES.into_iter().map(trained).collect()
}

/// How a method is trained.
pub struct Training<'a> {
    /// Base relations.
    pub pool: &'a Pool,
    /// Episodes to train on; joint training has batches of the same size.
    pub protocol: Protocol,
    /// Instance-gradients.
    pub budget: usize,
    /// The rank of the adaptor.
    pub rank: usize,
    /// Seed of all random draws.
    pub seed: u64,
}

impl Training<'_> {
    /// The method with each of its settings. What needs no training of its own is tried without.
    pub fn candidates(&self, method: Method) -> Vec<Trained> {
        let start = Adaptor::identity(self.pool.width(), self.rank, self.seed);
        match method {
            Method::Frozen => by_adaptation(&start, None),
            Method::Names => by_strength(&start, self.protocol.shot),
            Method::Joint => RATES
                .into_iter()
                .flat_map(|rate| by_adaptation(&self.joint(&start, rate), Some(rate)))
                .collect(),
            Method::Ridge => RATES.into_iter().map(|rate| self.ridge(&start, rate)).collect(),
            Method::Reptile => by_steps(|rate| self.reptile(&start, rate)),
            Method::Fomaml => by_steps(|rate| self.fomaml(&start, rate)),
        }
    }

    /// How many iterations of so many instance-gradients the budget has, and the share of each that is left: learning rates
    /// decrease linearly.
    fn iterations(&self, instances: usize) -> impl Iterator<Item = (u64, f32)> {
        let count = (self.budget / instances).max(1) as u64;
        (0..count).map(move |iteration| (iteration, 1.0 - iteration as f32 / count as f32))
    }

    /// An episode's inputs, its support labels and its queries' labels.
    fn episode(&self, number: u64) -> (Mat<f32>, Vec<usize>, Vec<usize>) {
        // Numbers that no evaluation draws.
        let episode = self.protocol.draw(self.pool, self.seed, number | 1 << 63);
        let (inputs, support) = inputs(self.pool, &episode);
        (inputs, support, episode.queries.iter().filter_map(|&(_, label)| label).collect())
    }

    fn joint(&self, start: &Adaptor, rate: f32) -> Adaptor {
        let relations = &self.pool.relations;
        let (mut adaptor, mut layer) = (start.clone(), Layer::zero(self.pool.width(), relations.len()));
        let mut adam = Adam::new(rate, adaptor.size() + layer.size());
        let size = self.protocol.instances();
        for (iteration, left) in self.iterations(size) {
            let mut stream = Stream::new(self.seed, Purpose::InstanceSampling, iteration, 1);
            let labels: Vec<usize> = (0..size).map(|_| stream.below(relations.len())).collect();
            let places: Vec<usize> =
                labels.iter().map(|&label| *stream.choose(&relations[label].1)).collect();
            let inputs = gather(&self.pool.features, places.iter());
            let (_, gradient) = softmax::loss(&adaptor, &layer, &inputs, &labels);
            let mut values = [adaptor.parameters(), layer.parameters()].concat();
            adam.step(&mut values, gradient.into_iter().flatten(), left);
            (adaptor, layer) = (adaptor.with(&values), layer.with(&values[adaptor.size()..]));
        }
        adaptor
    }

    fn ridge(&self, start: &Adaptor, rate: f32) -> Trained {
        let mut adaptor = start.clone();
        let mut values = [adaptor.parameters(), vec![0.0, 10.0_f32.ln()]].concat();
        let mut adam = Adam::new(rate, values.len());
        let scale = |values: &[f32]| RidgeScale {
            log_penalty: values[values.len() - 2],
            log_sharpness: values[values.len() - 1],
        };
        for (iteration, left) in self.iterations(self.protocol.instances()) {
            let (inputs, support, queries) = self.episode(iteration);
            let (_, gradient) =
                ridge::loss(&adaptor, scale(&values), &inputs, &support, &queries, self.protocol.way);
            adam.step(&mut values, gradient.into_iter().flatten(), left);
            adaptor = adaptor.with(&values);
        }
        let adaptation = Adaptation::Ridge(scale(&values).log_penalty.exp());
        Trained { adaptor, setting: Setting { rate: Some(rate), adaptation } }
    }

    /// Line 9 of Algorithm 1 with one task an iteration: towards where the task's steps lead.
    fn reptile(&self, start: &Adaptor, rate: f32) -> Adaptor {
        let mut adaptor = start.clone();
        for (iteration, left) in self.iterations(STEPS[0] * self.protocol.instances()) {
            let (inputs, support, queries) = self.episode(iteration);
            let inputs = centred(inputs, support.len());
            let labels = [support, queries].concat();
            let (end, _) = descend(&adaptor, self.protocol.way, &inputs, &labels, rate, STEPS[0]);
            let moved = adaptor.parameters().into_iter().zip(end.parameters());
            let moved: Vec<f32> = moved.map(|(from, to)| from + left * (to - from)).collect();
            adaptor = adaptor.with(&moved);
        }
        adaptor
    }

    /// The gradient of the queries' loss after steps on the support set, applied before them.
    fn fomaml(&self, start: &Adaptor, rate: f32) -> Adaptor {
        let mut adaptor = start.clone();
        let mut adam = Adam::new(OUTER_RATE, adaptor.size());
        let Protocol { way, shot, queries, .. } = self.protocol;
        for (iteration, left) in self.iterations(way * (STEPS[0] * shot + queries)) {
            let (inputs, support, queries) = self.episode(iteration);
            let inputs = centred(inputs, support.len());
            let of_support = inputs.subcols(0, support.len()).to_owned();
            let of_queries = inputs.subcols(support.len(), queries.len()).to_owned();
            let (end, layer) = descend(&adaptor, way, &of_support, &support, rate, STEPS[0]);
            let (_, gradient) = softmax::loss(&end, &layer, &of_queries, &queries);
            let mut values = adaptor.parameters();
            adam.step(&mut values, gradient.into_iter().flatten(), left);
            adaptor = adaptor.with(&values);
        }
        adaptor
    }
}
