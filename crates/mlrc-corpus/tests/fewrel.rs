//! FewRel's JSON: relations with their instances, instances without relation, and what can be wrong with them.

mod common;

use mlrc_corpus::{Corpus, CorpusError, Format, Instance, InstanceStream, Place, ReadOptions, Summary};

/// Two relations, the second on two lines; the subject comes after the object in the second instance.
const GOOD: &str = r#"{"P177": [{"tokens": ["A", "bridge", "over", "Dee"], "h": ["bridge", "Q1", [[1]]], "t": ["dee", "Q2", [[3]]]},
  {"tokens": ["Dee", "Bridge", "and", "its", "Bridge"], "h": ["dee bridge", "Q3", [[0, 1], [4]]], "t": ["its", null, [[3]]]}],
 "P931": [{"tokens": ["Orly", "serves", "Paris"],
  "h": ["paris", "Q90", [[2]]], "t": ["orly", "Q4", [[0]]]}]}
"#;

fn read_with(text: &str, options: &ReadOptions) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(text.as_bytes(), "f", options)
}

fn read(text: &str) -> Result<Corpus, CorpusError> {
    read_with(text, &ReadOptions::default())
}

fn skipping() -> ReadOptions {
    ReadOptions { skip_bad: true, ..Default::default() }
}

fn as_fewrel() -> ReadOptions {
    ReadOptions { format: Some(Format::FEWREL), ..Default::default() }
}

/// The valid file with some text replaced.
fn replaced(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    GOOD.replace(from, to)
}

fn words(instance: &Instance) -> [String; 2] {
    [instance.subject.span, instance.object.span].map(|span| instance.tokens[span.range()].join(" "))
}

fn described(corpus: &Corpus) -> Vec<String> {
    let describe = |instance: &Instance| {
        let ([subject, object], relation) = (words(instance), instance.relation.as_deref().unwrap_or("?"));
        format!("{}: {relation}({subject}, {object})", instance.id)
    };
    corpus.instances.iter().map(describe).collect()
}

