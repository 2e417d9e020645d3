use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    UNKNOWN, VectorsRecord, WordTable,
    reader::{ROLES, mask},
};
use crate::corpus::Instance;
use crate::learner::{
    Cut, FitError, Fitting, Foreign, Masking, Precision, ReaderReport, SavedReader, VocabularyPolicy,
};
use crate::resources::{ContextualVectors, SentenceVectors, TokenVectors};

/// The files of an encoder in a model folder.
const CONFIG: &str = "encoder.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "encoder.safetensors";
/// From how many sentences it is told how an encoder cuts tokens.
const SAMPLED: usize = 500;

/// Where the frozen vectors of tokens come from.
#[derive(Clone, Debug)]
pub enum TokenSource {
    /// A table of words.
    Words(Arc<WordTable>),
    /// An encoder that reads the whole sentence.
    Encoder(Arc<ContextualVectors>),
}

/// A [`TokenSource`] as described in a model's manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum SourceRecord {
    Words(VectorsRecord),
    Encoder { blocks: Vec<usize> },
}

impl TokenSource {
    /// The vectors that are available, for the training set: with the masks of its entities, and how well its tokens are
    /// known.
    ///
    /// # Errors
    /// If there are no vectors or none of the words has one.
    pub fn fit(learner: &'static str, fitting: &Fitting) -> Result<(Self, ReaderReport), FitError> {
        let Fitting { instances, options, resources, seed, .. } = *fitting;
        let vectors = match &resources.vectors {
            Some(TokenVectors::Static(_)) if options.precision == Some(Precision::Int8) => {
                let problem = "only an encoder can be stored as int8; word vectors are stored as f32 or f16";
                return Err(FitError::Other(problem.to_owned()));
            }
            Some(TokenVectors::Contextual(_)) if options.precision == Some(Precision::Full) => {
                let problem = "an encoder is stored as f16 or int8, not as f32: f16 is what it is trained with and changes no answer";
                return Err(FitError::Other(problem.to_owned()));
            }
            Some(TokenVectors::Static(_)) if !options.blocks.is_default() => {
                let problem = "blocks are those of an encoder, but the vectors are a file of word vectors: leave out `blocks`";
                return Err(FitError::Other(problem.to_owned()));
            }
            Some(TokenVectors::Static(vectors)) => vectors,
            Some(TokenVectors::Contextual(encoder)) => {
                // What is fitted to the vectors is fitted to those that the model will compute.
                let blocks = options.blocks.list();
                let quantised = options.precision == Some(Precision::Int8);
                let vectors =
                    if quantised { encoder.quantised().vectors(&blocks) } else { encoder.vectors(&blocks) };
                let vectors = vectors.map_err(|error| FitError::Other(error.to_string()))?;
                let cut = Some(cut_of(&vectors, instances));
                return Ok((Self::Encoder(vectors), ReaderReport { cut, ..ReaderReport::default() }));
            }
            None => {
                let resource = crate::resources::Resource::Vectors;
                return Err(FitError::MissingResource { learner, resource });
            }
        };
        let vectors = match options.vocabulary {
            VocabularyPolicy::Vectors => vectors.clone(),
            VocabularyPolicy::Train => {
                let tokens = instances.iter().flat_map(|instance| &instance.tokens).map(String::as_str);
                Arc::new(vectors.restricted(tokens))
            }
        };
        // What is fitted to the vectors is fitted to those that the model will store.
        let vectors = match options.precision {
            Some(Precision::Half) => Arc::new(vectors.halved().map_err(FitError::Other)?),
            _ => vectors,
        };
        let tokens = || instances.iter().flat_map(|instance| &instance.tokens);
        let known = tokens().filter(|token| vectors.index(token).is_some()).count();
        if known == 0 {
            return Err(FitError::NoVectors);
        }
        let mut masks = std::collections::BTreeSet::new();
        if options.masking == Masking::On {
            for instance in instances {
                masks.extend([mask("SUBJ", &instance.subject), mask("OBJ", &instance.object)]);
            }
        }
        let coverage = known as f64 / tokens().count().max(1) as f64;
        let table = WordTable::new(vectors, masks.into_iter().collect(), seed);
        let report = ReaderReport { coverage: Some(coverage), ..ReaderReport::default() };
        Ok((Self::Words(Arc::new(table)), report))
    }

    /// Whether the encoder reads an instance in several windows, because it is too long.
    pub fn in_windows(&self, instance: &Instance, masking: Masking) -> bool {
        match self {
            Self::Words(_) => false,
            Self::Encoder(vectors) => vectors.is_too_long(&masking.apply(instance).tokens),
        }
    }

