//! The scorers against what the original scorers printed.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use mlrc_corpus::scoring::semeval::{Evaluation, score_files};
use mlrc_corpus::scoring::{Rates, Scorer, SemEvalResult, read_answers};
use serde::Deserialize;

/// The files of `folder` whose names begin and end so, with what stands between.
fn files(folder: &Path, prefix: &str, suffix: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(case) = name.strip_prefix(prefix).and_then(|name| name.strip_suffix(suffix)) {
            found.push((case.to_owned(), path.clone()));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no {prefix}*{suffix} in {}", folder.display());
    found
}

fn assert_parity(proposed: &Path, key: &Path, expected: &Path) {
    let result = score_files(proposed, key).unwrap();
    let expected = fs::read_to_string(expected).unwrap().replace("\r\n", "\n");
    let found = result.to_string();
    for (line, (found, expected)) in (1..).zip(found.lines().zip(expected.lines())) {
        assert_eq!(found, expected, "{} line {line}", proposed.display());
    }
    assert_eq!(found, expected, "{}", proposed.display());
    assert_values(&result, proposed, key, &expected);
}

/// The values that programs read are those that the text shows.
fn assert_values(result: &SemEvalResult, proposed: &Path, key: &Path, text: &str) {
    let scores =
        Scorer::semeval().score(&read_answers(key).unwrap(), &read_answers(proposed).unwrap()).unwrap();
    let sections: Vec<&str> = text.split("<<< (").skip(1).collect();
    for (name, evaluation, section) in [
        ("directed_", &result.directed, sections[0]),
        ("undirected_", &result.undirected, sections[1]),
        ("official_", &result.official, sections[2]),
    ] {
        let rates = |rates: Rates| vec![rates.precision, rates.recall, rates.f1];
        let averages = [rates(evaluation.micro), rates(evaluation.macro_average)].concat();
        assert_percent(&averages, &percents(section, "P = "), name);
        let accuracy = evaluation.accuracy;
        let accuracies = [accuracy.answered, accuracy.skipped_wrong, accuracy.skipped_other];
        assert_percent(&accuracies, &percents(section, "Accuracy"), name);
        assert_percent(&[evaluation.coverage], &percents(section, "Coverage"), name);
        assert_relations(evaluation, section);

        let macro_name = if name == "official_" { name.to_owned() } else { format!("{name}macro_") };
        assert_eq!(scores.get(&format!("{macro_name}f1")), Some(evaluation.macro_average.f1));
        assert_eq!(scores.get(&format!("{macro_name}precision")), Some(evaluation.macro_average.precision));
        assert_eq!(scores.get(&format!("{macro_name}recall")), Some(evaluation.macro_average.recall));
        assert_eq!(scores.get(&format!("{name}micro_f1")), Some(evaluation.micro.f1));
    }
    assert_eq!(
        (scores.primary.name.as_str(), scores.primary.value),
        ("official_f1", result.official.macro_average.f1)
    );
    assert_percent(&[scores.primary.value], &percents(text, "<<< The official score"), "official_f1");
}

fn assert_relations(evaluation: &Evaluation, section: &str) {
    let rows: Vec<&str> = section.lines().filter(|line| line.contains(" :    P = ")).collect();
    assert_eq!(evaluation.relations.len(), rows.len());
    for (relation, row) in evaluation.relations.iter().zip(rows) {
        let name = row.split(" : ").next().unwrap().trim();
        assert_eq!(relation.relation, name.strip_prefix('_').unwrap_or(name));
        let rates = [relation.rates.precision, relation.rates.recall, relation.rates.f1];
        assert_percent(&rates, &percents(row, ""), name);
    }
}

/// The percentages on the lines that begin so.
fn percents(text: &str, start: &str) -> Vec<f64> {
    let lines = text.lines().filter(|line| line.starts_with(start));
    let words = lines.flat_map(str::split_whitespace).filter_map(|word| word.strip_suffix('%'));
    words.map(|number| number.parse().unwrap()).collect()
}

fn assert_percent(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (100.0 * found - expected).abs() < 0.005 + 1e-9,
            "{what} {index}: {found} instead of {expected} %"
        );
    }
}

