//! The flags of `mlrc train`. What has a default that depends on preset and learner is an `Option` here; `settings` fills it
//! in.

use std::path::PathBuf;

use clap::Args;
use mlrc::corpus::Tokenizer;
use mlrc::experiment::Arm;
use mlrc::scoring::Scorer;

use super::ReadingOptions;
use super::values::{
    InnerStateName, LearnerName, MaskingName, OptimiserName, OrderName, SamplingName, ScheduleName,
    SelectionName, VocabularyName, parse_dropout, parse_fraction, parse_penalty, parse_positive, parse_rate,
    parse_share,
};

/// Options that a resumed run has already.
const FIXED_BY_THE_RUN: [&str; 48] = [
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
    "preset",
    "epochs",
    "batch_size",
    "optimiser",
    "learning_rate",
    "decay",
    "decay_from",
    "order",
    "clip",
    "meta_iterations",
    "meta_relations",
    "meta_way",
    "meta_instances",
    "inner_steps",
    "inner_learning_rate",
    "step_size",
    "step_schedule",
    "task_sampling",
    "inner_optimiser",
    "inner_state",
    "hidden",
    "layers",
    "dropout",
    "word_dropout",
    "prune_k",
    "pooling_penalty",
    "original_pooling",
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

    /// Learner and hyper-parameters from a preset (`mlrc presets` lists them) or a TOML file like those that `mlrc presets
    /// NAME` prints; the flags below override it
    #[arg(long, value_name = "NAME|FILE")]
    pub preset: Option<String>,
    /// The learner [default: pa-lstm]; a preset has its own (`lstm_layers = 0` in it makes C-GCN the plain GCN)
    #[arg(long, value_enum, conflicts_with = "preset")]
    pub learner: Option<LearnerName>,
    /// The training method: mlrc (meta-learning, then fine-tuning), supervised, supervised-matched (supervised
    /// with as much computation as mlrc), or joint (the meta stage's data and steps without meta-learning)
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
    /// Development instances: set apart from the training data [default: 500 if there are at least 2000 instances, else
    /// none] or, with --dev, drawn from that file by the seed [default: all of it]
    #[arg(long, value_name = "N")]
    pub dev_size: Option<usize>,
    /// Which round the model is of [default: best-dev if there is development data, else last]
    #[arg(long, value_enum)]
    pub selection: Option<SelectionName>,
    /// What to score with [default: by the labels]: semeval, tacred or plain
    #[arg(long)]
    pub scorer: Option<Scorer>,
    /// Replace the entities by their types [default: the preset's, else auto: on for data with types and a `no_relation`
    /// label]
    #[arg(long, value_enum)]
    pub masking: Option<MaskingName>,
    /// Words that have a row of their own: those of the vectors' file (default), or only those of the training data
    #[arg(long, value_enum)]
    pub vocabulary: Option<VocabularyName>,
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
    pub learner_options: LearnerArguments,
}

/// Options of supervised training and of fine-tuning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Supervised training and fine-tuning (defaults: PA-LSTM's / C-GCN's / FCM's)")]
pub struct SupervisedArguments {
    /// Passes over the training data [default: 30 / 100 / 100]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub epochs: Option<usize>,
    /// Sentences of a minibatch [default: 50]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub batch_size: Option<usize>,
    /// Optimiser [default: sgd]
    #[arg(long, value_enum)]
    pub optimiser: Option<OptimiserName>,
    /// Learning rate at the start [default: 1 / 0.3 / 0.03]
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub learning_rate: Option<f32>,
    /// Factor on the learning rate when the development score does not rise [default: 0.9 / 0.9 / 1]
    #[arg(long, value_name = "FACTOR", value_parser = parse_share)]
    pub decay: Option<f32>,
    /// First round after which the learning rate may fall [default: 12 / 7 / 12]
    #[arg(long, value_name = "ROUND")]
    pub decay_from: Option<usize>,
    /// The order of a pass: `balanced` takes every relation as often as the others [default: shuffled / shuffled / balanced]
    #[arg(long, value_enum)]
    pub order: Option<OrderName>,
    /// Greatest length of a gradient, in both stages [default: 5]
    #[arg(long, value_name = "NORM", value_parser = parse_rate)]
    pub clip: Option<f32>,
}

/// Options of meta-learning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Meta-learning (defaults: PA-LSTM's / C-GCN's / FCM's)")]
pub struct MetaArguments {
    /// Meta-iterations [default: 1000 / 1000 / 200]
    #[arg(long, value_name = "N")]
    pub meta_iterations: Option<usize>,
    /// B: tasks of a meta-iteration [default: 5]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub meta_relations: Option<usize>,
    /// Relations of a task: with more than one, tasks are episodes in which relations are told apart [default: 1]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub meta_way: Option<usize>,
    /// D: instances of each relation in an inner step [default: 8]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub meta_instances: Option<usize>,
    /// k: inner steps of a task [default: 1 / 1 / 5]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub inner_steps: Option<usize>,
    /// α: learning rate of inner steps [default: 1 / 0.5 / 0.03]
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub inner_learning_rate: Option<f32>,
    /// ε: step size of the outer update [default: 1]
    #[arg(long, value_name = "SIZE", value_parser = parse_rate)]
    pub step_size: Option<f32>,
    /// How ε changes [default: linear / constant / linear]
    #[arg(long, value_enum)]
    pub step_schedule: Option<ScheduleName>,
    /// How relations are drawn [default: uniform]
    #[arg(long, value_enum)]
    pub task_sampling: Option<SamplingName>,
    /// Optimiser of inner steps [default: sgd]
    #[arg(long, value_enum)]
    pub inner_optimiser: Option<OptimiserName>,
    /// What becomes of the inner optimiser's state between tasks [default: fresh]
    #[arg(long, value_enum)]
    pub inner_state: Option<InnerStateName>,
}

/// Options of the learners; what only one of them has is refused for the others.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Learner (all of its options can be set in a preset's file)")]
pub struct LearnerArguments {
    /// Size of the hidden states: of LSTM and attention, or of LSTM (each way) and graph convolutions; FCM has none [default: 200]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub hidden: Option<usize>,
    /// PA-LSTM's LSTM layers, C-GCN's graph convolutions [default: 2]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub layers: Option<usize>,
    /// Dropout, everywhere that the learner has it [default: 0.5; FCM 0.7]
    #[arg(long, value_name = "SHARE", value_parser = parse_dropout)]
    pub dropout: Option<f32>,
    /// Dropout of words [default: 0.04; FCM 0]
    #[arg(long, value_name = "SHARE", value_parser = parse_dropout)]
    pub word_dropout: Option<f32>,
    /// C-GCN: keep tokens up to K steps off the path between the entities; -1 keeps all [default: 1]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(i32).range(-1..))]
    pub prune_k: Option<i32>,
    /// C-GCN: factor on the squared length of the pooled sentence in the loss [default: 0.003]
    #[arg(long, value_name = "FACTOR", value_parser = parse_penalty)]
    pub pooling_penalty: Option<f32>,
    /// C-GCN: let padding into the entities' pools, as the original program does
    #[arg(long)]
    pub original_pooling: bool,
}
