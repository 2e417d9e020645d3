//! JSON lines, one object per line: the project's own format, and the richest. `docs/FORMATS.md`
//! describes it.
//!
//! A sentence comes as `tokens`, with spans counted in tokens; as `text`, with spans counted in
//! characters; or as `text` with `<e1>` and `<e2>` in it. Ends are **exclusive**.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;

use super::stream::{Context, EachLine, identified};
use super::{Definition, Head, Reader, Source, Writer};
use crate::counted;
use crate::error::{CorpusError, Fault, Place};
use crate::formats::conventions::{Claim, is_whole};
use crate::formats::json::{self, Record};
use crate::formats::raw::instance_from_text;
use crate::formats::{inline, markers};
use crate::instance::{Entity, Instance, SourceText, Span};
use crate::parses::same_characters;
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
        Ok(Box::new(EachLine::new(reader, context, |line, context| {
            let record = parse_line(&line.text)?;
            context.warn_of_unknown(&record, FIELDS, UNUSED, &line.text, line.number);
            if let Some(fault) = ignored_text(&record) {
                context.warn("text", fault, &line.text, line.number);
            }
            parse_record(&record, context).map_err(|fault| identified(fault, &record))
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

/// Fields that are known but not used: what found the entities of a candidate pair, and what a suggested sentence is given for its
/// annotator.
pub(crate) const UNUSED: &[&str] = &["finders", "sentence", "strategy", "guess", "margin"];

const SPAN: &str = "an object {\"start\": …, \"end\": …}, the end exclusive";

/// Reads an object; the identifier is empty if it has none.
pub(crate) fn parse_record(record: &Record, context: &mut Context) -> Result<Instance, Fault> {
    let sentence =
        if record.has("tokens") { from_tokens(record, context)? } else { from_text(record, context)? };
    let instance = Instance {
        id: record.id("id")?.unwrap_or_default(),
        pos: record.strings("pos")?,
        ner: record.strings("ner")?,
        heads: record.heads("heads")?,
        deprels: record.strings("deprels")?,
        relation: context.relation(record, "relation")?,
        fold: record.id("fold")?,
        ..sentence
    };
    validate(&instance, &FieldNames::OF_INSTANCE).map_err(|fault| record.locate(fault))?;
    Ok(instance)
}

fn from_tokens(record: &Record, context: &mut Context) -> Result<Instance, Fault> {
    let tokens = record.strings("tokens")?.unwrap_or_default();
    let entity = |name: &str| {
        entity(record, name, tokens.len(), "the number of tokens").map_err(|fault| {
            let with_text = fault.field.as_deref() == Some(&format!("{name}.end")) && record.has("text");
            if with_text { fault.help(NOT_CHARACTERS) } else { fault }
        })
    };
    let (subject, object) = (entity("subject")?, entity("object")?);
    refuse_characters(record, &tokens, [&subject, &object])?;
    for (given, name) in [(&subject, "subject"), (&object, "object")] {
        let claim = given.claim(name, &context.path, context.place);
        context.conventions.note_tokens(&claim, &tokens);
    }
    let source = source_of_tokens(record, tokens.len())?;
    if let Some(source) = &source {
        let characters: Vec<char> = source.text.chars().collect();
        for (token, span) in tokens.iter().zip(&source.offsets) {
            let (path, place, words) = (context.path.as_path(), context.place, Some(token.as_str()));
            let claim = Claim { path, place, id: "", field: "offsets", span, words };
            context.conventions.note_offset(&claim, &characters);
        }
    }
    Ok(Instance {
        id: String::new(),
        subject: subject.entity(),
        object: object.entity(),
        pos: None,
        ner: None,
        heads: None,
        deprels: None,
        relation: None,
        fold: None,
        source,
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
            return Err(record.fault("offsets", fault.help(unit("offsets", &text))));
        }
        from = *end;
    }
    Ok(Some(SourceText { text, offsets }))
}

fn from_text(record: &Record, context: &mut Context) -> Result<Instance, Fault> {
    let expected = "`tokens` (an array of strings) or `text` (a string)";
    let text = record.string("text")?.ok_or_else(|| record.missing("text", expected))?;
    let tokenizer = context.tokenizer();
    if !record.has("subject") && !record.has("object") {
        return inline::parse_marked(&text, tokenizer).map_err(|fault| without_spans(record, fault));
    }
    if let Some(marker) = markers::first_entity_in(&text) {
        let found = format!("both, the marker `{}` and `subject` or `object`", json::shorten(marker));
        let fault = Fault::expected("either markers in `text`, or `subject` and `object`", found);
        return Err(record.fault("text", fault.help("remove one of the two")));
    }
    let characters: Vec<char> = text.chars().collect();
    let entity = |name: &str| {
        entity(record, name, characters.len(), "the number of characters").map_err(|fault| {
            let is_end = fault.field.as_deref() == Some(&format!("{name}.end"));
            if is_end { fault.help(unit("spans", &text)) } else { fault }
        })
    };
    let (subject, object) = (entity("subject")?, entity("object")?);
    for (given, name) in [(&subject, "subject"), (&object, "object")] {
        let claim = given.claim(name, &context.path, context.place);
        context.conventions.note_characters(&claim, &characters);
    }
    let mut instance = instance_from_text(&text, &subject.range, &object.range, tokenizer)
        .map_err(|fault| record.locate(fault))?;
    instance.subject.kind = subject.kind;
    instance.object.kind = object.kind;
    Ok(instance)
}

/// How spans or offsets of a text are counted, for messages.
fn unit(what: &str, text: &str) -> String {
    let other_units = text.chars().any(|character| character.len_utf16() > 1);
    let units = if other_units { ", as in Python, not UTF-16 units as in JavaScript and Java" } else { "" };
    format!("{what} are 0-based and the end is exclusive; they count characters{units}")
}

const NOT_CHARACTERS: &str = "with `tokens`, spans count tokens, from 0, the end exclusive; if these count characters of `text`, \
                              omit `tokens`";

/// Refuses spans of tokens that look like spans of the `text` that is given too: both begin where a word of it
/// does, and one of them ends where one does. Without `offsets` nothing else can tell.
fn refuse_characters(record: &Record, tokens: &[String], entities: [&Given; 2]) -> Result<(), Fault> {
    if record.has("offsets") {
        return Ok(());
    }
    let Some(text) = record.string("text")? else { return Ok(()) };
    let characters: Vec<char> = text.chars().collect();
    let confirmed = |given: &&Given| {
        let words = tokens.get(given.range.clone()).map(<[String]>::concat);
        words.zip(given.text.as_deref()).is_some_and(|(words, text)| same_characters(&words, text))
    };
    let begins = |given: &&Given| {
        let start = given.range.start;
        let first = characters.get(start..=start).unwrap_or_default();
        !first.is_empty() && is_whole(&characters, &(start..word_end(&characters, start)))
    };
    let is_whole = |given: &&Given| is_whole(&characters, &given.range);
    if entities.iter().any(confirmed) || !entities.iter().all(begins) || !entities.iter().any(is_whole) {
        return Ok(());
    }
    let fault = Fault::expected("spans of tokens", "spans that may be characters of `text` as well");
    Err(record.fault("subject", fault.help("omit `tokens` if they are, otherwise `text`, or add `offsets`")))
}

/// Where the word that begins at a character ends.
fn word_end(characters: &[char], start: usize) -> usize {
    let rest = characters.get(start..).unwrap_or_default();
    start + rest.iter().position(|character| !character.is_alphanumeric()).unwrap_or(rest.len()).max(1)
}

/// A fault about the markers in `text`, without its range, which does not refer to bytes of the file.
fn without_spans(record: &Record, mut fault: Fault) -> Fault {
    fault.range = None;
    let marks_nothing = fault.has_help(markers::MARK_BOTH);
    let fault = record.fault("text", fault);
    if !marks_nothing {
        return fault;
    }
    fault.help("mark both entities with <e1>…</e1> and <e2>…</e2>, or give `subject` and `object`")
}

/// An entity as it is given.
struct Given {
    range: Range<usize>,
    kind: Option<String>,
    /// Its words, to be compared.
    text: Option<String>,
    /// The instance's identifier, for messages.
    id: String,
}

impl Given {
    fn entity(self) -> Entity {
        Entity { span: Span::new(self.range.start, self.range.end), kind: self.kind }
    }

    fn claim<'a>(&'a self, field: &'a str, path: &'a Path, place: Place) -> Claim<'a> {
        Claim { path, place, id: &self.id, field, span: &self.range, words: self.text.as_deref() }
    }
}

/// The fields of an entity.
const ENTITY_FIELDS: [&str; 4] = ["start", "end", "type", "text"];

/// The span, the type and the words of an entity.
fn entity(record: &Record, name: &str, count: usize, unit: &str) -> Result<Given, Fault> {
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
    let unknown = object.names().find(|name| !ENTITY_FIELDS.contains(name));
    if let Some(unknown) = unknown {
        let fault = Fault::expected("only `start`, `end`, `type` and `text`", format_args!("`{unknown}`"));
        return Err(object.fault(unknown, fault));
    }
    let id = record.id("id").ok().flatten().unwrap_or_default();
    Ok(Given { range: start..end, kind: object.string("type")?, text: object.string("text")?, id })
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
