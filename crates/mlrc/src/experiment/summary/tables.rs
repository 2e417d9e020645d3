//! Summaries as Markdown.

use std::fmt::Write as _;

use super::{Cell, Comparison};
use crate::experiment::{Arm, percent};

/// The means as a Markdown table for each learner and selection: fractions down, arms across.
pub fn tables(cells: &[Cell]) -> String {
    let mut out = String::new();
    let mut blocks: Vec<(&str, &str)> = Vec::new();
    for cell in cells {
        if !blocks.contains(&(&cell.learner, &cell.selection)) {
            blocks.push((&cell.learner, &cell.selection));
        }
    }
    for (learner, selection) in blocks {
        let block: Vec<&Cell> =
            cells.iter().filter(|cell| cell.learner == learner && cell.selection == selection).collect();
        let mut arms: Vec<Arm> = block.iter().map(|cell| cell.arm).collect();
        arms.sort_unstable();
        arms.dedup();
        let measure = &block[0].measure;
        let _ = write!(out, "### {learner}, {selection}: {measure} on test, in per cent\n\n| labels |");
        out.extend(arms.iter().map(|arm| format!(" {arm} |")));
        out += "\n|---|";
        out.extend(arms.iter().map(|_| "---|"));
        out.push('\n');
        let mut fractions: Vec<f64> = block.iter().map(|cell| cell.fraction).collect();
        fractions.dedup();
        for fraction in fractions {
            let _ = write!(out, "| {} % |", percent(fraction));
            for arm in &arms {
                let cell = block.iter().find(|cell| cell.fraction == fraction && cell.arm == *arm);
                out += &cell.map_or_else(|| " – |".to_owned(), |cell| format!(" {} |", value(cell)));
            }
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

/// `22.9 ± 1.4 (10)`: the mean, half its 95 % interval, the number of seeds.
fn value(cell: &Cell) -> String {
    let half = cell.interval.map_or_else(String::new, |[low, high]| format!(" ± {:.1}", 50.0 * (high - low)));
    format!("{:.1}{half} ({})", 100.0 * cell.mean, cell.seeds)
}

/// The comparisons as a Markdown table.
pub fn comparison_table(comparisons: &[Comparison]) -> String {
    let mut out = "| learner | labels | selection | arms | seeds | difference | over seeds (t) | over seeds and test instances | p | p (Holm) |\n|---|---|---|---|---|---|---|---|---|---|\n".to_owned();
    let range = |[low, high]: [f64; 2]| format!("{:+.1} to {:+.1}", 100.0 * low, 100.0 * high);
    for c in comparisons {
        let _ = writeln!(
            out,
            "| {} | {} % | {} | {} − {} | {} | {:+.1} | {} | {} | {:.3} | {:.3} |",
            c.learner,
            percent(c.fraction),
            c.selection,
            c.arm,
            c.with,
            c.seeds,
            100.0 * c.difference,
            c.interval.map_or_else(|| "–".to_owned(), range),
            range(c.bootstrap),
            c.p,
            c.p_holm,
        );
    }
    out
}
