//! What labels say: their own words, or a description.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::LabelSet;
use crate::error::{CorpusError, Fault, Place};
use crate::formats::lines;

/// What a label says, as plain text. All three are empty for a label that says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelName {
    /// Of the subject.
    pub subject: String,
    /// Of the object.
    pub object: String,
    /// All of it.
    pub whole: String,
}

impl LabelName {
    /// The words of the label itself. `Cause-Effect(e2,e1)` is "cause effect", and its subject, e1, is the "effect"; otherwise
    /// all of it is said of both entities.
    pub fn of_label(label: &str) -> Self {
        let (name, is_reversed) = undirected(label);
        let whole = words(name);
        let halves = name.split_once('-').map(|(first, second)| (words(first), words(second)));
        let halves = halves.filter(|(first, second)| !first.is_empty() && !second.is_empty());
        let (subject, object) = match (is_reversed, halves) {
            (Some(false), Some((first, second))) => (first, second),
            (Some(true), Some((first, second))) => (second, first),
            _ => (whole.clone(), whole.clone()),
        };
        Self { subject, object, whole }
    }

    /// A description, which is said of both entities.
    pub fn described(text: &str) -> Self {
        Self { subject: text.to_owned(), object: text.to_owned(), whole: text.to_owned() }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }
}

/// A label without its direction, and whether that is reversed.
fn undirected(label: &str) -> (&str, Option<bool>) {
    match (label.strip_suffix("(e1,e2)"), label.strip_suffix("(e2,e1)")) {
        (Some(name), _) => (name, Some(false)),
        (_, Some(name)) => (name, Some(true)),
        _ => (label, None),
    }
}

/// The words of a name, in lower case: `org:founded_by`, `foundedBy` and `FOUNDED BY` give "org founded by", "founded by" twice.
fn words(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            words.push(' ');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        } else {
            words.push(' ');
        }
        before = c;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Descriptions of labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptions {
    texts: BTreeMap<String, String>,
}

/// What stands in FewRel's file in place of a missing description.
const NOTHING: &str = "No description defined";

