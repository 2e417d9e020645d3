//! Entities and pairs found in raw text: exact for texts written by hand, and sound for any.

use std::path::Path;

use mlrc_corpus::candidates::{
    Candidates, Counts, Finder, Finders, Gazetteer, LeftOut, PairOptions, Pattern, SimpleFinder, Text,
    TypePairs, write_pairs,
};
use mlrc_corpus::document::{Content, Document, PairPolicy, UnrelatedPairs};
use mlrc_corpus::{Corpus, Format, Instance, InstanceStream, ReadOptions};
use proptest::prelude::*;

fn simple(finders: &[SimpleFinder]) -> Finders {
    Finders { simple: finders.to_vec(), ..Finders::default() }
}

fn gazetteer(list: &str) -> Gazetteer {
    let mut gazetteer = Gazetteer::default();
    assert_eq!(gazetteer.add_bytes(list.as_bytes(), "list").unwrap(), []);
    gazetteer
}

fn find(finders: &Finders, text: &str) -> (Vec<Candidates>, Counts) {
    let mut counts = Counts::new(finders);
    // Lines that end in a carriage return alone are refused.
    let text = text.replace('\r', "\n");
    // And so is what looks like another encoding.
    let texts = Text::paragraphs(text.as_bytes(), "f").unwrap_or_default();
    (finders.find(&texts, &mut counts), counts)
}

fn chars(document: &Document) -> Vec<char> {
    let Content::Text(text) = &document.content else { panic!("not raw text") };
    text.chars().collect()
}

/// The words of each entity, with its type if there are several.
fn entities(finders: &Finders, text: &str) -> Vec<String> {
    let (candidates, _) = find(finders, text);
    let said = |candidates: &Candidates| {
        let chars = chars(candidates.document());
        let entity = |entity: &mlrc_corpus::document::Entity| {
            let words: String = chars[entity.mentions[0].0[0].clone()].iter().collect();
            match &entity.kind {
                Some(kind) if finders.types().len() > 1 => format!("{words} [{kind}]"),
                _ => words,
            }
        };
        candidates.document().entities.iter().map(entity).collect::<Vec<_>>()
    };
    candidates.iter().flat_map(said).collect()
}

fn assert_finds(finders: &Finders, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(&entities(finders, text), expected, "{text}");
    }
}

/// The lines that are written, and the counts.
fn written(finders: &Finders, text: &str, options: &PairOptions) -> (String, Counts) {
    let (candidates, mut counts) = find(finders, text);
    let mut lines = Vec::new();
    write_pairs(&candidates, options, &mut counts, &mut lines).unwrap();
    (String::from_utf8(lines).unwrap(), counts)
}

fn read(lines: &str) -> Corpus {
    Corpus::from_bytes(lines.as_bytes(), "pairs", &ReadOptions::default()).unwrap()
}

/// `Ada Orr > Acme`
fn said(instance: &Instance) -> String {
    let words = |entity: &mlrc_corpus::Entity| instance.tokens[entity.span.range()].join(" ");
    format!("{} > {}", words(&instance.subject), words(&instance.object))
}

#[test]
fn names_are_found_by_their_capitals() {
    assert_finds(
        &simple(&[SimpleFinder::Capitalised]),
        &[
            ("Ada Lovelace wrote to Babbage.", &["Ada Lovelace", "Babbage"]),
            ("The old bridge leads from Buda to Pest.", &["Buda", "Pest"]),
            ("Bridges lead from Buda to Pest.", &["Buda", "Pest"]),
            // A first word counts if it is a name elsewhere, also in another paragraph.
            ("Acme sells anvils to Bo.\n\nToday Acme is rich.", &["Acme", "Bo", "Acme"]),
            ("“Anvils fall,” said Bo. Coyotes like Anvils.", &["Anvils", "Bo", "Anvils"]),
            ("Acme sells anvils to Bo. Snow fell.", &["Bo"]),
            ("He left the Bank of America for Johnson & Johnson.", &["Bank of America", "Johnson & Johnson"]),
            ("Bank of America lends to AT&T.", &["Bank of America", "AT&T"]),
            (
                "We heard Ludwig van Beethoven and Charles de Gaulle.",
                &["Ludwig van Beethoven", "Charles de Gaulle"],
            ),
            (
                "In Rome, Dr. Orr met J. Tune of Acme Inc. in May.",
                &["Rome", "Dr. Orr", "J. Tune of Acme Inc.", "May"],
            ),
            ("He left for the U.S. Senate, she for Acme Inc.", &["U.S. Senate", "Acme Inc"]),
            ("He came to the U.S. from Rome.", &["U.S.", "Rome"]),
            (
                "We met Jean-Luc O'Brien, D’Arcy's friend, in Rome-based firms.",
                &["Jean-Luc O'Brien", "D’Arcy", "Rome"],
            ),
            ("He said “The house is Ann’s” and I agreed.", &["Ann"]),
            ("She met Élodie Öz in Αθήνα.", &["Élodie Öz", "Αθήνα"]),
            ("He has Covid-19, I said.", &["Covid-19"]),
            ("nothing here, 123 times over", &[]),
        ],
    );
}

