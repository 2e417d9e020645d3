use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::source::SourceRecord;
use super::{
    MAX_DISTANCE, TagInventory, TokenBatch, TokenSource, UNKNOWN, first_and_last_preposition, repair,
};
use crate::corpus::{Entity, Instance, Span};
use crate::learner::{
    Card, FitError, Fitting, Foreign, Input, Layer, Masking, ReadError, Reader, ReaderReport, Remarks,
    SavedReader,
};
use crate::resources::SentenceVectors;

/// An instance as indices.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenInput {
    /// Rows of the [`WordTable`](super::WordTable).
    pub words: Vec<u32>,
    /// Vectors that an encoder has computed.
    pub vectors: Option<SentenceVectors>,
    /// Indices into the part-of-speech inventory; empty if they are not read.
    pub pos: Vec<u32>,
    /// Indices into the named-entity inventory; empty if they are not read.
    pub ner: Vec<u32>,
    /// Dependency heads, a tree: 1 is the first token, 0 the root; empty if they are not read.
    pub heads: Vec<u32>,
    /// The subject's tokens.
    pub subject: Span,
    /// The object's tokens.
    pub object: Span,
    /// The first and the last preposition between them.
    pub prepositions: [Option<usize>; 2],
}

impl Default for TokenInput {
    /// No tokens.
    fn default() -> Self {
        Self {
            words: Vec::new(),
            vectors: None,
            pos: Vec::new(),
            ner: Vec::new(),
            heads: Vec::new(),
            subject: Span::new(0, 0),
            object: Span::new(0, 0),
            prepositions: [None; 2],
        }
    }
}

impl Input for TokenInput {
    type Batch = TokenBatch;

    fn size(&self) -> usize {
        self.words.len()
    }

    fn batch(inputs: &[&Self]) -> TokenBatch {
        TokenBatch::new(inputs)
    }
}

/// Reads words as their vectors and, if the learner reads them, tags, heads and entity types.
#[derive(Clone, Debug)]
pub struct TokenReader {
    masking: Masking,
    /// The layers that are read: those that the training data has.
    layers: BTreeSet<Layer>,
    source: TokenSource,
    pos: Option<TagInventory>,
    ner: Option<TagInventory>,
    report: ReaderReport,
}

/// The part of a reader's state that is stored in a model's manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    masking: Masking,
    layers: BTreeSet<Layer>,
    pos: Option<TagInventory>,
    ner: Option<TagInventory>,
    masks: Vec<String>,
    vectors: SourceRecord,
}

impl TokenReader {
    /// A reader fitted to the training set, for the layers that the learner's `card` names: it collects tag
    /// inventories (of the layers that every instance has) and, if entities are masked, the masks.
    ///
    /// # Errors
    /// If there are no vectors, none of the words has one, or an instance lacks a layer that the learner
    /// requires.
    pub fn fit(card: &Card, fitting: &Fitting) -> Result<Self, FitError> {
        let Fitting { instances, options, .. } = *fitting;
        for instance in instances {
            instance.check().map_err(ReadError::from)?;
            if let Some(&layer) = card.required_layers.iter().find(|layer| !layer.is_in(instance)) {
                return Err(ReadError::MissingLayer { id: instance.id.clone(), layer }.into());
            }
        }
        let (source, report) = TokenSource::fit(card.name, fitting)?;
        let wanted = if options.annotations { card.optional_layers } else { &[] };
        let in_all = |layer: &Layer| instances.iter().all(|instance| layer.is_in(instance));
        let layers: BTreeSet<Layer> =
            wanted.iter().chain(card.required_layers).copied().filter(in_all).collect();
        let inventory = |layer: Layer, tags: fn(&Instance) -> &Option<Vec<String>>| {
            layers.contains(&layer).then(|| {
                TagInventory::collect(
                    instances.iter().flat_map(|i| tags(i).iter().flatten()).map(String::as_str),
                )
            })
        };
        Ok(Self {
            masking: options.masking,
            pos: inventory(Layer::Pos, |instance| &instance.pos),
            ner: inventory(Layer::Ner, |instance| &instance.ner),
            source,
            report: ReaderReport {
                missing_layers: wanted.iter().copied().filter(|layer| !layers.contains(layer)).collect(),
                layers: layers.iter().copied().collect(),
                ..report
            },
            layers,
        })
    }

    /// Where the vectors of tokens come from.
    pub fn source(&self) -> &TokenSource {
        &self.source
    }

    /// The part-of-speech tags, if they are read.
    pub fn pos(&self) -> Option<&TagInventory> {
        self.pos.as_ref()
    }

    /// The named-entity tags, if they are read.
    pub fn ner(&self) -> Option<&TagInventory> {
        self.ner.as_ref()
    }

    fn reads_heads(&self) -> bool {
        self.layers.contains(&Layer::Heads)
    }

