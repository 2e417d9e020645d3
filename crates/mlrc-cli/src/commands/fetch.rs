//! `mlrc fetch`: public data sets and word vectors.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::{DatasetName, FetchOptions};
use crate::error::Error;
use crate::fetch::{Dataset, Outcome, Request, fetch};
use crate::{exit, interrupt};

/// Runs the command.
pub fn run(options: &FetchOptions) -> Result<ExitCode, Error> {
    let Some(name) = options.name else {
        list()?;
        return Ok(exit::SUCCESS);
    };
    let called = called(name);
    let dataset = Dataset::of(name).ok_or_else(tacred)?;
    let folder = options.out.clone().unwrap_or_else(|| PathBuf::from(&called));
    let request = Request {
        dataset,
        folder: &folder,
        from: options.from.as_deref(),
        dimension: dimension(&called, dataset, options.dimension)?,
        retries: options.retries,
    };
    say!("{}\nlicence {}; please cite {}", dataset.about, dataset.licence, dataset.citation);
    interrupt::watch();
    match fetch(&request)? {
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

fn called(name: DatasetName) -> String {
    name.to_possible_value().expect("no name is hidden").get_name().to_owned()
}

/// Which vectors: those asked for, or the first that there are.
fn dimension(name: &str, dataset: &Dataset, asked: Option<u16>) -> Result<Option<u16>, Error> {
    let known = dataset.dimensions();
    match asked {
        None => Ok(known.first().copied()),
        Some(asked) if known.contains(&asked) => Ok(Some(asked)),
        Some(_) if known.is_empty() => {
            Err(Error::new(format!("{name} are no vectors")).help("leave --dimension out"))
        }
        Some(asked) => {
            let known: Vec<_> = known.iter().map(ToString::to_string).collect();
            Err(Error::new(format!("{name} has no vectors of {asked} components"))
                .help(format!("there are vectors of {}", known.join(", "))))
        }
    }
}

fn list() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for &name in DatasetName::value_variants() {
        match Dataset::of(name) {
            Some(dataset) => {
                writeln!(stdout, "{:13} {}", called(name), dataset.about)?;
                writeln!(stdout, "{:13} licence {}; cite {}", "", dataset.licence, dataset.citation)?;
            }
            None => writeln!(
                stdout,
                "{:13} licensed by the LDC, not to be had here: `mlrc fetch tacred`",
                called(name)
            )?,
        }
    }
    Ok(())
}

fn tacred() -> Error {
    Error::new("TACRED is licensed by the Linguistic Data Consortium, and cannot be downloaded without an agreement")
        .help(
            "get LDC2018T24 at https://catalog.ldc.upenn.edu/LDC2018T24; of the release's folder, mlrc reads the files in \
             tacred/data/json: `mlrc train --train tacred/data/json/train.json --dev tacred/data/json/dev.json \
             --test tacred/data/json/test.json --vectors FILE --out FOLDER`",
        )
}
