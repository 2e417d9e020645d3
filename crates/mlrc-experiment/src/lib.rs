//! Experiments of many runs: learners × arms × fractions × seeds, and searches for hyper-parameters.
//!
//! A [`Plan`] expands into [`Job`]s, and [`run_jobs`] runs those that a [`Folder`] does not have yet;
//! [`summary`] summarises the results. [`tune`] searches hyper-parameters with the same jobs on development
//! data.

mod data_files;
mod environment;
pub mod estimate;
pub mod figure;
mod folder;
mod packed;
mod plan;
mod pool;
pub mod report;
mod result;
mod seeds;
mod stored;
pub mod summary;
pub mod systems;
pub mod tune;

pub use data_files::{DataFiles, Folds};
pub use environment::Environment;
pub use folder::{Failure, Folder};
pub use packed::{PackedError, Packing, pack};
pub use plan::{Grid, Job, LearnerEntry, Plan, percent};
pub use pool::{Observer, run_jobs};
pub use result::{DataHashes, ExperimentData, JobError, RunResult, execute, key};
pub use seeds::Seeds;

use mlrc::run::{Arm, DataReport, Event, PrepareError, Prepared, Preset, Recipe, Run, RunError, RunOptions};
