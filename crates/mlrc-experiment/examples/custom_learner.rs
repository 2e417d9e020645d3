//! A custom learner with its own kind of input, without changing the library.
//!
//! It reads character n-grams: no word vectors, no tags. `cargo run --release -p mlrc-experiment --example
//! custom_learner` trains it on generated sentences with every arm, saves and loads it, and runs an
//! experiment that compares it with a learner that ships with the library.

use std::error::Error;
use std::path::Path;

use burn::module::{Module, Param};
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};
use mlrc::RelationClassifier;
use mlrc::corpus::{Corpus, Instance};
use mlrc::learner::layers::Initial;
use mlrc::learner::{
    BatchOf, Card, Config, Family, FitError, Fitting, Initialiser, Input, Learner, LearnerConfig, Mode,
    ReadError, Reader, SavedReader, registry,
};
use mlrc::ranges::Ranges;
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, Event, Recipe};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc_experiment::{
    DataHashes, ExperimentData, Folder, Folds, Job, Observer, Plan, RunResult, key, run_jobs, summary,
};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Its hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NgramConfig {
    /// Length of an n-gram, in characters.
    length: usize,
    /// Rows of the table that n-grams are hashed into.
    buckets: usize,
}

impl Default for NgramConfig {
    fn default() -> Self {
        Self { length: 3, buckets: 4096 }
    }
}

impl Config for NgramConfig {
    fn check(&self, ranges: &mut Ranges) {
        ranges.positive("length", self.length);
        ranges.within(
            "buckets",
            self.buckets,
            "a whole number from 2 to 1000000",
            (2..=1_000_000).contains(&self.buckets),
        );
    }
}

/// Its input for an instance: rows of the table, distinct for the two entities and for the text between them.
#[derive(Debug)]
struct Ngrams(Vec<u32>);

/// Several inputs: all rows of the table to look up, and the sentence that each belongs to.
struct NgramBatch {
    sentences: usize,
    rows: Vec<u32>,
    owners: Vec<u32>,
}

impl Input for Ngrams {
    type Batch = NgramBatch;

    fn size(&self) -> usize {
        self.0.len()
    }

    fn batch(inputs: &[&Self]) -> NgramBatch {
        let owners = inputs.iter().enumerate().flat_map(|(row, input)| vec![row as u32; input.0.len()]);
        NgramBatch {
            sentences: inputs.len(),
            rows: inputs.iter().flat_map(|input| input.0.iter().copied()).collect(),
            owners: owners.collect(),
        }
    }
}

/// Turns instances into n-grams. It has nothing to learn from the data, and little to save.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct NgramReader(NgramConfig);

impl Reader for NgramReader {
    type Input = Ngrams;

    fn read(&self, instance: &Instance) -> Result<Ngrams, ReadError> {
        let (subject, object) = (instance.subject.span, instance.object.span);
        let between = subject.end.min(object.end)..subject.start.max(object.start);
        let mut rows = Vec::new();
        for (region, range) in [subject.range(), object.range(), between].into_iter().enumerate() {
            let text: Vec<char> = format!(" {} ", instance.tokens[range].join(" ")).chars().collect();
            for ngram in text.windows(self.0.length.min(text.len())) {
                let ngram: String = ngram.iter().collect();
                let hash = xxh3_64(format!("{region}{ngram}").as_bytes());
                rows.push((hash % self.0.buckets as u64) as u32);
            }
        }
        Ok(Ngrams(rows))
    }

    fn save(&self, saved: &mut SavedReader) {
        saved.set_value(self);
    }

    fn load(saved: &SavedReader) -> Result<Self, String> {
        saved.value()
    }
}

/// One row of weights for each n-gram; a sentence's logits are the mean of its rows.
#[derive(Module, Debug)]
struct NgramLearner {
    table: Param<Tensor<2>>,
}

impl Learner for NgramLearner {
    type Input = Ngrams;

    fn logits(&self, batch: &BatchOf<Self>, _mode: &mut Mode) -> Tensor<2> {
        let table = self.table.val();
        let device = table.device();
        let indices = |values: &[u32]| {
            let values: Vec<i32> = values.iter().map(|&value| value as i32).collect();
            let length = values.len();
            Tensor::<1, Int>::from_data(TensorData::new(values, [length]), &device)
        };
        let labels = table.dims()[1];
        let found = table.select(0, indices(&batch.rows));
        let sums = Tensor::zeros([batch.sentences, labels], &device);
        let sums = sums.select_assign(0, indices(&batch.owners), found, IndexingUpdateOp::Add);
        let mut counts = vec![0.0_f32; batch.sentences];
        batch.owners.iter().for_each(|&row| counts[row as usize] += 1.0);
        sums / Tensor::<2>::from_data(TensorData::new(counts, [batch.sentences, 1]), &device).sqrt()
    }
}

