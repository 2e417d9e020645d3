//! OpenNRE's JSON, in which Wiki80, NYT10 and other data sets come: one object per instance, with the head `h` and the
//! tail `t`, each `{"name": …, "id": …, "pos": [start, end]}`. Positions count tokens where there is a `token`, else
//! characters of `text`; ends are exclusive.

use super::conventions::Claim;
use super::objects::{EachObject, ObjectText};
use super::spans::{RawText, token_span};
use super::stream::{Context, identified};
use super::{Definition, Head, Reader, Source};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;
use crate::formats::raw::instance_from_text;
use crate::instance::{Entity, Instance, Span};
use crate::validate::{FieldNames, validate};

/// See the [module documentation](self).
pub(crate) struct OpenNre;

impl Definition for OpenNre {
    fn name(&self) -> &'static str {
        "opennre"
    }

    fn description(&self) -> &'static str {
        "OpenNRE's JSON objects with `h`, `t` and `token` or `text`, as Wiki80 and NYT10"
    }

    fn span_convention(&self) -> &'static str {
        "0-based, end exclusive; tokens where there is a `token`, characters where there is `text`"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| {
            let sentence = ["token", "tokens", "text"].iter().any(|name| shape.has(name));
            sentence && shape.begins("h", '{') && shape.begins("t", '{')
        })
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(EachObject::open(reader, context, read)?))
    }
}

const FIELDS: &[&str] = &["id", "token", "tokens", "text", "h", "t", "relation"];

const NAMES: FieldNames =
    FieldNames { tokens: "token", subject: "h", object: "t", ..FieldNames::OF_INSTANCE };

fn read(object: &ObjectText, context: &mut Context) -> Result<Instance, Fault> {
    let record = Record::parse(&object.text, &object.text)?;
    context.warn_of_unknown(&record, FIELDS, &["rid", "label", "sentence_id"], &object.text, object.line);
    let id = record.id("id").ok().flatten().unwrap_or_else(|| object.number.to_string());
    parse(&record, &id, context).map_err(|fault| identified(fault, &record))
}

fn parse(record: &Record, id: &str, context: &mut Context) -> Result<Instance, Fault> {
    let field = if record.has("token") { "token" } else { "tokens" };
    let parts = [record.object("h", ENTITY)?, record.object("t", ENTITY)?];
    let position = |part: &Record| -> Result<_, Fault> {
        part.range("pos")?.ok_or_else(|| part.missing("pos", "a pair [start, end]"))
    };
    let [head, tail] = [position(&parts[0])?, position(&parts[1])?];
    let names = [parts[0].filled_string("name")?, parts[1].filled_string("name")?];
    let (path, place) = (context.path.clone(), context.place);
    let claims = [("h", &head, &names[0]), ("t", &tail, &names[1])].map(|(field, span, name)| Claim {
        path: &path,
        place,
        id,
        field,
        span,
        words: name.as_deref(),
    });
    let mut instance = if let Some(tokens) = record.strings(field)? {
        let span = |part: &Record, position: &std::ops::Range<usize>| {
            let span = token_span(position.start, position.end, tokens.len(), false);
            let span = span.map_err(|fault| part.fault("pos", fault))?;
            Ok(Entity { span: Span::new(span.start, span.end), kind: None })
        };
        let (subject, object) = (span(&parts[0], &head)?, span(&parts[1], &tail)?);
        for claim in &claims {
            context.conventions.note_tokens(claim, &tokens);
        }
        Instance::bare(tokens, subject, object)
    } else {
        let expected = "a string that is not empty, or `token`, an array of strings";
        let text = record.filled_string("text")?.ok_or_else(|| record.missing("text", expected))?;
        let raw = RawText::new(&text);
        let span = |part: &Record, position: &std::ops::Range<usize>| {
            raw.within(position).map_err(|fault| part.fault("pos", fault))
        };
        let spans = [span(&parts[0], &head)?, span(&parts[1], &tail)?];
        for claim in &claims {
            context.conventions.note_characters(claim, raw.characters());
        }
        instance_from_text(&text, &spans[0], &spans[1], context.tokenizer()).map_err(|mut fault| {
            fault.field = fault.field.map(|field| if field == "subject" { "h" } else { "t" }.to_owned());
            record.locate(fault)
        })?
    };
    instance.id = record.id("id")?.unwrap_or_default();
    instance.relation = context.relation(record, "relation")?;
    instance.subject.kind = parts[0].filled_string("type")?;
    instance.object.kind = parts[1].filled_string("type")?;
    validate(&instance, &NAMES).map_err(|fault| record.locate(fault))?;
    Ok(instance)
}

const ENTITY: &str = "an object {\"name\": …, \"pos\": [start, end]}, the end exclusive";
