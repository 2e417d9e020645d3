//! A trained model, in memory and on disk: everything that prediction needs, and nothing else.
//!
//! A model is a folder:
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | format version, learner, labels, reader state, training, size and hash of the other files |
//! | `parameters.safetensors` | the trained parameters by name, and the reader's tensors |
//! | `words.fst` | for learners that use word vectors: the vocabulary, word → row |
//! | `vectors.safetensors` | for learners that use word vectors: the frozen vectors, `F32` or `F16` |
//!
//! `mlrc train` adds `examples-HASH.jsonl`, the training data, which only `mlrc adapt` reads; the manifest names it among what it says of
//! the training.
//!
//! Files are read into memory, so that nothing done to them later changes or ends a program that uses the model. The manifest
//! is written last: a folder without one is not a model. A model that replaces another has new files, named by their content
//! where a name is taken (`parameters-HASH.safetensors`, `stored_as` in the manifest).

mod evaluation;
mod load;
mod manifest;
mod prediction;
mod save;

pub use evaluation::{Evaluation, EvaluationError};
pub use load::LoadError;
pub use manifest::{FORMAT, FORMAT_VERSION, FileRecord, MANIFEST, Manifest};
pub use prediction::Prediction;
pub(crate) use prediction::most_probable;
pub use save::SaveError;

use std::sync::Arc;

use crate::corpus::{CorpusError, Instance, Tokenizer};
use crate::learner::{Explanation, LearnerConfig, Model, ReadError};
use crate::objective::Parameters;
use crate::scoring::Scorer;

/// A trained relation classifier.
///
/// ```standalone_crate
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/doctest.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let _folder = enter_model_folder()?;
/// use mlrc::RelationClassifier;
///
/// let model = RelationClassifier::load("model")?;
/// let answer = model.predict("The <e1>fire</e1> was caused by the <e2>bomb</e2>.")?;
/// println!("{} {:.2}", answer.label(), answer.probability());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RelationClassifier {
    learner: LearnerConfig,
    model: Arc<dyn Model>,
    parameters: Parameters,
    labels: Arc<[String]>,
    /// How the model was trained: data, seed, options, scores. For people and reports; prediction ignores it.
    pub provenance: serde_json::Value,
    /// How raw text is tokenised, which must be the same as in training.
    pub tokenizer: Tokenizer,
}

/// Why a sentence cannot be classified.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// Its entities are not correctly marked.
    #[error(transparent)]
    Sentence(#[from] CorpusError),
    /// The learner cannot read it.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl RelationClassifier {
    /// A classifier from its parts.
    pub fn new(
        learner: LearnerConfig,
        model: Arc<dyn Model>,
        parameters: Parameters,
        tokenizer: Tokenizer,
        provenance: serde_json::Value,
    ) -> Self {
        let labels = model.labels().labels().into();
        Self { learner, model, parameters, labels, provenance, tokenizer }
    }

    /// The names of the relations.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The scorer that the classifier was trained with or, if that is not known, the one that fits its relations.
    pub fn scorer(&self) -> Scorer {
        let recorded = self.provenance["scorer"].as_str().and_then(|name| name.parse().ok());
        recorded.unwrap_or_else(|| Scorer::for_labels(&self.labels))
    }

    /// Whether the probabilities of answers were fitted, in training, to instances that were left out of it; if not, they may
    /// be too sure, or not sure enough.
    pub fn is_calibrated(&self) -> bool {
        let instances = self.provenance["data"]["train"].as_u64();
        instances.is_some_and(|instances| self.learner.is_calibrated(instances as usize))
    }

    /// The learner and its hyper-parameters.
    pub fn learner(&self) -> &LearnerConfig {
        &self.learner
    }

    /// The learner without its parameters, together with its reader.
    pub fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// The trained parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The relation of a sentence with `<e1>…</e1>` around the subject and `<e2>…</e2>` around the object.
    ///
    /// # Errors
    /// If its entities are not correctly marked, or the learner requires annotation that a plain sentence
    /// does not have (a parse).
    pub fn predict(&self, sentence: &str) -> Result<Prediction, PredictError> {
        let instance = Instance::marked(sentence, self.tokenizer)?;
        Ok(self.classify(&[instance])?.remove(0))
    }

    /// Classifies instances, in parallel on the current thread pool.
    ///
    /// # Errors
    /// If an instance is invalid ([`Instance::check`]) or lacks an annotation layer that the learner
    /// requires, or if an answer is no number, as the vectors or parameters are too large to be multiplied.
    pub fn classify(&self, instances: &[Instance]) -> Result<Vec<Prediction>, ReadError> {
        let read = self.model.read(&instances.iter().collect::<Vec<_>>())?;
        let prediction = |(instance, probabilities): (&Instance, Vec<f32>)| {
            if probabilities.iter().all(|probability| probability.is_finite()) {
                return Ok(Prediction::new(self.labels.clone(), probabilities));
            }
            let problem = "the model's answer is no number: its vectors or parameters are too large; train it again, \
                           with other vectors or a lower learning rate";
            Err(ReadError::Other { id: instance.id.clone(), problem: problem.to_owned() })
        };
        instances.iter().zip(read.probabilities(&self.parameters)).map(prediction).collect()
    }

    /// What the learner bases its decision on in an instance; `None` if it cannot say.
    ///
    /// # Errors
    /// As [`RelationClassifier::classify`].
    pub fn explain(&self, instance: &Instance) -> Result<Option<Explanation>, ReadError> {
        self.model.explain(&self.parameters, instance, None)
    }

    /// What the learner bases its decision on, rather than on the relation `label`, which may be the right one; as
    /// [`RelationClassifier::explain`] if it does not know the relation or decides for it.
    ///
    /// # Errors
    /// As [`RelationClassifier::classify`].
    pub fn explain_against(
        &self,
        instance: &Instance,
        label: &str,
    ) -> Result<Option<Explanation>, ReadError> {
        let against = self.labels.iter().position(|known| known == label);
        self.model.explain(&self.parameters, instance, against)
    }
}