struct NgramFamily;

const CARD: Card = Card {
    name: "ngrams",
    about: "Character n-grams of the entities and of the text between them",
    variants: &[],
    optional_layers: &[],
    required_layers: &[],
    resources: &[],
    pretrained: false,
    training: "
        supervised = { learning_rate = 1.0, epochs = 20 }
        meta = { iterations = 100, inner_learning_rate = 1.0 }
    ",
    presets: &[],
    shorthands: &[],
};

impl Family for NgramFamily {
    type Config = NgramConfig;
    type Reader = NgramReader;
    type Learner = NgramLearner;

    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(&self, config: &NgramConfig, _fitting: &Fitting) -> Result<NgramReader, FitError> {
        Ok(NgramReader(config.clone()))
    }

    fn build(
        &self,
        config: &NgramConfig,
        _reader: &NgramReader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> NgramLearner {
        NgramLearner { table: Initial::Uniform(0.01).parameter([config.buckets, labels], initial) }
    }
}

/// Generated sentences.
fn corpus(seed: u64, instances: usize) -> Result<(Corpus, Resources), Box<dyn Error>> {
    let options =
        SynthesisOptions { seed, instances, labels: 6, difficulty: 0.1, ..SynthesisOptions::default() };
    let synthesis = Synthesis::new(options)?;
    let (words, rows): (Vec<String>, Vec<Vec<f32>>) = synthesis.vectors(20).into_iter().unzip();
    let vectors = Vectors::from_rows(&words, rows.concat(), 20);
    Ok((Corpus::from_instances(synthesis.instances().collect()), Resources::of_vectors(vectors)))
}

fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    // From here on, recipes, model folders and experiments know it by name.
    registry::register(&NgramFamily)?;
    let ((train, resources), (test, _)) = (corpus(1, 150)?, corpus(2, 300)?);

    let recipe = Recipe::for_learner(LearnerConfig::new(&NgramFamily, NgramConfig::default())?);
    for arm in Arm::ALL {
        let model = RelationClassifier::train(&recipe).arm(arm).fit(&train)?;
        println!("{arm:20} {}", model.evaluate(&test, None)?.scores.primary.value);
        if arm == Arm::Mlrc {
            model.save(folder.join("model"), mlrc::learner::Precision::Full)?;
        }
    }

    let model = RelationClassifier::load(folder.join("model"))?;
    let answer = model.predict("The <e1>fire</e1> was caused by the <e2>bomb</e2>.")?;
    println!("after loading, it predicts {} ({:.2})", answer.label(), answer.probability());

    let plan = Plan::parse(
        r#"
            dev_size = 30
            [learners.ngrams]
            learner.kind = "ngrams"
            supervised.learning_rate = 1.0
            [learners.fcm]
            preset = "semeval/fcm"
            [[grid]]
            arms = ["supervised", "mlrc"]
            fractions = [1.0]
            seeds = [1, 2]
        "#,
        "custom_learner.rs",
    )?;
    let hash = |name: &str| name.to_owned();
    let hashes = DataHashes {
        train: hash("generated 1"),
        dev: None,
        test: Some(hash("generated 2")),
        vectors: Some(hash("generated")),
        folds: Folds::default(),
        skip_bad: false,
    };
    let data = ExperimentData { train, dev: None, test: Some(test), resources, hashes };
    let results = Folder::open(folder.join("experiment"))?;
    let jobs = plan.jobs("custom_learner.rs")?;
    run_jobs(&jobs, &data, None, &results, 2, &Silent)?;
    let done: Vec<(Job, RunResult)> = jobs
        .into_iter()
        .filter_map(|job| {
            let result = results.result(&key(&job.options, &data.hashes, None))?;
            Some((job, result))
        })
        .collect();
    for cell in summary::cells(&done) {
        println!("{:8} {:12} {:.3}", cell.learner, cell.arm.to_string(), cell.mean);
    }
    if done.len() == 8 { Ok(()) } else { Err(format!("{} of 8 jobs are done", done.len()).into()) }
}

struct Silent;

impl Observer for Silent {
    fn started(&self, _worker: usize, _job: &Job) {}

    fn event(&self, _worker: usize, _event: &Event) -> bool {
        true
    }

    fn finished(&self, _worker: usize, job: &Job, result: &Result<RunResult, String>) {
        if let Err(problem) = result {
            eprintln!("{}: {problem}", job.name());
        }
    }
}

/// Runs everything, in a folder that is removed at the end.
pub fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    run(folder.path())
}
