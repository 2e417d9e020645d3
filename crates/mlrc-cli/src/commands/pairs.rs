//! `mlrc pairs`: entities that simple finders see in raw text, and the pairs of them as JSON lines, which `predict` reads.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlrc::corpus::candidates::{Counts, Finders, Gazetteer, PairOptions, SimpleFinder, Text, write_pairs};

use super::{check_output, write_file};
use crate::cli::PairsOptions;
use crate::error::Error;
use crate::exit;

/// Runs the command.
pub fn run(options: &PairsOptions) -> Result<ExitCode, Error> {
    let stdin = [PathBuf::from("-")];
    let files = if options.files.is_empty() { &stdin } else { &options.files[..] };
    let inputs: Vec<&Path> = files.iter().chain(&options.gazetteer).map(PathBuf::as_path).collect();
    check_output(&options.out, &inputs, options.force)?;
    if let Some((_, again)) = files.iter().enumerate().find(|(index, file)| files[..*index].contains(file)) {
        return Err(Error::new(format!(
            "{}: given twice, so identifiers would not be unique",
            again.display()
        )));
    }

    let finders = finders(options)?;
    let types = options.types.clone().unwrap_or_default();
    types.check(&finders.types()).map_err(|problem| Error::new(format!("--types: {problem}")))?;
    let pairs = PairOptions { types, max_distance: options.max_distance, max_pairs: options.max_pairs };

    let mut counts = Counts::new(&finders);
    let mut candidates = Vec::new();
    for file in files {
        candidates.extend(finders.find(&texts(file, options.jsonl_field.as_deref())?, &mut counts));
    }
    write_file(&options.out, |out| write_pairs(&candidates, &pairs, &mut counts, out))?;
    say!("{counts}");
    Ok(exit::SUCCESS)
}

/// What the options name; capitalised words if they name nothing. Warnings about lists are passed on.
fn finders(options: &PairsOptions) -> Result<Finders, Error> {
    let mut gazetteer = Gazetteer::default();
    for path in &options.gazetteer {
        for warning in gazetteer.add_file(path)? {
            say!("warning: {warning}");
        }
    }
    let mut simple = options.find.clone();
    if simple.is_empty() && options.gazetteer.is_empty() && options.pattern.is_empty() {
        simple.push(SimpleFinder::Capitalised);
    }
    Ok(Finders { gazetteer, patterns: options.pattern.clone(), simple })
}

/// The paragraphs of a file, or the texts in a field of its JSON lines; of stdin if the path is `-`.
fn texts(path: &Path, field: Option<&str>) -> Result<Vec<Text>, Error> {
    let unreadable = |error: io::Error| Error::new(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let name = if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable)?;
        Path::new("stdin")
    } else {
        bytes = fs::read(path).map_err(unreadable)?;
        path
    };
    Ok(match field {
        Some(field) => Text::of_json_lines(&bytes, name, field)?,
        None => Text::paragraphs(&bytes, name)?,
    })
}
