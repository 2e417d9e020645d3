//! `mlrc train`: from a training file to a model folder.
//!
//! The folder also holds the run: `run.json` (what was asked), `log.jsonl` (a line for each round) and, until the run
//! is over, `checkpoint.safetensors`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlrc::classifier::{Classifier, Precision};
use mlrc::corpus::{Corpus, Instance};
use mlrc::experiment::{MendedTree, Prepared, Run, RunOptions};
use mlrc::features::{Masking, Vectors};
use mlrc::files::write_json;
use mlrc::learner::LearnerConfig;
use mlrc::scoring::Scores;
use mlrc::training::Selection;
use serde_json::{Value, json};

use super::{Needs, read_corpus};
use crate::cli::{MaskingName, ReadingOptions, TrainOptions};
use crate::error::Error;
use crate::progress::Progress;
use crate::run_folder::{CHECKPOINT, Log, RUN, Request, check_room, clear_room, read_request, write_file};
use crate::{exit, interrupt, json, settings};

/// Time between two checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

/// Runs the command.
pub fn run(arguments: &TrainOptions) -> Result<ExitCode, Error> {
    let progress = Progress::new(arguments.quiet);
    let (request, data, out) = match &arguments.resume {
        Some(out) => {
            let request = read_request(out)?;
            if request.vectors_hash.is_some() && request.vectors_hash != hash(&request.vectors) {
                return Err(Error::new(format!(
                    "{}: the word vectors have changed since the run began",
                    request.vectors.display()
                ))
                .help("put the old file back, or start again without --resume"));
            }
            let data = Data::read(&request, &request.options.learner)?;
            (request, data, out.clone())
        }
        None => start(arguments, &progress)?,
    };
    Training { request, data, out, resumed: arguments.resume.is_some(), json: arguments.json }.run(progress)
}

/// Warns of dependency trees that had to be mended.
pub fn warn_of_mended_trees<'a>(classifier: &Classifier, instances: impl IntoIterator<Item = &'a Instance>) {
    let mended = instances.into_iter().filter_map(|instance| MendedTree::of(classifier.encoder(), instance));
    Progress::new(false).note_few(mended.map(|tree| format!("warning: {tree}")), "such trees");
}

/// Warns if the model reads annotation or entity types that an instance lacks.
pub fn warn_of_missing_layers(classifier: &Classifier, instance: &Instance) {
    let missing = classifier.encoder().missing_tags(instance);
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
        say!(
            "warning: the model was trained with {} but the data has none, so predictions will be worse; \
             for raw text, train with --no-annotations",
            names.join(" and ")
        );
    }
    if classifier.encoder().lacks_types(instance) {
        say!(
            "warning: the model reads entities as their types but the data has none, so predictions will be worse; \
             for raw text, train with --masking off"
        );
    }
}

/// The data files of a run.
struct Data {
    train: Corpus,
    dev: Option<Corpus>,
    test: Option<Corpus>,
    vectors: Arc<Vectors>,
}

impl Data {
    fn read(request: &Request, learner: &LearnerConfig) -> Result<Self, Error> {
        let needs = Needs::of(learner).and_labels();
        let reading = ReadingOptions { input_format: request.input_format, skip_bad: request.skip_bad };
        let read = |path: &PathBuf| read_corpus(path, &reading, request.tokenizer, needs);
        let train = read(&request.train)?;
        let dev = request.dev.as_ref().map(read).transpose()?;
        let test = request.test.as_ref().map(read).transpose()?;
        Ok(Self { train, dev, test, vectors: read_vectors(&request.vectors)? })
    }
}

/// Hash of a file's content; nothing of what can be read only once.
fn hash(path: &Path) -> Option<String> {
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| mlrc::files::hash(path).ok().map(|hash| format!("{hash:032x}"))).flatten()
}

/// Reads word vectors, from the cache if they are there, and passes warnings on.
pub fn read_vectors(path: &Path) -> Result<Arc<Vectors>, Error> {
    let (vectors, notices) = match cache_folder() {
        Some(folder) => Vectors::read_cached(path, &folder),
        None => Vectors::read(path),
    }?;
    for notice in notices {
        say!("warning: {}: {notice}", path.display());
    }
    Ok(Arc::new(vectors))
}

