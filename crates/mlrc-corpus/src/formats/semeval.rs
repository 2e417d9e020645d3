//! The official text of SemEval-2010 Task 8: blocks separated by blank lines,
//!
//! ```text
//! 1<TAB>"The system has an arrayed <e1>configuration</e1> of antenna <e2>elements</e2>."
//! Component-Whole(e2,e1)
//! Comment: Not a collection.
//! ```
//!
//! The label line is absent from an unlabelled test file, and the blank lines may be too.

use std::io::{self, BufRead, Write};
use std::ops::Range;

use super::stream::Context;
use super::{Definition, Head, Reader, Source, Writer};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::lines::{BYTE_ORDER_MARK, Line, Lines, inner_byte_order_mark};
use crate::formats::{inline, json, markers};
use crate::instance::{Instance, Span};
use crate::tokenize::Tokenizer;

/// See the [module documentation](self).
pub(crate) struct SemEval;

impl Definition for SemEval {
    fn name(&self) -> &'static str {
        "semeval"
    }

    fn description(&self) -> &'static str {
        "`id<TAB>\"… <e1>…</e1> … <e2>…</e2> …\"`, then the label, then `Comment:`"
    }

    fn span_convention(&self) -> &'static str {
        inline::MARKED
    }

    fn fits(&self, head: &Head) -> bool {
        let first = head.first();
        let official = || is_quoted(first) || begins_with_space(first);
        let labelled = || {
            let id = inline::split_line(first).0;
            id.is_some() && head.lines().nth(1).is_some_and(|second| !starts_block(second))
        };
        head.is_marked() && !first[inline::split_line(first).1].contains('\t') && (official() || labelled())
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(Blocks::new(Lines::new(reader, context.path.clone()))))
    }

    fn writer(&self) -> Option<Writer> {
        Some(|instances, out| write_semeval(instances, out))
    }
}

/// Whether an identifier and a tab precede a sentence in double quotes.
fn is_quoted(line: &str) -> bool {
    let sentence = || line.split_once('\t').map(|(_, sentence)| sentence.trim());
    inline::split_line(line).0.is_some() && sentence().is_some_and(in_quotes)
}

fn in_quotes(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('"') && text.ends_with('"')
}

/// Whether a number and a space precede a sentence in double quotes, where there should be a tab.
fn begins_with_space(line: &str) -> bool {
    line.trim().split_once([' ', '\u{a0}']).is_some_and(|(id, sentence)| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) && in_quotes(sentence.trim())
    })
}

impl Source for Blocks<Reader<'_>> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        let block = match Iterator::next(self)? {
            Ok(block) => block,
            Err(error) => return Some(Err(context.at(error))),
        };
        let number = block.first().map_or(1, |line| line.number);
        context.place = Place::Line(number);
        let lines: Vec<&str> = block.iter().map(|line| line.text.as_str()).collect();
        let text = lines.join("\n");
        let parsed = parse_block(&block, context.tokenizer());
        let finished = context.finish(parsed, &text, number, number).map_err(CorpusError::at_snippet);
        if let (Ok(instance), [_, comment, ..]) = (&finished, &lines[..])
            && instance.relation.is_none()
        {
            let fault = Fault::new("no label before the comment: read as an instance without one");
            let fault =
                fault.of(instance.id.clone()).at(json::range_in(&text, &text[text.len() - comment.len()..]));
            context.add_warning(fault.in_source(&context.path, context.place, &text, number));
        }
        Some(finished)
    }
}

/// The lines of one instance, the sentence first.
pub(crate) type Block = Vec<Line>;

/// An iterator over blocks.
pub(crate) struct Blocks<R> {
    lines: Lines<R>,
    /// The next block's first line, read already.
    pending: Option<Line>,
}

impl<R: BufRead> Blocks<R> {
    pub(crate) fn new(lines: Lines<R>) -> Self {
        Self { lines, pending: None }
    }
}

impl<R: BufRead> Iterator for Blocks<R> {
    type Item = Result<Block, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut block: Block = self.pending.take().into_iter().collect();
        let mut failure = None;
        for line in self.lines.by_ref() {
            match line {
                Ok(line) if line.text.trim().is_empty() => {
                    if !block.is_empty() || failure.is_some() {
                        break;
                    }
                }
                Ok(line) if starts_block(&line.text) && (!block.is_empty() || failure.is_some()) => {
                    self.pending = Some(line);
                    break;
                }
                Ok(line) => block.push(line),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(error) => Some(Err(error)),
            None => (!block.is_empty()).then_some(Ok(block)),
        }
    }
}

