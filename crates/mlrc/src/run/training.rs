//! Training for most callers: the choices that a caller has, and the defaults for all others.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Arm, CheckpointError, Choice, PrepareError, Prepared, Recipe, Run, RunError, RunOptions, Session, Warning,
};
use crate::classifier::RelationClassifier;
use crate::corpus::{Corpus, Descriptions, Instance, Tokenizer, duplicates};
use crate::device::Device;
use crate::learner::{Cut, LearnerConfig, Masking};
use crate::resources::{Resource, Resources, TokenVectors, TokenVectorsError};
use crate::scoring::Scorer;
use crate::training::{RateSchedule, Selection};

/// Training sets of at least this size can spare development instances.
const PLENTY: usize = 2000;
/// How many development instances they spare.
const SPARED: usize = 500;

/// Why no classifier could be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The vectors cannot be read.
    #[error(transparent)]
    Vectors(#[from] TokenVectorsError),
    /// The data is not suitable for training.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Training failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A checkpoint cannot be written or resumed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The best round was requested, but there is no development data to select it by.
    #[error("selecting the best round requires development data, but there is none")]
    NothingToSelectBy,
    /// A development corpus is given, but none of it is to be used.
    #[error("a development size of 0 would leave no development instances")]
    NoneOfTheDevelopmentData,
    /// The data cannot be dealt to so many folds.
    #[error("expected from 2 folds up to the number of different sentences, {sentences}, found {folds}")]
    Folds {
        /// How many were requested.
        folds: usize,
        /// How many different sentences there are.
        sentences: usize,
    },
    /// The observer ended the run; with a checkpoint, the same call resumes it.
    #[error("training was interrupted")]
    Interrupted,
}

/// A training run to be configured: a recipe, and what a caller may choose in addition.
///
/// Returned by [`RelationClassifier::train`]; see there.
#[derive(Clone, Debug)]
pub struct Training {
    recipe: Recipe,
    arm: Option<Arm>,
    pub(super) seed: u64,
    pub(super) fraction: f64,
    pub(super) dev: Option<Corpus>,
    dev_size: Option<usize>,
    selection: Option<Selection>,
    masking: Option<Masking>,
    annotations: bool,
    /// Replaces all of the above.
    options: Option<RunOptions>,
    pub(super) scorer: Option<Scorer>,
    tokenizer: Tokenizer,
    pub(super) resources: Resources,
    pub(super) vectors: Option<PathBuf>,
    pub(super) checkpoint: Option<PathBuf>,
    device: Device,
}

impl RelationClassifier {
    /// A training run with a recipe, to be configured and started with [`Training::fit`], which returns a
    /// classifier.
    ///
    /// From a file:
    ///
    /// ```standalone_crate
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/doctest.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let _folder = enter_data_folder()?;
    /// use mlrc::corpus::Corpus;
    /// use mlrc::run::{Arm, Recipe};
    /// use mlrc::RelationClassifier;
    ///
    /// let model = RelationClassifier::train(&Recipe::preset("semeval/fcm")?)
    ///     .vectors("glove.6B.50d.txt")
    ///     .arm(Arm::Supervised)
    ///     .seed(7)
    ///     .fit(&Corpus::open("train.jsonl")?)?;
    /// model.save("model", Default::default())?;
    /// # assert!(std::path::Path::new("model/manifest.json").exists());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// From a sequence of records, which are marked sentences with their relations:
    ///
    /// ```standalone_crate
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/doctest.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let _folder = enter_data_folder()?;
    /// use mlrc::corpus::Corpus;
    /// use mlrc::run::Recipe;
    /// use mlrc::RelationClassifier;
    ///
    /// let records = [
    ///     ("The <e1>fire</e1> was caused by the <e2>bomb</e2>.", "caused-by"),
    ///     ("The <e1>flood</e1> was caused by the <e2>storm</e2>.", "caused-by"),
    ///     ("The <e1>letter</e1> was in the <e2>box</e2>.", "inside"),
    ///     ("The <e1>key</e1> was in the <e2>drawer</e2>.", "inside"),
    /// ];
    /// # std::fs::write("glove.6B.50d.txt", "the 1 0\nwas 0 1\nin 1 1\ncaused 1 -1\nby -1 0.5\n")?;
    /// let model = RelationClassifier::train(&Recipe::learner("fcm")?)
    ///     .vectors("glove.6B.50d.txt")
    ///     .fit(&Corpus::from_records(records)?)?;
    /// let answer = model.predict("The <e1>blackout</e1> was caused by the <e2>snow</e2>.")?;
    /// assert_eq!(answer.label(), "caused-by");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// With a checkpoint, nothing is lost if training is interrupted: the same lines resume it, with
    /// bit-identical results.
    ///
    /// ```standalone_crate
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/doctest.rs"));
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let _folder = enter_data_folder()?;
    /// use std::ops::ControlFlow;
    ///
    /// use mlrc::corpus::Corpus;
    /// use mlrc::run::{Recipe, TrainError};
    /// use mlrc::RelationClassifier;
    ///
    /// let training = RelationClassifier::train(&Recipe::learner("fcm")?)
    ///     .vectors("glove.6B.50d.txt")
    ///     .checkpoint("run.checkpoint");
    /// let train = Corpus::open("train.jsonl")?;
    /// // Stop after about 1000 instances, say because time is up.
    /// let mut session = training.clone().start(&train)?;
    /// let stopped = session.run(|progress| match progress.run.instances() {
    ///     0..1000 => ControlFlow::Continue(()),
    ///     _ => ControlFlow::Break(()),
    /// });
    /// assert!(matches!(stopped, Err(TrainError::Interrupted)));
    /// // Later:
    /// let model = training.fit(&train)?;
    /// # assert!(!model.labels().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn train(recipe: &Recipe) -> Training {
        Training::new(recipe.clone())
    }
}

