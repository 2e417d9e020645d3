//! Progress of an experiment's jobs: bars on a terminal, otherwise a line per finished job; always on stderr.

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mlrc::escape::{shortened, terminal};
use mlrc::run::Event;
use mlrc_experiment::{Job, Observer, RunResult};

use crate::interrupt;
use crate::progress::{Pace, duration};

/// Most characters of a job's name beside its bar.
const NAME: usize = 40;

/// Shows finished jobs and, on a terminal, running ones with loss, development score and time left.
pub struct JobView {
    bars: Option<(MultiProgress, ProgressBar)>,
    running: Mutex<Vec<(usize, ProgressBar)>>,
    done: AtomicUsize,
    pace: Pace,
    jobs: usize,
}

impl JobView {
    /// A view of `jobs` jobs that are about to run.
    pub fn new(jobs: usize) -> Self {
        let bars = stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let style =
                ProgressStyle::with_template("{bar:20} {wide_msg}").expect("the template is well-formed");
            let total = all.add(ProgressBar::new(jobs as u64).with_style(style));
            total.set_message(format!("0/{jobs} jobs"));
            total.enable_steady_tick(Duration::from_secs(1));
            (all, total)
        });
        Self { bars, running: Mutex::default(), done: AtomicUsize::new(0), pace: Pace::starting_at(0), jobs }
    }

    fn line(&self, text: &str) {
        if let Some((all, _)) = &self.bars {
            let _ = all.println(terminal(text));
        } else {
            say!("{text}");
        }
    }

    fn of_worker(&self, worker: usize, work: impl FnOnce(&ProgressBar)) {
        let running = self.running.lock().expect("no thread panics while holding the lock");
        if let Some((_, bar)) = running.iter().find(|(of, _)| *of == worker) {
            work(bar);
        }
    }

    /// Removes the bars.
    pub fn finish(&self) {
        if let Some((all, total)) = &self.bars {
            total.finish_and_clear();
            let _ = all.clear();
        }
    }
}

impl Observer for JobView {
    fn started(&self, worker: usize, job: &Job) {
        let Some((all, _)) = &self.bars else { return };
        let style =
            ProgressStyle::with_template("  {bar:10} {wide_msg}").expect("the template is well-formed");
        let name = shortened(&job.name(), NAME).into_owned();
        let bar = all.add(ProgressBar::new(1).with_style(style).with_prefix(name.clone()).with_message(name));
        let mut running = self.running.lock().expect("no thread panics while holding the lock");
        running.retain(|(of, _)| *of != worker);
        running.push((worker, bar));
    }

    fn event(&self, worker: usize, event: &Event) -> bool {
        self.of_worker(worker, |bar| match *event {
            Event::MetaIteration { iteration, of, loss } => {
                bar.set_length(of as u64);
                bar.set_position(iteration as u64);
                bar.set_message(format!("{}: meta, loss {loss:.3}", bar.prefix()));
            }
            Event::Round { round, of, loss, dev, .. } => {
                bar.set_length(of as u64);
                bar.set_position(round as u64);
                let dev = dev.map_or_else(String::new, |dev| format!(", dev {:.1} %", 100.0 * dev));
                bar.set_message(format!("{}: round {round}, loss {loss:.3}{dev}", bar.prefix()));
            }
            Event::MetaEnd { .. } | Event::Step { .. } | Event::Solved { .. } | Event::End { .. } => {}
        });
        !interrupt::requested()
    }

    fn stop(&self) -> Option<Arc<AtomicBool>> {
        Some(interrupt::flag())
    }

    fn finished(&self, worker: usize, job: &Job, result: &Result<RunResult, String>) {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        self.of_worker(worker, ProgressBar::finish_and_clear);
        if let Some((_, total)) = &self.bars {
            let pace = self.pace.text(done as u64, self.jobs as u64, Instant::now());
            let elapsed = duration(total.elapsed());
            total.set_message(format!("{done}/{} jobs in {elapsed}{pace}", self.jobs));
            total.set_position(done as u64);
        }
        let outcome = match result {
            Ok(result) => {
                let scores = result.test.iter().map(|(selection, scores)| {
                    format!("{} {:.2} % ({selection})", scores.primary.name, 100.0 * scores.primary.value)
                });
                let mut scores: Vec<String> = scores.collect();
                if scores.is_empty() {
                    // A hyper-parameter search sees no test data.
                    scores.extend(result.best_dev.map(|(dev, _)| format!("dev {:.2} %", 100.0 * dev)));
                }
                format!("{} in {:.0} s", scores.join(", "), result.seconds)
            }
            Err(error) => format!("failed: {error}"),
        };
        self.line(&format!("{done}/{} {}: {outcome}", self.jobs, job.name()));
    }
}
