//! `mlrc adapt`: new relations, or more examples of known ones, into a trained model.
//!
//! The model is trained again as it was, on what it keeps of its training data and the examples, so that the result is the model
//! that training on all of it gives. The rest is a run like any other: `train` carries it out, and resumes it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::corpus::{Corpus, Instance, counted};
use mlrc::device::Device;
use mlrc::run::{Estimate, RunOptions, Training};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::train::{Data, Manner, Planned, carry_out, completed, hash, resume};
use super::{Needs, read_corpus, warn_of_foreign, warn_of_missing_layers};
use crate::cli::AdaptOptions;
use crate::error::Error;
use crate::kept::{Kept, parse};
use crate::lock::Lock;
use crate::progress::Progress;
use crate::run_folder::{Adapted, OldRelations, Request, check_output_folder};

/// Runs the command.
pub fn run(options: &AdaptOptions) -> Result<ExitCode, Error> {
    let target = options.resume.as_ref().or(options.out.as_ref());
    let lock = target.filter(|out| out.is_dir()).map(|out| Lock::alone(out)).transpose()?;
    let manner = Manner {
        resumes: options.resume.is_some(),
        force: options.force,
        quiet: options.quiet,
        json: options.json,
        device: Device::default(),
    };
    let planned = match &options.resume {
        Some(out) => resume(out)?,
        None => plan(options)?,
    };
    carry_out(planned, lock, &manner, None)
}

fn plan(options: &AdaptOptions) -> Result<Planned, Error> {
    let given = |path: &Option<PathBuf>| path.clone().expect("the argument parser requires it");
    let (model, out, examples) = (given(&options.model), given(&options.out), given(&options.examples));
    check_output_folder(&out, options.force)?;
    let classifier = RelationClassifier::load(&model)?;
    let mut request = request(&classifier, &model, options)?;
    let needs = Needs::of(classifier.learner()).and_labels();
    let read = |path: &Path| read_corpus(path, &options.reading, classifier.tokenizer, needs);

    let added = read(&examples)?;
    let skipped = added.skipped.len();
    say_what_is_foreign(&classifier, &added);
    let new_relations = relations(&added.instances, |label| !classifier.labels().contains(label));
    let progress = Progress::new(options.quiet);
    progress.note(&counted_examples(&added, &new_relations));
    let kept = match (&options.train, Kept::by(&classifier)) {
        (Some(train), _) => read(train)?.instances,
        (None, Some(kept)) => kept.read(&model)?,
        (None, None) => return Err(keeps_none(&model)),
    };
    let lost = classifier.labels().iter().filter(|label| !has(&kept, label) && !has(&added.instances, label));
    let lost: Vec<&str> = lost.map(String::as_str).collect();
    if !lost.is_empty() {
        say!(
            "warning: no sentence has these relations of the model, which the new one will not know: {}",
            lost.join(", ")
        );
    }
    let before = before(&classifier, options.dev.as_deref(), &read)?;
    let count = added.instances.len();
    let (of_file, content) = Kept::of(&joined(kept, added.instances, &examples))?;
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    request.train = absolute(&out).join(&of_file.file);
    request.keep_data = !options.forget;
    request.adapted = Some(Adapted {
        model: absolute(&model),
        examples: absolute(&examples),
        added: count,
        new_relations,
        old_relations: classifier.labels().to_vec(),
        old_data: options.dev.as_deref().map(absolute),
        before,
    });
    request.check_names()?;
    request.note_content();
    check_vectors(&mut request)?;
    let train = parse(&content, &request.train)?;
    let (mut data, dev) = Data::with(train, &request, classifier.learner())?;
    data.skipped += skipped;
    let training = Training::with_options(request.options.clone());
    let training = completed(training, &request, &data, dev);
    Ok(Planned { request, data, training, out, examples: Some((of_file, content)) })
}

