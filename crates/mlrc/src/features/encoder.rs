use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MAX_DISTANCE, TagInventory, TreeDefect, UNKNOWN, WordTable, mend};
use crate::corpus::{Entity, Instance, LabelSet};

/// A layer of annotation that a learner can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Part-of-speech tags.
    Pos,
    /// Named-entity tags.
    Ner,
    /// Dependency heads.
    Heads,
}

impl Layer {
    /// Whether `instance` carries the layer.
    pub fn is_in(self, instance: &Instance) -> bool {
        match self {
            Self::Pos => instance.pos.is_some(),
            Self::Ner => instance.ner.is_some(),
            Self::Heads => instance.heads.is_some(),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pos => "part-of-speech tags",
            Self::Ner => "named-entity tags",
            Self::Heads => "dependency heads",
        })
    }
}

/// Whether entities are seen as words or as masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Masking {
    /// The words of the entities stay (SemEval).
    #[default]
    Off,
    /// Each token of an entity becomes `SUBJ-<type>` or `OBJ-<type>` (TACRED).
    On,
}

/// What decides how instances are encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderOptions {
    /// Entity masking.
    pub masking: Masking,
    /// The annotation layers to read, of those that the training data has.
    pub layers: BTreeSet<Layer>,
}

/// An instance as indices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// Rows of the [`WordTable`].
    pub words: Vec<u32>,
    /// Indices into the part-of-speech inventory; empty if the encoder has none.
    pub pos: Vec<u32>,
    /// Indices into the named-entity inventory; empty if the encoder has none.
    pub ner: Vec<u32>,
    /// Dependency heads, a tree: 1 is the first token, 0 the root; empty if the encoder reads none.
    pub heads: Vec<u32>,
    /// Position relative to the subject, in `0..POSITIONS`.
    pub subject_positions: Vec<u32>,
    /// Position relative to the object, in `0..POSITIONS`.
    pub object_positions: Vec<u32>,
    /// Index of the relation, if the instance has one that is known.
    pub label: Option<u32>,
}

impl Example {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// An instance lacks a layer of annotation that cannot be done without.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("instance `{id}` has no {layer}, and the learner cannot do without")]
pub struct MissingLayer {
    /// The instance.
    pub id: String,
    /// What it lacks.
    pub layer: Layer,
}

/// Turns instances into examples; all that it knows comes from the training data.
#[derive(Clone, Debug)]
pub struct Encoder {
    options: EncoderOptions,
    labels: LabelSet,
    words: WordTable,
    pos: Option<TagInventory>,
    ner: Option<TagInventory>,
}

impl Encoder {
    /// An encoder from its parts, as a saved model has them.
    pub fn new(
        options: EncoderOptions,
        labels: LabelSet,
        words: WordTable,
        pos: Option<TagInventory>,
        ner: Option<TagInventory>,
    ) -> Self {
        Self { options, labels, words, pos, ner }
    }

    /// An encoder for the training set `instances`: collects tag inventories (of the layers in `options` that
    /// every instance has) and, if entities are masked, the masks.
    pub fn fit(
        options: EncoderOptions,
        labels: LabelSet,
        vectors: std::sync::Arc<super::Vectors>,
        seed: u64,
        instances: &[&Instance],
    ) -> Self {
        let mut options = options;
        options.layers.retain(|layer| instances.iter().all(|instance| layer.is_in(instance)));
        let inventory = |layer: Layer, tags: fn(&Instance) -> &Option<Vec<String>>| {
            options.layers.contains(&layer).then(|| {
                TagInventory::collect(
                    instances.iter().flat_map(|i| tags(i).iter().flatten()).map(String::as_str),
                )
            })
        };
        let pos = inventory(Layer::Pos, |instance| &instance.pos);
        let ner = inventory(Layer::Ner, |instance| &instance.ner);
        let mut masks = BTreeSet::new();
        if options.masking == Masking::On {
            for instance in instances {
                masks.extend([mask("SUBJ", &instance.subject), mask("OBJ", &instance.object)]);
            }
        }
        let words = WordTable::new(vectors, masks.into_iter().collect(), seed);
        Self { options, labels, words, pos, ner }
    }

