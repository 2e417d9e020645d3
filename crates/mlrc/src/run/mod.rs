//! One run: from a training corpus to a classifier, by one of the arms that are compared.
//!
//! Most callers need only [`Training`], as returned by
//! [`RelationClassifier::train`](crate::RelationClassifier::train): it fills in the defaults, keeps a
//! checkpoint and collects warnings. Below it, [`Prepared`] holds a run's data as its learner reads it, and
//! [`Run`] is the run itself, a state that is advanced one step at a time, so that the caller can report,
//! save ([`Run::save`]) and stop between any two steps. A [`Recipe`] holds the hyper-parameters, as TOML;
//! those that ship with the library are [`Preset`]s.

mod arm;
mod checkpoint;
mod cross_validation;
mod estimate;
mod options;
mod prepare;
mod recipe;
mod recipe_error;
mod session;
mod stages;
mod training;
mod warning;

pub use arm::{Arm, FirstStage};
pub use checkpoint::CheckpointError;
pub use cross_validation::CrossValidation;
pub use estimate::{Estimate, RelationEstimate, reliability};
pub use options::RunOptions;
pub use prepare::{DataReport, PrepareError, Prepared, draw_split};
pub use recipe::{Preset, Recipe, find_shipped, read_text};
pub use recipe_error::{RecipeError, read_toml};
pub use session::{Progress, ScoreError, Session, Trained};
pub use stages::{Event, Run, RunError, most_probable_labels};
pub use training::{TrainError, Training};
pub use warning::{Choice, Warning};
