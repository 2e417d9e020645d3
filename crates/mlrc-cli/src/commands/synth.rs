//! `mlrc synth`: generated corpora of any size.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use mlrc::corpus::{Instance, write_jsonl, write_semeval, write_tacred_json};
use mlrc::files::write_atomically;
use mlrc::synthesis::{Synthesis, SynthesisOptions};

use crate::cli::{CorpusFormat, SynthOptions};
use crate::error::Error;
use crate::exit;

/// Runs the command.
pub fn run(options: &SynthOptions) -> Result<ExitCode, Error> {
    let synthesis = Synthesis::new(SynthesisOptions {
        seed: options.seed,
        lexicon_seed: options.lexicon_seed,
        instances: options.instances,
        labels: options.labels,
        skew: options.skew,
        difficulty: options.difficulty,
        negative_share: options.negative_share,
        mean_length: options.mean_length,
    })?;
    let instances: Vec<Instance> = synthesis.instances().collect();
    write_file(&options.out, |out| match options.format {
        CorpusFormat::Tacred => write_tacred_json(&instances, out),
        CorpusFormat::Jsonl => write_jsonl(&instances, out),
        CorpusFormat::Semeval => write_semeval(&instances, out),
    })?;
    if let Some(path) = &options.vectors {
        let vectors = synthesis.vectors(options.dimension);
        write_file(path, |out| {
            for (word, vector) in &vectors {
                write!(out, "{word}")?;
                vector.iter().try_for_each(|value| write!(out, " {value}"))?;
                writeln!(out)?;
            }
            Ok(())
        })?;
    }
    Ok(exit::SUCCESS)
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    if path == Path::new("-") {
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        write(&mut stdout)?;
        return Ok(stdout.flush()?);
    }
    write_atomically(path, |out| write(out))
        .map_err(|error| Error::new(format!("{}: {error}", path.display())))
}
