//! Every flag, defined once.

mod abstaining;
mod adapt;
mod compare;
mod suggest;
mod train;
mod values;

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use mlrc::corpus::candidates::{Pattern, SimpleFinder, TypePairs};
use mlrc::corpus::document::PairPolicy;
use mlrc::corpus::{Columns, Format, Tokenizer};
use mlrc::episodes::Method;
use mlrc::scoring::Scorer;
use mlrc_fetch::Dataset;
use serde::{Deserialize, Serialize};

pub use abstaining::AbstainingOptions;
pub use adapt::AdaptOptions;
pub use compare::CompareOptions;
pub use suggest::SuggestOptions;
pub use train::{LearnerArguments, TrainOptions};
pub use values::{KeepName, MaskingName};

use values::{parse_fraction, parse_positive, parse_threads, parse_up_to, parse_whole};

/// Relation classification from few labels.
#[derive(Debug, Parser)]
#[command(
    name = "mlrc",
    version,
    after_help = "Exit codes: 0 success; 1 failure, the message says why; 2 incorrect usage; 3 problems in \
                  the data (check), skipped instances, or jobs without a result; 130 interrupted, progress \
                  is saved."
)]
pub struct Arguments {
    /// Number of threads; results do not depend on it [default: one per processor]
    #[arg(long, global = true, value_name = "N", value_parser = parse_threads)]
    pub threads: Option<usize>,
    #[command(subcommand)]
    pub command: Command,
}

