//! What is done with probabilities: answers below a threshold, thresholds for a precision, reliability.

mod common;

use std::fs;
use std::path::Path;

use common::{Place, text};
use serde_json::Value;

const MODEL: &str = "train --train train.jsonl --vectors v.txt --learner fcm --arm supervised --epochs 5 --no-annotations --quiet \
                     --out m";

fn lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An answer without thresholds: the right label, the label that was given, its probability.
struct Answer {
    gold: String,
    label: String,
    probability: f64,
}

fn answers(place: &Place) -> Vec<Answer> {
    let gold = lines(&fs::read_to_string(place.path("test.jsonl")).unwrap());
    let given = lines(&place.succeeds("predict m test.jsonl --format jsonl"));
    let of = |(gold, given): (Value, Value)| {
        assert_eq!(gold["id"], given["id"]);
        let label = |value: &Value| value["relation"].as_str().unwrap().to_owned();
        let probability = given["probability"].as_f64().unwrap();
        Answer { gold: label(&gold), label: label(&given), probability }
    };
    gold.into_iter().zip(given).map(of).collect()
}

/// The middle one of the probabilities.
fn median(answers: &[Answer]) -> f64 {
    let mut probabilities: Vec<f64> = answers.iter().map(|answer| answer.probability).collect();
    probabilities.sort_by(f64::total_cmp);
    probabilities[probabilities.len() / 2]
}

fn close(one: &Value, other: f64) -> bool {
    (one.as_f64().unwrap() - other).abs() < 1e-9
}

#[test]
fn what_is_abstained_from_is_clear_in_every_format() {
    let place = Place::new();
    place.succeeds(MODEL);
    let answers = answers(&place);
    let least = median(&answers);
    let fewer = answers.iter().filter(|answer| answer.probability < least).count();
    assert!(fewer > 10, "{fewer}");

    let output = place.run(&format!("predict m test.jsonl --format jsonl --top-k 2 --abstain {least}"));
    let said = text(&output.stderr);
    let counted = format!("abstained from {fewer} of 60 sentences ({:.1} %)", 100.0 * fewer as f64 / 60.0);
    assert!(output.status.success() && said.contains(&counted), "{said}");
    assert!(said.contains("warning: the probabilities of this model (fcm) are not calibrated"), "{said}");
    for (line, answer) in lines(&text(&output.stdout)).iter().zip(&answers) {
        let abstained = answer.probability < least;
        assert_eq!(line["abstained"], abstained, "{line}");
        assert!(close(&line["probability"], answer.probability), "{line}");
        assert_eq!(line["top"][0]["relation"], answer.label.as_str());
        let (given, other) = if abstained { ("guess", "relation") } else { ("relation", "guess") };
        assert_eq!(line[given], answer.label.as_str(), "{line}");
        assert!(line[other].is_null(), "{line}");
    }

    let tsv = place.succeeds(&format!("predict m test.jsonl --top-k 2 --abstain {least}"));
    let plain = place.succeeds("predict m test.jsonl --top-k 2");
    for ((line, plain), answer) in tsv.lines().zip(plain.lines()).zip(&answers) {
        let (fields, before): (Vec<&str>, Vec<&str>) =
            (line.split('\t').collect(), plain.split('\t').collect());
        let [label, guess] =
            if answer.probability < least { ["", &answer.label] } else { [&*answer.label, ""] };
        assert_eq!(fields, [before[0], label, before[2], before[3], before[4], guess]);
    }

    let semeval = place.succeeds(&format!("predict m test.jsonl --format semeval --abstain {least}"));
    assert_eq!(semeval.lines().count(), 60 - fewer);
    let answered = answers.iter().filter(|answer| answer.probability >= least);
    assert!(
        semeval.lines().zip(answered).all(|(line, answer)| line.ends_with(&format!("\t{}", answer.label)))
    );
}

#[test]
fn a_relation_has_its_own_threshold_and_wrong_ones_are_named() {
    let place = Place::new();
    place.succeeds(MODEL);
    let answers = answers(&place);
    let label = &answers[0].label;
    let only = format!("predict m test.jsonl --format jsonl --threshold {label}=1");
    for (line, answer) in lines(&place.succeeds(&only)).iter().zip(&answers) {
        assert_eq!(line["abstained"], answer.label == *label && answer.probability < 1.0, "{line}");
    }

    let said = place.fails("predict m test.jsonl --threshold cause_efect=0.9");
    assert!(said.contains("a threshold is for `cause_efect`, which is no relation of the model"), "{said}");
    assert!(said.contains("did you mean `cause_effect`?") && said.contains("mlrc show MODEL"), "{said}");
    let said = place.fails(&format!("evaluate m test.jsonl --threshold {label}=0.9 --threshold {label}=0.8"));
    assert!(said.contains("has two thresholds; give one"), "{said}");
    for (arguments, expected) in [
        ("--abstain 1.5", "expected a number from 0 to 1"),
        ("--abstain -0.1", "expected a number from 0 to 1"),
        ("--threshold cause_effect", "expected a relation, = and a number from 0 to 1"),
        ("--threshold cause_effect=2", "expected a number from 0 to 1"),
    ] {
        let output = place.run(&format!("predict m test.jsonl {arguments}"));
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(text(&output.stderr).contains(expected), "{arguments}: {}", text(&output.stderr));
    }
}

