//! Corrected labels by identifier, as Re-TACRED and others publish them for TACRED.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::Corpus;
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::{self, Record};
use crate::formats::lines;

/// Labels by the identifiers of instances.
#[derive(Clone, Debug)]
pub struct Corrections {
    labels: HashMap<String, String>,
}

/// What became of the instances that were to be relabelled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Relabelled {
    /// Instances that got another label.
    pub changed: usize,
    /// Instances that had the label already.
    pub same: usize,
    /// Instances for which there is no correction.
    pub uncorrected: usize,
    /// Identifiers that no instance has, in alphabetical order.
    pub unknown: Vec<String>,
}

impl Corrections {
    /// Reads a file of JSON: one object with a label for each identifier, `{"61b3": "org:members"}`, or objects with
    /// `id` and `relation`, in an array or on lines.
    ///
    /// # Errors
    /// If the file cannot be read, has another form or no correction, or gives an identifier two labels.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, CorpusError> {
        let path = path.as_ref();
        match std::fs::read(path) {
            Ok(bytes) => Self::from_bytes(bytes, path),
            Err(error) => {
                Err(Fault::new(format!("cannot be read: {error}")).in_file(path, Place::WholeFile).into())
            }
        }
    }

    /// Reads the content of a file; `path` names it in messages.
    ///
    /// # Errors
    /// As [`Corrections::read`].
    pub fn from_bytes(bytes: Vec<u8>, path: impl Into<PathBuf>) -> Result<Self, CorpusError> {
        const FORM: &str =
            "the file must be JSON: {\"ID\": \"LABEL\", …}, or objects with `id` and `relation`";
        let path = path.into();
        let whole_file = |fault: Fault| CorpusError::from(fault.in_file(&path, Place::WholeFile));
        lines::refuse_other_encodings(&bytes).map_err(whole_file)?;
        let text = lines::decode(bytes, &path)?;
        let mut labels = HashMap::new();
        for value in serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>() {
            let value = value.map_err(|error| json::syntax_error(&error, &text, &path, FORM))?.get();
            add(value, &text, &mut labels).map_err(|fault| {
                let at = fault.range.clone().unwrap_or_default().start.min(text.len());
                let line = text.as_bytes()[..at].split(|byte| *byte == b'\n').count();
                CorpusError::from(fault.in_source(&path, Place::Line(line), &text, 1))
            })?;
        }
        if labels.is_empty() {
            return Err(whole_file(Fault::expected("labels by identifier", "none").help(FORM)));
        }
        Ok(Self { labels })
    }

    /// The number of identifiers.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never true: a file without corrections is refused.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// Adds the corrections in a value of the file's `text`.
fn add(value: &str, text: &str, labels: &mut HashMap<String, String>) -> Result<(), Fault> {
    if value.starts_with('[') {
        let values: Vec<&RawValue> = serde_json::from_str(value)
            .map_err(|error| Fault::new(json::reason(&error)).at(json::range_in(text, value)))?;
        return values
            .into_iter()
            .try_for_each(|value| add_record(&Record::parse(text, value.get())?, labels));
    }
    let record = Record::parse(text, value)?;
    if record.has("id") && record.has("relation") {
        return add_record(&record, labels);
    }
    let names: Vec<String> = record.names().map(str::to_owned).collect();
    for id in names {
        let label = record
            .filled_string(&id)?
            .ok_or_else(|| record.fault(&id, Fault::expected("a label", "null")))?;
        insert(&record, &id.clone(), id, label, labels)?;
    }
    Ok(())
}

fn add_record(record: &Record, labels: &mut HashMap<String, String>) -> Result<(), Fault> {
    let id = record.id("id")?.ok_or_else(|| record.missing("id", "the identifier of an instance"))?;
    let label = record.filled_string("relation")?.ok_or_else(|| record.missing("relation", "its label"))?;
    insert(record, "relation", id, label, labels)
}

fn insert(
    record: &Record,
    field: &str,
    id: String,
    label: String,
    labels: &mut HashMap<String, String>,
) -> Result<(), Fault> {
    match labels.get(&id) {
        Some(other) if *other != label => {
            let fault =
                Fault::expected("one label for each identifier", format_args!("`{other}` and `{label}`"));
            Err(record.fault(field, fault).of(id))
        }
        _ => {
            labels.insert(id, label);
            Ok(())
        }
    }
}

impl Corpus {
    /// Gives instances the labels that corrections have for their identifiers.
    pub fn relabel(&mut self, corrections: &Corrections) -> Relabelled {
        let mut unknown = corrections.labels.clone();
        let mut counts = Relabelled::default();
        for instance in &mut self.instances {
            let Some(label) = corrections.labels.get(&instance.id) else {
                counts.uncorrected += 1;
                continue;
            };
            unknown.remove(&instance.id);
            if instance.relation.as_ref() == Some(label) {
                counts.same += 1;
            } else {
                counts.changed += 1;
                instance.relation = Some(label.clone());
            }
        }
        counts.unknown = unknown.into_keys().collect();
        counts.unknown.sort_unstable();
        counts
    }
}