#[test]
fn dates_are_found_in_their_forms() {
    assert_finds(
        &simple(&[SimpleFinder::Dates]),
        &[
            ("Born 2021-05-03, not 2021-13-03 or 1.2021-05-03.", &["2021-05-03", "2021-05-03"]),
            ("On 3 May 2021 and 4th of June, 1999.", &["3 May 2021", "4th of June, 1999"]),
            ("On May 3, 2021 and in May 2021, on May 4th.", &["May 3, 2021", "May 2021", "May 4th"]),
            ("On 3 Sept. 2021 or Sept. 2020.", &["3 Sept. 2021", "Sept. 2020"]),
            ("It may 3 be; May comes. Due 03/05/2021 or 31.12.1999.", &["03/05/2021", "31.12.1999"]),
            ("In 1990 it had 1991 seats; from 1992 to 1995 more.", &["1990", "1992", "1995"]),
            ("Ann (1815–1852) and Bo (1901) in the 1920s.", &["1815–1852", "1901", "1920s"]),
            ("In 2101 and in 0999, since 2100.", &["2100"]),
            ("He paid by 1500.50 and in 1,500 ways, in $1990 notes.", &[]),
            ("From 1990 1991 1992", &["1990"]),
            // As documented.
            ("They failed in 1500 cases.", &["1500"]),
        ],
    );
}

#[test]
fn numbers_take_what_belongs_to_them() {
    assert_finds(
        &simple(&[SimpleFinder::Numbers]),
        &[
            ("It cost $1.5 million, or US$ 3 per day.", &["$1.5 million", "US$ 3"]),
            ("EUR 5, 20 €, 1,200.50 pounds and £3bn.", &["EUR 5", "20 €", "1,200.50 pounds", "£3bn"]),
            ("Up 12 %, 12%, 3.5 percent and 4 per cent.", &["12 %", "12%", "3.5 percent", "4 per cent"]),
            ("At -3 °C, 5km, 6 km/h, 7 m² and 3–5 kg.", &["-3 °C", "5km", "6 km/h", "7 m²", "3–5 kg"]),
            ("In 10:30 minutes, 1/2 of 10-12.", &["10:30 minutes", "1/2", "10-12"]),
            ("The 5th of Covid-19, A4, B-12 and two others of the 80s.", &[]),
        ],
    );
}

#[test]
fn names_in_quotes_are_found_and_speech_is_not() {
    assert_finds(
        &simple(&[SimpleFinder::Quoted]),
        &[
            (
                "He wrote “The Red House” and \"Emma\", «Été» and „Faust“.",
                &["The Red House", "Emma", "Été", "Faust"],
            ),
            ("“Come in,” she said. \"He left the house.\"", &[]),
            ("The 'Blue Note' isn't Ann's or the dogs' ‘Ann’s Cat’.", &["Blue Note", "Ann’s Cat"]),
            ("so-called \"friends\" read “A b c d e f g”", &[]),
            ("An open “ quote and 5\" of Rain", &[]),
            ("““““ “Emma”", &["Emma"]),
        ],
    );
}

