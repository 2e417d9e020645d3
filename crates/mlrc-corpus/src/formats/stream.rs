//! Instances one at a time, from a file or a pipe, and what the readers of all formats share.

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, Cursor, Read};
use std::path::{Path, PathBuf};

use super::conventions::Conventions;
use super::head::{BAD_LINES, unknown_format};
use super::json::Record;
use super::lines::{self, Line, Lines};
use super::table::Columns;
use super::{Format, Reader, Source, brat, conllu, documents};
use crate::document::{Document, PairPolicy};
use crate::error::{CorpusError, Fault, Notice, Place};
use crate::instance::Instance;
use crate::suggest::suggest;
use crate::tally::{Remark, Tally};
use crate::tokenize::Tokenizer;

/// Advice for data that lacks the dependency trees it should have.
const NEEDS_A_PARSE: &str = "have a parser (UDPipe, Stanza, spaCy, CoreNLP) add dependency trees and use its CoNLL-U output, or \
    use data that has them (TACRED's stanford_head, JSON lines' heads), as described in docs/FORMATS.md; or \
    use a learner that does not need them: pa-lstm";

/// How data is read.
#[derive(Clone, Debug, Default)]
// The options are independent of each other.
#[allow(clippy::struct_excessive_bools)]
pub struct ReadOptions {
    /// The format; recognised by content if `None` (the default).
    pub format: Option<Format>,
    /// Whether [`Corpus::read`](crate::Corpus::read) continues after an instance it cannot read, keeping the
    /// error in `skipped`. A stream always continues.
    pub skip_bad: bool,
    /// Whether a file of which every instance was skipped is a corpus, of none, rather than an error.
    pub keep_empty: bool,
    /// Whether an instance without a relation is an error. Off by default.
    pub require_relation: bool,
    /// Whether an instance without dependency heads is an error. Off by default.
    pub require_heads: bool,
    /// How raw sentences are tokenised; has no effect on data that is already tokenised.
    pub tokenizer: Tokenizer,
    /// How instances are made of the pairs of entities of a document, and of a pair with several relations.
    pub pairs: PairPolicy,
    /// The columns of a table; recognised by their names if `None` (the default).
    pub columns: Option<Columns>,
}

impl ReadOptions {
    /// The format of data that begins with `head`. Columns are those of a table, if the data is not JSON.
    pub(crate) fn format_of(&self, head: &[u8]) -> Result<Format, Fault> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let text = String::from_utf8_lossy(head);
        let first = text.trim_start_matches('\u{feff}').trim_start().lines().next().unwrap_or_default();
        if self.columns.is_some() && !first.is_empty() && !first.starts_with(['{', '[']) {
            return Ok(if first.contains('\t') { Format::TSV } else { Format::CSV });
        }
        detect(head)
    }
}

/// An iterator over the instances of a reader.
///
/// What has a line or a block of its own is read one instance at a time (the end of a SemEval block is known only from
/// the line after it), and so are JSON objects on lines. Pairs without a relation, of documents and of KnowledgeNet,
/// come after the last line. JSON arrays, FewRel's JSON and tables are read as a whole. After an instance that cannot be
/// read, the stream continues with the next one. An instance without an identifier gets its line number or, in an array,
/// its index, preceded by the relation in FewRel's JSON (`P177-0`). Each of several relations of a pair is added to the
/// identifier (`a:r`, `a:s`). Identifiers are not checked for duplicates, because that takes memory;
/// [`Corpus::read`](crate::Corpus::read) does check them.
pub struct InstanceStream<'a> {
    source: Box<dyn Source + 'a>,
    format: Format,
    context: Context,
}

