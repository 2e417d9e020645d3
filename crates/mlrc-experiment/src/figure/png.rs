//! A drawing as PNG, with an embedded font, so that a figure is the same on every machine.
//!
//! Every letter and shape is a path, and so is the outline of a line. Each pixel is inked according to how
//! much of it a path covers.

use ab_glyph_rasterizer::{Rasterizer, point};
use tiny_skia_path::{Path, PathBuilder, PathSegment, Point, Rect, StrokeDash, Transform};

use super::drawing::{Anchor, Colour, Drawing, INK, Ink, LETTERS, Letters, Paint, Place, Shape, Stroke};
use super::font;

/// Pixels per unit of the drawing: about 300 per inch if a figure is as wide as a page's text.
const SCALE: f64 = 2.5;
/// The maximum number of pixels, which take 48 MiB. Larger drawings are scaled down.
const MOST: f64 = (1 << 24) as f64;

/// A figure cannot be written as PNG.
#[derive(Debug, thiserror::Error)]
#[error("cannot write a figure as PNG: {0}")]
pub struct PngError(String);

/// Paints a figure.
///
/// # Errors
/// If it has too many pixels, or they cannot be encoded.
pub fn png(drawing: &Drawing) -> Result<Vec<u8>, PngError> {
    let Picture { width, height, rgb, .. } = Picture::of(drawing);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    // Areas of one colour compress best without a filter.
    encoder.set_filter(png::Filter::NoFilter);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&rgb)?;
        writer.finish()
    });
    written.map_err(|error| PngError(error.to_string()))?;
    Ok(out)
}

/// A canvas of pixels.
struct Picture {
    width: u32,
    height: u32,
    /// Red, green and blue of each pixel, row by row.
    rgb: Vec<u8>,
    /// Pixels per unit of the drawing.
    scale: f32,
}

impl Picture {
    fn of(drawing: &Drawing) -> Self {
        let [width, height] = [drawing.width, drawing.height].map(f64::round);
        let scale = SCALE.min((MOST / (width * height)).sqrt());
        let [width, height] = [width, height].map(|side| (side * scale).round().max(1.0) as u32);
        let rgb = vec![255; 3 * width as usize * height as usize];
        let mut picture = Self { width, height, rgb, scale: scale as f32 };
        drawing.shapes.iter().for_each(|shape| picture.shape(shape));
        picture
    }

    /// Paints a shape. Shapes without extent have no path.
    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Text { place, turn, anchor, letters, text } => {
                self.text(tenths(*place), turn.unwrap_or(0), *anchor, *letters, text);
            }
            Shape::Line(ends, stroke) => self.paint(through(ends, false), (*stroke).into()),
            Shape::Rectangle { corner, size, paint } => {
                let ((x, y), (width, height)) = (tenths(*corner), tenths(*size));
                self.paint(Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect), *paint);
            }
            Shape::Circle { middle, radius, paint } => {
                let (x, y) = tenths(*middle);
                self.paint(PathBuilder::from_circle(x, y, *radius as f32), *paint);
            }
            Shape::Path { places, closed, paint } => self.paint(through(places, *closed), *paint),
        }
    }

    fn text(&mut self, (x, y): (f32, f32), turn: i32, anchor: Anchor, letters: Letters, text: &str) {
        let line = font::Line::new(text);
        let before = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => line.width / 2.0,
            Anchor::End => line.width,
        };
        let size = letters.size.unwrap_or(LETTERS) as f32;
        let onto_page = Transform::from_translate(x, y).pre_rotate(turn as f32).pre_scale(size, size);
        for (glyph, along) in line.glyphs {
            let transform = onto_page.pre_translate(along - before, 0.0);
            if let Some(outline) = font::outline(glyph).and_then(|outline| outline.transform(transform)) {
                self.cover(outline, letters.colour.unwrap_or(INK).into());
            }
        }
    }

    /// Paints the inside of a path, and then the line along it.
    fn paint(&mut self, path: Option<Path>, paint: Paint) {
        let Some(path) = path else { return };
        let line = paint.stroke.and_then(|stroke| Some((self.line(&path, stroke)?, stroke.ink)));
        if let Some(ink) = paint.fill {
            self.cover(path, ink);
        }
        if let Some((line, ink)) = line {
            self.cover(line, ink);
        }
    }

    /// The outline of the line along a path.
    fn line(&self, path: &Path, stroke: Stroke) -> Option<Path> {
        let style = tiny_skia_path::Stroke { width: stroke.width as f32, ..Default::default() };
        match StrokeDash::new(stroke.dashes.to_vec(), 0.0) {
            Some(dashes) => path.dash(&dashes, self.scale)?.stroke(&style, self.scale),
            None => path.stroke(&style, self.scale),
        }
    }

    /// Covers the inside of a path with ink.
    fn cover(&mut self, path: Path, ink: Ink) {
        let Some(path) = path.transform(Transform::from_scale(self.scale, self.scale)) else { return };
        let bounds = path.bounds();
        let [left, top] = [bounds.left(), bounds.top()].map(f32::floor);
        let [right, bottom] = [bounds.right(), bounds.bottom()].map(f32::ceil);
        if right < 0.0 || bottom < 0.0 || left > self.width as f32 || top > self.height as f32 {
            return;
        }
        let mut mask = Rasterizer::new((right - left) as usize, (bottom - top) as usize);
        let at = |place: Point| point(place.x - left, place.y - top);
        let (mut start, mut last) = (point(0.0, 0.0), point(0.0, 0.0));
        for segment in path.segments() {
            last = match segment {
                PathSegment::MoveTo(to) => {
                    mask.draw_line(last, start);
                    start = at(to);
                    start
                }
                PathSegment::LineTo(to) => {
                    mask.draw_line(last, at(to));
                    at(to)
                }
                PathSegment::QuadTo(handle, to) => {
                    mask.draw_quad(last, at(handle), at(to));
                    at(to)
                }
                PathSegment::CubicTo(first, second, to) => {
                    mask.draw_cubic(last, at(first), at(second), at(to));
                    at(to)
                }
                PathSegment::Close => {
                    mask.draw_line(last, start);
                    start
                }
            };
        }
        mask.draw_line(last, start);
        mask.for_each_pixel_2d(|x, y, covered| {
            self.mix(left as i64 + i64::from(x), top as i64 + i64::from(y), ink, covered);
        });
    }

    /// Mixes the colour of a pixel with ink that covers part of it.
    fn mix(&mut self, x: i64, y: i64, ink: Ink, covered: f32) {
        let inside = (0..i64::from(self.width)).contains(&x) && (0..i64::from(self.height)).contains(&y);
        if !inside {
            return;
        }
        let rgb = match ink.colour {
            Colour::White => [255; 3],
            Colour::Rgb(rgb) => rgb,
        };
        let share = ink.opacity as f32 * covered.min(1.0);
        let at = 3 * (y as usize * self.width as usize + x as usize);
        for (value, ink) in self.rgb[at..at + 3].iter_mut().zip(rgb) {
            let [from, to] = [*value, ink].map(f32::from);
            *value = (from + share * (to - from)).round() as u8;
        }
    }
}

