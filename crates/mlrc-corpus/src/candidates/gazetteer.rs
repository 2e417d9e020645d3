//! Lists of names with their types, as a tree of words.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::spacy;
use super::words::{Word, words};
use super::{Finder, Match};
use crate::error::{CorpusError, Fault, Notice, Place};
use crate::formats::lines::{self, Line, Lines};
use crate::tally::{Remark, Tally};

/// Names to look for, and the type of each. A name is found where its words are, whatever the white space between them. One
/// that is listed without a capital letter is found with capitals as well (`heart attack` finds *Heart attack*); any other
/// is found as it is written (`Apple` does not find *apple*).
#[derive(Clone, Debug, Default)]
pub struct Gazetteer {
    /// The first is the root, once there are names.
    nodes: Vec<Node>,
    /// The type of each, in the order in which they were listed.
    kinds: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// By the word as it is written.
    exact: HashMap<String, usize>,
    /// By the word in lower case.
    any_case: HashMap<String, usize>,
    /// The number of the name that ends here.
    name: Option<usize>,
}

/// A word of a listed name.
#[derive(Clone, Debug)]
pub(super) enum Listed {
    /// As it is written.
    Exact(String),
    /// In lower case, for any.
    AnyCase(String),
}

/// What a line of a list says.
pub(super) enum Read {
    Name { words: Vec<Listed>, kind: String },
    LeftOut(Remark),
}

impl Gazetteer {
    /// Adds the names of a file: lines of a phrase, a tab and its type; or the patterns of spaCy's entity ruler as JSON
    /// lines, whose phrases are always found as they are written. Returns warnings of what was left out: second types of
    /// phrases, and patterns with keys that are not supported.
    ///
    /// # Errors
    /// If the file cannot be read, is not UTF-8, lists nothing, or a line is neither.
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<Vec<Notice>, CorpusError> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|error| {
            let fault = Fault::new(format!("cannot be read: {error}"));
            CorpusError::from(fault.in_file(path, Place::WholeFile))
        })?;
        self.add_bytes(&bytes, path)
    }

    /// Adds the names in the content of a file; `path` names it in messages.
    ///
    /// # Errors
    /// As [`Gazetteer::add_file`].
    pub fn add_bytes(&mut self, bytes: &[u8], path: impl AsRef<Path>) -> Result<Vec<Notice>, CorpusError> {
        let path = path.as_ref();
        let whole_file = |fault: Fault| CorpusError::from(fault.in_file(path, Place::WholeFile));
        lines::refuse_other_encodings(bytes).map_err(whole_file)?;
        let mut tally = Tally::default();
        let (mut any, mut json) = (false, None);
        for line in Lines::new(bytes, path.to_owned()) {
            let line = line?;
            if line.text.trim().is_empty() {
                continue;
            }
            any = true;
            let json = *json.get_or_insert_with(|| line.text.trim_start().starts_with('{'));
            let read = if json { spacy::parse(&line.text) } else { parse(&line) };
            let place = Place::Line(line.number);
            let at = |fault: Fault| CorpusError::from(fault.in_source(path, place, &line.text, line.number));
            let note = match read.map_err(at)? {
                Read::Name { words, kind } => self.add(words, &kind),
                Read::LeftOut(remark) => Some(remark),
            };
            if let Some(remark) = note {
                tally.note(remark, path, place, "");
            }
        }
        if !any {
            return Err(whole_file(Fault::expected("phrases and their types", "an empty file")));
        }
        Ok(tally.take())
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The types of all names.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(String::as_str)
    }

    /// Adds a name, unless it is there.
    fn add(&mut self, listed: Vec<Listed>, kind: &str) -> Option<Remark> {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut at = 0;
        for word in listed {
            let next = self.nodes.len();
            let node = &mut self.nodes[at];
            at = match word {
                Listed::Exact(word) => *node.exact.entry(word).or_insert(next),
                Listed::AnyCase(word) => *node.any_case.entry(word).or_insert(next),
            };
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        match self.nodes[at].name {
            Some(known) if self.kinds[known] == kind => None,
            Some(_) => Some(Remark::new("phrase", "left out: it was given another type before")),
            None => {
                self.nodes[at].name = Some(self.kinds.len());
                self.kinds.push(kind.to_owned());
                None
            }
        }
    }

    /// All places of all names, which may overlap.
    pub(super) fn find(&self, words: &[Word]) -> Vec<Match> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        let lower: Vec<String> = words.iter().map(|word| word.text.to_lowercase()).collect();
        for start in 0..words.len() {
            let mut reached = vec![0];
            for at in start..words.len() {
                let next = reached.iter().flat_map(|node: &usize| {
                    let node = &self.nodes[*node];
                    [node.exact.get(words[at].text), node.any_case.get(&lower[at])].into_iter().flatten()
                });
                reached = next.copied().collect();
                if reached.is_empty() {
                    break;
                }
                for order in reached.iter().filter_map(|node| self.nodes[*node].name) {
                    let kind = self.kinds[order].clone();
                    found.push(Match { words: start..at + 1, kind, finder: Finder::Gazetteer, order });
                }
            }
        }
        found
    }
}

/// Reads a phrase, a tab and its type.
fn parse(line: &Line) -> Result<Read, Fault> {
    let columns: Vec<&str> = line.text.split('\t').map(str::trim).collect();
    let [phrase, kind] = columns[..] else {
        let found = match columns.len() {
            1 => "no tab".to_owned(),
            columns => format!("{columns} columns"),
        };
        return Err(Fault::expected("a phrase, a tab and its type", found).at(0..line.text.len()));
    };
    if kind.is_empty() {
        return Err(Fault::expected("a type after the tab", "none").at(0..line.text.len()));
    }
    let any_case = !phrase.chars().any(char::is_uppercase);
    let words = listed(phrase, any_case);
    if words.is_empty() {
        return Err(Fault::expected("a phrase before the tab", "none").at(0..line.text.len()));
    }
    Ok(Read::Name { words, kind: kind.to_owned() })
}

/// The words of a phrase.
pub(super) fn listed(phrase: &str, any_case: bool) -> Vec<Listed> {
    let listed = |word: &Word| {
        if any_case { Listed::AnyCase(word.text.to_lowercase()) } else { Listed::Exact(word.text.to_owned()) }
    };
    words(phrase).iter().map(listed).collect()
}
