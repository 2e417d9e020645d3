//! KnowledgeNet's rows and documents: facts, pairs without a fact, folds, and what can be wrong with them.

mod common;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use mlrc_corpus::{
    Corpus, CorpusError, Format, Instance, InstanceStream, LabelSet, Place, ReadOptions, Summary, Tokenizer,
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
    assert_eq!(corpus.format, Format::KNOWLEDGENET);
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
                "field `subj`: expected the span of `Acme` (`subj_text`), found that of `me o`; it is at [22, 26]; {counting}"
            ),
        ),
        (
            "\"subj_text\":\"Acme\"",
            "\"subj_text\":\"Ajax\"",
            format!("field `subj`: expected the span of `Ajax` (`subj_text`), found that of `Acme`; the passage does not contain these words; {counting}"),
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
            "field `obj`: expected a pair [start, end] of whole numbers from 0, found an array of 1 entry".to_owned(),
        ),
        (
            "\"obj\":[0,7]",
            "\"obj\":null",
            "field `obj`: expected a pair [start, end], as `subj` is given, found none; a row without a fact has neither of the two".to_owned(),
        ),
        (
            "\"obj\":[0,7],\"obj_text\":\"Zoë Orr\"",
            "\"obj\":[3,4]",
            "field `obj`: expected at least one word, found only whitespace".to_owned(),
        ),
        (
            "\"fold\":2",
            "\"fold\":3",
            "field `fold`: expected the document's fold from line 1, `2`, found `3`; a document must be in a single fold".to_owned(),
        ),
        (
            "née Ek",
            "née Ed",
            "field `passage`: expected the passage of line 1, which begins at the same place, found `Zoë Orr, née Ed, runs Acme of Åre.`; `passage_start`".to_owned(),
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
    assert!(twice.starts_with("f:5: instance `d7:122-126:100-107:CEO`: field `id`: expected a unique identifier, found the one of line 1"), "{twice}");
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
    assert!(warning.starts_with("f:8: field `subject`: unknown field, ignored"), "{warning}");
    let none = read(&row("CEO", None)).unwrap_err().to_string();
    assert_eq!(none, "f: expected instances, found none");
}

/// A document whose second passage is [`PASSAGE`], as the makers publish it; spans count its characters.
fn document() -> serde_json::Value {
    let property = |id: &str, name: &str| serde_json::json!({"propertyId": id, "propertyName": name, "propertyDescription": "…"});
    let fact = |id: &str, [subject, object]: [(usize, usize); 2]| {
        let text =
            |(start, end): (usize, usize)| PASSAGE.chars().skip(start).take(end - start).collect::<String>();
        serde_json::json!({
            "factId": "f", "propertyId": id, "humanReadable": "…", "annotatedPassage": "…",
            "subjectStart": 100 + subject.0, "subjectEnd": 100 + subject.1, "subjectText": text(subject), "subjectUri": "",
            "objectStart": 100 + object.0, "objectEnd": 100 + object.1, "objectText": text(object), "objectUri": "",
        })
    };
    serde_json::json!({
        "fold": 2, "documentId": "d7", "source": "mine", "documentText": "…",
        "passages": [
            {"passageId": "p", "passageStart": 0, "passageEnd": 9, "passageText": "Of Acme .",
             "exhaustivelyAnnotatedProperties": [property("9", "SPOUSE")], "facts": []},
            {"passageId": "q", "passageStart": 100, "passageEnd": 134, "passageText": PASSAGE,
             "exhaustivelyAnnotatedProperties": [property("9", "SPOUSE"), property("4", "CEO"), property("8", "HEADQUARTERS")],
             "facts": [fact("4", [ACME, ZOE]), fact("8", [ACME, ARE]), fact("4", [ACME, EK])]},
        ],
    })
}

#[test]
fn documents_give_what_their_rows_give() {
    let corpus = read(&document().to_string()).unwrap();
    assert_eq!(corpus.format, Format::KNOWLEDGENET);
    assert!(corpus.warnings.is_empty(), "{:?}", corpus.warnings);
    assert_eq!(corpus.instances, read(&rows()).unwrap().instances);
    assert!((0..5).all(|index| corpus.place(index) == Place::Line(1)));
}

