//! `mlrc suggest`.

mod common;

use std::fs;
use std::path::Path;

use common::{Place, text};
use serde_json::Value;

fn lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn encoder() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../mlrc/tests/encoders/bert").display().to_string()
}

#[test]
fn sentences_are_suggested_before_there_is_a_model_and_with_one() {
    let place = Place::new();
    let vectors = encoder();
    let first = place.run(&format!("suggest train.jsonl --vectors {vectors} --count 30 --out first.jsonl"));
    let said = text(&first.stderr);
    assert!(first.status.success(), "{said}");
    assert!(said.contains("30 sentences to label: 6 by random, 24 by facility"), "{said}");
    assert!(said.contains("6 of them at random: only these tell how good a model is"), "{said}");
    let suggested = lines(&fs::read_to_string(place.path("first.jsonl")).unwrap());
    assert_eq!(suggested.len(), 30);
    assert!(suggested.iter().all(|line| line["relation"].is_null() && line.get("guess").is_none()));
    assert!(suggested[0]["sentence"].as_str().unwrap().contains("<e1>"), "{}", suggested[0]);

    // The annotator fills relations in, here from the data.
    let train = lines(&fs::read_to_string(place.path("train.jsonl")).unwrap());
    let gold = |id: &Value| train.iter().find(|line| line["id"] == *id).unwrap()["relation"].clone();
    let filled: Vec<String> = suggested
        .iter()
        .map(|line| {
            let mut line = line.clone();
            line["relation"] = gold(&line["id"]);
            line.to_string()
        })
        .collect();
    fs::write(place.path("filled.jsonl"), filled.join("\n")).unwrap();
    let trained = place.run(&format!("train --train filled.jsonl --vectors {vectors} --out model"));
    assert!(trained.status.success(), "{}", text(&trained.stderr));
    assert!(!text(&trained.stderr).contains("margin"), "its own fields are known: {}", text(&trained.stderr));

    let next = "suggest model train.jsonl --already filled.jsonl --count 10 --random-share 0.2";
    let second = place.run(next);
    let said = text(&second.stderr);
    assert!(said.contains("labelled already or twice in the pool: not considered"), "{said}");
    assert!(said.contains("10 sentences to label: 2 by random, 8 by margin-facility"), "{said}");
    let more = lines(&text(&second.stdout));
    assert_eq!(more.len(), 10);
    for line in &more {
        assert!(suggested.iter().all(|earlier| earlier["id"] != line["id"]), "{line}");
        assert!(line["guess"].is_string() && (0.0..=1.0).contains(&line["margin"].as_f64().unwrap()));
    }
    assert_eq!(text(&place.run(&format!("{next} --threads 1")).stdout), text(&second.stdout));
}

#[test]
fn what_is_missing_is_said() {
    let place = Place::new();
    let said = place.fails("suggest train.jsonl");
    assert!(said.contains("without a model, sentences can only be compared by vectors"), "{said}");
    assert!(said.contains("--vectors minilm"), "{said}");
    let said = place.fails(&format!("suggest train.jsonl --vectors {} --strategy entropy", encoder()));
    assert!(said.contains("the strategy entropy chooses by what a model is unsure about"), "{said}");
    let said = text(&place.run("suggest train.jsonl --strategy best").stderr);
    assert!(said.contains("expected one of random, margin, entropy, facility, margin-facility"), "{said}");
}

#[test]
fn labelling_is_simulated() {
    let place = Place::new();
    let simulated = place.succeeds(&format!(
        "suggest train.jsonl --simulate test.jsonl --vectors {} --sizes 20,40 --seeds 2 --count 10",
        encoder()
    ));
    assert!(simulated.contains("| labels | suggested | random | difference |"), "{simulated}");
    assert!(simulated.contains("| 20 |") && simulated.contains("| 40 |"), "{simulated}");
}
