//! Ordinary supervised training: optimisers, minibatches cut into shards, the loop, prediction.
//!
//! The loop is a state ([`Supervised`]) that is advanced one minibatch at a time, so that whoever drives it can
//! report, evaluate, save and stop between any two.

mod optimiser;
mod predict;
mod shards;
mod supervised;

pub use optimiser::{Optimiser, OptimiserKind};
pub use predict::predict;
pub use shards::{sharded_gradient, shards};
pub use supervised::{Best, Order, Progress, Selection, Supervised, SupervisedOptions};
