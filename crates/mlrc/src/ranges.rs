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
