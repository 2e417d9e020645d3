//! One sentence: its words, and the comments above them.

use std::ops::Range;

use super::{NAMES, TagSet};
use crate::error::Fault;
use crate::formats::json::{range_in, shorten};
use crate::instance::{Entity, Instance, Span};
use crate::parses::same_characters;
use crate::validate::{minus_one, validate};

/// How many columns a line has.
pub(crate) const COLUMNS: usize = 10;

const FORM: usize = 1;
const UPOS: usize = 3;
const XPOS: usize = 4;
const HEAD: usize = 6;
const DEPREL: usize = 7;
const MISC: usize = 9;

/// The comments that are read; all others are ignored.
const COMMENTS: [&str; 9] = [
    "sent_id",
    "subject",
    "subject_type",
    "subject_text",
    "object",
    "object_type",
    "object_text",
    "relation",
    "fold",
];

/// The words of a sentence. Heads count words, so multiword tokens and empty nodes are not included.
#[derive(Debug)]
pub(crate) struct Sentence {
    pub(crate) id: Option<String>,
    pub(crate) words: Vec<String>,
    /// The two columns of part-of-speech tags, each if every word has one; [`TagSet`](super::TagSet) says which is read.
    pub(crate) xpos: Option<Vec<String>>,
    pub(crate) upos: Option<Vec<String>>,
    /// The tags that are read.
    pub(crate) pos: Option<Vec<String>>,
    pub(crate) ner: Option<Vec<String>>,
    pub(crate) heads: Option<Vec<usize>>,
    pub(crate) deprels: Option<Vec<String>>,
    /// Multiword tokens: the indices of their words, and how the token is written (`du` for `de le`).
    pub(crate) multiword: Vec<(Range<usize>, String)>,
}

impl Sentence {
    /// Reads the lines of a sentence; the ranges of faults refer to `text`. The only comment used is
    /// `sent_id`.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let id = Comments::of(text).first("sent_id").filter(|id| !id.is_empty()).map(str::to_owned);
        let parsed = Rows::of(text).and_then(|rows| rows.sentence());
        match parsed {
            Ok(sentence) => Ok(Self { id, ..sentence }),
            Err(fault) => Err(fault.of(id)),
        }
    }
}

/// Reads a sentence with its entities and its relation, and a remark about them; the identifier is empty if it has
/// none. The sentence begins in `line` of the file whose tags are `tags`.
pub(crate) fn parse_instance(
    text: &str,
    line: usize,
    tags: &mut TagSet,
) -> Result<(Instance, Option<Fault>), Fault> {
    let mut sentence = Sentence::parse(text)?;
    let id = sentence.id.clone();
    sentence.pos = tags.of(&mut sentence, line);
    let multiword = std::mem::take(&mut sentence.multiword);
    let instance = instance(sentence, text).map_err(|fault| fault.of(id))?;
    let remark = cut_token(&instance, &multiword, &Comments::of(text));
    Ok((instance, remark))
}

/// The remark that an entity has only some words of a token, as it has if a parser split the token after the words
/// were counted.
fn cut_token(instance: &Instance, tokens: &[(Range<usize>, String)], comments: &Comments) -> Option<Fault> {
    let entities =
        [(&instance.subject, "subject", "subject_text"), (&instance.object, "object", "object_text")];
    entities.into_iter().filter(|(.., text)| comments.first(text).is_none()).find_map(|(entity, name, _)| {
        let Span { start, end } = entity.span;
        let cut = |words: &Range<usize>| {
            let shared = words.start.max(start) < words.end.min(end);
            shared && (words.start < start || end < words.end)
        };
        let (_, written) = tokens.iter().find(|(words, _)| cut(words))?;
        let message = format!(
            "the entity has only some of the words into which `{}` was split",
            shorten(written)
        );
        let help = "if a parser split words after they were counted, merge its output with the data it was made from, \
                    instead of reading it as data";
        let fault = comments.locate(Fault::new(message).field(name));
        Some(fault.help(help).of((!instance.id.is_empty()).then(|| instance.id.clone())))
    })
}

