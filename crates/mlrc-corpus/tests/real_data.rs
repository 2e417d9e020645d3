//! The readers against the whole of SemEval-2010 Task 8, in both of its forms.

mod common;

use std::path::Path;

use mlrc_corpus::{
    Corpus, DevelopmentSplit, Format, Instance, InstanceStream, LabelSet, ReadOptions, Summary, Tokenizer,
    write_jsonl, write_semeval, write_tacred_json,
};

/// Official text, annotated JSON, and number of instances of training and test set.
const PAIRS: [(&str, &str, usize); 2] = [
    ("semeval2010/TRAIN_FILE.TXT", "semeval2010-tacred-json/train.json", 8000),
    ("semeval2010/TEST_FILE_FULL.TXT", "semeval2010-tacred-json/test.json", 2717),
];

fn read(path: impl AsRef<Path>) -> Corpus {
    Corpus::read(path, &ReadOptions { require_relation: true, ..Default::default() }).unwrap()
}

/// Both forms of the training and of the test set.
fn both_forms() -> Option<[(Corpus, Corpus, usize); 2]> {
    let data = common::data("corpus_real_data")?;
    Some(PAIRS.map(|(text, json, count)| (read(data.join(text)), read(data.join(json)), count)))
}

fn surface(instance: &Instance) -> (String, String) {
    let words = |range: std::ops::Range<usize>| instance.tokens[range].join(" ");
    (words(instance.subject.span.range()), words(instance.object.span.range()))
}

#[test]
fn both_forms_hold_the_same_instances() {
    let Some(forms) = both_forms() else { return };
    for (text, json, count) in forms {
        assert_eq!((text.format, json.format), (Format::SEMEVAL, Format::TACRED));
        assert_eq!((text.instances.len(), json.instances.len()), (count, count));
        assert!(text.warnings.is_empty() && json.warnings.is_empty());
        for (a, b) in text.instances.iter().zip(&json.instances) {
            assert_eq!((&a.id, &a.relation, surface(a)), (&b.id, &b.relation, surface(b)));
        }
        let labels = LabelSet::from_corpus(&text).unwrap();
        assert_eq!(labels.len(), 19);
        assert_eq!(labels.label(labels.negative().unwrap()), Some("Other"));
        assert_eq!(labels.check(&json), Ok(()));
    }
}

#[test]
fn raw_text_is_cut_as_the_annotated_files_are() {
    let Some(forms) = both_forms() else { return };
    for (text, json, count) in forms {
        let same = |(a, b): &(&Instance, &Instance)| {
            a.tokens == b.tokens && a.subject.span == b.subject.span && a.object.span == b.object.span
        };
        let agreeing = text.instances.iter().zip(&json.instances).filter(same).count();
        assert_eq!(agreeing, count, "sentences cut exactly as in {}", json.path.display());
    }
}

#[test]
fn offsets_spell_the_tokens() {
    let Some(forms) = both_forms() else { return };
    for instance in forms.iter().flat_map(|(text, ..)| &text.instances) {
        let source = instance.source.as_ref().unwrap();
        let chars: Vec<char> = source.text.chars().collect();
        for (token, range) in instance.tokens.iter().zip(&source.offsets) {
            assert_eq!(*token, chars[range.clone()].iter().collect::<String>());
        }
    }
}

#[test]
fn every_writer_round_trips() {
    let Some(forms) = both_forms() else { return };
    for (text, json, _) in forms {
        let reread = |bytes: &[u8], format| {
            let corpus = Corpus::from_bytes(bytes, "written", &ReadOptions::default()).unwrap();
            assert_eq!(corpus.format, format);
            assert!(corpus.warnings.is_empty(), "{:?}", corpus.warnings);
            corpus.instances
        };
        let mut bytes = Vec::new();
        write_semeval(&text.instances, &mut bytes).unwrap();
        assert!(reread(&bytes, Format::SEMEVAL) == text.instances);
        bytes.clear();
        write_tacred_json(&json.instances, &mut bytes).unwrap();
        assert!(reread(&bytes, Format::TACRED) == json.instances);
        for corpus in [text, json] {
            bytes.clear();
            write_jsonl(&corpus.instances, &mut bytes).unwrap();
            assert!(reread(&bytes, Format::JSONL) == corpus.instances);
        }
    }
}

