//! What is left when writing fails: each step of writing, one after another, of whole commands. Never half a file, never a
//! result lost that was kept, always a message; and the same command succeeds once there is room.
//!
//! Every step of short commands is tried, and a few of an experiment's report; `MLRC_FAULTS=all` tries all.

#![cfg(all(unix, debug_assertions))]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Place, text};

const KINDS: [(&str, &str); 3] =
    [("full", "No space left on device"), ("broken", "Input/output error"), ("denied", "Permission denied")];

/// The content of files, by their paths in a folder.
type Files = BTreeMap<String, Vec<u8>>;

/// The files in a folder and in those that are in it, by their names in it.
fn files(folder: &Path) -> Files {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        let Ok(entries) = fs::read_dir(inner) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// A command and what must hold after each step of its writing has failed.
struct Case<'a> {
    command: &'a str,
    /// What continues or repeats it, given the files that are left.
    again: &'a dyn Fn(&Files) -> String,
    /// The files which are the same whenever they are there.
    same: &'a [&'a str],
    /// The files which are the same in the end.
    finally: &'a [&'a str],
    /// The folder of files that are never lost or changed once they are there.
    kept: &'a str,
    /// Every how many steps are tried, from the first on that writes a file of this name.
    seldom: Option<(&'a str, usize)>,
}

impl Case<'_> {
    fn check(&self, place: &Place) {
        let out = place.path("out");
        // The vectors' cache is filled first: that it cannot be written to is no failure.
        assert!(place.run(self.command).status.success(), "{}", self.command);
        clear(&out);
        let log = place.path("steps");
        let whole = place.command(self.command).env("MLRC_FAULT_LOG", &log).output().unwrap();
        assert!(whole.status.success(), "{}", text(&whole.stderr));
        let expected = files(place.path("out").as_path());
        let steps: Vec<String> = fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect();
        fs::remove_file(&log).unwrap();
        let seldom = self.seldom.filter(|_| std::env::var_os("MLRC_FAULTS").is_none());
        let from = seldom.and_then(|(name, _)| steps.iter().position(|step| step.contains(name)));
        let mut injected = 0;
        for (number, step) in steps.iter().enumerate() {
            if from.is_some_and(|from| number > from && (number - from) % seldom.unwrap().1 != 0) {
                continue;
            }
            injected += 1;
            let (kind, message) = KINDS[number % KINDS.len()];
            clear(&out);
            let fault = format!("{}:{kind}", number + 1);
            let output = place.command(self.command).env("MLRC_FAULT", &fault).output().unwrap();
            let said = text(&output.stderr);
            let what = format!("{} with the fault {fault} at `{step}`:\n{said}", self.command);
            assert!(matches!(output.status.code(), Some(1 | 3)), "{:?}: {what}", output.status);
            assert!(said.contains(message), "{what}");
            let left = files(&out);
            assert!(left.keys().all(|name| !name.contains(".unfinished-")), "{:?}: {what}", left.keys());
            for name in self.same.iter().filter(|name| left.contains_key(**name)) {
                assert_eq!(left[*name], expected[*name], "{name} is whole or absent: {what}");
            }
            for (name, content) in &left {
                if Path::new(name).extension().is_some_and(|ending| ending == "json") {
                    assert!(serde_json::from_slice::<serde_json::Value>(content).is_ok(), "{name}: {what}");
                }
            }
            let again = (self.again)(&left);
            let repeated = place.run(&again);
            assert!(repeated.status.success(), "`{again}` after {what}\n{}", text(&repeated.stderr));
            let now = files(&out);
            for name in self.same.iter().chain(self.finally) {
                assert_eq!(now[*name], expected[*name], "{name} after {what}");
            }
            for (name, content) in left.iter().filter(|(name, _)| name.starts_with(self.kept)) {
                assert_eq!(now.get(name), Some(content), "{name} was lost or changed after {what}");
            }
        }
        println!("{}: {injected} faults injected in {} steps and survived", self.command, steps.len());
        assert!(injected > 0);
    }
}

