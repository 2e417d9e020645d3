//! What is called with arbitrary bytes: everything of mlrc-corpus that reads. Fuzzing and an ordinary test
//! (`crates/mlrc-corpus/tests/fuzz_inputs.rs`) share it.

use std::io::Write as _;
use std::path::PathBuf;

use mlrc_corpus::candidates::{
    Counts, Finders, Gazetteer, PairOptions, Pattern, SimpleFinder, Text, TypePairs, write_pairs,
};
use mlrc_corpus::document::PairPolicy;
use mlrc_corpus::scoring::{Scorer, read_answers, semeval};
use mlrc_corpus::{
    Columns, Comparison, Corpus, Corrections, Descriptions, Format, Instance, InstanceStream, LabelSet,
    Notice, Parses, ReadOptions, Summary, Tokenizer, tidy_labels, write_conllu,
};

/// Does something with arbitrary bytes.
type Call = fn(&[u8]);

/// The entry points and their names, which are also those of the folders with their inputs.
pub const TARGETS: [(&str, Call); 8] = [
    ("read", read),
    ("read-forced", read_forced),
    ("round-trip", round_trip),
    ("folder", folder),
    ("names", names),
    ("candidates", candidates),
    ("answers", answers),
    ("options", options),
];

/// Reads a file of whatever format it seems to have, and does with it what `check` and `compare` do.
fn read(bytes: &[u8]) {
    for tokenizer in Tokenizer::ALL {
        let options = ReadOptions { skip_bad: true, tokenizer, ..ReadOptions::default() };
        read_as(bytes, &options);
    }
}

/// Reads a file as each format; the first byte chooses a policy for documents.
fn read_forced(bytes: &[u8]) {
    const POLICIES: [&str; 4] = [
        "",
        "unrelated=all,across=joined",
        "mentions=all,discontinuous=filled,several=joined",
        "sentences=whole",
    ];
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let pairs: PairPolicy = POLICIES[usize::from(choice) % POLICIES.len()].parse().expect("a policy");
    for format in Format::ALL {
        let options = ReadOptions {
            format: Some(format),
            skip_bad: true,
            pairs: pairs.clone(),
            ..ReadOptions::default()
        };
        read_as(bytes, &options);
    }
}

fn read_as(bytes: &[u8], options: &ReadOptions) {
    match Corpus::from_bytes(bytes, "f", options) {
        Ok(mut corpus) => {
            corpus.instances.iter().for_each(assert_valid);
            corpus.skipped.iter().for_each(|error| assert_points_into_snippet(error.notice()));
            corpus.warnings.iter().for_each(assert_points_into_snippet);
            assert_eq!(Summary::of(&corpus).instances, corpus.instances.len());
            let pair = Comparison::of(&[&corpus, &corpus]).pairs.remove(0);
            assert_eq!(pair.instances.count, corpus.instances.len());
            tidy_labels(&mut [&mut corpus], &[]);
            assert_eq!(tidy_labels(&mut [&mut corpus], &[]), [], "labels are tidy once they were tidied");
        }
        Err(error) => assert_points_into_snippet(error.notice()),
    }
    if let Ok(stream) = InstanceStream::new(bytes, "f", options) {
        stream.flatten().for_each(|instance| assert_valid(&instance));
    }
}

/// What was read is written in every format that can express it, and read again: the same words, entities and relations.
fn round_trip(bytes: &[u8]) {
    let options = ReadOptions { skip_bad: true, ..ReadOptions::default() };
    let Ok(corpus) = Corpus::from_bytes(bytes, "f", &options) else { return };
    // What has no relation is written as such only by some.
    for format in Format::ALL.into_iter().filter(|format| format.is_writable()) {
        let mut written = Vec::new();
        if format.write(&corpus.instances, &mut written).is_err() || corpus.instances.is_empty() {
            continue;
        }
        let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
        let again = Corpus::from_bytes(&written[..], "again", &options)
            .unwrap_or_else(|error| panic!("{format} cannot read what it wrote: {error}"));
        assert_eq!(again.instances.len(), corpus.instances.len(), "{format}");
        if format == Format::JSONL {
            for (instance, again) in corpus.instances.iter().zip(&again.instances) {
                assert_eq!(instance, again);
            }
        }
    }
    let mut parsed = Vec::new();
    if write_conllu(&corpus.instances, &mut parsed).is_ok()
        && let Ok(parses) = Parses::from_bytes(&parsed[..], "parses")
        && let Ok(joined) = corpus.with_parses(&parses)
    {
        joined.instances.iter().for_each(assert_valid);
    }
}

