//! The few shapes that figures are made of.

use std::fmt::Write as _;

use super::{Marker, Style};

/// Grey of axes and small print.
pub const GREY: &str = "#555555";

/// A document being drawn.
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    /// An empty page with a title at its top left.
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        let mut svg = Self { width, height, body: String::new() };
        svg.text((14.0, 24.0), "start", "font-size=\"15\"", title);
        svg
    }

    /// Text that starts, ends or is centred (`anchor`) at a position.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, style: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{text}</text>"
        );
    }

    /// Text rotated about its position, in degrees.
    pub fn turned(&mut self, (x, y): (f64, f64), degrees: i32, anchor: &str, style: &str, text: &str) {
        let style = format!("transform=\"rotate({degrees} {x:.1} {y:.1})\" {style}");
        self.text((x, y), anchor, &style, text);
    }

    /// A straight line.
    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), style: &str) {
        let _ = writeln!(
            self.body,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>"
        );
    }

    /// A rectangle.
    pub fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), style: &str) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {style}/>"
        );
    }

    /// A line through positions, or the area that it encloses.
    pub fn path(&mut self, places: impl IntoIterator<Item = (f64, f64)>, closed: bool, style: &str) {
        let places: Vec<String> = places.into_iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let shape = if closed { "polygon" } else { "polyline" };
        let _ = writeln!(self.body, "<{shape} points=\"{}\" {style}/>", places.join(" "));
    }

    /// An arm's line through positions.
    pub fn stroke(&mut self, places: impl IntoIterator<Item = (f64, f64)>, style: Style) {
        let Style { colour, dashes, .. } = style;
        let stroke =
            format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"");
        let stroke = stroke.replace(" stroke-dasharray=\"\"", "");
        self.path(places, false, &stroke);
    }

    /// An arm's marker.
    pub fn marker(&mut self, (x, y): (f64, f64), style: Style) {
        let fill = format!("fill=\"{}\" stroke=\"white\"", style.colour);
        let around = |ends: &[(f64, f64)]| -> Vec<(f64, f64)> {
            ends.iter().map(|(right, down)| (x + right, y + down)).collect()
        };
        match style.marker {
            Marker::Circle => {
                let _ = writeln!(self.body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" {fill}/>");
            }
            Marker::Square => self.rectangle((x - 4.0, y - 4.0), (8.0, 8.0), &fill),
            Marker::Triangle => self.path(around(&[(0.0, -5.5), (5.0, 4.0), (-5.0, 4.0)]), true, &fill),
            Marker::Diamond => {
                self.path(around(&[(0.0, -6.0), (5.0, 0.0), (0.0, 6.0), (-5.0, 0.0)]), true, &fill);
            }
        }
    }

    /// An interval as a vertical bar, with a tick at each end that is not cut off.
    pub fn bar(&mut self, ends: [(f64, f64); 2], cut: [bool; 2], style: Style) {
        let stroke = format!("stroke=\"{}\" stroke-width=\"1.6\"", style.colour);
        self.line(ends[0], ends[1], &stroke);
        for ((x, y), _) in ends.into_iter().zip(cut).filter(|(_, cut)| !cut) {
            self.line((x - 4.0, y), (x + 4.0, y), &stroke);
        }
    }

    /// The document.
    pub fn finish(self) -> String {
        let Self { width, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n"
        )
    }
}
