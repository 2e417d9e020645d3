//! `mlrc tune` as a user meets it: what it finds, that nothing which happens to it on the way matters, and what it refuses.

mod common;

use std::fs;

use common::{Place, text};

const SEARCH: &str = r#"
about = "small"
fraction = 1.0
dev_size = 30
[data]
train = "train.jsonl"
vectors = "v.txt"
[baseline]
preset = "semeval/pa-lstm"
learner.hidden = 12
learner.attention = 12
supervised.epochs = 12
meta.iterations = 30
[search]
meta.relations = [2, 5]
meta.inner_learning_rate = { from = 0.01, to = 3.0, scale = "log" }
supervised.learning_rate = { from = 0.1, to = 2.0 }
[budget]
trials = 6
seeds = "1-4"
confirm = [11, 12, 13]
"#;

fn place() -> Place {
    let place = Place::new();
    fs::write(place.path("t.toml"), SEARCH).unwrap();
    place
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path(name)).unwrap()
}

/// The fields of a line of `trials.csv`.
fn row(csv: &str, trial: usize) -> Vec<String> {
    csv.lines().nth(1 + trial).unwrap().split(',').map(str::to_owned).collect()
}

#[test]
fn a_search_finds_a_recipe_to_train_with() {
    let place = place();
    let listed = place.run("tune t.toml --dry-run");
    let said = text(&listed.stderr);
    // 7 × 1, 4 × 1 more, 3 × 2 more.
    for says in ["rung 1: 6 trials and the baseline, seeds: 1; new runs: 7", "new runs: 4", "23 runs in all"]
    {
        assert!(said.contains(says), "{said}");
    }
    let listed = text(&listed.stdout);
    assert_eq!(listed.lines().count(), 1 + 7);
    assert_eq!(listed.lines().nth(1), Some("0\t1\t5\t1"), "the baseline's own values");

    let verdict = place.succeeds("tune t.toml --out out");
    assert!(verdict.contains("mean development score of") || verdict.contains("No trial did better"));
    let (csv, report) = (read(&place, "out/trials.csv"), read(&place, "out/report.md"));
    assert!(report.contains(verdict.trim_end()), "{report}");
    assert_eq!(csv.lines().count(), 1 + 7);
    // The means are those of the runs, and every rung's best went on.
    let runs: Vec<serde_json::Value> = place
        .names("out/runs")
        .iter()
        .map(|name| serde_json::from_str(&read(&place, &format!("out/runs/{name}"))).unwrap())
        .collect();
    let rungs: Vec<usize> = (0..7).map(|trial| row(&csv, trial)[1].parse().unwrap()).collect();
    assert_eq!(rungs[0], 3, "the baseline goes all the way: {csv}");
    assert_eq!([1, 2, 3].map(|rung| rungs[1..].iter().filter(|r| **r == rung).count()), [3, 1, 2]);
    for trial in 0..7 {
        let fields = row(&csv, trial);
        let of_trial: Vec<f64> = runs
            .iter()
            .filter(|run| run["options"]["seed"].as_u64().unwrap() < 10)
            .filter(|run| {
                let options = &run["options"];
                let shown = |value: &serde_json::Value| (value.as_f64().unwrap() as f32).to_string();
                fields[6] == shown(&options["meta"]["inner_learning_rate"])
                    && fields[7].parse().ok() == options["meta"]["relations"].as_u64()
                    && fields[8] == shown(&options["supervised"]["learning_rate"])
            })
            .map(|run| run["best_dev"][0].as_f64().unwrap())
            .collect();
        assert_eq!(of_trial.len().to_string(), fields[2], "{csv}");
        let mean = of_trial.iter().sum::<f64>() / of_trial.len() as f64;
        assert!((mean - fields[3].parse::<f64>().unwrap()).abs() < 1e-12, "{csv}");
    }
    let last: Vec<Vec<String>> = (0..7).map(|trial| row(&csv, trial)).filter(|row| row[1] == "3").collect();
    // Of equals the first.
    let mean = |row: &[String]| row[3].parse::<f64>().unwrap();
    let winner = last.iter().min_by(|a, b| mean(b).total_cmp(&mean(a))).unwrap();
    let best = read(&place, "out/best.toml");
    assert!(best.contains(&format!("inner_learning_rate = {}", winner[6])), "{best}\n{csv}");
    assert!(best.contains("epochs = 12"), "{best}");
    // Seven settings on one seed, four on another, three on two more; the best, if it is not the baseline, on fresh ones.
    assert_eq!(runs.len(), if winner[0] == "0" { 17 } else { 23 });
    for run in &runs {
        assert!(run["hashes"]["test"].is_null() && run["test"].as_object().unwrap().is_empty());
    }

    place.succeeds("train --train train.jsonl --vectors v.txt --preset out/best.toml --out model --quiet");
    // What was found goes into an experiment, and its folder keeps it whole.
    let plan = "dev_size = 30\n[learners.tuned]\npreset = \"out/best.toml\"\nsupervised.epochs = 2\n\
                [[grid]]\narms = [\"mlrc\"]\nfractions = [1.0]\nseeds = [1]\n";
    fs::write(place.path("plan.toml"), plan).unwrap();
    place.succeeds(
        "experiment plan.toml --train train.jsonl --test test.jsonl --vectors v.txt --out final --threads 1",
    );
    let kept = read(&place, "final/experiment.toml");
    assert!(kept.contains(&format!("inner_learning_rate = {}", winner[6])), "{kept}");
    assert!(kept.contains("epochs = 2") && !kept.contains("preset ="), "{kept}");
    fs::write(place.path("broken.toml"), best.replace("epochs", "epoch")).unwrap();
    fs::write(place.path("plan.toml"), plan.replace("out/best", "broken")).unwrap();
    let said = place.fails("experiment plan.toml --out final");
    assert!(said.contains("unknown field `epoch`") && said.contains("broken.toml:"), "{said}");

    // Nothing is computed again; more trials begin with the same ones.
    let again = place.run("tune t.toml --out out --threads 1");
    assert!(text(&again.stderr).contains("rung 1: 7 settings, seeds: 1; runs: 7, 0 of them to do"));
    assert_eq!(text(&again.stdout), verdict);
    let more = text(&place.run("tune t.toml --out out --trials 8").stderr);
    assert!(more.contains("rung 1: 9 settings, seeds: 1; runs: 9, 2 of them to do"), "{more}");
    let longer = read(&place, "out/trials.csv");
    for trial in 0..7 {
        assert_eq!(row(&longer, trial)[6..9], row(&csv, trial)[6..9]);
    }
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_ends_with_the_same_findings() {
    let place = place();
    place.succeeds("tune t.toml --out whole");
    // Of 23 results.
    for results in 0..12 {
        let hit = place.killed("tune t.toml --out killed", "killed/runs", results);
        assert!(hit, "the search had ended when it should have been killed, with {results} results");
    }
    place.succeeds("tune t.toml --out killed");
    for name in ["trials.csv", "best.toml", "report.md", "tune.toml"] {
        assert_eq!(read(&place, &format!("killed/{name}")), read(&place, &format!("whole/{name}")), "{name}");
    }
    let results = |out: &str| {
        let mut names = place.names(&format!("{out}/runs"));
        names.retain(|name| !name.starts_with('.'));
        names
    };
    assert_eq!(results("killed"), results("whole"));
}

#[test]
fn a_trial_that_diverges_is_last_and_stops_nothing() {
    let place = place();
    let wild = SEARCH
        .replace(
            "supervised.learning_rate = { from = 0.1, to = 2.0 }",
            "supervised.learning_rate = [1.0, 1e30]",
        )
        .replace("preset = \"semeval/pa-lstm\"", "preset = \"semeval/pa-lstm\"\nsupervised.clip = 1e30");
    fs::write(place.path("t.toml"), wild).unwrap();
    let output = place.run("tune t.toml --out out");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (csv, report) = (read(&place, "out/trials.csv"), read(&place, "out/report.md"));
    let failed: Vec<&str> = csv.lines().filter(|line| line.contains("training diverged")).collect();
    assert!(!failed.is_empty(), "{csv}");
    for line in failed {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields[1], fields[3], fields[4]), ("1", "", ""), "it went no further: {csv}");
        let says = format!("- trial {}, seed 1: the loss is infinite or not a number", fields[0]);
        assert!(report.contains(&says), "{report}");
    }
    let again = text(&place.run("tune t.toml --out out").stderr);
    assert!(again.contains("runs: 7, 0 of them to do"), "{again}");
    let retried = text(&place.run("tune t.toml --out out --retry-failed").stderr);
    assert!(!retried.contains("rung 1: 7 settings, seeds: 1; runs: 7, 0 of them to do"), "{retried}");
}

