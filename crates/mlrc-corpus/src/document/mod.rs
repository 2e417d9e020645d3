//! Documents: a text, entities in it, and relations between them. Annotation tools and many data sets have this
//! form; instances are made of it by a [`PairPolicy`].
//!
//! A pair of entities with a relation is an instance: its sentence, the head as the subject, the tail as the
//! object. Whatever cannot become one is left out and counted by reason.

mod layout;
mod pairs;
mod policy;
mod sentences;

use std::ops::Range;

use crate::error::Fault;

pub(crate) use layout::Layout;
pub(crate) use pairs::Pairs;
pub use policy::{
    AcrossSentences, DiscontinuousMentions, MentionChoice, PairPolicy, SentenceUnit, SeveralRelations,
    UnrelatedPairs,
};
pub(crate) use sentences::{is_abbreviation, split};

/// A text with entities and relations between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The identifier, with which those of its instances begin.
    pub id: String,
    /// The text, which gives spans their unit.
    pub content: Content,
    /// What relations may hold between.
    pub entities: Vec<Entity>,
    /// The relations; `None` if the document was not annotated with relations, so that those of its pairs are to
    /// be predicted.
    pub relations: Option<Vec<Relation>>,
}

/// The text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Raw text; spans count its characters (Unicode scalar values).
    Text(String),
    /// Raw text and the characters of its tokens, in ascending order; spans count characters.
    Tokens {
        /// The text.
        text: String,
        /// The tokens, end exclusive.
        tokens: Vec<Range<usize>>,
    },
    /// The tokens of each sentence; spans count the tokens of the document.
    Sentences(Vec<Vec<String>>),
}

/// Something that is mentioned in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its type, such as `PERSON`.
    pub kind: Option<String>,
    /// Where it is mentioned; at least one mention.
    pub mentions: Vec<Mention>,
}

/// A place where an entity is mentioned: its parts, each with the end **exclusive**; several if the mention is
/// discontinuous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention(pub Vec<Range<usize>>);

/// A relation between two entities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The label.
    pub label: String,
    /// The index of the head, which becomes the subject.
    pub head: usize,
    /// The index of the tail, which becomes the object.
    pub tail: usize,
}

impl Entity {
    /// An entity with a single mention, which is not discontinuous.
    pub fn at(span: Range<usize>, kind: Option<String>) -> Self {
        Self { kind, mentions: vec![Mention(vec![span])] }
    }
}

impl Mention {
    /// From the beginning of the first part to the end of the last.
    pub(crate) fn hull(&self) -> Range<usize> {
        let start = self.0.iter().map(|part| part.start).min().unwrap_or(0);
        start..self.0.iter().map(|part| part.end).max().unwrap_or(0)
    }
}

impl Content {
    /// The number of units that spans count.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Tokens { text, .. } => text.chars().count(),
            Self::Sentences(sentences) => sentences.iter().map(Vec::len).sum(),
        }
    }

    /// What spans count.
    pub(crate) fn unit(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Tokens { .. } => "characters",
            Self::Sentences(_) => "tokens",
        }
    }
}

impl Document {
    /// Whether spans lie in the text and relations refer to entities, which readers have checked with better
    /// messages, and programs have not.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let length = self.content.len();
        if let Content::Tokens { tokens, .. } = &self.content {
            let mut from = 0;
            for token in tokens {
                if token.start < from || token.end < token.start || token.end > length {
                    let expected = format!("tokens in ascending order, up to {length}");
                    return Err(Fault::expected(expected, format_args!("{token:?}")).field("tokens"));
                }
                from = token.end;
            }
        }
        for entity in &self.entities {
            if entity.mentions.is_empty() || entity.mentions.iter().any(|mention| mention.0.is_empty()) {
                return Err(Fault::expected("at least one span of each entity", "none").field("entities"));
            }
            let mut parts = entity.mentions.iter().flat_map(|mention| &mention.0);
            if let Some(part) = parts.find(|part| part.start >= part.end || part.end > length) {
                let expected =
                    format!("spans that are not empty, within the {length} {}", self.content.unit());
                return Err(Fault::expected(expected, format_args!("{part:?}")).field("entities"));
            }
        }
        let count = self.entities.len();
        let mut ends = self.relations.iter().flatten().flat_map(|relation| [relation.head, relation.tail]);
        if let Some(end) = ends.find(|end| *end >= count) {
            let expected = format!("indices below {count}, the number of entities");
            return Err(Fault::expected(expected, end).field("relations"));
        }
        if self.relations.iter().flatten().any(|relation| relation.label.trim().is_empty()) {
            return Err(Fault::expected("a label of each relation", "an empty one").field("relations"));
        }
        Ok(())
    }
}
