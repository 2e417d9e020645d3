use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rayon::prelude::*;

use super::{EncoderBatch, EncoderConfig, EncoderInput, EncoderReader};
use crate::learner::layers::{Initial, Linear, TransformerBlock};
use crate::learner::regions::{
    Moments, Problem, REGIONS, Solution, Standard, centred, evidence, usual_balance,
};
use crate::learner::{Explanation, Initialiser, Input, Learner, Mode, Solving, indices};
use crate::resources::{BlockShape, BlockWeights};

/// Sentences that are computed at once outside training.
const ROWS: usize = 16;

/// How much softer than the ridge's probabilities the linear layer's are when training begins. The ridge is nearly certain of
/// the sentences that it was solved for, which would leave the blocks nothing to learn.
const SOFTER: f32 = 0.3;

/// The upper blocks of an encoder, and a linear layer over standardised means of regions.
#[derive(Module, Debug)]
pub struct TunedEncoder {
    /// The blocks that are trained, from below.
    pub blocks: Vec<TransformerBlock>,
    /// What regions are standardised by, which is found beforehand: mean, and what is multiplied by, `[regions · hidden]`.
    pub means: Param<Tensor<1>>,
    /// See `means`.
    pub scales: Param<Tensor<1>>,
    /// The weight of each relation in the loss, found beforehand, `[labels]`.
    pub weights: Param<Tensor<1>>,
    /// What the ridge's scores are multiplied by, found beforehand, `[1]`.
    pub sharpness: Param<Tensor<1>>,
    /// From the regions, side by side, and the entities' types to the logits.
    pub output: Linear,
    #[module(skip)]
    config: EncoderConfig,
    share: f64,
}

/// The parameters that are found in closed form, and are not trained.
const FOUND: [&str; 4] = ["means", "scales", "weights", "sharpness"];

impl TunedEncoder {
    /// A learner with the pretrained blocks, for the inputs that `reader` produces.
    pub fn new(
        config: &EncoderConfig,
        reader: &EncoderReader,
        labels: usize,
        source: &mut Initialiser,
    ) -> Self {
        let device = source.device.burn();
        let shape = reader.shape();
        let blocks = reader
            .pretrained()
            .map_or_else(|| vec![nothing(shape); reader.trained()], <[BlockWeights]>::to_vec);
        let width = REGIONS.len() * shape.hidden;
        let constant = |value: f32, size: usize| vector(vec![value; size], device);
        Self {
            blocks: blocks.into_iter().map(|weights| TransformerBlock::new(weights, shape, device)).collect(),
            means: constant(0.0, width),
            scales: constant(1.0 / (width as f32).sqrt(), width),
            weights: constant(1.0, labels),
            sharpness: constant(1.0, 1),
            output: Linear::new(width + reader.types(), labels, true, Initial::Zero, source),
            config: config.clone(),
            share: reader.share(config),
        }
    }

    /// The mean state of each region after the last block, zero if there is none: `[rows · regions, hidden]`.
    fn pooled(&self, batch: &EncoderBatch, mode: &mut Mode) -> Tensor<2> {
        let device = self.means.val().device();
        let mut states = batch.states(&device);
        for block in &self.blocks {
            states = block.forward(states, &batch.sentences, self.config.dropout, mode);
        }
        batch.pools(&device).matmul(states)
    }

    /// The inputs of the linear layer, `[rows, regions · hidden + types]`.
    fn features(&self, batch: &EncoderBatch, mode: &mut Mode) -> Tensor<2> {
        let pooled = self.pooled(batch, mode);
        let device = self.means.val().device();
        let hidden = pooled.dims()[1];
        let all = [batch.rows, REGIONS.len(), hidden];
        let of_region = |values: &Param<Tensor<1>>| values.val().reshape([1, REGIONS.len(), hidden]);
        let standard = (pooled.reshape(all) - of_region(&self.means)) * of_region(&self.scales);
        let regions = (standard * batch.has(&device)).reshape([batch.rows, REGIONS.len() * hidden]);
        match batch.types(&device) {
            Some(types) => Tensor::cat(vec![regions, types], 1),
            None => regions,
        }
    }

