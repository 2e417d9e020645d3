//! The result of one job of an experiment, and the key under which it is stored.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::data_files::{Folds, is_false};
use super::{DataReport, Environment, Event, PrepareError, Prepared, Run, RunError, RunOptions};
use mlrc::corpus::{Corpus, CorpusError, Instance};
use mlrc::device::Device;
use mlrc::files;
use mlrc::learner::ReadError;
use mlrc::meta::{MetaOptions, Schedule};
use mlrc::resources::{Resources, TokenVectors};
use mlrc::run::{Estimate, most_probable_labels as labels, reliability};
use mlrc::scoring::{Scorer, Scores, ScoringError};
use mlrc::training::{RateSchedule, Selection};

/// Part of every key, to be incremented when the same options come to mean something else.
const VERSION: u32 = 1;

/// The data of an experiment, read.
#[derive(Clone, Debug)]
pub struct ExperimentData {
    /// Training data.
    pub train: Corpus,
    /// Development data, if it comes from a separate file.
    pub dev: Option<Corpus>,
    /// Test data; a search for hyper-parameters has none.
    pub test: Option<Corpus>,
    /// What learners need in addition to the data.
    pub resources: Resources,
    /// Hashes of the files.
    pub hashes: DataHashes,
}

impl ExperimentData {
    /// The test instances; empty if there is no test data.
    pub fn test(&self) -> &[Instance] {
        self.test.as_ref().map_or(&[], |test| &test.instances)
    }

    /// Instances of all files that were left out because they are bad.
    pub fn left_out(&self) -> usize {
        let corpora = [Some(&self.train), self.dev.as_ref(), self.test.as_ref()];
        corpora.into_iter().flatten().map(|corpus| corpus.skipped.len()).sum()
    }

    /// The training and development data as read for a run with these options.
    ///
    /// # Errors
    /// If they are not suitable for training.
    pub fn prepare(&self, options: &RunOptions, scorer: Option<&Scorer>) -> Result<Prepared, PrepareError> {
        let (dev, device) = (self.dev.as_ref(), Device::default());
        Prepared::new(options, &self.train, dev, &self.resources, scorer.cloned(), device)
    }
}

/// What identifies an experiment's data: hashes of its files, and the folds that are read from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataHashes {
    /// Training data.
    pub train: String,
    /// Development data.
    pub dev: Option<String>,
    /// Test data.
    pub test: Option<String>,
    /// Word vectors, if a learner reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<String>,
    /// The folds that are read from the files. Without any, keys are the same as before folds were
    /// introduced.
    #[serde(default, skip_serializing_if = "Folds::is_empty")]
    pub folds: Folds,
    /// Whether bad instances of the files are left out; keys are as before if they are not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub skip_bad: bool,
}

impl DataHashes {
    /// Hashes the files, from which `folds` are read, none of their instances being left out.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn of(
        train: &Path,
        dev: Option<&Path>,
        test: Option<&Path>,
        vectors: Option<&Path>,
        folds: &Folds,
    ) -> std::io::Result<Self> {
        Ok(Self {
            vectors: vectors.map(hash_of_vectors).transpose()?,
            ..Self::of_data(train, dev, test, folds)?
        })
    }

    /// Hashes the data files only; there is no hash of the vectors.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn of_data(
        train: &Path,
        dev: Option<&Path>,
        test: Option<&Path>,
        folds: &Folds,
    ) -> std::io::Result<Self> {
        Ok(Self {
            train: hash(train)?,
            dev: dev.map(hash).transpose()?,
            test: test.map(hash).transpose()?,
            vectors: None,
            folds: folds.clone(),
            skip_bad: false,
        })
    }
}

fn hash(path: &Path) -> std::io::Result<String> {
    Ok(format!("{:032x}", files::hash(path)?))
}

fn hash_of_vectors(path: &Path) -> std::io::Result<String> {
    Ok(format!("{:032x}", TokenVectors::hash(path)?))
}

