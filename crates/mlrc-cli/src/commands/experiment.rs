//! `mlrc experiment`: learners × arms × fractions × seeds, from a plan to tables.

use std::io::{IsTerminal, Write as _, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mlrc::experiment::summary::{cells, comparison_table, comparisons, tables};
use mlrc::experiment::{
    DataHashes, Event, ExperimentData, Folder, Job, Observer, Plan, RunResult, key, run_jobs,
};

use super::train::read_vectors;
use super::{Needs, read_corpus};
use crate::cli::{ExperimentOptions, ReadingOptions};
use crate::error::Error;
use crate::{exit, interrupt};

/// Runs the command.
pub fn run(options: &ExperimentOptions) -> Result<ExitCode, Error> {
    let plan = plan(options)?;
    let jobs = plan.jobs(&options.recipe)?;
    let files = Files::of(&plan)?;
    let hashes = files.hashes()?;
    let folder = Folder::new(&options.out);
    let scorer = plan.scorer.clone();
    let key_of = |job: &Job| key(&job.options, &hashes, scorer.as_ref());
    let (mut open, mut failed) = (Vec::new(), 0);
    for job in &jobs {
        let key = key_of(job);
        if folder.result(&key).is_some() {
            continue;
        }
        if folder.failed(&key).is_some() && !options.retry_failed {
            failed += 1;
            continue;
        }
        open.push(job.clone());
    }
    say!(
        "{} jobs: {} done, {} to run{}",
        jobs.len(),
        jobs.len() - open.len() - failed,
        open.len(),
        if failed > 0 {
            format!(", {failed} failed before (--retry-failed to try again)")
        } else {
            String::new()
        }
    );
    if options.dry_run {
        let mut stdout = stdout().lock();
        for job in &open {
            writeln!(stdout, "{}", job.name())?;
        }
        return Ok(exit::SUCCESS);
    }
    let heads = jobs.iter().any(|job| Needs::of(&job.options.learner).heads);
    let data = files.read(hashes.clone(), Needs { labels: true, heads })?;
    let write = |error: std::io::Error| Error::new(format!("{}: {error}", folder.path().display()));
    let text = toml::to_string(&plan).map_err(|error| Error::new(error.to_string()))?;
    folder.write("experiment.toml", &text).map_err(write)?;
    interrupt::watch();
    let view = View::new(open.len());
    let threads = rayon::current_num_threads();
    run_jobs(&open, &data, scorer.as_ref(), &folder, threads, &view).map_err(write)?;
    view.finish();

    let done: Vec<(Job, RunResult)> =
        jobs.iter().filter_map(|job| Some((job.clone(), folder.result(&key_of(job))?))).collect();
    report(&folder, &done, &data)?;
    let missing = jobs.len() - done.len();
    if interrupt::requested() {
        say!("interrupted with {missing} jobs open; the same command goes on");
        return Ok(exit::interrupted());
    }
    if missing > 0 {
        say!("{missing} jobs failed: see {}", folder.path().join("failures").display());
        return Ok(exit::problems());
    }
    Ok(exit::SUCCESS)
}

/// Writes rows and tables, and the tables to stdout.
fn report(folder: &Folder, done: &[(Job, RunResult)], data: &ExperimentData) -> Result<(), Error> {
    let write = |error: std::io::Error| Error::new(format!("{}: {error}", folder.path().display()));
    folder.write_rows(done).map_err(write)?;
    let Some((_, first)) = done.first() else { return Ok(()) };
    let gold: Vec<usize> = data
        .test
        .instances
        .iter()
        .filter_map(|instance| {
            first.labels.iter().position(|label| Some(label) == instance.relation.as_ref())
        })
        .collect();
    let mut text = tables(&cells(done));
    let compared = comparisons(done, &gold)?;
    if !compared.is_empty() {
        text += "### Arms compared on the same splits, in points\n\n";
        text += &comparison_table(&compared);
    }
    folder.write("tables.md", &text).map_err(write)?;
    write!(stdout(), "{text}")?;
    Ok(())
}

/// The plan with the files that flags name.
fn plan(options: &ExperimentOptions) -> Result<Plan, Error> {
    let mut plan = Plan::find(&options.recipe)?;
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
    Ok(plan)
}

/// The files of an experiment, all of which are named.
struct Files {
    train: PathBuf,
    dev: Option<PathBuf>,
    test: PathBuf,
    vectors: PathBuf,
}

impl Files {
    fn of(plan: &Plan) -> Result<Self, Error> {
        let needed = |file: &Option<PathBuf>, name: &str| {
            file.clone().ok_or_else(|| {
                Error::new(format!("the recipe names no file for `{name}`"))
                    .help(format!("put {name} = \"FILE\" under [data] in it, or give --{name} FILE"))
            })
        };
        let data = &plan.data;
        Ok(Self {
            train: needed(&data.train, "train")?,
            dev: data.dev.clone(),
            test: needed(&data.test, "test")?,
            vectors: needed(&data.vectors, "vectors")?,
        })
    }

    fn hashes(&self) -> Result<DataHashes, Error> {
        for file in [Some(&self.train), self.dev.as_ref(), Some(&self.test), Some(&self.vectors)]
            .into_iter()
            .flatten()
        {
            std::fs::File::open(file)
                .map_err(|error| Error::new(format!("{}: cannot be read: {error}", file.display())))?;
        }
        DataHashes::of(&self.train, self.dev.as_deref(), &self.test, &self.vectors)
            .map_err(|error| Error::new(format!("the data cannot be read: {error}")))
    }

    fn read(&self, hashes: DataHashes, needs: Needs) -> Result<ExperimentData, Error> {
        let reading = ReadingOptions { input_format: None, skip_bad: false };
        let read = |path: &PathBuf| read_corpus(path, &reading, mlrc::corpus::Tokenizer::default(), needs);
        Ok(ExperimentData {
            train: read(&self.train)?,
            dev: self.dev.as_ref().map(read).transpose()?,
            test: read(&self.test)?,
            vectors: read_vectors(&self.vectors)?,
            hashes,
        })
    }
}

/// What is done, and on a terminal what is running, with loss, development score and time left.
struct View {
    bars: Option<(MultiProgress, ProgressBar)>,
    running: Mutex<Vec<(usize, ProgressBar)>>,
    done: AtomicUsize,
    jobs: usize,
}

impl View {
    fn new(jobs: usize) -> Self {
        let bars = stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let style =
                ProgressStyle::with_template("{bar:30} {pos}/{len} jobs, {elapsed} so far, {eta} left")
                    .expect("the template is well-formed");
            let total = all.add(ProgressBar::new(jobs as u64).with_style(style));
            total.enable_steady_tick(Duration::from_secs(1));
            (all, total)
        });
        Self { bars, running: Mutex::default(), done: AtomicUsize::new(0), jobs }
    }

    fn line(&self, text: &str) {
        if let Some((all, _)) = &self.bars {
            let _ = all.println(text);
        } else {
            say!("{text}");
        }
    }

    fn of_worker(&self, worker: usize, work: impl FnOnce(&ProgressBar)) {
        let running = self.running.lock().expect("nobody panics with it");
        if let Some((_, bar)) = running.iter().find(|(of, _)| *of == worker) {
            work(bar);
        }
    }

    fn finish(&self) {
        if let Some((all, total)) = &self.bars {
            total.finish_and_clear();
            let _ = all.clear();
        }
    }
}