/// Where vectors are kept in binary form: what `MLRC_CACHE` says, nowhere if it is empty, else the user's cache folder.
fn cache_folder() -> Option<PathBuf> {
    match std::env::var_os("MLRC_CACHE") {
        Some(folder) if folder.is_empty() => None,
        Some(folder) => Some(folder.into()),
        None => Some(dirs::cache_dir()?.join("mlrc")),
    }
}

fn start(arguments: &TrainOptions, progress: &Progress) -> Result<(Request, Data, PathBuf), Error> {
    let given = |path: &Option<PathBuf>| path.clone().expect("the argument parser requires it");
    let out = given(&arguments.out);
    check_room(&out, arguments.force)?;
    // Before the data, which may take long to read.
    let recipe = settings::recipe(arguments)?;
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let mut request = Request {
        train: absolute(given(&arguments.train)),
        dev: arguments.dev.clone().map(absolute),
        test: arguments.test.clone().map(absolute),
        vectors: absolute(given(&arguments.vectors)),
        vectors_hash: None,
        input_format: arguments.reading.input_format,
        skip_bad: arguments.reading.skip_bad,
        tokenizer: arguments.tokenizer,
        scorer: arguments.scorer.clone(),
        half_vectors: arguments.half_vectors,
        options: RunOptions::default(),
    };
    let data = Data::read(&request, &recipe.learner)?;
    if arguments.dev_size == Some(0) && data.dev.is_some() {
        return Err(Error::new("--dev-size 0 leaves nothing of the file of --dev")
            .help("leave --dev away to train without"));
    }
    request.options = settings::resolve(arguments, recipe, &data.train, data.dev.is_some());
    if request.options.selection == Selection::BestDev && request.options.dev_size == 0 && data.dev.is_none()
    {
        return Err(Error::new("--selection best-dev needs development data")
            .help("name it with --dev FILE or set some apart with --dev-size N"));
    }
    request.vectors_hash = hash(&request.vectors);
    describe_choices(arguments, &request.options, &data, progress);
    Ok((request, data, out))
}

/// Says what was decided for the user.
fn describe_choices(arguments: &TrainOptions, options: &RunOptions, data: &Data, progress: &Progress) {
    if options.dev_size > 0 && arguments.dev_size.is_none() {
        progress.note(&format!(
            "setting {} of the {} training instances apart for development (--dev FILE or --dev-size N to choose)",
            options.dev_size,
            data.train.instances.len()
        ));
    }
    if options.dev_size == 0 && data.dev.is_none() {
        progress.note("no development data: the model of the last round is kept and the learning rate stays");
    }
    if arguments.masking == Some(MaskingName::On)
        && data.train.instances.iter().any(|i| i.subject.kind.is_none() || i.object.kind.is_none())
    {
        progress.note("warning: --masking on, but some entities have no type: they are read as ENTITY");
    }
    let chosen = matches!(arguments.masking, Some(MaskingName::On | MaskingName::Off));
    if options.masking == Masking::On && !chosen && arguments.preset.is_none() {
        progress.note("replacing entities by their types, as for TACRED (--masking off to keep their words)");
    }
}

/// A run about to start or to go on.
struct Training {
    request: Request,
    data: Data,
    out: PathBuf,
    resumed: bool,
    json: bool,
}

