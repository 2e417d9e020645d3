use std::path::PathBuf;

use clap::Args;
use mlrc::corpus::Tokenizer;
use mlrc::suggest::Strategy;

use super::ReadingOptions;
use super::values::{parse_fraction_or_none, parse_positive, parse_whole};

fn strategies() -> String {
    let names = Strategy::ALL.map(Strategy::name).join(", ");
    format!(
        "How to choose: {names} [default: facility until 20 sentences are labelled or while there is no model, then \
         margin-facility]"
    )
}

#[derive(Debug, Args)]
pub struct SuggestOptions {
    /// Folder of a model that was trained on what is labelled so far, if there is one, and data to choose from, with or without
    /// labels
    #[arg(required = true, num_args = 1..=2, value_names = ["MODEL", "POOL"])]
    pub paths: Vec<PathBuf>,
    /// Without a model: the folder of a pretrained encoder (`mlrc fetch minilm`), or a file of word vectors; also for models
    /// whose learner has no vectors of sentences
    #[arg(long, value_name = "FOLDER|FILE")]
    pub vectors: Option<PathBuf>,
    /// Sentences that are labelled already: they are not suggested again, and others like them are less useful; may be
    /// repeated
    #[arg(long, value_name = "FILE")]
    pub already: Vec<PathBuf>,
    /// How many sentences
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = parse_positive)]
    pub count: usize,
    #[arg(long, value_name = "NAME", help = strategies())]
    pub strategy: Option<Strategy>,
    /// Share that is drawn at random: on sentences that were chosen for being hard, a model looks worse than it is
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = parse_fraction_or_none)]
    pub random_share: f64,
    /// Seed of all random draws
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_whole::<u64>)]
    pub seed: u64,
    /// File to write; `-` for stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
    /// Instead of choosing once, play the annotator with a POOL whose labels are known: print the scores on this file after so many
    /// labels, beside those with sentences at random
    #[arg(long, value_name = "TEST", conflicts_with_all = ["already", "out"], requires = "vectors")]
    pub simulate: Option<PathBuf>,
    /// With --simulate: the numbers of labels at which a model is scored
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [20, 40, 75, 150, 375], requires = "simulate")]
    pub sizes: Vec<usize>,
    /// With --simulate: how many seeds, from --seed on
    #[arg(long, value_name = "N", default_value_t = 5, requires = "simulate", value_parser = parse_positive)]
    pub seeds: usize,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Tokeniser for raw text, without a model: punctuation or ptb
    #[arg(long, default_value = "punctuation")]
    pub tokenizer: Tokenizer,
}