/// What identifies a run: a hash of everything that determines its result. Options that an arm does not use
/// are excluded, and so is the selection, because a result has the scores of every selection.
pub fn key(options: &RunOptions, hashes: &DataHashes, scorer: Option<&Scorer>) -> String {
    let mut options = options.clone();
    options.selection = Selection::Last;
    if !options.arm.uses_meta_options() {
        options.meta = MetaOptions::default();
    } else if options.arm.is_matched() {
        options.meta = counted(&options);
    }
    let text = serde_json::to_string(&(VERSION, options, hashes, scorer)).expect("options are plain data");
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

/// What the compute-matched arm uses of the meta-learning options: the ones that determine the number of
/// instance-gradients. The others are set to each learner's values at the time when the first results were
/// published, so that the keys of those do not change.
fn counted(options: &RunOptions) -> MetaOptions {
    let MetaOptions { iterations, relations, way, instances, inner_steps, update, sampling, .. } =
        options.meta;
    let (inner_learning_rate, schedule) = match options.learner.card().name {
        "c-gcn" => (0.5, Schedule::Constant),
        "fcm" => (0.03, Schedule::Linear),
        _ => (1.0, Schedule::Linear),
    };
    MetaOptions {
        iterations,
        relations,
        way,
        instances,
        inner_steps,
        update,
        sampling,
        inner_learning_rate,
        schedule,
        ..MetaOptions::default()
    }
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// See [`key`].
    pub key: String,
    /// The options of the run.
    pub options: RunOptions,
    /// The files.
    pub hashes: DataHashes,
    /// Version of this program.
    pub program: String,
    /// Instances trained on.
    pub train: usize,
    /// Hash of the training and development instances' identifiers.
    pub split_hash: String,
    /// Best score on the development set, and its round.
    pub best_dev: Option<(f64, usize)>,
    /// Score on the development set before fine-tuning, in arms with a stage before it.
    pub dev_before_fine_tuning: Option<f64>,
    /// Scores on the test set by selection: `best-dev` (if there is a development set) and `last`; empty
    /// without a test set.
    pub test: BTreeMap<String, Scores>,
    /// Instance-gradients computed.
    pub instance_gradients: u64,
    /// Wall-clock time; apart from the environment, the only thing that may differ between runs with the same
    /// key.
    pub seconds: f64,
    /// Where it was computed; absent from results of early versions. Not part of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The labels that predictions index into.
    pub labels: Vec<String>,
    /// Predicted labels of the test instances in their order, by selection.
    pub predictions: BTreeMap<String, Vec<usize>>,
    /// How good the classifier was thought to be and is, for learners that estimate it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Reliability>,
}

#[cfg(test)]
impl RunResult {
    /// A result without scores and predictions, for tests.
    pub(crate) fn empty(key: &str) -> Self {
        let hashes = DataHashes {
            train: String::new(),
            dev: None,
            test: None,
            vectors: None,
            folds: Folds::default(),
            skip_bad: false,
        };
        Self {
            key: key.to_owned(),
            options: RunOptions::default(),
            hashes,
            program: String::new(),
            train: 1,
            split_hash: String::new(),
            best_dev: None,
            dev_before_fine_tuning: None,
            test: BTreeMap::new(),
            instance_gradients: 0,
            seconds: 0.0,
            environment: None,
            labels: Vec::new(),
            predictions: BTreeMap::new(),
            reliability: None,
        }
    }
}

/// An estimate from training data, and what it estimates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// From the training sentences, each left out in turn.
    pub estimate: Estimate,
    /// The share of right answers on the test set.
    pub test_accuracy: f64,
    /// Expected calibration error on the test set.
    pub test_calibration_error: f64,
}

/// Why a job gave no result.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The data cannot be used.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Training failed.
    #[error(transparent)]
    Run(RunError),
    /// The test data is not suitable.
    #[error(transparent)]
    Test(#[from] CorpusError),
    /// An instance of the test data cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The test data cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// The observer stopped it.
    #[error("interrupted")]
    Interrupted,
}

impl From<RunError> for JobError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Stopped => Self::Interrupted,
            error => Self::Run(error),
        }
    }
}

/// Whether anything depends on development scores: what is tested, or the learning rate.
pub(crate) fn scores_development(options: &RunOptions) -> bool {
    options.selection == Selection::BestDev || options.supervised.schedule == RateSchedule::Plateau
}

/// Trains and scores; `observe` sees every event and returns whether to continue.
///
/// # Errors
/// If the data cannot be used, training fails, or `observe` stops the run.
pub fn execute(
    options: &RunOptions,
    data: &ExperimentData,
    scorer: Option<&Scorer>,
    observe: impl FnMut(&Event) -> bool,
) -> Result<RunResult, JobError> {
    execute_unless(None, options, data, scorer, observe)
}

