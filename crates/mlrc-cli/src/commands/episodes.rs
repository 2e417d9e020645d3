//! `mlrc episodes`: relations that no stage has seen, from a few sentences of each.

use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use mlrc::corpus::{Corpus, Descriptions, Instance, counted};
use mlrc::episodes::{Options, Outcome, Pools, Protocol, evaluate};
use mlrc::resources::{Resources, TokenVectors};
use serde::Serialize;

use super::{Needs, check_output, read_corpus, write_file};
use crate::cli::EpisodesOptions;
use crate::error::Error;
use crate::{exit, json};

/// What is written: all that decides the figures, and the figures.
#[derive(Serialize)]
struct Report<'a> {
    base: &'a [PathBuf],
    new: &'a [PathBuf],
    vectors: &'a PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    descriptions: Option<&'a PathBuf>,
    options: Options,
    queries: usize,
    /// Relations to train on, to choose on, and new ones.
    relations: [Vec<&'a str>; 3],
    outcomes: Vec<Outcome>,
}

/// Runs the command.
pub fn run(options: &EpisodesOptions) -> Result<ExitCode, Error> {
    let inputs: Vec<_> = options.base.iter().chain(&options.new).map(PathBuf::as_path).collect();
    if let Some(out) = &options.out {
        check_output(out, &inputs)?;
    }
    let (base, new) = (read(options, &options.base)?, read(options, &options.new)?);
    let (vectors, _) = TokenVectors::open(&options.vectors)?;
    let descriptions = options.descriptions.as_ref().map(Descriptions::read).transpose()?;
    let descriptions = Arc::new(descriptions.unwrap_or_default());
    let resources = Resources { descriptions, ..Resources::of_vectors(vectors) };
    let pools = Pools::read(&instances(&base), &instances(&new), &resources, options.seed)
        .map_err(|error| Error::new(error.to_string()))?;
    let names = [&pools.train, &pools.choose, &pools.new]
        .map(|pool| pool.relations.iter().map(|(name, _)| &name[..]).collect::<Vec<&str>>());
    say!(
        "{} to train on, {} to choose on, {} new",
        counted(names[0].len(), "base relation"),
        counted(names[1].len(), "base relation"),
        counted(names[2].len(), "relation")
    );
    let settings = Options {
        episodes: options.episodes,
        choosing: options.choosing,
        budget: options.budget,
        rank: options.rank,
        seed: options.seed,
    };
    let mut outcomes = Vec::new();
    for &way in &options.way {
        for &shot in &options.shot {
            let protocol = Protocol { way, shot, queries: options.queries, none_rate: 0.0 };
            for &method in &options.methods {
                let outcome = evaluate(method, &pools, protocol, &options.none, &settings)
                    .map_err(|error| Error::new(error.to_string()))?;
                say!("{way}-way {shot}-shot, {method}: {}", cells(&outcome).join(", "));
                outcomes.push(outcome);
            }
        }
    }
    let report = Report {
        base: &options.base,
        new: &options.new,
        vectors: &options.vectors,
        descriptions: options.descriptions.as_ref(),
        options: settings,
        queries: options.queries,
        relations: names,
        outcomes,
    };
    if let Some(out) = &options.out {
        write_file(out, |out| {
            serde_json::to_writer_pretty(&mut *out, &report)?;
            writeln!(out)
        })?;
    }
    if options.json {
        json::print(&report)?;
    } else {
        stdout().write_all(table(&report, &options.none).as_bytes())?;
    }
    Ok(exit::SUCCESS)
}

fn read(options: &EpisodesOptions, paths: &[PathBuf]) -> Result<Vec<Corpus>, Error> {
    let needs = Needs::default().and_labels();
    paths.iter().map(|path| read_corpus(path, &options.reading, options.tokenizer, needs)).collect()
}

fn instances(corpora: &[Corpus]) -> Vec<&Instance> {
    corpora.iter().flat_map(|corpus| &corpus.instances).collect()
}

/// Accuracies in per cent, one for each share of queries without.
fn cells(outcome: &Outcome) -> Vec<String> {
    let cell = |accuracy: &mlrc::episodes::Accuracy| {
        format!("{:.1} ± {:.1}", 100.0 * accuracy.mean, 100.0 * accuracy.interval)
    };
    outcome.accuracies.iter().map(cell).collect()
}

/// A table in Markdown.
fn table(report: &Report, none: &[f64]) -> String {
    use std::fmt::Write as _;

    let columns: Vec<String> = none.iter().map(|rate| format!("none {:.0} %", 100.0 * rate)).collect();
    let mut out = format!("| relations | shots | method | {} |\n|--:|--:|---|", columns.join(" | "));
    out.push_str(&"--:|".repeat(columns.len()));
    out.push('\n');
    for outcome in &report.outcomes {
        let Outcome { way, shot, method, .. } = outcome;
        let _ = writeln!(out, "| {way} | {shot} | {method} | {} |", cells(outcome).join(" | "));
    }
    let _ = writeln!(
        out,
        "\nAccuracy in per cent: mean of {} of new relations ± half the width of its 95 % interval over episodes. In `none` per cent of \
         the queries, none of the relations is right.",
        counted(report.options.episodes, "episode")
    );
    out
}
