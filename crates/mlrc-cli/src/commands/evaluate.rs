//! `mlrc evaluate`: a model's scores on labelled data.

use std::io::{self, Write};
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::classifier::Evaluation;
use mlrc::escape::terminal;
use mlrc::scoring::semeval::SemEvalResult;
use mlrc::scoring::{Majority, Scores};
use serde::Serialize;

use super::{Needs, read_corpus, warn_of_foreign, warn_of_missing_layers, warn_of_odd_instances};
use crate::cli::EvaluateOptions;
use crate::error::Error;
use crate::{exit, json};

/// What `--json` writes.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    scores: &'a Scores,
    majority: &'a Majority,
    calibration_error: f64,
    /// Instances that were not read and are in none of the figures, if there are any.
    #[serde(skip_serializing_if = "json::is_zero")]
    left_out: usize,
}

/// Runs the command.
pub fn run(options: &EvaluateOptions) -> Result<ExitCode, Error> {
    let classifier = RelationClassifier::load(&options.model)?;
    let needs = Needs::of(classifier.learner()).and_labels();
    let corpus = read_corpus(&options.data, &options.reading, classifier.tokenizer, needs)?;
    let skipped = corpus.skipped.len();
    if let Some(instance) = corpus.instances.first() {
        warn_of_missing_layers(&classifier, instance);
    }
    warn_of_odd_instances(&classifier, &corpus.instances);
    warn_of_foreign(&classifier, &corpus.instances, &corpus.path.display().to_string());
    let evaluation = classifier.evaluate(&corpus, options.scorer.as_ref())?;
    let (scorer, own) = (&evaluation.scores.scorer, classifier.scorer());
    if *scorer != own {
        say!("scored with {scorer}; the model was trained with {own}");
    }
    if evaluation.unknown_instances > 0 {
        say!(
            "warning: {}: labels unknown to the model count as wrong, in {} of {} instances: {}",
            corpus.path.display(),
            evaluation.unknown_instances,
            corpus.instances.len(),
            evaluation.unknown_labels.join(", ")
        );
    }
    if options.official {
        let report = SemEvalResult::new(&evaluation.matrix)?.to_string();
        write!(io::stdout(), "{}", terminal(&report))?;
        return Ok(exit::ended(skipped));
    }
    if options.json {
        let Evaluation { scores, majority, calibration_error, .. } = &evaluation;
        json::print(&Report { scores, majority, calibration_error: *calibration_error, left_out: skipped })?;
    } else {
        write!(io::stdout(), "{}", terminal(&text(&evaluation)))?;
    }
    Ok(exit::ended(skipped))
}

/// The scores, what they should be compared with, and how far probabilities can be trusted.
fn text(evaluation: &Evaluation) -> String {
    let Evaluation { scores, majority, calibration_error, .. } = evaluation;
    format!(
        "{scores}\nalways `{}`: {} {:.2} %, {:.2} % right\nprobabilities: off by {:.1} points on average (expected calibration error)\n",
        majority.label,
        scores.primary.name,
        100.0 * majority.score,
        100.0 * majority.accuracy,
        100.0 * calibration_error
    )
}
