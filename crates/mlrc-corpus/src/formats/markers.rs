//! The markers of the two entities in a sentence: `<e1>fire</e1>`, and what other tools write in their place.
//!
//! What certainly means the same is read: capitals, `[E1]`, HTML's `&lt;e1&gt;`, a type as an attribute. Other tags
//! that look like markers are problems, because as words they would spoil the sentence unseen.

use std::ops::Range;

use crate::characters::{is_stray, is_unseen};
use crate::error::Fault;
use crate::formats::json::shorten;

/// How markers are written.
struct Style {
    open: &'static str,
    close: &'static str,
    /// Whether such markers are read; otherwise they are only named in messages.
    read: bool,
    /// Whether such a tag is nothing that a sentence has as words.
    only_markup: bool,
}

/// All styles. A sentence's own is the first that is read and opens both entities.
const STYLES: [Style; 9] = [
    Style { open: "<", close: ">", read: true, only_markup: true },
    Style { open: "&lt;", close: "&gt;", read: true, only_markup: true },
    Style { open: "&#60;", close: "&#62;", read: true, only_markup: true },
    Style { open: "&#x3c;", close: "&#x3e;", read: true, only_markup: true },
    Style { open: "\\u003c", close: "\\u003e", read: true, only_markup: true },
    Style { open: "[", close: "]", read: true, only_markup: false },
    Style { open: "＜", close: "＞", read: false, only_markup: true },
    Style { open: "{", close: "}", read: false, only_markup: false },
    Style { open: "«", close: "»", read: false, only_markup: false },
];

/// Longer tags are none.
const LONGEST: usize = 100;

/// Advice on marking a sentence.
pub(crate) const MARK_BOTH: &str = "mark both entities: The <e1>fire</e1> was caused by a <e2>bomb</e2>.";

/// A marked entity.
pub(crate) struct Marked {
    /// The bytes of the opening marker.
    pub(crate) open: Range<usize>,
    /// The bytes of the closing marker.
    pub(crate) close: Range<usize>,
    /// The type that the opening marker gives.
    pub(crate) kind: Option<String>,
}

impl Marked {
    /// The bytes between the markers.
    pub(crate) fn inside(&self) -> Range<usize> {
        self.open.end..self.close.start
    }
}

/// A tag that is a marker or looks like one.
struct Tag<'a> {
    range: Range<usize>,
    /// The index of the style.
    style: usize,
    closing: bool,
    /// The number of the entity, if the tag is a marker.
    entity: Option<&'a str>,
    /// What follows the name.
    attributes: &'a str,
}

impl Tag<'_> {
    fn opens(&self, entity: &str) -> bool {
        !self.closing && self.entity == Some(entity)
    }
}

/// Whether both entities are opened, so that a line is a sentence with markers.
pub(crate) fn is_marked(text: &str) -> bool {
    own_style(&tags(text)).is_some()
}

/// The first tag in `text` that would be read as a marker or refused, if it stood in a sentence marked as the
/// project writes it.
pub(crate) fn first_in(text: &str) -> Option<&str> {
    let in_a_sentence = |tag: &Tag| STYLES[tag.style].only_markup;
    tags(text).into_iter().find(in_a_sentence).map(|tag| &text[tag.range])
}

/// The first marker of an entity in a text that should have none: any that cannot be words, or `[E1]` if both entities
/// are marked.
pub(crate) fn first_entity_in(text: &str) -> Option<&str> {
    let tags = tags(text);
    let own = own_style(&tags);
    let mut entities = tags.into_iter().filter(|tag| tag.entity.is_some());
    let marks = |tag: &Tag| STYLES[tag.style].only_markup || own == Some(tag.style);
    entities.find(marks).map(|tag| &text[tag.range])
}

