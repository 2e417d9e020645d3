use std::ops::Range;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use half::slice::HalfFloatSliceExt;
use mlrc_kernels::transformer::RelativeBias;
use serde::{Deserialize, Serialize};

use super::EncoderConfig;
use super::crop::{cropped, kept};
use crate::corpus::Instance;
use crate::learner::layers::EncodedSentences;
use crate::learner::regions::{EntityTypes, REGIONS, VerbProbe, regions_of, sentence_of};
use crate::learner::tokens::{SourceRecord, TokenSource};
use crate::learner::{
    Auto, Blocks, FitError, Fitting, Foreign, Input, Masking, Precision, ReadError, Reader, ReaderReport,
    Remarks, SavedReader,
};
use crate::resources::{BlockShape, BlockWeights, ContextualVectors, PieceStates, TokenVectors};

/// Sentences that are computed at once.
const AT_ONCE: usize = 256;

/// A sentence after the frozen blocks, and where its regions are.
#[derive(Clone, Debug)]
pub struct EncoderInput {
    /// `[pieces, hidden]`
    states: Vec<f16>,
    /// The pieces of each region's tokens.
    pools: Vec<Vec<Range<usize>>>,
    /// The components of the entities' types.
    pub(super) types: Vec<f32>,
    /// The tokens of each region, as in the instance.
    pub(super) regions: Vec<Vec<usize>>,
    /// Number of tokens of the instance.
    pub(super) tokens: usize,
    /// Identifies the sentence: its pairs of entities share it.
    pub(super) sentence: u64,
    shape: BlockShape,
    bias: Option<Arc<RelativeBias>>,
}

/// Several inputs.
#[derive(Clone, Debug)]
pub struct EncoderBatch {
    /// `[pieces, hidden]`
    states: Vec<f32>,
    /// The sentences that the states belong to.
    pub sentences: EncodedSentences,
    /// For each row, the share of each piece in each region: `[rows · regions, pieces]`.
    pools: Vec<f32>,
    /// Whether each row has each region, 1 or 0: `[rows, regions]`.
    has: Vec<f32>,
    /// `[rows, types]`
    types: Vec<f32>,
    /// Number of rows.
    pub rows: usize,
    hidden: usize,
}

impl EncoderInput {
    /// Whether the sentence has a region.
    pub fn has(&self, region: usize) -> bool {
        !self.pools[region].is_empty()
    }

    /// Number of word pieces.
    fn pieces(&self) -> usize {
        self.states.len() / self.shape.hidden
    }
}

impl Input for EncoderInput {
    type Batch = EncoderBatch;

    fn size(&self) -> usize {
        self.pieces()
    }

    fn batch(inputs: &[&Self]) -> EncoderBatch {
        let BlockShape { hidden, heads, .. } = inputs[0].shape;
        let lengths: Arc<[usize]> = inputs.iter().map(|input| input.pieces()).collect();
        let total: usize = lengths.iter().sum();
        let mut states = vec![0.0; total * hidden];
        let mut pools = vec![0.0; inputs.len() * REGIONS.len() * total];
        let mut first = 0;
        for (row, input) in inputs.iter().enumerate() {
            input.states.convert_to_f32_slice(&mut states[first * hidden..][..input.states.len()]);
            for (region, tokens) in input.pools.iter().enumerate() {
                let pool = &mut pools[(row * REGIONS.len() + region) * total..][..total];
                for pieces in tokens {
                    // Tokens count alike, and so do a token's pieces.
                    let share = 1.0 / (tokens.len() * pieces.len()) as f32;
                    pool[first + pieces.start..first + pieces.end].iter_mut().for_each(|sum| *sum += share);
                }
            }
            first += input.pieces();
        }
        let has =
            inputs.iter().flat_map(|input| input.pools.iter().map(|tokens| f32::from(!tokens.is_empty())));
        EncoderBatch {
            states,
            sentences: EncodedSentences { lengths, heads, bias: inputs[0].bias.clone() },
            pools,
            has: has.collect(),
            types: inputs.iter().flat_map(|input| input.types.iter().copied()).collect(),
            rows: inputs.len(),
            hidden,
        }
    }
}

impl EncoderBatch {
    /// The states after the frozen blocks, `[pieces, hidden]`.
    pub(super) fn states(&self, device: &Device) -> Tensor<2> {
        let pieces = self.states.len() / self.hidden;
        Tensor::from_data(TensorData::new(self.states.clone(), [pieces, self.hidden]), device)
    }

