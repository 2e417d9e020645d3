//! What is in a corpus: the facts behind `mlrc check`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::Corpus;
use crate::error::Notice;
use crate::formats::Format;
use crate::instance::{Entity, Instance, Span};
use crate::labels::{AlikeLabels, alike_labels, negatives};
use crate::relations::Relations;
use crate::scoring::semeval::undirected;

/// How many instance identifiers are listed for each defect.
const EXAMPLES: usize = 5;

/// Facts about a corpus.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The file's format.
    pub format: Format,
    /// How the format counts spans, such as `tokens, 0-based, end inclusive`.
    pub span_convention: &'static str,
    /// Number of instances.
    pub instances: usize,
    /// Instances per label, the most frequent label first, ties by name.
    pub labels: Vec<Count>,
    /// Instances without a label.
    pub unlabelled: usize,
    /// Annotation layers and the number of instances that have them.
    pub layers: Vec<Layer>,
    /// Tokens per sentence.
    pub length: Distribution,
    /// Tokens between the two entities; 0 if they touch.
    pub entity_distance: Distribution,
    /// Instances whose object comes before the subject.
    pub object_first: usize,
    /// Instances per fold, by name; empty if the data has no folds.
    pub folds: Vec<Count>,
    /// Types of subjects, the most frequent first.
    pub subject_types: Vec<Count>,
    /// Types of objects, the most frequent first.
    pub object_types: Vec<Count>,
    /// How well the types of the entities tell the label, if there are typed instances with labels.
    pub types_alone: Option<TypesAlone>,
    /// The naming scheme of the dependency relations.
    pub relations: Relations,
    /// Defects of dependency trees.
    pub trees: Trees,
    /// Instances with the same tokens and spans as an earlier one.
    pub duplicates: usize,
    /// Labels that are most likely one, or not written as they are meant ([`alike_labels`]).
    pub alike_labels: Vec<AlikeLabels>,
    /// The labels whose names say that there is no relation, the likeliest first. Only one of several is the negative
    /// label.
    pub negative_labels: Vec<Count>,
    /// The labels without direction, where others have one as in SemEval (`Cause-Effect(e1,e2)`) and none is a negative
    /// label: the scorer of such data is not SemEval's.
    pub undirected_labels: Vec<String>,
    /// Groups of identifiers that share tokens and spans but not the label.
    pub conflicts: Vec<Vec<String>>,
    /// Instances that could not be read and were skipped.
    pub skipped: usize,
    /// Warnings from reading the file.
    pub warnings: Vec<Notice>,
}

/// How often something occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// What it is called.
    pub name: String,
    /// How many instances, or words, have it.
    pub count: usize,
}

/// How many instances have an annotation layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// `pos`, `ner`, `heads`, `deprels`, `types` (of both entities) or `text` (raw, with offsets).
    pub name: &'static str,
    /// Instances that have it.
    pub count: usize,
    /// Whether all instances have it.
    pub complete: bool,
}

/// Order statistics of whole numbers: each is a value that occurs (nearest rank); 0 if there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// The smallest.
    pub min: usize,
    /// The 50th percentile.
    pub median: usize,
    /// The 95th percentile.
    pub p95: usize,
    /// The largest.
    pub max: usize,
}

/// How well the types of the two entities tell the label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TypesAlone {
    /// The share of instances, in `0..=1`, whose label most others with the same two types have.
    pub accuracy: f64,
    /// The share of instances with the most frequent label.
    pub majority: f64,
    /// How many instances have two types and a label.
    pub instances: usize,
}

impl TypesAlone {
    /// Whether the types give the label away: they tell more than nine in ten, and much more than the most frequent
    /// label does.
    pub fn give_away(&self) -> bool {
        self.accuracy > 0.9 && 1.0 - self.accuracy < (1.0 - self.majority) / 2.0
    }