#[test]
fn the_longest_listed_name_wins() {
    let list = "New York\tCITY\nNew York Times\tPAPER\nYork\tCITY\nheart attack\tDISEASE\nApple\tORG\n\
                AT&T\tORG\nYahoo! Inc.\tORG\n北京\tCITY\n";
    let finders = Finders { gazetteer: gazetteer(list), ..Finders::default() };
    assert_finds(
        &finders,
        &[
            (
                "The New York Times left New\nYork for York.",
                &["New York Times [PAPER]", "New\nYork [CITY]", "York [CITY]"],
            ),
            (
                "Heart attack, heart  attack, heart attacks",
                &["Heart attack [DISEASE]", "heart  attack [DISEASE]"],
            ),
            ("Apple, not apple or Apples; Apple's AT&T.", &["Apple [ORG]", "Apple [ORG]", "AT&T [ORG]"]),
            ("He left Yahoo! Inc. for York.", &["Yahoo! Inc. [ORG]", "York [CITY]"]),
            ("我在北京工作。", &["北京 [CITY]"]),
        ],
    );
    // The longest first, even if a shorter one begins further left.
    let finders = Finders { gazetteer: gazetteer("a b\tX\nb c d\tY\na\tZ\n"), ..Finders::default() };
    assert_finds(&finders, &[("a b c d", &["a [Z]", "b c d [Y]"])]);
}

#[test]
fn patterns_of_the_entity_ruler_are_read() {
    let list = r#"{"label": "ORG", "pattern": "Apple", "id": "apple"}
{"label": "GPE", "pattern": [{"LOWER": "san"}, {"LOWER": "francisco"}]}

{"label": "ORG", "pattern": [{"ORTH": "U.N."}, {"TEXT": "Women"}]}
{"label": "X", "pattern": [{"POS": "NOUN"}]}
{"label": "X", "pattern": [{"LOWER": "a", "OP": "+"}]}
{"label": "X", "pattern": [{"POS": "VERB"}]}
{"label": "X", "pattern": [{"LOWER": {"IN": ["a"]}}]}
{"label": "X", "pattern": [{"LOWER": "a"}, {}]}
"#;
    let mut gazetteer = Gazetteer::default();
    let warnings = gazetteer.add_bytes(list.as_bytes(), "p.jsonl").unwrap();
    let help = "; a token has one of the keys `TEXT` (or `ORTH`) and `LOWER`, with a string";
    let said: Vec<String> = warnings.iter().map(|warning| warning.to_string().replace(help, "")).collect();
    assert_eq!(
        said,
        [
            "p.jsonl:5: 2 patterns left out: the key `POS` is not supported",
            "p.jsonl:6: 1 pattern left out: the key `OP` is not supported",
            "p.jsonl:8: 1 pattern left out: the key `LOWER` with an object is not supported",
            "p.jsonl:9: 1 pattern left out: a token without a key is not supported",
        ]
    );
    let finders = Finders { gazetteer, ..Finders::default() };
    assert_finds(
        &finders,
        &[(
            "Apple left San Francisco, SAN FRANCISCO and U.N. Women; not apple, u.n. Women.",
            &["Apple [ORG]", "San Francisco [GPE]", "SAN FRANCISCO [GPE]", "U.N. Women [ORG]"],
        )],
    );
}

#[test]
fn lists_that_are_wrong_are_said_with_their_line() {
    let said = |list: &str| Gazetteer::default().add_bytes(list.as_bytes(), "list").unwrap_err().to_string();
    assert_eq!(said("Ann\tPER\nBo\n"), "list:2: expected a phrase, a tab and its type, found no tab");
    assert_eq!(said("Ann\tPER\tx\n"), "list:1: expected a phrase, a tab and its type, found 3 columns");
    assert_eq!(said("\tPER\n"), "list:1: expected a phrase before the tab, found none");
    assert_eq!(said("Ann\t \n"), "list:1: expected a type after the tab, found none");
    assert_eq!(said("\n \n"), "list: expected phrases and their types, found an empty file");
    assert!(said("{\"label\": \"X\"}").starts_with("list:1: field `pattern`: missing"));
    assert!(said("{\"pattern\": \"X\"}").starts_with("list:1: field `label`: missing"));
    assert!(said("{\"label\": \"X\", \"pattern\": 3}").contains("field `pattern`: expected a string"));
    assert!(said("{\"label\": \"X\", \"pattern\": []}").contains("expected at least one word, found none"));
    assert!(said("{\"label\": \"X\", \"pattern\": [{\"LOWER\": 3}]}").contains("field `pattern[0].LOWER`"));
    assert!(said("{\"label\": \"X\"\n").contains("list:1: invalid JSON"));
    let absent = Gazetteer::default().add_file("absent.tsv").unwrap_err().to_string();
    assert!(absent.starts_with("absent.tsv: cannot be read"), "{absent}");

    let mut twice = Gazetteer::default();
    let warnings = twice.add_bytes(b"Ann\tPER\nAnn\tPER\nAnn\tCITY\n", "list").unwrap();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].to_string(), "list:3: 1 phrase left out: it was given another type before");
}

