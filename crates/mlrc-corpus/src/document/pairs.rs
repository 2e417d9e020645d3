//! Makes instances of the pairs of a document.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::policy::{
    AcrossSentences, DiscontinuousMentions, MentionChoice, PairPolicy, SentenceUnit, SeveralRelations,
    UnrelatedPairs,
};
use super::{Content, Document, Entity, Mention, sentences};
use crate::error::{Fault, Place};
use crate::formats::raw::{instance_from_text, instance_from_tokens};
use crate::instance::{self, Instance, Span};
use crate::random::{Purpose, Stream};
use crate::tally::Remark;
use crate::tokenize::{Token, Tokenizer};
use crate::validate::{FieldNames, validate};

/// The pairs of the documents of a file.
pub(crate) struct Pairs {
    policy: PairPolicy,
    tokenizer: Tokenizer,
    /// Types of head and tail of annotated relations.
    types: BTreeSet<Types>,
    /// How many instances annotated pairs gave.
    annotated: usize,
    /// The documents whose unrelated pairs are wanted.
    kept: Vec<(Place, Document)>,
    /// The unrelated pairs that are still to be given, the last first, once all documents are read.
    unrelated: Option<Vec<Unrelated>>,
    /// The document that the last unrelated pair was of.
    current: Option<(usize, Layout)>,
}

type Types = (Option<String>, Option<String>);

/// Where a head and a tail are in a document.
type Spans = [Range<usize>; 2];

struct Unrelated {
    document: usize,
    entities: [usize; 2],
    spans: Spans,
    sentence: Range<usize>,
}

/// An annotated pair: its place and the labels stated for it.
struct Annotated {
    entities: [usize; 2],
    spans: Spans,
    sentence: Range<usize>,
    labels: Vec<String>,
}

/// Why two mentions are no instance, from what is closest to being one to what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Obstacle {
    TooFar,
    DifferentSentences,
    Overlap,
    Same,
    Blank,
    Discontinuous,
}

impl Obstacle {
    fn remark(self, policy: &PairPolicy) -> Remark {
        let left_out = |why: &str| Remark::new("relation", format!("left out: {why}"));
        match self {
            Self::TooFar => {
                let most = policy.max_distance.unwrap_or(usize::MAX);
                left_out(&format!("more than {most} tokens lie between head and tail"))
            }
            Self::DifferentSentences => left_out("head and tail are in different sentences")
                .help("a pair policy with `across=joined` reads such sentences as one"),
            Self::Overlap => left_out("head and tail overlap"),
            Self::Same => left_out("head and tail are the same entity"),
            Self::Blank => left_out("head or tail is only white space"),
            Self::Discontinuous => left_out("head or tail is discontinuous").help(
                "a pair policy with `discontinuous=filled` reads mentions from their first part to the last",
            ),
        }
    }
}

impl Pairs {
    pub(crate) fn new(policy: PairPolicy, tokenizer: Tokenizer) -> Self {
        Self {
            policy,
            tokenizer,
            types: BTreeSet::new(),
            annotated: 0,
            kept: Vec::new(),
            unrelated: None,
            current: None,
        }
    }

    /// The instances of a document's annotated pairs; `note` takes remarks on what is left out.
    pub(crate) fn of(
        &mut self,
        document: Document,
        place: Place,
        mut note: impl FnMut(Remark),
    ) -> Vec<Result<Instance, Fault>> {
        if let Err(fault) = document.check() {
            return vec![Err(fault.of(document.id))];
        }
        let layout = Layout::new(&document, &self.policy, self.tokenizer);
        let relations = document.relations.as_deref().unwrap_or_default();
        if self.policy.unrelated == UnrelatedPairs::None && relations.is_empty() {
            note(
                Remark::new("document", "without a relation, of which no instances are made").help(NO_PAIRS),
            );
        }
        let mut read = Vec::new();
        for pair in self.annotated_pairs(&document, &layout, &mut note) {
            self.read_pair(&document, &layout, pair, &mut read, &mut note);
        }
        self.annotated += read.iter().filter(|read| read.is_ok()).count();
        if self.policy.unrelated != UnrelatedPairs::None {
            self.kept.push((place, document));
        }
        read
    }

