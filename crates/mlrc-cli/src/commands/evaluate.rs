//! `mlrc evaluate`: a model's scores on labelled data.

use std::io::{self, Write};
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::scoring::semeval::SemEvalResult;

use super::{Needs, read_corpus, warn_of_missing_layers, warn_of_odd_instances};
use crate::cli::EvaluateOptions;
use crate::error::Error;
use crate::{exit, json};

/// Runs the command.
pub fn run(options: &EvaluateOptions) -> Result<ExitCode, Error> {
    let classifier = RelationClassifier::load(&options.model)?;
    let needs = Needs::of(classifier.learner()).and_labels();
    let corpus = read_corpus(&options.data, &options.reading, classifier.tokenizer, needs)?;
    if let Some(instance) = corpus.instances.first() {
        warn_of_missing_layers(&classifier, instance);
    }
    warn_of_odd_instances(&classifier, &corpus.instances);
    let evaluation = classifier.evaluate(&corpus, options.scorer.as_ref())?;
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
        write!(io::stdout(), "{}", SemEvalResult::new(&evaluation.matrix)?)?;
        return Ok(exit::SUCCESS);
    }
    if options.json {
        json::print(&evaluation.scores)?;
    } else {
        write!(io::stdout(), "{}", evaluation.scores)?;
    }
    Ok(if corpus.skipped.is_empty() { exit::SUCCESS } else { exit::problems() })
}
