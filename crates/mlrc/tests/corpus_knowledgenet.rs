//! KnowledgeNet's rows: facts, pairs without a fact, folds, and what can be wrong with them.

mod common;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use mlrc::corpus::{
    Corpus, CorpusError, Format, Instance, InstanceStream, LabelSet, Place, ReadOptions, Summary, Tokenizer,
    write_conllu, write_jsonl,
};

/// A sentence whose characters are not its bytes.
const PASSAGE: &str = "Zoë Orr, née Ek, runs Acme of Åre.";

/// A row about it, with the text of spans where they are given.
fn row(property: &str, spans: Option<[(usize, usize); 2]>) -> String {
    let text =
        |(start, end): (usize, usize)| PASSAGE.chars().skip(start).take(end - start).collect::<String>();
    let mut row = serde_json::json!({
        "fold": 2, "doc": "d7", "passage_start": 100, "passage_end": 134, "property": property, "passage": PASSAGE,
        "subj": null, "obj": null,
    });
    if let Some([subject, object]) = spans {
        row["subj"] = serde_json::json!([subject.0, subject.1]);
        row["obj"] = serde_json::json!([object.0, object.1]);
        row["subj_text"] = text(subject).into();
        row["obj_text"] = text(object).into();
        row["doc_subj"] = serde_json::json!([0, 1]);
    }
    row.to_string()
}

const ZOE: (usize, usize) = (0, 7);
const EK: (usize, usize) = (13, 15);
const ACME: (usize, usize) = (22, 26);
const ARE: (usize, usize) = (30, 33);

fn rows() -> String {
    let lines = [
        row("CEO", Some([ACME, ZOE])),
        row("SPOUSE", None),
        row("HEADQUARTERS", Some([ACME, ARE])),
        row("CEO", Some([ACME, EK])),
    ];
    lines.map(|line| line + "\n").concat()
}

fn read(text: &str) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(text.as_bytes(), "f", &ReadOptions::default())
}

fn words(instance: &Instance) -> (String, String) {
    let of = |range: std::ops::Range<usize>| instance.tokens[range].join(" ");
    (of(instance.subject.span.range()), of(instance.object.span.range()))
}

fn described(corpus: &Corpus) -> Vec<String> {
    let describe = |instance: &Instance| {
        let ((subject, object), relation) = (words(instance), instance.relation.as_deref().unwrap_or("?"));
        format!("{relation}({subject}, {object})")
    };
    corpus.instances.iter().map(describe).collect()
}

#[test]
fn facts_come_first_and_then_the_pairs_without_one() {
    let corpus = read(&rows()).unwrap();
    assert_eq!(corpus.format, Format::KnowledgeNet);
    assert!(corpus.warnings.is_empty(), "{:?}", corpus.warnings);
    // Both people are of a type that SPOUSE has, which the passage was annotated for; no property
    // of people and places was, nor one of organisations twice.
    let expected = [
        "CEO(Acme, Zoë Orr)",
        "HEADQUARTERS(Acme, Åre)",
        "CEO(Acme, Ek)",
        "no_relation(Zoë Orr, Ek)",
        "no_relation(Ek, Zoë Orr)",
    ];
    assert_eq!(described(&corpus), expected);
    let ids: Vec<&str> = corpus.instances.iter().map(|instance| instance.id.as_str()).collect();
    assert_eq!((ids[0], ids[3]), ("d7:122-126:100-107:CEO", "d7:100-107:113-115:no_relation"));
    let places: Vec<Place> = (0..5).map(|index| corpus.place(index)).collect();
    assert_eq!(places, [1, 3, 4, 1, 1].map(Place::Line));
    assert!(corpus.instances.iter().all(|instance| instance.fold.as_deref() == Some("2")));
    let first = &corpus.instances[0];
    assert_eq!(first.subject.kind.as_deref(), Some("ORGANIZATION"));
    assert_eq!(first.object.kind.as_deref(), Some("PERSON"));
    assert_eq!(first.source.as_ref().unwrap().text, PASSAGE);
    assert_eq!(Summary::of(&corpus).folds[0].count, 5);
}

