//! What the files that are used together have in common, and messages in groups.

mod common;

use mlrc_corpus::{Comparison, Corpus, CorpusError, ReadOptions, Shared, Summary, UnevenLabel, grouped};

fn corpus(records: &[(&str, &str, &str)]) -> Corpus {
    let mut corpus =
        Corpus::from_records(records.iter().map(|(_, sentence, label)| (*sentence, *label))).unwrap();
    for (instance, (id, ..)) in corpus.instances.iter_mut().zip(records) {
        (*id).clone_into(&mut instance.id);
    }
    corpus
}

fn shared(count: usize, examples: &[(&str, &str)]) -> Shared {
    let examples = examples.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect();
    Shared { count, examples }
}

#[test]
fn what_files_share_is_found() {
    let train = corpus(&[
        ("t1", "The <e1>fire</e1> of 1999 was caused by the <e2>bomb</e2>.", "a"),
        ("t2", "A <e1>box</e1> full of <e2>apples</e2>.", "b"),
        ("x", "A <e1>dog</e1> met a <e2>cat</e2>.", "Other"),
    ]);
    let dev = corpus(&[
        ("d1", "The <e1>fire</e1> of 1999 was caused by the <e2>bomb</e2>.", "a"),
        ("d2", "The <e2>fire</e2> of 1999 was caused by the <e1>bomb</e1> .", "a"),
        ("d3", "the <e1>fire</e1> of 2001 was caused by the <e2>bomb</e2>!", "a"),
        ("x", "Nothing <e1>like</e1> any <e2>other</e2>.", "c"),
    ]);
    let test = corpus(&[("e1", "<e1>12</e1> <e2>13</e2>", "b")]);
    let compared = Comparison::of(&[&train, &dev, &test]);
    assert_eq!(
        compared.pairs.iter().map(|pair| (pair.first, pair.second)).collect::<Vec<_>>(),
        [(0, 1), (0, 2), (1, 2)]
    );
    let pair = &compared.pairs[0];
    assert_eq!(pair.instances, shared(1, &[("t1", "d1")]));
    assert_eq!(pair.sentences, shared(2, &[("t1", "d1"), ("t1", "d2")]));
    assert_eq!(pair.near_sentences, shared(1, &[("t1", "d3")]));
    assert_eq!(pair.ids, shared(1, &[("x", "x")]));
    for pair in &compared.pairs[1..] {
        assert_eq!(
            [&pair.instances, &pair.sentences, &pair.near_sentences, &pair.ids].map(|shared| shared.count),
            [0; 4]
        );
    }
    let uneven =
        |name: &str, counts: [usize; 3]| UnevenLabel { name: name.to_owned(), counts: counts.to_vec() };
    assert_eq!(
        compared.uneven_labels,
        [uneven("Other", [1, 0, 0]), uneven("a", [1, 3, 0]), uneven("b", [1, 0, 1]), uneven("c", [0, 1, 0])]
    );
    // A file without labels lacks none.
    let unlabelled = Corpus::from_bytes(b"<e1>a</e1> <e2>b</e2>\n", "f", &ReadOptions::default()).unwrap();
    assert_eq!(Comparison::of(&[&test, &unlabelled]).uneven_labels, []);
}

/// Counted in Python: sentences of the test file, without spaces, that the training file has, and the same with only letters.
#[test]
fn real_data_is_compared() {
    let Some(data) = common::data("corpus_compare") else { return };
    let read = |name: &str| Corpus::open(data.join("semeval2010").join(name)).unwrap();
    let compared = Comparison::of(&[&read("TRAIN_FILE.TXT"), &read("TEST_FILE_FULL.TXT")]);
    let pair = &compared.pairs[0];
    assert_eq!([pair.sentences.count, pair.near_sentences.count, pair.ids.count], [16, 1, 0]);
    // All 19 labels are in both.
    assert_eq!(compared.uneven_labels, []);
}

fn typed(types: &[(&str, &str, &str)]) -> Summary {
    let element = |(subject, object, label): &(&str, &str, &str)| serde_json::json!({"token": ["a", "b"], "subj_start": 0, "subj_end": 0, "obj_start": 1, "obj_end": 1, "subj_type": subject, "obj_type": object, "relation": label});
    let elements: Vec<_> = types.iter().map(element).collect();
    let text = serde_json::Value::from(elements).to_string();
    Summary::of(&Corpus::from_bytes(text.as_bytes(), "f", &ReadOptions::default()).unwrap())
}

#[test]
fn types_that_give_the_label_away() {
    let telling = [vec![("P", "ORG", "works"); 6], vec![("P", "P", "spouse"); 5]].concat();
    let types = typed(&telling).types_alone.unwrap();
    assert_eq!((types.accuracy, types.majority, types.instances), (1.0, 6.0 / 11.0, 11));
    assert!(types.give_away());
    let mixed = [vec![("P", "ORG", "works"); 6], vec![("P", "ORG", "none"); 5]].concat();
    let types = typed(&mixed).types_alone.unwrap();
    assert_eq!((types.accuracy, types.give_away()), (0.0, false));
    // Types that occur once tell nothing, nor do types where one label is nearly all.
    let rare: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let rare: Vec<(&str, &str, &str)> =
        rare.iter().map(|name| (name.as_str(), "ORG", name.as_str())).collect();
    assert_eq!(typed(&rare).types_alone.unwrap().accuracy, 0.0);
    let negatives =
        [vec![("P", "ORG", "none"); 95], vec![("P", "P", "spouse"); 2], vec![("P", "ORG", "x"); 3]].concat();
    assert!(!typed(&negatives).types_alone.unwrap().give_away());
    assert_eq!(typed(&[("O", "O", "x")]).types_alone, None);
}

#[test]
fn a_flood_of_one_problem_is_one_group() {
    let lines: String = (1..=40).map(|number| format!("{{\"id\": {number}, \"tokens\": [\"a{number}\", \"b\"], \"subject\": {{\"start\": 0, \"end\": {}}}, \"object\": {{\"start\": 1, \"end\": 2}}}}\n", number + 2)).collect();
    let text = format!("{lines}{{\"text\": \"a\"}}\n");
    let options = ReadOptions { skip_bad: true, keep_empty: true, ..Default::default() };
    let corpus = Corpus::from_bytes(text.as_bytes(), "f", &options).unwrap();
    let groups = grouped(corpus.skipped.iter().map(CorpusError::notice));
    let counts: Vec<(usize, usize, usize)> =
        groups.iter().map(|group| (group.count, group.shown.len(), group.more())).collect();
    assert_eq!(counts, [(40, 3, 37), (1, 1, 0)]);
    assert_eq!(groups[0].shown[2].id.as_deref(), Some("3"));
}
