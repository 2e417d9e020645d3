use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Precision;
use crate::corpus::Instance;

/// An annotation layer that a learner can read.
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
    /// The words of the entities are kept (SemEval).
    #[default]
    Off,
    /// Each token of an entity becomes `SUBJ-<type>` or `OBJ-<type>` (TACRED); one of both entities is masked as the shorter
    /// one's, or as the object's if they are equally long.
    On,
}

impl Masking {
    /// The instance as an encoder reads it: on, its entities are replaced by their types in words, since an encoder has not
    /// seen `SUBJ-PERSON`.
    pub fn apply(self, instance: &Instance) -> Cow<'_, Instance> {
        if self == Self::Off {
            return Cow::Borrowed(instance);
        }
        let mut masked = instance.clone();
        for (_, entity) in instance.longest_entity_first() {
            let name = entity.type_name().unwrap_or("entity").replace('_', " ").to_lowercase();
            masked.tokens[entity.span.range()].fill(name);
        }
        Cow::Owned(masked)
    }
}

/// Which words have their own row in the word table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VocabularyPolicy {
    /// Every word of the vectors file.
    #[default]
    Vectors,
    /// Only words of the training data that have a vector, as in the original programs.
    Train,
}

/// Which blocks of an encoder are read, side by side; without any, the encoder's default. 0 stands for the embeddings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<usize>", into = "Vec<usize>")]
pub struct Blocks(u128);

impl Blocks {
    /// The greatest number of a block.
    pub const GREATEST: usize = 127;

    /// The numbers of the blocks, in order.
    pub fn list(self) -> Vec<usize> {
        (0..=Self::GREATEST).filter(|block| self.0 >> block & 1 == 1).collect()
    }

    /// Whether none is chosen.
    // What serde needs takes a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn is_default(&self) -> bool {
        self.0 == 0
    }
}

impl TryFrom<Vec<usize>> for Blocks {
    type Error = String;

    fn try_from(blocks: Vec<usize>) -> Result<Self, String> {
        let mut set = 0;
        for block in blocks {
            if block > Self::GREATEST {
                return Err(format!("there is no block {block}: the greatest number is {}", Self::GREATEST));
            }
            if set & 1 << block != 0 {
                return Err(format!("block {block} is named twice"));
            }
            set |= 1 << block;
        }
        Ok(Self(set))
    }
}

impl From<Blocks> for Vec<usize> {
    fn from(blocks: Blocks) -> Self {
        blocks.list()
    }
}

/// The options for reading instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Whether the layers of annotation that the data has are read.
    pub annotations: bool,
    /// Entity masking.
    pub masking: Masking,
    /// Which words have a row.
    pub vocabulary: VocabularyPolicy,
    /// Which blocks of an encoder are read.
    pub blocks: Blocks,
    /// How vectors or an encoder's weights are stored.
    pub precision: Option<Precision>,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            annotations: true,
            masking: Masking::default(),
            vocabulary: VocabularyPolicy::default(),
            blocks: Blocks::default(),
            precision: None,
        }
    }
}
