//! KnowledgeNet: JSON lines, each a passage, a property and, if the passage states one, a fact.
//!
//! A row with two spans is an instance whose relation is the property. A row without says only that the
//! passage states no fact of the property: it has no entities. So what has no relation is found
//! otherwise: two mentions of a passage whose types would fit a property that the passage was
//! annotated for, and of which no row states a fact. Rows about one passage stand anywhere, hence these
//! pairs come after the last row.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::error::Fault;
use super::instance::Instance;
use super::json::{Record, shorten};
use super::raw::instance_from_text;
use super::tokenizer::Tokenizer;

/// The fields that are read.
pub(super) const FIELDS: &[&str] =
    &["fold", "doc", "passage_start", "property", "passage", "subj", "obj", "subj_text", "obj_text"];

/// Fields of the data set that have no use here.
pub(super) const KNOWN_BUT_UNUSED: &[&str] = &["passage_end", "subj_uri", "obj_uri", "doc_subj", "doc_obj"];

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

/// The relation of a pair without a fact, as TACRED calls it.
const NO_RELATION: &str = "no_relation";

const COUNTING: &str = "spans count characters of the passage from 0, and the end is exclusive";

/// Whether an object is a row.
pub(super) fn fits(record: &Record) -> bool {
    ["passage", "property"].iter().all(|name| record.has(name))
        && !["tokens", "text"].iter().any(|name| record.has(name))
}

/// The passages read so far.
#[derive(Default)]
pub(super) struct Passages {
    /// The fold of each document, and the line that gave it.
    folds: HashMap<String, (Option<String>, usize)>,
    /// Where the passage of a document that begins at a character is in `all`.
    indices: HashMap<(String, usize), usize>,
    /// In the order of the file.
    all: Vec<Passage>,
    /// The number of passages of which all pairs were given.
    given: usize,
    /// Those pairs of the next passage that are still to be given.
    pairs: Option<std::vec::IntoIter<Pair>>,
}

/// The spans of two mentions, and their types.
type Pair = ([Range<usize>; 2], Types);

/// What the rows say of a passage.
struct Passage {
    /// The first row's line.
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
    /// Reads a row: the fact, if it states one.
    pub(super) fn read(
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
        let types = TYPES.iter().find(|(name, _)| *name == property).map(|(_, types)| *types);
        let text = filled("passage")?;
        let spans = spans(record, &text)?;
        let passage = self.passage(record, text, line)?;
        let Some(spans) = spans else {
            passage.annotated.extend(types);
            return Ok(None);
        };
        let instance = passage.instance(&spans, types, &property, tokenizer).map_err(|mut fault| {
            fault.field = fault.field.map(|field| if field == "subject" { "subj" } else { "obj" }.to_owned());
            record.locate(fault)
        })?;
        passage.annotated.extend(types);
        if let Some((subject, object)) = types {
            passage.mentions.insert((spans[0].start, spans[0].end, subject));
            passage.mentions.insert((spans[1].start, spans[1].end, object));
        }
        passage.facts.insert(spans);
        Ok(Some(instance))
    }

    /// The passage of a row, which must agree with the rows before it.
    fn passage(&mut self, record: &Record, text: String, line: usize) -> Result<&mut Passage, Fault> {
        let missing = || record.missing("doc", "a string or a whole number");
        let (document, fold) = (record.id("doc")?.ok_or_else(missing)?, record.id("fold")?);
        let start = record.index("passage_start")?;
        let (first, fold_line) = self.folds.entry(document.clone()).or_insert_with(|| (fold.clone(), line));
        if *first != fold {
            let name =
                |fold: &Option<String>| fold.as_ref().map_or("none".to_owned(), |fold| format!("`{fold}`"));
            let expected = format!("the fold of the document in line {fold_line}, {}", name(first));
            let fault = Fault::expected(expected, name(&fold));
            return Err(
                record.fault("fold", fault.help("a document lies in one fold, or folds would share text"))
            );
        }
        let next = self.all.len();
        let index = *self.indices.entry((document.clone(), start)).or_insert(next);
        if index == next {
            let (annotated, mentions, facts) = (BTreeSet::new(), BTreeSet::new(), HashSet::new());
            self.all.push(Passage { line, document, start, fold, text, annotated, mentions, facts });
        } else if self.all[index].text != text {
            let expected = format!("the passage of line {}, which begins there too", self.all[index].line);
            let fault = Fault::expected(expected, format_args!("`{}`", shorten(&text)));
            return Err(record.fault(
                "passage",
                fault.help("`passage_start` is where the passage begins in the document `doc`"),
            ));
        }
        Ok(&mut self.all[index])
    }

    /// After the last row: the next pair of mentions without a fact, and the line of its passage.
    pub(super) fn next_pair(&mut self, tokenizer: Tokenizer) -> Option<(usize, Result<Instance, Fault>)> {
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
    /// The ordered pairs of mentions whose types fit what the passage was annotated for, without a fact.
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
    if subject.start < object.end && object.start < subject.end {
        let fault = Fault::expected("two entities without a character in common", "two that overlap");
        return Err(record.fault("obj", fault));
    }
    Ok(Some([subject, object]))
}

/// Checks that a span lies in the passage and holds what the row says.
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
    let Some(expected) = record.string(text_name)? else { return Ok(()) };
    let found: String = text.chars().skip(span.start).take(span.len()).collect();
    if found == expected {
        return Ok(());
    }
    let fault = Fault::expected(
        format_args!("the span of `{}` (`{text_name}`)", shorten(&expected)),
        format_args!("that of `{}`", shorten(&found)),
    );
    let help = match text.find(&expected).filter(|_| !expected.is_empty()) {
        Some(at) => {
            let start = text[..at].chars().count();
            format!("it stands at [{start}, {}]; {COUNTING}", start + expected.chars().count())
        }
        None => format!("the passage has no such words; {COUNTING}"),
    };
    Err(record.fault(name, fault.help(help)))
}
