//! `mlrc compare`: models, or files of answers, on the same data.

mod text;

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::corpus::{Corpus, Instance, counted, suggest};
use mlrc::escape::terminal;
use mlrc::scoring::{FiledAnswer, Scorer, read_predictions};
use mlrc_experiment::systems::{Answers, Systems};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Needs, check_output, marked, read_corpus, warn_of_foreign, warn_of_missing_layers, warn_of_odd_instances,
    write_file,
};
use crate::cli::CompareOptions;
use crate::error::Error;
use crate::{exit, json};

/// What is compared.
enum Source {
    Model(Box<RelationClassifier>),
    Filed(Vec<FiledAnswer>),
}

/// What `--json` writes.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    compared: &'a Systems,
    scorer: &'a Scorer,
    instances: usize,
    /// Sentences to which not all give the same answer: the first `--sentences` of them.
    sentences: Vec<Value>,
    /// Instances that were not read and are in none of the figures, if there are any.
    #[serde(skip_serializing_if = "json::is_zero")]
    left_out: usize,
}

/// Runs the command.
pub fn run(options: &CompareOptions) -> Result<ExitCode, Error> {
    if let Some(out) = &options.out {
        let inputs: Vec<&Path> =
            options.systems.iter().chain([&options.data]).map(PathBuf::as_path).collect();
        check_output(out, &inputs, options.force)?;
    }
    let sources: Vec<Source> = options.systems.iter().map(|path| source(path)).collect::<Result<_, _>>()?;
    let corpus = read(options, &sources)?;
    let names: Vec<String> = options.systems.iter().map(|path| path.display().to_string()).collect();
    let mut labels = Labels::of(&corpus, &sources);
    let mut all = Vec::new();
    for (source, name) in sources.iter().zip(&names) {
        let given = match source {
            Source::Model(classifier) => classified(classifier, &corpus, &mut labels)?,
            Source::Filed(answers) => matched(answers, name, &corpus, &mut labels, options.allow_missing)?,
        };
        all.push(Answers { name: name.clone(), labels: given });
    }
    let gold: Vec<usize> = corpus.instances.iter().map(|instance| labels.place(gold(instance))).collect();
    let scorer = scorer(options, &sources, &labels);
    let compared = Systems::compare(&scorer, &labels.names, &gold, &all)?;

    let differing: Vec<usize> = (0..gold.len())
        .filter(|&place| all.iter().any(|answers| answers.labels[place] != all[0].labels[place]))
        .collect();
    let sentence = |&place: &usize| {
        let instance = &corpus.instances[place];
        let of = |answers: &Answers| {
            let label = answers.labels[place].map(|label| labels.names[label].clone());
            json!({"system": answers.name, "relation": label})
        };
        json!({
            "id": instance.id,
            "sentence": marked(instance),
            "relation": instance.relation,
            "answers": all.iter().map(of).collect::<Vec<_>>(),
        })
    };
    if let Some(out) = &options.out {
        write_file(out, |out| differing.iter().try_for_each(|place| writeln!(out, "{}", sentence(place))))?;
        say!(
            "{} that they answer differently written to {}",
            counted(differing.len(), "sentence"),
            out.display()
        );
    }
    let shown: Vec<Value> = differing.iter().take(options.sentences).map(sentence).collect();
    let left_out = corpus.skipped.len();
    if options.json {
        let instances = gold.len();
        json::print(&Report { compared: &compared, scorer: &scorer, instances, sentences: shown, left_out })?;
    } else {
        let text = text::text(&compared, &corpus.path.display().to_string(), &shown, differing.len());
        write!(io::stdout(), "{}", terminal(&text))?;
    }
    Ok(exit::ended(left_out))
}

/// A model if it is a folder, otherwise a file of answers.
fn source(path: &Path) -> Result<Source, Error> {
    if path.is_dir() {
        return Ok(Source::Model(Box::new(RelationClassifier::load(path)?)));
    }
    let answers = read_predictions(path).map_err(|error| {
        Error::new(error.to_string())
            .help("give the folder of a model, or what `mlrc predict` writes in any of its formats")
    })?;
    if answers.is_empty() {
        return Err(Error::new(format!("{}: it has no answers", path.display())));
    }
    Ok(Source::Filed(answers))
}

/// The data, read as the models need it.
fn read(options: &CompareOptions, sources: &[Source]) -> Result<Corpus, Error> {
    let models: Vec<&RelationClassifier> = sources
        .iter()
        .filter_map(|source| match source {
            Source::Model(classifier) => Some(&**classifier),
            Source::Filed(_) => None,
        })
        .collect();
    let tokenizer = models.first().map_or(options.tokenizer, |classifier| classifier.tokenizer);
    if let Some(other) = models.iter().find(|classifier| classifier.tokenizer != tokenizer) {
        return Err(Error::new(format!(
            "the models split raw text in different ways ({tokenizer} and {}), so the data would not be the same",
            other.tokenizer
        ))
        .help("write the answers of each with `mlrc predict MODEL DATA --format jsonl`, and compare the files"));
    }
    let heads = models.iter().any(|classifier| Needs::of(classifier.learner()).heads);
    read_corpus(&options.data, &options.reading, tokenizer, Needs { labels: true, heads })
}

/// The scorer that was asked for, that of the first model, or the one that fits the data's labels.
fn scorer(options: &CompareOptions, sources: &[Source], labels: &Labels) -> Scorer {
    if let Some(scorer) = &options.scorer {
        return scorer.clone();
    }
    let own = |source: &Source| match source {
        Source::Model(classifier) => Some(classifier.scorer()),
        Source::Filed(_) => None,
    };
    let all: Vec<Scorer> = sources.iter().filter_map(own).collect();
    let Some(first) = all.first() else { return Scorer::for_labels(&labels.names[..labels.known]) };
    if let Some(other) = all.iter().find(|scorer| *scorer != first) {
        say!(
            "scored with {first}, the scorer of the first model; another was trained with {other} (--scorer chooses)"
        );
    }
    first.clone()
}

