//! JSON objects, one after another: each on a line, or all in one array. Tools write the one or the other, and which
//! it is says nothing about what is in them.

use std::io::{BufRead, Cursor, Read};
use std::ops::Range;

use serde_json::value::RawValue;

use super::lines::Lines;
use super::stream::{Context, next_filled};
use super::{Reader, Source};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json;
use crate::instance::Instance;

/// The objects of a file, not parsed yet.
pub(crate) enum Objects<'a> {
    Lines(Lines<Reader<'a>>),
    Whole { text: String, ranges: Vec<Range<usize>>, next: usize, line: LineCounter, array: bool },
}

/// The text of an object.
pub(crate) struct ObjectText {
    pub(crate) text: String,
    /// The line in which it begins.
    pub(crate) line: usize,
    /// What identifies it if nothing else does: its line or, in an array, its index.
    pub(crate) number: usize,
}

impl<'a> Objects<'a> {
    pub(crate) fn open(mut reader: Reader<'a>, context: &Context) -> Result<Self, CorpusError> {
        let mut head = Vec::new();
        let mut first = Vec::new();
        while first.is_empty() {
            let from = head.len();
            let read = reader.read_until(b'\n', &mut head).map_err(|error| context.unreadable(&error))?;
            if read == 0 {
                break;
            }
            let line = head[from..].strip_prefix("\u{feff}".as_bytes()).unwrap_or(&head[from..]);
            first = line.trim_ascii().to_vec();
        }
        let unfinished = first.starts_with(b"{")
            && serde_json::from_slice::<serde::de::IgnoredAny>(&first).is_err_and(|error| error.is_eof());
        let reader: Reader = Box::new(Cursor::new(head).chain(reader));
        if first.starts_with(b"[") {
            let text = context.whole_text(reader)?;
            return Self::array(text, context);
        }
        if unfinished {
            return Ok(Self::on_several_lines(context.whole_text(reader)?, context));
        }
        Ok(Self::Lines(Lines::new(reader, context.path.clone())))
    }

    fn array(text: String, context: &Context) -> Result<Self, CorpusError> {
        let ranges = match serde_json::from_str::<Vec<&RawValue>>(&text) {
            Ok(elements) => elements.iter().map(|element| json::range_in(&text, element.get())).collect(),
            Err(error) if error.is_data() => {
                return Err(context.whole_file(Fault::expected("an array of objects", json::describe(&text))));
            }
            Err(error) => {
                let help = "the file must be one JSON array of objects";
                return Err(json::syntax_error(&error, &text, &context.path, help));
            }
        };
        Ok(Self::Whole { text, ranges, next: 0, line: LineCounter::default(), array: true })
    }

    /// Objects that take several lines. If they are not complete, each line is an object that is wrong.
    fn on_several_lines(text: String, context: &Context) -> Self {
        let objects: Result<Vec<&RawValue>, _> =
            serde_json::Deserializer::from_str(&text).into_iter().collect();
        let Ok(objects) = objects else {
            let reader: Reader = Box::new(Cursor::new(text.into_bytes()));
            return Self::Lines(Lines::new(reader, context.path.clone()));
        };
        let ranges = objects.iter().map(|object| json::range_in(&text, object.get())).collect();
        Self::Whole { text, ranges, next: 0, line: LineCounter::default(), array: false }
    }

    /// The next object. Its place becomes the current place of `context`.
    pub(crate) fn next(&mut self, context: &mut Context) -> Option<Result<ObjectText, CorpusError>> {
        match self {
            Self::Lines(lines) => Some(match next_filled(lines)? {
                Ok(line) => {
                    context.place = Place::Line(line.number);
                    Ok(ObjectText { text: line.text, line: line.number, number: line.number })
                }
                Err(error) => Err(context.at(error)),
            }),
            Self::Whole { text, ranges, next, line, array } => {
                let range = ranges.get(*next)?.clone();
                let line = line.of(range.start, text);
                context.place = if *array { Place::Index(*next) } else { Place::Line(line) };
                let number = if *array { *next } else { line };
                *next += 1;
                Some(Ok(ObjectText { text: text[range].to_owned(), line, number }))
            }
        }
    }
}

/// Reads the instance of an object.
pub(crate) type ParseObject = fn(&ObjectText, &mut Context) -> Result<Instance, Fault>;

/// A source that reads one instance from each object.
pub(crate) struct EachObject<'a> {
    objects: Objects<'a>,
    parse: ParseObject,
}

impl<'a> EachObject<'a> {
    pub(crate) fn open(
        reader: Reader<'a>,
        context: &Context,
        parse: ParseObject,
    ) -> Result<Self, CorpusError> {
        Ok(Self { objects: Objects::open(reader, context)?, parse })
    }
}

impl Source for EachObject<'_> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        let object = match self.objects.next(context)? {
            Ok(object) => object,
            Err(error) => return Some(Err(error)),
        };
        let read = (self.parse)(&object, context);
        Some(context.finish(read, &object.text, object.line, object.number))
    }
}

/// Counts the lines of a text up to places that are asked for in ascending order.
#[derive(Default)]
pub(crate) struct LineCounter {
    /// The line breaks before the byte at `counted`.
    breaks: usize,
    counted: usize,
}

impl LineCounter {
    /// The line of the byte at `position`, from 1.
    pub(crate) fn of(&mut self, position: usize, text: &str) -> usize {
        let passed = text.get(self.counted..position).unwrap_or_default();
        self.breaks += passed.matches('\n').count();
        self.counted = self.counted.max(position);
        self.breaks + 1
    }
}
