//! TACRED's JSON: one array of objects, spans 0-based with the end **inclusive**, heads 1-based
//! with 0 for the root.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use serde_json::value::RawValue;

use super::stream::{Context, identified};
use super::{Definition, Head, Reader, Source, Writer};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::{self, Record};
use crate::instance::{Entity, Instance, Span};
use crate::validate::{FieldNames, validate};

/// See the [module documentation](self).
pub(crate) struct Tacred;

impl Definition for Tacred {
    fn name(&self) -> &'static str {
        "tacred"
    }

    fn description(&self) -> &'static str {
        "a JSON array of objects with `token`, `subj_start`, …"
    }

    fn span_convention(&self) -> &'static str {
        "tokens, 0-based, end inclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        let Some(rest) = head.first().trim_start().strip_prefix('[') else { return false };
        let first = |text: &str| text.trim_start().chars().next();
        let next = first(rest).or_else(|| first(head.lines().nth(1)?));
        matches!(next, None | Some('{' | ']'))
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(Elements::new(context.whole_text(reader)?, &context.path)?))
    }

    fn writer(&self) -> Option<Writer> {
        Some(|instances, out| write_tacred_json(instances, out))
    }
}

impl Source for Elements {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        let (index, text) = self.advance()?;
        let text = text.to_owned();
        context.place = Place::Index(index);
        let parsed = self.parse(&text, index, context);
        let line = if parsed.is_err() { self.line_of(index) } else { 1 };
        Some(context.finish(parsed, &text, line, index))
    }
}

/// The fields that are read.
pub(crate) const FIELDS: &[&str] = &[
    "id",
    "token",
    "subj_start",
    "subj_end",
    "obj_start",
    "obj_end",
    "subj_type",
    "obj_type",
    "stanford_pos",
    "stanford_ner",
    "stanford_head",
    "stanford_deprel",
    "relation",
];

/// Fields of the original data set that are known but not used.
pub(crate) const KNOWN_BUT_UNUSED: &[&str] = &["docid"];

const NAMES: FieldNames = FieldNames {
    tokens: "token",
    subject: "subj_start",
    object: "obj_start",
    pos: "stanford_pos",
    ner: "stanford_ner",
    heads: "stanford_head",
    deprels: "stanford_deprel",
};

const INCLUSIVE: &str = "spans are 0-based and the end is inclusive";

/// The elements of a file, not parsed yet.
pub(crate) struct Elements {
    text: String,
    ranges: Vec<Range<usize>>,
    next: usize,
}

impl Elements {
    /// Splits the array of a file into its elements.
    pub(crate) fn new(text: String, path: &Path) -> Result<Self, CorpusError> {
        let ranges = match serde_json::from_str::<Vec<&RawValue>>(&text) {
            Ok(elements) => elements.iter().map(|element| json::range_in(&text, element.get())).collect(),
            Err(error) => return Err(array_error(&error, &text, path)),
        };
        Ok(Self { text, ranges, next: 0 })
    }

    /// The next element's index and text.
    pub(crate) fn advance(&mut self) -> Option<(usize, &str)> {
        let index = self.next;
        let range = self.ranges.get(index)?.clone();
        self.next += 1;
        Some((index, &self.text[range]))
    }

    fn parse(&self, text: &str, index: usize, context: &mut Context) -> Result<Instance, Fault> {
        let record = Record::parse(text, text)?;
        if record.names().any(|name| !FIELDS.contains(&name) && context.is_news(name)) {
            let line = self.line_of(index);
            context.warn_of_unknown(&record, FIELDS, KNOWN_BUT_UNUSED, text, line);
        }
        parse_element(&record, context).map_err(|fault| identified(fault, &record))
    }

    /// The line in which an element begins, counted from 1.
    pub(crate) fn line_of(&self, index: usize) -> usize {
        let start = self.ranges.get(index).map_or(0, |range| range.start);
        1 + self.text[..start].matches('\n').count()
    }
}

