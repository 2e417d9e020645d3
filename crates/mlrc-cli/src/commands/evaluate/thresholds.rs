//! The thresholds that a wanted precision needs, as a table and as flags.

use std::fmt::Write as _;

use mlrc::scoring::{NeededThreshold, OperatingPoint};
use serde::Serialize;

use super::super::abstaining::flags;

/// What `--precision` finds.
#[derive(Serialize)]
pub struct Needed {
    precision: f64,
    /// Of all relations together, then of each.
    thresholds: Vec<NeededThreshold>,
    /// Flags that abstain alike from the answers of all relations; `None` if no threshold has the precision.
    flags: Option<String>,
    /// Flags with a threshold for each relation.
    flags_by_relation: String,
}

impl Needed {
    /// `thresholds` are those of all relations together, then of each.
    pub fn new(precision: f64, thresholds: Vec<NeededThreshold>) -> Self {
        let all = thresholds.iter().find(|found| found.relation.is_none());
        let alike = all.and_then(|found| found.reached).map(|point| flags(Some(point.threshold), &[]));
        // Where no threshold is known to do, only answers that are certain are given.
        let each = thresholds.iter().filter_map(|found| {
            let least = found.reached.map_or(1.0, |point| point.threshold);
            found.relation.clone().filter(|_| least > 0.0).map(|relation| (relation, least))
        });
        let flags_by_relation = flags(None, &each.collect::<Vec<_>>());
        Self { precision, flags: alike, flags_by_relation, thresholds }
    }

    /// For people; `model` and `answers` are what was evaluated.
    pub fn text(&self, model: &str, answers: usize) -> String {
        let name = |found: &NeededThreshold| {
            found.relation.clone().unwrap_or_else(|| "all relations together".to_owned())
        };
        let width = self.thresholds.iter().map(|found| name(found).chars().count()).max().unwrap_or(0);
        let mut out = format!(
            "thresholds for a precision of {}, chosen on these {answers} instances, so expect a little less on others\n\
             {:width$}  threshold  precision   recall  answered  gold\n",
            percent(self.precision),
            "relation"
        );
        for found in &self.thresholds {
            let _ = write!(out, "{:width$}  ", name(found));
            let _ = match (&found.reached, &found.most_precise) {
                (Some(OperatingPoint { threshold, precision, recall, answered }), _) => writeln!(
                    out,
                    "{threshold:9}  {:8.2}%  {:6.2}%  {answered:8}  {:4}",
                    100.0 * precision,
                    100.0 * recall,
                    found.support
                ),
                (None, Some(most)) => writeln!(
                    out,
                    "        –  at most {:.2}%, with {} ({} answered)",
                    100.0 * most.precision,
                    most.threshold,
                    most.answered
                ),
                (None, None) => writeln!(out, "        –  never answered ({} gold)", found.support),
            };
        }
        match self.flags.as_deref() {
            Some(flags) => {
                let _ = writeln!(out, "the same for all: mlrc predict {model} {flags}");
            }
            None => out.push_str("the same for all: no threshold has this precision\n"),
        }
        let _ = match &self.flags_by_relation[..] {
            "" => writeln!(out, "one for each:     none is needed"),
            flags => writeln!(out, "one for each:     mlrc predict {model} {flags}"),
        };
        out
    }
}

/// A share as it was written: `90 %`, not `90.00000000000001 %`.
fn percent(share: f64) -> String {
    format!("{} %", (share * 1e8).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(threshold: f64, precision: f64, recall: f64, answered: usize) -> OperatingPoint {
        OperatingPoint { threshold, precision, recall, answered }
    }

    fn found(
        relation: Option<&str>,
        support: usize,
        reached: Option<OperatingPoint>,
        most_precise: Option<OperatingPoint>,
    ) -> NeededThreshold {
        NeededThreshold { relation: relation.map(str::to_owned), support, reached, most_precise }
    }

    #[test]
    fn thresholds_are_a_table_and_flags() {
        let sure = Some(point(0.0, 1.0, 0.9, 9));
        let needed = Needed::new(
            0.9,
            vec![
                found(
                    None,
                    30,
                    Some(point(0.62, 19.0 / 21.0, 19.0 / 30.0, 21)),
                    Some(point(0.9, 1.0, 0.1, 3)),
                ),
                found(Some("founded"), 10, sure, sure),
                found(
                    Some("Cause-Effect(e1,e2)"),
                    12,
                    Some(point(0.75, 0.9, 0.75, 10)),
                    Some(point(0.9, 1.0, 0.25, 3)),
                ),
                found(Some("located"), 5, None, Some(point(0.8, 2.0 / 3.0, 0.4, 3))),
                found(Some("spouse"), 3, None, None),
            ],
        );
        insta::assert_snapshot!(needed.text("model", 60));
        assert!(!Needed::new(0.5, vec![found(None, 1, None, None)]).text("m", 1).contains("--abstain"));
    }
}
