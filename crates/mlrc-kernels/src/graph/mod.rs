//! Operations along the edges of a graph: graph convolution and max-pooling, forward and backward.
//!
//! A graph is given by [`Groups`] of rows, the neighbourhoods of its nodes; no nodes × nodes matrix is ever
//! built.

pub mod convolution;
mod groups;
pub mod max_pool;

pub use groups::Groups;
