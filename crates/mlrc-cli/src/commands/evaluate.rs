//! `mlrc evaluate`: a model's scores on labelled data.

use std::io::{self, Write};
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::escape::terminal;
use mlrc::scoring::Scores;
use mlrc::scoring::semeval::SemEvalResult;
use serde::Serialize;

use super::{Needs, read_corpus, warn_of_missing_layers, warn_of_odd_instances};
use crate::cli::EvaluateOptions;
use crate::error::Error;
use crate::{exit, json};

/// What `--json` writes.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    scores: &'a Scores,
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
        json::print(&Report { scores: &evaluation.scores, left_out: skipped })?;
    } else {
        write!(io::stdout(), "{}", terminal(&evaluation.scores.to_string()))?;
    }
    Ok(exit::ended(skipped))
}
