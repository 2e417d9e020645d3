//! The examples of `docs/FORMATS.md` are what it says they are.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::said;
use mlrc_corpus::{Corpus, Format, ReadOptions};

/// The fenced blocks of a Markdown text that name a format or are plain text.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = text.split("\n```").collect::<Vec<_>>();
    let named = fenced.into_iter().filter_map(|block| block.split_once('\n'));
    named.filter(|(name, _)| *name == "text" || name.parse::<Format>().is_ok()).collect()
}

/// Reads an example; brat's from a file, beside the text of the block before.
fn read(name: &str, example: &str, text: &str) -> Corpus {
    let options = ReadOptions::default();
    if name != "brat" {
        return Corpus::from_bytes(example.as_bytes(), name, &options).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), text).unwrap();
    std::fs::write(folder.path().join("a.ann"), example).unwrap();
    Corpus::read(folder.path().join("a.ann"), &options).unwrap()
}

#[test]
fn documented_examples_are_read() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documented =
        crate_folder.ancestors().map(|folder| folder.join("docs/FORMATS.md")).find(|path| path.is_file());
    let markdown =
        std::fs::read_to_string(documented.expect("docs/FORMATS.md is part of the repository")).unwrap();
    let (mut instances, mut text, mut formats) = (Vec::new(), "", BTreeSet::new());
    for (name, example) in blocks(&markdown) {
        if name == "text" {
            text = example;
            continue;
        }
        let corpus = read(name, example, text);
        assert_eq!(corpus.format.name(), name);
        assert!(corpus.warnings.is_empty(), "{name}: {:?}", corpus.warnings);
        instances.extend(corpus.instances.iter().map(|instance| format!("{name}: {}", said(instance))));
        formats.insert(name);
    }
    let expected = [
        "jsonl: fire -Cause-Effect(e2,e1)-> bomb",
        "jsonl: fire [EVENT] -?-> bomb",
        "jsonl: fire -Cause-Effect(e2,e1)-> bomb",
        "tacred: Ada Byron [PERSON] -per:employee_of-> Acme [ORGANIZATION]",
        "tacred-conll: Ada Byron [PERSON] -per:employee_of-> Acme [ORGANIZATION]",
        "fewrel: Ada Byron -P108-> Acme",
        "fewrel: fire -P828-> bomb",
        "semeval: fire -Cause-Effect(e2,e1)-> bomb",
        "semeval: apples -Content-Container(e1,e2)-> box",
        "inline: fire -?-> bomb",
        "inline: apples -?-> box",
        "conllu: fire [EVENT] -Cause-Effect(e2,e1)-> the bomb",
        "knowledgenet: Acme [ORGANIZATION] -CEO-> Ada Byron [PERSON]",
        "knowledgenet: Ada Byron [PERSON] -SPOUSE-> Bo Orr [PERSON]",
        "knowledgenet: Acme [ORGANIZATION] -no_relation-> Bo Orr [PERSON]",
        "knowledgenet: Bo Orr [PERSON] -no_relation-> Ada Byron [PERSON]",
        "knowledgenet: Acme [ORGANIZATION] -CEO-> Ada Byron [PERSON]",
        "csv: fire -Cause-Effect(e2,e1)-> bomb",
        "csv: apples -Content-Container(e1,e2)-> box",
        "csv: Ada Byron -per:employee_of-> Acme",
        "tsv: Acme -org:employs-> Ada Byron",
        "tsv: fire -Cause-Effect(e2,e1)-> bomb",
        "records: Ada Byron -per:employee_of-> Acme",
        "records: fire -Cause-Effect(e2,e1)-> bomb",
        "opennre: Ada Byron -employer-> Acme",
        "opennre: fire -has cause-> bomb",
        "nyt10: ada_byron -/business/person/company-> acme",
        "doccano: Ada Byron [PERSON] -works_at-> Acme [ORGANIZATION]",
        "labelstudio: Ada Byron [PERSON] -works_at-> Acme [ORGANIZATION]",
        "prodigy: Ada Byron [PERSON] -works_at-> Acme [ORGANIZATION]",
        "brat: Ada Byron [PERSON] -works_at-> Acme [ORGANIZATION]",
        "spert: Ada Byron [Peop] -Work_For-> Acme [Org]",
        "scierc: Ada Byron [PERSON] -WORKS-AT-> Acme [ORGANIZATION]",
        "crossre: Ada Byron [person] -role-> Acme [organisation]",
        "docred: She [PER] -P108-> Acme [ORG]",
        "flair: Ada Byron [PER] -works_at-> Acme [ORG]",
    ];
    assert_eq!(instances, expected);
    assert_eq!(formats.len(), Format::ALL.len(), "every format has an example: {formats:?}");
    let settings = serde_json::to_value(mlrc_corpus::document::PairPolicy::default()).unwrap();
    for name in settings.as_object().unwrap().keys() {
        assert!(markdown.contains(&format!("\n| `{name}` | ")), "the setting `{name}` is documented");
    }
}
