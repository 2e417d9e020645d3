//! Tokens as read by the learners over frozen vectors: words, tags, dependency heads, the entities' spans.
//!
//! Vectors come from a [`TokenSource`]: an encoder that reads the whole sentence, or a [`WordTable`], which places the rows
//! for padding, the unknown word and entity masks before frozen [`Vectors`](crate::resources::Vectors). A [`TokenReader`] turns an [`Instance`](crate::corpus::Instance)
//! into a [`TokenInput`] of indices; a [`TokenBatch`] packs several inputs. Dependency heads are repaired to
//! form a tree ([`repair`]) when they are read, and pruned ([`PrunedTree`]) by the learners that use them.

mod batch;
mod prepositions;
mod reader;
mod source;
mod tags;
mod tree;
mod word_table;

pub use batch::TokenBatch;
pub(crate) use batch::row_of_token;
pub use prepositions::{between, first_and_last_preposition, is_preposition};
use reader::position;
pub use reader::{TokenInput, TokenReader};
pub(crate) use source::SourceRecord;
pub use source::TokenSource;
pub use tags::TagInventory;
pub use tree::{PrunedTree, TreeDefect, repair};
pub(crate) use word_table::VectorsRecord;
pub use word_table::WordTable;

/// Index of padding in every inventory.
pub const PAD: u32 = 0;
/// Index of the unknown symbol in every inventory.
pub const UNKNOWN: u32 = 1;
/// Positions beyond this distance from an entity share an index.
pub const MAX_DISTANCE: i64 = 100;
/// Number of position indices: `-MAX_DISTANCE..=MAX_DISTANCE`.
pub const POSITIONS: usize = 2 * MAX_DISTANCE as usize + 1;
