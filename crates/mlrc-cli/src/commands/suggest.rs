//! `mlrc suggest`: which sentences to label next.

mod simulation;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::classifier::Prediction;
use mlrc::corpus::{Corpus, Instance, Span, counted};
use mlrc::resources::{Resources, TokenVectors};
use mlrc::suggest::{Choosing, FIRST, Pool, Strategy, Suggestion, by_pool, margin, of_pool, suggest};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Needs, check_output, marked, read_corpus, write_file};
use crate::cli::SuggestOptions;
use crate::error::Error;
use crate::exit;

/// Runs the command.
pub fn run(options: &SuggestOptions) -> Result<ExitCode, Error> {
    if options.simulate.is_some() {
        return simulation::run(options);
    }
    let (model, pool) = match &options.paths[..] {
        [pool] => (None, pool),
        [model, pool, ..] => (Some(RelationClassifier::load(model)?), pool),
        [] => unreachable!("there is at least one path"),
    };
    let inputs: Vec<&Path> = options.already.iter().chain([pool]).map(std::path::PathBuf::as_path).collect();
    check_output(&options.out, &inputs, options.force)?;
    let tokenizer = model.as_ref().map_or(options.tokenizer, |model| model.tokenizer);
    let needs = model.as_ref().map_or_else(Needs::default, |model| Needs::of(model.learner()));
    let read = |path: &Path| read_corpus(path, &options.reading, tokenizer, needs);
    let corpus = read(pool)?;
    let already = options.already.iter().map(|path| read(path)).collect::<Result<Vec<Corpus>, Error>>()?;
    let left_out = [&corpus].into_iter().chain(&already).map(|corpus| corpus.skipped.len()).sum();
    let already: Vec<&Instance> = already.iter().flat_map(|corpus| &corpus.instances).collect();

    let known: HashSet<_> = already.iter().map(|instance| pair_of(instance)).collect();
    let mut met = HashSet::new();
    let candidates: Vec<&Instance> = (corpus.instances.iter())
        .filter(|instance| !known.contains(&pair_of(instance)) && met.insert(pair_of(instance)))
        .collect();
    if candidates.len() < corpus.instances.len() {
        let fewer = corpus.instances.len() - candidates.len();
        say!("{} labelled already or twice in the pool: not considered", counted(fewer, "sentence"));
    }
    if candidates.is_empty() {
        return Err(Error::new(format!("{}: no sentence is left to label", pool.display())));
    }

    let [features, labelled] = features(model.as_ref(), options, &candidates, &already)?;
    let instances: Vec<Instance> = candidates.iter().map(|&instance| instance.clone()).collect();
    let answers = model.as_ref().map(|model| model.classify(&instances)).transpose()?;
    let probabilities: Option<Vec<Vec<f32>>> =
        answers.as_ref().map(|answers| answers.iter().map(by_rank).collect());
    let choosing = Choosing {
        count: options.count,
        strategy: options.strategy,
        random: options.random_share,
        labelled: model.as_ref().map_or(already.len(), |model| trained_on(model).max(already.len())),
        seed: options.seed,
    };
    let sentences =
        Pool { features: &features, labelled: &labelled, probabilities: probabilities.as_deref() };
    let suggestions = suggest(&sentences, &choosing).map_err(|error| {
        Error::new(error.to_string())
            .help("train one on what is labelled: `mlrc train`, then `mlrc suggest MODEL POOL`")
    })?;
    write_file(&options.out, |out| {
        for suggestion in &suggestions {
            let answer = answers.as_ref().map(|answers| {
                let answer = &answers[suggestion.place];
                (answer.label(), margin(&by_rank(answer)))
            });
            write_suggestion(out, suggestion, candidates[suggestion.place], answer)?;
        }
        Ok(())
    })?;
    explain(&suggestions, options.strategy);
    if model.is_none() && already.len() >= FIRST {
        say!(
            "with a model of what is labelled, the choice is better: `mlrc train`, then `mlrc suggest MODEL POOL`"
        );
    }
    Ok(exit::ended(left_out))
}

