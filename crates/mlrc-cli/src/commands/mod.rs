//! One file for each command.

pub mod check;
pub mod demo;
pub mod evaluate;
pub mod explain;
pub mod predict;
pub mod presets;
pub mod synth;
pub mod train;

use std::path::Path;

use mlrc::corpus::{Corpus, ReadOptions, Tokenizer};

use crate::cli::ReadingOptions;
use crate::error::Error;

/// Reads a corpus and passes its warnings on.
fn read_corpus(
    path: &Path,
    reading: &ReadingOptions,
    tokenizer: Tokenizer,
    labelled: bool,
) -> Result<Corpus, Error> {
    let corpus = Corpus::read(path, &read_options(reading, tokenizer, labelled))?;
    for warning in &corpus.warnings {
        say!("warning: {warning}");
    }
    for skipped in &corpus.skipped {
        say!("skipped: {skipped}");
    }
    if !corpus.skipped.is_empty() {
        say!(
            "{}: {} instances read, {} skipped",
            path.display(),
            corpus.instances.len(),
            corpus.skipped.len()
        );
    }
    Ok(corpus)
}

fn read_options(reading: &ReadingOptions, tokenizer: Tokenizer, labelled: bool) -> ReadOptions {
    ReadOptions {
        format: reading.input_format,
        skip_bad: reading.skip_bad,
        keep_empty: false,
        require_relation: labelled,
        tokenizer,
    }
}