/// Whether a line is the first of a block, or should be: a sentence after an identifier, however it is marked, or
/// a marked sentence after none.
fn starts_block(line: &str) -> bool {
    let has_id = || inline::split_line(line).0.is_some() && line.contains('\t');
    !is_comment(line) && (has_id() || markers::is_marked(line) || begins_with_space(line))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("comment"))
}

/// Reads a block.
pub(crate) fn parse_block(block: &[Line], tokenizer: Tokenizer) -> Result<Instance, Fault> {
    let sentence = block.first().map(|line| line.text.as_str()).unwrap_or_default();
    if inline::split_line(sentence).0.is_none() {
        if begins_with_space(sentence) {
            let at = sentence.trim_start().find([' ', '\u{a0}']).unwrap_or(0);
            let at = at + sentence.len() - sentence.trim_start().len();
            let fault = Fault::expected("a tab after the identifier", "a space");
            return Err(fault.at(at..at + 1));
        }
        let expected = "an identifier, a tab and a sentence with <e1>…</e1> and <e2>…</e2>";
        let fault = Fault::expected(expected, format_args!("`{}`", crate::formats::json::shorten(sentence)));
        return Err(fault
            .at(0..sentence.len())
            .help("each block begins with such a line and ends with a blank one"));
    }
    let mut instance = inline::parse_line(sentence, tokenizer)?;
    let start = |index: usize| block[..index].iter().map(|line| line.text.len() + 1).sum::<usize>();
    let range = |index: usize| start(index)..start(index) + block[index].text.len();
    let label = block.get(1).map(|line| line.text.trim()).filter(|line| !is_comment(line));
    if let Some(label) = label {
        check_label(label).map_err(|fault| fault.of(instance.id.clone()).at(range(1)))?;
        if let Some(line) = block.get(2).filter(|line| !is_comment(&line.text)) {
            let found = format!("`{}`", json::shorten(line.text.trim()));
            let fault = Fault::expected("a comment or a blank line after the label", found);
            let fault = fault.of(instance.id.clone()).at(range(2));
            return Err(fault.help("each block has an identifier and a sentence, a label, and `Comment:`"));
        }
    }
    instance.relation = label.map(str::to_owned);
    Ok(instance)
}

/// Refuses what is no label but part of a sentence, or of another line.
fn check_label(label: &str) -> Result<(), Fault> {
    if label.contains(BYTE_ORDER_MARK) {
        return Err(inner_byte_order_mark(label).field("relation"));
    }
    let part_of_sentence =
        label.contains('"') || label.chars().any(char::is_control) || markers::first_in(label).is_some();
    if part_of_sentence {
        let found = format!("`{}`", json::shorten(label));
        let fault = Fault::expected("a label, without quotes, tabs and markers", found).field("relation");
        return Err(fault.help("each block has an identifier and a sentence, a label, and `Comment:`"));
    }
    Ok(())
}

