//! Merges a parser's output with the data it was made from.
//!
//! Parsers that read and write CoNLL-U keep the comments with entities and relation, so their output can be
//! used as data directly. This module is for those that do not: sentences are matched by their identifiers or
//! their order, and entities by their characters.

mod align;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{CorpusError, Fault, Notice, Place};
use crate::formats::conllu::{self, Blocks, Sentence, TagSet};
use crate::formats::json::shorten;
use crate::formats::lines::{self, Lines};
use crate::instance::{Entity, Instance, SourceText, Span};
use crate::validate::validate;
use crate::{Corpus, counted};
use align::Text;

/// Whether two texts have the same characters, except for white space and how brackets and quotes are written.
pub(crate) fn same_characters(one: &str, other: &str) -> bool {
    align::same(one, other)
}

/// How many identifiers a message lists.
const LISTED: usize = 5;

/// Advice on switching off sentence splitting, for messages.
const WHOLE_SENTENCES: &str = "switch off the parser's sentence splitting, or let it read the output of \
                               `mlrc convert DATA --to conllu`";

const OTHER_SENTENCE: &str = "the sentence must be the instance's and may differ only in tokenisation; is it \
                              from another file, or does the parser change the text?";

/// The sentences of a CoNLL-U file, which need no entities.
#[derive(Debug)]
pub struct Parses {
    path: PathBuf,
    sentences: Vec<Parsed>,
    /// What is unusual about the file.
    warning: Option<Notice>,
}

#[derive(Debug)]
struct Parsed {
    line: usize,
    sentence: Sentence,
}

impl Parses {
    /// Reads a file.
    ///
    /// # Errors
    /// If the file cannot be read, is not CoNLL-U or has no sentence.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, CorpusError> {
        let path = path.as_ref();
        match std::fs::read(path) {
            Ok(bytes) => Self::from_bytes(&bytes, path),
            Err(error) => {
                Err(Fault::new(format!("cannot be read: {error}")).in_file(path, Place::WholeFile).into())
            }
        }
    }

    /// Reads the content of a file; `path` names it in messages.
    ///
    /// # Errors
    /// As [`Parses::read`].
    pub fn from_bytes(bytes: &[u8], path: impl Into<PathBuf>) -> Result<Self, CorpusError> {
        let path = path.into();
        let whole_file = |fault: Fault| CorpusError::from(fault.in_file(&path, Place::WholeFile));
        lines::refuse_other_encodings(bytes).map_err(whole_file)?;
        let mut sentences = Vec::new();
        let mut tags = TagSet::default();
        for block in Blocks::new(Lines::new(bytes, path.clone())) {
            let block = block?;
            let mut sentence = Sentence::parse(&block.text).map_err(|fault| {
                let notice = fault.in_source(&path, Place::Line(block.line), &block.text, block.line);
                CorpusError::from(notice).at_snippet()
            })?;
            sentence.pos = tags.of(&mut sentence, block.line);
            sentences.push(Parsed { line: block.line, sentence });
        }
        if sentences.is_empty() {
            return Err(whole_file(Fault::expected("sentences in CoNLL-U", "none")));
        }
        let warning = tags.warning(&path);
        Ok(Self { path, sentences, warning })
    }

    /// The number of sentences.
    pub fn len(&self) -> usize {
        self.sentences.len()
    }

    /// Never true: a file without sentences is rejected when it is read.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// The sentence of each instance: by `sent_id` if every instance has one, else by order.
    fn matching(&self, corpus: &Corpus) -> Result<Vec<&Parsed>, CorpusError> {
        let mut by_id: HashMap<&str, Vec<&Parsed>> = HashMap::new();
        for parsed in &self.sentences {
            if let Some(id) = &parsed.sentence.id {
                by_id.entry(id).or_default().push(parsed);
            }
        }
        let ids = || corpus.instances.iter().map(|instance| instance.id.as_str());
        if let Some(found) = ids().map(|id| by_id.get(id)).collect::<Option<Vec<_>>>() {
            return ids().zip(found).map(|(id, found)| self.only(id, found)).collect();
        }
        if self.len() == corpus.instances.len() {
            return Ok(self.sentences.iter().collect());
        }
        let missing: Vec<&str> = ids().filter(|id| !by_id.contains_key(id)).collect();
        let listed: Vec<String> =
            missing.iter().take(LISTED).map(|id| format!("`{}`", shorten(id))).collect();
        let more = if missing.len() > LISTED { ", …" } else { "" };
        let count = corpus.instances.len();
        let expected = format!(
            "{}, one per instance, or a `sent_id` for every instance's identifier",
            counted(count, "sentence")
        );
        let found = format!(
            "{}, and no `sent_id` for {} of the identifiers: {}{more}",
            counted(self.len(), "sentence"),
            missing.len(),
            listed.join(", "),
        );
        let fault = Fault::expected(expected, found);
        let fault = fault.help(if self.len() > count {
            WHOLE_SENTENCES
        } else {
            "is this the parse of another file, or has the parser omitted sentences?"
        });
        Err(fault.in_file(&self.path, Place::WholeFile).into())
    }

    fn only<'a>(&self, id: &str, found: &[&'a Parsed]) -> Result<&'a Parsed, CorpusError> {
        if let [first, second, ..] = found {
            let lines = format!("{}, in lines {} and {}", found.len(), first.line, second.line);
            let fault = Fault::expected("one sentence", lines).of(id.to_owned());
            let fault = fault.field("sent_id").help(WHOLE_SENTENCES);
            return Err(fault.in_file(&self.path, Place::Line(second.line)).into());
        }
        Ok(found[0])
    }
}