fn warnings(corpus: &Corpus) -> Vec<String> {
    corpus.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_relation_is_the_key_of_its_instances() {
    let corpus = read(GOOD).unwrap();
    assert_eq!(corpus.format, Format::FEWREL);
    assert_eq!(
        described(&corpus),
        ["P177-0: P177(bridge, Dee)", "P177-1: P177(Dee Bridge, its)", "P931-0: P931(Paris, Orly)"]
    );
    assert_eq!(warnings(&corpus), [""; 0]);
    assert_eq!([0, 1, 2].map(|index| corpus.place(index)), [1, 2, 3].map(Place::Line));
    let first = &corpus.instances[0];
    assert_eq!(first.tokens, ["A", "bridge", "over", "Dee"]);
    assert!(first.subject.kind.is_none() && first.pos.is_none() && first.source.is_none());
}

#[test]
fn a_list_has_instances_without_relation() {
    let one = r#"{"tokens": ["a", "b"], "h": ["a", "", [[0]]], "t": ["b", "", [[1]]]}"#;
    let corpus = read(&format!(" [{one},\n{one}]")).unwrap();
    assert_eq!(
        (corpus.format, described(&corpus)),
        (Format::FEWREL, vec!["0: ?(a, b)".to_owned(), "1: ?(a, b)".to_owned()])
    );
    let required = ReadOptions { require_relation: true, ..Default::default() };
    assert_eq!(
        read_with(&format!("[{one}]"), &required).unwrap_err().to_string(),
        "f:1: instance `0`: field `relation`: expected a label, found none; training and evaluation need the relation of every instance"
    );
}

#[test]
fn one_is_told_from_the_other_json_formats() {
    let pretty = "\u{feff}\n{\n  \"P1\": [\n    {\n      \"tokens\": [\n        \"a\",";
    let fewrel = [
        GOOD,
        &GOOD[..40],
        pretty,
        "{\"P1\": [], \"P2\": [{\"t\": 1}]}",
        "{\"P1\": [7, {\"id\": 1, \"tokens\": []}]}",
        "{\"tokens\": [{\"h\": []}]}",
        "[{\"tokens\": [\"a\"], \"h\": [",
        "[\n {\n \"id\": \"a\", \"t\"",
    ];
    for text in fewrel {
        assert_eq!(Format::detect(text), Some(Format::FEWREL), "{text}");
    }
    let entity = "{\"start\": 0, \"end\": 1}";
    let others = [
        ("[{\"tokens\": [\"a\"], \"subj_start\": 0", Some(Format::TACRED)),
        ("[{\"id\": \"h\", \"token\": [\"h\", \"t\"]}]", Some(Format::TACRED)),
        ("[]", Some(Format::TACRED)),
        ("[[{\"h\": 1}]]", None),
        ("{\"tokens\": [\"h\"], \"h\": [\"a\", \"\", [[0]]]}", Some(Format::JSONL)),
        (
            &format!("{{\"entities\": [{{\"h\": 1}}], \"tokens\": [\"a\", \"b\"], \"subject\": {entity}}}"),
            Some(Format::JSONL),
        ),
        ("{\n  \"tokens\": [\n    \"a\"", Some(Format::JSONL)),
        ("{\"documentId\": \"1\", \"passages\": [{\"tokens\": []}]}", Some(Format::KNOWLEDGENET)),
        ("{\"P2384\": [\"statement describes\", \"h\"]}", None),
        ("{\"P1\": [{\"token\": [\"a\"], \"subj_start\": 0}]}", None),
        ("{\"P1\": []}", None),
        ("{\"P1\": {\"h\": 1}}", None),
        ("{}", None),
    ];
    for (text, expected) in others {
        assert_eq!(Format::detect(text), expected, "{text}");
    }
}

#[test]
fn a_stream_gives_what_a_corpus_holds() {
    // A list without relations, and both with each bracket and each value on a line of its own.
    let list = &GOOD[GOOD.find("[{").unwrap()..GOOD.find(",\n \"P931\"").unwrap()];
    let indented = |text: &str| text.replace('[', "[\n").replace('{', "{\n").replace(',', ",\n");
    let forms = [GOOD.to_owned(), list.to_owned(), indented(GOOD), indented(list)];
    for text in forms {
        let corpus = read(&text).unwrap();
        let stream = InstanceStream::new(text.as_bytes(), "f", &ReadOptions::default()).unwrap();
        assert_eq!((stream.format(), corpus.format), (Format::FEWREL, Format::FEWREL), "{text}");
        assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>(), corpus.instances, "{text}");
    }
}

