//! Instances one at a time, from a file or a pipe.

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, Chain, Cursor, Read};
use std::path::PathBuf;

use super::conllu;
use super::detect::{Format, unknown_format};
use super::error::{CorpusError, Fault, Notice, Place};
use super::inline;
use super::instance::Instance;
use super::json::Record;
use super::jsonl;
use super::knowledgenet::{self, Passages};
use super::lines::{self, Line, Lines};
use super::semeval::{self, Blocks};
use super::suggest::suggest;
use super::tacred::{self, Elements};
use super::tokenizer::Tokenizer;

/// What to do about data without dependency trees that should have them.
const NEEDS_A_PARSE: &str = "have a parser (UDPipe, Stanza, spaCy, CoreNLP) add dependency trees and use its CoNLL-U output, or \
    data that has them (TACRED's stanford_head, JSON lines' heads): docs/FORMATS.md says how; or use a learner that \
    needs none: pa-lstm";

/// How data is read.
#[derive(Clone, Debug, Default)]
// Choices that have nothing to do with each other.
#[allow(clippy::struct_excessive_bools)]
pub struct ReadOptions {
    /// The format; recognised by content if `None` (the default).
    pub format: Option<Format>,
    /// Whether [`Corpus::read`](super::Corpus::read) goes on after an instance it cannot read,
    /// keeping the error in `skipped`. A stream always goes on.
    pub skip_bad: bool,
    /// Whether a file of which every instance was skipped is a corpus, of none, rather than an error.
    pub keep_empty: bool,
    /// Whether an instance without a relation is an error. Off by default.
    pub require_relation: bool,
    /// Whether an instance without dependency heads is an error. Off by default.
    pub require_heads: bool,
    /// How raw sentences are cut; has no effect on data that comes in tokens.
    pub tokenizer: Tokenizer,
}

/// An iterator over the instances of a reader.
///
/// JSON lines, inline-marked sentences, SemEval text and CoNLL-U are read one instance at a time (a
/// SemEval block ends where the next line shows it); KnowledgeNet's facts too, and its pairs without a fact
/// after the last line, as any row may be about any passage; TACRED's array is read whole. After an instance that
/// cannot be read the next one follows. An instance without an identifier gets its line number, or
/// in an array its index. Identifiers are not checked for duplicates, as that takes memory;
/// [`Corpus::read`](super::Corpus::read) does.
pub struct InstanceStream<R> {
    source: Source<Chain<Cursor<Vec<u8>>, R>>,
    format: Format,
    path: PathBuf,
    options: ReadOptions,
    place: Place,
    warnings: Vec<Notice>,
    /// Fields already warned of.
    warned: HashSet<String>,
}

enum Source<R> {
    Lines(Lines<R>),
    /// Lines, what they said of passages, and what the last one gave.
    Passages(Lines<R>, Box<Passages>, VecDeque<Result<Instance, CorpusError>>),
    Blocks(Blocks<R>),
    Sentences(conllu::Blocks<R>),
    Array(Elements),
}

