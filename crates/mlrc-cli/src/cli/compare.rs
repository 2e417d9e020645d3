use std::path::PathBuf;

use clap::Args;
use mlrc::corpus::Tokenizer;
use mlrc::scoring::Scorer;

use super::ReadingOptions;
use super::values::parse_whole;

#[derive(Debug, Args)]
pub struct CompareOptions {
    /// Folders of models, or files of answers: what `predict` writes in any of its formats, or lines of an id, a tab and a label
    #[arg(required = true, num_args = 2.., value_name = "MODEL|ANSWERS")]
    pub systems: Vec<PathBuf>,
    /// Labelled data that none of them was trained on; `-` for stdin
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Scorer: semeval, tacred or plain, the last two with a negative label of your own as in plain:none [default: that of the
    /// first model or, if there is none, chosen by the labels]
    #[arg(long)]
    pub scorer: Option<Scorer>,
    /// Count sentences that a file of answers leaves out as not answered, as the official scorers do, instead of stopping
    #[arg(long)]
    pub allow_missing: bool,
    /// How many of the sentences to show that they answer differently
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = parse_whole::<usize>)]
    pub sentences: usize,
    /// Write all of these sentences to this file, as JSON lines with the answers
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Write the comparison as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Tokeniser for raw text, if there are only files of answers: punctuation or ptb
    #[arg(long, default_value = "punctuation")]
    pub tokenizer: Tokenizer,
}
