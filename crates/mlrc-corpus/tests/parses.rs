//! Parser output merged with the data it was made from.

mod common;

use mlrc_corpus::{Corpus, CorpusError, Entity, Instance, Parses, ReadOptions, Span, write_conllu};

fn data(text: &str) -> Corpus {
    Corpus::from_bytes(text.as_bytes(), "data", &ReadOptions::default()).unwrap()
}

/// Sentences from `form` or `form/XPOS` words, a head each (the last word), under comments.
fn parse(comments: &str, words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let line = |(index, word): (usize, &&str)| {
        let (form, tag) = word.rsplit_once('/').unwrap_or((word, "_"));
        let head = if index + 1 == words.len() { 0 } else { words.len() };
        format!("{}\t{form}\t_\t_\t{tag}\t_\t{head}\tdep\t_\t_\n", index + 1)
    };
    format!("{comments}{}\n", words.iter().enumerate().map(line).collect::<String>())
}

fn join(data: Corpus, parses: &str) -> Result<Corpus, CorpusError> {
    data.with_parses(&Parses::from_bytes(parses.as_bytes(), "parsed")?)
}

/// Joins one sentence; gives the entities' words and the warnings.
fn entities(sentence: &str, parses: &str) -> Result<([String; 2], Vec<String>), String> {
    let corpus = join(data(sentence), parses).map_err(|error| error.to_string())?;
    let instance = &corpus.instances[0];
    let words = |entity: &Entity| instance.tokens[entity.span.range()].join(" ");
    let warnings = corpus.warnings.iter().map(ToString::to_string).collect();
    Ok(([words(&instance.subject), words(&instance.object)], warnings))
}

