//! Learning curves, as the paper's Figures 1 and 2: means with their intervals as bands.

use super::axes::Axes;
use super::drawing::{Ink, Paint, Stroke};
use super::{Across, Drawing, Point, Series, Style};

/// Horizontal distance between points of several arms at one name.
const APART: f64 = 0.12;

/// Draws the curves; intervals between `low` and `high` are bands, or bars at isolated points. On an axis of
/// names, empty intervals are not drawn: a score of unknown spread must not look like one without spread.
/// Scores are in per cent.
pub fn curves(title: &str, across: Across, y_label: &str, all: &[Series]) -> Drawing {
    let top = all.iter().flat_map(|series| &series.points).map(|point| point.high).fold(1.0, f64::max);
    let mut axes = Axes::new(title, across, y_label, &(0.0..top.min(100.0)), all);
    let names = matches!(across, Across::Names(..));
    let unbroken = |points: &[Point]| if names { stretches(points) } else { vec![points.to_vec()] };
    let lines = |place: usize| {
        let mut lines = unbroken(&all[place].points);
        let alone = lines.iter_mut().filter(|points| names && points.len() == 1);
        alone.for_each(|points| spread(points, place, all.len()));
        lines
    };
    for (place, series) in all.iter().enumerate() {
        let mut known = lines(place).concat();
        known.retain(|point| !names || point.low < point.high);
        unbroken(&known).iter().for_each(|points| shade(&mut axes, points, series.style));
    }
    for (place, series) in all.iter().enumerate() {
        for points in lines(place) {
            let middle: Vec<(f64, f64)> = points.iter().map(|point| axes.at(point.x, point.mean)).collect();
            axes.drawing.stroke(middle.iter().copied(), series.style);
            if names {
                middle.into_iter().for_each(|place| axes.drawing.marker(place, series.style));
            }
        }
    }
    axes.drawing
}

/// Draws the intervals between `low` and `high`.
fn shade(axes: &mut Axes, points: &[Point], style: Style) {
    if let [point] = points {
        axes.bar(point, style);
        return;
    }
    let upper = points.iter().map(|point| axes.at(point.x, point.high));
    let lower = points.iter().rev().map(|point| axes.at(point.x, point.low));
    let places: Vec<(f64, f64)> = upper.chain(lower).collect();
    let ink = |opacity| Ink { colour: style.colour, opacity };
    let paint = Paint { fill: Some(ink(0.13)), stroke: Some(Stroke::new(ink(0.3), 1.0)) };
    axes.drawing.path(places, true, paint);
}

/// Points on an axis of names, split into stretches wherever a name was not measured.
pub(super) fn stretches(points: &[Point]) -> Vec<Vec<Point>> {
    let next = |one: &Point, other: &Point| other.x - one.x < 1.5;
    points.chunk_by(next).map(<[Point]>::to_vec).collect()
}

/// Moves the points of the `place`-th of `count` series sideways, so that none hides another.
pub(super) fn spread(points: &mut [Point], place: usize, count: usize) {
    let aside = APART * (place as f64 - (count as f64 - 1.0) / 2.0);
    points.iter_mut().for_each(|point| point.x += aside);
}

#[cfg(test)]
mod tests {
    use super::super::sketch::tests::series;
    use super::*;

    #[test]
    fn both_curves_their_bands_and_names_are_drawn() {
        insta::assert_snapshot!(curves("Title <1>", Across::Numbers("x"), "y", &series()).svg());
    }

    #[test]
    fn named_ticks_stand_under_marked_points() {
        let names = ["1 %", "2 %", "5 %", "10 %"].map(String::from);
        let mut all = series();
        for point in all.iter_mut().flat_map(|series| &mut series.points) {
            point.x /= 100.0;
        }
        let document = curves("Title", Across::Names("x", &names), "y", &all).svg();
        assert!(names.iter().all(|name| document.contains(&format!(">{name}</text>"))), "{document}");
        // Four points and one in the legend.
        assert_eq!(document.matches("<circle").count(), 5);
        assert_eq!(document.matches("fill-opacity").count(), 2);
        // A line across a name without a point would show what was never measured.
        let mut broken = all.clone();
        broken[0].points.remove(1);
        let document_of = |all: &[Series]| curves("Title", Across::Names("x", &names), "y", all).svg();
        let broken = document_of(&broken);
        assert_eq!(broken.matches("<polyline").count(), document.matches("<polyline").count() + 1);
        assert_eq!(broken.matches("fill-opacity").count(), 2, "a point alone has a bar");
        // Nor may a band narrow to nothing at a point with only one seed.
        let mut unknown = all.clone();
        let point = &mut unknown[0].points[1];
        (point.low, point.high) = (point.mean, point.mean);
        let unknown = document_of(&unknown);
        assert_eq!(unknown.matches("<polyline").count(), document.matches("<polyline").count());
        assert_eq!(unknown.matches("fill-opacity").count(), 2, "a point alone has a bar, here too");
        all.iter_mut().for_each(|series| series.points.truncate(1));
        let single = curves("Title", Across::Names("x", &names[..1]), "y", &all).svg();
        assert!(!single.contains("fill-opacity"), "a band of one point is nothing");
    }
}
