//! Text with markers as people have it: each test is named after the file in `shared/cases/text`, and its kind's
//! other members follow.

mod common;

use mlrc_corpus::{Corpus, CorpusError, Format, Instance, InstanceStream, Place, ReadOptions};

fn read(bytes: impl AsRef<[u8]>) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(bytes.as_ref(), "f", &ReadOptions::default())
}

fn skipping(bytes: impl AsRef<[u8]>) -> Corpus {
    let options = ReadOptions { skip_bad: true, keep_empty: true, ..Default::default() };
    Corpus::from_bytes(bytes.as_ref(), "f", &options).unwrap()
}

/// The content of a case; none where the folder is absent, which is said.
fn case(name: &str) -> Option<Vec<u8>> {
    let folder = common::cases("cases_text")?;
    Some(std::fs::read(folder.join("text").join(name)).unwrap())
}

fn places(corpus: &Corpus) -> Vec<Place> {
    corpus.skipped.iter().map(|error| error.notice().place).collect()
}

fn ids(corpus: &Corpus) -> Vec<&str> {
    corpus.instances.iter().map(|instance| instance.id.as_str()).collect()
}

fn labels(corpus: &Corpus) -> Vec<Option<&str>> {
    corpus.instances.iter().map(|instance| instance.relation.as_deref()).collect()
}

fn entities(instance: &Instance) -> [String; 2] {
    [&instance.subject, &instance.object].map(|entity| instance.tokens[entity.span.range()].join(" "))
}

#[track_caller]
fn says(bytes: impl AsRef<[u8]>, expected: &str) {
    let message = read(bytes.as_ref()).unwrap_err().to_string();
    assert!(message.contains(expected), "expected {expected}\n   found {message}");
}

#[test]
fn swallowed_label() {
    let Some(text) = case("swallowed_label.txt") else { return };
    says(&text, "f:5: instance `2`: expected the marker </e2>, found none");
    let corpus = skipping(&text);
    assert_eq!(
        (corpus.format, ids(&corpus), places(&corpus)),
        (Format::SEMEVAL, vec!["1", "3"], vec![Place::Line(5)])
    );
    assert_eq!(labels(&corpus), [Some("Cause-Effect(e1,e2)"), Some("Other")]);
}

#[test]
fn swallowed_late() {
    let Some(text) = case("swallowed_late.txt") else { return };
    let corpus = read(&text).unwrap();
    assert_eq!((corpus.format, ids(&corpus)), (Format::INLINE, vec!["a", "b", "c", "d"]));
    assert_eq!(entities(&corpus.instances[2]), ["rain", "mud"]);
}

#[test]
fn noblank() {
    let Some(text) = case("noblank.txt") else { return };
    let corpus = read(&text).unwrap();
    assert_eq!(ids(&corpus), ["1", "2", "3"]);
    assert_eq!(labels(&corpus), [Some("Cause-Effect(e1,e2)"), Some("Cause-Effect(e2,e1)"), Some("Other")]);
}

#[test]
fn nolabel() {
    let Some(text) = case("nolabel.txt") else { return };
    let corpus = read(&text).unwrap();
    assert_eq!(labels(&corpus), [None, Some("Cause-Effect(e2,e1)")]);
    assert_eq!(
        corpus.warnings[0].to_string(),
        "f:1: instance `1`: no label before the comment: read as an instance without one"
    );
    let options = ReadOptions { require_relation: true, ..Default::default() };
    let error = Corpus::from_bytes(&text, "f", &options).unwrap_err().to_string();
    assert!(
        error.starts_with("f:1: instance `1`: field `relation`: expected a label, found none"),
        "{error}"
    );
}

/// Sentences that are broken in any way are one problem each, and the blocks around them stay whole.
#[test]
fn a_bad_sentence_never_becomes_a_label_or_a_comment() {
    let good = |id: usize| format!("{id}\t\"<e1>a</e1> in <e2>b</e2>.\"");
    for bad in [
        "2\t\"A dog met a cat.\"",
        "2\t\"A [SUBJ]dog[/SUBJ] met a [OBJ]cat[/OBJ].\"",
        "2\t\"A <e1>dog met a cat.\"",
        "2\tA dog met a cat.",
        "2\t\"A {e1}dog{/e1} met a {e2}cat{/e2}.\"",
        "2 \"A <e1>dog</e1> met a <e2>cat</e2>.\"",
        "2 \"A dog met a cat.\"",
        "A <e1>dog</e1> met a <e2>cat</e2>.",
    ] {
        for (after_label, between) in
            [("\n", "\n"), ("\nComment:\n", ""), ("\nComment: x\n", "\n"), ("\n", "")]
        {
            let blocks =
                [good(1), bad.to_owned(), good(3)].map(|sentence| format!("{sentence}\nOther{after_label}"));
            let text = blocks.join(between);
            let line = text.lines().position(|line| line == bad).unwrap() + 1;
            let corpus = skipping(&text);
            assert_eq!((ids(&corpus), places(&corpus)), (vec!["1", "3"], vec![Place::Line(line)]), "{text}");
            assert_eq!(labels(&corpus), [Some("Other"), Some("Other")], "{text}");
        }
        let text = format!("{}\n{bad}\n{}\n", good(1), good(3));
        let corpus = skipping(&text);
        assert_eq!(
            (ids(&corpus), places(&corpus), labels(&corpus)),
            (vec!["1", "3"], vec![Place::Line(2)], vec![None, None]),
            "{text}"
        );
    }
}

