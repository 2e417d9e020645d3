//! `mlrc experiment`: learners × arms × fractions × seeds, from a plan to tables.

mod dry_run;
mod packed;
mod slurm;

use std::collections::BTreeSet;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlrc::corpus::{Corpus, LabelSet, StandardSplits, Tokenizer, counted};
use mlrc::learner::LearnerConfig;
use mlrc::resources::{Resource, Resources, TokenVectors};
use mlrc_experiment::{
    DataFiles, DataHashes, ExperimentData, Folder, Folds, Job, Plan, RunResult, key, report::Written,
    run_jobs,
};

use super::{Needs, read_corpus};
use crate::cli::{Emit, ExperimentOptions, ReadingOptions};
use crate::error::Error;
use crate::job_view::JobView;
use crate::lock::Lock;
use crate::run_folder::{ensure_not_a_file, ensure_utf8};
use crate::{exit, interrupt};

/// How many different failure reasons are repeated at the end.
const REASONS: usize = 3;

/// Runs the command.
pub fn run(options: &ExperimentOptions) -> Result<ExitCode, Error> {
    if let Some(folder) = &options.pack {
        return packed::pack(folder);
    }
    if let Some(folder) = &options.report {
        return packed::report(folder, options);
    }
    let (Some(recipe), Some(out)) = (&options.recipe, &options.out) else {
        return Err(Error::new("expected a recipe and --out FOLDER"));
    };
    let mut plan = Plan::find(recipe)?;
    apply_flags(&mut plan, options)?;
    let jobs = plan.jobs(recipe)?;
    let learners = jobs.iter().map(|job| &job.options.learner);
    let files = Files::of(&plan.data, true, reads_vectors(learners))?;
    if let Some(Emit::Slurm) = options.emit {
        write!(stdout(), "{}", slurm::script(recipe, out, &files, options.dev_size, jobs.len()))?;
        return Ok(exit::SUCCESS);
    }
    let hashes = files.hashes()?;
    if hashes.test.as_ref() == Some(&hashes.train) && hashes.folds.is_empty() {
        say!(
            "warning: training and test data are the same file: scores will say nothing about new sentences"
        );
    }
    if hashes.dev.is_some()
        && hashes.folds.is_empty()
        && [Some(&hashes.train), hashes.test.as_ref()].contains(&hashes.dev.as_ref())
    {
        say!(
            "warning: the development data, which chooses the round, is the same file as the training or test data"
        );
    }
    let folder = own_folder(out, "tune.toml", "a hyper-parameter search")?;
    let _lock = match (options.dry_run, options.job) {
        (true, _) => None,
        (false, Some(_)) => Some(Lock::beside_others(out)?),
        (false, None) => Some(Lock::alone(out)?),
    };
    let keys: Vec<String> = jobs.iter().map(|job| key(&job.options, &hashes, plan.scorer.as_ref())).collect();
    for other in &options.collect {
        collect(&folder, &Folder::open(other)?, &plan, &keys)?;
    }
    let wanted = match options.job {
        Some(number) if number > jobs.len() => {
            return Err(Error::new(format!("there is no job {number}: the recipe has {}", jobs.len())));
        }
        Some(number) => number - 1..number,
        None if options.collect.is_empty() => 0..jobs.len(),
        None => 0..0,
    };
    // Results are large: each is read only once.
    let mut results: Vec<Option<RunResult>> = keys.iter().map(|key| folder.result(key)).collect();
    let failed_before = |place: usize| {
        results[place].is_none() && !options.retry_failed && folder.failed(&keys[place]).is_some()
    };
    let open: Vec<usize> =
        wanted.filter(|&place| results[place].is_none() && !failed_before(place)).collect();
    let failed = (0..jobs.len()).filter(|&place| failed_before(place)).count();
    let failed = if failed > 0 {
        format!(", {failed} failed before (--retry-failed to try again)")
    } else {
        String::new()
    };
    for path in open.iter().filter_map(|&place| folder.damaged(&keys[place])) {
        say!(
            "warning: {}: cannot be read as a result or is damaged; the job will be run again",
            path.display()
        );
    }
    let done = results.iter().flatten().count();
    say!("{}: {done} done, {} to run{failed}", counted(jobs.len(), "job"), open.len());
    let heads = jobs.iter().any(|job| Needs::of(&job.options.learner).heads);
    let data = files.read(hashes, Needs { labels: true, heads })?;
    let left_out = data.left_out();
    let labels = LabelSet::from_corpus(&data.train)?;
    data.dev.iter().chain(&data.test).try_for_each(|corpus| labels.check(corpus))?;
    if let (None, None, Some(job)) = (plan.dev_size, &data.dev, jobs.first()) {
        say!(
            "holding out {} of the {} training instances for development (dev_size in the recipe to change)",
            job.options.dev_size,
            data.train.instances.len()
        );
    }
    let threads = rayon::current_num_threads();
    if options.dry_run {
        let (estimate, runnable) =
            dry_run::estimate(&jobs, &open, &results, &data, plan.scorer.as_ref(), threads);
        write!(stdout(), "{estimate}")?;
        return Ok(if runnable { exit::ended(left_out) } else { exit::problems() });
    }
    let write = |error: std::io::Error| Error::new(format!("{}: {error}", folder.path().display()));
    let kept = Plan { data: plan.data.absolute(), ..plan.clone() };
    let text = toml::to_string(&kept).map_err(|error| Error::new(error.to_string()))?;
    folder.write("experiment.toml", &text).map_err(write)?;
    interrupt::saves();
    let view = JobView::new(open.len());
    let running: Vec<Job> = open.iter().map(|&place| jobs[place].clone()).collect();
    run_jobs(&running, &data, plan.scorer.as_ref(), &folder, threads, &view).map_err(write)?;
    view.finish();
    for &place in &open {
        results[place] = folder.result(&keys[place]);
    }
    if options.job.is_some() {
        // Other jobs may be running at the same time: tables are written when all results are collected.
        if options.job.is_some_and(|number| results[number - 1].is_some()) {
            return Ok(exit::ended(left_out));
        }
        return Ok(if interrupt::requested() { exit::interrupted() } else { exit::problems() });
    }

    let jobs_in_all = jobs.len();
    let done: Vec<(Job, RunResult)> =
        jobs.into_iter().zip(results).filter_map(|(job, result)| Some((job, result?))).collect();
    let report = mlrc_experiment::report::write(&folder, &plan, jobs_in_all, &done, &data)?;
    print(&report)?;
    let missing = jobs_in_all - done.len();
    if interrupt::requested() {
        say!("interrupted; jobs left: {missing}; run the same command again to continue");
        return Ok(exit::interrupted());
    }
    if missing > 0 {
        let failures = folder.path().join("failures");
        let reasons: BTreeSet<String> =
            keys.iter().filter_map(|key| folder.failed(key)).map(|failure| failure.error).collect();
        let why = if reasons.is_empty() {
            " yet".to_owned()
        } else {
            format!(" (failures are in {})", failures.display())
        };
        say!("no result for {missing} of {jobs_in_all} jobs{why}");
        reasons.iter().take(REASONS).for_each(|reason| say!("  {reason}"));
        return Ok(exit::problems());
    }
    Ok(exit::ended(left_out))
}

