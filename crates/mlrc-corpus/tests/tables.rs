//! Tables and plain JSON objects: how columns are recognised, where entities are found, what is refused.

mod common;

use common::said;
use mlrc_corpus::{Corpus, CorpusError, Format, Instance, Place, ReadOptions, Tokenizer, write_csv};

fn read_with(text: &str, columns: Option<&str>) -> Result<Corpus, CorpusError> {
    let columns = columns.map(|columns| columns.parse().unwrap());
    Corpus::from_bytes(text.as_bytes(), "f", &ReadOptions { columns, ..Default::default() })
}

fn read(text: &str) -> Corpus {
    read_with(text, None).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Asserts that a table is read, without a word, as this.
fn holds(text: &str, format: Format, expected: &[&str]) {
    let corpus = read(text);
    assert_eq!(corpus.format, format, "{text}");
    assert_eq!(corpus.instances.iter().map(said).collect::<Vec<_>>(), expected, "{text}");
    assert!(corpus.warnings.is_empty(), "{:?}", corpus.warnings);
}

#[test]
fn tables_of_every_kind_are_read() {
    let both = ["fire -Cause-> bomb", "box -Content-> apples"];
    let (fire, apples) =
        ("The <e1>fire</e1>, caused by the <e2>bomb</e2>.", "A <e1>box</e1> of \"\"<e2>apples</e2>\"\".");
    for (text, format) in [
        (format!("label,sentence\nCause,\"{fire}\"\nContent,\"{apples}\"\n"), Format::CSV),
        (format!("Sentence;Relation\r\n\"{fire}\";Cause\r\n\"{apples}\";Content\r\n"), Format::CSV),
        (format!("\u{feff}text\trelation\n{fire}\tCause\n\n{apples}\tContent\n"), Format::TSV),
        (format!("{fire}\tCause\n{apples}\tContent"), Format::TSV),
        (format!("7\t{fire}\tCause\n8\t{apples}\tContent\n"), Format::TSV),
        (format!("7,\"{fire}\",Cause\n8,\"{apples}\",Content\n"), Format::CSV),
        (format!("Cause,\"{fire}\"\nContent,\"{apples}\"\n"), Format::CSV),
        (format!(",text,label\n0,\"{fire}\",Cause\n1,\"{apples}\",Content\n"), Format::CSV),
    ] {
        holds(&text, format, &both);
    }
    // Sentences with commas, and identifiers before sentences, are no tables.
    holds("A <e1>key</e1> in a <e2>pocket</e2>, he said.\n", Format::INLINE, &["key -?-> pocket"]);
    holds("a1\tA <e1>key</e1> in a <e2>pocket</e2>.\n", Format::INLINE, &["key -?-> pocket"]);
}

#[test]
fn entities_are_found_by_words_offsets_or_both() {
    let expected = ["Ada -runs-> Acme"];
    for text in [
        "text,head,tail,relation\n😀 Ada runs Acme.,Ada,Acme,runs\n",
        "sentence,relation,e1,e2,e1_start,e2_start\n😀 Ada runs Acme.,runs,Ada,Acme,2,11\n",
        "sentence,relation,head_start,head_end,tail_start,tail_end\n😀 Ada runs Acme.,runs,2,5,11,15\n",
        "sentence,relation,subject,subject_start,subject_end,object,object_start,object_end\nAda and Ada runs Acme.,runs,Ada,8.0,11.0,Acme,17.0,21.0\n",
        "tokens,relation,head_start,head_end,tail_start,tail_end\nAda runs Acme .,runs,0,1,2,3\n",
        "tokens,relation,head_start,head_end,tail_start,tail_end,head\n\"[\"\"Ada\"\", \"\"runs\"\", \"\"Acme\"\"]\",runs,0,1,2,3,Ada\n",
    ] {
        holds(text, Format::CSV, &expected);
    }
    let typed =
        "text\trelation\thead\ttail\thead_type\ttail type\tid\nAda runs Acme.\t\tAda\tAcme\tPER\tORG\tx\n";
    holds(typed, Format::TSV, &["Ada [PER] -?-> Acme [ORG]"]);
    assert_eq!(read(typed).instances[0].id, "x");
}

#[test]
fn what_is_wrong_with_a_row_is_said_with_its_line_and_column() {
    let words = |row: &str| format!("text,head,tail,relation\n\"Ada\nruns\",Ada,runs,r\n\n{row}\n");
    let offsets = |row: &str| format!("sentence,label,h,h_start,h_end,t,t_start,t_end\n{row}\n");
    for (text, expected) in [
        (
            words("Ada and Ada run Acme,Ada,Acme,runs"),
            "f:5: field `head`: expected words that the text contains once, found `Ada`, which it contains 2 times; give the offsets",
        ),
        (
            words("Ada runs Acme,Ada,Lego,runs"),
            "f:5: field `tail`: expected words of the text, found `Lego`, which it does not contain",
        ),
        (words("Adam runs Acme,Ada,Acme,runs"), "field `head`: expected words of the text, found `Ada`"),
        (
            words("Ada runs Acme,Ada,,runs"),
            "field `tail`: expected an entity, found none; mark both entities",
        ),
        (
            words("Ada runs, Acme,Ada,Acme,runs"),
            "f:5: expected 4 cells, found 5; a cell that contains the separator",
        ),
        (words(",Ada,Acme,runs"), "field `text`: expected a sentence, found none"),
        (
            words("Ada runs Acme,Ada,Acme,\" \""),
            "field `relation`: expected a label, or an empty cell, found only white space",
        ),
        (
            offsets("Ada runs Acme,r,Ada,0,2,Acme,9,13"),
            "f:2: field `h_start`: expected the span of `Ada`, found [0, 2], that of `Ad`; probably they are counted with inclusive ends; here their ends are exclusive",
        ),
        (
            offsets("Ada runs Acme,r,Ada,0,3,Acme,10,14"),
            "field `t_start`: expected a start below the end, and an end up to 13",
        ),
        (
            offsets("Ada runs Acme,r,Ada,0,3,Acme,8,12"),
            "field `t_start`: expected the span of `Acme`, found [8, 12], that of ` Acm`; they are at [9, 13]",
        ),
        (
            offsets("Ada runs Acme,r,Ada,0,3,Acme,nine,13"),
            "field `t_start`: expected a whole number from 0, found `nine`",
        ),
        (
            offsets("<e1>Ada</e1> runs <e2>Acme</e2>,r,Ada,0,3,Acme,9,13"),
            "field `sentence`: expected markers or offsets, found both",
        ),
        (
            "text,label\n<e1>Ada</e1> runs <e2>Acme</e2>,r\n<e1>Ada</e1> runs <e2>Acme,r\n".to_owned(),
            "f:3: field `text`: expected the marker </e2>, found none",
        ),
        (
            "text,label\n<e1>Ada</e1> runs Acme,r\n".to_owned(),
            "f:2: field `text`: expected the marker <e2>, found none; mark both entities with <e1>…</e1> and <e2>…</e2>, or give their words",
        ),
        (
            "tokens,label,head_start,head_end,tail_start,tail_end\n['Ada'],r,0,1,1,2\n".to_owned(),
            "field `tokens`: expected an array in JSON, found an array; Python's `str` is not JSON",
        ),
        (
            "tokens,label,head_start,head_end,tail_start,tail_end\nAda runs,r,0,1,1,3\n".to_owned(),
            "field `tail_end`: expected an index up to 2, the number of tokens, found 3",
        ),
        (
            "tokens,label,head_start,head_end,tail_start,tail_end,tail\nAda runs,r,0,1,1,2,Acme\n".to_owned(),
            "field `tail`: expected the words of the tokens 1..2, `runs`, found `Acme`",
        ),
        (
            "token,relation,subj_start,subj_end,obj_start,obj_end\nAda runs,r,0,0,1,1\n".to_owned(),
            "field `subj_end`: expected the end of a span, exclusive, found TACRED's name, whose ends are inclusive",
        ),
    ] {
        let message = read_with(&text, None).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}\nexpected {expected}\n   found {message}");
    }
}