    /// How instances are encoded.
    pub fn options(&self) -> &EncoderOptions {
        &self.options
    }

    /// The relations.
    pub fn labels(&self) -> &LabelSet {
        &self.labels
    }

    /// The words.
    pub fn words(&self) -> &WordTable {
        &self.words
    }

    /// The part-of-speech tags, if they are read.
    pub fn pos(&self) -> Option<&TagInventory> {
        self.pos.as_ref()
    }

    /// The named-entity tags, if they are read.
    pub fn ner(&self) -> Option<&TagInventory> {
        self.ner.as_ref()
    }

    /// The layers of tags that are read but that `instance` lacks; their tags become the unknown tag.
    pub fn missing_tags(&self, instance: &Instance) -> Vec<Layer> {
        let tags = self.options.layers.iter().copied().filter(|layer| *layer != Layer::Heads);
        tags.filter(|layer| !layer.is_in(instance)).collect()
    }

    /// Whether entities are read as their types but `instance` does not say them.
    pub fn lacks_types(&self, instance: &Instance) -> bool {
        let typed = |entity: &Entity| entity.kind.is_some();
        self.options.masking == Masking::On && !(typed(&instance.subject) && typed(&instance.object))
    }

    /// What keeps the instance's dependency heads from being a tree, if they are read: they are encoded mended.
    pub fn tree_defects(&self, instance: &Instance) -> Vec<TreeDefect> {
        match &instance.heads {
            Some(heads) if self.reads_heads() => mend(heads).1,
            _ => Vec::new(),
        }
    }

    fn reads_heads(&self) -> bool {
        self.options.layers.contains(&Layer::Heads)
    }

    /// The tokens as the learner reads them: of masked entities the masks.
    pub fn read_tokens(&self, instance: &Instance) -> Vec<String> {
        let mut tokens = instance.tokens.clone();
        if self.options.masking == Masking::On {
            tokens[instance.subject.span.range()].fill(mask("SUBJ", &instance.subject));
            tokens[instance.object.span.range()].fill(mask("OBJ", &instance.object));
        }
        tokens
    }

    /// Encodes one instance. A relation that the label set does not have is left out.
    ///
    /// # Errors
    /// If dependency heads are read and the instance has none: nothing could stand for them.
    pub fn encode(&self, instance: &Instance) -> Result<Example, MissingLayer> {
        let heads = match &instance.heads {
            _ if !self.reads_heads() => Vec::new(),
            Some(heads) => mend(heads).0,
            None => return Err(MissingLayer { id: instance.id.clone(), layer: Layer::Heads }),
        };
        let (subject, object) = (instance.subject.span, instance.object.span);
        let mut words: Vec<u32> = instance.tokens.iter().map(|token| self.words.index(token)).collect();
        if self.options.masking == Masking::On {
            words[subject.range()].fill(self.words.mask_index(&mask("SUBJ", &instance.subject)));
            words[object.range()].fill(self.words.mask_index(&mask("OBJ", &instance.object)));
        }
        let positions = |start, end| (0..instance.tokens.len()).map(|i| position(i, start, end)).collect();
        Ok(Example {
            words,
            heads,
            pos: tag_indices(self.pos.as_ref(), instance.pos.as_ref(), instance.tokens.len()),
            ner: tag_indices(self.ner.as_ref(), instance.ner.as_ref(), instance.tokens.len()),
            subject_positions: positions(subject.start, subject.end),
            object_positions: positions(object.start, object.end),
            label: instance
                .relation
                .as_ref()
                .and_then(|relation| self.labels.index(relation))
                .map(|label| label as u32),
        })
    }

    /// Encodes instances in their order.
    ///
    /// # Errors
    /// As [`Encoder::encode`], for the first that has no heads.
    pub fn encode_all<'a>(
        &self,
        instances: impl IntoIterator<Item = &'a Instance>,
    ) -> Result<Vec<Example>, MissingLayer> {
        instances.into_iter().map(|instance| self.encode(instance)).collect()
    }
}

fn mask(role: &str, entity: &Entity) -> String {
    format!("{role}-{}", entity.kind.as_deref().unwrap_or("ENTITY"))
}

