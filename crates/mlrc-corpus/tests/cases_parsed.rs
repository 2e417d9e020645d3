//! Parsed data as people have it: each test is named after the file in `shared/cases/tacred` or `shared/cases/conllu`,
//! and its kind's other members follow.

mod common;

use mlrc_corpus::{Corpus, CorpusError, Corrections, Parses, ReadOptions, Relabelled, write_conllu};

fn read(bytes: impl AsRef<[u8]>) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(bytes.as_ref(), "f", &ReadOptions::default())
}

fn case(name: &str) -> Option<String> {
    let folder = common::cases("cases_parsed")?;
    Some(std::fs::read_to_string(folder.join(name)).unwrap())
}

fn warnings(corpus: &Corpus) -> Vec<String> {
    corpus.warnings.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn says(bytes: impl AsRef<[u8]>, expected: &str) {
    let message = read(bytes.as_ref()).unwrap_err().to_string();
    assert!(message.contains(expected), "expected {expected}\n   found {message}");
}

#[test]
fn hf_tacred_excl() {
    let Some(text) = case("tacred/08_hf_tacred_excl.json") else { return };
    let corpus = read(text).unwrap();
    assert!(
        warnings(&corpus)[0]
            .contains("end in a token without one: 2 of 2; are the ends in the file exclusive?"),
        "{:?}",
        warnings(&corpus)
    );
}

#[test]
fn lens() {
    let Some(text) = case("tacred/lens.json") else { return };
    says(text, "field `stanford_pos`: expected 6 entries, one for each token, found 5 entries");
}

#[test]
fn heads0() {
    let Some(text) = case("tacred/35_heads0.jsonl") else { return };
    says(
        text,
        "f:1: field `heads`: expected heads that count from 1, with 0 for the root, found heads that count from 0: token 1 is its own head, and the others lead to it; add 1 to each head, and give 0 to the root",
    );
}

#[test]
fn head0base() {
    let Some(text) = case("conllu/head0base.conllu") else { return };
    says(
        text,
        "f:9: instance `a`: field `HEAD`: expected heads that count from 1, with 0 for the root, found -1, as the root has where they count from 0",
    );
}

#[test]
fn heads_from_zero_are_named_in_every_format() {
    let spans = r#""subject": {"start": 0, "end": 1}, "object": {"start": 2, "end": 3}"#;
    let line = |heads: &str| format!("{{\"tokens\": [\"a\", \"b\", \"c\"], \"heads\": {heads}, {spans}}}");
    says(
        line("[1, -1, 1]"),
        "field `heads`: expected heads that count from 1, with 0 for the root, found -1, as the root has where",
    );
    says(line("[1, 2, 2]"), "token 2 is its own head, and the others lead to it");
    says(
        "[{\"token\": [\"a\", \"b\", \"c\"], \"subj_start\": 0, \"subj_end\": 0, \"obj_start\": 2, \"obj_end\": 2, \"stanford_head\": [1, 1, 1]}]",
        "field `stanford_head`: expected heads that count from 1",
    );
    let word = |id: usize, head: usize| format!("{id}\tx\t_\t_\t_\t_\t{head}\td\t_\t_\n");
    says(
        format!("# subject = 1\n# object = 3\n{}{}{}\n", word(1, 1), word(2, 1), word(3, 1)),
        "field `HEAD`: expected heads that count from 1",
    );
    // Trees from 1, and what is a tree in neither way and is repaired.
    for heads in ["[2, 0, 2]", "[0, 1, 2]", "[0, 0, 1]", "[2, 1, 0]", "[1, 2, 3]", "[1, 0, 0]"] {
        assert!(read(line(heads)).is_ok(), "{heads}");
    }
}

fn relabelled(text: &str) -> (Vec<Option<String>>, Relabelled) {
    let mut corpus = Corpus::from_records([
        ("<e1>a</e1> <e2>b</e2>", "r"),
        ("<e1>a</e1> <e2>c</e2>", "s"),
        ("<e1>a</e1> <e2>d</e2>", "t"),
    ])
    .unwrap();
    let counts = corpus.relabel(&Corrections::from_bytes(text.into(), "patch").unwrap());
    (corpus.instances.into_iter().map(|instance| instance.relation).collect(), counts)
}

#[test]
fn retacred_patch() {
    let Some(text) = case("tacred/retacred_patch.json") else { return };
    let corrections = Corrections::from_bytes(text.into(), "patch").unwrap();
    assert_eq!(corrections.len(), 2);
    let tacred = r#"[{"id": "61b3a5c8c9a882dcfcd2", "token": ["a", "b"], "subj_start": 0, "subj_end": 0, "obj_start": 1, "obj_end": 1, "relation": "no_relation"}, {"id": "61b3a65fb9aeb61c81cd", "token": ["a", "b"], "subj_start": 0, "subj_end": 0, "obj_start": 1, "obj_end": 1, "relation": "no_relation"}]"#;
    let mut corpus = read(tacred).unwrap();
    let counts = corpus.relabel(&corrections);
    assert_eq!(counts, Relabelled { changed: 1, same: 1, uncorrected: 0, unknown: Vec::new() });
    assert_eq!(corpus.instances[0].relation.as_deref(), Some("org:members"));
}

#[test]
fn corrections_of_every_form() {
    let expected = ["r", "x", "t"].map(|label| Some(label.to_owned())).to_vec();
    let counts = Relabelled { changed: 1, same: 1, uncorrected: 1, unknown: vec!["z".to_owned()] };
    for text in [
        r#"{"1": "x", "2": "t", "z": "x"}"#,
        "[{\"id\": 1, \"relation\": \"x\", \"token\": []}, {\"id\": \"2\", \"relation\": \"t\"},\n{\"id\": \"z\", \"relation\": \"x\"}]",
        "{\"id\": \"1\", \"relation\": \"x\"}\n{\"id\": \"2\", \"relation\": \"t\"}\n{\"id\": \"z\", \"relation\": \"x\"}\n",
    ] {
        assert_eq!(relabelled(text), (expected.clone(), counts.clone()), "{text}");
    }
    for (text, expected) in [
        ("", "patch: expected labels by identifier, found none"),
        ("{\"a\": 1}", "patch:1: field `a`: expected a string that is not empty, found the number 1"),
        ("{\"a\": null}", "patch:1: field `a`: expected a label, found null"),
        ("{\n\"a\": \"x\"", "invalid JSON at line 2"),
        (
            "[{\"id\": \"a\", \"relation\": \"x\"},\n{\"id\": \"a\", \"relation\": \"y\"}]",
            "patch:2: instance `a`: field `relation`: expected one label for each identifier, found `x` and `y`",
        ),
        ("[{\"id\": \"a\"}]", "field `relation`: missing"),
        ("[1]", "expected a JSON object, found the number 1"),
        ("5", "expected a JSON object, found the number 5"),
    ] {
        let message = Corrections::from_bytes(text.into(), "patch").unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn shifted() {
    let Some(text) = case("conllu/shifted.conllu") else { return };
    let corpus = read(&text).unwrap();
    let [warning] = &warnings(&corpus)[..] else { panic!("expected one warning") };
    assert!(warning.starts_with("f:1: instance `1`: field `subject`: the entity has only some of the words into which `du` was split; if a parser split words after they were counted"), "{warning}");
    // With the words in comments, as they are written now, it is certain.
    let with_words = text.replace("# subject = 4\n", "# subject = 4\n# subject_text = pain\n");
    says(
        with_words,
        "f:4: instance `1`: field `subject_text`: expected the entity's words, `pain`, found `le`; if a parser split or joined words",
    );
    let right = text.replace("# subject = 4\n", "# subject = 5\n# subject_text = pain\n");
    assert_eq!(warnings(&read(right).unwrap()), Vec::<String>::new());
}

#[test]
fn mwt() {
    let Some(text) = case("conllu/mwt.conllu") else { return };
    let corpus = read(text).unwrap();
    assert_eq!(corpus.instances[0].tokens[1..3], ["do", "n't"]);
    assert_eq!(warnings(&corpus), Vec::<String>::new());
}

#[test]
fn formspace() {
    let Some(text) = case("conllu/formspace.conllu") else { return };
    let corpus = read(text).unwrap();
    let mut written = Vec::new();
    write_conllu(&corpus.instances, &mut written).unwrap();
    let text = String::from_utf8(written).unwrap();
    assert!(
        text.contains(
            "# subject = 2\n# subject_text = fire\n# object = 6-7\n# object_text = the bomb shell\n"
        ),
        "{text}"
    );
    assert_eq!(read(&text).unwrap().instances, corpus.instances);
    // A parser that splits the word moves all after it, or not the entity itself.
    says(
        text.replace("the bomb shell", "the bomb"),
        "expected the entity's words, `the bomb`, found `the bomb shell`",
    );
}

#[test]
fn mixedxpos() {
    let Some(text) = case("conllu/mixedxpos.conllu") else { return };
    let corpus = read(&text).unwrap();
    let [warning] = &warnings(&corpus)[..] else { panic!("expected one warning") };
    assert!(warning.contains("instance `10`: field `XPOS`: sentences without XPOS tags, unlike the first, which are read without tags: 1 of 10"), "{warning}");
    assert_eq!(corpus.instances[0].pos.as_deref().unwrap(), ["NN", "VBZ", "NNS"]);
    assert_eq!(corpus.instances[9].pos, None);
    // The same of a parser's output that is merged with data.
    let parses = Parses::from_bytes(text.as_bytes(), "parses").unwrap();
    let merged = Corpus::from_instances(corpus.instances).with_parses(&parses).unwrap();
    assert!(merged.warnings[0].to_string().contains("sentences without XPOS tags, unlike the first"));
    assert_eq!(merged.instances[9].pos, None);
    // If it comes first, the others' UPOS are read.
    let (first, last) = text.split_at(text.find("# sent_id = 10").unwrap());
    let corpus = read(format!("{last}{first}")).unwrap();
    assert!(
        corpus.instances.iter().all(|instance| instance.pos.as_deref().unwrap() == ["NOUN", "VERB", "NOUN"])
    );
    assert!(
        warnings(&corpus)[0]
            .contains("sentences whose XPOS tags are not used, as the first has none: 9 of 10"),
        "{:?}",
        warnings(&corpus)
    );
}

#[test]
fn upostag() {
    let Some(text) = case("conllu/upostag.conllu") else { return };
    let corpus = read(&text).unwrap();
    assert_eq!(corpus.instances[0].pos.as_deref().unwrap()[..2], ["DT", "NN"]);
    assert_eq!(warnings(&corpus), Vec::<String>::new());
}