#[test]
fn test_data_has_no_way_in_and_what_does_not_fit_is_refused() {
    let place = place();
    let flag = place.run("tune t.toml --out never --test test.jsonl");
    assert_eq!(flag.status.code(), Some(2));
    assert!(text(&flag.stderr).contains("unexpected argument '--test'"));
    for (from, to, says) in [
        ("[data]", "[data]\ntest = \"test.jsonl\"", "t.toml:6: data.test: tuning must not see test data"),
        ("meta.relations", "meta.relation", "t.toml:15: search.meta.relation: unknown field `relation`"),
        ("meta.relations", "meta.relation", "did you mean `relations`?"),
        ("[2, 5]", "[]", "search.meta.relations: expected at least one value"),
        ("[2, 5]", "[2, 0]", "meta.relations: expected a whole number from 1, found 0"),
        ("to = 3.0", "to = 0.001", "expected `from` to be less than `to`, found 0.01 and 0.001"),
        ("from = 0.01", "from = 0.0", "a range on a log scale must begin above 0"),
        ("dev_size = 30", "dev_size = 0", "there is nothing to score trials on"),
        ("train.jsonl", "nowhere.jsonl", "nowhere.jsonl: cannot be read"),
        ("train = \"train.jsonl\"", "", "names no file for `train`"),
    ] {
        fs::write(place.path("t.toml"), SEARCH.replace(from, to)).unwrap();
        let said = place.fails("tune t.toml --out never");
        assert!(said.contains(says), "{to}: {said}");
        assert!(!place.path("never").exists());
    }
    let said = place.fails("tune semeval/palstm --out never");
    assert!(said.contains("did you mean `semeval/pa-lstm`?"), "{said}");
    fs::write(place.path("t.toml"), SEARCH).unwrap();
    let said = place.fails("tune t.toml --out train.jsonl");
    assert!(said.contains("train.jsonl: is a file") && said.contains("--out must be a folder"), "{said}");
}
