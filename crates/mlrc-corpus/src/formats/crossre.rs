//! CrossRE's JSON lines: a sentence of tokens, `ner` as `[start, end, type]`, and `relations` as `[start, end, start,
//! end, label, …]`. Ends are **inclusive**.

use serde_json::Value;

use super::documents::{self, JsonForm, Located, Notes};
use super::spans::token_span;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document, Relation};
use crate::error::{CorpusError, Fault};
use crate::formats::json::{Record, shorten};

/// See the [module documentation](self).
pub(crate) struct CrossRe;

impl Definition for CrossRe {
    fn name(&self) -> &'static str {
        "crossre"
    }

    fn description(&self) -> &'static str {
        "CrossRE's JSON objects with `sentence`, `ner` and `relations`"
    }

    fn span_convention(&self) -> &'static str {
        "tokens, 0-based, end inclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| shape.begins("sentence", '[') && shape.begins("ner", '['))
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        documents::open_json(&FORM, reader, context)
    }
}

static FORM: JsonForm = JsonForm { fields: &["doc_key", "sentence", "ner", "relations"], unused: &[], parse };

fn parse(record: &Record, notes: &mut Notes) -> Result<Option<Document>, Fault> {
    let missing = || record.missing("sentence", "an array of strings");
    let tokens = record.strings("sentence")?.ok_or_else(missing)?;
    let mut entities = Located::default();
    for entry in rows(record, "ner")? {
        read_entity(&entry, tokens.len(), &mut entities).map_err(|fault| record.fault("ner", fault))?;
    }
    let mut relations = Vec::new();
    for entry in rows(record, "relations")? {
        let read = read_relation(&entry, tokens.len(), &mut entities);
        relations.extend(notes.keep(read.map_err(|fault| record.fault("relations", fault))));
    }
    let (id, content) = (record.id("doc_key")?.unwrap_or_default(), Content::Sentences(vec![tokens]));
    let relations = record.has("relations").then_some(relations);
    Ok(Some(Document { id, content, entities: entities.entities, relations }))
}

fn rows(record: &Record, name: &str) -> Result<Vec<Vec<Value>>, Fault> {
    Ok(record.typed(name, "an array of arrays")?.unwrap_or_default())
}

/// Reads `[start, end, type, …]`, both inclusive, of a text of so many tokens.
pub(super) fn read_entity(entry: &[Value], count: usize, entities: &mut Located) -> Result<(), Fault> {
    let [start, end, kind, ..] = entry else { return Err(wrong("[start, end, type]", entry)) };
    let (Some(start), Some(end), Some(kind)) = (index(start), index(end), kind.as_str()) else {
        return Err(wrong("[start, end, type]", entry));
    };
    entities.at(token_span(start, end, count, true)?, Some(kind.to_owned()));
    Ok(())
}

/// Reads `[start, end, start, end, label, …]`, the head first.
pub(super) fn read_relation(
    entry: &[Value],
    count: usize,
    entities: &mut Located,
) -> Result<Relation, Fault> {
    const EXPECTED: &str = "[start, end, start, end, label]";
    let [numbers @ .., _] = entry.get(..5).unwrap_or_default() else { return Err(wrong(EXPECTED, entry)) };
    let numbers: Vec<usize> = numbers.iter().filter_map(index).collect();
    let label = entry[4].as_str().filter(|label| !label.trim().is_empty());
    let (&[head_start, head_end, tail_start, tail_end], Some(label)) = (&numbers[..], label) else {
        return Err(wrong(EXPECTED, entry));
    };
    let head = token_span(head_start, head_end, count, true)?;
    let tail = token_span(tail_start, tail_end, count, true)?;
    let (head, tail) = (entities.at(head, None), entities.at(tail, None));
    Ok(Relation { label: label.to_owned(), head, tail })
}

fn index(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

fn wrong(expected: &str, entry: &[Value]) -> Fault {
    Fault::expected(expected, format_args!("`{}`", shorten(&Value::from(entry.to_vec()).to_string())))
}
