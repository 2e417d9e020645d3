//! What can be wrong with data, and where.
//!
//! An error and a warning have the same parts, a [`Notice`]: the file, the place in it, the
//! instance, the field, what was expected and found, and what to do. They are kept separate so that
//! a program can render them with the offending piece of the file.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Longest piece of a line that a [`Snippet`] carries, in bytes.
const SNIPPET_BYTES: usize = 160;

/// A location in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Place {
    /// The file as a whole.
    WholeFile,
    /// A line, counted from 1.
    Line(usize),
    /// An element of the JSON array, counted from 0.
    Index(usize),
}

/// The piece of the file that a [`Notice`] refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// The line of the file the piece comes from, counted from 1.
    pub line: usize,
    /// The line, or the part of a long line around the offending bytes.
    pub text: String,
    /// The offending bytes of `text`; always on character boundaries.
    pub range: Range<usize>,
}

impl Snippet {
    /// The part of `source` around `range`, which may lie anywhere; `first_line` is the number of
    /// the first line of `source`.
    fn around(source: &str, range: &Range<usize>, first_line: usize) -> Self {
        let start = source.floor_char_boundary(range.start.min(source.len()));
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |newline| start + newline);
        let end = source.ceil_char_boundary(range.end.clamp(start, line_end)).min(line_end);

        let window_start = source.ceil_char_boundary(line_start.max(start.saturating_sub(SNIPPET_BYTES / 4)));
        let window_end = source.floor_char_boundary(line_end.min(window_start + SNIPPET_BYTES)).max(start);
        let shown_end = end.min(window_end);
        let text = source[window_start..window_end].trim_end_matches('\r');
        let clip = |at: usize| (at - window_start).min(text.len());
        Self {
            line: first_line + source[..line_start].matches('\n').count(),
            range: clip(start)..clip(shown_end),
            text: text.to_owned(),
        }
    }
}

/// A message about data: the parts of an error or a warning.
///
/// `Display` writes one line: ``FILE:LINE: instance `ID`: field `NAME`: MESSAGE; HELP``
/// (``FILE[INDEX]`` for an element of a JSON array).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The file, or a name such as `<stdin>`.
    pub path: PathBuf,
    /// The place in the file.
    pub place: Place,
    /// Identifier of the instance, where it is known.
    pub id: Option<String>,
    /// The field, by its name in the file.
    pub field: Option<String>,
    /// What was expected and what was found.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The offending piece of the file.
    pub snippet: Option<Snippet>,
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.path.display())?;
        match self.place {
            Place::WholeFile => write!(out, ": ")?,
            Place::Line(line) => write!(out, ":{line}: ")?,
            Place::Index(index) => write!(out, "[{index}]: ")?,
        }
        if let Some(id) = &self.id {
            write!(out, "instance `{id}`: ")?;
        }
        if let Some(field) = &self.field {
            write!(out, "field `{field}`: ")?;
        }
        write!(out, "{}", self.message)?;
        if let Some(help) = &self.help {
            write!(out, "; {help}")?;
        }
        Ok(())
    }
}

/// Data that cannot be used; its [`Notice`] has the details.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CorpusError(Box<Notice>);

impl CorpusError {
    /// The parts of the error.
    pub fn notice(&self) -> &Notice {
        &self.0
    }

    /// The error located at the line of its snippet, for records that span several lines.
    pub(crate) fn at_snippet(mut self) -> Self {
        if let Some(snippet) = &self.0.snippet {
            self.0.place = Place::Line(snippet.line);
        }
        self
    }

    /// The parts of the error, to be used as a warning.
    pub fn into_notice(self) -> Notice {
        *self.0
    }
}

impl From<Notice> for CorpusError {
    fn from(notice: Notice) -> Self {
        Self(Box::new(notice))
    }
}

/// An incomplete [`Notice`]: what a parser knows before the file and the place are added.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) id: Option<String>,
    pub(crate) field: Option<String>,
    message: String,
    help: Option<String>,
    /// The offending bytes of the record's source.
    pub(crate) range: Option<Range<usize>>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { id: None, field: None, message: message.into(), help: None, range: None }
    }

    pub(crate) fn expected(expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self::new(format!("expected {expected}, found {found}"))
    }

    /// Names the instance.
    pub(crate) fn of(mut self, id: impl Into<Option<String>>) -> Self {
        self.id = id.into();
        self
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether this is the advice that the fault has.
    pub(crate) fn has_help(&self, help: &str) -> bool {
        self.help.as_deref() == Some(help)
    }

    pub(crate) fn at(mut self, range: Range<usize>) -> Self {
        self.range = Some(range);
        self
    }

    /// Completes the fault with its file, place and snippet; `source` begins at line `first_line` of the
    /// file.
    pub(crate) fn in_source(self, path: &Path, place: Place, source: &str, first_line: usize) -> Notice {
        let snippet = self.range.as_ref().map(|range| Snippet::around(source, range, first_line));
        Notice { snippet, ..self.in_file(path, place) }
    }

    /// Completes the fault with its file and place, without a snippet.
    pub(crate) fn in_file(self, path: &Path, place: Place) -> Notice {
        Notice {
            path: path.to_owned(),
            place,
            id: self.id,
            field: self.field,
            message: self.message,
            help: self.help,
            snippet: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_with_all_parts() {
        let fault = Fault::expected("an array", "the number 3").field("token").help("see the formats");
        let mut notice = fault.in_file(Path::new("a.json"), Place::Index(4));
        notice.id = Some("x".to_owned());
        assert_eq!(
            notice.to_string(),
            "a.json[4]: instance `x`: field `token`: expected an array, found the number 3; see the formats"
        );
        let notice = Fault::new("odd").in_file(Path::new("a.txt"), Place::Line(7));
        assert_eq!(CorpusError::from(notice).to_string(), "a.txt:7: odd");
    }

    #[test]
    fn snippets_point_at_the_offence() {
        let source = "first\nsecönd line\r\nthird";
        let notice = Fault::new("m").at(14..18).in_source(Path::new("f"), Place::WholeFile, source, 10);
        let snippet = notice.snippet.unwrap();
        assert_eq!((snippet.line, snippet.text.as_str()), (11, "secönd line"));
        assert_eq!(&snippet.text[snippet.range], "line");
    }

    #[test]
    fn snippets_of_long_lines_are_cut() {
        let source = format!("{}BAD{}", "é".repeat(500), "é".repeat(500));
        let notice = Fault::new("m").at(1000..1003).in_source(Path::new("f"), Place::Line(1), &source, 1);
        let snippet = notice.snippet.unwrap();
        assert!(snippet.text.len() <= SNIPPET_BYTES);
        assert_eq!(&snippet.text[snippet.range], "BAD");
    }
}
