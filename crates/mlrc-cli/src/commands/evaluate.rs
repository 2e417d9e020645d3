//! `mlrc evaluate`: a model's scores on labelled data.

use std::io::{self, Write};
use std::process::ExitCode;

use mlrc::classifier::{Classifier, Prediction};
use mlrc::scoring::{ConfusionMatrix, Scorer, semeval::SemEvalResult};

use super::{read_corpus, train};
use crate::cli::EvaluateOptions;
use crate::error::Error;
use crate::{exit, json};

/// Runs the command.
pub fn run(options: &EvaluateOptions) -> Result<ExitCode, Error> {
    let classifier = Classifier::load(&options.model)?;
    let corpus = read_corpus(&options.data, &options.reading, classifier.tokenizer, true)?;
    let labels = classifier.encoder().labels();
    labels.check(&corpus)?;
    if let Some(instance) = corpus.instances.first() {
        train::warn_of_missing_layers(&classifier, instance);
    }
    train::warn_of_mended_trees(&classifier, &corpus.instances);
    let gold: Vec<usize> =
        corpus.instances.iter().filter_map(|i| i.relation.as_ref()).filter_map(|r| labels.index(r)).collect();
    let predicted: Vec<usize> =
        classifier.classify(&corpus.instances)?.iter().map(Prediction::label).collect();
    let matrix = ConfusionMatrix::from_indices(labels.labels(), &gold, &predicted)?;
    if options.official {
        write!(io::stdout(), "{}", SemEvalResult::new(&matrix)?)?;
        return Ok(exit::SUCCESS);
    }
    let scorer = options.scorer.clone().unwrap_or_else(|| Scorer::for_labels(labels.labels()));
    let scores = scorer.score_matrix(&matrix)?;
    if options.json {
        json::print(&scores)?;
    } else {
        write!(io::stdout(), "{scores}")?;
    }
    Ok(if corpus.skipped.is_empty() { exit::SUCCESS } else { exit::problems() })
}