/// A place or a size, with the same precision as in SVG.
fn tenths((x, y): Place) -> (f32, f32) {
    let tenths = |value: f64| ((10.0 * value).round() / 10.0) as f32;
    (tenths(x), tenths(y))
}

/// The path through places.
fn through(places: &[Place], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (number, place) in places.iter().enumerate() {
        let (x, y) = tenths(*place);
        if number == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if closed {
        path.close();
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use mlrc::run::Arm;

    use super::super::Style;
    use super::*;

    /// A page of 40 × 40 units, 100 × 100 pixels, with something on it.
    fn picture(draw: impl FnOnce(&mut Drawing)) -> Picture {
        let mut drawing = Drawing::new(40.0, 40.0, "");
        draw(&mut drawing);
        Picture::of(&drawing)
    }

    fn text(place: Place, turn: i32, anchor: Anchor, text: &str) -> Picture {
        picture(|drawing| drawing.turned(place, turn, anchor, Letters::default(), text))
    }

    impl Picture {
        fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
            let at = 3 * (y * self.width + x) as usize;
            self.rgb[at..at + 3].try_into().unwrap()
        }

        /// Where there is ink.
        fn dark(&self) -> Vec<(u32, u32)> {
            let all = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
            all.filter(|&(x, y)| self.pixel(x, y)[0] < 128).collect()
        }

        /// The first and last column and row with ink, in units of the drawing.
        fn extent(&self) -> [f64; 4] {
            let ends = |values: Vec<u32>| {
                let ends = [values.iter().min().unwrap(), &(values.iter().max().unwrap() + 1)];
                ends.map(|end| f64::from(*end) / SCALE)
            };
            let (columns, rows) = self.dark().into_iter().unzip();
            let ([left, right], [top, bottom]) = (ends(columns), ends(rows));
            [left, right, top, bottom]
        }
    }

    #[test]
    fn text_is_set_with_the_font_inside() {
        let ink = |written: &str| text((2.0, 20.0), 0, Anchor::Start, written).dark().len();
        assert_eq!([ink(""), ink(" ")], [0, 0]);
        assert!(ink("MM") > 100 && ink("−±") > 20, "{} {}", ink("MM"), ink("−±"));
        assert!(ink("é") > ink("e") && ink("×") > 10 && ink("α") > 20);
        // Characters that the font lacks are the same box everywhere.
        assert!(ink("日") > 20 && ink("日") == ink("\u{1}"));
        let mut drawing = Drawing::new(40.0, 20.0, "");
        drawing.text((2.0, 15.0), Anchor::Start, Letters::default(), "MM");
        let file = png(&drawing).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height, pixels), (100, 50, Picture::of(&drawing).rgb));
    }

    #[test]
    fn text_is_anchored_at_its_place_and_turned_about_it() {
        let extent = |turn, anchor| text((20.0, 20.0), turn, anchor, "HH").extent();
        let near = |one: f64, other: f64| (one - other).abs() < 1.5;
        let [left, right, top, bottom] = extent(0, Anchor::Start);
        let (width, height) = (right - left, bottom - top);
        assert!(near(left, 21.0) && near(bottom, 20.0) && near(height, 9.5), "{left} {bottom} {height}");
        let [left, right, ..] = extent(0, Anchor::Middle);
        assert!(near(f64::midpoint(left, right), 20.0), "{left} {right}");
        let [_, right, ..] = extent(0, Anchor::End);
        assert!(near(right, 19.0), "{right}");
        // Upwards: what was on the right is now at the top, and letters are left of the place.
        let [left, right, top, bottom] = extent(-90, Anchor::Start);
        assert!(near(bottom, 19.0) && near(right, 20.0), "{bottom} {right}");
        assert!(near(bottom - top, width) && near(right - left, height), "{top} {left}");
        let [left, right, top, bottom] = extent(-48, Anchor::Start);
        assert!(left < 20.0 && right > 28.0 && top < 8.0 && bottom < 21.0, "{left} {right} {top} {bottom}");
    }

    #[test]
    fn dashes_are_as_long_as_they_say() {
        for arm in [Arm::Mlrc, Arm::Supervised, Arm::SupervisedMatched, Arm::Joint] {
            let style = Style { colour: INK, ..Style::of(arm) };
            let picture = picture(|drawing| drawing.stroke([(0.0, 20.0), (40.0, 20.0)], style));
            let row: Vec<bool> = (0..100).map(|x| picture.pixel(x, 50)[0] < 128).collect();
            let dashes = row.chunk_by(|one, other| one == other).filter(|run| run[0]).count();
            let ink = row.iter().filter(|dark| **dark).count();
            let (expected, most) = match arm {
                Arm::Mlrc => (1, 100),
                Arm::Supervised => (8, 40),
                Arm::SupervisedMatched => (4, 70),
                Arm::Joint => (5, 65),
            };
            assert_eq!(dashes, expected, "{arm}");
            assert!(ink.abs_diff(most) <= 8, "{arm}: {ink}");
        }
    }

    #[test]
    fn markers_have_their_shapes_and_a_white_line_around() {
        // Areas without the inner half of the line.
        for (arm, area) in
            [(Arm::Mlrc, 50.3), (Arm::Supervised, 49.0), (Arm::SupervisedMatched, 34.0), (Arm::Joint, 48.6)]
        {
            let picture = picture(|drawing| {
                drawing.rectangle((0.0, 0.0), (40.0, 40.0), INK);
                let style = Style { colour: Colour::Rgb([255, 0, 0]), ..Style::of(arm) };
                drawing.marker((20.0, 20.0), style);
            });
            let pixels = |wanted: fn([u8; 3]) -> bool| {
                let all = picture.rgb.chunks_exact(3).map(|rgb| rgb.try_into().unwrap());
                all.filter(|rgb| wanted(*rgb)).count() as f64 / (SCALE * SCALE)
            };
            let red = pixels(|[red, green, _]| red > 128 && green < 128);
            let white = pixels(|[_, green, _]| green > 128);
            assert!((red - area).abs() < 0.12 * area, "{arm}: {red} of {area}");
            assert!(white > 20.0 && white < 45.0, "{arm}: {white}");
        }
    }

    #[test]
    fn ink_that_hides_a_part_is_mixed() {
        let ink = Ink { colour: Colour::Rgb([0, 100, 200]), opacity: 0.25 };
        let paint = Paint { fill: Some(ink), stroke: None };
        let picture = picture(|drawing| {
            drawing.rectangle((0.0, 0.0), (20.0, 40.0), paint);
            drawing.path([(0.0, 0.0), (f64::NAN, 9.0), (9.0, 9.0)], true, paint);
        });
        assert_eq!([picture.pixel(10, 10), picture.pixel(60, 10)], [[191, 216, 241], [255; 3]]);
    }

    #[test]
    fn large_drawings_are_scaled_down() {
        let mut drawing = Drawing::new(40_000.0, 20_000.0, "");
        drawing.rectangle((20_000.0, 10_000.0), (100.0, 100.0), INK);
        let picture = Picture::of(&drawing);
        assert_eq!((picture.width, picture.height), (5793, 2896));
        assert_eq!([picture.pixel(2890, 1452), picture.pixel(2900, 1452)], [[255; 3], [0x22; 3]]);
        // Text that reaches far beyond the page is cut off.
        assert!(text((20.0, 20.0), -48, Anchor::Middle, &"M".repeat(10_000)).dark().len() > 100);
    }
}