impl Corpus {
    /// The corpus with its words and annotation replaced by the parser's. Where the parser's output lacks a
    /// layer, named-entity tags are kept from the instance, and so are the other layers if the words are the
    /// same.
    ///
    /// Sentences are matched to instances by `sent_id` or, if an instance's identifier is not among them, by
    /// order. If the words differ, entities are found by their characters; a word that lies only partly in an
    /// entity is counted as part of it, with a warning.
    ///
    /// # Errors
    /// If the sentences are not those of the instances, or the entities now share a word.
    pub fn with_parses(mut self, parses: &Parses) -> Result<Self, CorpusError> {
        let matched = parses.matching(&self)?;
        let help = if parses.len() > self.instances.len() { WHOLE_SENTENCES } else { OTHER_SENTENCE };
        let mut warnings = Vec::new();
        for (instance, parsed) in self.instances.iter_mut().zip(matched) {
            let place =
                |fault: Fault| fault.of(instance.id.clone()).in_file(&parses.path, Place::Line(parsed.line));
            let (joined, remarks) = join(instance, &parsed.sentence, help).map_err(place)?;
            warnings.extend(remarks.into_iter().map(place));
            *instance = joined;
        }
        self.warnings.extend(parses.warning.iter().cloned().chain(warnings));
        Ok(self)
    }
}

/// An instance with the words and the annotation of its sentence, and remarks about its entities.
fn join(instance: &Instance, sentence: &Sentence, help: &str) -> Result<(Instance, Vec<Fault>), Fault> {
    let mut joined = Instance {
        tokens: sentence.words.clone(),
        pos: sentence.pos.clone(),
        ner: sentence.ner.clone(),
        heads: sentence.heads.clone(),
        deprels: sentence.deprels.clone(),
        ..instance.clone()
    };
    let mut remarks = Vec::new();
    if joined.tokens == instance.tokens {
        joined.pos = joined.pos.or_else(|| instance.pos.clone());
        joined.ner = joined.ner.or_else(|| instance.ner.clone());
        joined.heads = joined.heads.or_else(|| instance.heads.clone());
        joined.deprels = joined.deprels.or_else(|| instance.deprels.clone());
    } else {
        let old = Text::of_tokens(&instance.tokens);
        let new =
            parsed_text(&old, sentence).ok_or_else(|| other_words(instance, sentence, &old).help(help))?;
        joined.subject = moved(&instance.subject, "subject", &old, &new, &sentence.words, &mut remarks)?;
        joined.object = moved(&instance.object, "object", &old, &new, &sentence.words, &mut remarks)?;
        let [before, after] = [instance, &joined].map(|one| one.subject.span.overlaps(one.object.span));
        if after && !before {
            let words = |span: Span| shorten(&sentence.words[span.range()].join(" "));
            let (subject, object) = (words(joined.subject.span), words(joined.object.span));
            let found = format!("`{subject}` (subject) and `{object}` (object) in the parser's words");
            return Err(Fault::expected("two entities without a token in common", found).field("object"));
        }
        joined.source = instance.source.as_ref().and_then(|source| recut(source, &new));
        if joined.ner.is_none() {
            joined.ner = instance.ner.as_ref().map(|tags| old.values_for(&new, tags));
        }
    }
    validate(&joined, &conllu::NAMES)?;
    Ok((joined, remarks))
}

/// The sentence's text if it equals `old`, with multiword tokens as written or, failing that, as their words.
fn parsed_text(old: &Text, sentence: &Sentence) -> Option<Text> {
    let written = Text::of_words(&sentence.words, &sentence.multiword);
    let candidates = [written, Text::of_tokens(&sentence.words)];
    candidates.into_iter().find(|text| text.characters == old.characters)
}

fn other_words(instance: &Instance, sentence: &Sentence, old: &Text) -> Fault {
    let new = Text::of_words(&sentence.words, &sentence.multiword);
    let same = old.characters.iter().zip(&new.characters).take_while(|(a, b)| a == b).count();
    let expected = format!("the words of the instance, `{}`", old.words_at(same, &instance.tokens));
    let found = format!("`{}`", new.words_at(same, &sentence.words));
    Fault::expected(expected, found).field("FORM")
}

/// The entity in terms of the new words.
fn moved(
    entity: &Entity,
    name: &str,
    old: &Text,
    new: &Text,
    words: &[String],
    remarks: &mut Vec<Fault>,
) -> Result<Entity, Fault> {
    let characters = old.characters_of(entity.span);
    let Some(span) = new.span_of(&characters) else {
        return Err(Fault::expected("an entity of at least one character", "only whitespace").field(name));
    };
    let covered = new.characters_of(span);
    if covered != characters {
        let phrase = |span: Span| shorten(&words[span.range()].join(" "));
        let message = format!(
            "the entity begins or ends within one of the parser's words; with whole words it is `{}`",
            phrase(span)
        );
        remarks.push(Fault::new(message).field(name));
    }
    Ok(Entity { span, kind: entity.kind.clone() })
}

/// The raw text with the offsets of the new words; `None` if they are not written one after the other.
fn recut(source: &SourceText, new: &Text) -> Option<SourceText> {
    let offsets = new.offsets_in(&source.text)?;
    Some(SourceText { text: source.text.clone(), offsets })
}
