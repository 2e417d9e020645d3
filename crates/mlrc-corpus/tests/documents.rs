//! Instances of documents: what each setting of the policy does, and what is said of what is left out.

use mlrc_corpus::document::{Content, Document, Entity, Mention, PairPolicy, Relation};
use mlrc_corpus::{Corpus, CorpusError, Instance, ReadOptions};

fn entity(start: usize, end: usize, kind: &str) -> Entity {
    Entity::at(start..end, Some(kind.to_owned()))
}

fn relation(label: &str, head: usize, tail: usize) -> Relation {
    Relation { label: label.to_owned(), head, tail }
}

fn document(id: &str, text: &str, entities: Vec<Entity>, relations: Vec<Relation>) -> Document {
    let content = Content::Text(text.to_owned());
    Document { id: id.to_owned(), content, entities, relations: Some(relations) }
}

fn read(documents: Vec<Document>, policy: &str) -> Result<Corpus, CorpusError> {
    let pairs: PairPolicy = policy.parse().unwrap();
    Corpus::from_documents(documents, &ReadOptions { pairs, ..Default::default() })
}

/// `Ada -runs-> Acme: Ada runs Acme .`
fn said(instance: &Instance) -> String {
    let words = |span: mlrc_corpus::Span| instance.tokens[span.range()].join(" ");
    let (head, tail) = (words(instance.subject.span), words(instance.object.span));
    format!("{head} -{}-> {tail}: {}", instance.relation.as_deref().unwrap_or("?"), instance.tokens.join(" "))
}

fn all_said(corpus: &Corpus) -> Vec<String> {
    corpus.instances.iter().map(said).collect()
}

fn notices(corpus: &Corpus) -> Vec<String> {
    corpus.warnings.iter().map(ToString::to_string).collect()
}

/// Two sentences; Ada (0) and Acme (1) in the first, Bo (2) and Lego (3) in the second.
fn sound(relations: Vec<Relation>) -> Document {
    let entities =
        vec![entity(0, 3, "PER"), entity(9, 13, "ORG"), entity(15, 17, "PER"), entity(26, 30, "ORG")];
    document("a", "Ada runs Acme. Bo left my Lego.", entities, relations)
}

#[test]
fn a_pair_becomes_its_sentence() {
    let corpus = read(vec![sound(vec![relation("runs", 0, 1), relation("left", 2, 3)])], "").unwrap();
    assert_eq!(
        all_said(&corpus),
        ["Ada -runs-> Acme: Ada runs Acme .", "Bo -left-> Lego: Bo left my Lego ."]
    );
    assert_eq!(corpus.instances[1].id, "a:15-17:26-30:left");
    assert_eq!(corpus.instances[1].source.as_ref().unwrap().text, "Bo left my Lego.");
    assert_eq!(corpus.instances[1].object.kind.as_deref(), Some("ORG"));
    assert!(corpus.warnings.is_empty());
    let whole = read(vec![sound(vec![relation("runs", 0, 1)])], "sentences=whole").unwrap();
    assert_eq!(all_said(&whole), ["Ada -runs-> Acme: Ada runs Acme . Bo left my Lego ."]);
}

#[test]
fn relations_across_sentences_are_counted_or_joined() {
    let across = vec![relation("runs", 0, 1), relation("knows", 0, 2), relation("owns", 2, 1)];
    let corpus = read(vec![sound(across.clone())], "").unwrap();
    assert_eq!(all_said(&corpus), ["Ada -runs-> Acme: Ada runs Acme ."]);
    assert_eq!(
        notices(&corpus),
        ["<memory>[0]: 2 relations left out: head and tail are in different sentences, the first in `a`; \
          a pair policy with `across=joined` reads such sentences as one"]
    );
    let joined = read(vec![sound(across)], "across=joined").unwrap();
    assert_eq!(
        all_said(&joined)[1..],
        [
            "Ada -knows-> Bo: Ada runs Acme . Bo left my Lego .",
            "Bo -owns-> Acme: Ada runs Acme . Bo left my Lego ."
        ]
    );
    assert!(joined.warnings.is_empty());
}

#[test]
fn what_is_left_out_is_counted_by_reason() {
    let text = "Ada Orr runs New Acme in Rome.";
    let discontinuous = Entity { kind: None, mentions: vec![Mention(vec![0..3, 8..12])] };
    let entities = vec![
        entity(0, 7, "PER"),
        entity(4, 7, "PER"),
        entity(13, 21, "ORG"),
        discontinuous,
        entity(3, 4, "X"),
        entity(25, 29, "LOC"),
    ];
    let relations = vec![
        relation("runs", 0, 2),
        relation("name", 0, 1),
        relation("self", 2, 2),
        relation("gap", 3, 2),
        relation("blank", 4, 2),
        relation("runs", 0, 2),
        relation("far", 0, 5),
    ];
    let corpus = read(vec![document("a", text, entities, relations)], "max_distance=3").unwrap();
    let sentence = "Ada Orr runs New Acme in Rome .";
    assert_eq!(
        all_said(&corpus),
        [format!("Ada Orr -runs-> New Acme: {sentence}"), format!("Ada Orr -name-> Orr: {sentence}")]
    );
    let messages: Vec<&str> = corpus.warnings.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "1 relation left out: head and tail are the same entity, in `a`",
            "1 relation left out: head or tail is discontinuous, in `a`",
            "1 relation left out: head or tail is only white space, in `a`",
            "1 relation stated more than once, read once, in `a`",
            "1 relation left out: more than 3 tokens lie between head and tail, in `a`",
            "1 instance with entities that are one within the other or overlap, in `a:0-7:4-7:name`",
        ]
    );
}