    fn of(instances: &[Instance]) -> Option<Self> {
        let mut pairs: HashMap<(&str, &str), HashMap<&str, usize>> = HashMap::new();
        let mut labels: HashMap<&str, usize> = HashMap::new();
        for instance in instances {
            let types = instance.subject.type_name().zip(instance.object.type_name());
            let (Some(types), Some(label)) = (types, instance.relation.as_deref()) else { continue };
            *pairs.entry(types).or_default().entry(label).or_default() += 1;
            *labels.entry(label).or_default() += 1;
        }
        let instances: usize = labels.values().sum();
        let majority = *labels.values().max()?;
        // Of a label's own instances, each is one of the others no longer.
        let told = |counts: &HashMap<&str, usize>| -> usize {
            let told = counts.iter().filter(|(label, count)| {
                let most = counts.iter().filter(|(other, _)| other != label).map(|(_, count)| *count).max();
                **count - 1 > most.unwrap_or(0)
            });
            told.map(|(_, count)| count).sum()
        };
        let told: usize = pairs.values().map(told).sum();
        let share = |count: usize| count as f64 / instances as f64;
        Some(Self { accuracy: share(told), majority: share(majority), instances })
    }
}

/// Instances whose heads do not form a tree, and the identifiers of the first five with each defect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trees {
    /// Without a root.
    pub without_root: usize,
    /// The first of them.
    pub without_root_ids: Vec<String>,
    /// With several roots.
    pub several_roots: usize,
    /// The first of them.
    pub several_roots_ids: Vec<String>,
    /// With a token from which following the heads never reaches a root.
    pub cyclic: usize,
    /// The first of them.
    pub cyclic_ids: Vec<String>,
}

impl Summary {
    /// Gathers the facts.
    pub fn of(corpus: &Corpus) -> Self {
        let instances = &corpus.instances;
        let entity_types = |entity: fn(&Instance) -> &Entity| {
            frequencies(instances.iter().filter_map(|instance| entity(instance).kind.as_deref()))
        };
        let (duplicates, conflicts) = duplicates(instances);
        let labels = frequencies(instances.iter().filter_map(|instance| instance.relation.as_deref()));
        let names: Vec<String> = labels.iter().map(|label| label.name.clone()).collect();
        Self {
            format: corpus.format,
            span_convention: corpus.format.span_convention(),
            instances: instances.len(),
            alike_labels: alike_labels(&labels, &[]),
            negative_labels: negatives(&names).map(|index| labels[index].clone()).collect(),
            undirected_labels: undirected(&names).into_iter().map(str::to_owned).collect(),
            labels,
            unlabelled: instances.iter().filter(|instance| instance.relation.is_none()).count(),
            layers: layers(instances),
            length: Distribution::of(instances.iter().map(|instance| instance.tokens.len())),
            entity_distance: Distribution::of(instances.iter().map(entity_distance)),
            object_first: instances
                .iter()
                .filter(|one| one.object.span.start < one.subject.span.start)
                .count(),
            folds: folds(instances),
            subject_types: entity_types(|instance| &instance.subject),
            object_types: entity_types(|instance| &instance.object),
            types_alone: TypesAlone::of(instances),
            relations: Relations::of(instances),
            trees: Trees::of(instances),
            duplicates,
            conflicts,
            skipped: corpus.skipped.len(),
            warnings: corpus.warnings.clone(),
        }
    }

    /// The names of the annotation layers that not every instance has.
    pub fn missing_layers(&self) -> impl Iterator<Item = &'static str> {
        self.layers.iter().filter(|layer| !layer.complete).map(|layer| layer.name)
    }
}

pub(crate) fn frequencies<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Count> {
    let mut frequencies: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *frequencies.entry(name).or_default() += 1;
    }
    counts(frequencies.into_iter())
}

/// The most frequent first; ties keep their order.
pub(crate) fn counts<'a>(frequencies: impl Iterator<Item = (&'a str, usize)>) -> Vec<Count> {
    let mut counts: Vec<Count> =
        frequencies.map(|(name, count)| Count { name: name.to_owned(), count }).collect();
    counts.sort_by_key(|count| Reverse(count.count));
    counts
}

/// The folds and their sizes, by name.
pub(crate) fn folds(instances: &[Instance]) -> Vec<Count> {
    let mut folds = frequencies(instances.iter().filter_map(|instance| instance.fold.as_deref()));
    folds.sort_by(|a, b| a.name.cmp(&b.name));
    folds
}

