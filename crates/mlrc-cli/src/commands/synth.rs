//! `mlrc synth`: generated corpora of any size, as a single file or as the splits of a release.

use std::path::Path;
use std::process::ExitCode;

use mlrc::corpus::{Format, Instance};
use mlrc::synthesis::{Synthesis, SynthesisOptions};

use super::{check_output, is_same_file, write_corpus, write_file};
use crate::cli::{Release, SynthOptions};
use crate::error::Error;
use crate::exit;

/// Runs the command.
pub fn run(options: &SynthOptions) -> Result<ExitCode, Error> {
    if let Some(vectors) = &options.vectors {
        if *vectors != Path::new("-") && is_same_file(vectors, &options.out) {
            let problem =
                format!("{}: sentences and vectors cannot go into the same file", options.out.display());
            return Err(Error::new(problem).help("choose another name for --vectors"));
        }
        check_output(vectors, &[], options.force)?;
    }
    if options.like.is_none() {
        check_output(&options.out, &[], options.force)?;
    }
    let synthesis = match options.like {
        Some(Release::Tacred) => write_tacred(options)?,
        None => write_one(options)?,
    };
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

/// Writes a single file, as requested by the options.
fn write_one(options: &SynthOptions) -> Result<Synthesis, Error> {
    let synthesis = Synthesis::new(SynthesisOptions {
        seed: options.seed,
        lexicon_seed: options.lexicon_seed,
        instances: options.instances.unwrap_or(1000),
        labels: options.labels,
        skew: options.skew,
        difficulty: options.difficulty,
        negative_share: options.negative_share,
        mean_length: options.mean_length,
    })?;
    write_corpus(&options.out, &synthesis.instances().collect::<Vec<Instance>>(), options.format)?;
    Ok(synthesis)
}

/// Writes the three files of TACRED's release in its layout; returns what generated the training set.
fn write_tacred(options: &SynthOptions) -> Result<Synthesis, Error> {
    if options.out == Path::new("-") {
        return Err(Error::new("--like writes three files: --out must be a folder"));
    }
    let folder = options.out.join("tacred/data/json");
    // The layout is that of the licensed release, which must not be overwritten.
    let names = ["train.json", "dev.json", "test.json"].map(|name| folder.join(name));
    if let Some(there) = names.iter().find(|path| path.exists() && !options.force) {
        return Err(Error::new(format!("{}: already exists", there.display()))
            .help("choose another folder, or replace what was generated with --force"));
    }
    mlrc::files::create_folder(&folder)
        .map_err(|error| Error::new(format!("{}: {error}", folder.display())))?;
    let [train, dev, test] = SynthesisOptions::tacred_like_splits(options.seed, options.instances);
    let write = |split: SynthesisOptions, name: &str| -> Result<Synthesis, Error> {
        let (lexicon_seed, difficulty) = (options.lexicon_seed, options.difficulty);
        let synthesis = Synthesis::new(SynthesisOptions { lexicon_seed, difficulty, ..split })?;
        let instances: Vec<Instance> = synthesis.instances().collect();
        write_corpus(&folder.join(name), &instances, Format::TACRED)?;
        Ok(synthesis)
    };
    write(dev, "dev.json")?;
    write(test, "test.json")?;
    write(train, "train.json")
}
