//! The formats of annotation tools and of data sets of documents: other members of each kind than those of
//! `../shared/cases`, and the message for what is wrong.

mod common;

use common::said;
use mlrc_corpus::document::PairPolicy;
use mlrc_corpus::{Corpus, CorpusError, Format, Place, ReadOptions};

fn read_with(text: &str, options: &ReadOptions) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(text.as_bytes(), "f", options)
}

fn read(text: &str) -> Corpus {
    read_with(text, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn all_said(corpus: &Corpus) -> Vec<String> {
    corpus.instances.iter().map(said).collect()
}

fn messages(corpus: &Corpus) -> Vec<String> {
    corpus.warnings.iter().map(ToString::to_string).collect()
}

/// Asserts that a text is recognised as this format and refused with this message.
fn refused(format: Format, text: &str, expected: &str) {
    assert_eq!(Format::detect(text), Some(format), "{text}");
    let message = read_with(text, &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.contains(expected), "{text}\nexpected {expected}\n   found {message}");
}

/// One array of the objects on the lines of a text.
fn as_array(lines: &str) -> String {
    format!("[{}]", lines.trim().replace('\n', ",\n "))
}

const DOCCANO: &str = r#"{"id": 3, "text": "😀 Ada runs Acme. Bo left.", "entities": [{"id": 10, "start_offset": 2, "end_offset": 5, "label": "PER"}, {"id": 11, "start_offset": 11, "end_offset": 15, "label": "ORG"}, {"id": 12, "start_offset": 17, "end_offset": 19, "label": "PER"}], "relations": [{"id": 1, "from_id": 10, "to_id": 11, "type": "runs"}, {"id": 2, "from_id": 12, "to_id": 11, "type": "left"}], "Comments": []}
{"id": 4, "text": "Cy owns Lego.", "entities": [{"id": 20, "start_offset": 0, "end_offset": 2, "label": "PER"}, {"id": 21, "start_offset": 8, "end_offset": 12, "label": "ORG"}], "relations": [{"id": 3, "from_id": 20, "to_id": 21, "type": "owns"}], "Comments": []}
"#;

#[test]
fn objects_may_be_on_lines_or_in_an_array_or_take_several_lines() {
    let pretty = serde_json::from_str::<serde_json::Value>(DOCCANO.lines().next().unwrap()).unwrap();
    let pretty = serde_json::to_string_pretty(&pretty).unwrap();
    for (text, places) in [
        (DOCCANO.to_owned(), [Place::Line(1), Place::Line(2)]),
        (as_array(DOCCANO), [Place::Index(0), Place::Index(1)]),
        (
            format!("{pretty}\n{}", DOCCANO.lines().nth(1).unwrap()),
            [Place::Line(1), Place::Line(pretty.lines().count() + 1)],
        ),
    ] {
        let corpus = read(&text);
        assert_eq!(corpus.format, Format::DOCCANO);
        assert_eq!(all_said(&corpus), ["Ada [PER] -runs-> Acme [ORG]", "Cy [PER] -owns-> Lego [ORG]"]);
        assert_eq!([corpus.place(0), corpus.place(1)], places);
        let [warning] = &messages(&corpus)[..] else { panic!("{:?}", corpus.warnings) };
        assert!(
            warning.contains("1 relation left out: head and tail are in different sentences, in `3`"),
            "{warning}"
        );
    }
}

#[test]
fn doccano_faults_name_the_field() {
    let cases = [
        (
            r#""end_offset": 15"#,
            r#""end_offset": 99"#,
            "f:1: field `entities[1].end_offset`: expected a start below the end, and an end up to 25, the length of the text, found [11, 99]; spans count characters",
        ),
        (
            r#""end_offset": 15"#,
            r#""end_offset": 11"#,
            "field `entities[1].end_offset`: expected a start below the end",
        ),
        (
            r#""to_id": 11, "type": "runs""#,
            r#""to_id": 7, "type": "runs""#,
            "f:1: instance `3`: field `relations[0].to_id`: expected the identifier of an entity, found `7`, which none has",
        ),
        (
            r#""type": "runs""#,
            r#""type": null"#,
            "field `relations[0].type`: missing; expected a string that is not empty",
        ),
        (
            r#""id": 11,"#,
            r#""id": 10,"#,
            "field `entities[1].id`: expected the identifier of one entity, found `10` twice",
        ),
        (
            r#""start_offset": 11"#,
            r#""start_offset": -1"#,
            "field `entities[1].start_offset`: expected a whole number from 0, found the number -1",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(DOCCANO.contains(from));
        refused(Format::DOCCANO, &DOCCANO.replacen(from, to, 1), expected);
    }
    // A relation that is wrong does not take its document along.
    let one_wrong = DOCCANO.replace(r#""from_id": 12"#, r#""from_id": 99"#);
    let corpus = read_with(&one_wrong, &ReadOptions { skip_bad: true, ..Default::default() }).unwrap();
    assert_eq!((corpus.instances.len(), corpus.skipped.len()), (2, 1));
}

#[test]
fn entities_without_relations_are_pairs_to_be_predicted() {
    for field in ["label", "labels", "entities"] {
        let text =
            format!(r#"{{"id": 1, "text": "Ada runs Acme.", "{field}": [[0, 3, "PER"], [9, 13, "ORG"]]}}"#);
        let none = read_with(&text, &ReadOptions::default()).unwrap_err().to_string();
        assert!(
            none.contains("1 document without a relation, of which no instances are made, in `1`"),
            "{none}"
        );
        let all = ReadOptions { pairs: "unrelated=all".parse().unwrap(), ..Default::default() };
        let corpus = read_with(&text, &all).unwrap();
        assert_eq!(corpus.format, Format::DOCCANO);
        assert_eq!(all_said(&corpus), ["Ada [PER] -?-> Acme [ORG]", "Acme [ORG] -?-> Ada [PER]"]);
        refused(
            Format::DOCCANO,
            &text.replace("13", "15"),
            &format!("field `{field}`: expected a start below the end, and an end up to 14"),
        );
    }
}

#[test]
fn label_studio_follows_arrows_and_chooses_annotations() {
    let region = |id: &str, start: usize, end: usize, words: &str, label: &str| {
        format!(
            r#"{{"id": "{id}", "from_name": "label", "to_name": "text", "type": "labels", "value": {{"start": {start}, "end": {end}, "text": "{words}", "labels": ["{label}"]}}}}"#
        )
    };
    let arrow = |direction: &str| {
        format!(r#"{{"from_id": "A", "to_id": "B", "type": "relation", {direction}"labels": ["runs"]}}"#)
    };
    let task = |results: &[String]| {
        format!(
            r#"{{"id": 5, "data": {{"body": "Ada runs Acme."}}, "annotations": [{{"id": 1, "was_cancelled": true, "result": []}}, {{"id": 2, "result": []}}, {{"id": 3, "ground_truth": true, "result": [{}]}}], "predictions": []}}"#,
            results.join(", ")
        )
    };
    let regions = [region("A", 0, 3, "Ada", "PER"), region("B", 9, 13, "Acme", "ORG")];
    let with = |more: &[String]| task(&[&regions[..], more].concat());
    let (forth, back) = ("Ada [PER] -runs-> Acme [ORG]", "Acme [ORG] -runs-> Ada [PER]");
    for (direction, expected) in [
        (r#""direction": "right", "#, &[forth][..]),
        (r#""direction": "left", "#, &[back]),
        (r#""direction": "bi", "#, &[forth, back]),
        ("", &[forth]),
    ] {
        let corpus = read(&format!("[{}]", with(&[arrow(direction)])));
        assert_eq!(corpus.format, Format::LABEL_STUDIO);
        assert_eq!(all_said(&corpus), expected, "{direction}");
        let said = messages(&corpus);
        assert!(
            said.contains(&"f[0]: 1 annotation left out: it was cancelled, in `5`".to_owned()),
            "{said:?}"
        );
        assert!(
            said.contains(
                &"f[0]: 1 annotation left out: another of the same task is read, in `5`".to_owned()
            ),
            "{said:?}"
        );
    }
    let choice = r#"{"id": "C", "type": "choices", "value": {"choices": ["good"]}}"#.to_owned();
    let unlabelled = arrow("").replace("[\"runs\"]", "[]");
    let corpus = read(&with(&[choice, unlabelled, arrow("")]));
    assert_eq!(all_said(&corpus), [forth]);
    let said = messages(&corpus).join("\n");
    assert!(said.contains("1 result that is no region of the text, not read"), "{said}");
    assert!(said.contains("1 relation left out: it has no label"), "{said}");
    let wrong = [
        (
            with(&[arrow(r#""direction": "up", "#)]),
            "field `annotations[2].result[2].direction`: expected `right`, `left` or `bi`, found `up`",
        ),
        (
            with(&[arrow("").replace("\"B\"", "\"Z\"")]),
            "to_id`: expected the identifier of a region of the text, found `Z`",
        ),
        (
            with(&[arrow("")]).replace("\"end\": 13", "\"end\": 12"),
            "value.start`: expected the span of `Acme`, found [9, 12], that of `Acm`; probably they are counted with inclusive ends",
        ),
        (
            with(&[arrow("")]).replace("\"start\": 9, \"end\": 13", "\"start\": 8, \"end\": 12"),
            "found [8, 12], that of ` Acm`; they are at [9, 13]",
        ),
    ];
    for (text, expected) in wrong {
        refused(Format::LABEL_STUDIO, &format!("[{text}]"), expected);
    }
}

#[test]
fn label_studio_offsets_in_utf16_units_are_known_by_their_words() {
    let text = r#"[{"id": 1, "data": {"text": "😀 Ada runs 😀 Acme."}, "annotations": [{"result": [{"id": "A", "type": "labels", "value": {"start": 3, "end": 6, "text": "Ada", "labels": ["PER"]}}, {"id": "B", "type": "labels", "value": {"start": 15, "end": 19, "text": "Acme", "labels": ["ORG"]}}, {"from_id": "A", "to_id": "B", "type": "relation", "direction": "right", "labels": ["runs"]}]}]}]"#;
    let corpus = read(text);
    assert_eq!(all_said(&corpus), ["Ada [PER] -runs-> Acme [ORG]"]);
    assert_eq!(
        messages(&corpus),
        ["f[0]: 2 spans whose offsets count UTF-16 units, read so, the first in `1`"]
    );
    // In characters, as documented.
    let characters = text
        .replace("\"start\": 3, \"end\": 6", "\"start\": 2, \"end\": 5")
        .replace("\"start\": 15, \"end\": 19", "\"start\": 13, \"end\": 17");
    assert!(read(&characters).warnings.is_empty());
}

const PRODIGY: &str = r#"{"text": "Ada Byron works at Acme.", "_input_hash": 1, "tokens": [{"text": "Ada", "start": 0, "end": 3, "id": 0}, {"text": "Byron", "start": 4, "end": 9, "id": 1}, {"text": "works", "start": 10, "end": 15, "id": 2}, {"text": "at", "start": 16, "end": 18, "id": 3}, {"text": "Acme", "start": 19, "end": 23, "id": 4}, {"text": ".", "start": 23, "end": 24, "id": 5}], "spans": [{"start": 0, "end": 9, "token_start": 0, "token_end": 1, "label": "PER"}, {"start": 19, "end": 23, "token_start": 4, "token_end": 4, "label": "ORG"}], "relations": [{"head": 1, "child": 4, "label": "works_at", "head_span": {"start": 0, "end": 9, "token_start": 0, "token_end": 1, "label": "PER"}, "child_span": {"start": 19, "end": 23, "token_start": 4, "token_end": 4, "label": "ORG"}}], "answer": "accept"}"#;

#[test]
fn prodigy_spans_are_found_by_characters_tokens_or_the_relation() {
    let expected = ["Ada Byron [PER] -works_at-> Acme [ORG]"];
    let all = read(PRODIGY);
    assert_eq!(
        (all.format, all_said(&all), all.warnings.len()),
        (Format::PRODIGY, expected.map(str::to_owned).to_vec(), 0)
    );
    assert_eq!(all.instances[0].tokens, ["Ada", "Byron", "works", "at", "Acme", "."]);
    // Older versions give only tokens in relations, the last of a span for the span.
    let spans_of_relation = PRODIGY.find(", \"head_span\"").unwrap()..PRODIGY.find("}], \"answer\"").unwrap();
    let without = format!("{}{}", &PRODIGY[..spans_of_relation.start], &PRODIGY[spans_of_relation.end..]);
    assert_eq!(all_said(&read(&without)), expected);
    // A relation between tokens that are in no span.
    let token = without.replace(r#""head": 1"#, r#""head": 2"#);
    assert_eq!(all_said(&read(&token)), ["works -works_at-> Acme [ORG]"]);
    let only_tokens = PRODIGY
        .replace(r#""start": 0, "end": 9, "#, "")
        .replace(r#"{"start": 19, "end": 23, "token"#, r#"{"token"#);
    assert_eq!(all_said(&read(&only_tokens)), expected);
    let answered = [PRODIGY, PRODIGY, PRODIGY, PRODIGY]
        .join("\n")
        .replacen("accept", "reject", 1)
        .replacen("accept", "ignore", 1);
    let corpus = read(&answered);
    assert_eq!(corpus.instances.len(), 2);
    assert_eq!(
        messages(&corpus),
        [
            "f:1: 1 task left out: its answer is `reject`, in `1`",
            "f:2: 1 task left out: its answer is `ignore`, in `2`"
        ]
    );
    for (from, to, expected) in [
        (
            r#""token_end": 1, "label": "PER"}, {"#,
            r#""token_end": 2, "label": "PER"}, {"#,
            "field `spans[0].token_end`: expected the last token of the characters [0, 9], found that of [0, 15]; tokens are counted from 0, and `token_end` is inclusive",
        ),
        (
            r#""token_end": 4, "label": "ORG"}], "rel"#,
            r#""token_end": 6, "label": "ORG"}], "rel"#,
            "field `spans[1].token_end`: expected a span of at least one of the 6 tokens, found [4, 6]",
        ),
        (
            r#""answer": "accept""#,
            r#""answer": "maybe""#,
            "field `answer`: expected `accept`, `reject` or `ignore`, found `maybe`",
        ),
        (
            r#""label": "works_at""#,
            r#""label": """#,
            "field `relations[0].label`: expected a string that is not empty",
        ),
        (
            r#""start": 4, "end": 9, "id": 1"#,
            r#""start": 2, "end": 9, "id": 1"#,
            "field `tokens[1].start`: expected a start of at least 3",
        ),
    ] {
        assert!(PRODIGY.contains(from), "{from}");
        refused(Format::PRODIGY, &PRODIGY.replacen(from, to, 1), expected);
    }
}

/// A folder with brat's files.
fn brat(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

#[test]
fn brat_reads_a_folder_and_counts_what_it_does_not_read() {
    let folder = brat(&[
        ("b.txt", "Ada 😀 runs\r\nthe Acme and\nall of Lego.\nBo left it."),
        (
            "b.ann",
            "T1\tPer 0 3\tAda\nT2\tOrg 16 20\tAcme\nT3\tOrg 25 28;32 36\tall Lego\nT4\tPer 38 40\tBo\nR1\truns Arg1:T1 Arg2:T2\t\nR2\truns Arg2:T2 Arg1:T1\nR3\truns Arg1:T1 Arg2:T3\nR4\tknows Arg1:T1 Arg2:T4\nE1\tLeave:T4 Agent:T4\n*\tEquiv T1 T4\nA1\tNegated R1\n#1\tAnnotatorNotes T1\tsure?\nN1\tReference T1 Wikidata:Q7259\tAda\nR5\tcauses Arg1:E1 Arg2:T1\n",
        ),
        ("a.txt", "Cy owns Lego."),
        ("a.ann", "T1\tPer 0 2\tCy\nT2\tOrg 8 12\tLego\nR1\towns Owner:T1 Owned:T2\n"),
        ("c.txt", "not annotated"),
    ]);
    let corpus = Corpus::open(folder.path()).unwrap();
    assert_eq!(corpus.format, Format::BRAT);
    assert_eq!(all_said(&corpus), ["Cy [Per] -owns-> Lego [Org]", "Ada [Per] -runs-> Acme [Org]"]);
    assert_eq!(corpus.instances[0].id, "a:0-2:8-12:owns");
    let said: Vec<&str> = corpus.warnings.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "1 relation stated more than once, read once, in `b`",
            "1 relation left out: head or tail is discontinuous, in `b`",
            "1 relation left out: head and tail are in different sentences, in `b`",
            "1 event not read: only relations between two entities are, in `b`",
            "1 equivalence not used: relations are those of the mentions they are stated for, in `b`",
            "1 attribute not read, in `b`",
            "1 note not read, in `b`",
            "1 normalisation not read, in `b`",
            "1 relation left out: an argument is an event, in `b`",
        ]
    );
    assert!(corpus.warnings.iter().all(|notice| notice.path.ends_with("b.ann")));
}

#[test]
fn brat_faults_name_file_line_and_annotation() {
    for (annotation, expected) in [
        (
            "T1\tPer 0 3\tAda\nT2\tOrg 9 14\tAcme\n",
            ":2: field `T2`: expected a start below the end, and an end up to 13",
        ),
        (
            "T1\tPer 0 3\tAda\nT2\tOrg 8 12\tAcme\n",
            ":2: field `T2`: expected the words at these offsets, ` Acm`, found `Acme`; the text must be the one",
        ),
        (
            "T1\tPer 0 3\tAda\nR1\truns Arg1:T1 Arg2:T9\n",
            "field `R1`: expected the identifier of an entity, found `T9`, which none has",
        ),
        ("T1\tPer 0 3\tAda\nR1\truns Arg1:T1\n", "field `R1`: expected a label and two arguments"),
        ("T1\tPer 0 3\tAda\nT1\tOrg 9 13\tAcme\n", ":2: expected each identifier once, found `T1` twice"),
        (
            "T1\tPer 0 3\tAda\nT2 Org 9 13 Acme\n",
            ":2: field `T2 Org 9 13 Acme`: expected a type and offsets, such as `Org 0 6`",
        ),
        ("T1\tPer 0 3\tAda\nfoo\n", "expected a line that begins with T, R, E, *, A, M, N or #, found `foo`"),
    ] {
        let folder = brat(&[("a.txt", "Ada runs Acme"), ("a.ann", annotation)]);
        let message = Corpus::open(folder.path().join("a.ann")).unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("a.ann"), "{message}");
    }
    let text_itself = brat(&[("a.txt", "Ada runs Acme"), ("a.ann", "")]);
    let message = Corpus::open(text_itself.path().join("a.txt")).unwrap_err().to_string();
    assert!(
        message.contains("its annotation is beside it: read ") && message.ends_with("a.ann"),
        "{message}"
    );
    let lonely = brat(&[("a.ann", "T1\tPer 0 3\tAda\n")]);
    let message = Corpus::open(lonely.path().join("a.ann")).unwrap_err().to_string();
    assert!(message.contains("expected the text beside the annotation, in "), "{message}");
    let empty = brat(&[]);
    let message = Corpus::open(empty.path()).unwrap_err().to_string();
    assert!(message.contains("found a folder without any"), "{message}");
}

const SPERT: &str = r#"{"tokens": ["Ada", "Byron", "runs", "Acme", "in", "York"], "entities": [{"type": "Peop", "start": 0, "end": 2}, {"type": "Org", "start": 3, "end": 4}, {"type": "Peop", "start": 1, "end": 2}], "relations": [{"type": "Runs", "head": 0, "tail": 1}, {"type": "Name", "head": 0, "tail": 2}], "orig_id": 9}"#;

#[test]
fn spert_counts_tokens_with_exclusive_ends() {
    let corpus = read(&format!("[{SPERT}]"));
    assert_eq!(corpus.format, Format::SPERT);
    assert_eq!(
        all_said(&corpus),
        ["Ada Byron [Peop] -Runs-> Acme [Org]", "Ada Byron [Peop] -Name-> Byron [Peop]"]
    );
    assert_eq!(
        messages(&corpus),
        ["f[0]: 1 instance with entities that are one within the other or overlap, in `9:0-2:1-2:Name`"]
    );
    for (from, to, expected) in [
        (
            r#""start": 3, "end": 4"#,
            r#""start": 3, "end": 3"#,
            "f[0]: field `entities[1].end`: expected a span of at least one of the 6 tokens, found [3, 3]; spans count tokens from 0, and the end is exclusive",
        ),
        (r#""start": 3, "end": 4"#, r#""start": 3, "end": 7"#, "found [3, 7]"),
        (
            r#""tail": 1"#,
            r#""tail": 3"#,
            "f[0]: instance `9`: field `relations[0].tail`: expected an index below 3, the number of entities, found 3; entities are counted from 0",
        ),
        (r#""Byron""#, "7", "field `tokens`: expected an array of strings"),
    ] {
        refused(Format::SPERT, &format!("[{}]", SPERT.replacen(from, to, 1)), expected);
    }
}

#[test]
fn scierc_counts_tokens_of_the_document_with_inclusive_ends() {
    let document = r#"{"doc_key": "x", "dataset": "d", "sentences": [["Ada", "Byron", "came", "."], ["She", "runs", "New", "Acme", "."]], "ner": [[[0, 1, "PER"]], [[4, 4, "PER", 0.9], [6, 7, "ORG"]]], "relations": [[], [[4, 4, 6, 7, "RUNS"], [0, 1, 6, 7, "RUNS"], [4, 4, 3, 3, "ODD", 0.1]]], "clusters": [[[0, 1], [4, 4]]], "events": [[], [[[5, "Run"], [4, 4, "Agent"]]]], "_sentence_start": [0, 4]}"#;
    let corpus = read(document);
    assert_eq!(corpus.format, Format::SCIERC);
    assert_eq!(all_said(&corpus), ["She [PER] -RUNS-> New Acme [ORG]"]);
    assert_eq!(corpus.instances[0].tokens, ["She", "runs", "New", "Acme", "."]);
    assert_eq!(
        messages(&corpus),
        [
            "f:1: 2 relations left out: head and tail are in different sentences, the first in `x`; a pair policy with `across=joined` reads such sentences as one",
            "f:1: 1 cluster of coreferent mentions not used: relations are those of the mentions they are stated for, in `x`",
            "f:1: 1 event not read, in `x`",
        ]
    );
    for (from, to, expected) in [
        (
            "[6, 7, \"ORG\"]",
            "[6, 9, \"ORG\"]",
            "field `ner`: expected a span of at least one of the 9 tokens, found [6, 9]; spans count tokens from 0, and the end is inclusive",
        ),
        ("[6, 7, \"ORG\"]", "[6, \"ORG\"]", "field `ner`: expected [start, end, type], found `[6,\"ORG\"]`"),
        (
            "\"RUNS\"], [0",
            "3], [0",
            "f:1: instance `x`: field `relations`: expected [start, end, start, end, label], found `[4,4,6,7,3]`",
        ),
        (
            "\"ner\": [[[0, 1, \"PER\"]], ",
            "\"ner\": [",
            "field `ner`: expected 2 arrays, one for each sentence, found 1",
        ),
    ] {
        refused(Format::SCIERC, &document.replacen(from, to, 1), expected);
    }
}

#[test]
fn crossre_has_inclusive_ends() {
    let sentence = r#"{"doc_key": "news-1", "sentence": ["Ada", "Byron", "runs", "New", "Acme"], "ner": [[0, 1, "person"], [3, 4, "organisation"]], "relations": [[0, 1, 3, 4, "role", "Exp", false, false], [0, 1, 3, 4, "part-of", "", true, false]]}"#;
    let corpus = read(sentence);
    assert_eq!(corpus.format, Format::CROSSRE);
    let (role, part) = (
        "Ada Byron [person] -role-> New Acme [organisation]",
        "Ada Byron [person] -part-of-> New Acme [organisation]",
    );
    assert_eq!(all_said(&corpus), [role, part]);
    assert!(
        messages(&corpus)[0]
            .starts_with("f:1: 1 pair with several relations, read as one instance for each, in `news-1`")
    );
    refused(
        Format::CROSSRE,
        &sentence.replace("3, 4, \"org", "3, 5, \"org"),
        "field `ner`: expected a span of at least one of the 5 tokens, found [3, 5]",
    );
    refused(
        Format::CROSSRE,
        &sentence.replace("[0, 1, 3, 4, \"role\"", "[0, 1, 4, 3, \"role\""),
        "field `relations`: expected a span of at least one of the 5 tokens, found [4, 3]",
    );
}

#[test]
fn docred_takes_the_nearest_mentions_in_one_sentence() {
    let document = r#"[{"title": "Ada", "sents": [["Ada", "came", "."], ["She", "runs", "Acme", "in", "York", "."]], "vertexSet": [[{"name": "Ada", "pos": [0, 1], "sent_id": 0, "type": "PER"}, {"name": "She", "pos": [0, 1], "sent_id": 1, "type": "PER"}], [{"name": "Acme", "pos": [2, 3], "sent_id": 1, "type": "ORG", "global_pos": [5]}], [{"name": "came", "pos": [1, 2], "sent_id": 0, "type": "MISC"}]], "labels": [{"h": 0, "t": 1, "r": "P108", "evidence": [1]}, {"h": 2, "t": 1, "r": "P1", "evidence": []}]}]"#;
    let corpus = read(document);
    assert_eq!(corpus.format, Format::DOCRED);
    assert_eq!(all_said(&corpus), ["She [PER] -P108-> Acme [ORG]"]);
    assert!(
        messages(&corpus)[0]
            .starts_with("f[0]: 1 relation left out: head and tail are in different sentences, in `Ada`")
    );
    // The test set has no labels: all pairs are to be predicted.
    let unlabelled = document.replace(r#", "labels": [{"h": 0, "t": 1, "r": "P108", "evidence": [1]}, {"h": 2, "t": 1, "r": "P1", "evidence": []}]"#, "");
    let all = ReadOptions { pairs: "unrelated=all".parse().unwrap(), ..Default::default() };
    let corpus = read_with(&unlabelled, &all).unwrap();
    let pairs = ["Ada [PER] -?-> came [MISC]", "came [MISC] -?-> Ada [PER]"];
    let nearest = ["She [PER] -?-> Acme [ORG]", "Acme [ORG] -?-> She [PER]"];
    assert_eq!(all_said(&corpus), [nearest[0], pairs[0], nearest[1], pairs[1]]);
    // As the loader of Hugging Face gives the labels.
    let columns = r#""labels": {"head": [0], "tail": [1], "relation_id": ["P108"], "relation_text": ["employer"], "evidence": [[1]]}}]"#;
    let of_columns = format!("{}{columns}", &document[..document.find("\"labels\"").unwrap()]);
    assert_eq!(all_said(&read(&of_columns)), ["She [PER] -P108-> Acme [ORG]"]);
    let wrong = "field `labels.tail`: expected indices below 3, the number of entities, found 4";
    refused(Format::DOCRED, &of_columns.replace("\"tail\": [1]", "\"tail\": [4]"), wrong);
    for (from, to, expected) in [
        (
            r#""pos": [2, 3]"#,
            r#""pos": [2, 7]"#,
            "f[0]: field `vertexSet[1][0].pos`: expected a span of at least one of the 6 tokens, found [2, 7]",
        ),
        (
            r#""sent_id": 1, "type": "ORG""#,
            r#""sent_id": 2, "type": "ORG""#,
            "field `vertexSet[1][0].sent_id`: expected an index below 2, the number of sentences, found 2",
        ),
        (
            r#""t": 1, "r": "P108""#,
            r#""t": 3, "r": "P108""#,
            "field `labels[0].t`: expected an index below 3, the number of entities, found 3",
        ),
    ] {
        refused(Format::DOCRED, &document.replacen(from, to, 1), expected);
    }
}

#[test]
fn opennre_counts_tokens_or_characters() {
    let tokens = r#"{"token": ["Ada", "Byron", "runs", "Acme"], "h": {"name": "ada byron", "id": "Q1", "pos": [0, 2], "type": "PER"}, "t": {"name": "acme", "id": "Q2", "pos": [3, 4]}, "relation": "runs"}"#;
    let corpus = read(&as_array(&format!("{tokens}\n{}", tokens.replace("[3, 4]", "[2, 4]"))));
    assert_eq!(all_said(&corpus), ["Ada Byron [PER] -runs-> Acme", "Ada Byron [PER] -runs-> runs Acme"]);
    assert_eq!(
        messages(&corpus),
        [
            "f[1]: instance `1`: field `t`: spans of other words than are given for them: 1 of 4, the first `runs Acme` where `acme` is given; compare the spans with the words that are given for them"
        ]
    );
    let text = r#"{"text": "😀 Ada runs Acme.", "h": {"name": "Ada", "pos": [2, 5]}, "t": {"name": "Acme", "pos": [11, 15]}, "relation": "runs"}"#;
    let corpus = read(text);
    assert_eq!((all_said(&corpus), corpus.warnings.len()), (vec!["Ada -runs-> Acme".to_owned()], 0));
    for (text, expected) in [
        (
            tokens.replace("[3, 4]", "[3, 3]"),
            "f:1: field `t.pos`: expected a span of at least one of the 4 tokens, found [3, 3]; spans count tokens from 0, and the end is exclusive",
        ),
        (tokens.replace("[3, 4]", "[3, 5]"), "field `t.pos`"),
        (tokens.replace(r#", "pos": [3, 4]"#, ""), "field `t.pos`: missing; expected a pair [start, end]"),
        (
            text.replace("[11, 15]", "[11, 17]"),
            "field `t.pos`: expected a start below the end, and an end up to 16",
        ),
    ] {
        refused(Format::OPENNRE, &text, expected);
    }
}

#[test]
fn nyt10_finds_words_that_are_there_once() {
    let line = |head: &str, tail: &str, text: &str| {
        format!("m.1\tm.2\t{head}\t{tail}\t/business/company\t{text} ###END###\n")
    };
    let corpus = read(&line("Ada", "acme", "ada runs Acme , not acmes ."));
    assert_eq!(all_said(&corpus), ["ada -/business/company-> Acme"]);
    for (text, expected) in [
        (
            line("ada", "acme", "ada runs acme and acme ."),
            "f:1: field `tail`: expected words that the text contains once, found `acme`, which it contains 2 times",
        ),
        (
            line("ada", "lego", "ada runs acme ."),
            "f:1: field `tail`: expected words of the text, found `lego`, which it does not contain",
        ),
        (line("", "acme", "ada runs acme ."), "field `head`: expected words of the text"),
        (format!("{}m.1\tm.2\ta\n", line("ada", "acme", "ada runs acme .")), "f:2: expected six columns"),
    ] {
        refused(Format::NYT10, &text, expected);
    }
}

#[test]
fn flair_reads_tags_and_comments() {
    let text = "# global.columns = id form ner\n\n# sentence_id = s1\n# relations = 1;2;4;4;runs|4;4;1;2;run_by\n1\tAda\tB-PER\n2\tByron\tI-PER\n3\truns\tO\n4\tAcme\tS-ORG\n\n# relations =\n1\tBo\tB-PER\n\n";
    let corpus = read(text);
    assert_eq!(corpus.format, Format::FLAIR);
    assert_eq!(
        all_said(&corpus),
        ["Ada Byron [PER] -runs-> Acme [ORG]", "Acme [ORG] -run_by-> Ada Byron [PER]"]
    );
    assert_eq!(corpus.instances[0].id, "s1:0-2:3-4:runs");
    assert!(messages(&corpus)[0].starts_with("f:10: 1 document without a relation"));
    for (from, to, expected) in [
        (
            "4;4;runs",
            "5;5;runs",
            "f:3: instance `s1`: field `relations`: expected words from 1 to 4, the end inclusive and not before the start, found 5 to 5",
        ),
        (
            "4;4;runs",
            "0;4;runs",
            "expected `start;end;start;end;label`, counted from 1, found `1;2;0;4;runs`",
        ),
        ("4;4;runs", "runs", "expected `start;end;start;end;label`"),
        ("3\truns\tO", "3\truns", "f:7: expected 3 columns separated by tabs, found 2"),
        ("id form ner", "id word ner", "expected a column `form` in `# global.columns`, found none"),
    ] {
        refused(Format::FLAIR, &text.replacen(from, to, 1), expected);
    }
}

#[test]
fn tacred_columns_mark_each_token() {
    let text = "# index\ttoken\tsubj\tsubj_type\tobj\tobj_type\tstanford_head\n# id=a reln=runs\n1\tAda\tSUBJECT\tPER\t_\t_\t2\n2\truns\t_\t_\t_\t_\t0\n3\t#\t_\t_\tOBJECT\tORG\t2\n\n# id=b reln=\n1\tAda\tSUBJECT\tPER\t_\t_\t2\n2\tAcme\t_\t_\tOBJECT\tORG\t0\n";
    let corpus = read(text);
    assert_eq!(corpus.format, Format::TACRED_CONLL);
    assert_eq!(all_said(&corpus), ["Ada [PER] -runs-> # [ORG]", "Ada [PER] -?-> Acme [ORG]"]);
    for (from, to, expected) in [
        (
            "2\truns\t_\t_\t_\t_\t0",
            "2\truns\t_\t_\t_\t0",
            "f:4: instance `a`: expected 7 columns separated by tabs, found 6",
        ),
        (
            "2\truns\t_\t_\t_\t_\t0",
            "2\truns\t_\t_\t_\t_\tx",
            "instance `a`: field `stanford_head`: expected whole numbers from 0, found `x`",
        ),
        ("OBJECT\tORG\t2", "_\tORG\t2", "field `obj`: expected tokens that are marked, found none"),
        ("3\t#\t_\t_", "3\t#\tSUBJECT\tPER", "field `subj`: expected tokens without a gap"),
    ] {
        refused(Format::TACRED_CONLL, &text.replacen(from, to, 1), expected);
    }
}

#[test]
fn tacred_on_lines_says_what_is_wrong_in_which() {
    let line = |id: &str, heads: &str| {
        format!(
            r#"{{"id": "{id}", "token": ["Ada", "runs", "Acme"], "subj_start": 0, "subj_end": 0, "obj_start": 2, "obj_end": 2, "stanford_head": {heads}, "relation": "runs"}}"#
        )
    };
    let (from_one, from_zero) = (line("a", "[2, 0, 2]"), line("b", "[1, -1, 1]"));
    for (text, expected) in [
        (format!("{from_one}\n\n{}\n", line("c", "[2, 0, 2]")), &[][..]),
        (
            format!("{from_zero}\n\n{}\n", line("c", "[1, -1, 1]")),
            &["f:1: 2 instances with heads counted from 0 (the root is -1), read so, the first in `b`"],
        ),
    ] {
        let corpus = read(&text);
        assert_eq!((corpus.format, corpus.instances.len()), (Format::TACRED, 2));
        assert!(corpus.instances.iter().all(|one| one.heads.as_deref() == Some(&[2, 0, 2])));
        assert_eq!(messages(&corpus), expected);
    }
    // A file that counts in both ways cannot be read right.
    refused(
        Format::TACRED,
        &format!("{from_one}\n{from_zero}"),
        "f:2: instance `b`: field `stanford_head`: expected heads that count from 1, with 0 for the root, as in the instances before",
    );
    refused(
        Format::TACRED,
        &format!("{from_zero}\n{from_one}"),
        "f:2: instance `a`: field `stanford_head`: expected heads that count from 0, with -1 for the root",
    );
    refused(
        Format::TACRED,
        &line("b", "[1, -1, 3]"),
        "f:1: instance `b`: field `stanford_head`: expected heads from 0 (the root) to 3",
    );
    refused(
        Format::TACRED,
        &line("a", "[2, 0, -2]"),
        "field `stanford_head`: expected an array of whole numbers from 0, found the number -2",
    );
}

#[test]
fn the_pair_policy_reaches_all_readers() {
    let pairs: PairPolicy = "across=joined,several=joined,unrelated=all,seen_types=false".parse().unwrap();
    let corpus = read_with(DOCCANO, &ReadOptions { pairs, ..Default::default() }).unwrap();
    assert_eq!(
        all_said(&corpus),
        [
            "Ada [PER] -runs-> Acme [ORG]",
            "Bo [PER] -left-> Acme [ORG]",
            "Cy [PER] -owns-> Lego [ORG]",
            "Acme [ORG] -no_relation-> Ada [PER]",
            "Lego [ORG] -no_relation-> Cy [PER]"
        ]
    );
    assert_eq!(corpus.place(3), Place::Line(1));
}
