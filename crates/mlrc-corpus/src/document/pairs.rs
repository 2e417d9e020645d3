//! Makes instances of the pairs of a document.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::Document;
use super::layout::{Layout, Spans};
use super::policy::{AcrossSentences, MentionChoice, PairPolicy, SeveralRelations, UnrelatedPairs};
use crate::error::{Fault, Place};
use crate::instance::Instance;
use crate::labels::is_negative;
use crate::random::{Purpose, Stream};
use crate::tally::Remark;
use crate::tokenize::Tokenizer;

/// The pairs of the documents of a file.
pub(crate) struct Pairs {
    policy: PairPolicy,
    tokenizer: Tokenizer,
    /// Types of head and tail of annotated relations, other than those that say that there is none.
    types: BTreeSet<Types>,
    /// How many instances annotated pairs with a relation gave.
    annotated: usize,
    /// The documents whose unrelated pairs are wanted.
    kept: Vec<(Place, Document)>,
    /// The unrelated pairs that are still to be given, the last first, once all documents are read.
    unrelated: Option<Vec<Unrelated>>,
    /// The document that the last unrelated pair was of.
    current: Option<(usize, Layout)>,
}

type Types = (Option<String>, Option<String>);

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
        let related = |instance: &Instance| !instance.relation.as_deref().is_some_and(is_negative);
        self.annotated += read.iter().filter(|read| read.as_ref().is_ok_and(related)).count();
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
            if !is_negative(&relation.label) {
                self.types.insert(types(document, entities));
            }
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
                    // One mention with several types is no pair.
                    if spans[0] != spans[1] && taken.insert(spans.clone()) {
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
                let mut labels = labels;
                labels.sort_unstable();
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
