//! What `mlrc experiment` takes data from: the folder of a release like TACRED's, or one file of which a recipe names folds.

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use common::{Place, text};
use mlrc::corpus::{Corpus, ReadOptions, fraction};
use serde_json::Value;

const PLAN: &str = r#"
scorer = "tacred"
[data]
[learners.pa-lstm]
preset = "tacred/pa-lstm"
learner.hidden = 8
learner.attention = 8
supervised.epochs = 3
meta.iterations = 6
[learners.c-gcn]
preset = "tacred/c-gcn"
learner.hidden = 8
learner.lstm = 6
supervised.epochs = 3
meta.iterations = 6
[[grid]]
arms = ["supervised", "supervised-matched", "mlrc"]
fractions = [0.001, 0.02]
seeds = [1]
"#;

/// Names as TACRED has them; a slash must not get into the name of a file.
const RENAMED: [(&str, &str); 2] = [
    ("\"relation\":\"cause_effect\"", "\"relation\":\"org:political/religious_affiliation\""),
    ("\"relation\":\"part_whole\"", "\"relation\":\"per:employee_of\""),
];

fn read(path: &Path) -> Corpus {
    Corpus::read(path, &ReadOptions::default()).unwrap()
}

fn rows(place: &Place, out: &str) -> Vec<Value> {
    let rows = fs::read_to_string(place.path(out).join("results.jsonl")).unwrap();
    rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// Micro-averaged F1 of everything but `no_relation`, by its definition.
fn f1(gold: &[&str], predicted: &[&str]) -> f64 {
    let positive = |label: &&&str| **label != "no_relation";
    let right =
        gold.iter().zip(predicted).filter(|(gold, predicted)| gold == predicted && positive(gold)).count();
    let (guessed, relevant) =
        (predicted.iter().filter(positive).count(), gold.iter().filter(positive).count());
    if right == 0 { 0.0 } else { 2.0 * right as f64 / (guessed + relevant) as f64 }
}

#[test]
fn a_release_like_tacreds_runs_from_its_folder() {
    let place = Place::empty();
    place.succeeds(
        "synth --like tacred --instances 3000 --difficulty 0.2 --out release --vectors v.txt --dimension 12",
    );
    let json = place.path("release/tacred/data/json");
    for file in ["train.json", "dev.json", "test.json"] {
        let text = fs::read_to_string(json.join(file)).unwrap();
        let renamed = RENAMED.iter().fold(text, |text, (from, to)| text.replace(from, to));
        fs::write(json.join(file), renamed).unwrap();
    }
    let [train, dev, test] = ["train.json", "dev.json", "test.json"].map(|file| read(&json.join(file)));
    assert_eq!([train.instances.len(), dev.instances.len(), test.instances.len()], [3000, 997, 683]);
    fs::write(place.path("plan.toml"), PLAN).unwrap();
    place.succeeds("experiment plan.toml --data release --vectors v.txt --out out");

    let rows = rows(&place, "out");
    assert_eq!(rows.len(), 2 * 2 * 3);
    let gold: Vec<&str> = test.instances.iter().map(|one| one.relation.as_deref().unwrap()).collect();
    let mut found_any = false;
    for row in &rows {
        let share = row["fraction"].as_f64().unwrap();
        // All 3000 may be drawn from: the development set is the release's, and none is set apart.
        assert_eq!(row["split_hash"], fraction(&train.instances, share, 1).unwrap().hash);
        assert_eq!(row["train"], if share == 0.001 { 3 } else { 60 });
        let options = &row["options"];
        assert_eq!((&options["dev_size"], &options["masking"]), (&0.into(), &"on".into()));
        assert!(row["hashes"]["dev"].is_string() && row["best_dev"].is_array());
        assert!(row["hashes"].get("folds").is_none());

        let run = place.path("out/runs").join(format!("{}.json", row["key"].as_str().unwrap()));
        let run: Value = serde_json::from_str(&fs::read_to_string(run).unwrap()).unwrap();
        let labels: Vec<&str> =
            run["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
        assert!(labels.len() == 42 && labels.contains(&"org:political/religious_affiliation"));
        for selection in ["best-dev", "last"] {
            let places = run["predictions"][selection].as_array().unwrap();
            let predicted: Vec<&str> =
                places.iter().map(|place| labels[place.as_u64().unwrap() as usize]).collect();
            let primary = &row["test"][selection]["primary"];
            assert_eq!(primary["name"], "micro_f1_without_negative");
            assert!((primary["value"].as_f64().unwrap() - f1(&gold, &predicted)).abs() < 1e-12);
            found_any |= f1(&gold, &predicted) > 0.0;
        }
    }
    assert!(found_any, "every score is zero, so that nothing was tested");

    // The shipped recipes take the folder, entered anywhere, and other files one by one.
    let listed =
        place.succeeds("experiment quick/tacred --data release/tacred --vectors v.txt --out q --dry-run");
    assert!(listed.contains("1-3 ") && listed.contains("16-18 "), "{listed}");
    let script =
        "experiment paper/tacred --data release --vectors v.txt --out q --emit slurm --test other.json";
    let script = place.succeeds(script);
    assert!(script.contains("json/dev.json'") && script.contains("/other.json'"), "{script}");
    let said = place.fails("experiment quick/tacred --data cache --vectors v.txt --out q");
    assert!(
        said.contains("cache: expected the files train.json, dev.json, test.json, found none of them"),
        "{said}"
    );
    let said = place.fails("experiment quick/tacred --data v.txt --vectors v.txt --out q");
    assert!(said.contains("v.txt: expected a folder with train.json, dev.json and test.json"), "{said}");
}

/// Sizes and shares are those that are published of TACRED.
#[test]
fn a_generated_release_has_tacreds_size() {
    let place = Place::empty();
    place.succeeds("synth --like tacred --out release");
    let said = place.fails("synth --like tacred --out release --seed 2");
    assert!(said.contains("train.json: already exists") && said.contains("choose another folder"), "{said}");
    let checked: Vec<Value> = serde_json::from_str(&place.succeeds("check release --json")).unwrap();
    let sizes: Vec<u64> = checked.iter().map(|file| file["instances"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [68_124, 22_631, 15_509]);
    let mut negative = 0;
    for file in &checked {
        let labels = file["labels"].as_array().unwrap();
        assert_eq!(labels.len(), 42);
        let none = labels.iter().find(|label| label["name"] == "no_relation").unwrap();
        negative += none["count"].as_u64().unwrap();
    }
    let share = negative as f64 / sizes.iter().sum::<u64>() as f64;
    assert!((share - 0.795).abs() < 0.005, "{share}");
    let said = place.fails("synth --like tacred --out -");
    assert!(said.contains("--out must be a folder"), "{said}");
}

#[test]
fn folds_of_one_file_are_as_good_as_files() {
    let place = Place::new();
    let lines = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let fold = |number: usize| ["a", "2", "3"][number % 3];
    let folded = |(number, line): (usize, &str)| format!("{{\"fold\":\"{}\",{}\n", fold(number), &line[1..]);
    fs::write(place.path("all.jsonl"), lines.lines().enumerate().map(folded).collect::<String>()).unwrap();
    for (file, fold) in [("one", "a"), ("two", "2"), ("three", "3")] {
        place.succeeds(&format!("convert all.jsonl --to jsonl --fold {fold} --out {file}.jsonl"));
    }
    let plan = PLAN.replace("[0.001, 0.02]", "[0.5]").replace("\"supervised-matched\", ", "");
    fs::write(place.path("files.toml"), &plan).unwrap();
    let parts = "[data]\nfolds = { train = [\"a\"], dev = [2], test = [\"3\"] }\n";
    fs::write(place.path("folds.toml"), plan.replace("[data]\n", parts)).unwrap();
    place.succeeds("experiment folds.toml --data all.jsonl --vectors v.txt --out folds");
    place.succeeds(
        "experiment files.toml --train one.jsonl --dev two.jsonl --test three.jsonl --vectors v.txt --out files",
    );
    let (folds, files) = (rows(&place, "folds"), rows(&place, "files"));
    assert_eq!((folds.len(), files.len()), (4, 4));
    for (one, other) in folds.iter().zip(&files) {
        for same in ["learner", "arm", "split_hash", "train", "best_dev", "test"] {
            assert_eq!(one[same], other[same], "{same}");
        }
        assert_eq!((&one["train"], &one["test"]["last"]["instances"]), (&20.into(), &40.into()));
        assert_eq!(one["hashes"]["folds"]["dev"], serde_json::json!(["2"]));
    }
    // Other folds are other results; the folder remembers which were read.
    let keys = |rows: &[Value]| rows.iter().map(|row| row["key"].to_string()).collect::<HashSet<_>>();
    assert!(keys(&folds).is_disjoint(&keys(&files)));
    let again =
        place.run("experiment folds/experiment.toml --data all.jsonl --vectors v.txt --out folds --dry-run");
    assert!(text(&again.stderr).contains("4 done, 0 to run"), "{}", text(&again.stderr));
    let other = plan.replace("[data]\n", &parts.replace("[2]", "[4]"));
    fs::write(place.path("other.toml"), other).unwrap();
    let said = place.fails("experiment other.toml --data all.jsonl --vectors v.txt --out folds");
    assert!(said.contains("expected one of the folds `2` (40), `3` (40), `a` (40), found `4`"), "{said}");
    let said = place.fails("experiment folds.toml --train all.jsonl --vectors v.txt --out never");
    assert!(said.contains("the recipe names no file for `dev`"), "{said}");
}