/// The request that the model was trained by, without its training data.
fn request(classifier: &RelationClassifier, model: &Path, options: &AdaptOptions) -> Result<Request, Error> {
    let provenance = &classifier.provenance;
    let unknown = |what: &str| {
        Error::new(format!("{}: its manifest does not say {what} it was trained with", model.display()))
            .help("train a new model with all data: `mlrc train`")
    };
    let run: RunOptions = said(&provenance["options"]).ok_or_else(|| unknown("which options"))?;
    if run.rest_unlabelled {
        return Err(Error::new(format!(
            "{}: it has learnt from the rest of its training file without labels (rest_unlabelled), which it does not keep",
            model.display()
        ))
        .help("train a new model with all data: `mlrc train`"));
    }
    // What is kept is what the fraction drew.
    let run = RunOptions { fraction: 1.0, ..run };
    let path = |key: &str| said::<PathBuf>(&provenance[key]);
    let mut request = Request {
        train: PathBuf::new(),
        dev: path("dev"),
        test: None,
        unlabelled: path("unlabelled"),
        descriptions: path("descriptions"),
        cross_validation: None,
        vectors: path("vectors"),
        vectors_hash: said(&provenance["vectors_hash"]),
        hashes: said(&provenance["hashes"]).unwrap_or_default(),
        reading: said(&provenance["reading"]).unwrap_or_default(),
        tokenizer: classifier.tokenizer,
        scorer: Some(options.scorer.clone().unwrap_or_else(|| classifier.scorer())),
        options: run,
        keep_data: true,
        adapted: None,
        replaces: None,
    };
    if let Some(vectors) = &options.vectors {
        request.vectors = Some(std::path::absolute(vectors).unwrap_or_else(|_| vectors.clone()));
    }
    for path in
        [&request.dev, &request.unlabelled, &request.descriptions, &request.vectors].into_iter().flatten()
    {
        if !path.exists() {
            return Err(Error::new(format!(
                "{}: the model was trained with it, but it is not there",
                path.display()
            ))
            .help("put it back; an encoder or word vectors may be elsewhere: --vectors"));
        }
    }
    request.check_content()?;
    Ok(request)
}

/// Refuses vectors that are not those that the model was trained with.
fn check_vectors(request: &mut Request) -> Result<(), Error> {
    let Some(vectors) = &request.vectors else { return Ok(()) };
    let found = hash(vectors);
    if request.vectors_hash.is_some() && found != request.vectors_hash {
        return Err(Error::new(format!(
            "{}: these are not the vectors that the model was trained with",
            vectors.display()
        ))
        .help("--vectors says where those are"));
    }
    request.vectors_hash = found;
    Ok(())
}

/// A value of the manifest, if it has it.
fn said<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

fn keeps_none(model: &Path) -> Error {
    Error::new(format!(
        "{}: it keeps none of its training data, and without them the old relations cannot be kept apart from new ones",
        model.display()
    ))
    .help("give them with --train FILE; what `mlrc train` makes keeps them (unless --keep-data none)")
}

fn has(instances: &[Instance], label: &str) -> bool {
    instances.iter().any(|instance| instance.relation.as_deref() == Some(label))
}

/// The relations of instances that are wanted, sorted.
fn relations(instances: &[Instance], is_wanted: impl Fn(&String) -> bool) -> Vec<String> {
    let all = instances.iter().filter_map(|instance| instance.relation.as_ref());
    let mut relations: Vec<String> = all.filter(|label| is_wanted(label)).cloned().collect();
    relations.sort();
    relations.dedup();
    relations
}

/// `7 examples: 5 of founded (new), 2 of located`
fn counted_examples(examples: &Corpus, new_relations: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in examples.instances.iter().filter_map(|instance| instance.relation.as_deref()) {
        *counts.entry(label).or_default() += 1;
    }
    let of = |(label, count): (&str, usize)| {
        let new = if new_relations.iter().any(|new| new == label) { " (new)" } else { "" };
        format!("{count} of {label}{new}")
    };
    let parts: Vec<String> = counts.into_iter().map(of).collect();
    format!("{}: {}", counted(examples.instances.len(), "example"), parts.join(", "))
}

fn say_what_is_foreign(classifier: &RelationClassifier, examples: &Corpus) {
    if let Some(instance) = examples.instances.first() {
        warn_of_missing_layers(classifier, instance);
    }
    warn_of_foreign(classifier.model(), &examples.instances, &examples.path.display().to_string());
}

/// How good the model is on its relations: by leaving sentences out, if it did so in training, else on the data given.
fn before(
    classifier: &RelationClassifier,
    data: Option<&Path>,
    read: &impl Fn(&Path) -> Result<Corpus, Error>,
) -> Result<Option<OldRelations>, Error> {
    if let Some(path) = data {
        return Ok(Some(on_data(classifier, &read(path)?, classifier.labels())?));
    }
    let estimate: Option<Estimate> = said(&classifier.provenance["estimate"]);
    Ok(estimate.and_then(|estimate| by_leaving_out(&estimate, classifier.labels())))
}

