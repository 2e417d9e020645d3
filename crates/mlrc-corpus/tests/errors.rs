//! Every kind of invalid file, and the message for it.

use mlrc_corpus::{Corpus, CorpusError, Format, InstanceStream, LabelSet, Place, ReadOptions};

fn read_as(bytes: &[u8], format: Option<Format>) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(bytes, "f", &ReadOptions { format, ..Default::default() })
}

fn error(text: impl AsRef<[u8]>) -> CorpusError {
    read_as(text.as_ref(), None).unwrap_err()
}

/// Asserts that reading `text` fails with a message that begins with `expected`.
fn says(text: impl AsRef<[u8]>, expected: &str) {
    let message = error(text.as_ref()).to_string();
    let shown = String::from_utf8_lossy(text.as_ref());
    assert!(message.starts_with(expected), "{shown}\nexpected {expected}\n   found {message}");
}

/// A valid TACRED element with some text replaced.
fn tacred(from: &str, to: &str) -> String {
    let good = r#"{"id": "a", "token": ["x", "y", "z"], "subj_start": 0, "subj_end": 0, "obj_start": 1, "obj_end": 2, "subj_type": "P", "obj_type": "Q", "stanford_pos": ["A", "B", "C"], "stanford_ner": ["O", "O", "O"], "stanford_head": ["2", 0, 2], "stanford_deprel": ["d", "r", "d"], "relation": "r"}"#;
    assert!(good.contains(from), "{from}");
    format!("[\n{},\n{}]\n", good.replace("\"a\"", "\"first\""), good.replace(from, to))
}

#[test]
fn the_unchanged_element_is_read() {
    let corpus = read_as(tacred("x", "x").as_bytes(), None).unwrap();
    assert_eq!(corpus.instances[1].heads.as_deref(), Some(&[2, 0, 2][..]));
    assert_eq!(corpus.instances[1].object.span.range(), 1..3);
    assert!(corpus.warnings.is_empty());
}

