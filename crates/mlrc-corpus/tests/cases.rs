//! Small inputs that people really have, in `../shared/cases`: what they hold, and what is said of them.

mod common;

use common::said;
use mlrc_corpus::{Columns, Corpus, CorpusError, Format, ReadOptions};

/// The case's corpus; `None` if the cases are absent.
fn read_with(case: &str, options: &ReadOptions) -> Option<Result<Corpus, CorpusError>> {
    let folder = common::cases(&format!("cases ({case})"))?;
    Some(Corpus::read(folder.join(case), options))
}

fn read(case: &str) -> Option<Corpus> {
    read_with(case, &ReadOptions::default()).map(Result::unwrap)
}

fn messages(corpus: &Corpus) -> Vec<&str> {
    corpus.warnings.iter().map(|notice| notice.message.as_str()).collect()
}

/// Asserts that a case is read in a format, without a word, as these instances.
fn holds(case: &str, format: Format, expected: &[&str]) {
    let Some(corpus) = read(case) else { return };
    assert_eq!(corpus.format, format, "{case}");
    assert_eq!(corpus.instances.iter().map(said).collect::<Vec<_>>(), expected, "{case}");
    assert_eq!(messages(&corpus), [""; 0], "{case}");
}

#[test]
fn formats_04_opennre() {
    holds("formats/04_opennre.jsonl", Format::OPENNRE, &["Bill Gates -founder-> Microsoft"]);
}

#[test]
fn formats_05_opennre_text() {
    holds("formats/05_opennre_text.jsonl", Format::OPENNRE, &["Bill Gates -founder-> Microsoft"]);
}

#[test]
fn formats_10_hf_semeval_says_that_labels_are_numbers() {
    let Some(corpus) = read("formats/10_hf_semeval.jsonl") else { return };
    assert_eq!((corpus.format, said(&corpus.instances[0]).as_str()), (Format::RECORDS, "fire -3-> bomb"));
    assert_eq!(messages(&corpus), ["1 relation given as a number, which is read as the label, in `1`"]);
}

#[test]
fn formats_16_doccano() {
    let founded = ["Google [ORG] -foundedBy-> Larry Page [PERSON]"];
    holds("formats/16_doccano.jsonl", Format::DOCCANO, &founded);
}

#[test]
fn formats_17_labelstudio_follows_the_arrow() {
    // The arrow points to the left: from `to_id` to `from_id`.
    let founded = ["Larry Page [PER] -founded-> Google [ORG]"];
    holds("formats/17_labelstudio.json", Format::LABEL_STUDIO, &founded);
}

#[test]
fn formats_18_prodigy() {
    holds("formats/18_prodigy.jsonl", Format::PRODIGY, &["Ada [PER] -works_at-> Acme [ORG]"]);
}

#[test]
fn formats_19_crossre() {
    holds("formats/19_crossre.json", Format::CROSSRE, &["Ada [person] -role-> Acme [organisation]"]);
}

#[test]
fn formats_20_docred() {
    holds("formats/20_docred.json", Format::DOCRED, &["Ada [PER] -P108-> Acme [ORG]"]);
}

#[test]
fn formats_21_fewrel() {
    holds("formats/21_fewrel.json", Format::FEWREL, &["bridge -P177-> Dee"]);
}

#[test]
fn formats_22_conll04() {
    holds("formats/22_conll04.json", Format::SPERT, &["Ada [Peop] -Work_For-> Acme [Org]"]);
}

#[test]
fn formats_23_brat() {
    let founded = ["Google [Org] -founded_by-> Larry Page [Per]"];
    holds("formats/23_brat.ann", Format::BRAT, &founded);
    // The folder has other files too; only the pair is brat's.
    holds("formats", Format::BRAT, &founded);
}

#[test]
fn formats_32_csv() {
    let both = ["fire -Cause-Effect(e2,e1)-> bomb", "box -Content-Container(e2,e1)-> apples"];
    holds("formats/32.csv", Format::CSV, &both);
}

#[test]
fn formats_deepke_csv() {
    holds("formats/deepke.csv", Format::CSV, &["Ann -works_for-> Acme"]);
}

#[test]
fn formats_flair() {
    holds("formats/flair.conllu", Format::FLAIR, &["Ann [PER] -works_for-> Acme [ORG]"]);
}

