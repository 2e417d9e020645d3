//! Differences between arms, with their intervals, around zero.

use std::ops::Range;

use super::axes::Axes;
use super::curves::{spread, stretches};
use super::{Across, Drawing, Point, Series};

/// An interval more than this many times as wide as the median one is cut off: a single failed run would
/// otherwise make all others invisible.
const WIDE: f64 = 5.0;

/// Draws the differences, in points; where a bar crosses the line at zero, there may be none.
pub fn effects(title: &str, across: Across, y_label: &str, all: &[Series]) -> Drawing {
    let mut axes = Axes::new(title, across, y_label, &reach(all), all);
    axes.level(0.0);
    for (place, series) in all.iter().enumerate() {
        let mut points = series.points.clone();
        spread(&mut points, place, all.len());
        for points in stretches(&points) {
            let middle: Vec<(f64, f64)> = points.iter().map(|point| axes.at(point.x, point.mean)).collect();
            axes.drawing.stroke(middle.iter().copied(), series.style);
            for (point, middle) in points.iter().zip(middle) {
                axes.bar(point, series.style);
                axes.drawing.marker(middle, series.style);
            }
        }
    }
    axes.drawing
}

/// The range of the axis: zero, all differences, and their intervals except those that are far wider than
/// most.
fn reach(all: &[Series]) -> Range<f64> {
    let points = || all.iter().flat_map(|series| &series.points);
    let width = |point: &Point| point.high - point.low;
    let mut widths: Vec<f64> = points().map(width).collect();
    widths.sort_by(f64::total_cmp);
    let widest = widths.get(widths.len() / 2).map_or(0.0, |usual| WIDE * usual);
    let shown = |point: &Point| if width(point) > widest { [point.mean; 2] } else { [point.low, point.high] };
    let ends = || points().flat_map(shown);
    ends().fold(0.0, f64::min)..ends().fold(1.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::sketch::tests::series;
    use super::*;

    #[test]
    fn bars_reach_below_zero() {
        let names = ["1 %", "5 %"].map(String::from);
        let mut all = series();
        for series in &mut all {
            series.points.truncate(2);
            for point in &mut series.points {
                point.x /= 100.0;
                (point.mean, point.low, point.high) =
                    (point.mean - 10.0, point.low - 12.0, point.high - 10.0);
            }
        }
        let document = effects("Title", Across::Names("labels", &names), "points", &all).svg();
        // An interval far wider than the others is cut off: it loses the ticks at its ends, and the axis
        // stays as it was.
        let usual = all[0].points[0];
        (all[0].points[0].low, all[0].points[0].high) = (usual.mean - 500.0, usual.mean + 500.0);
        let cut = effects("Title", Across::Names("labels", &names), "points", &all).svg();
        let ends = |document: &str| document.matches("stroke-width=\"1.6\"").count();
        assert_eq!(ends(&cut) + 2, ends(&document), "{cut}");
        assert!(!cut.contains(">100</text>"), "{cut}");
        insta::assert_snapshot!(document);
    }
}
