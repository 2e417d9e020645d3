//! `mlrc check`: what is in data files, what is wrong with them, which learners they can train.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use mlrc::corpus::{
    Common, Comparison, Notice, ReadOptions, RelationScheme, Shared, StandardSplits, Summary, Tokenizer,
    counted, grouped,
};
use mlrc::escape::terminal;
use serde::Serialize;

use super::{Needs, read_file, read_options};
use crate::cli::CheckOptions;
use crate::error::Error;
use crate::{exit, json};

/// How many labels and folds are listed before the rest are only counted.
const LISTED: usize = 50;

/// How many conflicts are listed before the rest are only counted.
const LISTED_CONFLICTS: usize = 10;

#[derive(Serialize)]
struct Report {
    path: String,
    #[serde(flatten)]
    summary: Summary,
    skipped_instances: Vec<Notice>,
    /// What it has in common with the files before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    common: Vec<Common>,
}

/// The files, with each release folder replaced by its files.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let StandardSplits { train, dev, test } = StandardSplits::find(path)?;
            files.extend([train, dev, test]);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Runs the command. Bad instances and files that cannot be read are listed rather than ending the check.
pub fn run(options: &CheckOptions) -> Result<ExitCode, Error> {
    let (mut reports, mut corpora) = (Vec::new(), Vec::new());
    let mut unreadable = false;
    for path in &files(&options.files)? {
        let reading = crate::cli::ReadingOptions { skip_bad: true, ..options.reading.clone() };
        let read = ReadOptions {
            keep_empty: true,
            ..read_options(&reading, Tokenizer::default(), Needs::default())
        };
        let mut corpus = match read_file(path, &read) {
            Ok(corpus) => corpus,
            Err(error) => {
                error.show();
                unreadable = true;
                continue;
            }
        };
        let summary = Summary::of(&corpus);
        let skipped_instances =
            corpus.skipped.drain(..).map(mlrc::corpus::CorpusError::into_notice).collect();
        let common = Vec::new();
        reports.push(Report { path: corpus.path.display().to_string(), summary, skipped_instances, common });
        corpora.push(corpus);
    }
    let comparison = Comparison::of(&corpora.iter().collect::<Vec<_>>());
    for common in &comparison.pairs {
        reports[common.second].common.push(common.clone());
    }
    if options.json {
        json::print(&reports)?;
    } else {
        let mut stdout = std::io::stdout().lock();
        for report in &reports {
            writeln!(stdout, "{}", describe(report))?;
        }
        write!(stdout, "{}", across(&comparison, &reports))?;
    }
    let clean = reports.iter().all(|report| report.skipped_instances.is_empty());
    Ok(match (unreadable, clean) {
        (true, _) => exit::FAILURE,
        (false, true) => exit::SUCCESS,
        (false, false) => exit::problems(),
    })
}

