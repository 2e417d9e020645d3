//! `mlrc tune`: random search with successive halving on development data.

use std::collections::HashSet;
use std::io::{Write as _, stdout};
use std::process::ExitCode;

use mlrc::corpus::counted;
use mlrc_experiment::estimate::Work;
use mlrc_experiment::tune::{
    Score, Search, Stage, Tuning, describe_rung, markdown, outcome, trials_csv, verdict,
};
use mlrc_experiment::{ExperimentData, Folder, key, percent, run_jobs};

use super::Needs;
use super::experiment::{Files, own_folder, reads_vectors};
use crate::cli::TuneOptions;
use crate::error::Error;
use crate::job_view::JobView;
use crate::lock::Lock;
use crate::{exit, interrupt};

/// Runs the command.
pub fn run(options: &TuneOptions) -> Result<ExitCode, Error> {
    let tuning = tuning(options)?;
    let mut search = Search::new(&tuning, &options.recipe)?;
    let learners = search.trials().iter().map(|trial| &trial.recipe.learner);
    let files = Files::of(&tuning.data, false, reads_vectors(learners))?;
    files.readable()?;
    let hashes = files.hashes()?;
    let heads = Needs::of(&search.trials()[0].recipe.learner).heads;
    let data = files.read(hashes, Needs { labels: true, heads })?;
    // What no trial could be run with is said before the first.
    if let Some(job) = search.jobs().first() {
        Work::of(&job.options, &data)?;
    }
    let Some(out) = options.out.as_ref().filter(|_| !options.dry_run) else {
        return plan(&tuning, &search, data.left_out());
    };
    own_folder(out, "experiment.toml", "an experiment")?;
    let _lock = Lock::alone(out)?;
    // What is in it is read now that nobody else writes.
    let folder = Folder::open(out)?;
    let write = |name: &str, text: &str| {
        let failed = |error| Error::new(format!("{}: {error}", out.join(name).display()));
        folder.write(name, text).map_err(failed)
    };
    let kept = Tuning { data: tuning.data.absolute(), ..tuning.clone() };
    let text = toml::to_string(&kept).map_err(|error| Error::new(error.to_string()))?;
    write("tune.toml", &text)?;
    interrupt::saves();
    while search.stage() != Stage::Done {
        let stage = search.stage();
        let Some(outcomes) = run_stage(&search, &tuning, &data, &folder, options.retry_failed)? else {
            say!("interrupted; run the same command again to continue");
            return Ok(exit::interrupted());
        };
        search.advance(&outcomes);
        if let (Stage::Rung(_), Some(line)) = (stage, describe_rung(&search)) {
            say!("{line}");
        }
        write("trials.csv", &trials_csv(&search))?;
    }
    let report = markdown(&search);
    write("report.md", &report)?;
    let Some(best) = search.best() else {
        writeln!(stdout(), "{}", verdict(&search))?;
        say!("the reasons are in {}", out.join("report.md").display());
        return Ok(exit::problems());
    };
    write("best.toml", &toml::to_string(&best).map_err(|error| Error::new(error.to_string()))?)?;
    writeln!(stdout(), "{}", verdict(&search))?;
    let best = out.join("best.toml");
    say!(
        "details are in {}; train with --preset {} --arm {} --fraction {}{}",
        out.join("report.md").display(),
        best.display(),
        tuning.arm,
        tuning.fraction,
        if tuning.annotations { "" } else { " --no-annotations" }
    );
    Ok(exit::ended(data.left_out()))
}

/// Runs those jobs of the search's next stage that the folder lacks; returns all outcomes of the stage, or
/// `None` if interrupted.
fn run_stage(
    search: &Search,
    tuning: &Tuning,
    data: &ExperimentData,
    folder: &Folder,
    retry_failed: bool,
) -> Result<Option<Vec<Result<Score, String>>>, Error> {
    let (jobs, scorer) = (search.jobs(), tuning.scorer.as_ref());
    let keys: Vec<String> = jobs.iter().map(|job| key(&job.options, &data.hashes, scorer)).collect();
    let is_open = |key: &String| match outcome(folder, key) {
        None => true,
        Some(outcome) => outcome.is_err() && retry_failed,
    };
    let open: Vec<_> =
        jobs.iter().zip(&keys).filter(|(_, key)| is_open(key)).map(|(job, _)| job.clone()).collect();
    for path in keys.iter().filter_map(|key| folder.damaged(key)) {
        say!("warning: {}: cannot be read as a result or is damaged; it will be run again", path.display());
    }
    let trials: HashSet<&str> = jobs.iter().map(|job| &job.learner[..]).collect();
    let seeds = jobs.len() / trials.len().max(1);
    let stage = match search.stage() {
        Stage::Rung(rung) => format!("rung {}", rung + 1),
        _ => "fresh seeds".to_owned(),
    };
    say!(
        "{stage}: {}, seeds: {seeds}; runs: {}, {} of them to do",
        counted(trials.len(), "setting"),
        jobs.len(),
        open.len()
    );
    let view = JobView::new(open.len());
    let threads = rayon::current_num_threads();
    let ran = run_jobs(&open, data, scorer, folder, threads, &view);
    view.finish();
    ran.map_err(|error| Error::new(format!("{}: {error}", folder.path().display())))?;
    if interrupt::requested() {
        return Ok(None);
    }
    let outcomes: Option<Vec<_>> = keys.iter().map(|key| outcome(folder, key)).collect();
    let gone = || Error::new(format!("{}: results have disappeared", folder.path().display()));
    outcomes.map(Some).ok_or_else(gone)
}

/// Reports how many runs there would be, and lists the settings.
fn plan(tuning: &Tuning, search: &Search, left_out: usize) -> Result<ExitCode, Error> {
    let mut stdout = stdout().lock();
    say!("{}, {} % of the labels", tuning.arm, percent(tuning.fraction));
    let mut all = 0;
    for (place, (rung, runs)) in tuning.rungs().into_iter().enumerate() {
        all += runs;
        say!(
            "rung {}: {} and the baseline, seeds: {}; new runs: {runs}",
            place + 1,
            counted(rung.trials, "trial"),
            rung.seeds
        );
    }
    let fresh = search.fresh_seeds();
    if fresh > 0 {
        all += 2 * fresh;
        say!("fresh seeds: {fresh} for the best trial and the baseline; new runs: {}", 2 * fresh);
    }
    say!("{} in all", counted(all, "run"));
    let keys: Vec<&str> = search.parameters().iter().map(|parameter| &parameter.key[..]).collect();
    writeln!(stdout, "trial\t{}", keys.join("\t"))?;
    for trial in search.trials() {
        writeln!(stdout, "{}\t{}", trial.number, trial.readable().join("\t"))?;
    }
    Ok(exit::ended(left_out))
}

/// The recipe, overridden by the flags.
fn tuning(options: &TuneOptions) -> Result<Tuning, Error> {
    let mut tuning = Tuning::find(&options.recipe)?;
    for (ours, flag) in [
        (&mut tuning.data.train, &options.train),
        (&mut tuning.data.dev, &options.dev),
        (&mut tuning.data.vectors, &options.vectors),
    ] {
        if flag.is_some() {
            ours.clone_from(flag);
        }
    }
    tuning.data.skip_bad |= options.skip_bad;
    tuning.dev_size = options.dev_size.or(tuning.dev_size);
    if let Some(trials) = options.trials {
        tuning.budget.trials = trials;
    }
    Ok(tuning)
}
