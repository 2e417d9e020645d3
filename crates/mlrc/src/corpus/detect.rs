//! Which format a file is in, by its content.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::conllu;
use super::error::Fault;
use super::inline;
use super::json::shorten;
use super::jsonl;
use super::knowledgenet;

/// A file format. `docs/FORMATS.md` describes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// TACRED's JSON: one array of objects.
    Tacred,
    /// The official text of SemEval-2010 Task 8.
    SemEval,
    /// One JSON object on each line.
    Jsonl,
    /// One raw sentence on each line, with `<e1>` and `<e2>` in it.
    Inline,
    /// CoNLL-U, with the entities in comments.
    Conllu,
    /// KnowledgeNet: one JSON object on each line, a document, or a passage and a property.
    KnowledgeNet,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] =
        [Self::Tacred, Self::SemEval, Self::Jsonl, Self::Inline, Self::Conllu, Self::KnowledgeNet];

    /// The name used in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tacred => "tacred",
            Self::SemEval => "semeval",
            Self::Jsonl => "jsonl",
            Self::Inline => "inline",
            Self::Conllu => "conllu",
            Self::KnowledgeNet => "knowledgenet",
        }
    }

    /// What a file of the format looks like, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Tacred => "a JSON array of objects with `token`, `subj_start`, …",
            Self::SemEval => "`id<TAB>\"… <e1>…</e1> … <e2>…</e2> …\"`, then the label, then `Comment:`",
            Self::Jsonl => "on each line a JSON object with `tokens` or `text`",
            Self::Inline => "on each line a sentence with <e1>…</e1> and <e2>…</e2>",
            Self::Conllu => "CoNLL-U with comments `# subject = …` and `# object = …`",
            Self::KnowledgeNet => {
                "on each line a JSON object with `passage` and `property`, or with `documentId` and `passages`"
            }
        }
    }

    /// How the format counts spans.
    pub fn span_convention(self) -> &'static str {
        match self {
            Self::Tacred => "tokens, 0-based, end inclusive",
            Self::Conllu => "words, 1-based, end inclusive",
            Self::KnowledgeNet => "characters, 0-based, end exclusive",
            Self::SemEval | Self::Inline => "markers <e1> and <e2> in the sentence",
            Self::Jsonl => {
                "0-based, end exclusive; tokens where `tokens` are given, characters where `text` is, or markers"
            }
        }
    }

    /// The format of a file that begins with `head`: its first lines, or at least the first line
    /// that is not blank. `None` if no format fits.
    pub fn detect(head: &str) -> Option<Self> {
        let mut lines =
            head.lines().map(|line| line.trim_start_matches('\u{feff}')).filter(|line| !is_blank(line));
        let first = lines.next()?;
        let start = first.trim_start();
        if let Some(rest) = start.strip_prefix('[') {
            let next = rest.trim_start().chars().next().or_else(|| lines.next()?.trim_start().chars().next());
            if matches!(next, None | Some('{' | ']')) {
                return Some(Self::Tacred);
            }
        }
        if start.starts_with('{') && !inline_object(start) {
            return match jsonl::parse_line(start) {
                Ok(record) if knowledgenet::fits(&record) => Some(Self::KnowledgeNet),
                Ok(record) => jsonl::has_known_field(&record).then_some(Self::Jsonl),
                // Broken JSON is JSON lines too: reading it will say what is wrong and where.
                Err(_) => Some(Self::Jsonl),
            };
        }
        if conllu::begins(std::iter::once(first).chain(lines.clone())) {
            return Some(Self::Conllu);
        }
        if !inline::is_marked(first) {
            return None;
        }
        let (id, _) = inline::split_line(first);
        let official = id.is_some() && is_quoted(first);
        let labelled = id.is_some() && lines.next().is_some_and(|second| !inline::is_marked(second));
        Some(if official || labelled { Self::SemEval } else { Self::Inline })
    }
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Whether a line that begins with a brace is a marked sentence all the same.
fn inline_object(line: &str) -> bool {
    inline::is_marked(line) && !line[1..].trim_start().starts_with(['"', '}'])
}

