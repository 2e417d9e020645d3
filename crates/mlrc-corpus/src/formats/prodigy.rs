//! Prodigy's JSON lines of relations: a text with tokens, spans, and relations between spans or tokens.
//!
//! Characters have exclusive ends, tokens (`token_end`) **inclusive** ones. Tasks that were rejected or ignored are
//! left out.

use std::ops::Range;

use super::documents::{self, JsonForm, Located, Notes};
use super::spans::{RawText, token_span};
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document, Relation};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;

/// See the [module documentation](self).
pub(crate) struct Prodigy;

impl Definition for Prodigy {
    fn name(&self) -> &'static str {
        "prodigy"
    }

    fn description(&self) -> &'static str {
        "Prodigy's JSON objects with `text`, `spans` and `relations`"
    }

    fn span_convention(&self) -> &'static str {
        "characters, 0-based, end exclusive; tokens, 0-based, end inclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.has_shape(|shape| {
            let relations = || shape.inner("relations").is_some_and(|relation| relation.has("child"));
            let spans = || shape.inner("spans").is_some_and(|span| span.has("start"));
            shape.begins("text", '"') && (spans() || relations() || shape.has_all(&["spans", "answer"]))
        })
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        documents::open_json(&FORM, reader, context)
    }
}

static FORM: JsonForm = JsonForm {
    fields: &["id", "text", "tokens", "spans", "relations", "answer"],
    unused: &["meta", "config", "label", "options", "accept", "priority", "score"],
    parse,
};

fn parse(record: &Record, notes: &mut Notes) -> Result<Option<Document>, Fault> {
    match record.string("answer")?.as_deref() {
        None | Some("accept") => {}
        Some("reject") => {
            notes.remark("task", "left out: its answer is `reject`");
            return Ok(None);
        }
        Some("ignore") => {
            notes.remark("task", "left out: its answer is `ignore`");
            return Ok(None);
        }
        Some(other) => {
            let found = format!("`{other}`");
            return Err(record.fault("answer", Fault::expected("`accept`, `reject` or `ignore`", found)));
        }
    }
    let text = record.required_string("text")?;
    let raw = RawText::new(&text);
    let mut task =
        Task { tokens: tokens(record, &raw, notes)?, raw, entities: Located::default(), spans: Vec::new() };
    for span in record.optional_objects("spans")? {
        let (range, kind) = (task.span(&span, notes)?, span.filled_string("label")?);
        task.entities.at(range.clone(), kind);
        task.spans.push(range);
    }
    let annotated = record.has("relations");
    let mut relations = Vec::new();
    for relation in record.optional_objects("relations")? {
        let read = task.relation(&relation, notes);
        relations.extend(notes.keep(read));
    }
    let id = record.id("id")?.unwrap_or_default();
    let content = if task.tokens.is_empty() {
        Content::Text(text)
    } else {
        Content::Tokens { text, tokens: task.tokens }
    };
    let entities = task.entities.entities;
    Ok(Some(Document { id, content, entities, relations: annotated.then_some(relations) }))
}

fn tokens(record: &Record, raw: &RawText, notes: &mut Notes) -> Result<Vec<Range<usize>>, Fault> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    for token in record.optional_objects("tokens")? {
        let (start, end) = (token.index("start")?, token.index("end")?);
        let range = raw.span(start, end, None, notes).map_err(|fault| token.fault("end", fault))?;
        let before = tokens.last().map_or(0, |last| last.end);
        if range.start < before {
            let expected = format!("a start of at least {before}, the end of the token before");
            return Err(token.fault("start", Fault::expected(expected, range.start)));
        }
        tokens.push(range);
    }
    Ok(tokens)
}

/// What has been read of a task.
struct Task {
    raw: RawText,
    /// The characters of each token.
    tokens: Vec<Range<usize>>,
    entities: Located,
    /// The spans that the task names.
    spans: Vec<Range<usize>>,
}

impl Task {
    /// The characters of a span, which has them, or its tokens, or both.
    fn span(&self, span: &Record, notes: &mut Notes) -> Result<Range<usize>, Fault> {
        let by_tokens = span.has("token_start") && span.has("token_end") && !self.tokens.is_empty();
        let tokens = if by_tokens {
            let (first, last) = (span.index("token_start")?, span.index("token_end")?);
            let tokens = token_span(first, last, self.tokens.len(), true);
            let tokens = tokens.map_err(|fault| span.fault("token_end", fault))?;
            Some(self.tokens[tokens.start].start..self.tokens[tokens.end - 1].end)
        } else {
            None
        };
        if let Some(tokens) = &tokens
            && !span.has("start")
        {
            return Ok(tokens.clone());
        }
        let words = span.string("text")?;
        let range = self
            .raw
            .span(span.index("start")?, span.index("end")?, words.as_deref(), notes)
            .map_err(|fault| span.fault("end", fault))?;
        match tokens {
            Some(tokens) if tokens != range => {
                let expected = format!("the last token of the characters [{}, {}]", range.start, range.end);
                let found = format!("that of [{}, {}]", tokens.start, tokens.end);
                let help = "tokens are counted from 0, and `token_end` is inclusive";
                Err(span.fault("token_end", Fault::expected(expected, found).help(help)))
            }
            _ => Ok(range),
        }
    }

    fn relation(&mut self, record: &Record, notes: &mut Notes) -> Result<Relation, Fault> {
        let head = self.end(record, "head", "head_span", notes)?;
        let tail = self.end(record, "child", "child_span", notes)?;
        Ok(Relation { label: record.required_string("label")?, head, tail })
    }

    /// The entity at one end of a relation: the span that is given, or that the token is in, or the token.
    fn end(&mut self, record: &Record, token: &str, span: &str, notes: &mut Notes) -> Result<usize, Fault> {
        if record.has(span) {
            let span = record.object(span, "an object")?;
            let (range, kind) = (self.span(&span, notes)?, span.filled_string("label")?);
            return Ok(self.entities.at(range, kind));
        }
        let index = record.index(token)?;
        let Some(characters) = self.tokens.get(index) else {
            let expected = format!("an index below {}, the number of tokens", self.tokens.len());
            return Err(record.fault(token, Fault::expected(expected, index)));
        };
        let around =
            self.spans.iter().find(|span| span.start <= characters.start && characters.end <= span.end);
        let range = around.unwrap_or(characters).clone();
        Ok(self.entities.at(range, None))
    }
}
