//! One file for each command.

mod abstaining;
pub mod adapt;
pub mod check;
pub mod compare;
pub mod convert;
pub mod demo;
pub mod episodes;
pub mod evaluate;
pub mod experiment;
pub mod explain;
pub mod fetch;
pub mod pairs;
pub mod predict;
pub mod presets;
pub mod show;
pub mod suggest;
pub mod synth;
pub mod train;
pub mod tune;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use mlrc::RelationClassifier;
use mlrc::corpus::{Corpus, CorpusError, Format, Instance, Notice, ReadOptions, Tokenizer, counted, grouped};
use mlrc::files::write_atomically;
use mlrc::learner::{Foreign, Layer, LearnerConfig, Model, RepairedTree};
use mlrc::run::Warning;

use crate::cli::ReadingOptions;
use crate::error::Error;
use crate::progress::Progress;

/// Reads a corpus and passes its warnings on.
fn read_corpus(
    path: &Path,
    reading: &ReadingOptions,
    tokenizer: Tokenizer,
    needs: Needs,
) -> Result<Corpus, Error> {
    let corpus = read_file(path, &read_options(reading, tokenizer, needs))?;
    say_few("warning", &corpus.warnings);
    say_few("skipped", corpus.skipped.iter().map(CorpusError::notice));
    if !corpus.skipped.is_empty() {
        say!(
            "{}: {} read, {} skipped",
            path.display(),
            counted(corpus.instances.len(), "instance"),
            corpus.skipped.len()
        );
    }
    Ok(corpus)
}

/// The instances of a file, or of stdin if the path is `-`.
fn read_file(path: &Path, options: &ReadOptions) -> Result<Corpus, Error> {
    if path != Path::new("-") {
        return Ok(Corpus::read(path, options)?);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| Error::new(format!("<stdin>: {error}")))?;
    Ok(Corpus::from_bytes(&bytes, "<stdin>", options)?)
}

/// Says what there is to say of data, a flood of one kind in three messages and a count.
fn say_few<'a>(what: &str, notices: impl IntoIterator<Item = &'a Notice>) {
    for group in grouped(notices) {
        group.shown.iter().for_each(|notice| say!("{what}: {notice}"));
        if group.more() > 0 {
            say!("{what}: … {} more like these", group.more());
        }
    }
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
        Self { labels: false, heads: learner.card().required_layers.contains(&Layer::Heads) }
    }

    /// The same, and labels.
    fn and_labels(self) -> Self {
        Self { labels: true, ..self }
    }
}

/// Refuses to overwrite an input file and, unless `force`, any other. Devices and pipes are written to.
fn check_output(out: &Path, inputs: &[&Path], force: bool) -> Result<(), Error> {
    if out == Path::new("-") {
        return Ok(());
    }
    if inputs.iter().any(|input| is_same_file(out, input)) {
        return Err(Error::new(format!("{} is an input and would be overwritten", out.display()))
            .help("choose another file for the output"));
    }
    if !force && out.is_file() {
        return Err(Error::new(format!("{} already exists", out.display()))
            .help("choose another file, or replace it with --force"));
    }
    Ok(())
}

/// Whether two paths lead to one file, whether or not it exists yet.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| -> Option<PathBuf> {
        path.canonicalize().ok().or_else(|| {
            let absolute = std::path::absolute(path).ok()?;
            let folder = absolute.parent().and_then(|folder| folder.canonicalize().ok());
            Some(
                folder
                    .map_or(absolute.clone(), |folder| folder.join(absolute.file_name().unwrap_or_default())),
            )
        })
    };
    place(one).is_some_and(|one| Some(one) == place(other))
}

fn read_options(reading: &ReadingOptions, tokenizer: Tokenizer, needs: Needs) -> ReadOptions {
    ReadOptions {
        format: reading.input_format,
        skip_bad: reading.skip_bad,
        keep_empty: false,
        require_relation: needs.labels,
        require_heads: needs.heads,
        tokenizer,
        pairs: reading.pairs.clone().unwrap_or_default(),
        columns: reading.columns.clone(),
    }
}

/// Writes instances to a file, or to stdout if the path is `-`.
fn write_corpus(path: &Path, instances: &[Instance], format: Format) -> Result<(), Error> {
    write_file(path, |out| format.write(instances, out))
}

/// Warns of instances that cannot be read as they are: of dependency trees that had to be repaired, and sentences that are
/// too long.
fn warn_of_odd_instances<'a>(
    classifier: &RelationClassifier,
    instances: impl IntoIterator<Item = &'a Instance>,
) {
    let (mut repaired, mut in_windows, mut cropped) = (Vec::new(), 0, 0);
    for instance in instances {
        let remarks = classifier.model().remarks(instance);
        in_windows += usize::from(remarks.in_windows);
        cropped += usize::from(remarks.is_cropped);
        repaired.extend(RepairedTree::new(instance, remarks.repairs));
    }
    let repaired = repaired.into_iter().map(|tree| format!("warning: {tree}"));
    Progress::new(false).note_few(repaired, "such tree");
    if in_windows > 0 {
        say!("warning: {}", Warning::ReadInWindows { instances: in_windows });
    }
    if cropped > 0 {
        say!("warning: {}", Warning::Cropped { instances: cropped });
    }
}

/// Warns if many words, tags or types of the instances are unknown to the model.
fn warn_of_foreign<'a>(model: &dyn Model, instances: impl IntoIterator<Item = &'a Instance>, what: &str) {
    let mut all = Foreign::default();
    instances.into_iter().for_each(|instance| all += model.foreign(instance));
    Warning::of_foreign(what, &all).iter().for_each(|warning| say!("warning: {warning}"));
}

/// Warns if the model reads annotation or entity types that an instance lacks.
fn warn_of_missing_layers(classifier: &RelationClassifier, instance: &Instance) {
    let remarks = classifier.model().remarks(instance);
    if !remarks.missing_layers.is_empty() {
        let names: Vec<String> = remarks.missing_layers.iter().map(ToString::to_string).collect();
        say!(
            "warning: the model was trained with {} but the data has none, so predictions will be worse; \
             for raw text, train with --no-annotations",
            names.join(" and ")
        );
    }
    if remarks.untyped {
        say!(
            "warning: the model replaces entities with their types but the data has none, so predictions \
             will be worse; for raw text, train with --masking off"
        );
    }
}

/// Writes a file atomically, or to stdout if the path is `-`.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    if path == Path::new("-") {
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        write(&mut stdout)?;
        return Ok(stdout.flush()?);
    }
    write_atomically(path, |out| write(out))
        .map_err(|error| Error::new(format!("{}: {error}", path.display())))
}

/// The words with `<e1>…</e1>` and `<e2>…</e2>` around the entities.
fn marked(instance: &Instance) -> String {
    let mut words = instance.tokens.clone();
    // The inner one first: markers of the outer one go around it.
    for (place, entity) in instance.longest_entity_first().into_iter().rev() {
        let name = ["e1", "e2"][place];
        let (first, last) = (entity.span.start, entity.span.end - 1);
        words[first] = format!("<{name}>{}", words[first]);
        words[last] = format!("{}</{name}>", words[last]);
    }
    words.join(" ")
}
