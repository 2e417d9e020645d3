//! `--skip-bad`: what is left out is counted, by every command that reads data.

mod common;

use std::fs;

use common::{Place, text};

/// Training and test data with one and two sentences that cannot be read.
fn place() -> Place {
    let place = Place::new();
    let bad = "{\"text\": \"A <e1>b</e1> c.\", \"relation\": \"cause_effect\"}\n";
    for (name, times) in [("train.jsonl", 1), ("test.jsonl", 2)] {
        let good = fs::read_to_string(place.path(name)).unwrap();
        fs::write(place.path(name), good + &bad.repeat(times)).unwrap();
    }
    place
}

const TRAIN: &str =
    "train --train train.jsonl --vectors v.txt --learner fcm --arm supervised --epochs 2 --out model";

#[test]
fn skipped_instances_are_in_every_exit_code_and_report() {
    let place = place();
    assert!(place.fails(TRAIN).contains("train.jsonl:121: field `text`"));
    let trained = place.run(&format!("{TRAIN} --test test.jsonl --skip-bad --json"));
    let said = text(&trained.stderr);
    assert_eq!(trained.status.code(), Some(3), "{said}");
    assert!(said.contains("train.jsonl: 120 instances read, 1 skipped"), "{said}");
    let provenance: serde_json::Value = serde_json::from_slice(&trained.stdout).unwrap();
    assert_eq!(provenance["left_out"], 3, "of training and test data");

    let json = place.run("evaluate model test.jsonl --skip-bad --json");
    let scores: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&scores["instances"], &scores["left_out"]), (&60.into(), &2.into()));
    for command in [
        "check test.jsonl",
        "evaluate model test.jsonl --skip-bad",
        "predict model test.jsonl --skip-bad",
        "explain model --data test.jsonl --skip-bad",
        "explain model --data test.jsonl --mistakes --skip-bad",
        "convert test.jsonl --to tacred --out converted.json --skip-bad",
    ] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(3), "{command}: {}", text(&output.stderr));
    }
}

#[test]
fn the_official_report_of_fewer_instances_is_no_success() {
    let place = place();
    for name in ["train.jsonl", "test.jsonl"] {
        let data = fs::read_to_string(place.path(name)).unwrap();
        let directed = data
            .lines()
            .map(|line| {
                let (before, after) = line.split_once("\"relation\":").unwrap();
                let label = after.trim_start().split('"').nth(1).unwrap();
                let official =
                    if label == "no_relation" { "Other".to_owned() } else { format!("{label}(e1,e2)") };
                format!("{before}\"relation\":{}\n", after.replacen(label, &official, 1))
            })
            .collect::<String>();
        fs::write(place.path(name), directed).unwrap();
    }
    assert_eq!(place.run(&format!("{TRAIN} --skip-bad")).status.code(), Some(3));
    let report = place.run("evaluate model test.jsonl --official --skip-bad");
    assert_eq!(report.status.code(), Some(3), "{}", text(&report.stderr));
    assert!(text(&report.stdout).contains("MACRO-averaged"), "{}", text(&report.stdout));
}

#[test]
fn experiments_and_searches_can_leave_bad_instances_out() {
    let place = place();
    let data = "[data]\ntrain = \"train.jsonl\"\ntest = \"test.jsonl\"\nvectors = \"v.txt\"\n";
    let learner = "preset = \"semeval/fcm\"\nsupervised.epochs = 2\n";
    let plan = format!(
        "dev_size = 20\n{data}[learners.fcm]\n{learner}\
         [[grid]]\narms = [\"supervised\"]\nfractions = [1.0]\nseeds = [1]\n"
    );
    fs::write(place.path("plan.toml"), plan).unwrap();
    assert!(place.fails("experiment plan.toml --out out").contains("train.jsonl:121: field `text`"));
    let ran = place.run("experiment plan.toml --out out --skip-bad");
    assert_eq!(ran.status.code(), Some(3), "{}", text(&ran.stderr));
    // The folder's own recipe says so, too.
    let reported = place.run("experiment --report out");
    assert_eq!(reported.status.code(), Some(3), "{}", text(&reported.stderr));
    let script = text(&place.run("experiment plan.toml --out out --skip-bad --emit slurm").stdout);
    assert!(script.contains(" --skip-bad"), "{script}");

    let search = format!(
        "fraction = 1.0\ndev_size = 20\n{}[baseline]\n{learner}\
         [search]\nsupervised.learning_rate = {{ from = 0.1, to = 2.0 }}\n[budget]\ntrials = 1\nseeds = [1]\n",
        data.replace("test = \"test.jsonl\"\n", "")
    );
    fs::write(place.path("t.toml"), search).unwrap();
    assert!(place.fails("tune t.toml --dry-run").contains("train.jsonl:121: field `text`"));
    let listed = place.run("tune t.toml --dry-run --skip-bad");
    assert_eq!(listed.status.code(), Some(3), "{}", text(&listed.stderr));
}
