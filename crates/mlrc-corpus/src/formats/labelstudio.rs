//! Label Studio's JSON export: tasks with annotations, whose results are regions of the text and relations between
//! them. Offsets count characters and ends are exclusive; the words of each region are compared, because browsers count
//! UTF-16 units.

use std::collections::HashMap;

use super::documents::{self, JsonForm, Notes};
use super::spans::RawText;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document, Entity, Relation};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;

/// See the [module documentation](self).
pub(crate) struct LabelStudio;

impl Definition for LabelStudio {
    fn name(&self) -> &'static str {
        "labelstudio"
    }

    fn description(&self) -> &'static str {
        "Label Studio's JSON export, with `data` and `annotations`"
    }

    fn span_convention(&self) -> &'static str {
        "characters, 0-based, end exclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| {
            shape.begins("data", '{')
                && (shape.begins("annotations", '[') || shape.begins("completions", '['))
        })
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        documents::open_json(&FORM, reader, context)
    }
}

static FORM: JsonForm = JsonForm {
    fields: &["id", "data", "annotations", "completions"],
    unused: &[
        "allow_skip",
        "cancelled_annotations",
        "comment_authors",
        "comment_count",
        "created_at",
        "drafts",
        "file_upload",
        "inner_id",
        "last_comment_updated_at",
        "meta",
        "predictions",
        "project",
        "total_annotations",
        "total_predictions",
        "unresolved_comment_count",
        "updated_at",
        "updated_by",
    ],
    parse,
};

fn parse(record: &Record, notes: &mut Notes) -> Result<Option<Document>, Fault> {
    let text = task_text(record)?;
    let field = if record.has("annotations") { "annotations" } else { "completions" };
    let Some(annotation) = chosen(record.objects(field)?, notes)? else { return Ok(None) };
    let raw = RawText::new(&text);
    let mut entities = Vec::new();
    let mut indices = HashMap::new();
    let results = annotation.optional_objects("result")?;
    for result in &results {
        if is_relation(result)? {
            continue;
        }
        let Some(entity) = region(result, &raw, notes)? else { continue };
        let missing = || result.missing("id", "a string");
        let id = result.id("id")?.ok_or_else(missing)?;
        // Each control of the interface has its own result for the same region.
        if *indices.entry(id).or_insert(entities.len()) == entities.len() {
            entities.push(entity);
        } else {
            notes.remark("result", "for a region that has another, not read");
        }
    }
    let mut relations = Vec::new();
    for result in &results {
        if is_relation(result)? {
            let read = read_relation(result, &indices, notes);
            relations.extend(notes.keep(read).into_iter().flatten());
        }
    }
    let id = record.id("id")?.unwrap_or_default();
    Ok(Some(Document { id, content: Content::Text(text), entities, relations: Some(relations) }))
}

/// The text that was annotated: the task's `text`, or its only string.
fn task_text(record: &Record) -> Result<String, Fault> {
    let data = record.object("data", "an object with the text")?;
    if data.has("text") {
        return data.required_string("text");
    }
    let names: Vec<&str> =
        data.names().filter(|name| data.raw(name).is_some_and(|raw| raw.starts_with('"'))).collect();
    match names[..] {
        [only] => data.required_string(only),
        _ => Err(data.missing("text", "a string")),
    }
}

/// The annotation of a task that is read: of several, the one that is marked as the truth, or the first.
fn chosen<'a>(annotations: Vec<Record<'a>>, notes: &mut Notes) -> Result<Option<Record<'a>>, Fault> {
    let mut kept: Vec<Record> = Vec::new();
    for annotation in annotations {
        let flag = |name: &str| annotation.typed::<bool>(name, "true or false");
        if flag("was_cancelled")?.unwrap_or(false) {
            notes.remark("annotation", "left out: it was cancelled");
        } else if flag("ground_truth")?.unwrap_or(false) {
            kept.insert(0, annotation);
        } else {
            kept.push(annotation);
        }
    }
    if kept.is_empty() {
        notes.remark("task", "left out: it has no annotation");
    }
    for _ in kept.iter().skip(1) {
        notes.remark("annotation", "left out: another of the same task is read");
    }
    Ok(kept.into_iter().next())
}

fn is_relation(result: &Record) -> Result<bool, Fault> {
    Ok(result.string("type")?.as_deref() == Some("relation"))
}

/// The entity of a region; `None` if it is no region of text.
fn region(result: &Record, raw: &RawText, notes: &mut Notes) -> Result<Option<Entity>, Fault> {
    let value = result.object("value", "an object")?;
    let number = |name: &str| {
        value.raw(name).is_some_and(|raw| raw.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
    };
    if !number("start") || !number("end") {
        notes.remark("result", "that is no region of the text, not read");
        return Ok(None);
    }
    let words = value.string("text")?;
    let span = raw
        .span(value.index("start")?, value.index("end")?, words.as_deref(), notes)
        .map_err(|fault| value.fault("start", fault))?;
    let labels = if value.has("labels") { "labels" } else { "hypertextlabels" };
    let labels = value.strings(labels)?.unwrap_or_default();
    if labels.len() > 1 {
        notes.remark("region", "with several labels, the first of which is read as its type");
    }
    Ok(Some(Entity::at(span, labels.into_iter().next().filter(|label| !label.is_empty()))))
}

/// The relations that a result states: one for each label, in the direction of its arrow.
fn read_relation(
    result: &Record,
    indices: &HashMap<String, usize>,
    notes: &mut Notes,
) -> Result<Vec<Relation>, Fault> {
    let entity = |name: &str| {
        let missing = || result.missing(name, "the identifier of a region");
        let id = result.id(name)?.ok_or_else(missing)?;
        indices.get(&id).copied().ok_or_else(|| {
            let found = format!("`{id}`, which none has that is read");
            result.fault(name, Fault::expected("the identifier of a region of the text", found))
        })
    };
    let (from, to) = (entity("from_id")?, entity("to_id")?);
    let direction = result.string("direction")?.unwrap_or_else(|| "right".to_owned());
    let pairs = match direction.as_str() {
        "right" => vec![(from, to)],
        "left" => vec![(to, from)],
        "bi" => {
            notes.remark("relation", "in both directions, read as two");
            vec![(from, to), (to, from)]
        }
        _ => {
            let found = format!("`{direction}`");
            return Err(result.fault("direction", Fault::expected("`right`, `left` or `bi`", found)));
        }
    };
    let mut labels = result.strings("labels")?.unwrap_or_default();
    labels.retain(|label| !label.trim().is_empty());
    if labels.is_empty() {
        notes.remark("relation", "left out: it has no label");
    }
    let relation =
        |label: &String, (head, tail): (usize, usize)| Relation { label: label.clone(), head, tail };
    Ok(labels.iter().flat_map(|label| pairs.iter().map(move |pair| relation(label, *pair))).collect())
}
