//! `mlrc synth`: generated corpora of any size.

use std::process::ExitCode;

use mlrc::corpus::Instance;
use mlrc::synthesis::{Synthesis, SynthesisOptions};

use super::{write_corpus, write_file};
use crate::cli::SynthOptions;
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
    write_corpus(&options.out, &instances, options.format)?;
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