#[test]
fn what_patterns_find_is_whole_words_of_a_sentence() {
    let finders = |patterns: &[&str]| {
        let patterns = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
        Finders { patterns, ..Finders::default() }
    };
    let genes = finders(&[r"GENE=BRCA\d", r"CODE=[A-Z]+\d+"]);
    assert_finds(&genes, &[("BRCA1-mediated éBRCA2 and AB12.", &["BRCA1 [GENE]", "AB12 [CODE]"])]);
    let (_, counts) = find(&genes, "BRCA1-mediated éBRCA2 and AB12.");
    assert_eq!(counts.left_out.get(&LeftOut::InsideWord), Some(&2), "éBRCA2, for both patterns");
    // The first of two that find the same; empty finds are none; spaces around are not part; `^` begins a sentence.
    assert_finds(&finders(&["A=Ann", "B=Ann", "C=x*"]), &[("Ann ran", &["Ann [A]"])]);
    assert_finds(&finders(&[r"A=\s*Ann\s*"]), &[("so Ann ran", &["Ann"])]);
    assert_finds(&finders(&[r"A=^\w+"]), &[("Ann ran. Bo ran. No", &["Ann", "Bo", "No"])]);
    assert_finds(&finders(&["A=(?s).*"]), &[("Ann ran. Bo ran.", &["Ann ran.", "Bo ran."])]);

    let wrong = |text: &str| text.parse::<Pattern>().unwrap_err();
    assert_eq!(wrong("X=a("), "the pattern `a(` is no regular expression that can be used: unclosed group");
    assert!(wrong(r"X=(?=a)").contains("`(?=a)`") && wrong(r"X=(?=a)").contains("look-around"));
    assert!(wrong(r"X=(\w{1000}){1000}").contains("size limit"), "{}", wrong(r"X=(\w{1000}){1000}"));
    for text in ["X", "=a", "X=", ""] {
        assert_eq!(wrong(text), format!("expected `TYPE=REGEX`, found `{text}`"));
    }
}

#[test]
fn overlaps_are_resolved_in_the_stated_order() {
    let finders = Finders {
        gazetteer: gazetteer("Orr\tSURNAME\n"),
        patterns: vec!["TITLED=Dr\\. \\w+".parse().unwrap()],
        simple: SimpleFinder::ALL.to_vec(),
    };
    assert_finds(
        &finders,
        &[
            ("We saw Dr. Orr and Dr. Bo.", &["Orr [SURNAME]", "Dr. Bo [TITLED]"]),
            ("On 3 May 2021, in 1990, we saw 3 May.", &["3 May 2021 [DATE]", "1990 [DATE]", "3 May [DATE]"]),
            ("We read “Emma” and “Emma, a Novel”.", &["Emma [QUOTED]", "Emma, a Novel [QUOTED]"]),
            ("It is 5 km to “Rome or”.", &["5 km [NUMBER]", "Rome or [QUOTED]"]),
        ],
    );
}

#[test]
fn pairs_are_written_with_identifiers_types_and_finders() {
    let finders =
        Finders { gazetteer: gazetteer("Ada Orr\tPERSON\n"), ..simple(&[SimpleFinder::Capitalised]) };
    let text = "\nNothing here.\n\nSo it is. Né là, Ada Orr runs\nthe old Acme.\n";
    let (lines, counts) = written(&finders, text, &PairOptions::default());
    let expected = concat!(
        r#"{"id":"f:4-s2-p1","text":"Né là, Ada Orr runs\nthe old Acme.","#,
        r#""subject":{"start":7,"end":14,"type":"PERSON"},"object":{"start":28,"end":32,"type":"CAPITALISED"},"#,
        r#""finders":["gazetteer","capitalised"]}"#,
        "\n",
        r#"{"id":"f:4-s2-p2","text":"Né là, Ada Orr runs\nthe old Acme.","#,
        r#""subject":{"start":28,"end":32,"type":"CAPITALISED"},"object":{"start":7,"end":14,"type":"PERSON"},"#,
        r#""finders":["capitalised","gazetteer"]}"#,
        "\n",
    );
    assert_eq!(lines, expected);
    assert_eq!(
        counts.to_string(),
        "2 texts, 3 sentences, 2 entities (gazetteer 1, capitalised 1), 2 pairs; left out: 2 sentences with fewer than \
         two entities"
    );
    assert_eq!(counts.entities[&Finder::Simple(SimpleFinder::Capitalised)], 1);

    // What is written is an instance to be classified, without a warning.
    let corpus = read(&lines);
    assert_eq!((corpus.format, corpus.warnings.len()), (Format::JSONL, 0));
    assert_eq!(corpus.instances.iter().map(said).collect::<Vec<_>>(), ["Ada Orr > Acme", "Acme > Ada Orr"]);
    assert_eq!(corpus.instances[0].subject.kind.as_deref(), Some("PERSON"));
    assert_eq!(corpus.instances[0].relation, None);
    let mut stream = InstanceStream::new(lines.as_bytes(), "<stdin>", &ReadOptions::default()).unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), corpus.instances[0]);
}

