//! Fused CPU kernels for sequence models, on plain `f32` slices.
//!
//! Batches are *packed* ([`Packing`]): sentences sorted longest first, all first tokens, then all
//! second tokens, and so on. A step of a recurrence then works on one contiguous block of rows
//! that shrinks as sentences end, and no padding is ever computed.
//!
//! Every kernel runs on the thread that calls it, with the instructions of a [`Cpu`] (large matrix products choose
//! their own); callers run several at once.
//! Matrices are row-major.

pub mod activation;
pub mod attention;
mod buffer;
mod cpu;
pub mod dropout;
pub mod graph;
pub mod lstm;
pub mod matrix;
mod packing;
mod panels;
pub mod recycle;
pub mod transformer;

pub use buffer::Buffer;
pub use cpu::Cpu;
pub use packing::Packing;
