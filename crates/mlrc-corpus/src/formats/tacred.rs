//! TACRED's JSON: objects in one array, or on lines; spans 0-based with the end **inclusive**, heads 1-based with 0 for
//! the root.

use std::io::{self, Write};

use serde::Serialize;

use super::objects::{EachObject, ObjectText};
use super::stream::{Context, identified};
use super::{Definition, Head, Reader, Source, Writer};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;
use crate::formats::shape::Shape;
use crate::instance::{Entity, Instance, Span};
use crate::tally::Remark;
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
        let text = head.first().trim_start();
        let Some(rest) = text.strip_prefix('[') else { return head.has_shape(fits) };
        if head.has_shape(fits) {
            return true;
        }
        // What may have lost a field is read as TACRED's, to say what is missing.
        let stranger = |shape: &Shape| {
            let telling =
                |name: &str| FIELDS.contains(&name) && !["id", "relation", "tokens"].contains(&name);
            shape.names().any(|name| !FIELDS.contains(&name)) && !shape.names().any(telling)
        };
        if head.has_shape(stranger) {
            return false;
        }
        let first = |text: &str| text.trim_start().chars().next();
        let next = first(rest).or_else(|| first(head.lines().nth(1)?));
        matches!(next, None | Some('{' | ']'))
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(EachObject::open(reader, context, read)?))
    }

    fn writer(&self) -> Option<Writer> {
        Some(|instances, out| write_tacred_json(instances, out))
    }
}

/// Whether an object has fields as TACRED names them, and tokens.
pub(crate) fn fits(shape: &Shape) -> bool {
    (shape.has("token") || shape.has("tokens"))
        && ["subj_start", "obj_start"].iter().any(|name| shape.has(name))
}

/// The fields that are read.
pub(crate) const FIELDS: &[&str] = &[
    "id",
    "token",
    "tokens",
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

fn read(object: &ObjectText, context: &mut Context) -> Result<Instance, Fault> {
    let text = &object.text;
    let record = Record::parse(text, text)?;
    context.warn_of_unknown(&record, FIELDS, KNOWN_BUT_UNUSED, text, object.line);
    let mut instance = parse_element(&record, context).map_err(|fault| identified(fault, &record))?;
    if instance.id.is_empty() {
        instance.id = object.number.to_string();
    }
    check_counting(&record, &instance.id, context)?;
    Ok(instance)
}

/// Heads that are counted from 0, as the loader of Hugging Face gives them, counted from 1. They are recognised by their
/// root, -1.
fn heads_from_zero(record: &Record) -> Option<Vec<usize>> {
    let heads: Vec<i64> = serde_json::from_str(record.raw("stanford_head")?).ok()?;
    let from_zero = heads.contains(&-1);
    from_zero.then(|| heads.into_iter().map(|head| usize::try_from(head.saturating_add(1)).ok()).collect())?
}

/// Refuses an instance whose heads are counted otherwise than those before it: one of the two would be read wrongly.
fn check_counting(record: &Record, id: &str, context: &mut Context) -> Result<(), Fault> {
    if !record.has("stanford_head") {
        return Ok(());
    }
    let from_zero = heads_from_zero(record).is_some();
    if from_zero != *context.heads_from_zero.get_or_insert(from_zero) {
        let how = |from_zero| {
            if from_zero { "from 0, with -1 for the root" } else { "from 1, with 0 for the root" }
        };
        let expected = format!("heads that count {}, as in the instances before", how(!from_zero));
        let fault = Fault::expected(expected, format_args!("some that count {}", how(from_zero)));
        return Err(record.fault("stanford_head", fault.of(id.to_owned())));
    }
    if from_zero {
        let what = "with heads counted from 0 (the root is -1), read so";
        context.note(Remark::new("instance", what), id);
    }
    Ok(())
}

/// Reads an element; the identifier is empty if it has none.
pub(crate) fn parse_element(record: &Record, context: &mut Context) -> Result<Instance, Fault> {
    let expected = "an array of strings";
    let field = if record.has("tokens") && !record.has("token") { "tokens" } else { "token" };
    let tokens = record.strings(field)?.ok_or_else(|| record.missing("token", expected))?;
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
        heads: match heads_from_zero(record) {
            Some(heads) => Some(heads),
            None => record.heads("stanford_head")?,
        },
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
