//! What the files of training, development and test have in common and should not, and what only some of them have.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::Corpus;
use crate::instance::Instance;

/// How many pairs of identifiers are listed for each finding.
const EXAMPLES: usize = 5;

/// What corpora that are used together have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Every two of the corpora, in their order.
    pub pairs: Vec<Common>,
    /// The labels that some of the corpora with labels do not have, by name.
    pub uneven_labels: Vec<UnevenLabel>,
}

/// What two corpora have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Common {
    /// The place of the first among the corpora, from 0.
    pub first: usize,
    /// The place of the second.
    pub second: usize,
    /// Instances of the second whose sentence is in the first, with the same entities.
    pub instances: Shared,
    /// Instances of the second whose sentence is in the first, with these or other entities.
    pub sentences: Shared,
    /// Further instances of the second whose sentence has the same letters as one of the first: it may differ in case,
    /// digits, punctuation and spaces.
    pub near_sentences: Shared,
    /// Identifiers that are in both.
    pub ids: Shared,
}

/// Instances of two corpora that share something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shared {
    /// How many instances of the second corpus.
    pub count: usize,
    /// The identifiers of the first few, in the first corpus and in the second.
    pub examples: Vec<(String, String)>,
}

/// A label that some of the corpora do not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnevenLabel {
    /// The label.
    pub name: String,
    /// How many instances of each corpus have it.
    pub counts: Vec<usize>,
}

impl Comparison {
    /// Compares corpora that are used together, such as those for training, development and testing.
    pub fn of(corpora: &[&Corpus]) -> Self {
        // Nothing is looked up in the last.
        let looked_up = &corpora[..corpora.len().saturating_sub(1)];
        let indices: Vec<Index> = looked_up.iter().map(|corpus| Index::of(&corpus.instances)).collect();
        let mut pairs = Vec::new();
        for (first, index) in indices.iter().enumerate() {
            for (second, corpus) in corpora.iter().enumerate().skip(first + 1) {
                pairs.push(index.common(&corpus.instances, first, second));
            }
        }
        Self { pairs, uneven_labels: uneven_labels(corpora) }
    }
}

fn uneven_labels(corpora: &[&Corpus]) -> Vec<UnevenLabel> {
    let mut labels: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut labelled = vec![false; corpora.len()];
    for (place, corpus) in corpora.iter().enumerate() {
        for label in corpus.instances.iter().filter_map(|instance| instance.relation.as_deref()) {
            labels.entry(label).or_insert_with(|| vec![0; corpora.len()])[place] += 1;
            labelled[place] = true;
        }
    }
    let lacks =
        |counts: &[usize]| counts.iter().zip(&labelled).any(|(count, labelled)| *labelled && *count == 0);
    let uneven = labels.into_iter().filter(|(_, counts)| lacks(counts));
    uneven.map(|(name, counts)| UnevenLabel { name: name.to_owned(), counts }).collect()
}

/// The sentences and the identifiers of a corpus, each with the first instance that has it.
struct Index<'a> {
    instances: HashMap<InstanceKey, &'a str>,
    sentences: HashMap<String, &'a str>,
    letters: HashMap<String, &'a str>,
    ids: HashMap<&'a str, &'a str>,
}

/// A sentence without spaces, and the characters of the two entities in it.
type InstanceKey = (String, [(usize, usize); 2]);

impl<'a> Index<'a> {
    fn of(instances: &'a [Instance]) -> Self {
        let mut index = Self {
            instances: HashMap::new(),
            sentences: HashMap::new(),
            letters: HashMap::new(),
            ids: HashMap::new(),
        };
        for instance in instances {
            let id = instance.id.as_str();
            let key = instance_key(instance);
            index.letters.entry(letters(&key.0)).or_insert(id);
            index.sentences.entry(key.0.clone()).or_insert(id);
            index.instances.entry(key).or_insert(id);
            index.ids.entry(id).or_insert(id);
        }
        index
    }

    /// What these instances share with those of the index.
    fn common(&self, instances: &[Instance], first: usize, second: usize) -> Common {
        let none = Shared::default;
        let mut common = Common {
            first,
            second,
            instances: none(),
            sentences: none(),
            near_sentences: none(),
            ids: none(),
        };
        for instance in instances {
            let id = &instance.id;
            let key = instance_key(instance);
            let same = self.sentences.get(&key.0);
            let near = || Some(letters(&key.0)).filter(|letters| !letters.is_empty());
            match same {
                Some(other) => common.sentences.note(Some(other), id),
                None => common.near_sentences.note(near().and_then(|letters| self.letters.get(&letters)), id),
            }
            common.instances.note(self.instances.get(&key), id);
            common.ids.note(self.ids.get(id.as_str()), id);
        }
        common
    }
}

impl Shared {
    fn note(&mut self, other: Option<&&str>, id: &str) {
        let Some(other) = other else { return };
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(((*other).to_owned(), id.to_owned()));
        }
    }
}

fn instance_key(instance: &Instance) -> InstanceKey {
    let visible =
        |tokens: &[String]| tokens.concat().chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let length = |tokens: Option<&[String]>| visible(tokens.unwrap_or_default()).chars().count();
    let entities = [instance.subject.span, instance.object.span]
        .map(|span| (length(instance.tokens.get(..span.start)), length(instance.tokens.get(..span.end))));
    (visible(&instance.tokens), entities)
}

/// The letters of a sentence, in lower case.
fn letters(sentence: &str) -> String {
    sentence.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}
