//! The parts of a transformer encoder (Vaswani et al. 2017), projections, layer normalisation and
//! self-attention for prediction, and whole blocks for [`training`].
//!
//! Tokens of several sentences lie one sentence after the other, `[tokens, hidden]`, without padding. Every value
//! depends on its own sentence only, and is computed in the same order whatever is computed with it: the vectors of
//! a sentence have the same bits in every batch.

mod attention;
mod norm;
mod projection;
mod quantised;
pub mod training;

pub use attention::{RelativeBias, attend};
pub use norm::{LayerNorm, normalise};
pub use projection::{Activation, Projection};
pub use quantised::{QuantisedMatrix, QuantisedProjection};
