//! Labels as people have them: each test is named after the file in `shared/cases/labels`, and its kind's other
//! members follow.

mod common;

use mlrc_corpus::document::{PairPolicy, SeveralRelations};
use mlrc_corpus::scoring::{ConfusionMatrix, Scorer};
use mlrc_corpus::{AlikeLabels, Corpus, CorpusError, LabelSet, ReadOptions, Summary, tidy_labels};

fn read(bytes: impl AsRef<[u8]>) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(bytes.as_ref(), "f", &ReadOptions::default())
}

fn case(name: &str) -> Option<Corpus> {
    let folder = common::cases("cases_labels")?;
    Some(read(std::fs::read(folder.join("labels").join(name)).unwrap()).unwrap())
}

/// A corpus of these labels.
fn labelled(labels: &[&str]) -> Corpus {
    let sentence = "A <e1>key</e1> in my <e2>pocket</e2>.";
    Corpus::from_records(labels.iter().map(|label| (sentence, *label))).unwrap()
}

/// `MEANT: FOUND (COUNT), …` for each.
fn said(alike: &[AlikeLabels]) -> Vec<String> {
    let found = |group: &AlikeLabels| -> Vec<String> {
        group.found.iter().map(|found| format!("{:?} {}", found.name, found.count)).collect()
    };
    alike.iter().map(|group| format!("{}: {}", group.meant, found(group).join(", "))).collect()
}

/// Asserts what is alike, and that nothing is after tidying.
fn is_tidied(mut corpus: Corpus, expected: &[&str]) -> Corpus {
    assert_eq!(said(&Summary::of(&corpus).alike_labels), expected);
    assert_eq!(said(&tidy_labels(&mut [&mut corpus], &[])), expected);
    assert_eq!(said(&Summary::of(&corpus).alike_labels), Vec::<String>::new());
    corpus
}