/// Prints a report's tables, and warns of what could not be drawn.
fn print(report: &Written) -> Result<(), Error> {
    write!(stdout(), "{}", report.text)?;
    report.warnings.iter().for_each(|warning| say!("warning: {warning}"));
    Ok(())
}

/// What the folder of an experiment or a search has, one or another.
const OURS: [&str; 5] = ["experiment.toml", "tune.toml", "runs", "runs.jsonl.gz", "failures"];

/// The folder of --out; an error if it is a file or belongs to another command, as shown by that command's
/// file.
pub(super) fn own_folder(out: &Path, file_of_other: &str, other: &str) -> Result<Folder, Error> {
    ensure_not_a_file(out)?;
    if out.join(file_of_other).exists() {
        let problem = format!("{} is the folder of {other}: it contains {file_of_other}", out.display());
        return Err(Error::new(problem).help("choose another --out"));
    }
    // Names with a dot are those of files that were never finished, and of file managers.
    let hidden = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
    let is_empty =
        std::fs::read_dir(out).map_or(true, |entries| entries.flatten().all(|entry| hidden(&entry)));
    if !is_empty && !OURS.iter().any(|name| out.join(name).exists()) {
        let problem = format!("{} is not empty, and not an experiment's folder", out.display());
        return Err(
            Error::new(problem).help("choose another folder: there may be files that it would replace")
        );
    }
    Ok(Folder::open(out)?)
}

