//! `mlrc show`: what a model is, what it was trained on, and how good it was found to be.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use mlrc::RelationClassifier;
use mlrc::corpus::counted;
use mlrc::escape::terminal;
use mlrc::run::{CrossValidation, Estimate, Warning};
use serde_json::Value;

use super::adapt::cost_text;
use super::train::{cross_validation_text, estimate_text};
use crate::cli::ShowOptions;
use crate::error::Error;
use crate::kept::{KEPT, Kept};
use crate::{exit, json};

/// Runs the command.
pub fn run(options: &ShowOptions) -> Result<ExitCode, Error> {
    let classifier = RelationClassifier::load(&options.model)?;
    let provenance = &classifier.provenance;
    if options.json {
        json::print(&serde_json::json!({
            "learner": classifier.learner(),
            "labels": classifier.labels(),
            "provenance": provenance,
        }))?;
        return Ok(exit::SUCCESS);
    }
    let mut out = io::stdout().lock();
    let run = &provenance["options"];
    writeln!(out, "learner    {} ({})", classifier.learner().name(), classifier.learner().card().about)?;
    writeln!(out, "parameters {}", classifier.parameters().values.len())?;
    writeln!(out, "folder     {}", size(&options.model))?;
    writeln!(out, "relations  {}", terminal(&classifier.labels().join(", ")))?;
    writeln!(out, "scorer     {}", classifier.scorer())?;
    if let Some(instances) = provenance["data"]["train"].as_u64() {
        let file = provenance["train"].as_str().map_or_else(String::new, |file| format!(" of {file}"));
        let of = |key: &str| run[key].to_string().trim_matches('"').to_owned();
        writeln!(
            out,
            "trained on {}{file}, {}, seed {}",
            counted(instances as usize, "instance"),
            of("arm"),
            of("seed")
        )?;
    }
    if let Some(vectors) = provenance["vectors"].as_str() {
        writeln!(out, "vectors    {vectors}")?;
    }
    if let Some(kept) = Kept::by(&classifier) {
        writeln!(out, "keeps      its training data, for `mlrc adapt` ({})", kept.size())?;
    } else if provenance.get(KEPT).is_some() {
        writeln!(out, "keeps      none of its training data")?;
    }
    let adapted = &provenance["adapted"];
    if let (Some(model), Some(examples)) = (adapted["model"].as_str(), adapted["examples"].as_u64()) {
        let side = |name: &str| serde_json::from_value(adapted["old_relations"][name].clone()).ok();
        writeln!(out, "adapted    from {model}, with {}", counted(examples as usize, "example"))?;
        writeln!(out, "{}", cost_text(side("before").as_ref(), side("after").as_ref()))?;
    }
    if let Some(score) = provenance["best_dev"]["score"].as_f64() {
        writeln!(out, "best development score {:.2} %", 100.0 * score)?;
    }
    let validated = serde_json::from_value::<CrossValidation>(provenance["cross_validation"].clone()).ok();
    if let Some(found) = &validated {
        writeln!(out, "{}", cross_validation_text(found))?;
    }
    match provenance["estimate"].clone() {
        Value::Null if validated.is_some() => {}
        Value::Null => writeln!(
            out,
            "no estimate of how good it is: its layer was trained by gradients; `mlrc evaluate` with labelled sentences that it \
             has not seen tells, or `mlrc train --cross-validate 5`"
        )?,
        estimate => match serde_json::from_value::<Estimate>(estimate) {
            Ok(estimate) => {
                writeln!(out, "{}", estimate_text(&estimate))?;
                if estimate.only_ones > 0 {
                    let warning = Warning::SingleSentences { relations: estimate.only_ones };
                    writeln!(out, "warning: {warning}")?;
                }
                let chosen: Vec<String> =
                    estimate.chosen.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
                writeln!(out, "chosen by leaving sentences out: {}", chosen.join(", "))?;
            }
            Err(error) => say!("warning: the model's estimate cannot be read: {error}"),
        },
    }
    Ok(exit::SUCCESS)
}

/// The size of the files of a folder.
fn size(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes: u64 = files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    format!("{:.1} MB", bytes as f64 / 1e6)
}
