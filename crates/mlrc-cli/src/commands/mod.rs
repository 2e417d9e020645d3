//! One file for each command.

pub mod check;
pub mod convert;
pub mod demo;
pub mod evaluate;
pub mod experiment;
pub mod explain;
pub mod fetch;
pub mod predict;
pub mod presets;
pub mod synth;
pub mod train;
pub mod tune;

use std::io::{self, Write};
use std::path::Path;

use mlrc::corpus::{
    Corpus, Instance, ReadOptions, Tokenizer, write_conllu, write_jsonl, write_semeval, write_tacred_json,
};
use mlrc::features::Layer;
use mlrc::files::write_atomically;
use mlrc::learner::LearnerConfig;

use crate::cli::{CorpusFormat, ReadingOptions};
use crate::error::Error;

/// Reads a corpus and passes its warnings on.
fn read_corpus(
    path: &Path,
    reading: &ReadingOptions,
    tokenizer: Tokenizer,
    needs: Needs,
) -> Result<Corpus, Error> {
    let corpus = Corpus::read(path, &read_options(reading, tokenizer, needs))?;
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

/// What every instance must have.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    labels: bool,
    heads: bool,
}

impl Needs {
    /// What a learner needs.
    fn of(learner: &LearnerConfig) -> Self {
        Self { labels: false, heads: learner.required_layers().contains(&Layer::Heads) }
    }

    /// And labels.
    fn and_labels(self) -> Self {
        Self { labels: true, ..self }
    }
}

/// Refuses to write over what is read.
fn check_output(out: &Path, inputs: &[&Path]) -> Result<(), Error> {
    let same = |input: &&&Path| matches!((out.canonicalize(), input.canonicalize()), (Ok(out), Ok(input)) if out == input);
    match inputs.iter().find(same) {
        Some(_) => Err(Error::new(format!("{} is read, and would be overwritten", out.display()))
            .help("choose another file for the output")),
        None => Ok(()),
    }
}

fn read_options(reading: &ReadingOptions, tokenizer: Tokenizer, needs: Needs) -> ReadOptions {
    ReadOptions {
        format: reading.input_format,
        skip_bad: reading.skip_bad,
        keep_empty: false,
        require_relation: needs.labels,
        require_heads: needs.heads,
        tokenizer,
    }
}

/// Writes instances to a file, or to stdout if it is called `-`.
fn write_corpus(path: &Path, instances: &[Instance], format: CorpusFormat) -> Result<(), Error> {
    write_file(path, |out| match format {
        CorpusFormat::Tacred => write_tacred_json(instances, out),
        CorpusFormat::Jsonl => write_jsonl(instances, out),
        CorpusFormat::Semeval => write_semeval(instances, out),
        CorpusFormat::Conllu => write_conllu(instances, out),
    })
}

/// Writes a file whole or not at all, or to stdout if it is called `-`.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    if path == Path::new("-") {
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        write(&mut stdout)?;
        return Ok(stdout.flush()?);
    }
    write_atomically(path, |out| write(out))
        .map_err(|error| Error::new(format!("{}: {error}", path.display())))
}
