//! Learning curves: as an SVG for people, as a sketch for the terminal.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::Error;

/// Colours that colour-blind readers can tell apart (Okabe and Ito 2008).
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];
/// What stands for each curve in a sketch.
const MARKS: [char; 3] = ['●', '○', '+'];
const SKETCH_COLUMNS: usize = 64;
const SKETCH_ROWS: usize = 14;

/// One curve: a mean and a band around it.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// From left to right.
    pub points: Vec<Point>,
}

/// A point of a curve; scores are in per cent.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Where: instance-gradients.
    pub x: f64,
    /// Mean over seeds.
    pub mean: f64,
    /// Lowest of the seeds.
    pub low: f64,
    /// Highest of the seeds.
    pub high: f64,
}

fn extent(curves: &[Curve]) -> (Range<f64>, Range<f64>) {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let right = points().map(|point| point.x).fold(1.0, f64::max);
    let top = points().map(|point| point.high).fold(1.0, f64::max);
    (0.0..right, 0.0..(top * 1.1).min(100.0))
}

/// Draws the curves as an SVG document. With `ticks` these stand under 0, 1, 2 … of the horizontal axis, and points are marked.
pub fn svg(
    title: &str,
    x_label: &str,
    y_label: &str,
    ticks: Option<&[String]>,
    curves: &[Curve],
) -> Result<String, Error> {
    let mut document = String::new();
    draw(&mut document, title, [x_label, y_label], ticks, curves)
        .map_err(|error| Error::new(format!("cannot draw the figure: {error}")))?;
    Ok(document)
}

fn draw(
    document: &mut String,
    title: &str,
    [x_label, y_label]: [&str; 2],
    ticks: Option<&[String]>,
    curves: &[Curve],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(document, (760, 460)).into_drawing_area();
    area.fill(&WHITE)?;
    let (x, y) = extent(curves);
    let right = x.end;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(46)
        .y_label_area_size(56)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .x_desc(x_label)
        .y_desc(y_label)
        .x_labels(ticks.map_or(11, <[String]>::len))
        .x_label_formatter(&|value| match ticks {
            None => format!("{value:.0}"),
            Some(ticks) => {
                let near = (value - value.round()).abs() < 1e-6 && *value >= 0.0;
                ticks.get(value.round() as usize).filter(|_| near).cloned().unwrap_or_default()
            }
        })
        .y_label_formatter(&|value| format!("{value:.0}"))
        .label_style(("sans-serif", 13))
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(225, 225, 225))
        .draw()?;
    for (place, curve) in curves.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let upper = curve.points.iter().map(|point| (point.x, point.high));
        let lower = curve.points.iter().rev().map(|point| (point.x, point.low));
        chart.draw_series(std::iter::once(Polygon::new(
            upper.chain(lower).collect::<Vec<_>>(),
            colour.mix(0.15),
        )))?;
        let line = curve.points.iter().map(|point| (point.x, point.mean));
        chart.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
        if ticks.is_some() {
            let marks =
                curve.points.iter().map(|point| Circle::new((point.x, point.mean), 3, colour.filled()));
            chart.draw_series(marks)?;
        }
        // The legend goes where curves that rise leave room: over the points' left end, else below the right one.
        let top = extent(curves).1.end;
        let (at, from) = match ticks {
            Some(_) => ((0.01, top * (0.97 - 0.06 * place as f64)), Pos::new(HPos::Left, VPos::Top)),
            None => ((0.99, top * (0.03 + 0.07 * place as f64)), Pos::new(HPos::Right, VPos::Bottom)),
        };
        let style = TextStyle::from(("sans-serif", 15)).color(&colour).pos(from);
        chart.draw_series(std::iter::once(Text::new(curve.name.clone(), (right * at.0, at.1), style)))?;
    }
    area.present()?;
    Ok(())
}

/// Sketches the means of the curves with characters.
pub fn sketch(x_label: &str, y_label: &str, curves: &[Curve]) -> String {
    let (x, y) = extent(curves);
    let mut cells = vec![vec![' '; SKETCH_COLUMNS]; SKETCH_ROWS];
    for (curve, mark) in curves.iter().zip(MARKS) {
        let at = (0..SKETCH_COLUMNS).map(|column| x.end * (column as f64 + 0.5) / SKETCH_COLUMNS as f64);
        for (column, value) in at.map(|at| interpolate(&curve.points, at)).enumerate() {
            if let Some(value) = value {
                let row = (value / y.end * SKETCH_ROWS as f64) as usize;
                cells[SKETCH_ROWS - 1 - row.min(SKETCH_ROWS - 1)][column] = mark;
            }
        }
    }
    let mut lines = vec![y_label.to_owned()];
    for (number, row) in cells.iter().enumerate() {
        let value = y.end * (SKETCH_ROWS - number) as f64 / SKETCH_ROWS as f64;
        let row: String = row.iter().collect();
        let label = if number % 3 == 0 { format!("{value:5.0}") } else { " ".repeat(5) };
        lines.push(format!("{label} │{row}").trim_end().to_owned());
    }
    lines.push(format!("{:5} └{}", 0, "─".repeat(SKETCH_COLUMNS)));
    lines.push(format!("{:7}{x_label:<20}{:>44.0}", "", x.end));
    lines.extend(curves.iter().zip(MARKS).map(|(curve, mark)| format!("       {mark} {}", curve.name)));
    lines.join("\n")
}

/// The mean at `at`, on the line between its neighbours; `None` outside the curve.
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
mod tests {
    use super::*;

    fn curves() -> Vec<Curve> {
        let curve = |name: &str, values: &[f64]| Curve {
            name: name.to_owned(),
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
        vec![curve("mlrc", &[5.0, 30.0, 50.0, 55.0]), curve("supervised-matched", &[5.0, 20.0, 35.0, 45.0])]
    }

    #[test]
    fn the_sketch_shows_both_curves() {
        insta::assert_snapshot!(sketch("instance-gradients", "F1 (%)", &curves()));
    }

    #[test]
    fn the_figure_is_svg_with_both_names() {
        let document = svg("Title", "x", "y", None, &curves()).unwrap();
        assert!(document.starts_with("<svg") && document.trim_end().ends_with("</svg>"));
        for text in ["Title", "mlrc", "supervised-matched", "#0072B2", "#D55E00"] {
            assert!(document.contains(text), "{text}");
        }
    }

    #[test]
    fn named_ticks_stand_under_the_points() {
        let ticks = ["1 %", "2 %", "5 %", "10 %"].map(String::from);
        let mut curves = curves();
        for point in curves.iter_mut().flat_map(|curve| &mut curve.points) {
            point.x /= 100.0;
        }
        let document = svg("Title", "x", "y", Some(&ticks), &curves).unwrap();
        assert!(ticks.iter().all(|tick| document.contains(tick)), "{document}");
        assert_eq!(document.matches("<circle").count(), 8);
    }

    #[test]
    fn interpolation_stays_on_the_line() {
        let points = &curves()[0].points;
        assert_eq!(interpolate(points, 50.0), Some(17.5));
        assert_eq!(interpolate(points, 300.0), Some(55.0));
        assert_eq!(interpolate(points, 301.0), None);
    }
}
