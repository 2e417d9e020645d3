//! Exit codes, as the manual and `--help` document them.

use std::process::ExitCode;

/// The command did what it was asked.
pub const SUCCESS: ExitCode = ExitCode::SUCCESS;

/// The command failed; the message says why. (The argument parser exits with 2 on incorrect usage.)
pub const FAILURE: ExitCode = ExitCode::FAILURE;

/// `check` found problems in the data, or instances were skipped.
pub fn problems() -> ExitCode {
    ExitCode::from(3)
}

/// The command did what it was asked, but for so many instances that `--skip-bad` let it leave out.
pub fn ended(skipped: usize) -> ExitCode {
    if skipped == 0 { SUCCESS } else { problems() }
}

/// The run was interrupted; its progress is saved.
pub fn interrupted() -> ExitCode {
    ExitCode::from(130)
}
