//! What is called with arbitrary bytes: everything of mlrc-experiment that reads files.

use std::fs;

use mlrc_experiment::tune::Tuning;
use mlrc_experiment::{Folder, Plan, pack};

/// Does something with arbitrary bytes.
type Call = fn(&[u8]);

/// The entry points and their names, which are also those of the folders with their inputs.
pub const TARGETS: [(&str, Call); 4] =
    [("plan", plan), ("tuning", tuning), ("result", result), ("packed", packed)];

/// The plan of an experiment, and its jobs.
fn plan(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(plan) = Plan::parse(text, "plan.toml") {
        let _ = plan.jobs("plan.toml");
    }
}

/// A search, its parameters, trials and rungs.
fn tuning(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(tuning) = Tuning::parse(text, "tuning.toml") {
        let _ = tuning.parameters("tuning.toml");
        if tuning.trials("tuning.toml").is_ok() {
            let _ = tuning.rungs();
        }
    }
}

/// A result in its folder: read or known to be damaged, and packed or left.
fn result(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(place.path().join("runs")).expect("it can be made");
    fs::write(place.path().join("runs/k.json"), bytes).expect("it can be written");
    let folder = Folder::open(place.path()).expect("nothing is packed");
    let read = folder.result("k");
    assert_eq!(folder.damaged("k").is_some(), read.is_none());
    pack(place.path()).expect("what is damaged is left");
    assert_eq!(Folder::open(place.path()).expect("it was packed").result("k"), read);
}

/// A packed file.
fn packed(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("a temporary folder");
    fs::write(place.path().join("results.jsonl.gz"), bytes).expect("it can be written");
    if let Ok(folder) = Folder::open(place.path()) {
        for key in folder.keys().expect("it is a folder") {
            let _ = (folder.result(&key), folder.failed(&key));
        }
    }
}
