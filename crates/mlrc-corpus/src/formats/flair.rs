//! Flair's CoNLL-U Plus of relations: columns named in `# global.columns`, entities as `B-`, `I-` tags in `ner`, and
//! relations in a comment, as words from 1 with the end **inclusive**: head, then tail, then label.
//!
//! ```text
//! # global.columns = id form ner
//! # relations = 1;1;4;4;works_for|1;1;6;7;lives_in
//! ```

use super::documents::{DocumentSource, Documents, Located, Notes, Parsed};
use super::lines::Lines;
use super::spans::token_span;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::counted;
use crate::document::{Content, Document, Relation};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::range_in;

/// See the [module documentation](self).
pub(crate) struct Flair;

impl Definition for Flair {
    fn name(&self) -> &'static str {
        "flair"
    }

    fn description(&self) -> &'static str {
        "Flair's CoNLL-U Plus with comments `# global.columns = …` and `# relations = …`"
    }

    fn span_convention(&self) -> &'static str {
        "words, 1-based, end inclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        let mut comments = head.lines().take_while(|line| line.starts_with('#'));
        comments.any(|line| {
            comment(line, "global.columns").is_some_and(|names| names.split(' ').any(|name| name == "ner"))
        })
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        let lines = Lines::new(reader, context.path.clone());
        Ok(Box::new(Documents::new(Sentences { lines, columns: Vec::new() }, context)))
    }
}

/// The value of a comment.
fn comment<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (found, value) = line.strip_prefix('#')?.split_once('=')?;
    (found.trim() == name).then_some(value.trim())
}

/// The sentences of a file.
struct Sentences<'a> {
    lines: Lines<Reader<'a>>,
    /// The names of the columns, once they were given.
    columns: Vec<String>,
}

impl DocumentSource for Sentences<'_> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Parsed, CorpusError>> {
        let (mut text, mut first, mut filled) = (String::new(), 0, false);
        for line in self.lines.by_ref() {
            let line = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(context.at(error))),
            };
            if let Some(names) = comment(&line.text, "global.columns") {
                self.columns = names.split_whitespace().map(str::to_owned).collect();
            }
            if line.text.trim().is_empty() {
                if filled {
                    break;
                }
                // Comments alone are no sentence.
                text.clear();
                continue;
            }
            if text.is_empty() {
                first = line.number;
            }
            filled |= !line.text.starts_with('#');
            text.push_str(&line.text);
            text.push('\n');
        }
        if !filled {
            return None;
        }
        context.place = Place::Line(first);
        let mut notes = Notes::default();
        let document = parse(&text, &self.columns, &mut notes).map_err(|fault| {
            CorpusError::from(fault.in_source(&context.path, context.place, &text, first)).at_snippet()
        });
        Some(document.map(|document| Parsed {
            document: Some(document),
            notes,
            text,
            line: first,
            number: first,
        }))
    }
}

fn parse(text: &str, columns: &[String], notes: &mut Notes) -> Result<Document, Fault> {
    let column = |name: &str| {
        let missing = || Fault::expected(format_args!("a column `{name}` in `# global.columns`"), "none");
        columns.iter().position(|known| known == name).ok_or_else(missing)
    };
    let (form, ner) = (column("form")?, column("ner")?);
    let (mut tokens, mut tags) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() != columns.len() {
            let expected = format!("{} separated by tabs", counted(columns.len(), "column"));
            return Err(Fault::expected(expected, cells.len()).at(range_in(text, line)));
        }
        tokens.push(cells[form].to_owned());
        tags.push(cells[ner]);
    }
    let mut entities = Located::default();
    tagged(&tags, &mut entities);
    let value = |name: &str| text.lines().find_map(|line| comment(line, name));
    let stated = value("relations");
    let mut relations = Vec::new();
    for relation in stated.unwrap_or_default().split('|').filter(|relation| !relation.trim().is_empty()) {
        let read = parse_relation(relation, tokens.len(), &mut entities);
        relations
            .extend(notes.keep(read.map_err(|fault| fault.field("relations").at(range_in(text, relation)))));
    }
    let id = value("sentence_id").or(value("sent_id")).unwrap_or_default().to_owned();
    let (content, relations) = (Content::Sentences(vec![tokens]), stated.map(|_| relations));
    Ok(Document { id, content, entities: entities.entities, relations })
}

/// Adds the entities of `B-X`, `I-X` … (also `S-`, `E-` and `L-`, `U-`).
fn tagged(tags: &[&str], entities: &mut Located) {
    let kind = |tag: &str| tag.split_once('-').map(|(_, kind)| kind.to_owned());
    let goes_on = |tag: &str| tag.starts_with("I-") || tag.starts_with("E-") || tag.starts_with("L-");
    let mut start = 0;
    while start < tags.len() {
        let mut end = start + 1;
        if let Some(name) = kind(tags[start]) {
            while end < tags.len() && goes_on(tags[end]) && kind(tags[end]).as_ref() == Some(&name) {
                end += 1;
            }
            entities.at(start..end, Some(name));
        }
        start = end;
    }
}

fn parse_relation(text: &str, count: usize, entities: &mut Located) -> Result<Relation, Fault> {
    let wrong = || Fault::expected("`start;end;start;end;label`, counted from 1", format_args!("`{text}`"));
    let parts: Vec<&str> = text.trim().splitn(5, ';').collect();
    let [numbers @ .., label] = &parts[..] else { return Err(wrong()) };
    let numbers: Vec<usize> =
        numbers.iter().filter_map(|number| number.trim().parse::<usize>().ok()?.checked_sub(1)).collect();
    let &[head_start, head_end, tail_start, tail_end] = &numbers[..] else { return Err(wrong()) };
    if label.trim().is_empty() {
        return Err(wrong());
    }
    let mut entity = |start, end| {
        let span = token_span(start, end, count, true);
        span.map(|span| entities.at(span, None)).map_err(|_| {
            let expected = format!("words from 1 to {count}, the end inclusive and not before the start");
            Fault::expected(expected, format_args!("{} to {}", start + 1, end + 1))
        })
    };
    Ok(Relation {
        head: entity(head_start, head_end)?,
        tail: entity(tail_start, tail_end)?,
        label: label.trim().to_owned(),
    })
}
