use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::checkpoint::content_hash;
use super::{Arm, RunOptions};
use crate::corpus::{
    Corpus, CorpusError, DevelopmentSplit, Instance, LabelSet, Split, SplitError, development,
};
use crate::device::Device;
use crate::learner::{Cut, FitError, Fitting, Foreign, Layer, Model, ReadError, ReaderReport, RepairedTree};
use crate::objective::Objective;
use crate::ranges::OutOfRange;
use crate::resources::Resources;
use crate::scoring::{ConfusionMatrix, Scorer, Scores, ScoringError};

/// Number of training instances used to check whether anything was learnt.
const TRIED: usize = 500;

/// Most relations.
const MOST_RELATIONS: usize = 10_000;

/// Why a run's data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The training or development corpus is not suitable.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The requested split is not possible.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The training data has fewer than two relations.
    #[error("the training data has the single relation `{0}`; a classifier needs at least two")]
    OneRelation(String),
    /// The training data has more relations than a classifier can have: what is counted by pairs of them would not fit into
    /// memory.
    #[error(
        "the training data has {0} relations; a classifier can have {MOST_RELATIONS}: is this the right field of the data?"
    )]
    TooManyRelations(usize),
    /// The scorer does not fit the labels.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// The learner cannot be built for the data.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// An instance cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A hyper-parameter is out of range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// The method trains by gradients, but the learner is solved in closed form.
    #[error(
        "the learner {learner} is solved in closed form on {instances} instances, so `{arm}` does not apply to it: use `supervised`, \
         or learner.head = \"softmax\", which trains it by gradients"
    )]
    SolvedInClosedForm {
        /// The learner.
        learner: &'static str,
        /// The method.
        arm: Arm,
        /// Number of training instances.
        instances: usize,
    },
    /// There are unlabelled instances, but the learner is trained by gradients.
    #[error(
        "the learner {learner} is trained by gradients on {instances} instances, so it cannot learn from sentences without labels: \
         use `regions` over an encoder, with learner.head = \"ridge\" if there are 1000 training instances or more"
    )]
    Unlabelled {
        /// The learner.
        learner: &'static str,
        /// Number of training instances.
        instances: usize,
    },
    /// Names of relations are to be read, but the learner is trained by gradients.
    #[error(
        "the learner {learner} is trained by gradients on {instances} instances and reads no names of relations: use `regions`, with \
         learner.head = \"ridge\" if there are 1000 training instances or more"
    )]
    LabelNames {
        /// The learner.
        learner: &'static str,
        /// Number of training instances.
        instances: usize,
    },
}

/// A description of the prepared data, for reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// Training instances.
    pub train: usize,
    /// Development instances.
    pub dev: usize,
    /// Instances that are learnt from without labels.
    #[serde(skip_serializing_if = "is_zero")]
    pub unlabelled: usize,
    /// Relations.
    pub labels: usize,
    /// Hash of the ids of the training and development instances.
    pub split_hash: String,
    /// Fraction of the training tokens that have a word vector, if the learner reads word vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
    /// How the encoder cuts the training tokens, if the learner reads one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Instances that are longer than the encoder reads at once.
    #[serde(skip_serializing_if = "is_zero")]
    pub in_windows: usize,
    /// Instances that are longer than the learner reads.
    #[serde(skip_serializing_if = "is_zero")]
    pub cropped: usize,
    /// Layers of annotation that are read.
    pub layers: Vec<Layer>,
    /// Layers that the learner would read but that the data does not have.
    pub missing_layers: Vec<Layer>,
    /// Instances whose dependency heads, where they are read, did not form a tree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repaired_trees: Vec<RepairedTree>,
}

/// The data of a run, as its learner reads it, ready for training.
pub struct Prepared {
    /// The untrained learner.
    pub model: Arc<dyn Model>,
    /// The training set.
    pub train: Box<dyn Objective>,
    /// Some of the training instances, to check whether anything was learnt.
    pub(super) tried: Box<dyn Objective>,
    /// The development set; may be empty.
    pub dev: Box<dyn Objective>,
    /// The scorer for development and test sets.
    pub scorer: Scorer,
    /// A description of the prepared data.
    pub report: DataReport,
    /// What of the training and the development data is foreign to the model.
    pub(super) foreign: [Foreign; 2],
    /// Hash of what is read of all instances.
    pub(super) content: String,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Prepared({:?}, {:?})", self.model, self.report)
    }
}