#[test]
fn faults_of_documents_say_what_and_where() {
    let counting = "spans count characters of the document from 0, and the end is exclusive";
    let fact = |number: usize, name: &str| format!("/passages/1/facts/{number}/{name}");
    let cases = [
        (
            fact(1, "objectStart"),
            serde_json::json!(131),
            format!("field `passages[1].facts[1].objectStart`: expected the span of `Åre` (`objectText`), found that of `re`; it is at [130, 133]; {counting}"),
        ),
        (
            fact(0, "subjectEnd"),
            serde_json::json!(135),
            format!("field `passages[1].facts[0].subjectEnd`: expected a start of at least 100 and below the end, and an end up to 134, the range of the passage, found [122, 135]; {counting}"),
        ),
        (
            fact(0, "subjectStart"),
            serde_json::json!(99),
            "field `passages[1].facts[0].subjectStart`: expected a start of at least 100 and below".to_owned(),
        ),
        (
            fact(2, "propertyId"),
            serde_json::json!("77"),
            "field `passages[1].facts[2].propertyId`: expected the `propertyId` of one of the `exhaustivelyAnnotatedProperties` read so far, found `77`".to_owned(),
        ),
        (
            fact(2, "objectEnd"),
            serde_json::json!("x"),
            "field `passages[1].facts[2].objectEnd`: expected a whole number from 0, found the string \"x\"".to_owned(),
        ),
        (
            fact(2, ""),
            serde_json::json!(5),
            "field `passages[1].facts[2]`: expected a JSON object, found the number 5".to_owned(),
        ),
        (
            "/passages/1/passageText".to_owned(),
            serde_json::json!(""),
            "field `passages[1].passageText`: expected a string that is not empty, found an empty string".to_owned(),
        ),
        (
            "/passages/1/facts".to_owned(),
            serde_json::json!({}),
            "field `passages[1].facts`: expected an array of objects, found an object".to_owned(),
        ),
        (
            "/passages/1/exhaustivelyAnnotatedProperties/1/propertyName".to_owned(),
            serde_json::json!(null),
            "field `passages[1].exhaustivelyAnnotatedProperties[1].propertyName`: missing; expected a string".to_owned(),
        ),
        ("/passages".to_owned(), serde_json::json!(3), "field `passages`: expected an array of objects".to_owned()),
    ];
    for (place, value, expected) in cases {
        let mut bad = document();
        *bad.pointer_mut(place.trim_end_matches('/')).unwrap() = value;
        let message = read(&format!("\n{bad}\n")).unwrap_err().to_string();
        let expected = format!("f:2: {expected}");
        assert!(message.starts_with(&expected), "expected {expected}\n   found {message}");
    }
    // The same document in another fold, and another passage in the place of the first.
    for (place, value, expected) in [
        (
            "/fold",
            serde_json::json!(3),
            "field `fold`: expected the document's fold from line 1, `2`, found `3`",
        ),
        (
            "/passages/0/passageText",
            serde_json::json!("Of Ajax."),
            "field `passages[0].passageText`: expected the passage of line 1, which begins at the same place, found `Of Ajax.`; `passageStart`",
        ),
    ] {
        let mut other = document();
        *other.pointer_mut(place).unwrap() = value;
        let message = read(&format!("{}\n{other}\n", document())).unwrap_err().to_string();
        assert!(message.starts_with(&format!("f:2: {expected}")), "{message}");
    }
}

