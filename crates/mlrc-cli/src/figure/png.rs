//! SVG rendered as PNG, with a bundled font, so that a figure looks the same from every machine.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::error::Error;

/// Pixels per unit of the SVG: about 300 dpi if a figure is as wide as a page's text.
const SCALE: f32 = 2.5;

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Options { fontdb: Arc::new(fonts), font_family: "DejaVu Sans".to_owned(), ..Options::default() }
});

/// Renders one of our figures.
pub fn png(svg: &str) -> Result<Vec<u8>, Error> {
    let failed = |problem: String| Error::new(format!("cannot render a figure as PNG: {problem}"));
    let tree = Tree::from_str(svg, &OPTIONS).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size();
    let size = size.scale_by(SCALE).unwrap_or(size);
    let pixels = Pixmap::new(size.width(), size.height());
    let mut pixels = pixels.ok_or_else(|| failed(format!("{} × {}", size.width(), size.height())))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_set_with_the_font_inside() {
        let svg = |text: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\" font-family=\"sans-serif\">\
                 <rect width=\"100%\" height=\"100%\" fill=\"white\"/><text x=\"2\" y=\"15\">{text}</text></svg>"
            )
        };
        let ink = |text: &str| {
            let picture = Pixmap::decode_png(&png(&svg(text)).unwrap()).unwrap();
            assert_eq!((picture.width(), picture.height()), (100, 50));
            picture.pixels().iter().filter(|pixel| pixel.red() < 128).count()
        };
        assert_eq!(ink(""), 0);
        assert!(ink("MM") > 100 && ink("−±") > 20, "{} {}", ink("MM"), ink("−±"));
        assert!(png("<svg").is_err());
    }
}