/// How many of the training instances of these relations are answered right when they are left out, if that is known.
pub(super) fn by_leaving_out(estimate: &Estimate, relations: &[String]) -> Option<OldRelations> {
    let of_them = estimate.relations.iter().filter(|of| relations.contains(&of.relation));
    let (instances, right) =
        of_them.fold((0, 0), |(instances, right), of| (instances + of.instances, right + of.right));
    (instances > 0).then_some(OldRelations { instances, right, left_out: true })
}

/// How many instances of these relations in labelled data are answered right.
pub(super) fn on_data(
    classifier: &RelationClassifier,
    corpus: &Corpus,
    relations: &[String],
) -> Result<OldRelations, Error> {
    let is_of_them =
        |instance: &&Instance| instance.relation.as_ref().is_some_and(|label| relations.contains(label));
    let instances: Vec<Instance> = corpus.instances.iter().filter(is_of_them).cloned().collect();
    if instances.is_empty() {
        return Err(Error::new(format!("{}: it has no sentence of an old relation", corpus.path.display())));
    }
    let answers = classifier.classify(&instances)?;
    let right = instances
        .iter()
        .zip(&answers)
        .filter(|(one, answer)| one.relation.as_deref() == Some(answer.label()));
    Ok(OldRelations { instances: instances.len(), right: right.count(), left_out: false })
}

/// What adapting cost on the old relations.
pub(super) fn cost_text(before: Option<&OldRelations>, after: Option<&OldRelations>) -> String {
    let (Some(before), Some(after)) = (before, after) else {
        return "what it cost on the old relations is not known: the learner cannot leave sentences out; --dev FILE, with labelled \
                sentences of them that it was not trained on, tells"
            .to_owned();
    };
    let share = |of: &OldRelations| 100.0 * of.right as f64 / of.instances as f64;
    let how = if after.left_out { "each sentence left out in turn" } else { "on the development data" };
    format!(
        "old relations: {:.1} % right before, {:.1} % after ({how}; {})",
        share(before),
        share(after),
        counted(after.instances, "sentence")
    )
}

/// All instances, the new ones at the end. If an identifier of these is taken, it is preceded by the name of their file.
fn joined(mut kept: Vec<Instance>, added: Vec<Instance>, file: &Path) -> Vec<Instance> {
    let mut taken: HashSet<String> = kept.iter().map(|instance| instance.id.clone()).collect();
    let stem = file.file_stem().map_or_else(|| "examples".into(), |stem| stem.to_string_lossy());
    for mut instance in added {
        let own = instance.id.clone();
        let mut number = 1;
        while !taken.insert(instance.id.clone()) {
            instance.id =
                if number == 1 { format!("{stem}:{own}") } else { format!("{stem}-{number}:{own}") };
            number += 1;
        }
        kept.push(instance);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_are_taken_are_named_by_the_file() {
        let of = |ids: &[&str]| -> Vec<Instance> {
            let sentence =
                Instance::marked("<e1>a</e1> <e2>b</e2>", mlrc::corpus::Tokenizer::default()).unwrap();
            ids.iter().map(|id| Instance { id: (*id).to_owned(), ..sentence.clone() }).collect()
        };
        let all = joined(of(&["1", "2", "new:2"]), of(&["2", "3", "1"]), Path::new("some/new.jsonl"));
        let ids: Vec<&str> = all.iter().map(|instance| &instance.id[..]).collect();
        assert_eq!(ids, ["1", "2", "new:2", "new-2:2", "3", "new:1"]);
    }

    #[test]
    fn the_cost_is_said_or_what_would_tell_it() {
        let of = |right, left_out| OldRelations { instances: 40, right, left_out };
        assert_eq!(
            cost_text(Some(&of(30, true)), Some(&of(29, true))),
            "old relations: 75.0 % right before, 72.5 % after (each sentence left out in turn; 40 sentences)"
        );
        let on_data = cost_text(Some(&of(30, false)), Some(&of(30, false)));
        assert!(on_data.ends_with("75.0 % after (on the development data; 40 sentences)"), "{on_data}");
        assert!(cost_text(None, Some(&of(1, true))).contains("--dev FILE"));
    }
}
