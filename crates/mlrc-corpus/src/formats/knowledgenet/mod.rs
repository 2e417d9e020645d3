//! KnowledgeNet: passages, the properties that each was annotated for, and facts.
//!
//! A fact is an instance whose relation is the property. A passage that was annotated for a property but
//! states no fact of it names no entities, so instances without a relation are constructed: pairs of mentions
//! in a passage whose types fit a property that the passage was annotated for, but between which no fact is
//! stated. These pairs come after the last line, because lines about the same passage may be anywhere in the
//! file.
//!
//! Lines are JSON objects of two forms: documents, as KnowledgeNet is published ([`documents`]), and rows,
//! each with one passage and at most one fact ([`rows`]). Both give the same instances.

mod documents;
mod rows;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Range;

use super::lines::{Line, Lines};
use super::stream::{Context, next_filled};
use super::{Definition, Head, Reader, Source};
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::{Record, shorten};
use crate::formats::raw::instance_from_text;
use crate::instance::Instance;
use crate::labels::NO_RELATION;
use crate::tokenize::Tokenizer;

/// The types of subject and object that each property implies.
const TYPES: [(&str, Types); 15] = [
    ("CEO", (ORGANIZATION, PERSON)),
    ("CHILD_OF", (PERSON, PERSON)),
    ("DATE_FOUNDED", (ORGANIZATION, DATE)),
    ("DATE_OF_BIRTH", (PERSON, DATE)),
    ("DATE_OF_DEATH", (PERSON, DATE)),
    ("EDUCATED_AT", (PERSON, ORGANIZATION)),
    ("EMPLOYEE_OR_MEMBER_OF", (PERSON, ORGANIZATION)),
    ("FOUNDED_BY", (ORGANIZATION, PERSON)),
    ("HEADQUARTERS", (ORGANIZATION, LOCATION)),
    ("NATIONALITY", (PERSON, LOCATION)),
    ("PLACE_OF_BIRTH", (PERSON, LOCATION)),
    ("PLACE_OF_RESIDENCE", (PERSON, LOCATION)),
    ("POLITICAL_AFFILIATION", (PERSON, ORGANIZATION)),
    ("SPOUSE", (PERSON, PERSON)),
    ("SUBSIDIARY_OF", (ORGANIZATION, ORGANIZATION)),
];

type Types = (&'static str, &'static str);

const PERSON: &str = "PERSON";
const ORGANIZATION: &str = "ORGANIZATION";
const LOCATION: &str = "LOCATION";
const DATE: &str = "DATE";

/// See the [module documentation](self).
pub(crate) struct KnowledgeNet;

impl Definition for KnowledgeNet {
    fn name(&self) -> &'static str {
        "knowledgenet"
    }

    fn description(&self) -> &'static str {
        "one JSON object per line, with `passage` and `property` or with `documentId` and `passages`"
    }

    fn span_convention(&self) -> &'static str {
        "characters, 0-based, end exclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        head.object().is_some_and(|object| object.as_ref().is_ok_and(fits))
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        let lines = Lines::new(reader, context.path.clone());
        Ok(Box::new(Facts { lines, passages: Passages::default(), ready: VecDeque::new() }))
    }
}

/// The facts of each line and, after the last one, the pairs without a fact.
struct Facts<'a> {
    lines: Lines<Reader<'a>>,
    passages: Passages,
    /// The results of the last line.
    ready: VecDeque<Result<Instance, CorpusError>>,
}

impl Source for Facts<'_> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        loop {
            if let Some(read) = self.ready.pop_front() {
                return Some(read);
            }
            let Some(line) = next_filled(&mut self.lines) else {
                let (line, instance) = self.passages.next_pair(context.tokenizer())?;
                context.place = Place::Line(line);
                return Some(context.finish(instance, "", line, line));
            };
            let line = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(context.at(error))),
            };
            context.place = Place::Line(line.number);
            let facts = self.parse(&line, context);
            self.ready = facts.into_iter().map(|parsed| context.finish_line(parsed, &line)).collect();
        }
    }
}

