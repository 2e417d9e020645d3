//! The findings of a search: as CSV for programs, as Markdown and text for people.

use std::fmt::Write as _;

use mlrc::corpus::counted;
use mlrc::escape::{self, csv};

use super::super::summary::statistics::mean;
use super::halving::Standing;
use super::importance::{Group, by_chance, explained, groups};
use super::search::{Gain, Search};
use super::{Tuning, trial_name};
use crate::percent;

/// The trials by number: how far each got, its mean development score over the seeds of its last rung (a
/// fraction, not a percentage), computation, values, and why it failed if it did.
pub fn trials_csv(search: &Search) -> String {
    let mut out = "trial,rung,seeds,mean_dev,deviation,instance_gradients,".to_owned();
    for parameter in &search.parameters {
        let _ = write!(out, "{},", csv(&parameter.key));
    }
    out += "failure\n";
    for trial in &search.trials {
        let of_trial = |standings: &Vec<Standing>| {
            standings.iter().find(|standing| standing.trial == trial.number).cloned()
        };
        let last = search
            .finished
            .iter()
            .map(of_trial)
            .enumerate()
            .filter_map(|(rung, s)| Some((rung, s?)))
            .next_back();
        let Some((rung, standing)) = last else { continue };
        let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let _ = write!(
            out,
            "{},{},{},{},{},{},",
            trial.number,
            rung + 1,
            search.rungs[rung].seeds,
            optional(standing.mean()),
            optional(standing.deviation()),
            optional(standing.instance_gradients()),
        );
        for value in trial.readable() {
            let _ = write!(out, "{},", csv(&value));
        }
        let _ = writeln!(
            out,
            "{}",
            standing.scores.err().map_or_else(String::new, |error| csv(&error).into_owned())
        );
    }
    out
}

/// The last finished rung in one line; `None` if there is none yet.
pub fn describe_rung(search: &Search) -> Option<String> {
    let standings = search.finished.last()?;
    let rung = search.finished.len() - 1;
    let failed = standings.iter().filter(|standing| standing.scores.is_err()).count();
    let best = standings.first().filter(|standing| standing.scores.is_ok());
    let score = |standing: &Standing| standing.mean().map_or_else(|| "failed".to_owned(), per_cent);
    let mut line = format!("rung {} of {}: ", rung + 1, search.rungs.len());
    line += &best.map_or_else(
        || "every trial failed".to_owned(),
        |best| format!("{} is best with {}", trial_name(best.trial), score(best)),
    );
    if let Some(baseline) =
        standings.iter().find(|s| s.trial == 0).filter(|_| best.is_some_and(|b| b.trial != 0))
    {
        let _ = write!(line, ", the baseline has {}", score(baseline));
    }
    if failed > 0 {
        let _ = write!(line, "; {failed} failed");
    }
    if rung + 1 < search.rungs.len() && best.is_some() {
        let _ = write!(
            line,
            "; {} left for the next rung",
            counted(search.remaining().filter(|trial| *trial != 0).count(), "trial")
        );
    }
    Some(line)
}

/// The outcome, in plain words.
pub fn verdict(search: &Search) -> String {
    let Some(winning) = search.winning() else { return "Every trial failed.".to_owned() };
    let seeds = search.rungs[search.finished.len() - 1].seeds;
    let score = winning.mean().map_or_else(String::new, per_cent);
    if winning.trial == 0 {
        return format!(
            "No trial did better than the baseline: its mean development score is {score} over {}. `best.toml` is the baseline.",
            counted(seeds, "seed")
        );
    }
    let winner = trial_name(winning.trial);
    let mut text =
        format!("Best is {winner}, with a mean development score of {score} over {}", counted(seeds, "seed"));
    match search.gain() {
        None => text += "; the baseline failed, so there is nothing to compare it with.",
        Some(gain) => {
            let _ = write!(
                text,
                "; the baseline has {}: {}. {} was chosen because it scored best on these seeds, so this is \
                 biased in its favour.",
                per_cent(gain.baseline),
                difference(&gain),
                capitalised(&winner),
            );
            text += &confirmed(search);
            let gradients = |standing: Option<&Standing>| standing?.instance_gradients();
            if let (Some(ours), Some(baseline)) = (gradients(Some(winning)), gradients(search.baseline()))
                && !(0.9..1.1).contains(&(ours / baseline))
            {
                let _ = write!(
                    text,
                    "\n\nIt computes {:.1} × as many instance-gradients as the baseline.",
                    ours / baseline
                );
            }
        }
    }
    text
}

/// The result on fresh seeds.
fn confirmed(search: &Search) -> String {
    match search.confirmation() {
        None => " Give fresh seeds (`confirm` in the recipe) for an unbiased figure.".to_owned(),
        Some(Err(error)) => format!("\n\nOn fresh seeds it could not be compared: {error}."),
        Some(Ok(gain)) => {
            let means = match gain.interval {
                Some([low, _]) if low > 0.0 => "The interval is above 0: on development data, tuning helped.",
                Some([_, high]) if high < 0.0 => "The interval is below 0: the baseline is better; keep it.",
                Some(_) => "The interval includes 0: this does not show that tuning helped.",
                None => "One seed says little.",
            };
            format!(
                "\n\nOn {} it has {}, the baseline {}: {}. {means}",
                counted(gain.seeds, "fresh seed"),
                per_cent(gain.trial),
                per_cent(gain.baseline),
                difference(gain),
            )
        }
    }
}

