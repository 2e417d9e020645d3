//! `mlrc fetch`: public data sets and word vectors.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write, stderr};
use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use mlrc_fetch::{Access, Dataset, Outcome, Request, Watcher, fetch};

use crate::cli::FetchOptions;
use crate::error::Error;
use crate::{exit, interrupt};

/// Runs the command.
pub fn run(options: &FetchOptions) -> Result<ExitCode, Error> {
    let Some(name) = &options.name else {
        list()?;
        return Ok(exit::SUCCESS);
    };
    let folder = options.out.clone().unwrap_or_else(|| PathBuf::from(name));
    let request = Request {
        dataset: Dataset::named(name).expect("the names of data sets are the flag's values"),
        folder: &folder,
        from: options.from.as_deref(),
        dimension: options.dimension,
        retries: options.retries,
    };
    interrupt::saves();
    match fetch(&request, &Terminal::new())? {
        Outcome::Interrupted => Ok(exit::interrupted()),
        Outcome::Done(paths) => {
            let mut stdout = io::stdout().lock();
            for path in paths {
                writeln!(stdout, "{}", path.display())?;
            }
            Ok(exit::SUCCESS)
        }
    }
}

fn list() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for dataset in Dataset::all() {
        let name = dataset.name;
        match &dataset.access {
            Access::Open(release) => {
                writeln!(stdout, "{name:13} {}", release.about)?;
                writeln!(stdout, "{:13} licence {}; cite {}", "", release.licence, release.citation)?;
            }
            Access::Licensed(terms) => writeln!(stdout, "{name:13} {}", terms.about)?,
        }
    }
    Ok(())
}

/// Lines on stderr and, on a terminal, a progress bar that removes itself when a download ends.
struct Terminal {
    bar: RefCell<Option<ProgressBar>>,
    terminal: bool,
}

impl Terminal {
    fn new() -> Self {
        Self { bar: RefCell::new(None), terminal: stderr().is_terminal() }
    }
}

impl Watcher for Terminal {
    fn note(&self, line: &str) {
        say!("{line}");
    }

    fn progress(&self, total: Option<u64>, position: u64) {
        if !self.terminal {
            return;
        }
        match &mut *self.bar.borrow_mut() {
            Some(bar) => bar.set_position(position),
            none => *none = Some(new_bar(total, position)),
        }
    }

    fn progress_ends(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn is_interrupted(&self) -> bool {
        interrupt::requested()
    }
}

fn new_bar(total: Option<u64>, position: u64) -> ProgressBar {
    let template = match total {
        Some(_) => "{wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{spinner} {bytes}, {bytes_per_sec}",
    };
    let style = ProgressStyle::with_template(template).expect("the template is well-formed");
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new).with_style(style);
    // What was downloaded before must not count towards the rate: the position is noted, then the rate forgotten.
    let bar = bar.with_position(position);
    bar.tick();
    bar.reset_eta();
    bar
}
