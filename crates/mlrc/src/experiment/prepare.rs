use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::{RunOptions, VocabularyPolicy};
use crate::corpus::{
    Corpus, CorpusError, DevelopmentSplit, Instance, LabelSet, Split, SplitError, development,
};
use crate::features::{Encoder, EncoderOptions, Example, Layer, MissingLayer, Vectors};
use crate::learner::AnyLearner;
use crate::random::{Purpose, Stream};
use crate::scoring::{ConfusionMatrix, Scorer, Scores, ScoringError};

/// Why a run's data does not do.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The training or development corpus does not fit.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The split that was asked for is not possible.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The training data has fewer than two relations.
    #[error("the training data has the single relation `{0}`; a classifier needs at least two")]
    OneRelation(String),
    /// The scorer does not fit the labels.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// The learner reads a layer of annotation that the data lacks.
    #[error(transparent)]
    MissingLayer(#[from] MissingLayer),
    /// No word of the training data has a vector.
    #[error("none of the words of the training data has a vector; is this the right file of vectors?")]
    NoVectors,
}

/// An instance whose dependency heads were no tree, and what was made of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MendedTree {
    /// The instance.
    pub id: String,
    /// What was wrong and what was done about it.
    pub defects: Vec<String>,
}

impl MendedTree {
    /// What `encoder` has to mend of `instance`, if anything.
    pub fn of(encoder: &Encoder, instance: &Instance) -> Option<Self> {
        let defects = encoder.tree_defects(instance);
        let told =
            || Self { id: instance.id.clone(), defects: defects.iter().map(ToString::to_string).collect() };
        (!defects.is_empty()).then(told)
    }
}

impl fmt::Display for MendedTree {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "instance `{}`: its dependency heads are no tree: {}", self.id, self.defects.join("; "))
    }
}

/// What was prepared, for reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// Training instances.
    pub train: usize,
    /// Development instances.
    pub dev: usize,
    /// Relations.
    pub labels: usize,
    /// Hash of the ids of the training and development instances.
    pub split_hash: String,
    /// Share of the training tokens that have a vector.
    pub coverage: f64,
    /// Layers of annotation that are read.
    pub layers: Vec<Layer>,
    /// Layers that the learner would read but that the data does not have.
    pub missing_layers: Vec<Layer>,
    /// Instances whose dependency heads, where they are read, were no tree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mended_trees: Vec<MendedTree>,
}

/// The data of a run, ready for training.
#[derive(Debug)]
pub struct Prepared {
    /// What turns instances into examples.
    pub encoder: Encoder,
    /// The untrained learner.
    pub learner: AnyLearner,
    /// The training set.
    pub train: Vec<Example>,
    /// The development set; may be empty.
    pub dev: Vec<Example>,
    /// What development and test sets are scored with.
    pub scorer: Scorer,
    /// What was prepared.
    pub report: DataReport,
}

impl Prepared {
    /// Draws the split, collects labels and inventories, and encodes.
    ///
    /// Labels come from the whole training corpus, so that every fraction of it has the same classes; everything
    /// else comes from the instances that are trained on.
    ///
    /// # Errors
    /// If the corpora do not fit each other or the options.
    pub fn new(
        options: &RunOptions,
        train: &Corpus,
        dev: Option<&Corpus>,
        vectors: &Arc<Vectors>,
        scorer: Option<Scorer>,
    ) -> Result<Self, PrepareError> {
        let labels = LabelSet::from_corpus(train)?;
        if labels.len() < 2 {
            return Err(PrepareError::OneRelation(labels.labels()[0].clone()));
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

        let vectors = match options.vocabulary {
            VocabularyPolicy::Vectors => vectors.clone(),
            VocabularyPolicy::Train => {
                let tokens = instances.iter().flat_map(|instance| &instance.tokens).map(String::as_str);
                Arc::new(vectors.restricted(tokens))
            }
        };
        let required = options.learner.required_layers();
        for &instance in instances.iter().chain(&dev_instances) {
            if let Some(&layer) = required.iter().find(|layer| !layer.is_in(instance)) {
                return Err(MissingLayer { id: instance.id.clone(), layer }.into());
            }
        }
        let wanted = if options.use_annotations { options.learner.optional_layers() } else { &[] };
        let encoder_options = EncoderOptions {
            masking: options.masking,
            layers: wanted.iter().chain(required).copied().collect(),
        };
        let coverage = coverage(&vectors, &instances);
        if coverage == 0.0 {
            return Err(PrepareError::NoVectors);
        }
        // A scorer that does not fit the labels is better noticed before training than after.
        let scorer = scorer.unwrap_or_else(|| Scorer::for_labels(labels.labels()));
        scorer.score_matrix(&ConfusionMatrix::from_indices(labels.labels(), &[0, 1], &[0, 1])?)?;
        let encoder = Encoder::fit(encoder_options, labels, vectors, options.seed, &instances);
        let layers: Vec<Layer> = encoder.options().layers.iter().copied().collect();
        let mut stream = Stream::new(options.seed, Purpose::Initialisation, 0, 0);
        let learner = options.learner.build(&encoder, &mut stream);
        let report = DataReport {
            train: instances.len(),
            dev: dev_instances.len(),
            labels: encoder.labels().len(),
            split_hash: split.hash,
            coverage,
            missing_layers: wanted.iter().copied().filter(|layer| !layers.contains(layer)).collect(),
            layers,
            mended_trees: instances
                .iter()
                .chain(&dev_instances)
                .filter_map(|instance| MendedTree::of(&encoder, instance))
                .collect(),
        };
        Ok(Self {
            scorer,
            train: encoder.encode_all(instances)?,
            dev: encoder.encode_all(dev_instances)?,
            encoder,
            learner,
            report,
        })
    }

    /// Scores predicted labels against those of `examples`, which all have one.
    ///
    /// # Errors
    /// If the scorer does not fit the labels.
    pub fn score(&self, examples: &[Example], predicted: &[usize]) -> Result<Scores, ScoringError> {
        let gold: Vec<usize> =
            examples.iter().filter_map(|example| example.label).map(|l| l as usize).collect();
        let matrix = ConfusionMatrix::from_indices(self.encoder.labels().labels(), &gold, predicted)?;
        self.scorer.score_matrix(&matrix)
    }
}

/// The training instances of a run and, unless there is a file of them, its development instances: the same whenever it is
/// drawn, so that what a run was trained on is known without being kept.
pub(super) fn draw_split(options: &RunOptions, train: &Corpus, has_dev: bool) -> Result<Split, SplitError> {
    let dev_size = if has_dev { 0 } else { options.dev_size };
    DevelopmentSplit { dev_size, fraction: options.fraction, seed: options.seed }.draw(&train.instances)
}

fn coverage(vectors: &Vectors, instances: &[&Instance]) -> f64 {
    let tokens = || instances.iter().flat_map(|instance| &instance.tokens);
    let known = tokens().filter(|token| vectors.index(token).is_some()).count();
    known as f64 / tokens().count().max(1) as f64
}
