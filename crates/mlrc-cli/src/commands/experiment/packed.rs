//! What is done with an experiment's results where nothing is run: packing them, and making everything that is derived of them
//! again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use mlrc_experiment::{DataHashes, Folder, Job, PackedError, Packing, RunResult, key};

use super::{Files, apply_flags};
use crate::cli::ExperimentOptions;
use crate::commands::Needs;
use crate::error::Error;
use crate::exit;
use crate::lock::Lock;

impl From<PackedError> for Error {
    fn from(error: PackedError) -> Self {
        let said = Self::new(error.to_string());
        match error {
            PackedError::Io { .. } => said,
            PackedError::Damaged { .. } => said.help(
                "put back an undamaged copy, for example from version control; or, to compute its results again, move it away",
            ),
        }
    }
}

/// `--pack`: the folder's results in one file.
pub fn pack(path: &Path) -> Result<ExitCode, Error> {
    let _lock = path.is_dir().then(|| Lock::alone(path)).transpose()?;
    let Packing { file, taken, results, failures, left } = mlrc_experiment::pack(path)?;
    for file in &left {
        say!("warning: {}: cannot be read as a result or failure; it is left as it is", file.display());
    }
    if results + failures == 0 {
        return Err(Error::new(format!("{}: has no results to pack", path.display()))
            .help("--pack names the folder of an experiment or of a search for hyper-parameters"));
    }
    let failures = if failures > 0 { format!(" and {failures} failures") } else { String::new() };
    say!("{}: {taken} files packed; it has {results} results{failures}", file.display());
    Ok(if left.is_empty() { exit::SUCCESS } else { exit::problems() })
}

/// `--report`: tables, figures and the page of what the folder has of its own recipe.
pub fn report(path: &Path, options: &ExperimentOptions) -> Result<ExitCode, Error> {
    let _lock = path.is_dir().then(|| Lock::alone(path)).transpose()?;
    let folder = Folder::open(path)?;
    let mut plan =
        folder.plan().map_err(|error| Error::new(format!("not an experiment's folder: {error}")))?;
    apply_flags(&mut plan, options)?;
    let jobs = plan.jobs(&path.join("experiment.toml").display().to_string())?;
    let has_vectors = plan.data.vectors.as_ref().is_some_and(|path| path.exists());
    let files = Files::of(&plan.data, true, options.vectors.is_some() || has_vectors)?;
    if let Some(file) = files.data().find(|file| !file.is_file()) {
        return Err(Error::new(format!("{}: there is no such file", file.display())).help(
            "tables are made of results and of the data that they were made with: give --train and --test (and --dev), or --data; \
             vectors are not needed",
        ));
    }
    let unread = |error: std::io::Error| Error::new(format!("{}: {error}", path.display()));
    let keys = folder.keys().map_err(unread)?;
    let all: BTreeMap<&String, RunResult> =
        keys.iter().filter_map(|key| Some((key, folder.result(key)?))).collect();
    for file in keys.iter().filter_map(|key| folder.damaged(key)).collect::<BTreeSet<_>>() {
        say!("warning: {}: cannot be read as a result or is damaged", file.display());
    }
    let hashes = if files.vectors.is_some() {
        files.hashes()?
    } else {
        let hashes = files.data_hashes()?;
        DataHashes { vectors: vectors_of(&all, &hashes)?, ..hashes }
    };
    let jobs_in_all = jobs.len();
    let result = |job: &Job| all.get(&key(&job.options, &hashes, plan.scorer.as_ref())).cloned();
    let done: Vec<(Job, RunResult)> =
        jobs.into_iter().filter_map(|job| result(&job).map(|result| (job, result))).collect();
    if done.is_empty() {
        return Err(none_of_them(path, &all, &hashes));
    }
    let data = files.read_data(hashes.clone(), Needs { labels: true, heads: false })?;
    super::print(&mlrc_experiment::report::write(&folder, &plan, jobs_in_all, &done, &data)?)?;
    say!("{}: made of the results of {} of {jobs_in_all} jobs", path.display(), done.len());
    Ok(exit::ended(data.left_out()))
}

/// The vectors that results of this data were made with: without their file, only results know them.
fn vectors_of(all: &BTreeMap<&String, RunResult>, data: &DataHashes) -> Result<Option<String>, Error> {
    let of_data = |result: &&RunResult| DataHashes { vectors: None, ..result.hashes.clone() } == *data;
    let vectors: BTreeSet<&String> =
        all.values().filter(of_data).filter_map(|result| result.hashes.vectors.as_ref()).collect();
    if vectors.len() > 1 {
        return Err(Error::new(format!("there are results with {} different vectors", vectors.len()))
            .help("say by --vectors which are meant"));
    }
    Ok(vectors.into_iter().next().cloned())
}

/// A hash of one of the files.
type Part = fn(&DataHashes) -> Option<&String>;

/// That there is nothing to report, and why.
fn none_of_them(path: &Path, all: &BTreeMap<&String, RunResult>, hashes: &DataHashes) -> Error {
    if all.is_empty() {
        return Error::new(format!("{}: has no results", path.display()));
    }
    let parts: [(&str, Part); 4] = [
        ("train", |hashes| Some(&hashes.train)),
        ("dev", |hashes| hashes.dev.as_ref()),
        ("test", |hashes| hashes.test.as_ref()),
        ("vectors", |hashes| hashes.vectors.as_ref()),
    ];
    let made_with = |of: Part| all.values().any(|result| of(&result.hashes) == of(hashes));
    let read = |part: &str| part != "vectors" || hashes.vectors.is_some();
    let others: Vec<&str> =
        parts.into_iter().filter(|(part, of)| read(part) && !made_with(*of)).map(|(part, _)| part).collect();
    if others.is_empty() {
        return Error::new(format!(
            "{}: none of its results is of its recipe with this data",
            path.display()
        ));
    }
    Error::new(format!("{}: none of its results is of this data", path.display())).help(format!(
        "results are known by the content of the files; these were made with other files for: {}",
        others.join(", ")
    ))
}