/// Everything as Markdown: the verdict, the rungs, the trials of the last one, and what each parameter
/// contributed.
pub fn markdown(search: &Search) -> String {
    let Tuning { about, arm, fraction, .. } = search.tuning;
    let mut out =
        format!("# Hyper-parameters of {arm}, tuned with {} % of the labels\n\n", percent(*fraction));
    if !about.trim().is_empty() {
        let _ = write!(out, "{}\n\n", about.trim());
    }
    let _ = write!(out, "{}\n\n## Rungs\n\n", verdict(search));
    out += "Mean development scores in per cent. All trials of a rung ran on the same splits.\n\n\
            | rung | seeds | trials | failed | best | | baseline |\n|---|---|---|---|---|---|---|\n";
    for (place, standings) in search.finished.iter().enumerate() {
        let mean = |trial: usize| standings.iter().find(|standing| standing.trial == trial)?.mean();
        let best = standings[0].trial;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            place + 1,
            search.rungs[place].seeds,
            standings.iter().filter(|standing| standing.trial != 0).count(),
            standings.iter().filter(|standing| standing.scores.is_err()).count(),
            mean(best).map_or_else(dash, |_| trial_name(best)),
            mean(best).map_or_else(dash, points),
            mean(0).map_or_else(dash, points),
        );
    }
    finalists(&mut out, search);
    parameters(&mut out, search);
    failures(&mut out, search);
    out
}

fn finalists(out: &mut String, search: &Search) {
    let Some(last) = search.finished.last() else { return };
    *out += "\n## The last rung\n\nDifferences from the baseline in points, with their 95 % interval over seeds (paired t); \
             computation in instance-gradients of the baseline.\n\n| trial | score | deviation | difference | computation |";
    let baseline = search.baseline();
    for parameter in &search.parameters {
        let _ = write!(out, " {} |", escape::markdown(&parameter.key));
    }
    *out += "\n|---|---|---|---|---|";
    out.extend(search.parameters.iter().map(|_| "---|"));
    out.push('\n');
    for standing in last.iter().filter(|standing| standing.scores.is_ok()) {
        let gain = baseline.filter(|_| standing.trial != 0).and_then(|baseline| Gain::of(standing, baseline));
        let cost = baseline
            .and_then(Standing::instance_gradients)
            .zip(standing.instance_gradients())
            .map(|(baseline, ours)| format!("{:.1}", ours / baseline));
        let _ = write!(
            out,
            "| {} | {} | {} | {} | {} |",
            trial_name(standing.trial),
            standing.mean().map_or_else(dash, points),
            standing.deviation().map_or_else(dash, points),
            gain.map_or_else(dash, |gain| short_difference(&gain)),
            cost.unwrap_or_else(dash),
        );
        for value in search.trials[standing.trial].readable() {
            let _ = write!(out, " {} |", escape::markdown(&value));
        }
        out.push('\n');
    }
}

/// How each parameter's values performed in the first rung, where all trials ran on the same seeds.
fn parameters(out: &mut String, search: &Search) {
    let Some(first) = search.finished.first() else { return };
    let _ = write!(
        out,
        "\n## What mattered\n\nDevelopment scores in the first rung ({}), in per cent, by the values of one \
         parameter at a time. Parameters are ordered by the share of the variance between trials that they \
         explain (corrected for chance); p is how often trials shuffled at random would show as much. Among \
         many parameters, one may have a small p by chance.\n",
        counted(search.rungs[0].seeds, "seed")
    );
    let mut all: Vec<(f64, usize, Vec<Group>)> = (0..search.parameters.len())
        .map(|place| {
            let groups = groups(search, first, place);
            (explained(&groups), place, groups)
        })
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (share, place, groups) in all {
        let _ = write!(
            out,
            "\n### {}: {:.0} % (p = {:.3})\n\n| values | trials | failed | mean | best |\n|---|---|---|---|---|\n",
            escape::markdown(&search.parameters[place].key),
            100.0 * share,
            by_chance(&groups),
        );
        for Group { name, dev, failed } in groups {
            let best = dev.iter().copied().reduce(f64::max);
            let _ = writeln!(
                out,
                "| {} | {} | {failed} | {} | {} |",
                escape::markdown(&name),
                dev.len() + failed,
                best.map_or_else(dash, |_| points(mean(&dev))),
                best.map_or_else(dash, points)
            );
        }
    }
}

fn failures(out: &mut String, search: &Search) {
    let mut failed = Vec::new();
    for standing in search.finished.iter().flatten() {
        if let Err(error) = &standing.scores {
            failed.push((standing.trial, error));
        }
    }
    if failed.is_empty() {
        return;
    }
    failed.sort_unstable();
    *out += "\n## What failed\n\n";
    for (trial, error) in failed {
        let _ = writeln!(out, "- {}, {}", trial_name(trial), escape::markdown(error));
    }
}

fn difference(gain: &Gain) -> String {
    let interval = gain.interval.map_or_else(String::new, |[low, high]| {
        format!(", 95 % interval {} to {}", signed(low), signed(high))
    });
    format!("{} points{interval}", signed(gain.difference))
}

fn short_difference(gain: &Gain) -> String {
    let interval = gain.interval.map(|[low, high]| format!(" ({} to {})", signed(low), signed(high)));
    signed(gain.difference) + &interval.unwrap_or_default()
}

fn signed(share: f64) -> String {
    format!("{:+.1}", 100.0 * share).replace('-', "−")
}

fn per_cent(share: f64) -> String {
    points(share) + " %"
}

fn points(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn dash() -> String {
    "–".to_owned()
}

fn capitalised(text: &str) -> String {
    text.replacen('t', "T", 1)
}
