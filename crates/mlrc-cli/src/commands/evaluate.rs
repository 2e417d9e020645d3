//! `mlrc evaluate`: a model's scores on labelled data.

mod thresholds;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::classifier::Evaluation;
use mlrc::escape::{shell, terminal};
use mlrc::files::write_atomically;
use mlrc::scoring::semeval::SemEvalResult;
use mlrc::scoring::{CalibrationBin, Majority, NeededThreshold, Scores, Selection};
use mlrc_experiment::figure::reliability::reliability;
use serde::Serialize;

use self::thresholds::Needed;
use super::abstaining::{flags, thresholds};
use super::{
    Needs, check_output, read_corpus, warn_of_foreign, warn_of_missing_layers, warn_of_odd_instances,
};
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
    reliability: &'a [CalibrationBin],
    /// With `--abstain` and `--threshold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    selection: Option<&'a Selection>,
    /// With `--precision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    needed: Option<&'a Needed>,
    /// Instances that were not read and are in none of the figures, if there are any.
    #[serde(skip_serializing_if = "json::is_zero")]
    left_out: usize,
}

/// Runs the command.
pub fn run(options: &EvaluateOptions) -> Result<ExitCode, Error> {
    let classifier = RelationClassifier::load(&options.model)?;
    let thresholds = thresholds(&classifier, &options.abstaining)?;
    if let Some(svg) = &options.reliability_svg {
        check_output(svg, &[&options.data], options.force)?;
    }
    let needs = Needs::of(classifier.learner()).and_labels();
    let corpus = read_corpus(&options.data, &options.reading, classifier.tokenizer, needs)?;
    let skipped = corpus.skipped.len();
    if let Some(instance) = corpus.instances.first() {
        warn_of_missing_layers(&classifier, instance);
    }
    warn_of_odd_instances(&classifier, &corpus.instances);
    warn_of_foreign(classifier.model(), &corpus.instances, &corpus.path.display().to_string());
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
    if let Some(svg) = &options.reliability_svg {
        draw(svg, &evaluation)?;
    }
    if options.official {
        let report = SemEvalResult::new(&evaluation.matrix)?.to_string();
        write!(io::stdout(), "{}", terminal(&report))?;
        return Ok(exit::ended(skipped));
    }
    let selection = thresholds.map(|thresholds| Selection::new(&evaluation.answers, &thresholds));
    let needed = options.precision.map(|precision| {
        let (labels, scorer) = (evaluation.matrix.labels(), &evaluation.scores.scorer);
        Needed::new(precision, NeededThreshold::find(labels, &evaluation.answers, scorer, precision))
    });
    if options.json {
        json::print(&Report {
            scores: &evaluation.scores,
            majority: &evaluation.majority,
            calibration_error: evaluation.calibration_error,
            reliability: &evaluation.reliability,
            selection: selection.as_ref(),
            needed: needed.as_ref(),
            left_out: skipped,
        })?;
        return Ok(exit::ended(skipped));
    }
    let mut shown = text(&evaluation);
    if let Some(selection) = &selection {
        let given = flags(options.abstaining.abstain, &options.abstaining.threshold);
        shown.extend(["\n", &selection_text(selection, &given)]);
    }
    if let Some(needed) = &needed {
        let model = options.model.display().to_string();
        shown.extend(["\n", &needed.text(&shell(&model), evaluation.answers.len())]);
    }
    write!(io::stdout(), "{}", terminal(&shown))?;
    Ok(exit::ended(skipped))
}

/// The scores, what they should be compared with, and how far probabilities can be trusted.
fn text(evaluation: &Evaluation) -> String {
    let Evaluation { scores, majority, calibration_error, reliability, .. } = evaluation;
    let mut out = format!(
        "{scores}\nalways `{}`: {} {:.2} %, {:.2} % right\nprobabilities: off by {:.1} points on average (expected calibration error)\n",
        majority.label,
        scores.primary.name,
        100.0 * majority.score,
        100.0 * majority.accuracy,
        100.0 * calibration_error
    );
    out.push_str("probability   answers  on average    right\n");
    for CalibrationBin { from, to, answers, confidence, accuracy } in
        reliability.iter().filter(|bin| bin.answers > 0)
    {
        let (confidence, accuracy) = (100.0 * confidence, 100.0 * accuracy);
        let _ = writeln!(out, "{from:.1} to {to:.1}    {answers:7}     {confidence:6.2}%  {accuracy:6.2}%");
    }
    out
}

/// How good the answers are that are left.
fn selection_text(selection: &Selection, flags: &str) -> String {
    let Selection { instances, answered, coverage, accuracy, accuracy_of_abstained } = selection;
    let percent =
        |share: &Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.2} %", 100.0 * share));
    format!(
        "with {flags}: {answered} of {instances} answered ({}), {} of them right; of the {} abstained from, {} would have been\n",
        percent(&Some(*coverage)),
        percent(accuracy),
        instances - answered,
        percent(accuracy_of_abstained),
    )
}

/// Draws the reliability of the probabilities.
fn draw(path: &Path, evaluation: &Evaluation) -> Result<(), Error> {
    let drawing = reliability(&evaluation.reliability, evaluation.calibration_error).svg();
    write_atomically(path, |out| out.write_all(drawing.as_bytes()))
        .map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
    say!("figure written to {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_a_sentence() {
        let all = Selection {
            instances: 4,
            answered: 3,
            coverage: 0.75,
            accuracy: Some(2.0 / 3.0),
            accuracy_of_abstained: Some(0.0),
        };
        assert_eq!(
            selection_text(&all, "--abstain 0.5"),
            "with --abstain 0.5: 3 of 4 answered (75.00 %), 66.67 % of them right; of the 1 abstained from, 0.00 % would have been\n"
        );
        let none = Selection { answered: 0, coverage: 0.0, accuracy: None, ..all };
        assert!(selection_text(&none, "--abstain 1").contains("0 of 4 answered (0.00 %), – of them right"));
    }
}
