//! Summaries as tables: a table for each learner and selection and, for relations, each fraction.

use std::collections::BTreeMap;

use super::{Block, Cell, Comparison, RelationRow, RelationScores, Spread, Table, blocks};
use crate::{Arm, percent};
use mlrc::files;

/// The means, with a row for each fraction and a column for each arm.
pub fn mean_tables(cells: &[Cell]) -> Vec<Table> {
    let table = |block: &Block| {
        let arms = block.arms();
        let row = |fraction: f64| {
            let value = |arm| {
                let cell = block.cells.iter().find(|cell| cell.fraction == fraction && cell.arm == arm);
                cell.map_or_else(dash, |cell| mean_of(cell))
            };
            std::iter::once(labels(fraction)).chain(arms.iter().map(|&arm| value(arm))).collect()
        };
        Table {
            name: files::name(&["means", block.learner, block.selection]),
            title: title(block, &format!("{} on test, in per cent", block.cells[0].measure)),
            note: "Mean ± half the width of its 95 % interval (Student's t); in brackets, the standard \
                   deviation and the number of seeds. † For one or more of the seeds, every test sentence \
                   was given the same label."
                .to_owned(),
            header: std::iter::once("labels".to_owned())
                .chain(arms.iter().map(ToString::to_string))
                .collect(),
            words: 1,
            rows: block.fractions().into_iter().map(row).collect(),
            total: None,
        }
    };
    blocks(cells).iter().map(table).collect()
}

/// The means in detail, with both intervals and the computation they took.
pub fn detail_tables(cells: &[Cell]) -> Vec<Table> {
    let row = |cell: &&Cell| {
        let range =
            |interval: Option<[f64; 2]>| interval.map_or_else(dash, |ends| ends.map(points).join(" to "));
        vec![
            labels(cell.fraction),
            cell.arm.to_string(),
            cell.seeds.to_string(),
            format!("{:.2}", 100.0 * cell.mean),
            cell.deviation.map_or_else(dash, |deviation| format!("{:.2}", 100.0 * deviation)),
            range(cell.interval),
            range(cell.bootstrap),
            format!("{:.0}", cell.instance_gradients),
            cell.one_label.to_string(),
        ]
    };
    let header = [
        "labels",
        "arm",
        "seeds",
        "mean",
        "s.d.",
        "95 % (t)",
        "95 % (bootstrap)",
        "instance-gradients",
        "one label",
    ];
    let table = |block: &Block| {
        Table {
        name: files::name(&["details", block.learner, block.selection]),
        title: title(block, &format!("{} on test, in per cent", block.cells[0].measure)),
        note: "95 % intervals of the mean over seeds: Student's t, and the percentile bootstrap, which is too narrow for \
               few seeds. Instance-gradients: the number that training computed, on average. One label: the \
               number of seeds for which every test sentence was given the same label."
            .to_owned(),
        header: header.map(str::to_owned).to_vec(),
        words: 2,
        rows: block.cells.iter().map(row).collect(),
        total: None,
    }
    };
    blocks(cells).iter().map(table).collect()
}

/// How to read comparisons, whatever is compared.
const COMPARED: &str = "95 % intervals of the difference: over seeds (paired, Student's t), and over seeds \
    and test instances (paired bootstrap). Two-sided p-value of swapping the two seed by seed (with n seeds, \
    at least 2/2ⁿ: 0.25 for three), and the same corrected for the number of comparisons at that share of \
    the labels (Holm).";

