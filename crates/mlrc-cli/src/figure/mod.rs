//! Figures that are readable in print and by colour-blind readers: every arm has its own colour, dash pattern
//! and marker, the same in all figures, and shades differ in lightness.
//!
//! They are drawn as SVG, which is rendered as PNG ([`png`]); [`sketch`] draws curves with characters.

mod axes;
pub mod confusion;
pub mod curves;
pub mod effects;
pub mod png;
pub mod sketch;
mod svg;

use mlrc::run::Arm;

/// A figure and its file name.
#[derive(Clone, Debug)]
pub struct Figure {
    /// File name without a suffix.
    pub name: String,
    pub svg: String,
}

/// How an arm's data is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// A colour that colour-blind readers can tell from the others (Okabe and Ito 2008).
    colour: &'static str,
    /// Lengths of dashes and gaps; empty for a solid line.
    dashes: &'static str,
    marker: Marker,
}

#[derive(Clone, Copy, Debug)]
enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Style {
    /// The style of an arm.
    pub fn of(arm: Arm) -> Self {
        let (colour, dashes, marker) = match arm {
            Arm::Mlrc => ("#0072b2", "", Marker::Circle),
            Arm::Supervised => ("#d55e00", "2 3", Marker::Square),
            Arm::SupervisedMatched => ("#009e73", "8 4", Marker::Triangle),
            Arm::Joint => ("#a8558a", "9 3 2 3", Marker::Diamond),
        };
        Self { colour, dashes, marker }
    }
}

/// A mean and its interval, in the units of the vertical axis.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub x: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// Points of one arm, from left to right.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    pub style: Style,
    pub points: Vec<Point>,
}

/// What the horizontal axis shows, with its label.
#[derive(Clone, Copy, Debug)]
pub enum Across<'a> {
    /// Numbers from 0.
    Numbers(&'a str),
    /// Names at 0, 1, 2 …
    Names(&'a str, &'a [String]),
}
