//! brat's standoff annotation: an `.ann` file beside each `.txt` file, alone or in a folder of such pairs. Offsets count
//! characters of the text and ends are exclusive.
//!
//! ```text
//! T1<TAB>Org 0 6<TAB>Google
//! T2<TAB>Per 22 27;33 37<TAB>Larry Page
//! R1<TAB>founded_by Arg1:T1 Arg2:T2
//! ```
//!
//! Relations (`R`) are read; events (`E`), equivalences (`*`), attributes (`A`, `M`), normalisations (`N`) and notes
//! (`#`) are counted.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use super::documents::{DocumentSource, Documents, Notes, Parsed};
use super::lines;
use super::spans::RawText;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::document::{Content, Document, Entity, Mention, Relation};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::{range_in, shorten};

/// See the [module documentation](self).
pub(crate) struct Brat;

impl Definition for Brat {
    fn name(&self) -> &'static str {
        "brat"
    }

    fn description(&self) -> &'static str {
        "brat's `.ann` file beside its `.txt` file, or a folder of such pairs"
    }

    fn span_convention(&self) -> &'static str {
        "characters, 0-based, end exclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        is_annotation(head.first())
    }

    fn open<'a>(
        &self,
        mut reader: Reader<'a>,
        context: &Context,
    ) -> Result<Box<dyn Source + 'a>, CorpusError> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| context.unreadable(&error))?;
        let annotation = lines::decode(bytes, &context.path)?;
        let file = File { path: context.path.clone(), annotation: Some(annotation) };
        Ok(Box::new(Documents::new(Files { files: vec![file].into_iter() }, context)))
    }
}

/// The documents of a folder, in the order of their names.
pub(crate) fn open_folder<'a>(folder: &Path, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
    let entries = fs::read_dir(folder).map_err(|error| context.unreadable(&error))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| context.unreadable(&error))?.path();
        if path.extension().is_some_and(|extension| extension == "ann") {
            files.push(File { path, annotation: None });
        }
    }
    if files.is_empty() {
        let fault = Fault::expected(
            "a file, or a folder with brat's `.ann` and `.txt` files",
            "a folder without any",
        );
        return Err(context.whole_file(fault));
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(Box::new(Documents::new(Files { files: files.into_iter() }, context)))
}