/// The subject and the object of a sentence.
pub(crate) fn find(sentence: &str) -> Result<[Marked; 2], Fault> {
    let tags = tags(sentence);
    let known = |tag: &&Tag| STYLES[tag.style].read && tag.entity.is_some();
    let style = own_style(&tags).or_else(|| tags.iter().find(known).map(|tag| tag.style)).unwrap_or(0);
    let (subject, object) = (one(sentence, &tags, style, "1")?, one(sentence, &tags, style, "2")?);
    let mut others = tags.iter().filter(|tag| {
        let own = tag.style == style && matches!(tag.entity, Some("1" | "2"));
        !own && (STYLES[tag.style].only_markup || tag.style == style && tag.entity.is_some())
    });
    if let Some(tag) = others.next() {
        let written = &sentence[tag.range.clone()];
        let found = if tag.entity.is_some() { "another marker" } else { "a tag like a marker" };
        let fault =
            Fault::expected("the markers of two entities", format_args!("{found}, `{}`", shorten(written)));
        return Err(fault.at(tag.range.clone()).help(
            "an instance has two entities: write the sentence once for each pair, without other markers",
        ));
    }
    for marker in [&subject, &object].into_iter().flat_map(|entity| [&entity.open, &entity.close]) {
        let around = (sentence[..marker.start].chars().next_back(), sentence[marker.end..].chars().next());
        if matches!(around, (Some('<'), Some('>')) | (Some('['), Some(']'))) {
            let written = &sentence[marker.start - 1..=marker.end];
            let fault = Fault::expected("single brackets around a marker", format_args!("`{written}`"));
            return Err(fault.at(marker.clone()).help(MARK_BOTH));
        }
    }
    Ok([subject, object])
}

/// The first style that is read and in which both entities are opened.
fn own_style(tags: &[Tag]) -> Option<usize> {
    let opens = |style: usize, entity: &str| tags.iter().any(|tag| tag.style == style && tag.opens(entity));
    (0..STYLES.len()).find(|style| STYLES[*style].read && opens(*style, "1") && opens(*style, "2"))
}

/// The pair of markers of an entity.
fn one(sentence: &str, tags: &[Tag], style: usize, entity: &str) -> Result<Marked, Fault> {
    let Style { open, close, .. } = STYLES[style];
    let letter = if open == "[" { 'E' } else { 'e' };
    let name = |slash: &str| format!("{open}{slash}{letter}{entity}{close}");
    let of_entity = |closing: bool| {
        tags.iter()
            .filter(move |tag| tag.style == style && tag.entity == Some(entity) && tag.closing == closing)
    };
    let only = |closing: bool, name: &str| -> Result<&Tag, Fault> {
        let mut own = of_entity(closing);
        let Some(tag) = own.next() else { return Err(missing(sentence, tags, style, name)) };
        let Some(second) = own.next() else { return Ok(tag) };
        let fault = Fault::expected(format_args!("the marker {name} once"), "it twice");
        Err(fault.at(second.range.clone()).help(if of_entity(!closing).next().is_some() {
            "an instance has one subject and one object: write the sentence once for each pair"
        } else {
            "an entity begins with <e1> and ends with </e1>"
        }))
    };
    let (opening, closing) = (only(false, &name(""))?, only(true, &name("/"))?);
    if closing.range.start < opening.range.end {
        let expected = format!("{} after {}", name("/"), name(""));
        return Err(Fault::expected(expected, "it before").at(closing.range.clone()));
    }
    let kind = kind(opening, &sentence[opening.range.clone()])?;
    if !closing.attributes.is_empty() {
        let fault =
            Fault::expected(name("/"), format_args!("`{}`", shorten(&sentence[closing.range.clone()])));
        return Err(fault.at(closing.range.clone()));
    }
    Ok(Marked { open: opening.range.clone(), close: closing.range.clone(), kind })
}

/// The fault for a marker that is missing, which names what looks like it.
fn missing(sentence: &str, tags: &[Tag], style: usize, name: &str) -> Fault {
    let expected = format!("the marker {name}");
    let other = tags.iter().find(|tag| tag.style != style || tag.entity.is_none());
    let fault = match other {
        Some(tag) => {
            let written = shorten(&sentence[tag.range.clone()]);
            let found =
                format!("none, but `{written}`, which looks like a marker and is not read as one here");
            Fault::expected(expected, found).at(tag.range.clone())
        }
        None => Fault::expected(expected, "none"),
    };
    fault.help(MARK_BOTH)
}