/// The arguments of the program. If they are wrong, says so and exits.
pub fn parse() -> Arguments {
    // A number below 0 where one from 0 is expected is a wrong number, not an unknown flag.
    let mut command =
        Arguments::command().mut_subcommands(|subcommand| subcommand.allow_negative_numbers(true));
    let matches = command.clone().try_get_matches().unwrap_or_else(|error| advised(error).exit());
    let checked = match matches.subcommand_matches("train") {
        Some(train) => train::check_resumed(train),
        None => Ok(()),
    };
    if let Err(message) = checked {
        command.error(ErrorKind::ArgumentConflict, message).exit();
    }
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

/// The error with advice that helps.
fn advised(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let mut tips = match error.remove(ContextKind::Suggested) {
        Some(ContextValue::StyledStrs(tips)) => tips,
        _ => Vec::new(),
    };
    // To write `-- --flag` would ask for a file of that name.
    tips.retain(|tip| !tip.to_string().contains("as a value"));
    let is_file = |name: &ContextValue| matches!(name, ContextValue::String(name) if !name.starts_with('-'));
    if error.get(ContextKind::InvalidArg).is_some_and(is_file)
        && std::env::args_os().any(|argument| argument == "train")
    {
        tips.push("training data are given with '--train FILE'".into());
    }
    if !tips.is_empty() {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train on a few generated sentences, with and without meta-learning; show scores, curves and
    /// predictions
    Demo(DemoOptions),
    /// Report what data files contain, what is wrong with them, and which learners they can train
    Check(CheckOptions),
    /// Train a model
    Train(Box<TrainOptions>),
    /// Add relations, or examples of known ones, to a trained model
    Adapt(AdaptOptions),
    /// Run learners × arms × fractions × seeds from a recipe, and compare them
    Experiment(ExperimentOptions),
    /// Search hyper-parameters on development data, never on test data
    Tune(TuneOptions),
    /// Tell new relations apart by a few sentences of each, after learning from others: N-way K-shot episodes
    Episodes(EpisodesOptions),
    /// List the presets of `train`, or print one as TOML to edit and use
    Presets(PresetsOptions),
    /// Show what a model is, what it was trained on, and how good it was found to be
    Show(ShowOptions),
    /// Score a model on labelled data
    Evaluate(EvaluateOptions),
    /// Compare models, or files of answers, on the same labelled data: scores with intervals, tests, what they answer differently
    Compare(CompareOptions),
    /// Find entities in raw text and write their pairs, for `predict` to classify
    Pairs(PairsOptions),
    /// Choose which sentences to label next, with a model or before there is one
    Suggest(SuggestOptions),
    /// Classify sentences
    Predict(PredictOptions),
    /// Explain predictions: attention, the pruned tree with each token's share of the max-pools, or what each
    /// token contributes
    Explain(ExplainOptions),
    /// Generate a corpus of any size, and word vectors for it
    Synth(SynthOptions),
    /// Convert data to another format, optionally adding a parser's annotation
    Convert(ConvertOptions),
    /// Download public data sets, encoders and word vectors, and verify them
    Fetch(FetchOptions),
}

fn input_formats() -> String {
    let names: Vec<&str> = Format::ALL.map(Format::name).to_vec();
    format!("Format of the data, instead of detecting it: {}", names.join(", "))
}

/// How data files are read.
#[derive(Debug, Clone, Default, Args, Serialize, Deserialize)]
pub struct ReadingOptions {
    #[arg(long, value_name = "FORMAT", help = input_formats())]
    pub input_format: Option<Format>,
    /// Skip bad instances and count them, instead of stopping at the first
    #[arg(long)]
    pub skip_bad: bool,
    /// How the pairs of entities of documents, and pairs with several relations, are read, such as unrelated=all,across=joined
    /// (docs/FORMATS.md)
    #[arg(long, value_name = "SETTINGS")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<PairPolicy>,
    /// Which columns of a table hold what, such as text=sentence,relation=label (docs/FORMATS.md)
    #[arg(long, value_name = "ROLE=COLUMN,…")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
}

#[derive(Debug, Args)]
pub struct CheckOptions {
    /// Data files (the format is detected from the content; `-` for stdin), or folders with train.json, dev.json and
    /// test.json
    #[arg(required = true, value_name = "DATA")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Write the report as JSON
    #[arg(long)]
    pub json: bool,
}

fn recipes() -> String {
    let shipped = mlrc_experiment::Plan::SHIPPED.map(|(name, _)| name);
    format!(
        "The recipe: a TOML file (docs/EXPERIMENTS.md), or one that ships with the program: {}",
        shipped.join(", ")
    )
}

#[derive(Debug, Args)]
pub struct ExperimentOptions {
    #[arg(help = recipes(), required_unless_present_any = ["report", "pack"])]
    pub recipe: Option<String>,
    /// Folder for results and tables; existing results are not recomputed
    #[arg(long, value_name = "FOLDER", required_unless_present_any = ["report", "pack"])]
    pub out: Option<PathBuf>,
    /// All data at once: a folder with train.json, dev.json and test.json, such as TACRED's release; or a
    /// single file, if the recipe names its folds
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Training data [default: the recipe's]
    #[arg(long, value_name = "FILE")]
    pub train: Option<PathBuf>,
    /// Development data [default: the recipe's]
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
    /// Test data [default: the recipe's]
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// Vectors of tokens: the folder of a pretrained encoder, or a file of word vectors in GloVe's text format [default: the
    /// recipe's]
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,
    /// Number of development instances: held out from the training data or, with a development file, drawn from it [default:
    /// the recipe's, or 500]
    #[arg(long, value_name = "N", value_parser = parse_whole::<usize>)]
    pub dev_size: Option<usize>,
    /// Leave bad instances of the data out and count them, instead of stopping at the first
    #[arg(long)]
    pub skip_bad: bool,
    /// Only show which jobs remain and how long they will take
    #[arg(long)]
    pub dry_run: bool,
    /// Rerun jobs that failed before
    #[arg(long)]
    pub retry_failed: bool,
    /// Run only the job with this number (as shown by --dry-run), and write no tables
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub job: Option<usize>,
    /// Import the results from this folder of the same experiment, run nothing, and write tables; may be
    /// repeated
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["job", "dry_run", "emit"])]
    pub collect: Vec<PathBuf>,
    /// Write a scheduler script with one task per job to stdout, and run nothing
    #[arg(long, value_enum, value_name = "SCHEDULER")]
    pub emit: Option<Emit>,
    /// Recreate tables, figures and the report in this folder from its own recipe and results, without
    /// running anything; reads the data, not the vectors
    #[arg(long, value_name = "FOLDER", conflicts_with_all = FOR_RUNNING)]
    pub report: Option<PathBuf>,
    /// Pack the results in this folder into a single file, runs.jsonl.gz, instead of one file each; they are
    /// read as before
    #[arg(long, value_name = "FOLDER", conflicts_with_all = FOR_RUNNING, conflicts_with_all = FOR_REPORTS)]
    pub pack: Option<PathBuf>,
}

/// The options for running an experiment.
const FOR_RUNNING: [&str; 8] =
    ["recipe", "out", "dev_size", "dry_run", "retry_failed", "job", "collect", "emit"];
/// The options for making a report.
const FOR_REPORTS: [&str; 6] = ["report", "data", "train", "dev", "test", "vectors"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// A SLURM job array
    Slurm,
}

#[derive(Debug, Args)]
pub struct TuneOptions {
    /// What to search: a TOML file (docs/TUNING.md), or semeval/fcm, semeval/pa-lstm, semeval/c-gcn or
    /// semeval/regions
    pub recipe: String,
    /// Folder for results and the report; existing results are not recomputed
    #[arg(long, value_name = "FOLDER", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Training data [default: the recipe's]
    #[arg(long, value_name = "FILE")]
    pub train: Option<PathBuf>,
    /// Development data [default: the recipe's; if it has none, part of the training data is held out]
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
    /// Vectors of tokens: the folder of a pretrained encoder, or a file of word vectors in GloVe's text format [default: the
    /// recipe's]
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,
    /// Number of development instances: held out from the training data or, with a development file, drawn from it [default:
    /// the recipe's, or 500]
    #[arg(long, value_name = "N", value_parser = parse_whole::<usize>)]
    pub dev_size: Option<usize>,
    /// How many settings to try; a larger number starts with the same settings [default: the recipe's]
    #[arg(long, value_name = "N", value_parser = parse_up_to::<10000>)]
    pub trials: Option<usize>,
    /// Leave bad instances of the data out and count them, instead of stopping at the first
    #[arg(long)]
    pub skip_bad: bool,
    /// Only report how many runs there would be, and list the settings
    #[arg(long)]
    pub dry_run: bool,
    /// Rerun what failed before
    #[arg(long)]
    pub retry_failed: bool,
}

#[derive(Debug, Args)]
pub struct PresetsOptions {
    /// The preset to print
    pub name: Option<String>,
}

#[derive(Debug, Args)]
pub struct ShowOptions {
    /// Folder of the model
    pub model: PathBuf,
    /// Write it as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct EvaluateOptions {
    /// Folder of the model
    pub model: PathBuf,
    /// Labelled data; `-` for stdin
    pub data: PathBuf,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Scorer: semeval, tacred or plain, the last two with a negative label of your own as in plain:none [default: the one
    /// that the model was trained with]
    #[arg(long)]
    pub scorer: Option<Scorer>,
    #[command(flatten)]
    pub abstaining: AbstainingOptions,
    /// Find the lowest thresholds with which this share of the answers is right, of all relations together and of each, and what
    /// share of each relation is still found
    #[arg(long, value_name = "SHARE", value_parser = parse_fraction)]
    pub precision: Option<f64>,
    /// Draw how often answers of each probability are right to this SVG file
    #[arg(long, value_name = "FILE")]
    pub reliability_svg: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, requires = "reliability_svg")]
    pub force: bool,
    /// Print the full report of the official SemEval-2010 Task 8 scorer instead
    #[arg(long, conflicts_with_all = ["abstain", "threshold", "precision"])]
    pub official: bool,
    /// Write the scores as JSON
    #[arg(long, conflicts_with = "official")]
    pub json: bool,
}