impl<'a> InstanceStream<'a> {
    /// A stream over `reader`; `path` names it in messages (`<stdin>`). Reads up to the first line
    /// that is neither blank nor a comment of CoNLL-U, by which the format is recognised unless the
    /// options name it; more lines if that one is of no format, or JSON that is read as a whole.
    ///
    /// # Errors
    /// If reading fails, the data is not UTF-8, is empty or matches no format, or if TACRED's JSON is not
    /// an array or FewRel's neither an object nor an array.
    pub fn new(
        mut reader: impl BufRead + 'a,
        path: impl Into<PathBuf>,
        options: &ReadOptions,
    ) -> Result<Self, CorpusError> {
        let context = Context::new(path.into(), options);
        let head = read_head(&mut reader, options.format).map_err(|error| context.unreadable(&error))?;
        lines::refuse_other_encodings(&head).map_err(|fault| context.whole_file(fault))?;
        let format = options.format_of(&head).map_err(|fault| context.whole_file(fault))?;
        let source = format.open(Box::new(Cursor::new(head).chain(reader)), &context)?;
        Ok(Self { source, format, context })
    }

    /// A stream over the documents of a folder of brat's: an `.ann` file beside each `.txt` file.
    ///
    /// # Errors
    /// If the folder cannot be read or has no such files, or the options name another format.
    pub fn of_folder(folder: &Path, options: &ReadOptions) -> Result<Self, CorpusError> {
        let context = Context::new(folder.to_owned(), options);
        if let Some(other) = options.format.filter(|format| *format != Format::BRAT) {
            let fault = Fault::expected(format_args!("a file in the format `{other}`"), "a folder");
            return Err(context.whole_file(fault.help("only brat's documents are read from a folder")));
        }
        let source = brat::open_folder(folder, &context)?;
        Ok(Self { source, format: Format::BRAT, context })
    }

    /// A stream over documents constructed in memory.
    pub(crate) fn of_documents(
        documents: impl Iterator<Item = Document> + 'a,
        options: &ReadOptions,
    ) -> Self {
        let context = Context::new(PathBuf::from("<memory>"), options);
        let source = documents::open_memory(documents, &context);
        Self { source, format: Format::JSONL, context }
    }

    /// The format, as recognised or named.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The location of the last instance.
    pub fn place(&self) -> Place {
        self.context.place
    }

    /// The warnings since the last call. Some come only after the last instance.
    pub fn take_warnings(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.context.warnings)
    }
}

impl Iterator for InstanceStream<'_> {
    type Item = Result<Instance, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(instance) = self.context.queued.pop_front() {
            return Some(Ok(instance));
        }
        let next = self.source.next(&mut self.context);
        let Context { conventions, tally, path, place, .. } = &mut self.context;
        match &next {
            Some(Ok(instance)) => {
                conventions.note_entities(instance, path, *place);
                if instance.subject.span.overlaps(instance.object.span) {
                    tally.note(Remark::new("instance", SHARED_WORDS), path, *place, &instance.id);
                }
            }
            Some(Err(_)) => {}
            None => self.context.warn_of_all(self.format),
        }
        next
    }
}

const SHARED_WORDS: &str = "with entities that are one within the other or overlap";

/// What the readers of all formats share: the current place, the warnings given, the caller's options.
pub(crate) struct Context {
    pub(crate) path: PathBuf,
    pub(crate) options: ReadOptions,
    /// The location of the last instance.
    pub(crate) place: Place,
    warnings: Vec<Notice>,
    /// Fields already warned about.
    warned: HashSet<String>,
    /// What was left out or read in an unusual way; warnings after the last instance.
    tally: Tally,
    /// What the spans say about how the file counts them.
    pub(crate) conventions: Conventions,
    /// Whether the file's heads count from 0, once it is known.
    pub(crate) heads_from_zero: Option<bool>,
    /// The relations of the current instance, if it has a list of them.
    several: Several,
    /// The instances of its relations after the first.
    queued: VecDeque<Instance>,
}

/// A list of relations of one pair, as the caller wants it.
#[derive(Default)]
struct Several {
    /// Each of these is an instance.
    labels: Vec<String>,
    /// What is to be said of them.
    remarks: Vec<Remark>,
}

