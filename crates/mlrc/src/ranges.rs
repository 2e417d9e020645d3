//! Range checks of hyper-parameters, kept next to their fields.

use std::fmt::Display;

/// A value that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct OutOfRange {
    /// The key, dotted, starting with the outermost table.
    pub key: String,
    /// What was expected and found.
    pub problem: String,
}

/// Most units of a layer, or components of a vector.
pub const WIDTH: usize = 8192;
/// Most parameters of a learner: four gigabytes.
pub const PARAMETERS: usize = 1 << 30;
/// Most layers of a kind.
pub const LAYERS: usize = 64;
/// Most of what is counted in training: sentences, relations, epochs.
pub const COUNT: usize = 10_000_000;
/// Most meta-iterations, or inner steps of one.
pub const ITERATIONS: usize = 1_000_000;

/// Checks of values; the first violation is kept.
#[derive(Debug, Default)]
pub struct Ranges {
    out_of_range: Option<OutOfRange>,
}

impl Ranges {
    /// Returns the first violation that `check` finds.
    ///
    /// # Errors
    /// The first value that is out of range.
    pub fn check(check: impl FnOnce(&mut Self)) -> Result<(), OutOfRange> {
        let mut ranges = Self::default();
        check(&mut ranges);
        ranges.out_of_range.map_or(Ok(()), Err)
    }

    /// A whole number of at least 1.
    pub fn positive(&mut self, key: &str, value: usize) {
        self.within(key, value, "a whole number from 1", value >= 1);
    }

    /// A whole number from 1 to `most`, such as a width: more could be allocated only in vain.
    pub fn size(&mut self, key: &str, value: usize, most: usize) {
        self.positive(key, value);
        self.at_most(key, value, most);
    }

    /// A whole number of at most `most`.
    pub fn at_most(&mut self, key: &str, value: usize, most: usize) {
        self.within(key, value, &format!("a whole number of at most {most}"), value <= most);
    }

    /// Sizes, checked before, that together make at least `count` parameters.
    pub fn parameters(&mut self, key: &str, count: impl FnOnce() -> usize) {
        if self.out_of_range.is_none() {
            let count = count();
            let expected = format!("sizes that make at most {PARAMETERS} parameters");
            self.within(key, format_args!("those of {count}"), &expected, count <= PARAMETERS);
        }
    }

    /// A finite number above 0.
    pub fn rate(&mut self, key: &str, value: f32) {
        self.within(key, value, "a number above 0", value > 0.0 && value.is_finite());
    }

    /// A number of at least 0 and below 1, such as a dropout rate.
    pub fn share(&mut self, key: &str, value: f32) {
        self.within(key, value, "a number of at least 0 and below 1", (0.0..1.0).contains(&value));
    }

    /// A value, the description of what is `expected`, and whether the value fits it.
    pub fn within(&mut self, key: &str, value: impl Display, expected: &str, fits: bool) {
        if !fits && self.out_of_range.is_none() {
            let problem = format!("expected {expected}, found {value}");
            self.out_of_range = Some(OutOfRange { key: key.to_owned(), problem });
        }
    }
}
