//! FewRel's JSON: one object with a list of instances for each relation, or one list of instances without
//! relations.
//!
//! The head `h` is the subject and the tail `t` the object, each of the form `[name, entity id, mentions]`. A
//! mention lists its tokens' indices, 0-based; the first mention of each is the entity.

use std::collections::HashSet;
use std::iter::Enumerate;
use std::ops::Range;
use std::path::Path;
use std::vec::IntoIter;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::objects::LineCounter;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::characters::is_blank;
use crate::counted;
use crate::error::{CorpusError, Fault, Notice, Place};
use crate::formats::json::{self, Fields, Record, shorten};
use crate::formats::shape::Beginning;
use crate::instance::{Entity, Instance, Span};
use crate::validate::{FieldNames, validate};

/// See the [module documentation](self).
pub(crate) struct FewRel;

impl Definition for FewRel {
    fn name(&self) -> &'static str {
        "fewrel"
    }

    fn description(&self) -> &'static str {
        "a JSON object with a list of instances for each relation, with `tokens`, `h` and `t`"
    }

    fn span_convention(&self) -> &'static str {
        "tokens, 0-based, each of them listed"
    }

    fn fits(&self, head: &Head) -> bool {
        // One field that is no list makes the object something else, such as an instance in JSON lines.
        let lists = |object: &Result<Record, Fault>| object.as_ref().map_or(true, Record::has_only_arrays);
        head.object().is_none_or(lists) && begins_with_instance(head.text())
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(ListReader::new(context.whole_text(reader)?, &context.path)?))
    }
}

/// The fields that are read.
const FIELDS: &[&str] = &["tokens", "h", "t"];

const NAMES: FieldNames = FieldNames { subject: "h", object: "t", ..FieldNames::OF_INSTANCE };

const ENTITY: &str = "an array [name, entity id, mentions]";

/// Whether a text, which may be cut off, has an object that looks like an instance in its first list that is
/// not empty.
fn begins_with_instance(text: &str) -> bool {
    let mut json = Beginning(text);
    if json.skip('[') {
        // `tokens` alone could be any format's.
        return list_has_instance(&mut json, &["h", "t"]);
    }
    if !json.skip('{') {
        return false;
    }
    while json.value::<String>().is_some() && json.skip(':') && json.skip('[') {
        if !json.skip(']') {
            return list_has_instance(&mut json, FIELDS);
        }
        json.skip(',');
    }
    false
}

/// Whether the rest of a list has an object with one of the fields.
fn list_has_instance(json: &mut Beginning, fields: &[&str]) -> bool {
    while !json.skip(']') {
        if json.skip('{') {
            while let Some(name) = json.value::<String>() {
                if fields.contains(&name.as_str()) {
                    return true;
                }
                if !json.skip(':') || json.value::<IgnoredAny>().is_none() {
                    return false;
                }
                json.skip(',');
            }
            json.skip('}');
        } else if json.value::<IgnoredAny>().is_none() {
            return false;
        }
        json.skip(',');
    }
    false
}

/// The lists of a file, read one after another.
struct ListReader {
    text: String,
    /// The relation and the place of each list that has not been begun.
    lists: IntoIter<(Option<String>, Range<usize>)>,
    /// The relations whose list has been begun.
    begun: HashSet<String>,
    /// The relation of the current list.
    relation: Option<String>,
    /// The places of the current list's instances that have not been read.
    instances: Enumerate<IntoIter<Range<usize>>>,
    line: LineCounter,
    oddities: Oddities,
}

impl ListReader {
    fn new(text: String, path: &Path) -> Result<Self, CorpusError> {
        let lists = match lists(&text) {
            Ok(lists) => lists.into_iter(),
            Err(error) => return Err(file_error(&error, &text, path)),
        };
        Ok(Self {
            text,
            lists,
            begun: HashSet::new(),
            relation: None,
            instances: Vec::new().into_iter().enumerate(),
            line: LineCounter::default(),
            oddities: Oddities::default(),
        })
    }

    /// Makes a list the current one.
    fn begin(
        &mut self,
        relation: Option<String>,
        range: Range<usize>,
        context: &mut Context,
    ) -> Result<(), CorpusError> {
        let line = self.line.of(range.start, &self.text);
        context.place = Place::Line(line);
        let list = &self.text[range];
        let instances = check_relation(relation.as_ref(), &mut self.begun)
            .and_then(|()| serde_json::from_str(list).map_err(|_| not_a_list(relation.as_ref(), list)))
            .map_err(|fault| fault.at(0..list.len()).in_source(&context.path, context.place, list, line))?;
        let places = |instances: Vec<&RawValue>| -> Vec<Range<usize>> {
            instances.into_iter().map(|instance| json::range_in(&self.text, instance.get())).collect()
        };
        self.instances = places(instances).into_iter().enumerate();
        self.relation = relation;
        Ok(())
    }