#[test]
fn labels() {
    let Some(corpus) = case("03_labels.jsonl") else { return };
    let negatives: Vec<String> =
        Summary::of(&corpus).negative_labels.into_iter().map(|label| label.name).collect();
    assert_eq!(negatives, ["no_relation", "Other", "N/A"]);
    let corpus = is_tidied(corpus, &[r#"per:spouse: "Per:Spouse" 1, "per:spouse" 1, "per:spouse " 1"#]);
    assert_eq!(Summary::of(&corpus).labels[0].count, 3);
}

#[test]
fn uni() {
    let Some(corpus) = case("uni.jsonl") else { return };
    let corpus = is_tidied(corpus, &["caf\u{e9}: \"cafe\\u{301}\" 44, \"caf\u{e9}\" 36"]);
    assert_eq!(
        (Summary::of(&corpus).labels[0].name.as_str(), Summary::of(&corpus).labels[0].count),
        ("caf\u{e9}", 80)
    );
}

#[test]
fn sem() {
    let Some(corpus) = case("36_sem.txt") else { return };
    let corpus = is_tidied(
        corpus,
        &[
            r#"Cause-Effect(e1,e2): "cause-effect(e1,e2)" 1"#,
            r#"Cause-Effect(e2,e1): "Cause-Effect (e2, e1)" 1"#,
        ],
    );
    let labels = LabelSet::from_corpus(&corpus).unwrap();
    assert_eq!(Scorer::for_labels(labels.labels()), Scorer::semeval());
}

#[test]
fn semsp() {
    let Some(corpus) = case("semsp.jsonl") else { return };
    let labels = LabelSet::from_corpus(&corpus).unwrap();
    assert_eq!(Scorer::for_labels(labels.labels()).to_string(), "plain:Other");
    assert_eq!(Summary::of(&corpus).undirected_labels, ["Cause-Effect(e1, e2)"]);
    let corpus = is_tidied(corpus, &[r#"Cause-Effect(e1,e2): "Cause-Effect(e1, e2)" 36"#]);
    let labels = LabelSet::from_corpus(&corpus).unwrap();
    assert_eq!(Scorer::for_labels(labels.labels()), Scorer::semeval());
}

#[test]
fn mixed() {
    let Some(corpus) = case("mixed.txt") else { return };
    let summary = Summary::of(&corpus);
    assert_eq!(summary.undirected_labels, ["Cause-Effect", "Message-Topic"]);
    assert_eq!(summary.alike_labels, []);
}

#[test]
fn norel() {
    let Some(corpus) = case("norel.txt") else { return };
    let labels = LabelSet::from_corpus(&corpus).unwrap();
    assert_eq!(labels.label(labels.negative().unwrap()), Some("NO_RELATION"));
    assert_eq!(Scorer::for_labels(labels.labels()).to_string(), "tacred:NO_RELATION");
    assert_eq!(Summary::of(&corpus).undirected_labels, Vec::<String>::new());
}

#[test]
fn two_neg() {
    let Some(corpus) = case("two_neg.jsonl") else { return };
    let summary = Summary::of(&corpus);
    let negatives: Vec<(&str, usize)> =
        summary.negative_labels.iter().map(|label| (label.name.as_str(), label.count)).collect();
    assert_eq!(negatives, [("no_relation", 76), ("Other", 67)]);
    let labels = LabelSet::from_corpus(&corpus).unwrap();
    assert_eq!(labels.other_negatives(), ["Other"]);
    assert_eq!(labels.with_negative(Some("Other")).unwrap().other_negatives(), ["no_relation"]);
}

#[test]
fn dev_neg() {
    let Some(corpus) = case("dev_neg.jsonl") else { return };
    let labels = LabelSet::new(["no_relation", "a"]).unwrap();
    let notice = labels.only_negatives(&corpus).unwrap().to_string();
    assert!(
        notice.starts_with(
            "f: field `relation`: none of the 30 instances has a relation, all are `no_relation`"
        ),
        "{notice}"
    );
    assert_eq!(labels.only_negatives(&labelled(&["no_relation", "a"])), None);
    assert_eq!(labels.only_negatives(&labelled(&["a", "a"])), None);
    assert_eq!(LabelSet::new(["a", "b"]).unwrap().only_negatives(&corpus), None);
    let sentence = "A <e1>key</e1> in my <e2>pocket</e2>.";
    assert_eq!(labels.only_negatives(&read(sentence).unwrap()), None);
}

fn with_policy(text: &str, several: SeveralRelations) -> Result<Corpus, CorpusError> {
    let pairs = PairPolicy { several, ..Default::default() };
    Corpus::from_bytes(text.as_bytes(), "f", &ReadOptions { pairs, ..Default::default() })
}

fn ids_and_labels(corpus: &Corpus) -> Vec<(&str, &str)> {
    corpus.instances.iter().map(|one| (one.id.as_str(), one.relation.as_deref().unwrap_or("-"))).collect()
}

fn messages(corpus: &Corpus) -> Vec<&str> {
    corpus.warnings.iter().map(|warning| warning.message.as_str()).collect()
}

/// What each policy makes of two relations, and what it says.
#[test]
fn multi() {
    let Some(each) = case("27_multi.jsonl") else { return };
    let folder = common::cases("cases_labels").unwrap();
    let text = std::fs::read_to_string(folder.join("labels/27_multi.jsonl")).unwrap();
    assert_eq!(ids_and_labels(&each), [("1:r", "r"), ("1:s", "s")]);
    assert_eq!(messages(&each), ["1 pair with several relations, read as one instance for each, in `1`"]);
    let first = with_policy(&text, SeveralRelations::First).unwrap();
    assert_eq!(ids_and_labels(&first), [("1", "r")]);
    assert_eq!(
        messages(&first),
        ["1 relation left out: another relation of the same pair comes before it, in `1`"]
    );
    let joined = with_policy(&text, SeveralRelations::Joined).unwrap();
    assert_eq!(ids_and_labels(&joined), [("1", "r|s")]);
    assert_eq!(messages(&joined), ["1 pair with several relations, whose labels are joined by `|`, in `1`"]);
    let refused = with_policy(&text, SeveralRelations::Refused).unwrap_err().to_string();
    assert_eq!(
        refused,
        "f:1: field `relation`: expected one relation of each pair, found `r` and `s`; a pair policy with `several=each`, `first` or `joined` reads them"
    );
}

#[test]
fn lists_of_relations_in_every_format_and_form() {
    let line = |id: &str, relation: &str| {
        format!("{{\"id\": \"{id}\", \"text\": \"<e1>a</e1> of <e2>b</e2>\", \"relation\": {relation}}}\n")
    };
    let text = line("x", "[\"s\", \"r\", \"s\"]") + &line("y", "[\"s\"]") + &line("z", "\"s\"");
    assert_eq!(ids_and_labels(&read(&text).unwrap()), [("x:s", "s"), ("x:r", "r"), ("y", "s"), ("z", "s")]);
    // The same set of relations is the same label.
    let reversed = line("x", "[\"s\", \"r\"]") + &line("y", "[\"r\", \"s\"]");
    let joined = with_policy(&reversed, SeveralRelations::Joined).unwrap();
    assert_eq!(ids_and_labels(&joined), [("x", "r|s"), ("y", "r|s")]);
    let once = with_policy(&line("y", "[\"s\", \"s\"]"), SeveralRelations::Refused).unwrap();
    assert_eq!((ids_and_labels(&once), messages(&once)), (vec![("y", "s")], vec![]));
    for (relation, expected) in [
        ("[]", "expected a relation, found an empty array"),
        ("[\"\"]", "an empty string in the array"),
        ("[1]", "expected an array of strings"),
    ] {
        let message = read(line("x", relation)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
    // What cannot be read leaves nothing behind for the next.
    let options = ReadOptions { skip_bad: true, ..Default::default() };
    let bad = text.replacen("<e1>a", "a", 1);
    let corpus = Corpus::from_bytes(bad.as_bytes(), "f", &options).unwrap();
    assert_eq!((ids_and_labels(&corpus), messages(&corpus)), (vec![("y", "s"), ("z", "s")], vec![]));
    for other in [
        r#"[{"id": "t", "token": ["a", "b"], "subj_start": 0, "subj_end": 0, "obj_start": 1, "obj_end": 1, "relation": ["r", "s"]}]"#,
        r#"{"id": "t", "token": ["a", "b"], "h": {"pos": [0, 1]}, "t": {"pos": [1, 2]}, "relation": ["r", "s"]}"#,
        r#"[{"id": "t", "sentence": "a of b", "head": "a", "tail": "b", "label": ["r", "s"]}]"#,
        r#"[{"id": "t", "text": "<e1>a</e1> of <e2>b</e2>", "relation": ["r", "s"]}]"#,
    ] {
        let corpus = read(other).unwrap();
        assert_eq!(ids_and_labels(&corpus), [("t:r", "r"), ("t:s", "s")], "{other}");
        assert_eq!(
            messages(&corpus),
            ["1 pair with several relations, read as one instance for each, in `t`"],
            "{other}"
        );
    }
}

#[test]
fn labels_are_tidied_across_files_and_after_a_model() {
    let mut train = labelled(&["a_b", "a_b", "c"]);
    let mut test = labelled(&["A b", "A b", "A b", "c"]);
    assert_eq!(said(&tidy_labels(&mut [&mut train, &mut test], &[])), [r#"A b: "A b" 3, "a_b" 2"#]);
    assert_eq!(train.instances[0].relation, test.instances[0].relation);
    let mut test = labelled(&["A b", "A b", "A b", "c"]);
    tidy_labels(&mut [&mut test], &["a_b".to_owned(), "c".to_owned()]);
    assert_eq!(test.instances[0].relation.as_deref(), Some("a_b"));
}

/// One odd label in a test file is an unknown label with its likely meaning, and the model's labels decide the scorer.
#[test]
fn an_odd_label_in_a_test_file_does_not_change_the_scorer() {
    let model = LabelSet::new(["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other"]).unwrap();
    let message = model.check(&labelled(&["Other", "Cause-Effect (e1, e2)"])).unwrap_err().to_string();
    assert!(message.ends_with("found `Cause-Effect (e1, e2)` (1×); `Cause-Effect (e1, e2)` is written `Cause-Effect(e1,e2)` there"), "{message}");
    let scorer = Scorer::for_labels(model.labels());
    assert_eq!(scorer, Scorer::semeval());
    let mut labels = model.labels().to_vec();
    labels.push("Cause-Effect (e1, e2)".to_owned());
    let matrix = ConfusionMatrix::from_indices(&labels, &[0, 3], &[0, 0]).unwrap();
    let error = scorer.score_matrix(&matrix).unwrap_err().to_string();
    assert!(error.contains("Cause-Effect (e1, e2)"), "{error}");
}