#[test]
fn a_pair_that_only_overlaps_or_has_a_fact_elsewhere_is_no_negative() {
    // `Orr` within `Zoë Orr`: three mentions of people, of which two overlap.
    let orr = (4, 7);
    let text =
        [row("SPOUSE", Some([ZOE, EK])), row("CHILD_OF", Some([EK, orr]))].map(|line| line + "\n").concat();
    let expected =
        ["SPOUSE(Zoë Orr, Ek)", "CHILD_OF(Ek, Orr)", "no_relation(Orr, Ek)", "no_relation(Ek, Zoë Orr)"];
    assert_eq!(described(&read(&text).unwrap()), expected);
}

#[test]
fn a_property_of_ones_own_has_no_types_and_no_negatives() {
    let text = format!("{}\n{}\n", row("ADMIRES", Some([ZOE, EK])), row("ADMIRES", Some([EK, ACME])));
    let corpus = read(&text).unwrap();
    assert_eq!(described(&corpus), ["ADMIRES(Zoë Orr, Ek)", "ADMIRES(Ek, Acme)"]);
    assert!(corpus.instances.iter().all(|instance| instance.subject.kind.is_none()));
}

#[test]
fn faults_say_what_and_where() {
    let good = row("CEO", Some([ACME, ZOE]));
    let counting = "spans count characters of the passage from 0, and the end is exclusive";
    let cases = [
        (
            "\"subj\":[22,26]",
            "\"subj\":[24,28]",
            format!(
                "field `subj`: expected the span of `Acme` (`subj_text`), found that of `me o`; it stands at [22, 26]; {counting}"
            ),
        ),
        (
            "\"subj_text\":\"Acme\"",
            "\"subj_text\":\"Ajax\"",
            format!("field `subj`: expected the span of `Ajax` (`subj_text`), found that of `Acme`; the passage has no such words; {counting}"),
        ),
        (
            "\"obj\":[0,7]",
            "\"obj\":[0,35]",
            format!(
                "field `obj`: expected a start below the end, and an end up to 34, the length of the passage, found [0, 35]; {counting}"
            ),
        ),
        ("\"obj\":[0,7]", "\"obj\":[7,7]", "field `obj`: expected a start below the end".to_owned()),
        (
            "\"obj\":[0,7]",
            "\"obj\":[0]",
            "field `obj`: expected a pair [start, end] of whole numbers from 0, found an array of 1 entries".to_owned(),
        ),
        (
            "\"obj\":[0,7]",
            "\"obj\":null",
            "field `obj`: expected a pair [start, end], as `subj` is given, found none; a row without a fact has neither of the two".to_owned(),
        ),
        (
            "\"obj\":[0,7],\"obj_text\":\"Zoë Orr\"",
            "\"obj\":[25,29]",
            "field `obj`: expected two entities without a character in common, found two that overlap".to_owned(),
        ),
        (
            "\"obj\":[0,7],\"obj_text\":\"Zoë Orr\"",
            "\"obj\":[3,4]",
            "field `obj`: expected a word or more, found nothing but space".to_owned(),
        ),
        (
            "\"fold\":2",
            "\"fold\":3",
            "field `fold`: expected the fold of the document in line 1, `2`, found `3`; a document lies in one fold".to_owned(),
        ),
        (
            "née Ek",
            "née Ed",
            "field `passage`: expected the passage of line 1, which begins there too, found `Zoë Orr, née Ed, runs Acme of Åre.`; `passage_start`".to_owned(),
        ),
        (
            "\"property\":\"CEO\"",
            "\"property\":7",
            "field `property`: expected a string that is not empty, found the number 7".to_owned(),
        ),
        ("\"doc\":\"d7\",", "", "field `doc`: missing; expected a string or a whole number".to_owned()),
        ("\"passage_start\":100,", "", "field `passage_start`: missing; expected a whole number from 0".to_owned()),
    ];
    for (from, to, expected) in cases {
        let bad = replaced(&good, from, to);
        let message = read(&format!("{}{bad}\n", rows())).unwrap_err().to_string();
        let expected = format!("f:5: {expected}");
        assert!(message.starts_with(&expected), "expected {expected}\n   found {message}");
    }
    let twice = read(&format!("{}{good}\n", rows())).unwrap_err().to_string();
    assert!(twice.starts_with("f:5: instance `d7:122-126:100-107:CEO`: field `id`: expected an identifier of its own, found the one of line 1"), "{twice}");
}

