use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use faer::Mat;

use super::found::REGIONS;
use super::names;
use super::ridge::Problem;
use super::self_training;
use super::{RegionBatch, RegionInput, RegionReader, RegionsConfig};
use crate::learner::explanation::best_and;
use crate::learner::layers::{Initial, Linear, dropout};
use crate::learner::{Explanation, Initialiser, Learner, Mode, Solved, Solving};

/// The power of a relation's frequency by which its instances are weighted down, if none is given.
pub fn usual_balance(solving: Solving, instances: usize, labels: usize) -> f32 {
    if solving.is_macro && (instances as f32) < FEW * labels as f32 { 1.0 } else { 0.5 }
}

/// With fewer instances than this for a relation on average, a macro-averaged score gains from full balance.
const FEW: f32 = 10.0;

/// The components of each region, which are centred together, and which of these inputs have it.
pub fn centred<T>(
    inputs: &[T],
    dimension: usize,
    has: impl Fn(&T, usize) -> bool,
) -> Vec<(Range<usize>, Vec<bool>)> {
    let having = |region: usize| inputs.iter().map(|input| has(input, region)).collect();
    (0..REGIONS.len()).map(|region| (region * dimension..(region + 1) * dimension, having(region))).collect()
}

/// A linear layer over standardised means of regions.
#[derive(Module, Debug)]
pub struct Regions {
    /// From the regions, side by side, and the entities' types to the logits.
    pub output: Linear,
    #[module(skip)]
    config: RegionsConfig,
    dimension: usize,
    #[module(skip)]
    prior: Option<Mat<f64>>,
}

impl Regions {
    /// An untrained learner for the inputs that `reader` produces. Its weights are zero: the loss is convex, so random
    /// initial values are not needed.
    pub fn new(
        config: &RegionsConfig,
        reader: &RegionReader,
        labels: usize,
        source: &mut Initialiser,
    ) -> Self {
        let output = Linear::new(reader.features(), labels, true, Initial::Zero, source);
        Self { output, config: config.clone(), dimension: reader.dimension(), prior: reader.prior() }
    }

    /// What each token of a sentence adds to the difference between the logits of the most probable relation and of `against`, or of the
    /// second most probable one, by the regions that it is in.
    pub fn explain(&self, input: &RegionInput, against: Option<usize>) -> Explanation {
        let batch = RegionBatch { features: input.features.clone(), rows: 1 };
        let logits = values(self.logits(&batch, &mut Mode::Predict));
        evidence(
            &self.output,
            &logits,
            &input.features,
            &input.regions,
            self.dimension,
            input.tokens,
            against,
        )
    }
}

/// What each token of a sentence adds to the difference between the greatest of these logits of `layer` and `against`, or the second greatest, whose inputs are
/// `features`: the regions', which have these tokens, and the types'.
pub fn evidence(
    layer: &Linear,
    logits: &[f32],
    features: &[f32],
    of_regions: &[Vec<usize>],
    dimension: usize,
    tokens: usize,
    against: Option<usize>,
) -> Explanation {
    let [best, next] = best_and(against, logits);
    let weights = values(layer.weight.val());
    let width = features.len();
    let product = |c: usize| features[c] * (weights[best * width + c] - weights[next * width + c]);
    let mut evidence = vec![0.0; tokens];
    let mut regions = Vec::new();
    for (region, tokens) in of_regions.iter().enumerate().filter(|(_, tokens)| !tokens.is_empty()) {
        let sum: f32 = (region * dimension..(region + 1) * dimension).map(product).sum();
        tokens.iter().for_each(|&token| evidence[token] += sum / tokens.len() as f32);
        regions.push((REGIONS[region], sum));
    }
    let types: f32 = (REGIONS.len() * dimension..width).map(product).sum();
    if width > REGIONS.len() * dimension {
        regions.push(("types of the entities", types));
    }
    let explained: f32 = evidence.iter().sum();
    let rest = logits[best] - logits[next] - explained;
    Explanation::Evidence { relation: best, over: next, tokens: evidence, rest, regions }
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_to_vec::<f32>().expect("values are f32")
}

impl Learner for Regions {
    type Input = RegionInput;

    fn logits(&self, batch: &RegionBatch, mode: &mut Mode) -> Tensor<2> {
        let device = self.output.weight.val().device();
        let shape = [batch.rows, self.output.weight.dims()[1]];
        let inputs = Tensor::from_data(TensorData::new(batch.features.clone(), shape), &device);
        let inputs = dropout(inputs, self.config.dropout, mode);
        self.output.of_sentences(inputs, mode)
    }

    fn solve(
        &self,
        inputs: &[RegionInput],
        labels: &[u32],
        unlabelled: &[RegionInput],
        solving: &Solving,
    ) -> Option<Solved<Self>> {
        if !self.config.head.is_solved(inputs.len()) {
            return None;
        }
        let count = self.output.weight.dims()[0];
        let problem = Problem {
            rows: inputs.iter().map(|input| &input.features[..]).collect(),
            labels,
            count,
            sentences: inputs.iter().map(|input| input.sentence).collect(),
            // With unlabelled sentences, a mean hardly depends on one that is left out.
            centred: if unlabelled.is_empty() {
                centred(inputs, self.dimension, |input, region| !input.regions[region].is_empty())
            } else {
                Vec::new()
            },
            balance: f64::from(self.config.balance.or(usual_balance(*solving, inputs.len(), count))),
            penalty: self.config.penalty.value().map(f64::from),
            prior: self.prior.as_ref(),
        };
        let others: Vec<&[f32]> = unlabelled.iter().map(|input| &input.features[..]).collect();
        let solution =
            if others.is_empty() { problem.solve() } else { self_training::solve(&problem, &others) };
        let balance = problem.balance;
        let device = self.output.weight.val().device();
        let shape = self.output.weight.dims();
        let output = Linear::of(solution.weights, shape, solution.bias, &device);
        let mut chosen =
            vec![("penalty", solution.penalty), ("balance", balance), ("sharpness", solution.sharpness)];
        if problem.prior.is_some() {
            chosen.push(("names", names::STRENGTH * solution.share));
        }
        Some(Solved {
            learner: Self { output, ..self.clone() },
            held_out: solution.held_out,
            chosen: chosen.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        })
    }
}
