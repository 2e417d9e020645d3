//! FCM: word vectors averaged over a few regions of the sentence, and one linear layer (after Gormley, Yu and Dredze 2015).
//!
//! A log-bilinear model: where a word stands decides which weights read its vector. It has no state to learn, so with few
//! labels all of them go into what words mean where; and it needs neither tags nor a parse.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::layers::{Initial, Linear, WordEmbedding, dropout};
use super::regions::Regions;
use super::{Explanation, Learner, Mode};
use crate::features::{Batch, Encoder};
use crate::random::Stream;

/// Hyper-parameters of [`Fcm`].
///
/// | parameter | default | range |
/// |---|---|---|
/// | `window` | 2 | ≥ 0 |
/// | `dropout` | 0.7 | [0, 1) |
/// | `word_dropout` | 0 | [0, 1) |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FcmConfig {
    /// How many tokens beside each entity, on the side of the other, are read one by one.
    pub window: usize,
    /// Dropout of the averaged vectors.
    pub dropout: f32,
    /// Probability that a word is read as the unknown word in training.
    pub word_dropout: f32,
}

impl Default for FcmConfig {
    fn default() -> Self {
        Self { window: 2, dropout: 0.7, word_dropout: 0.0 }
    }
}

/// A linear layer over word vectors, averaged by region.
///
/// The regions: the subject, the object, what is between them, the first and the last preposition between them, and up to
/// `window` tokens on the inner side of each entity. Two things differ from the original: it sums where this averages, and it
/// has regions of its dependency path and conjunctions with entity types.
#[derive(Module, Debug)]
pub struct Fcm {
    /// Word vectors.
    pub words: WordEmbedding,
    /// From the regions' vectors, side by side, and whether the object comes first, to the relations.
    pub output: Linear,
    #[module(skip)]
    regions: Regions,
    dropout: f32,
}

impl Fcm {
    /// An untrained learner for what `encoder` produces. Its weights are zero: the loss is convex, so nothing has to be drawn.
    pub fn new(config: &FcmConfig, encoder: &Encoder, stream: &mut Stream) -> Self {
        let words = WordEmbedding::frozen(Arc::new(encoder.words().clone()), config.word_dropout);
        let regions = Regions::new(config.window, encoder.words());
        let inputs = regions.count() * words.dimension() + 1;
        let output = Linear::new(inputs, encoder.labels().len(), true, Initial::Zero, stream);
        Self { words, output, regions, dropout: config.dropout }
    }

    /// What the linear layer reads, `[rows, regions · dimension + 1]`.
    fn inputs(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2> {
        let device = self.output.weight.val().device();
        let dimension = self.words.dimension();
        let vectors = self.words.forward(&batch.words, &device, mode).into_data();
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

    /// What each token of a batch of one sentence adds to the most probable relation's logit over the next one's.
    ///
    /// # Panics
    /// If it has more sentences.
    pub fn explain(&self, batch: &Batch) -> Explanation {
        assert_eq!(batch.rows(), 1, "sentences are explained one by one");
        let values = |tensor: Tensor<2>| tensor.into_data().try_to_vec::<f32>().expect("values are f32");
        let logits = values(self.logits(batch, &mut Mode::Predict));
        let mut ranking: Vec<usize> = (0..logits.len()).collect();
        ranking.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        let best = ranking[0];
        let next = ranking.get(1).copied().unwrap_or(best);

        let weights = values(self.output.weight.val());
        let dimension = self.words.dimension();
        let width = self.regions.count() * dimension + 1;
        let difference = |input: usize| weights[best * width + input] - weights[next * width + input];
        let vectors =
            self.words.forward(&batch.words, &self.output.weight.val().device(), &mut Mode::Predict);
        let vectors = values(vectors);
        let bias = self.output.bias.as_ref().expect("the layer has a bias").val().into_data();
        let bias = bias.as_slice::<f32>().expect("biases are f32");
        let found = self.regions.of(batch, 0);
        let order = if found.object_first { difference(width - 1) } else { 0.0 };
        let rest = bias[best] - bias[next] + order;
        let mut evidence = vec![0.0; batch.tokens()];
        for (place, region) in found.tokens.iter().enumerate() {
            for &token in region {
                // Of one sentence, packed tokens are tokens.
                let vector = &vectors[token * dimension..][..dimension];
                let sum: f32 = vector
                    .iter()
                    .enumerate()
                    .map(|(c, value)| value * difference(place * dimension + c))
                    .sum();
                evidence[token] += sum / region.len() as f32;
            }
        }
        Explanation::Evidence { relation: best, over: next, tokens: evidence, rest }
    }
}

impl Learner for Fcm {
    fn logits(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2> {
        let inputs = dropout(self.inputs(batch, mode), self.dropout, mode);
        self.output.forward(inputs)
    }
}
