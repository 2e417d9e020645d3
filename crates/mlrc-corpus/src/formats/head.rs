//! The beginning of a file, by which its format is recognised, and what a file of no format looks like.

use super::json::{self, Record, shorten};
use super::shape::Shape;
use super::{Format, jsonl, markers};
use crate::error::Fault;

/// How many lines of no format may precede the first that has one.
pub(crate) const BAD_LINES: usize = 20;

/// The beginning of a file, from which its format is detected.
pub(crate) struct Head<'a> {
    /// From the first line that is not blank on.
    text: &'a str,
    first: &'a str,
    /// The first line, if it is a JSON object.
    object: Option<Result<Record<'a>, Fault>>,
    /// The first JSON objects, on lines or in an array.
    shapes: Vec<Shape<'a>>,
}

/// How many objects of a file are looked at to recognise its format.
const SHAPES: usize = 20;

impl<'a> Head<'a> {
    /// `None` if there are only blank lines.
    pub(super) fn new(text: &'a str) -> Option<Self> {
        let first = filled_lines(text).next()?;
        let text = &text[json::range_in(text, first).start..];
        let start = first.trim_start();
        let is_object = start.starts_with('{') && !inline_object(start);
        let shapes =
            if is_object || start.starts_with('[') { Shape::first_of(text, SHAPES) } else { Vec::new() };
        Some(Self { text, first, object: is_object.then(|| Record::parse(start, start)), shapes })
    }

    /// Whether one of the first JSON objects, on lines or in an array, has this shape.
    pub(crate) fn has_shape(&self, fits: impl Fn(&Shape) -> bool) -> bool {
        self.shapes.iter().any(fits)
    }

    /// The format of the first lines that have one, if none is the beginning of something else.
    pub(super) fn after_bad_lines(&self) -> Option<Format> {
        let is_whole =
            |line: &str| (line.trim_start().starts_with('[') || is_markup(line)) && !markers::is_marked(line);
        let mut lines = self.lines().take(BAD_LINES).peekable();
        while let Some(bad) = lines.next() {
            let next = *lines.peek()?;
            if is_whole(bad) || is_whole(next) {
                return None;
            }
            let rest = Head::new(&self.text[json::range_in(self.text, next).start..])?;
            // What follows the names of columns is a table, if anything.
            let is_header = is_header(bad) && !markers::is_marked(bad);
            let possible = |format: &Format| !is_header || [Format::TSV, Format::CSV].contains(format);
            let found = Format::ALL.into_iter().filter(possible).find(|format| format.0.fits(&rest));
            if found.is_some() || is_header {
                return found;
            }
        }
        None
    }

    /// The text from the first line that is not blank on.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// The lines that are not blank.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        filled_lines(self.text)
    }

    /// The first of them.
    pub(crate) fn first(&self) -> &'a str {
        self.first
    }

    /// The first line as a JSON object, if it begins like one. Invalid JSON counts too: reading it will
    /// report what is wrong.
    pub(crate) fn object(&self) -> Option<&Result<Record<'a>, Fault>> {
        self.object.as_ref()
    }

    /// Whether the first line is a sentence with markers.
    pub(crate) fn is_marked(&self) -> bool {
        self.object.is_none() && markers::is_marked(self.first)
    }
}

fn filled_lines(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.lines().map(|line| line.trim_start_matches('\u{feff}')).filter(|line| !is_blank(line))
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Whether a line that begins with a brace is nevertheless a marked sentence.
fn inline_object(line: &str) -> bool {
    markers::is_marked(line) && !line[1..].trim_start().starts_with(['"', '}'])
}

/// The fault for a file that matches no format.
pub(crate) fn unknown_format(head: &str) -> Fault {
    let names = Format::ALL.map(Format::name).join(", ");
    Fault::expected("one of the known formats", looks_like(head)).help(format!(
        "the formats are {names}, which docs/FORMATS.md describes; name one to read the file in that format"
    ))
}

/// Describes a file that matches no format.
fn looks_like(head: &str) -> String {
    let mut lines = head.lines().filter(|line| !is_blank(line));
    let first = lines.next().unwrap_or_default().trim();
    let second = lines.next().unwrap_or_default();
    let columns = first.split('\t').count();
    if first.starts_with('{') {
        return jsonl::describe_line(first);
    }
    if first.starts_with('[') {
        return match Shape::first_of(head, 1).first() {
            Some(shape) => {
                let names: Vec<String> =
                    shape.names().take(6).map(|name| format!("`{}`", shorten(name))).collect();
                format!("a JSON array of objects with the fields {}", names.join(", "))
            }
            None => "a JSON array, but not of objects".to_owned(),
        };
    }
    if is_markup(first) {
        return "XML or HTML".to_owned();
    }
    if columns > 1 && second.split('\t').count() == columns {
        return format!("a table of {columns} columns separated by tabs, beginning `{}`", shorten(first));
    }
    if first.contains("<e1>") || first.contains("<e2>") {
        return format!("a sentence with only one of <e1> and <e2>: `{}`", shorten(first));
    }
    format!("text without entity markers, beginning `{}`", shorten(first))
}

/// Whether a line begins XML or HTML.
fn is_markup(line: &str) -> bool {
    let line = line.trim_start().to_lowercase();
    line.starts_with("<?xml") || line.starts_with("<!doctype") || line.starts_with("<html")
}

/// Whether a line names the columns of a table.
fn is_header(line: &str) -> bool {
    let is_name = |field: &str| {
        let name = field.trim().trim_matches('"');
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))
    };
    let columns = |separator: char| line.contains(separator) && line.split(separator).all(is_name);
    columns('\t') || columns(',') && !line.contains(", ") || columns(';') || columns('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_described() {
        let cases = [
            ("{\"passage\": \"a\", \"subj\": [0, 1]}", "the fields `passage`, `subj`"),
            ("a\tb\tc\nd\te\tf\n", "3 columns"),
            ("<?xml version='1.0'?>", "XML"),
            ("a <e1>b</e1>", "only one of"),
            ("{}", "an empty JSON object"),
            (
                "[{\"text\": \"a\", \"triples\": []}]",
                "a JSON array of objects with the fields `text`, `triples`",
            ),
            ("{\"P2384\": [\"name\", \"description\"]}", "the fields `P2384`"),
        ];
        for (head, expected) in cases {
            assert!(looks_like(head).contains(expected), "{head}: {}", looks_like(head));
        }
    }
}