#[test]
fn what_is_left_out_is_counted_by_reason() {
    let finders =
        Finders { gazetteer: gazetteer("Ann\tPER\nBo\tPER\nAcme\tORG\nLego\tORG\n"), ..Finders::default() };
    let text = "Ann and Bo left Acme for the very old and quite large Lego. Ann slept.";
    let pairs = |types: &str, max_distance, max_pairs| {
        let types = if types.is_empty() { TypePairs::default() } else { types.parse().unwrap() };
        let (lines, counts) = written(&finders, text, &PairOptions { types, max_distance, max_pairs });
        let said: Vec<String> =
            if lines.is_empty() { Vec::new() } else { read(&lines).instances.iter().map(said).collect() };
        let counts = counts.to_string();
        (said.join(", "), counts.split_once("two entities").unwrap().1.to_owned())
    };
    let all = pairs("", None, 100);
    assert_eq!(
        all.0,
        "Ann > Bo, Ann > Acme, Ann > Lego, Bo > Ann, Bo > Acme, Bo > Lego, Acme > Ann, Acme > Bo, Acme > Lego, \
         Lego > Ann, Lego > Bo, Lego > Acme"
    );
    assert_eq!(all.1, "");
    assert_eq!(
        pairs("PER>ORG", None, 100),
        ("Ann > Acme, Ann > Lego, Bo > Acme, Bo > Lego".to_owned(), ", 8 pairs of other types".to_owned())
    );
    assert_eq!(
        pairs("PER>*", Some(3), 100),
        (
            "Ann > Bo, Ann > Acme, Bo > Ann, Bo > Acme".to_owned(),
            ", 6 pairs of other types, 2 pairs too far apart".to_owned()
        )
    );
    // Those with the fewest entities between them are kept.
    assert_eq!(
        pairs("", None, 6),
        (
            "Ann > Bo, Bo > Ann, Bo > Acme, Acme > Bo, Acme > Lego, Lego > Acme".to_owned(),
            ", 6 pairs over the limit of a sentence".to_owned()
        )
    );
    assert_eq!(pairs("", Some(0), 0), (String::new(), ", 12 pairs over the limit of a sentence".to_owned()));
}

#[test]
fn types_of_pairs_are_checked() {
    for (text, part) in [("PER", "PER"), ("PER>", "PER>"), ("A>B,,C>D", ""), ("A>B>C", "A>B>C"), ("", "")] {
        let error = text.parse::<TypePairs>().unwrap_err();
        assert_eq!(error, format!("expected `HEAD>TAIL`, each a type or `*`, found `{part}`"));
    }
    let known = simple(&SimpleFinder::ALL).types();
    assert_eq!("DATE>*".parse::<TypePairs>().unwrap().check(&known), Ok(()));
    assert_eq!(
        "DATES>*".parse::<TypePairs>().unwrap().check(&known).unwrap_err(),
        "expected the type of an entity that can be found (`CAPITALISED`, `DATE`, `NUMBER`, `QUOTED`), found \
         `DATES`; did you mean `DATE`?"
    );
    assert!(
        "places".parse::<SimpleFinder>().unwrap_err().contains("`capitalised`, `numbers`, `dates`, `quoted`")
    );
}

