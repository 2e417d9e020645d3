//! OpenNRE's JSON, in which Wiki80, NYT10 and other data sets come: one object per instance, with the head `h` and the
//! tail `t`, each `{"name": …, "id": …, "pos": [start, end]}`. Positions count tokens where there is a `token`, else
//! characters of `text`; ends are exclusive.

use super::documents::Notes;
use super::objects::{EachObject, ObjectText};
use super::spans::{RawText, token_span};
use super::stream::{Context, identified};
use super::{Definition, Head, Reader, Source};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;
use crate::formats::raw::instance_from_text;
use crate::instance::{Entity, Instance, Span};
use crate::tokenize::Tokenizer;
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

fn read(object: &ObjectText, context: &mut Context) -> Vec<Result<Instance, Fault>> {
    let read = Record::parse(&object.text, &object.text).and_then(|record| {
        context.warn_of_unknown(&record, FIELDS, &["rid", "label", "sentence_id"], &object.text, object.line);
        let mut notes = Notes::default();
        let read =
            parse(&record, context.tokenizer(), &mut notes).map_err(|fault| identified(fault, &record));
        let id = record.id("id").ok().flatten().unwrap_or_else(|| object.number.to_string());
        for remark in notes.remarks {
            context.note(remark, &id);
        }
        read
    });
    vec![read]
}

fn parse(record: &Record, tokenizer: Tokenizer, notes: &mut Notes) -> Result<Instance, Fault> {
    let field = if record.has("token") { "token" } else { "tokens" };
    let parts = [record.object("h", ENTITY)?, record.object("t", ENTITY)?];
    let position = |part: &Record| -> Result<_, Fault> {
        part.range("pos")?.ok_or_else(|| part.missing("pos", "a pair [start, end]"))
    };
    let [head, tail] = [position(&parts[0])?, position(&parts[1])?];
    let mut instance = if let Some(tokens) = record.strings(field)? {
        let span = |part: &Record, position: &std::ops::Range<usize>| {
            let span = token_span(position.start, position.end, tokens.len(), false);
            let span = span.map_err(|fault| part.fault("pos", fault))?;
            Ok(Entity { span: Span::new(span.start, span.end), kind: None })
        };
        let (subject, object) = (span(&parts[0], &head)?, span(&parts[1], &tail)?);
        Instance {
            id: String::new(),
            tokens,
            subject,
            object,
            pos: None,
            ner: None,
            heads: None,
            deprels: None,
            relation: None,
            fold: None,
            source: None,
        }
    } else {
        let expected = "a string that is not empty, or `token`, an array of strings";
        let text = record.filled_string("text")?.ok_or_else(|| record.missing("text", expected))?;
        let raw = RawText::new(&text);
        let span = |part: &Record, position: &std::ops::Range<usize>, notes: &mut Notes| {
            raw.span(position.start, position.end, None, notes).map_err(|fault| part.fault("pos", fault))
        };
        let spans = [span(&parts[0], &head, notes)?, span(&parts[1], &tail, notes)?];
        if spans[0].start < spans[1].end && spans[1].start < spans[0].end {
            let fault = Fault::expected("two entities without a character in common", "two that overlap");
            return Err(record.fault("t", fault));
        }
        instance_from_text(&text, &spans[0], &spans[1], tokenizer).map_err(|mut fault| {
            fault.field = fault.field.map(|field| if field == "subject" { "h" } else { "t" }.to_owned());
            record.locate(fault)
        })?
    };
    instance.id = record.id("id")?.unwrap_or_default();
    instance.relation = record.filled_string("relation")?;
    instance.subject.kind = parts[0].filled_string("type")?;
    instance.object.kind = parts[1].filled_string("type")?;
    validate(&instance, &NAMES).map_err(|fault| record.locate(fault))?;
    for (part, span) in parts.iter().zip([instance.subject.span, instance.object.span]) {
        let words = instance.tokens[span.range()].concat();
        if part.filled_string("name")?.is_some_and(|name| letters(&name) != letters(&words)) {
            notes.remark("entity", "whose `name` is not the words at its `pos`; ends are read as exclusive");
        }
    }
    Ok(instance)
}

const ENTITY: &str = "an object {\"name\": …, \"pos\": [start, end]}, the end exclusive";

/// Letters and digits, in which a name may be expected to agree with the words of the sentence.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
