//! What text from data becomes in each kind of output, so that nothing in it is taken for more than text: a label cannot
//! move a terminal's cursor, begin another field, be computed by a spreadsheet or become part of a page.

use std::borrow::Cow;

/// For a terminal: characters that control it, or that turn the direction of what follows, as `\u{1b}`. Line breaks and tabs
/// stay.
pub fn terminal(text: &str) -> Cow<'_, str> {
    let controls = |c: char| (c.is_control() && c != '\n' && c != '\t') || turns_direction(c);
    replaced(text, controls, |c, out| out.extend(c.escape_unicode()))
}

/// For a line of tab-separated fields, which may be read on a terminal: tabs, line breaks and all other characters that control
/// one as spaces.
pub fn field(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c.is_control() || breaks_line(c) || turns_direction(c), |_, out| out.push(' '))
}

/// For a cell of CSV: quoted if necessary. What a spreadsheet would compute (`=1+1`) begins with an apostrophe; numbers stay
/// numbers.
pub fn csv(text: &str) -> Cow<'_, str> {
    let clean = replaced(text, forbidden_in_xml, |_, out| out.push(char::REPLACEMENT_CHARACTER));
    let computes = clean.starts_with(['=', '+', '-', '@', '\t', '\r']) && clean.parse::<f64>().is_err();
    let needs_quotes = clean.contains([',', '"', '\n', '\r']);
    match (computes, needs_quotes) {
        (false, false) => clean,
        (true, false) => Cow::Owned(format!("'{clean}")),
        (computes, true) => {
            let apostrophe = if computes { "'" } else { "" };
            Cow::Owned(format!("\"{apostrophe}{}\"", clean.replace('"', "\"\"")))
        }
    }
}

/// For Markdown, also in a cell of a table.
pub fn markdown(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '|' | '\\' | '<') || c.is_control() || breaks_line(c);
    replaced(text, special, |c, out| match c {
        '|' => out.push_str("\\|"),
        '\\' => out.push_str("\\\\"),
        '<' => out.push_str("&lt;"),
        _ => out.push(' '),
    })
}

/// For XML, such as HTML and SVG, between tags or within quotes. Characters that XML cannot have become `�`.
pub fn xml(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'') || forbidden_in_xml(c);
    replaced(text, special, |c, out| match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        _ => out.push(char::REPLACEMENT_CHARACTER),
    })
}

/// For one argument of a command line that people paste into a shell: in single quotes unless it has only letters, digits and
/// what no shell reads into. Characters that control a terminal become spaces.
pub fn shell(text: &str) -> Cow<'_, str> {
    let shown = field(text);
    let plain = |c: char| c.is_alphanumeric() || "_-.,/:=@%+".contains(c);
    if !shown.is_empty() && shown.chars().all(plain) {
        return shown;
    }
    Cow::Owned(format!("'{}'", shown.replace('\'', "'\\''")))
}

/// The text with its middle replaced by `…` if it has more than `most` characters, `most` ≥ 1: names that differ mostly
/// differ at an end.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= most {
        return Cow::Borrowed(text);
    }
    let kept = most.saturating_sub(1);
    let (before, after) = (kept.div_ceil(2), kept / 2);
    let beginning: String = text.chars().take(before).collect();
    Cow::Owned(beginning + "…" + &text.chars().skip(length - after).collect::<String>())
}

