//! The report of an experiment: figures, and one HTML file that needs nothing else.

use std::fmt::Write as _;

use mlrc::experiment::summary::{Cell, Comparison};
use mlrc::experiment::{Arm, Job, RunResult, percent};

use crate::chart::{self, Curve, Point};
use crate::error::Error;

/// A figure, and the name of its file.
pub struct Figure {
    pub name: String,
    pub svg: String,
}

/// The learning curves of each learner and selection: fractions of the labels across, means with their 95 % intervals.
pub fn figures(cells: &[Cell]) -> Result<Vec<Figure>, Error> {
    let mut blocks: Vec<(&str, &str)> = Vec::new();
    for cell in cells {
        if !blocks.contains(&(&cell.learner, &cell.selection)) {
            blocks.push((&cell.learner, &cell.selection));
        }
    }
    blocks.into_iter().map(|(learner, selection)| curves(cells, learner, selection)).collect()
}

fn curves(cells: &[Cell], learner: &str, selection: &str) -> Result<Figure, Error> {
    let block: Vec<&Cell> =
        cells.iter().filter(|cell| cell.learner == learner && cell.selection == selection).collect();
    let mut fractions: Vec<f64> = block.iter().map(|cell| cell.fraction).collect();
    fractions.dedup();
    let curve = |arm: Arm| {
        let of_arm = block.iter().filter(|cell| cell.arm == arm);
        let point = |cell: &&Cell| {
            let place = fractions.iter().position(|fraction| *fraction == cell.fraction).unwrap_or(0);
            let [low, high] = cell.interval.unwrap_or([cell.mean; 2]);
            let at = |value: f64| 100.0 * value.clamp(0.0, 1.0);
            Point { x: place as f64, mean: at(cell.mean), low: at(low), high: at(high) }
        };
        Curve { name: arm.to_string(), points: of_arm.map(point).collect() }
    };
    let all = Arm::ALL.into_iter().map(curve).filter(|curve| !curve.points.is_empty()).collect::<Vec<_>>();
    let ticks: Vec<String> = fractions.iter().map(|fraction| format!("{} %", percent(*fraction))).collect();
    let title = format!("{learner}, {selection}");
    let y_label = format!("{} on test (%)", block[0].measure);
    let svg = chart::svg(&title, "share of the training labels", &y_label, Some(&ticks), &all)?;
    let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
    Ok(Figure {
        name: format!("curves-{}-{selection}.svg", learner.chars().map(safe).collect::<String>()),
        svg,
    })
}

/// Everything in one page.
pub fn html(
    about: &str,
    recipe: &str,
    done: &[(Job, RunResult)],
    cells: &[Cell],
    compared: &[Comparison],
    figures: &[Figure],
) -> String {
    let mut out = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>mlrc experiment</title><style>\
         body{font:15px/1.5 sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}\
         table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #ddd;padding:.2rem .8rem;text-align:right}\
         td:first-child,th:first-child{text-align:left}pre{background:#f5f5f5;padding:1rem;overflow:auto}svg{max-width:100%;height:auto}\
         </style></head><body>\n<h1>Experiment</h1>\n",
    );
    let _ = writeln!(out, "<p>{}</p>", escaped(about.trim()));
    if let Some((_, first)) = done.first() {
        let seconds: f64 = done.iter().map(|(_, result)| result.seconds).sum();
        let _ = writeln!(
            out,
            "<p>{} runs, {:.1} hours of computation, mlrc {}. Data by content: train {}, test {}, vectors {}.</p>",
            done.len(),
            seconds / 3600.0,
            escaped(&first.program),
            &first.hashes.train[..16],
            first.hashes.test.as_deref().map_or("none", |hash| &hash[..16]),
            &first.hashes.vectors[..16],
        );
    }
    out += "<h2>Learning curves</h2>\n<p>Means over seeds; the bands are 95 % intervals of the mean (Student's t).</p>\n";
    for figure in figures {
        out += &figure.svg;
        out.push('\n');
    }
    out += "<h2>Means</h2>\n";
    means(&mut out, cells);
    if !compared.is_empty() {
        out += "<h2>Arms compared on the same splits</h2>\n<p>Differences in points.</p>\n";
        comparisons(&mut out, compared);
    }
    out += "<h2>Relations</h2>\n<p>Mean F1 over seeds, at the smallest fraction.</p>\n";
    relations(&mut out, done);
    let _ = write!(out, "<h2>Recipe</h2>\n<pre>{}</pre>\n</body></html>\n", escaped(recipe));
    out
}

