//! One self-contained page with everything, to be read, printed, or attached to a paper.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mlrc::corpus::counted;
use mlrc::escape::xml;

use crate::summary::Table;
use crate::{DataFiles, Environment, Plan, percent};

use super::figures::Matrix;
use super::{Summary, Tables};
use crate::figure::Figure;

const STYLE: &str = include_str!("page.css");

/// The sections: what links call them, and their titles.
const SECTIONS: [(&str, &str); 10] = [
    ("means", "Means"),
    ("curves", "Learning curves"),
    ("effects", "Effects"),
    ("comparisons", "Comparisons"),
    ("learners", "Learners compared"),
    ("relations", "Relations"),
    ("confusion", "Confusion matrices"),
    ("recipe", "Recipe"),
    ("environment", "Environment"),
    ("reproduce", "How to reproduce"),
];

/// The page.
pub(super) fn html(summary: &Summary, tables: &Tables, figures: &[Figure], matrices: &[Matrix]) -> String {
    let mut page = Page { out: String::new(), headline: summary.headline, sections: Vec::new() };
    let mut head = String::new();
    let _ = write!(
        head,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>mlrc experiment</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>Experiment</h1>\n"
    );
    about(&mut head, summary);
    let drawn = |what: &str| -> Vec<&Figure> {
        figures.iter().filter(|figure| figure.name.starts_with(what)).collect()
    };

    page.section("means");
    page.tables(&tables.means);
    page.folded("Details: both intervals, and the computation spent on training", |page| {
        page.tables(&tables.details);
    });
    page.section("curves");
    page.note("Mean over seeds; bands and bars are 95 % intervals of the mean (Student's t).");
    page.figures(&drawn("curves-"));
    if !tables.effects.is_empty() {
        page.section("effects");
        page.note(
            "The difference between mlrc and each other arm. Bars are paired 95 % intervals over seeds; \
             where they include zero, there may be no difference. A bar without a tick at its end is cut \
             off: it is many times as wide as the others.",
        );
        page.figures(&drawn("effects-"));
        page.tables(&tables.effects);
    }
    for (section, tables) in [("comparisons", &tables.comparisons), ("learners", &tables.learners)] {
        if !tables.is_empty() {
            page.section(section);
            page.tables(tables);
        }
    }
    page.section("relations");
    relations(&mut page, summary, &tables.relations);
    page.section("confusion");
    page.note(
        "Summed over seeds. The darker a cell, the more of the row's instances got the column's label.",
    );
    confusions(&mut page, summary, matrices);

    let recipe = toml::to_string(&Plan { data: by_name(&summary.plan.data), ..summary.plan.clone() })
        .unwrap_or_default();
    page.section("recipe");
    let _ = writeln!(page.out, "<pre>{}</pre>", xml(&recipe));
    page.section("environment");
    environment(&mut page.out, summary);
    page.section("reproduce");
    reproduce(&mut page.out, summary);
    contents(&mut head, &page.sections);
    head + &page.out + "</body>\n</html>\n"
}

/// A page being written; whatever does not belong to the headline selection is folded away.
struct Page {
    out: String,
    headline: &'static str,
    /// The sections written so far.
    sections: Vec<&'static str>,
}

impl Page {
    fn section(&mut self, id: &'static str) {
        self.sections.push(id);
        let title = SECTIONS.iter().find(|(known, _)| *known == id).map_or(id, |(_, title)| title);
        let _ = writeln!(self.out, "<h2 id=\"{id}\">{title}</h2>");
    }

    fn note(&mut self, text: &str) {
        let _ = writeln!(self.out, "<p class=\"note\">{}</p>", xml(text));
    }

    fn folded(&mut self, summary: &str, inside: impl FnOnce(&mut Self)) {
        let _ = writeln!(self.out, "<details>\n<summary>{}</summary>", xml(summary));
        inside(self);
        self.out += "</details>\n";
    }

    /// Tables, below a note on how to read them; those of other selections are folded.
    fn tables(&mut self, tables: &[Table]) {
        let Some(first) = tables.first() else { return };
        self.note(&first.note);
        let rest = self.first_of(tables, |table| &table.name, Table::html);
        self.other_selections(&rest);
    }

    fn figures(&mut self, figures: &[&Figure]) {
        let rest = self.first_of(figures, |figure| &figure.name, |figure| figured(figure));
        self.other_selections(&rest);
    }

