//! One sentence with two marked entities, and the layers of annotation it may carry.

use std::ops::Range;
use std::path::Path;

use crate::error::{CorpusError, Fault, Place};
use crate::formats::inline;
use crate::tokenize::Tokenizer;
use crate::validate::{FieldNames, check_layers};

/// A run of tokens, `start..end` with `end` **exclusive** (whatever the file's convention).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Index of the first token.
    pub start: usize,
    /// Index after the last token.
    pub end: usize,
}

impl Span {
    /// The span `start..end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The span as a range, for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether the token at `index` belongs to the span.
    #[must_use]
    pub fn contains(self, index: usize) -> bool {
        self.range().contains(&index)
    }

    /// Whether the two spans share a token.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A marked entity: its tokens and, if the data gives it, its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// The entity's tokens.
    pub span: Span,
    /// Entity type such as `PERSON`; used by entity masking.
    pub kind: Option<String>,
}

/// The sentence as it stood before tokenisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The raw sentence, without markers.
    pub text: String,
    /// The characters of each token (Unicode scalar values, end exclusive) in `text`.
    pub offsets: Vec<Range<usize>>,
}

/// One sentence with two marked entities and, if labelled, the relation between them.
///
/// Each annotation layer is optional; a layer that is present has one entry per token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Identifier, unique in its corpus.
    pub id: String,
    /// The words.
    pub tokens: Vec<String>,
    /// The first argument of the relation (TACRED's subject, SemEval's e1).
    pub subject: Entity,
    /// The second argument of the relation (TACRED's object, SemEval's e2).
    pub object: Entity,
    /// Part-of-speech tag of each token.
    pub pos: Option<Vec<String>>,
    /// Named-entity tag of each token.
    pub ner: Option<Vec<String>>,
    /// Dependency head of each token, 1-based; 0 marks a root.
    pub heads: Option<Vec<usize>>,
    /// Dependency relation of each token to its head.
    pub deprels: Option<Vec<String>>,
    /// The relation's label; `None` when it is to be predicted.
    pub relation: Option<String>,
    /// The fold of the release that the instance belongs to, where the data has folds.
    pub fold: Option<String>,
    /// Raw text and token offsets, where the data came as raw text.
    pub source: Option<SourceText>,
}

impl Entity {
    /// Its type, if it has one: `O` (outside, in the tagging schemes) says that it has none.
    pub fn type_name(&self) -> Option<&str> {
        self.kind.as_deref().filter(|kind| *kind != "O")
    }
}

impl Instance {
    /// Both entities with their places in the relation, 0 for the subject, the longer one first: what is written over the
    /// tokens of each in this order leaves something of an entity within the other.
    pub fn longest_entity_first(&self) -> [(usize, &Entity); 2] {
        let (subject, object) = ((0, &self.subject), (1, &self.object));
        let length = |entity: &Entity| entity.span.range().len();
        if length(&self.object) > length(&self.subject) { [object, subject] } else { [subject, object] }
    }

    /// Whether both entities have a type.
    pub fn is_typed(&self) -> bool {
        self.subject.type_name().is_some() && self.object.type_name().is_some()
    }

    /// An instance of `tokens` with its entities and nothing else; the layers are public fields, and
    /// [`Instance::check`] checks them.
    ///
    /// ```
    /// use mlrc_corpus::{Instance, Span};
    ///
    /// let instance = Instance::new(["the", "fire", "after", "the", "bomb"], Span::new(1, 2), Span::new(4, 5))?;
    /// assert_eq!(instance.tokens[instance.object.span.range()], ["bomb"]);
    /// assert!(Instance::new(["fire", "bomb"], Span::new(0, 1), Span::new(1, 3)).is_err());
    /// # Ok::<(), mlrc_corpus::CorpusError>(())
    /// ```
    ///
    /// # Errors
    /// If there are no tokens or one is empty, or a span is empty or reaches beyond the tokens.
    pub fn new<T: Into<String>>(
        tokens: impl IntoIterator<Item = T>,
        subject: Span,
        object: Span,
    ) -> Result<Self, CorpusError> {
        let entity = |span| Entity { span, kind: None };
        let tokens = tokens.into_iter().map(Into::into).collect();
        let instance = Self::bare(tokens, entity(subject), entity(object));
        instance.check()?;
        Ok(instance)
    }