#[test]
fn a_stream_gives_what_a_corpus_holds() {
    let Some(data) = common::data("corpus_real_data") else { return };
    for name in [PAIRS[1].0, PAIRS[1].1] {
        let file = std::fs::File::open(data.join(name)).unwrap();
        let reader = std::io::BufReader::with_capacity(7, file);
        let stream = InstanceStream::new(reader, name, &ReadOptions::default()).unwrap();
        let streamed: Vec<Instance> = stream.map(Result::unwrap).collect();
        assert!(streamed == read(data.join(name)).instances, "{name}");
    }
}

/// Numbers counted from the JSON in a few lines of Python, percentiles by nearest rank.
#[test]
fn the_summary_counts_right() {
    let Some([(train_text, train, _), _]) = both_forms() else { return };
    let summary = Summary::of(&train);
    assert_eq!((summary.labels[0].name.as_str(), summary.labels[0].count), ("Other", 1410));
    assert_eq!((summary.labels.len(), summary.unlabelled, summary.object_first), (19, 0, 0));
    assert_eq!(summary.missing_layers().collect::<Vec<_>>(), ["text"]);
    assert_eq!((summary.trees.without_root, summary.trees.several_roots, summary.trees.cyclic), (0, 0, 0));
    assert_eq!((summary.subject_types[0].name.as_str(), summary.subject_types[0].count), ("O", 7263));
    let length = summary.length;
    assert_eq!([length.min, length.median, length.p95, length.max], [4, 18, 34, 99]);
    let distance = summary.entity_distance;
    assert_eq!([distance.min, distance.median, distance.p95, distance.max], [0, 3, 9, 34]);
    assert_eq!((summary.duplicates, summary.conflicts.len()), (0, 0));
    assert_eq!(Summary::of(&train_text).missing_layers().count(), 5);
}

#[test]
fn the_paper_protocol_splits() {
    let Some([(text, json, _), _]) = both_forms() else { return };
    let protocol = DevelopmentSplit { dev_size: 500, fraction: 0.01, seed: 1 };
    let split = protocol.draw(&json.instances).unwrap();
    assert_eq!((split.dev.len(), split.train.len()), (500, 75));
    assert_eq!(split, protocol.draw(&text.instances).unwrap());
}

#[test]
fn other_data_sets_are_named_for_what_they_are() {
    let Some(data) = common::data("corpus_real_data") else { return };
    for (name, expected) in [
        ("fewrel/pid2name.json", "found a JSON object with the fields `P2384`"),
        ("glove/glove.6B.50d.subset.txt", "found text without entity markers"),
        ("semeval2010/TEST_KEY_DIRECTIONAL.txt", "found a table of 2 columns"),
    ] {
        let error = Corpus::read(data.join(name), &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn treebank_tokens_keep_their_place() {
    let Some(data) = common::data("corpus_real_data") else { return };
    let options = ReadOptions { tokenizer: Tokenizer::Ptb, ..Default::default() };
    let corpus = Corpus::read(data.join(PAIRS[0].0), &options).unwrap();
    let rewritten = ["-LRB-", "-RRB-", "-LSB-", "-RSB-", "-LCB-", "-RCB-", "``", "''", "`", "'", "..."];
    for instance in &corpus.instances {
        let source = instance.source.as_ref().unwrap();
        let chars: Vec<char> = source.text.chars().collect();
        for (token, range) in instance.tokens.iter().zip(&source.offsets) {
            let surface: String = chars[range.clone()].iter().collect();
            assert!(*token == surface || rewritten.contains(&token.as_str()), "{token} {surface}");
        }
    }
}
