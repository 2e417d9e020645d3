//! A frame with axes, and the positions of values in it.

use std::ops::Range;

use super::drawing::{Anchor, Colour, Drawing, GREY, Letters, Stroke};
use super::{Across, Point, Series, Style};

const SIZE: (f64, f64) = (680.0, 430.0);
/// The frame's left, top, right and bottom edge.
const FRAME: [f64; 4] = [62.0, 72.0, 660.0, 376.0];
/// Average width of a character of the legend, rounded up generously.
const CHARACTER: f64 = 8.0;

/// A figure with axes, ready for data to be drawn.
pub struct Axes {
    pub drawing: Drawing,
    x: Range<f64>,
    y: Range<f64>,
}

impl Axes {
    /// Draws title, legend, frame, ticks and labels; `values` is the range that the vertical axis must cover.
    pub fn new(title: &str, across: Across, y_label: &str, values: &Range<f64>, all: &[Series]) -> Self {
        let step = step(values.end - values.start);
        let y = (values.start / step).floor() * step..(values.end / step).ceil() * step;
        let x = match across {
            Across::Numbers(_) => {
                let ends = all.iter().flat_map(|series| &series.points).map(|point| point.x);
                0.0..ends.fold(1.0, f64::max)
            }
            Across::Names(_, names) => -0.4..names.len() as f64 - 0.6,
        };
        let mut axes = Self { drawing: Drawing::new(SIZE.0, SIZE.1, title), x, y };
        axes.legend(all);
        axes.down(step);
        axes.along(across);
        let [_, top, _, bottom] = FRAME;
        let middle = (18.0, f64::midpoint(top, bottom));
        axes.drawing.turned(middle, -90, Anchor::Middle, Letters::default(), y_label);
        axes
    }

    /// The position of a value.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        place(&self.x, &self.y, x, y)
    }

    /// Draws a horizontal line at a value.
    pub fn level(&mut self, value: f64) {
        let [left, _, right, _] = FRAME;
        let (_, y) = self.at(self.x.start, value);
        self.drawing.line((left, y), (right, y), Stroke::new(GREY, 1.4));
    }

    /// Draws a point's interval as a vertical bar, cut off where the axis ends.
    pub fn bar(&mut self, point: &Point, style: Style) {
        let ends = [point.low, point.high];
        let seen = ends.map(|end| end.clamp(self.y.start, self.y.end));
        let cut = [seen[0] > ends[0], seen[1] < ends[1]];
        self.drawing.bar(seen.map(|end| self.at(point.x, end)), cut, style);
    }

    fn legend(&mut self, all: &[Series]) {
        let mut x = FRAME[0];
        for series in all {
            self.drawing.stroke([(x, 50.0), (x + 44.0, 50.0)], series.style);
            self.drawing.marker((x + 22.0, 50.0), series.style);
            self.drawing.text((x + 51.0, 54.5), Anchor::Start, Letters::default(), &series.name);
            x += 51.0 + CHARACTER * series.name.chars().count() as f64 + 10.0;
        }
    }

    fn down(&mut self, step: f64) {
        let [left, _, right, _] = FRAME;
        let ticks = ((self.y.end - self.y.start) / step).round() as usize;
        for tick in 0..=ticks {
            let value = self.y.start + step * tick as f64;
            let (_, y) = self.at(self.x.start, value);
            self.drawing.line((left, y), (right, y), Stroke::new(Colour::Rgb([0xe2; 3]), 1.0));
            let digits = usize::from(step < 1.0);
            let text = format!("{value:.digits$}").replace('-', "−");
            self.drawing.text((left - 8.0, y + 4.5), Anchor::End, Letters::default(), &text);
        }
    }

    fn along(&mut self, across: Across) {
        let [left, _, right, bottom] = FRAME;
        self.drawing.line((left, bottom), (right, bottom), Stroke::new(GREY, 1.0));
        let (label, ticks): (_, Vec<(f64, String)>) = match across {
            Across::Names(label, names) => (label, (0..).map(f64::from).zip(names.iter().cloned()).collect()),
            Across::Numbers(label) => {
                let step = step(self.x.end);
                let ticks = (0..=(self.x.end / step) as u32).map(|tick| step * f64::from(tick));
                (label, ticks.map(|value| (value, format!("{value:.0}"))).collect())
            }
        };
        for (value, name) in ticks {
            let (x, _) = self.at(value, self.y.start);
            self.drawing.line((x, bottom), (x, bottom + 5.0), Stroke::new(GREY, 1.0));
            self.drawing.text((x, bottom + 20.0), Anchor::Middle, Letters::default(), &name);
        }
        self.drawing.text(
            (f64::midpoint(left, right), bottom + 43.0),
            Anchor::Middle,
            Letters::default(),
            label,
        );
    }
}

fn place(x: &Range<f64>, y: &Range<f64>, at_x: f64, at_y: f64) -> (f64, f64) {
    let [left, top, right, bottom] = FRAME;
    let share = |range: &Range<f64>, value: f64| (value - range.start) / (range.end - range.start);
    (left + (right - left) * share(x, at_x), bottom - (bottom - top) * share(y, at_y))
}

/// A round step that divides `span` into four to ten parts.
fn step(span: f64) -> f64 {
    let span = if span > 0.0 { span } else { 1.0 };
    let power = 10_f64.powf((span / 4.0).log10().floor());
    let steps = [5.0, 2.0, 1.0].map(|factor| factor * power);
    steps.into_iter().find(|step| span / step >= 4.0).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (span, expected) in [(30.0, 5.0), (100.0, 20.0), (7.0, 1.0), (0.0, 0.2), (4321.0, 1000.0)] {
            assert!((step(span) - expected).abs() < 1e-12, "{span}: {}", step(span));
        }
    }
}
