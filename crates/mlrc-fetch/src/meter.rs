//! The progress of a download: an open display of the watcher's, and byte counts for people.

use crate::Watcher;

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// A display of the watcher's, removed when this is dropped.
pub struct Meter<'a> {
    watcher: &'a dyn Watcher,
    total: Option<u64>,
}

impl<'a> Meter<'a> {
    pub fn new(watcher: &'a dyn Watcher, total: Option<u64>, position: u64) -> Self {
        watcher.progress(total, position);
        Self { watcher, total }
    }

    pub fn show(&self, position: u64) {
        self.watcher.progress(self.total, position);
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.watcher.progress_ends();
    }
}

/// A human-readable number of bytes.
pub fn bytes(count: u64) -> String {
    let mut number = count as f64;
    let mut unit = 0;
    while number >= 1024.0 {
        number /= 1024.0;
        unit += 1;
    }
    let decimals = if unit == 0 { 0 } else { 2 };
    format!("{number:.decimals$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_in_the_largest_unit_that_they_fill() {
        for (count, expected) in [
            (0, "0 B"),
            (15, "15 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (1500, "1.46 KiB"),
            (1536, "1.50 KiB"),
            ((1 << 20) - 1, "1024.00 KiB"),
            (862_182_613, "822.24 MiB"),
            (2_176_768_927, "2.03 GiB"),
            (1_500_000_000_000, "1.36 TiB"),
            (1_500_000_000_000_000, "1.33 PiB"),
            (u64::MAX, "16.00 EiB"),
        ] {
            assert_eq!(bytes(count), expected);
        }
    }
}
