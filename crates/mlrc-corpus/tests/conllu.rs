//! CoNLL-U as parsers write it, and the messages for invalid files.

mod common;

use mlrc_corpus::{
    Corpus, CorpusError, Format, Instance, InstanceStream, ReadOptions, RelationScheme, Span, Summary,
    write_conllu, write_jsonl,
};

/// What `mlrc convert` wrote and UDPipe 2 filled in.
const UDPIPE: &str = "\
# generator = UDPipe 2, https://lindat.mff.cuni.cz/services/udpipe
# udpipe_model = english-ewt-ud-2.12-230717
# newdoc
# sent_id = 8001
# text = The most common audits were about waste.
# subject = 4
# object = 7
# object_type = THING
# relation = Message-Topic(e1,e2)
1\tThe\tthe\tDET\tDT\tDefinite=Def|PronType=Art\t4\tdet\t_\t_
2\tmost\tmost\tADV\tRBS\tDegree=Sup\t3\tadvmod\t_\t_
3\tcommon\tcommon\tADJ\tJJ\tDegree=Pos\t4\tamod\t_\t_
4\taudits\taudit\tNOUN\tNNS\tNumber=Plur\t7\tnsubj\t_\t_
5\twere\tbe\tAUX\tVBD\tMood=Ind|Tense=Past|VerbForm=Fin\t7\tcop\t_\t_
6\tabout\tabout\tADP\tIN\t_\t7\tcase\t_\t_
7\twaste\twaste\tNOUN\tNN\tNumber=Sing\t0\troot\t_\tSpaceAfter=No
8\t.\t.\tPUNCT\t.\t_\t7\tpunct\t_\tSpacesAfter=\\n

";

/// French after Stanza: a multiword token, which carries the entity tag for its words, an empty node, no
/// XPOS.
const STANZA: &str = "\
# text = La fin du film plaît à Ana.
# sent_id = 0
# subject = 5-6
# object = 2
1\tLa\tle\tDET\t_\tDefinite=Def\t2\tdet\t_\tstart_char=0|end_char=2|ner=O
2\tfin\tfin\tNOUN\t_\tGender=Fem\t6\tnsubj\t_\tstart_char=3|end_char=6|ner=O
3-4\tdu\t_\t_\t_\t_\t_\t_\t_\tstart_char=7|end_char=9|ner=O
3\tde\tde\tADP\t_\t_\t5\tcase\t_\t_
4\tle\tle\tDET\t_\tDefinite=Def\t5\tdet\t_\t_
5\tfilm\tfilm\tNOUN\t_\tGender=Masc\t2\tnmod\t_\tstart_char=10|end_char=14|ner=O
5.1\tqui\tqui\tPRON\t_\t_\t_\t_\t_\t_
6\tplaît\tplaire\tVERB\t_\tMood=Ind\t0\troot\t_\tstart_char=15|end_char=20|ner=O
7\tà\tà\tADP\t_\t_\t8\tcase\t_\tstart_char=21|end_char=22|ner=O
8\tAna\tAna\tPROPN\t_\t_\t6\tobl:arg\t_\tSpaceAfter=No|start_char=23|end_char=26|ner=S-PER
9\t.\t.\tPUNCT\t_\t_\t6\tpunct\t_\tSpaceAfter=No|start_char=26|end_char=27|ner=O
";

fn read(text: impl AsRef<[u8]>) -> Result<Corpus, CorpusError> {
    Corpus::from_bytes(text.as_ref(), "f", &ReadOptions::default())
}

fn one(text: &str) -> Instance {
    read(text).unwrap().instances.remove(0)
}

