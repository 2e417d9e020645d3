use std::path::PathBuf;

use clap::Args;
use mlrc::scoring::Scorer;

use super::ReadingOptions;

// Command-line switches are bools.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
pub struct AdaptOptions {
    /// Folder of the model
    #[arg(required_unless_present = "resume")]
    pub model: Option<PathBuf>,
    /// Labelled sentences of new relations, or more of known ones
    #[arg(required_unless_present = "resume")]
    pub examples: Option<PathBuf>,
    /// Folder for the new model; with --force it may be that of the old one, which is replaced when the new one is whole
    #[arg(long, value_name = "FOLDER", required_unless_present = "resume")]
    pub out: Option<PathBuf>,
    /// Continue the interrupted run in this folder
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["model", "examples", "out", "force", "forget", "train", "dev", "vectors", "scorer"])]
    pub resume: Option<PathBuf>,
    /// The model's training data, if it keeps none
    #[arg(long, value_name = "FILE")]
    pub train: Option<PathBuf>,
    /// Labelled data of the old relations that the model was not trained on: what adapting costs is measured on it, for learners
    /// that cannot leave sentences out
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
    /// The encoder or word vectors that the model was trained with [default: where they were then]
    #[arg(long, value_name = "FOLDER|FILE")]
    pub vectors: Option<PathBuf>,
    /// Scorer [default: the model's]
    #[arg(long)]
    pub scorer: Option<Scorer>,
    /// Keep none of the training data in the new model, which then cannot be adapted by itself
    #[arg(long)]
    pub forget: bool,
    /// Replace a model or run that is already in the folder
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Write the result as JSON on stdout
    #[arg(long)]
    pub json: bool,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}
