//! Readers and writers on arbitrary data.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mlrc_corpus::document::{self, Content, Document, Mention, Relation};
use mlrc_corpus::{
    Comparison, Corpus, CorpusError, Corrections, Entity, Format, Instance, InstanceStream, Parses,
    ReadOptions, SourceText, Span, Summary, Tokenizer, grouped, tidy_labels, write_conllu, write_csv,
    write_jsonl, write_semeval, write_tacred_json,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Reads in every way; returns how many instances came out in all.
fn read_in_every_way(bytes: &[u8]) -> usize {
    let formats = Format::ALL.into_iter().map(Some).chain([None]);
    let mut count = 0;
    for format in formats {
        for tokenizer in Tokenizer::ALL {
            let options = ReadOptions { format, skip_bad: true, tokenizer, ..Default::default() };
            match Corpus::from_bytes(bytes, "f", &options) {
                Ok(corpus) => {
                    count += corpus.instances.len();
                    corpus.instances.iter().for_each(assert_valid);
                    corpus.skipped.iter().for_each(|error| assert_points_into_snippet(error.notice()));
                    corpus.warnings.iter().for_each(assert_points_into_snippet);
                    assert_eq!(Summary::of(&corpus).instances, corpus.instances.len());
                    assert_used_together(corpus);
                }
                Err(error) => assert_points_into_snippet(error.notice()),
            }
            if let Ok(stream) = InstanceStream::new(bytes, "f", &options) {
                stream.flatten().for_each(|instance| assert_valid(&instance));
            }
        }
    }
    count
}

/// Groups, compares and tidies whatever was read.
fn assert_used_together(mut corpus: Corpus) {
    let groups = grouped(corpus.skipped.iter().map(CorpusError::notice));
    assert_eq!(groups.iter().map(|group| group.count).sum::<usize>(), corpus.skipped.len());
    let pair = Comparison::of(&[&corpus, &corpus]).pairs.remove(0);
    assert_eq!([pair.instances.count, pair.sentences.count, pair.ids.count], [corpus.instances.len(); 3]);
    tidy_labels(&mut [&mut corpus], &[]);
    assert_eq!(tidy_labels(&mut [&mut corpus], &[]), []);
}

/// Joins sentences to a corpus, which may fail.
fn join(corpus: Corpus, parses: &[u8]) {
    match Parses::from_bytes(parses, "parses").and_then(|parses| corpus.with_parses(&parses)) {
        Ok(joined) => joined.instances.iter().for_each(assert_valid),
        Err(error) => assert_points_into_snippet(error.notice()),
    }
}

fn assert_points_into_snippet(notice: &mlrc_corpus::Notice) {
    assert!(!notice.message.is_empty());
    if let Some(snippet) = &notice.snippet {
        assert!(snippet.text.get(snippet.range.clone()).is_some(), "{notice:?}");
    }
}

fn assert_valid(instance: &Instance) {
    let count = instance.tokens.len();
    for span in [instance.subject.span, instance.object.span] {
        assert!(span.start < span.end && span.end <= count, "{instance:?}");
    }
    assert!(!instance.id.is_empty() && instance.tokens.iter().all(|token| !token.chars().all(unseen)));
    for layer in [&instance.pos, &instance.ner, &instance.deprels].into_iter().flatten() {
        assert_eq!(layer.len(), count);
    }
    if let Some(heads) = &instance.heads {
        assert!(heads.len() == count && heads.iter().all(|head| *head <= count));
    }
    if let Some(source) = &instance.source {
        assert_eq!(source.offsets.len(), count);
        assert!(source.offsets.iter().all(|range| range.end <= source.text.chars().count()));
    }
}

/// White space, control characters, and what Unicode calls ignorable by default: nothing that is seen.
fn unseen(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

fn layer(count: usize) -> impl Strategy<Value = Option<Vec<String>>> {
    proptest::option::of(vec("\\PC{0,6}", count))
}

/// Heads that need not form a tree, but do not look as if they counted from 0: no token is its own head.
fn heads(count: usize) -> impl Strategy<Value = Vec<usize>> {
    vec(0..=count, count).prop_map(|heads| {
        let others = |(token, head): (usize, usize)| if head == token + 1 { 0 } else { head };
        heads.into_iter().enumerate().map(others).collect()
    })
}

fn kind() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("\\PC{0,8}")
}

/// Two spans between three or four borders in ascending order: apart, one within the other, overlapping in part if there are
/// four, or the same.
fn arranged(borders: &[usize], arrangement: usize) -> [(usize, usize); 2] {
    let last = borders.len() - 1;
    match arrangement {
        0 => [(borders[0], borders[1]), (borders[last - 1], borders[last])],
        1 => [(borders[0], borders[last]), (borders[1], borders[2])],
        2 => [(borders[0], borders[last - 1]), (borders[1], borders[last])],
        _ => [(borders[0], borders[last]); 2],
    }
}

/// Any valid instance without raw text, its identifier left to [`corpus`].
fn instance() -> impl Strategy<Value = Instance> {
    (2_usize..8).prop_flat_map(|count| {
        let borders = proptest::sample::subsequence((0..=count).collect::<Vec<_>>(), 3..=4.min(count + 1));
        let layers = (layer(count), layer(count), layer(count), proptest::option::of(heads(count)));
        let relation = proptest::option::of("[A-Za-z:_/(),0-9é-]{1,20}");
        let kinds = (kind(), kind(), kind());
        let token = "\\PC{1,8}|(?s).{1,4}|[a-z\u{200b}\u{a0}\u{2028}\u{feff}\r]{1,3}|\\[/?E1\\]";
        let token = token.prop_filter("a token that is seen", |token: &String| !token.chars().all(unseen));
        let arrangement = (any::<bool>(), 0_usize..4);
        (vec(token, count), borders, arrangement, kinds, layers, relation).prop_map(
            |(
                tokens,
                borders,
                (swap, arrangement),
                (subject_kind, object_kind, fold),
                (pos, ner, deprels, heads),
                relation,
            )| {
                let [first, second] = arranged(&borders, arrangement);
                let [first, second] = [first, second].map(|(start, end)| Span::new(start, end));
                let (subject, object) = if swap { (second, first) } else { (first, second) };
                Instance {
                    id: String::new(),
                    tokens,
                    subject: Entity { span: subject, kind: subject_kind },
                    object: Entity { span: object, kind: object_kind },
                    pos,
                    ner,
                    heads,
                    deprels,
                    relation,
                    fold,
                    source: None,
                }
            },
        )
    })
}

/// Valid instances with different identifiers.
fn corpus() -> impl Strategy<Value = Vec<Instance>> {
    vec((instance(), "\\PC{0,5}"), 1..4).prop_map(|instances| {
        let number = |(index, (instance, id)): (usize, (Instance, String))| Instance {
            id: format!("{index}{id}"),
            ..instance
        };
        instances.into_iter().enumerate().map(number).collect()
    })
}

/// The instance with its tokens joined by spaces as raw text.
fn with_source(instance: Instance) -> Instance {
    let mut start = 0;
    let mut place = |token: &String| {
        let range = start..start + token.chars().count();
        start = range.end + 1;
        range
    };
    let offsets = instance.tokens.iter().map(&mut place).collect();
    Instance { source: Some(SourceText { text: instance.tokens.join(" "), offsets }), ..instance }
}

/// The instance with what CoNLL-U cannot hold replaced.
fn fit_for_conllu(instance: Instance) -> Instance {
    let line = |text: String| text.replace(['\t', '\n', '\r'], "-");
    let value = |text: String| format!("x{}x", line(text));
    let tag = |text: String| match text.replace(|c: char| c.is_whitespace() || c == '|', "-") {
        text if text.is_empty() || text == "_" => "O".to_owned(),
        text => text,
    };
    let tags = |layer: Vec<String>| layer.into_iter().map(tag).collect();
    let entity = |entity: Entity| Entity { kind: entity.kind.map(value), ..entity };
    Instance {
        id: value(instance.id),
        tokens: instance.tokens.into_iter().map(line).collect(),
        subject: entity(instance.subject),
        object: entity(instance.object),
        pos: instance.pos.map(tags),
        ner: instance.ner.map(tags),
        deprels: instance.deprels.map(tags),
        relation: instance.relation.map(value),
        fold: instance.fold.map(value),
        ..instance
    }
}

/// The instance with only what FewRel's JSON holds.
fn fit_for_fewrel(instance: Instance, relation: &str, index: usize) -> Instance {
    let word = |token: String| if token.chars().all(unseen) { "-".to_owned() } else { token };
    let entity = |entity: Entity| Entity { kind: None, ..entity };
    Instance {
        id: format!("{relation}-{index}"),
        tokens: instance.tokens.into_iter().map(word).collect(),
        subject: entity(instance.subject),
        object: entity(instance.object),
        pos: None,
        ner: None,
        heads: None,
        deprels: None,
        relation: Some(relation.to_owned()),
        fold: None,
        source: None,
    }
}

/// The instance as an element of one of FewRel's lists.
fn as_fewrel(instance: &Instance) -> serde_json::Value {
    let entity = |entity: &Entity| {
        let words = &instance.tokens[entity.span.range()];
        serde_json::json!([words.join(" ").to_lowercase(), "Q1", [entity.span.range().collect::<Vec<_>>()]])
    };
    serde_json::json!({"tokens": instance.tokens, "h": entity(&instance.subject), "t": entity(&instance.object)})
}

fn reread(
    bytes: &[u8],
    format: Option<Format>,
    tokenizer: Tokenizer,
) -> Result<Vec<Instance>, TestCaseError> {
    let options = ReadOptions { format, tokenizer, ..Default::default() };
    let corpus = Corpus::from_bytes(bytes, "written", &options)
        .map_err(|error| TestCaseError::fail(format!("{error}\n{}", String::from_utf8_lossy(bytes))))?;
    // Arbitrary tags may well look like ends that are counted otherwise.
    let about_tags = |warning: &&mlrc_corpus::Notice| {
        warning.message.starts_with("entities that") || warning.message.contains("one within the other")
    };
    let warnings: Vec<_> = corpus.warnings.iter().filter(|warning| !about_tags(warning)).collect();
    prop_assert!(warnings.is_empty(), "{warnings:?}");
    Ok(corpus.instances)
}

fn write(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    bytes
}

/// Valid files of all formats, to be damaged.
const FILES: [&str; 24] = [
    "[{\"id\": \"a\", \"token\": [\"é\", \"y\", \"z\"], \"subj_start\": 0, \"subj_end\": 0, \"obj_start\": 1, \"obj_end\": 2, \"subj_type\": \"P\", \"stanford_head\": [\"2\", 0, 2], \"relation\": \"r\"},\n {\"id\": 2, \"token\": [\"x\", \"y\"], \"subj_start\": 1, \"subj_end\": 1, \"obj_start\": 0, \"obj_end\": 0}]",
    "1\t\"The <e1>é b</e1>'s <e2>c</e2>.\"\r\nOther\r\nComment: x\r\n\r\n2\t\"(<e2>a</e2>) U.S. <e1>b</e1>\"\r\n",
    "{\"text\": \"é bc.\", \"subject\": {\"start\": 0, \"end\": 1}, \"object\": {\"start\": 2, \"end\": 3, \"type\": \"P\"}}\n{\"text\": \"<e1>a</e1> <e2>b</e2>\", \"label\": 1}\n",
    "{\"id\": \"1\", \"tokens\": [\"a\", \"b\"], \"subject\": {\"start\": 0, \"end\": 1}, \"object\": {\"start\": 1, \"end\": 2}, \"heads\": [2, 0], \"text\": \"ab\", \"offsets\": [[0, 1], [1, 2]]}\n{\"tokens\": [\"a\", \"b\"], \"subject\": {\"start\": 0, \"end\": 1}, \"object\": {\"start\": 1, \"end\": 2}}\n",
    "x\tThe <e1>fire</e1> isn't a “<e2>bomb</e2>”...\n\"<e1>a</e1> <e2>b</e2>\"\n",
    "# sent_id = a\r\n# subject = 1-2\n# object = 4\n# object_type = P\n1-2\tdu\t_\t_\t_\t_\t_\t_\t_\tner=B-X\n1\tde\t_\tX\tY\t_\t2\td\t_\t_\n2\tle\t_\tX\tY\t_\t0\tr\t_\t_\n2.1\t_\t_\t_\t_\t_\t_\t_\t_\t_\n3\té\t_\tX\tY\t_\t2\td\t_\ta=b|ner=O\n4\t.\t_\tX\tY\t_\t2\td\t_\tner=O\n\n \n# subject = 2\n# object = 1\n1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n2\t_\t_\t_\t_\t_\t_\t_\t_\t_\n",
    "{\"doc\": \"d\", \"fold\": 1, \"passage_start\": 5, \"property\": \"SPOUSE\", \"passage\": \"É is ü's.\", \"subj\": [0, 1], \"obj\": [5, 6], \"subj_text\": \"É\"}\r\n{\"doc\": \"d\", \"fold\": 1, \"passage_start\": 5, \"property\": \"CEO\", \"passage\": \"É is ü's.\", \"subj\": null, \"obj\": null}\r\n",
    "{\"P1\": [{\"tokens\": [\"é\", \" \", \"y\", \"z\"], \"h\": [\"É\", \"Q1\", [[0, 2], [3]]], \"t\": [\"x\", null, [[3]]]}, \r\n{\"tokens\": [\"a\", \"b\"], \"h\": [\"\", \"\", [[1]]], \"t\": [\"a\", \"\", [[0, 0]]], \"id\": 1}], \"P2\": []}\n",
    "[{\"token\": [\"é\", \"y\", \"z\"], \"h\": {\"name\": \"É\", \"id\": \"Q1\", \"pos\": [0, 1]}, \"t\": {\"name\": \"z\", \"pos\": [2, 3], \"type\": \"P\"}, \"relation\": \"r\"},\n {\"text\": \"😀 é y\", \"h\": {\"pos\": [2, 3]}, \"t\": {\"pos\": [4, 5]}, \"relation\": \"NA\"}]",
    "{\"id\": 1, \"text\": \"😀 Ada runs Acme. Bo left.\", \"entities\": [{\"id\": 10, \"start_offset\": 2, \"end_offset\": 5, \"label\": \"P\"}, {\"id\": 11, \"start_offset\": 11, \"end_offset\": 15, \"label\": \"O\"}], \"relations\": [{\"from_id\": 10, \"to_id\": 11, \"type\": \"r\"}, {\"from_id\": 11, \"to_id\": 10, \"type\": \"s\"}], \"Comments\": []}\n",
    "[{\"id\": 1, \"data\": {\"text\": \"😀 Ada runs Acme.\"}, \"annotations\": [{\"result\": [{\"id\": \"A\", \"type\": \"labels\", \"value\": {\"start\": 3, \"end\": 6, \"text\": \"Ada\", \"labels\": [\"P\"]}}, {\"id\": \"B\", \"type\": \"labels\", \"value\": {\"start\": 11, \"end\": 15, \"text\": \"Acme\", \"labels\": [\"O\"]}}, {\"from_id\": \"A\", \"to_id\": \"B\", \"type\": \"relation\", \"direction\": \"bi\", \"labels\": [\"r\"]}]}]}]",
    "{\"text\": \"é buys Acme.\", \"tokens\": [{\"start\": 0, \"end\": 1}, {\"start\": 2, \"end\": 6}, {\"start\": 7, \"end\": 11}, {\"start\": 11, \"end\": 12}], \"spans\": [{\"start\": 0, \"end\": 1, \"token_start\": 0, \"token_end\": 0, \"label\": \"P\"}, {\"token_start\": 2, \"token_end\": 2}], \"relations\": [{\"head\": 0, \"child\": 2, \"label\": \"r\"}, {\"head\": 1, \"child\": 2, \"label\": \"s\", \"head_span\": {\"start\": 2, \"end\": 6}}], \"answer\": \"accept\"}\n",
    "[{\"tokens\": [\"é\", \" \", \"b\", \"c\"], \"entities\": [{\"type\": \"P\", \"start\": 0, \"end\": 1}, {\"type\": \"O\", \"start\": 1, \"end\": 3}], \"relations\": [{\"type\": \"r\", \"head\": 0, \"tail\": 1}, {\"type\": \"s\", \"head\": 1, \"tail\": 0}], \"orig_id\": 1}]",
    "{\"doc_key\": \"x\", \"sentences\": [[\"é\", \"b\"], [\"c\", \"d\", \"e\"]], \"ner\": [[[0, 0, \"P\"]], [[2, 3, \"O\"]]], \"relations\": [[[0, 0, 1, 1, \"r\"]], [[2, 3, 4, 4, \"s\"], [0, 0, 4, 4, \"t\"]]], \"clusters\": [[[0, 0]]]}\n",
    "{\"doc_key\": \"x\", \"sentence\": [\"é\", \"b\", \"c\"], \"ner\": [[0, 0, \"P\"], [2, 2, \"O\"]], \"relations\": [[0, 0, 2, 2, \"r\", \"\", false, false], [0, 0, 2, 2, \"s\", \"\", false, false]]}\n",
    "[{\"title\": \"x\", \"sents\": [[\"é\", \"b\"], [\"c\", \"d\"]], \"vertexSet\": [[{\"pos\": [0, 1], \"sent_id\": 0, \"type\": \"P\"}, {\"pos\": [0, 1], \"sent_id\": 1}], [{\"pos\": [1, 2], \"sent_id\": 1, \"type\": \"O\"}]], \"labels\": [{\"h\": 0, \"t\": 1, \"r\": \"P1\"}, {\"h\": 1, \"t\": 0, \"r\": \"P2\"}]}]",
    "[{\"text\": \"é runs Acme.\", \"head\": \"é\", \"tail\": \"Acme\", \"relation\": \"r\"}, {\"text\": \"<e1>a</e1> <e2>b</e2>\", \"relation\": [\"r\"]}]",
    "# index\ttoken\tsubj\tsubj_type\tobj\tobj_type\tstanford_head\n# id=a reln=r\n1\té\tSUBJECT\tP\t_\t_\t2\n2\tb\t_\t_\tOBJECT\tO\t0\n\n# id=b reln=s\n1\té\t_\t_\tOBJECT\tP\t2\n2\tb\tSUBJECT\tO\t_\t_\t0\n",
    "# global.columns = id form ner\n# relations = 1;2;3;3;r|3;3;1;2;s\n1\té\tB-P\n2\tb\tI-P\n3\tc\tB-O\n\n",
    "m.1\tm.2\té\tacme\t/r\té runs acme . ###END###\nm.3\tm.4\tBo\tlego\tNA\tbo likes lego . ###END###\n",
    "sentence,relation,head,head_start,tail,tail_start,tail_end\r\n\"😀 \"\"é\"\" runs, Acme.\",r,é,3,Acme,12,16\r\n\"é in\nb\",s,é,0,b,5,6\r\n",
    "text\trelation\tid\n\"Quote <e1>é</e1> in <e2>b</e2>\tr\tx\n<e1>a</e1> <e2>b</e2>\ts\ty\n",
    "1;\"<e1>é</e1>; <e2>b</e2>\";r\n2;\"<e1>a</e1> <e2>b</e2>\";s\n",
    "<e1>é</e1> of <e2>b</e2>\tr s\n<e1>a</e1> <e2>b</e2>\tt\n",
];

#[test]
fn the_files_to_be_damaged_are_valid() {
    for (file, count) in FILES.into_iter().zip([2; 24]) {
        let options = ReadOptions::default();
        assert_eq!(
            Corpus::from_bytes(file.as_bytes(), "f", &options).unwrap().instances.len(),
            count,
            "{file}"
        );
        assert!(read_in_every_way(file.as_bytes()) >= 2 * count);
    }
}

/// Replaces, inserts and removes bytes, or cuts them off.
fn damage(bytes: &mut Vec<u8>, edits: Vec<(proptest::sample::Index, u8, u8)>) {
    for (place, action, byte) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = place.index(bytes.len());
        match action {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => {
                bytes.remove(at);
            }
            _ => bytes.truncate(at),
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        read_in_every_way(&bytes);
    }

    #[test]
    fn arbitrary_corrections_never_panic(text in "[{}\\[\\]\":,a1\u{feff}\n]{0,30}|(\\{\"(id|relation|é)\": ?(\"[a\\\\u]{0,6}\"|1|null)\\}?,?\n?){0,4}") {
        if let Err(error) = Corrections::from_bytes(text.into_bytes(), "patch") {
            assert_points_into_snippet(error.notice());
        }
    }

    /// What is tidy stays so, and labels in any script are grouped without harm.
    #[test]
    fn labels_are_tidied_once(labels in vec("[abAB _:/()e12,é\u{301}\u{200b}-]{1,8}|\\PC{1,5}", 1..6)) {
        let lines: String = labels.iter().map(|label| serde_json::json!({"text": "<e1>a</e1> <e2>b</e2>", "relation": label}).to_string() + "\n").collect();
        let options = ReadOptions { skip_bad: true, keep_empty: true, ..Default::default() };
        assert_used_together(Corpus::from_bytes(lines.as_bytes(), "f", &options).unwrap());
    }

    /// Spans of any text in any place are read or refused, and counted without harm.
    #[test]
    fn arbitrary_spans_never_panic(
        text in "[a-c é😀\u{200b}.<]{0,20}",
        borders in vec(0_usize..24, 4),
        words in "[a-c é]{0,4}",
    ) {
        let span = |start: usize, end: usize| serde_json::json!({"start": start, "end": end, "text": words});
        let tokens: Vec<&str> = text.split(' ').collect();
        let spans = serde_json::json!({"text": text, "subject": span(borders[0], borders[1]), "object": {"start": borders[2], "end": borders[3]}});
        let mut both = spans.clone();
        both["tokens"] = tokens.into();
        both["offsets"] = serde_json::json!([[borders[0], borders[1]], [borders[2], borders[3]]]);
        read_in_every_way(spans.to_string().as_bytes());
        read_in_every_way(both.to_string().as_bytes());
    }

    #[test]
    fn arbitrary_text_never_panics(pieces in vec("<e1>|</e1>|<e2>|</e2>|\\[/?E[1-3]\\]|&lt;/?e[1-3]&gt;|<e1 type=|\u{feff}|\u{200b}|Comment:\n|Other\n|\"(passage|property|doc|subj|obj|passage_start|tokens|h|t)\":|# (subject|object|sent_id) = |\n[1-3]\t|(\t[_1a]){9}|[{}\\[\\]\",:\t\n\r0-9a 'é.-]{1,3}|(?s).", 0..60)) {
        read_in_every_way(pieces.concat().as_bytes());
    }

    #[test]
    fn damaged_files_never_panic(
        file in proptest::sample::select(&FILES[..]),
        edits in vec((any::<proptest::sample::Index>(), 0_u8..4, any::<u8>()), 1..6),
    ) {
        let mut bytes = file.as_bytes().to_vec();
        damage(&mut bytes, edits);
        read_in_every_way(&bytes);
    }

    #[test]
    fn damaged_annotation_of_brat_never_panics(
        edits in vec((any::<proptest::sample::Index>(), 0_u8..4, any::<u8>()), 0..6),
    ) {
        let annotation = "T1\tOrg 0 1\té\nT2\tPer 2 4;5 6\tbc d\nR1\tr Arg1:T1 Arg2:T2\nE1\tA:T1 B:T2\n*\tEquiv T1 T2\n#1\tNote T1\tx\n";
        let mut bytes = annotation.as_bytes().to_vec();
        damage(&mut bytes, edits);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "é bc d.").unwrap();
        std::fs::write(folder.path().join("a.ann"), bytes).unwrap();
        let pairs = "discontinuous=filled".parse().unwrap();
        let options = ReadOptions { skip_bad: true, pairs, ..Default::default() };
        if let Ok(corpus) = Corpus::read(folder.path(), &options) {
            corpus.instances.iter().for_each(assert_valid);
            corpus.skipped.iter().for_each(|error| assert_points_into_snippet(error.notice()));
        }
    }

    #[test]
    fn json_lines_round_trip(instances in corpus()) {
        let written = write(|out| write_jsonl(&instances, out));
        prop_assert_eq!(reread(&written, None, Tokenizer::default())?, instances.clone());
        let with_text: Vec<Instance> = instances.into_iter().map(with_source).collect();
        let written = write(|out| write_jsonl(&with_text, out));
        prop_assert_eq!(reread(&written, None, Tokenizer::default())?, with_text);
    }

    #[test]
    fn csv_round_trips(instances in corpus(), with_text in any::<bool>()) {
        // An empty cell is none.
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let fit = |instance: Instance| Instance {
            subject: Entity { kind: filled(instance.subject.kind), ..instance.subject },
            object: Entity { kind: filled(instance.object.kind), ..instance.object },
            fold: filled(instance.fold),
            // A label that is a number is read with a warning.
            relation: instance.relation.map(|label| format!("r{label}")),
            ..instance
        };
        let instances: Vec<Instance> = instances.into_iter().map(fit).collect();
        let instances = if with_text { instances.into_iter().map(with_source).collect() } else { instances };
        let written = write(|out| write_csv(&instances, out));
        prop_assert_eq!(reread(&written, None, Tokenizer::default())?, instances);
    }

    #[test]
    fn documents_of_any_kind_never_panic(
        text in "[A-Za-z. \n😀é]{0,40}|(?s).{0,40}",
        spans in vec((0_usize..30, 1_usize..9, 0_usize..12), 1..6),
        relations in vec((0_usize..6, 0_usize..6, "[rs]"), 0..6),
        policy in "(unrelated=(all|0[.]5)|seen_types=false|max_distance=[0-3]|several=(first|joined)|sentences=whole|across=joined|discontinuous=filled|mentions=(first|all),){0,1}",
    ) {
        let length = text.chars().count();
        let mention = |(start, width, gap): (usize, usize, usize)| {
            let parts = [start..start + width, start + width + gap..start + 2 * width + gap];
            Mention(parts.into_iter().filter(|part| part.end <= length).collect())
        };
        let mentions: Vec<Mention> = spans.into_iter().map(mention).filter(|mention| !mention.0.is_empty()).collect();
        let entities: Vec<document::Entity> = mentions.chunks(2).map(|mentions| document::Entity { kind: None, mentions: mentions.to_vec() }).collect();
        let relations = relations.into_iter().filter(|(head, tail, _)| (*head).max(*tail) < entities.len());
        let relations = relations.map(|(head, tail, label)| Relation { label, head, tail }).collect();
        let document = Document { id: String::new(), content: Content::Text(text), entities, relations: Some(relations) };
        let pairs = policy.trim_end_matches(',').parse().unwrap();
        let options = ReadOptions { pairs, skip_bad: true, ..Default::default() };
        if let Ok(corpus) = Corpus::from_documents([document.clone(), document], &options) {
            corpus.instances.iter().for_each(assert_valid);
            prop_assert!(corpus.skipped.is_empty(), "{:?}", corpus.skipped);
        }
    }

    #[test]
    fn tacred_round_trips_all_but_folds(instances in corpus()) {
        let written = write(|out| write_tacred_json(&instances, out));
        let without = |instance| Instance { fold: None, ..instance };
        let expected: Vec<Instance> = instances.into_iter().map(without).collect();
        prop_assert_eq!(reread(&written, None, Tokenizer::default())?, expected);
    }

    #[test]
    fn fewrel_is_read_as_it_was_written(instances in corpus()) {
        let mut lists: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
        for mut instance in instances {
            let relation = instance.relation.take().unwrap_or_else(|| "r".to_owned());
            lists.entry(relation).or_default().push(instance);
        }
        let mut file = serde_json::Map::new();
        let mut expected = Vec::new();
        for (relation, list) in lists {
            let instances = list.into_iter().enumerate().map(|(index, instance)| fit_for_fewrel(instance, &relation, index));
            let instances: Vec<Instance> = instances.collect();
            file.insert(relation, instances.iter().map(as_fewrel).collect());
            expected.extend(instances);
        }
        prop_assert_eq!(reread(serde_json::Value::Object(file).to_string().as_bytes(), None, Tokenizer::default())?, expected);
    }

    /// Raw text with character spans, written with markers, gives the same tokens and spans again;
    /// what the format cannot hold is refused in writing.
    #[test]
    fn semeval_round_trips(
        text in "\\PC{3,40}|[a-z'\". (),-]{3,40}|([a-z ]|</?e[12]>|\\[/?E[12]\\]|&lt;/?e3&gt;|[\u{feff}\u{200b}\u{ad}\u{a0}\u{2028}]){3,20}",
        borders in vec(any::<proptest::sample::Index>(), 4),
        arrangement in (any::<bool>(), 0_usize..4),
        tokenizer in proptest::sample::select(&Tokenizer::ALL[..]),
        relation in proptest::option::of("[A-Za-z(),-]{1,12}|[a-z \"<e1>\u{feff}\u{200b}\u{a0}\t]{1,5}"),
    ) {
        let mut at: Vec<usize> = borders.iter().map(|border| border.index(text.chars().count() + 1)).collect();
        at.sort_unstable();
        let span = |start: usize, end: usize| serde_json::json!({"start": start, "end": end});
        let (swap, arrangement) = arrangement;
        let mut spans = arranged(&at, arrangement);
        if swap {
            spans.reverse();
        }
        let [subject, object] = spans.map(|(start, end)| span(start, end));
        let line = serde_json::json!({"text": text, "subject": subject, "object": object, "relation": relation});
        let options = ReadOptions { tokenizer, ..Default::default() };
        let Ok(corpus) = Corpus::from_bytes(line.to_string().as_bytes(), "f", &options) else { return Ok(()) };
        let mut written = Vec::new();
        match write_semeval(&corpus.instances, &mut written) {
            Ok(()) => prop_assert_eq!(reread(&written, Some(Format::SEMEVAL), tokenizer)?, corpus.instances),
            Err(error) => prop_assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput),
        }
    }

    #[test]
    fn conllu_round_trips_what_it_can_hold(instances in corpus()) {
        let mut written = Vec::new();
        match write_conllu(&instances, &mut written) {
            Ok(()) => prop_assert_eq!(reread(&written, None, Tokenizer::default())?, instances),
            Err(error) => prop_assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput),
        }
    }

    #[test]
    fn conllu_round_trips(instances in corpus(), with_text in any::<bool>()) {
        let instances: Vec<Instance> = instances.into_iter().map(fit_for_conllu).collect();
        let given: Vec<Instance> = instances.iter().cloned().map(|one| if with_text { with_source(one) } else { one }).collect();
        let written = write(|out| write_conllu(&given, out));
        prop_assert_eq!(reread(&written, None, Tokenizer::default())?, instances.clone());
        // The sentences are those of the instances, whatever other tools would say of them.
        let parses = Parses::from_bytes(&written, "parses").unwrap();
        prop_assert_eq!(Corpus::from_instances(given.clone()).with_parses(&parses).unwrap().instances, given);
    }

    #[test]
    fn joining_never_panics(
        instances in corpus(),
        cuts in vec(any::<proptest::sample::Index>(), 0..6),
        noise in "(\n|[1-4](-[1-4])?\t[ab(]{1,2}(\t[_1]){8}\n|#.{0,9}\n){0,12}",
    ) {
        join(Corpus::from_instances(instances.clone()), noise.as_bytes());
        // The same characters, cut anywhere.
        let mut parses = String::new();
        for instance in &instances {
            let chars: Vec<char> = instance.tokens.concat().chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            let mut borders: Vec<usize> = cuts.iter().map(|cut| cut.index(chars.len() + 1)).chain([0, chars.len()]).collect();
            borders.sort_unstable();
            borders.dedup();
            for (index, border) in borders.windows(2).enumerate() {
                let form: String = chars[border[0]..border[1]].iter().collect();
                let _ = writeln!(parses, "{}\t{form}{}", index + 1, "\t_".repeat(8));
            }
            parses.push('\n');
        }
        join(Corpus::from_instances(instances), parses.as_bytes());
    }

    #[test]
    fn tokens_cover_the_text_in_order(
        text in "(?s).{0,60}|[A-Za-z0-9'’\"“”.,:;?!()%$@/ -]{0,60}",
        borders in vec(0_usize..70, 0..4),
    ) {
        let chars: Vec<char> = text.chars().collect();
        let rewritten = ["-LRB-", "-RRB-", "-LSB-", "-RSB-", "-LCB-", "-RCB-", "``", "''", "`", "'", "..."];
        for tokenizer in Tokenizer::ALL {
            let mut end = 0;
            for token in tokenizer.tokenize(&text, &borders) {
                let between = &chars[end..token.range.start];
                prop_assert!(between.iter().all(|c| unseen(*c)), "{:?}", token);
                let surface: String = chars[token.range.clone()].iter().collect();
                let plain = surface.replace('’', "'");
                prop_assert!(token.text == surface || tokenizer == Tokenizer::Ptb && (token.text == plain || rewritten.contains(&token.text.as_str())), "{:?} of {}", token, surface);
                prop_assert!(!borders.iter().any(|border| token.range.start < *border && *border < token.range.end));
                end = token.range.end;
            }
            prop_assert!(chars[end..].iter().all(|c| unseen(*c)));
        }
    }
}