#[test]
fn faults_say_what_and_where() {
    let mentions = "expected mentions that are lists of token indices from 0, such as [[3, 4]]";
    let cases = [
        (
            r#""tokens": ["Orly", "serves", "Paris"],"#,
            "",
            "f:3: instance `P931-0`: field `tokens`: missing; expected an array of strings; the fields here are: `h`, `t`",
        ),
        (
            r#"["Orly", "serves", "Paris"]"#,
            "\"Orly serves Paris\"",
            "f:3: instance `P931-0`: field `tokens`: expected an array of strings, found the string \"Orly serves Paris\"",
        ),
        (
            "\"serves\"",
            "7",
            "f:3: instance `P931-0`: field `tokens`: expected an array of strings, found the number 7 as entry 1, counted from 0",
        ),
        (
            r#"["Orly", "serves", "Paris"]"#,
            "[]",
            "f:3: instance `P931-0`: field `tokens`: expected at least two tokens, found none",
        ),
        (
            r#""h": ["paris", "Q90", [[2]]], "#,
            "",
            "f:3: instance `P931-0`: field `h`: missing; expected an array [name, entity id, mentions]; the fields here are: `tokens`, `t`",
        ),
        (
            r#", "t": ["orly", "Q4", [[0]]]"#,
            r#", "t": null"#,
            "f:3: instance `P931-0`: field `t`: missing; expected an array [name, entity id, mentions]; the fields here are: `tokens`, `h`, `t`",
        ),
        (
            r#"["paris", "Q90", [[2]]]"#,
            r#"{"name": "paris", "pos": [2, 3]}"#,
            "f:4: instance `P931-0`: field `h`: expected an array [name, entity id, mentions], found an object",
        ),
        (
            r#"["paris", "Q90", [[2]]]"#,
            r#"["paris", [[2]]]"#,
            "f:4: instance `P931-0`: field `h`: expected an array [name, entity id, mentions], found an array of 2 entries",
        ),
        ("[[2]]", "[]", &format!("f:4: instance `P931-0`: field `h`: {mentions}, found `[]`")),
        ("[[2]]", "[[]]", &format!("f:4: instance `P931-0`: field `h`: {mentions}, found `[[]]`")),
        ("[[2]]", "[2]", &format!("f:4: instance `P931-0`: field `h`: {mentions}, found `[2]`")),
        ("[[2]]", "[[-1]]", &format!("f:4: instance `P931-0`: field `h`: {mentions}, found `[[-1]]`")),
        (
            "[[2]]",
            "[[2],\n [\"x\"]]",
            &format!("f:4: instance `P931-0`: field `h`: {mentions}, found `[[2],[\"x\"]]`"),
        ),
        ("[[2]]", "2", &format!("f:4: instance `P931-0`: field `h`: {mentions}, found `2`")),
        (
            "[[2]]",
            "[[0, 3]]",
            "f:4: instance `P931-0`: field `h`: expected indices below 3, the number of tokens, found 3; tokens are counted from 0",
        ),
        (
            r#""t": ["orly""#,
            r#""h": ["orly""#,
            "f:4: instance `P931-0`: field `h`: expected the field once, found it twice in the same object",
        ),
        (
            r#""P931""#,
            r#""P177""#,
            "f:3: field `P177`: expected the relation once, found it twice in the same object; put its instances into one list",
        ),
        (
            r#""P931""#,
            r#"" ""#,
            "f:3: expected the relation of the instances as the key of their list, found an empty key",
        ),
        (
            r#""P931": ["#,
            r#""P9": {"a": 1}, "P931": ["#,
            "f:3: field `P9`: expected an array of instances, found an object",
        ),
        (
            r#""P931": ["#,
            r#""P9": null, "P931": ["#,
            "f:3: field `P9`: expected an array of instances, found null",
        ),
        (
            r#""P931": ["#,
            r#""P931": [5, "#,
            "f:3: instance `P931-0`: expected a JSON object, found the number 5",
        ),
    ];
    for (from, to, expected) in cases {
        let text = replaced(from, to);
        let error = read(&text).unwrap_err();
        assert_eq!(error.to_string(), expected);
        let corpus = read_with(&text, &skipping()).unwrap();
        assert_eq!(
            (&corpus.skipped[..], corpus.instances[0].id.as_str()),
            (&[error][..], "P177-0"),
            "{text}"
        );
    }
}

#[test]
fn only_what_is_wrong_is_skipped() {
    let corpus = read_with(&replaced("[[0, 1], [4]]", "[[0, 5]]"), &skipping()).unwrap();
    assert_eq!(described(&corpus), ["P177-0: P177(bridge, Dee)", "P931-0: P931(Paris, Orly)"]);
    let corpus = read_with(&replaced("\"P931\"", "\"P177\""), &skipping()).unwrap();
    assert_eq!(described(&corpus), ["P177-0: P177(bridge, Dee)", "P177-1: P177(Dee Bridge, its)"]);
    let corpus = read_with(&replaced("\"P931\": [", "\"P9\": 1, \"P931\": [null, "), &skipping()).unwrap();
    assert_eq!(described(&corpus)[2..], ["P931-1: P931(Paris, Orly)"]);
    assert_eq!(corpus.skipped.len(), 2);
}