/// The type in an opening marker: `<e1 type="PERSON">`.
fn kind(tag: &Tag, written: &str) -> Result<Option<String>, Fault> {
    if tag.attributes.is_empty() {
        return Ok(None);
    }
    let value = || {
        let value = tag.attributes.strip_prefix("type")?.trim_start().strip_prefix('=')?.trim();
        let quote = ["\"", "'", "&quot;", "&#34;", "&#39;", "&apos;"]
            .into_iter()
            .find(|quote| value.starts_with(quote));
        let value = match quote {
            Some(quote) => value.strip_prefix(quote)?.strip_suffix(quote)?,
            None => value,
        };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
        (!value.is_empty() && value.chars().all(plain) && !value.ends_with('/')).then(|| value.to_owned())
    };
    value().map(Some).ok_or_else(|| {
        let expected = "a marker such as <e1>, with a type at most, such as <e1 type=\"PERSON\">";
        Fault::expected(expected, format_args!("`{}`", shorten(written))).at(tag.range.clone())
    })
}

/// All tags that are markers or look like them, in the order of the text.
fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(['<', '&', '\\', '[', '＜', '{', '«']).map(|found| from + found)
    {
        match tag_at(text, at) {
            Some(tag) => {
                from = tag.range.end;
                tags.push(tag);
            }
            None => from = at + text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    tags
}

/// The tag that begins at a byte.
fn tag_at(text: &str, at: usize) -> Option<Tag<'_>> {
    let rest = &text[at..];
    let begins = |style: &Style| {
        rest.get(..style.open.len()).is_some_and(|start| start.eq_ignore_ascii_case(style.open))
    };
    let style = STYLES.iter().position(begins)?;
    let Style { open, close, .. } = STYLES[style];
    let inside = &rest[open.len()..rest.floor_char_boundary(LONGEST.min(rest.len())).max(open.len())];
    let end = inside.char_indices().map(|(end, _)| end).find(|end| {
        inside.get(*end..end + close.len()).is_some_and(|part| part.eq_ignore_ascii_case(close))
    })?;
    let inside = inside[..end].trim_matches(is_unseen);
    // A bracket that is not closed before the next one opens is no tag.
    let lower = inside.to_ascii_lowercase();
    if STYLES.iter().any(|style| lower.contains(style.open)) {
        return None;
    }
    let slash = inside.trim_start_matches('\\').strip_prefix('/');
    let name = slash.unwrap_or(inside).trim_start_matches(is_unseen);
    let length = name
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-') || is_stray(c)))
        .unwrap_or(name.len());
    let (name, attributes) = name.split_at(length);
    let entity = entity(name);
    if entity.is_none() && !looks_like_an_entity(name) {
        return None;
    }
    let range = at..at + open.len() + end + close.len();
    Some(Tag {
        range,
        style,
        closing: slash.is_some(),
        entity,
        attributes: attributes.trim_matches(is_unseen),
    })
}