fn simple_finders() -> String {
    let names = SimpleFinder::ALL.map(SimpleFinder::name).join(", ");
    format!(
        "Built-in finders, with commas: {names} [default: capitalised, if nothing else is to be looked for]"
    )
}

#[derive(Debug, Args)]
pub struct PairsOptions {
    /// Plain texts, whose paragraphs are separated by empty lines; `-` for stdin (the default)
    #[arg(value_name = "TEXT")]
    pub files: Vec<PathBuf>,
    /// The texts are JSON lines, and this field of each has a text
    #[arg(long, value_name = "FIELD")]
    pub jsonl_field: Option<String>,
    /// Names to look for: lines of a phrase, a tab and its type, or the patterns of spaCy's entity ruler; may be repeated
    #[arg(long, value_name = "FILE")]
    pub gazetteer: Vec<PathBuf>,
    /// A regular expression to look for, with the type of what it finds; may be repeated
    #[arg(long, value_name = "TYPE=REGEX")]
    pub pattern: Vec<Pattern>,
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help = simple_finders())]
    pub find: Vec<SimpleFinder>,
    /// Types of head and tail, such as 'PERSON>ORG,ORG>*', where * is any [default: any, in both directions]
    #[arg(long, value_name = "TYPES")]
    pub types: Option<TypePairs>,
    /// The most tokens between head and tail [default: no limit]
    #[arg(long, value_name = "N")]
    pub max_distance: Option<usize>,
    /// The most pairs of a sentence; those with the fewest entities between them are kept
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = parse_positive)]
    pub max_pairs: usize,
    /// File to write; `-` for stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct PredictOptions {
    /// Folder of the model
    pub model: PathBuf,
    /// Data to classify, or `-` for stdin (the default): one sentence with <e1>…</e1> and <e2>…</e2> per
    /// line, or any format that `check` knows
    pub data: Option<PathBuf>,
    /// A sentence to classify, with <e1>…</e1> and <e2>…</e2>; may be repeated
    #[arg(long, value_name = "SENTENCE", conflicts_with = "data")]
    pub text: Vec<String>,
    #[command(flatten)]
    pub reading: ReadingOptions,
    #[command(flatten)]
    pub abstaining: AbstainingOptions,
    /// Output format
    #[arg(long, value_enum, default_value = "tsv")]
    pub format: PredictionFormat,
    /// How many of the most probable relations to write for each sentence
    #[arg(long, default_value_t = 1, value_name = "K", value_parser = parse_positive)]
    pub top_k: usize,
}