    /// The table of words, if there is one.
    pub fn table(&self) -> Option<&Arc<WordTable>> {
        match self {
            Self::Words(table) => Some(table),
            Self::Encoder(_) => None,
        }
    }

    /// Number of components of a vector.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Words(table) => table.dimension(),
            Self::Encoder(vectors) => vectors.dimension(),
        }
    }

    /// The row of each token in the table of words; that of the unknown word if there is no table.
    pub fn rows(&self, instance: &Instance, masking: Masking) -> Vec<u32> {
        let Self::Words(table) = self else { return vec![UNKNOWN; instance.tokens.len()] };
        let mut rows: Vec<u32> = instance.tokens.iter().map(|token| table.index(token)).collect();
        if masking == Masking::On {
            for (place, entity) in instance.longest_entity_first() {
                rows[entity.span.range()].fill(table.mask_index(&mask(ROLES[place], entity)));
            }
        }
        rows
    }

    /// The words without a vector and the entities whose mask training did not have; an encoder knows all of both.
    pub fn foreign(&self, instance: &Instance, masking: Masking) -> Foreign {
        let mut foreign = Foreign::default();
        let Self::Words(table) = self else { return foreign };
        let entities = [&instance.subject, &instance.object];
        let is_masked =
            |token| masking == Masking::On && entities.iter().any(|entity| entity.span.contains(token));
        for token in (0..instance.tokens.len()).filter(|token| !is_masked(*token)) {
            foreign.words.note(table.index(&instance.tokens[token]) == UNKNOWN);
        }
        if masking == Masking::On {
            for (role, entity) in ROLES.into_iter().zip(entities) {
                if entity.type_name().is_some() {
                    foreign.types.note(table.mask_index(&mask(role, entity)) == UNKNOWN);
                }
            }
        }
        foreign
    }

    /// The vectors of each instance's tokens, if an encoder computes them.
    pub fn encoded(&self, instances: &[&Instance], masking: Masking) -> Option<Vec<SentenceVectors>> {
        let Self::Encoder(vectors) = self else { return None };
        let masked: Vec<_> = instances.iter().map(|instance| masking.apply(instance)).collect();
        let sentences: Vec<&[String]> = masked.iter().map(|instance| &instance.tokens[..]).collect();
        Some(vectors.of(&sentences))
    }

    /// The vectors of each instance's tokens, `[tokens, dimension]` each.
    pub fn vectors(&self, instances: &[&Instance], masking: Masking) -> Vec<Vec<f32>> {
        match (self, self.encoded(instances, masking)) {
            (_, Some(sentences)) => sentences.iter().map(SentenceVectors::to_f32).collect(),
            (Self::Words(table), None) => {
                let of = |instance: &&Instance| {
                    let mut rows = Vec::with_capacity(instance.tokens.len() * table.dimension());
                    table.gather(self.rows(instance, masking), &mut rows);
                    rows
                };
                instances.iter().map(of).collect()
            }
            (Self::Encoder(_), None) => Vec::new(),
        }
    }

    /// Stores everything that [`TokenSource::load`] needs in `saved`.
    pub(crate) fn save(&self, saved: &mut SavedReader) -> SourceRecord {
        match self {
            Self::Words(table) => SourceRecord::Words(table.save(saved)),
            Self::Encoder(vectors) => {
                let parts = vectors.parts().expect("the weights have been read before");
                for (name, content) in [CONFIG, TOKENIZER, WEIGHTS].into_iter().zip(parts) {
                    saved.add_file(name, content);
                }
                SourceRecord::Encoder { blocks: vectors.blocks().to_vec() }
            }
        }
    }

    /// Restores what was saved.
    ///
    /// # Errors
    /// A description of the mismatch.
    pub(crate) fn load(
        saved: &SavedReader,
        masks: Vec<String>,
        record: &SourceRecord,
    ) -> Result<Self, String> {
        Ok(match record {
            SourceRecord::Words(record) => Self::Words(Arc::new(WordTable::load(saved, masks, record)?)),
            SourceRecord::Encoder { blocks } => {
                let described = [saved.file(CONFIG)?, saved.file(TOKENIZER)?];
                let vectors =
                    ContextualVectors::from_parts(described, saved.mapped(WEIGHTS)?, blocks.clone())?;
                Self::Encoder(Arc::new(vectors))
            }
        })
    }
}

/// How the encoder cuts the first sentences.
fn cut_of(vectors: &ContextualVectors, instances: &[&Instance]) -> Cut {
    let sentences = instances.iter().take(SAMPLED).map(|instance| &instance.tokens[..]);
    let [tokens, pieces, unknown] = vectors.count_pieces(sentences);
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    Cut { pieces_per_token: share(pieces, tokens), unknown: share(unknown, pieces) }
}
