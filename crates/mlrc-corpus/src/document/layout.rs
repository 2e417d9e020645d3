//! A document taken apart into sentences and mentions, and the instance of a pair of mentions.

use std::ops::Range;

use super::policy::{AcrossSentences, DiscontinuousMentions, MentionChoice, PairPolicy, SentenceUnit};
use super::{Content, Document, Entity, Mention, sentences};
use crate::characters::is_unseen;
use crate::error::Fault;
use crate::formats::raw::{instance_from_text, instance_from_tokens};
use crate::instance::{self, Instance, Span};
use crate::tally::Remark;
use crate::tokenize::{Token, Tokenizer};
use crate::validate::{FieldNames, validate};

/// Where a head and a tail are in a document.
pub(crate) type Spans = [Range<usize>; 2];

/// Why two mentions are no instance, from what is closest to being one to what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Obstacle {
    TooFar,
    DifferentSentences,
    Same,
    Blank,
    Discontinuous,
}

impl Obstacle {
    pub(super) fn remark(self, policy: &PairPolicy) -> Remark {
        let left_out = |why: &str| Remark::new("relation", format!("left out: {why}"));
        match self {
            Self::TooFar => {
                let most = policy.max_distance.unwrap_or(usize::MAX);
                left_out(&format!("more than {most} tokens lie between head and tail"))
            }
            Self::DifferentSentences => left_out("head and tail are in different sentences")
                .help("a pair policy with `across=joined` reads such sentences as one"),
            Self::Same => left_out("head and tail are the same entity"),
            Self::Blank => left_out("head or tail is only white space"),
            Self::Discontinuous => left_out("head or tail is discontinuous").help(
                "a pair policy with `discontinuous=filled` reads mentions from their first part to the last",
            ),
        }
    }
}

/// A document taken apart: its sentences, and the place of each mention.
pub(crate) struct Layout {
    /// The characters of raw text; empty where there are tokens only.
    chars: Vec<char>,
    /// In the document's units, in ascending order.
    sentences: Vec<Range<usize>>,
    mentions: Vec<Vec<Placed>>,
    tokenizer: Tokenizer,
}

/// A mention's place; `None` if it is discontinuous and therefore left out.
struct Placed {
    span: Option<Range<usize>>,
    filled: bool,
}

/// Pairs of mentions and the sentence of each.
pub(crate) type Places = Vec<(Spans, Range<usize>)>;

impl Layout {
    pub(crate) fn new(document: &Document, policy: &PairPolicy, tokenizer: Tokenizer) -> Self {
        let chars: Vec<char> = match &document.content {
            Content::Text(text) | Content::Tokens { text, .. } => text.chars().collect(),
            Content::Sentences(_) => Vec::new(),
        };
        let place = |mention: &Mention| {
            let mut parts = mention.0.clone();
            parts.sort_unstable_by_key(|part| (part.start, part.end));
            let gap = parts.windows(2).any(|pair| {
                let between = pair[0].end..pair[1].start;
                // White space between parts, such as the end of a line, is no gap.
                !between.is_empty()
                    && chars.get(between).is_none_or(|gap| !gap.iter().all(|c| c.is_whitespace()))
            });
            let kept = !gap || policy.discontinuous == DiscontinuousMentions::Filled;
            Placed { span: kept.then(|| mention.hull()), filled: gap }
        };
        let mentions: Vec<Vec<Placed>> = document
            .entities
            .iter()
            .map(|entity: &Entity| entity.mentions.iter().map(place).collect())
            .collect();
        let sentences = match &document.content {
            Content::Sentences(sentences) => {
                let mut end = 0;
                let range = |sentence: &Vec<String>| {
                    end += sentence.len();
                    end - sentence.len()..end
                };
                sentences.iter().map(range).filter(|range| !range.is_empty()).collect()
            }
            _ if policy.sentences == SentenceUnit::Whole => std::iter::once(0..chars.len()).collect(),
            _ => {
                let spans: Vec<Range<usize>> =
                    mentions.iter().flatten().filter_map(|placed| placed.span.clone()).collect();
                sentences::split(&chars, &spans)
            }
        };
        Self { chars, sentences, mentions, tokenizer }
    }