#[derive(Debug, Args)]
pub struct ExplainOptions {
    /// Folder of the model
    pub model: PathBuf,
    /// A sentence with <e1>…</e1> and <e2>…</e2>; a model that reads dependency trees needs --data
    #[arg(conflicts_with_all = ["data", "id", "mistakes"])]
    pub sentence: Option<String>,
    /// A data file to take sentences from
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Explain the instance with this identifier; may be repeated
    #[arg(long, value_name = "ID", requires = "data")]
    pub id: Vec<String>,
    /// Only explain instances that the model gets wrong
    #[arg(long, requires = "data")]
    pub mistakes: bool,
    /// How many instances to explain, if none are named with --id
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = parse_positive)]
    pub limit: usize,
    /// Also draw the explanations to this SVG file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Write everything as JSON instead of an outline
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SynthOptions {
    /// File for the corpus, `-` for stdout; with --like, a folder
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Write train, dev and test files with the layout, sizes and shares of `no_relation` of this release
    #[arg(long, value_enum, value_name = "RELEASE", conflicts_with_all = ["format", "labels", "skew", "negative_share", "mean_length"])]
    pub like: Option<Release>,
    /// Format of the corpus
    #[arg(long, default_value = "tacred", value_parser = written_format())]
    pub format: Format,
    /// File for word vectors to match the corpus
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,
    /// Dimension of the vectors
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = parse_up_to::<4096>)]
    pub dimension: usize,
    /// Number of instances; with --like, number of training instances, with the other files in proportion
    /// [default: 1000, or the release's]
    #[arg(long, value_name = "N", value_parser = parse_whole::<usize>)]
    pub instances: Option<usize>,
    /// Number of labels, `no_relation` included (2 to 64)
    #[arg(long, default_value_t = 19, value_name = "N", value_parser = parse_whole::<usize>)]
    pub labels: usize,
    /// Seed of the sentences
    #[arg(long, default_value_t = 1, value_parser = parse_whole::<u64>)]
    pub seed: u64,
    /// Seed of the language: corpora with the same language share words, relations and vectors
    #[arg(long, default_value_t = 0, value_name = "SEED", value_parser = parse_whole::<u64>)]
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
    /// Mean sentence length in tokens (12 to 100) [default: grows with the difficulty]
    #[arg(long, value_name = "N", value_parser = parse_whole::<usize>)]
    pub mean_length: Option<usize>,
    /// Replace the files if there are any
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Release {
    /// TACRED, LDC2018T24: tacred/data/json/{train,dev,test}.json with 68124, 22631 and 15509 instances, 42
    /// labels
    Tacred,
}