    /// Reads an instance of the current list.
    fn read(
        &mut self,
        index: usize,
        range: Range<usize>,
        context: &mut Context,
    ) -> Result<Instance, CorpusError> {
        let line = self.line.of(range.start, &self.text);
        context.place = Place::Line(line);
        let text = &self.text[range];
        let id = match &self.relation {
            Some(relation) => format!("{relation}-{index}"),
            None => index.to_string(),
        };
        let parsed = Record::parse(text, text).and_then(|record| {
            context.warn_of_unknown(&record, FIELDS, &[], text, line);
            let (instance, mentions) = parse(&record, text)?;
            for (field, mention) in [NAMES.subject, NAMES.object].into_iter().zip(&mentions) {
                let notice =
                    |fault: Fault| fault.of(id.clone()).field(field).in_file(&context.path, context.place);
                self.oddities.note(mention, &instance.tokens, notice);
            }
            Ok(Instance { id: id.clone(), relation: self.relation.clone(), ..instance })
        });
        let parsed = parsed.map_err(|fault| fault.of(id));
        context.finish(parsed, text, line, index).map_err(CorpusError::at_snippet)
    }
}

impl Source for ListReader {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        loop {
            if let Some((index, range)) = self.instances.next() {
                return Some(self.read(index, range, context));
            }
            let Some((relation, range)) = self.lists.next() else {
                self.oddities.warn(context);
                return None;
            };
            if let Err(error) = self.begin(relation, range, context) {
                return Some(Err(error));
            }
        }
    }
}

/// The lists of a file, and the relation of each.
fn lists(text: &str) -> serde_json::Result<Vec<(Option<String>, Range<usize>)>> {
    let range = |list: &RawValue| json::range_in(text, list.get());
    if text.trim_start().starts_with('[') {
        return Ok(vec![(None, range(serde_json::from_str(text)?))]);
    }
    let Fields(lists) = serde_json::from_str(text)?;
    Ok(lists.into_iter().map(|(relation, list)| (Some(relation), range(list))).collect())
}

/// The error for a file that is no object.
fn file_error(error: &serde_json::Error, text: &str, path: &Path) -> CorpusError {
    if error.is_data() {
        let fault = Fault::expected("an object with a list for each relation", json::describe(text));
        let help =
            "FewRel's JSON is one object: {\"P177\": [{\"tokens\": […], \"h\": […], \"t\": […]}, …], …}";
        return fault.help(help).in_file(path, Place::WholeFile).into();
    }
    let help =
        "the file must be one JSON object with a list of instances for each relation, or one such list";
    json::syntax_error(error, text, path, help)
}

/// Refuses a relation that has no name or whose list was begun before; a list without relation is fine.
fn check_relation(relation: Option<&String>, begun: &mut HashSet<String>) -> Result<(), Fault> {
    let Some(relation) = relation else { return Ok(()) };
    if is_blank(relation) {
        return Err(Fault::expected(
            "the relation of the instances as the key of their list",
            "an empty key",
        ));
    }
    if !begun.insert(relation.clone()) {
        let fault = Fault::expected("the relation once", "it twice in the same object").field(relation);
        return Err(fault.help("put its instances into one list"));
    }
    Ok(())
}

fn not_a_list(relation: Option<&String>, value: &str) -> Fault {
    let fault = Fault::expected("an array of instances", json::describe(value));
    match relation {
        Some(relation) => fault.field(relation),
        None => fault,
    }
}

/// Reads an instance, without identifier and relation, and its entities as they are given.
fn parse(record: &Record, text: &str) -> Result<(Instance, [Mention; 2]), Fault> {
    let expected = "an array of strings";
    let mut tokens = record.strings("tokens")?.ok_or_else(|| record.missing("tokens", expected))?;
    if tokens.is_empty() {
        return Err(record.fault("tokens", Fault::expected("at least two tokens", "none")));
    }
    let mut mentions =
        [mention(record, NAMES.subject, &tokens, text)?, mention(record, NAMES.object, &tokens, text)?];
    leave_out_blank(&mut tokens, &mut mentions);
    let [subject, object] = mentions.each_ref().map(|mention| Entity { span: mention.span(), kind: None });
    let instance = Instance::bare(tokens, subject, object);
    validate(&instance, &NAMES).map_err(|fault| record.locate(fault))?;
    Ok((instance, mentions))
}

const GAPS: &str = "a mention is read as all tokens from its first to its last";

/// An entity as it is given.
struct Mention {
    /// `None` if it is not a string or has no letters.
    name: Option<String>,
    /// The indices of its tokens in ascending order; at least one.
    indices: Vec<usize>,
}

