//! DocRED's JSON, also Re-DocRED's: documents of sentences, entities (`vertexSet`) with all their mentions, and
//! relations between entities (`labels`), which need not be in one sentence. Positions count the tokens of the
//! sentence and ends are exclusive.

use super::documents::{self, JsonForm, Notes};
use super::spans::token_span;
use super::spert::parse_relation;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document, Entity, Mention, Relation};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;

/// See the [module documentation](self).
pub(crate) struct DocRed;

impl Definition for DocRed {
    fn name(&self) -> &'static str {
        "docred"
    }

    fn description(&self) -> &'static str {
        "DocRED's JSON objects with `sents`, `vertexSet` and `labels`"
    }

    fn span_convention(&self) -> &'static str {
        "tokens of the sentence, 0-based, end exclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| shape.is_nested("sents") && shape.is_nested("vertexSet"))
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        documents::open_json(&FORM, reader, context)
    }
}

static FORM: JsonForm = JsonForm {
    fields: &["title", "sents", "vertexSet", "labels"],
    unused: &["na_triple", "index", "entities"],
    parse,
};

fn parse(record: &Record, notes: &mut Notes) -> Result<Option<Document>, Fault> {
    let expected = "an array of sentences, which are arrays of strings";
    let sentences: Option<Vec<Vec<String>>> = record.typed("sents", expected)?;
    let sentences = sentences.ok_or_else(|| record.missing("sents", expected))?;
    let mut entities = Vec::new();
    for mentions in record.lists("vertexSet")? {
        let mut entity = Entity { kind: None, mentions: Vec::new() };
        for mention in mentions {
            let sentence = mention.index("sent_id")?;
            let Some(tokens) = sentences.get(sentence) else {
                let expected = format!("an index below {}, the number of sentences", sentences.len());
                return Err(mention.fault("sent_id", Fault::expected(expected, sentence)));
            };
            let missing = || mention.missing("pos", "a pair [start, end]");
            let pos = mention.range("pos")?.ok_or_else(missing)?;
            let span = token_span(pos.start, pos.end, tokens.len(), false)
                .map_err(|fault| mention.fault("pos", fault))?;
            let before: usize = sentences[..sentence].iter().map(Vec::len).sum();
            let span = before + span.start..before + span.end;
            if let Some(name) = mention.filled_string("name")? {
                notes.words.push((span.clone(), name));
            }
            entity.mentions.push(Mention(vec![span]));
            entity.kind = entity.kind.or(mention.filled_string("type")?);
        }
        if entity.mentions.is_empty() {
            return Err(record.fault("vertexSet", Fault::expected("mentions of each entity", "none")));
        }
        entities.push(entity);
    }
    let mut relations = Vec::new();
    if record.raw("labels").is_some_and(|value| value.starts_with('{')) {
        relations = columns(&record.object("labels", "an object of lists")?, entities.len())?;
    } else {
        for label in record.optional_objects("labels")? {
            relations.extend(notes.keep(parse_relation(["h", "t", "r"], &label, entities.len())));
        }
    }
    let (id, content) = (record.id("title")?.unwrap_or_default(), Content::Sentences(sentences));
    Ok(Some(Document { id, content, entities, relations: record.has("labels").then_some(relations) }))
}

/// Relations as the loader of Hugging Face gives them: a list for each part.
fn columns(record: &Record, count: usize) -> Result<Vec<Relation>, Fault> {
    let indices = |name: &str| -> Result<Vec<usize>, Fault> {
        let indices =
            record.indices(name)?.ok_or_else(|| record.missing(name, "an array of whole numbers"))?;
        match indices.iter().find(|index| **index >= count) {
            Some(index) => {
                let expected = format!("indices below {count}, the number of entities");
                Err(record.fault(name, Fault::expected(expected, index)))
            }
            None => Ok(indices),
        }
    };
    let (heads, tails) = (indices("head")?, indices("tail")?);
    let missing = || record.missing("relation_id", "an array of strings");
    let labels = record.strings("relation_id")?.ok_or_else(missing)?;
    if heads.len() != tails.len() || heads.len() != labels.len() {
        let found = format!("{}, {} and {} entries", heads.len(), tails.len(), labels.len());
        let expected = "as many entries of `head`, `tail` and `relation_id`";
        return Err(record.fault("relation_id", Fault::expected(expected, found)));
    }
    let pairs = heads.into_iter().zip(tails);
    Ok(pairs.zip(labels).map(|((head, tail), label)| Relation { label, head, tail }).collect())
}