fn strings(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

#[test]
fn udpipe_output_is_data() {
    let corpus = read(UDPIPE).unwrap();
    assert!(corpus.format == Format::CONLLU && corpus.warnings.is_empty());
    let instance = &corpus.instances[0];
    assert_eq!(instance.id, "8001");
    assert_eq!(instance.tokens, strings("The most common audits were about waste ."));
    assert_eq!((instance.subject.span, instance.object.span), (Span::new(3, 4), Span::new(6, 7)));
    assert_eq!((instance.subject.kind.as_deref(), instance.object.kind.as_deref()), (None, Some("THING")));
    assert_eq!(instance.relation.as_deref(), Some("Message-Topic(e1,e2)"));
    assert_eq!(instance.pos, Some(strings("DT RBS JJ NNS VBD IN NN .")));
    assert_eq!(instance.heads, Some(vec![4, 3, 4, 7, 7, 7, 0, 7]));
    assert_eq!(instance.deprels, Some(strings("det advmod amod nsubj cop case root punct")));
    assert_eq!((&instance.ner, &instance.source), (&None, &None));
}

#[test]
fn heads_count_words_not_tokens() {
    let instance = one(STANZA);
    assert_eq!(instance.tokens, strings("La fin de le film plaît à Ana ."));
    assert_eq!(instance.tokens[instance.subject.span.range()], ["film", "plaît"]);
    assert_eq!(instance.heads, Some(vec![2, 6, 5, 5, 2, 0, 8, 6, 6]));
    assert_eq!(instance.pos, Some(strings("DET NOUN ADP DET NOUN VERB ADP PROPN PUNCT")));
    assert_eq!(instance.ner, Some(strings("O O O O O O O PER O")));
    assert_eq!((instance.id.as_str(), instance.relation), ("0", None));
}

#[test]
fn line_endings_blanks_and_marks_do_not_matter() {
    let expected = one(UDPIPE);
    let variants = [
        UDPIPE.replace('\n', "\r\n"),
        format!("\u{feff}{UDPIPE}"),
        UDPIPE.trim_end().to_owned(),
        format!("\n \t \n{UDPIPE}\n\t\n \n# end of file\n"),
        UDPIPE.replace("# subject = 4", "#subject=4-4").replace("# sent_id = ", "# sent_id "),
        format!("# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC\n\n{UDPIPE}"),
    ];
    for text in variants {
        assert_eq!(one(&text), expected, "{text}");
    }
    let long = "x".repeat(1 << 20);
    let text = UDPIPE.replace("audits", &long).replace("# newdoc", &format!("# newdoc {long}"));
    assert_eq!(one(&text).tokens[3], long);
}

#[test]
fn sentences_come_one_at_a_time() {
    /// Yields one line at a time and panics when asked for more than was allowed.
    struct Typed<'a>(std::str::SplitInclusive<'a, char>, &'a std::cell::Cell<usize>);
    impl std::io::Read for Typed<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            assert!(self.1.get() > 0, "read too far");
            self.1.set(self.1.get() - 1);
            let line = self.0.next().unwrap_or_default();
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    let text = UDPIPE.repeat(2);
    let lines = UDPIPE.split_inclusive('\n').count();
    let allowed = std::cell::Cell::new(lines);
    let reader = std::io::BufReader::new(Typed(text.split_inclusive('\n'), &allowed));
    let mut stream = InstanceStream::new(reader, "<stdin>", &ReadOptions::default()).unwrap();
    assert_eq!(stream.next().unwrap().unwrap().id, "8001");
    allowed.set(lines);
    assert_eq!(stream.next().unwrap().unwrap().id, "8001");
}

#[test]
fn layers_that_no_word_has_are_absent() {
    let bare =
        "# subject = 1\n# object = 2\n1\t_\t_\tX\t_\t_\t_\t_\t_\tner=B-X\n2\tb\t_\t_\tY\t_\t_\t_\t_\t_\n";
    let instance = one(bare);
    assert_eq!(instance.tokens, ["_", "b"]);
    assert_eq!((instance.pos, instance.ner, instance.heads, instance.deprels), (None, None, None, None));
    assert_eq!(instance.id, "1");
    // XPOS goes before UPOS, and tags written by this library are kept as they stand.
    let both = bare.replace("X\t_\t_", "X\tZ\t_").replace("ner=B-X", "NER=B-X").replace("_\n", "a=b|NER=O\n");
    let instance = one(&both);
    assert_eq!((instance.pos, instance.ner), (Some(strings("Z Y")), Some(strings("B-X O"))));
}

/// The valid sentence, its first line being line 3, with some text replaced.
fn damaged(from: &str, to: &str) -> String {
    assert!(UDPIPE.contains(from), "{from}");
    format!("# first\n\n{}", UDPIPE.replacen(from, to, 1))
}

#[test]
fn errors_name_line_instance_and_field() {
    let cases = [
        (
            "# subject = 4\n",
            "",
            "f:3: instance `8001`: field `subject`: missing; expected a comment such as `# subject = 2-3` or `# subject = 2`: the entity's words, counted from 1; add such comments for subject and object; if a parser dropped them, merge its output with the data: `mlrc convert DATA --to jsonl --parses FILE`",
        ),
        (
            "# object = 7\n",
            "",
            "f:3: instance `8001`: field `object`: missing; expected a comment such as `# object = 2-3`",
        ),
        (
            "# object = 7",
            "# object = 9",
            "f:9: instance `8001`: field `object`: expected a word number or a range such as `2-3`, no greater than 8 (the last word), found `9`; words count from 1, and the end is inclusive",
        ),
        ("# object = 7", "# object = 0", "f:9: instance `8001`: field `object`: expected a word number"),
        ("# object = 7", "# object = 7-6", "f:9: instance `8001`: field `object`: expected a word number"),
        (
            "# object = 7",
            "# object = waste",
            "f:9: instance `8001`: field `object`: expected a word number or a range such as `2-3`, no greater than 8 (the last word), found `waste`",
        ),
        (
            "# object = 7",
            "# object =",
            "f:9: instance `8001`: field `object`: expected a value after the `=`, found none",
        ),
        (
            "Topic(e1,e2)",
            "Topic(e1,e2)\n# relation = Other",
            "f:12: instance `8001`: field `relation`: expected the comment only once, found `Message-Topic(e1,e2)` and `Other`",
        ),
        (
            "4\taudits",
            "5\taudits",
            "f:15: instance `8001`: field `ID`: expected word number 4 (words count from 1), found `5`; a blank line ends each sentence; between words, only ranges such as `1-2` and empty nodes such as `1.1` are allowed",
        ),
        (
            "4\taudits",
            "four\taudits",
            "f:15: instance `8001`: field `ID`: expected word number 4 (words count from 1), found `four`",
        ),
        ("4\taudits", "0-1\taudits", "f:15: instance `8001`: field `ID`: expected word number 4"),
        ("4\taudits\t", "4\t\t", "f:15: instance `8001`: field `FORM`: expected a word, found nothing"),
        (
            "4\taudits\t",
            "4\taudits\t\t",
            "f:15: instance `8001`: expected 10 columns separated by tabs, found 11; a column without a value holds `_`; a blank line ends each sentence",
        ),
        (
            "4\taudits\taudit\tNOUN\tNNS\tNumber=Plur\t7\tnsubj\t_\t_",
            "4 audits audit NOUN NNS _ 7 nsubj _ _",
            "f:15: instance `8001`: expected 10 columns separated by tabs, found 1; columns are separated by single tabs, not by spaces",
        ),
        (
            "7\tnsubj",
            "9\tnsubj",
            "f:15: instance `8001`: field `HEAD`: expected a whole number from 0 (the root) to 8 (the last word), found `9`",
        ),
        (
            "7\tnsubj",
            "-1\tnsubj",
            "f:15: instance `8001`: field `HEAD`: expected heads that count from 1, with 0 for the root, found -1, as the root has where they count from 0",
        ),
        ("7\tnsubj", "seven\tnsubj", "f:15: instance `8001`: field `HEAD`: expected a whole number from 0"),
        (
            "7\tnsubj",
            "_\tnsubj",
            "f:15: instance `8001`: field `HEAD`: expected a value, since other words of the sentence have one, found `_` for word 4; fill the column for every word or for none",
        ),
        (
            "7\tnsubj",
            "7\t_",
            "f:15: instance `8001`: field `DEPREL`: expected a value, since other words of the sentence have one, found `_` for word 4",
        ),
        (
            "5\twere",
            "# were\n5\twere",
            "f:16: instance `8001`: expected comments only before the words, found one after them; a blank line ends each sentence",
        ),
        (
            "1\tThe",
            "\n1\tThe",
            "f:3: instance `8001`: expected word lines after the comments, found none; do not put a blank line between the two",
        ),
    ];
    for (from, to, expected) in cases {
        let error = read(damaged(from, to)).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(expected), "{to}\nexpected {expected}\n   found {message}");
        let snippet = error.notice().snippet.as_ref().unwrap();
        assert!(message.starts_with(&format!("f:{}:", snippet.line)), "{message}");
    }
    let bytes = [UDPIPE.as_bytes(), &UDPIPE.as_bytes()[..200], b"\xff\n\n", UDPIPE.as_bytes()].concat();
    let message = read(bytes).unwrap_err().to_string();
    assert!(message.starts_with("f:24: expected UTF-8, found the byte 0xff"), "{message}");
}

