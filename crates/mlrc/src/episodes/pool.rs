use std::collections::BTreeMap;
use std::sync::Arc;

use crate::corpus::{Descriptions, Instance, LabelName, LabelSet};
use crate::learner::regions::{RegionReader, RegionsConfig};
use crate::learner::{FitError, Fitting, Reader, ReaderOptions};
use crate::random::{Purpose, Stream};
use crate::resources::Resources;

/// The features of instances, by relation.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The features of each instance, `[instances][width]`.
    pub features: Arc<Vec<Vec<f32>>>,
    /// The name of each relation and its instances.
    pub relations: Vec<(String, Vec<usize>)>,
    /// What the name of each relation says; empty if it says nothing.
    pub names: Vec<Vec<f32>>,
}

impl Pool {
    /// Number of features.
    pub fn width(&self) -> usize {
        self.features.first().map_or(0, Vec::len)
    }

    /// The relations at these places.
    fn part(&self, places: &[usize]) -> Self {
        let relations = places.iter().map(|&place| self.relations[place].clone()).collect();
        let names = places.iter().map(|&place| self.names[place].clone()).collect();
        Self { features: Arc::clone(&self.features), relations, names }
    }
}

/// Why pools cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PoolError {
    /// The features cannot be computed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A relation is both known and new.
    #[error(
        "the relation `{0}` is among the base relations and among the new ones: nothing about new relations may be known"
    )]
    Shared(String),
    /// An instance has no label.
    #[error("instance `{0}` has no relation")]
    Unlabelled(String),
}

/// Base relations, two thirds to train on and the others to choose on, and new ones.
#[derive(Clone, Debug)]
pub struct Pools {
    /// Base relations to train on.
    pub train: Pool,
    /// Base relations to choose on.
    pub choose: Pool,
    /// Relations that are new.
    pub new: Pool,
}

impl Pools {
    /// Reads instances over an encoder or word vectors. Features are standardised by base instances. Negative labels, as
    /// [`LabelSet::new`] knows them, are left out.
    ///
    /// # Errors
    /// If there are no vectors, an instance is invalid or has no label, or a relation is in both.
    pub fn read(
        base: &[&Instance],
        new: &[&Instance],
        resources: &Resources,
        seed: u64,
    ) -> Result<Self, PoolError> {
        let (base, new) = (positive(base)?, positive(new)?);
        if let Some(shared) = base.keys().find(|name| new.contains_key(*name)) {
            return Err(PoolError::Shared((*shared).to_owned()));
        }
        let instances: Vec<&Instance> = base.values().flatten().copied().collect();
        let options = ReaderOptions { annotations: false, ..ReaderOptions::default() };
        let fitting =
            Fitting { instances: &instances, unlabelled: &[], names: &[], options, resources, seed };
        let reader = RegionReader::fit(&RegionsConfig::default(), &fitting)?;
        let descriptions = &resources.descriptions;
        let (base, new) = (pool(&base, &reader, descriptions)?, pool(&new, &reader, descriptions)?);
        let mut places: Vec<usize> = (0..base.relations.len()).collect();
        Stream::new(seed, Purpose::Split, 2, 0).shuffle(&mut places);
        let (choose, train) = places.split_at(places.len().div_ceil(3));
        Ok(Self { train: base.part(train), choose: base.part(choose), new })
    }
}

/// Instances by relation, without negative labels.
fn positive<'a>(instances: &[&'a Instance]) -> Result<BTreeMap<&'a str, Vec<&'a Instance>>, PoolError> {
    let mut relations: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
    for &instance in instances {
        let label = instance.relation.as_deref().ok_or_else(|| PoolError::Unlabelled(instance.id.clone()))?;
        if !is_negative(label) {
            relations.entry(label).or_default().push(instance);
        }
    }
    Ok(relations)
}

/// Whether a label is no relation: its sentences have nothing in common.
fn is_negative(label: &str) -> bool {
    LabelSet::new([label]).is_ok_and(|set| set.negative().is_some())
}

fn pool(
    relations: &BTreeMap<&str, Vec<&Instance>>,
    reader: &RegionReader,
    descriptions: &Descriptions,
) -> Result<Pool, FitError> {
    let (mut features, mut places) = (Vec::new(), Vec::new());
    for (&name, instances) in relations {
        let start = features.len();
        features.extend(reader.read_all(instances)?.into_iter().map(|input| input.features));
        places.push((name.to_owned(), (start..features.len()).collect()));
    }
    let name = |label: &&str| {
        descriptions.of(label).map_or_else(|| LabelName::of_label(label), LabelName::described)
    };
    let names: Vec<LabelName> = relations.keys().map(name).collect();
    let names = reader.name_features(&names);
    Ok(Pool { features: Arc::new(features), relations: places, names })
}
