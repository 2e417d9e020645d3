//! Letters as outlines, from an embedded font, so that a figure is the same on every machine.
//!
//! Text is set from left to right with kerning and the font's f-ligatures; joined or right-to-left scripts
//! would need a shaper.

use std::sync::LazyLock;

use tiny_skia_path::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

static FACE: LazyLock<Face> =
    LazyLock::new(|| Face::parse(dejavu::sans::regular(), 0).expect("the font inside is one"));

/// The sequences that the font draws as one glyph, longest first.
const LIGATURES: [(&str, char); 5] = [("ffi", 'ﬃ'), ("ffl", 'ﬄ'), ("ff", 'ﬀ'), ("fi", 'ﬁ'), ("fl", 'ﬂ')];

/// A line of text, in units of the font size.
pub(super) struct Line {
    /// Each glyph, and its distance from the start.
    pub glyphs: Vec<(GlyphId, f32)>,
    pub width: f32,
}

impl Line {
    /// Sets a text. White space collapses to a single space, as in SVG; missing glyphs are boxes.
    pub fn new(text: &str) -> Self {
        let mut text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        for (letters, one) in LIGATURES {
            text = text.replace(letters, one.encode_utf8(&mut [0; 4]));
        }
        let size = f32::from(FACE.units_per_em());
        let mut line = Self { glyphs: Vec::new(), width: 0.0 };
        let mut before = None;
        for glyph in text.chars().map(|character| FACE.glyph_index(character).unwrap_or_default()) {
            let kerning = before.and_then(|before| kerning(before, glyph)).unwrap_or(0);
            line.width += f32::from(kerning) / size;
            line.glyphs.push((glyph, line.width));
            line.width += f32::from(FACE.glyph_hor_advance(glyph).unwrap_or(0)) / size;
            before = Some(glyph);
        }
        line
    }
}

/// The kerning between two glyphs: how much closer together or farther apart they are set.
fn kerning(left: GlyphId, right: GlyphId) -> Option<i16> {
    let tables = FACE.tables().kern?.subtables.into_iter();
    tables.filter(|table| table.horizontal).find_map(|table| table.glyphs_kerning(left, right))
}

/// The outline of a glyph of size 1 at the origin of a page whose y axis points down; a space has none.
pub(super) fn outline(glyph: GlyphId) -> Option<Path> {
    let mut outline = Outline { path: PathBuilder::new(), unit: 1.0 / f32::from(FACE.units_per_em()) };
    FACE.outline_glyph(glyph, &mut outline)?;
    outline.path.finish()
}

struct Outline {
    path: PathBuilder,
    unit: f32,
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(x * self.unit, -y * self.unit);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(x * self.unit, -y * self.unit);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let [x1, y1, x, y] = [x1, -y1, x, -y].map(|value| value * self.unit);
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let [x1, y1, x2, y2, x, y] = [x1, -y1, x2, -y2, x, -y].map(|value| value * self.unit);
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_kerned_and_joined() {
        let width = |text: &str| Line::new(text).width;
        assert!(width("AV") < width("A") + width("V") - 0.03);
        assert_eq!(Line::new("office").glyphs.len(), 4);
        assert_eq!(width(" a \t b "), width("a b"));
    }
}
