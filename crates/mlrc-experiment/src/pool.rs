//! Running the jobs of an experiment in parallel.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::Event;
use super::folder::{Failure, Folder};
use super::plan::Job;
use super::result::{ExperimentData, JobError, RunResult, execute_unless, key};
use mlrc::scoring::Scorer;

/// Watches jobs run; called from several threads.
pub trait Observer: Sync {
    /// A worker starts a job.
    fn started(&self, worker: usize, job: &Job);
    /// A step of a job; returns whether to continue.
    fn event(&self, worker: usize, event: &Event) -> bool;
    /// What is set when jobs should end, even in the middle of a step; nothing by default.
    fn stop(&self) -> Option<Arc<AtomicBool>> {
        None
    }
    /// A job is done.
    fn finished(&self, worker: usize, job: &Job, result: &Result<RunResult, String>);
}

/// Runs `jobs` on `threads` threads, one for each job at a time (several, if there are fewer jobs), and saves
/// every result in `folder` as it comes in. A job that fails is recorded and does not stop the others;
/// results do not depend on the number of threads. Ends early if the observer says so.
///
/// # Errors
/// If the folder cannot be written to.
pub fn run_jobs(
    jobs: &[Job],
    data: &ExperimentData,
    scorer: Option<&Scorer>,
    folder: &Folder,
    threads: usize,
    observer: &impl Observer,
) -> std::io::Result<()> {
    let workers = threads.min(jobs.len()).max(1);
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<std::io::Error>> = Mutex::new(None);
    let work = |worker: usize| {
        let threads = threads / workers + usize::from(worker < threads % workers);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build();
        let pool = pool.map_err(std::io::Error::other)?;
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            // Another program may have done it in the meantime.
            let key = key(&job.options, &data.hashes, scorer);
            if let Some(result) = folder.result(&key) {
                observer.finished(worker, job, &Ok(result));
                continue;
            }
            observer.started(worker, job);
            let observe = |event: &Event| observer.event(worker, event);
            let run = || execute_unless(observer.stop(), &job.options, data, scorer, observe);
            // A bug of ours in one job must not lose the results of the others.
            let outcome = catch_unwind(AssertUnwindSafe(|| pool.install(run)));
            let result = match outcome {
                Ok(Err(JobError::Interrupted)) => return Ok(()),
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(_) => Err("the program panicked: this is a bug in mlrc, please report it".to_owned()),
            };
            match &result {
                Ok(result) => folder.keep(result)?,
                Err(error) => {
                    let failure = Failure { job: job.name(), error: error.clone() };
                    folder.keep_failure(&key, &failure)?;
                }
            }
            observer.finished(worker, job, &result);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (work, failure, next) = (&work, &failure, &next);
            scope.spawn(move || {
                if let Err(error) = work(worker) {
                    // No worker starts another job.
                    next.store(jobs.len(), Ordering::Relaxed);
                    *failure.lock().expect("no thread panics while holding it") = Some(error);
                }
            });
        }
    });
    failure.into_inner().expect("no thread panics while holding it").map_or(Ok(()), Err)
}