#[test]
fn texts_come_from_fields_too() {
    let lines = "{\"text\": \"Ada met Bo.\", \"x\": 1}\n\n{\"text\": \"\"}\n";
    let texts = Text::of_json_lines(lines.as_bytes(), "a.jsonl", "text").unwrap();
    let said: Vec<_> = texts.iter().map(|text| (text.id.as_str(), text.text.as_str())).collect();
    assert_eq!(said, [("a.jsonl:1", "Ada met Bo."), ("a.jsonl:3", "")]);
    let error = Text::of_json_lines(b"{\"text\": 1}", "a", "text").unwrap_err().to_string();
    assert_eq!(error, "a:1: field `text`: expected a string, found the number 1");
    let error = Text::of_json_lines(b"\n{\"body\": \"x\"}", "a", "text").unwrap_err().to_string();
    assert!(
        error.starts_with("a:2: field `text`: missing; expected a string; the fields here are: `body`"),
        "{error}"
    );
    assert!(Text::of_json_lines(b"Ada", "a", "text").is_err());
    let error = Text::paragraphs(b"a\n\xff", "a").unwrap_err().to_string();
    assert!(error.starts_with("a:2: expected UTF-8"), "{error}");
    assert_eq!(Text::paragraphs(b"\xef\xbb\xbfa\r\nb\r\n\r\nc", "p").unwrap().len(), 2);
    assert_eq!(Text::paragraphs(b"", "a").unwrap(), []);
}

#[test]
fn sentences_with_markers_of_their_own_are_left_out_and_counted() {
    let (lines, counts) = written(
        &simple(&[SimpleFinder::Capitalised]),
        "We met <e1>Ann and Bo. We saw Cy and Di.",
        &PairOptions::default(),
    );
    assert_eq!((lines.lines().count(), counts.pairs), (2, 2));
    assert!(lines.contains("Cy and Di") && !lines.contains("Ann"), "{lines}");
    assert!(counts.to_string().contains("2 pairs of sentences with markers such as <e1>"), "{counts}");
}

/// Takes minutes unless time grows with the length of a text.
#[test]
fn long_sentences_are_read_in_time_that_grows_with_them() {
    let finders = Finders {
        gazetteer: gazetteer("a a\tX\nyear 1990\tX\n"),
        patterns: vec![r"W=\b[a-z]+ly\b".parse().unwrap()],
        simple: SimpleFinder::ALL.to_vec(),
    };
    for part in
        ["“", "'a ", "A.", "A. ", "1990 to ", "in 1990-", "$ 5 ", "Ann of ", "a ", "\" ", "Ann, bo, ", "(1-"]
    {
        let text = Text { id: "t".to_owned(), text: part.repeat(20_000) };
        let mut counts = Counts::new(&finders);
        let candidates = finders.find(&[text], &mut counts);
        let options = PairOptions { max_pairs: 3, max_distance: Some(5), ..PairOptions::default() };
        write_pairs(&candidates, &options, &mut counts, std::io::sink()).unwrap();
        assert!(counts.sentences > 0 && counts.pairs <= 3 * counts.sentences, "{part}: {counts}");
    }
}