/// Writes instances in the official text form, with `\n` line endings. Where there is no raw text,
/// the tokens are joined by spaces. The format cannot hold annotation and entity types, which are
/// omitted.
///
/// # Errors
/// If writing fails, or with [`io::ErrorKind::InvalidInput`] if the format cannot hold an instance:
/// an identifier that is empty or contains whitespace, a line break or a marker within the sentence, a
/// label that is empty or looks like a comment, or spans that overlap in part or lie outside the sentence.
pub fn write_semeval(instances: &[Instance], mut out: impl Write) -> io::Result<()> {
    for instance in instances {
        let sentence = marked_sentence(instance).map_err(|reason| {
            let message = format!("instance `{}` cannot be written as SemEval text: {reason}", instance.id);
            io::Error::new(io::ErrorKind::InvalidInput, message)
        })?;
        writeln!(out, "{}\t\"{sentence}\"", instance.id)?;
        match &instance.relation {
            Some(label) => write!(out, "{label}\nComment:\n\n")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn marked_sentence(instance: &Instance) -> Result<String, &'static str> {
    let (text, e1, e2) = text_and_entities(instance).ok_or("a span lies outside the sentence or is empty")?;
    let label = instance.relation.as_deref().unwrap_or("Other");
    if instance.id.is_empty()
        || instance.id.contains(char::is_whitespace)
        || instance.id.contains(BYTE_ORDER_MARK)
        || is_comment(&instance.id)
    {
        return Err("its identifier is empty, contains whitespace or begins with `Comment`");
    }
    if text.contains(['\n', '\r', '\t'])
        || markers::first_in(&text).is_some()
        || markers::first_in(&instance.id).is_some()
    {
        return Err("it contains a line break, a tab or a marker");
    }
    if label.trim().is_empty() || label.trim() != label || check_label(label).is_err() || is_comment(label) {
        return Err(
            "its label is empty, has surrounding whitespace, contains a line break, a tab, a quote or a marker, \
             or begins with `Comment`",
        );
    }
    let (first, second) = if e1.start <= e2.start { (&e1, &e2) } else { (&e2, &e1) };
    if first.start < second.start && second.start < first.end && first.end < second.end {
        return Err("its entities overlap in part, for which there are no markers");
    }
    let (marked, written) = with_markers(&text, &e1, &e2);
    // Brackets of the text may make other markers of those around them.
    let found = markers::find(&marked).map(|found| found.map(|entity| [entity.open, entity.close]));
    if found.is_ok_and(|found| found == written) {
        Ok(marked)
    } else {
        Err("it contains what would be a marker")
    }
}

/// The text with markers around two ranges of its characters, of which one may lie within the other, and the bytes of the
/// opening and closing marker of each.
fn with_markers(text: &str, e1: &Range<usize>, e2: &Range<usize>) -> (String, [[Range<usize>; 2]; 2]) {
    let [outer, inner] = if e2.len() > e1.len() { [(e2, 1), (e1, 0)] } else { [(e1, 0), (e2, 1)] };
    let (opens, closes) = ([outer, inner], [inner, outer]);
    let mut marked = String::with_capacity(text.len() + 20);
    let mut written = [[0..0, 0..0], [0..0, 0..0]];
    let mut mark = |marked: &mut String, closing: bool, index: usize| {
        let start = marked.len();
        marked.push_str(if closing { "</e" } else { "<e" });
        marked.push_str(["1>", "2>"][index]);
        written[index][usize::from(closing)] = start..marked.len();
    };
    for (place, character) in text.chars().map(Some).chain([None]).enumerate() {
        closes
            .iter()
            .filter(|(range, _)| range.end == place)
            .for_each(|(_, index)| mark(&mut marked, true, *index));
        opens
            .iter()
            .filter(|(range, _)| range.start == place)
            .for_each(|(_, index)| mark(&mut marked, false, *index));
        marked.extend(character);
    }
    (marked, written)
}

/// The sentence's text and the entities' characters in it.
fn text_and_entities(instance: &Instance) -> Option<(String, Range<usize>, Range<usize>)> {
    let (text, offsets) = match &instance.source {
        Some(source) => (source.text.clone(), source.offsets.clone()),
        None => joined(&instance.tokens),
    };
    let characters = |span: Span| {
        let last = span.end.checked_sub(1).filter(|last| span.start <= *last)?;
        Some(offsets.get(span.start)?.start..offsets.get(last)?.end).filter(|range| range.start < range.end)
    };
    let (subject, object) = (characters(instance.subject.span)?, characters(instance.object.span)?);
    Some((text, subject, object))
}

fn joined(tokens: &[String]) -> (String, Vec<Range<usize>>) {
    let mut offsets = Vec::with_capacity(tokens.len());
    let mut start = 0;
    for token in tokens {
        let end = start + token.chars().count();
        offsets.push(start..end);
        start = end + 1;
    }
    (tokens.join(" "), offsets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn read(text: &str) -> Vec<Result<Instance, String>> {
        let lines = Lines::new(text.as_bytes(), PathBuf::from("f"));
        let parse = |block: Block| {
            parse_block(&block, Tokenizer::Punctuation)
                .map_err(|fault| fault.in_file(&PathBuf::from("f"), crate::error::Place::WholeFile).message)
        };
        Blocks::new(lines).map(|block| parse(block.unwrap())).collect()
    }

    #[test]
    fn labelled_and_unlabelled_blocks() {
        let sentence = "\t\"<e1>a</e1> in <e2>b</e2>\"";
        let text = format!(
            "\n1{sentence}\r\nOther\r\nComment: see <e1> and <e2>\r\n more\r\n\r\n2{sentence}\n3{sentence}\n\n\n4{sentence}\nComment:\n"
        );
        let read: Vec<_> = read(&text).into_iter().map(Result::unwrap).collect();
        let labels: Vec<_> = read.iter().map(|one| (one.id.as_str(), one.relation.as_deref())).collect();
        assert_eq!(labels, [("1", Some("Other")), ("2", None), ("3", None), ("4", None)]);
    }

    #[test]
    fn a_bad_block_does_not_spoil_the_next() {
        let read = read("1\t\"no markers\"\nOther\n\nOther\n\n2\t\"<e1>a</e1> <e2>b</e2>\"\nOther\n");
        assert!(read[0].as_ref().unwrap_err().contains("expected the marker <e1>"));
        assert!(read[1].as_ref().unwrap_err().contains("expected an identifier, a tab and a sentence"));
        assert_eq!(read[2].as_ref().unwrap().id, "2");
    }
}
