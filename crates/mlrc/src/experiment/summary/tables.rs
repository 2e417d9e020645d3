//! Summaries as Markdown and CSV.

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

/// The means as CSV; shares, not per cent.
pub fn cells_csv(cells: &[Cell]) -> String {
    let mut out = "learner,arm,fraction,selection,measure,seeds,mean,deviation,low,high,instance_gradients\n"
        .to_owned();
    for c in cells {
        let [low, high] = ends(c.interval);
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{},{low},{high},{}",
            field(&c.learner),
            c.arm,
            c.fraction,
            c.selection,
            field(&c.measure),
            c.seeds,
            c.mean,
            optional(c.deviation),
            c.instance_gradients,
        );
    }
    out
}

/// The comparisons as CSV; shares, not points.
pub fn comparisons_csv(comparisons: &[Comparison]) -> String {
    let mut out = "learner,fraction,selection,arm,with,seeds,difference,low_t,high_t,low_bootstrap,high_bootstrap,p,p_holm\n".to_owned();
    for c in comparisons {
        let ([low, high], [low_bootstrap, high_bootstrap]) = (ends(c.interval), c.bootstrap);
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{low},{high},{low_bootstrap},{high_bootstrap},{},{}",
            field(&c.learner),
            c.fraction,
            c.selection,
            c.arm,
            c.with,
            c.seeds,
            c.difference,
            c.p,
            c.p_holm,
        );
    }
    out
}

fn ends(interval: Option<[f64; 2]>) -> [String; 2] {
    [0, 1].map(|end| optional(interval.map(|interval| interval[end])))
}

/// Empty where there is nothing.
fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A name as a field: in quotes if it has to be.
pub(in crate::experiment) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_written_for_people_and_for_programs() {
        let cell = |arm, fraction, mean, interval| Cell {
            learner: "a, \"b\"".to_owned(),
            arm,
            fraction,
            selection: "last".to_owned(),
            measure: "f1".to_owned(),
            seeds: 3,
            mean,
            deviation: None,
            interval,
            instance_gradients: 7.0,
        };
        let cells = [
            cell(Arm::Supervised, 0.01, 0.25, Some([0.125, 0.375])),
            cell(Arm::Mlrc, 0.01, 0.5, None),
            cell(Arm::Mlrc, 0.5, 0.75, None),
        ];
        assert_eq!(
            tables(&cells),
            "### a, \"b\", last: f1 on test, in per cent\n\n\
             | labels | supervised | mlrc |\n|---|---|---|\n\
             | 1 % | 25.0 ± 12.5 (3) | 50.0 (3) |\n\
             | 50 % | – | 75.0 (3) |\n\n"
        );
        assert_eq!(
            cells_csv(&cells[..1]).lines().nth(1),
            Some("\"a, \"\"b\"\"\",supervised,0.01,last,f1,3,0.25,,0.125,0.375,7")
        );
    }
}