    /// What `f` makes of the inputs, in their order: rows of the same length.
    fn rows_of(inputs: &[EncoderInput], f: impl Fn(&EncoderBatch) -> Tensor<2> + Sync) -> Vec<Vec<f32>> {
        let of = |inputs: &[EncoderInput]| {
            let batch = EncoderInput::batch(&inputs.iter().collect::<Vec<_>>());
            let rows = values(f(&batch));
            let width = rows.len() / inputs.len();
            rows.chunks_exact(width).map(<[f32]>::to_vec).collect::<Vec<_>>()
        };
        inputs.par_chunks(ROWS).flat_map_iter(of).collect()
    }

    /// Standardised by these inputs, with the blocks as they are; and the inputs of the linear layer that result.
    fn standardised(&self, inputs: &[EncoderInput]) -> (Self, Vec<Vec<f32>>) {
        let hidden = self.hidden();
        let mut rows = Self::rows_of(inputs, |batch| {
            let width = REGIONS.len() * hidden;
            self.pooled(batch, &mut Mode::Predict).reshape([batch.rows, width])
        });
        let mut moments = Moments::new(hidden);
        for (row, input) in rows.iter().zip(inputs) {
            moments.add(row, |region| input.has(region));
        }
        let standard = moments.standard(self.config.minor, self.share);
        for (row, input) in rows.iter_mut().zip(inputs) {
            standard.apply(row, |region| input.has(region));
            row.extend(&input.types);
        }
        let Standard { means, scales } = standard;
        let device = self.means.val().device();
        (Self { means: vector(means, &device), scales: vector(scales, &device), ..self.clone() }, rows)
    }

    /// The linear layer in closed form for its inputs, `rows`.
    fn solution(&self, inputs: &[EncoderInput], rows: &[Vec<f32>], labels: &[u32], balance: f32) -> Solution {
        let problem = Problem {
            rows: rows.iter().map(Vec::as_slice).collect(),
            labels,
            count: self.output.weight.dims()[0],
            sentences: inputs.iter().map(|input| input.sentence).collect(),
            centred: centred(inputs, self.hidden(), EncoderInput::has),
            balance: f64::from(balance),
            penalty: self.config.penalty.value().map(f64::from),
            prior: None,
        };
        if self.config.head.is_solved(inputs.len()) { problem.solve() } else { problem.solve_once() }
    }

    /// Components of a state.
    fn hidden(&self) -> usize {
        self.means.val().dims()[0] / REGIONS.len()
    }

    /// With the linear layer of a solution, as sharp as this.
    fn with_layer(&self, solution: Solution, sharpness: f32) -> Self {
        let Solution { mut weights, mut bias, sharpness: found, .. } = solution;
        let factor = sharpness / found as f32;
        weights.iter_mut().chain(&mut bias).for_each(|value| *value *= factor);
        let device = self.means.val().device();
        Self { output: Linear::of(weights, self.output.weight.dims(), bias, &device), ..self.clone() }
    }

    fn balance(&self, solving: Solving, instances: usize) -> f32 {
        let labels = self.output.weight.dims()[0];
        self.config.balance.or(usual_balance(solving, instances, labels))
    }

    /// What each token adds to the difference between the logits of the two most probable relations, by the region that it is
    /// in. The states also depend on the other tokens.
    pub fn explain(&self, input: &EncoderInput) -> Explanation {
        let batch = EncoderInput::batch(&[input]);
        let features = self.features(&batch, &mut Mode::Predict);
        let logits = values(self.output.forward(features.clone()));
        evidence(&self.output, &logits, &values(features), &input.regions, self.hidden(), input.tokens)
    }
}

impl Learner for TunedEncoder {
    type Input = EncoderInput;

    fn logits(&self, batch: &EncoderBatch, mode: &mut Mode) -> Tensor<2> {
        self.output.forward(self.features(batch, mode))
    }

