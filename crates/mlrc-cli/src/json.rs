//! Results as JSON on stdout.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::Error;

/// Writes one value, indented.
pub fn print<T: Serialize>(value: &T) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, value).map_err(io::Error::from)?;
    writeln!(stdout)?;
    Ok(())
}
