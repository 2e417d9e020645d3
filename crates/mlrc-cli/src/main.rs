//! The program `mlrc`.
//!
//! Results go to stdout, everything else to stderr. Exit codes are in [`exit`].

/// Writes a line to stderr, ignoring errors: the program must not stop because nobody reads its messages. What is in it of
/// data cannot control the terminal.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let text = format!($($text)*);
        let _ = writeln!(std::io::stderr(), "{}", mlrc::escape::terminal(&text));
    }};
}

mod cli;
mod commands;
mod error;
mod exit;
mod explain;
mod interrupt;
mod job_view;
mod json;
mod kept;
mod lock;
mod progress;
mod run_folder;
mod settings;

use std::process::ExitCode;

use crate::cli::Command;

// Training constantly allocates and frees large buffers, which the system's allocator would return to the OS.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Messages are not wrapped, so that paths and numbers in them can be searched for and copied.
    let handler = |_: &_| Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build()) as Box<_>;
    let _ = miette::set_hook(Box::new(handler));
    interrupt::watch();
    let arguments = cli::parse();
    let result = set_threads(arguments.threads).and_then(|()| match arguments.command {
        Command::Check(options) => commands::check::run(&options),
        Command::Train(options) => commands::train::run(&options),
        Command::Adapt(options) => commands::adapt::run(&options),
        Command::Experiment(options) => commands::experiment::run(&options),
        Command::Episodes(options) => commands::episodes::run(&options),
        Command::Tune(options) => commands::tune::run(&options),
        Command::Presets(options) => commands::presets::run(&options),
        Command::Show(options) => commands::show::run(&options),
        Command::Evaluate(options) => commands::evaluate::run(&options),
        Command::Compare(options) => commands::compare::run(&options),
        Command::Pairs(options) => commands::pairs::run(&options),
        Command::Suggest(options) => commands::suggest::run(&options),
        Command::Predict(options) => commands::predict::run(&options),
        Command::Explain(options) => commands::explain::run(&options),
        Command::Synth(options) => commands::synth::run(&options),
        Command::Convert(options) => commands::convert::run(&options),
        Command::Fetch(options) => commands::fetch::run(&options),
        Command::Demo(options) => commands::demo::run(&options),
    });
    match result {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            error.show();
            exit::FAILURE
        }
    }
}

fn set_threads(threads: Option<usize>) -> Result<(), error::Error> {
    let threads = threads.unwrap_or(0);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| error::Error::new(format!("cannot start the worker threads: {error}")))
}
