use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::RegionsConfig;
use super::found::{FIRST_MINOR, REGIONS, regions_of};
use super::probe::VerbProbe;
use crate::corpus::{Entity, Instance};
use crate::learner::tokens::{SourceRecord, TokenSource};
use crate::learner::{
    FitError, Fitting, Input, Masking, ReadError, Reader, ReaderReport, Remarks, SavedReader,
};

/// Sentences whose vectors are held in memory at once.
const AT_ONCE: usize = 256;
/// What is added to a component's standard deviation, relative to the mean of its region's.
const FLOOR: f64 = 0.01;

/// The regions of a sentence as standardised means.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionInput {
    /// `[regions · dimension + types]`; a region that the sentence does not have is zero.
    pub features: Vec<f32>,
    /// The tokens of each region.
    pub regions: Vec<Vec<usize>>,
    /// Number of tokens.
    pub tokens: usize,
    /// Identifies the sentence: its pairs of entities share it.
    pub sentence: u64,
}

/// Several inputs, `[rows, features]`.
#[derive(Clone, Debug)]
pub struct RegionBatch {
    /// `[rows, features]`
    pub features: Vec<f32>,
    /// Number of rows.
    pub rows: usize,
}

impl Input for RegionInput {
    type Batch = RegionBatch;

    fn size(&self) -> usize {
        1
    }

    fn batch(inputs: &[&Self]) -> RegionBatch {
        let features = inputs.iter().flat_map(|input| input.features.iter().copied()).collect();
        RegionBatch { features, rows: inputs.len() }
    }
}

/// Reads regions as the means of their tokens' vectors, standardised by the training instances that have the region.
///
/// A region that an instance does not have is zero *after* standardising: a sentence without a verb is not an extreme one.
#[derive(Clone, Debug)]
pub struct RegionReader {
    source: TokenSource,
    masking: Masking,
    probe: VerbProbe,
    /// The mean of each component, `[regions · dimension]`.
    means: Vec<f32>,
    /// What each is multiplied by, `[regions · dimension]`.
    scales: Vec<f32>,
    /// The entity types that have a component: of subjects and of objects.
    types: [Vec<String>; 2],
    /// The value of such a component.
    type_value: f32,
    report: ReaderReport,
}

/// The part of a reader's state that is stored in a model's manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    masking: Masking,
    types: [Vec<String>; 2],
    type_value: f32,
    masks: Vec<String>,
    vectors: SourceRecord,
}

const MEANS: &str = "region_means";
const SCALES: &str = "region_scales";
const PROBE: &str = "verb_probe";

impl RegionReader {
    /// A reader fitted to the training set.
    ///
    /// # Errors
    /// If there are no vectors, none of the words has one, or an instance is invalid.
    pub fn fit(config: &RegionsConfig, fitting: &Fitting) -> Result<Self, FitError> {
        let Fitting { instances, options, .. } = *fitting;
        for instance in instances {
            instance.check().map_err(ReadError::from)?;
        }
        let (source, report) = TokenSource::fit("regions", fitting)?;
        let probe = VerbProbe::fit(&source);
        let dimension = source.dimension();
        let width = REGIONS.len() * dimension;
        let mut reader = Self {
            source,
            masking: options.masking,
            probe,
            means: vec![0.0; width],
            scales: vec![1.0; width],
            types: Default::default(),
            type_value: 0.0,
            report,
        };
        if options.annotations && config.types > 0.0 && instances.iter().all(|instance| instance.is_typed()) {
            reader.types = [0, 1].map(|entity| {
                let found: BTreeSet<&str> =
                    instances.iter().filter_map(|instance| types_of(instance)[entity]).collect();
                found.into_iter().map(str::to_owned).collect()
            });
            // Two components of an instance are set: together they are the types' share of the diagonal.
            reader.type_value = (config.types / 2.0).sqrt();
        }
        reader.standardise(config, instances);
        Ok(reader)
    }

    /// Fits means and scales, so that the mean squared length of the training inputs is 1.
    fn standardise(&mut self, config: &RegionsConfig, instances: &[&Instance]) {
        let dimension = self.source.dimension();
        let width = REGIONS.len() * dimension;
        let (mut sums, mut squares) = (vec![0.0_f64; width], vec![0.0_f64; width]);
        let mut counts = [0_usize; REGIONS.len()];
        for chunk in instances.chunks(AT_ONCE) {
            for (means, regions) in self.region_means(chunk) {
                for (region, _) in regions.iter().enumerate().filter(|(_, tokens)| !tokens.is_empty()) {
                    counts[region] += 1;
                    for c in region * dimension..(region + 1) * dimension {
                        let value = f64::from(means[c]);
                        sums[c] += value;
                        squares[c] += value * value;
                    }
                }
            }
        }
        let mut length = 0.0;
        for (region, &count) in counts.iter().enumerate() {
            let n = count.max(1) as f64;
            let range = region * dimension..(region + 1) * dimension;
            let deviations: Vec<f64> =
                range.clone().map(|c| (squares[c] / n - (sums[c] / n).powi(2)).max(0.0).sqrt()).collect();
            let floor = FLOOR * deviations.iter().sum::<f64>() / dimension as f64;
            let weight = if region < FIRST_MINOR { 1.0 } else { f64::from(config.minor) };
            for (c, deviation) in range.zip(deviations) {
                self.means[c] = (sums[c] / n) as f32;
                let divisor = deviation + floor;
                // A region that is always the same, or that one instance has, says nothing.
                let scale = if divisor > 0.0 && count > 1 { weight.sqrt() / divisor } else { 0.0 };
                self.scales[c] = scale as f32;
                length += scale * scale * (squares[c] - sums[c] * sums[c] / n).max(0.0);
            }
        }
        let share = 1.0 - if self.type_value > 0.0 { f64::from(config.types) } else { 0.0 };
        let length = length / instances.len().max(1) as f64;
        let factor = if length > 0.0 { (share / length).sqrt() as f32 } else { 1.0 };
        self.scales.iter_mut().for_each(|scale| *scale *= factor);
    }