/// A table of comparisons: two columns of words, and the same figures for all.
fn comparison_table(
    name: String,
    title: String,
    words: [&str; 2],
    rows: Vec<[String; 2]>,
    of: &[&Comparison],
) -> Table {
    let figures = |c: &Comparison| {
        [
            c.seeds.to_string(),
            signed(c.difference),
            c.interval.map_or_else(dash, range),
            range(c.bootstrap),
            format!("{:.3}", c.p),
            format!("{:.3}", c.p_holm),
        ]
    };
    let row = |(words, c): ([String; 2], &&Comparison)| words.into_iter().chain(figures(c)).collect();
    let header = ["seeds", "difference", "over seeds (t)", "over seeds and test", "p", "p (Holm)"];
    Table {
        name,
        title,
        note: COMPARED.to_owned(),
        header: words.into_iter().chain(header).map(str::to_owned).collect(),
        words: 2,
        rows: rows.into_iter().zip(of).map(row).collect(),
        total: None,
    }
}

/// Arms compared in pairs.
pub fn comparison_tables(cells: &[Cell], comparisons: &[Comparison]) -> Vec<Table> {
    let table = |block: &Block| {
        let of = block.of(comparisons);
        let rows = of.iter().map(|c| [labels(c.fraction), c.arms()]).collect();
        let name = files::name(&["comparisons", block.learner, block.selection]);
        let title = title(block, "arms compared on the same splits, in points");
        comparison_table(name, title, ["labels", "arms"], rows, &of)
    };
    blocks(cells).iter().map(table).filter(|table| !table.rows.is_empty()).collect()
}

/// Learners compared in pairs: a table for each arm and selection.
pub fn learner_tables(comparisons: &[Comparison]) -> Vec<Table> {
    let mut groups: BTreeMap<(&str, Arm), Vec<&Comparison>> = BTreeMap::new();
    for comparison in comparisons {
        groups.entry((&comparison.selection, comparison.arm)).or_default().push(comparison);
    }
    let table = |((selection, arm), of): (&(&str, Arm), &Vec<&Comparison>)| {
        let rows = of.iter().map(|c| [labels(c.fraction), c.learners()]).collect();
        let name = files::name(&["learners", &arm.to_string(), selection]);
        let title = format!("{arm}, {selection}: learners compared on the same splits, in points");
        comparison_table(name, title, ["labels", "learners"], rows, of)
    };
    groups.iter().map(table).collect()
}

/// The gain of `mlrc` over each other arm, with a row for each fraction and a column for each arm.
pub fn effect_tables(cells: &[Cell], effects: &[Comparison]) -> Vec<Table> {
    let table = |block: &Block| {
        let effects = block.of(effects);
        let others: Vec<_> =
            block.arms().into_iter().filter(|arm| effects.iter().any(|effect| effect.with == *arm)).collect();
        let row = |fraction: f64| {
            let value = |other| {
                let effect = effects.iter().find(|e| e.fraction == fraction && e.with == other);
                effect.map_or_else(dash, |effect| {
                    let star = if effect.p_holm < 0.05 { "*" } else { "" };
                    let interval = range(effect.interval.unwrap_or(effect.bootstrap));
                    format!("{}{star} ({interval}; {})", signed(effect.difference), effect.seeds)
                })
            };
            std::iter::once(labels(fraction)).chain(others.iter().map(|&other| value(other))).collect()
        };
        let header = others.iter().map(|other| format!("mlrc − {other}"));
        Table {
            name: files::name(&["effects", block.learner, block.selection]),
            title: title(block, "gain of mlrc over other arms, in points"),
            note: "Mean difference on the same splits; in brackets, its 95 % interval over seeds (paired, \
                   Student's t; for a single seed, over test instances) and the number of seeds that both \
                   arms have; * if p < 0.05, corrected for the number of comparisons at that share of the \
                   labels (Holm)."
                .to_owned(),
            header: std::iter::once("labels".to_owned()).chain(header).collect(),
            words: 1,
            rows: if others.is_empty() {
                Vec::new()
            } else {
                block.fractions().into_iter().map(row).collect()
            },
            total: None,
        }
    };
    blocks(cells).iter().map(table).filter(|table| !table.rows.is_empty()).collect()
}

