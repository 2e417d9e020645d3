//! SpERT's JSON, in which CoNLL04 and ADE are published: tokens, entities with the end exclusive, and relations
//! between the indices of entities.

use super::documents::{self, JsonForm, Notes};
use super::spans::token_span;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document, Entity, Relation};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;

/// See the [module documentation](self).
pub(crate) struct Spert;

impl Definition for Spert {
    fn name(&self) -> &'static str {
        "spert"
    }

    fn description(&self) -> &'static str {
        "SpERT's JSON objects with `tokens`, `entities` and `relations`, as CoNLL04 and ADE"
    }

    fn span_convention(&self) -> &'static str {
        "tokens, 0-based, end exclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| {
            shape.begins("tokens", '[')
                && shape.begins("entities", '[')
                && (shape.has("relations")
                    || shape.inner("entities").is_some_and(|entity| entity.has("start")))
        })
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        documents::open_json(&FORM, reader, context)
    }
}

static FORM: JsonForm = JsonForm {
    fields: &["orig_id", "id", "tokens", "entities", "relations"],
    unused: &["pos", "dep", "dep_label", "verb_indicator", "ltokens", "rtokens", "hash"],
    parse,
};

fn parse(record: &Record, notes: &mut Notes) -> Result<Option<Document>, Fault> {
    let missing = || record.missing("tokens", "an array of strings");
    let tokens = record.strings("tokens")?.ok_or_else(missing)?;
    let mut entities = Vec::new();
    for entity in record.optional_objects("entities")? {
        let (start, end) = (entity.index("start")?, entity.index("end")?);
        let span = token_span(start, end, tokens.len(), false).map_err(|fault| entity.fault("end", fault))?;
        entities.push(Entity::at(span, entity.filled_string("type")?));
    }
    let annotated = record.has("relations");
    let mut relations = Vec::new();
    for relation in record.optional_objects("relations")? {
        relations.extend(notes.keep(parse_relation(["head", "tail", "type"], &relation, entities.len())));
    }
    let id = record.id("orig_id")?.or(record.id("id")?).unwrap_or_default();
    let content = Content::Sentences(vec![tokens]);
    Ok(Some(Document { id, content, entities, relations: annotated.then_some(relations) }))
}

/// A relation of which the fields of these names give head and tail, by their places among so many entities, and the label.
pub(super) fn parse_relation(
    [head, tail, label]: [&str; 3],
    record: &Record,
    count: usize,
) -> Result<Relation, Fault> {
    let entity = |name: &str| {
        let index = record.index(name)?;
        if index < count {
            return Ok(index);
        }
        let expected = format!("an index below {count}, the number of entities");
        Err(record.fault(name, Fault::expected(expected, index).help("entities are counted from 0")))
    };
    Ok(Relation { head: entity(head)?, tail: entity(tail)?, label: record.required_string(label)? })
}