/// Imports another folder's results, if it is of the same experiment.
fn collect(folder: &Folder, other: &Folder, plan: &Plan, keys: &[String]) -> Result<(), Error> {
    let its = other.plan().map_err(|error| Error::new(format!("not an experiment's folder: {error}")))?;
    // Its data files may have other paths; the keys say whether their content is the same.
    let comparable = |plan: &Plan| Plan { data: DataFiles::default(), about: String::new(), ..plan.clone() };
    if comparable(&its) != comparable(plan) {
        let path = other.path().join("experiment.toml");
        return Err(Error::new(format!("{}: differs from the recipe of this experiment", path.display())).help(
            "compare the two recipes; to reuse the results that still apply, run the experiment with a copy \
             of that folder as --out",
        ));
    }
    let write = |error: std::io::Error| Error::new(format!("{}: {error}", folder.path().display()));
    let (taken, here) = folder.take_from(other, keys).map_err(write)?;
    if taken + here == 0 && !other.has_results() {
        say!("{}: has no results yet", other.path().display());
        return Ok(());
    }
    if taken + here == 0 {
        return Err(Error::new(format!("{}: none of its results are for this data", other.path().display()))
            .help("results belong to the content of data files and vectors: check that these are the same"));
    }
    say!("{}: results imported: {taken}, already present: {here}", other.path().display());
    Ok(())
}

/// Names the files that flags name in the plan.
fn apply_flags(plan: &mut Plan, options: &ExperimentOptions) -> Result<(), Error> {
    if let Some(path) = &options.data {
        fill(&mut plan.data, path)?;
    }
    for (ours, flag) in [
        (&mut plan.data.train, &options.train),
        (&mut plan.data.dev, &options.dev),
        (&mut plan.data.test, &options.test),
        (&mut plan.data.vectors, &options.vectors),
    ] {
        if flag.is_some() {
            ours.clone_from(flag);
        }
    }
    plan.data.skip_bad |= options.skip_bad;
    plan.dev_size = options.dev_size.or(plan.dev_size);
    Ok(())
}

/// Sets the files that `path` stands for: a release's folder, or a single file whose folds are read.
fn fill(data: &mut DataFiles, path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        let StandardSplits { train, dev, test } = StandardSplits::find(path)?;
        (data.train, data.dev, data.test) = (Some(train), Some(dev), Some(test));
    } else if data.folds.is_empty() {
        return Err(Error::new(format!(
            "{}: expected a folder with train.json, dev.json and test.json",
            path.display()
        ))
        .help(
            "a single file is enough only if the recipe names its folds under [data]; otherwise give \
             --train, --dev and --test",
        ));
    } else {
        let Folds { train, dev, test } = &data.folds;
        for (file, folds) in [(&mut data.train, train), (&mut data.dev, dev), (&mut data.test, test)] {
            *file = (!folds.is_empty()).then(|| path.to_owned());
        }
    }
    Ok(())
}

/// The files of an experiment, all of them named, and the folds to read from them; a hyper-parameter search
/// has no test data.
pub(super) struct Files {
    train: PathBuf,
    dev: Option<PathBuf>,
    test: Option<PathBuf>,
    vectors: Option<PathBuf>,
    folds: Folds,
    skip_bad: bool,
}

/// Whether one of the learners reads word vectors.
pub(super) fn reads_vectors<'a>(learners: impl IntoIterator<Item = &'a LearnerConfig>) -> bool {
    learners.into_iter().any(|learner| learner.card().resources.contains(&Resource::Vectors))
}

/// Reads vectors, from the cache if they are in it, and passes warnings on.
fn read_vectors(path: &Path) -> Result<TokenVectors, Error> {
    let (vectors, notices) = TokenVectors::open(path)?;
    for notice in notices {
        say!("warning: {}: {notice}", path.display());
    }
    Ok(vectors)
}