impl Prepared {
    /// Draws the split, fits the learner's reader, and reads the instances.
    ///
    /// Labels come from the whole training corpus, so that every fraction of it has the same classes;
    /// everything else comes from the instances that are trained on.
    ///
    /// # Errors
    /// If the corpora are not suitable for each other or for the options.
    pub fn new(
        options: &RunOptions,
        train: &Corpus,
        dev: Option<&Corpus>,
        resources: &Resources,
        scorer: Option<Scorer>,
        device: Device,
    ) -> Result<Self, PrepareError> {
        options.check()?;
        let labels = LabelSet::from_corpus(train)?;
        if labels.len() < 2 {
            return Err(PrepareError::OneRelation(labels.labels()[0].clone()));
        }
        if labels.len() > MOST_RELATIONS {
            return Err(PrepareError::TooManyRelations(labels.len()));
        }
        let split = draw_split(options, train, dev.is_some())?;
        let dev_instances: Vec<&Instance> = match dev {
            Some(dev) => {
                labels.check(dev)?;
                let drawn = development(dev.instances.len(), options.dev_size, options.seed);
                drawn.into_iter().map(|place| &dev.instances[place]).collect()
            }
            None => split.dev.iter().map(|&place| &train.instances[place]).collect(),
        };
        let instances: Vec<&Instance> = split.train.iter().map(|&place| &train.instances[place]).collect();
        options.check_arm(instances.len())?;
        // Unsuitable data is better detected before training than after.
        let required = options.learner.card().required_layers;
        for &instance in instances.iter().chain(&dev_instances) {
            if let Some(&layer) = required.iter().find(|layer| !layer.is_in(instance)) {
                return Err(ReadError::MissingLayer { id: instance.id.clone(), layer }.into());
            }
        }
        let rest = if options.rest_unlabelled { left_over(&split, train) } else { Vec::new() };
        let unlabelled: Vec<&Instance> = resources.unlabelled.iter().chain(rest).collect();
        if !unlabelled.is_empty() && !options.learner.is_solved(instances.len()) {
            let (learner, instances) = (options.learner.name(), instances.len());
            return Err(PrepareError::Unlabelled { learner, instances });
        }
        if options.label_names && !options.learner.is_solved(instances.len()) {
            let (learner, instances) = (options.learner.name(), instances.len());
            return Err(PrepareError::LabelNames { learner, instances });
        }
        let scorer = scorer.unwrap_or_else(|| Scorer::for_labels(labels.labels()));
        scorer.score_matrix(&ConfusionMatrix::from_indices(labels.labels(), &[0, 1], &[0, 1])?)?;
        let count = labels.len();
        let names = if options.label_names { resources.descriptions.names(&labels) } else { Vec::new() };
        let fitting = Fitting {
            instances: &instances,
            unlabelled: &unlabelled,
            options: options.reader(),
            resources,
            names: &names,
            seed: options.seed,
        };
        let model = options.learner.fit(&fitting, labels, device)?;
        let ReaderReport { coverage, cut, layers, missing_layers } = model.report();
        let (mut repaired_trees, mut in_windows, mut cropped) = (Vec::new(), 0, 0);
        for &instance in instances.iter().chain(&dev_instances) {
            let remarks = model.remarks(instance);
            in_windows += usize::from(remarks.in_windows);
            cropped += usize::from(remarks.is_cropped);
            repaired_trees.extend(RepairedTree::new(instance, remarks.repairs));
        }
        let foreign = [&instances, &dev_instances].map(|instances| {
            let mut all = Foreign::default();
            instances.iter().for_each(|instance| all += model.foreign(instance));
            all
        });
        let report = DataReport {
            train: instances.len(),
            unlabelled: unlabelled.len(),
            dev: dev_instances.len(),
            labels: count,
            split_hash: split.hash,
            coverage,
            cut,
            in_windows,
            cropped,
            layers,
            missing_layers,
            repaired_trees,
        };
        Ok(Self {
            train: model.read_for_training(&instances, &unlabelled)?,
            tried: model.read(&instances[..instances.len().min(TRIED)])?,
            dev: model.read(&dev_instances)?,
            content: content_hash(instances.into_iter().chain(dev_instances).chain(unlabelled)),
            model,
            scorer,
            report,
            foreign,
        })
    }

    /// The negative label, if all instances of a development set have it.
    pub(super) fn negative_development(&self) -> Option<&str> {
        let negative = self.scorer.negative()?;
        let index = self.model.labels().index(negative)?;
        let labels = self.dev.labels();
        let all = labels.iter().all(|label| label.is_some_and(|label| label as usize == index));
        (all && !labels.is_empty()).then_some(negative)
    }

    /// Scores predicted labels against those of `objective`'s instances, all of which have one.
    ///
    /// # Errors
    /// If the scorer does not fit the labels.
    pub fn score(&self, objective: &dyn Objective, predicted: &[usize]) -> Result<Scores, ScoringError> {
        let gold: Vec<usize> = objective.labels().iter().flatten().map(|&label| label as usize).collect();
        let matrix = ConfusionMatrix::from_indices(self.model.labels().labels(), &gold, predicted)?;
        self.scorer.score_matrix(&matrix)
    }
}

/// The training instances that a split uses neither for training nor for development.
fn left_over<'a>(split: &Split, train: &'a Corpus) -> Vec<&'a Instance> {
    let mut used = vec![false; train.instances.len()];
    split.train.iter().chain(&split.dev).for_each(|&place| used[place] = true);
    train.instances.iter().zip(used).filter(|(_, used)| !used).map(|(instance, _)| instance).collect()
}

// As serde requires.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The training instances of a run and, unless there is a development file, its development instances. The
/// draw is always the same, so what a run was trained on need not be stored.
///
/// # Errors
/// If the requested split is not possible.
pub fn draw_split(options: &RunOptions, train: &Corpus, has_dev: bool) -> Result<Split, SplitError> {
    let dev_size = if has_dev { 0 } else { options.dev_size };
    DevelopmentSplit { dev_size, fraction: options.fraction, seed: options.seed }.draw(&train.instances)
}