fn instance(sentence: Sentence, text: &str) -> Result<Instance, Fault> {
    let comments = Comments::of(text);
    let count = sentence.words.len();
    let instance = Instance {
        id: comments.value("sent_id")?.unwrap_or_default().to_owned(),
        subject: comments.entity("subject", "subject_type", count)?,
        object: comments.entity("object", "object_type", count)?,
        pos: sentence.pos,
        ner: sentence.ner,
        heads: sentence.heads,
        deprels: sentence.deprels,
        relation: comments.value("relation")?.map(str::to_owned),
        fold: comments.value("fold")?.map(str::to_owned),
        source: None,
        tokens: sentence.words,
    };
    validate(&instance, &NAMES).map_err(|fault| comments.locate(fault))?;
    for (entity, name) in [(&instance.subject, "subject_text"), (&instance.object, "object_text")] {
        let Some(written) = comments.value(name)? else { continue };
        let words = &instance.tokens[entity.span.range()];
        if !same_characters(&words.concat(), written) {
            let expected = format!("the entity's words, `{}`", shorten(written));
            let fault = Fault::expected(expected, format_args!("`{}`", shorten(&words.join(" "))));
            return Err(comments.fault(name, written, fault).help(
                "if a parser split or joined words after they were counted, merge its output with the data it was \
                 made from, instead of reading it as data",
            ));
        }
    }
    Ok(instance)
}

/// A comment's name and value: `# relation = Other`.
pub(crate) fn comment(line: &str) -> Option<(&str, &str)> {
    let body = line.strip_prefix('#')?.trim_start();
    let end = body.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    match rest.trim_start().strip_prefix('=') {
        Some(value) => Some((name, value.trim())),
        // As in UD v1 files.
        None if name == "sent_id" => Some((name, rest.trim())),
        None => None,
    }
}

/// The comments about an instance.
pub(crate) struct Comments<'a> {
    text: &'a str,
    /// Names and values in the order of the file.
    known: Vec<(&'a str, &'a str)>,
}

impl<'a> Comments<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let known = text.split('\n').filter_map(comment).filter(|(name, _)| COMMENTS.contains(name));
        Self { text, known: known.collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn first(&self, name: &str) -> Option<&'a str> {
        self.known.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The value of a comment that may occur only once.
    fn value(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        let Some(value) = self.first(name) else { return Ok(None) };
        let other = self.known.iter().find(|(known, other)| *known == name && *other != value);
        if let Some((_, other)) = other {
            let found = format!("`{}` and `{}`", shorten(value), shorten(other));
            return Err(self.fault(name, other, Fault::expected("the comment only once", found)));
        }
        // UD's tools write `sent_id` even when its value is unknown.
        if value.is_empty() && name != "sent_id" {
            let fault = Fault::expected("a value after the `=`", "none");
            return Err(self.fault(name, value, fault.help("omit the comment if there is none")));
        }
        Ok(Some(value))
    }

    fn fault(&self, name: &str, value: &str, fault: Fault) -> Fault {
        fault.field(name).at(range_in(self.text, value))
    }

    /// Adds the location of a fault's field, if it is a comment.
    fn locate(&self, fault: Fault) -> Fault {
        match fault.field.as_deref().and_then(|name| self.first(name)) {
            Some(value) => fault.at(range_in(self.text, value)),
            None => fault,
        }
    }

    fn entity(&self, name: &str, kind: &str, count: usize) -> Result<Entity, Fault> {
        let Some(value) = self.value(name)? else {
            let message = format!(
                "missing; expected a comment such as `# {name} = 2-3` or `# {name} = 2`: the entity's words, \
                 counted from 1"
            );
            return Err(Fault::new(message).field(name).at(0..self.text.find('\n').unwrap_or(0)).help(
                "add such comments for subject and object; if a parser dropped them, merge its output with \
                 the data: `mlrc convert DATA --to jsonl --parses FILE`",
            ));
        };
        let bounds = match Id::parse(value) {
            Some(Id::Word(word)) => Some((word, word)),
            Some(Id::Range(first, last)) => Some((first, last)),
            Some(Id::Empty(_)) | None => None,
        };
        let within = |(first, last): &(usize, usize)| 0 < *first && first <= last && *last <= count;
        let Some((first, last)) = bounds.filter(within) else {
            let expected =
                format!("a word number or a range such as `2-3`, no greater than {count} (the last word)");
            let fault = Fault::expected(expected, format_args!("`{}`", shorten(value)));
            return Err(self.fault(name, value, fault.help("words count from 1, and the end is inclusive")));
        };
        let kind = self.value(kind)?.map(str::to_owned);
        Ok(Entity { span: Span::new(first - 1, last), kind })
    }
}

