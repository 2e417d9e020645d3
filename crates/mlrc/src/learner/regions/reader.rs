use faer::Mat;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::RegionsConfig;
use super::found::{REGIONS, regions_of};
use super::names;
use super::probe::VerbProbe;
use super::standard::{Moments, Standard};
use super::types::EntityTypes;
use crate::corpus::{Instance, LabelName};
use crate::learner::tokens::{SourceRecord, TokenSource};
use crate::learner::{
    FitError, Fitting, Foreign, Input, Masking, ReadError, Reader, ReaderReport, Remarks, SavedReader,
};

/// Sentences whose vectors are held in memory at once.
const AT_ONCE: usize = 256;

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

    fn features(&self) -> Option<&[f32]> {
        Some(&self.features)
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
    standard: Standard,
    types: EntityTypes,
    report: ReaderReport,
    /// What the names of the labels say ([`names::read`]); none if they are not read.
    names: Vec<Vec<f32>>,
}

/// The part of a reader's state that is stored in a model's manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    masking: Masking,
    #[serde(flatten)]
    types: EntityTypes,
    masks: Vec<String>,
    vectors: SourceRecord,
}

const MEANS: &str = "region_means";
const SCALES: &str = "region_scales";

impl RegionReader {
    /// A reader fitted to the training set.
    ///
    /// # Errors
    /// If there are no vectors, none of the words has one, or an instance is invalid.
    pub fn fit(config: &RegionsConfig, fitting: &Fitting) -> Result<Self, FitError> {
        let Fitting { instances, unlabelled, options, .. } = *fitting;
        for instance in instances.iter().chain(unlabelled) {
            instance.check().map_err(ReadError::from)?;
        }
        let (source, report) = TokenSource::fit("regions", fitting)?;
        let probe = VerbProbe::fit(|instances| source.vectors(instances, Masking::Off));
        let share = if options.annotations { config.types } else { 0.0 };
        let types = EntityTypes::fit(instances, share);
        let standard = Standard { means: Vec::new(), scales: Vec::new() };
        let mut reader =
            Self { source, masking: options.masking, probe, standard, types, report, names: Vec::new() };
        let mut moments = Moments::new(reader.dimension());
        for chunk in instances.chunks(AT_ONCE).chain(unlabelled.chunks(AT_ONCE)) {
            for (means, regions) in reader.region_means(chunk) {
                moments.add(&means, |region| !regions[region].is_empty());
            }
        }
        let share = if reader.types.are_read() { 1.0 - f64::from(share) } else { 1.0 };
        reader.standard = moments.standard(config.minor, share);
        reader.names = reader.name_features(fitting.names);
        Ok(reader)
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

    /// What relations with these names are expected to have more of than others, `[names][regions · dimension]`; empty for a
    /// name that says nothing.
    pub fn name_features(&self, names: &[LabelName]) -> Vec<Vec<f32>> {
        names::read(names, &self.source, &self.standard)
    }

    /// What the names of the labels draw the layer's weights to, `[features][labels]`; `None` if they are not read.
    pub fn prior(&self) -> Option<Mat<f64>> {
        (!self.names.is_empty()).then(|| names::prior(&self.names, self.features(), names::STRENGTH))
    }

    /// Number of components of an input.
    pub fn features(&self) -> usize {
        self.standard.means.len() + self.types.len()
    }

    /// Components of a region.
    pub fn dimension(&self) -> usize {
        self.source.dimension()
    }

    fn input(&self, instance: &Instance, means: Vec<f32>, regions: Vec<Vec<usize>>) -> RegionInput {
        let mut features = means;
        self.standard.apply(&mut features, |region| !regions[region].is_empty());
        features.extend(self.types.of(instance));
        RegionInput { features, regions, tokens: instance.tokens.len(), sentence: sentence_of(instance) }
    }
}

/// Identifies a sentence, whatever its case, spaces and punctuation: a copy without the full stop would answer for what is left
/// out.
pub fn sentence_of(instance: &Instance) -> u64 {
    let mut hasher = Xxh3Default::new();
    for character in instance.tokens.iter().flat_map(|token| token.chars()).filter(|c| c.is_alphanumeric()) {
        for lower in character.to_lowercase() {
            hasher.update(&u32::from(lower).to_le_bytes());
        }
    }
    hasher.digest()
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
        let reads_types = self.types.are_read() || self.masking == Masking::On;
        Remarks {
            untyped: reads_types && !instance.is_typed(),
            in_windows: self.source.in_windows(instance, self.masking),
            ..Remarks::default()
        }
    }

    fn foreign(&self, instance: &Instance) -> Foreign {
        let mut foreign = self.source.foreign(instance, self.masking);
        // Masks have counted them already.
        if foreign.types.all == 0 {
            self.types.note_foreign(instance, &mut foreign.types);
        }
        foreign
    }

    fn report(&self) -> ReaderReport {
        self.report.clone()
    }

    fn save(&self, saved: &mut SavedReader) {
        let vectors = self.source.save(saved);
        let shape = vec![REGIONS.len(), self.source.dimension()];
        saved.tensors.insert(MEANS.to_owned(), (shape.clone(), self.standard.means.clone()));
        saved.tensors.insert(SCALES.to_owned(), (shape, self.standard.scales.clone()));
        self.probe.save(saved);
        saved.set_value(&Stored {
            masking: self.masking,
            types: self.types.clone(),
            masks: self.source.table().map_or_else(Vec::new, |table| table.masks().to_vec()),
            vectors,
        });
    }

    fn load(saved: &SavedReader) -> Result<Self, String> {
        let Stored { masking, types, masks, vectors } = saved.value()?;
        let source = TokenSource::load(saved, masks, &vectors)?;
        let dimension = source.dimension();
        let width = REGIONS.len() * dimension;
        Ok(Self {
            masking,
            probe: VerbProbe::load(saved, dimension)?,
            standard: Standard { means: saved.tensor(MEANS, width)?, scales: saved.tensor(SCALES, width)? },
            types,
            source,
            report: ReaderReport::default(),
            names: Vec::new(),
        })
    }
}
