//! `mlrc train`: from a training file to a model folder.
//!
//! The folder also holds the run: `run.json` (the request), `log.jsonl` (one line per round) and, until the
//! run is finished, `checkpoint.safetensors`; and the training data, unless none are to be kept. The run itself is implemented in
//! the library ([`Training`]).

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mlrc::corpus::{Common, Comparison, Corpus, Descriptions, Instance, counted};
use mlrc::device::Device;
use mlrc::escape::terminal;
use mlrc::files::write_json;
use mlrc::learner::{LearnerConfig, Masking};
use mlrc::resources::TokenVectors;
use mlrc::run::{
    Arm, Choice, CrossValidation, Estimate, RunOptions, Session, TrainError, Training, Warning, draw_split,
};
use mlrc::scoring::Scores;
use mlrc::training::RateSchedule;
use serde_json::{Value, json};

use super::adapt::{by_leaving_out, cost_text, on_data};
use super::{Needs, read_corpus, warn_of_foreign};
use crate::cli::{KeepName, MaskingName, TrainOptions};
use crate::error::Error;
use crate::kept::{KEPT, Kept, remove_others};
use crate::lock::Lock;
use crate::progress::Progress;
use crate::run_folder::{
    Adapted, CHECKPOINT, Log, RUN, Request, check_output_folder, clear_output_folder, manifest_hash,
    read_request, write_file,
};
use crate::{exit, interrupt, json, settings};

/// Runs the command.
pub fn run(arguments: &TrainOptions) -> Result<ExitCode, Error> {
    // A new folder is made later, so that unsuitable data leaves nothing behind.
    let target = arguments.resume.as_ref().or(arguments.run.out.as_ref());
    let lock = target.filter(|out| out.is_dir()).map(|out| Lock::alone(out)).transpose()?;
    let planned = match &arguments.resume {
        Some(out) => resume(out)?,
        None => start(arguments)?,
    };
    let manner = Manner {
        resumes: arguments.resume.is_some(),
        force: arguments.run.force,
        quiet: arguments.quiet,
        json: arguments.json,
        device: arguments.device,
    };
    carry_out(planned, lock, &manner, Some(arguments))
}

/// A run that can begin, or go on.
pub(super) struct Planned {
    pub request: Request,
    pub data: Data,
    pub training: Training,
    pub out: PathBuf,
    /// The training file, if it is to be written into the folder first.
    pub examples: Option<(Kept, Vec<u8>)>,
}

/// How a run is carried out.
// Command-line switches are bools.
#[allow(clippy::struct_excessive_bools)]
pub(super) struct Manner {
    pub resumes: bool,
    pub force: bool,
    pub quiet: bool,
    pub json: bool,
    pub device: Device,
}