    /// The sentences of the document, in its units and order.
    pub(crate) fn sentences(&self) -> &[Range<usize>] {
        &self.sentences
    }

    pub(super) fn is_filled(&self, entity: usize) -> bool {
        self.mentions[entity].iter().any(|placed| placed.filled)
    }

    /// Where the entities can be an instance, at least once.
    pub(crate) fn places(&self, entities: [usize; 2], policy: &PairPolicy) -> Result<Places, Obstacle> {
        let [head, tail] = entities;
        if head == tail {
            return Err(Obstacle::Same);
        }
        let mut found: Places = Vec::new();
        let mut obstacle = None;
        for head in &self.mentions[head] {
            for tail in &self.mentions[tail] {
                match self.place(head, tail, policy) {
                    Ok(place) => found.push(place),
                    Err(other) => obstacle = Some(obstacle.map_or(other, |known: Obstacle| known.min(other))),
                }
            }
        }
        let distance = |(spans, _): &(Spans, Range<usize>)| between(spans).len();
        let chosen = match policy.mentions {
            MentionChoice::All => found,
            MentionChoice::First => found.into_iter().take(1).collect(),
            MentionChoice::Nearest => found.into_iter().min_by_key(distance).into_iter().collect(),
        };
        if chosen.is_empty() { Err(obstacle.unwrap_or(Obstacle::Blank)) } else { Ok(chosen) }
    }

    /// The spans of two mentions and their sentence.
    fn place(
        &self,
        head: &Placed,
        tail: &Placed,
        policy: &PairPolicy,
    ) -> Result<(Spans, Range<usize>), Obstacle> {
        let (Some(head), Some(tail)) = (&head.span, &tail.span) else { return Err(Obstacle::Discontinuous) };
        let blank = |span: &Range<usize>| {
            self.chars.get(span.clone()).is_some_and(|chars| chars.iter().all(|c| is_unseen(*c)))
        };
        if blank(head) || blank(tail) {
            return Err(Obstacle::Blank);
        }
        let (Some(first), Some(last)) = (self.sentence(head, tail), self.last_sentence(head, tail)) else {
            return Err(Obstacle::Blank);
        };
        if first != last && policy.across == AcrossSentences::LeftOut {
            return Err(Obstacle::DifferentSentences);
        }
        let spans = [head.clone(), tail.clone()];
        if policy.max_distance.is_some_and(|most| self.tokens_between(&spans) > most) {
            return Err(Obstacle::TooFar);
        }
        // A mention may begin or end with white space, which is outside of sentences.
        let (start, end) = (head.start.min(tail.start), head.end.max(tail.end));
        let sentence = self.sentences[first].start.min(start)..self.sentences[last].end.max(end);
        Ok((spans, sentence))
    }

    /// The sentence in which the first of two spans begins.
    fn sentence(&self, head: &Range<usize>, tail: &Range<usize>) -> Option<usize> {
        let start = head.start.min(tail.start);
        let index = self.sentences.partition_point(|sentence| sentence.end <= start);
        (index < self.sentences.len()).then_some(index)
    }

    /// The sentence in which the second of two spans ends.
    fn last_sentence(&self, head: &Range<usize>, tail: &Range<usize>) -> Option<usize> {
        let end = head.end.max(tail.end);
        self.sentences.partition_point(|sentence| sentence.start < end).checked_sub(1)
    }

    fn tokens_between(&self, spans: &Spans) -> usize {
        let between = between(spans);
        match self.chars.get(between.clone()) {
            Some(chars) if !self.chars.is_empty() => {
                let text: String = chars.iter().collect();
                self.tokenizer.tokenize(&text, &[]).len()
            }
            _ => between.len(),
        }
    }