impl<R: BufRead> InstanceStream<R> {
    /// A stream over `reader`; `path` names it in messages (`<stdin>`). Reads up to the first line
    /// that is neither blank nor a comment of CoNLL-U, by which the format is recognised unless the
    /// options name it.
    ///
    /// # Errors
    /// If reading fails, the data is not UTF-8, no format fits or nothing is there to recognise,
    /// or if TACRED's JSON is no JSON array.
    pub fn new(mut reader: R, path: impl Into<PathBuf>, options: &ReadOptions) -> Result<Self, CorpusError> {
        let path = path.into();
        let whole_file = |fault: Fault| CorpusError::from(fault.in_file(&path, Place::WholeFile));
        let unreadable = |error: std::io::Error| whole_file(Fault::new(format!("cannot be read: {error}")));
        let head = read_head(&mut reader).map_err(unreadable)?;
        lines::refuse_other_encodings(&head).map_err(whole_file)?;
        let format = match options.format {
            Some(format) => format,
            None => detect(&head).map_err(whole_file)?,
        };
        let mut reader = Cursor::new(head).chain(reader);
        let source = match format {
            Format::Jsonl | Format::Inline => Source::Lines(Lines::new(reader, path.clone())),
            Format::KnowledgeNet => {
                Source::Passages(Lines::new(reader, path.clone()), Box::default(), VecDeque::new())
            }
            Format::SemEval => Source::Blocks(Blocks::new(Lines::new(reader, path.clone()))),
            Format::Conllu => Source::Sentences(conllu::Blocks::new(Lines::new(reader, path.clone()))),
            Format::Tacred => {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes).map_err(unreadable)?;
                let text = lines::decode(bytes, &path)?;
                Source::Array(Elements::new(text, &path)?)
            }
        };
        Ok(Self {
            source,
            format,
            path,
            options: options.clone(),
            place: Place::WholeFile,
            warnings: Vec::new(),
            warned: HashSet::new(),
        })
    }

    /// The format, as recognised or named.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Where the last instance stood.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The warnings since the last call.
    pub fn take_warnings(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.warnings)
    }

    fn next_line(&mut self) -> Option<Result<Instance, CorpusError>> {
        let Source::Lines(lines) = &mut self.source else { return None };
        let line = match next_filled(lines)? {
            Ok(line) => line,
            Err(error) => return Some(Err(self.at(error))),
        };
        self.place = Place::Line(line.number);
        let parsed = match self.format {
            Format::Jsonl => self.parse_jsonl(&line),
            _ => inline::parse_line(&line.text, self.options.tokenizer),
        };
        Some(self.finish(parsed, &line.text, line.number, line.number))
    }

    fn parse_jsonl(&mut self, line: &Line) -> Result<Instance, Fault> {
        let record = jsonl::parse_line(&line.text)?;
        self.warn_of_unknown(&record, jsonl::FIELDS, &[], &line.text, line.number);
        if let Some(fault) = jsonl::ignored_text(&record) {
            self.warn("text", fault, &line.text, line.number);
        }
        jsonl::parse_record(&record, self.options.tokenizer).map_err(|fault| identified(fault, &record))
    }

    /// The next fact, and after all of them the pairs without one.
    fn next_of_passages(&mut self) -> Option<Result<Instance, CorpusError>> {
        loop {
            let Source::Passages(lines, passages, ready) = &mut self.source else { return None };
            if let Some(read) = ready.pop_front() {
                return Some(read);
            }
            let Some(line) = next_filled(lines) else {
                let (line, instance) = passages.next_pair(self.options.tokenizer)?;
                self.place = Place::Line(line);
                return Some(self.finish(instance, "", line, line));
            };
            let line = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(self.at(error))),
            };
            self.place = Place::Line(line.number);
            let read = self.parse_passages(&line);
            let finish = |parsed| self.finish(parsed, &line.text, line.number, line.number);
            let read: VecDeque<_> = read.into_iter().map(finish).collect();
            if let Source::Passages(_, _, ready) = &mut self.source {
                *ready = read;
            }
        }
    }

    fn parse_passages(&mut self, line: &Line) -> Vec<Result<Instance, Fault>> {
        let record = match Record::parse(&line.text, &line.text) {
            Ok(record) => record,
            Err(fault) => return vec![Err(fault)],
        };
        let [known, unused] = knowledgenet::fields(&record);
        self.warn_of_unknown(&record, known, unused, &line.text, line.number);
        let Source::Passages(_, passages, _) = &mut self.source else { return Vec::new() };
        passages.read(&record, line.number, self.options.tokenizer)
    }

    fn next_block(&mut self) -> Option<Result<Instance, CorpusError>> {
        let Source::Blocks(blocks) = &mut self.source else { return None };
        let block = match blocks.next()? {
            Ok(block) => block,
            Err(error) => return Some(Err(self.at(error))),
        };
        let (text, number) = block.first().map(|line| (line.text.as_str(), line.number)).unwrap_or_default();
        self.place = Place::Line(number);
        let parsed = semeval::parse_block(&block, self.options.tokenizer);
        Some(self.finish(parsed, text, number, number))
    }

    fn next_sentence(&mut self) -> Option<Result<Instance, CorpusError>> {
        let Source::Sentences(blocks) = &mut self.source else { return None };
        let block = match blocks.next()? {
            Ok(block) => block,
            Err(error) => return Some(Err(self.at(error))),
        };
        self.place = Place::Line(block.line);
        let parsed = conllu::parse_instance(&block.text);
        Some(self.finish(parsed, &block.text, block.line, block.line).map_err(CorpusError::at_snippet))
    }

    fn next_element(&mut self) -> Option<Result<Instance, CorpusError>> {
        let Source::Array(elements) = &mut self.source else { return None };
        let (index, text) = elements.advance()?;
        let text = text.to_owned();
        self.place = Place::Index(index);
        let parsed = self.parse_element(&text, index);
        let line = if parsed.is_err() { self.line_of(index) } else { 1 };
        Some(self.finish(parsed, &text, line, index))
    }

    fn parse_element(&mut self, text: &str, index: usize) -> Result<Instance, Fault> {
        let record = Record::parse(text, text)?;
        let unknown =
            record.names().any(|name| !tacred::FIELDS.contains(&name) && !self.warned.contains(name));
        if unknown {
            let line = self.line_of(index);
            self.warn_of_unknown(&record, tacred::FIELDS, tacred::KNOWN_BUT_UNUSED, text, line);
        }
        tacred::parse_element(&record).map_err(|fault| identified(fault, &record))
    }

    fn line_of(&self, index: usize) -> usize {
        match &self.source {
            Source::Array(elements) => elements.line_of(index),
            Source::Lines(_) | Source::Passages(..) | Source::Blocks(_) | Source::Sentences(_) => 1,
        }
    }

    /// Gives an instance its identifier and a fault its place.
    fn finish(
        &self,
        parsed: Result<Instance, Fault>,
        text: &str,
        line: usize,
        number: usize,
    ) -> Result<Instance, CorpusError> {
        let mut instance = parsed.map_err(|fault| fault.in_source(&self.path, self.place, text, line))?;
        if instance.id.is_empty() {
            instance.id = number.to_string();
        }
        if self.options.require_relation && instance.relation.is_none() {
            let mut fault = Fault::expected("a label", "none").field("relation");
            fault.id = Some(instance.id);
            let fault = fault.help("training and evaluation need the relation of every instance");
            return Err(fault.in_file(&self.path, self.place).into());
        }
        if self.options.require_heads && instance.heads.is_none() {
            let mut fault =
                Fault::new("no dependency heads, and the learner cannot do without").field("heads");
            fault.id = Some(instance.id);
            return Err(fault.help(NEEDS_A_PARSE).in_file(&self.path, self.place).into());
        }
        Ok(instance)
    }

    fn at(&mut self, error: CorpusError) -> CorpusError {
        self.place = error.notice().place;
        error
    }

    fn warn_of_unknown(&mut self, record: &Record, known: &[&str], unused: &[&str], text: &str, line: usize) {
        for name in record.names() {
            if known.contains(&name) || unused.contains(&name) {
                continue;
            }
            let fault = record.fault(name, Fault::new("unknown field, not used"));
            let fault = match suggest(name, known) {
                Some(meant) => fault.help(format!("did you mean `{meant}`?")),
                None => fault,
            };
            self.warn(name, fault, text, line);
        }
    }

    /// Keeps a warning, unless there was one for the same field.
    fn warn(&mut self, field: &str, fault: Fault, text: &str, line: usize) {
        if self.warned.insert(field.to_owned()) {
            self.warnings.push(fault.in_source(&self.path, self.place, text, line));
        }
    }
}

