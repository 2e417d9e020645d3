//! Explanations as SVG.

use std::fmt::Write as _;

use mlrc::escape::xml;
use mlrc::learner::Explanation;
use mlrc::learner::tokens::PrunedTree;
use unicode_width::UnicodeWidthStr;

use super::{Explained, POOLS, Role, percent};

/// Colours that colour-blind readers can tell apart (Okabe and Ito 2008): the sentence or attention, subject, object.
const COLOURS: [&str; 3] = ["#777777", "#0072b2", "#d55e00"];
const MARGIN: f64 = 24.0;
/// Width of a character of the words, which are set in a monospaced font.
const CHARACTER: f64 = 8.4;
/// Space between words.
const GAP: f64 = 14.0;
/// Height of a bar for a share of 1.
const BAR: f64 = 70.0;
/// Vertical distance between arcs, one for each level of nesting.
const LEVEL: f64 = 20.0;
/// Minimum width: that of the longest captions.
const LEAST: f64 = 560.0;

/// One document with all explanations, one below the other.
pub fn picture(all: &[Explained]) -> String {
    let mut body = String::new();
    let (mut top, mut width) = (MARGIN, LEAST);
    for explained in all {
        let layout = Layout::new(explained);
        width = width.max(layout.width + 2.0 * MARGIN);
        let _ = write!(body, "<g transform=\"translate({MARGIN},{top:.1})\">");
        top += layout.draw(&mut body) + 2.0 * MARGIN;
        body.push_str("</g>\n");
    }
    let height = top;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n"
    )
}

/// Where the words of a sentence stand.
struct Layout<'a> {
    explained: &'a Explained,
    /// The middle of each word.
    middles: Vec<f64>,
    widths: Vec<f64>,
    width: f64,
}

impl<'a> Layout<'a> {
    fn new(explained: &'a Explained) -> Self {
        let tokens = &explained.instance.tokens;
        // Three bars must fit above or below a word.
        let widths: Vec<f64> =
            tokens.iter().map(|token| (CHARACTER * token.width() as f64).max(24.0)).collect();
        let mut end = 0.0;
        let middles = widths
            .iter()
            .map(|width| {
                end += width + GAP;
                end - GAP - width / 2.0
            })
            .collect();
        Self { explained, middles, widths, width: end }
    }

    /// Draws the sentence and returns the height that it takes.
    fn draw(&self, out: &mut String) -> f64 {
        let title = format!("{}: {}", self.explained.instance.id, self.explained.verdict());
        text(out, (0.0, 13.0), "start", "font-weight=\"bold\"", &title);
        match &self.explained.explanation {
            Explanation::Attention(weights) => {
                let base = 44.0 + BAR;
                self.bars(out, base, -1.0, weights.iter().map(|&weight| vec![weight]));
                for (token, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight >= 0.005) {
                    let y = base - BAR * f64::from(weight) - 3.0;
                    text(out, (self.middles[token], y), "middle", "font-size=\"10\"", &percent(weight));
                }
                self.words(out, base + 18.0, |_| true);
                base + 30.0
            }
            Explanation::Evidence { relation, over, tokens, rest, .. } => {
                let greatest = tokens.iter().map(|value| value.abs()).fold(f32::MIN_POSITIVE, f32::max);
                let base = 44.0 + BAR;
                let part = |sign: f32| {
                    tokens
                        .iter()
                        .map(move |&value| vec![(sign * value).max(0.0) / greatest])
                        .collect::<Vec<_>>()
                };
                self.bars(out, base, -1.0, part(1.0).into_iter());
                self.words(out, base + 18.0, |_| true);
                self.bars(out, base + 28.0, 1.0, part(-1.0).into_iter());
                for (token, &value) in
                    tokens.iter().enumerate().filter(|(_, value)| value.abs() >= 0.05 * greatest)
                {
                    let height = BAR * f64::from(value.abs() / greatest);
                    let y = if value > 0.0 { base - height - 3.0 } else { base + 28.0 + height + 12.0 };
                    text(
                        out,
                        (self.middles[token], y),
                        "middle",
                        "font-size=\"10\"",
                        &format!("{value:+.2}"),
                    );
                }
                let [relation, over] = [relation, over].map(|&label| &self.explained.labels[label]);
                let note = format!(
                    "evidence: above the words for {relation}, below for {over} (logits); bias: {rest:+.2}"
                );
                let bottom = base + 28.0 + BAR + 34.0;
                text(out, (0.0, bottom), "start", "font-size=\"11\" fill=\"#666666\"", &note);
                bottom + 6.0
            }
            Explanation::Tree { tree, shares } => {
                let levels = self.arc_levels();
                let highest = levels.iter().copied().max().unwrap_or(0) as f64;
                let base = 40.0 + LEVEL * (highest + 1.0);
                self.arcs(out, base, tree, &levels);
                self.words(out, base + 18.0, |token| tree.kept[token]);
                self.bars(out, base + 36.0, 1.0, shares.iter().map(|shares| shares.to_vec()));
                let bottom = base + 36.0 + BAR + 26.0;
                for (place, (pool, colour)) in POOLS.iter().zip(COLOURS).enumerate() {
                    let x = 170.0 * place as f64;
                    let _ = write!(
                        out,
                        "<rect x=\"{x}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>",
                        bottom - 10.0
                    );
                    text(out, (x + 15.0, bottom), "start", "", &format!("pool of the {pool}"));
                }
                let note = "dot: root; thick: the path between the entities; grey: pruned";
                text(out, (0.0, bottom + 20.0), "start", "font-size=\"11\" fill=\"#666666\"", note);
                bottom + 26.0
            }
        }
    }

