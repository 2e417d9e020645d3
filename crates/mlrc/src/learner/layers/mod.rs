//! The layers that learners are built from.
//!
//! Layers work on packed batches: activations are `[tokens, features]` (see
//! [`TokenBatch`](crate::learner::tokens::TokenBatch)). Initial values come from an
//! [`Initialiser`](crate::learner::Initialiser), never from the tensor library.

mod attend;
mod attention;
mod bi_lstm;
mod dropout;
mod embedding;
mod fused;
mod graph_convolution;
mod initial;
mod linear;
mod lstm;
mod lstm_sequence;
mod max_pool;
mod token_embedding;
mod transformer;

pub use attend::{Attention, Sentences, attend, attend_composed};
pub use attention::{PositionAwareAttention, PositionAwareAttentionConfig};
pub use bi_lstm::BiLstm;
pub use dropout::dropout;
pub use embedding::{Embedding, WordEmbedding};
pub use fused::without_kernels;
pub use graph_convolution::{graph_convolution, graph_convolution_composed};
pub use initial::Initial;
pub use linear::{Linear, alike};
pub use lstm::Lstm;
pub use lstm_sequence::{lstm_sequence, lstm_sequence_composed};
pub use max_pool::{max_pool, max_pool_composed};
pub use mlrc_kernels::graph::Groups;
pub use mlrc_kernels::lstm::Direction;
pub use token_embedding::TokenEmbedding;
pub use transformer::{Sentences as EncodedSentences, TransformerBlock};