fn strings(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

const TWO: &str = "a\t<e1>x</e1> of <e2>y</e2>.\nb\tthe <e1>p</e1> in <e2>q</e2>\n";

#[test]
fn sentences_are_found_by_identifier_or_in_order() {
    let (a, b) = ("x of y .", "the p in q");
    let cases = [
        parse("# sent_id = b\n", b) + &parse("# sent_id = c\n", "z z") + &parse("# sent_id = a\n", a),
        parse("", a) + &parse("", b),
        parse("# sent_id = 1\n# newdoc\n", a) + &parse("# sent_id = 2\n# subject = 99\n", b),
        (parse("# sent_id = a\n", a) + &parse("# sent_id = x\n", b)).replace('\n', "\r\n"),
    ];
    for parses in cases {
        let corpus = join(data(TWO), &parses).unwrap();
        assert!(corpus.warnings.is_empty());
        let [first, second] = &corpus.instances[..] else { panic!("{corpus:?}") };
        assert_eq!((first.id.as_str(), &first.heads), ("a", &Some(vec![4, 4, 4, 0])));
        assert_eq!(second.tokens, ["the", "p", "in", "q"]);
        assert_eq!(second.subject.span, Span::new(1, 2));
        assert!(
            first.source.is_some()
                && first.pos.is_none()
                && first.deprels == Some(strings("dep dep dep dep"))
        );
    }
}

#[test]
fn sentences_that_cannot_be_found() {
    let (a, b) = ("x of y .", "the p in q");
    let cases = [
        (
            parse("", "x of y") + &parse("", ".") + &parse("", b),
            "parsed: expected 2 sentences, one per instance, or a `sent_id` for every instance's identifier, found 3 sentences, and no `sent_id` for 2 of the identifiers: `a`, `b`; switch off the parser's sentence splitting",
        ),
        (
            parse("# sent_id = b\n", b),
            "parsed: expected 2 sentences, one per instance, or a `sent_id` for every instance's identifier, found 1 sentence, and no `sent_id` for 1 of the identifiers: `a`; is this the parse of another file",
        ),
        (
            parse("# sent_id = a\n", "x of y")
                + &parse("# sent_id = a\n", ".")
                + &parse("# sent_id = b\n", b),
            "parsed:6: instance `a`: field `sent_id`: expected one sentence, found 2, in lines 1 and 6; switch off the parser's sentence splitting",
        ),
        (
            parse("", b) + &parse("", a),
            "parsed:1: instance `a`: field `FORM`: expected the words of the instance, `x of y …`, found `the p in …`; the sentence must be the instance's",
        ),
        (
            parse("# sent_id = a\n", "x of y")
                + &parse("# sent_id = b\n", ".")
                + &parse("# sent_id = c\n", b),
            "parsed:1: instance `a`: field `FORM`: expected the words of the instance, `… of y .`, found `… of y`; switch off the parser's sentence splitting",
        ),
        (
            parse("", a) + &parse("", "the p in Q"),
            "parsed:6: instance `b`: field `FORM`: expected the words of the instance, `… p in q`, found `… p in Q`",
        ),
        (
            parse("", a) + &parse("", b).replace("4\tq", "5\tq"),
            "parsed:9: field `ID`: expected word number 4 (words count from 1), found `5`",
        ),
        (String::new(), "parsed: expected sentences in CoNLL-U, found none"),
        ("[{}]".to_owned(), "parsed:1: expected 10 columns separated by tabs, found 1"),
    ];
    for (parses, expected) in cases {
        let message = join(data(TWO), &parses).unwrap_err().to_string();
        assert!(message.starts_with(expected), "expected {expected}\n   found {message}");
    }
    let missing = Parses::read("/nowhere/f.conllu").unwrap_err().to_string();
    assert!(missing.starts_with("/nowhere/f.conllu: cannot be read: No such file"), "{missing}");
}

#[test]
fn entities_are_found_among_other_words() {
    let fine = |subject: &str, object: &str| Ok(([subject.to_owned(), object.to_owned()], Vec::new()));
    let bracketed = "{\"tokens\": [\"-LRB-\", \"``\", \"It\", \"'s\", \"''\", \"1.5%\", \"-RRB-\"], \"subject\": {\"start\": 2, \"end\": 4}, \"object\": {\"start\": 5, \"end\": 6}}\n";
    let cases = [
        (
            "<e1>It's</e1> a <e2>well-known</e2> fact",
            "It 's a well - known fact",
            fine("It 's", "well - known"),
        ),
        (
            "<e1>It</e1>'s a <e2>well-known fact</e2>",
            "It ' s a well-known fact",
            fine("It", "well-known fact"),
        ),
        (bracketed, "( \" It's \" 1.5 % )", fine("It's", "1.5 %")),
        (bracketed, "-LRB- \u{201c} It 's \u{201d} 1 . 5 % -RRB-", fine("It 's", "1 . 5 %")),
    ];
    for (sentence, words, expected) in cases {
        assert_eq!(entities(sentence, &parse("", words)), expected, "{words}");
    }
}

#[test]
fn words_half_in_an_entity_belong_to_it() {
    let sentence = "a\tthe <e1>New York</e1>-based <e2>firm</e2>";
    let (found, warnings) = entities(sentence, &parse("", "the New York-based firm")).unwrap();
    assert_eq!(found, ["New York-based", "firm"]);
    assert_eq!(
        warnings,
        [
            "parsed:1: instance `a`: field `subject`: the entity begins or ends within one of the parser's words; with whole words it is `New York-based`"
        ]
    );
    let message = entities("a\t<e1>pre</e1>-<e2>war</e2> house", &parse("", "pre-war house")).unwrap_err();
    let expected = "parsed:1: instance `a`: field `object`: expected two entities without a token in common, found `pre-war` (subject) and `pre-war` (object)";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn words_of_a_multiword_token_are_taken_together() {
    let line = |id: &str, form: &str| format!("{id}\t{form}\t_\tX\t_\t_\t_\t_\t_\t_\n");
    let french = [("1", "fin"), ("2-3", "du"), ("2", "de"), ("3", "le"), ("4", "film")];
    let parses: String = french.iter().map(|(id, form)| line(id, form)).collect();
    let found = |sentence: &str| entities(sentence, &parses);
    assert_eq!(found("<e1>fin</e1> du <e2>film</e2>"), Ok((["fin".into(), "film".into()], vec![])));
    assert_eq!(found("<e1>fin</e1> <e2>du film</e2>"), Ok((["fin".into(), "de le film".into()], vec![])));
    // Data that has the words already.
    assert_eq!(found("<e1>fin</e1> de <e2>le film</e2>"), Ok((["fin".into(), "le film".into()], vec![])));

    let english = [("1-2", "can't"), ("1", "ca"), ("2", "n't"), ("3", "go")];
    let parses: String = english.iter().map(|(id, form)| line(id, form)).collect();
    let (found, _) = entities("<e1>ca</e1>n't <e2>go</e2>", &parses).unwrap();
    assert_eq!(found, ["ca", "go"]);
}

#[test]
fn the_instances_own_layers_stay_where_they_fit() {
    let json = r#"{"id": "a", "text": "It's a box", "tokens": ["It's", "a", "box"], "offsets": [[0, 4], [5, 6], [7, 10]], "subject": {"start": 0, "end": 1, "type": "T"}, "object": {"start": 2, "end": 3}, "pos": ["P", "D", "N"], "ner": ["X", "O", "Y"], "relation": "r"}"#;
    let joined = |words: &str| join(data(json), &parse("", words)).unwrap().instances.remove(0);
    let same = joined("It's a box");
    assert_eq!((same.pos, same.ner), (Some(strings("P D N")), Some(strings("X O Y"))));
    let tagged = joined("It's/A a/B box/C");
    assert_eq!((tagged.pos, tagged.ner), (Some(strings("A B C")), Some(strings("X O Y"))));
    let cut = joined("It 's a b ox");
    assert_eq!((cut.pos, cut.ner), (None, Some(strings("X X O Y Y"))));
    assert_eq!((cut.subject.kind.as_deref(), cut.relation.as_deref()), (Some("T"), Some("r")));
    let source = cut.source.unwrap();
    assert_eq!(source.offsets, [0..2, 2..4, 5..6, 7..8, 8..10]);
}

#[test]
fn an_entity_without_characters_is_refused() {
    let json = r#"{"tokens": ["a", "x", "b c"], "subject": {"start": 1, "end": 2}, "object": {"start": 2, "end": 3}}"#;
    // No file has such a token: it is refused when it is read.
    let mut corpus = data(json);
    corpus.instances[0].tokens[1] = " ".to_owned();
    let message = join(corpus, &parse("", "a b c")).unwrap_err().to_string();
    assert!(message.contains("field `subject`: expected an entity of at least one character"), "{message}");
}

/// The annotated file and the raw one, which are cut alike; and the raw one cut otherwise.
#[test]
fn real_data_takes_the_annotation_of_its_parses() {
    let Some(folder) = common::data("corpus_parses") else { return };
    let read = |name: &str| Corpus::read(folder.join(name), &ReadOptions::default()).unwrap();
    let (raw, annotated) =
        (read("semeval2010/TEST_FILE_FULL.TXT"), read("semeval2010-tacred-json/test.json"));
    let mut written = Vec::new();
    write_conllu(&annotated.instances, &mut written).unwrap();
    let bare = String::from_utf8(written).unwrap();
    let bare: String = bare.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
    let joined = join(raw, &bare).unwrap();
    assert!(joined.warnings.is_empty());
    for (joined, annotated) in joined.instances.iter().zip(&annotated.instances) {
        let untyped = |entity: &Entity| Entity { kind: None, ..entity.clone() };
        let expected = Instance {
            source: joined.source.clone(),
            subject: untyped(&annotated.subject),
            object: untyped(&annotated.object),
            ..annotated.clone()
        };
        assert_eq!(*joined, expected);
    }

    let treebank = ReadOptions { tokenizer: mlrc_corpus::Tokenizer::Ptb, ..Default::default() };
    let recut = Corpus::read(folder.join("semeval2010/TEST_FILE_FULL.TXT"), &treebank).unwrap();
    let sources: Vec<_> = recut.instances.iter().map(|instance| instance.source.clone()).collect();
    let joined = join(recut, &bare).unwrap();
    assert!(joined.warnings.is_empty());
    for ((joined, annotated), source) in joined.instances.iter().zip(&annotated.instances).zip(sources) {
        assert_eq!((&joined.tokens, joined.subject.span), (&annotated.tokens, annotated.subject.span));
        assert_eq!(joined.object.span, annotated.object.span);
        assert_eq!(joined.source.as_ref().unwrap().text, source.unwrap().text);
    }
}
