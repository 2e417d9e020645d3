//! SciERC's JSON lines, which DyGIE and PURE read too: documents of sentences, and for each sentence `ner` as `[start,
//! end, type]` and `relations` as `[start, end, start, end, label]`. Indices count the tokens of the document and ends are
//! **inclusive**. Clusters of coreferent mentions and events are not read.

use serde_json::Value;

use super::crossre::{read_entity, read_relation};
use super::documents::{self, JsonForm, Located, Notes};
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;

/// See the [module documentation](self).
pub(crate) struct SciErc;

impl Definition for SciErc {
    fn name(&self) -> &'static str {
        "scierc"
    }

    fn description(&self) -> &'static str {
        "SciERC's and DyGIE's JSON objects with `sentences`, `ner` and `relations`"
    }

    fn span_convention(&self) -> &'static str {
        "tokens of the document, 0-based, end inclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| shape.is_nested("sentences") && (shape.has("ner") || shape.has("relations")))
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        documents::open_json(&FORM, reader, context)
    }
}

static FORM: JsonForm = JsonForm {
    fields: &["doc_key", "sentences", "ner", "relations", "clusters", "events"],
    unused: &["dataset", "doc_id", "sentence_start", "weight"],
    parse,
};

fn parse(record: &Record, notes: &mut Notes) -> Result<Option<Document>, Fault> {
    let expected = "an array of sentences, which are arrays of strings";
    let sentences: Option<Vec<Vec<String>>> = record.typed("sentences", expected)?;
    let sentences = sentences.ok_or_else(|| record.missing("sentences", expected))?;
    let count = sentences.iter().map(Vec::len).sum();
    let mut entities = Located::default();
    for entry in per_sentence(record, "ner", sentences.len())? {
        read_entity(&entry, count, &mut entities).map_err(|fault| record.fault("ner", fault))?;
    }
    let mut relations = Vec::new();
    for entry in per_sentence(record, "relations", sentences.len())? {
        let read = read_relation(&entry, count, &mut entities);
        relations.extend(notes.keep(read.map_err(|fault| record.fault("relations", fault))));
    }
    for _ in record.typed::<Vec<Value>>("clusters", "an array")?.unwrap_or_default() {
        notes.remark(
            "cluster",
            "of coreferent mentions not used: relations are those of the mentions they are stated for",
        );
    }
    for _ in per_sentence(record, "events", sentences.len())? {
        notes.remark("event", "not read");
    }
    let relations = record.has("relations").then_some(relations);
    let id = record.id("doc_key")?.unwrap_or_default();
    Ok(Some(Document { id, content: Content::Sentences(sentences), entities: entities.entities, relations }))
}

/// The entries of a field with an array for each sentence.
fn per_sentence(record: &Record, name: &str, sentences: usize) -> Result<Vec<Vec<Value>>, Fault> {
    let expected = "an array for each sentence";
    let Some(arrays) = record.typed::<Vec<Vec<Vec<Value>>>>(name, expected)? else { return Ok(Vec::new()) };
    if arrays.len() != sentences {
        let expected = format!("{sentences} arrays, one for each sentence");
        return Err(record.fault(name, Fault::expected(expected, arrays.len())));
    }
    Ok(arrays.into_iter().flatten().collect())
}