#[test]
fn faults_carry_the_piece_of_the_file() {
    let text = replaced("[[2]]", "[[2, 33]]");
    let error = read(&text).unwrap_err();
    let snippet = error.notice().snippet.as_ref().unwrap();
    assert_eq!((snippet.line, &snippet.text[snippet.range.clone()]), (4, "[[2, 33]]"));
    assert!(text.lines().nth(3).unwrap().contains(&snippet.text));
}

#[test]
fn files_that_are_no_lists_of_instances() {
    let cut = "; the file ends too early; is it cut off?";
    let object = "FewRel's JSON is one object: {\"P177\": [{\"tokens\": […], \"h\": […], \"t\": […]}, …], …}";
    let known = |text: &str, expected: &str| assert_eq!(read(text).unwrap_err().to_string(), expected);
    known("", "f: expected instances, found an empty file");
    known(&GOOD[..200], &format!("f:2: invalid JSON at line 2 column 89: EOF while parsing a list{cut}"));
    known(
        &replaced("}]}", "}}"),
        "f:4: invalid JSON at line 4 column 60: expected `,` or `]`; the file must be one JSON object with a list of instances for each relation, or one such list",
    );
    known(
        &format!("{GOOD}{GOOD}"),
        "f:5: invalid JSON at line 5 column 1: trailing characters; the file must be one JSON object with a list of instances for each relation, or one such list",
    );
    let forced = |text: &str, expected: &str| {
        assert_eq!(read_with(text, &as_fewrel()).unwrap_err().to_string(), expected);
    };
    forced("", &format!("f:1: invalid JSON at line 1 column 0: EOF while parsing a value{cut}"));
    forced(
        "7",
        &format!("f: expected an object with a list for each relation, found the number 7; {object}"),
    );
    forced(
        "\"P177\"",
        &format!("f: expected an object with a list for each relation, found the string \"P177\"; {object}"),
    );
    forced("{}", "f: expected instances, found none");
    forced("[]", "f: expected instances, found none");
    forced("{\"P1\": [], \"P2\": []}", "f: expected instances, found none");
    // The names of the relations, which FewRel has in a file beside the data.
    forced(
        "{\"P1\": [\"name\", \"description\"]}",
        "f:1: instance `P1-0`: expected a JSON object, found the string \"name\"",
    );
    let empty = read("{}").unwrap_err().to_string();
    assert!(empty.starts_with("f: expected one of the known formats, found an empty JSON object; the formats are opennre, fewrel, "), "{empty}");
}

#[test]
fn the_first_mention_is_read_from_its_first_to_its_last_token() {
    // In any order, and with repetitions.
    let corpus = read(&replaced("[[0, 1], [4]]", "[[1, 0, 1], [4, 9]]")).unwrap();
    assert_eq!(
        (described(&corpus)[1].as_str(), warnings(&corpus).len()),
        ("P177-1: P177(Dee Bridge, its)", 0)
    );
    let text = replaced("[[0, 1], [4]]", "[[0, 2], [4]]").replace("\"dee bridge\"", "\"dee and\"");
    let corpus = read(&text).unwrap();
    assert_eq!(described(&corpus)[1], "P177-1: P177(Dee Bridge and, its)");
    assert_eq!(
        warnings(&corpus),
        [
            "f:2: instance `P177-1`: field `h`: the indices of the mention leave out tokens; read as `Dee Bridge and` (1 mention like this in the file); a mention is read as all tokens from its first to its last"
        ]
    );
}