impl Files {
    pub(super) fn of(data: &DataFiles, with_test: bool, with_vectors: bool) -> Result<Self, Error> {
        let needed = |file: &Option<PathBuf>, name: &str| {
            file.clone().ok_or_else(|| {
                let help = if data.folds.is_empty() {
                    format!("add {name} = \"FILE\" under [data] in it, or give --{name} FILE")
                } else {
                    format!("name its folds (`{name}` in `folds` under [data] in it), or give --{name} FILE")
                };
                Error::new(format!("the recipe names no file for `{name}`")).help(help)
            })
        };
        Ok(Self {
            train: needed(&data.train, "train")?,
            dev: if data.folds.dev.is_empty() { data.dev.clone() } else { Some(needed(&data.dev, "dev")?) },
            test: with_test.then(|| needed(&data.test, "test")).transpose()?,
            vectors: with_vectors.then(|| needed(&data.vectors, "vectors")).transpose()?,
            folds: data.folds.clone(),
            skip_bad: data.skip_bad,
        })
    }

    /// The data files, without the vectors.
    fn data(&self) -> impl Iterator<Item = &PathBuf> {
        [Some(&self.train), self.dev.as_ref(), self.test.as_ref()].into_iter().flatten()
    }

    /// Checks that all files can be opened, without reading them.
    pub(super) fn readable(&self) -> Result<(), Error> {
        ensure_utf8(self.data().chain(&self.vectors))?;
        let encoder = self.vectors.as_ref().filter(|path| path.is_dir());
        for file in self.data().chain(self.vectors.as_ref().filter(|_| encoder.is_none())) {
            if file.is_dir() {
                return Err(Error::new(format!("{}: is a folder, expected a file", file.display())));
            }
            std::fs::File::open(file)
                .map_err(|error| Error::new(format!("{}: cannot be read: {error}", file.display())))?;
        }
        Ok(())
    }

    pub(super) fn hashes(&self) -> Result<DataHashes, Error> {
        self.readable()?;
        let Self { train, folds, skip_bad, .. } = self;
        let (dev, test, vectors) = (self.dev.as_deref(), self.test.as_deref(), self.vectors.as_deref());
        let hashes = DataHashes::of(train, dev, test, vectors, folds)
            .map_err(|error| Error::new(format!("the data cannot be read: {error}")))?;
        Ok(DataHashes { skip_bad: *skip_bad, ..hashes })
    }

    /// The same without the vectors'.
    fn data_hashes(&self) -> Result<DataHashes, Error> {
        let hashes = DataHashes::of_data(&self.train, self.dev.as_deref(), self.test.as_deref(), &self.folds)
            .map_err(|error| Error::new(format!("the data cannot be read: {error}")))?;
        Ok(DataHashes { skip_bad: self.skip_bad, ..hashes })
    }

    pub(super) fn read(&self, hashes: DataHashes, needs: Needs) -> Result<ExperimentData, Error> {
        let data = self.read_data(hashes, needs)?;
        let vectors = self.vectors.as_deref().map(read_vectors).transpose()?;
        Ok(ExperimentData { resources: Resources { vectors, ..Resources::default() }, ..data })
    }

    /// All but the vectors, for what is made of results: no word has one.
    fn read_data(&self, hashes: DataHashes, needs: Needs) -> Result<ExperimentData, Error> {
        let reading = ReadingOptions { skip_bad: self.skip_bad, ..ReadingOptions::default() };
        let read = |path: &PathBuf, folds: &BTreeSet<String>| -> Result<Corpus, Error> {
            let corpus = read_corpus(path, &reading, Tokenizer::default(), needs)?;
            if folds.is_empty() { Ok(corpus) } else { Ok(corpus.with_folds(folds.iter())?) }
        };
        let Folds { train, dev, test } = &self.folds;
        Ok(ExperimentData {
            train: read(&self.train, train)?,
            dev: self.dev.as_ref().map(|file| read(file, dev)).transpose()?,
            test: self.test.as_ref().map(|file| read(file, test)).transpose()?,
            resources: Resources::default(),
            hashes,
        })
    }
}