/// The row with fields replaced; `from` and `to` are fields without the braces, that end in a comma or not.
fn replaced(row: &str, from: &str, to: &str) -> String {
    if from == "née Ek" {
        return row.replace(from, to);
    }
    let fields = |text: &str| -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(&format!("{{{}}}", text.trim_end_matches(','))).unwrap()
    };
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(row).unwrap();
    for (name, value) in fields(from) {
        assert_eq!(object.remove(&name), Some(value), "{name}");
    }
    object.extend(fields(to));
    serde_json::Value::Object(object).to_string()
}

#[test]
fn bad_rows_are_skipped_and_unknown_fields_named() {
    let bad = replaced(&row("CEO", Some([ACME, ZOE])), "\"obj\":[0,7]", "\"obj\":[9,9]");
    let odd = replaced(&row("SPOUSE", None), "\"obj\":null", "\"obj\":null,\"subject\":1");
    let text = format!("{}not JSON\n\n{bad}\n{odd}\n", rows());
    let corpus =
        Corpus::from_bytes(text.as_bytes(), "f", &ReadOptions { skip_bad: true, ..Default::default() })
            .unwrap();
    let skipped: Vec<Place> = corpus.skipped.iter().map(|error| error.notice().place).collect();
    assert_eq!((corpus.instances.len(), skipped), (5, vec![Place::Line(5), Place::Line(7)]));
    let warning = corpus.warnings[0].to_string();
    assert!(warning.starts_with("f:8: field `subject`: unknown field, not used"), "{warning}");
    let none = read(&row("CEO", None)).unwrap_err().to_string();
    assert_eq!(none, "f: expected instances, found none");
}

#[test]
fn folds_are_kept_and_chosen() {
    let other =
        row("CEO", Some([ACME, ZOE])).replace("\"d7\"", "\"d8\"").replace("\"fold\":2", "\"fold\":\"dev\"");
    let corpus = read(&format!("{}{other}\n", rows())).unwrap();
    for format in [Format::Jsonl, Format::Conllu] {
        let mut bytes = Vec::new();
        match format {
            Format::Jsonl => write_jsonl(&corpus.instances, &mut bytes).unwrap(),
            _ => write_conllu(&corpus.instances, &mut bytes).unwrap(),
        }
        let again = read(std::str::from_utf8(&bytes).unwrap()).unwrap();
        let folds = |corpus: &Corpus| -> Vec<_> {
            corpus.instances.iter().map(|instance| (instance.id.clone(), instance.fold.clone())).collect()
        };
        assert_eq!((again.format, folds(&again)), (format, folds(&corpus)));
    }
    let choose = |folds: &[&str]| {
        corpus.clone().with_folds(&folds.iter().map(|fold| (*fold).to_owned()).collect::<Vec<_>>())
    };
    let dev = choose(&["dev"]).unwrap();
    assert_eq!((dev.instances.len(), dev.instances[0].fold.as_deref()), (1, Some("dev")));
    assert_eq!((dev.place(0), choose(&["2"]).unwrap().place(3)), (Place::Line(5), Place::Line(1)));
    assert_eq!(choose(&["2", "dev"]).unwrap().instances, corpus.instances);
    let message = choose(&["2", "4"]).unwrap_err().to_string();
    assert_eq!(
        message,
        "f: field `fold`: expected one of the folds `2` (5), `dev` (1), found `4`; separate folds by commas, without space: 1,2,3"
    );
    let without =
        read("<e1>a</e1> <e2>b</e2>\n").unwrap().with_folds(&["1".to_owned()]).unwrap_err().to_string();
    assert!(
        without.starts_with("f: field `fold`: expected instances with folds, found none that has one; "),
        "{without}"
    );
}

