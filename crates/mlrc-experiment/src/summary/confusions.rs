//! Confusion matrices, summed over seeds.

use super::grouped;
use crate::{Arm, Job, RunResult};
use mlrc::scoring::{ConfusionMatrix, ScoringError};

/// The confusion matrix of a learner, arm, fraction and selection.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// The learner's name in the plan.
    pub learner: String,
    /// The arm.
    pub arm: Arm,
    /// Share of the training instances.
    pub fraction: f64,
    /// `best-dev` or `last`.
    pub selection: String,
    /// Number of seeds that it is summed over.
    pub seeds: usize,
    /// The counts.
    pub matrix: ConfusionMatrix,
}

/// The matrices of a selection in the order of its cells; `gold` are the labels of the test instances.
///
/// # Errors
/// If a result's predictions do not match its labels.
pub fn confusions(
    done: &[(Job, RunResult)],
    selection: &str,
    gold: &[usize],
) -> Result<Vec<Confusion>, ScoringError> {
    let groups = grouped(done).into_iter().filter(|((_, of, ..), _)| of == selection);
    groups
        .map(|((_, selection, _, arm), runs)| {
            let (job, first) = runs[0];
            let predicted = runs.iter().map(|(_, result)| &result.predictions[&selection][..]);
            let predicted: Vec<usize> = predicted.flatten().copied().collect();
            let matrix = ConfusionMatrix::from_indices(&first.labels, &gold.repeat(runs.len()), &predicted)?;
            Ok(Confusion {
                learner: job.learner.clone(),
                arm,
                fraction: job.options.fraction,
                selection,
                seeds: runs.len(),
                matrix,
            })
        })
        .collect()
}