fn describe(report: &Report) -> String {
    let Report { path, summary, skipped_instances, .. } = report;
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(format!("{path}: {}, {}", summary.format.description(), counted(summary.instances, "instance")));
    line(format!("  spans        {}", summary.span_convention));
    let range = |d: &mlrc::corpus::Distribution| {
        format!("{} to {}, median {}, 95th percentile {}", d.min, d.max, d.median, d.p95)
    };
    line(format!("  tokens       {}", range(&summary.length)));
    line(format!("  tokens between the entities  {}", range(&summary.entity_distance)));
    if summary.object_first > 0 {
        line(format!("  object first {}", counted(summary.object_first, "instance")));
    }
    let layers: Vec<String> =
        summary
            .layers
            .iter()
            .filter(|layer| layer.count > 0)
            .map(|layer| {
                if layer.complete {
                    layer.name.to_owned()
                } else {
                    format!("{} ({})", layer.name, layer.count)
                }
            })
            .collect();
    line(format!("  annotations  {}", if layers.is_empty() { "none".to_owned() } else { layers.join(", ") }));
    line(format!("  learners     {}", learners(summary)));
    for (name, types) in [("subject types", &summary.subject_types), ("object types", &summary.object_types)]
    {
        if !types.is_empty() {
            let listed: Vec<String> =
                types.iter().take(8).map(|t| format!("{} {}", t.name, t.count)).collect();
            let rest = types.len().saturating_sub(8);
            let more = if rest > 0 { format!(", {rest} more") } else { String::new() };
            line(format!("  {name}  {}{more}", listed.join(", ")));
        }
    }
    if !summary.folds.is_empty() {
        let folds: Vec<String> =
            summary.folds.iter().take(LISTED).map(|fold| format!("{} {}", fold.name, fold.count)).collect();
        line(format!("  folds        {}", folds.join(", ")));
    }
    line(format!("  labels       {}", summary.labels.len()));
    for label in summary.labels.iter().take(LISTED) {
        line(format!("    {:6}  {}", label.count, label.name));
    }
    if summary.labels.len() > LISTED {
        line(format!("    … {} more", summary.labels.len() - LISTED));
    }
    for group in &summary.alike_labels {
        let found: Vec<String> =
            group.found.iter().map(|label| format!("`{}` {}", label.name, label.count)).collect();
        line(format!(
            "  alike        {}: did you mean `{}`? (`mlrc convert --tidy-labels` writes one for all)",
            found.join(", "),
            group.meant
        ));
    }
    if let [first, others @ ..] = &summary.negative_labels[..]
        && !others.is_empty()
    {
        let others: Vec<String> =
            others.iter().map(|label| format!("`{}` {}", label.name, label.count)).collect();
        line(format!(
            "  warning: several labels say that there is no relation: `{}` {} is taken for it, {} counts as a relation",
            first.name,
            first.count,
            others.join(", ")
        ));
    }
    if !summary.undirected_labels.is_empty() {
        line(format!(
            "  warning: without a direction, unlike the others: `{}`; such data is not scored as SemEval's",
            summary.undirected_labels.join("`, `")
        ));
    }
    if let Some(types) = summary.types_alone.as_ref().filter(|types| types.give_away()) {
        line(format!(
            "  warning: the types of the two entities alone tell {:.1} % of the labels (always the most frequent: {:.1} %)",
            100.0 * types.accuracy,
            100.0 * types.majority
        ));
    }
    if summary.unlabelled > 0 {
        line(format!("    {:6}  (without a label)", summary.unlabelled));
    }
    if summary.duplicates > 0 {
        line(format!(
            "  duplicates   {} (repeating an earlier sentence and its entities)",
            summary.duplicates
        ));
    }
    for conflict in summary.conflicts.iter().take(LISTED_CONFLICTS) {
        line(format!(
            "  conflict     the same sentence and entities with different labels: {}",
            conflict.join(", ")
        ));
    }
    if summary.conflicts.len() > LISTED_CONFLICTS {
        line(format!("  conflicts    {} more", summary.conflicts.len() - LISTED_CONFLICTS));
    }
    line_of_relations(summary).into_iter().for_each(&mut line);
    let trees = &summary.trees;
    for (count, what, ids) in [
        (trees.without_root, "no root", &trees.without_root_ids),
        (trees.several_roots, "several roots", &trees.several_roots_ids),
        (trees.cyclic, "a cycle", &trees.cyclic_ids),
    ] {
        if count > 0 {
            let more = if count > ids.len() { ", …" } else { "" };
            line(format!("  trees        {what}: {count} ({}{more})", ids.join(", ")));
        }
    }
    for (what, notices) in [("warning", &summary.warnings), ("problem", skipped_instances)] {
        for group in grouped(notices) {
            group.shown.iter().for_each(|notice| line(format!("  {what}: {notice}")));
            if group.more() > 0 {
                line(format!("  {what}: … {} more like these", group.more()));
            }
        }
    }
    terminal(&out).into_owned()
}

