//! Reliability of probabilities: of the answers whose probability is in each tenth, a bar for the share of right ones. Bars that
//! end on the diagonal mean what they say; below it, answers are surer than they are right.

use mlrc::corpus::counted;
use mlrc::scoring::CalibrationBin;

use super::Drawing;
use super::drawing::{Anchor, Colour, GREY, Ink, Letters, Paint, Stroke};

/// Side of the square frame.
const SIDE: f64 = 360.0;
/// Its left and top edge.
const CORNER: (f64, f64) = (62.0, 76.0);
const BAR: Colour = Colour::Rgb([0x6b, 0xae, 0xd6]);
const MEAN: Colour = Colour::Rgb([0xd5, 0x5e, 0x00]);

/// Draws bins of probability, in which answers are off by `calibration_error` on average.
pub fn reliability(bins: &[CalibrationBin], calibration_error: f64) -> Drawing {
    let (left, top) = CORNER;
    let bottom = top + SIDE;
    let mut drawing = Drawing::new(left + SIDE + 24.0, bottom + 64.0, "Reliability");
    let answers = bins.iter().map(|bin| bin.answers).sum();
    let note = format!(
        "{}, off by {:.1} points on average; numbers: answers; diamonds: their mean probability",
        counted(answers, "answer"),
        100.0 * calibration_error
    );
    drawing.text((14.0, 42.0), Anchor::Start, Letters::of(11.0).coloured(GREY), &note);
    let at = |x: f64, y: f64| (left + SIDE * x, bottom - SIDE * y);
    for tick in 0..=5 {
        let value = f64::from(tick) / 5.0;
        let (x, y) = at(value, value);
        drawing.line((left, y), (left + SIDE, y), Stroke::new(Colour::Rgb([0xe2; 3]), 1.0));
        drawing.line((x, bottom), (x, bottom + 5.0), Stroke::new(GREY, 1.0));
        let name = format!("{:.0}", 100.0 * value);
        drawing.text((left - 8.0, y + 4.5), Anchor::End, Letters::default(), &name);
        drawing.text((x, bottom + 20.0), Anchor::Middle, Letters::default(), &name);
    }
    for bin in bins.iter().filter(|bin| bin.answers > 0) {
        let corner = at(bin.from, bin.accuracy);
        let size = (SIDE * (bin.to - bin.from), bottom - corner.1);
        let paint = Paint {
            fill: Some(Ink { colour: BAR, opacity: 0.8 }),
            stroke: Some(Stroke::new(Colour::White, 1.0)),
        };
        drawing.rectangle(corner, size, paint);
        let middle = (corner.0 + size.0 / 2.0, bottom - 6.0);
        drawing.text(middle, Anchor::Middle, Letters::of(10.5), &bin.answers.to_string());
    }
    let dashed = Stroke { dashes: &[5.0, 4.0], ..Stroke::new(GREY, 1.4) };
    drawing.line(at(0.0, 0.0), at(1.0, 1.0), dashed);
    for bin in bins.iter().filter(|bin| bin.answers > 0) {
        let (x, y) = at(bin.confidence, bin.accuracy);
        let diamond = [(x, y - 5.0), (x + 4.0, y), (x, y + 5.0), (x - 4.0, y)];
        drawing.path(
            diamond,
            true,
            Paint { fill: Some(MEAN.into()), stroke: Some(Stroke::new(Colour::White, 1.0)) },
        );
    }
    drawing.rectangle((left, top), (SIDE, SIDE), Stroke::new(GREY, 1.0));
    let middle = f64::midpoint(left, left + SIDE);
    drawing.text(
        (middle, bottom + 43.0),
        Anchor::Middle,
        Letters::default(),
        "probability of the answer (%)",
    );
    drawing.turned((18.0, f64::midpoint(top, bottom)), -90, Anchor::Middle, Letters::default(), "right (%)");
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_shares_of_right_answers() {
        let bins = CalibrationBin::tenths(
            &[0.85, 0.85, 0.85, 0.85, 1.0, 0.35],
            &[true, true, true, false, true, false],
        );
        insta::assert_snapshot!(reliability(&bins, 0.125).svg());
    }
}
