//! A trained model, in memory and on disk: everything prediction needs, and nothing else.
//!
//! A model is a folder:
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | format version, learner and encoder options, labels, tags, how it was trained, size and hash of the other files |
//! | `parameters.safetensors` | the trained parameters, by name, and the vectors of special words |
//! | `words.fst` | the vocabulary: word → row |
//! | `vectors.safetensors` | the frozen word vectors, `F32` or `F16` |
//!
//! Vocabulary and vectors are memory-mapped, so that loading takes milliseconds and several processes share them.
//! The manifest is written last: a folder without one is not a model.

mod load;
mod manifest;
mod save;

pub use load::LoadError;
pub use manifest::{FORMAT, FORMAT_VERSION, FileRecord, MANIFEST, Manifest, VectorsRecord};
pub use save::{Precision, SaveError};

use burn::tensor::Device;

use crate::corpus::Instance;
use crate::features::{Encoder, Example, MissingLayer};
use crate::learner::{AnyLearner, Explanation, LearnerConfig, Parameters};
use crate::training::predict;

/// A trained relation classifier.
#[derive(Debug)]
pub struct Classifier {
    config: LearnerConfig,
    encoder: Encoder,
    learner: AnyLearner,
    parameters: Parameters,
    /// How the model came about: data, seed, options, scores. For people and reports; prediction ignores it.
    pub provenance: serde_json::Value,
    /// How raw text is cut into tokens, which must be as in training.
    pub tokenizer: crate::corpus::Tokenizer,
}

/// What a classifier says of one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The probability of each relation, in the order of the label set; they sum to 1.
    pub probabilities: Vec<f32>,
}

impl Prediction {
    /// Index of the most probable relation (the first of equals).
    pub fn label(&self) -> usize {
        self.ranking()[0]
    }

    /// Indices of the relations, most probable first.
    pub fn ranking(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        order.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]));
        order
    }
}

impl Classifier {
    /// A classifier from its parts.
    pub fn new(
        config: LearnerConfig,
        encoder: Encoder,
        learner: AnyLearner,
        parameters: Parameters,
        tokenizer: crate::corpus::Tokenizer,
        provenance: serde_json::Value,
    ) -> Self {
        Self { config, encoder, learner, parameters, provenance, tokenizer }
    }

    /// The names of the relations.
    pub fn labels(&self) -> &[String] {
        self.encoder.labels().labels()
    }

    /// What turns instances into examples.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The learner and its options.
    pub fn config(&self) -> &LearnerConfig {
        &self.config
    }

    /// The trained parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// What the learner looks at in an instance.
    ///
    /// # Errors
    /// If it lacks a layer of annotation that the learner cannot do without.
    pub fn explain(&self, instance: &Instance) -> Result<Explanation, MissingLayer> {
        let example = self.encoder.encode(instance)?;
        Ok(self.parameters.load(&self.learner, &Device::flex()).explain(&example))
    }

    /// Classifies instances, in parallel on the current thread pool.
    ///
    /// # Errors
    /// If an instance lacks a layer of annotation that the learner cannot do without.
    pub fn classify(&self, instances: &[Instance]) -> Result<Vec<Prediction>, MissingLayer> {
        let examples: Vec<Example> = self.encoder.encode_all(instances)?;
        let predictions = predict(&self.learner, &self.parameters, &examples)
            .into_iter()
            .map(|probabilities| Prediction { probabilities })
            .collect();
        Ok(predictions)
    }
}
