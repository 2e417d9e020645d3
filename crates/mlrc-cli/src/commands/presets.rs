//! `mlrc presets`: the presets that the program knows.

use std::io::{self, Write};
use std::process::ExitCode;

use mlrc::run::Preset;

use crate::cli::PresetsOptions;
use crate::error::Error;
use crate::exit;

/// Runs the command.
pub fn run(options: &PresetsOptions) -> Result<ExitCode, Error> {
    let mut stdout = io::stdout().lock();
    match &options.name {
        Some(name) => write!(stdout, "{}", Preset::named(name)?.toml)?,
        None => {
            for preset in Preset::all() {
                writeln!(stdout, "{:18} {}", preset.name, preset.read()?.about)?;
            }
        }
    }
    Ok(exit::SUCCESS)
}
