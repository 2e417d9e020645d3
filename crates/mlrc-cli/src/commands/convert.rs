//! `mlrc convert`: data in another format, optionally joined to a parser's output and limited to some folds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlrc::corpus::{Corpus, Parses};

use super::{Needs, check_output, read_corpus, write_corpus};
use crate::cli::ConvertOptions;
use crate::error::Error;
use crate::exit;

/// Runs the command.
pub fn run(options: &ConvertOptions) -> Result<ExitCode, Error> {
    let inputs: Vec<&Path> =
        [Some(&options.data), options.parses.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect();
    check_output(&options.out, &inputs)?;
    let mut corpus = read_corpus(&options.data, &options.reading, options.tokenizer, Needs::default())?;
    if let Some(path) = &options.parses {
        corpus = joined(corpus, &Parses::read(path)?)?;
    }
    if !options.fold.is_empty() {
        corpus = corpus.with_folds(&options.fold)?;
    }
    write_corpus(&options.out, &corpus.instances, options.to)?;
    Ok(if corpus.skipped.is_empty() { exit::SUCCESS } else { exit::problems() })
}

/// The corpus with the parser's annotation; warnings about entities are passed on.
fn joined(corpus: Corpus, parses: &Parses) -> Result<Corpus, Error> {
    let known = corpus.warnings.len();
    let corpus = corpus.with_parses(parses)?;
    for warning in &corpus.warnings[known..] {
        say!("warning: {warning}");
    }
    Ok(corpus)
}
