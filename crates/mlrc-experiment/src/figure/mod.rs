//! Figures that are readable in print and by colour-blind readers: every arm has its own colour, dash pattern
//! and marker, the same in all figures, and shades differ by lightness alone.
//!
//! Each figure is a [`Drawing`], a list of shapes that is written as SVG and painted as PNG ([`png`]);
//! [`sketch`] draws curves with characters.

mod axes;
pub mod confusion;
pub mod curves;
mod drawing;
pub mod effects;
mod font;
pub mod png;
pub mod reliability;
pub mod sketch;
mod svg;

use mlrc::run::Arm;

use self::drawing::Colour;
pub use self::drawing::Drawing;

/// A figure and its file name.
#[derive(Clone, Debug)]
pub struct Figure {
    /// File name without a suffix.
    pub name: String,
    /// Its shapes.
    pub drawing: Drawing,
}

/// How an arm's data is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// A colour that colour-blind readers can tell from the others (Okabe and Ito 2008).
    colour: Colour,
    /// Lengths of dashes and gaps; empty for a solid line.
    dashes: &'static [f32],
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
        let (rgb, dashes, marker): (_, &[f32], _) = match arm {
            Arm::Mlrc => ([0x00, 0x72, 0xb2], &[], Marker::Circle),
            Arm::Supervised => ([0xd5, 0x5e, 0x00], &[2.0, 3.0], Marker::Square),
            Arm::SupervisedMatched => ([0x00, 0x9e, 0x73], &[8.0, 4.0], Marker::Triangle),
            Arm::Joint => ([0xa8, 0x55, 0x8a], &[9.0, 3.0, 2.0, 3.0], Marker::Diamond),
        };
        Self { colour: Colour::Rgb(rgb), dashes, marker }
    }
}

/// A mean and its interval, in the units of the vertical axis.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Position on the horizontal axis.
    pub x: f64,
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Points of one arm, from left to right.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// How it is drawn.
    pub style: Style,
    /// From left to right.
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
