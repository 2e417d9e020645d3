//! What the formats share that hold documents: objects become [`Document`]s, and these instances by the caller's
//! policy.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use super::conventions::Claim;
use super::objects::Objects;
use super::stream::Context;
use super::{Reader, Source};
use crate::document::{Content, Document, Entity, Mention, Pairs};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::Record;
use crate::instance::Instance;
use crate::tally::Remark;

/// What was read of a document.
pub(crate) struct Parsed {
    /// `None` if it is left out.
    pub(crate) document: Option<Document>,
    pub(crate) notes: Notes,
    /// The text of the file that faults refer to, and the line in which it begins.
    pub(crate) text: String,
    pub(crate) line: usize,
    /// The identifier of a document without one.
    pub(crate) number: usize,
}

/// What is to be said of a document.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) remarks: Vec<Remark>,
    /// What cannot be read; the rest of the document is.
    pub(crate) faults: Vec<Fault>,
    /// Spans of tokens, and the words that the file says are there.
    pub(crate) words: Vec<(Range<usize>, String)>,
}

impl Notes {
    pub(crate) fn remark(&mut self, noun: &'static str, what: &'static str) {
        self.remarks.push(Remark::new(noun, what));
    }

    /// The value, or `None` after keeping the fault.
    pub(crate) fn keep<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.faults.push(fault)).ok()
    }
}

/// The documents of a file. The place of each becomes the current place of the context.
pub(crate) trait DocumentSource {
    /// The next document, unless it as a whole is wrong.
    fn next(&mut self, context: &mut Context) -> Option<Result<Parsed, CorpusError>>;
}

/// The instances of documents: those of annotated pairs as they are read and, after the last document, those of
/// pairs without a relation.
pub(crate) struct Documents<S> {
    source: S,
    pairs: Pairs,
    /// How often each identifier of a document was seen.
    seen: HashMap<String, usize>,
    ready: VecDeque<Result<Instance, CorpusError>>,
}

impl<S: DocumentSource> Documents<S> {
    pub(crate) fn new(source: S, context: &Context) -> Self {
        let pairs = Pairs::new(context.options.pairs.clone(), context.tokenizer());
        Self { source, pairs, seen: HashMap::new(), ready: VecDeque::new() }
    }

    fn read(&mut self, parsed: Parsed, context: &mut Context) {
        let Parsed { document, notes, text, line, number } = parsed;
        let mut id = number.to_string();
        if let Some(mut document) = document {
            if !document.id.is_empty() {
                id.clone_from(&document.id);
            }
            let times = self.seen.entry(id.clone()).or_default();
            *times += 1;
            if *times > 1 {
                let what = "with the identifier of an earlier one, to which `#2`, `#3` … is added";
                context.note(Remark::new("document", what), &id);
                id = format!("{id}#{times}");
            }
            document.id.clone_from(&id);
            note_spans(&document, &notes.words, context);
            let place = context.place;
            let instances = self.pairs.of(document, place, |remark| context.note(remark, &id));
            for read in instances {
                self.ready.push_back(context.finish(read, &text, line, number));
            }
        }
        for remark in notes.remarks {
            context.note(remark, &id);
        }
        for fault in notes.faults {
            let fault = if fault.id.is_none() { fault.of(id.clone()) } else { fault };
            self.ready.push_back(context.finish(Err(fault), &text, line, number));
        }
    }
}

/// Counts what the document's spans say about how the file counts them.
fn note_spans(document: &Document, words: &[(Range<usize>, String)], context: &mut Context) {
    let (path, place, id) = (context.path.as_path(), context.place, document.id.as_str());
    let claim = |span, words| Claim { path, place, id, field: "", span, words };
    let mentions = document.entities.iter().flat_map(|entity| &entity.mentions);
    let mentions: Vec<Range<usize>> = mentions.map(Mention::hull).collect();
    match &document.content {
        Content::Text(text) | Content::Tokens { text, .. } => {
            let characters: Vec<char> = text.chars().collect();
            for mention in &mentions {
                context.conventions.note_characters(&claim(mention, None), &characters);
            }
        }
        Content::Sentences(sentences) if !words.is_empty() => {
            let tokens = sentences.concat();
            for (span, words) in words {
                context.conventions.note_tokens(&claim(span, Some(words)), &tokens);
            }
        }
        Content::Sentences(_) => {}
    }
}

