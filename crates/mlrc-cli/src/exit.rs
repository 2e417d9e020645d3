//! Exit codes, as the manual and `--help` document them.

use std::process::ExitCode;

/// The command did what it was asked.
pub const SUCCESS: ExitCode = ExitCode::SUCCESS;

/// It could not; the message says why. (Wrong usage is 2, from the argument parser.)
pub const FAILURE: ExitCode = ExitCode::FAILURE;

/// `check` found problems in the data, or instances were skipped.
pub fn problems() -> ExitCode {
    ExitCode::from(3)
}

/// The run was interrupted; what was done is saved.
pub fn interrupted() -> ExitCode {
    ExitCode::from(130)
}
