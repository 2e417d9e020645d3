//! One sentence with two marked entities, and the layers of annotation it may carry.

use std::ops::Range;

/// A run of tokens, `start..end` with `end` **exclusive** (whatever the file counted).
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

/// A marked entity: where it is and, where the data says so, of what type.
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
    /// For each token its characters (Unicode scalar values, end exclusive) in `text`.
    pub offsets: Vec<Range<usize>>,
}

/// One sentence with two marked entities and, if labelled, the relation between them.
///
/// The annotation layers are optional as wholes: a layer that is present has one entry per token.
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
