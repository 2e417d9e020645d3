//! doccano's export of relations: a text, entities with characters, relations between the entities' identifiers.
//! Ends are exclusive.
//!
//! Its exports without relations, and what spaCy is trained on, have entities as `[start, end, type]`: documents whose
//! pairs are to be predicted.

use std::collections::HashMap;

use super::documents::{self, JsonForm, Notes};
use super::spans::RawText;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document, Entity, Relation};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;

/// See the [module documentation](self).
pub(crate) struct Doccano;

impl Definition for Doccano {
    fn name(&self) -> &'static str {
        "doccano"
    }

    fn description(&self) -> &'static str {
        "doccano's JSON objects with `text`, `entities` and `relations`"
    }

    fn span_convention(&self) -> &'static str {
        "characters, 0-based, end exclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| {
            let with_relations = shape.has_all(&["entities", "relations"])
                && shape.inner("entities").is_none_or(|entity| entity.has("start_offset"));
            let labelled = ["label", "labels", "entities"].iter().any(|name| shape.is_nested(name));
            shape.begins("text", '"') && !shape.has("tokens") && (with_relations || labelled)
        })
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        documents::open_json(&FORM, reader, context)
    }
}

static FORM: JsonForm = JsonForm {
    fields: &["id", "text", "entities", "relations", "label", "labels"],
    unused: &["Comments", "comments", "cats", "meta", "username", "annotation_approver", "is_confirmed"],
    parse,
};

fn parse(record: &Record, notes: &mut Notes) -> Result<Option<Document>, Fault> {
    let text = record.required_string("text")?;
    let raw = RawText::new(&text);
    let mut entities = Vec::new();
    let mut indices = HashMap::new();
    let triples = ["label", "labels", "entities"].into_iter().find(|name| is_nested(record, name));
    if let Some(name) = triples {
        for (start, end, kind) in
            record.typed::<Vec<(usize, usize, String)>>(name, TRIPLES)?.unwrap_or_default()
        {
            let span = raw.span(start, end, None, notes).map_err(|fault| record.fault(name, fault))?;
            entities.push(Entity::at(span, Some(kind)));
        }
    }
    let described =
        if triples == Some("entities") { Vec::new() } else { record.optional_objects("entities")? };
    for entity in described {
        let (start, end) = (entity.index("start_offset")?, entity.index("end_offset")?);
        let span = raw.span(start, end, None, notes).map_err(|fault| entity.fault("end_offset", fault))?;
        let missing = || entity.missing("id", "a string or a whole number");
        let id = entity.id("id")?.ok_or_else(missing)?;
        if indices.insert(id.clone(), entities.len()).is_some() {
            let found = format!("`{id}` twice");
            return Err(entity.fault("id", Fault::expected("the identifier of one entity", found)));
        }
        entities.push(Entity::at(span, entity.filled_string("label")?));
    }
    let annotated = record.has("relations");
    let mut relations = Vec::new();
    for relation in record.optional_objects("relations")? {
        relations.extend(notes.keep(parse_relation(&relation, &indices)));
    }
    let (id, content) = (record.id("id")?.unwrap_or_default(), Content::Text(text));
    Ok(Some(Document { id, content, entities, relations: annotated.then_some(relations) }))
}

const TRIPLES: &str = "an array of [start, end, type]";

/// Whether a field is an array of arrays.
fn is_nested(record: &Record, name: &str) -> bool {
    record
        .raw(name)
        .and_then(|value| value.strip_prefix('['))
        .is_some_and(|rest| rest.trim_start().starts_with('['))
}

fn parse_relation(record: &Record, indices: &HashMap<String, usize>) -> Result<Relation, Fault> {
    let entity = |name: &str| {
        let missing = || record.missing(name, "the identifier of an entity");
        let id = record.id(name)?.ok_or_else(missing)?;
        indices.get(&id).copied().ok_or_else(|| {
            record.fault(
                name,
                Fault::expected("the identifier of an entity", format_args!("`{id}`, which none has")),
            )
        })
    };
    Ok(Relation { head: entity("from_id")?, tail: entity("to_id")?, label: record.required_string("type")? })
}