/// What files that are used together have in common, and what only some of them have.
fn across(comparison: &Comparison, reports: &[Report]) -> String {
    let mut out = String::new();
    for Common { first, second, instances, sentences, near_sentences, ids } in &comparison.pairs {
        let mut line = |shared: &Shared, what: &str| {
            if let Some((a, b)) = shared.examples.first() {
                let is = if shared.count == 1 { "is" } else { "are" };
                let count = counted(shared.count, "instance");
                let (first, second) = (&reports[*first].path, &reports[*second].path);
                let _ = writeln!(out, "{second}: {count} {is} in {first}, too{what}: `{b}` as `{a}`");
            }
        };
        line(instances, "");
        // Those with other entities, if there are more.
        if sentences.count > instances.count {
            line(sentences, " (the same sentence with these or other entities)");
        }
        line(near_sentences, " but for case, digits, punctuation or spaces");
        // Numbers start over in every file.
        if ids.examples.iter().any(|(id, _)| id.parse::<u64>().is_err()) {
            line(ids, " by identifier");
        }
    }
    for label in &comparison.uneven_labels {
        let of = |has: bool| {
            let places = label.counts.iter().zip(reports).filter(|(count, _)| (**count > 0) == has);
            places
                .map(
                    |(count, report)| {
                        if has { format!("{} ({count})", report.path) } else { report.path.clone() }
                    },
                )
                .collect::<Vec<_>>()
                .join(", ")
        };
        let _ = writeln!(out, "label `{}`: in {}, not in {}", label.name, of(true), of(false));
    }
    terminal(&out).into_owned()
}

/// Which scheme names the dependency relations, if there are any.
fn line_of_relations(summary: &Summary) -> Option<String> {
    const NAMED: usize = 8;
    let relations = &summary.relations;
    let unknown = &relations.unknown;
    let named: Vec<String> =
        unknown.iter().take(NAMED).map(|name| format!("{} {}", name.name, name.count)).collect();
    let more =
        if unknown.len() > NAMED { format!(", {} more", unknown.len() - NAMED) } else { String::new() };
    let odd = format!("{}{more}", named.join(", "));
    let scheme =
        if relations.scheme == Some(RelationScheme::Clear) { "CLEAR" } else { "Universal Dependencies" };
    let odd = format!("not in {scheme}: {odd}");
    let text = match (relations.scheme, unknown.is_empty()) {
        (None, true) => return None,
        (None, false) => odd,
        (Some(scheme), true) => format!("names as in {scheme}"),
        (Some(scheme), false) => format!("names as in {scheme}; {odd}"),
    };
    Some(format!("  relations    {text}"))
}

/// Which learners the data can train, and which tags they would lack.
fn learners(summary: &Summary) -> String {
    if summary.instances == 0 {
        return "none, as there are no instances".to_owned();
    }
    if summary.labels.len() < 2 {
        return "none: there must be instances of two relations".to_owned();
    }
    let lacks = |name: &str| summary.missing_layers().any(|missing| missing == name);
    let tags: Vec<&str> = ["pos", "ner"].into_iter().filter(|tags| lacks(tags)).collect();
    let without = if tags.is_empty() { String::new() } else { format!(", without {}", tags.join(" and ")) };
    let with_heads = summary.layers.iter().find(|layer| layer.name == "heads").map_or(0, |layer| layer.count);
    if !lacks("heads") {
        format!("regions, fcm, pa-lstm, c-gcn and gcn{without}")
    } else if with_heads == 0 {
        format!("regions, fcm, pa-lstm{without}; c-gcn and gcn need a parse (docs/FORMATS.md, conllu)")
    } else {
        let missing = summary.instances - with_heads;
        format!("regions, fcm, pa-lstm{without}; c-gcn and gcn with --skip-bad (no parse: {missing})")
    }
}