/// Trains, and saves the model. The folder is `lock`ed if it was there before; `arguments` are those of `train`.
pub(super) fn carry_out(
    planned: Planned,
    lock: Option<Lock>,
    manner: &Manner,
    arguments: Option<&TrainOptions>,
) -> Result<ExitCode, Error> {
    let mut progress = Progress::new(manner.quiet);
    let Planned { mut request, data, training, out, examples } = planned;
    let (options, choices) = training.options(&data.train)?;
    request.options = options;
    for choice in &choices {
        progress.note(&format!("{choice}{}", advice(choice)));
    }
    let training = training.device(manner.device);
    let before = training.clone();
    let mut session = training.start(&data.train)?;
    let model = &*session.prepared().model;
    if let Some(test) = &data.test {
        model.labels().check(test)?;
        warn_of_foreign(model, &test.instances, "the test data");
    }
    warn_of_foreign(model, &*data.unlabelled, "the data without labels");
    if let Some(arguments) = arguments {
        check_effect(arguments, &session)?;
    }
    describe(&session, &progress);
    if let Some(arguments) = arguments
        && let Some(folds) = arguments.run.cross_validate
    {
        let found = cross_validate(before, &data.train, folds, arguments.run.repeats, &progress)?;
        let Some(found) = found else { return Ok(exit::interrupted()) };
        request.cross_validation = Some(found);
    }
    let lock = lock.map_or_else(|| Lock::alone(&out), Ok)?;
    if !manner.resumes {
        // Another run may have been here since the folder was looked at.
        check_output_folder(&out, manner.force)?;
        request.replaces = manifest_hash(&out);
        clear_output_folder(&out)?;
        if let Some((kept, content)) = &examples {
            kept.write(&out, content)?;
            request.note_content();
        }
        write_file(&out.join(RUN), |path| write_json(path, &request))?;
        session.save_to(out.join(CHECKPOINT));
    } else if !session.is_resumed() {
        progress.note("no checkpoint had been written: starting from the beginning");
    }
    let mut log = Log::open(&out, session.instances())?;
    session.stop_on(interrupt::flag());
    let displaced = Arc::new(AtomicBool::new(false));
    session.displaced_on(Arc::clone(&displaced));
    interrupt::saves();
    let mut unwritten = None;
    let ended = session.run(|step| {
        progress.show(step.event);
        let place = lock.check();
        displaced.store(place.is_err(), Ordering::Relaxed);
        unwritten = place.and_then(|()| log.write(step)).err();
        if unwritten.is_some() || interrupt::requested() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    progress.finish();
    if let Some(error) = unwritten {
        return Err(error);
    }
    if matches!(ended, Err(TrainError::Interrupted)) {
        say!("saved; continue with: mlrc train --resume {}", out.display());
        return Ok(exit::interrupted());
    }
    ended?;
    lock.check()?;
    conclude(session, &request, &data, &out, &progress, manner.json)
}

/// Cross-validates and says what was found; `None` if it was interrupted.
fn cross_validate(
    training: Training,
    train: &Corpus,
    folds: usize,
    repeats: usize,
    progress: &Progress,
) -> Result<Option<CrossValidation>, Error> {
    interrupt::watch();
    let found = training.cross_validate(train, folds, repeats, |done, of| {
        progress.note(&format!("cross-validation: model {} of {of}", done + 1));
        if interrupt::requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match found {
        Ok(found) => {
            progress.note(&cross_validation_text(&found));
            Ok(Some(found))
        }
        Err(TrainError::Interrupted) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What cross-validation found, and what it can and cannot tell.
pub(super) fn cross_validation_text(found: &CrossValidation) -> String {
    let CrossValidation {
        folds,
        repeats,
        instances,
        score,
        score_interval,
        accuracy,
        interval,
        calibration_error,
        majority,
        scores,
    } = found;
    let again = if *repeats > 1 { format!(", on average over {repeats} repetitions") } else { String::new() };
    let mut text = format!(
        "cross-validation of {} in {folds} folds: {} {:.1} % ({:.1} to {:.1} in nine of ten cases), {} right ({} to {}){again}; \
         always `{}`: {:.1} % and {}; calibration error {:.0} points\n\
         (each instance was answered by a model that had seen neither it nor a copy of its sentence)\n",
        counted(*instances, "instance"),
        score.name,
        100.0 * score.value,
        100.0 * score_interval.0,
        100.0 * score_interval.1,
        percent(*accuracy),
        percent(interval.0),
        percent(interval.1),
        majority.label,
        100.0 * majority.score,
        percent(majority.accuracy),
        100.0 * calibration_error,
    );
    let table = scores.to_string();
    for line in table.lines().skip_while(|line| !line.is_empty()).skip(1) {
        text.extend(["  ", line, "\n"]);
    }
    text.trim_end().to_owned()
}

/// Refuses options that would change nothing.
fn check_effect(arguments: &TrainOptions, session: &Session) -> Result<(), Error> {
    if arguments.resume.is_some() {
        return Ok(());
    }
    let options = session.options();
    let (learner, instances) = (&options.learner, session.prepared().report.train);
    let solved = learner.is_solved(instances);
    let idle: Vec<String> = learner.idle(instances).iter().map(|key| format!("learner.{key}")).collect();
    let changed = settings::changed_keys(arguments)?;
    let refuse = |of: &dyn Fn(&String) -> bool, why: String, help: &str| {
        let keys: Vec<&str> = changed.iter().filter(|key| of(key)).map(String::as_str).collect();
        if keys.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!("{} would have no effect: {why}", keys.join(" and "))).help(help))
    };
    let (name, counted) = (learner.name(), counted(instances, "instance"));
    if solved {
        let is_idle = |key: &String| !key.starts_with("learner.") || idle.contains(key);
        let why = format!("the learner {name} is solved in closed form on {counted}");
        refuse(&is_idle, why, "leave the flag out, or train by gradients with --set learner.head=softmax")?;
    } else {
        let why = format!("the learner {name} is trained by gradients on {counted}");
        refuse(&|key| idle.contains(key), why, "leave it out, or use --set learner.head=ridge")?;
        let decays = |key: &String| key == "supervised.decay" || key == "supervised.decay_from";
        if options.supervised.schedule == RateSchedule::Linear {
            let why = "with schedule = \"linear\", the learning rate falls steadily".to_owned();
            refuse(&decays, why, "leave it out, or use --set supervised.schedule=plateau")?;
        } else if session.prepared().report.dev == 0 {
            let why = "the learning rate decays when the development score does not rise, but there is no development data".to_owned();
            refuse(&decays, why, "give --dev FILE or --dev-size N, or leave the flag out")?;
        }
    }
    if session.prepared().report.cut.is_some() && arguments.run.vocabulary.is_some() {
        return Err(Error::new("--vocabulary would have no effect: an encoder has its own pieces of words")
            .help("leave the flag out"));
    }
    Ok(())
}

/// The corpora of a run.
pub(super) struct Data {
    train: Corpus,
    test: Option<Corpus>,
    /// Instances of all files that were skipped.
    pub skipped: usize,
    unlabelled: Arc<[Instance]>,
    descriptions: Arc<Descriptions>,
}

impl Data {
    fn read(request: &Request, learner: &LearnerConfig) -> Result<(Self, Option<Corpus>), Error> {
        let needs = Needs::of(learner).and_labels();
        let train = read_corpus(&request.train, &request.reading_of_train(), request.tokenizer, needs)?;
        Self::with(train, request, learner)
    }

    /// The corpora of a run whose training data have been read; with the development data.
    pub(super) fn with(
        train: Corpus,
        request: &Request,
        learner: &LearnerConfig,
    ) -> Result<(Self, Option<Corpus>), Error> {
        let reads = Needs::of(learner);
        let needs = reads.and_labels();
        let read = |path: &PathBuf| read_corpus(path, &request.reading, request.tokenizer, needs);
        let read_any = |path: &PathBuf| read_corpus(path, &request.reading, request.tokenizer, reads);
        let dev = request.dev.as_ref().map(read).transpose()?;
        let test = request.test.as_ref().map(read).transpose()?;
        let unlabelled = request.unlabelled.as_ref().map(read_any).transpose()?;
        [(&dev, "development"), (&test, "test")]
            .into_iter()
            .filter_map(|(corpus, what)| Some((corpus.as_ref()?, what)))
            .for_each(|(corpus, what)| warn_of_overlap(&train, corpus, what));
        let corpora = [Some(&train), dev.as_ref(), test.as_ref(), unlabelled.as_ref()];
        let skipped = corpora.into_iter().flatten().map(|corpus| corpus.skipped.len()).sum();
        let unlabelled = unlabelled.map_or_else(Vec::new, |corpus| corpus.instances).into();
        let descriptions = request.descriptions.as_ref().map(Descriptions::read).transpose()?;
        let descriptions = Arc::new(descriptions.unwrap_or_default());
        Ok((Self { train, test, skipped, unlabelled, descriptions }, dev))
    }
}

/// Says which of the sentences that a model is to be judged by it is also trained on.
fn warn_of_overlap(train: &Corpus, other: &Corpus, what: &str) {
    let Comparison { pairs, .. } = Comparison::of(&[train, other]);
    for Common { sentences, near_sentences, .. } in &pairs {
        for (shared, how) in
            [(sentences, ""), (near_sentences, ", but for case, digits, punctuation or spaces")]
        {
            if let Some((first, second)) = shared.examples.first() {
                say!(
                    "warning: the sentences of {} of {} {what} instances are in the training data, too{how} (`{second}` is `{first}`): \
                     scores on them are too good",
                    shared.count,
                    other.instances.len(),
                );
            }
        }
    }
}

/// Hash of the vectors' content; `None` for what can be read only once, such as a pipe.
pub(super) fn hash(path: &Path) -> Option<String> {
    let can_be_read = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() || metadata.is_dir());
    can_be_read.then(|| TokenVectors::hash(path).ok().map(|hash| format!("{hash:032x}"))).flatten()
}

/// The training for a request, except for its recipe or options.
pub(super) fn completed(
    mut training: Training,
    request: &Request,
    data: &Data,
    dev: Option<Corpus>,
) -> Training {
    training = training.tokenizer(request.tokenizer).unlabelled(data.unlabelled.clone());
    training = training.descriptions(Arc::clone(&data.descriptions));
    if let Some(dev) = dev {
        training = training.dev(dev);
    }
    if let Some(scorer) = &request.scorer {
        training = training.scorer(scorer.clone());
    }
    if let Some(vectors) = &request.vectors {
        training = training.vectors(vectors);
    }
    training
}

/// Resumes an earlier run.
pub(super) fn resume(out: &Path) -> Result<Planned, Error> {
    let request = read_request(out)?;
    if let (Some(vectors), Some(known)) = (&request.vectors, &request.vectors_hash)
        && hash(vectors).as_ref() != Some(known)
    {
        return Err(Error::new(format!(
            "{}: the vectors have changed since the run began",
            vectors.display()
        ))
        .help("restore the old file, or start again without --resume"));
    }
    request.check_content()?;
    let (data, dev) = Data::read(&request, &request.options.learner)?;
    let training = Training::with_options(request.options.clone()).checkpoint(out.join(CHECKPOINT));
    let training = completed(training, &request, &data, dev);
    Ok(Planned { request, data, training, out: out.to_owned(), examples: None })
}

/// A new run.
fn start(arguments: &TrainOptions) -> Result<Planned, Error> {
    let flags = &arguments.run;
    let given = |path: &Option<PathBuf>| path.clone().expect("the argument parser requires it");
    let out = given(&flags.out);
    check_output_folder(&out, flags.force)?;
    // Checked before reading the data, which may take long.
    let recipe = settings::recipe(arguments)?;
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let vectors = flags.vectors.clone().map(absolute);
    let mut request = Request {
        train: absolute(given(&flags.train)),
        dev: flags.dev.clone().map(absolute),
        test: flags.test.clone().map(absolute),
        unlabelled: flags.unlabelled.clone().map(absolute),
        descriptions: flags.descriptions.clone().map(absolute),
        cross_validation: None,
        vectors_hash: vectors.as_deref().and_then(hash),
        vectors,
        hashes: BTreeMap::new(),
        reading: flags.reading.clone(),
        tokenizer: flags.tokenizer,
        scorer: flags.scorer.clone(),
        options: RunOptions::default(),
        keep_data: flags.keep_data == KeepName::All,
        adapted: None,
        replaces: None,
    };
    request.check_names()?;
    request.note_content();
    let (data, dev) = Data::read(&request, &recipe.learner)?;
    let mut recipe = recipe;
    if flags.masking == Some(MaskingName::Auto) {
        recipe.masking = None;
    }
    recipe.label_names |= flags.label_names || flags.descriptions.is_some();
    let mut training = completed(mlrc::RelationClassifier::train(&recipe), &request, &data, dev)
        .seed(flags.seed)
        .fraction(flags.fraction)
        .annotations(!flags.no_annotations);
    if let Some(arm) = flags.arm.or(flags.no_meta.then_some(Arm::Supervised)) {
        training = training.arm(arm);
    }
    if let Some(size) = flags.dev_size {
        training = training.dev_size(size);
    }
    if let Some(selection) = flags.selection {
        training = training.selection(selection.into());
    }
    training = match flags.masking {
        Some(MaskingName::On) => training.masking(Masking::On),
        Some(MaskingName::Off) => training.masking(Masking::Off),
        Some(MaskingName::Auto) | None => training,
    };
    Ok(Planned { request, data, training, out, examples: None })
}

/// What a user can do about a decision.
fn advice(choice: &Choice) -> &'static str {
    match choice {
        Choice::SetApart { .. } => " (change: --dev FILE or --dev-size N)",
        Choice::Masked => " (--masking off keeps their words)",
        Choice::NoDevelopmentData { .. } | Choice::Described { .. } | Choice::Without(_) => "",
    }
}

/// What a user can do about a warning.
fn remedy(warning: &Warning) -> &'static str {
    match warning {
        Warning::MetaStageGuesses { .. } => " (--inner-learning-rate)",
        Warning::OneLabel { solved: false, .. } => {
            " (--epochs, --meta-iterations; --learning-rate, --inner-learning-rate; --seed)"
        }
        Warning::SteepRate { .. } => " (--learning-rate, --inner-learning-rate)",
        Warning::NoPositiveDevelopment { .. } => " (--dev-size, --dev)",
        Warning::Vectors { .. }
        | Warning::ZeroVectors { .. }
        | Warning::SingleSentences { .. }
        | Warning::UntypedEntities
        | Warning::Conflicts { .. }
        | Warning::OneLabel { solved: true, .. }
        | Warning::ReadInWindows { .. }
        | Warning::Cropped { .. }
        | Warning::ForeignWords { .. }
        | Warning::Foreign { .. }
        | Warning::RepairedTree(_) => "",
    }
}

fn describe(session: &Session, progress: &Progress) {
    let report = &session.prepared().report;
    let options = session.options();
    let coverage = match (report.coverage, report.cut) {
        (Some(coverage), _) => format!("; {:.1} % of the tokens have a vector", 100.0 * coverage),
        (None, Some(cut)) => format!("; {:.1} word pieces a token", cut.pieces_per_token),
        (None, None) => String::new(),
    };
    progress.note(&format!(
        "{} on {} of {}{}{}, {}, seed {}{coverage}",
        options.learner.name(),
        counted(report.train, "instance"),
        counted(report.labels, "relation"),
        if report.unlabelled > 0 { format!(", {} without labels", report.unlabelled) } else { String::new() },
        if report.dev > 0 { format!(", {} for development", report.dev) } else { String::new() },
        options.arm,
        options.seed,
    ));
    for choice in session
        .choices()
        .iter()
        .filter(|choice| matches!(choice, Choice::Without(_) | Choice::Described { .. }))
    {
        progress.note(&choice.to_string());
    }
    let (trees, others): (Vec<&Warning>, Vec<&Warning>) =
        session.warnings().iter().partition(|warning| matches!(warning, Warning::RepairedTree(_)));
    others.into_iter().for_each(warn);
    // Who wants no progress wants warnings all the same.
    Progress::new(false).note_few(trees.into_iter().map(|tree| format!("warning: {tree}")), "such tree");
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// What the estimate is, and what it can and cannot tell.
pub(super) fn estimate_text(estimate: &Estimate) -> String {
    let Estimate { instances, unlabelled, score, accuracy, interval, confidence, calibration_error, .. } =
        estimate;
    let unlabelled = match unlabelled {
        0 => String::new(),
        n => format!(". The {} without labels did not help them", counted(*n, "sentence")),
    };
    format!(
        "estimate: {} of new sentences like these right ({} to {} in nine of ten cases); {} {:.1} %; the answers' \
         probability is {} on average, with a calibration error of {:.0} points\n\
         (each of the {} was answered by a model that had not seen its sentence. Such an estimate tells a good model from a \
         poor one, not two good ones from each other, and nothing about sentences of another kind{unlabelled})",
        percent(*accuracy),
        percent(interval.0),
        percent(interval.1),
        score.name,
        100.0 * score.value,
        percent(*confidence),
        100.0 * calibration_error,
        counted(*instances, "training instance"),
    )
}

fn warn(warning: &Warning) {
    say!("warning: {warning}{}", remedy(warning));
}

/// Writes what is trained on into the folder, development instances included that are held out from the training file.
fn keep(options: &RunOptions, train: &Corpus, has_dev: bool, out: &Path) -> Result<Kept, Error> {
    let drawn;
    let instances = if options.fraction < 1.0 {
        let split = draw_split(options, train, has_dev).map_err(|error| Error::new(error.to_string()))?;
        let mut places: Vec<usize> = split.train.into_iter().chain(split.dev).collect();
        places.sort_unstable();
        drawn = places.into_iter().map(|place| train.instances[place].clone()).collect::<Vec<_>>();
        &drawn
    } else {
        &train.instances
    };
    let (kept, content) = Kept::of(instances)?;
    kept.write(out, &content)?;
    Ok(kept)
}

/// What adapting a model cost on its relations, for the manifest and for people.
fn cost(
    adapted: &Adapted,
    classifier: &mlrc::RelationClassifier,
    estimate: Option<&Estimate>,
    request: &Request,
) -> Result<(Value, String), Error> {
    let old = &adapted.old_relations;
    let after = match &adapted.old_data {
        Some(path) => {
            let needs = Needs::of(classifier.learner()).and_labels();
            let corpus = read_corpus(path, &request.reading, request.tokenizer, needs)?;
            Some(on_data(classifier, &corpus, old)?)
        }
        None => estimate.and_then(|estimate| by_leaving_out(estimate, old)),
    };
    let value = json!({
        "model": adapted.model,
        "examples": adapted.added,
        "new_relations": adapted.new_relations,
        "old_relations": {"before": adapted.before, "after": after},
    });
    Ok((value, cost_text(adapted.before.as_ref(), after.as_ref())))
}

fn conclude(
    session: Session,
    request: &Request,
    data: &Data,
    out: &Path,
    progress: &Progress,
    as_json: bool,
) -> Result<ExitCode, Error> {
    let test: Option<Scores> = data.test.as_ref().map(|test| session.score(&test.instances)).transpose()?;
    let estimate = session.estimate().cloned();
    let precision = session.options().precision.unwrap_or_default();
    let kept = if request.keep_data {
        Some(keep(&request.options, &data.train, request.dev.is_some(), out)?)
    } else {
        None
    };
    let mut trained = session.finish();
    let adapted = match &request.adapted {
        Some(adapted) => Some(cost(adapted, &trained.classifier, estimate.as_ref(), request)?),
        None => None,
    };
    let named = |path: &PathBuf| path.display().to_string();
    if let Value::Object(provenance) = &mut trained.classifier.provenance {
        provenance.insert("train".to_owned(), json!(named(&request.train)));
        provenance.insert("dev".to_owned(), json!(request.dev.as_ref().map(named)));
        provenance.insert("vectors".to_owned(), json!(request.vectors.as_ref().map(named)));
        provenance.insert("test".to_owned(), json!(test));
        // What `adapt` needs to train it again.
        provenance.insert(KEPT.to_owned(), json!(kept));
        provenance.insert("vectors_hash".to_owned(), json!(request.vectors_hash));
        provenance.insert("hashes".to_owned(), json!(request.hashes));
        provenance.insert("reading".to_owned(), json!(request.reading));
        for (name, path) in [("unlabelled", &request.unlabelled), ("descriptions", &request.descriptions)] {
            if let Some(path) = path {
                provenance.insert(name.to_owned(), json!(named(path)));
            }
        }
        if let Some((adapted, _)) = &adapted {
            provenance.insert("adapted".to_owned(), adapted.clone());
        }
        if let Some(pairs) = &request.reading.pairs {
            provenance.insert("pairs".to_owned(), json!(pairs));
        }
        if let Some(found) = &request.cross_validation {
            provenance.insert("cross_validation".to_owned(), json!(found));
        }
        if data.skipped > 0 {
            provenance.insert("left_out".to_owned(), json!(data.skipped));
        }
    }
    trained.classifier.save(out, precision)?;
    remove_others(out, kept.as_ref());
    if let Some((score, round)) = trained.best_dev {
        progress.note(&format!("best development score {:.2} % in round {round}", 100.0 * score));
    }
    if let Some(estimate) = &estimate {
        progress.note(&estimate_text(estimate));
    }
    if let Some((_, text)) = &adapted {
        progress.note(text);
    }
    let keeps = kept.map_or_else(
        || "; it keeps none of the training data".to_owned(),
        |kept| format!("; it keeps its training data ({})", kept.size()),
    );
    let seconds = trained.elapsed.as_secs_f64();
    progress.note(&format!("model saved to {} after {seconds:.1} s{keeps}", out.display()));
    let late = |warning: &&Warning| {
        matches!(
            warning,
            Warning::OneLabel { .. }
                | Warning::MetaStageGuesses { .. }
                | Warning::SteepRate { .. }
                | Warning::SingleSentences { .. }
        )
    };
    trained.warnings.iter().filter(late).for_each(warn);
    if as_json {
        json::print(&trained.classifier.provenance)?;
    } else if let Some(scores) = test {
        write!(std::io::stdout(), "{}", terminal(&scores.to_string()))?;
    }
    Ok(exit::ended(data.skipped))
}