#[test]
fn offsets_in_utf16_units_and_unknown_columns_are_said() {
    let corpus =
        read("text,label,head,head_start,tail,tail_start,annotator\n😀 Ada runs 😀 Acme,r,Ada,3,Acme,15,x\n");
    // A start without an end gets it from the words.
    assert_eq!(corpus.instances.iter().map(said).collect::<Vec<_>>(), ["Ada -r-> Acme"]);
    let said: Vec<&str> = corpus.warnings.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(
        said,
        ["unknown column, ignored", "2 spans whose offsets count UTF-16 units, read so, the first in `2`"]
    );
    assert_eq!(corpus.warnings[0].field.as_deref(), Some("annotator"));
}

#[test]
fn spaces_after_commas_and_second_names_are_no_part_of_the_data() {
    let corpus = read("label, text, relation\n7,<e1>Ada</e1> runs <e2>Acme</e2>, runs\n");
    assert_eq!(corpus.instances.iter().map(said).collect::<Vec<_>>(), ["Ada -runs-> Acme"]);
    let [warning] = &corpus.warnings[..] else { panic!("{:?}", corpus.warnings) };
    let expected = "f:1: field `label`: ignored, because the column ` relation` holds the same";
    assert_eq!(warning.to_string(), expected);
    let unclosed = read_with("text,label\n\"<e1>Ada</e1> runs <e2>Acme</e2>,r\nx,y\n", None).unwrap_err();
    assert!(unclosed.to_string().starts_with("f:2: expected 2 cells, found 1;"), "{unclosed}");
    assert!(unclosed.to_string().ends_with("and these must be closed"), "{unclosed}");
}

