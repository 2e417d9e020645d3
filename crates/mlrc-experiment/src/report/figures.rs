//! The figures of an experiment.

use crate::percent;
use crate::summary::{Block, Comparison, Confusion, blocks};
use mlrc::files;
use mlrc::run::Arm;

use super::Summary;
use crate::figure::{Across, Figure, Point, Series, Style, confusion, curves, effects};

const LABELS: &str = "share of the training labels";

/// Learning curves and effects of each learner and selection.
pub fn all(summary: &Summary) -> Vec<Figure> {
    let blocks = blocks(&summary.cells);
    let effects = blocks.iter().filter_map(|block| effect(block, &summary.effects));
    blocks.iter().map(learning).chain(effects).collect()
}

fn learning(block: &Block) -> Figure {
    let fractions = block.fractions();
    let series = |arm: Arm| {
        let of_arm = block.cells.iter().filter(|cell| cell.arm == arm);
        let points = of_arm.map(|cell| {
            let [low, high] = cell.interval.unwrap_or([cell.mean; 2]);
            let at = |value: f64| 100.0 * value.clamp(0.0, 1.0);
            Point { x: place(&fractions, cell.fraction), mean: at(cell.mean), low: at(low), high: at(high) }
        });
        Series { name: arm.to_string(), style: Style::of(arm), points: points.collect() }
    };
    let all: Vec<Series> = block.arms().into_iter().map(series).collect();
    let (title, names) = (title(block, "mean and 95 % interval over seeds"), names(&fractions));
    let y_label = format!("{} on test (%)", block.cells[0].measure);
    Figure {
        name: files::name(&["curves", block.learner, block.selection]),
        drawing: curves::curves(&title, Across::Names(LABELS, &names), &y_label, &all),
    }
}

fn effect(block: &Block, all: &[Comparison]) -> Option<Figure> {
    let (fractions, of_block) = (block.fractions(), block.of(all));
    let series = |other: Arm| {
        let with_it = of_block.iter().filter(|effect| effect.with == other);
        let points = with_it.map(|effect| {
            let [low, high] = effect.interval.unwrap_or(effect.bootstrap);
            Point {
                x: place(&fractions, effect.fraction),
                mean: 100.0 * effect.difference,
                low: 100.0 * low,
                high: 100.0 * high,
            }
        });
        Series { name: format!("mlrc − {other}"), style: Style::of(other), points: points.collect() }
    };
    let all = block.arms().into_iter().map(series).filter(|series| !series.points.is_empty());
    let all: Vec<Series> = all.collect();
    let what = format!("difference in {}, 95 % interval over seeds", block.cells[0].measure);
    let (title, names) = (title(block, &what), names(&fractions));
    (!all.is_empty()).then(|| Figure {
        name: files::name(&["effects", block.learner, block.selection]),
        drawing: effects::effects(&title, Across::Names(LABELS, &names), "difference (points)", &all),
    })
}

/// A confusion matrix, and how it is drawn if it can be.
pub struct Matrix {
    /// File name without a suffix.
    pub name: String,
    pub figure: Option<Figure>,
}

/// One for each of the summary's confusion matrices, in their order. Those that are too large to be read are warned of.
pub fn confusions(summary: &Summary, warnings: &mut Vec<String>) -> Vec<Matrix> {
    let sizes = summary.confusions.iter().map(|confusion| confusion.matrix.labels().len());
    if let Some(largest) = sizes.max().filter(|size| *size > confusion::MOST_LABELS) {
        warnings.push(format!(
            "confusion matrices of {largest} labels are not drawn: nobody could read them; they are in confusion/*.csv"
        ));
    }
    let matrix = |c: &Confusion| {
        let labels = percent(c.fraction);
        let seeds = if c.seeds == 1 { "one seed".to_owned() } else { format!("sum of {} seeds", c.seeds) };
        let title = format!("{}, {}, {labels} % of the labels, {}: {seeds}", c.learner, c.arm, c.selection);
        let name = files::name(&[&c.learner, &c.arm.to_string(), &labels, &c.selection]);
        let figure =
            || Figure { name: name.clone(), drawing: confusion::confusion(&title, &c.matrix, c.seeds) };
        let figure = (c.matrix.labels().len() <= confusion::MOST_LABELS).then(figure);
        Matrix { name, figure }
    };
    summary.confusions.iter().map(matrix).collect()
}

fn title(block: &Block, what: &str) -> String {
    format!("{}, {}: {what}", block.learner, block.selection)
}

fn names(fractions: &[f64]) -> Vec<String> {
    fractions.iter().map(|fraction| format!("{} %", percent(*fraction))).collect()
}

fn place(fractions: &[f64], fraction: f64) -> f64 {
    fractions.iter().position(|other| *other == fraction).unwrap_or(0) as f64
}