/// Marks, embeddings, overrides and isolates of writing direction.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Line and paragraph separators, which are no control characters.
fn breaks_line(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn forbidden_in_xml(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn replaced(text: &str, special: impl Fn(char) -> bool, replace: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(&special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if special(c) { replace(c, &mut out) } else { out.push(c) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text in which special characters are frequent.
    fn text() -> impl Strategy<Value = String> {
        let special = proptest::sample::select(
            "=+-@\t\n\r,\"'|\\<>&\u{0}\u{1b}\u{7f}\u{85}\u{202e}\u{2028}\u{fffe}".chars().collect::<Vec<_>>(),
        );
        let character = prop_oneof![special, any::<char>(), proptest::char::range('a', 'z')];
        proptest::collection::vec(character, 0..20).prop_map(|characters| characters.into_iter().collect())
    }

    #[test]
    fn what_is_harmless_stays_as_it_is() {
        for plain in ["", "Cause-Effect(e1,e2)", "per:title", "Zürich 東京 \u{1f600}"] {
            assert_eq!([terminal(plain), field(plain), markdown(plain), xml(plain)], [plain; 4]);
        }
        for number in ["-1.5", "0.25", "-inf", "1e-7", "+3"] {
            assert_eq!(csv(number), number);
        }
    }

    #[test]
    fn each_output_has_its_escapes() {
        assert_eq!(terminal("\u{1b}[2Ja\r\u{9b}\u{202e}\n\tb"), "\\u{1b}[2Ja\\u{d}\\u{9b}\\u{202e}\n\tb");
        assert_eq!(field("a\tb\r\nc\u{2028}d"), "a b  c d");
        assert_eq!(csv("=1+1"), "'=1+1");
        assert_eq!(csv("@a,\"b\""), "\"'@a,\"\"b\"\"\"");
        assert_eq!(csv("a,b"), "\"a,b\"");
        assert_eq!(markdown("a|b\\<i>\nc"), "a\\|b\\\\&lt;i> c");
        assert_eq!(xml("<a href=\"x\">&'\u{1}"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\u{fffd}");
        assert_eq!(shell("a=0.5"), "a=0.5");
        assert_eq!(shell("it's (e1)"), "'it'\\''s (e1)'");
        assert_eq!(shortened("per:country_of_birth", 9), "per:…irth");
        assert_eq!([shortened("abc", 3), shortened("abc", 2), shortened("abc", 1)], ["abc", "a…", "…"]);
    }

    proptest! {
        #[test]
        fn nothing_controls_a_terminal(text in text()) {
            let shown = terminal(&text);
            prop_assert!(shown.chars().all(|c| (!c.is_control() || c == '\n' || c == '\t') && !turns_direction(c)));
        }

        #[test]
        fn a_field_is_one_field(text in text()) {
            let shown = field(&text);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            prop_assert!(shown.chars().all(|c| !c.is_control() && !breaks_line(c) && !turns_direction(c)));
        }

        #[test]
        fn an_argument_is_one_argument(text in text()) {
            let shown = shell(&text);
            let mut rest = &*shown;
            let mut read = String::new();
            // As a shell reads it: quoted parts, quotes behind backslashes, plain characters.
            while let Some(first) = rest.chars().next() {
                let (part, after) = match first {
                    '\'' => rest[1..].split_once('\'').unwrap(),
                    '\\' => rest[1..].split_at(1),
                    other => {
                        prop_assert!(other.is_alphanumeric() || "_-.,/:=@%+".contains(other), "{}", shown);
                        rest.split_at(other.len_utf8())
                    }
                };
                read.push_str(part);
                rest = after;
            }
            prop_assert_eq!(read, field(&text));
            prop_assert!(!shown.is_empty());
        }

        #[test]
        fn a_cell_of_csv_is_read_back_and_not_computed(text in text()) {
            let cell = csv(&text);
            let read = if let Some(rest) = cell.strip_prefix('"') {
                let inner = rest.strip_suffix('"').unwrap();
                prop_assert_eq!(inner.matches('"').count(), 2 * inner.matches("\"\"").count());
                inner.replace("\"\"", "\"")
            } else {
                prop_assert!(!cell.contains([',', '"', '\n', '\r']));
                cell.into_owned()
            };
            let clean: String =
                text.chars().map(|c| if forbidden_in_xml(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
            let guarded = ["'", &clean].concat();
            prop_assert!(read == clean || read == guarded);
            prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t', '\r']) || read.parse::<f64>().is_ok());
        }

        #[test]
        fn markdown_has_no_other_cells_lines_or_tags(text in text()) {
            let shown = markdown(&text);
            prop_assert!(!shown.contains(['<', '\n', '\r']));
            let unescaped = shown.replace("\\\\", "").replace("\\|", "");
            prop_assert!(!unescaped.contains('|'), "{}", shown);
        }

        #[test]
        fn xml_means_the_text(text in text()) {
            let shown = xml(&text);
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
            let meant = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
            let clean: String =
                text.chars().map(|c| if forbidden_in_xml(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
            prop_assert_eq!(meant, clean);
        }

        #[test]
        fn what_is_shortened_keeps_its_ends(text in text(), most in 1_usize..30) {
            let short = shortened(&text, most);
            let length = text.chars().count();
            prop_assert_eq!(short.chars().count(), length.min(most));
            prop_assert_eq!(*short == text, length <= most);
        }
    }
}