impl Context {
    fn new(path: PathBuf, options: &ReadOptions) -> Self {
        Self {
            path,
            options: options.clone(),
            place: Place::WholeFile,
            warnings: Vec::new(),
            warned: HashSet::new(),
            tally: Tally::default(),
            conventions: Conventions::default(),
            heads_from_zero: None,
            several: Several::default(),
            queued: VecDeque::new(),
        }
    }

    /// How raw sentences are tokenised.
    pub(crate) fn tokenizer(&self) -> Tokenizer {
        self.options.tokenizer
    }

    /// An error about the whole file.
    pub(crate) fn whole_file(&self, fault: Fault) -> CorpusError {
        fault.in_file(&self.path, Place::WholeFile).into()
    }

    /// The file cannot be read.
    pub(crate) fn unreadable(&self, error: &std::io::Error) -> CorpusError {
        self.whole_file(Fault::new(format!("cannot be read: {error}")))
    }

    /// The text of a format that is read as a whole.
    pub(crate) fn whole_text(&self, mut reader: Reader) -> Result<String, CorpusError> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| self.unreadable(&error))?;
        lines::decode(bytes, &self.path)
    }

    /// The error for a line that cannot be read; its place becomes the current one.
    pub(crate) fn at(&mut self, error: CorpusError) -> CorpusError {
        self.place = error.notice().place;
        error
    }

    /// Gives an instance its identifier and a fault its place: `parsed` was read from `text`, which begins in
    /// `line` of the file. An instance without an identifier gets `number` as its identifier.
    pub(crate) fn finish(
        &mut self,
        parsed: Result<Instance, Fault>,
        text: &str,
        line: usize,
        number: usize,
    ) -> Result<Instance, CorpusError> {
        // What cannot be read leaves nothing behind for the next.
        let several = std::mem::take(&mut self.several);
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
            let mut fault = Fault::new("no dependency heads, which the learner requires").field("heads");
            fault.id = Some(instance.id);
            return Err(fault.help(NEEDS_A_PARSE).in_file(&self.path, self.place).into());
        }
        Ok(self.one_of_several(instance, several))
    }

    /// The instance of the first of several relations; those of the others come after it. Identifiers get the label as a
    /// suffix, as those of a document's pairs have it.
    fn one_of_several(&mut self, instance: Instance, several: Several) -> Instance {
        for remark in several.remarks {
            self.note(remark, &instance.id);
        }
        if several.labels.len() < 2 {
            return instance;
        }
        let labelled = |label: String| Instance {
            id: format!("{}:{label}", instance.id),
            relation: Some(label),
            ..instance.clone()
        };
        let mut instances = several.labels.into_iter().map(labelled);
        let first = instances.next();
        self.queued.extend(instances);
        first.unwrap_or(instance)
    }

    /// [`Context::finish`] for the content of a line.
    pub(crate) fn finish_line(
        &mut self,
        parsed: Result<Instance, Fault>,
        line: &Line,
    ) -> Result<Instance, CorpusError> {
        self.finish(parsed, &line.text, line.number, line.number)
    }

    /// The relation in a field: a string, or a list that is read by the caller's policy. Of several that are an instance
    /// each, this is the first.
    pub(crate) fn relation(&mut self, record: &Record, field: &str) -> Result<Option<String>, Fault> {
        let Some(labels) = record.labels(field)? else { return record.filled_string(field) };
        let mut remarks = Vec::new();
        let chosen = self.options.pairs.several.choose(labels, &mut |remark| remarks.push(remark));
        let labels = chosen.map_err(|fault| record.fault(field, fault))?;
        let first = labels.first().cloned();
        self.several = Several { labels, remarks };
        Ok(first)
    }

    /// Keeps the warnings that only all instances together give.
    fn warn_of_all(&mut self, format: Format) {
        self.warnings.extend(self.tally.take());
        let conventions = std::mem::take(&mut self.conventions);
        self.warnings.extend(conventions.warnings(format.span_convention()));
    }

    /// Keeps a warning.
    pub(crate) fn add_warning(&mut self, warning: Notice) {
        self.warnings.push(warning);
    }

    /// Counts a remark about the document or instance `id` at the current place.
    pub(crate) fn note(&mut self, remark: Remark, id: &str) {
        self.tally.note(remark, &self.path, self.place, id);
    }

    /// Warns of fields that are neither `known` nor listed as `unused`.
    pub(crate) fn warn_of_unknown(
        &mut self,
        record: &Record,
        known: &[&str],
        unused: &[&str],
        text: &str,
        line: usize,
    ) {
        for name in record.names() {
            if known.contains(&name) || unused.contains(&name) {
                continue;
            }
            let fault = record.fault(name, Fault::new("unknown field, ignored"));
            let fault = match suggest(name, known) {
                Some(meant) => fault.help(format!("did you mean `{meant}`?")),
                None => fault,
            };
            self.warn(name, fault, text, line);
        }
    }

    /// Keeps a warning, unless there was one for the same field.
    pub(crate) fn warn(&mut self, field: &str, fault: Fault, text: &str, line: usize) {
        if self.warned.insert(field.to_owned()) {
            self.warnings.push(fault.in_source(&self.path, self.place, text, line));
        }
    }
}