fn gold(instance: &Instance) -> &str {
    instance.relation.as_deref().expect("the data is read with labels only")
}

/// The labels of the data, then those of models, then what else is answered.
struct Labels {
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// How many of them the data or a model has.
    known: usize,
}

impl Labels {
    fn of(corpus: &Corpus, sources: &[Source]) -> Self {
        let mut labels = Self { names: Vec::new(), places: HashMap::new(), known: 0 };
        for instance in &corpus.instances {
            labels.place(gold(instance));
        }
        for source in sources {
            if let Source::Model(classifier) = source {
                classifier.labels().iter().for_each(|label| {
                    labels.place(label);
                });
            }
        }
        labels.known = labels.names.len();
        labels
    }

    /// The place of a label, which is added if it is new.
    fn place(&mut self, label: &str) -> usize {
        if let Some(&place) = self.places.get(label) {
            return place;
        }
        self.names.push(label.to_owned());
        self.places.insert(label.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    fn is_known(&self, label: &str) -> bool {
        self.places.get(label).is_some_and(|&place| place < self.known)
    }
}

/// What a model answers.
fn classified(
    classifier: &RelationClassifier,
    corpus: &Corpus,
    labels: &mut Labels,
) -> Result<Vec<Option<usize>>, Error> {
    if let Some(instance) = corpus.instances.first() {
        warn_of_missing_layers(classifier, instance);
    }
    warn_of_odd_instances(classifier, &corpus.instances);
    warn_of_foreign(classifier.model(), &corpus.instances, &corpus.path.display().to_string());
    let answers = classifier.classify(&corpus.instances)?;
    Ok(answers.iter().map(|answer| Some(labels.place(answer.label()))).collect())
}

/// The answers of a file, in the order of the data.
fn matched(
    answers: &[FiledAnswer],
    name: &str,
    corpus: &Corpus,
    labels: &mut Labels,
    allow_missing: bool,
) -> Result<Vec<Option<usize>>, Error> {
    let data = corpus.path.display();
    // Identifiers of a corpus are unique.
    let places = corpus.instances.iter().enumerate();
    let by_id: HashMap<&str, usize> = places.map(|(place, instance)| (&instance.id[..], place)).collect();
    let strangers = answers.iter().filter(|answer| !by_id.contains_key(&answer.id[..])).collect::<Vec<_>>();
    if let Some(first) = strangers.first() {
        return Err(Error::new(format!(
            "{name}:{}: no sentence of {data} has the id `{}` ({} of {} are unknown there)",
            first.line,
            first.id,
            counted(strangers.len(), "id"),
            answers.len()
        ))
        .help("the answers must be to the same file; `mlrc predict MODEL DATA` keeps the ids of DATA"));
    }
    check_labels(answers, name, corpus, labels)?;
    let mut given: Vec<Option<Option<usize>>> = vec![None; corpus.instances.len()];
    for answer in answers {
        given[by_id[&answer.id[..]]] = Some(answer.label.as_deref().map(|label| labels.place(label)));
    }
    if let Some(first) = given.iter().position(Option::is_none) {
        let missing = given.iter().filter(|answer| answer.is_none()).count();
        let what = format!(
            "{name}: {} of the {} of {data} have no answer, the first of them `{}`",
            missing,
            counted(given.len(), "sentence"),
            corpus.instances[first].id
        );
        if !allow_missing {
            return Err(Error::new(what)
                .help("--allow-missing counts them as not answered, as the official scorers do"));
        }
        say!("{what}: they count as not found");
    }
    Ok(given.into_iter().map(Option::flatten).collect())
}

/// Refuses labels that are probably meant to be others, warns of those that neither the data nor a model has.
fn check_labels(answers: &[FiledAnswer], name: &str, corpus: &Corpus, labels: &Labels) -> Result<(), Error> {
    let data = corpus.path.display();
    let unknown: Vec<(&FiledAnswer, &str)> = answers
        .iter()
        .filter_map(|answer| Some((answer, answer.label.as_deref()?)))
        .filter(|(_, label)| !labels.is_known(label))
        .collect();
    let known: Vec<&str> = labels.names[..labels.known].iter().map(String::as_str).collect();
    for (answer, label) in &unknown {
        let alike = known.iter().find(|known| known.eq_ignore_ascii_case(label)).copied();
        if let Some(meant) = alike.or_else(|| suggest(label, &known)) {
            return Err(Error::new(format!(
                "{name}:{}: no sentence of {data} has the label `{label}`; did you mean `{meant}`?",
                answer.line
            ))
            .help("write the labels of the answers as in the data"));
        }
    }
    let given = answers.iter().filter(|answer| answer.label.is_some()).count();
    let Some((first, label)) = unknown.first() else { return Ok(()) };
    if unknown.len() == given {
        return Err(Error::new(format!(
            "{name}:{}: no sentence of {data} has the label `{label}`, nor any other label of the file",
            first.line
        ))
        .help(format!("the labels of the data are {}", known.join(", "))));
    }
    let mut names: Vec<&str> = unknown.iter().map(|(_, label)| *label).collect();
    names.sort_unstable();
    names.dedup();
    say!(
        "warning: {name}: {} a label that no sentence of {data} has, and count as wrong: {}",
        if unknown.len() == 1 {
            "1 answer has".to_owned()
        } else {
            format!("{} answers have", unknown.len())
        },
        names.join(", ")
    );
    Ok(())
}
