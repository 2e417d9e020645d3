//! Reading JSON objects field by field, so that an error can name the field, what it should hold
//! and what it holds.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::counted;
use crate::error::{CorpusError, Fault, Place};
use crate::validate::minus_one;

/// A JSON object whose values are still text.
pub(crate) struct Record<'a> {
    /// The text that ranges refer to.
    source: &'a str,
    /// What precedes the names of fields in error messages: nothing, or for example `subject.`
    prefix: String,
    fields: Fields<'a>,
}

impl<'a> Record<'a> {
    /// Parses the object in `text`, which is a part of `source`.
    pub(crate) fn parse(source: &'a str, text: &'a str) -> Result<Self, Fault> {
        let range = range_in(source, text);
        if !text.trim_start().starts_with('{') {
            return Err(Fault::expected("a JSON object", describe(text)).at(range));
        }
        let fields: Fields =
            serde_json::from_str(text).map_err(|error| syntax_fault(&error, text, &range))?;
        let record = Self { source, prefix: String::new(), fields };
        let mut names: Vec<&str> = record.names().collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                Err(record.fault(pair[0], Fault::expected("the field once", "it twice in the same object")))
            }
            None => Ok(record),
        }
    }

    /// The names of all fields, in the order of the file.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether the value of every field is an array.
    pub(crate) fn has_only_arrays(&self) -> bool {
        self.fields.0.iter().all(|(_, value)| value.get().starts_with('['))
    }

    /// Whether the field's value is an array.
    pub(crate) fn is_array(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.starts_with('['))
    }

    /// Whether the field is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of the field's value; null counts as absent.
    fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.fields.0.iter().find(|(key, _)| key == name)?;
        Some(value.get()).filter(|text| *text != "null")
    }

    /// Adds the field's name and location to a fault.
    pub(crate) fn fault(&self, name: &str, fault: Fault) -> Fault {
        let value = self.fields.0.iter().find(|(key, _)| key == name);
        let mut fault = fault.field(format!("{}{name}", self.prefix));
        fault.range = fault.range.or_else(|| value.map(|(_, value)| range_in(self.source, value.get())));
        fault
    }

    /// Adds the location of a fault's field, if the fault names a field of this object.
    pub(crate) fn locate(&self, fault: Fault) -> Fault {
        match fault.field.clone() {
            Some(name) if fault.range.is_none() => self.fault(&name, fault),
            _ => fault,
        }
    }

    fn read<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.fault(name, Fault::expected(expected, describe(text)))),
        }
    }

    /// The fault for a required field that is missing.
    pub(crate) fn missing(&self, name: &str, expected: &str) -> Fault {
        let mut names: Vec<String> = self.names().map(|name| format!("`{name}`")).collect();
        names.truncate(12);
        let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Fault::new(format!("missing; expected {expected}; the fields here are: {found}"))
            .field(format!("{}{name}", self.prefix))
    }

    /// An identifier: a string or a number.
    pub(crate) fn id(&self, name: &str) -> Result<Option<String>, Fault> {
        let expected = "a string or a whole number";
        let number = |text: &str| serde_json::from_str::<i64>(text).ok().map(|number| number.to_string());
        self.read(name, expected, |text| parse_string(text).or_else(|| number(text)))
    }

    /// A string.
    pub(crate) fn string(&self, name: &str) -> Result<Option<String>, Fault> {
        self.read(name, "a string", parse_string)
    }

    /// A string that is not empty.
    pub(crate) fn filled_string(&self, name: &str) -> Result<Option<String>, Fault> {
        let filled = |text: &str| parse_string(text).filter(|string| !string.trim().is_empty());
        self.read(name, "a string that is not empty", filled)
    }

    /// A range: a pair of non-negative whole numbers.
    pub(crate) fn range(&self, name: &str) -> Result<Option<Range<usize>>, Fault> {
        let pair = |text: &str| serde_json::from_str::<(usize, usize)>(text).ok();
        let pair = self.read(name, "a pair [start, end] of whole numbers from 0", pair)?;
        Ok(pair.map(|(start, end)| start..end))
    }

    /// An array of strings.
    pub(crate) fn strings(&self, name: &str) -> Result<Option<Vec<String>>, Fault> {
        self.array(name, "strings", parse_string)
    }

    /// An array of non-negative whole numbers, each of which may be written as a string.
    pub(crate) fn indices(&self, name: &str) -> Result<Option<Vec<usize>>, Fault> {
        self.array(name, "whole numbers from 0", |text| {
            parse_index(text).or_else(|| parse_string(text)?.trim().parse().ok())
        })
    }

    /// Heads: an array of indices. Those that count from 0 are named if the root has -1.
    pub(crate) fn heads(&self, name: &str) -> Result<Option<Vec<usize>>, Fault> {
        self.indices(name).map_err(|fault| {
            let numbers = self.get(name).and_then(|text| serde_json::from_str::<Vec<i64>>(text).ok());
            let from_zero =
                numbers.is_some_and(|heads| heads.contains(&-1) && heads.iter().all(|head| *head >= -1));
            if from_zero { self.fault(name, minus_one()) } else { fault }
        })
    }

    /// An array of pairs of non-negative whole numbers.
    pub(crate) fn ranges(&self, name: &str) -> Result<Option<Vec<Range<usize>>>, Fault> {
        let pairs = self.array(name, "pairs of whole numbers from 0", |text| {
            serde_json::from_str::<(usize, usize)>(text).ok()
        })?;
        Ok(pairs.map(|pairs| pairs.into_iter().map(|(start, end)| start..end).collect()))
    }

    fn array<T: DeserializeOwned>(
        &self,
        name: &str,
        of: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Fault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        // The common case in one go; entry by entry only if one is unusual or wrong.
        if let Ok(values) = serde_json::from_str(text) {
            return Ok(Some(values));
        }
        let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(text) else {
            return Err(self.fault(name, Fault::expected(format_args!("an array of {of}"), describe(text))));
        };
        let mut values = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let Some(value) = parse(entry.get()) else {
                let found = format!("{} as entry {index}, counted from 0", describe(entry.get()));
                let fault = Fault::expected(format_args!("an array of {of}"), found);
                return Err(self.fault(name, fault.at(range_in(self.source, entry.get()))));
            };
            values.push(value);
        }
        Ok(Some(values))
    }

    /// A required non-negative whole number.
    pub(crate) fn index(&self, name: &str) -> Result<usize, Fault> {
        let expected = "a whole number from 0";
        self.read(name, expected, parse_index)?.ok_or_else(|| self.missing(name, expected))
    }

    /// A required array, described by `expected`, with its entries still text.
    pub(crate) fn entries(&self, name: &str, expected: &str) -> Result<Vec<&'a RawValue>, Fault> {
        let text = self.get(name).ok_or_else(|| self.missing(name, expected))?;
        serde_json::from_str(text).map_err(|_| self.fault(name, Fault::expected(expected, describe(text))))
    }

    /// A required array of objects.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Record<'a>>, Fault> {
        let entries = self.entries(name, "an array of objects")?;
        let read = |(index, entry): (usize, &'a RawValue)| {
            let name = format!("{}{name}[{index}]", self.prefix);
            let mut record = Record::parse(self.source, entry.get()).map_err(|fault| match &fault.field {
                Some(field) => {
                    let field = format!("{name}.{field}");
                    fault.field(field)
                }
                None => fault.field(name.clone()),
            })?;
            record.prefix = name + ".";
            Ok(record)
        };
        entries.into_iter().enumerate().map(read).collect()
    }

    /// Objects in an array, none if it is missing.
    pub(crate) fn optional_objects(&self, name: &str) -> Result<Vec<Record<'a>>, Fault> {
        if self.has(name) { self.objects(name) } else { Ok(Vec::new()) }
    }

    /// A required string that is not empty.
    pub(crate) fn required_string(&self, name: &str) -> Result<String, Fault> {
        let missing = || self.missing(name, "a string that is not empty");
        self.filled_string(name)?.ok_or_else(missing)
    }

    /// The labels in a list, each once; `None` if the field is no list.
    pub(crate) fn labels(&self, name: &str) -> Result<Option<Vec<String>>, Fault> {
        if !self.is_array(name) {
            return Ok(None);
        }
        let mut labels = self.strings(name)?.unwrap_or_default();
        if labels.is_empty() || labels.iter().any(|label| label.trim().is_empty()) {
            let found = if labels.is_empty() { "an empty array" } else { "an empty string in the array" };
            return Err(self.fault(name, Fault::expected("a relation", found)));
        }
        let mut seen = HashSet::new();
        labels.retain(|label| seen.insert(label.clone()));
        Ok(Some(labels))
    }

    /// A required array of arrays of objects.
    pub(crate) fn lists(&self, name: &str) -> Result<Vec<Vec<Record<'a>>>, Fault> {
        let mut lists = Vec::new();
        for (index, list) in self.entries(name, "an array of arrays of objects")?.into_iter().enumerate() {
            let field = format!("{name}[{index}]");
            let fields = Fields(vec![(field.clone(), list)]);
            lists.push(Record { source: self.source, prefix: self.prefix.clone(), fields }.objects(&field)?);
        }
        Ok(lists)
    }

    /// A value of a type that serde reads, described by `expected`.
    pub(crate) fn typed<T: DeserializeOwned>(&self, name: &str, expected: &str) -> Result<Option<T>, Fault> {
        self.read(name, expected, |text| serde_json::from_str(text).ok())
    }

    /// The text of a field's value; null counts as absent.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        self.get(name)
    }

    /// A required object within this one.
    pub(crate) fn object(&self, name: &str, expected: &str) -> Result<Record<'a>, Fault> {
        let text = self.get(name).ok_or_else(|| self.missing(name, expected))?;
        let mut record = Record::parse(self.source, text).map_err(|fault| self.fault(name, fault))?;
        record.prefix = format!("{}{name}.", self.prefix);
        Ok(record)
    }
}

