//! Confusion matrices: a row for each gold label, each cell shaded by its share of the row.

use mlrc::escape::shortened;
use mlrc::scoring::ConfusionMatrix;

use super::Drawing;
use super::drawing::{Anchor, Colour, GREY, INK, Letters, Stroke};

/// Shades from none to all of a row (Brewer's blues), increasingly dark, to keep their order without colour.
const SHADES: [[f64; 3]; 5] = [
    [255.0, 255.0, 255.0],
    [198.0, 219.0, 239.0],
    [107.0, 174.0, 214.0],
    [33.0, 113.0, 181.0],
    [8.0, 48.0, 107.0],
];
const CELL: f64 = 27.0;
/// Generous width of a character of the labels.
const CHARACTER: f64 = 6.9;

/// Most labels of a matrix that can be read.
pub const MOST_LABELS: usize = 100;
/// Most characters of a label; of longer ones, the middle is left out.
const MOST_CHARACTERS: usize = 40;

/// Draws the matrix, which is the sum of `seeds` runs on the same instances.
pub fn confusion(title: &str, matrix: &ConfusionMatrix, seeds: usize) -> Drawing {
    let labels: Vec<_> = matrix.labels().iter().map(|label| shortened(label, MOST_CHARACTERS)).collect();
    let side = CELL * labels.len() as f64;
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) as f64;
    let left = 34.0 + CHARACTER * (longest + 4.0);
    // The labels at the top are slanted to the right.
    let lean = CHARACTER * longest * 0.75;
    let top = 62.0 + lean;
    let mut drawing = Drawing::new((left + side + lean).max(560.0) + 14.0, top + side + 40.0, title);
    drawing.text(
        (14.0, 42.0),
        Anchor::Start,
        Letters::of(11.0).coloured(GREY),
        "rows: gold labels (number of instances); columns: predicted labels; per cent of each row",
    );
    for (place, label) in labels.iter().enumerate() {
        let along = CELL * (place as f64 + 0.5);
        drawing.turned((left + along + 3.0, top - 7.0), -48, Anchor::Start, Letters::of(11.0), label);
        let of = format!("{label} ({})", matrix.support(place) / seeds.max(1));
        drawing.text((left - 8.0, top + along + 4.0), Anchor::End, Letters::of(11.0), &of);
    }
    for gold in 0..labels.len() {
        for predicted in 0..labels.len() {
            let count = matrix.count(gold, predicted);
            let share = count as f64 / matrix.support(gold).max(1) as f64;
            let corner = (left + CELL * predicted as f64, top + CELL * gold as f64);
            if count > 0 {
                drawing.rectangle(corner, (CELL, CELL), shade(share));
            }
            let percent = (100.0 * share).round();
            if percent > 0.0 {
                let ink = if share > 0.45 { Colour::White } else { INK };
                let middle = (corner.0 + CELL / 2.0, corner.1 + CELL / 2.0 + 3.8);
                let letters = Letters::of(10.5).coloured(ink);
                drawing.text(middle, Anchor::Middle, letters, &format!("{percent:.0}"));
            }
        }
    }
    let grid = Stroke::new(Colour::Rgb([0xdd; 3]), 0.7);
    for line in 0..=labels.len() {
        let along = CELL * line as f64;
        drawing.line((left + along, top), (left + along, top + side), grid);
        drawing.line((left, top + along), (left + side, top + along), grid);
    }
    for right in 0..labels.len() {
        let along = CELL * right as f64;
        drawing.rectangle((left + along, top + along), (CELL, CELL), Stroke::new(GREY, 1.0));
    }
    drawing
}

/// The shade of a share.
fn shade(share: f64) -> Colour {
    let place = share.clamp(0.0, 1.0) * (SHADES.len() - 1) as f64;
    let below = (place as usize).min(SHADES.len() - 2);
    let mix = |part: usize| {
        let [low, high] = [SHADES[below][part], SHADES[below + 1][part]];
        (low + (high - low) * (place - below as f64)).round() as u8
    };
    Colour::Rgb([mix(0), mix(1), mix(2)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shares_and_shades_get_darker() {
        let labels = ["per:age", "no_relation"].map(String::from);
        let matrix = ConfusionMatrix::from_indices(&labels, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]).unwrap();
        insta::assert_snapshot!(confusion("Title", &matrix, 1).svg());
        assert_eq!([0.0, 0.25, 1.0].map(|share| shade(share).to_string()), ["#ffffff", "#c6dbef", "#08306b"]);
    }
}