impl Facts<'_> {
    fn parse(&mut self, line: &Line, context: &mut Context) -> Vec<Result<Instance, Fault>> {
        let record = match Record::parse(&line.text, &line.text) {
            Ok(record) => record,
            Err(fault) => return vec![Err(fault)],
        };
        let [known, unused] = fields(&record);
        context.warn_of_unknown(&record, known, unused, &line.text, line.number);
        self.passages.read(&record, line.number, context.tokenizer())
    }
}

/// Whether an object is of one of the two forms.
pub(crate) fn fits(record: &Record) -> bool {
    (rows::fits(record) || documents::fits(record)) && !["tokens", "text"].iter().any(|name| record.has(name))
}

/// The fields of an object's form that are read, and those that are known but not used.
pub(crate) fn fields(record: &Record) -> [&'static [&'static str]; 2] {
    if documents::fits(record) {
        [documents::FIELDS, documents::KNOWN_BUT_UNUSED]
    } else {
        [rows::FIELDS, rows::KNOWN_BUT_UNUSED]
    }
}

/// The passages read so far.
#[derive(Default)]
pub(crate) struct Passages {
    /// Names of properties by their identifiers, by which documents refer to them.
    properties: HashMap<String, String>,
    /// The fold of each document, and the line that gave it.
    folds: HashMap<String, (Option<String>, usize)>,
    /// The index in `all` of each passage, by document and first character.
    indices: HashMap<(String, usize), usize>,
    /// In the order of the file.
    all: Vec<Passage>,
    /// The number of passages whose pairs have all been yielded.
    given: usize,
    /// The pairs of the next passage that are still to be yielded.
    pairs: Option<std::vec::IntoIter<Pair>>,
}

/// The spans of two mentions, and their types.
type Pair = ([Range<usize>; 2], Types);

/// What has been read about a passage.
struct Passage {
    /// The first line about it.
    line: usize,
    document: String,
    /// The passage's first character in the document.
    start: usize,
    fold: Option<String>,
    text: String,
    /// The types of the properties that the passage was annotated for.
    annotated: BTreeSet<Types>,
    /// Start, end and type of each mention.
    mentions: BTreeSet<(usize, usize, &'static str)>,
    /// The spans of each fact.
    facts: HashSet<[Range<usize>; 2]>,
}

impl Passages {
    /// Reads a line: its facts, and faults for those that cannot be read.
    pub(crate) fn read(
        &mut self,
        record: &Record,
        line: usize,
        tokenizer: Tokenizer,
    ) -> Vec<Result<Instance, Fault>> {
        if documents::fits(record) {
            self.read_document(record, line, tokenizer)
        } else {
            self.read_row(record, line, tokenizer).transpose().into_iter().collect()
        }
    }

    /// The passage of `document` that begins at its character `start`. It must agree with what was read
    /// before; otherwise the fault names the field `fold` or `passage`.
    fn passage(
        &mut self,
        document: String,
        fold: Option<String>,
        start: usize,
        text: String,
        line: usize,
    ) -> Result<&mut Passage, Fault> {
        let (first, fold_line) = self.folds.entry(document.clone()).or_insert_with(|| (fold.clone(), line));
        if *first != fold {
            let name =
                |fold: &Option<String>| fold.as_ref().map_or("none".to_owned(), |fold| format!("`{fold}`"));
            let expected = format!("the document's fold from line {fold_line}, {}", name(first));
            let fault = Fault::expected(expected, name(&fold)).field("fold");
            return Err(fault.help("a document must be in a single fold, otherwise folds would share text"));
        }
        let next = self.all.len();
        let index = *self.indices.entry((document.clone(), start)).or_insert(next);
        if index == next {
            let (annotated, mentions, facts) = (BTreeSet::new(), BTreeSet::new(), HashSet::new());
            self.all.push(Passage { line, document, start, fold, text, annotated, mentions, facts });
        } else if self.all[index].text != text {
            let expected =
                format!("the passage of line {}, which begins at the same place", self.all[index].line);
            return Err(Fault::expected(expected, format_args!("`{}`", shorten(&text))).field("passage"));
        }
        Ok(&mut self.all[index])
    }