#[test]
fn semeval_parity_on_the_test_set() {
    let (Some(data), Some(fixtures)) = (common::data("scoring_parity"), common::fixtures("scoring_parity"))
    else {
        return;
    };
    let folder = fixtures.join("semeval_scorer");
    let key = data.join("semeval2010/TEST_KEY_DIRECTIONAL.txt");
    for (case, proposed) in files(&folder, "", ".proposed.txt") {
        assert_parity(&proposed, &key, &folder.join(format!("{case}.result.txt")));
    }
}

#[test]
fn semeval_parity_on_the_scorers_own_cases() {
    let Some(fixtures) = common::fixtures("scoring_parity") else { return };
    let folder = fixtures.join("semeval_scorer/official");
    for (case, result) in files(&folder, "result_scores", ".txt") {
        let proposed = folder.join(format!("proposed_answer{case}.txt"));
        assert_parity(&proposed, &folder.join(format!("answer_key{case}.txt")), &result);
    }
}

/// Case 4 of the official scorer's has misspelt labels on lines 2, 3 and 5, and an id twice, on line 7.
#[test]
fn semeval_parity_in_what_is_refused() {
    let Some(fixtures) = common::fixtures("scoring_parity") else { return };
    let folder = fixtures.join("semeval_scorer/official");
    let key = folder.join("answer_key3.txt");
    let text = fs::read_to_string(folder.join("proposed_answer4.txt")).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let scratch = std::env::temp_dir().join(format!("mlrc-scoring-parity-{}.txt", std::process::id()));
    for (line, problem, repaired) in [
        (2, "unknown label `Message-Topc(e1,e2)`; expected `Other` or one of Cause-Effect,", "6\tOther"),
        (3, "unknown label `Cause-Effect(e1, e2)`", "7\tOther"),
        (5, "unknown label `Instrument-Agency (e2,e1)`", "5\tOther"),
        (7, "id `1` was answered on an earlier line", "99\tOther"),
        (7, "the key ", "9\tOther"),
    ] {
        fs::write(&scratch, lines.join("\r\n")).unwrap();
        let error = score_files(&scratch, &key).unwrap_err().to_string();
        assert!(error.contains(&format!("{}:{line}: {problem}", scratch.display())), "{error}");
        lines[line - 1] = repaired;
    }
    fs::write(&scratch, lines.join("\r\n")).unwrap();
    assert_eq!(score_files(&scratch, &key).unwrap().official.answered(), 7);
    fs::remove_file(&scratch).unwrap();
}

#[derive(Deserialize)]
struct TacredCase {
    name: String,
    gold: Vec<String>,
    predicted: Vec<String>,
    precision: f64,
    recall: f64,
    f1: f64,
}

#[test]
fn tacred_parity() {
    let Some(fixtures) = common::fixtures("scoring_parity") else { return };
    let text = fs::read_to_string(fixtures.join("tacred_scorer/cases.json")).unwrap();
    let cases: Vec<TacredCase> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let answers = |labels: Vec<String>| -> Vec<(String, String)> {
            labels.into_iter().enumerate().map(|(id, label)| (id.to_string(), label)).collect()
        };
        let scores = Scorer::tacred().score(&answers(case.gold), &answers(case.predicted)).unwrap();
        assert_eq!(scores.primary.name, "micro_f1_without_negative");
        for (name, expected) in [("f1", case.f1), ("precision", case.precision), ("recall", case.recall)] {
            let found = scores.get(&format!("micro_{name}_without_negative")).unwrap();
            assert!((found - expected).abs() < 1e-12, "{} {name}: {found} instead of {expected}", case.name);
        }
    }
}