    /// The shares of pieces, `[rows · regions, pieces]`.
    pub(super) fn pools(&self, device: &Device) -> Tensor<2> {
        let rows = self.rows * REGIONS.len();
        Tensor::from_data(TensorData::new(self.pools.clone(), [rows, self.pools.len() / rows]), device)
    }

    /// `[rows, regions, 1]`
    pub(super) fn has(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(TensorData::new(self.has.clone(), [self.rows, REGIONS.len(), 1]), device)
    }

    /// `[rows, types]`; `None` if there are no types.
    pub(super) fn types(&self, device: &Device) -> Option<Tensor<2>> {
        let width = self.types.len() / self.rows;
        (width > 0)
            .then(|| Tensor::from_data(TensorData::new(self.types.clone(), [self.rows, width]), device))
    }
}

/// Reads sentences with the frozen blocks, and finds their regions.
#[derive(Clone, Debug)]
pub struct EncoderReader {
    /// The frozen blocks.
    frozen: Arc<ContextualVectors>,
    bias: Option<Arc<RelativeBias>>,
    /// The weights that training starts from; none in a model that was loaded, which has its own.
    pretrained: Option<Arc<[BlockWeights]>>,
    /// The last block that is computed.
    last: usize,
    /// The most word pieces of a sentence.
    pieces: usize,
    masking: Masking,
    probe: VerbProbe,
    types: EntityTypes,
    report: ReaderReport,
}

/// The part of a reader's state that is stored in a model's manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    last: usize,
    pieces: usize,
    masking: Masking,
    types: EntityTypes,
    vectors: SourceRecord,
}

impl EncoderReader {
    /// A reader fitted to the training set.
    ///
    /// # Errors
    /// If there is no encoder, its blocks are not those that are asked for, or an instance is invalid.
    pub fn fit(config: &EncoderConfig, fitting: &Fitting) -> Result<Self, FitError> {
        let Fitting { instances, mut options, resources, .. } = *fitting;
        let wrong = |problem: &str| FitError::Other(problem.to_owned());
        for instance in instances {
            instance.check().map_err(ReadError::from)?;
        }
        let Some(TokenVectors::Contextual(encoder)) = &resources.vectors else {
            return Err(wrong(
                "the learner encoder requires a pretrained encoder: name its folder where word vectors are named",
            ));
        };
        if options.precision == Some(Precision::Int8) {
            return Err(wrong(
                "an encoder that is trained cannot be stored as int8; leave out the precision",
            ));
        }
        let last = match options.blocks.list()[..] {
            [] => encoder.usual_last(),
            [last] => last,
            _ => {
                return Err(wrong(
                    "the learner encoder reads one block, the last that is computed: name one",
                ));
            }
        };
        let frozen = match config.frozen {
            Auto::Automatic => last / 3,
            Auto::Value(frozen) => frozen as usize,
        };
        if frozen >= last {
            let problem = format!("none of the {last} blocks would be trained: `frozen` is {frozen}");
            return Err(FitError::Other(problem));
        }
        options.blocks = Blocks::try_from(vec![frozen]).map_err(FitError::Other)?;
        let (source, report) = TokenSource::fit("encoder", &Fitting { options, ..*fitting })?;
        let TokenSource::Encoder(frozen) = source else { return Err(wrong("an encoder was expected")) };
        let pretrained = frozen.weights_above(last).map_err(FitError::Other)?;
        let share = if options.annotations { config.types } else { 0.0 };
        let bias = frozen.relative_bias().cloned().map(Arc::new);
        let dimension = frozen.dimension();
        let vectors_of = |instances: &[&Instance]| {
            let sentences: Vec<&[String]> = instances.iter().map(|instance| &instance.tokens[..]).collect();
            let of = |states: PieceStates| {
                (0..states.tokens.len()).flat_map(|token| states.token(token, dimension)).collect()
            };
            frozen.piece_states(&sentences).into_iter().map(of).collect()
        };
        Ok(Self {
            probe: VerbProbe::fit(vectors_of),
            bias,
            pretrained: Some(pretrained.into()),
            last,
            pieces: config.pieces.min(frozen.longest()),
            masking: options.masking,
            types: EntityTypes::fit(instances, share),
            report,
            frozen,
        })
    }

    /// The size of the blocks.
    pub fn shape(&self) -> BlockShape {
        self.frozen.shape()
    }

    /// Number of blocks that are trained.
    pub fn trained(&self) -> usize {
        self.last - self.frozen.blocks().iter().copied().max().unwrap_or(0)
    }

