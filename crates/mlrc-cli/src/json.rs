//! Results as JSON on stdout.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::Error;

/// Whether a count is left out of JSON, which was made before there was such a count.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
pub fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Writes one value, indented.
pub fn print<T: Serialize>(value: &T) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, value).map_err(io::Error::from)?;
    writeln!(stdout)?;
    Ok(())
}