impl Training {
    fn new(recipe: Recipe) -> Self {
        Self {
            recipe,
            arm: None,
            seed: 1,
            fraction: 1.0,
            dev: None,
            dev_size: None,
            selection: None,
            masking: None,
            annotations: true,
            options: None,
            scorer: None,
            tokenizer: Tokenizer::default(),
            resources: Resources::default(),
            vectors: None,
            checkpoint: None,
            device: Device::default(),
        }
    }

    /// A run with exactly these options, taken from an earlier run.
    pub fn with_options(options: RunOptions) -> Self {
        let recipe = Recipe::for_learner(options.learner.clone());
        Self { options: Some(options), ..Self::new(recipe) }
    }

    /// The frozen vectors of tokens, for learners that read them: a file of word vectors in GloVe's text format, plain or
    /// gzipped, or the folder of a pretrained encoder.
    #[must_use]
    pub fn vectors(mut self, path: impl Into<PathBuf>) -> Self {
        self.vectors = Some(path.into());
        self
    }

    /// Instances to learn from without their labels (self-training), for learners that are solved in closed form.
    #[must_use]
    pub fn unlabelled(mut self, instances: impl Into<Arc<[Instance]>>) -> Self {
        self.resources.unlabelled = instances.into();
        self
    }

    /// Whether the names of relations are a prior, for learners that are solved in closed form: the words of their labels or, of
    /// those that are described, the description. By default as the recipe says.
    #[must_use]
    pub fn label_names(mut self, label_names: bool) -> Self {
        self.recipe.label_names = label_names;
        self
    }

    /// Descriptions of relations, which are read in place of their labels' words where [`label_names`](Self::label_names) are.
    #[must_use]
    pub fn descriptions(mut self, descriptions: impl Into<Arc<Descriptions>>) -> Self {
        self.resources.descriptions = descriptions.into();
        self
    }

    /// Resources that were opened before.
    #[must_use]
    pub fn resources(mut self, resources: Resources) -> Self {
        self.resources = resources;
        self
    }

    /// The training method; by default MLRC, or ordinary training for learners that are solved in closed form.
    #[must_use]
    pub fn arm(mut self, arm: Arm) -> Self {
        self.arm = Some(arm);
        self
    }

    /// Seed of all randomness; 1 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fraction of the training instances to use, in (0, 1]; all by default.
    #[must_use]
    pub fn fraction(mut self, fraction: f64) -> Self {
        self.fraction = fraction;
        self
    }

    /// Development data, for selecting the best round and decaying the learning rate.
    #[must_use]
    pub fn dev(mut self, dev: Corpus) -> Self {
        self.dev = Some(dev);
        self
    }