    /// After the last line: the next pair of mentions without a fact, and the line of its passage.
    pub(crate) fn next_pair(&mut self, tokenizer: Tokenizer) -> Option<(usize, Result<Instance, Fault>)> {
        loop {
            let passage = self.all.get_mut(self.given)?;
            let pairs = self.pairs.get_or_insert_with(|| passage.pairs().into_iter());
            if let Some((spans, types)) = pairs.next() {
                let instance = passage.instance(&spans, Some(types), NO_RELATION, tokenizer);
                return Some((passage.line, instance));
            }
            self.given += 1;
            self.pairs = None;
        }
    }
}

impl Passage {
    /// Records that the passage was annotated for a property.
    fn annotate(&mut self, property: &str) {
        self.annotated.extend(types_of(property));
    }

    /// Records a fact and makes its instance. A fault names the field `subject` or `object`.
    fn fact(
        &mut self,
        spans: [Range<usize>; 2],
        property: &str,
        tokenizer: Tokenizer,
    ) -> Result<Instance, Fault> {
        let types = types_of(property);
        let instance = self.instance(&spans, types, property, tokenizer)?;
        self.annotated.extend(types);
        if let Some((subject, object)) = types {
            self.mentions.insert((spans[0].start, spans[0].end, subject));
            self.mentions.insert((spans[1].start, spans[1].end, object));
        }
        self.facts.insert(spans);
        Ok(instance)
    }

    /// The ordered pairs of mentions without a fact whose types fit a property that the passage was annotated
    /// for.
    fn pairs(&mut self) -> Vec<Pair> {
        // A mention that has two types is paired once.
        let mut known = std::mem::take(&mut self.facts);
        let mut pairs = Vec::new();
        for (start, end, subject) in &self.mentions {
            for (object_start, object_end, object) in &self.mentions {
                let apart = end <= object_start || object_end <= start;
                let spans = [*start..*end, *object_start..*object_end];
                let types = (*subject, *object);
                if apart && self.annotated.contains(&types) && known.insert(spans.clone()) {
                    pairs.push((spans, types));
                }
            }
        }
        pairs
    }

    fn instance(
        &self,
        spans: &[Range<usize>; 2],
        types: Option<Types>,
        relation: &str,
        tokenizer: Tokenizer,
    ) -> Result<Instance, Fault> {
        let [subject, object] = spans;
        let mut instance = instance_from_text(&self.text, subject, object, tokenizer)?;
        let in_document = |span: &Range<usize>| {
            format!("{}-{}", self.start.saturating_add(span.start), self.start.saturating_add(span.end))
        };
        instance.id =
            format!("{}:{}:{}:{relation}", self.document, in_document(subject), in_document(object));
        instance.subject.kind = types.map(|(subject, _)| subject.to_owned());
        instance.object.kind = types.map(|(_, object)| object.to_owned());
        instance.relation = Some(relation.to_owned());
        instance.fold.clone_from(&self.fold);
        Ok(instance)
    }
}

/// The types of a property's subject and object, if it is one of KnowledgeNet's.
fn types_of(property: &str) -> Option<Types> {
    TYPES.iter().find(|(name, _)| *name == property).map(|(_, types)| *types)
}

/// Checks that a span of the passage `text` holds the words that `field` gives. `origin` is the position of
/// the passage's first character as the file counts, and `counting` describes how that is.
fn check_words(
    text: &str,
    span: &Range<usize>,
    words: Option<&str>,
    field: &str,
    origin: usize,
    counting: &str,
) -> Result<(), Fault> {
    let Some(words) = words else { return Ok(()) };
    let found: String = text.chars().skip(span.start).take(span.len()).collect();
    if found == words {
        return Ok(());
    }
    let fault = Fault::expected(
        format_args!("the span of `{}` (`{field}`)", shorten(words)),
        format_args!("that of `{}`", shorten(&found)),
    );
    let help = match text.find(words).filter(|_| !words.is_empty()) {
        Some(at) => {
            let start = origin.saturating_add(text[..at].chars().count());
            format!("it is at [{start}, {}]; {counting}", start.saturating_add(words.chars().count()))
        }
        None => format!("the passage does not contain these words; {counting}"),
    };
    Err(fault.help(help))
}