/// The first column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// `3`
    Word(usize),
    /// `3-4`, a multiword token that was split into words.
    Range(usize, usize),
    /// `3.1`, an empty node: a word after word 3 that is elided in the text.
    Empty(usize),
}

impl Id {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            return Some(Self::Range(number(first)?, number(last)?));
        }
        if let Some((word, node)) = text.split_once('.') {
            return number(node).and(number(word)).map(Self::Empty);
        }
        number(text).map(Self::Word)
    }
}

/// A whole number in digits; Rust's own parser takes `+3` too.
fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The columns of the words.
struct Rows<'a> {
    text: &'a str,
    words: Vec<[&'a str; COLUMNS]>,
    /// Multiword tokens: the indices of their words, and the columns.
    multiword: Vec<(Range<usize>, [&'a str; COLUMNS])>,
}

impl<'a> Rows<'a> {
    fn of(text: &'a str) -> Result<Self, Fault> {
        let mut rows = Self { text, words: Vec::new(), multiword: Vec::new() };
        for line in text.split('\n') {
            if line.starts_with('#') {
                if rows.words.is_empty() {
                    continue;
                }
                let fault = Fault::expected("comments only before the words", "one after them");
                return Err(rows.fault(line, fault).help("a blank line ends each sentence"));
            }
            rows.read(line)?;
        }
        if rows.words.is_empty() {
            let fault = Fault::expected("word lines after the comments", "none");
            let first = text.split('\n').next().unwrap_or_default();
            return Err(rows.fault(first, fault).help("do not put a blank line between the two"));
        }
        Ok(rows)
    }

    fn read(&mut self, line: &'a str) -> Result<(), Fault> {
        let columns: Vec<&str> = line.split('\t').collect();
        let Ok(columns) = <[&str; COLUMNS]>::try_from(columns.as_slice()) else {
            let expected = format!("{COLUMNS} columns separated by tabs");
            let fault = self.fault(line, Fault::expected(expected, columns.len()));
            let spaces = columns.len() == 1 && line.trim().contains(' ');
            return Err(fault.help(if spaces {
                "columns are separated by single tabs, not by spaces"
            } else {
                "a column without a value holds `_`; a blank line ends each sentence"
            }));
        };
        match Id::parse(columns[0]) {
            Some(Id::Word(word)) if word == self.words.len() + 1 => {
                if columns[FORM].is_empty() {
                    let fault = Fault::expected("a word", "nothing").field("FORM");
                    return Err(self.fault(line, fault));
                }
                self.words.push(columns);
            }
            Some(Id::Range(first, last)) if 0 < first => {
                self.multiword.push((first - 1..last, columns));
            }
            Some(Id::Empty(_)) => {}
            Some(Id::Word(_) | Id::Range(..)) | None => {
                let expected = format!("word number {} (words count from 1)", self.words.len() + 1);
                let fault = Fault::expected(expected, format_args!("`{}`", shorten(columns[0]))).field("ID");
                let fault = self.fault(columns[0], fault);
                return Err(fault.help(
                    "a blank line ends each sentence; between words, only ranges such as `1-2` and empty \
                     nodes such as `1.1` are allowed",
                ));
            }
        }
        Ok(())
    }

    fn fault(&self, part: &str, fault: Fault) -> Fault {
        fault.at(range_in(self.text, part))
    }

    fn sentence(&self) -> Result<Sentence, Fault> {
        let owned = |column: Vec<&str>| column.into_iter().map(str::to_owned).collect();
        Ok(Sentence {
            id: None,
            words: self.words.iter().map(|row| row[FORM].to_owned()).collect(),
            xpos: self.column(XPOS).ok().flatten().map(owned),
            upos: self.column(UPOS).ok().flatten().map(owned),
            pos: None,
            ner: self.entity_tags(),
            heads: self.heads()?,
            deprels: self.column(DEPREL).map_err(|row| self.gap(row, DEPREL, "DEPREL"))?.map(owned),
            multiword: self
                .multiword
                .iter()
                .map(|(words, row)| (words.clone(), row[FORM].to_owned()))
                .collect(),
        })
    }

    /// A column's values; `None` if no word has one; the first row without one as an error if only some have
    /// one.
    fn column(&self, column: usize) -> Result<Option<Vec<&'a str>>, usize> {
        let values: Vec<&str> = self.words.iter().map(|row| row[column]).collect();
        let absent = |value: &&str| value.is_empty() || *value == "_";
        match values.iter().position(absent) {
            None => Ok(Some(values)),
            Some(_) if values.iter().all(absent) => Ok(None),
            Some(row) => Err(row),
        }
    }

    fn gap(&self, row: usize, column: usize, name: &str) -> Fault {
        let found = format!("`_` for word {}", row + 1);
        let fault = Fault::expected("a value, since other words of the sentence have one", found).field(name);
        self.fault(self.words[row][column], fault).help("fill the column for every word or for none")
    }

    fn heads(&self) -> Result<Option<Vec<usize>>, Fault> {
        let Some(column) = self.column(HEAD).map_err(|row| self.gap(row, HEAD, "HEAD"))? else {
            return Ok(None);
        };
        let count = column.len();
        let head = |field: &str| {
            number(field).filter(|head| *head <= count).ok_or_else(|| {
                if field == "-1" {
                    return self.fault(field, minus_one().field("HEAD"));
                }
                let expected = format!("a whole number from 0 (the root) to {count} (the last word)");
                let fault = Fault::expected(expected, format_args!("`{}`", shorten(field))).field("HEAD");
                self.fault(field, fault)
            })
        };
        column.into_iter().map(head).collect::<Result<Vec<_>, _>>().map(Some)
    }

    /// The named-entity tags in MISC: Stanza's `ner=S-PERSON` without the prefix for the position in the
    /// entity, or `NER=PERSON`, as written by [`write_conllu`](crate::write_conllu), unchanged.
    fn entity_tags(&self) -> Option<Vec<String>> {
        let tags = |name: &str| -> Option<Vec<&str>> {
            (0..self.words.len()).map(|word| self.misc(word, name)).collect()
        };
        if let Some(tags) = tags("ner") {
            return Some(tags.into_iter().map(|tag| without_place(tag).to_owned()).collect());
        }
        tags("NER").map(|tags| tags.into_iter().map(str::to_owned).collect())
    }

    /// An attribute in a word's MISC, or in that of the multiword token it belongs to.
    fn misc(&self, word: usize, name: &str) -> Option<&'a str> {
        let of = |row: &[&'a str; COLUMNS]| {
            row[MISC].split('|').find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
        };
        let around = || self.multiword.iter().find(|(words, _)| words.contains(&word));
        of(&self.words[word]).or_else(|| of(&around()?.1))
    }
}

