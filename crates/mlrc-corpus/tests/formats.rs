//! The examples of `docs/FORMATS.md` are what it says they are.

use std::path::Path;

use mlrc_corpus::{Corpus, Format, Instance, ReadOptions};

/// The fenced blocks of a Markdown text that name a language.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = text.split("\n```").collect::<Vec<_>>();
    let named = fenced.into_iter().filter_map(|block| block.split_once('\n'));
    named.filter(|(name, _)| name.parse::<Format>().is_ok()).collect()
}

fn words(instance: &Instance) -> (String, String) {
    let of = |range: std::ops::Range<usize>| instance.tokens[range].join(" ");
    (of(instance.subject.span.range()), of(instance.object.span.range()))
}

#[test]
fn documented_examples_are_read() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documented =
        crate_folder.ancestors().map(|folder| folder.join("docs/FORMATS.md")).find(|path| path.is_file());
    let text =
        std::fs::read_to_string(documented.expect("docs/FORMATS.md is part of the repository")).unwrap();
    let mut read = Vec::new();
    for (name, example) in blocks(&text) {
        let corpus = Corpus::from_bytes(example.as_bytes(), name, &ReadOptions::default()).unwrap();
        assert_eq!(corpus.format.name(), name);
        assert!(corpus.warnings.is_empty(), "{:?}", corpus.warnings);
        read.extend(corpus.instances.iter().map(words));
    }
    let pair = |subject: &str, object: &str| (subject.to_owned(), object.to_owned());
    let (fire, apples) = (pair("fire", "bomb"), pair("apples", "box"));
    let (ada, the_bomb) = (pair("Ada Byron", "Acme"), pair("fire", "the bomb"));
    let (chief, husband) = (pair("Acme", "Ada Byron"), pair("Ada Byron", "Bo Orr"));
    let (other, reversed) = (pair("Acme", "Bo Orr"), pair("Bo Orr", "Ada Byron"));
    let conllu_and_before =
        [&fire, &fire, &fire, &ada, &ada, &fire, &fire, &apples, &fire, &apples, &the_bomb];
    let expected = conllu_and_before.into_iter().chain([&chief, &husband, &other, &reversed, &chief]);
    assert!(read.iter().eq(expected), "{read:?}");
}