#[test]
fn labels_have_no_quotes_tabs_or_markers() {
    let good = "1\t\"<e1>a</e1> in <e2>b</e2>.\"";
    for label in ["\"Other\"", "<e1>Other", "\"The rain made mud.\"", "&lt;e2&gt;", "Other\u{feff}"] {
        let corpus =
            skipping(format!("{good}\n{label}\nComment:\n\n{}\nOther\n", good.replacen('1', "2", 1)));
        assert_eq!((ids(&corpus), places(&corpus)), (vec!["2"], vec![Place::Line(2)]), "{label}");
    }
    says(
        format!("{good}\nOther\nanother line\n"),
        "f:3: instance `1`: expected a comment or a blank line after the label, found `another line`",
    );
}

#[test]
fn markers_of_other_tools() {
    for (name, expected) in [
        ("29_esc.txt", ["fire", "bomb"]),
        ("30_E1.txt", ["fire", "bomb"]),
        ("attr.txt", ["storm", "flood"]),
        ("zwsp.txt", ["storm", "flood"]),
    ] {
        let Some(text) = case(name) else { return };
        let corpus = read(&text).unwrap();
        assert_eq!(
            (corpus.format, entities(&corpus.instances[0])),
            (Format::INLINE, expected.map(str::to_owned)),
            "{name}"
        );
        assert!(
            corpus.instances[0].tokens.iter().all(|token| !token.contains(['<', '[', '&', '\u{200b}'])),
            "{name}"
        );
    }
    let Some(text) = case("attr.txt") else { return };
    assert_eq!(read(&text).unwrap().instances[0].subject.kind.as_deref(), Some("X"));
}

#[test]
fn e3() {
    let Some(text) = case("e3.txt") else { return };
    says(
        &text,
        "f:1: expected the markers of two entities, found another marker, `<e3>`; an instance has two entities",
    );
}