/// As [`execute`], but it also ends, between two events, when `stop` is set: a meta-iteration may take a minute.
pub(super) fn execute_unless(
    stop: Option<Arc<AtomicBool>>,
    options: &RunOptions,
    data: &ExperimentData,
    scorer: Option<&Scorer>,
    mut observe: impl FnMut(&Event) -> bool,
) -> Result<RunResult, JobError> {
    let started = Instant::now();
    let mut prepared = data.prepare(options, scorer)?;
    if !scores_development(options) {
        prepared.dev = prepared.model.read(&[])?;
    }
    let prepared = Arc::new(prepared);
    let test_set = match &data.test {
        Some(test) => {
            prepared.model.labels().check(test)?;
            Some(prepared.model.read(&test.instances.iter().collect::<Vec<_>>())?)
        }
        None => None,
    };
    let mut run = Run::new(options.clone(), prepared.clone());
    if let Some(stop) = stop {
        run.stop_on(stop);
    }
    let mut dev_before_fine_tuning = None;
    while let Some(event) = run.advance()? {
        if let Event::MetaEnd { dev, .. } = event {
            dev_before_fine_tuning = dev;
        }
        if !observe(&event) {
            return Err(JobError::Interrupted);
        }
    }
    let mut selections = vec![("last", Selection::Last)];
    if run.best().is_some() && options.selection == Selection::BestDev {
        selections.push(("best-dev", Selection::BestDev));
    }
    let (mut test, mut predictions) = (BTreeMap::new(), BTreeMap::new());
    let reliability = match (run.estimate(), &test_set) {
        (Some(estimate), Some(test_set)) if !test_set.labels().is_empty() => {
            let (test_accuracy, test_calibration_error) = reliability(&**test_set, run.parameters());
            Some(Reliability { estimate: estimate.clone(), test_accuracy, test_calibration_error })
        }
        _ => None,
    };
    if let Some(test_set) = test_set {
        for (name, selection) in selections {
            let predicted = labels(&*test_set, run.selected(selection));
            test.insert(name.to_owned(), prepared.score(&*test_set, &predicted)?);
            predictions.insert(name.to_owned(), predicted);
        }
    }
    let DataReport { train, split_hash, .. } = &prepared.report;
    Ok(RunResult {
        key: key(options, &data.hashes, scorer),
        options: options.clone(),
        hashes: data.hashes.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        train: *train,
        split_hash: split_hash.clone(),
        best_dev: run.best(),
        dev_before_fine_tuning,
        test,
        instance_gradients: run.instances(),
        seconds: started.elapsed().as_secs_f64(),
        environment: Some(Environment::here()),
        labels: prepared.model.labels().labels().to_vec(),
        predictions,
        reliability,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of results that were published: they must not change, or the results would be computed again.
    #[test]
    fn keys_do_not_change() {
        let options = r#"{"arm":"supervised-matched","seed":2,"fraction":0.01,"dev_size":500,"selection":"best-dev",
            "learner":{"kind":"c-gcn","lstm":100,"lstm_layers":1,"hidden":200,"layers":1,"prune_k":1,"pos":30,"ner":30,
            "mlp_layers":2,"pooling_penalty":0.003,"input_dropout":0.5,"lstm_dropout":0.5,"graph_dropout":0.5,
            "word_dropout":0.04,"original_pooling":false},"use_annotations":true,"masking":"off","vocabulary":"vectors",
            "meta":{"iterations":1000,"relations":5,"instances":8,"inner_steps":1,"inner_learning_rate":0.5,"step_size":1.0,
            "schedule":"constant","sampling":"uniform","inner_optimiser":"sgd","inner_state":"fresh","clip":5.0},
            "supervised":{"optimiser":"sgd","learning_rate":0.5,"batch_size":50,"epochs":150,"clip":5.0,"decay":0.95,
            "decay_from":7}}"#;
        let options: RunOptions = serde_json::from_str(options).unwrap();
        let hashes = DataHashes {
            train: "7fac0f235308b24c61d3038f4f7bec16".to_owned(),
            dev: None,
            test: Some("65be4309be2291666cdfd7430bdfc814".to_owned()),
            vectors: Some("03e5fae4fc09abd76a5fd3aa532693a3".to_owned()),
            folds: Folds::default(),
            skip_bad: false,
        };
        assert_eq!(key(&options, &hashes, Some(&Scorer::semeval())), "0116427cf51ef5dbfc39281e7b698fa5");
        // A run that never saw the test data is another one.
        let blind = DataHashes { test: None, ..hashes.clone() };
        assert_ne!(key(&options, &blind, Some(&Scorer::semeval())), "0116427cf51ef5dbfc39281e7b698fa5");
        // One without the bad instances of the same files is another one, too.
        let fewer = DataHashes { skip_bad: true, ..hashes.clone() };
        assert_ne!(key(&options, &fewer, Some(&Scorer::semeval())), "0116427cf51ef5dbfc39281e7b698fa5");
        // The size of inner steps does not matter to an arm without them, but their number does.
        let mut steps = options.clone();
        (steps.meta.inner_learning_rate, steps.meta.schedule) = (0.3, Schedule::Linear);
        assert_eq!(key(&steps, &hashes, Some(&Scorer::semeval())), "0116427cf51ef5dbfc39281e7b698fa5");
        steps.meta.inner_steps = 2;
        assert_ne!(key(&steps, &hashes, Some(&Scorer::semeval())), "0116427cf51ef5dbfc39281e7b698fa5");
        let last = RunOptions { selection: Selection::Last, ..options };
        assert_eq!(key(&last, &hashes, Some(&Scorer::semeval())), "0116427cf51ef5dbfc39281e7b698fa5");
    }

    #[test]
    fn results_of_versions_that_did_not_say_where_are_read() {
        let early = r#"{"key":"k","options":OPTIONS,"hashes":{"train":"a","dev":null,"test":"b","vectors":"c"},
            "program":"0.1.0","train":75,"split_hash":"h","best_dev":[0.25,3],"dev_before_fine_tuning":null,"test":{},
            "instance_gradients":7,"seconds":1.5,"labels":["a","b"],"predictions":{}}"#;
        let options = serde_json::to_string(&RunOptions::default()).unwrap();
        let early: RunResult = serde_json::from_str(&early.replace("OPTIONS", &options)).unwrap();
        assert_eq!(early.environment, None);
        assert!(!serde_json::to_string(&early).unwrap().contains("environment"));
        let here = RunResult { environment: Some(Environment::here()), ..early };
        assert_eq!(serde_json::from_str::<RunResult>(&serde_json::to_string(&here).unwrap()).unwrap(), here);
    }
}
