//! Curves as characters, for the terminal.

use super::{Point, Series};

/// The character of each curve.
const MARKS: [char; 3] = ['●', '○', '+'];
const COLUMNS: usize = 64;
const ROWS: usize = 14;

/// Sketches the means of the curves with characters.
pub fn sketch(x_label: &str, y_label: &str, all: &[Series]) -> String {
    let points = || all.iter().flat_map(|series| &series.points);
    let right = points().map(|point| point.x).fold(1.0, f64::max);
    let top = (1.1 * points().map(|point| point.high).fold(1.0, f64::max)).min(100.0);
    let mut cells = vec![vec![' '; COLUMNS]; ROWS];
    for (curve, mark) in all.iter().zip(MARKS) {
        let at = (0..COLUMNS).map(|column| right * (column as f64 + 0.5) / COLUMNS as f64);
        for (column, value) in at.map(|at| interpolate(&curve.points, at)).enumerate() {
            if let Some(value) = value {
                let row = (value / top * ROWS as f64) as usize;
                cells[ROWS - 1 - row.min(ROWS - 1)][column] = mark;
            }
        }
    }
    let mut lines = vec![y_label.to_owned()];
    for (number, row) in cells.iter().enumerate() {
        let value = top * (ROWS - number) as f64 / ROWS as f64;
        let row: String = row.iter().collect();
        let label = if number % 3 == 0 { format!("{value:5.0}") } else { " ".repeat(5) };
        lines.push(format!("{label} │{row}").trim_end().to_owned());
    }
    lines.push(format!("{:5} └{}", 0, "─".repeat(COLUMNS)));
    lines.push(format!("{:7}{x_label:<20}{:>44.0}", "", right));
    lines.extend(all.iter().zip(MARKS).map(|(curve, mark)| format!("       {mark} {}", curve.name)));
    lines.join("\n")
}

/// The mean at `at`, linearly interpolated; `None` outside the curve.
fn interpolate(points: &[Point], at: f64) -> Option<f64> {
    let after = points.iter().position(|point| point.x >= at)?;
    let right = points[after];
    let Some(left) = after.checked_sub(1).map(|before| points[before]) else {
        return (right.x == at).then_some(right.mean);
    };
    let share = (at - left.x) / (right.x - left.x).max(f64::MIN_POSITIVE);
    Some(left.mean + share * (right.mean - left.mean))
}

#[cfg(test)]
pub(super) mod tests {
    use mlrc::run::Arm;

    use super::super::Style;
    use super::*;

    /// Two curves.
    pub fn series() -> Vec<Series> {
        let series = |arm: Arm, values: &[f64]| Series {
            name: arm.to_string(),
            style: Style::of(arm),
            points: values
                .iter()
                .enumerate()
                .map(|(place, &mean)| Point {
                    x: 100.0 * place as f64,
                    mean,
                    low: mean - 2.0,
                    high: mean + 2.0,
                })
                .collect(),
        };
        vec![
            series(Arm::Mlrc, &[5.0, 30.0, 50.0, 55.0]),
            series(Arm::SupervisedMatched, &[5.0, 20.0, 35.0, 45.0]),
        ]
    }

    #[test]
    fn the_sketch_shows_both_curves() {
        insta::assert_snapshot!(sketch("instance-gradients", "F1 (%)", &series()));
    }

    #[test]
    fn interpolation_stays_on_the_line() {
        let points = &series()[0].points;
        assert_eq!(interpolate(points, 50.0), Some(17.5));
        assert_eq!(interpolate(points, 300.0), Some(55.0));
        assert_eq!(interpolate(points, 301.0), None);
    }
}