/// `1` for `e1` or `E1`.
fn entity(name: &str) -> Option<&str> {
    let number = name.trim_matches(is_stray).strip_prefix(['e', 'E'])?.trim_start_matches(is_stray);
    (!number.is_empty() && number.len() < 4 && number.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(number)
}

/// Whether a tag of this name marks an entity in other data, such as `SUBJ-START`, `entity1` or `head`.
fn looks_like_an_entity(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "e", "ent", "entity", "arg", "argument", "subj", "subject", "obj", "object", "head", "tail",
        "mention",
    ];
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    if name.chars().any(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || is_stray(c))) {
        return false;
    }
    let part = |word: &str| {
        ["start", "end", "begin", "open", "close"]
            .iter()
            .find_map(|part| word.strip_suffix(part).map(str::to_owned))
    };
    NAMES.contains(&letters.as_str()) || part(&letters).is_some_and(|rest| NAMES.contains(&rest.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sentence: &str) -> String {
        let fault = find(sentence).err().unwrap_or_else(|| panic!("{sentence} was read"));
        fault.in_file(std::path::Path::new("f"), crate::error::Place::WholeFile).to_string()
    }

    #[test]
    fn markers_of_other_tools_are_read() {
        for sentence in [
            "a <e1>b</e1> c <e2>d</e2>",
            "a <E1>b</E1> c <E2>d</E2>",
            "a < e1 >b</ e1> c <e2 >d</e2>",
            "a [E1]b[/E1] c [E2]d[/E2]",
            "a [e1]b[/e1] c [e2]d[/e2]",
            "a &lt;e1&gt;b&lt;/e1&gt; c &lt;e2&gt;d&lt;/e2&gt;",
            "a &#60;e1&#62;b&#60;/e1&#62; c &#60;e2&#62;d&#60;/e2&#62;",
            "a &#x3C;e1&#x3E;b&#x3c;/e1&#x3e; c &#x3c;e2&#x3e;d&#x3c;/e2&#x3e;",
            "a \\u003ce1\\u003eb\\u003c/e1\\u003e c \\u003ce2\\u003ed\\u003c/e2\\u003e",
            "a <\u{200b}e1>b</e1\u{feff}> c <e2>d</e2>",
            "a <e1 type=\"X\">b</e1> c <e2 type='X'>d</e2>",
            "a <e<e1>b</e1> [e <e2>d</e2>]",
            "E1 ligase [E3] <e1>b</e1> [1] {x} <b>c</b> 1 < 2 &amp; <e2>d</e2>",
        ] {
            let [subject, object] =
                find(sentence).unwrap_or_else(|_| panic!("{sentence}: {}", said(sentence)));
            assert_eq!((&sentence[subject.inside()], &sentence[object.inside()]), ("b", "d"), "{sentence}");
        }
        let [subject, object] = find("<e1 type=\"PERSON\">b</e1> <e2 type = Org.X >d</e2>").unwrap();
        assert_eq!((subject.kind.as_deref(), object.kind.as_deref()), (Some("PERSON"), Some("Org.X")));
    }

    #[test]
    fn what_looks_like_a_marker_is_named() {
        for (sentence, expected) in [
            ("<e1>b</e1> <e2>d</e2> in <e3>f</e3>", "found another marker, `<e3>`"),
            ("<e1>b</e1> <e2>d</e2> in </e11>", "found another marker, `</e11>`"),
            ("[E1]b[/E1] [E2]d[/E2] [E3]x[/E3]", "found another marker, `[E3]`"),
            ("<e1>b</e1> <e2>d</e2> &lt;e1&gt;", "found another marker, `&lt;e1&gt;`"),
            ("<e1>b</e1> <e2>d</e2> <entity3>x</entity3>", "found a tag like a marker, `<entity3>`"),
            (
                "[SUBJ-START]b[SUBJ-END] of [OBJ-START]d[OBJ-END]",
                "found none, but `[SUBJ-START]`, which looks like a marker",
            ),
            ("<subj>b</subj> of <obj>d</obj>", "found none, but `<subj>`, which looks like a marker"),
            ("{e1}b{/e1} {e2}d{/e2}", "found none, but `{e1}`, which looks like a marker"),
            ("＜e1＞b＜/e1＞", "found none, but `＜e1＞`, which looks like a marker"),
            (
                "<e1>b</e1> [E2]d[/E2]",
                "expected the marker <e2>, found none, but `[E2]`, which looks like a marker",
            ),
            (
                "<e1>b<e1> <e2>d</e2>",
                "expected the marker <e1> once, found it twice; an entity begins with <e1> and ends",
            ),
            ("<e1>b</e1> <e1>x</e1> <e2>d</e2>", "found it twice; an instance has one subject"),
            ("<e1 id=\"3\">b</e1> <e2>d</e2>", "found `<e1 id=\"3\">`"),
            ("<e1/>b</e1> <e2>d</e2>", "found `<e1/>`"),
            ("<<e1>>b<</e1>> <e2>d</e2>", "expected single brackets around a marker, found `<<e1>>`"),
        ] {
            assert!(said(sentence).contains(expected), "{sentence}: {}", said(sentence));
        }
    }

    #[test]
    fn other_tags_are_words() {
        for text in
            ["H<sub>2</sub>O", "a < b > c", "[1] [sic] [Ed.]", "<html>", "&lt;3", "<e", "<élan>", "\\u003c"]
        {
            assert_eq!(first_in(text), None, "{text}");
        }
        assert_eq!(first_in("x <E9>"), Some("<E9>"));
    }
}
