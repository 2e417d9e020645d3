//! From instances to what a learner reads: word vectors, tag inventories, positions, batches.
//!
//! [`Vectors`] are frozen word vectors with their vocabulary. A [`WordTable`] puts the rows for padding, the
//! unknown word and entity masks in front of them. An [`Encoder`] turns an [`Instance`](crate::corpus::Instance)
//! into an [`Example`] of indices; a [`Batch`] packs examples for a learner. Dependency heads are mended into a tree
//! ([`mend`]) when they are encoded, and pruned ([`PrunedTree`]) by the learners that read them.

mod batch;
mod encoder;
mod tags;
mod tree;
mod vectors;
mod word_table;

pub use batch::Batch;
pub(crate) use batch::indices;
pub use encoder::{Encoder, EncoderOptions, Example, Layer, Masking, MissingLayer};
pub use tags::TagInventory;
pub use tree::{PrunedTree, TreeDefect, mend};
pub use vectors::{Vectors, VectorsError, VectorsNotice};
pub use word_table::WordTable;

/// Index of padding in every inventory.
pub const PAD: u32 = 0;
/// Index of the unknown symbol in every inventory.
pub const UNKNOWN: u32 = 1;
/// Positions beyond this distance from an entity share an index.
pub const MAX_DISTANCE: i64 = 100;
/// Number of position indices: `-MAX_DISTANCE..=MAX_DISTANCE`.
pub const POSITIONS: usize = 2 * MAX_DISTANCE as usize + 1;
