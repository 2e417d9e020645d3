//! JSON lines, one object per line: the project's own format, and the richest. `docs/FORMATS.md`
//! describes it.
//!
//! A sentence comes as `tokens`, with spans counted in tokens; as `text`, with spans counted in
//! characters; or as `text` with `<e1>` and `<e2>` in it. Ends are **exclusive**.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use super::stream::{Context, EachLineOfSeveral, identified, with_labels};
use super::{Definition, Head, Reader, Source, Writer};
use crate::counted;
use crate::error::{CorpusError, Fault};
use crate::formats::inline;
use crate::formats::json::{self, Record};
use crate::formats::raw::instance_from_text;
use crate::instance::{Entity, Instance, SourceText, Span};
use crate::tokenize::Tokenizer;
use crate::validate::{FieldNames, validate};

/// See the [module documentation](self).
pub(crate) struct Jsonl;

impl Definition for Jsonl {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn description(&self) -> &'static str {
        "one JSON object per line, with `tokens` or `text`"
    }

    fn span_convention(&self) -> &'static str {
        "0-based, end exclusive; tokens where `tokens` are given, characters where `text` is, or markers"
    }

    /// Invalid JSON counts as JSON lines too: reading it will report what is wrong and where.
    fn fits(&self, head: &Head) -> bool {
        head.object().is_some_and(|object| object.as_ref().map_or(true, has_known_field))
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(EachLineOfSeveral::new(reader, context, |line, context| {
            let record = match parse_line(&line.text) {
                Ok(record) => record,
                Err(fault) => return vec![Err(fault)],
            };
            context.warn_of_unknown(&record, FIELDS, UNUSED, &line.text, line.number);
            if let Some(fault) = ignored_text(&record) {
                context.warn("text", fault, &line.text, line.number);
            }
            let read = parse_record(&record, context.tokenizer())
                .and_then(|instance| Ok((instance, record.labels("relation")?)));
            let read = match read {
                Ok((instance, labels)) => with_labels(instance, labels, line.number, context),
                Err(fault) => vec![Err(identified(fault, &record))],
            };
            read.into_iter().map(|read| read.map_err(|fault| record.locate(fault))).collect()
        })))
    }

    fn writer(&self) -> Option<Writer> {
        Some(|instances, out| write_jsonl(instances, out))
    }
}

/// The fields that are read.
pub(crate) const FIELDS: &[&str] = &[
    "id", "tokens", "text", "offsets", "subject", "object", "pos", "ner", "heads", "deprels", "relation",
    "fold",
];

/// Fields that are known but not used: what found the entities of a candidate pair.
pub(crate) const UNUSED: &[&str] = &["finders"];

const SPAN: &str = "an object {\"start\": …, \"end\": …}, the end exclusive";

/// Reads an object; the identifier is empty if it has none.
pub(crate) fn parse_record(record: &Record, tokenizer: Tokenizer) -> Result<Instance, Fault> {
    let sentence = if record.has("tokens") { from_tokens(record)? } else { from_text(record, tokenizer)? };
    let instance = Instance {
        id: record.id("id")?.unwrap_or_default(),
        pos: record.strings("pos")?,
        ner: record.strings("ner")?,
        heads: record.indices("heads")?,
        deprels: record.strings("deprels")?,
        // Several labels in a list are read by whoever knows what becomes of them.
        relation: if record.labels("relation")?.is_some() {
            None
        } else {
            record.filled_string("relation")?
        },
        fold: record.id("fold")?,
        ..sentence
    };
    validate(&instance, &FieldNames::OF_INSTANCE).map_err(|fault| record.locate(fault))?;
    Ok(instance)
}

fn from_tokens(record: &Record) -> Result<Instance, Fault> {
    let tokens = record.strings("tokens")?.unwrap_or_default();
    let entity = |name: &str| {
        let (range, kind) = entity(record, name, tokens.len(), "the number of tokens")?;
        Ok(Entity { span: Span::new(range.start, range.end), kind })
    };
    Ok(Instance {
        id: String::new(),
        subject: entity("subject")?,
        object: entity("object")?,
        pos: None,
        ner: None,
        heads: None,
        deprels: None,
        relation: None,
        fold: None,
        source: source_of_tokens(record, tokens.len())?,
        tokens,
    })
}

/// The raw text given in addition to tokens: `text` and `offsets`, which are used only together.
fn source_of_tokens(record: &Record, count: usize) -> Result<Option<SourceText>, Fault> {
    let (Some(text), Some(offsets)) = (record.string("text")?, record.ranges("offsets")?) else {
        return Ok(None);
    };
    if offsets.len() != count {
        let expected = format!("{}, one for each token", counted(count, "pair"));
        let fault = Fault::expected(expected, offsets.len());
        return Err(record.fault("offsets", fault));
    }
    let length = text.chars().count();
    let mut from = 0;
    for Range { start, end } in &offsets {
        if *start < from || end < start || *end > length {
            let expected = format!("pairs of start and end in ascending order, up to {length}");
            let fault = Fault::expected(expected, format_args!("[{start}, {end}] after {from}"));
            return Err(record.fault("offsets", fault.help("offsets count characters, the end exclusive")));
        }
        from = *end;
    }
    Ok(Some(SourceText { text, offsets }))
}