fn tag_indices(inventory: Option<&TagInventory>, tags: Option<&Vec<String>>, length: usize) -> Vec<u32> {
    match (inventory, tags) {
        (None, _) => Vec::new(),
        (Some(_), None) => vec![UNKNOWN; length],
        (Some(inventory), Some(tags)) => tags.iter().map(|tag| inventory.index(tag)).collect(),
    }
}

/// The signed distance of token `index` to the span `start..end`, shifted to `0..POSITIONS`: negative before the
/// span, 0 inside, positive after; distances beyond the range share its ends.
fn position(index: usize, start: usize, end: usize) -> u32 {
    let signed = |value: usize| i64::try_from(value).unwrap_or(i64::MAX / 2);
    let distance = if index < start {
        signed(index) - signed(start)
    } else if index < end {
        0
    } else {
        signed(index) - signed(end - 1)
    };
    (distance.clamp(-MAX_DISTANCE, MAX_DISTANCE) + MAX_DISTANCE) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Span;
    use crate::features::Vectors;
    use std::sync::Arc;

    fn instance() -> Instance {
        let entity = |start, end, kind: &str| Entity { span: Span::new(start, end), kind: Some(kind.into()) };
        Instance {
            id: "1".into(),
            tokens: ["The", "big", "fire", "was", "caused", "by", "it"].map(String::from).to_vec(),
            subject: entity(1, 3, "EVENT"),
            object: entity(6, 7, "THING"),
            pos: Some(["DT", "JJ", "NN", "VBD", "VBN", "IN", "PRP"].map(String::from).to_vec()),
            ner: None,
            heads: None,
            deprels: None,
            relation: Some("cause".into()),
            fold: None,
            source: None,
        }
    }

    fn encoder(masking: Masking) -> Encoder {
        let words = ["the", "fire", "was", "by"];
        let vectors = Arc::new(Vectors::from_rows(&words, vec![1.0, 2.0, 3.0, 4.0], 1));
        let options = EncoderOptions { masking, layers: [Layer::Pos, Layer::Ner].into() };
        let labels = LabelSet::new(["other", "cause"]).unwrap();
        Encoder::fit(options, labels, vectors, 1, &[&instance()])
    }

    #[test]
    fn positions_are_signed_distances_to_the_nearest_token_of_the_span() {
        let example = encoder(Masking::Off).encode(&instance()).unwrap();
        let signed = |positions: &[u32]| positions.iter().map(|&p| i64::from(p) - 100).collect::<Vec<_>>();
        assert_eq!(signed(&example.subject_positions), [-1, 0, 0, 1, 2, 3, 4]);
        assert_eq!(signed(&example.object_positions), [-6, -5, -4, -3, -2, -1, 0]);
        assert_eq!(position(500, 0, 1), 200);
        assert_eq!(position(0, 500, 501), 0);
    }

    #[test]
    fn words_outside_the_vectors_are_unknown_and_layers_follow_the_data() {
        let encoder = encoder(Masking::Off);
        let example = encoder.encode(&instance()).unwrap();
        assert_eq!(example.words, [2, UNKNOWN, 3, 4, UNKNOWN, 5, UNKNOWN]);
        assert_eq!(example.label, Some(encoder.labels().index("cause").unwrap() as u32));
        assert_eq!(example.pos.len(), 7);
        assert!(example.ner.is_empty(), "the data has no NER layer");
        let mut bare = instance();
        bare.pos = None;
        assert_eq!(encoder.missing_tags(&bare), [Layer::Pos]);
        assert_eq!(encoder.encode(&bare).unwrap().pos, [UNKNOWN; 7]);
    }

    #[test]
    fn masks_replace_entities_only() {
        let encoder = encoder(Masking::On);
        assert_eq!(encoder.words().masks(), ["OBJ-THING", "SUBJ-EVENT"]);
        let example = encoder.encode(&instance()).unwrap();
        assert_eq!(example.words, [4, 3, 3, 6, UNKNOWN, 7, 2]);
        let mut rows = Vec::new();
        encoder.words().gather([0, 4, 7], &mut rows);
        assert_eq!(rows, [0.0, 1.0, 4.0]);
    }
}