/// The fields of an object in the order of the file, including duplicates.
pub(crate) struct Fields<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// The range of `part`, a slice of `whole`, within it.
pub(crate) fn range_in(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start + part.len()
}

/// The fault for text that is not JSON; `range` is the location of `text` in its source.
fn syntax_fault(error: &serde_json::Error, text: &str, range: &Range<usize>) -> Fault {
    let column = if error.line() <= 1 { error.column() } else { text.len() };
    let at = range.start + column.saturating_sub(1).min(text.len());
    let fault = Fault::new(format!("invalid JSON at column {}: {}", error.column(), reason(error)));
    let fault = fault.at(at..at + 1);
    if follows_byte_order_mark(text, column.saturating_sub(1)) {
        return fault.help(BYTE_ORDER_MARK_HELP);
    }
    if error.is_eof() { fault.help("the text ends too early; is it cut off?") } else { fault }
}

/// The error for a file whose `text` as a whole is not JSON; `help` says what it must be.
pub(crate) fn syntax_error(error: &serde_json::Error, text: &str, path: &Path, help: &str) -> CorpusError {
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (line_start + error.column().saturating_sub(1)).min(text.len());
    let message =
        format!("invalid JSON at line {} column {}: {}", error.line(), error.column(), reason(error));
    let help = match error.is_eof() {
        true => "the file ends too early; is it cut off?",
        false if follows_byte_order_mark(text, at) => BYTE_ORDER_MARK_HELP,
        false => help,
    };
    let fault = Fault::new(message).help(help).at(at..at + 1);
    fault.in_source(path, Place::Line(error.line().max(1)), text, 1).into()
}