impl Mention {
    /// From the first token to the last.
    fn span(&self) -> Span {
        let (first, last) = (self.indices.first(), self.indices.last());
        Span::new(first.copied().unwrap_or(0), last.map_or(0, |last| last + 1))
    }

    /// Whether tokens of the span are left out.
    fn has_gap(&self) -> bool {
        self.span().range().len() > self.indices.len()
    }
}

/// The first mention of an entity.
fn mention(record: &Record, field: &str, tokens: &[String], text: &str) -> Result<Mention, Fault> {
    let parts = record.entries(field, ENTITY)?;
    let [name, _, mentions] = parts[..] else {
        let found = format!("an array of {}", counted(parts.len(), "entry"));
        return Err(record.fault(field, Fault::expected(ENTITY, found)));
    };
    let fault = |fault: Fault| record.fault(field, fault.at(json::range_in(text, mentions.get())));
    let all: Vec<Vec<usize>> = serde_json::from_str(mentions.get()).unwrap_or_default();
    let mut indices = all.into_iter().next().unwrap_or_default();
    indices.sort_unstable();
    indices.dedup();
    let Some(last) = indices.last() else {
        let expected = "mentions that are lists of token indices from 0, such as [[3, 4]]";
        return Err(fault(Fault::expected(expected, compact(mentions))));
    };
    if *last >= tokens.len() {
        let expected = format!("indices below {}, the number of tokens", tokens.len());
        let wrong = Fault::expected(expected, last);
        return Err(fault(wrong.help("tokens are counted from 0")));
    }
    if indices.iter().all(|index| is_blank(&tokens[*index])) {
        return Err(fault(Fault::expected("at least one word", "only whitespace")));
    }
    let name = serde_json::from_str(name.get()).ok().filter(|name: &String| !name.trim().is_empty());
    Ok(Mention { name, indices })
}

/// Leaves out tokens of whitespace, which FewRel's sentences from Wikipedia have and no parser would keep.
fn leave_out_blank(tokens: &mut Vec<String>, mentions: &mut [Mention]) {
    let mut kept = 0;
    let number = |token: &String| {
        kept += usize::from(!is_blank(token));
        (!is_blank(token)).then(|| kept - 1)
    };
    let new_indices: Vec<Option<usize>> = tokens.iter().map(number).collect();
    for mention in mentions {
        mention.indices = mention.indices.iter().filter_map(|index| new_indices[*index]).collect();
    }
    tokens.retain(|token| !is_blank(token));
}

/// A value on one line, shortened.
fn compact(value: &RawValue) -> String {
    match serde_json::from_str::<serde_json::Value>(value.get()) {
        Ok(value) => format!("`{}`", shorten(&value.to_string())),
        Err(_) => json::describe(value.get()),
    }
}

/// Mentions that were read but may be wrong: the first of each kind, and how many there are.
#[derive(Default)]
struct Oddities {
    gaps: Odd,
    names: Odd,
}

#[derive(Default)]
struct Odd {
    first: Option<Notice>,
    count: usize,
}

impl Odd {
    fn note(&mut self, notice: impl FnOnce() -> Notice) {
        self.count += 1;
        self.first.get_or_insert_with(notice);
    }
}

impl Oddities {
    /// Counts a mention if it is odd; `notice` adds its place to a fault.
    fn note(&mut self, mention: &Mention, tokens: &[String], notice: impl Fn(Fault) -> Notice) {
        if mention.has_gap() {
            let words = tokens[mention.span().range()].join(" ");
            let message =
                format!("the indices of the mention leave out tokens; read as `{}`", shorten(&words));
            self.gaps.note(|| notice(Fault::new(message).help(GAPS)));
        }
        let words: Vec<&str> = mention.indices.iter().map(|index| tokens[*index].as_str()).collect();
        let words = words.join(" ");
        if let Some(name) = mention.name.as_ref().filter(|name| letters(name) != letters(&words)) {
            self.names.note(|| {
                let message = format!("the entity's name is `{}`, but the mention is `{}`", shorten(name), shorten(&words));
                let help = "check that indices are counted from 0, and that a mention lists every token and not only the first and last";
                notice(Fault::new(message).help(help))
            });
        }
    }

    fn warn(&mut self, context: &mut Context) {
        for Odd { first, count } in [&mut self.gaps, &mut self.names] {
            if let Some(mut notice) = first.take() {
                let counted = counted(*count, "mention");
                notice.message = format!("{} ({counted} like this in the file)", notice.message);
                context.add_warning(notice);
            }
        }
    }
}

/// A text without the differences that FewRel's names have from the words of the sentence: case and spaces.
fn letters(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect()
}
