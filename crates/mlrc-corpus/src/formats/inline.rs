//! Raw sentences with inline markers, one per line: `The <e1>fire</e1> was caused by a <e2>bomb</e2>.`
//!
//! An identifier and a tab may precede the sentence, and double quotes may enclose it, as in
//! SemEval's files.

use std::ops::Range;

use super::lines::{BYTE_ORDER_MARK, Line, inner_byte_order_mark};
use super::markers::{self, Marked};
use super::stream::{Context, EachLine};
use super::{Definition, Head, Reader, Source};
use crate::characters::is_blank;
use crate::error::{CorpusError, Fault};
use crate::formats::raw::instance_from_text;
use crate::instance::Instance;
use crate::tokenize::Tokenizer;

/// See the [module documentation](self).
pub(crate) struct Inline;

impl Definition for Inline {
    fn name(&self) -> &'static str {
        "inline"
    }

    fn description(&self) -> &'static str {
        "one sentence per line, with <e1>…</e1> and <e2>…</e2>"
    }

    fn span_convention(&self) -> &'static str {
        MARKED
    }

    fn fits(&self, head: &Head) -> bool {
        head.is_marked() && !is_row_of_table(head.first())
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        let parse = |line: &Line, context: &mut Context| parse_line(&line.text, context.tokenizer());
        Ok(Box::new(EachLine::new(reader, context, parse)))
    }
}

/// The span convention of marked sentences.
pub(crate) const MARKED: &str = "markers <e1> and <e2> in the sentence";

/// Whether a line is one of a table, whose columns would become words of a sentence.
fn is_row_of_table(line: &str) -> bool {
    line[split_line(line).1].contains('\t') || is_row_of_csv(line.trim())
}

/// Whether a line has fields separated by commas, semicolons or bars, one of them in quotes or a sentence that has
/// ended.
fn is_row_of_csv(line: &str) -> bool {
    const SEPARATORS: [char; 3] = [',', ';', '|'];
    let quoted_first = || {
        let rest = line.strip_prefix('"')?.replace("\"\"", "  ");
        let (_, after) = rest.split_once('"')?;
        Some(after.starts_with(SEPARATORS) && !after[1..].starts_with(char::is_whitespace))
    };
    let quoted_later = || {
        let (before, after) = line.split_once(&[',', ';', '|'][..])?;
        Some(!before.contains([' ', '"']) && after.starts_with('"') && is_quoted_field(after))
    };
    let last = || {
        let (before, after) = line.rsplit_once(['.', '!', '?'])?;
        let label = after.strip_prefix(SEPARATORS)?;
        Some(markers::is_marked(before) && !label.is_empty() && !label.contains(char::is_whitespace))
    };
    quoted_first() == Some(true) || quoted_later() == Some(true) || last() == Some(true)
}

/// Whether a text that begins with a quote ends with it, or goes on with the next field.
fn is_quoted_field(text: &str) -> bool {
    let unescaped = text.replace("\"\"", "  ");
    let after = unescaped[1..].split_once('"').map(|(_, after)| after.trim_end());
    after.is_some_and(|after| after.is_empty() || after.starts_with([',', ';', '|']))
}

/// A line's identifier, if it has one, and the range of the sentence in it, without enclosing quotes.
pub(crate) fn split_line(line: &str) -> (Option<&str>, Range<usize>) {
    let id = line.split_once('\t').map(|(id, _)| id).filter(|id| {
        let id = id.trim();
        !id.is_empty() && !id.contains(char::is_whitespace) && !id.contains("<e")
    });
    let start = id.map_or(0, |id| id.len() + 1);
    let mut range = trimmed(line, start..line.len());
    let sentence = &line[range.clone()];
    let enclosed = sentence.len() >= 2 && sentence.starts_with('"') && sentence.ends_with('"');
    // Without an identifier, `"Yes," he said, "no."` must keep its quotes.
    if enclosed && (id.is_some() || !sentence[1..sentence.len() - 1].contains('"')) {
        range = range.start + 1..range.end - 1;
    }
    (id.map(str::trim), range)
}