impl<S: DocumentSource> Source for Documents<S> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let Some(parsed) = self.source.next(context) else {
                let (place, instance) = self.pairs.next_unrelated()?;
                context.place = place;
                return Some(context.finish(instance, "", 1, 0));
            };
            match parsed {
                Ok(parsed) => self.read(parsed, context),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// A format whose documents are JSON objects, on lines or in an array.
pub(crate) struct JsonForm {
    /// The fields that are read.
    pub(crate) fields: &'static [&'static str],
    /// Fields that are known but not used; so are those whose names begin with `_`.
    pub(crate) unused: &'static [&'static str],
    /// Reads an object; no document if it is left out.
    pub(crate) parse: fn(&Record, &mut Notes) -> Result<Option<Document>, Fault>,
}

struct JsonDocuments<'a> {
    objects: Objects<'a>,
    form: &'static JsonForm,
}

/// The instances of documents that are JSON objects.
pub(crate) fn open_json<'a>(
    form: &'static JsonForm,
    reader: Reader<'a>,
    context: &Context,
) -> Result<Box<dyn Source + 'a>, CorpusError> {
    let source = JsonDocuments { objects: Objects::open(reader, context)?, form };
    Ok(Box::new(Documents::new(source, context)))
}

impl DocumentSource for JsonDocuments<'_> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Parsed, CorpusError>> {
        let record = match self.objects.next(context)? {
            Ok(record) => record,
            Err(error) => return Some(Err(error)),
        };
        let (text, line, number) = (record.text, record.line, record.number);
        let mut notes = Notes::default();
        let read = Record::parse(&text, &text).and_then(|record| {
            let hidden: Vec<&str> = record.names().filter(|name| name.starts_with('_')).collect();
            let unused: Vec<&str> = self.form.unused.iter().copied().chain(hidden).collect();
            context.warn_of_unknown(&record, self.form.fields, &unused, &text, line);
            (self.form.parse)(&record, &mut notes)
        });
        Some(match read {
            Ok(document) => Ok(Parsed { document, notes, text, line, number }),
            Err(fault) => {
                let error = CorpusError::from(fault.in_source(&context.path, context.place, &text, line));
                let in_array = matches!(context.place, Place::Index(_));
                Err(if in_array { error } else { error.at_snippet() })
            }
        })
    }
}

/// Documents constructed in memory, and how many there were.
struct MemoryDocuments<I>(std::iter::Enumerate<I>);

impl<I: Iterator<Item = Document>> DocumentSource for MemoryDocuments<I> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Parsed, CorpusError>> {
        let (number, document) = self.0.next()?;
        context.place = Place::Index(number);
        let (notes, text) = (Notes::default(), String::new());
        Some(Ok(Parsed { document: Some(document), notes, text, line: 1, number }))
    }
}

pub(crate) fn open_memory<'a>(
    documents: impl Iterator<Item = Document> + 'a,
    context: &Context,
) -> Box<dyn Source + 'a> {
    Box::new(Documents::new(MemoryDocuments(documents.enumerate()), context))
}

/// Entities that are known by where they are.
#[derive(Default)]
pub(crate) struct Located {
    pub(crate) entities: Vec<Entity>,
    indices: HashMap<Range<usize>, usize>,
}

impl Located {
    /// The entity at a span, which is added if there is none; the first type that is given counts.
    pub(crate) fn at(&mut self, span: Range<usize>, kind: Option<String>) -> usize {
        let next = self.entities.len();
        let index = *self.indices.entry(span.clone()).or_insert(next);
        if index == next {
            self.entities.push(Entity::at(span, kind));
        } else if self.entities[index].kind.is_none() {
            self.entities[index].kind = kind;
        }
        index
    }
}