    /// The instance of a pair in its sentence.
    pub(super) fn instance(
        &self,
        document: &Document,
        entities: [usize; 2],
        spans: &Spans,
        sentence: &Range<usize>,
        label: Option<String>,
        tokenizer: Tokenizer,
    ) -> Result<Instance, Fault> {
        let inside = spans.clone().map(|span| span.start - sentence.start..span.end - sentence.start);
        let [subject, object] = &inside;
        let made = match &document.content {
            Content::Text(_) => {
                let text: String = self.chars[sentence.clone()].iter().collect();
                instance_from_text(&text, subject, object, tokenizer)
            }
            Content::Tokens { tokens, .. } => {
                let chars = &self.chars[sentence.clone()];
                let borders = [subject.start, subject.end, object.start, object.end];
                let tokens = cut_tokens(chars, tokens, sentence, &borders);
                instance_from_tokens(&chars.iter().collect::<String>(), tokens, subject, object)
            }
            Content::Sentences(sentences) => sentence_instance(sentences, sentence, spans),
        };
        let [start, end] = spans.each_ref().map(|span| format!("{}-{}", span.start, span.end));
        let suffix = label.as_ref().map(|label| format!(":{label}")).unwrap_or_default();
        let id = format!("{}:{start}:{end}{suffix}", document.id);
        let mut instance = made.map_err(|fault| fault.of(id.clone()))?;
        instance.id = id;
        instance.relation = label;
        let [head, tail] = entities.map(|entity| document.entities[entity].kind.clone());
        instance.subject.kind = head;
        instance.object.kind = tail;
        validate(&instance, &FieldNames::OF_INSTANCE).map_err(|fault| fault.of(instance.id.clone()))?;
        Ok(instance)
    }
}

/// What lies between two spans: nothing if they overlap.
fn between(spans: &Spans) -> Range<usize> {
    let [head, tail] = spans;
    let (first, second) = if head.start < tail.start { (head, tail) } else { (tail, head) };
    first.end..second.start.max(first.end)
}

/// The given tokens in a sentence, counted from its start, cut at `borders`; those of white space are left out.
fn cut_tokens(
    chars: &[char],
    tokens: &[Range<usize>],
    sentence: &Range<usize>,
    borders: &[usize],
) -> Vec<Token> {
    let mut cut = Vec::new();
    for token in tokens {
        let range = token.start.max(sentence.start)..token.end.min(sentence.end);
        if range.is_empty() {
            continue;
        }
        let (mut start, end) = (range.start - sentence.start, range.end - sentence.start);
        let mut inner: Vec<usize> =
            borders.iter().copied().filter(|border| start < *border && *border < end).collect();
        inner.push(end);
        inner.sort_unstable();
        for border in inner {
            let range = start..border;
            if !chars[range.clone()].iter().all(|c| is_unseen(*c)) {
                cut.push(Token { text: chars[range.clone()].iter().collect(), range });
            }
            start = border;
        }
    }
    cut
}

/// The instance of a sentence of tokens, without those of white space.
fn sentence_instance(
    sentences: &[Vec<String>],
    sentence: &Range<usize>,
    spans: &Spans,
) -> Result<Instance, Fault> {
    let mut tokens = Vec::new();
    // How many tokens are kept before each of the sentence, and in all.
    let mut kept = vec![0];
    let all = sentences.iter().flatten().skip(sentence.start).take(sentence.len());
    for token in all {
        if !token.chars().all(is_unseen) {
            tokens.push(token.clone());
        }
        kept.push(tokens.len());
    }
    let entity = |span: &Range<usize>, name: &str| {
        let span = Span::new(kept[span.start - sentence.start], kept[span.end - sentence.start]);
        if span.start < span.end {
            Ok(instance::Entity { span, kind: None })
        } else {
            Err(Fault::expected("at least one word", "only white space").field(name))
        }
    };
    let (subject, object) = (entity(&spans[0], "subject")?, entity(&spans[1], "object")?);
    Ok(Instance::bare(tokens, subject, object))
}
