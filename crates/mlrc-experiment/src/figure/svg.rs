//! A drawing as SVG.

use std::fmt::{self, Display, Formatter, Write as _};

use mlrc::escape::xml;

use super::drawing::{Anchor, Colour, Drawing, INK, Ink, LETTERS, Letters, Paint, Shape, Stroke};

impl Drawing {
    /// The drawing as an SVG document.
    pub fn svg(&self) -> String {
        let Self { width, height, shapes } = self;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"{LETTERS}\" fill=\"{INK}\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        for shape in shapes {
            let _ = writeln!(out, "{shape}");
        }
        out.push_str("</svg>\n");
        out
    }
}

impl Display for Shape {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { place: (x, y), turn, anchor, letters, text } => {
                write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" ")?;
                if let Some(degrees) = turn {
                    write!(out, "transform=\"rotate({degrees} {x:.1} {y:.1})\" ")?;
                }
                write!(out, "{letters}>{}</text>", xml(text))
            }
            Self::Line([(x1, y1), (x2, y2)], stroke) => {
                write!(out, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {stroke}/>")
            }
            Self::Rectangle { corner: (x, y), size: (width, height), paint } => write!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {paint}/>"
            ),
            Self::Circle { middle: (x, y), radius, paint } => {
                write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {paint}/>")
            }
            Self::Path { places, closed, paint } => {
                let shape = if *closed { "polygon" } else { "polyline" };
                let places: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
                write!(out, "<{shape} points=\"{}\" {paint}/>", places.join(" "))
            }
        }
    }
}

impl Display for Colour {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::White => out.write_str("white"),
            Self::Rgb([red, green, blue]) => write!(out, "#{red:02x}{green:02x}{blue:02x}"),
        }
    }
}

impl Display for Anchor {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        })
    }
}

impl Display for Letters {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let size = self.size.map(|size| format!("font-size=\"{size}\""));
        let colour = self.colour.map(|colour| format!("fill=\"{colour}\""));
        let both: Vec<String> = size.into_iter().chain(colour).collect();
        out.write_str(&both.join(" "))
    }
}

impl Display for Paint {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.fill {
            Some(ink) => inked(out, "fill", ink)?,
            None => out.write_str("fill=\"none\"")?,
        }
        self.stroke.map_or(Ok(()), |stroke| write!(out, " {stroke}"))
    }
}

impl Display for Stroke {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        inked(out, "stroke", self.ink)?;
        if self.width != 1.0 {
            write!(out, " stroke-width=\"{}\"", self.width)?;
        }
        if !self.dashes.is_empty() {
            let dashes: Vec<String> = self.dashes.iter().map(f32::to_string).collect();
            write!(out, " stroke-dasharray=\"{}\"", dashes.join(" "))?;
        }
        Ok(())
    }
}

/// Writes the paint of a `part` of a shape: its fill or its stroke.
fn inked(out: &mut Formatter<'_>, part: &str, Ink { colour, opacity }: Ink) -> fmt::Result {
    write!(out, "{part}=\"{colour}\"")?;
    if opacity < 1.0 {
        write!(out, " {part}-opacity=\"{opacity}\"")?;
    }
    Ok(())
}