#[test]
fn gaps_can_be_filled() {
    let discontinuous =
        |parts: Vec<std::ops::Range<usize>>| Entity { kind: None, mentions: vec![Mention(parts)] };
    let text = "left and right arms of Ada";
    let of = |parts, policy| {
        let entities = vec![discontinuous(parts), entity(23, 26, "PER")];
        read(vec![document("a", text, entities, vec![relation("of", 0, 1)])], policy)
    };
    // Parts in any order.
    let filled = of(vec![15..19, 0..4], "discontinuous=filled").unwrap();
    assert_eq!(all_said(&filled), ["left and right arms -of-> Ada: left and right arms of Ada"]);
    assert_eq!(
        filled.warnings[0].message,
        "1 relation with a discontinuous entity, read from its first part to its last, in `a`"
    );
    // Only white space between the parts is no gap.
    let apart = of(vec![9..14, 15..19], "").unwrap();
    assert_eq!(all_said(&apart), ["right arms -of-> Ada: left and right arms of Ada"]);
    let nothing = of(vec![0..4, 15..19], "").unwrap_err().to_string();
    assert_eq!(
        nothing,
        "<memory>: expected instances, found none, but 1 relation left out: head or tail is discontinuous, in `a`"
    );
}

#[test]
fn several_relations_of_a_pair_follow_the_policy() {
    let relations = vec![relation("runs", 0, 1), relation("owns", 0, 1), relation("left", 2, 3)];
    let labels = |policy: &str| -> Vec<String> {
        let corpus = read(vec![sound(relations.clone())], policy).unwrap();
        corpus.instances.iter().filter_map(|one| one.relation.clone()).collect()
    };
    assert_eq!(labels(""), ["runs", "owns", "left"]);
    assert_eq!(labels("several=first"), ["runs", "left"]);
    assert_eq!(labels("several=joined"), ["owns|runs", "left"]);
    let refused = read(vec![sound(relations)], "several=refused").unwrap_err().to_string();
    let expected = "<memory>[0]: instance `a`: field `relations`: expected one relation of each pair, found `runs` and `owns`";
    assert!(refused.starts_with(expected), "{refused}");
}

