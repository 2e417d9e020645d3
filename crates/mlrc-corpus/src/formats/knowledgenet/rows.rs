//! Rows: a passage, a property and, if the passage states one, a fact. Spans count characters of the passage.

use std::ops::Range;

use super::{Passages, check_words};
use crate::error::Fault;
use crate::formats::json::Record;
use crate::instance::Instance;
use crate::tokenize::Tokenizer;

/// The fields that are read.
pub(crate) const FIELDS: &[&str] =
    &["fold", "doc", "passage_start", "property", "passage", "subj", "obj", "subj_text", "obj_text"];

/// Fields of the rows that are known but not used.
pub(crate) const KNOWN_BUT_UNUSED: &[&str] = &["passage_end", "subj_uri", "obj_uri", "doc_subj", "doc_obj"];

const COUNTING: &str = "spans count characters of the passage from 0, and the end is exclusive";

/// Whether an object is a row.
pub(crate) fn fits(record: &Record) -> bool {
    ["passage", "property"].iter().all(|name| record.has(name))
}

impl Passages {
    /// Reads a row: the fact, if it states one.
    pub(crate) fn read_row(
        &mut self,
        record: &Record,
        line: usize,
        tokenizer: Tokenizer,
    ) -> Result<Option<Instance>, Fault> {
        let filled = |name: &str| {
            let missing = || record.missing(name, "a string that is not empty");
            record.filled_string(name)?.ok_or_else(missing)
        };
        let property = filled("property")?;
        let text = filled("passage")?;
        let spans = spans(record, &text)?;
        let missing = || record.missing("doc", "a string or a whole number");
        let (document, fold) = (record.id("doc")?.ok_or_else(missing)?, record.id("fold")?);
        let start = record.index("passage_start")?;
        let passage = self.passage(document, fold, start, text, line).map_err(|fault| {
            let of_passage = fault.field.as_deref() == Some("passage");
            let help = "`passage_start` is where the passage begins in the document `doc`";
            record.locate(if of_passage { fault.help(help) } else { fault })
        })?;
        let Some(spans) = spans else {
            passage.annotate(&property);
            return Ok(None);
        };
        let fact = passage.fact(spans, &property, tokenizer);
        Ok(Some(fact.map_err(|mut fault| {
            fault.field = fault.field.map(|field| if field == "subject" { "subj" } else { "obj" }.to_owned());
            record.locate(fault)
        })?))
    }
}

/// The spans of a row, if it states a fact.
fn spans(record: &Record, text: &str) -> Result<Option<[Range<usize>; 2]>, Fault> {
    let (subject, object) = (record.range("subj")?, record.range("obj")?);
    let (subject, object) = match (subject, object) {
        (Some(subject), Some(object)) => (subject, object),
        (None, None) => return Ok(None),
        (subject, _) => {
            let (missing, given) = if subject.is_some() { ("obj", "subj") } else { ("subj", "obj") };
            let fault = Fault::expected(format_args!("a pair [start, end], as `{given}` is given"), "none");
            return Err(record.fault(missing, fault.help("a row without a fact has neither of the two")));
        }
    };
    check_span(record, ["subj", "subj_text"], &subject, text)?;
    check_span(record, ["obj", "obj_text"], &object, text)?;
    Ok(Some([subject, object]))
}

/// Checks that a span lies in the passage and holds the words that the row gives.
fn check_span(
    record: &Record,
    [name, text_name]: [&str; 2],
    span: &Range<usize>,
    text: &str,
) -> Result<(), Fault> {
    let count = text.chars().count();
    if span.start >= span.end || span.end > count {
        let expected = format!("a start below the end, and an end up to {count}, the length of the passage");
        let fault = Fault::expected(expected, format_args!("[{}, {}]", span.start, span.end));
        return Err(record.fault(name, fault.help(COUNTING)));
    }
    let words = record.string(text_name)?;
    check_words(text, span, words.as_deref(), text_name, 0, COUNTING)
        .map_err(|fault| record.fault(name, fault))
}