    /// The annotated pairs, each with all its labels, in the order of their first relation.
    fn annotated_pairs(
        &mut self,
        document: &Document,
        layout: &Layout,
        note: &mut impl FnMut(Remark),
    ) -> Vec<Annotated> {
        let mut pairs: Vec<Annotated> = Vec::new();
        let mut indices: HashMap<Spans, usize> = HashMap::new();
        let mut stated = HashSet::new();
        for relation in document.relations.iter().flatten() {
            let entities = [relation.head, relation.tail];
            self.types.insert(types(document, entities));
            if !stated.insert((entities, relation.label.as_str())) {
                note(Remark::new("relation", "stated more than once, read once"));
                continue;
            }
            let found = match layout.places(entities, &self.policy) {
                Ok(found) => found,
                Err(obstacle) => {
                    note(obstacle.remark(&self.policy));
                    continue;
                }
            };
            if entities.iter().any(|entity| layout.is_filled(*entity)) {
                note(Remark::new(
                    "relation",
                    "with a discontinuous entity, read from its first part to its last",
                ));
            }
            for (spans, sentence) in found {
                let next = pairs.len();
                let index = *indices.entry(spans.clone()).or_insert(next);
                if index == next {
                    pairs.push(Annotated { entities, spans, sentence, labels: vec![relation.label.clone()] });
                } else if pairs[index].labels.contains(&relation.label) {
                    note(Remark::new("relation", "stated more than once, read once"));
                } else {
                    pairs[index].labels.push(relation.label.clone());
                }
            }
        }
        pairs
    }

    /// Adds the instances of an annotated pair to `read`.
    fn read_pair(
        &self,
        document: &Document,
        layout: &Layout,
        pair: Annotated,
        read: &mut Vec<Result<Instance, Fault>>,
        note: &mut impl FnMut(Remark),
    ) {
        let Annotated { entities, spans, sentence, labels } = pair;
        let labels = match self.policy.several.choose(labels, note) {
            Ok(labels) => labels,
            Err(fault) => return read.push(Err(fault.field("relations").of(document.id.clone()))),
        };
        for label in labels {
            let made = layout.instance(document, entities, &spans, &sentence, Some(label), self.tokenizer);
            read.push(made);
        }
    }

    /// After the last document: the next pair without a relation, and the place of its document.
    pub(crate) fn next_unrelated(&mut self) -> Option<(Place, Result<Instance, Fault>)> {
        if self.unrelated.is_none() {
            self.unrelated = Some(self.draw_unrelated());
        }
        let pair = self.unrelated.as_mut()?.pop()?;
        let (place, document) = &self.kept[pair.document];
        if self.current.as_ref().is_none_or(|(index, _)| *index != pair.document) {
            self.current = Some((pair.document, Layout::new(document, &self.policy, self.tokenizer)));
        }
        let (_, layout) = self.current.as_ref()?;
        let label = document.relations.as_ref().map(|_| self.policy.label.clone());
        let Unrelated { entities, spans, sentence, .. } = pair;
        Some((*place, layout.instance(document, entities, &spans, &sentence, label, self.tokenizer)))
    }

    /// The pairs without a relation that the policy asks for, the last first.
    fn draw_unrelated(&self) -> Vec<Unrelated> {
        let mut pairs = Vec::new();
        for (index, (_, document)) in self.kept.iter().enumerate() {
            self.find_unrelated(index, document, &mut pairs);
        }
        if let UnrelatedPairs::Ratio(ratio) = self.policy.unrelated {
            // Saturates, so any ratio is fine.
            let wanted = (ratio * self.annotated as f64).round() as usize;
            let mut chosen =
                Stream::new(self.policy.seed, Purpose::UnrelatedPairs, 0, 0).sample(pairs.len(), wanted);
            chosen.sort_unstable();
            let mut index = 0;
            pairs.retain(|_| {
                index += 1;
                chosen.binary_search(&(index - 1)).is_ok()
            });
        }
        pairs.reverse();
        pairs
    }