    /// Number of development instances: held out from the training data (by default 500 if there are at least
    /// 2000 instances, otherwise none) or, if there is development data, sampled from it (by default all of
    /// it).
    #[must_use]
    pub fn dev_size(mut self, dev_size: usize) -> Self {
        self.dev_size = Some(dev_size);
        self
    }

    /// The round that the classifier is taken from: by default the best if there is development data,
    /// otherwise the last.
    #[must_use]
    pub fn selection(mut self, selection: Selection) -> Self {
        self.selection = Some(selection);
        self
    }

    /// Whether entities are replaced with their types: by default as the recipe says or, if it does not say,
    /// if the data has types and a `no_relation` label.
    #[must_use]
    pub fn masking(mut self, masking: Masking) -> Self {
        self.masking = Some(masking);
        self
    }

    /// Whether the data's part-of-speech and named-entity tags are read; by default they are.
    #[must_use]
    pub fn annotations(mut self, annotations: bool) -> Self {
        self.annotations = annotations;
        self
    }

    /// The scorer for development data; determined from the labels by default.
    #[must_use]
    pub fn scorer(mut self, scorer: Scorer) -> Self {
        self.scorer = Some(scorer);
        self
    }

    /// How raw text is tokenised, as in the corpora; stored with the model.
    #[must_use]
    pub fn tokenizer(mut self, tokenizer: Tokenizer) -> Self {
        self.tokenizer = tokenizer;
        self
    }

    /// A file in which the run is saved every 30 seconds and when it is interrupted. If it exists, the run
    /// continues from it; it is removed when the run ends.
    #[must_use]
    pub fn checkpoint(mut self, path: impl Into<PathBuf>) -> Self {
        self.checkpoint = Some(path.into());
        self
    }

    /// The device to compute on.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// The options of the run on this training data, and what was decided in filling them in.
    ///
    /// # Errors
    /// If the choices are incompatible.
    pub fn options(&self, train: &Corpus) -> Result<(RunOptions, Vec<Choice>), TrainError> {
        if let Some(options) = &self.options {
            return Ok((options.clone(), Vec::new()));
        }
        let (recipe, has_dev) = (&self.recipe, self.dev.is_some());
        if has_dev && self.dev_size == Some(0) {
            return Err(TrainError::NoneOfTheDevelopmentData);
        }
        let share = |held_out: usize| {
            (self.fraction * train.instances.len().saturating_sub(held_out) as f64).round() as usize
        };
        let is_solved = recipe.learner.is_solved(share(self.dev_size.unwrap_or(0)));
        // A learner that is solved for few instances needs no meta-learning for more.
        let by_default = LearnerConfig::named(recipe.learner.card().name);
        let arm = match by_default {
            Ok(learner) if learner.is_solved(1) || learner.card().pretrained => Arm::Supervised,
            _ => Arm::Mlrc,
        };
        let spared = if train.instances.len() >= PLENTY && !is_solved { SPARED } else { 0 };
        let dev_size = self.dev_size.unwrap_or(if has_dev { 0 } else { spared });
        let by_default = if has_dev || dev_size > 0 { Selection::BestDev } else { Selection::Last };
        let selection = self.selection.unwrap_or(by_default);
        if selection == Selection::BestDev && by_default == Selection::Last {
            return Err(TrainError::NothingToSelectBy);
        }
        // A model without annotations is meant for raw text, which has no entity types.
        let auto = || if self.annotations && looks_like_tacred(train) { Masking::On } else { Masking::Off };
        let masking = self.masking.or(recipe.masking).unwrap_or_else(auto);

        let mut choices = Vec::new();
        if dev_size > 0 && self.dev_size.is_none() {
            choices.push(Choice::SetApart { dev_size, of: train.instances.len() });
        }
        if dev_size == 0 && !has_dev && !is_solved {
            let keeps_rate = recipe.supervised.schedule == RateSchedule::Plateau;
            choices.push(Choice::NoDevelopmentData { keeps_rate });
        }
        if masking == Masking::On && self.masking.or(recipe.masking).is_none() {
            choices.push(Choice::Masked);
        }
        let options = RunOptions {
            arm: self.arm.unwrap_or(arm),
            seed: self.seed,
            fraction: self.fraction,
            dev_size,
            selection,
            learner: recipe.learner.clone(),
            use_annotations: self.annotations,
            masking,
            vocabulary: recipe.vocabulary,
            blocks: recipe.blocks,
            precision: recipe.precision,
            rest_unlabelled: recipe.rest_unlabelled,
            label_names: recipe.label_names,
            meta: recipe.meta.clone(),
            supervised: recipe.supervised.clone(),
        };
        Ok((options, choices))
    }

