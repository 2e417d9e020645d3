//! Raw sentences with inline markers, one per line: `The <e1>fire</e1> was caused by a <e2>bomb</e2>.`
//!
//! An identifier and a tab may precede the sentence, and double quotes may enclose it, as in
//! SemEval's files.

use std::ops::Range;

use super::lines::Line;
use super::stream::{Context, EachLine};
use super::{Definition, Head, Reader, Source};
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
        head.is_marked()
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        let parse = |line: &Line, context: &mut Context| parse_line(&line.text, context.tokenizer());
        Ok(Box::new(EachLine::new(reader, context, parse)))
    }
}

/// The span convention of marked sentences.
pub(crate) const MARKED: &str = "markers <e1> and <e2> in the sentence";

/// The four markers, as they must appear: each once.
const MARKERS: [&str; 4] = ["<e1>", "</e1>", "<e2>", "</e2>"];

/// Whether a line has both opening markers, and so is a sentence.
pub(crate) fn is_marked(line: &str) -> bool {
    line.contains("<e1>") && line.contains("<e2>")
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
    let markers = find_markers(sentence)?;
    let [e1, e2] = [0, 2].map(|first| markers[first].end..markers[first + 1].start);
    for (inside, name) in [(&e1, "e1"), (&e2, "e2")] {
        if sentence[inside.clone()].trim().is_empty() {
            let fault = Fault::expected(format_args!("a word within <{name}></{name}>"), "none");
            return Err(fault.at(inside.start - 4..inside.end + 5));
        }
    }
    if e1.start < e2.end && e2.start < e1.end {
        let overlap = e1.start.min(e2.start)..e1.end.max(e2.end);
        return Err(Fault::expected("two separate entities", "<e1> and <e2> that overlap").at(overlap));
    }
    let (text, shift) = without_markers(sentence, markers);
    let char_range = |inside: &Range<usize>| shift(inside.start)..shift(inside.end);
    instance_from_text(&text, &char_range(&e1), &char_range(&e2), tokenizer)
}

/// The positions of the four markers, in the order of [`MARKERS`].
fn find_markers(sentence: &str) -> Result<[Range<usize>; 4], Fault> {
    let mut found = MARKERS.map(|_| 0..0);
    for (place, marker) in found.iter_mut().zip(MARKERS) {
        let mut matches = sentence.match_indices(marker).map(|(at, _)| at..at + marker.len());
        let Some(first) = matches.next() else {
            let fault = Fault::new(format!("expected the marker {marker}, found none"));
            return Err(fault.help("mark both entities: The <e1>fire</e1> was caused by a <e2>bomb</e2>."));
        };
        if let Some(second) = matches.next() {
            return Err(Fault::expected(format_args!("the marker {marker} once"), "it twice").at(second));
        }
        *place = first;
    }
    for (open, close) in [(0, 1), (2, 3)] {
        if found[close].start < found[open].end {
            let expected = format!("{} after {}", MARKERS[close], MARKERS[open]);
            return Err(Fault::expected(expected, "it before").at(found[close].clone()));
        }
    }
    Ok(found)
}

/// The sentence without markers, and a function from bytes of the marked sentence to characters of the
/// result.
fn without_markers(sentence: &str, mut markers: [Range<usize>; 4]) -> (String, impl Fn(usize) -> usize) {
    markers.sort_unstable_by_key(|marker| marker.start);
    let mut text = String::with_capacity(sentence.len());
    let mut from = 0;
    for marker in &markers {
        text.push_str(&sentence[from..marker.start]);
        from = marker.end;
    }
    text.push_str(&sentence[from..]);
    let shift = move |byte: usize| {
        let removed: usize =
            markers.iter().filter(|marker| marker.end <= byte).map(ExactSizeIterator::len).sum();
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
    fn each_fault_is_named() {
        let cases = [
            ("a b", "expected the marker <e1>, found none"),
            ("<e1>a</e1> b", "expected the marker <e2>, found none"),
            ("<e1>a</e1> <e2>b", "expected the marker </e2>, found none"),
            ("<e1>a</e1> <e1>c</e1> <e2>b</e2>", "expected the marker <e1> once, found it twice"),
            ("</e1>a<e1> <e2>b</e2>", "expected </e1> after <e1>, found it before"),
            ("<e1> </e1> <e2>b</e2>", "expected a word within <e1></e1>, found none"),
            ("<e1>a <e2>b</e2></e1>", "<e1> and <e2> that overlap"),
        ];
        for (line, message) in cases {
            let fault = parse_line(line, Tokenizer::Punctuation).unwrap_err();
            let notice = fault.in_file(std::path::Path::new("f"), crate::error::Place::WholeFile);
            assert!(notice.message.contains(message), "{line}: {}", notice.message);
        }
    }
}
