//! `mlrc evaluate`: a model's scores on labelled data.

use std::io::{self, Write};
use std::process::ExitCode;

use mlrc::classifier::{Classifier, Prediction};
use mlrc::corpus::Corpus;
use mlrc::scoring::{ConfusionMatrix, Scorer, semeval::SemEvalResult};

use super::{Needs, read_corpus, train};
use crate::cli::EvaluateOptions;
use crate::error::Error;
use crate::{exit, json};

/// Runs the command.
pub fn run(options: &EvaluateOptions) -> Result<ExitCode, Error> {
    let classifier = Classifier::load(&options.model)?;
    let needs = Needs::of(classifier.config()).and_labels();
    let corpus = read_corpus(&options.data, &options.reading, classifier.tokenizer, needs)?;
    if let Some(instance) = corpus.instances.first() {
        train::warn_of_missing_layers(&classifier, instance);
    }
    train::warn_of_mended_trees(&classifier, &corpus.instances);
    let mut labels = classifier.labels().to_vec();
    let gold = gold(&corpus, &mut labels);
    warn_of_unknown(&corpus, &classifier, &gold, &labels);
    let predicted: Vec<usize> =
        classifier.classify(&corpus.instances)?.iter().map(Prediction::label).collect();
    let matrix = ConfusionMatrix::from_indices(&labels, &gold, &predicted)?;
    if options.official {
        write!(io::stdout(), "{}", SemEvalResult::new(&matrix)?)?;
        return Ok(exit::SUCCESS);
    }
    let scorer = options.scorer.clone().unwrap_or_else(|| Scorer::for_labels(&labels));
    let scores = scorer.score_matrix(&matrix)?;
    if options.json {
        json::print(&scores)?;
    } else {
        write!(io::stdout(), "{scores}")?;
    }
    Ok(if corpus.skipped.is_empty() { exit::SUCCESS } else { exit::problems() })
}

/// The label of each instance; those that `labels` lacks are added to it.
fn gold(corpus: &Corpus, labels: &mut Vec<String>) -> Vec<usize> {
    let relations = corpus.instances.iter().filter_map(|instance| instance.relation.as_ref());
    relations
        .map(|relation| {
            labels.iter().position(|label| label == relation).unwrap_or_else(|| {
                labels.push(relation.clone());
                labels.len() - 1
            })
        })
        .collect()
}

/// Says which labels the model cannot predict.
fn warn_of_unknown(corpus: &Corpus, classifier: &Classifier, gold: &[usize], labels: &[String]) {
    let known = classifier.labels().len();
    let unknown = gold.iter().filter(|&&label| label >= known).count();
    if unknown > 0 {
        say!(
            "warning: {}: {unknown} of {} instances have labels that the model does not know, and count as wrong: {}",
            corpus.path.display(),
            gold.len(),
            labels[known..].join(", ")
        );
    }
}
