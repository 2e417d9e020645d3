use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::FcmConfig;
use super::regions::Regions;
use crate::learner::explanation::best_and;
use crate::learner::layers::{Initial, Linear, WordEmbedding, dropout};
use crate::learner::tokens::{TokenBatch, TokenInput, TokenReader};
use crate::learner::{Explanation, Initialiser, Learner, Mode};

/// A linear layer over word vectors, averaged by region.
///
/// The regions: the subject, the object, what is between them, the first and the last preposition between
/// them, and up to `window` tokens on the inner side of each entity. There are two differences from the
/// original: it sums where this averages, and it also has regions for the dependency path and conjunctions
/// with entity types.
#[derive(Module, Debug)]
pub struct Fcm {
    /// Word vectors.
    pub words: WordEmbedding,
    /// From the regions' vectors, side by side, and whether the object comes first, to the logits.
    pub output: Linear,
    #[module(skip)]
    regions: Regions,
    dropout: f32,
}

impl Fcm {
    /// An untrained learner for the inputs that `reader` produces. Its weights are zero: the loss is convex,
    /// so random initial values are not needed.
    pub fn new(config: &FcmConfig, reader: &TokenReader, labels: usize, source: &mut Initialiser) -> Self {
        let words = WordEmbedding::frozen(reader.source().clone(), config.word_dropout);
        let regions = Regions::new(config.window);
        let inputs = regions.count() * words.dimension() + 1;
        let output = Linear::new(inputs, labels, true, Initial::Zero, source);
        Self { words, output, regions, dropout: config.dropout }
    }

    /// The input of the linear layer, `[rows, regions · dimension + 1]`.
    fn inputs(&self, batch: &TokenBatch, mode: &mut Mode) -> Tensor<2> {
        let device = self.output.weight.val().device();
        let dimension = self.words.dimension();
        let vectors = self.words.forward(batch, 0, &device, mode).into_data();
        let vectors = vectors.as_slice::<f32>().expect("vectors are f32");
        let width = self.regions.count() * dimension + 1;
        let mut inputs = vec![0.0; batch.rows() * width];
        for (row, inputs) in inputs.chunks_mut(width).enumerate() {
            let found = self.regions.of(batch, row);
            for (region, mean) in found.tokens.iter().zip(inputs.chunks_mut(dimension)) {
                let share = 1.0 / region.len().max(1) as f32;
                for &token in region {
                    let vector = &vectors[batch.packing.token(row, token) * dimension..][..dimension];
                    for (sum, value) in mean.iter_mut().zip(vector) {
                        *sum += share * value;
                    }
                }
            }
            inputs[width - 1] = f32::from(u8::from(found.object_first));
        }
        Tensor::from_data(TensorData::new(inputs, [batch.rows(), width]), &device)
    }

    /// What each token of a sentence adds to the difference between the logits of the most probable relation and of `against`,
    /// or of the second most probable one.
    pub fn explain(&self, input: &TokenInput, against: Option<usize>) -> Explanation {
        let batch = &TokenBatch::new(&[input]);
        let values = |tensor: Tensor<2>| tensor.into_data().try_to_vec::<f32>().expect("values are f32");
        let logits = values(self.logits(batch, &mut Mode::Predict));
        let [best, next] = best_and(against, &logits);

        let weights = values(self.output.weight.val());
        let dimension = self.words.dimension();
        let width = self.regions.count() * dimension + 1;
        let difference = |input: usize| weights[best * width + input] - weights[next * width + input];
        let vectors = self.words.forward(batch, 0, &self.output.weight.val().device(), &mut Mode::Predict);
        let vectors = values(vectors);
        let bias = self.output.bias.as_ref().expect("the layer has a bias").val().into_data();
        let bias = bias.as_slice::<f32>().expect("biases are f32");
        let found = self.regions.of(batch, 0);
        let order = if found.object_first { difference(width - 1) } else { 0.0 };
        let rest = bias[best] - bias[next] + order;
        let mut evidence = vec![0.0; batch.tokens()];
        for (place, region) in found.tokens.iter().enumerate() {
            for &token in region {
                // In a batch of one sentence, tokens are packed in order.
                let vector = &vectors[token * dimension..][..dimension];
                let sum: f32 = vector
                    .iter()
                    .enumerate()
                    .map(|(c, value)| value * difference(place * dimension + c))
                    .sum();
                evidence[token] += sum / region.len() as f32;
            }
        }
        Explanation::Evidence { relation: best, over: next, tokens: evidence, rest, regions: Vec::new() }
    }
}

impl Learner for Fcm {
    type Input = TokenInput;

    fn logits(&self, batch: &TokenBatch, mode: &mut Mode) -> Tensor<2> {
        let inputs = dropout(self.inputs(batch, mode), self.dropout, mode);
        self.output.of_sentences(inputs, mode)
    }
}
