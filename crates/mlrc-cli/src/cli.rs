//! Every flag, defined once.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mlrc::corpus::{Format, Tokenizer};
use mlrc::experiment::{Arm, VocabularyPolicy};
use mlrc::meta::{InnerState, Sampling, Schedule};
use mlrc::scoring::Scorer;
use mlrc::training::{OptimiserKind, Selection};

/// Relation classification from few labels.
#[derive(Debug, Parser)]
#[command(
    name = "mlrc",
    version,
    after_help = "Exit codes: 0 done; 1 failed, the message says why; 2 wrong usage; 3 problems in the data \
                  (check) or instances skipped; 130 interrupted, what was done is saved."
)]
pub struct Arguments {
    /// Threads to compute with; results do not depend on it [default: one for each processor]
    #[arg(long, global = true, value_name = "N", value_parser = parse_positive)]
    pub threads: Option<usize>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Learn from a few generated sentences, in under a minute: both arms, scores, curves, predictions
    Demo(DemoOptions),
    /// Say what is in data files, what is wrong with them, and which learners they can train
    Check(CheckOptions),
    /// Train a model
    #[command(allow_negative_numbers = true)]
    Train(Box<TrainOptions>),
    /// Score a model on labelled data
    Evaluate(EvaluateOptions),
    /// Classify sentences
    Predict(PredictOptions),
    /// Generate a corpus of any size, and word vectors for it
    Synth(SynthOptions),
    /// Write data in another format, with a parser's annotation if there is any
    Convert(ConvertOptions),
}

/// How data files are read.
#[derive(Debug, Clone, Args)]
pub struct ReadingOptions {
    /// Format of the data, instead of recognising it: tacred, semeval, jsonl, inline or conllu
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// Go on after bad instances, and count them
    #[arg(long)]
    pub skip_bad: bool,
}

#[derive(Debug, Args)]
pub struct CheckOptions {
    /// Data files; the format is recognised by the content
    #[arg(required = true, value_name = "DATA")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Write the facts as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options that a resumed run has already.
const FIXED_BY_THE_RUN: [&str; 39] = [
    "train",
    "dev",
    "test",
    "vectors",
    "out",
    "force",
    "input_format",
    "skip_bad",
    "learner",
    "arm",
    "no_meta",
    "fraction",
    "seed",
    "dev_size",
    "selection",
    "scorer",
    "masking",
    "vocabulary",
    "no_annotations",
    "tokenizer",
    "half_vectors",
    "epochs",
    "batch_size",
    "optimiser",
    "learning_rate",
    "decay",
    "decay_from",
    "clip",
    "meta_iterations",
    "meta_relations",
    "meta_instances",
    "inner_steps",
    "inner_learning_rate",
    "step_size",
    "step_schedule",
    "task_sampling",
    "inner_optimiser",
    "inner_state",
    "hidden",
];

// Flags are what they are.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
pub struct TrainOptions {
    /// Training data
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub train: Option<PathBuf>,
    /// Development data, for choosing the best round and lowering the learning rate
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
    /// Test data, scored once at the end
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// Word vectors in GloVe's text format, plain or gzipped. They are parsed once and kept in binary form in the
    /// user's cache folder, or in the folder that MLRC_CACHE names (MLRC_CACHE= for none)
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub vectors: Option<PathBuf>,
    /// Folder for the model, the log and the checkpoint
    #[arg(long, value_name = "FOLDER", required_unless_present = "resume")]
    pub out: Option<PathBuf>,
    /// Continue the interrupted run in this folder; the options that matter are those it was started with
    #[arg(long, value_name = "FOLDER", conflicts_with_all = FIXED_BY_THE_RUN)]
    pub resume: Option<PathBuf>,
    /// Replace a model or a run that the folder already holds
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: ReadingOptions,

