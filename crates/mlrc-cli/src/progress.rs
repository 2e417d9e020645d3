//! Progress of a run: bars with rate and time left on a terminal, otherwise plain lines; always on stderr.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};
use mlrc::corpus::counted;
use mlrc::run::Event;

/// Meta-iterations between two plain lines.
const LINE_EVERY: usize = 100;

/// How many lines are shown before the rest are only counted.
const FEW: usize = 5;

/// Shows the events of a run.
pub struct Progress {
    bar: Option<ProgressBar>,
    terminal: bool,
    quiet: bool,
}

impl Progress {
    /// A display that writes nothing if `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self { bar: None, terminal: stderr().is_terminal(), quiet }
    }

    /// A line of information.
    pub fn note(&self, text: &str) {
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => bar.println(text),
            None => say!("{text}"),
        }
    }

    /// The first few lines of information, and how many more there are.
    pub fn note_few(&self, lines: impl IntoIterator<Item = String>, what: &str) {
        let mut lines = lines.into_iter();
        lines.by_ref().take(FEW).for_each(|line| self.note(&line));
        match lines.count() {
            0 => {}
            more => self.note(&format!("… and {}", counted(more, &format!("more {what}")))),
        }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        if self.quiet {
            return;
        }
        match *event {
            Event::MetaIteration { iteration, of, loss } => {
                self.advance("meta-iterations", iteration as u64, of as u64, loss);
                if !self.terminal && (iteration % LINE_EVERY == 0 || iteration == of) {
                    say!("meta-iteration {iteration}/{of}: loss {loss:.3}");
                }
            }
            Event::MetaEnd { dev, instances, .. } => {
                self.finish();
                say!("meta-learning done: {instances} instance-gradients{}", dev_text(dev));
            }
            Event::End { dev } => self.note(&format!("the last layer is solved again{}", dev_text(dev))),
            // What it tells is said when the model has been saved.
            Event::Solved { .. } => {}
            Event::Step { instances, of, loss } => self.advance("instance-gradients", instances, of, loss),
            Event::Round { round, of, loss, dev, learning_rate, .. } => {
                let rate = if dev.is_some() {
                    format!(", learning rate {}", rate_text(learning_rate))
                } else {
                    String::new()
                };
                self.note(&format!("round {round}/{of}: loss {loss:.3}{}{rate}", dev_text(dev)));
                if round == of {
                    self.finish();
                }
            }
        }
    }

    /// Removes the bar.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn advance(&mut self, unit: &str, position: u64, length: u64, loss: f32) {
        if !self.terminal {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let template =
                format!("{{bar:30}} {{pos}}/{{len}} {unit}, {{per_sec}}, {{eta}} left, loss {{msg}}");
            let style = ProgressStyle::with_template(&template).expect("the template is well-formed");
            let bar = ProgressBar::new(length).with_style(style);
            // After resuming, earlier progress must not count towards the rate.
            bar.with_position(position.saturating_sub(1))
        });
        bar.set_position(position);
        bar.set_message(format!("{loss:.3}"));
    }
}

fn dev_text(dev: Option<f64>) -> String {
    dev.map_or_else(String::new, |score| format!(", development score {:.2} %", 100.0 * score))
}

/// Rates of transformers are far below a thousandth.
fn rate_text(rate: f32) -> String {
    if rate == 0.0 || rate >= 1e-3 { format!("{rate:.3}") } else { format!("{rate:.0e}") }
}
