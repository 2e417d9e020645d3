//! `mlrc convert`: data in another format, optionally joined to a parser's output and limited to some folds or to what a run draws.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlrc::corpus::{Corpus, Corrections, DevelopmentSplit, Instance, Parses, counted, tidy_labels};
use mlrc::run::PrepareError;

use super::{Needs, check_output, read_corpus, write_corpus};
use crate::cli::{ConvertOptions, Part};
use crate::error::Error;
use crate::exit;

/// Runs the command.
pub fn run(options: &ConvertOptions) -> Result<ExitCode, Error> {
    let inputs: Vec<&Path> = [Some(&options.data), options.parses.as_ref(), options.relabel.as_ref()]
        .into_iter()
        .flatten()
        .map(PathBuf::as_path)
        .collect();
    check_output(&options.out, &inputs)?;
    let mut corpus = read_corpus(&options.data, &options.reading, options.tokenizer, Needs::default())?;
    if let Some(path) = &options.parses {
        corpus = joined(corpus, &Parses::read(path)?)?;
    }
    if let Some(path) = &options.relabel {
        let relabelled = corpus.relabel(&Corrections::read(path)?);
        say!(
            "{} relabelled, {} had the label already, {} without a correction, {} for identifiers that no instance has{}",
            counted(relabelled.changed, "instance"),
            relabelled.same,
            relabelled.uncorrected,
            counted(relabelled.unknown.len(), "correction"),
            relabelled.unknown.first().map_or_else(String::new, |id| format!(" (`{id}` is the first)")),
        );
    }
    if options.tidy_labels {
        for group in tidy_labels(&mut [&mut corpus], &[]) {
            for found in group.found.iter().filter(|found| found.name != group.meant) {
                say!(
                    "label `{}`: written as `{}` ({})",
                    found.name,
                    group.meant,
                    counted(found.count, "instance")
                );
            }
        }
    }
    if !options.fold.is_empty() {
        corpus = corpus.with_folds(&options.fold)?;
    }
    if let Some(part) = options.part {
        corpus.instances = drawn(&corpus.instances, part, options)?;
    }
    write_corpus(&options.out, &corpus.instances, options.to)?;
    Ok(if corpus.skipped.is_empty() { exit::SUCCESS } else { exit::problems() })
}

/// What a run with these options draws.
fn drawn(instances: &[Instance], part: Part, options: &ConvertOptions) -> Result<Vec<Instance>, Error> {
    let split =
        DevelopmentSplit { dev_size: options.dev_size, fraction: options.fraction, seed: options.seed };
    let split = split.draw(instances).map_err(PrepareError::Split)?;
    let chosen = match part {
        Part::Train => split.train,
        Part::Dev => split.dev,
    };
    if chosen.is_empty() {
        return Err(
            Error::new("there are no development instances: their number is 0").help("give --dev-size N")
        );
    }
    Ok(chosen.into_iter().map(|place| instances[place].clone()).collect())
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