    /// The pretrained weights of the blocks that are trained; `None` if only the frozen ones were saved.
    pub(super) fn pretrained(&self) -> Option<&[BlockWeights]> {
        self.pretrained.as_deref()
    }

    /// Number of components of the entities' types.
    pub fn types(&self) -> usize {
        self.types.len()
    }

    /// The share of the regions in the mean squared length of the linear layer's inputs.
    pub(super) fn share(&self, config: &EncoderConfig) -> f64 {
        if self.types.are_read() { 1.0 - f64::from(config.types) } else { 1.0 }
    }

    fn kept(&self, instance: &Instance, tokens: &[String]) -> Vec<usize> {
        kept(instance, &self.frozen.piece_counts(tokens), self.pieces - 2)
    }
}

impl Reader for EncoderReader {
    type Input = EncoderInput;

    fn read(&self, instance: &Instance) -> Result<EncoderInput, ReadError> {
        Ok(self.read_all(&[instance])?.remove(0))
    }

    fn read_all(&self, instances: &[&Instance]) -> Result<Vec<EncoderInput>, ReadError> {
        let shape = self.shape();
        let mut inputs = Vec::with_capacity(instances.len());
        for chunk in instances.chunks(AT_ONCE) {
            let masked: Vec<_> = chunk.iter().map(|instance| self.masking.apply(instance)).collect();
            let kept: Vec<_> = masked.iter().map(|instance| self.kept(instance, &instance.tokens)).collect();
            let read: Vec<_> =
                masked.iter().zip(&kept).map(|(instance, kept)| cropped(instance, kept)).collect();
            let sentences: Vec<&[String]> = read.iter().map(|instance| &instance.tokens[..]).collect();
            let states = self.frozen.piece_states(&sentences);
            for (((instance, read), kept), states) in chunk.iter().zip(&read).zip(kept).zip(states) {
                let is_verb = |token: usize| self.probe.is_verb(&states.token(token, shape.hidden));
                let regions = regions_of(read, is_verb);
                let pieces = |tokens: &Vec<usize>| {
                    tokens.iter().map(|&token| states.tokens[token].clone()).collect::<Vec<_>>()
                };
                inputs.push(EncoderInput {
                    pools: regions.iter().map(pieces).collect(),
                    types: self.types.of(instance).collect(),
                    regions: regions
                        .map(|tokens| tokens.into_iter().map(|token| kept[token]).collect())
                        .into(),
                    tokens: instance.tokens.len(),
                    sentence: sentence_of(instance),
                    shape,
                    bias: self.bias.clone(),
                    states: states.states,
                });
            }
        }
        Ok(inputs)
    }

    fn remarks(&self, instance: &Instance) -> Remarks {
        let reads_types = self.types.are_read() || self.masking == Masking::On;
        let masked = self.masking.apply(instance);
        Remarks {
            untyped: reads_types && !instance.is_typed(),
            is_cropped: self.kept(&masked, &masked.tokens).len() < instance.tokens.len(),
            ..Remarks::default()
        }
    }

    fn foreign(&self, instance: &Instance) -> Foreign {
        let mut foreign = Foreign::default();
        self.types.note_foreign(instance, &mut foreign.types);
        foreign
    }

    fn report(&self) -> ReaderReport {
        self.report.clone()
    }

    fn save(&self, saved: &mut SavedReader) {
        let vectors = TokenSource::Encoder(self.frozen.clone()).save(saved);
        self.probe.save(saved);
        saved.set_value(&Stored {
            last: self.last,
            pieces: self.pieces,
            masking: self.masking,
            types: self.types.clone(),
            vectors,
        });
    }

    fn load(saved: &SavedReader) -> Result<Self, String> {
        let Stored { last, pieces, masking, types, vectors } = saved.value()?;
        let TokenSource::Encoder(frozen) = TokenSource::load(saved, Vec::new(), &vectors)? else {
            return Err("`reader`: expected an encoder".to_owned());
        };
        let lower = frozen.blocks().iter().copied().max().unwrap_or(0);
        if last <= lower || pieces < 3 || pieces > frozen.longest() {
            return Err(format!("`reader`: {last} blocks and {pieces} pieces do not fit the encoder"));
        }
        Ok(Self {
            probe: VerbProbe::load(saved, frozen.dimension())?,
            bias: frozen.relative_bias().cloned().map(Arc::new),
            pretrained: None,
            last,
            pieces,
            masking,
            types,
            report: ReaderReport::default(),
            frozen,
        })
    }
}