fn layers(instances: &[Instance]) -> Vec<Layer> {
    let layer = |name, has: fn(&Instance) -> bool| {
        let count = instances.iter().filter(|instance| has(instance)).count();
        Layer { name, count, complete: count == instances.len() }
    };
    vec![
        layer("pos", |instance| instance.pos.is_some()),
        layer("ner", |instance| instance.ner.is_some()),
        layer("heads", |instance| instance.heads.is_some()),
        layer("deprels", |instance| instance.deprels.is_some()),
        layer("types", |instance| instance.subject.kind.is_some() && instance.object.kind.is_some()),
        layer("text", |instance| instance.source.is_some()),
    ]
}

fn entity_distance(instance: &Instance) -> usize {
    let (subject, object) = (instance.subject.span, instance.object.span);
    subject.start.max(object.start).saturating_sub(subject.end.min(object.end))
}

/// The number of instances that repeat an earlier one's sentence and entities, and the identifiers of equal ones with different
/// labels, a group each.
pub fn duplicates(instances: &[Instance]) -> (usize, Vec<Vec<String>>) {
    let mut groups: HashMap<(&[String], Span, Span), Vec<&Instance>> = HashMap::new();
    for instance in instances {
        let key = (instance.tokens.as_slice(), instance.subject.span, instance.object.span);
        groups.entry(key).or_default().push(instance);
    }
    let repeated = instances.len() - groups.len();
    let first_in_file: HashMap<&str, usize> =
        instances.iter().enumerate().map(|(index, instance)| (instance.id.as_str(), index)).collect();
    let conflicting = |group: &Vec<&Instance>| {
        let mut labels = group.iter().filter_map(|instance| instance.relation.as_ref());
        let first = labels.next();
        labels.any(|label| Some(label) != first)
    };
    let ids = |group: Vec<&Instance>| group.into_iter().map(|instance| instance.id.clone()).collect();
    let mut conflicts: Vec<Vec<String>> = groups.into_values().filter(conflicting).map(ids).collect();
    conflicts.sort_by_key(|ids| first_in_file.get(ids[0].as_str()).copied());
    (repeated, conflicts)
}

impl Distribution {
    /// The order statistics of `values`.
    pub fn of(values: impl Iterator<Item = usize>) -> Self {
        let mut values: Vec<usize> = values.collect();
        values.sort_unstable();
        let rank = |percent: usize| {
            let rank = (values.len() * percent).div_ceil(100).max(1);
            values.get(rank - 1).copied().unwrap_or_default()
        };
        Self { min: rank(0), median: rank(50), p95: rank(95), max: rank(100) }
    }
}

impl Trees {
    fn of(instances: &[Instance]) -> Self {
        let mut trees = Self::default();
        for instance in instances {
            let Some(heads) = instance.heads.as_deref() else { continue };
            let roots = heads.iter().filter(|head| **head == 0).count();
            for (has, count, ids) in [
                (roots == 0, &mut trees.without_root, &mut trees.without_root_ids),
                (roots > 1, &mut trees.several_roots, &mut trees.several_roots_ids),
                (has_cycle(heads), &mut trees.cyclic, &mut trees.cyclic_ids),
            ] {
                *count += usize::from(has);
                if has && ids.len() < EXAMPLES {
                    ids.push(instance.id.clone());
                }
            }
        }
        trees
    }
}

fn has_cycle(heads: &[usize]) -> bool {
    let mut reaches_root = vec![false; heads.len() + 1];
    reaches_root[0] = true;
    for token in 1..=heads.len() {
        let (mut at, mut chain) = (token, Vec::new());
        while !reaches_root[at] {
            if chain.len() > heads.len() {
                return true;
            }
            chain.push(at);
            at = heads[at - 1];
        }
        for member in chain {
            reaches_root[member] = true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_statistics_by_nearest_rank() {
        let of = |values: &[usize]| Distribution::of(values.iter().copied());
        assert_eq!(of(&[4, 1, 3, 2]), Distribution { min: 1, median: 2, p95: 4, max: 4 });
        let hundred: Vec<usize> = (1..=100).collect();
        assert_eq!(of(&hundred), Distribution { min: 1, median: 50, p95: 95, max: 100 });
        assert_eq!(of(&[]), Distribution::default());
    }

    #[test]
    fn cycles_are_found() {
        assert!(!has_cycle(&[2, 0, 2]));
        assert!(has_cycle(&[2, 1, 0]));
        assert!(has_cycle(&[1]));
        assert!(!has_cycle(&[0, 0]));
    }
}