    /// An instance without the vectors that depend on its sentence.
    fn indices(&self, instance: &Instance) -> Result<TokenInput, ReadError> {
        let heads = match &instance.heads {
            _ if !self.reads_heads() => Vec::new(),
            Some(heads) => repair(heads).0,
            // There is no substitute for heads.
            None => {
                return Err(ReadError::MissingLayer { id: instance.id.clone(), layer: Layer::Heads });
            }
        };
        let words = self.source.rows(instance, self.masking);
        let has_vector = |token: usize| match self.source {
            TokenSource::Words(_) => words[token] != UNKNOWN,
            TokenSource::Encoder(_) => true,
        };
        Ok(TokenInput {
            prepositions: first_and_last_preposition(instance, has_vector),
            words,
            vectors: None,
            heads,
            pos: tag_indices(self.pos.as_ref(), instance.pos.as_ref(), instance.tokens.len()),
            ner: tag_indices(self.ner.as_ref(), instance.ner.as_ref(), instance.tokens.len()),
            subject: instance.subject.span,
            object: instance.object.span,
        })
    }
}

impl Reader for TokenReader {
    type Input = TokenInput;

    fn read(&self, instance: &Instance) -> Result<TokenInput, ReadError> {
        Ok(self.read_all(&[instance])?.remove(0))
    }

    fn read_all(&self, instances: &[&Instance]) -> Result<Vec<TokenInput>, ReadError> {
        let mut inputs: Vec<TokenInput> =
            instances.iter().map(|instance| self.indices(instance)).collect::<Result<_, _>>()?;
        if let Some(vectors) = self.source.encoded(instances, self.masking) {
            inputs.iter_mut().zip(vectors).for_each(|(input, vectors)| input.vectors = Some(vectors));
        }
        Ok(inputs)
    }

    fn remarks(&self, instance: &Instance) -> Remarks {
        let tags = self.layers.iter().copied().filter(|layer| *layer != Layer::Heads);
        Remarks {
            missing_layers: tags.filter(|layer| !layer.is_in(instance)).collect(),
            untyped: self.masking == Masking::On && !instance.is_typed(),
            repairs: match &instance.heads {
                Some(heads) if self.reads_heads() => {
                    repair(heads).1.iter().map(ToString::to_string).collect()
                }
                _ => Vec::new(),
            },
            in_windows: self.source.in_windows(instance, self.masking),
            is_cropped: false,
        }
    }

    fn foreign(&self, instance: &Instance) -> Foreign {
        let mut foreign = self.source.foreign(instance, self.masking);
        for (known, tags) in [(&self.pos, &instance.pos), (&self.ner, &instance.ner)] {
            let (Some(known), Some(tags)) = (known, tags) else { continue };
            tags.iter().for_each(|tag| foreign.tags.note(known.index(tag) == UNKNOWN));
        }
        foreign
    }

    /// Masked entities are replaced by their masks.
    fn tokens(&self, instance: &Instance) -> Vec<String> {
        let mut tokens = instance.tokens.clone();
        if self.masking == Masking::On {
            for (place, entity) in instance.longest_entity_first() {
                tokens[entity.span.range()].fill(mask(ROLES[place], entity));
            }
        }
        tokens
    }

    fn report(&self) -> ReaderReport {
        self.report.clone()
    }

    fn save(&self, saved: &mut SavedReader) {
        let vectors = self.source.save(saved);
        saved.set_value(&Stored {
            masking: self.masking,
            layers: self.layers.clone(),
            pos: self.pos.clone(),
            ner: self.ner.clone(),
            masks: self.source.table().map_or_else(Vec::new, |table| table.masks().to_vec()),
            vectors,
        });
    }

    fn load(saved: &SavedReader) -> Result<Self, String> {
        let Stored { masking, layers, pos, ner, masks, vectors } = saved.value()?;
        let source = TokenSource::load(saved, masks, &vectors)?;
        let report = ReaderReport { layers: layers.iter().copied().collect(), ..ReaderReport::default() };
        Ok(Self { masking, layers, source, pos, ner, report })
    }
}

pub(super) const ROLES: [&str; 2] = ["SUBJ", "OBJ"];

pub(super) fn mask(role: &str, entity: &Entity) -> String {
    format!("{role}-{}", entity.type_name().unwrap_or("ENTITY"))
}

fn tag_indices(inventory: Option<&TagInventory>, tags: Option<&Vec<String>>, length: usize) -> Vec<u32> {
    match (inventory, tags) {
        (None, _) => Vec::new(),
        (Some(_), None) => vec![UNKNOWN; length],
        (Some(inventory), Some(tags)) => tags.iter().map(|tag| inventory.index(tag)).collect(),
    }
}