fn from_text(record: &Record, tokenizer: Tokenizer) -> Result<Instance, Fault> {
    let expected = "`tokens` (an array of strings) or `text` (a string)";
    let text = record.string("text")?.ok_or_else(|| record.missing("text", expected))?;
    if !record.has("subject") && !record.has("object") {
        return inline::parse_marked(&text, tokenizer).map_err(|fault| without_spans(record, fault));
    }
    let length = text.chars().count();
    let (subject, subject_kind) = entity(record, "subject", length, "the number of characters")?;
    let (object, object_kind) = entity(record, "object", length, "the number of characters")?;
    if subject.start < object.end && object.start < subject.end {
        let fault = Fault::expected("two entities without a character in common", "two that overlap");
        return Err(record.fault("object", fault));
    }
    let mut instance =
        instance_from_text(&text, &subject, &object, tokenizer).map_err(|f| record.locate(f))?;
    instance.subject.kind = subject_kind;
    instance.object.kind = object_kind;
    Ok(instance)
}

/// A fault about the markers in `text`, without its range, which does not refer to bytes of the file.
fn without_spans(record: &Record, mut fault: Fault) -> Fault {
    fault.range = None;
    record
        .fault("text", fault)
        .help("mark both entities with <e1>…</e1> and <e2>…</e2>, or give `subject` and `object`")
}

/// The span and the type of an entity.
fn entity(
    record: &Record,
    name: &str,
    count: usize,
    unit: &str,
) -> Result<(Range<usize>, Option<String>), Fault> {
    let object = record.object(name, SPAN)?;
    let (start, end) = (object.index("start")?, object.index("end")?);
    let help = "spans are 0-based and the end is exclusive";
    if end > count {
        let fault = Fault::expected(format_args!("an index up to {count}, {unit}"), end);
        return Err(object.fault("end", fault.help(help)));
    }
    if end <= start {
        let fault =
            Fault::expected(format_args!("an index above {start} (the start), as spans are not empty"), end);
        return Err(object.fault("end", fault.help(help)));
    }
    let unknown = object.names().find(|name| !["start", "end", "type"].contains(name));
    if let Some(unknown) = unknown {
        let fault = Fault::expected("only `start`, `end` and `type`", format_args!("`{unknown}`"));
        return Err(object.fault(unknown, fault));
    }
    Ok((start..end, object.string("type")?))
}

/// Whether a JSON object has a field of this format.
pub(crate) fn has_known_field(record: &Record) -> bool {
    ["tokens", "text", "subject", "object"].iter().any(|name| record.has(name))
}

/// Parses a line as a JSON object.
pub(crate) fn parse_line(line: &str) -> Result<Record<'_>, Fault> {
    Record::parse(line, line)
        .map_err(|fault| if line.trim() == "{" { fault.help("write each object on one line") } else { fault })
}

#[derive(Serialize)]
pub(crate) struct WrittenEntity<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<&'a str>,
}

#[derive(Serialize)]
struct WrittenRecord<'a> {
    id: &'a str,
    tokens: &'a [String],
    subject: WrittenEntity<'a>,
    object: WrittenEntity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pos: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ner: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heads: Option<&'a [usize]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprels: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fold: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offsets: Option<Vec<(usize, usize)>>,
}

/// Writes instances as JSON lines without loss: reading them back gives the same instances.
///
/// # Errors
/// If writing fails.
pub fn write_jsonl(instances: &[Instance], mut out: impl Write) -> io::Result<()> {
    for instance in instances {
        serde_json::to_writer(&mut out, &written(instance))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn written(instance: &Instance) -> WrittenRecord<'_> {
    let source = instance.source.as_ref();
    let pairs = |source: &SourceText| source.offsets.iter().map(|range| (range.start, range.end)).collect();
    WrittenRecord {
        id: &instance.id,
        tokens: &instance.tokens,
        subject: written_entity(&instance.subject),
        object: written_entity(&instance.object),
        relation: instance.relation.as_deref(),
        pos: instance.pos.as_deref(),
        ner: instance.ner.as_deref(),
        heads: instance.heads.as_deref(),
        deprels: instance.deprels.as_deref(),
        fold: instance.fold.as_deref(),
        text: source.map(|source| source.text.as_str()),
        offsets: source.map(pairs),
    }
}

fn written_entity(entity: &Entity) -> WrittenEntity<'_> {
    WrittenEntity { start: entity.span.start, end: entity.span.end, kind: entity.kind.as_deref() }
}

/// The warning for an object that has `text` in addition to `tokens` but no `offsets`.
pub(crate) fn ignored_text(record: &Record) -> Option<Fault> {
    let ignored = record.has("tokens") && record.has("text") && !record.has("offsets");
    let message = "ignored, because `tokens` is given";
    let help = "add `offsets`, or omit one of the two";
    ignored.then(|| record.fault("text", Fault::new(message).help(help)))
}

/// Describes `line` in a message.
pub(crate) fn describe_line(line: &str) -> String {
    match parse_line(line) {
        Ok(record) if record.names().next().is_none() => "an empty JSON object".to_owned(),
        Ok(record) => {
            let names: Vec<String> =
                record.names().take(6).map(|name| format!("`{}`", json::shorten(name))).collect();
            format!("a JSON object with the fields {}", names.join(", "))
        }
        Err(_) => "invalid JSON".to_owned(),
    }
}
