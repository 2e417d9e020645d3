//! File formats, one file or folder each: how a format is detected, read and, for some, written.
//!
//! [`ALL`] is the only list of them. To add a format, implement [`Definition`] for a type and add a line
//! there. Its reader is a [`Source`] of instances; what all readers share (places, warnings, checks that the
//! caller asked for) is in [`Context`].

pub(crate) mod brat;
pub(crate) mod conllu;
pub(crate) mod conventions;
pub(crate) mod crossre;
pub(crate) mod doccano;
pub(crate) mod docred;
pub(crate) mod documents;
pub(crate) mod fewrel;
pub(crate) mod flair;
pub(crate) mod head;
pub(crate) mod inline;
pub(crate) mod json;
pub(crate) mod jsonl;
pub(crate) mod knowledgenet;
pub(crate) mod labelstudio;
pub(crate) mod lines;
pub(crate) mod markers;
pub(crate) mod nyt10;
pub(crate) mod objects;
pub(crate) mod opennre;
pub(crate) mod prodigy;
pub(crate) mod raw;
pub(crate) mod records;
pub(crate) mod scierc;
pub(crate) mod semeval;
pub(crate) mod shape;
pub(crate) mod spans;
pub(crate) mod spert;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod tacred;
pub(crate) mod tacred_conll;

use std::fmt;
use std::io::{self, BufRead, Write};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::CorpusError;
use crate::instance::Instance;
use stream::Context;

pub(crate) use head::Head;

/// The definition of a format.
pub(crate) trait Definition: Sync {
    /// See [`Format::name`].
    fn name(&self) -> &'static str;

    /// See [`Format::description`].
    fn description(&self) -> &'static str;

    /// See [`Format::span_convention`].
    fn span_convention(&self) -> &'static str;

    /// Whether a file that begins like this is in the format.
    fn fits(&self, head: &Head) -> bool;

    /// The instances of a reader.
    ///
    /// # Errors
    /// If the input as a whole is not in the format.
    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError>;

    /// The function that writes instances, if they can be written.
    fn writer(&self) -> Option<Writer> {
        None
    }
}

/// The input of a format.
pub(crate) type Reader<'a> = Box<dyn BufRead + 'a>;

/// A function that writes instances.
pub(crate) type Writer = fn(&[Instance], &mut dyn Write) -> io::Result<()>;

/// The instances of a file, one after another; after one that cannot be read, the source continues with the
/// next.
pub(crate) trait Source {
    /// The next instance. Its place becomes the current place of `context`.
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>>;
}

/// A file format. `docs/FORMATS.md` describes each.
#[derive(Clone, Copy)]
pub struct Format(&'static dyn Definition);

impl Format {
    /// FewRel's JSON: one object with a list of instances for each relation, or one such list.
    pub const FEWREL: Self = Self(&fewrel::FewRel);
    /// OpenNRE's JSON objects with `h`, `t` and `token` or `text`, as Wiki80 and NYT10.
    pub const OPENNRE: Self = Self(&opennre::OpenNre);
    /// doccano's JSON objects with `entities` and `relations` by their identifiers.
    pub const DOCCANO: Self = Self(&doccano::Doccano);
    /// Label Studio's JSON export.
    pub const LABEL_STUDIO: Self = Self(&labelstudio::LabelStudio);
    /// Prodigy's JSON lines of relations.
    pub const PRODIGY: Self = Self(&prodigy::Prodigy);
    /// brat's `.ann` files, each beside its `.txt` file.
    pub const BRAT: Self = Self(&brat::Brat);
    /// SpERT's JSON, as CoNLL04 and ADE.
    pub const SPERT: Self = Self(&spert::Spert);
    /// SciERC's and DyGIE's JSON lines of documents.
    pub const SCIERC: Self = Self(&scierc::SciErc);
    /// CrossRE's JSON lines of sentences.
    pub const CROSSRE: Self = Self(&crossre::CrossRe);
    /// DocRED's JSON of documents.
    pub const DOCRED: Self = Self(&docred::DocRed);
    /// Plain JSON objects with the fields of a table.
    pub const RECORDS: Self = Self(&records::Records);
    /// TACRED's JSON: objects in one array, or on lines.
    pub const TACRED: Self = Self(&tacred::Tacred);
    /// KnowledgeNet: one JSON object per line, either a document or a passage and a property.
    pub const KNOWLEDGENET: Self = Self(&knowledgenet::KnowledgeNet);
    /// One JSON object per line.
    pub const JSONL: Self = Self(&jsonl::Jsonl);
    /// TACRED's columns.
    pub const TACRED_CONLL: Self = Self(&tacred_conll::TacredConll);
    /// Flair's CoNLL-U Plus, with relations in comments.
    pub const FLAIR: Self = Self(&flair::Flair);
    /// CoNLL-U, with the entities in comments.
    pub const CONLLU: Self = Self(&conllu::Conllu);
    /// NYT10's text: two entities, their relation and a sentence, separated by tabs.
    pub const NYT10: Self = Self(&nyt10::Nyt10);
    /// Comma-separated values, also with semicolons.
    pub const CSV: Self = Self(&table::Table { tabs: false });
    /// Tab-separated values.
    pub const TSV: Self = Self(&table::Table { tabs: true });
    /// The official text of SemEval-2010 Task 8.
    pub const SEMEVAL: Self = Self(&semeval::SemEval);
    /// One raw sentence per line, with `<e1>` and `<e2>` in it.
    pub const INLINE: Self = Self(&inline::Inline);

    /// All formats. The format of a file is the first one that it fits.
    pub const ALL: [Self; 22] = [
        Self::OPENNRE,
        Self::FEWREL,
        Self::DOCCANO,
        Self::LABEL_STUDIO,
        Self::PRODIGY,
        Self::SPERT,
        Self::SCIERC,
        Self::CROSSRE,
        Self::DOCRED,
        Self::RECORDS,
        Self::TACRED,
        Self::KNOWLEDGENET,
        Self::JSONL,
        Self::TACRED_CONLL,
        Self::FLAIR,
        Self::CONLLU,
        Self::BRAT,
        Self::NYT10,
        Self::TSV,
        Self::CSV,
        Self::SEMEVAL,
        Self::INLINE,
    ];

    /// The name used in options and files.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What a file of the format looks like, in a few words.
    pub fn description(self) -> &'static str {
        self.0.description()
    }

    /// How the format counts spans.
    pub fn span_convention(self) -> &'static str {
        self.0.span_convention()
    }

    /// The format of a file that begins with `head`: its first lines, or at least the first line
    /// that is not blank. `None` if no format fits.
    ///
    /// If the first line fits none, the lines after it decide, as one bad line does not make a file another.
    pub fn detect(head: &str) -> Option<Self> {
        let head = Head::new(head)?;
        let fitting = Self::ALL.into_iter().find(|format| format.0.fits(&head));
        fitting.or_else(|| head.after_bad_lines())
    }

    /// Whether instances can be written in this format.
    pub fn is_writable(self) -> bool {
        self.0.writer().is_some()
    }

    /// Writes instances.
    ///
    /// # Errors
    /// If writing fails, or instances cannot be written in this format: [`io::ErrorKind::Unsupported`] if
    /// none can, and [`io::ErrorKind::InvalidData`], naming the instance, if one cannot.
    pub fn write(self, instances: &[Instance], mut out: impl Write) -> io::Result<()> {
        if let Some(write) = self.0.writer() {
            return write(instances, &mut out);
        }
        let problem = format!("instances cannot be written in the format `{self}`");
        Err(io::Error::new(io::ErrorKind::Unsupported, problem))
    }

    pub(crate) fn open<'a>(
        self,
        reader: Reader<'a>,
        context: &Context,
    ) -> Result<Box<dyn Source + 'a>, CorpusError> {
        self.0.open(reader, context)
    }
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

