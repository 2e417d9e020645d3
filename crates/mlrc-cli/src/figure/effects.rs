//! Differences between arms, with their intervals, around zero.

use super::axes::Axes;
use super::curves::spread;
use super::{Across, Series};

/// Draws the differences, in points; where a bar reaches over the line at zero there may be none.
pub fn effects(title: &str, across: Across, y_label: &str, all: &[Series]) -> String {
    let points = || all.iter().flat_map(|series| &series.points);
    let low = points().map(|point| point.low).fold(0.0, f64::min);
    let high = points().map(|point| point.high).fold(1.0, f64::max);
    let mut axes = Axes::new(title, across, y_label, &(low..high), all);
    axes.level(0.0);
    for (place, series) in all.iter().enumerate() {
        let mut points = series.points.clone();
        spread(&mut points, place, all.len());
        let middle: Vec<(f64, f64)> = points.iter().map(|point| axes.at(point.x, point.mean)).collect();
        axes.svg.stroke(middle.iter().copied(), series.style);
        for (point, middle) in points.iter().zip(middle) {
            let ends = [axes.at(point.x, point.low), axes.at(point.x, point.high)];
            axes.svg.bar(ends, series.style);
            axes.svg.marker(middle, series.style);
        }
    }
    axes.svg.finish()
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
        insta::assert_snapshot!(effects("Title", Across::Names("labels", &names), "points", &all));
    }
}