#[derive(Debug, Args)]
pub struct ConvertOptions {
    /// Data file; the format is detected from the content; `-` for stdin
    pub data: PathBuf,
    /// Format to write
    #[arg(long, value_name = "FORMAT", value_parser = written_format())]
    pub to: Format,
    /// A parser's CoNLL-U output for the data; its words and annotation replace the data's. Sentences are
    /// matched by their `sent_id`, or else by their order
    #[arg(long, value_name = "FILE")]
    pub parses: Option<PathBuf>,
    /// Only the instances of these folds (such as 1,2,3), for data that has folds
    #[arg(long, value_name = "FOLDS", value_delimiter = ',')]
    pub fold: Vec<String>,
    /// Only what `train` and `experiment` draw from the data with these --fraction, --dev-size and --seed: the training or
    /// the development instances, in the order drawn, for other programs to use the same
    #[arg(long, value_enum, value_name = "PART")]
    pub part: Option<Part>,
    /// With --part: fraction of the instances to train on, above 0 and up to 1
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = parse_fraction, requires = "part")]
    pub fraction: f64,
    /// With --part: number of development instances, which are held out
    #[arg(long, value_name = "N", default_value_t = 0, requires = "part", value_parser = parse_whole::<usize>)]
    pub dev_size: usize,
    /// With --part: seed of the draw
    #[arg(long, value_name = "N", default_value_t = 1, requires = "part", value_parser = parse_whole::<u64>)]
    pub seed: u64,
    /// Write labels that differ only in case, spaces, separators or Unicode's normal form in one way, the most frequent; what is
    /// changed is listed
    #[arg(long)]
    pub tidy_labels: bool,
    /// Corrected labels by identifier (Re-TACRED's, for example): JSON, one object with a label for each identifier, or objects
    /// with `id` and `relation`
    #[arg(long, value_name = "FILE")]
    pub relabel: Option<PathBuf>,
    /// File to write; `-` for stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Tokeniser for raw text: punctuation or ptb
    #[arg(long, default_value = "punctuation")]
    pub tokenizer: Tokenizer,
}