    /// Writes what belongs to the headline selection, and returns the rest.
    fn first_of<T>(&mut self, all: &[T], name: impl Fn(&T) -> &str, html: impl Fn(&T) -> String) -> String {
        let mut rest = String::new();
        for one in all {
            let first = name(one).ends_with(&format!("-{}", self.headline));
            let out = if first { &mut self.out } else { &mut rest };
            *out += &html(one);
        }
        rest
    }

    fn other_selections(&mut self, rest: &str) {
        if !rest.is_empty() {
            let other = if self.headline == "last" { "best-dev" } else { "last" };
            self.folded(&format!("The same for the selection {other}"), |page| page.out += rest);
        }
    }
}

fn about(out: &mut String, summary: &Summary) {
    let Summary { plan, jobs, done, data, cells, headline, .. } = summary;
    if !plan.about.trim().is_empty() {
        let _ = writeln!(out, "<p class=\"about\">{}</p>", xml(plan.about.trim()));
    }
    let of =
        if done.len() == *jobs { String::new() } else { format!(" of {jobs} (the others have no result)") };
    let seconds = done.iter().map(|(_, result)| result.seconds).sum::<f64>();
    let took = if seconds < 360.0 { format!("{seconds:.0} s") } else { format!("{:.1} h", seconds / 3600.0) };
    let seeds: BTreeSet<u64> = done.iter().map(|(job, _)| job.options.seed).collect();
    let measures: BTreeSet<&str> = cells.iter().map(|cell| &cell.measure[..]).collect();
    let scorers: BTreeSet<String> = done
        .iter()
        .flat_map(|(_, result)| result.test.values())
        .map(|scores| scores.scorer.to_string())
        .collect();
    // It is the same in all jobs of a plan.
    let dev_size = done.first().map_or(0, |(job, _)| job.options.dev_size);
    let dev = match &data.dev {
        Some(dev) => match dev_size {
            drawn if (1..dev.instances.len()).contains(&drawn) => {
                format!("{drawn} drawn from {} for development", dev.instances.len())
            }
            _ => format!("{} for development", dev.instances.len()),
        },
        None if dev_size > 0 => format!("{dev_size} of them held out for development"),
        None => "none for development".to_owned(),
    };
    let selection = match *headline {
        "best-dev" => {
            "best-dev (the round with the best development score) comes first; last (the end of training) is folded away"
        }
        _ => "last (the end of training)",
    };
    let facts = [
        ("Runs", format!("{}{of}; {}; {took} of computation", done.len(), counted(seeds.len(), "seed"))),
        (
            "Measure",
            format!("{} ({})", joined(&measures), scorers.into_iter().collect::<Vec<_>>().join(", ")),
        ),
        (
            "Instances",
            format!("{} for training, {dev}, {} for testing", data.train.instances.len(), data.test().len()),
        ),
        ("Selection", selection.to_owned()),
    ];
    out.push_str("<dl>\n");
    for (name, text) in facts {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{}</dd>", xml(&text));
    }
    out.push_str("</dl>\n");
}

fn contents(out: &mut String, sections: &[&str]) {
    let links: Vec<String> = SECTIONS
        .iter()
        .filter(|(id, _)| sections.contains(id))
        .map(|(id, title)| format!("<a href=\"#{id}\">{title}</a>"))
        .collect();
    let _ = writeln!(out, "<nav>{}</nav>", links.join(" · "));
}

/// A fold for each fraction, the first one open.
fn relations(page: &mut Page, summary: &Summary, tables: &[Table]) {
    if let Some(first) = tables.first() {
        page.note(&first.note);
    }
    let mut by_fraction: Vec<(f64, Vec<&Table>)> = Vec::new();
    for (scores, table) in summary.relations.iter().zip(tables) {
        match by_fraction.iter_mut().find(|(fraction, _)| *fraction == scores.fraction) {
            Some((_, tables)) => tables.push(table),
            None => by_fraction.push((scores.fraction, vec![table])),
        }
    }
    by_fraction.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (place, (fraction, tables)) in by_fraction.into_iter().enumerate() {
        let open = if place == 0 { " open" } else { "" };
        let percent = percent(fraction);
        let _ = writeln!(page.out, "<details{open}>\n<summary>{percent} % of the labels</summary>");
        let rest = page.first_of(&tables, |table| &table.name, |table| table.html());
        page.other_selections(&rest);
        page.out += "</details>\n";
    }
}

