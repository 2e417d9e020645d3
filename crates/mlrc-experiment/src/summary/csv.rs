//! Machine-readable summaries: CSV, unrounded, as fractions rather than percentages.

use std::fmt::Write as _;

use super::{Cell, Comparison, RelationScores};
use mlrc::escape::csv;
use mlrc::scoring::ConfusionMatrix;

/// The means.
pub fn cells_csv(cells: &[Cell]) -> String {
    let mut out =
        "learner,arm,fraction,selection,measure,seeds,mean,deviation,low,high,low_bootstrap,high_bootstrap,\
                   instance_gradients,one_label\n"
            .to_owned();
    for c in cells {
        let ([low, high], [low_bootstrap, high_bootstrap]) = (ends(c.interval), ends(c.bootstrap));
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{},{low},{high},{low_bootstrap},{high_bootstrap},{},{}",
            csv(&c.learner),
            c.arm,
            c.fraction,
            c.selection,
            csv(&c.measure),
            c.seeds,
            c.mean,
            optional(c.deviation),
            c.instance_gradients,
            c.one_label,
        );
    }
    out
}

/// Comparisons of arms, or effects.
pub fn comparisons_csv(comparisons: &[Comparison]) -> String {
    let line = |c: &Comparison| {
        format!("{},{},{},{},{},{}", csv(&c.learner), c.fraction, c.selection, c.arm, c.with, compared(c))
    };
    let lines: String = comparisons.iter().map(line).collect();
    format!("learner,fraction,selection,arm,with,{COMPARED}\n{lines}")
}

/// Comparisons of learners.
pub fn learners_csv(comparisons: &[Comparison]) -> String {
    let line = |c: &Comparison| {
        let [learner, with] = [&c.learner, &c.with_learner].map(|name| csv(name));
        format!("{},{},{},{learner},{with},{}", c.arm, c.fraction, c.selection, compared(c))
    };
    let lines: String = comparisons.iter().map(line).collect();
    format!("arm,fraction,selection,learner,with,{COMPARED}\n{lines}")
}

const COMPARED: &str = "seeds,difference,low_t,high_t,low_bootstrap,high_bootstrap,p,p_holm";

fn compared(c: &Comparison) -> String {
    let ([low, high], [low_bootstrap, high_bootstrap]) = (ends(c.interval), c.bootstrap);
    format!(
        "{},{},{low},{high},{low_bootstrap},{high_bootstrap},{},{}\n",
        c.seeds, c.difference, c.p, c.p_holm
    )
}

/// The relations of all tables, a line for each relation and arm.
pub fn relations_csv(tables: &[RelationScores]) -> String {
    let mut out =
        "learner,fraction,selection,relation,train_instances,test_instances,arm,seeds,f1,deviation\n"
            .to_owned();
    for table in tables {
        for row in &table.rows {
            for (arm, score) in table.arms.iter().zip(&row.scores) {
                let _ = writeln!(
                    out,
                    "{},{},{},{},{},{},{arm},{},{},{}",
                    csv(&table.learner),
                    table.fraction,
                    table.selection,
                    csv(&row.relation),
                    row.train,
                    row.test,
                    score.seeds,
                    score.mean,
                    optional(score.deviation),
                );
            }
        }
    }
    out
}

/// A confusion matrix of counts, with a row for each gold label and a column for each predicted one.
pub fn confusion_csv(matrix: &ConfusionMatrix) -> String {
    let labels = matrix.labels();
    let mut out = "gold".to_owned();
    out.extend(labels.iter().map(|label| format!(",{}", csv(label))));
    for (gold, label) in labels.iter().enumerate() {
        let _ = write!(out, "\n{}", csv(label));
        out.extend((0..labels.len()).map(|predicted| format!(",{}", matrix.count(gold, predicted))));
    }
    out.push('\n');
    out
}

fn ends(interval: Option<[f64; 2]>) -> [String; 2] {
    [0, 1].map(|end| optional(interval.map(|interval| interval[end])))
}

/// Empty if there is no value.
fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