/// A source that reads one instance from each non-blank line.
pub(crate) struct EachLine<'a> {
    lines: Lines<Reader<'a>>,
    parse: fn(&Line, &mut Context) -> Result<Instance, Fault>,
}

impl<'a> EachLine<'a> {
    pub(crate) fn new(
        reader: Reader<'a>,
        context: &Context,
        parse: fn(&Line, &mut Context) -> Result<Instance, Fault>,
    ) -> Self {
        Self { lines: Lines::new(reader, context.path.clone()), parse }
    }
}

impl Source for EachLine<'_> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        let line = match next_filled(&mut self.lines)? {
            Ok(line) => line,
            Err(error) => return Some(Err(context.at(error))),
        };
        context.place = Place::Line(line.number);
        let parsed = (self.parse)(&line, context);
        Some(context.finish_line(parsed, &line))
    }
}

/// The next line that is not blank.
pub(crate) fn next_filled<R: BufRead>(lines: &mut Lines<R>) -> Option<Result<Line, CorpusError>> {
    lines.find(|line| line.as_ref().map_or(true, |line| !line.text.trim().is_empty()))
}

/// Adds the instance's identifier to a fault, if it can be read.
pub(crate) fn identified(mut fault: Fault, record: &Record) -> Fault {
    fault.id = fault.id.or_else(|| record.id("id").ok().flatten());
    fault
}

/// The bytes up to the end of the first line that is neither blank nor a comment and shows the format, or of so
/// many that there is no point in waiting for such a line. A line that opens a JSON value and ends inside it says
/// little about a file that will be read as a whole anyway, so as many bytes follow it.
fn read_head(reader: &mut impl BufRead, format: Option<Format>) -> std::io::Result<Vec<u8>> {
    const LONGEST: usize = 1 << 16;
    let mut head = Vec::new();
    let mut line_start = 0;
    let mut json_opened = false;
    let mut filled = 0;
    let limit = lines::LONGEST_LINE as u64 + 1;
    while reader.by_ref().take(limit).read_until(b'\n', &mut head)? > 0 {
        let line = String::from_utf8_lossy(&head[line_start..]);
        let line = line.trim_start_matches('\u{feff}');
        json_opened |= line.trim_start().starts_with(['[', '{']) && line.trim_end().ends_with(['[', '{']);
        let wanted = (json_opened || conllu::is_comment(line)) && head.len() < LONGEST;
        if !wanted && !line.trim().is_empty() {
            filled += 1;
            if format.is_some() || filled > BAD_LINES || head.len() >= LONGEST || detect(&head).is_ok() {
                break;
            }
        }
        line_start = head.len();
        if line_start > lines::LONGEST_LINE {
            break;
        }
    }
    Ok(head)
}

/// The format of data that begins with `head`.
pub(crate) fn detect(head: &[u8]) -> Result<Format, Fault> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(Fault::expected("instances", "an empty file"));
    }
    Format::detect(text).ok_or_else(|| unknown_format(text))
}