/// A fold for each learner and fraction.
fn confusions(page: &mut Page, summary: &Summary, matrices: &[Matrix]) {
    let mut folds: Vec<(String, String)> = Vec::new();
    for (confusion, matrix) in summary.confusions.iter().zip(matrices) {
        let Some(figure) = &matrix.figure else { continue };
        let name = format!("{}, {} % of the labels", confusion.learner, percent(confusion.fraction));
        match folds.last_mut() {
            Some((last, inside)) if *last == name => *inside += &figured(figure),
            _ => folds.push((name, figured(figure))),
        }
    }
    for (name, inside) in folds {
        page.folded(&name, |page| page.out += &inside);
    }
}

/// Where the runs were made, with their number, and where this page was made.
fn environment(out: &mut String, summary: &Summary) {
    let mut runs: BTreeMap<(Option<&Environment>, &str), usize> = BTreeMap::new();
    for (_, result) in summary.done {
        *runs.entry((result.environment.as_ref(), &result.program)).or_default() += 1;
    }
    out.push_str("<dl>\n");
    for ((environment, program), count) in runs {
        let place = environment.map_or_else(|| format!("not recorded, mlrc {program}"), ToString::to_string);
        let runs = if count == 1 { "run" } else { "runs" };
        let _ = writeln!(out, "<dt>{count} {runs}</dt><dd>{}</dd>", xml(&place));
    }
    let here = xml(&Environment::here().to_string()).into_owned();
    let _ = writeln!(out, "<dt>This page</dt><dd>{here}</dd>\n</dl>");
}

fn reproduce(out: &mut String, summary: &Summary) {
    let hashes = &summary.data.hashes;
    let data = by_name(&summary.plan.data);
    let files = [
        ("train", data.train, Some(&hashes.train)),
        ("dev", data.dev, hashes.dev.as_ref()),
        ("test", data.test, hashes.test.as_ref()),
        ("vectors", data.vectors, hashes.vectors.as_ref()),
    ];
    let program = Environment::here().program;
    let _ = writeln!(
        out,
        "<p>With mlrc {}, the recipe above in a file <code>experiment.toml</code>, and these files next to \
         it:</p>\n<table>\n\
         <thead><tr><th class=\"words\">file</th><th class=\"words\">what</th><th class=\"words\">XXH3 (128 bits) of its \
         content</th></tr></thead>\n<tbody>",
        xml(&program)
    );
    for (what, path, hash) in files {
        let (Some(path), Some(hash)) = (path, hash) else { continue };
        let name = path.to_string_lossy();
        let _ = writeln!(
            out,
            "<tr><td class=\"words\">{}</td><td class=\"words\">{what}</td><td class=\"words\"><code>{hash}</code></td></tr>",
            xml(&name)
        );
    }
    out.push_str(
        "</tbody>\n</table>\n<pre>mlrc experiment experiment.toml --out results</pre>\n\
         <p>All randomness comes from the seeds: processors with the same instruction set give bit-identical \
         results, with any number of threads.</p>\n",
    );
}

/// The files without their folders, which are private. Different files with the same name are prefixed with
/// their role.
fn by_name(data: &DataFiles) -> DataFiles {
    let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let all = || [&data.train, &data.dev, &data.test, &data.vectors].into_iter().flatten();
    let named = |what: &str, path: &Option<PathBuf>| {
        let path = path.as_ref()?;
        let shared = all().any(|other| other != path && name(other) == name(path));
        Some(PathBuf::from(if shared { format!("{what}-{}", name(path)) } else { name(path) }))
    };
    DataFiles {
        train: named("train", &data.train),
        dev: named("dev", &data.dev),
        test: named("test", &data.test),
        vectors: named("vectors", &data.vectors),
        ..data.clone()
    }
}

fn figured(figure: &Figure) -> String {
    format!("<figure>\n{}</figure>\n", figure.drawing.svg())
}

fn joined(words: &BTreeSet<&str>) -> String {
    words.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_are_told_apart() {
        let file = |path: &str| Some(PathBuf::from(path));
        let data = DataFiles {
            train: file("/a/data.jsonl"),
            test: file("/b/data.jsonl"),
            vectors: file("/a/v.txt"),
            ..DataFiles::default()
        };
        let named = by_name(&data);
        assert_eq!([named.train, named.test], [file("train-data.jsonl"), file("test-data.jsonl")]);
        assert_eq!((named.dev, named.vectors), (None, file("v.txt")));
        // Several parts may be folds of the same file.
        let folds = DataFiles { test: data.train.clone(), ..data };
        assert_eq!(by_name(&folds).test, file("data.jsonl"));
    }
}