    /// For each instance the mean vector of every region, `[regions · dimension]`, and the regions' tokens.
    fn region_means(&self, instances: &[&Instance]) -> Vec<(Vec<f32>, Vec<Vec<usize>>)> {
        let dimension = self.source.dimension();
        let vectors = self.source.vectors(instances, self.masking);
        let of = |(instance, rows): (&&Instance, Vec<f32>)| {
            let row = |token: usize| &rows[token * dimension..][..dimension];
            let regions = regions_of(instance, |token| self.probe.is_verb(row(token)));
            let mut means = vec![0.0; REGIONS.len() * dimension];
            for (tokens, mean) in regions.iter().zip(means.chunks_exact_mut(dimension)) {
                let share = 1.0 / tokens.len().max(1) as f32;
                for &token in tokens {
                    mean.iter_mut().zip(row(token)).for_each(|(sum, value)| *sum += share * value);
                }
            }
            (means, regions.to_vec())
        };
        instances.iter().zip(vectors).map(of).collect()
    }

    /// Number of components of an input.
    pub fn features(&self) -> usize {
        self.means.len() + self.types.iter().map(Vec::len).sum::<usize>()
    }

    /// Components of a region.
    pub fn dimension(&self) -> usize {
        self.source.dimension()
    }

    fn input(&self, instance: &Instance, means: Vec<f32>, regions: Vec<Vec<usize>>) -> RegionInput {
        let dimension = self.source.dimension();
        let mut features = means;
        for (region, _) in regions.iter().enumerate().filter(|(_, tokens)| !tokens.is_empty()) {
            let range = region * dimension..(region + 1) * dimension;
            let standard = self.means[range.clone()].iter().zip(&self.scales[range.clone()]);
            for (value, (mean, scale)) in features[range].iter_mut().zip(standard) {
                *value = (*value - mean) * scale;
            }
        }
        for (known, kind) in self.types.iter().zip(types_of(instance)) {
            features.extend(known.iter().map(|name| if kind == Some(name) { self.type_value } else { 0.0 }));
        }
        RegionInput { features, regions, tokens: instance.tokens.len(), sentence: sentence_of(instance) }
    }
}

/// Identifies a sentence, whatever its case, spaces and punctuation: a copy without the full stop would answer for what is left
/// out.
fn sentence_of(instance: &Instance) -> u64 {
    let mut hasher = Xxh3Default::new();
    for character in instance.tokens.iter().flat_map(|token| token.chars()).filter(|c| c.is_alphanumeric()) {
        for lower in character.to_lowercase() {
            hasher.update(&u32::from(lower).to_le_bytes());
        }
    }
    hasher.digest()
}

/// The types of subject and object.
fn types_of(instance: &Instance) -> [Option<&str>; 2] {
    [&instance.subject, &instance.object].map(Entity::type_name)
}

impl Reader for RegionReader {
    type Input = RegionInput;

    fn read(&self, instance: &Instance) -> Result<RegionInput, ReadError> {
        Ok(self.read_all(&[instance])?.remove(0))
    }

    fn read_all(&self, instances: &[&Instance]) -> Result<Vec<RegionInput>, ReadError> {
        let mut inputs = Vec::with_capacity(instances.len());
        for chunk in instances.chunks(AT_ONCE) {
            let means = chunk.iter().zip(self.region_means(chunk));
            inputs.extend(means.map(|(instance, (means, regions))| self.input(instance, means, regions)));
        }
        Ok(inputs)
    }

    fn remarks(&self, instance: &Instance) -> Remarks {
        let reads_types = self.type_value > 0.0 || self.masking == Masking::On;
        Remarks {
            untyped: reads_types && !instance.is_typed(),
            in_windows: self.source.in_windows(instance, self.masking),
            ..Remarks::default()
        }
    }

    fn report(&self) -> ReaderReport {
        self.report.clone()
    }

    fn save(&self, saved: &mut SavedReader) {
        let vectors = self.source.save(saved);
        let shape = vec![REGIONS.len(), self.source.dimension()];
        saved.tensors.insert(MEANS.to_owned(), (shape.clone(), self.means.clone()));
        saved.tensors.insert(SCALES.to_owned(), (shape, self.scales.clone()));
        let probe = [&self.probe.weights[..], &[self.probe.bias]].concat();
        saved.tensors.insert(PROBE.to_owned(), (vec![probe.len()], probe));
        saved.set_value(&Stored {
            masking: self.masking,
            types: self.types.clone(),
            type_value: self.type_value,
            masks: self.source.table().map_or_else(Vec::new, |table| table.masks().to_vec()),
            vectors,
        });
    }

    fn load(saved: &SavedReader) -> Result<Self, String> {
        let Stored { masking, types, type_value, masks, vectors } = saved.value()?;
        let source = TokenSource::load(saved, masks, &vectors)?;
        let dimension = source.dimension();
        let mut weights = saved.tensor(PROBE, dimension + 1)?;
        let bias = weights.pop().unwrap_or_default();
        let width = REGIONS.len() * dimension;
        Ok(Self {
            masking,
            probe: VerbProbe { weights, bias },
            means: saved.tensor(MEANS, width)?,
            scales: saved.tensor(SCALES, width)?,
            types,
            type_value,
            source,
            report: ReaderReport::default(),
        })
    }
}