    /// An instance with nothing but its tokens and entities, unchecked.
    pub(crate) fn bare(tokens: Vec<String>, subject: Entity, object: Entity) -> Self {
        Self {
            id: String::new(),
            tokens,
            subject,
            object,
            pos: None,
            ner: None,
            heads: None,
            deprels: None,
            relation: None,
            fold: None,
            source: None,
        }
    }

    /// The instance of a sentence with `<e1>…</e1>` around the subject and `<e2>…</e2>` around the object.
    ///
    /// ```
    /// use mlrc_corpus::{Instance, Tokenizer};
    ///
    /// let sentence = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.";
    /// assert_eq!(Instance::marked(sentence, Tokenizer::default())?.tokens.len(), 8);
    /// # Ok::<(), mlrc_corpus::CorpusError>(())
    /// ```
    ///
    /// # Errors
    /// If a marker is missing, appears twice or encloses nothing, or the entities overlap in part.
    pub fn marked(sentence: &str, tokenizer: Tokenizer) -> Result<Self, CorpusError> {
        let path = Path::new("<sentence>");
        inline::parse_marked(sentence, tokenizer)
            .map_err(|fault| fault.in_source(path, Place::WholeFile, sentence, 1).into())
    }

    /// Checks what the readers of files guarantee, for instances that were constructed or changed in memory:
    /// spans lie within the sentence, no token is empty, and each layer has one entry per token. (Heads need not form a tree: learners that read them repair them.)
    ///
    /// # Errors
    /// The first of these conditions that does not hold.
    pub fn check(&self) -> Result<(), CorpusError> {
        self.find_fault().map_or(Ok(()), |fault| {
            Err(fault.of(self.id.clone()).in_file(Path::new("<memory>"), Place::WholeFile).into())
        })
    }

    fn find_fault(&self) -> Option<Fault> {
        let names = FieldNames::OF_INSTANCE;
        let count = self.tokens.len();
        let outside = |entity: &Entity, name| {
            let Span { start, end } = entity.span;
            (start >= end || end > count).then(|| {
                let expected = format!("a span of at least one token within the {count} tokens");
                Fault::expected(expected, format_args!("{start}..{end}")).field(name)
            })
        };
        if count > 0
            && let Some(fault) =
                outside(&self.subject, names.subject).or_else(|| outside(&self.object, names.object))
        {
            return Some(fault);
        }
        check_layers(self, &names).err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_cannot_hold_is_found_in_memory_too() {
        let sound = Instance::new(["a", "b", "c"], Span::new(0, 1), Span::new(1, 3)).unwrap();
        let said = |change: fn(&mut Instance)| {
            let mut instance = Instance { id: "x".to_owned(), ..sound.clone() };
            change(&mut instance);
            instance.check().unwrap_err().to_string()
        };
        let outside = said(|instance| instance.object.span = Span::new(1, 9));
        assert_eq!(
            outside,
            "<memory>: instance `x`: field `object`: expected a span of at least one token within the 3 tokens, found 1..9"
        );
        for (change, expected) in [
            ((|i: &mut Instance| i.subject.span = Span::new(2, 2)) as fn(&mut Instance), "field `subject`"),
            (|i| i.tokens.clear(), "field `tokens`: expected at least one token"),
            (|i| i.tokens[2].clear(), "an empty string as token 2"),
            (|i| i.pos = Some(vec!["X".to_owned()]), "field `pos`: expected 3 entries"),
            (|i| i.ner = Some(Vec::new()), "field `ner`: expected 3 entries"),
            (|i| i.heads = Some(vec![0, 1]), "field `heads`: expected 3 entries"),
            (|i| i.deprels = Some(Vec::new()), "field `deprels`: expected 3 entries"),
        ] {
            assert!(said(change).contains(expected), "{}", said(change));
        }
        // Heads outside the sentence are reported, and repaired when a learner reads them.
        let heads = Instance { heads: Some(vec![0, 9, 1]), ..sound };
        assert!(heads.check().is_ok());
    }
}
