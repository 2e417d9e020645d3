//! What is wrong with a TOML file, and where: its line and the key at fault.
//!
//! Serde loses positions inside tagged enums and flattened tables, and what a recipe inherits from a preset
//! was never in the file. So the key at fault is found first (without it, the error is another one), and then
//! its line is looked up in the text.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::recipe::Preset;
use crate::corpus::suggest;

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// There is no preset of the name.
    #[error("{}{}", no_preset(.name), maybe(.meant.as_ref()))]
    UnknownPreset {
        /// The name.
        name: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The underlying error.
        source: std::io::Error,
    },
    /// It is not TOML, or not of this form.
    #[error("{file}{}: {}{problem}{}", at(*.line), dotted(.key), maybe(.meant.as_ref()))]
    Malformed {
        /// The file, or the name of a shipped plan, search or preset.
        file: String,
        /// The line, counted from 1, if it is known.
        line: Option<usize>,
        /// The key at fault, from the outermost table inwards, with blocks of `[[grid]]` by their number from
        /// 1; empty if no key is at fault.
        key: Vec<String>,
        /// What was expected and found.
        problem: String,
        /// What an unknown key was probably meant to be.
        meant: Option<String>,
    },
}

fn no_preset(name: &str) -> String {
    format!(
        "there is no preset `{name}`; the presets are {}",
        Preset::all().into_iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
    )
}

fn maybe<T: AsRef<str>>(meant: Option<&T>) -> String {
    meant.map_or_else(String::new, |meant| format!("; did you mean `{}`?", meant.as_ref()))
}

fn at(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(":{line}"))
}

/// `learners.tree.learner.hidden: `, `grid 1.seeds: `
fn dotted(key: &[String]) -> String {
    let mut text = String::new();
    for part in key {
        let number = part.parse::<usize>().is_ok();
        text += match (text.is_empty(), number) {
            (true, _) => "",
            (false, true) => " ",
            (false, false) => ".",
        };
        text += part;
    }
    if text.is_empty() { text } else { text + ": " }
}

impl RecipeError {
    /// The value at `key` of the file is invalid.
    pub fn out_of_range(file: &str, key: &[&str], problem: impl Into<String>) -> Self {
        Self::Malformed {
            file: file.to_owned(),
            line: None,
            key: key.iter().map(ToString::to_string).collect(),
            problem: problem.into(),
            meant: None,
        }
    }

    /// The same error in a table that is at `outer` of `file`, where line numbers differ.
    #[must_use]
    pub fn inside(self, file: &str, outer: &[&str]) -> Self {
        let (inner, problem, meant) = match self {
            Self::Malformed { key, problem, meant, .. } => (key, problem, meant),
            Self::UnknownPreset { name, meant } => {
                (vec!["preset".to_owned()], no_preset(&name), meant.map(str::to_owned))
            }
            io @ Self::Io { .. } => return io,
        };
        let key = outer.iter().map(ToString::to_string).chain(inner).collect();
        Self::Malformed { file: file.to_owned(), line: None, key, problem, meant }
    }

    /// The same error with the line of its key in `text`, if it is found there.
    #[must_use]
    pub fn located(mut self, text: &str) -> Self {
        if let Self::Malformed { line: line @ None, key, .. } = &mut self {
            *line = line_of(text, key);
        }
        self
    }
}

/// Reads TOML; `file` stands for its file in messages.
///
/// # Errors
/// If it is not TOML, or not a `T`; the error has the line and the key.
pub fn read_toml<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, RecipeError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let problem = error.message().to_owned();
        let key = toml::from_str(text).ok().and_then(|table| at_fault::<T>(&table)).unwrap_or_default();
        let start = || error.span().map(|span| line(text, span.start));
        RecipeError::Malformed {
            file: file.to_owned(),
            line: line_of(text, &key).or_else(start),
            key,
            meant: suggested_key(&problem),
            problem: from_display(problem),
        }
    })
}

