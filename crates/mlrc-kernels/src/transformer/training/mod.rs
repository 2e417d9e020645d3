//! Transformer blocks that can be trained: forward passes that keep what the backward passes need.
//!
//! The parameters are borrowed as they are stored, since they change with every step; nothing is packed beforehand.
//! Large products are those of the `gemm` crate. What is cheap to compute is computed again in the backward pass:
//! the activation of the feed-forward network, and the output of the first normalisation. Tokens lie as in
//! prediction, one sentence after the other, `[tokens, hidden]`. Everything runs on the calling thread, in an order
//! that depends on the sizes only, so that a shard of sentences has the same bits on every thread.

mod attention;
mod block;
mod gelu;
mod linear;
mod norm;

pub use attention::{Attention, AttentionMask};
pub use block::{Block, BlockGradients, Masks, Sentences, Trace};
pub use gelu::{gelu, gelu_and_slope, gelu_backward};
pub use linear::{Linear, LinearGradients};
pub use norm::{Norm, NormGradients, Normalised};
