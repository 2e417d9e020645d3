//! The flags of `mlrc train`. A flag whose default depends on the preset or the learner is an `Option` here,
//! which `settings` fills in.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use mlrc::corpus::Tokenizer;
use mlrc::device::Device;
use mlrc::meta::Update;
use mlrc::run::Arm;
use mlrc::scoring::Scorer;

use super::ReadingOptions;
use super::values::{
    InnerStateName, KeepName, MaskingName, OptimiserName, OrderName, PrecisionName, SamplingName,
    ScheduleName, SelectionName, VocabularyName, learners, of_learners, parse_block, parse_dropout,
    parse_fraction, parse_penalty, parse_positive, parse_rate, parse_share, parse_whole,
};

/// The flags that a resumed run does not have from its folder.
const OF_THIS_CALL: [&str; 5] = ["resume", "json", "quiet", "device", "threads"];

/// Checks that a resumed run is not given options: it has those that it was started with.
pub fn check_resumed(matches: &ArgMatches) -> Result<(), String> {
    if matches.value_source("resume") != Some(ValueSource::CommandLine) {
        return Ok(());
    }
    let given = |id: &&str| {
        !OF_THIS_CALL.contains(id)
            && matches.try_contains_id(id).is_ok()
            && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    match matches.ids().map(clap::Id::as_str).find(given) {
        Some(id) => Err(format!(
            "the argument '--resume <FOLDER>' cannot be used with '--{}': a run continues with the options it was started with",
            id.replace('_', "-")
        )),
        None => Ok(()),
    }
}

#[derive(Debug, Args)]
pub struct TrainOptions {
    #[command(flatten)]
    pub run: RunArguments,
    /// Continue the interrupted run in this folder, with the options that it was started with
    #[arg(long, value_name = "FOLDER")]
    pub resume: Option<PathBuf>,
    /// Write the result as JSON on stdout
    #[arg(long)]
    pub json: bool,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
    /// The device to compute on: cpu
    #[arg(long, default_value = "cpu")]
    pub device: Device,

    #[command(flatten)]
    pub supervised: SupervisedArguments,
    #[command(flatten)]
    pub meta: MetaArguments,
    #[command(flatten)]
    pub learner_options: LearnerArguments,
}

/// The data and method of a run.
// Command-line switches are bools.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Training data
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub train: Option<PathBuf>,
    /// Development data, for choosing the best round and decaying the learning rate
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
    /// Test data, scored once at the end
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// Sentences to learn from without their labels (self-training), for learners that are solved in closed form
    #[arg(long, value_name = "FILE")]
    pub unlabelled: Option<PathBuf>,
    /// First train models without a fifth (for K = 5) of the data each and score them on that fifth: how good such models are on
    /// sentences of the same kind, with an interval, beside always giving the most frequent label
    #[arg(long, value_name = "K", conflicts_with = "resume", value_parser = parse_positive)]
    pub cross_validate: Option<usize>,
    /// With --cross-validate: how often the data is dealt to folds
    #[arg(long, value_name = "N", default_value_t = 1, requires = "cross_validate", value_parser = parse_positive)]
    pub repeats: usize,
    /// Take the names of relations as a prior (Cause-Effect: sentences about causes and effects), which helps with few
    /// sentences of each; for learners that are solved in closed form
    #[arg(long)]
    pub label_names: bool,
    /// Descriptions of relations, read in place of their labels (implies --label-names): lines with a label, a tab and a
    /// text, or a JSON object with a text, or an array of texts, for each label
    #[arg(long, value_name = "FILE")]
    pub descriptions: Option<PathBuf>,
    /// Vectors of tokens, for learners that read them: the folder of a pretrained encoder (`mlrc fetch minilm`), or a file
    /// of word vectors in GloVe's text format, plain or gzipped. A file is parsed once: later runs use a binary copy in
    /// MLRC_CACHE or in the user's cache folder, where vectors that an encoder has computed are kept, too
    #[arg(long, value_name = "FOLDER|FILE")]
    pub vectors: Option<PathBuf>,
    /// Folder for the model, the log and the checkpoint
    #[arg(long, value_name = "FOLDER", required_unless_present = "resume")]
    pub out: Option<PathBuf>,
    /// Replace a model or run that is already in the folder
    #[arg(long)]
    pub force: bool,
    /// What the model's folder keeps of the training data: all, so that `mlrc adapt` can add relations and examples to it, or none
    #[arg(long, value_enum, default_value = "all")]
    pub keep_data: KeepName,
    #[command(flatten)]
    pub reading: ReadingOptions,

    /// Learner and hyper-parameters from a preset (`mlrc presets` lists them) or a TOML file (`mlrc presets
    /// NAME` prints one to start from); the flags below override them
    #[arg(long, value_name = "NAME|FILE")]
    pub preset: Option<String>,
    /// The learner [default: regions if --vectors is an encoder, otherwise pa-lstm]; a preset sets its own (there,
    /// `lstm_layers = 0` turns C-GCN into plain GCN)
    #[arg(long, conflicts_with = "preset", value_parser = learners())]
    pub learner: Option<String>,
    /// The training method: mlrc (meta-learning, then fine-tuning), supervised, supervised-matched
    /// (supervised with as much computation as mlrc), or joint (the meta stage's data and steps without
    /// meta-learning)
    /// [default: mlrc; supervised for learners that are solved in closed form]
    #[arg(long)]
    pub arm: Option<Arm>,
    /// Short for --arm supervised
    #[arg(long, conflicts_with = "arm")]
    pub no_meta: bool,
    /// Share of the training instances to use
    #[arg(long, default_value_t = 1.0, value_name = "SHARE", value_parser = parse_fraction)]
    pub fraction: f64,
    /// Seed of all randomness: splits, initial weights, order, dropout
    #[arg(long, default_value_t = 1, value_parser = parse_whole::<u64>)]
    pub seed: u64,
    /// Number of development instances: held out from the training data [default: 500 if there are at least 2000 instances
    /// and the learner is trained by gradients, else none] or, with --dev, drawn from that file by the seed [default: all of
    /// it]
    #[arg(long, value_name = "N", value_parser = parse_whole::<usize>)]
    pub dev_size: Option<usize>,
    /// Which round's model to keep [default: best-dev if there is development data, else last]
    #[arg(long, value_enum)]
    pub selection: Option<SelectionName>,
    /// Scorer: semeval, tacred or plain [default: chosen by the labels]
    #[arg(long)]
    pub scorer: Option<Scorer>,
    /// Replace entities with their types [default: the preset's, else auto: on for data with types and a
    /// `no_relation` label]
    #[arg(long, value_enum)]
    pub masking: Option<MaskingName>,
    /// Blocks of the encoder whose vectors are read, side by side: 3, or 2,3,4,5 [default: one near the middle]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = parse_block)]
    pub blocks: Option<Vec<usize>>,
    /// Words with their own embedding: all in the vectors' file (default), or only those of the training data
    #[arg(long, value_enum)]
    pub vocabulary: Option<VocabularyName>,
    /// Do not read the data's part-of-speech and named-entity tags, so that the model can be used on raw text
    #[arg(long)]
    pub no_annotations: bool,
    /// Tokeniser for raw text: punctuation or ptb
    #[arg(long, default_value = "punctuation")]
    pub tokenizer: Tokenizer,
    /// How the model stores its word vectors (f32 or f16) or its encoder (f16 or int8; int8 is also computed in 8-bit
    /// integers, which is smaller, faster and a little less accurate) [default: f32 for words, f16 for an encoder]
    #[arg(long, value_enum)]
    pub precision: Option<PrecisionName>,
}