/// brat's two files, separated by a line of hyphens, and parses joined to a corpus.
fn folder(bytes: &[u8]) {
    let mut parts = split(bytes);
    let (Some(first), Some(second)) = (parts.next(), parts.next()) else { return };
    let place = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(place.path().join("a.txt"), first).expect("it can be written");
    std::fs::write(place.path().join("a.ann"), second).expect("it can be written");
    for path in [place.path().join("a.ann"), place.path().to_owned()] {
        match Corpus::read(path, &ReadOptions::default()) {
            Ok(corpus) => corpus.instances.iter().for_each(assert_valid),
            Err(error) => assert_points_into_snippet(error.notice()),
        }
    }
    if let (Ok(corpus), Ok(parses)) =
        (Corpus::from_bytes(first, "f", &ReadOptions::default()), Parses::from_bytes(second, "parses"))
    {
        match corpus.with_parses(&parses) {
            Ok(joined) => joined.instances.iter().for_each(assert_valid),
            Err(error) => assert_points_into_snippet(error.notice()),
        }
    }
}

/// Descriptions of labels and corrections.
fn names(bytes: &[u8]) {
    with_file(bytes, |path| match Descriptions::read(&path) {
        Ok(descriptions) => {
            let labels = LabelSet::new(["Cause-Effect(e1,e2)", "P177", "per:title"]).expect("labels");
            assert_eq!(descriptions.names(&labels).len(), labels.len());
            assert!(descriptions.strangers(&labels).count() <= bytes.len());
        }
        Err(error) => assert_points_into_snippet(error.notice()),
    });
    match Corrections::from_bytes(bytes.to_vec(), "corrections") {
        Ok(corrections) => assert!(corrections.len() <= bytes.len()),
        Err(error) => assert_points_into_snippet(error.notice()),
    }
}

/// A list of names, a pattern and a text, separated by lines of hyphens.
fn candidates(bytes: &[u8]) {
    let mut parts = split(bytes);
    let (list, pattern) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let raw = parts.next().unwrap_or_default();
    let mut finders = Finders { simple: SimpleFinder::ALL.to_vec(), ..Finders::default() };
    let mut gazetteer = Gazetteer::default();
    match gazetteer.add_bytes(list, "list") {
        Ok(warnings) => {
            warnings.iter().for_each(assert_points_into_snippet);
            finders.gazetteer = gazetteer;
        }
        Err(error) => assert_points_into_snippet(error.notice()),
    }
    finders.patterns.extend(String::from_utf8_lossy(pattern).trim().parse::<Pattern>().ok());
    let texts = [Text::paragraphs(raw, "text"), Text::of_json_lines(raw, "text", "text")];
    for texts in texts.into_iter().flatten() {
        let mut counts = Counts::new(&finders);
        for found in finders.find(&texts, &mut counts) {
            assert_eq!(found.document().entities.len(), found.finders().len());
        }
        let found = finders.find(&texts, &mut counts);
        let mut written = Vec::new();
        write_pairs(&found, &PairOptions::default(), &mut counts, &mut written)
            .expect("memory is written to");
        if !written.is_empty() {
            let pairs =
                Corpus::from_bytes(&written[..], "pairs", &ReadOptions::default()).expect("pairs are data");
            pairs.instances.iter().for_each(assert_valid);
        }
    }
}

/// SemEval's answers and keys, separated by a line of hyphens, with every scorer.
fn answers(bytes: &[u8]) {
    let mut parts = split(bytes);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    with_file(first, |proposed| {
        with_file(second, |key| {
            let _ = semeval::score_files(&proposed, &key);
            let (Ok(gold), Ok(predicted)) = (read_answers(&key), read_answers(&proposed)) else { return };
            for scorer in
                [Scorer::semeval(), Scorer::tacred(), Scorer::plain(None), Scorer::plain(Some("Other"))]
            {
                let Ok(scores) = scorer.score(&gold, &predicted) else { continue };
                assert!((0.0..=1.0).contains(&scores.primary.value) || scores.primary.value <= 100.0);
            }
        });
    });
}

/// What is read from a word of the command line.
fn options(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = text.parse::<Scorer>();
    let _ = text.parse::<Columns>();
    let _ = text.parse::<Format>();
    let _ = text.parse::<TypePairs>();
    let _ = text.parse::<PairPolicy>();
    for (escaped, raw) in
        [(mlrc_corpus::escape::terminal(text), '\u{1b}'), (mlrc_corpus::escape::markdown(text), '\n')]
    {
        assert!(!escaped.contains(raw), "{escaped:?}");
    }
}

/// The parts of an input, which lines of hyphens separate.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const SEPARATOR: &[u8] = b"\n----\n";
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let all = rest?;
        let end = all.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
        let (part, after) = end.map_or((all, None), |end| (&all[..end], Some(&all[end + SEPARATOR.len()..])));
        rest = after;
        Some(part)
    })
}

fn with_file(bytes: &[u8], read: impl FnOnce(PathBuf)) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("it can be written");
    read(file.path().to_owned());
}

fn assert_points_into_snippet(notice: &Notice) {
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
    assert!(!instance.subject.span.overlaps(instance.object.span), "{instance:?}");
    assert!(!instance.id.is_empty(), "{instance:?}");
    for layer in [&instance.pos, &instance.ner, &instance.deprels].into_iter().flatten() {
        assert_eq!(layer.len(), count);
    }
    if let Some(heads) = &instance.heads {
        assert!(heads.len() == count && heads.iter().all(|head| *head <= count));
    }
}