impl Observer for View {
    fn started(&self, worker: usize, job: &Job) {
        let Some((all, _)) = &self.bars else { return };
        let style =
            ProgressStyle::with_template("  {prefix}: {bar:20} {msg}").expect("the template is well-formed");
        let bar = all.add(ProgressBar::new(1).with_style(style).with_prefix(job.name()));
        let mut running = self.running.lock().expect("nobody panics with it");
        running.retain(|(of, _)| *of != worker);
        running.push((worker, bar));
    }

    fn event(&self, worker: usize, event: &Event) -> bool {
        self.of_worker(worker, |bar| match *event {
            Event::MetaIteration { iteration, of, loss } => {
                bar.set_length(of as u64);
                bar.set_position(iteration as u64);
                bar.set_message(format!("meta, loss {loss:.3}"));
            }
            Event::Round { round, of, loss, dev, .. } => {
                bar.set_length(of as u64);
                bar.set_position(round as u64);
                let dev = dev.map_or_else(String::new, |dev| format!(", dev {:.1} %", 100.0 * dev));
                bar.set_message(format!("round {round}, loss {loss:.3}{dev}"));
            }
            Event::MetaEnd { .. } | Event::Step { .. } => {}
        });
        !interrupt::requested()
    }

    fn finished(&self, worker: usize, job: &Job, result: &Result<RunResult, String>) {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        self.of_worker(worker, ProgressBar::finish_and_clear);
        if let Some((_, total)) = &self.bars {
            total.set_position(done as u64);
        }
        let outcome = match result {
            Ok(result) => {
                let scores = result.test.iter().map(|(selection, scores)| {
                    format!("{} {:.2} % ({selection})", scores.primary.name, 100.0 * scores.primary.value)
                });
                format!("{} in {:.0} s", scores.collect::<Vec<_>>().join(", "), result.seconds)
            }
            Err(error) => format!("failed: {error}"),
        };
        self.line(&format!("{done}/{} {}: {outcome}", self.jobs, job.name()));
    }
}
