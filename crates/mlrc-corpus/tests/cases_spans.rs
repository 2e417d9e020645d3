//! Spans as people have them: each test is named after the file in `shared/cases/spans`, and its kind's other
//! members follow.

mod common;

use mlrc_corpus::{Corpus, CorpusError, Format, Instance, ReadOptions};

fn read(bytes: impl AsRef<[u8]>) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(bytes.as_ref(), "f", &ReadOptions::default())
}

fn case(name: &str) -> Option<Vec<u8>> {
    let folder = common::cases("cases_spans")?;
    Some(std::fs::read(folder.join("spans").join(name)).unwrap())
}

fn warnings(bytes: impl AsRef<[u8]>) -> Vec<String> {
    read(bytes).unwrap().warnings.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn says(bytes: impl AsRef<[u8]>, expected: &str) {
    let message = read(bytes.as_ref()).unwrap_err().to_string();
    assert!(message.contains(expected), "expected {expected}\n   found {message}");
}

/// One line of text with spans.
fn line(text: &str, subject: [usize; 2], object: [usize; 2]) -> String {
    let span = |[start, end]: [usize; 2]| serde_json::json!({"start": start, "end": end});
    serde_json::json!({"text": text, "subject": span(subject), "object": span(object)}).to_string()
}

#[test]
fn utf16() {
    let Some(text) = case("01_utf16.jsonl") else { return };
    let [warning] = &warnings(text)[..] else { panic!("expected one warning") };
    assert!(
        warning.starts_with(
            "f:1: field `subject`: spans that begin or end within a word: 2 of 2, the first `da `; "
        ),
        "{warning}"
    );
    assert!(
        warning.contains("probably they are counted in UTF-16 units, as in JavaScript and Java: so counted, 2 of them fit; here they are counted in Unicode"),
        "{warning}"
    );
}

#[test]
fn midword() {
    let Some(text) = case("02_midword.jsonl") else { return };
    assert_eq!(
        warnings(text),
        [
            "f:1: field `subject`: spans that begin or end within a word: 1 of 2, the first `Googl`; spans count characters from 0, the end exclusive"
        ]
    );
}

#[test]
fn inclusive() {
    let Some(text) = case("inclusive.txt") else { return };
    let [warning] = &warnings(text)[..] else { panic!("expected one warning") };
    assert!(warning.contains("spans that begin or end within a word: 2 of 2, the first `fir`"), "{warning}");
    assert!(warning.contains("probably they are counted with inclusive ends"), "{warning}");
}

#[test]
fn offs() {
    let Some(text) = case("offs.txt") else { return };
    says(
        text,
        "field `offsets`: expected pairs of start and end in ascending order, up to 16, found [16, 17] after 16; offsets are 0-based and the end is exclusive; they count characters, as in Python, not UTF-16 units",
    );
}

#[test]
fn offsets_that_hold_other_tokens_are_counted() {
    let offsets = |offsets: &str| {
        format!(
            "{{\"text\": \"😀 Ann runs Acme, they say.\", \"tokens\": [\"Ann\", \"runs\", \"Acme\"], \"offsets\": {offsets}, \"subject\": {{\"start\": 0, \"end\": 1}}, \"object\": {{\"start\": 2, \"end\": 3}}}}"
        )
    };
    assert_eq!(warnings(offsets("[[2, 5], [6, 10], [11, 15]]")), Vec::<String>::new());
    let [warning] = &warnings(offsets("[[3, 6], [7, 11], [12, 16]]"))[..] else {
        panic!("expected one warning")
    };
    assert!(warning.contains("offsets of another token: 3 of 3, the first `nn ` where `Ann` is given; probably they are counted in UTF-16 units"), "{warning}");
    let [warning] = &warnings(offsets("[[2, 4], [6, 9], [11, 14]]"))[..] else {
        panic!("expected one warning")
    };
    assert!(warning.contains("probably they are counted with inclusive ends"), "{warning}");
}

/// The cause is named for all ways to count that tools have, and only if most spans agree.
#[test]
fn the_likely_cause_is_named() {
    for (text, subject, object, cause) in [
        ("The fire caused a flood.", [4, 7], [18, 22], "probably they are counted with inclusive ends"),
        ("The fire caused a flood.", [5, 9], [19, 24], "counted from 1: "),
        ("The fire caused a flood.", [5, 8], [19, 23], "counted from 1 with inclusive ends"),
        ("Für Zoë, Ann runs Acme in Rome.", [11, 14], [20, 24], "counted in bytes"),
        ("🔥🔥 Ann runs Acme in Rome.", [5, 8], [14, 18], "counted in UTF-16 units"),
    ] {
        let lines = [line(text, subject, object), line(text, subject, object)].join("\n");
        let [warning] = &warnings(&lines)[..] else { panic!("{text} {subject:?}: {:?}", warnings(&lines)) };
        assert!(warning.contains(cause), "{text}: {warning}");
    }
    let fine = line("Ann runs Acme.", [0, 3], [9, 13]);
    let cut = line("Ann runs Acme.", [0, 2], [9, 13]);
    let [warning] = &warnings([&*fine, &fine, &cut].join("\n"))[..] else { panic!("expected one warning") };
    assert!(
        warning.starts_with(
            "f:3: field `subject`: spans that begin or end within a word: 1 of 6, the first `An`"
        ),
        "{warning}"
    );
    assert!(!warning.contains("probably"), "{warning}");
    // Scripts without spaces, hyphens and signs cut no words.
    for (text, subject, object) in [
        ("王明在北京工作。", [0, 2], [3, 5]),
        ("the pre-war U.S. economy", [4, 7], [8, 11]),
        ("서울은 크다", [0, 2], [4, 5]),
    ] {
        assert_eq!(warnings(line(text, subject, object)), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn ek() {
    let Some(text) = case("ek.jsonl") else { return };
    assert_eq!(warnings(&text), Vec::<String>::new());
    let differing = String::from_utf8(text).unwrap().replace("\"text\":\"a\"", "\"text\":\"b\"");
    let [warning] = &warnings(differing)[..] else { panic!("expected one warning") };
    assert!(warning.contains("field `subject`: spans of other words than are given for them: 1 of 1, the first `a` where `b` is given"), "{warning}");
}

#[test]
fn the_words_of_a_span_are_compared() {
    let with = |span: &str| {
        format!(
            "{{\"text\": \"The big fire (1999) caused a flood.\", \"subject\": {span}, \"object\": {{\"start\": 29, \"end\": 34, \"text\": \"flood\"}}}}"
        )
    };
    assert_eq!(warnings(with(r#"{"start": 4, "end": 12, "text": "Big  Fire"}"#)), Vec::<String>::new());
    let [warning] = &warnings(with(r#"{"start": 4, "end": 12, "text": "flood"}"#))[..] else {
        panic!("expected one")
    };
    assert!(warning.contains("spans of other words than are given for them: 1 of 2, the first `big fire` where `flood` is given"), "{warning}");
    let tokens = r#"{"tokens": ["Bo", "Orr", "runs", "Acme"], "subject": {"start": 0, "end": 1, "text": "Bo Orr"}, "object": {"start": 2, "end": 3, "text": "runs Acme"}}"#;
    let [warning] = &warnings(tokens)[..] else { panic!("expected one") };
    assert!(
        warning.contains("are given for them: 2 of 2")
            && warning.contains("probably they are counted with inclusive ends"),
        "{warning}"
    );
    says(
        with(r#"{"start": 4, "end": 12, "name": "x"}"#),
        "field `subject.name`: expected only `start`, `end`, `type` and `text`, found `name`",
    );
}

#[test]
fn both() {
    let Some(text) = case("both.txt") else { return };
    says(
        text,
        "f:1: field `text`: expected either markers in `text`, or `subject` and `object`, found both, the marker `<e1>` and",
    );
}

#[test]
fn markers_and_spans_exclude_each_other_however_written() {
    for text in [
        "<E1>Ann</E1> runs <E2>Acme</E2>",
        "[E1]Ann[/E1] runs [E2]Acme[/E2]",
        "Ann runs <e2>Acme</e2>",
        "&lt;e1&gt;Ann runs Acme",
    ] {
        says(line(text, [0, 3], [4, 8]), "found both, the marker");
    }
    // Signs that are words.
    assert!(read(line("Ann [E1] runs Acme <b>", [0, 3], [9, 13])).is_ok());
    for format in [
        r#"{"tokens": ["<e1>", "Ann", "</e1>", "runs", "Acme"], "subject": {"start": 1, "end": 2}, "object": {"start": 4, "end": 5}}"#,
        r#"[{"token": ["<e1>", "Ann", "</e1>", "runs", "Acme"], "subj_start": 1, "subj_end": 1, "obj_start": 4, "obj_end": 4}]"#,
    ] {
        says(
            format,
            "expected words, as spans say where the entities are, found the marker `<e1>` as token 0",
        );
    }
}

#[test]
fn tokens_charspans() {
    let Some(text) = case("tokens_charspans.txt") else { return };
    says(
        text,
        "f:1: field `subject`: expected spans of tokens, found spans that may be characters of `text` as well; omit `tokens` if they are, otherwise `text`, or add `offsets`",
    );
}

#[test]
fn spans_of_tokens_beside_text() {
    let both = |subject: &str, object: &str| {
        format!(
            "{{\"text\": \"Ann Lee runs Acme in the old town.\", \"tokens\": [\"Ann\", \"Lee\", \"runs\", \"Acme\", \"in\", \"the\", \"old\", \"town\", \".\"], \"subject\": {subject}, \"object\": {object}}}"
        )
    };
    says(
        both(r#"{"start": 0, "end": 7}"#, r#"{"start": 13, "end": 17}"#),
        "if these count characters of `text`, omit `tokens`",
    );
    says(
        both(r#"{"start": 0, "end": 3}"#, r#"{"start": 4, "end": 7}"#),
        "found spans that may be characters of `text` as well",
    );
    let read = read(both(r#"{"start": 0, "end": 2}"#, r#"{"start": 3, "end": 4}"#)).unwrap();
    assert_eq!(read.instances[0].subject.span.range(), 0..2);
    // Their words settle it.
    assert!(
        self::read(both(r#"{"start": 0, "end": 3, "text": "Ann Lee runs"}"#, r#"{"start": 4, "end": 7}"#))
            .is_ok()
    );
}

#[test]
fn nested() {
    let Some(text) = case("24_nested.jsonl") else { return };
    let text = String::from_utf8(text).unwrap();
    let corpus = read(&text).unwrap();
    let spans = corpus.instances.iter().map(|one| (one.subject.span.range(), one.object.span.range()));
    assert_eq!(spans.collect::<Vec<_>>(), [(0..3, 2..3), (0..3, 0..3)]);
    assert_eq!(
        corpus.warnings[0].message,
        "2 instances with entities that are one within the other or overlap, the first in `1`"
    );
}

#[test]
fn zw() {
    let Some(text) = case("25_zw.jsonl") else { return };
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        read(lines[0]).unwrap().instances[0].tokens,
        ["A\u{200b}da", "works", "at", "Ac\u{ad}me", "."]
    );
    says(lines[1], "found only white space or characters of no width (U+200B) as token 0, counted from 0");
    says(lines[2], "found only white space or characters of no width (U+0020) as token 0, counted from 0");
}

/// What every writer writes of instances with odd characters is read back equal, or refused in writing.
#[test]
fn what_is_written_is_read_back() {
    let texts = [
        "<e1>A\u{200b}da</e1>\u{a0}works at <e2>Ac\u{ad}me</e2>.",
        "\u{feff}<e1>a</e1>\u{2028}b\u{85}<e2>c\u{200d}d</e2>\u{200b}",
    ];
    for text in texts {
        let corpus = read(serde_json::json!({"text": text, "relation": "r"}).to_string()).unwrap();
        let reread = |format: Format| {
            let mut bytes = Vec::new();
            format.write(&corpus.instances, &mut bytes).unwrap();
            let options = ReadOptions { format: Some(format), ..Default::default() };
            Corpus::from_bytes(&bytes, "written", &options).unwrap().instances
        };
        let without_text: Vec<Instance> =
            corpus.instances.iter().map(|instance| Instance { source: None, ..instance.clone() }).collect();
        for (format, expected) in [
            (Format::JSONL, &corpus.instances),
            (Format::SEMEVAL, &corpus.instances),
            (Format::TACRED, &without_text),
            (Format::CONLLU, &without_text),
        ] {
            assert_eq!(reread(format), *expected, "{format}");
        }
    }
}

#[test]
fn sur() {
    let Some(text) = case("sur.jsonl") else { return };
    says(
        text,
        "field `text`: expected a string, found a string with half of a surrogate pair, such as \\ud83d without its \\ude00: \"\\ud83d <e1>a</e1>",
    );
    says(
        r#"{"tokens": ["a", "\udc00"], "subject": {"start": 0, "end": 1}, "object": {"start": 1, "end": 2}}"#,
        "found a string with half of a surrogate pair",
    );
    says(r#"{"text": "<e1>a</e1> <e2>b</e2>", "\ud83d": 1}"#, "half of a surrogate pair");
}

#[test]
fn tags_show_ends_of_another_kind() {
    let tacred = |subj_end: usize, obj_end: usize| {
        format!(
            "[{{\"token\": [\"Bo\", \"Orr\", \"runs\", \"Acme\", \"Inc\", \".\"], \"subj_start\": 0, \"subj_end\": {subj_end}, \"obj_start\": 3, \"obj_end\": {obj_end}, \"stanford_ner\": [\"PERSON\", \"PERSON\", \"O\", \"ORGANIZATION\", \"ORGANIZATION\", \"O\"]}}]"
        )
    };
    assert_eq!(warnings(tacred(1, 4)), Vec::<String>::new());
    let [warning] = &warnings(tacred(2, 5))[..] else { panic!("expected one") };
    assert!(warning.contains("entities that begin with a named-entity tag and end in a token without one: 2 of 2; are the ends in the file exclusive?"), "{warning}");
    let [warning] = &warnings(tacred(0, 3))[..] else { panic!("expected one") };
    assert!(warning.contains("entities that end before a token with the same named-entity tag: 2 of 2; are the ends in the file inclusive?"), "{warning}");
    assert_eq!(warnings(tacred(2, 4)), Vec::<String>::new());
}

/// Formats that give no words, and that give them beside their spans.
#[test]
fn every_reader_names_the_likely_cause() {
    let doccano = |ends: [usize; 2]| {
        let [person, firm] = ends;
        format!(
            r#"{{"id": 1, "text": "Ann runs Acme.", "entities": [{{"id": 1, "label": "P", "start_offset": 0, "end_offset": {person}}}, {{"id": 2, "label": "O", "start_offset": 9, "end_offset": {firm}}}], "relations": [{{"from_id": 1, "to_id": 2, "type": "runs"}}]}}"#
        )
    };
    assert_eq!(warnings(doccano([3, 13])), Vec::<String>::new());
    let prodigy = r#"{"text": "Ann runs Acme.", "spans": [{"start": 0, "end": 2, "label": "P"}, {"start": 9, "end": 12, "label": "O"}], "relations": [{"head_span": {"start": 0, "end": 2}, "child_span": {"start": 9, "end": 12}, "head": 0, "child": 2, "label": "runs"}], "tokens": [{"start": 0, "end": 3}, {"start": 4, "end": 8}, {"start": 9, "end": 13}, {"start": 13, "end": 14}], "answer": "accept"}"#;
    let docred = r#"[{"title": "x", "sents": [["Bo", "Orr", "runs", "Acme", "Inc", "."]], "vertexSet": [[{"name": "Bo Orr", "sent_id": 0, "pos": [0, 1]}], [{"name": "Acme Inc", "sent_id": 0, "pos": [3, 4]}]], "labels": [{"h": 0, "t": 1, "r": "runs"}]}]"#;
    let cut = "spans that begin or end within a word: 2 of 2, the first `An`";
    let differing = "spans of other words than are given for them: 2 of 2, the first `";
    for (text, expected) in [
        (doccano([2, 12]), cut),
        (prodigy.to_owned(), cut),
        ("text,relation,head_start,head_end,tail_start,tail_end\nAnn runs Acme.,runs,0,2,9,12\n".to_owned(), cut),
        (
            r#"[{"text": "Ann runs Acme.", "relation": "runs", "head_start": 0, "head_end": 2, "tail_start": 9, "tail_end": 12}]"#.to_owned(),
            cut,
        ),
        (
            r#"{"text": "Ann runs Acme.", "h": {"pos": [0, 2]}, "t": {"pos": [9, 12]}, "relation": "runs"}"#.to_owned(),
            cut,
        ),
        (
            r#"{"token": ["Bo", "Orr", "runs", "Acme", "Inc"], "h": {"name": "bo orr", "pos": [0, 1]}, "t": {"name": "acme inc", "pos": [3, 4]}, "relation": "runs"}"#.to_owned(),
            differing,
        ),
        (docred.to_owned(), differing),
    ] {
        let [warning] = &warnings(&text)[..] else { panic!("{text}: {:?}", warnings(&text)) };
        assert!(warning.contains(expected), "{text}: {warning}");
        assert!(warning.contains("probably they are counted with inclusive ends"), "{text}: {warning}");
    }
    // Of a folder, the file of the first is named.
    let folder = tempfile::tempdir().unwrap();
    for (name, end) in [("a", 3), ("b", 2), ("c", 3)] {
        std::fs::write(folder.path().join(format!("{name}.txt")), "Ann runs Acme.").unwrap();
        let annotation = format!("T1\tPer 0 {end}\nT2\tOrg 9 13\nR1\truns Arg1:T1 Arg2:T2\n");
        std::fs::write(folder.path().join(format!("{name}.ann")), annotation).unwrap();
    }
    let corpus = Corpus::read(folder.path(), &ReadOptions::default()).unwrap();
    let [warning] = &corpus.warnings[..] else { panic!("{:?}", corpus.warnings) };
    assert!(warning.path.ends_with("b.ann"), "{warning}");
    assert_eq!(warning.message, "spans that begin or end within a word: 1 of 6, the first `An`");
}