    /// Prepares the data and starts the run, or resumes it from its checkpoint.
    ///
    /// # Errors
    /// If a file cannot be read, or the data is not suitable for training.
    pub fn start(mut self, train: &Corpus) -> Result<Session, TrainError> {
        let (options, mut choices) = self.options(train)?;
        let mut warnings = Vec::new();
        if let Some(path) = self.vectors.take().filter(|_| reads_vectors(&options)) {
            let (vectors, notices) = TokenVectors::open(&path)?;
            if matches!(&vectors, TokenVectors::Static(vectors) if vectors.is_zero()) {
                warnings.push(Warning::ZeroVectors { path: path.clone() });
            }
            self.resources.vectors = Some(vectors);
            warnings
                .extend(notices.into_iter().map(|notice| Warning::Vectors { path: path.clone(), notice }));
        }
        if options.masking == Masking::On && !train.instances.iter().all(Instance::is_typed) {
            warnings.push(Warning::UntypedEntities);
        }
        let (dev, scorer) = (self.dev.as_ref(), self.scorer.clone());
        let prepared = Prepared::new(&options, train, dev, &self.resources, scorer, self.device)?;
        if let Some(label) = prepared.negative_development() {
            warnings.push(Warning::NoPositiveDevelopment { label: label.to_owned() });
        }
        let report = &prepared.report;
        if options.label_names && !self.resources.descriptions.is_empty() {
            let (labels, descriptions) = (prepared.model.labels(), &self.resources.descriptions);
            choices.push(Choice::Described {
                described: labels.labels().iter().filter(|label| descriptions.of(label).is_some()).count(),
                of: labels.len(),
                strangers: descriptions.strangers(labels).count(),
            });
        }
        if options.use_annotations && !report.missing_layers.is_empty() {
            choices.push(Choice::Without(report.missing_layers.clone()));
        }
        let (_, conflicts) = duplicates(&train.instances);
        if !conflicts.is_empty() {
            warnings.push(Warning::Conflicts { groups: conflicts });
        }
        if report.in_windows > 0 {
            warnings.push(Warning::ReadInWindows { instances: report.in_windows });
        }
        if report.cropped > 0 {
            warnings.push(Warning::Cropped { instances: report.cropped });
        }
        if let Some(cut) = report.cut.filter(Cut::is_foreign) {
            warnings.push(Warning::ForeignWords { cut });
        }
        for (data, foreign) in
            ["the training data", "the development data"].into_iter().zip(&prepared.foreign)
        {
            warnings.extend(Warning::of_foreign(data, foreign));
        }
        warnings.extend(report.repaired_trees.iter().cloned().map(Warning::RepairedTree));
        let prepared = Arc::new(prepared);
        let saved = self.checkpoint.as_ref().filter(|path| path.exists());
        let run = match saved {
            Some(path) => Run::resume(options, &prepared, path)?,
            None => Run::new(options, prepared),
        };
        Ok(Session {
            resumed: saved.is_some(),
            run,
            choices,
            warnings,
            tokenizer: self.tokenizer,
            checkpoint: self.checkpoint,
            displaced: Arc::default(),
            elapsed: Duration::ZERO,
        })
    }

    /// Trains a classifier. (Warnings are discarded; use [`Training::start`] to get them.)
    ///
    /// # Errors
    /// If a file cannot be read, the data is not suitable for training, or training diverges.
    pub fn fit(self, train: &Corpus) -> Result<RelationClassifier, TrainError> {
        let mut session = self.start(train)?;
        session.run(|_| ControlFlow::Continue(()))?;
        Ok(session.finish().classifier)
    }
}

fn reads_vectors(options: &RunOptions) -> bool {
    options.learner.card().resources.contains(&Resource::Vectors)
}

/// Data with a `no_relation` label whose entities all have types is masked by default, as TACRED is.
fn looks_like_tacred(corpus: &Corpus) -> bool {
    let instances = &corpus.instances;
    instances.iter().any(|instance| instance.relation.as_deref() == Some("no_relation"))
        && instances.iter().all(Instance::is_typed)
}