    /// The learner
    #[arg(long, value_enum, default_value = "pa-lstm")]
    pub learner: LearnerName,
    /// The training method: mlrc (meta-learning, then fine-tuning), supervised, or supervised-matched (supervised
    /// with as much computation as mlrc)
    #[arg(long, default_value = "mlrc")]
    pub arm: Arm,
    /// Short for --arm supervised
    #[arg(long, conflicts_with = "arm")]
    pub no_meta: bool,
    /// Share of the training instances to use
    #[arg(long, default_value_t = 1.0, value_name = "SHARE", value_parser = parse_fraction)]
    pub fraction: f64,
    /// Seed of all chance: splits, initial values, order, dropout
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Development instances to set apart from the training data when there is no --dev [default: 500 if there are
    /// at least 2000 instances, else none]
    #[arg(long, value_name = "N")]
    pub dev_size: Option<usize>,
    /// Which round the model is of [default: best-dev if there is development data, else last]
    #[arg(long, value_enum)]
    pub selection: Option<SelectionName>,
    /// What to score with [default: by the labels]: semeval, tacred or plain
    #[arg(long)]
    pub scorer: Option<Scorer>,
    /// Replace the entities by their types [default: auto, on for data with types and a `no_relation` label]
    #[arg(long, value_enum, default_value = "auto")]
    pub masking: MaskingName,
    /// Words that have a row of their own: those of the vectors' file, or only those of the training data
    #[arg(long, value_enum, default_value = "vectors")]
    pub vocabulary: VocabularyName,
    /// Do not read the data's part-of-speech and named-entity tags, so that the model can be used on raw text
    #[arg(long)]
    pub no_annotations: bool,
    /// How raw text is cut into tokens: punctuation or ptb
    #[arg(long, default_value = "punctuation")]
    pub tokenizer: Tokenizer,
    /// Store the model's word vectors in 16 bits
    #[arg(long)]
    pub half_vectors: bool,
    /// Write the result as JSON on stdout
    #[arg(long)]
    pub json: bool,
    /// Write no progress
    #[arg(long, short)]
    pub quiet: bool,

    #[command(flatten)]
    pub supervised: SupervisedArguments,
    #[command(flatten)]
    pub meta: MetaArguments,
    #[command(flatten)]
    pub pa_lstm: PaLstmArguments,
}

/// Options of supervised training and of fine-tuning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Supervised training and fine-tuning")]
pub struct SupervisedArguments {
    /// Passes over the training data
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = parse_positive)]
    pub epochs: usize,
    /// Sentences of a minibatch
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = parse_positive)]
    pub batch_size: usize,
    /// Optimiser
    #[arg(long, value_enum, default_value = "sgd")]
    pub optimiser: OptimiserName,
    /// Learning rate at the start
    #[arg(long, default_value_t = 1.0, value_name = "RATE", value_parser = parse_rate)]
    pub learning_rate: f32,
    /// Factor on the learning rate when the development score does not rise
    #[arg(long, default_value_t = 0.9, value_name = "FACTOR", value_parser = parse_share)]
    pub decay: f32,
    /// First round after which the learning rate may fall
    #[arg(long, default_value_t = 12, value_name = "ROUND")]
    pub decay_from: usize,
    /// Greatest length of a gradient, in both stages
    #[arg(long, default_value_t = 5.0, value_name = "NORM", value_parser = parse_rate)]
    pub clip: f32,
}

/// Options of meta-learning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Meta-learning")]
pub struct MetaArguments {
    /// Meta-iterations
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub meta_iterations: usize,
    /// B: relations of a meta-iteration
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = parse_positive)]
    pub meta_relations: usize,
    /// D: instances of an inner step
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = parse_positive)]
    pub meta_instances: usize,
    /// k: inner steps of a task
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = parse_positive)]
    pub inner_steps: usize,
    /// α: learning rate of inner steps
    #[arg(long, default_value_t = 1.0, value_name = "RATE", value_parser = parse_rate)]
    pub inner_learning_rate: f32,
    /// ε: step size of the outer update
    #[arg(long, default_value_t = 1.0, value_name = "SIZE", value_parser = parse_rate)]
    pub step_size: f32,
    /// How ε changes
    #[arg(long, value_enum, default_value = "linear")]
    pub step_schedule: ScheduleName,
    /// How relations are drawn
    #[arg(long, value_enum, default_value = "uniform")]
    pub task_sampling: SamplingName,
    /// Optimiser of inner steps
    #[arg(long, value_enum, default_value = "sgd")]
    pub inner_optimiser: OptimiserName,
    /// What becomes of the inner optimiser's state between tasks
    #[arg(long, value_enum, default_value = "fresh")]
    pub inner_state: InnerStateName,
}

/// Options of PA-LSTM.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "PA-LSTM")]
pub struct PaLstmArguments {
    /// Size of the hidden states
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = parse_positive)]
    pub hidden: usize,
    /// Dropout
    #[arg(long, default_value_t = 0.5, value_name = "SHARE", value_parser = parse_dropout)]
    pub dropout: f32,
    /// Dropout of words
    #[arg(long, default_value_t = 0.04, value_name = "SHARE", value_parser = parse_dropout)]
    pub word_dropout: f32,
}