#[test]
fn evaluation_says_what_is_answered_and_how_reliable_it_is() {
    let place = Place::new();
    place.succeeds(MODEL);
    let answers = answers(&place);
    let least = median(&answers);
    let report: Value =
        serde_json::from_str(&place.succeeds(&format!("evaluate m test.jsonl --json --abstain {least}")))
            .unwrap();
    let right = |answers: &[&Answer]| {
        answers.iter().filter(|answer| answer.gold == answer.label).count() as f64 / answers.len() as f64
    };
    let (given, others): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.probability >= least);
    let selection = &report["selection"];
    assert_eq!((&selection["instances"], &selection["answered"]), (&60.into(), &given.len().into()));
    assert!(close(&selection["coverage"], given.len() as f64 / 60.0), "{selection}");
    assert!(close(&selection["accuracy"], right(&given)), "{selection}");
    assert!(close(&selection["accuracy_of_abstained"], right(&others)), "{selection}");

    let bins = report["reliability"].as_array().unwrap();
    assert_eq!(bins.len(), 10);
    let mut off = 0.0;
    for (place, bin) in bins.iter().enumerate() {
        let within: Vec<&Answer> =
            answers.iter().filter(|answer| (answer.probability * 10.0).min(9.0) as usize == place).collect();
        assert_eq!(bin["answers"], within.len(), "{bin}");
        if !within.is_empty() {
            let confidence =
                within.iter().map(|answer| answer.probability).sum::<f64>() / within.len() as f64;
            assert!(
                close(&bin["accuracy"], right(&within)) && close(&bin["confidence"], confidence),
                "{bin}"
            );
            off += within.len() as f64 / 60.0 * (confidence - right(&within)).abs();
        }
    }
    assert!(close(&report["calibration_error"], off), "{off}");

    let shown = place.succeeds(&format!("evaluate m test.jsonl --abstain {least} --reliability-svg r.svg"));
    let answered = format!("with --abstain {least}: {} of 60 answered", given.len());
    assert!(
        shown.contains(&answered) && shown.contains("probability   answers  on average    right"),
        "{shown}"
    );
    assert!(fs::read_to_string(place.path("r.svg")).unwrap().contains("60 answers, off by"));
    let said = place.fails("evaluate m test.jsonl --reliability-svg r.svg");
    assert!(said.contains("r.svg already exists") && said.contains("--force"), "{said}");
    place.succeeds("evaluate m test.jsonl --reliability-svg r.svg --force");
}

#[test]
fn thresholds_for_a_precision_are_found_and_hold_when_they_are_pasted() {
    let place = Place::new();
    place.succeeds(MODEL);
    let answers = answers(&place);
    let wanted = 0.9;
    let report: Value =
        serde_json::from_str(&place.succeeds("evaluate m test.jsonl --json --precision 0.9")).unwrap();
    let needed = report["needed"]["thresholds"].as_array().unwrap();
    let mut reached = 0;
    for found in needed {
        let is_it = |label: &str| match found["relation"].as_str() {
            Some(relation) => label == relation,
            None => label != "no_relation",
        };
        // Every threshold that makes a difference, the long way.
        let precision_at = |least: f64| {
            let given: Vec<&Answer> =
                answers.iter().filter(|answer| is_it(&answer.label) && answer.probability >= least).collect();
            let right = given.iter().filter(|answer| answer.gold == answer.label).count();
            (given.len(), right as f64 / given.len() as f64)
        };
        let support = answers.iter().filter(|answer| is_it(&answer.gold)).count();
        assert_eq!(found["support"], support, "{found}");
        let best = answers
            .iter()
            .filter(|answer| is_it(&answer.label))
            .map(|answer| precision_at(answer.probability))
            .filter(|(_, precision)| *precision >= wanted)
            .map(|(given, _)| given)
            .max();
        match best {
            Some(given) => {
                let point = &found["reached"];
                assert_eq!(point["answered"], given, "{found}");
                let (again, precision) = precision_at(point["threshold"].as_f64().unwrap());
                assert_eq!(again, given, "{found}");
                assert!(precision >= wanted && close(&point["precision"], precision), "{found}");
                reached += 1;
            }
            None => assert!(found["reached"].is_null(), "{found}"),
        }
    }
    assert!(reached > 1 && needed.len() == 5, "{needed:?}");

    let shown = place.succeeds("evaluate m test.jsonl --precision 0.9");
    let line = shown.lines().find(|line| line.starts_with("one for each:")).unwrap();
    let pasted = line.split_once("mlrc predict m").map_or("", |(_, flags)| flags);
    let given = lines(&place.succeeds(&format!("predict m test.jsonl --format jsonl{pasted} --abstain 0")));
    for found in needed.iter().filter(|found| !found["relation"].is_null() && !found["reached"].is_null()) {
        let of_it = given.iter().filter(|line| line["relation"] == found["relation"]).count();
        assert_eq!(found["reached"]["answered"], of_it, "{found}");
    }
}

#[test]
fn a_calibrated_model_is_not_warned_of() {
    let place = Place::new();
    let encoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mlrc/tests/encoders/bert");
    place.succeeds(&format!("train --train train.jsonl --vectors {} --quiet --out m", encoder.display()));
    let output = place.run("predict m test.jsonl --abstain 0.5");
    let said = text(&output.stderr);
    assert!(output.status.success() && said.contains("abstained from"), "{said}");
    assert!(!said.contains("calibrated"), "{said}");
}