/// Whether what follows the tab is in double quotes.
fn is_quoted(line: &str) -> bool {
    line.split_once('\t').is_some_and(|(_, sentence)| {
        let sentence = sentence.trim();
        sentence.len() >= 2 && sentence.starts_with('"') && sentence.ends_with('"')
    })
}

/// The fault of a file that no format fits.
pub(super) fn unknown_format(head: &str) -> Fault {
    let formats: Vec<String> =
        Format::ALL.iter().map(|format| format!("`{format}` ({})", format.description())).collect();
    Fault::expected("one of the known formats", looks_like(head))
        .help(format!("the formats are {}; name one to read the file as such", formats.join(", ")))
}

/// What a file that fits no format looks like.
fn looks_like(head: &str) -> String {
    let mut lines = head.lines().filter(|line| !is_blank(line));
    let first = lines.next().unwrap_or_default().trim();
    let second = lines.next().unwrap_or_default();
    let columns = first.split('\t').count();
    if first.starts_with('{') {
        return jsonl::describe_line(first);
    }
    if first.starts_with('[') {
        return "a JSON array, but not of objects".to_owned();
    }
    if first.starts_with("<?xml") || first.to_lowercase().starts_with("<!doctype") {
        return "XML or HTML".to_owned();
    }
    if columns > 1 && second.split('\t').count() == columns {
        return format!("a table of {columns} columns separated by tabs, beginning `{}`", shorten(first));
    }
    if first.contains("<e1>") || first.contains("<e2>") {
        return format!("a sentence with only one of <e1> and <e2>: `{}`", shorten(first));
    }
    format!("text without entity markers, beginning `{}`", shorten(first))
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name.to_lowercase());
        found.ok_or_else(|| {
            let names = Self::ALL.map(|format| format!("`{format}`")).join(", ");
            format!("expected one of the formats {names}, found `{name}`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised() {
        let marked = "<e1>a</e1> in <e2>b</e2>";
        let cases = [
            ("[{\"id\"".to_owned(), Some(Format::Tacred)),
            ("\n [\n\n  {".to_owned(), Some(Format::Tacred)),
            ("[]".to_owned(), Some(Format::Tacred)),
            ("\u{feff}{\"text\": \"a\"}\n".to_owned(), Some(Format::Jsonl)),
            ("{\"tokens\": [\"a".to_owned(), Some(Format::Jsonl)),
            ("{\"passage\": \"a b\", \"property\": \"CEO\"}".to_owned(), Some(Format::KnowledgeNet)),
            ("{\"documentId\": \"1\", \"passages\": []}".to_owned(), Some(Format::KnowledgeNet)),
            ("{\"text\": \"a\", \"passage\": \"a\", \"property\": \"P\"}".to_owned(), Some(Format::Jsonl)),
            ("{\"P177\": [{\"tokens\": []}]}".to_owned(), None),
            (format!("{marked}\n{marked}\n"), Some(Format::Inline)),
            (format!("[sic] {marked}\n"), Some(Format::Inline)),
            (format!("{{sic}} {marked}\n"), Some(Format::Inline)),
            (format!("x\t{marked}\ny\t{marked}\n"), Some(Format::Inline)),
            (format!("8001\t\"{marked}\"\n8002\t\"{marked}\"\n"), Some(Format::SemEval)),
            (format!("x\t{marked}\r\nOther\r\nComment:\r\n"), Some(Format::SemEval)),
            (format!("x\t\"{marked}\"\n"), Some(Format::SemEval)),
            ("\u{feff}# sent_id = 1\r\n1\tThe\t_".to_owned(), Some(Format::Conllu)),
            ("1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_\n".to_owned(), Some(Format::Conllu)),
            ("just text\n".to_owned(), None),
            (String::new(), None),
        ];
        for (head, expected) in cases {
            assert_eq!(Format::detect(&head), expected, "{head}");
        }
    }

    #[test]
    fn strangers_are_described() {
        let cases = [
            ("{\"passage\": \"a\", \"subj\": [0, 1]}", "the fields `passage`, `subj`"),
            ("a\tb\tc\nd\te\tf\n", "3 columns"),
            ("<?xml version='1.0'?>", "XML"),
            ("a <e1>b</e1>", "only one of"),
        ];
        for (head, expected) in cases {
            assert!(looks_like(head).contains(expected), "{head}: {}", looks_like(head));
        }
    }
}