#[test]
fn unrelated_pairs_come_last_and_have_types_that_were_seen() {
    let first = sound(vec![relation("runs", 0, 1)]);
    let second = Document { id: "b".to_owned(), ..sound(Vec::new()) };
    let corpus = read(vec![first.clone(), second.clone()], "unrelated=all").unwrap();
    // Only persons are heads, and only organisations tails.
    assert_eq!(
        corpus.instances.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        [
            "a:0-3:9-13:runs",
            "a:15-17:26-30:no_relation",
            "b:0-3:9-13:no_relation",
            "b:15-17:26-30:no_relation"
        ]
    );
    assert_eq!(corpus.place(3), mlrc_corpus::Place::Index(1));
    let any = read(vec![first.clone()], "unrelated=all,seen_types=false,label=NA").unwrap();
    let pairs: Vec<String> =
        all_said(&any).into_iter().map(|said| said.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(pairs, ["Ada -runs-> Acme", "Acme -NA-> Ada", "Bo -NA-> Lego", "Lego -NA-> Bo"]);
    // Without annotation of relations, those of all pairs are to be predicted.
    let raw = Document { relations: None, ..second };
    let unlabelled = read(vec![raw.clone()], "unrelated=all").unwrap();
    assert_eq!(unlabelled.instances.len(), 4);
    assert!(unlabelled.instances.iter().all(|one| one.relation.is_none()));
    assert_eq!(unlabelled.instances[0].id, "b:0-3:9-13");
    let none = read(vec![raw], "").unwrap_err().to_string();
    assert!(none.contains("1 document without a relation, of which no instances are made, in `b`"), "{none}");
}

#[test]
fn a_ratio_of_unrelated_pairs_is_drawn_by_the_seed() {
    let documents: Vec<Document> = (0..30)
        .map(|number| Document { id: format!("d{number}"), ..sound(vec![relation("runs", 0, 1)]) })
        .collect();
    let ids = |policy: &str| -> Vec<String> {
        let corpus = read(documents.clone(), policy).unwrap();
        corpus.instances.into_iter().map(|one| one.id).filter(|id| id.ends_with("no_relation")).collect()
    };
    let half = ids("unrelated=0.5,seed=3");
    assert_eq!(half.len(), 15);
    assert_eq!(half, ids("unrelated=0.5,seed=3"));
    assert_ne!(half, ids("unrelated=0.5,seed=4"));
    let all = ids("unrelated=all");
    assert_eq!(all.len(), 30);
    assert_eq!(half, all.iter().filter(|id| half.contains(id)).cloned().collect::<Vec<_>>());
    assert_eq!((ids("unrelated=1e300").len(), ids("unrelated=0").len()), (30, 0));
}

#[test]
fn relations_that_say_that_there_is_none_are_no_relations() {
    let documents = vec![sound(vec![relation("runs", 0, 1), relation("N/A", 1, 0)])];
    let all = read(documents.clone(), "unrelated=all").unwrap();
    // Lego and Bo have only the types of the second.
    assert_eq!(
        all_said(&all),
        [
            "Ada -runs-> Acme: Ada runs Acme .",
            "Acme -N/A-> Ada: Ada runs Acme .",
            "Bo -no_relation-> Lego: Bo left my Lego ."
        ]
    );
    let both = read(documents, "unrelated=2,seen_types=false").unwrap();
    // Twice the one related pair, of the two there are.
    assert_eq!(both.instances.len(), 4);
    let none = vec![sound(vec![relation("N/A", 1, 0)])];
    assert_eq!(read(none, "unrelated=5,seen_types=false").unwrap().instances.len(), 1);
}

#[test]
fn entities_with_several_mentions_are_the_nearest_two() {
    let sentences = ["Ada met Bo .", "She and Ada like Bo ."];
    let content =
        Content::Sentences(sentences.iter().map(|s| s.split(' ').map(str::to_owned).collect()).collect());
    let several = |mentions: [usize; 2]| Entity {
        kind: Some("PER".to_owned()),
        mentions: mentions.iter().map(|start| Mention(vec![*start..*start + 1])).collect(),
    };
    let entities = vec![several([6, 0]), several([2, 8])];
    let relations = Some(vec![relation("knows", 0, 1)]);
    let document = Document { id: "a".to_owned(), content, entities, relations };
    let starts = |policy: &str| -> Vec<String> {
        let corpus = read(vec![document.clone()], policy).unwrap();
        assert!(corpus.warnings.is_empty(), "{:?}", corpus.warnings);
        corpus.instances.into_iter().map(|one| one.id).collect()
    };
    assert_eq!(starts(""), ["a:6-7:8-9:knows"]);
    assert_eq!(starts("mentions=first"), ["a:6-7:8-9:knows"]);
    assert_eq!(starts("mentions=all"), ["a:6-7:8-9:knows", "a:0-1:2-3:knows"]);
    assert_eq!(starts("unrelated=all"), ["a:6-7:8-9:knows", "a:2-3:0-1:no_relation"]);
}

#[test]
fn given_tokens_are_kept_but_for_white_space_and_borders() {
    let text = "Ada-lovers buy\n Acme.".to_owned();
    let tokens = vec![0..10, 11..14, 14..16, 16..21];
    let content = Content::Tokens { text, tokens };
    let entities = vec![entity(0, 3, "PER"), entity(16, 20, "ORG")];
    let document =
        Document { id: String::new(), content, entities, relations: Some(vec![relation("r", 0, 1)]) };
    let corpus = read(vec![document], "sentences=whole").unwrap();
    assert_eq!(corpus.instances[0].tokens, ["Ada", "-lovers", "buy", "Acme", "."]);
    assert_eq!(corpus.instances[0].id, "0:0-3:16-20:r");
}

#[test]
fn identifiers_of_documents_may_repeat() {
    let corpus =
        read(vec![sound(vec![relation("runs", 0, 1)]), sound(vec![relation("runs", 0, 1)])], "").unwrap();
    assert_eq!(corpus.instances[1].id, "a#2:0-3:9-13:runs");
    assert!(corpus.warnings[0].message.starts_with("1 document with the identifier of an earlier one"));
}

#[test]
fn documents_of_programs_are_checked() {
    let cases = [
        (document("a", "Ada", vec![entity(0, 4, "X")], Vec::new()), "within the 3 characters, found 0..4"),
        (document("a", "Ada", vec![entity(2, 2, "X")], Vec::new()), "found 2..2"),
        (
            document("a", "Ada", vec![Entity { kind: None, mentions: Vec::new() }], Vec::new()),
            "at least one span",
        ),
        (document("a", "Ada", vec![entity(0, 3, "X")], vec![relation("r", 0, 1)]), "indices below 1"),
        (
            document("a", "Ada", vec![entity(0, 3, "X")], vec![relation(" ", 0, 0)]),
            "a label of each relation",
        ),
    ];
    for (document, expected) in cases {
        let message = read(vec![document], "").unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("instance `a`"), "{message}");
    }
}

#[test]
fn characters_beyond_the_basic_plane_count_once() {
    let text = "😀 Ada 🎉 runs 𝒜cme. 😀 Bo.";
    let corpus = read(
        vec![document(
            "a",
            text,
            vec![entity(2, 5, "PER"), entity(13, 17, "ORG")],
            vec![relation("r", 0, 1)],
        )],
        "",
    )
    .unwrap();
    assert_eq!(all_said(&corpus), ["Ada -r-> 𝒜cme: 😀 Ada 🎉 runs 𝒜cme ."]);
}
