//! Raw text in files: paragraphs, or a field of JSON lines.

use std::path::Path;

use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::Record;
use crate::formats::lines::{self, Line, Lines};

/// A text in which entities are looked for, such as a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Identifies it; the file and line in which it begins, if it was read from one: `notes.txt:12`.
    pub id: String,
    /// The text, which may have several sentences and lines.
    pub text: String,
}

impl Text {
    /// The paragraphs of a plain text, which empty lines separate; `path` names the file in messages and identifiers.
    ///
    /// # Errors
    /// If the text is not UTF-8.
    pub fn paragraphs(bytes: &[u8], path: impl AsRef<Path>) -> Result<Vec<Self>, CorpusError> {
        let path = path.as_ref();
        let mut paragraphs: Vec<Self> = Vec::new();
        let mut inside = false;
        for line in lines_of(bytes, path)? {
            let Line { number, text } = line?;
            let filled = !text.trim().is_empty();
            match paragraphs.last_mut() {
                Some(paragraph) if filled && inside => {
                    paragraph.text.push('\n');
                    paragraph.text.push_str(&text);
                }
                _ if filled => paragraphs.push(Self { id: id(path, number), text }),
                _ => {}
            }
            inside = filled;
        }
        Ok(paragraphs)
    }

    /// The text of a field of each JSON object, one on each line; `path` names the file in messages and identifiers.
    ///
    /// # Errors
    /// If the lines are not UTF-8 or no JSON objects, or the field is missing or no string.
    pub fn of_json_lines(
        bytes: &[u8],
        path: impl AsRef<Path>,
        field: &str,
    ) -> Result<Vec<Self>, CorpusError> {
        let path = path.as_ref();
        let mut texts = Vec::new();
        for line in lines_of(bytes, path)? {
            let Line { number, text: line } = line?;
            if line.trim().is_empty() {
                continue;
            }
            let text = Record::parse(&line, &line)
                .and_then(|record| record.string(field)?.ok_or_else(|| record.missing(field, "a string")));
            let text = text.map_err(|fault| fault.in_source(path, Place::Line(number), &line, number))?;
            texts.push(Self { id: id(path, number), text });
        }
        Ok(texts)
    }
}

fn lines_of<'a>(bytes: &'a [u8], path: &Path) -> Result<Lines<&'a [u8]>, CorpusError> {
    let whole_file = |fault: Fault| CorpusError::from(fault.in_file(path, Place::WholeFile));
    lines::refuse_other_encodings(bytes).map_err(whole_file)?;
    Ok(Lines::new(bytes, path.to_owned()))
}

fn id(path: &Path, line: usize) -> String {
    format!("{}:{line}", path.display())
}