/// The signed distance of token `index` to `span`, shifted to `0..POSITIONS`: negative before the
/// span, 0 inside, positive after; distances beyond the range share its ends.
pub(super) fn position(index: usize, span: Span) -> u32 {
    let signed = |value: usize| i64::try_from(value).unwrap_or(i64::MAX / 2);
    let distance = if index < span.start {
        signed(index) - signed(span.start)
    } else if index < span.end {
        0
    } else {
        signed(index) - signed(span.end - 1)
    };
    (distance.clamp(-MAX_DISTANCE, MAX_DISTANCE) + MAX_DISTANCE) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::{Family, Part, ReaderOptions, pa_lstm::PaLstmFamily};
    use crate::resources::{Resources, Vectors};

    fn instance() -> Instance {
        let entity = |start, end, kind: &str| Entity { span: Span::new(start, end), kind: Some(kind.into()) };
        let tokens = ["The", "big", "fire", "was", "caused", "by", "it"];
        Instance {
            id: "1".into(),
            subject: entity(1, 3, "EVENT"),
            object: entity(6, 7, "THING"),
            pos: Some(["DT", "JJ", "NN", "VBD", "VBN", "IN", "PRP"].map(String::from).to_vec()),
            relation: Some("cause".into()),
            ..Instance::new(tokens, Span::new(1, 3), Span::new(6, 7)).unwrap()
        }
    }

    fn reader(masking: Masking) -> TokenReader {
        let words = ["the", "fire", "was", "by"];
        let vectors = Vectors::from_rows(&words, vec![1.0, 2.0, 3.0, 4.0], 1);
        let fitting = Fitting {
            instances: &[&instance()],
            unlabelled: &[],
            names: &[],
            options: ReaderOptions { masking, ..ReaderOptions::default() },
            resources: &Resources::of_vectors(vectors),
            seed: 1,
        };
        TokenReader::fit(PaLstmFamily.card(), &fitting).unwrap()
    }

    #[test]
    fn positions_are_signed_distances_to_the_nearest_token_of_the_span() {
        let input = reader(Masking::Off).read(&instance()).unwrap();
        let signed = |span| (0..7).map(|token| i64::from(position(token, span)) - 100).collect::<Vec<_>>();
        assert_eq!(signed(input.subject), [-1, 0, 0, 1, 2, 3, 4]);
        assert_eq!(signed(input.object), [-6, -5, -4, -3, -2, -1, 0]);
        assert_eq!(position(500, Span::new(0, 1)), 200);
        assert_eq!(position(0, Span::new(500, 501)), 0);
    }

    #[test]
    fn words_outside_the_vectors_are_unknown_and_layers_follow_the_data() {
        let reader = reader(Masking::Off);
        let input = reader.read(&instance()).unwrap();
        assert_eq!(input.words, [2, UNKNOWN, 3, 4, UNKNOWN, 5, UNKNOWN]);
        assert_eq!(input.pos.len(), 7);
        assert!(input.ner.is_empty(), "the data has no NER layer");
        assert_eq!(reader.report().missing_layers, [Layer::Ner]);
        let mut bare = instance();
        bare.pos = None;
        assert_eq!(reader.remarks(&bare).missing_layers, [Layer::Pos]);
        assert_eq!(reader.read(&bare).unwrap().pos, [UNKNOWN; 7]);
        let mut other = instance();
        other.pos = Some(["DT", "ADJ", "NN", "VBD", "VBN", "ADP", "PRP"].map(String::from).to_vec());
        let part = |count, all| Part { count, all };
        let expected = Foreign { words: part(3, 7), tags: part(2, 7), types: part(0, 0) };
        assert_eq!(reader.foreign(&other), expected);
    }

    #[test]
    fn masks_replace_entities_only() {
        let reader = reader(Masking::On);
        let table = reader.source().table().unwrap();
        assert_eq!(table.masks(), ["OBJ-THING", "SUBJ-EVENT"]);
        assert_eq!(reader.tokens(&instance())[..4], ["The", "SUBJ-EVENT", "SUBJ-EVENT", "was"]);
        let input = reader.read(&instance()).unwrap();
        assert_eq!(input.words, [4, 3, 3, 6, UNKNOWN, 7, 2]);
        let mut rows = Vec::new();
        table.gather([0, 4, 7], &mut rows);
        assert_eq!(rows, [0.0, 1.0, 4.0]);
        let mut other = instance();
        other.object.kind = Some("CAUSE".into());
        let part = |count, all| Part { count, all };
        let expected = Foreign { words: part(1, 4), tags: part(0, 7), types: part(1, 2) };
        assert_eq!(reader.foreign(&other), expected);
    }

    #[test]
    fn an_entity_within_the_other_keeps_its_mask() {
        let reader = reader(Masking::On);
        let mut nested = instance();
        nested.object.span = Span::new(2, 3);
        assert_eq!(reader.tokens(&nested)[..4], ["The", "SUBJ-EVENT", "OBJ-THING", "was"]);
        (nested.subject.span, nested.object.span) = (Span::new(2, 3), Span::new(0, 4));
        assert_eq!(reader.tokens(&nested)[..4], ["OBJ-THING", "OBJ-THING", "SUBJ-EVENT", "OBJ-THING"]);
        assert_eq!(reader.read(&nested).unwrap().words[..4], [2, 2, 3, 2]);
    }
}