/// A row for each relation and a column for each arm.
pub fn relation_table(scores: &RelationScores) -> Table {
    let RelationScores { learner, selection, arms, .. } = scores;
    let labels = percent(scores.fraction);
    let row = |row: &RelationRow| {
        let mut cells = vec![row.relation.clone(), rounded(row.train), row.test.to_string()];
        cells.extend(row.scores.iter().map(spread));
        cells
    };
    let header = ["relation", "# train", "# test"].map(str::to_owned).into_iter();
    let arms = arms.iter().zip(&scores.total.scores).map(|(arm, score)| format!("{arm} ({})", score.seeds));
    Table {
        name: files::name(&["relations", learner, &labels, selection]),
        title: format!(
            "{learner}, {selection}: F1 of each relation with {labels} % of the labels, in per cent"
        ),
        note: "Mean over seeds; in brackets, the standard deviation; after each arm, its number of seeds. \
               # train: average number of training instances of the relation. Last row: all instances, and \
               the overall measure."
            .to_owned(),
        header: header.chain(arms).collect(),
        words: 1,
        rows: scores.rows.iter().map(row).collect(),
        total: Some(row(&scores.total)),
    }
}

fn title(block: &Block, of: &str) -> String {
    format!("{}, {}: {of}", block.learner, block.selection)
}

/// `22.9 ± 1.4 (2.0; 10)`: the mean, half its 95 % interval, the standard deviation, the number of seeds.
fn mean_of(cell: &Cell) -> String {
    let half = cell.interval.map_or_else(String::new, |[low, high]| format!(" ± {:.1}", 50.0 * (high - low)));
    let deviation = cell.deviation.map_or_else(String::new, |deviation| format!("{}; ", points(deviation)));
    let dagger = if cell.one_label > 0 { "†" } else { "" };
    format!("{}{half} ({deviation}{}){dagger}", points(cell.mean), cell.seeds)
}

fn spread(score: &Spread) -> String {
    let deviation = score.deviation.map_or_else(String::new, |deviation| format!(" ({})", points(deviation)));
    format!("{}{deviation}", points(score.mean))
}

fn labels(fraction: f64) -> String {
    format!("{} %", percent(fraction))
}

fn points(share: f64) -> String {
    format!("{:.1}", 100.0 * share).replace('-', "−")
}

/// With its sign: `+3.2`, `−0.9`.
fn signed(share: f64) -> String {
    format!("{:+.1}", 100.0 * share).replace('-', "−")
}

fn range(ends: [f64; 2]) -> String {
    ends.map(signed).join(" to ")
}

/// An average number of instances, which need not be whole.
fn rounded(count: f64) -> String {
    if count.fract() == 0.0 { format!("{count:.0}") } else { format!("{count:.1}") }
}

fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{cells_csv, effects};
    use super::*;

    fn cell(arm: Arm, fraction: f64, mean: f64, interval: Option<[f64; 2]>) -> Cell {
        Cell {
            learner: "a, \"b\"".to_owned(),
            arm,
            fraction,
            selection: "last".to_owned(),
            measure: "f1".to_owned(),
            seeds: 3,
            mean,
            deviation: interval.map(|_| 0.05),
            interval,
            bootstrap: interval,
            instance_gradients: 7.0,
            one_label: usize::from(mean < 0.3),
        }
    }

    #[test]
    fn means_are_written_for_people_and_for_programs() {
        let cells = [
            cell(Arm::Supervised, 0.01, 0.25, Some([0.125, 0.375])),
            cell(Arm::Mlrc, 0.01, 0.5, None),
            cell(Arm::Mlrc, 0.5, 0.75, None),
        ];
        let tables = mean_tables(&cells);
        assert_eq!(
            tables[0].markdown(),
            "### a, \"b\", last: f1 on test, in per cent\n\n\
             | labels | supervised | mlrc |\n|---|--:|--:|\n\
             | 1 % | 25.0 ± 12.5 (5.0; 3)† | 50.0 (3) |\n\
             | 50 % | – | 75.0 (3) |\n\n"
        );
        assert_eq!((tables.len(), &tables[0].name[..]), (1, "means-a___b_-last"));
        assert_eq!(
            cells_csv(&cells[..1]).lines().nth(1),
            Some("\"a, \"\"b\"\"\",supervised,0.01,last,f1,3,0.25,0.05,0.125,0.375,0.125,0.375,7,1")
        );
    }

    #[test]
    fn effects_are_seen_from_mlrc() {
        let comparison = |arm, with, difference: f64, p_holm| Comparison {
            learner: "a, \"b\"".to_owned(),
            with_learner: "a, \"b\"".to_owned(),
            fraction: 0.01,
            selection: "last".to_owned(),
            arm,
            with,
            seeds: 3,
            difference,
            interval: Some([difference - 0.01, difference + 0.02]),
            bootstrap: [0.0, 0.0],
            p: 0.01,
            p_holm,
        };
        let compared = [
            comparison(Arm::Mlrc, Arm::Supervised, 0.2, 0.04),
            comparison(Arm::Joint, Arm::Supervised, 0.3, 0.04),
            comparison(Arm::Joint, Arm::Mlrc, 0.1, 0.06),
        ];
        let cells = [
            cell(Arm::Supervised, 0.01, 0.25, None),
            cell(Arm::Mlrc, 0.01, 0.5, None),
            cell(Arm::Joint, 0.01, 0.5, None),
            cell(Arm::Mlrc, 0.5, 0.5, None),
        ];
        assert_eq!(
            effect_tables(&cells, &effects(&compared))[0].markdown(),
            "### a, \"b\", last: gain of mlrc over other arms, in points\n\n\
             | labels | mlrc − supervised | mlrc − joint |\n|---|--:|--:|\n\
             | 1 % | +20.0* (+19.0 to +22.0; 3) | −10.0 (−12.0 to −9.0; 3) |\n\
             | 50 % | – | – |\n\n"
        );
        let rows = &comparison_tables(&cells, &compared)[0].rows;
        assert_eq!(rows[2].join("|"), "1 %|joint − mlrc|3|+10.0|+9.0 to +12.0|+0.0 to +0.0|0.010|0.060");
    }

    /// pdfLaTeX stops at characters that it has no glyph for; what we write ourselves is spelled in its own
    /// commands.
    #[test]
    fn latex_has_no_character_that_needs_another_engine() {
        let cells = [
            cell(Arm::Supervised, 0.01, 0.25, Some([0.125, 0.375])),
            cell(Arm::Mlrc, 0.01, 0.5, Some([0.25, 0.75])),
        ];
        let comparison = Comparison {
            learner: cells[0].learner.clone(),
            with_learner: "c".to_owned(),
            fraction: 0.01,
            selection: "last".to_owned(),
            arm: Arm::Mlrc,
            with: Arm::Supervised,
            seeds: 3,
            difference: -0.25,
            interval: Some([-0.5, 0.0]),
            bootstrap: [-0.5, 0.0],
            p: 0.25,
            p_holm: 0.25,
        };
        let compared = [comparison];
        let row = |relation: &str| RelationRow {
            relation: relation.to_owned(),
            train: 1.5,
            test: 3,
            scores: vec![Spread { seeds: 3, mean: 0.5, deviation: Some(0.25) }],
        };
        let relations = RelationScores {
            learner: "a".to_owned(),
            fraction: 0.01,
            selection: "last".to_owned(),
            arms: vec![Arm::Mlrc],
            rows: vec![row("b")],
            total: row("all"),
        };
        let tables = [
            mean_tables(&cells),
            detail_tables(&cells),
            comparison_tables(&cells, &compared),
            effect_tables(&cells, &effects(&compared)),
            learner_tables(&compared),
            vec![relation_table(&relations)],
        ];
        for table in tables.iter().flatten() {
            assert!(table.latex().is_ascii(), "{}", table.latex());
        }
        assert_eq!(tables.iter().flatten().count(), 6);
    }
}