#[test]
fn a_stream_gives_what_a_corpus_holds() {
    let text = rows();
    let mut stream = InstanceStream::new(text.as_bytes(), "f", &ReadOptions::default()).unwrap();
    let first = stream.next().unwrap().unwrap();
    assert_eq!((first.relation.as_deref(), stream.place()), (Some("CEO"), Place::Line(1)));
    let rest: Vec<Instance> = stream.map(Result::unwrap).collect();
    assert_eq!(rest, read(&text).unwrap().instances[1..]);
}

/// Numbers counted from the file in a few lines of Python.
#[test]
fn the_real_rows_are_read() {
    let Some(data) = common::data("corpus_knowledgenet") else { return };
    let path = data.join("knowledgenet/knowledgenet_train_rows.jsonl");
    let corpus = Corpus::read(&path, &ReadOptions { require_relation: true, ..Default::default() }).unwrap();
    assert_eq!(corpus.format, Format::KnowledgeNet);
    assert!(corpus.warnings.is_empty() && corpus.skipped.is_empty());
    let summary = Summary::of(&corpus);
    let of =
        |name: &str| summary.labels.iter().find(|label| label.name == name).map_or(0, |label| label.count);
    assert_eq!((summary.instances, summary.labels.len(), of("no_relation")), (10_895 + 4303, 16, 4303));
    assert_eq!([of("EMPLOYEE_OR_MEMBER_OF"), of("CEO"), of("DATE_FOUNDED")], [1408, 514, 412]);
    let labels = LabelSet::from_corpus(&corpus).unwrap();
    assert_eq!(labels.label(labels.negative().unwrap()), Some("no_relation"));
    // Entities are the words that the rows say, whichever way the passage is cut.
    let ptb = ReadOptions { tokenizer: Tokenizer::Ptb, ..Default::default() };
    for instance in Corpus::read(&path, &ptb).unwrap().instances.iter().chain(&corpus.instances) {
        let source = instance.source.as_ref().unwrap();
        let places: Vec<&str> = instance.id.rsplit(':').take(3).collect();
        for (span, place) in [(instance.subject.span, places[2]), (instance.object.span, places[1])] {
            let (start, end) = place.split_once('-').unwrap();
            let length = end.parse::<usize>().unwrap() - start.parse::<usize>().unwrap();
            assert_eq!(
                source.offsets[span.end - 1].end - source.offsets[span.start].start,
                length,
                "{}",
                instance.id
            );
        }
    }
    // No document and no sentence of a document is in two folds.
    let mut folds: HashMap<&str, HashSet<Option<&str>>> = HashMap::new();
    for instance in &corpus.instances {
        let document = instance.id.split(':').next().unwrap();
        folds.entry(document).or_default().insert(instance.fold.as_deref());
    }
    assert!(folds.values().all(|folds| folds.len() == 1));
    let mut listed = String::new();
    for fold in &summary.folds {
        let facts = corpus.instances.iter().filter(|instance| {
            instance.fold.as_ref() == Some(&fold.name) && instance.relation.as_deref() != Some("no_relation")
        });
        let _ = write!(listed, "{}:{}+{} ", fold.name, facts.clone().count(), fold.count - facts.count());
    }
    assert_eq!(listed, "1:2671+1004 2:2807+1166 3:2709+1194 4:2708+939 ");
}
