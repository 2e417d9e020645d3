//! Ordinary supervised training of an [`Objective`](crate::objective::Objective): optimisers and the loop.
//!
//! The loop is a state ([`Supervised`]) that is advanced one minibatch at a time, so that whoever drives it can
//! report, evaluate, save and stop between any two.

mod optimiser;
mod supervised;

pub use optimiser::{Optimiser, OptimiserKind};
pub use supervised::{Best, Order, Progress, Selection, Supervised, SupervisedOptions};
