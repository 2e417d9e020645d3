//! Learners that read dependency trees, and explanations, as a user meets them.

mod common;

use std::fs;

use common::{Place, TRAIN, text};

#[test]
fn a_learner_of_trees_is_trained_used_and_explained() {
    let place = Place::new();
    assert!(place.succeeds("check train.jsonl").contains("regions, fcm, pa-lstm, c-gcn and gcn\n"));
    place.succeeds(&format!("{TRAIN} --preset semeval/c-gcn --no-meta --out model"));
    let request: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(place.path("model/run.json")).unwrap()).unwrap();
    let learner = &request["options"]["learner"];
    // The preset's, and what flags made of it.
    assert_eq!((&learner["kind"], &learner["layers"]), (&"c-gcn".into(), &1.into()));
    assert_eq!((&learner["lstm"], &learner["hidden"]), (&16.into(), &16.into()));
    assert_eq!(request["options"]["supervised"]["epochs"], 5);
    assert_eq!(request["options"]["supervised"]["decay"], 0.95_f32);
    assert_eq!(place.succeeds("predict model test.jsonl").lines().count(), 60);

    let raw = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.";
    for (command, says) in [
        ("predict model --text", "<text>:1: instance `1`: field `heads`: no dependency heads"),
        ("explain model", "the model reads dependency trees, which a plain sentence does not have"),
    ] {
        let output = place.command(command).arg(raw).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(says) && said.contains("docs/FORMATS.md"), "{said}");
    }

    let outline = place.succeeds("explain model --data test.jsonl --id synth-2-3 --svg tree.svg");
    assert!(outline.contains("share of the max-pool") && outline.contains("← subject"), "{outline}");
    let svg = fs::read_to_string(place.path("tree.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("pool of the object") && svg.contains("<path"));
    let json = place.succeeds("explain model --data test.jsonl --id synth-2-3 --json");
    let explained: serde_json::Value = serde_json::from_str(&json).unwrap();
    for pool in ["sentence", "subject", "object"] {
        let shares: f64 = explained[0]["pools"][pool]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(serde_json::Value::as_f64)
            .sum();
        assert!((shares - 1.0).abs() < 1e-4, "{pool}: {shares}");
    }
    let output = place.run("explain model --data test.jsonl --mistakes --limit 2");
    assert!(text(&output.stderr).contains("of 60 misclassified"));
    assert_eq!(text(&output.stdout).matches(", but labelled ").count(), 2);
}

#[test]
fn attention_is_explained_for_any_sentence() {
    let place = Place::new();
    place.succeeds(&format!("{TRAIN} --no-meta --no-annotations --out model"));
    let raw = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.";
    let output = place.command("explain model --json").arg(raw).output().unwrap();
    let explained: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let weights: Vec<f64> =
        explained[0]["attention"].as_array().unwrap().iter().filter_map(serde_json::Value::as_f64).collect();
    assert_eq!(weights.len(), 8);
    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-5);
}

#[test]
fn trees_that_are_none_are_mended_and_told() {
    let place = Place::new();
    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let mut lines: Vec<serde_json::Value> =
        data.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let size = lines[4]["tokens"].as_array().unwrap().len();
    lines[4]["heads"] = vec![0; size].into();
    let forest: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(place.path("forest.jsonl"), forest).unwrap();
    let train = TRAIN.replace("train.jsonl", "forest.jsonl").replace(" --quiet", "");
    let output = place.run(&format!("{train} --learner gcn --no-meta --out model"));
    assert!(output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("instance `synth-1-4`: its dependency heads do not form a tree"), "{said}");
    assert!(said.contains(&format!("{size} roots: the others attached to the first, token 1")), "{said}");
}

#[test]
fn sentences_without_a_parse_are_named_and_can_be_skipped() {
    let place = Place::new();
    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let heads = |line: &str| line.split("\"heads\":").count() == 2;
    assert!(data.lines().all(heads));
    let without = |number: usize, line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        if number % 50 == 9 {
            value["heads"] = serde_json::Value::Null;
        }
        format!("{value}\n")
    };
    let some: String = data.lines().enumerate().map(|(number, line)| without(number, line)).collect();
    fs::write(place.path("some.jsonl"), some).unwrap();
    assert!(place.succeeds("check some.jsonl").contains("c-gcn and gcn with --skip-bad (no parse: 3)"));

    let train = TRAIN.replace("train.jsonl", "some.jsonl") + " --learner gcn --no-meta --out model";
    assert!(place.fails(&train).contains("some.jsonl:10: instance `synth-1-9`: field `heads`"));
    assert!(!place.path("model").exists(), "unsuitable data leaves nothing behind");
    assert_eq!(place.run(&format!("{train} --skip-bad")).status.code(), Some(3));
    // What stands before is predicted, however it is cut into batches.
    for _ in 0..3 {
        let output = place.run("predict model some.jsonl");
        assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(1), 9));
    }
    let output = place.run("predict model some.jsonl --skip-bad");
    assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(3), 117));
    assert_eq!(place.run("evaluate model some.jsonl --skip-bad").status.code(), Some(3));
}

#[test]
fn the_evidence_of_each_token_is_shown_on_both_sides() {
    let place = Place::new();
    let refused =
        place.fails("train --train train.jsonl --vectors v.txt --learner fcm --hidden 9 --out model");
    assert!(
        refused.contains("--hidden is an option of pa-lstm, c-gcn and gcn, but the learner is fcm"),
        "{refused}"
    );
    place.succeeds("train --train train.jsonl --vectors v.txt --learner fcm --arm supervised --out model");
    let request: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(place.path("model/run.json")).unwrap()).unwrap();
    assert_eq!(request["options"]["supervised"]["order"], "balanced");
    let raw = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.";
    let output = place.command("explain model --svg evidence.svg").arg(raw).output().unwrap();
    insta::assert_snapshot!(text(&output.stdout));
    assert!(
        fs::read_to_string(place.path("evidence.svg")).unwrap().contains("evidence: above the words for")
    );
    let output = place.command("explain model --json").arg(raw).output().unwrap();
    let explained: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let evidence = &explained[0]["evidence"];
    assert_eq!(evidence["relation"], explained[0]["predicted"][0]["relation"]);
    assert_eq!(evidence["over"], explained[0]["predicted"][1]["relation"]);
    assert_eq!(evidence["tokens"].as_array().unwrap().len(), 8);

    // Of a mistake, the evidence is against what would have been right.
    place.succeeds(
        "train --train train.jsonl --vectors v.txt --learner fcm --arm supervised --epochs 1 --out poor",
    );
    let json = place.succeeds("explain poor --data test.jsonl --mistakes --limit 60 --json");
    let mistakes: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(!mistakes.as_array().unwrap().is_empty(), "one epoch teaches little");
    for mistake in mistakes.as_array().unwrap() {
        assert_eq!(mistake["evidence"]["over"], mistake["relation"]);
        assert_ne!(mistake["evidence"]["relation"], mistake["relation"]);
    }
}
