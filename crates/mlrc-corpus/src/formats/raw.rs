//! Makes an instance from a raw sentence and two character ranges.

use std::ops::Range;

use crate::error::Fault;
use crate::instance::{Entity, Instance, SourceText, Span};
use crate::tokenize::{Token, Tokenizer};

/// Tokenises `text`; the ranges count Unicode scalar values, end exclusive, and lie in the text.
/// A token ends wherever an entity begins or ends, so the spans are exact.
pub(crate) fn instance_from_text(
    text: &str,
    subject: &Range<usize>,
    object: &Range<usize>,
    tokenizer: Tokenizer,
) -> Result<Instance, Fault> {
    let borders = [subject.start, subject.end, object.start, object.end];
    instance_from_tokens(text, tokenizer.tokenize(text, &borders), subject, object)
}

/// The same for a text whose tokens are given, none of which crosses the border of an entity.
pub(crate) fn instance_from_tokens(
    text: &str,
    tokens: Vec<Token>,
    subject: &Range<usize>,
    object: &Range<usize>,
) -> Result<Instance, Fault> {
    let entity = |range: &Range<usize>, name: &str| match span_of(&tokens, range) {
        Some(span) => Ok(Entity { span, kind: None }),
        None => Err(Fault::expected("at least one word", "only whitespace").field(name)),
    };
    Ok(Instance {
        id: String::new(),
        subject: entity(subject, "subject")?,
        object: entity(object, "object")?,
        pos: None,
        ner: None,
        heads: None,
        deprels: None,
        relation: None,
        fold: None,
        source: Some(SourceText {
            text: text.to_owned(),
            offsets: tokens.iter().map(|token| token.range.clone()).collect(),
        }),
        tokens: tokens.into_iter().map(|token| token.text).collect(),
    })
}

/// The tokens that lie in the range; `None` if the range holds only whitespace.
fn span_of(tokens: &[Token], range: &Range<usize>) -> Option<Span> {
    let start = tokens.partition_point(|token| token.range.start < range.start);
    let end = tokens.partition_point(|token| token.range.end <= range.end);
    (start < end).then(|| Span::new(start, end))
}
