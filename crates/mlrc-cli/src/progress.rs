//! Progress of a run: bars with rate and time left on a terminal, otherwise plain lines; always on stderr.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use mlrc::corpus::counted;
use mlrc::escape::terminal;
use mlrc::run::Event;

/// Meta-iterations between two plain lines.
const LINE_EVERY: usize = 100;

/// How many lines are shown before the rest are only counted.
const FEW: usize = 5;

/// Shows the events of a run.
pub struct Progress {
    bar: Option<ProgressBar>,
    pace: Pace,
    terminal: bool,
    quiet: bool,
}

impl Progress {
    /// A display that writes nothing if `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self { bar: None, pace: Pace::starting_at(0), terminal: stderr().is_terminal(), quiet }
    }

    /// A line of information.
    pub fn note(&self, text: &str) {
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => bar.println(terminal(text)),
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
            self.pace = Pace::starting_at(position);
            // What does not fit into the line is cut off: a line that wraps would stay.
            let style =
                ProgressStyle::with_template("{bar:20} {wide_msg}").expect("the template is well-formed");
            ProgressBar::new(length).with_style(style).with_position(position)
        });
        bar.set_message(format!(
            "{position}/{length} {unit}{}, loss {loss:.3}",
            self.pace.text(position, length, Instant::now())
        ));
        bar.set_position(position);
    }
}

/// The rate since a beginning, which need not be that of the work: after resuming, earlier progress does not count.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    from: u64,
    since: Instant,
}

impl Pace {
    /// A rate that is measured from now on.
    pub fn starting_at(position: u64) -> Self {
        Self { from: position, since: Instant::now() }
    }

    /// Rate and time left, to be put after a position; nothing as long as they are not known.
    pub fn text(&self, position: u64, length: u64, now: Instant) -> String {
        let (done, seconds) =
            (position.saturating_sub(self.from), now.duration_since(self.since).as_secs_f64());
        if done == 0 || seconds <= 0.0 {
            return String::new();
        }
        let rate = done as f64 / seconds;
        let left = Duration::try_from_secs_f64(length.saturating_sub(position) as f64 / rate);
        let left = left.map_or_else(|_| String::new(), |left| format!(", {} left", duration(left)));
        let rate = if rate >= 1.0 { format!("{rate:.1}/s") } else { format!("{:.1} s each", 1.0 / rate) };
        format!(", {rate}{left}")
    }
}

/// A duration in the two largest units that matter: `3 h 20 min`, `4 min 5 s`, `7 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

fn dev_text(dev: Option<f64>) -> String {
    dev.map_or_else(String::new, |score| format!(", development score {:.2} %", 100.0 * score))
}

/// Rates of transformers are far below a thousandth.
fn rate_text(rate: f32) -> String {
    if rate == 0.0 || rate >= 1e-3 { format!("{rate:.3}") } else { format!("{rate:.0e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_after_resuming_is_that_of_what_was_done_since() {
        let pace = Pace::starting_at(900);
        let text = |position, seconds| pace.text(position, 1000, pace.since + Duration::from_secs(seconds));
        assert_eq!(text(900, 5), "", "nothing is known yet");
        assert_eq!(text(960, 5), ", 12.0/s, 3 s left");
        assert_eq!(text(901, 38), ", 38.0 s each, 1 h 2 min left");
        assert_eq!(text(1000, 50), ", 2.0/s, 0 s left");
        assert_eq!(text(10, 5), "", "a new stage starts anew");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let of = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!([of(7), of(245), of(12_059)], ["7 s", "4 min 5 s", "3 h 20 min"]);
    }
}
