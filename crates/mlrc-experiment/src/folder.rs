//! The folder of an experiment: a file for each result, named by its key, and the summaries made from them.
//!
//! | file | what |
//! |---|---|
//! | `experiment.toml` | the plan, as it was last run |
//! | `runs/KEY.json` | a result, written completely or not at all |
//! | `runs.jsonl.gz` | packed results and failures ([`pack`](super::pack)), read as if they were single files |
//! | `results.jsonl` | a line for each job that is done, in the plan's order |
//! | `outputs.json` | what the report has written of what follows, with hashes |
//! | `report.html`, `tables.md` | the results on one page; means and comparisons as text |
//! | `tables/`, `figures/`, `confusion/` | every table as CSV and LaTeX, every figure as SVG and PNG |
//!
//! Jobs share nothing but this folder, so several processes, even on several machines, may fill it at once.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::packed::{self, Packed, PackedError};
use super::plan::{Job, Plan};
use super::result::RunResult;
use super::stored;
use mlrc::files::{write_atomically, write_json};
use mlrc::run::RecipeError;

/// A folder of results.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    packed: Arc<Packed>,
}

/// A failure, as recorded in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A description of the job.
    pub job: String,
    /// Why it failed.
    pub error: String,
}

/// A line of `results.jsonl`: the job's name in the plan, and its result without the predictions.
#[derive(Serialize)]
struct Row<'a> {
    learner: &'a str,
    arm: String,
    fraction: f64,
    seed: u64,
    #[serde(flatten)]
    result: &'a RunResult,
}

impl Folder {
    /// The folder at `path`, which need not exist yet. What is packed in it is read now, once.
    ///
    /// # Errors
    /// If there is a packed file that cannot be read: otherwise its results would seem to be missing and be
    /// recomputed.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, PackedError> {
        let path = path.into();
        let packed = Arc::new(Packed::read(&path)?);
        Ok(Self { path, packed })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn run(&self, key: &str) -> PathBuf {
        self.path.join("runs").join(format!("{key}.json"))
    }

    fn failure(&self, key: &str) -> PathBuf {
        self.path.join("failures").join(format!("{key}.json"))
    }

    /// The result with this key, if there is one. A file that is damaged counts as absent: the result is
    /// computed again.
    pub fn result(&self, key: &str) -> Option<RunResult> {
        let single = std::fs::read_to_string(self.run(key)).ok();
        single.and_then(|text| stored::result(&text, key)).or_else(|| self.packed.result(key))
    }

    /// The file of the result with this key, if it exists but is damaged.
    pub fn damaged(&self, key: &str) -> Option<PathBuf> {
        let packed = || self.packed.has(key).then(|| Packed::path(&self.path));
        let file = Some(self.run(key)).filter(|path| path.exists()).or_else(packed);
        file.filter(|_| self.result(key).is_none())
    }

    /// The keys of all its results, of whatever experiment, sorted.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn keys(&self) -> io::Result<BTreeSet<String>> {
        let single = packed::keys(&self.path.join("runs"))?;
        Ok(single.into_iter().chain(self.packed.keys().cloned()).collect())
    }

    /// Whether it has results, of any experiment.
    pub fn has_results(&self) -> bool {
        self.keys().is_ok_and(|keys| !keys.is_empty())
    }

    /// The failure with this key, if there is one.
    pub fn failed(&self, key: &str) -> Option<Failure> {
        let single =
            std::fs::read(self.failure(key)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        // A result that came later forgets it, which a packed file cannot.
        single.or_else(|| self.packed.failure(key).filter(|_| !self.run(key).exists()))
    }

    /// Saves a result, and deletes the record of an earlier failure of the job.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn keep(&self, result: &RunResult) -> io::Result<()> {
        let text = stored::text(result)?;
        write_atomically(&self.run(&result.key), |out| out.write_all(text.as_bytes()))?;
        match std::fs::remove_file(self.failure(&result.key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Saves a failure.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn keep_failure(&self, key: &str, failure: &Failure) -> io::Result<()> {
        write_json(&self.failure(key), failure)
    }

    /// The plan that the folder was last run with.
    ///
    /// # Errors
    /// If there is none.
    pub fn plan(&self) -> Result<Plan, RecipeError> {
        Plan::read_file(&self.path.join("experiment.toml"))
    }

    /// Copies from `other` the results with these keys that are not here yet, and the failures of jobs that
    /// have no result. Returns how many results were copied, and how many were already here.
    ///
    /// # Errors
    /// If a folder cannot be read or written.
    pub fn take_from(&self, other: &Self, keys: &[String]) -> io::Result<(usize, usize)> {
        let (mut taken, mut here) = (0, 0);
        for key in keys {
            match (other.result(key), other.failed(key)) {
                (Some(_), _) if self.result(key).is_some() => here += 1,
                (Some(result), _) => {
                    self.keep(&result)?;
                    taken += 1;
                }
                (None, Some(failure)) if self.result(key).is_none() => self.keep_failure(key, &failure)?,
                (None, _) => {}
            }
        }
        Ok((taken, here))
    }

    /// Writes a file into the folder, whole or not at all.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        write_atomically(&self.path.join(name), |out| out.write_all(content.as_ref()))
    }

    /// Writes `results.jsonl`: the results of `done`, in their order, without the predictions.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn write_rows(&self, done: &[(Job, RunResult)]) -> io::Result<()> {
        write_atomically(&self.path.join("results.jsonl"), |out| {
            for (job, result) in done {
                let result = RunResult { predictions: std::collections::BTreeMap::new(), ..result.clone() };
                let row = Row {
                    learner: &job.learner,
                    arm: job.options.arm.to_string(),
                    fraction: job.options.fraction,
                    seed: job.options.seed,
                    result: &result,
                };
                serde_json::to_writer(&mut *out, &row)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })
    }
}