/// The part of `range` without leading and trailing whitespace.
fn trimmed(line: &str, range: Range<usize>) -> Range<usize> {
    let text = &line[range.clone()];
    let start = range.start + (text.len() - text.trim_start().len());
    start..(start + text.trim().len())
}

/// Reads a line; the identifier is empty if the line has none.
pub(crate) fn parse_line(line: &str, tokenizer: Tokenizer) -> Result<Instance, Fault> {
    let (id, range) = split_line(line);
    if let Some(id) = id.filter(|id| id.contains(BYTE_ORDER_MARK)) {
        return Err(inner_byte_order_mark(id));
    }
    if line[range.clone()].contains('\t') {
        let at = range.start + line[range.clone()].find('\t').unwrap_or(0);
        let fault = Fault::expected("one sentence, after at most an identifier and a tab", "more columns");
        return Err(fault.of(id.map(str::to_owned)).at(at..at + 1).help(
            "this format has no column for a label: put each sentence and its label into JSON lines, as \
             `text` and `relation`",
        ));
    }
    let instance = parse_marked(&line[range.clone()], tokenizer).map_err(|mut fault| {
        fault.range = Some(match fault.range {
            Some(at) => range.start + at.start..range.start + at.end,
            None => range,
        });
        fault.id = id.map(str::to_owned);
        fault
    })?;
    Ok(Instance { id: id.unwrap_or_default().to_owned(), ..instance })
}

/// Reads a sentence with markers.
pub(crate) fn parse_marked(sentence: &str, tokenizer: Tokenizer) -> Result<Instance, Fault> {
    let entities = markers::find(sentence)?;
    for (entity, name) in entities.iter().zip(["e1", "e2"]) {
        if is_blank(&sentence[entity.inside()]) {
            let fault = Fault::expected(format_args!("a word within <{name}></{name}>"), "none");
            return Err(fault.at(entity.open.start..entity.close.end));
        }
    }
    let [e1, e2] = entities.each_ref().map(Marked::inside);
    let (first, second) = if e1.start < e2.start { (&e1, &e2) } else { (&e2, &e1) };
    if second.start < first.end && first.end < second.end {
        let fault = Fault::expected(
            "two separate entities, or one within the other",
            "<e1> and <e2> that overlap in part",
        );
        return Err(fault.at(first.start..second.end).help(
            "if a marker is misplaced, move it; entities that do overlap in part are given as spans, as in JSON lines",
        ));
    }
    let markers = entities.each_ref().map(|entity| [entity.open.clone(), entity.close.clone()]);
    let (text, shift) = without_markers(sentence, markers.into_iter().flatten().collect());
    let char_range = |inside: &Range<usize>| shift(inside.start)..shift(inside.end);
    let mut instance = instance_from_text(&text, &char_range(&e1), &char_range(&e2), tokenizer)?;
    let [subject, object] = entities;
    instance.subject.kind = subject.kind;
    instance.object.kind = object.kind;
    Ok(instance)
}

