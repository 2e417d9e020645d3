//! The few shapes that figures consist of: a drawing is a list of them, in painting order. It is written as
//! SVG ([`Drawing::svg`]) and painted as PNG ([`png`](super::png)); both support the same shapes and know
//! nothing of their meaning.

use super::{Marker, Style};

/// Grey of axes and small print.
pub const GREY: Colour = Colour::Rgb([0x55; 3]);
/// Default size of letters.
pub(super) const LETTERS: f64 = 13.0;
/// Default colour of letters.
pub(super) const INK: Colour = Colour::Rgb([0x22; 3]);

/// A place on the page: how far to the right of its left edge, and how far below its top.
pub type Place = (f64, f64);

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colour {
    White,
    Rgb([u8; 3]),
}

/// A colour and its opacity: at 1, it hides everything beneath it.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    pub colour: Colour,
    pub opacity: f64,
}

impl From<Colour> for Ink {
    fn from(colour: Colour) -> Self {
        Self { colour, opacity: 1.0 }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    pub ink: Ink,
    pub width: f64,
    /// Lengths of dashes and gaps; empty for a line without.
    pub dashes: &'static [f32],
}

impl Stroke {
    /// A solid line of the given width.
    pub fn new(ink: impl Into<Ink>, width: f64) -> Self {
        Self { ink: ink.into(), width, dashes: &[] }
    }
}

/// The fill of a shape, and the line around it.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    pub fill: Option<Ink>,
    pub stroke: Option<Stroke>,
}

impl From<Colour> for Paint {
    fn from(colour: Colour) -> Self {
        Self { fill: Some(colour.into()), stroke: None }
    }
}

impl From<Stroke> for Paint {
    fn from(stroke: Stroke) -> Self {
        Self { fill: None, stroke: Some(stroke) }
    }
}

/// The part of a text that is at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Size and colour of letters, if they differ from the defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Letters {
    pub size: Option<f64>,
    pub colour: Option<Colour>,
}

impl Letters {
    /// Letters of the given size.
    pub fn of(size: f64) -> Self {
        Self { size: Some(size), colour: None }
    }

    /// The same letters in the given colour.
    pub fn coloured(self, colour: Colour) -> Self {
        Self { colour: Some(colour), ..self }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Text {
        place: Place,
        /// The rotation of the text about its place, in degrees clockwise.
        turn: Option<i32>,
        anchor: Anchor,
        letters: Letters,
        text: String,
    },
    Line([Place; 2], Stroke),
    Rectangle {
        corner: Place,
        size: Place,
        paint: Paint,
    },
    Circle {
        middle: Place,
        radius: f64,
        paint: Paint,
    },
    /// A line through positions, or the area that it encloses.
    Path {
        places: Vec<Place>,
        closed: bool,
        paint: Paint,
    },
}

/// Shapes on a white page.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
}

impl Drawing {
    /// An empty page with a title at its top left.
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        let mut drawing = Self { width, height, shapes: Vec::new() };
        drawing.text((14.0, 24.0), Anchor::Start, Letters::of(15.0), title);
        drawing
    }

    /// Text whose start, middle or end is at a place.
    pub fn text(&mut self, place: Place, anchor: Anchor, letters: Letters, text: &str) {
        self.shapes.push(Shape::Text { place, turn: None, anchor, letters, text: text.to_owned() });
    }

    /// Text rotated about its position, in degrees.
    pub fn turned(&mut self, place: Place, degrees: i32, anchor: Anchor, letters: Letters, text: &str) {
        self.shapes.push(Shape::Text { place, turn: Some(degrees), anchor, letters, text: text.to_owned() });
    }

    /// A straight line.
    pub fn line(&mut self, from: Place, to: Place, stroke: Stroke) {
        self.shapes.push(Shape::Line([from, to], stroke));
    }

    /// A rectangle.
    pub fn rectangle(&mut self, corner: Place, size: Place, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Rectangle { corner, size, paint: paint.into() });
    }

    /// A line through positions, or the area that it encloses.
    pub fn path(&mut self, places: impl IntoIterator<Item = Place>, closed: bool, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Path { places: places.into_iter().collect(), closed, paint: paint.into() });
    }

    /// An arm's line through positions.
    pub fn stroke(&mut self, places: impl IntoIterator<Item = Place>, style: Style) {
        self.path(places, false, Stroke { dashes: style.dashes, ..Stroke::new(style.colour, 2.0) });
    }

    /// An arm's marker.
    pub fn marker(&mut self, (x, y): Place, style: Style) {
        let paint = Paint { fill: Some(style.colour.into()), stroke: Some(Stroke::new(Colour::White, 1.0)) };
        let around = |ends: &[Place]| -> Vec<Place> {
            ends.iter().map(|(right, down)| (x + right, y + down)).collect()
        };
        match style.marker {
            Marker::Circle => self.shapes.push(Shape::Circle { middle: (x, y), radius: 4.5, paint }),
            Marker::Square => self.rectangle((x - 4.0, y - 4.0), (8.0, 8.0), paint),
            Marker::Triangle => self.path(around(&[(0.0, -5.5), (5.0, 4.0), (-5.0, 4.0)]), true, paint),
            Marker::Diamond => {
                self.path(around(&[(0.0, -6.0), (5.0, 0.0), (0.0, 6.0), (-5.0, 0.0)]), true, paint);
            }
        }
    }

    /// An interval as a vertical bar, with a tick at each end that is not cut off.
    pub fn bar(&mut self, ends: [Place; 2], cut: [bool; 2], style: Style) {
        let stroke = Stroke::new(style.colour, 1.6);
        self.line(ends[0], ends[1], stroke);
        for ((x, y), _) in ends.into_iter().zip(cut).filter(|(_, cut)| !cut) {
            self.line((x - 4.0, y), (x + 4.0, y), stroke);
        }
    }
}