/// Whether a line is one of an entity or a relation.
fn is_annotation(line: &str) -> bool {
    let mut columns = line.split('\t');
    let (id, content) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    let numbered = |kind: char| {
        id.strip_prefix(kind).is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    numbered('T') && columns.next().is_some() && parts(content).is_ok()
        || numbered('R') && content.contains(" Arg1:")
        || numbered('E') && content.contains(":T")
}

struct File {
    path: PathBuf,
    /// Its content, if it has been read.
    annotation: Option<String>,
}

/// The annotated documents that are still to be read.
struct Files {
    files: IntoIter<File>,
}

impl DocumentSource for Files {
    fn next(&mut self, context: &mut Context) -> Option<Result<Parsed, CorpusError>> {
        let File { path, annotation } = self.files.next()?;
        context.path.clone_from(&path);
        context.place = Place::WholeFile;
        Some(read(&path, annotation, context))
    }
}

fn read(path: &Path, annotation: Option<String>, context: &mut Context) -> Result<Parsed, CorpusError> {
    let annotation = match annotation {
        Some(annotation) => annotation,
        None => lines::decode(fs::read(path).map_err(|error| context.unreadable(&error))?, path)?,
    };
    let beside = path.with_extension("txt");
    let text =
        fs::read(&beside).map_err(|error| {
            let expected = format!("the text beside the annotation, in {}", beside.display());
            let fault = Fault::expected(expected, format_args!("none that can be read: {error}"));
            context.whole_file(fault.help(
                "brat's annotation is in an `.ann` file, and the text in a `.txt` file of the same name",
            ))
        })?;
    // A byte order mark is a character of the text, as brat counts.
    let text = String::from_utf8(text)
        .map_err(|error| lines::decode(error.into_bytes(), &beside))
        .or_else(|other| other)?;
    let mut notes = Notes::default();
    let id = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let document = parse(&annotation, text, id, &mut notes).map_err(|fault| {
        CorpusError::from(fault.in_source(path, Place::WholeFile, &annotation, 1)).at_snippet()
    })?;
    context.place = Place::Line(1);
    Ok(Parsed { document: Some(document), notes, text: annotation, line: 1, number: 1 })
}

fn parse(annotation: &str, text: String, id: String, notes: &mut Notes) -> Result<Document, Fault> {
    let raw = RawText::new(&text);
    let mut entities = Vec::new();
    let mut indices = HashMap::new();
    for line in annotation.lines().filter(|line| line.starts_with('T')) {
        let (id, entity) = read_entity(line, &raw).map_err(|fault| fault.at(range_in(annotation, line)))?;
        if indices.insert(id, entities.len()).is_some() {
            let fault = Fault::expected("each identifier once", format_args!("`{id}` twice"));
            return Err(fault.at(range_in(annotation, line)));
        }
        entities.push(entity);
    }
    let mut relations = Vec::new();
    for line in annotation.lines().filter(|line| !line.trim().is_empty()) {
        match line.chars().next() {
            Some('T') => {}
            Some('R') => {
                let read = read_relation(line, &indices, notes);
                relations
                    .extend(notes.keep(read.map_err(|fault| fault.at(range_in(annotation, line)))).flatten());
            }
            Some('E') => notes.remark("event", "not read: only relations between two entities are"),
            Some('*') => notes
                .remark("equivalence", "not used: relations are those of the mentions they are stated for"),
            Some('A' | 'M') => notes.remark("attribute", "not read"),
            Some('N') => notes.remark("normalisation", "not read"),
            Some('#') => notes.remark("note", "not read"),
            _ => {
                let found = format!("`{}`", shorten(line));
                let expected = "a line that begins with T, R, E, *, A, M, N or #";
                notes.faults.push(Fault::expected(expected, found).at(range_in(annotation, line)));
            }
        }
    }
    Ok(Document { id, content: Content::Text(text), entities, relations: Some(relations) })
}

/// The type and the parts of `Org 0 6;8 9`.
fn parts(content: &str) -> Result<(&str, Vec<Range<usize>>), Fault> {
    let wrong =
        || Fault::expected("a type and offsets, such as `Org 0 6`", format_args!("`{}`", shorten(content)));
    let (kind, offsets) = content.split_once(' ').ok_or_else(wrong)?;
    let part = |part: &str| {
        let (start, end) = part.trim().split_once(' ')?;
        Some(start.parse().ok()?..end.trim().parse().ok()?)
    };
    let parts: Option<Vec<Range<usize>>> = offsets.split(';').map(part).collect();
    Ok((kind, parts.ok_or_else(wrong)?))
}

fn read_entity<'a>(line: &'a str, raw: &RawText) -> Result<(&'a str, Entity), Fault> {
    let mut columns = line.splitn(3, '\t');
    let (id, content) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    let (kind, parts) = parts(content).map_err(|fault| fault.field(id))?;
    let length = raw.len();
    if let Some(part) = parts.iter().find(|part| part.start >= part.end || part.end > length) {
        let expected = format!("a start below the end, and an end up to {length}, the length of the text");
        let fault = Fault::expected(expected, format_args!("`{} {}`", part.start, part.end)).field(id);
        return Err(fault.help("offsets count characters from 0, and the end is exclusive"));
    }
    let words: Vec<String> = parts.iter().map(|part| raw.words(part)).collect();
    if let Some(given) = columns.next()
        && !given.split_whitespace().eq(words.join(" ").split_whitespace())
    {
        let expected = format!("the words at these offsets, `{}`", shorten(&words.join(" ")));
        let fault = Fault::expected(expected, format_args!("`{}`", shorten(given))).field(id);
        return Err(fault.help("the text must be the one that was annotated, with the same line ends"));
    }
    Ok((id, Entity { kind: Some(kind.to_owned()), mentions: vec![Mention(parts)] }))
}

/// The relation of a line; `None` if it is left out.
fn read_relation(
    line: &str,
    indices: &HashMap<&str, usize>,
    notes: &mut Notes,
) -> Result<Option<Relation>, Fault> {
    let mut columns = line.split('\t');
    let (id, content) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    let mut words = content.split_whitespace();
    let label = words.next().unwrap_or_default();
    let mut arguments: Vec<(&str, &str)> = words.filter_map(|argument| argument.split_once(':')).collect();
    // In the order of their names where these are brat's own, else in that of the line.
    if arguments.iter().all(|(role, _)| role.starts_with("Arg")) {
        arguments.sort_by_key(|(role, _)| *role);
    }
    let [(_, head), (_, tail)] = arguments[..] else {
        let expected = "a label and two arguments, such as `works_at Arg1:T1 Arg2:T2`";
        return Err(Fault::expected(expected, format_args!("`{}`", shorten(content))).field(id));
    };
    if [head, tail].iter().any(|argument| argument.starts_with('E')) {
        notes.remark("relation", "left out: an argument is an event");
        return Ok(None);
    }
    let entity = |argument: &str| {
        let found = format!("`{argument}`, which none has");
        indices
            .get(argument)
            .copied()
            .ok_or_else(|| Fault::expected("the identifier of an entity", found).field(id))
    };
    Ok(Some(Relation { label: label.to_owned(), head: entity(head)?, tail: entity(tail)? }))
}