#[derive(Debug, Args)]
pub struct EvaluateOptions {
    /// Folder of the model
    pub model: PathBuf,
    /// Labelled data
    pub data: PathBuf,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// What to score with [default: by the labels]: semeval, tacred or plain
    #[arg(long)]
    pub scorer: Option<Scorer>,
    /// Write the official SemEval-2010 Task 8 scorer's whole report instead
    #[arg(long)]
    pub official: bool,
    /// Write the scores as JSON
    #[arg(long, conflicts_with = "official")]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PredictOptions {
    /// Folder of the model
    pub model: PathBuf,
    /// Data to classify; `-` or nothing reads stdin, one sentence with <e1>…</e1> and <e2>…</e2> a line, or any
    /// format that `check` knows
    pub data: Option<PathBuf>,
    /// A sentence to classify, with <e1>…</e1> and <e2>…</e2>; may be repeated
    #[arg(long, value_name = "SENTENCE", conflicts_with = "data")]
    pub text: Vec<String>,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// How predictions are written
    #[arg(long, value_enum, default_value = "tsv")]
    pub format: PredictionFormat,
    /// How many of the most probable relations to give
    #[arg(long, default_value_t = 1, value_name = "K", value_parser = parse_positive)]
    pub top_k: usize,
}

#[derive(Debug, Args)]
pub struct SynthOptions {
    /// File for the corpus; `-` for stdout
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Format of the corpus
    #[arg(long, value_enum, default_value = "tacred")]
    pub format: CorpusFormat,
    /// File for word vectors that fit the corpus
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,
    /// Components of a vector
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = parse_positive)]
    pub dimension: usize,
    /// Number of instances
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub instances: usize,
    /// Number of labels, `no_relation` included (2 to 64)
    #[arg(long, default_value_t = 19, value_name = "N")]
    pub labels: usize,
    /// Seed of the sentences
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Seed of the language: corpora of one language share words, relations and vectors
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    pub lexicon_seed: u64,
    /// How uneven label frequencies are, from 0 (equal) to 1 (Zipf)
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub skew: f32,
    /// How hard the task is, from 0 to 1
    #[arg(long, default_value_t = 0.5, value_name = "SHARE")]
    pub difficulty: f32,
    /// Share of `no_relation`
    #[arg(long, default_value_t = 0.2, value_name = "SHARE")]
    pub negative_share: f32,
    /// Tokens of an average sentence (12 to 100) [default: grows with the difficulty]
    #[arg(long, value_name = "N")]
    pub mean_length: Option<usize>,
}

#[derive(Debug, Args)]
pub struct ConvertOptions {
    /// Data; the format is recognised by the content
    pub data: PathBuf,
    /// Format to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub to: CorpusFormat,
    /// A parser's output for the data in CoNLL-U, whose words and annotation take the place of those of the data.
    /// Sentences are found by their `sent_id`, or else by their order
    #[arg(long, value_name = "FILE")]
    pub parses: Option<PathBuf>,
    /// File to write; `-` for stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// How raw text is cut into tokens: punctuation or ptb
    #[arg(long, default_value = "punctuation")]
    pub tokenizer: Tokenizer,
}

#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Folder for the figure and the model
    #[arg(long, value_name = "FOLDER", default_value = "mlrc-demo")]
    pub out: PathBuf,
    /// Seeds to run
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = parse_positive)]
    pub seeds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LearnerName {
    PaLstm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MaskingName {
    Auto,
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PredictionFormat {
    /// A line each: id, label, probability, for each of the top k
    Tsv,
    /// A JSON object a line
    Jsonl,
    /// What the official SemEval scorer reads: id, label
    Semeval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CorpusFormat {
    Tacred,
    Jsonl,
    Semeval,
    Conllu,
}

/// A flag's names for the values of a library type.
macro_rules! names {
    ($($flag:ident => $kind:ty { $($name:ident),* })*) => {
        $(
            #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
            pub enum $flag { $($name),* }

            impl From<$flag> for $kind {
                fn from(flag: $flag) -> Self {
                    match flag { $($flag::$name => <$kind>::$name),* }
                }
            }
        )*
    };
}

names! {
    SelectionName => Selection { BestDev, Last }
    VocabularyName => VocabularyPolicy { Vectors, Train }
    OptimiserName => OptimiserKind { Sgd, AdaGrad }
    ScheduleName => Schedule { Constant, Linear }
    SamplingName => Sampling { Uniform, BySize }
    InnerStateName => InnerState { Fresh, Carried }
}

fn parse_positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number from 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn parse_between(text: &str, what: &str, fits: impl Fn(f32) -> bool) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|&value: &f32| value.is_finite() && fits(value))
        .ok_or(format!("expected {what}"))
}

fn parse_rate(text: &str) -> Result<f32, String> {
    parse_between(text, "a number above 0", |value| value > 0.0)
}

fn parse_share(text: &str) -> Result<f32, String> {
    parse_between(text, "a number above 0, at most 1", |value| value > 0.0 && value <= 1.0)
}

fn parse_fraction(text: &str) -> Result<f64, String> {
    let fraction = text.parse().ok().filter(|&value: &f64| value > 0.0 && value <= 1.0);
    fraction.ok_or_else(|| "expected a number above 0, at most 1".to_owned())
}

fn parse_dropout(text: &str) -> Result<f32, String> {
    parse_between(text, "a number from 0 to below 1", |value| (0.0..1.0).contains(&value))
}