/// Options of supervised training and of fine-tuning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Supervised training and fine-tuning")]
pub struct SupervisedArguments {
    #[arg(help = of_learners("Passes over the training data", "supervised.epochs"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub epochs: Option<usize>,
    #[arg(help = of_learners("Sentences per minibatch", "supervised.batch_size"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub batch_size: Option<usize>,
    #[arg(help = of_learners("Optimiser", "supervised.optimiser"))]
    #[arg(long, value_enum)]
    pub optimiser: Option<OptimiserName>,
    #[arg(help = of_learners("Initial learning rate", "supervised.learning_rate"))]
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub learning_rate: Option<f32>,
    #[arg(help = of_learners("Factor for the learning rate when the development score does not improve", "supervised.decay"))]
    #[arg(long, value_name = "FACTOR", value_parser = parse_share)]
    pub decay: Option<f32>,
    #[arg(help = of_learners("First round after which the learning rate may decay", "supervised.decay_from"))]
    #[arg(long, value_name = "ROUND", value_parser = parse_whole::<usize>)]
    pub decay_from: Option<usize>,
    #[arg(help = of_learners("Order of instances in an epoch; `balanced` takes all relations equally often", "supervised.order"))]
    #[arg(long, value_enum)]
    pub order: Option<OrderName>,
    #[arg(help = of_learners("Maximum gradient norm (clipping), in both stages", "supervised.clip"))]
    #[arg(long, value_name = "NORM", value_parser = parse_rate)]
    pub clip: Option<f32>,
}