#[test]
fn formats_labelfirst_csv() {
    let both = ["storm -Cause-Effect(e1,e2)-> flood", "dog -Other-> cat"];
    holds("formats/labelfirst.csv", Format::CSV, &both);
}

#[test]
fn formats_noheader_csv() {
    let both = ["storm -Cause-Effect(e1,e2)-> flood", "dog -Other-> cat"];
    holds("formats/noheader.csv", Format::CSV, &both);
    let Some(corpus) = read("formats/noheader.csv") else { return };
    assert_eq!(corpus.instances.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let said_so = ReadOptions {
        columns: Some("id=3,text=2,relation=1".parse::<Columns>().unwrap()),
        ..Default::default()
    };
    let corpus = read_with("formats/noheader.csv", &said_so).unwrap().unwrap();
    assert_eq!(corpus.instances[0].id, "Cause-Effect(e1,e2)");
}

#[test]
fn formats_nyt10() {
    holds("formats/nyt10.txt", Format::NYT10, &["ann -/business/person/company-> acme", "bo -NA-> lego"]);
    let Some(corpus) = read("formats/nyt10.txt") else { return };
    assert_eq!(corpus.instances[0].tokens, ["ann", "runs", "acme", "in", "oslo", "."]);
}

#[test]
fn formats_scierc() {
    holds("formats/scierc.json", Format::SCIERC, &["Ann [PER] -USED-FOR-> Acme [ORG]"]);
}

const EMPLOYED: &str = "Ada Byron [PERSON] -per:employee_of-> Acme [ORGANIZATION]";
const HEADS: [usize; 6] = [2, 3, 0, 5, 3, 3];

#[test]
fn tacred_06_json_lines() {
    holds("tacred/06_tacred.jsonl", Format::TACRED, &[EMPLOYED]);
    let Some(corpus) = read("tacred/06_tacred.jsonl") else { return };
    assert_eq!(corpus.instances[0].heads.as_deref(), Some(&HEADS[..]));
}

#[test]
fn tacred_07_heads_from_0_are_recognised_by_their_root() {
    let Some(corpus) = read("tacred/07_hf_tacred.json") else { return };
    assert_eq!((corpus.format, said(&corpus.instances[0]).as_str()), (Format::TACRED, EMPLOYED));
    assert_eq!(corpus.instances[0].heads.as_deref(), Some(&HEADS[..]));
    assert_eq!(messages(&corpus), ["1 instance with heads counted from 0 (the root is -1), read so, in `a`"]);
}

#[test]
fn tacred_08_exclusive_ends_are_suspected() {
    let Some(corpus) = read("tacred/08_hf_tacred_excl.json") else { return };
    let [warning] = &corpus.warnings[..] else { panic!("{:?}", corpus.warnings) };
    let expected = "entities that begin with a named-entity tag and end in a token without one: 2 of 2";
    assert_eq!(warning.message, expected);
    assert!(warning.help.as_ref().unwrap().starts_with("are the ends in the file exclusive?"));
}

#[test]
fn tacred_09_array_of_plain_records() {
    holds("tacred/09_array.json", Format::RECORDS, &["fire -Cause-Effect(e2,e1)-> bomb"]);
}

#[test]
fn tacred_tokens_key() {
    holds("tacred/tokens_key.json", Format::TACRED, &[EMPLOYED]);
}

#[test]
fn tacred_lens_says_which_layer_is_too_short() {
    let Some(read) = read_with("tacred/lens.json", &ReadOptions::default()) else { return };
    let message = read.unwrap_err().to_string();
    let expected = "field `stanford_pos`: expected 6 entries, one for each token, found 5 entries";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn tacred_columns() {
    holds("tacred/tacred.conll", Format::TACRED_CONLL, &[EMPLOYED]);
    let Some(corpus) = read("tacred/tacred.conll") else { return };
    let instance = &corpus.instances[0];
    assert_eq!((instance.id.as_str(), instance.heads.as_deref()), ("a", Some(&HEADS[..])));
    assert_eq!(instance.pos.as_ref().unwrap()[2], "VBZ");
}

#[test]
fn text_33_tsv() {
    holds("text/33.tsv", Format::TSV, &["fire -Cause-Effect(e2,e1)-> bomb"]);
}

#[test]
fn text_34_inline_label_tsv() {
    let both = ["fire -Cause-Effect(e2,e1)-> bomb", "box -Content-Container(e2,e1)-> apples"];
    holds("text/34_inline_label.tsv", Format::TSV, &both);
}
