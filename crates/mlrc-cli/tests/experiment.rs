//! `mlrc experiment` as a user meets it: what it leaves behind, and that nothing which happens to it on the way matters.

mod common;

use std::fs;
use std::time::Duration;

use common::{Place, text};

const PLAN: &str = r#"
about = "small"
dev_size = 30
[data]
train = "train.jsonl"
test = "test.jsonl"
vectors = "v.txt"
[learners.pa-lstm]
preset = "semeval/pa-lstm"
learner.hidden = 8
learner.attention = 8
supervised.epochs = 4
meta.iterations = 30
[learners.c-gcn]
preset = "semeval/c-gcn"
learner.hidden = 8
learner.lstm = 6
supervised.epochs = 4
meta.iterations = 30
[[grid]]
arms = ["supervised", "supervised-matched", "mlrc", "joint"]
fractions = [0.5, 1.0]
seeds = "1-2"
"#;

fn place() -> Place {
    let place = Place::new();
    fs::write(place.path("plan.toml"), PLAN).unwrap();
    place
}

fn tables(place: &Place, out: &str) -> String {
    fs::read_to_string(place.path(out).join("tables.md")).unwrap()
}

#[test]
fn a_plan_becomes_results_and_tables() {
    let place = place();
    let listed = place.succeeds("experiment plan.toml --out out --dry-run");
    assert_eq!(listed.lines().count(), 2 * 4 * 2 * 2);
    assert_eq!(listed.lines().next(), Some("c-gcn, supervised, 50 %, seed 1"));
    assert!(!place.path("out").exists());

    let printed = place.succeeds("experiment plan.toml --out out");
    assert_eq!(printed, tables(&place, "out"));
    assert!(printed.contains("### pa-lstm, best-dev: micro_f1_without_negative on test, in per cent"));
    assert!(printed.contains("| labels | supervised | supervised-matched | mlrc | joint |"));
    assert_eq!(
        printed.matches(" − ").count(),
        2 * 2 * 2 * 6,
        "pairs of arms for each learner, fraction and selection"
    );
    let rows = fs::read_to_string(place.path("out/results.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len(), 32);
    for row in &rows {
        assert_eq!(row["test"]["last"]["instances"], 60);
        assert!(row["instance_gradients"].as_u64().unwrap() > 0 && row["split_hash"].is_string());
    }
    // The arms of a fraction and seed saw the same sentences.
    let splits: std::collections::HashSet<&str> = rows
        .iter()
        .filter(|row| row["fraction"] == 0.5 && row["seed"] == 1)
        .map(|row| row["split_hash"].as_str().unwrap())
        .collect();
    assert_eq!(splits.len(), 1);

    // All is there: nothing is computed again, at any number of threads. A longer plan reuses what applies.
    let again = place.run("experiment plan.toml --out out --threads 1");
    assert!(text(&again.stderr).contains("32 jobs: 32 done, 0 to run"), "{}", text(&again.stderr));
    assert_eq!(text(&again.stdout), printed);
    fs::write(
        place.path("longer.toml"),
        PLAN.replace("1-2", "1-3").replace("meta.iterations = 30", "meta.iterations = 31"),
    )
    .unwrap();
    let longer = text(&place.run("experiment longer.toml --out out --dry-run").stderr);
    // Only supervised runs know nothing of meta-learning.
    assert!(longer.contains("48 jobs: 8 done, 40 to run"), "{longer}");
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_ends_with_the_same_tables() {
    let place = place();
    place.succeeds("experiment plan.toml --out whole");
    let mut state = 12_345_u64;
    for _ in 0..20 {
        let mut child = place.command("experiment plan.toml --out killed").spawn().unwrap();
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(5 + (state >> 33) % 200));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    place.succeeds("experiment plan.toml --out killed");
    assert_eq!(tables(&place, "killed"), tables(&place, "whole"));
    let names = |out: &str| {
        let entries = fs::read_dir(place.path(out).join("runs")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| !name.to_string_lossy().starts_with('.'));
        names.sort();
        names
    };
    assert_eq!(names("killed"), names("whole"));
}

#[test]
fn failures_are_kept_and_tried_again_only_when_asked() {
    let place = place();
    // With a hundredth of 90 instances there is nothing to train on.
    let plan = PLAN
        .replace("[0.5, 1.0]", "[0.001, 1.0]")
        .replace("arms = [\"supervised\", ", "arms = [")
        .replace("1-2", "1-1");
    fs::write(place.path("plan.toml"), plan).unwrap();
    let output = place.run("experiment plan.toml --out out");
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains("failed: expected a fraction of one instance or more"), "{said}");
    assert!(said.contains("6 jobs failed") && text(&output.stdout).contains("| 100 % |"), "{said}");
    assert_eq!(fs::read_dir(place.path("out/failures")).unwrap().count(), 6);
    let again = text(&place.run("experiment plan.toml --out out").stderr);
    assert!(again.contains("12 jobs: 6 done, 0 to run, 6 failed before"), "{again}");
    let retried = text(&place.run("experiment plan.toml --out out --retry-failed").stderr);
    assert!(retried.contains("6 done, 6 to run"), "{retried}");

    for (name, plan, says) in [
        ("a.toml", PLAN.replace("epochs", "epoch"), "a.toml: learners.c-gcn: unknown field `epoch`"),
        ("b.toml", PLAN.replace("train.jsonl", "nowhere.jsonl"), "nowhere.jsonl: cannot be read"),
        ("c.toml", PLAN.replace("test = \"test.jsonl\"", ""), "names no file for `test`"),
        ("d.toml", PLAN.replace("\"mlrc\"", "\"maml\""), "unknown variant `maml`"),
    ] {
        fs::write(place.path(name), plan).unwrap();
        let said = place.fails(&format!("experiment {name} --out never"));
        assert!(said.contains(says), "{said}");
        assert!(!place.path("never").exists());
    }
    let said = place.fails("experiment quick/semeval --out never");
    assert!(said.contains("--train FILE"), "{said}");
}