impl<R: BufRead> Iterator for InstanceStream<R> {
    type Item = Result<Instance, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.source {
            Source::Lines(_) => self.next_line(),
            Source::Passages(..) => self.next_of_passages(),
            Source::Blocks(_) => self.next_block(),
            Source::Sentences(_) => self.next_sentence(),
            Source::Array(_) => self.next_element(),
        }
    }
}

/// The next line that is not blank.
fn next_filled<R: BufRead>(lines: &mut Lines<R>) -> Option<Result<Line, CorpusError>> {
    lines.find(|line| line.as_ref().map_or(true, |line| !line.text.trim().is_empty()))
}

/// Names the instance in a fault, if it can be named.
fn identified(mut fault: Fault, record: &Record) -> Fault {
    fault.id = fault.id.or_else(|| record.id("id").ok().flatten());
    fault
}

/// The bytes up to the end of the first line that is neither blank nor a comment, or of so many comments
/// that no such line need be waited for.
fn read_head(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    const LONGEST: usize = 1 << 16;
    let mut head = Vec::new();
    let mut line_start = 0;
    while reader.read_until(b'\n', &mut head)? > 0 {
        let line = String::from_utf8_lossy(&head[line_start..]);
        let line = line.trim_start_matches('\u{feff}');
        let commented = conllu::is_comment(line) && head.len() < LONGEST;
        if !commented && !line.trim().is_empty() {
            break;
        }
        line_start = head.len();
    }
    Ok(head)
}

/// The format of data that begins with `head`.
pub(super) fn detect(head: &[u8]) -> Result<Format, Fault> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(Fault::expected("instances", "an empty file"));
    }
    Format::detect(text).ok_or_else(|| unknown_format(text))
}