impl Descriptions {
    /// Reads a file: a JSON object with a text, or an array of texts such as a name and a description (FewRel's `pid2name`), for
    /// each label; or lines with a label, a tab and a text.
    ///
    /// # Errors
    /// If the file cannot be read, is neither, has no description, or has two for a label.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, CorpusError> {
        let path = path.as_ref();
        let whole = |fault: Fault| CorpusError::from(fault.in_file(path, Place::WholeFile));
        let bytes =
            std::fs::read(path).map_err(|error| whole(Fault::new(format!("cannot be read: {error}"))))?;
        let text = lines::decode(bytes, path)?;
        let text = text.trim_start_matches('\u{feff}');
        let descriptions =
            if text.trim_start().starts_with('{') { of_json(text, path)? } else { of_lines(text, path)? };
        if descriptions.texts.is_empty() {
            return Err(whole(Fault::expected("descriptions of labels", "none")));
        }
        Ok(descriptions)
    }

    /// Descriptions of labels, each with its text.
    pub fn new<L: Into<String>, T: Into<String>>(texts: impl IntoIterator<Item = (L, T)>) -> Self {
        Self { texts: texts.into_iter().map(|(label, text)| (label.into(), text.into())).collect() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The description of a label or, without one, of the label without its direction.
    pub fn of(&self, label: &str) -> Option<&str> {
        let found = self.texts.get(label).or_else(|| self.texts.get(undirected(label).0));
        found.map(String::as_str)
    }

    /// The labels that are described and not in `labels`, with or without a direction.
    pub fn strangers<'a>(&'a self, labels: &'a LabelSet) -> impl Iterator<Item = &'a str> {
        let known = labels.labels();
        let is_known =
            |label: &String| known.iter().any(|other| other == label || undirected(other).0 == label);
        self.texts.keys().filter(move |label| !is_known(label)).map(String::as_str)
    }

    /// What each label says, in their order: by its description, or by its own words. The negative label says nothing.
    pub fn names(&self, labels: &LabelSet) -> Vec<LabelName> {
        let name = |(place, label): (usize, &String)| match self.of(label) {
            _ if labels.negative() == Some(place) => LabelName::default(),
            Some(text) => LabelName::described(text),
            None => LabelName::of_label(label),
        };
        labels.labels().iter().enumerate().map(name).collect()
    }
}

fn of_json(text: &str, path: &Path) -> Result<Descriptions, CorpusError> {
    let expected = "an object with a text, or an array of texts, for each label";
    let at = |line: usize, fault: Fault| CorpusError::from(fault.in_file(path, Place::Line(line)));
    let all: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|error| {
        at(error.line(), Fault::expected(expected, format_args!("invalid JSON: {error}")))
    })?;
    let mut texts = BTreeMap::new();
    for (label, value) in all {
        let parts = match value {
            Value::String(text) => vec![text],
            Value::Array(parts) => {
                let strings = parts.into_iter().map(|part| part.as_str().map(str::to_owned));
                strings.collect::<Option<Vec<String>>>().unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let filled = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty() && *part != NOTHING);
        let text = filled.collect::<Vec<_>>().join(": ");
        if text.is_empty() {
            let fault = Fault::expected("a text, or an array of texts", "something else or nothing");
            return Err(fault.field(label).in_file(path, Place::WholeFile).into());
        }
        texts.insert(label, text);
    }
    Ok(Descriptions { texts })
}

fn of_lines(text: &str, path: &Path) -> Result<Descriptions, CorpusError> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at = |fault: Fault| CorpusError::from(fault.in_file(path, Place::Line(number + 1)));
        let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
        let (label, rest) = (columns[0], columns[1..].iter().filter(|text| !text.is_empty()));
        let text = rest.copied().collect::<Vec<_>>().join(": ");
        if label.is_empty() || text.is_empty() {
            let fault =
                Fault::expected("a label, a tab and its description", format_args!("`{}`", line.trim()));
            return Err(at(fault));
        }
        if texts.insert(label.to_owned(), text).is_some() {
            return Err(at(Fault::expected(
                "one description for each label",
                format_args!("a second one for `{label}`"),
            )));
        }
    }
    Ok(Descriptions { texts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_their_words() {
        let name = |label| {
            let LabelName { subject, object, whole } = LabelName::of_label(label);
            [subject, object, whole].join("|")
        };
        assert_eq!(name("Cause-Effect(e1,e2)"), "cause|effect|cause effect");
        assert_eq!(name("Cause-Effect(e2,e1)"), "effect|cause|cause effect");
        assert_eq!(name("per:place_of_birth"), ["per place of birth"; 3].join("|"));
        assert_eq!(name("placeOfBirth"), ["place of birth"; 3].join("|"));
        assert_eq!(name("Spouse(e1,e2)"), "spouse|spouse|spouse");
        assert_eq!(name("???"), "||");
    }

    #[test]
    fn descriptions_are_read_from_json_and_from_lines() {
        let folder = tempfile::tempdir().unwrap();
        let read = |content: &str| {
            let path = folder.path().join("descriptions");
            std::fs::write(&path, content).unwrap();
            Descriptions::read(&path)
                .map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
        };
        let json = r#"{"P6": ["head of government", "leader of a place"], "P7": ["sibling", "No description defined"], "P8": "x"}"#;
        let expected = Descriptions::new([
            ("P6", "head of government: leader of a place"),
            ("P7", "sibling"),
            ("P8", "x"),
        ]);
        assert_eq!(read(json), Ok(expected.clone()));
        let lines = "\u{feff}P6\thead of government\tleader of a place\r\n\nP7\tsibling\nP8\tx\n";
        assert_eq!(read(lines), Ok(expected));
        let problems = [
            ("P6\tx\nP7 y\n", "FILE:2: expected a label, a tab and its description, found `P7 y`"),
            (
                "P6\tx\nP6\ty\n",
                "FILE:2: expected one description for each label, found a second one for `P6`",
            ),
            (
                "{\"P6\": 3}",
                "FILE: field `P6`: expected a text, or an array of texts, found something else or nothing",
            ),
            ("\n", "FILE: expected descriptions of labels, found none"),
        ];
        for (content, problem) in problems {
            assert!(read(content).unwrap_err().starts_with(problem), "{:?}", read(content));
        }
        assert!(read("{\"P6\": ").unwrap_err().starts_with("FILE:1: expected an object"));
    }

    #[test]
    fn a_description_serves_both_directions_and_the_negative_label_says_nothing() {
        let labels =
            LabelSet::new(["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other", "Part-Whole(e1,e2)"])
                .unwrap();
        let descriptions =
            Descriptions::new([("Cause-Effect", "one event leads to another"), ("Size", "how big")]);
        let wholes: Vec<String> = descriptions.names(&labels).into_iter().map(|name| name.whole).collect();
        assert_eq!(wholes, ["one event leads to another", "one event leads to another", "", "part whole"]);
        assert_eq!(descriptions.strangers(&labels).collect::<Vec<_>>(), ["Size"]);
    }
}