#[test]
fn a_bad_fact_does_not_take_its_document_along() {
    let mut bad = document();
    *bad.pointer_mut("/passages/1/facts/1/objectEnd").unwrap() = serde_json::json!(500);
    *bad.pointer_mut("/passages/0/passageStart").unwrap() = serde_json::json!("x");
    bad["fould"] = serde_json::json!(1);
    let options = ReadOptions { skip_bad: true, ..Default::default() };
    let corpus = Corpus::from_bytes(bad.to_string().as_bytes(), "f", &options).unwrap();
    assert_eq!(corpus.skipped.len(), 2);
    let expected =
        ["CEO(Acme, Zoë Orr)", "CEO(Acme, Ek)", "no_relation(Zoë Orr, Ek)", "no_relation(Ek, Zoë Orr)"];
    assert_eq!(described(&corpus), expected);
    let warning = corpus.warnings[0].to_string();
    assert!(
        warning.starts_with("f:1: field `fould`: unknown field, ignored; did you mean `fold`?"),
        "{warning}"
    );
}

#[test]
fn folds_are_kept_and_chosen() {
    let other =
        row("CEO", Some([ACME, ZOE])).replace("\"d7\"", "\"d8\"").replace("\"fold\":2", "\"fold\":\"dev\"");
    let corpus = read(&format!("{}{other}\n", rows())).unwrap();
    for format in [Format::JSONL, Format::CONLLU] {
        let mut bytes = Vec::new();
        format.write(&corpus.instances, &mut bytes).unwrap();
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
    assert_eq!(message, "f: field `fold`: expected one of the folds `2` (5), `dev` (1), found `4`");
    let spaced = choose(&["2", " dev"]).unwrap_err().to_string();
    assert!(spaced.ends_with("found ` dev`; separate folds with commas, without spaces: 1,2,3"), "{spaced}");
    let without =
        read("<e1>a</e1> <e2>b</e2>\n").unwrap().with_folds(&["1".to_owned()]).unwrap_err().to_string();
    assert!(
        without.starts_with("f: field `fold`: expected instances with folds, found none with a fold; "),
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
    assert_eq!(corpus.format, Format::KNOWLEDGENET);
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

/// The documents that the release's rows were made from, as far as the rows show.
fn documents_of(rows: &str) -> String {
    let mut documents: BTreeMap<(String, String), BTreeMap<u64, serde_json::Value>> = BTreeMap::new();
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let document = (row["doc"].as_str().unwrap().to_owned(), row["fold"].to_string());
        let origin = row["passage_start"].as_u64().unwrap();
        let passage = documents.entry(document).or_default().entry(origin).or_insert_with(|| {
            serde_json::json!({
                "passageStart": origin, "passageText": row["passage"], "exhaustivelyAnnotatedProperties": [], "facts": [],
            })
        });
        let property = &row["property"];
        let annotated = passage["exhaustivelyAnnotatedProperties"].as_array_mut().unwrap();
        annotated.push(serde_json::json!({"propertyId": property, "propertyName": property}));
        if row["subj"].is_null() {
            continue;
        }
        let at = |name: &str, end: usize| row[name][end].as_u64().unwrap() + origin;
        passage["facts"].as_array_mut().unwrap().push(serde_json::json!({
            "propertyId": property, "subjectText": row["subj_text"], "objectText": row["obj_text"],
            "subjectStart": at("subj", 0), "subjectEnd": at("subj", 1),
            "objectStart": at("obj", 0), "objectEnd": at("obj", 1),
        }));
    }
    let line = |((document, fold), passages): ((String, String), BTreeMap<u64, serde_json::Value>)| {
        let fold: serde_json::Value = serde_json::from_str(&fold).unwrap();
        let passages: Vec<_> = passages.into_values().collect();
        serde_json::json!({"fold": fold, "documentId": document, "passages": passages}).to_string() + "\n"
    };
    documents.into_iter().map(line).collect()
}

#[test]
fn the_real_rows_as_documents_give_the_same_instances() {
    let Some(data) = common::data("corpus_knowledgenet") else { return };
    let text = std::fs::read_to_string(data.join("knowledgenet/knowledgenet_train_rows.jsonl")).unwrap();
    let sorted = |corpus: Corpus| {
        let mut instances = corpus.instances;
        instances.sort_by(|one, two| one.id.cmp(&two.id));
        instances
    };
    let (rows, documents) = (sorted(read(&text).unwrap()), sorted(read(&documents_of(&text)).unwrap()));
    assert_eq!(rows.len(), 15_198);
    assert!(rows == documents);
}
