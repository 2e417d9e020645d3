//! The steps of writing, each of which a test can let fail. In release builds there is nothing of this.
//!
//! `MLRC_FAULT=7:full` lets the seventh step fail, and every one after it, as on a full disk; `7:broken` that step alone, with an
//! I/O error; `7:denied`, as if the file must not be written. `MLRC_FAULT_LOG` names a file that gets a line for each step.

use std::io::{self, Write};
use std::path::Path;

/// What writing consists of.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(debug_assertions), allow(dead_code))]
pub(super) enum Step {
    Folder,
    Create,
    Write,
    Sync,
    Rename,
}

/// A file that is written to.
#[derive(Debug)]
pub struct Sink<F>(
    /// The file.
    pub F,
);

impl<F: Write> Write for Sink<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        step(Step::Write, Path::new(""))?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(not(debug_assertions))]
#[allow(clippy::inline_always, clippy::unnecessary_wraps)]
#[inline(always)]
pub(super) fn step(_: Step, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(debug_assertions)]
pub(super) use injected::step;

#[cfg(debug_assertions)]
mod injected {
    use std::io::{self, Write as _};
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{LazyLock, Mutex, PoisonError};

    use super::Step;

    struct Fault {
        at: usize,
        /// The system's number of the error.
        error: i32,
        stays: bool,
    }

    static FAULT: LazyLock<Option<Fault>> = LazyLock::new(|| {
        let text = std::env::var("MLRC_FAULT").ok()?;
        let (at, kind) = text.split_once(':')?;
        let (error, stays) = match kind {
            "full" => (28, true),
            "broken" => (5, false),
            "denied" => (13, false),
            _ => return None,
        };
        Some(Fault { at: at.parse().ok()?, error, stays })
    });

    static LOG: LazyLock<Option<Mutex<PathBuf>>> =
        LazyLock::new(|| Some(Mutex::new(std::env::var_os("MLRC_FAULT_LOG")?.into())));

    static STEPS: AtomicUsize = AtomicUsize::new(0);

    /// Counts a step, which may fail.
    pub(in super::super) fn step(step: Step, path: &Path) -> io::Result<()> {
        let number = STEPS.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = FAULT.as_ref().filter(|fault| number == fault.at || (fault.stays && number > fault.at));
        if let Some(log) = &*LOG {
            let log = log.lock().unwrap_or_else(PoisonError::into_inner);
            let failed = if fault.is_some() { " FAILS" } else { "" };
            let mut file = std::fs::File::options().append(true).create(true).open(&*log)?;
            writeln!(file, "{number} {step:?} {}{failed}", path.display())?;
        }
        fault.map_or(Ok(()), |fault| Err(io::Error::from_raw_os_error(fault.error)))
    }
}