/// `PERSON` for `B-PERSON`.
fn without_place(tag: &str) -> &str {
    match tag.split_once('-') {
        Some(("B" | "I" | "E" | "S" | "L" | "U", kind)) if !kind.is_empty() => kind,
        _ => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_have_names_and_values() {
        let cases = [
            ("# sent_id = a b", Some(("sent_id", "a b"))),
            ("#relation=Cause-Effect(e1,e2)", Some(("relation", "Cause-Effect(e1,e2)"))),
            ("#  text = a = b ", Some(("text", "a = b"))),
            ("# sent_id weblog-1", Some(("sent_id", "weblog-1"))),
            ("# newdoc", None),
            ("# a sentence = b", None),
            ("1 = 2", None),
            ("#", None),
        ];
        for (line, expected) in cases {
            assert_eq!(comment(line), expected, "{line}");
        }
    }

    #[test]
    fn identifiers_of_lines() {
        let cases = [
            ("12", Some(Id::Word(12))),
            ("1-2", Some(Id::Range(1, 2))),
            ("0.1", Some(Id::Empty(0))),
            ("", None),
            ("+1", None),
            ("1-", None),
            ("1-2-3", None),
            ("1.2.3", None),
            ("99999999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Id::parse(text), expected, "{text}");
        }
    }
}