impl Training {
    fn run(self, mut progress: Progress) -> Result<ExitCode, Error> {
        let Self { request, data, out, .. } = &self;
        let options = &request.options;
        let started = Instant::now();
        let prepared =
            Prepared::new(options, &data.train, data.dev.as_ref(), &data.vectors, request.scorer.clone())?;
        if let Some(test) = &data.test {
            prepared.encoder.labels().check(test)?;
        }
        self.describe(&prepared, &progress);
        if !self.resumed {
            // Not before: data that does not do leaves nothing behind.
            clear_room(out)?;
            write_file(&out.join(RUN), |path| write_json(path, request))?;
        }

        let checkpoint = out.join(CHECKPOINT);
        let mut run = if self.resumed && checkpoint.exists() {
            Run::resume(options.clone(), &prepared, &checkpoint)?
        } else {
            if self.resumed {
                progress.note("no checkpoint was written yet: starting from the beginning");
            }
            Run::new(options.clone(), &prepared)
        };
        let mut log = Log::open(out, run.instances())?;
        interrupt::watch();
        let mut saved = Instant::now();
        while let Some(event) = run.advance()? {
            progress.show(&event);
            log.write(&event, &run)?;
            if interrupt::requested() {
                run.save(&checkpoint)?;
                progress.finish();
                say!("saved; go on with: mlrc train --resume {}", out.display());
                return Ok(exit::interrupted());
            }
            if saved.elapsed() > CHECKPOINT_EVERY {
                run.save(&checkpoint)?;
                saved = Instant::now();
            }
        }
        progress.finish();
        self.conclude(&run, &prepared, started.elapsed(), &progress)
    }

    fn describe(&self, prepared: &Prepared, progress: &Progress) {
        let report = &prepared.report;
        let options = &self.request.options;
        progress.note(&format!(
            "{} on {} instances of {} relations{}, {}, seed {}; {:.1} % of the tokens have a vector",
            options.learner.name(),
            report.train,
            report.labels,
            if report.dev > 0 { format!(", {} for development", report.dev) } else { String::new() },
            options.arm,
            options.seed,
            100.0 * report.coverage,
        ));
        if options.use_annotations && !report.missing_layers.is_empty() {
            let names: Vec<String> = report.missing_layers.iter().map(ToString::to_string).collect();
            progress.note(&format!("the data has no {}: training without", names.join(" and no ")));
        }
        let mended = report.mended_trees.iter();
        progress.note_few(mended.map(|tree| format!("warning: {tree}")), "such trees");
    }

    fn conclude(
        &self,
        run: &Run,
        prepared: &Prepared,
        elapsed: Duration,
        progress: &Progress,
    ) -> Result<ExitCode, Error> {
        let Self { request, data, out, .. } = self;
        let test: Option<Scores> = match &data.test {
            Some(test) => Some(run.score(&prepared.encoder.encode_all(&test.instances)?)?),
            None => None,
        };
        let provenance = self.provenance(run, prepared, test.as_ref(), elapsed);
        let precision = if request.half_vectors { Precision::Half } else { Precision::Full };
        let classifier = run.classifier(request.tokenizer, provenance.clone());
        classifier.save(out, precision)?;
        let _ = fs::remove_file(out.join(CHECKPOINT));
        if let Some((score, round)) = run.best() {
            progress.note(&format!("best development score {:.2} % in round {round}", 100.0 * score));
        }
        progress.note(&format!("model saved to {} after {:.1} s", out.display(), elapsed.as_secs_f64()));
        if let Some(label) = run.only_label() {
            progress.note(&format!(
                "warning: the model gives training sentences one label only, `{label}`: nothing was learnt. Longer training (--epochs, --meta-iterations), \
                 smaller steps (--learning-rate, --inner-learning-rate) or another --seed may help"
            ));
        }
        if self.json {
            json::print(&provenance)?;
        } else if let Some(scores) = test {
            write!(std::io::stdout(), "{scores}")?;
        }
        Ok(exit::SUCCESS)
    }

    fn provenance(&self, run: &Run, prepared: &Prepared, test: Option<&Scores>, elapsed: Duration) -> Value {
        let named = |path: &PathBuf| path.display().to_string();
        json!({
            "options": self.request.options,
            "train": named(&self.request.train),
            "dev": self.request.dev.as_ref().map(named),
            "vectors": named(&self.request.vectors),
            "data": prepared.report,
            "instance_gradients": run.instances(),
            "best_dev": run.best().map(|(score, round)| json!({"score": score, "round": round})),
            "test": test,
            "seconds": elapsed.as_secs_f64(),
        })
    }
}
