//! What the formats share that hold documents: objects become [`Document`]s, and these instances by the caller's
//! policy.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use super::objects::Objects;
use super::stream::Context;
use super::{Reader, Source};
use crate::document::{Document, Entity, Pairs};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::{Record, shorten};
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

/// Raw text whose characters are counted.
pub(crate) struct RawText {
    chars: Vec<char>,
}

pub(crate) const CHARACTERS: &str = "spans count characters from 0, and the end is exclusive";

impl RawText {
    pub(crate) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(crate) fn words(&self, span: &Range<usize>) -> String {
        self.chars.get(span.clone()).unwrap_or_default().iter().collect()
    }

    /// The characters `start..end`, which must be `words` if these are given. Offsets that fit the words only if they
    /// count UTF-16 units, as browsers do, are read so.
    pub(crate) fn span(
        &self,
        start: usize,
        end: usize,
        words: Option<&str>,
        notes: &mut Notes,
    ) -> Result<Range<usize>, Fault> {
        let span = start..end;
        let valid = start < end && end <= self.len();
        let same = |span: &Range<usize>, words: &str| {
            self.words(span).split_whitespace().eq(words.split_whitespace())
        };
        let Some(words) = words.filter(|words| !words.trim().is_empty()) else {
            return if valid { Ok(span) } else { Err(self.outside(start, end)) };
        };
        if valid && same(&span, words) {
            return Ok(span);
        }
        if let Some(span) = self.utf16(start, end).filter(|span| same(span, words)) {
            notes.remark("span", "whose offsets count UTF-16 units, read so");
            return Ok(span);
        }
        if !valid {
            return Err(self.outside(start, end));
        }
        let fault = Fault::expected(
            format_args!("the span of `{}`", shorten(words)),
            format_args!("[{start}, {end}], that of `{}`", shorten(&self.words(&span))),
        );
        let at = self.find(words);
        Err(fault.help(match at.as_slice() {
            [] => format!("the text does not contain these words; {CHARACTERS}"),
            [at, ..] if at.start == start && at.end == end + 1 => {
                format!("the end seems to be inclusive; {CHARACTERS}")
            }
            [at, ..] => format!("they are at [{}, {}]; {CHARACTERS}", at.start, at.end),
        }))
    }

    fn outside(&self, start: usize, end: usize) -> Fault {
        let expected =
            format!("a start below the end, and an end up to {}, the length of the text", self.len());
        Fault::expected(expected, format_args!("[{start}, {end}]")).help(CHARACTERS)
    }

    /// The characters of a range of UTF-16 units.
    fn utf16(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let mut units = 0;
        let (mut from, mut to) = (None, None);
        for (index, c) in self.chars.iter().enumerate() {
            if units == start {
                from = Some(index);
            }
            units += c.len_utf16();
            if units == end {
                to = Some(index + 1);
            }
        }
        Some(from?..to?).filter(|span| span.start < span.end)
    }

    /// Where words occur that are not part of longer words.
    pub(crate) fn find(&self, words: &str) -> Vec<Range<usize>> {
        let words: Vec<char> = words.trim().chars().collect();
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return Vec::new() };
        let inner = |c: &char| c.is_alphanumeric();
        let alone = |start: usize| {
            let end = start + words.len();
            let before = start.checked_sub(1).and_then(|at| self.chars.get(at));
            let after = self.chars.get(end);
            !(before.is_some_and(inner) && inner(first) || after.is_some_and(inner) && inner(last))
        };
        let matches = self.chars.windows(words.len()).enumerate().filter(|(_, window)| *window == words);
        matches
            .map(|(start, _)| start)
            .filter(|start| alone(*start))
            .map(|start| start..start + words.len())
            .collect()
    }

    /// The only place of words that are given without offsets; upper and lower case are the same if nothing else fits.
    pub(crate) fn only(&self, words: &str) -> Result<Range<usize>, Fault> {
        let mut found = self.find(words);
        if found.is_empty() {
            let lower = |text: &[char]| -> Vec<char> { text.iter().flat_map(|c| c.to_lowercase()).collect() };
            let folded = Self { chars: lower(&self.chars) };
            if folded.len() == self.len() {
                found = folded.find(&words.to_lowercase());
            }
        }
        let help = "give the offsets of its first and after its last character";
        match &found[..] {
            [only] => Ok(only.clone()),
            [] => Err(Fault::expected(
                "words of the text",
                format_args!("`{}`, which it does not contain", shorten(words)),
            )),
            several => {
                let found = format!("`{}`, which it contains {} times", shorten(words), several.len());
                Err(Fault::expected("words that the text contains once", found).help(help))
            }
        }
    }
}

/// A span of tokens, checked.
pub(crate) fn token_span(
    start: usize,
    end: usize,
    count: usize,
    inclusive: bool,
) -> Result<Range<usize>, Fault> {
    let exclusive_end = if inclusive { end.saturating_add(1) } else { end };
    if start < exclusive_end && exclusive_end <= count {
        return Ok(start..exclusive_end);
    }
    let convention = if inclusive { "inclusive" } else { "exclusive" };
    let expected = format!("a span of at least one of the {count} tokens");
    let fault = Fault::expected(expected, format_args!("[{start}, {end}]"));
    Err(fault.help(format!("spans count tokens from 0, and the end is {convention}")))
}
