//! A run's folder: the request (`run.json`), the log (`log.jsonl`), the checkpoint and, finally, the model.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mlrc::classifier::MANIFEST;
use mlrc::corpus::{Format, Tokenizer};
use mlrc::files::Sink;
use mlrc::run::{CrossValidation, Event, Progress, RunOptions};
use mlrc::scoring::Scorer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::ReadingOptions;
use crate::error::Error;
use crate::lock::LOCK;

pub const RUN: &str = "run.json";
pub const LOG: &str = "log.jsonl";
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// Meta-iterations between two lines of the log.
const LOG_EVERY: usize = 50;

/// What was requested, as stored in `run.json` for resuming.
#[derive(Serialize, Deserialize)]
pub struct Request {
    pub train: PathBuf,
    pub dev: Option<PathBuf>,
    pub test: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlabelled: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptions: Option<PathBuf>,
    /// Found before the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validation: Option<CrossValidation>,
    pub vectors: Option<PathBuf>,
    /// Hash of the vectors' content; a run is resumed only with the same vectors.
    #[serde(default)]
    pub vectors_hash: Option<String>,
    /// Hashes of the content of the data files, by path; a run is resumed only with the same data.
    #[serde(default)]
    pub hashes: BTreeMap<PathBuf, String>,
    #[serde(flatten)]
    pub reading: ReadingOptions,
    pub tokenizer: Tokenizer,
    pub scorer: Option<Scorer>,
    pub options: RunOptions,
    /// Whether the model is to keep its training data.
    #[serde(default = "yes")]
    pub keep_data: bool,
    /// What is adapted, if a model is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapted: Option<Adapted>,
    /// The manifest's hash of the model that was there when the run began and stays until there is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// Early requests do not say.
fn yes() -> bool {
    true
}

/// The model that a run adapts. Its training file is that of the model and the examples, in the folder of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adapted {
    pub model: PathBuf,
    pub examples: PathBuf,
    /// Number of examples.
    pub added: usize,
    /// Relations that the model did not know.
    pub new_relations: Vec<String>,
    /// Relations that it knew.
    pub old_relations: Vec<String>,
    /// Labelled data of these, to measure what adapting cost.
    pub old_data: Option<PathBuf>,
    /// How good the model was on them.
    pub before: Option<OldRelations>,
}

/// How many instances of the old relations are answered right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldRelations {
    pub instances: usize,
    pub right: usize,
    /// Whether they are training instances that were left out, rather than other data.
    pub left_out: bool,
}

impl Request {
    /// The data files.
    fn data(&self) -> impl Iterator<Item = &PathBuf> {
        let old = self.adapted.as_ref().and_then(|adapted| adapted.old_data.as_ref());
        let others = [&self.dev, &self.test, &self.unlabelled, &self.descriptions].map(Option::as_ref);
        std::iter::once(&self.train).chain(others.into_iter().chain([old]).flatten())
    }

    /// How the training file is read: what is adapted was read before, and has been written as JSON lines.
    pub fn reading_of_train(&self) -> ReadingOptions {
        match self.adapted {
            Some(_) => ReadingOptions { input_format: Some(Format::JSONL), ..ReadingOptions::default() },
            None => self.reading.clone(),
        }
    }

    /// Refuses names of files that cannot be stored.
    pub fn check_names(&self) -> Result<(), Error> {
        ensure_utf8(self.data().chain(&self.vectors))
    }

    /// Notes what is in the data files now; not of what can be read only once, such as a pipe.
    pub fn note_content(&mut self) {
        self.hashes = self.data().filter_map(|path| Some((path.clone(), hash(path)?))).collect();
    }

    /// Refuses data files whose content is not what was noted.
    pub fn check_content(&self) -> Result<(), Error> {
        let changed = |path: &&PathBuf| {
            let known = self.hashes.get(*path);
            known.is_some() && path.exists() && hash(path).as_ref() != known
        };
        match self.data().find(changed) {
            Some(path) => Err(Error::new(format!("{}: it has changed since the run began", path.display()))
                .help("restore the old file, or start again without --resume")),
            None => Ok(()),
        }
    }
}

/// Hash of a file's content; `None` if it is no file or cannot be read, which reading it will say.
fn hash(path: &Path) -> Option<String> {
    path.is_file().then(|| mlrc::files::hash(path).ok().map(|hash| format!("{hash:032x}"))).flatten()
}

/// Refuses files whose names, with those of their folders, could not be written down in UTF-8 for the next command.
pub fn ensure_utf8<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Error> {
    let written = |path: &&PathBuf| std::path::absolute(path).is_ok_and(|path| path.to_str().is_some());
    match paths.into_iter().find(|path| !written(path)) {
        Some(path) => Err(Error::new(format!("{}: its name is not UTF-8", path.display()))
            .help("rename it, or the folder that it is in")),
        None => Ok(()),
    }
}

/// Refuses an --out path that exists but is not a folder.
pub fn ensure_not_a_file(out: &Path) -> Result<(), Error> {
    if out.exists() && !out.is_dir() {
        return Err(Error::new(format!("{}: is a file", out.display())).help("--out must be a folder"));
    }
    Ok(())
}