    fn find_unrelated(&self, index: usize, document: &Document, pairs: &mut Vec<Unrelated>) {
        let layout = Layout::new(document, &self.policy, self.tokenizer);
        let policy = PairPolicy {
            across: AcrossSentences::LeftOut,
            mentions: if self.policy.mentions == MentionChoice::First {
                MentionChoice::First
            } else {
                MentionChoice::Nearest
            },
            ..self.policy.clone()
        };
        let relations = document.relations.iter().flatten();
        let mut related: HashSet<[usize; 2]> = HashSet::new();
        let mut taken: HashSet<Spans> = HashSet::new();
        for relation in relations {
            let entities = [relation.head, relation.tail];
            related.insert(entities);
            taken.extend(layout.places(entities, &self.policy).into_iter().flatten().map(|(spans, _)| spans));
        }
        let count = document.entities.len();
        for head in 0..count {
            for tail in (0..count).filter(|tail| *tail != head) {
                let entities = [head, tail];
                let fits = !self.policy.seen_types
                    || self.types.is_empty()
                    || self.types.contains(&types(document, entities));
                if !fits || related.contains(&entities) {
                    continue;
                }
                let places = layout.places(entities, &policy).into_iter().flatten();
                for (spans, sentence) in places {
                    if taken.insert(spans.clone()) {
                        pairs.push(Unrelated { document: index, entities, spans, sentence });
                    }
                }
            }
        }
    }
}

const NO_PAIRS: &str = "a pair policy with `unrelated=all` makes instances of all pairs of entities";

impl SeveralRelations {
    /// The labels of a pair's instances. A fault says that there are several, and names no field.
    pub(crate) fn choose(
        self,
        labels: Vec<String>,
        note: &mut impl FnMut(Remark),
    ) -> Result<Vec<String>, Fault> {
        if labels.len() < 2 {
            return Ok(labels);
        }
        match self {
            Self::Each => {
                note(
                    Remark::new("pair", "with several relations, read as one instance for each").help(
                        "a pair policy with `several=first`, `joined` or `refused` reads them otherwise",
                    ),
                );
                Ok(labels)
            }
            Self::First => {
                for _ in &labels[1..] {
                    note(Remark::new(
                        "relation",
                        "left out: another relation of the same pair comes before it",
                    ));
                }
                Ok(labels.into_iter().take(1).collect())
            }
            Self::Joined => {
                note(Remark::new("pair", "with several relations, whose labels are joined by `|`"));
                Ok(vec![labels.join("|")])
            }
            Self::Refused => {
                let names: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
                let fault = Fault::expected("one relation of each pair", names.join(" and "));
                Err(fault.help("a pair policy with `several=each`, `first` or `joined` reads them"))
            }
        }
    }
}

fn types(document: &Document, entities: [usize; 2]) -> Types {
    let [head, tail] = entities.map(|entity| document.entities[entity].kind.clone());
    (head, tail)
}

/// A document taken apart: its sentences, and the place of each mention.
struct Layout {
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
type Places = Vec<(Spans, Range<usize>)>;

impl Layout {
    fn new(document: &Document, policy: &PairPolicy, tokenizer: Tokenizer) -> Self {
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

    fn is_filled(&self, entity: usize) -> bool {
        self.mentions[entity].iter().any(|placed| placed.filled)
    }

    /// Where the entities can be an instance, at least once.
    fn places(&self, entities: [usize; 2], policy: &PairPolicy) -> Result<Places, Obstacle> {
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
            self.chars.get(span.clone()).is_some_and(|chars| chars.iter().all(|c| is_blank(*c)))
        };
        if blank(head) || blank(tail) {
            return Err(Obstacle::Blank);
        }
        if head.start < tail.end && tail.start < head.end {
            return Err(Obstacle::Overlap);
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
    fn instance(
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

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// What lies between two spans that do not overlap.
fn between(spans: &Spans) -> Range<usize> {
    let [head, tail] = spans;
    if head.start < tail.start { head.end..tail.start } else { tail.end..head.start }
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
            if !chars[range.clone()].iter().all(|c| is_blank(*c)) {
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
        if !token.chars().all(is_blank) {
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
    Ok(Instance {
        id: String::new(),
        subject: entity(&spans[0], "subject")?,
        object: entity(&spans[1], "object")?,
        tokens,
        pos: None,
        ner: None,
        heads: None,
        deprels: None,
        relation: None,
        fold: None,
        source: None,
    })
}
