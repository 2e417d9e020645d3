//! The instances of a file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::document::Document;
use crate::error::{CorpusError, Fault, Notice, Place};
use crate::formats::stream::{InstanceStream, ReadOptions};
use crate::formats::{Format, inline, lines};
use crate::instance::Instance;
use crate::tokenize::Tokenizer;

/// The instances of a file. Identifiers are unique.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// The instances in the order of the file.
    pub instances: Vec<Instance>,
    /// The file's format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
    /// Warnings about data that is unusual but usable.
    pub warnings: Vec<Notice>,
    /// The errors of unusable instances, which were skipped because of [`ReadOptions::skip_bad`].
    pub skipped: Vec<CorpusError>,
    /// The location of each instance in the file, for messages.
    pub(crate) places: Vec<Place>,
}

impl Corpus {
    /// Reads a file of any format with the default options: every instance must be valid, and raw text is
    /// split at each punctuation mark.
    ///
    /// # Errors
    /// As [`Corpus::read`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CorpusError> {
        Self::read(path, &ReadOptions::default())
    }

    /// A corpus of marked sentences, each with its relation.
    ///
    /// ```
    /// let corpus = mlrc_corpus::Corpus::from_records([
    ///     ("The <e1>fire</e1> was caused by the <e2>bomb</e2>.", "Cause-Effect(e2,e1)"),
    ///     ("A <e1>key</e1> in my <e2>pocket</e2>.", "Content-Container(e1,e2)"),
    /// ])?;
    /// assert_eq!(corpus.instances[1].relation.as_deref(), Some("Content-Container(e1,e2)"));
    /// # Ok::<(), mlrc_corpus::CorpusError>(())
    /// ```
    ///
    /// # Errors
    /// If the markers of a sentence are invalid or a relation is empty; the message gives the record's
    /// number, counted from 0.
    pub fn from_records<S: AsRef<str>, R: AsRef<str>>(
        records: impl IntoIterator<Item = (S, R)>,
    ) -> Result<Self, CorpusError> {
        let memory = Path::new("<memory>");
        let instances = records.into_iter().enumerate().map(|(index, (sentence, relation))| {
            let (sentence, relation) = (sentence.as_ref(), relation.as_ref());
            let place = Place::Index(index);
            let instance = inline::parse_marked(sentence, Tokenizer::default())
                .map_err(|fault| CorpusError::from(fault.in_source(memory, place, sentence, 1)))?;
            if relation.trim().is_empty() {
                let fault = Fault::expected("a label", "none").field("relation");
                return Err(CorpusError::from(fault.in_file(memory, place)));
            }
            Ok(Instance { id: index.to_string(), relation: Some(relation.to_owned()), ..instance })
        });
        Ok(Self::from_instances(instances.collect::<Result<_, _>>()?))
    }

    /// Reads a file, or a folder of brat's documents.
    ///
    /// # Errors
    /// If the file cannot be read, is not UTF-8, matches no format, has no instances, or, unless
    /// [`ReadOptions::skip_bad`] is set, if any instance is malformed or repeats an identifier.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, CorpusError> {
        let path = path.as_ref();
        if path.is_dir() {
            return Self::from_stream(InstanceStream::of_folder(path, options)?, path.to_owned(), options);
        }
        match std::fs::read(path) {
            Ok(bytes) => Self::from_bytes(&bytes, path, options).map_err(|error| {
                let annotation = path.with_extension("ann");
                let is_text = path.extension().is_some_and(|extension| extension == "txt");
                if is_text && annotation.is_file() {
                    let mut notice = error.into_notice();
                    notice.help = Some(format!("its annotation is beside it: read {}", annotation.display()));
                    return notice.into();
                }
                error
            }),
            Err(error) => {
                Err(Fault::new(format!("cannot be read: {error}")).in_file(path, Place::WholeFile).into())
            }
        }
    }

    /// Reads the content of a file; `path` names it in messages.
    ///
    /// # Errors
    /// As [`Corpus::read`].
    pub fn from_bytes(
        bytes: &[u8],
        path: impl Into<PathBuf>,
        options: &ReadOptions,
    ) -> Result<Self, CorpusError> {
        let path = path.into();
        let whole_file = |fault: Fault| CorpusError::from(fault.in_file(&path, Place::WholeFile));
        lines::refuse_other_encodings(bytes).map_err(whole_file)?;
        let format = options.format_of(head(bytes)).map_err(whole_file)?;
        let options = ReadOptions { format: Some(format), ..options.clone() };
        let stream = InstanceStream::new(bytes, path.clone(), &options)?;
        Self::from_stream(stream, path, &options)
    }

    fn from_stream(
        stream: InstanceStream,
        path: PathBuf,
        options: &ReadOptions,
    ) -> Result<Self, CorpusError> {
        let mut corpus = Self { format: stream.format(), path, ..Self::from_instances(Vec::new()) };
        corpus.fill(stream, options.skip_bad)?;
        if !options.keep_empty || corpus.skipped.is_empty() {
            corpus.refuse_empty()?;
        }
        Ok(corpus)
    }

    /// A corpus of instances constructed in memory. Identifiers should be unique; whether each instance is
    /// valid ([`Instance::check`]) is checked when it is read for training or prediction.
    pub fn from_instances(instances: Vec<Instance>) -> Self {
        let places = (0..instances.len()).map(Place::Index).collect();
        let (warnings, skipped) = (Vec::new(), Vec::new());
        Self { instances, format: Format::JSONL, path: PathBuf::from("<memory>"), warnings, skipped, places }
    }

    /// The instances that a policy makes of documents. What is left out is counted in the warnings.
    ///
    /// ```
    /// use mlrc_corpus::document::{Content, Document, Entity, Relation};
    /// use mlrc_corpus::{Corpus, ReadOptions};
    ///
    /// let document = Document {
    ///     id: "a".to_owned(),
    ///     content: Content::Text("Ada works at Acme.".to_owned()),
    ///     entities: vec![Entity::at(0..3, None), Entity::at(13..17, Some("ORG".to_owned()))],
    ///     relations: Some(vec![Relation { label: "works_at".to_owned(), head: 0, tail: 1 }]),
    /// };
    /// let corpus = Corpus::from_documents([document], &ReadOptions::default())?;
    /// assert_eq!(corpus.instances[0].id, "a:0-3:13-17:works_at");
    /// # Ok::<(), mlrc_corpus::CorpusError>(())
    /// ```
    ///
    /// # Errors
    /// If a span is empty or outside of its document, a relation refers to no entity or has no label, or no instances
    /// can be made.
    pub fn from_documents(
        documents: impl IntoIterator<Item = Document>,
        options: &ReadOptions,
    ) -> Result<Self, CorpusError> {
        let stream = InstanceStream::of_documents(documents.into_iter(), options);
        Self::from_stream(stream, PathBuf::from("<memory>"), options)
    }

    /// The location of an instance in the file.
    pub fn place(&self, index: usize) -> Place {
        self.places.get(index).copied().unwrap_or(Place::Index(index))
    }

    fn fill(&mut self, mut stream: InstanceStream, skip_bad: bool) -> Result<(), CorpusError> {
        let mut first_places: HashMap<String, Place> = HashMap::new();
        while let Some(read) = stream.next() {
            let place = stream.place();
            let checked = read.and_then(|instance| match first_places.get(&instance.id) {
                Some(first) => Err(duplicate_id(&instance, *first).in_file(&self.path, place).into()),
                None => Ok(instance),
            });
            match checked {
                Ok(instance) => {
                    first_places.insert(instance.id.clone(), place);
                    self.instances.push(instance);
                    self.places.push(place);
                }
                Err(error) if skip_bad => self.skipped.push(error),
                Err(error) => return Err(error),
            }
        }
        self.warnings.extend(stream.take_warnings());
        Ok(())
    }

    fn refuse_empty(&self) -> Result<(), CorpusError> {
        if !self.instances.is_empty() {
            return Ok(());
        }
        let usable = "at least one usable instance";
        Err(self.error(match &self.skipped[..] {
            // What was left out may be all that there was.
            [] => match &self.warnings[..] {
                [] => Fault::expected("instances", "none"),
                said => {
                    let said: Vec<&str> = said.iter().map(|notice| notice.message.as_str()).collect();
                    Fault::expected("instances", format_args!("none, but {}", said.join("; ")))
                }
            },
            [only] => Fault::expected(usable, format_args!("1 that was skipped because of: {only}")),
            [first, ..] => {
                let found =
                    format!("{} that were all skipped, the first because of: {first}", self.skipped.len());
                Fault::expected(usable, found)
            }
        }))
    }

    /// An error about the file.
    pub(crate) fn error(&self, fault: Fault) -> CorpusError {
        fault.in_file(&self.path, Place::WholeFile).into()
    }

    /// An error about an instance.
    pub(crate) fn error_at(&self, index: usize, mut fault: Fault) -> CorpusError {
        fault.id = self.instances.get(index).map(|instance| instance.id.clone());
        fault.in_file(&self.path, self.place(index)).into()
    }
}

/// The beginning of a file, by which its format is recognised: 64 KiB more than the first line that
/// is not blank.
fn head(bytes: &[u8]) -> &[u8] {
    let blank = bytes.len() - bytes.trim_ascii_start().len();
    let line = bytes[blank..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - blank);
    &bytes[..bytes.len().min(blank + line + (1 << 16))]
}

fn duplicate_id(instance: &Instance, first: Place) -> Fault {
    let found = match first {
        Place::Line(line) => format!("the one of line {line}"),
        Place::Index(index) => format!("the one of element {index}"),
        Place::WholeFile => "one used before".to_owned(),
    };
    let mut fault = Fault::expected("a unique identifier", found).field("id");
    fault.id = Some(instance.id.clone());
    fault.help("number the instances, or omit the identifiers")
}