fn array_error(error: &serde_json::Error, text: &str, path: &Path) -> CorpusError {
    if error.is_data() {
        let fault = Fault::expected("an array of objects", json::describe(text));
        let help = "TACRED's JSON is one array: [{\"id\": …, \"token\": […], …}, …]";
        return fault.help(help).in_file(path, Place::WholeFile).into();
    }
    json::syntax_error(error, text, path, "the file must be one JSON array of objects")
}

/// Reads an element; the identifier is empty if it has none.
pub(crate) fn parse_element(record: &Record, context: &mut Context) -> Result<Instance, Fault> {
    let expected = "an array of strings";
    let tokens = record.strings("token")?.ok_or_else(|| record.missing("token", expected))?;
    let entity = |start: &str, end: &str, kind: &str| {
        let span = inclusive_span(record, start, end, tokens.len())?;
        Ok(Entity { span, kind: record.string(kind)? })
    };
    let instance = Instance {
        id: record.id("id")?.unwrap_or_default(),
        subject: entity("subj_start", "subj_end", "subj_type")?,
        object: entity("obj_start", "obj_end", "obj_type")?,
        pos: record.strings("stanford_pos")?,
        ner: record.strings("stanford_ner")?,
        heads: record.indices("stanford_head")?,
        deprels: record.strings("stanford_deprel")?,
        relation: context.relation(record, "relation")?,
        fold: None,
        source: None,
        tokens,
    };
    validate(&instance, &NAMES).map_err(|fault| record.locate(fault))?;
    Ok(instance)
}

fn inclusive_span(record: &Record, start: &str, end: &str, count: usize) -> Result<Span, Fault> {
    let (first, last) = (record.index(start)?, record.index(end)?);
    for (name, index) in [(start, first), (end, last)] {
        if index >= count {
            let expected = format!("an index below {count}, the number of tokens");
            return Err(record.fault(name, Fault::expected(expected, index).help(INCLUSIVE)));
        }
    }
    if last < first {
        let expected =
            format!("an index of at least {first} (`{start}`), since a span has at least one token");
        return Err(record.fault(end, Fault::expected(expected, last).help(INCLUSIVE)));
    }
    Ok(Span::new(first, last + 1))
}

#[derive(Serialize)]
struct Element<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation: Option<&'a str>,
    token: &'a [String],
    subj_start: usize,
    subj_end: usize,
    obj_start: usize,
    obj_end: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    subj_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    obj_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stanford_pos: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stanford_ner: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stanford_head: Option<&'a [usize]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stanford_deprel: Option<&'a [String]>,
}

/// Writes instances as TACRED's JSON, one element per line. The format cannot hold raw text and
/// offsets, which are omitted.
///
/// # Errors
/// If writing fails, or with [`io::ErrorKind::InvalidInput`] if a span is empty, which inclusive
/// ends cannot express.
pub fn write_tacred_json(instances: &[Instance], mut out: impl Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, instance) in instances.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, &element(instance)?)?;
    }
    out.write_all(b"\n]\n")
}

fn element(instance: &Instance) -> io::Result<Element<'_>> {
    let last = |span: Span| {
        let message = format!("instance `{}` cannot be written as TACRED JSON: empty span", instance.id);
        let last = span.end.checked_sub(1).filter(|last| *last >= span.start);
        last.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, message))
    };
    Ok(Element {
        id: &instance.id,
        relation: instance.relation.as_deref(),
        token: &instance.tokens,
        subj_start: instance.subject.span.start,
        subj_end: last(instance.subject.span)?,
        obj_start: instance.object.span.start,
        obj_end: last(instance.object.span)?,
        subj_type: instance.subject.kind.as_deref(),
        obj_type: instance.object.kind.as_deref(),
        stanford_pos: instance.pos.as_deref(),
        stanford_ner: instance.ner.as_deref(),
        stanford_head: instance.heads.as_deref(),
        stanford_deprel: instance.deprels.as_deref(),
    })
}
