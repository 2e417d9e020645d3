//! How far a download is: a bar on a terminal, nothing elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// A bar that goes away by itself.
pub struct Meter {
    bar: Option<ProgressBar>,
}

impl Meter {
    pub fn new(total: Option<u64>, position: u64) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let template = match total {
                Some(_) => "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left",
                None => "{spinner} {bytes}, {bytes_per_sec}",
            };
            let style = ProgressStyle::with_template(template).expect("the template is well-formed");
            let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new).with_style(style);
            // What came before must not count towards the rate.
            bar.with_position(position)
        });
        Self { bar }
    }

    pub fn show(&mut self, position: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A number of bytes for people.
pub fn bytes(count: u64) -> String {
    HumanBytes(count).to_string()
}