#[test]
fn a_bad_sentence_does_not_spoil_the_next() {
    let options = ReadOptions { skip_bad: true, ..Default::default() };
    let text = damaged("4\taudits", "5\taudits") + UDPIPE + "1\tx\n";
    let corpus = Corpus::from_bytes(text.as_bytes(), "f", &options).unwrap();
    assert_eq!((corpus.instances.len(), corpus.skipped.len()), (1, 2));
}

#[test]
fn what_the_format_cannot_hold_is_refused() {
    type Change<'a> = &'a dyn Fn(&mut Instance);
    let refused = |change: Change| {
        let mut instance = one(STANZA);
        change(&mut instance);
        let error = write_conllu(&[instance], Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        error.to_string()
    };
    let cases: [(Change, &str); 10] = [
        (&|one| one.tokens[0] = "a\tb".to_owned(), "a token is empty or contains a tab"),
        (&|one| one.tokens[0] = "a\n".to_owned(), "a token is empty or contains a tab"),
        (&|one| one.id = " a".to_owned(), "its identifier, a type, its label or its fold is empty"),
        (&|one| one.relation = Some(String::new()), "its identifier, a type, its label or its fold is empty"),
        (&|one| one.fold = Some("a\nb".to_owned()), "its identifier, a type, its label or its fold is empty"),
        (&|one| one.object.span = Span::new(1, 99), "a span lies outside"),
        (&|one| one.heads = Some(vec![1]), "an annotation layer is not as long"),
        (&|one| one.heads.as_mut().unwrap()[0] = 10, "a head lies outside"),
        (&|one| one.pos.as_mut().unwrap()[0] = "_".to_owned(), "an annotation is empty, is `_` or contains"),
        (&|one| one.ner.as_mut().unwrap()[0] = "a|b".to_owned(), "a named-entity tag contains `|`"),
    ];
    for (change, expected) in cases {
        let message = refused(change);
        let named = message.starts_with("instance `");
        assert!(
            named && message.contains(" cannot be written as CoNLL-U: ") && message.contains(expected),
            "{message}"
        );
    }
}

#[test]
fn what_is_written_reads_well() {
    let json = r#"{"id": "a b", "text": "Ana's <e1>box</e1> of <e2>ripe apples</e2>.", "relation": "Content-Container(e2,e1)"}"#;
    let mut written = Vec::new();
    write_conllu(&read(json).unwrap().instances, &mut written).unwrap();
    let expected = "\
# sent_id = a b
# text = Ana's box of ripe apples.
# subject = 4
# subject_text = box
# object = 6-7
# object_text = ripe apples
# relation = Content-Container(e2,e1)
1\tAna\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
2\t'\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
3\ts\t_\t_\t_\t_\t_\t_\t_\t_
4\tbox\t_\t_\t_\t_\t_\t_\t_\t_
5\tof\t_\t_\t_\t_\t_\t_\t_\t_
6\tripe\t_\t_\t_\t_\t_\t_\t_\t_
7\tapples\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
8\t.\t_\t_\t_\t_\t_\t_\t_\t_

";
    assert_eq!(String::from_utf8(written).unwrap(), expected);
}

#[test]
fn the_summary_tells_versions_and_defects() {
    let summary = Summary::of(&read(UDPIPE).unwrap());
    // None of these names is of one version only.
    assert!(summary.relations.scheme.is_none() && summary.relations.unknown.is_empty());
    let summary =
        Summary::of(&read(UDPIPE.replace("advmod", "advmod:emph").replace("nsubj", "dobj")).unwrap());
    assert_eq!(summary.relations.scheme, Some(RelationScheme::V1));
    let text: String =
        (0..7).map(|id| UDPIPE.replace("8001", &id.to_string()).replace("0\troot", "1\troot")).collect();
    let trees = Summary::of(&read(text).unwrap()).trees;
    assert_eq!((trees.without_root, trees.several_roots, trees.cyclic), (7, 0, 7));
    assert_eq!((trees.without_root_ids, trees.cyclic_ids), (strings("0 1 2 3 4"), strings("0 1 2 3 4")));
    assert!(trees.several_roots_ids.is_empty());
}

#[test]
fn real_data_round_trips() {
    let Some(data) = common::data("corpus_conllu") else { return };
    for (name, format) in [
        ("semeval2010-tacred-json/test.json", Format::TACRED),
        ("semeval2010/TEST_FILE_FULL.TXT", Format::SEMEVAL),
    ] {
        let corpus = Corpus::read(data.join(name), &ReadOptions::default()).unwrap();
        assert_eq!(corpus.format, format);
        let mut written = Vec::new();
        write_conllu(&corpus.instances, &mut written).unwrap();
        let mut reread = read(&written).unwrap();
        assert!(reread.format == Format::CONLLU && reread.warnings.is_empty());
        for (new, old) in reread.instances.iter_mut().zip(&corpus.instances) {
            new.source.clone_from(&old.source);
        }
        assert!(reread.instances == corpus.instances, "{name}");
        // By way of JSON lines too.
        let mut lines = Vec::new();
        write_jsonl(&reread.instances, &mut lines).unwrap();
        assert!(read(&lines).unwrap().instances == corpus.instances);
    }
}

/// Stanford's converter of 2016 wrote the names of version 1.
#[test]
fn real_data_has_the_names_of_version_1() {
    let Some(data) = common::data("corpus_conllu") else { return };
    let corpus =
        Corpus::read(data.join("semeval2010-tacred-json/test.json"), &ReadOptions::default()).unwrap();
    let relations = Summary::of(&corpus).relations;
    assert_eq!(relations.scheme, Some(RelationScheme::V1));
    assert!(relations.unknown.is_empty(), "{:?}", relations.unknown);
}