const BYTE_ORDER_MARK_HELP: &str = "there is a byte order mark: files were joined, and where one begins there must be a line break, or a comma in \
     an array";

/// Whether there is a byte order mark around a byte at which JSON ended to be valid.
fn follows_byte_order_mark(text: &str, at: usize) -> bool {
    let from = text.floor_char_boundary(at.saturating_sub(3).min(text.len()));
    let to = text.ceil_char_boundary((at + 3).min(text.len()));
    text[from..to].contains('\u{feff}')
}

/// The reason that `error` gives, without its own "at line … column …".
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if message.contains("surrogate") || message.starts_with("unexpected end of hex escape") {
        return HALF_A_CHARACTER.to_owned();
    }
    message.rsplit_once(" at line ").map_or(message.clone(), |(reason, _)| reason.to_owned())
}

/// What JSON's escapes can write but is no text.
const HALF_A_CHARACTER: &str = "a string with half of a surrogate pair, such as \\ud83d without its \\ude00";

pub(crate) fn parse_string(text: &str) -> Option<String> {
    text.starts_with('"').then(|| serde_json::from_str(text).ok()).flatten()
}

fn parse_index(text: &str) -> Option<usize> {
    text.parse().ok()
}

/// Describes a JSON value.
pub(crate) fn describe(text: &str) -> String {
    let text = text.trim();
    match text.bytes().next() {
        None => "nothing".to_owned(),
        Some(b'"') if text.len() == 2 => "an empty string".to_owned(),
        Some(b'"') if parse_string(text).is_none() && serde_json::from_str::<&RawValue>(text).is_ok() => {
            format!("{HALF_A_CHARACTER}: {}", shorten(text))
        }
        Some(b'"') => format!("the string {}", shorten(text)),
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(entries) => format!("an array of {}", counted(entries.len(), "entry")),
            Err(_) => "an array".to_owned(),
        },
        Some(b'{') => "an object".to_owned(),
        Some(b'-' | b'0'..=b'9') => format!("the number {}", shorten(text)),
        Some(_) if matches!(text, "true" | "false" | "null") => text.to_owned(),
        Some(_) => format!("`{}`", shorten(text)),
    }
}

/// The beginning of a text that may be long or have several lines.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= SHOWN && line.len() == text.len() {
        return line.to_owned();
    }
    line.chars().take(SHOWN).chain(std::iter::once('…')).collect()
}