/// An error message in plain words instead of Rust's names of types.
fn from_display(problem: String) -> String {
    let Some((found, expected)) = problem.rsplit_once("expected ") else { return problem };
    let expected = match expected {
        "usize" | "u64" | "u32" => "a whole number, 0 or more",
        "i64" => "a whole number",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a table",
        other if other.starts_with("struct ") || other.starts_with("internally tagged enum ") => "a table",
        _ => return problem,
    };
    format!("{found}expected {expected}")
}

/// The key without which there is a different error, or none. If without it a field is missing, the error
/// must mention the key's value.
fn at_fault<T: DeserializeOwned>(table: &toml::Table) -> Option<Vec<String>> {
    const MISSING: &str = "missing field";
    let whole = toml::Value::Table(table.clone());
    let complaint =
        |value: &toml::Value| value.clone().try_into::<T>().err().map(|error| error.message().to_owned());
    let first = complaint(&whole)?;
    // A missing field cannot be removed.
    if first.starts_with(MISSING) {
        return None;
    }
    let mut keys = Vec::new();
    collect(&whole, &mut Vec::new(), &mut keys);
    keys.into_iter().find(|key| {
        let mut without = whole.clone();
        let Some(value) = remove(&mut without, key) else { return false };
        match complaint(&without) {
            Some(other) if other.starts_with(MISSING) => speaks_of(&first, &value),
            other => other.as_ref() != Some(&first),
        }
    })
}

fn speaks_of(complaint: &str, value: &toml::Value) -> bool {
    let complaint = complaint.split(", expected").next().unwrap_or_default();
    match value {
        toml::Value::Array(values) => values.iter().any(|value| speaks_of(complaint, value)),
        toml::Value::Table(_) => false,
        toml::Value::String(text) => complaint.contains(&text[..]),
        other => complaint.contains(&other.to_string()),
    }
}

/// All keys, those inside a table before the table's own.
fn collect(value: &toml::Value, outer: &mut Vec<String>, keys: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &toml::Value)> = match value {
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        toml::Value::Array(values) if values.iter().all(toml::Value::is_table) => {
            (1..).zip(values).map(|(number, value): (usize, _)| (number.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (key, value) in inner {
        outer.push(key);
        collect(value, outer, keys);
        keys.push(outer.clone());
        outer.pop();
    }
}

/// Removes `key` from its table.
fn remove(value: &mut toml::Value, key: &[String]) -> Option<toml::Value> {
    let (first, rest) = key.split_first()?;
    match value {
        toml::Value::Table(table) if rest.is_empty() => table.remove(first),
        toml::Value::Table(table) => remove(table.get_mut(first)?, rest),
        toml::Value::Array(values) => {
            let place = first.parse::<usize>().ok()?.checked_sub(1)?;
            remove(values.get_mut(place)?, rest)
        }
        _ => None,
    }
}

/// The line of `key` or, if it is not in the text, of the innermost table around it that is.
fn line_of(text: &str, key: &[String]) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut start = None;
    let mut value = &DeValue::Table(document.into_inner());
    for part in key {
        let inner = match value {
            DeValue::Table(table) => table.get_key_value(&part[..]).map(|(key, inner)| (key.span(), inner)),
            DeValue::Array(values) => {
                let place = part.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                place.and_then(|place| values.get(place)).map(|inner| (inner.span(), inner))
            }
            _ => None,
        };
        let Some((span, inner)) = inner else { break };
        start = Some(span.start);
        value = inner.get_ref();
    }
    start.map(|start| line(text, start))
}

fn line(text: &str, start: usize) -> usize {
    1 + text[..start.min(text.len())].matches('\n').count()
}

/// What the unknown key in serde's message was probably meant to be.
fn suggested_key(problem: &str) -> Option<String> {
    let mut names = problem.split('`').skip(1).step_by(2);
    let unknown = problem.starts_with("unknown field").then(|| names.next())??;
    suggest(unknown, &names.collect::<Vec<_>>()).map(str::to_owned)
}
