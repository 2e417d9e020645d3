//! `mlrc explain`: what a model's prediction for a sentence is based on.

use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::corpus::{Format, Instance, InstanceStream};
use mlrc::files::write_atomically;

use super::{Needs, check_output, read_corpus, read_options, warn_of_missing_layers, warn_of_odd_instances};
use crate::cli::{ExplainOptions, ReadingOptions};
use crate::error::Error;
use crate::explain::{Explained, outline, picture};
use crate::{exit, json};

/// Runs the command.
pub fn run(options: &ExplainOptions) -> Result<ExitCode, Error> {
    let classifier = RelationClassifier::load(&options.model)?;
    if let Some(svg) = &options.svg {
        let inputs: Vec<&Path> = options.data.iter().map(PathBuf::as_path).collect();
        check_output(svg, &inputs, options.force)?;
    }
    let (instances, skipped) = match (&options.sentence, &options.data) {
        (Some(_), _) if Needs::of(classifier.learner()).heads => {
            return Err(Error::new("the model reads dependency trees, which a plain sentence does not have")
                .help(
                    "take sentences from a parsed file: mlrc explain MODEL --data FILE [--id ID]; \
                     docs/FORMATS.md says how to parse files",
                ));
        }
        (Some(sentence), _) => (vec![marked_sentence(sentence, &options.reading, &classifier)?], 0),
        (None, Some(data)) => chosen(options, data, &classifier)?,
        (None, None) => {
            return Err(Error::new("nothing to explain")
                .help("give a sentence with <e1>…</e1> and <e2>…</e2>, or --data FILE"));
        }
    };
    if let Some(instance) = instances.first() {
        warn_of_missing_layers(&classifier, instance);
    }
    warn_of_odd_instances(&classifier, &instances);
    let predictions = classifier.classify(&instances)?;
    let explained: Vec<Explained> = instances
        .into_iter()
        .zip(predictions)
        .map(|(instance, prediction)| Explained::new(&classifier, instance, prediction))
        .collect::<Result<_, _>>()?;
    if let Some(path) = &options.svg {
        let drawing = picture(&explained);
        write_atomically(path, |out| out.write_all(drawing.as_bytes()))
            .map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
        say!("figure written to {}", path.display());
    }
    if options.json {
        json::print(&explained.iter().map(Explained::json).collect::<Vec<_>>())?;
    } else {
        let mut stdout = io::stdout().lock();
        for one in &explained {
            writeln!(stdout, "{}", outline(one))?;
        }
    }
    Ok(exit::ended(skipped))
}

fn marked_sentence(
    sentence: &str,
    reading: &ReadingOptions,
    classifier: &RelationClassifier,
) -> Result<Instance, Error> {
    let mut read = read_options(reading, classifier.tokenizer, Needs::default());
    read.format = Some(Format::INLINE);
    let mut stream = InstanceStream::new(Cursor::new(sentence), "<sentence>", &read)?;
    let nothing = || Error::new("the sentence is empty; expected one with <e1>…</e1> and <e2>…</e2>");
    Ok(stream.next().ok_or_else(nothing)??)
}

/// The requested instances of a file, and how many of it were skipped.
fn chosen(
    options: &ExplainOptions,
    data: &Path,
    classifier: &RelationClassifier,
) -> Result<(Vec<Instance>, usize), Error> {
    let needs = Needs { labels: options.mistakes, ..Needs::of(classifier.learner()) };
    let corpus = read_corpus(data, &options.reading, classifier.tokenizer, needs)?;
    let (mut instances, skipped) = (corpus.instances, corpus.skipped.len());
    for id in &options.id {
        if !instances.iter().any(|instance| instance.id == *id) {
            return Err(Error::new(format!("{}: there is no instance `{id}`", data.display()))
                .help("instances without an identifier go by line number or, in a JSON array, by index"));
        }
    }
    if !options.id.is_empty() {
        instances.retain(|instance| options.id.contains(&instance.id));
    }
    if options.mistakes {
        let wrong: Vec<bool> = classifier
            .classify(&instances)?
            .iter()
            .zip(&instances)
            .map(|(prediction, instance)| instance.relation.as_deref() != Some(prediction.label()))
            .collect();
        let all = wrong.len();
        let mut wrong = wrong.into_iter();
        instances.retain(|_| wrong.next().unwrap_or(false));
        say!("{} of {all} misclassified", instances.len());
    }
    if options.id.is_empty() && instances.len() > options.limit {
        say!("explaining the first {} of {} (--limit N to change)", options.limit, instances.len());
        instances.truncate(options.limit);
    }
    Ok((instances, skipped))
}