    fn words(&self, out: &mut String, y: f64, kept: impl Fn(usize) -> bool) {
        for (token, word) in self.explained.instance.tokens.iter().enumerate() {
            let role = self.explained.role(token);
            let style = match (role, kept(token)) {
                (Role::Subject, _) => format!("font-weight=\"bold\" fill=\"{}\"", COLOURS[1]),
                (Role::Object, _) => format!("font-weight=\"bold\" fill=\"{}\"", COLOURS[2]),
                (Role::Other, true) => String::new(),
                (Role::Other, false) => "fill=\"#aaaaaa\"".to_owned(),
            };
            let style = format!("font-family=\"monospace\" font-size=\"14\" {style}");
            text(out, (self.middles[token], y), "middle", &style, word);
        }
    }

    /// Bars for the shares of each token: from `base` upwards (`direction` −1) or downwards.
    fn bars(&self, out: &mut String, base: f64, direction: f64, shares: impl Iterator<Item = Vec<f32>>) {
        for (token, shares) in shares.enumerate() {
            let width = (self.widths[token] / shares.len() as f64 - 1.0).min(22.0);
            let total = (width + 1.0) * shares.len() as f64;
            for (place, &share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                let height = BAR * f64::from(share);
                let x = self.middles[token] - total / 2.0 + (width + 1.0) * place as f64;
                let y = if direction < 0.0 { base - height } else { base };
                let colour = COLOURS[place % COLOURS.len()];
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"><title>{}</title></rect>",
                    percent(share)
                );
            }
        }
    }

    /// The level of each token's arc to its head: above all arcs that it spans.
    fn arc_levels(&self) -> Vec<usize> {
        let heads = self.explained.instance.heads.as_deref().unwrap_or_default();
        let mut arcs: Vec<(usize, usize, usize)> = heads
            .iter()
            .enumerate()
            .filter_map(|(token, &head)| {
                let head = head.checked_sub(1).filter(|&head| head < heads.len() && head != token)?;
                Some((token.min(head), token.max(head), token))
            })
            .collect();
        arcs.sort_by_key(|&(first, last, _)| (last - first, first));
        let mut levels = vec![0; heads.len()];
        for (place, &(first, last, token)) in arcs.iter().enumerate() {
            let spanned = arcs[..place].iter().filter(|&&(from, to, _)| from < last && to > first);
            levels[token] = spanned.map(|&(_, _, other)| levels[other] + 1).max().unwrap_or(0);
        }
        levels
    }

    /// The arcs of the sentence's tree above `base`: thick on the path between the entities, grey if pruned.
    fn arcs(&self, out: &mut String, base: f64, tree: &PrunedTree, levels: &[usize]) {
        let heads = self.explained.instance.heads.as_deref().unwrap_or_default();
        let mut names = Vec::new();
        for (token, &head) in heads.iter().enumerate() {
            let whole = head.checked_sub(1).filter(|&head| head < heads.len() && head != token);
            let Some(parent) = tree.parents[token].or(whole) else { continue };
            let kept = tree.parents[token].is_some();
            let on_path = kept && tree.on_path[token] && tree.on_path[parent];
            let (colour, width) = match (kept, on_path) {
                (_, true) => ("#222222", 2.2),
                (true, false) => ("#666666", 1.2),
                (false, _) => ("#cccccc", 1.0),
            };
            // Incoming and outgoing arcs of a word are drawn side by side.
            let aside = if parent < token { -4.0 } else { 4.0 };
            let (from, to) = (self.middles[parent] - aside, self.middles[token] + aside);
            let top = base - LEVEL * (levels[token] as f64 + 1.0);
            let _ = write!(
                out,
                "<path d=\"M{from:.1},{base:.1} C{from:.1},{top:.1} {to:.1},{top:.1} {to:.1},{base:.1}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>\
                 <path d=\"M{to:.1},{base:.1} l-3,-6 h6 z\" fill=\"{colour}\"/>"
            );
            if let Some(relation) = self.explained.relation_to_head(token) {
                // A curve of this shape rises to three quarters of its control points' height.
                let y = base - 0.75 * (base - top) - 2.0;
                names.push((f64::midpoint(from, to), y, colour, relation));
            }
        }
        // Drawn over the arcs, each with a narrow white outline.
        for (x, y, colour, relation) in names {
            let style = format!(
                "font-size=\"9\" fill=\"{colour}\" stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\""
            );
            text(out, (x, y), "middle", &style, relation);
        }
        let root = self.middles[tree.root];
        let _ = write!(out, "<circle cx=\"{root:.1}\" cy=\"{base:.1}\" r=\"3.5\" fill=\"#222222\"/>");
    }
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, style: &str, content: &str) {
    let _ = write!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{}</text>",
        xml(content)
    );
}