#[derive(Debug, Args)]
pub struct EpisodesOptions {
    /// Data with base relations, which may be learnt from
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub base: Vec<PathBuf>,
    /// Data with new relations, none of which may be among the base relations
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub new: Vec<PathBuf>,
    /// Vectors of tokens: the folder of a pretrained encoder, or a file of word vectors
    #[arg(long, value_name = "FILE")]
    pub vectors: PathBuf,
    /// What is learnt from base relations: frozen (nothing), joint, ridge, reptile, fomaml; or names: nothing, but what
    /// relations are called is read, too
    #[arg(long, value_name = "METHODS", value_delimiter = ',', default_values_t = Method::OF_SENTENCES)]
    pub methods: Vec<Method>,
    /// Relations of an episode
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [5], value_parser = parse_whole::<usize>)]
    pub way: Vec<usize>,
    /// Descriptions of relations, for the method names: lines with a label, a tab and a text, or a JSON object with a text, or
    /// an array of texts, for each label (FewRel's pid2name.json) [default: the words of the labels]
    #[arg(long, value_name = "FILE")]
    pub descriptions: Option<PathBuf>,
    /// Sentences of each, to learn from; 0 only with the method names
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 5], value_parser = parse_whole::<usize>)]
    pub shot: Vec<usize>,
    /// Sentences of each, to be answered
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = parse_whole::<usize>)]
    pub queries: usize,
    /// Shares of sentences to be answered that have none of the relations
    #[arg(long, value_name = "F,…", value_delimiter = ',', default_values_t = [0.0])]
    pub none: Vec<f64>,
    /// Episodes of new relations
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = parse_positive)]
    pub episodes: usize,
    /// Episodes of base relations that are left out of training, on which settings are chosen
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = parse_positive)]
    pub choosing: usize,
    /// Instance-gradients of each method's training
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = parse_positive)]
    pub budget: usize,
    /// Rank of what is learnt
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = parse_up_to::<4096>)]
    pub rank: usize,
    /// Seed of all random draws
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_whole::<u64>)]
    pub seed: u64,
    /// Also write everything, what was chosen included, to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    /// Print that instead of a table
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Tokeniser for raw text: punctuation or ptb
    #[arg(long, default_value = "punctuation")]
    pub tokenizer: Tokenizer,
}

/// A part of the data that training draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The training instances.
    Train,
    /// The development instances.
    Dev,
}

/// The names of data sets, each with a description.
fn datasets() -> PossibleValuesParser {
    let named = |dataset: &Dataset| PossibleValue::new(dataset.name).help(dataset.title);
    PossibleValuesParser::new(Dataset::all().iter().map(named))
}

#[derive(Debug, Args)]
pub struct FetchOptions {
    /// What to download
    #[arg(required_unless_present = "list", value_parser = datasets())]
    pub name: Option<String>,
    /// Folder for the files [default: one named after the data set]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// A file, folder or URL (file://, http://, https://) to take it from, instead of the publisher's; a
    /// folder (or a URL ending in /) must contain the publisher's files under their original names; instead of an archive, a
    /// folder may have the files in it
    #[arg(long, value_name = "FILE-OR-URL")]
    pub from: Option<String>,
    /// For GloVe: dimension of the vectors (glove.6B: 50, 100, 200 or 300) [default: 50; glove.840B: 300]
    #[arg(long, value_name = "N", value_parser = parse_whole::<u16>)]
    pub dimension: Option<u16>,
    /// How often to retry at each URL after a connection or server failure
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = parse_whole::<usize>)]
    pub retries: usize,
    /// Only list what is available, with licences and citations
    #[arg(long, conflicts_with_all = ["name", "out", "from", "dimension"])]
    pub list: bool,
}

#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Folder for the figure and the model
    #[arg(long, value_name = "FOLDER", default_value = "mlrc-demo")]
    pub out: PathBuf,
    /// Replace the files if there are any
    #[arg(long)]
    pub force: bool,
    /// Number of seeds to run
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = parse_up_to::<1000>)]
    pub seeds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PredictionFormat {
    /// One line per sentence: id, then label and probability of each of the top K; where answers are abstained from, the first
    /// label of such a line is empty and the best guess is in a last column
    Tsv,
    /// One JSON object per line
    Jsonl,
    /// Input for the official SemEval scorer: id and label, without the sentences that are abstained from
    Semeval,
}

/// The names of writable formats.
fn written_formats() -> PossibleValuesParser {
    PossibleValuesParser::new(Format::ALL.into_iter().filter(|format| format.is_writable()).map(Format::name))
}

/// A writable format.
fn written_format() -> impl TypedValueParser<Value = Format> {
    written_formats().map(|name| name.parse().expect("the name of a format"))
}