#[test]
fn the_documented_example_is_what_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = folder.ancestors().map(|folder| folder.join("docs/RAW_TEXT.md")).find(|path| path.is_file());
    let page = std::fs::read_to_string(page.expect("docs/RAW_TEXT.md is part of the repository")).unwrap();
    let block = |name: &str| {
        let (_, rest) = page.split_once(&format!("\n```{name}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    let finders = Finders {
        gazetteer: gazetteer(block("tsv")),
        patterns: vec![r"ROUTE=\b[AMB]\d+\b".parse().unwrap()],
        simple: vec![SimpleFinder::Capitalised, SimpleFinder::Dates],
    };
    let options = PairOptions { types: "*>PLACE".parse().unwrap(), ..PairOptions::default() };
    let mut counts = Counts::new(&finders);
    let texts = Text::paragraphs(block("text").as_bytes(), "notes.txt").unwrap();
    let mut lines = Vec::new();
    write_pairs(&finders.find(&texts, &mut counts), &options, &mut counts, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines, block("jsonl"));
    let said = format!("\n{counts}\n");
    assert!(page.contains(&said), "{said}");
}

fn all_finders() -> Finders {
    Finders {
        gazetteer: gazetteer("Ann\tPER\nann bo\tPER\nBo. Co\tORG\n“\tMARK\n1990\tYEAR\né\tX\n"),
        patterns: [r"A=\w+", r"B=.o", r"C=(?s)A.*?\.", r"D=\s+"].map(|text| text.parse().unwrap()).to_vec(),
        simple: SimpleFinder::ALL.to_vec(),
    }
}

/// Finders of which some are left out.
fn some_finders() -> impl Strategy<Value = Finders> {
    let patterns = proptest::sample::subsequence(all_finders().patterns, 0..=4);
    let simple = proptest::sample::subsequence(SimpleFinder::ALL.to_vec(), 0..=4);
    (any::<bool>(), patterns, simple).prop_map(|(listed, patterns, simple)| {
        let gazetteer = if listed { all_finders().gazetteer } else { Gazetteer::default() };
        Finders { gazetteer, patterns, simple }
    })
}

/// Pieces that finders look at, in any order, and anything.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "Ann", "ann", "Bo", "Co", "of", "&", "-", "'", "’", "“", "”", "\"", "„", "«", "»", ".", "!", "?",
        ",", "(", ")", " ", " ", " ", "\n", "\n\n", "\t", "\u{0}", "\u{200b}", "\u{301}", "é", "北", "😀",
        "1990", "3", "05", "May", "Sept", "in", "to", "–", "$", "€", "%", "km", "°", "C", "²", "/", ":", "U",
        "S", "Dr", "I", "The", "ǅ", "İ", "ß", "1990s", "3rd", "US", "{", "\\",
    ];
    let piece = proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned);
    let piece = prop_oneof![8 => piece, 1 => "(?s).{0,4}"];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn entities_are_whole_words_that_do_not_overlap(text in text(), finders in some_finders()) {
        let (found, counts) = find(&finders, &text);
        let mut count = 0;
        for candidates in &found {
            let chars = chars(candidates.document());
            prop_assert_eq!(candidates.finders().len(), candidates.document().entities.len());
            let mut from = 0;
            for entity in &candidates.document().entities {
                let span = entity.mentions[0].0[0].clone();
                prop_assert!(from <= span.start && span.start < span.end && span.end <= chars.len());
                from = span.end;
                count += 1;
                let cut = |place: usize| {
                    place > 0 && chars.get(place - 1..=place).is_some_and(|two| two.iter().all(char::is_ascii_alphanumeric))
                };
                prop_assert!(!cut(span.start) && !cut(span.end), "{:?} {:?}", span, chars);
                let blank = |c: char| c.is_whitespace() || c.is_control();
                prop_assert!(!blank(chars[span.start]) && !blank(chars[span.end - 1]));
                let kind = entity.kind.as_deref().unwrap();
                prop_assert!(finders.types().contains(kind));
            }
        }
        prop_assert_eq!(counts.entities.values().sum::<usize>(), count);
        prop_assert_eq!(&find(&finders, &text).0, &found);
    }

    /// What is written reads back as the instances that a policy makes of the same documents.
    #[test]
    fn pairs_are_those_of_the_policy(text in text(), finders in some_finders(), most in proptest::option::of(0_usize..6)) {
        let options = PairOptions { max_distance: most, max_pairs: usize::MAX, ..PairOptions::default() };
        let (lines, counts) = written(&finders, &text, &options);
        prop_assert_eq!(lines.lines().count(), counts.pairs);
        let policy = PairPolicy { unrelated: UnrelatedPairs::All, max_distance: most, ..PairPolicy::default() };
        let documents = find(&finders, &text).0.into_iter().map(|candidates| candidates.document().clone());
        let reading = ReadOptions { pairs: policy, ..ReadOptions::default() };
        let Ok(expected) = Corpus::from_documents(documents, &reading) else {
            prop_assert_eq!(lines, "");
            return Ok(());
        };
        let corpus = read(&lines);
        prop_assert_eq!(corpus.format, Format::JSONL);
        // Words of marks alone may look like spans that cut words, of which reading warns.
        prop_assert!(corpus.warnings.len() <= 1);
        let unnamed = |corpus: Corpus| -> Vec<Instance> {
            let mut instances = corpus.instances;
            instances.iter_mut().for_each(|instance| instance.id.clear());
            instances
        };
        prop_assert_eq!(unnamed(corpus), unnamed(expected));
    }

    #[test]
    fn any_list_is_read_or_refused(bytes in "(?s)(.{0,8}|Ann|\t|\n|\\{\"label\": \"X\", \"pattern\": |\\[|\\{\"LOWER\": |\"a\"|\\}|\\]){0,9}") {
        let mut list = Gazetteer::default();
        if let Err(error) = list.add_bytes(bytes.as_bytes(), "list") {
            prop_assert!(error.to_string().starts_with("list"));
        }
        let finders = Finders { gazetteer: list, ..Finders::default() };
        find(&finders, &bytes);
    }
}
