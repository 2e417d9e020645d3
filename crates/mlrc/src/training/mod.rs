//! Ordinary supervised training of an [`Objective`](crate::objective::Objective): optimisers and the loop.
//!
//! The loop is a state ([`Supervised`]) that is advanced one minibatch at a time, so that the caller can
//! report, evaluate, save and stop between any two minibatches.

mod optimiser;
mod supervised;

pub use optimiser::{Optimiser, OptimiserKind};
pub use supervised::{Best, Order, Progress, RateSchedule, Selection, Supervised, SupervisedOptions};
