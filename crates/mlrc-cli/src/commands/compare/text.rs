//! A comparison as text.

use std::fmt::Write as _;

use mlrc::corpus::counted;
use mlrc_experiment::systems::{Compared, Difference, System, Systems};
use serde_json::Value;

/// Most rows of what two systems answer differently.
const MOST_DIFFERENCES: usize = 10;
const NO_ANSWER: &str = "–";

/// Scores, pairs, what differs, and the sentences that were chosen to be shown of `differing`.
pub fn text(compared: &Systems, data: &str, sentences: &[Value], differing: usize) -> String {
    let Systems { systems, pairs } = compared;
    let Some(first) = systems.first() else { return String::new() };
    let scores = &first.scores;
    let mut out = format!(
        "{} of {data}, scorer {}: {}\n\n",
        counted(scores.instances, "instance"),
        scores.scorer,
        scores.primary.name
    );
    let width = longest(systems.iter().map(|system| &system.name[..]), "system");
    let _ = writeln!(out, "{:width$}   score  95 % interval     right  not answered", "system");
    for System { name, scores, interval: [low, high], accuracy, unanswered } in systems {
        let _ = writeln!(
            out,
            "{name:width$}  {:6.2}  {:6.2} to {:6.2}  {:6.2}%  {unanswered:12}",
            100.0 * scores.primary.value,
            100.0 * low,
            100.0 * high,
            100.0 * accuracy
        );
    }
    let called = |pair: &Compared| format!("{} − {}", systems[pair.one].name, systems[pair.other].name);
    let names: Vec<String> = pairs.iter().map(called).collect();
    let width = longest(names.iter().map(|name| &name[..]), "difference");
    let corrected = if pairs.len() > 1 { "  p (Holm)" } else { "" };
    let _ = writeln!(
        out,
        "\n{:width$}  points  95 % interval         p{corrected}  answered differently",
        "difference"
    );
    for (name, pair) in names.iter().zip(pairs) {
        let Compared { difference, interval: [low, high], p, p_holm, differ, .. } = pair;
        let corrected = if pairs.len() > 1 { format!("  {p_holm:8.4}") } else { String::new() };
        let _ = writeln!(
            out,
            "{name:width$}  {:+6.2}  {:+6.2} to {:+6.2}  {p:6.4}{corrected}  {differ:20}",
            100.0 * difference,
            100.0 * low,
            100.0 * high
        );
    }
    out.push_str(
        "(intervals: sentences drawn anew; p: how often exchanging the two answers to sentences makes as great a difference; \
         chance in training, such as other seeds, is in neither)\n",
    );
    for pair in pairs.iter().filter(|pair| pair.differ > 0) {
        differences(&mut out, pair, [&systems[pair.one].name, &systems[pair.other].name]);
    }
    for sentence in sentences {
        let field = |name: &str| sentence[name].as_str().unwrap_or(NO_ANSWER);
        let _ = writeln!(out, "\n{}  {}\n  gold: {}", field("id"), field("sentence"), field("relation"));
        for answer in sentence["answers"].as_array().into_iter().flatten() {
            let label = answer["relation"].as_str();
            let right =
                if label.is_some() && label == sentence["relation"].as_str() { " (right)" } else { "" };
            let name = answer["system"].as_str().unwrap_or_default();
            let _ = writeln!(out, "  {name}: {}{right}", label.unwrap_or(NO_ANSWER));
        }
    }
    if differing > sentences.len() {
        let more = counted(differing - sentences.len(), "more sentence");
        let _ =
            writeln!(out, "\n{more} answered differently (--sentences N shows more, --out FILE writes all)");
    }
    out
}

/// What two systems answer where they differ.
fn differences(out: &mut String, pair: &Compared, [one, other]: [&str; 2]) {
    let Compared { differ, only_one_right, only_other_right, .. } = pair;
    let _ = writeln!(
        out,
        "\n{one} and {other} differ on {}: only {one} is right on {only_one_right}, only {other} on {only_other_right}, \
         neither on {}",
        counted(*differ, "sentence"),
        differ - only_one_right - only_other_right
    );
    let shown = &pair.differences[..pair.differences.len().min(MOST_DIFFERENCES)];
    let label = |label: &Option<String>| label.clone().unwrap_or_else(|| NO_ANSWER.to_owned());
    let rows: Vec<[String; 3]> = shown
        .iter()
        .map(|Difference { gold, one, other, .. }| [gold.clone(), label(one), label(other)])
        .collect();
    let header = ["gold", one, other];
    let widths = [0, 1, 2].map(|column| longest(rows.iter().map(|row| &row[column][..]), header[column]));
    let mut line = |cells: [&str; 3], last: &str| {
        let [a, b, c] = widths;
        let _ = writeln!(out, "{:a$}  {:b$}  {:c$}  {last:>9}", cells[0], cells[1], cells[2]);
    };
    line(header, "sentences");
    for (row, difference) in rows.iter().zip(shown) {
        line([&row[0], &row[1], &row[2]], &difference.count.to_string());
    }
    let rest: usize = pair.differences.iter().skip(shown.len()).map(|difference| difference.count).sum();
    if rest > 0 {
        let _ = writeln!(
            out,
            "… and {rest} in {} (--json has all)",
            counted(pair.differences.len() - shown.len(), "other way")
        );
    }
}

fn longest<'a>(names: impl Iterator<Item = &'a str>, header: &'a str) -> usize {
    names.chain([header]).map(|name| name.chars().count()).max().unwrap_or(0)
}