#[test]
fn tokens_of_whitespace_are_left_out() {
    let text = replaced(
        r#"["Dee", "Bridge", "and", "its", "Bridge"]"#,
        r#"["\u00a0", "Dee", "\n", "Bridge", " ", "its", ""]"#,
    );
    // The token that is left out leaves no gap.
    let text =
        text.replace("[[0, 1], [4]]", "[[1, 3]]").replace("\"its\", null, [[3]]", "\"its\", null, [[4, 5]]");
    let corpus = read(&text).unwrap();
    assert_eq!(corpus.instances[1].tokens, ["Dee", "Bridge", "its"]);
    assert_eq!(
        (described(&corpus)[1].as_str(), warnings(&corpus).len()),
        ("P177-1: P177(Dee Bridge, its)", 0)
    );
    let blank = text.replace("[[4, 5]]", "[[4, 6]]");
    assert_eq!(
        read(&blank).unwrap_err().to_string(),
        "f:2: instance `P177-1`: field `t`: expected at least one word, found only whitespace"
    );
}

#[test]
fn a_name_that_is_not_the_mention_is_named() {
    let differing = |first: &str, count: &str| {
        [format!(
            "{first} ({count} like this in the file); check that indices are counted from 0, and that a mention lists every token and not only the first and last"
        )]
    };
    // An end that is meant to be exclusive, and indices from 1.
    let corpus = read(&replaced("[[1]]", "[[1, 2]]").replace("[[0]]", "[[1]]")).unwrap();
    let first =
        "f:1: instance `P177-0`: field `h`: the entity's name is `bridge`, but the mention is `bridge over`";
    assert_eq!(warnings(&corpus), differing(first, "2 mentions"));
    // Names need not be there; case and spaces differ in FewRel itself.
    for name in ["\"\"", "null", "7", "\" O rLY\\u00a0\""] {
        assert_eq!(warnings(&read(&replaced("\"orly\"", name)).unwrap()), [""; 0], "{name}");
    }
    // Nothing is said of what is skipped.
    let text = replaced("\"orly\"", "\"ory\"").replace("[[2]]", "[[3]]");
    assert_eq!(warnings(&read_with(&text, &skipping()).unwrap()), [""; 0]);
}

#[test]
fn unknown_fields_are_warned_of_once() {
    let text = GOOD.replace("{\"tokens\"", "{\"token\": 1, \"id\": \"a\", \"tokens\"");
    assert_eq!(
        warnings(&read(&text).unwrap()),
        [
            "f:1: field `token`: unknown field, ignored; did you mean `tokens`?",
            "f:1: field `id`: unknown field, ignored",
        ]
    );
}

#[test]
fn instances_cannot_be_written() {
    assert!(!Format::FEWREL.is_writable());
}

/// Numbers counted from the file in a few lines of Python.
#[test]
fn the_real_data_are_read() {
    let Some(data) = common::data("corpus_fewrel_real_data") else { return };
    let path = data.join("fewrel/val_wiki.json");
    let corpus = Corpus::read(&path, &ReadOptions { require_relation: true, ..Default::default() }).unwrap();
    assert_eq!(corpus.format, Format::FEWREL);
    // Every name is the first mention, so this says that every span is right.
    assert_eq!(warnings(&corpus), [""; 0]);
    let summary = Summary::of(&corpus);
    assert_eq!((summary.instances, summary.labels.len(), summary.duplicates), (11_200, 16, 1));
    assert!(summary.labels.iter().all(|label| label.count == 700));
    assert_eq!(summary.missing_layers().count(), 6);
    let ids = [0, 700, 11_199].map(|index| corpus.instances[index].id.as_str());
    assert_eq!(ids, ["P177-0", "P364-0", "P921-699"]);
    assert_eq!(words(&corpus.instances[0]), ["Cape Girardeau Bridge", "Mississippi River"]);

    let stream = InstanceStream::new(
        std::io::BufReader::new(std::fs::File::open(&path).unwrap()),
        "f",
        &ReadOptions::default(),
    )
    .unwrap();
    assert!(stream.map(Result::unwrap).eq(corpus.instances.iter().cloned()));
    for format in [Format::JSONL, Format::TACRED, Format::CONLLU] {
        let mut bytes = Vec::new();
        format.write(&corpus.instances, &mut bytes).unwrap();
        assert!(
            Corpus::from_bytes(&bytes, "written", &ReadOptions::default()).unwrap().instances
                == corpus.instances
        );
    }
}