impl fmt::Debug for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Format({})", self.name())
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised() {
        let marked = "<e1>a</e1> in <e2>b</e2>";
        let cases = [
            ("[{\"id\"".to_owned(), Some(Format::TACRED)),
            ("\n [\n\n  {".to_owned(), Some(Format::TACRED)),
            ("[]".to_owned(), Some(Format::TACRED)),
            ("\u{feff}{\"text\": \"a\"}\n".to_owned(), Some(Format::JSONL)),
            ("{\"tokens\": [\"a".to_owned(), Some(Format::JSONL)),
            ("{\"passage\": \"a b\", \"property\": \"CEO\"}".to_owned(), Some(Format::KNOWLEDGENET)),
            ("{\"documentId\": \"1\", \"passages\": []}".to_owned(), Some(Format::KNOWLEDGENET)),
            ("{\"text\": \"a\", \"passage\": \"a\", \"property\": \"P\"}".to_owned(), Some(Format::JSONL)),
            ("{\"P177\": [{\"tokens\": []}]}".to_owned(), Some(Format::FEWREL)),
            (format!("{marked}\n{marked}\n"), Some(Format::INLINE)),
            (format!("[sic] {marked}\n"), Some(Format::INLINE)),
            (format!("{{sic}} {marked}\n"), Some(Format::INLINE)),
            (format!("x\t{marked}\ny\t{marked}\n"), Some(Format::INLINE)),
            (format!("8001\t\"{marked}\"\n8002\t\"{marked}\"\n"), Some(Format::SEMEVAL)),
            (format!("x\t{marked}\r\nOther\r\nComment:\r\n"), Some(Format::SEMEVAL)),
            (format!("x\t\"{marked}\"\n"), Some(Format::SEMEVAL)),
            ("\u{feff}# sent_id = 1\r\n1\tThe\t_".to_owned(), Some(Format::CONLLU)),
            ("1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_\n".to_owned(), Some(Format::CONLLU)),
            (format!("The first is bad.\n{marked}\n"), Some(Format::INLINE)),
            (format!("1\t\"<e1>a</e1> is bad\"\nOther\n\n2\t\"{marked}\"\nOther\n"), Some(Format::SEMEVAL)),
            (format!("a\t{marked}\nb\tbad\n"), Some(Format::INLINE)),
            (format!("1 \"{marked}\"\nOther\n"), Some(Format::SEMEVAL)),
            (format!("# by hand\n{{\"text\": \"{marked}\"}}\n"), Some(Format::JSONL)),
            (format!("text\tlabel\n{marked}\tOther\n"), Some(Format::TSV)),
            (format!("text,label\n\"{marked}\",Other\n"), Some(Format::CSV)),
            // Names that are not known: a table, whose columns the caller must name.
            (format!("satz\tklasse\n{marked}\tOther\n"), Some(Format::TSV)),
            (format!("satz,klasse\nno table\n{marked}\n"), None),
            ("#1\tAnnotatorNotes T1\tx\nT1\tOrg 0 1\ta\n".to_owned(), Some(Format::BRAT)),
            ("bad\n[\n{\"token\": []}\n]\n".to_owned(), None),
            (format!("<?xml version='1.0'?>\n{marked}\n"), None),
            ("just text\n".to_owned(), None),
            (String::new(), None),
        ];
        for (head, expected) in cases {
            assert_eq!(Format::detect(&head), expected, "{head}");
        }
    }
}