    /// Cross-entropy, in which relations are weighted as in the ridge.
    fn loss(&self, batch: &EncoderBatch, labels: &[u32], mode: &mut Mode) -> Tensor<1> {
        let logits = self.logits(batch, mode);
        let labels = indices(labels.iter().copied(), &logits.device());
        let weights = self.weights.val().select(0, labels.clone());
        let rows = batch.rows;
        let likelihoods = activation::log_softmax(logits, 1).gather(1, labels.reshape([rows, 1]));
        (likelihoods.reshape([rows]) * weights).mean().neg()
    }

    fn rate(&self, parameter: &str) -> f32 {
        let mut path = parameter.split('.');
        match (path.next(), path.next().and_then(|number| number.parse::<i32>().ok())) {
            (Some("output"), _) => self.config.head_rate,
            (Some("blocks"), Some(block)) => {
                self.config.block_rate.powi(self.blocks.len() as i32 - 1 - block)
            }
            (Some(name), _) if FOUND.contains(&name) => 0.0,
            _ => 1.0,
        }
    }

    fn begin(&self, inputs: &[EncoderInput], labels: &[u32], solving: &Solving) -> Option<Self> {
        let (standard, rows) = self.standardised(inputs);
        let device = self.means.val().device();
        let is_solved = self.config.head.is_solved(inputs.len());
        // Where the layer is trained, all relations have many instances: only a balance that is asked for applies.
        let balance =
            if is_solved { self.balance(*solving, inputs.len()) } else { self.config.balance.or(0.0) };
        let weights = loss_weights(labels, self.weights.val().dims()[0], balance);
        let solution = standard.solution(inputs, &rows, labels, balance);
        let sharpness = solution.sharpness as f32;
        let softer = if is_solved { SOFTER } else { 1.0 };
        let solved = standard.with_layer(solution, softer * sharpness);
        Some(Self {
            weights: vector(weights, &device),
            sharpness: vector(vec![sharpness], &device),
            ..solved
        })
    }

    /// The ridge over the trained blocks. How sharp its probabilities are remains as before training: by sentences that are
    /// left out but that the blocks were trained on, they would be too sharp.
    fn end(&self, inputs: &[EncoderInput], labels: &[u32], solving: &Solving) -> Option<Self> {
        if !self.config.head.is_solved(inputs.len()) {
            return None;
        }
        let balance = self.balance(*solving, inputs.len());
        let sharpness = values(self.sharpness.val())[0];
        let (standard, rows) = self.standardised(inputs);
        Some(standard.with_layer(standard.solution(inputs, &rows, labels, balance), sharpness))
    }
}

/// The weight of each label, its frequency to the power of -`balance`: 1 on average over the instances.
fn loss_weights(labels: &[u32], count: usize, balance: f32) -> Vec<f32> {
    let mut counts = vec![0_u32; count];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    let weight = |count: u32| if count == 0 { 0.0 } else { (count as f32).powf(-balance) };
    let total: f32 = counts.iter().map(|&count| count as f32 * weight(count)).sum();
    counts.into_iter().map(|count| weight(count) * labels.len() as f32 / total).collect()
}

/// A block of zeros, until its parameters are loaded.
fn nothing(shape: BlockShape) -> BlockWeights {
    let BlockShape { hidden, inner, .. } = shape;
    let linear = |outputs: usize, inputs: usize| [vec![0.0; outputs * inputs], vec![0.0; outputs]];
    let norm = || [vec![0.0; hidden], vec![0.0; hidden]];
    BlockWeights {
        project: linear(3 * hidden, hidden),
        attended: linear(hidden, hidden),
        attention_norm: norm(),
        up: linear(inner, hidden),
        down: linear(hidden, inner),
        output_norm: norm(),
    }
}

fn vector(values: Vec<f32>, device: &Device) -> Param<Tensor<1>> {
    let length = values.len();
    Param::from_tensor(Tensor::from_data(TensorData::new(values, [length]), device))
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec::<f32>().expect("values are f32")
}