#[test]
fn markers_of_other_tools_in_every_format() {
    for [open1, close1, open2, close2] in [
        ["<E1>", "</E1>", "<E2>", "</E2>"],
        ["[E1]", "[/E1]", "[E2]", "[/E2]"],
        ["&lt;e1&gt;", "&lt;/e1&gt;", "&lt;e2&gt;", "&lt;/e2&gt;"],
    ] {
        let sentence = format!("The {open1}fire{close1} after the {open2}bomb{close2}.");
        for text in [
            format!("{sentence}\n"),
            format!("x\t{sentence}\n"),
            format!("1\t\"{sentence}\"\nOther\n"),
            format!("1\t{sentence}\nOther\nComment:\n\n2\t{sentence}\nOther\n"),
            format!("{{\"text\": \"{sentence}\"}}\n"),
        ] {
            let corpus = read(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            for instance in &corpus.instances {
                assert_eq!(instance.tokens, ["The", "fire", "after", "the", "bomb", "."], "{text}");
            }
        }
    }
}

#[test]
fn firstbad() {
    let Some(text) = case("firstbad.txt") else { return };
    says(&text, "f:1: expected the marker <e1>, found none");
    let corpus = skipping(&text);
    assert_eq!(
        (corpus.format, corpus.instances.len(), places(&corpus)),
        (Format::INLINE, 2, vec![Place::Line(1)])
    );
    // The same from a pipe.
    let stream = InstanceStream::new(&text[..], "<stdin>", &ReadOptions::default()).unwrap();
    assert_eq!(stream.map(|read| read.is_ok()).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn kbp37() {
    let Some(text) = case("12_kbp37.txt") else { return };
    assert_eq!(read(&text).unwrap_err().notice().place, Place::Line(1));
    let corpus = skipping(&text);
    assert_eq!(entities(&corpus.instances[0]), ["Thom Yorke", "Radiohead"]);
    assert_eq!((corpus.format, ids(&corpus)), (Format::SEMEVAL, vec!["3"]));
    assert_eq!(places(&corpus), [Place::Line(1), Place::Line(4)]);
    assert_eq!(labels(&corpus), [Some("per:employee_of(e1,e2)")]);
}

#[test]
fn several_bad_lines_may_come_first() {
    let good = "{\"text\": \"<e1>a</e1> <e2>b</e2>\"}\n";
    let corpus = skipping(format!("# made by hand\nnothing\n{{\"version\": 1}}\n{good}"));
    assert_eq!((corpus.format, corpus.instances.len(), corpus.skipped.len()), (Format::JSONL, 1, 3));
    says("bad\n".repeat(30) + good, "expected one of the known formats, found text without entity markers");
}

#[test]
fn tables_are_not_read_as_sentences() {
    for name in ["33.tsv", "34_inline_label.tsv"] {
        let Some(text) = case(name) else { return };
        match read(&text) {
            Ok(corpus) => assert!(![Format::SEMEVAL, Format::INLINE].contains(&corpus.format), "{name}"),
            Err(error) => assert!(error.to_string().contains("a table of 2 columns"), "{error}"),
        }
        let options = ReadOptions { format: Some(Format::INLINE), ..Default::default() };
        let error = Corpus::from_bytes(&text, "f", &options).unwrap_err().to_string();
        assert!(error.contains("more columns") || error.contains("found none"), "{error}");
    }
    let Some(folder) = common::cases("cases_text") else { return };
    for name in ["32.csv", "labelfirst.csv", "noheader.csv"] {
        let text = std::fs::read_to_string(folder.join("formats").join(name)).unwrap();
        let format = Format::detect(&text);
        assert!(![Some(Format::SEMEVAL), Some(Format::INLINE)].contains(&format), "{name}");
    }
}

#[test]
fn cat_bom() {
    let (Some(text), Some(lines)) = (case("13_cat_bom.txt"), case("14_cat_bom.jsonl")) else { return };
    assert_eq!(ids(&read(&text).unwrap()), ["1", "2"]);
    assert_eq!(labels(&read(&lines).unwrap()), [Some("R"), Some("S")]);
}

#[test]
fn a_byte_order_mark_within_a_line_is_named() {
    let sentence = "\"<e1>a</e1> in <e2>b</e2>.\"";
    says(
        format!("1\t{sentence}\nOther\u{feff}2\t{sentence}\nOther\n"),
        "f:2: a byte order mark within the line, at `Other\\ufeff2`",
    );
    says(
        "{\"text\": \"<e1>a</e1> <e2>b</e2>\"}\u{feff}{\"text\": \"<e1>a</e1> <e2>b</e2>\"}\n",
        "there is a byte order mark: files were joined",
    );
    says("[{\"token\": []}]\u{feff}[{\"token\": []}]\n", "there is a byte order mark: files were joined");
    let words = "# subject = 1\n# object = 2\n1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n2\tb\t_\t_\t_\t_\t_\t_\t_\t_\n";
    assert_eq!(read(format!("\u{feff}{words}\n\u{feff}{words}")).unwrap().instances.len(), 2);
    // In a sentence it is a character like others, which is not seen.
    assert_eq!(
        read("\u{feff}<e1>a</e1> \u{feff}in <e2>b\u{feff}</e2>\n").unwrap().instances[0].tokens,
        ["a", "in", "b"]
    );
}

#[test]
fn cr() {
    let Some(text) = case("15_cr.txt") else { return };
    says(
        &text,
        "f: expected lines that end in \\n or \\r\\n, found lines that end in \\r alone; convert the file",
    );
}

#[test]
fn space() {
    let Some(text) = case("37_space.txt") else { return };
    says(&text, "f:1: expected a tab after the identifier, found a space");
    assert_eq!(places(&skipping(&text)), [Place::Line(1), Place::Line(5)]);
}

#[test]
fn nested() {
    let Some(text) = case("nested.txt") else { return };
    let corpus = skipping(&text);
    assert_eq!(corpus.instances[0].subject.span.range(), 1..5);
    assert_eq!(corpus.instances[0].object.span.range(), 4..5);
    assert_eq!(
        corpus.warnings[0].to_string(),
        "f:1: 1 instance with entities that are one within the other or overlap, in `1`"
    );
}

#[test]
fn the_structure_of_markers() {
    for (name, expected) in [
        (
            "twice.txt",
            "f:1: expected the marker <e1> once, found it twice; an instance has one subject and one object",
        ),
        ("unclosed.txt", "f:1: expected the marker </e1>, found none"),
    ] {
        let Some(text) = case(name) else { return };
        says(&text, expected);
    }
}