#[test]
fn columns_can_be_named_by_the_caller() {
    let text = "Satz,Klasse,text\n<e1>Ada</e1> runs <e2>Acme</e2>,r,note\n";
    let corpus = read_with(text, Some("text=Satz,relation=Klasse")).unwrap();
    assert_eq!(corpus.instances.iter().map(said).collect::<Vec<_>>(), ["Ada -r-> Acme"]);
    let numbers = "x\t<e1>Ada</e1> runs <e2>Acme</e2>\tr\tmore\n";
    let corpus = read_with(numbers, Some("text=2,relation=3")).unwrap();
    assert_eq!((corpus.format, corpus.place(0)), (Format::TSV, Place::Line(1)));
    assert_eq!(corpus.instances.iter().map(said).collect::<Vec<_>>(), ["Ada -r-> Acme"]);
    let message = read_with(text, Some("text=Text")).unwrap_err().to_string();
    assert_eq!(
        message,
        "f: expected the column `Text` for `text`, found 3 columns: `Satz`, `Klasse`, `text`"
    );
    let as_csv = ReadOptions { format: Some(Format::CSV), ..Default::default() };
    let message = Corpus::from_bytes(b"a,b\nc,d\n", "f", &as_csv).unwrap_err().to_string();
    let expected = "f: expected columns whose names or content are known, such as `text` and `relation`, found `a,b`; say which columns hold what";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn bad_rows_are_skipped_on_request() {
    let options = ReadOptions { skip_bad: true, ..Default::default() };
    let text = "text,label\n<e1>Ada</e1> runs <e2>Acme</e2>,r\nnothing,r\n<e1>Bo</e1> runs <e2>Lego</e2>,s\n";
    let corpus = Corpus::from_bytes(text.as_bytes(), "f", &options).unwrap();
    assert_eq!((corpus.instances.len(), corpus.skipped[0].notice().place), (2, Place::Line(3)));
    assert_eq!(corpus.instances[1].id, "4");
}

#[test]
fn plain_records_are_read_on_lines_and_in_arrays() {
    let records = [
        r#"{"text": "Ada runs Acme.", "head": "Ada", "tail": "Acme", "relation": "runs"}"#,
        r#"{"sentence": "The Ada runs Acme.", "subj": "Ada", "obj": "Acme", "label": "runs", "subj_start": 4, "obj_start": 13}"#,
        r#"{"tokens": ["Ada", "runs", "Acme"], "head_start": 0, "head_end": 1, "tail_start": 2, "tail_end": 3, "label": "runs"}"#,
        r#"{"sentence": "<e1>Ada</e1> runs <e2>Acme</e2>.", "relation": "runs", "id": 7}"#,
    ];
    for record in records {
        holds(record, Format::RECORDS, &["Ada -runs-> Acme"]);
        holds(&format!("[{record}]"), Format::RECORDS, &["Ada -runs-> Acme"]);
    }
    // JSON lines' own fields, in an array.
    let spans = r#"[{"text": "Ada runs Acme.", "subject": {"start": 0, "end": 3, "type": "PER"}, "object": {"start": 9, "end": 13}, "relation": ["runs", "owns"]}]"#;
    let corpus = read(spans);
    assert_eq!((corpus.format, corpus.warnings.len()), (Format::RECORDS, 1));
    assert_eq!(
        corpus.instances.iter().map(said).collect::<Vec<_>>(),
        ["Ada [PER] -runs-> Acme", "Ada [PER] -owns-> Acme"]
    );
    for (text, expected) in [
        (
            records[0].replace("Acme\"", "Lego\""),
            "f:1: field `tail`: expected words of the text, found `Lego`",
        ),
        (records[1].replace("13", "12"), "field `obj_start`: expected the span of `Acme`"),
        (
            records[2].replace("\"tail_end\": 3", "\"tail_end\": 4"),
            "field `tail_end`: expected an index up to 3",
        ),
        (
            format!("[{}]", records[3].replace("</e2>", "")),
            "f[0]: instance `7`: field `sentence`: expected the marker </e2>, found none",
        ),
        (
            records[3].replace("\"runs\"", "[\"runs\", \" \"]"),
            "field `relation`: expected a relation, found an empty string in the array",
        ),
    ] {
        let message = read_with(&text, None).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}\nexpected {expected}\n   found {message}");
    }
}

#[test]
fn what_is_written_reads_back_equal_and_can_be_read_by_people() {
    let mut instance =
        Instance::marked("“Ada, the <e1>\"boss\"</e1>” runs <e2>Acme</e2>.", Tokenizer::Ptb).unwrap();
    instance.id = "a,\"1\"".to_owned();
    instance.relation = Some("Cause-Effect(e1,e2)".to_owned());
    instance.subject.kind = Some("PER\nSON".to_owned());
    let plain = Instance { id: "=2".to_owned(), source: None, relation: None, ..instance.clone() };
    let instances = [instance, plain];
    let mut bytes = Vec::new();
    write_csv(&instances, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("id,relation,head,tail,text,tokens,offsets,head_start,head_end,tail_start,tail_end,head_type\n\"a,\"\"1\"\"\",\"Cause-Effect(e1,e2)\",`` boss '',Acme,"), "{text}");
    let corpus = read(&text);
    assert_eq!(corpus.format, Format::CSV);
    assert!(corpus.warnings.is_empty(), "{:?}", corpus.warnings);
    assert_eq!(corpus.instances, instances);
    assert!(Format::CSV.is_writable() && !Format::TSV.is_writable());
}