/// The probabilities of an answer, the greatest first.
fn by_rank(answer: &Prediction) -> Vec<f32> {
    answer.ranking().into_iter().map(|(_, probability)| probability).collect()
}

/// A sentence and its entities.
fn pair_of(instance: &Instance) -> (&[String], Span, Span) {
    (&instance.tokens, instance.subject.span, instance.object.span)
}

/// How many sentences a model was trained on, if it says so.
fn trained_on(model: &RelationClassifier) -> usize {
    let of = |key: &str| model.provenance["data"][key].as_u64();
    of("train").or_else(|| model.provenance["estimate"]["instances"].as_u64()).unwrap_or(FIRST as u64)
        as usize
}

/// The sentences as vectors, standardised by the candidates.
fn features(
    model: Option<&RelationClassifier>,
    options: &SuggestOptions,
    candidates: &[&Instance],
    already: &[&Instance],
) -> Result<[Vec<Vec<f32>>; 2], Error> {
    if let (Some(model), None) = (model, &options.vectors) {
        let read = |instances: &[&Instance]| model.model().features(instances);
        if let (Some(mut pool), Some(mut others)) = (read(candidates)?, read(already)?) {
            by_pool(&mut pool, &mut others);
            return Ok([pool, others]);
        }
    }
    let Some(path) = &options.vectors else {
        let problem = match model {
            Some(model) => format!("the learner {} has no vectors of sentences", model.learner().name()),
            None => "without a model, sentences can only be compared by vectors".to_owned(),
        };
        return Err(Error::new(problem)
            .help("add `--vectors minilm`, the folder of a pretrained encoder (`mlrc fetch minilm`)"));
    };
    let resources = Resources::of_vectors(TokenVectors::open(path)?.0);
    of_pool(candidates, already, &resources).map_err(|error| Error::new(error.to_string()))
}

/// A line for an annotator.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    /// For people.
    sentence: String,
    /// To be filled in.
    relation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guess: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    margin: Option<f64>,
    strategy: Strategy,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

fn write_suggestion(
    out: &mut dyn Write,
    suggestion: &Suggestion,
    instance: &Instance,
    answer: Option<(&str, f32)>,
) -> io::Result<()> {
    // Labels that the pool may have are not given away.
    let unlabelled = Instance { relation: None, ..instance.clone() };
    let mut written = Vec::new();
    mlrc::corpus::Format::JSONL.write(&[unlabelled], &mut written)?;
    let mut rest: Map<String, Value> = serde_json::from_slice(&written)?;
    rest.remove("id");
    let line = Line {
        id: &instance.id,
        sentence: marked(instance),
        relation: None,
        guess: answer.map(|(label, _)| label),
        margin: answer.map(|(_, margin)| (f64::from(margin) * 1e4).round() / 1e4),
        strategy: suggestion.strategy,
        rest,
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

/// Says how many were chosen how, and why some are random.
fn explain(suggestions: &[Suggestion], strategy: Option<Strategy>) {
    let by = |strategy: &Strategy| suggestions.iter().filter(|s| s.strategy == *strategy).count();
    let parts: Vec<String> = Strategy::ALL
        .iter()
        .filter(|strategy| by(strategy) > 0)
        .map(|strategy| format!("{} by {strategy}", by(strategy)))
        .collect();
    say!("{} to label: {}", counted(suggestions.len(), "sentence"), parts.join(", "));
    let random = by(&Strategy::Random);
    if random == 0 {
        say!(
            "none is random, so the estimate of a model that is trained on them will be too low: they were chosen for being \
             hard or odd"
        );
    } else if strategy != Some(Strategy::Random) {
        say!(
            "{random} of them at random: only these tell how good a model is, as the others were chosen for being hard or \
             odd; keep them as test data, or look at them by `strategy`"
        );
    }
    say!("write the relation of each into `relation`; `mlrc train --train FILE` reads the file");
}