#[test]
fn tacred_fields() {
    let cases = [
        (
            r#""token": ["x", "y", "z"], "#,
            "",
            "field `token`: missing; expected an array of strings; the fields here are: `id`, `subj_start`",
        ),
        (
            r#""token": ["x", "y", "z"]"#,
            r#""token": "x y z""#,
            "field `token`: expected an array of strings, found the string \"x y z\"",
        ),
        (r#""x""#, "7", "field `token`: expected an array of strings, found the number 7 as entry 0"),
        (
            r#""x""#,
            r#""""#,
            "field `token`: expected tokens that are not empty, found an empty string as token 0",
        ),
        (
            r#""obj_end": 2"#,
            r#""obj_end": 3"#,
            "field `obj_end`: expected an index below 3, the number of tokens, found 3; spans are 0-based and the end is inclusive",
        ),
        (
            r#""obj_end": 2"#,
            r#""obj_end": 0"#,
            "field `obj_end`: expected an index of at least 1 (`obj_start`), since a span has at least one token, found 0",
        ),
        (
            r#""obj_end": 2"#,
            r#""obj_end": -1"#,
            "field `obj_end`: expected a whole number from 0, found the number -1",
        ),
        (r#""obj_end": 2"#, r#""obj_end": null"#, "field `obj_end`: missing; expected a whole number from 0"),
        (
            r#""stanford_pos": ["A", "#,
            r#""stanford_pos": ["#,
            "field `stanford_pos`: expected 3 entries, one for each token, found 2 entries",
        ),
        (
            r#"["O", "O", "O"]"#,
            "[]",
            "field `stanford_ner`: expected 3 entries, one for each token, found 0 entries",
        ),
        (
            r#"["2", 0, 2]"#,
            r#"["2", 0, 4]"#,
            "field `stanford_head`: expected heads from 0 (the root) to 3 (the last token), found 4 as the head of token 2",
        ),
        (
            r#"["2", 0, 2]"#,
            r#"["2", 0, "two"]"#,
            "field `stanford_head`: expected an array of whole numbers from 0, found the string \"two\" as entry 2",
        ),
        (
            r#""relation": "r""#,
            r#""relation": """#,
            "field `relation`: expected a string that is not empty, found an empty string",
        ),
        (
            r#""relation": "r""#,
            r#""relation": 1"#,
            "field `relation`: expected a string that is not empty, found the number 1",
        ),
        (
            r#""relation": "r""#,
            r#""relation": "r", "relation": "s""#,
            "field `relation`: expected the field once",
        ),
        (
            r#""id": "a""#,
            r#""id": "first""#,
            "field `id`: expected a unique identifier, found the one of element 0",
        ),
    ];
    for (from, to, expected) in cases {
        let text = tacred(from, to);
        let error = error(&text);
        let message = error.to_string();
        assert_eq!(error.notice().place, Place::Index(1), "{message}");
        assert!(message.starts_with("f[1]: "), "{message}");
        assert!(message.contains(expected), "expected {expected}\n   found {message}");
    }
}

#[test]
fn faults_carry_the_piece_of_the_file() {
    let text = tacred(r#""obj_end": 2"#, r#""obj_end": 33"#);
    let error = error(&text);
    let notice = error.notice();
    let snippet = notice.snippet.as_ref().unwrap();
    assert_eq!((notice.id.as_deref(), notice.field.as_deref()), (Some("a"), Some("obj_end")));
    assert_eq!((snippet.line, &snippet.text[snippet.range.clone()]), (3, "33"));
    assert!(text.lines().nth(2).unwrap().contains(&snippet.text));
}

#[test]
fn tacred_files() {
    says(
        "[{\"id\": 1},\n {\"id\": ]",
        "f:2: invalid JSON at line 2 column 9: expected value; the file must be one JSON array of objects",
    );
    says(&tacred("x", "x")[..200], "f:2: invalid JSON at line 2 column 198: EOF while parsing");
    says("[1]", "f: expected one of the known formats, found a JSON array, but not of objects");
    says("[{}, 1]", "f[0]: field `token`: missing; expected an array of strings; the fields here are: none");
    says("[]", "f: expected instances, found none");
    let forced = read_as(b"{\"a\": 1}", Some(Format::TACRED)).unwrap_err().to_string();
    assert!(forced.starts_with("f:1: field `token`: missing; expected an array of strings"), "{forced}");
}

#[test]
fn json_lines() {
    let spans = r#""subject": {"start": 0, "end": 1}, "object": {"start": 2, "end": 3}"#;
    let line = |rest: &str| format!("{{\"text\": \"a b\", {spans}}}\n\n{{{rest}}}\n");
    let cases = [
        (
            r#""tokens": ["a", "b"], "subject": {"start": 0, "end": 1}"#,
            "f:3: field `object`: missing; expected an object {\"start\": …",
        ),
        (
            r#""id": 7, "tokens": ["a"], "subject": {"start": 0, "end": 2}"#,
            "f:3: instance `7`: field `subject.end`: expected an index up to 1, the number of tokens, found 2; spans are 0-based and the end is exclusive",
        ),
        (
            r#""tokens": ["a"], "subject": {"start": 0, "end": 0}"#,
            "f:3: field `subject.end`: expected an index above 0 (the start), as spans are not empty, found 0",
        ),
        (r#""tokens": ["a"], "subject": {"start": 0}"#, "f:3: field `subject.end`: missing"),
        (
            r#""tokens": ["a"], "subject": [0, 1]"#,
            "f:3: field `subject`: expected a JSON object, found an array of 2 entries",
        ),
        (
            r#""tokens": ["a"], "subject": {"start": 0, "end": 1, "kind": "P"}"#,
            "f:3: field `subject.kind`: expected only `start`, `end`, `type` and `text`, found `kind`",
        ),
        (
            r#""text": "a b", "subject": {"start": 1, "end": 2}, "object": {"start": 2, "end": 3}"#,
            "f:3: field `subject`: expected at least one word, found only whitespace",
        ),
        (r#""text": "a <e1>b</e1>""#, "f:3: field `text`: expected the marker <e2>, found none; mark both"),
        (
            r#""id": "q""#,
            "f:3: instance `q`: field `text`: missing; expected `tokens` (an array of strings) or `text` (a string)",
        ),
        (r#""text": "#, "f:3: invalid JSON at column 10: expected value"),
        (r#""text"#, "f:3: invalid JSON at column 7: EOF while parsing a string"),
    ];
    for (rest, expected) in cases {
        says(line(rest), expected);
    }
    says(format!("{{\"text\": \"a b\", {spans}}}\n5\n"), "f:2: expected a JSON object, found the number 5");
    says(
        "{\n\"text\": 1\n}\n",
        "f:1: invalid JSON at column 1: EOF while parsing an object; write each object on one line",
    );
}

#[test]
fn unknown_fields_are_warned_of_once() {
    let line = r#"{"text": "<e1>a</e1> <e2>b</e2>", "labels": "r", "url": 1}"#;
    let corpus = read_as(format!("{line}\n{line}\n").as_bytes(), None).unwrap();
    let warnings: Vec<String> = corpus.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "f:1: field `labels`: unknown field, ignored; did you mean `relation`?",
            "f:1: field `url`: unknown field, ignored"
        ]
    );
    let ids: Vec<&str> = corpus.instances.iter().map(|instance| instance.id.as_str()).collect();
    assert_eq!(ids, ["1", "2"]);
}

#[test]
fn marked_sentences() {
    let good = "<e1>a</e1> in <e2>b</e2>";
    says(format!("{good}\n\nno markers\n"), "f:3: expected the marker <e1>, found none; mark both entities");
    says(
        format!("x\t{good}\nx\t{good}\n"),
        "f:2: instance `x`: field `id`: expected a unique identifier, found the one of line 1",
    );
    says(format!("1\t\"{good}\"\nOther\n\n1\t\"{good}\"\nOther\n"), "f:4: instance `1`: field `id`");
    says(
        format!("1\t\"{good}\"\n\n2\t\"<e1>a <e2>b</e1> c</e2>\"\n"),
        "f:3: instance `2`: expected two separate entities, or one within the other",
    );
    let options = ReadOptions { require_relation: true, ..Default::default() };
    let unlabelled = Corpus::from_bytes(format!("1\t\"{good}\"\n").as_bytes(), "f", &options).unwrap_err();
    assert!(
        unlabelled
            .to_string()
            .starts_with("f:1: instance `1`: field `relation`: expected a label, found none")
    );
}

#[test]
fn encodings() {
    says("", "f: expected instances, found an empty file");
    says("\u{feff} \n\r\n", "f: expected instances, found an empty file");
    says(
        b"<e1>a</e1> <e2>b</e2>\n<e1>\xe9</e1> <e2>b</e2>\n",
        "f:2: expected UTF-8, found the byte 0xe9 at byte offset 26; convert",
    );
    says(b"[\n{\"id\": \"\xe9\"}]", "f:2: expected UTF-8, found the byte 0xe9 at byte offset 10");
    let utf16: Vec<u8> = "\u{feff}[{}]".encode_utf16().flat_map(u16::to_be_bytes).collect();
    says(utf16, "f: expected UTF-8, found UTF-16 (big-endian); convert");
    says(b"\x1f\x8b\x08\x00", "f: expected text in UTF-8, found gzip data; decompress");
    let marked = "\u{feff}{\"text\": \"<e1>a</e1> <e2>b</e2>\"}\r\n";
    assert_eq!(read_as(marked.as_bytes(), None).unwrap().instances[0].tokens, ["a", "b"]);
    let missing = Corpus::read("/nowhere/f.json", &ReadOptions::default()).unwrap_err().to_string();
    assert!(missing.starts_with("/nowhere/f.json: cannot be read: No such file"), "{missing}");
}

#[test]
fn bad_instances_are_skipped_on_request() {
    let options = ReadOptions { skip_bad: true, ..Default::default() };
    let read = |bytes: &[u8]| Corpus::from_bytes(bytes, "f", &options);
    let good = "<e1>a</e1> <e2>b</e2>";
    let text = [good.as_bytes(), b"\n\xff\nbad\nx\t", good.as_bytes(), b"\nx\t", good.as_bytes()].concat();
    let corpus = read(&text).unwrap();
    let skipped: Vec<Place> = corpus.skipped.iter().map(|error| error.notice().place).collect();
    assert_eq!(skipped, [Place::Line(2), Place::Line(3), Place::Line(5)]);
    assert_eq!((corpus.instances.len(), corpus.place(1)), (2, Place::Line(4)));

    let corpus = read(tacred(r#""obj_end": 2"#, r#""obj_end": 9"#).as_bytes()).unwrap();
    assert_eq!((corpus.instances.len(), corpus.skipped.len()), (1, 1));
    let none = read(b"[{}, {}]").unwrap_err().to_string();
    assert!(none.starts_with("f: expected at least one usable instance, found 2 that were all skipped, the first because of: f[0]: field `token`"), "{none}");
}

#[test]
fn unknown_labels_are_listed_with_the_first_place() {
    let labelled = |labels: &[&str]| {
        let line =
            |label: &&str| format!("{{\"text\": \"<e1>a</e1> <e2>b</e2>\", \"relation\": \"{label}\"}}\n");
        read_as(labels.iter().map(line).collect::<String>().as_bytes(), None).unwrap()
    };
    let set = LabelSet::from_corpus(&labelled(&["a", "Other"])).unwrap();
    assert_eq!(set.check(&labelled(&["Other", "a"])), Ok(()));
    let message = set.check(&labelled(&["a", "c", "b", "c"])).unwrap_err().to_string();
    let expected = "f:2: instance `2`: field `relation`: expected one of the 2 labels known from training, found `b` (1×), `c` (2×); ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn streams_go_on_after_a_bad_line() {
    let text = "<e1>a</e1> <e2>b</e2>\nbad\n<e1>c</e1> <e2>d</e2>";
    let mut stream = InstanceStream::new(text.as_bytes(), "<stdin>", &ReadOptions::default()).unwrap();
    let read: Vec<bool> = stream.by_ref().map(|read| read.is_ok()).collect();
    assert_eq!(
        (read, stream.format(), stream.place()),
        (vec![true, false, true], Format::INLINE, Place::Line(3))
    );
    let forced = ReadOptions { format: Some(Format::JSONL), ..Default::default() };
    assert_eq!(InstanceStream::new(&b""[..], "<stdin>", &forced).unwrap().count(), 0);
    assert!(InstanceStream::new(&b""[..], "<stdin>", &ReadOptions::default()).is_err());
}