/// The sentence without markers, and a function from bytes of the marked sentence to characters of the
/// result.
fn without_markers(sentence: &str, mut markers: Vec<Range<usize>>) -> (String, impl Fn(usize) -> usize) {
    markers.sort_unstable_by_key(|marker| marker.start);
    let mut text = String::with_capacity(sentence.len());
    let mut from = 0;
    for marker in &markers {
        text.push_str(&sentence[from..marker.start]);
        from = marker.end;
    }
    text.push_str(&sentence[from..]);
    let shift = move |byte: usize| {
        let before = || markers.iter().filter(|marker| marker.end <= byte);
        let removed: usize = before().map(|marker| sentence[marker.clone()].chars().count()).sum();
        sentence[..byte].chars().count() - removed
    };
    (text, shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ids_quotes_and_either_order() {
        let line = "é7\t\"Ünd <e2>a b</e2>'s <e1>c</e1>.\"";
        let instance = parse_line(line, Tokenizer::Punctuation).unwrap();
        assert_eq!(instance.id, "é7");
        assert_eq!(instance.tokens, ["Ünd", "a", "b", "'", "s", "c", "."]);
        assert_eq!(instance.subject.span.range(), 5..6);
        assert_eq!(instance.object.span.range(), 1..3);
        assert_eq!(instance.source.unwrap().text, "Ünd a b's c.");
    }

    #[test]
    fn quotes_of_the_sentence_stay() {
        let keep = "\"Yes,\" said <e1>x</e1> to <e2>y</e2>, \"no.\"";
        assert_eq!(&keep[split_line(keep).1], keep);
        let strip = "\"<e1>x</e1> of <e2>y</e2>\"";
        assert_eq!(&strip[split_line(strip).1], "<e1>x</e1> of <e2>y</e2>");
    }

    #[test]
    fn rows_of_tables_are_no_sentences() {
        let marked = "<e1>a</e1> in <e2>b</e2>";
        for row in [
            format!("{marked}\tOther"),
            format!("1\t{marked}\tOther"),
            format!("\"{marked}.\",Other"),
            format!("\"{marked}, \"\"c\"\".\",Other"),
            format!("Other,\"{marked}\""),
            format!("1;\"{marked}\";\"Other\""),
            format!("{marked}.,Cause-Effect(e1,e2)"),
        ] {
            assert!(is_row_of_table(&row), "{row}");
        }
        for line in [
            format!("{marked}, c."),
            format!("1\t\"{marked}\""),
            format!("\"Yes,\" {marked}, \"no.\""),
            format!("Then, \"{marked}\""),
            format!("{marked} at 1.5,2"),
        ] {
            assert!(!is_row_of_table(&line), "{line}");
        }
    }

    #[test]
    fn an_entity_may_lie_within_the_other() {
        for (sentence, subject, object) in [
            ("a <e1>b <e2>c</e2></e1> d", 1..3, 2..3),
            ("a <e2><e1>b</e1> c</e2> d", 1..2, 1..3),
            ("a <e2>b <e1> c </e1> d</e2>", 2..3, 1..4),
            ("a <e1><e2>b c</e2></e1> d", 1..3, 1..3),
        ] {
            let instance = parse_marked(sentence, Tokenizer::Punctuation).unwrap();
            assert_eq!((instance.subject.span.range(), instance.object.span.range()), (subject, object));
            assert_eq!(instance.tokens, ["a", "b", "c", "d"]);
        }
    }

    #[test]
    fn each_fault_is_named() {
        let cases = [
            ("a b", "expected the marker <e1>, found none"),
            ("<e1>a</e1> b", "expected the marker <e2>, found none"),
            ("<e1>a</e1> <e2>b", "expected the marker </e2>, found none"),
            ("<e1>a</e1> <e1>c</e1> <e2>b</e2>", "expected the marker <e1> once, found it twice"),
            ("</e1>a<e1> <e2>b</e2>", "expected </e1> after <e1>, found it before"),
            ("<e1> </e1> <e2>b</e2>", "expected a word within <e1></e1>, found none"),
            ("<e1>a <e2>b</e1> c</e2>", "found <e1> and <e2> that overlap in part"),
            ("<e2>a <e1>b</e2> c</e1>", "found <e1> and <e2> that overlap in part"),
            ("<e1><e2> </e2>a</e1>", "expected a word within <e2></e2>, found none"),
            ("x\t<e1>a</e1> <e2>b</e2>\tOther", "more columns"),
            ("a\u{feff}2\t<e1>a</e1> <e2>b</e2>", "a byte order mark"),
        ];
        for (line, message) in cases {
            let fault = parse_line(line, Tokenizer::Punctuation).unwrap_err();
            let notice = fault.in_file(std::path::Path::new("f"), crate::error::Place::WholeFile);
            assert!(notice.message.contains(message), "{line}: {}", notice.message);
        }
    }
}