/// Options of meta-learning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Meta-learning")]
pub struct MetaArguments {
    #[arg(help = of_learners("Meta-iterations", "meta.iterations"))]
    #[arg(long, value_name = "N", value_parser = parse_whole::<usize>)]
    pub meta_iterations: Option<usize>,
    #[arg(help = of_learners("B: tasks per meta-iteration", "meta.relations"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub meta_relations: Option<usize>,
    #[arg(help = of_learners("Relations per task: with more than one, a task is an episode that distinguishes between them", "meta.way"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub meta_way: Option<usize>,
    #[arg(help = of_learners("D: instances per relation in an inner step", "meta.instances"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub meta_instances: Option<usize>,
    #[arg(help = of_learners("k: inner steps per task", "meta.inner_steps"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub inner_steps: Option<usize>,
    /// How an iteration combines its tasks: Reptile's mean of the adapted parameters, or first-order MAML's
    /// gradient there [default: reptile]
    #[arg(long, value_name = "RULE", value_parser = PossibleValuesParser::new(Update::names()))]
    pub meta_update: Option<String>,
    #[arg(help = of_learners("α: learning rate of inner steps", "meta.inner_learning_rate"))]
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub inner_learning_rate: Option<f32>,
    #[arg(help = of_learners("ε: step size of the outer update", "meta.step_size"))]
    #[arg(long, value_name = "SIZE", value_parser = parse_rate)]
    pub step_size: Option<f32>,
    #[arg(help = of_learners("Schedule of ε", "meta.schedule"))]
    #[arg(long, value_enum)]
    pub step_schedule: Option<ScheduleName>,
    #[arg(help = of_learners("How relations are sampled", "meta.sampling"))]
    #[arg(long, value_enum)]
    pub task_sampling: Option<SamplingName>,
    #[arg(help = of_learners("Optimiser of inner steps", "meta.inner_optimiser"))]
    #[arg(long, value_enum)]
    pub inner_optimiser: Option<OptimiserName>,
    #[arg(help = of_learners("Inner optimiser's state at the start of a task: new, or carried over from the previous iteration", "meta.inner_state"))]
    #[arg(long, value_enum)]
    pub inner_state: Option<InnerStateName>,
}

/// Options of the learners; those that the chosen learner lacks are refused.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Learner (all of its options can be set in a preset's file)")]
pub struct LearnerArguments {
    #[arg(help = of_learners("Hidden size: of the LSTM and attention, or of the LSTM (in each direction) and graph convolutions; not for FCM", "learner.hidden"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub hidden: Option<usize>,
    #[arg(help = of_learners("Number of PA-LSTM's LSTM layers or C-GCN's graph convolutions", "learner.layers"))]
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub layers: Option<usize>,
    #[arg(help = of_learners("Dropout rate, wherever the learner uses dropout", "learner.dropout"))]
    #[arg(long, value_name = "SHARE", value_parser = parse_dropout)]
    pub dropout: Option<f32>,
    #[arg(help = of_learners("Word dropout rate", "learner.word-dropout"))]
    #[arg(long, value_name = "SHARE", value_parser = parse_dropout)]
    pub word_dropout: Option<f32>,
    #[arg(help = of_learners("C-GCN: keep tokens up to K steps away from the path between the entities; -1 keeps all", "learner.prune-k"))]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(i32).range(-1..))]
    pub prune_k: Option<i32>,
    #[arg(help = of_learners("C-GCN: weight in the loss of the pooled sentence's squared norm", "learner.pooling-penalty"))]
    #[arg(long, value_name = "FACTOR", value_parser = parse_penalty)]
    pub pooling_penalty: Option<f32>,
    /// C-GCN: include padding in the entities' max-pools, as the original program does
    #[arg(long)]
    pub original_pooling: bool,
    /// Any key of a recipe, as `mlrc presets NAME` prints them: learner.window=3; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}