fn clear(out: &Path) {
    if out.is_dir() {
        fs::remove_dir_all(out).unwrap();
    }
}

#[test]
#[ignore = "takes minutes; scripts/nightly.sh runs it"]
fn training_leaves_a_whole_model_or_none() {
    let place = Place::new();
    let command = "train --train train.jsonl --vectors v.txt --preset semeval/fcm --arm mlrc --epochs 2 \
                   --meta-iterations 3 --dev-size 20 --quiet --out out";
    let case = Case {
        command,
        again: &|left| {
            if left.contains_key("checkpoint.safetensors") && !left.contains_key("manifest.json") {
                return "train --resume out --quiet".to_owned();
            }
            format!("{command} --force")
        },
        same: &["parameters.safetensors", "vectors.safetensors", "words.fst"],
        finally: &[],
        kept: "parameters",
        seldom: None,
    };
    case.check(&place);
}

#[test]
#[ignore = "takes minutes; scripts/nightly.sh runs it"]
fn adapting_leaves_a_whole_model_or_none() {
    let place = Place::new();
    place.succeeds(
        "train --train train.jsonl --vectors v.txt --preset semeval/fcm --arm supervised --epochs 2 --quiet --out m",
    );
    let command = "adapt m test.jsonl --quiet --out out";
    let case = Case {
        command,
        again: &|left| {
            if left.contains_key("checkpoint.safetensors") && !left.contains_key("manifest.json") {
                return "adapt --resume out --quiet".to_owned();
            }
            format!("{command} --force")
        },
        same: &["parameters.safetensors", "vectors.safetensors", "words.fst"],
        finally: &[],
        kept: "parameters",
        seldom: None,
    };
    case.check(&place);
}

#[test]
#[ignore = "takes minutes; scripts/nightly.sh runs it"]
fn conversion_leaves_a_whole_file_or_none() {
    let place = Place::new();
    let command = "convert train.jsonl --to tacred --out out/train.json --force";
    let case = Case {
        command,
        again: &|_| command.to_owned(),
        same: &["train.json"],
        finally: &[],
        kept: "t",
        seldom: None,
    };
    case.check(&place);
}

#[test]
#[ignore = "takes minutes; scripts/nightly.sh runs it"]
fn an_experiment_loses_no_result_that_it_kept() {
    let place = Place::new();
    let plan = "about = \"small\"\ndev_size = 30\n[data]\ntrain = \"train.jsonl\"\ntest = \"test.jsonl\"\n\
                vectors = \"v.txt\"\n[learners.fcm]\npreset = \"semeval/fcm\"\nsupervised.epochs = 2\n[[grid]]\n\
                arms = [\"supervised\"]\nfractions = [1.0]\nseeds = \"1-2\"\n";
    fs::write(place.path("plan.toml"), plan).unwrap();
    let command = "experiment plan.toml --out out --threads 1";
    let case = Case {
        command,
        again: &|_| command.to_owned(),
        same: &["experiment.toml", "tables.md"],
        finally: &["outputs.json"],
        kept: "runs/",
        seldom: Some(("tables.md", 23)),
    };
    case.check(&place);
}

#[test]
#[ignore = "takes minutes; scripts/nightly.sh runs it"]
fn a_search_loses_no_result_that_it_kept() {
    let place = Place::new();
    let search = "about = \"small\"\nfraction = 1.0\ndev_size = 30\n[data]\ntrain = \"train.jsonl\"\nvectors = \"v.txt\"\n\
                  [baseline]\npreset = \"semeval/fcm\"\nsupervised.epochs = 2\n[search]\n\
                  supervised.learning_rate = { from = 0.1, to = 2.0 }\n[budget]\ntrials = 2\nseeds = \"1-1\"\n\
                  confirm = [11]\n";
    fs::write(place.path("t.toml"), search).unwrap();
    let command = "tune t.toml --out out --threads 1";
    let case = Case {
        command,
        again: &|_| command.to_owned(),
        same: &["tune.toml"],
        finally: &["best.toml", "trials.csv"],
        kept: "runs/",
        seldom: None,
    };
    case.check(&place);
}