/// Checks that the folder is new or empty, or that its contents may be replaced. Changes nothing yet.
pub fn check_output_folder(out: &Path, force: bool) -> Result<(), Error> {
    let fail =
        |error: std::io::Error| Error::new(format!("cannot write a model to {}: {error}", out.display()));
    ensure_not_a_file(out)?;
    if !out.try_exists().map_err(fail)? {
        return Ok(());
    }
    let holds = |name: &str| out.join(name).exists();
    if force {
        // What would be deleted must be ours.
        return match [MANIFEST, CHECKPOINT, LOG, RUN].into_iter().find(|name| holds(name)) {
            Some(name) if !is_of_this_program(out) => Err(Error::new(format!(
                "{}: is there, but no model or run of this program",
                out.join(name).display()
            ))
            .help("choose another folder, or move the file away")),
            _ => Ok(()),
        };
    }
    if holds(MANIFEST) {
        return Err(Error::new(format!("{} already holds a model", out.display()))
            .help("choose another folder, or replace it with --force"));
    }
    if holds(RUN) {
        return Err(Error::new(format!("{} already holds an unfinished run", out.display())).help(format!(
            "continue it with --resume {}, choose another folder, or replace it with --force",
            out.display()
        )));
    }
    let other = |entry: &fs::DirEntry| entry.file_name() != LOCK;
    if fs::read_dir(out).map_err(fail)?.flatten().any(|entry| other(&entry)) {
        return Err(Error::new(format!("{} is not empty", out.display()))
            .help("choose another folder, or use --force to put the model there anyway"));
    }
    Ok(())
}

/// Whether the folder has a model, finished or not, of this program.
fn is_of_this_program(out: &Path) -> bool {
    let read = |name: &str| fs::read(out.join(name)).ok();
    let json = |name: &str| -> Option<Value> { serde_json::from_slice(&read(name)?).ok() };
    json(MANIFEST).is_some_and(|manifest| manifest["format"] == mlrc::classifier::FORMAT)
        || json(RUN).is_some_and(|run| run["options"]["learner"].is_object())
}

/// Hash of the content of the folder's manifest, if it has one.
pub fn manifest_hash(out: &Path) -> Option<String> {
    hash(&out.join(MANIFEST))
}

/// Removes an earlier run from the folder. A model stays until there is another.
pub fn clear_output_folder(out: &Path) -> Result<(), Error> {
    let fail =
        |error: std::io::Error| Error::new(format!("cannot write a model to {}: {error}", out.display()));
    mlrc::files::create_folder(out).map_err(fail)?;
    for name in [CHECKPOINT, LOG, RUN] {
        match fs::remove_file(out.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
    }
    Ok(())
}

pub fn read_request(out: &Path) -> Result<Request, Error> {
    let path = out.join(RUN);
    let manifest = manifest_hash(out);
    let finished =
        || Error::new(format!("{}: the run is finished, there is nothing to resume", out.display()));
    if manifest.is_some() && !path.exists() {
        return Err(finished());
    }
    let text = fs::read_to_string(&path).map_err(|error| {
        Error::new(format!("{}: no run to resume: {error}", path.display()))
            .help("start one with `mlrc train --train FILE --vectors FILE --out FOLDER`")
    })?;
    let request: Request = serde_json::from_str(&text)
        .map_err(|error| Error::new(format!("{}: not a run of this program: {error}", path.display())))?;
    if manifest.is_some() && manifest != request.replaces {
        return Err(finished());
    }
    Ok(request)
}

pub fn write_file(path: &Path, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<(), Error> {
    write(path).map_err(|error| Error::new(format!("{}: {error}", path.display())))
}

/// `log.jsonl`: a line for every round and every few meta-iterations.
pub struct Log {
    file: Sink<fs::File>,
    path: PathBuf,
    started: Instant,
}

impl Log {
    /// Opens the log of a run that has computed `instances` instance-gradients. Later lines, written after
    /// the checkpoint from which the run is resumed, are dropped.
    pub fn open(out: &Path, instances: u64) -> Result<Self, Error> {
        let path = out.join(LOG);
        let fail = |error: std::io::Error| Error::new(format!("{}: {error}", path.display()));
        let earlier = fs::read_to_string(&path).unwrap_or_default();
        let kept = earlier.lines().filter(|line| {
            let entry: Option<Value> = serde_json::from_str(line).ok();
            entry
                .and_then(|entry| entry["instances"].as_u64())
                .is_some_and(|at| at <= instances && instances > 0)
        });
        let kept: String = kept.map(|line| format!("{line}\n")).collect();
        mlrc::files::write_atomically(&path, |writer| writer.write_all(kept.as_bytes())).map_err(fail)?;
        let file = fs::OpenOptions::new().append(true).open(&path).map_err(fail)?;
        Ok(Self { file: Sink(file), path, started: Instant::now() })
    }

    pub fn write(&mut self, progress: Progress) -> Result<(), Error> {
        let instances = progress.run.instances();
        let entry = match *progress.event {
            Event::MetaIteration { iteration, of, loss } if iteration % LOG_EVERY == 0 || iteration == of => {
                json!({"stage": "meta", "iteration": iteration, "loss": loss})
            }
            Event::MetaEnd { dev, .. } => json!({"stage": "meta-end", "dev": dev}),
            Event::Round { round, loss, dev, learning_rate, .. } => {
                json!({"stage": "supervised", "round": round, "loss": loss, "dev": dev, "learning_rate": learning_rate})
            }
            Event::End { dev } => json!({"stage": "end", "dev": dev}),
            Event::Solved { ref estimate } => json!({"stage": "solved", "estimate": estimate}),
            Event::MetaIteration { .. } | Event::Step { .. } => return Ok(()),
        };
        let Value::Object(mut entry) = entry else { return Ok(()) };
        entry.insert("instances".to_owned(), instances.into());
        entry.insert("seconds".to_owned(), self.started.elapsed().as_secs_f64().into());
        // In one piece, so that an error leaves no half line.
        let line = format!("{}\n", Value::Object(entry));
        self.file
            .write_all(line.as_bytes())
            .map_err(|error| Error::new(format!("{}: {error}", self.path.display())))
    }
}
