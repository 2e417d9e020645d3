//! Explanations for the terminal.

use std::fmt::Write as _;

use mlrc::corpus::Span;
use mlrc::escape::terminal;
use mlrc::learner::Explanation;
use mlrc::learner::tokens::PrunedTree;
use unicode_width::UnicodeWidthStr;

use super::{Explained, POOLS, Role, percent};

/// Width of a full bar, in cells of the terminal.
const BAR: usize = 20;
/// Maximum width of branches, in cells.
const DEEPEST: usize = 120;

/// The sentence, the verdict, and the attention or the tree, in lines.
pub fn outline(explained: &Explained) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}: {}", explained.instance.id, marked(explained));
    let _ = writeln!(out, "  {}\n", explained.verdict());
    match &explained.explanation {
        Explanation::Attention(weights) => attention(&mut out, explained, weights),
        Explanation::Evidence { relation, over, tokens, rest, regions } => {
            let [relation, over] = [relation, over].map(|&label| &explained.labels[label]);
            let _ = writeln!(out, "  evidence for {relation} over {over} (logits)");
            evidence(&mut out, explained, tokens);
            let sum: f32 = tokens.iter().sum::<f32>() + rest;
            let _ = writeln!(out, "  {rest:>+6.2}  bias (independent of the words)\n  {sum:>+6.2}  total");
            if !regions.is_empty() {
                let each: Vec<String> =
                    regions.iter().map(|(name, sum)| format!("{name} {sum:+.2}")).collect();
                let _ = writeln!(out, "  by region: {}", each.join(", "));
            }
        }
        Explanation::Tree { tree, shares } => pools(&mut out, explained, tree, shares),
    }
    terminal(&out).into_owned()
}

/// The sentence, with the entities in brackets.
fn marked(explained: &Explained) -> String {
    let (subject, object) = (explained.instance.subject.span, explained.instance.object.span);
    let mut words = Vec::new();
    for (place, token) in explained.instance.tokens.iter().enumerate() {
        let begin = [subject, object].into_iter().filter(|span: &Span| span.start == place);
        let opening = "[".repeat(begin.count());
        let closing = [(subject, "]₁"), (object, "]₂")];
        let mut closing = closing.into_iter().filter(|(span, _)| span.end == place + 1).collect::<Vec<_>>();
        // The inner one is closed first.
        closing.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        let closing: String = closing.into_iter().map(|(_, bracket)| bracket).collect();
        words.push(format!("{opening}{token}{closing}"));
    }
    words.join(" ")
}

fn attention(out: &mut String, explained: &Explained, weights: &[f32]) {
    let greatest = weights.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let width = explained.instance.tokens.iter().map(|token| token.width()).max().unwrap_or(0);
    let _ = writeln!(out, "  attention");
    for (place, (token, &weight)) in explained.instance.tokens.iter().zip(weights).enumerate() {
        let line = format!("  {:>5}  {}  {}", percent(weight), padded(token, width), bar(weight / greatest));
        let line = format!(
            "{line}{:1$}{2}",
            "",
            BAR.saturating_sub(bar(weight / greatest).width()),
            role(explained.role(place))
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn evidence(out: &mut String, explained: &Explained, tokens: &[f32]) {
    let greatest = tokens.iter().map(|value| value.abs()).fold(f32::MIN_POSITIVE, f32::max);
    let width = explained.instance.tokens.iter().map(|token| token.width()).max().unwrap_or(0);
    for (place, (token, &value)) in explained.instance.tokens.iter().zip(tokens).enumerate() {
        // Half of the width for each sign, meeting in the middle.
        let bar = bar(0.5 * value.abs() / greatest);
        let half = BAR / 2;
        let [left, right] =
            if value < 0.0 { ["░".repeat(bar.width()), String::new()] } else { [String::new(), bar] };
        let number = if value == 0.0 { "·".to_owned() } else { format!("{value:+.2}") };
        let line = format!(
            "  {number:>6}  {}  {}{left}│{right}{}{}",
            padded(token, width),
            " ".repeat(half.saturating_sub(left.width())),
            " ".repeat(half.saturating_sub(right.width())),
            role(explained.role(place))
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn pools(out: &mut String, explained: &Explained, tree: &PrunedTree, shares: &[[f32; 3]]) {
    const TITLE: &str = "share of the max-pool";
    let rows = rows(explained, tree);
    let width = rows.iter().map(|(_, text)| text.width()).max().unwrap_or(0).max(TITLE.width());
    let header: String = POOLS.iter().map(|pool| format!("{pool:>10}")).collect();
    let _ = writeln!(out, "  {}{header}", padded(TITLE, width));
    for (token, text) in rows {
        let shares: String = shares[token]
            .iter()
            .map(|&share| format!("{:>10}", if share == 0.0 { "·".to_owned() } else { percent(share) }))
            .collect();
        let line = format!("  {}{shares}  {}", padded(&text, width), role(explained.role(token)));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let cut: Vec<&str> = (0..tree.kept.len())
        .filter(|&token| !tree.kept[token])
        .map(|token| &explained.instance.tokens[token][..])
        .collect();
    if !cut.is_empty() {
        let _ = writeln!(out, "  pruned: {}", cut.join(" "));
    }
}

/// The tokens of the tree from the root down, with their branches.
fn rows(explained: &Explained, tree: &PrunedTree) -> Vec<(usize, String)> {
    let mut children = vec![Vec::new(); tree.kept.len()];
    for (child, parent) in tree.edges() {
        children[parent].push(child);
    }
    let mut rows = Vec::new();
    let mut open = vec![(tree.root, String::new(), "")];
    while let Some((token, indent, branch)) = open.pop() {
        let relation = explained.relation_to_head(token).filter(|_| token != tree.root);
        let relation = relation.map_or_else(String::new, |relation| format!(" ({relation})"));
        rows.push((token, format!("{indent}{branch}{}{relation}", explained.instance.tokens[token])));
        let below = match branch {
            "" => "",
            "├─ " => "│  ",
            _ => "   ",
        };
        // Very deep trees are not indented any further.
        let below = if indent.chars().count() < DEEPEST { below } else { "" };
        for (place, &child) in children[token].iter().enumerate().rev() {
            let branch = if place + 1 < children[token].len() { "├─ " } else { "└─ " };
            open.push((child, format!("{indent}{below}"), branch));
        }
    }
    rows
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Subject => " ← subject",
        Role::Object => " ← object",
        Role::Other => "",
    }
}

/// A bar drawn in eighths of a cell.
fn bar(share: f32) -> String {
    let eighths = (share * BAR as f32 * 8.0).round() as usize;
    let rest =
        [None, Some('▏'), Some('▎'), Some('▍'), Some('▌'), Some('▋'), Some('▊'), Some('▉')][eighths % 8];
    std::iter::repeat_n('█', eighths / 8).chain(rest).collect()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(text.width()))
}