fn means(out: &mut String, cells: &[Cell]) {
    let header = [
        "learner",
        "selection",
        "labels",
        "arm",
        "seeds",
        "mean",
        "s.d.",
        "95 % interval",
        "instance-gradients",
    ];
    let rows = cells.iter().map(|cell| {
        let interval = cell.interval.map_or_else(dash, |[low, high]| {
            format!("{:.1} to {:.1} (± {:.1})", 100.0 * low, 100.0 * high, 50.0 * (high - low))
        });
        vec![
            cell.learner.clone(),
            cell.selection.clone(),
            format!("{} %", percent(cell.fraction)),
            cell.arm.to_string(),
            cell.seeds.to_string(),
            format!("{:.2}", 100.0 * cell.mean),
            cell.deviation.map_or_else(dash, |deviation| format!("{:.2}", 100.0 * deviation)),
            interval,
            format!("{:.0}", cell.instance_gradients),
        ]
    });
    table(out, &header.map(String::from), rows);
}

fn comparisons(out: &mut String, compared: &[Comparison]) {
    let header = [
        "learner",
        "selection",
        "labels",
        "arms",
        "seeds",
        "difference",
        "over seeds (t)",
        "over seeds and instances",
        "p",
        "p (Holm)",
    ];
    let range = |[low, high]: [f64; 2]| format!("{:+.1} to {:+.1}", 100.0 * low, 100.0 * high);
    let rows = compared.iter().map(|c| {
        vec![
            c.learner.clone(),
            c.selection.clone(),
            format!("{} %", percent(c.fraction)),
            format!("{} − {}", c.arm, c.with),
            c.seeds.to_string(),
            format!("{:+.2}", 100.0 * c.difference),
            c.interval.map_or_else(dash, range),
            range(c.bootstrap),
            format!("{:.3}", c.p),
            format!("{:.3}", c.p_holm),
        ]
    });
    table(out, &header.map(String::from), rows);
}

/// As the paper's Table 1: relations down, arms across, for each learner and selection.
fn relations(out: &mut String, done: &[(Job, RunResult)]) {
    let smallest = done.iter().map(|(job, _)| job.options.fraction).fold(f64::INFINITY, f64::min);
    let mut blocks: Vec<(&str, &str)> = Vec::new();
    for (job, result) in done {
        for selection in result.test.keys() {
            if !blocks.contains(&(&job.learner, selection)) {
                blocks.push((&job.learner, selection));
            }
        }
    }
    for (learner, selection) in blocks {
        let runs: Vec<&(Job, RunResult)> = done
            .iter()
            .filter(|(job, result)| {
                job.learner == learner
                    && job.options.fraction == smallest
                    && result.test.contains_key(selection)
            })
            .collect();
        let mut arms: Vec<Arm> = runs.iter().map(|(job, _)| job.options.arm).collect();
        arms.sort_unstable();
        arms.dedup();
        let Some((_, first)) = runs.first() else { continue };
        let _ = writeln!(out, "<h3>{}, {selection}, {} %</h3>", escaped(learner), percent(smallest));
        let mut header = vec!["relation".to_owned(), "test instances".to_owned()];
        header.extend(arms.iter().map(ToString::to_string));
        let rows = first.test[selection].relations.iter().enumerate().map(|(place, relation)| {
            let mut row = vec![relation.relation.clone(), relation.support.to_string()];
            row.extend(arms.iter().map(|arm| {
                let scores: Vec<f64> = runs
                    .iter()
                    .filter(|(job, _)| job.options.arm == *arm)
                    .filter_map(|(_, result)| result.test[selection].relations.get(place))
                    .map(|relation| relation.rates.f1)
                    .collect();
                format!("{:.1}", 100.0 * scores.iter().sum::<f64>() / scores.len().max(1) as f64)
            }));
            row
        });
        table(out, &header, rows);
    }
}

fn table(out: &mut String, header: &[String], rows: impl Iterator<Item = Vec<String>>) {
    let line = |cells: &[String], tag: &str| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let _ = write!(out, "<table>\n{}", line(header, "th"));
    rows.for_each(|row| out.push_str(&line(&row, "td")));
    out.push_str("</table>\n");
}

fn dash() -> String {
    "–".to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
