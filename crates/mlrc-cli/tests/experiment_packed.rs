//! `mlrc experiment --pack` and `--report` as a user meets them: a folder of one packed file is as good as one of many, and makes
//! everything that is derived of it again.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Place, text};

/// Half of its jobs fail: of a thousandth of the labels there is nothing to train on.
const PLAN: &str = r#"
about = "small"
dev_size = 30
[data]
train = "train.jsonl"
test = "test.jsonl"
vectors = "v.txt"
[learners.fcm]
preset = "semeval/fcm"
supervised.epochs = 4
meta.iterations = 30
[[grid]]
arms = ["supervised", "mlrc"]
fractions = [0.001, 1.0]
seeds = "1-2"
"#;

fn place() -> Place {
    let place = Place::new();
    fs::write(place.path("plan.toml"), PLAN).unwrap();
    place
}

/// The files of a folder and the folders in it, but for those that results are kept in.
fn derived(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let inside = derived(&entry.path());
            files.extend(inside.into_iter().map(|(file, content)| (format!("{name}/{file}"), content)));
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files.retain(|name, _| {
        !["runs/", "failures/", "runs.jsonl.gz", "experiment.toml"].iter().any(|kept| name.starts_with(kept))
    });
    files
}

#[test]
fn a_packed_folder_is_reported_resumed_and_collected_as_before() {
    let place = place();
    assert_eq!(place.run("experiment plan.toml --out out").status.code(), Some(3));
    assert_eq!([place.names("out/runs").len(), place.names("out/failures").len()], [4, 4]);
    let before = derived(&place.path("out"));
    assert!(before.len() > 20 && before.contains_key("report.html") && before.contains_key("results.jsonl"));
    fs::write(place.path("out/runs/notes.txt"), "mine").unwrap();
    let packed = place.run("experiment --pack out");
    let said = text(&packed.stderr);
    assert!(
        packed.status.success() && said.contains("8 files packed; it has 4 results and 4 failures"),
        "{said}"
    );
    assert_eq!(place.names("out/runs"), ["notes.txt"]);
    assert!(!place.path("out/failures").exists());

    // Derived files are made again to the byte, without the vectors.
    for name in before.keys() {
        fs::remove_file(place.path("out").join(name)).unwrap();
    }
    fs::rename(place.path("v.txt"), place.path("elsewhere.txt")).unwrap();
    let printed = place.succeeds("experiment --report out");
    assert_eq!(printed.as_bytes(), before["tables.md"]);
    let again = derived(&place.path("out"));
    assert_eq!(again.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for (name, content) in &before {
        assert!(again[name] == *content, "{name}");
    }
    // So are they where files lie elsewhere.
    fs::rename(place.path("train.jsonl"), place.path("t.jsonl")).unwrap();
    let said = place.fails("experiment --report out");
    assert!(
        said.contains("train.jsonl: there is no such file") && said.contains("give --train and --test"),
        "{said}"
    );
    assert_eq!(place.succeeds("experiment --report out --train t.jsonl"), printed);
    let said = place.fails("experiment --report out --train test.jsonl");
    assert!(said.contains("out: none of its results is of this data"), "{said}");
    assert!(said.contains("other files for: train"), "{said}");
    fs::rename(place.path("t.jsonl"), place.path("train.jsonl")).unwrap();
    fs::rename(place.path("elsewhere.txt"), place.path("v.txt")).unwrap();
    let said = place.fails("experiment --report out --vectors train.jsonl");
    assert!(said.contains("other files for: vectors"), "{said}");

    // Nothing is run again, what is new is kept beside it, and packed by the next command.
    let bytes = fs::read(place.path("out/runs.jsonl.gz")).unwrap();
    let said = text(&place.run("experiment plan.toml --out out").stderr);
    assert!(said.contains("8 jobs: 4 done, 0 to run, 4 failed before"), "{said}");
    assert!(said.contains("no result for 4 of 8 jobs") && said.contains("expected a fraction"), "{said}");
    let longer = PLAN.replace("[0.001, 1.0]", "[1.0]").replace("1-2", "1-3");
    fs::write(place.path("longer.toml"), longer).unwrap();
    let longer = place.run("experiment longer.toml --out out");
    let said = text(&longer.stderr);
    assert!(said.contains("6 jobs: 4 done, 2 to run"), "{said}");
    assert_eq!(
        (place.names("out/runs").len(), fs::read(place.path("out/runs.jsonl.gz")).unwrap()),
        (3, bytes)
    );
    assert_eq!(place.succeeds("experiment longer.toml --out whole"), text(&longer.stdout));
    assert_eq!(place.succeeds("experiment --report out"), text(&longer.stdout));
    let said = text(&place.run("experiment --pack out").stderr);
    assert!(said.contains("2 files packed; it has 6 results and 4 failures"), "{said}");
    assert!(text(&place.run("experiment --pack out").stderr).contains("0 files packed; it has 6"));
    let collected = place.run("experiment longer.toml --out all --collect out");
    assert!(text(&collected.stderr).contains("out: results imported: 6"), "{}", text(&collected.stderr));
    assert_eq!(text(&collected.stdout), text(&longer.stdout));
    assert_eq!(place.names("all/runs").len(), 6);
}

#[test]
fn damage_is_told_and_nothing_is_computed_in_its_place() {
    let place = place();
    place.run("experiment plan.toml --out out");
    let run = place.path("out/runs").join(&place.names("out/runs")[0]);
    let result = fs::read(&run).unwrap();
    fs::write(&run, "{").unwrap();
    let packed = place.run("experiment --pack out");
    let said = text(&packed.stderr);
    assert!(said.contains("cannot be read as a result") && said.contains("it has 3 results"), "{said}");
    assert_eq!((packed.status.code(), place.names("out/runs").len()), (Some(3), 1));
    let said = text(&place.run("experiment plan.toml --out out --dry-run").stderr);
    assert!(said.contains("3 done, 1 to run") && said.contains("cannot be read as a result"), "{said}");
    let reported = place.run("experiment --report out");
    let said = text(&reported.stderr);
    assert!(reported.status.success() && said.contains("made of the results of 3 of 8 jobs"), "{said}");
    assert!(said.contains("cannot be read as a result"), "{said}");
    fs::write(&run, result).unwrap();

    let file = place.path("out/runs.jsonl.gz");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    for command in [
        "experiment plan.toml --out out",
        "experiment plan.toml --out new --collect out",
        "experiment --report out",
        "experiment --pack out",
    ] {
        let said = place.fails(command);
        assert!(
            said.contains("out/runs.jsonl.gz: damaged") && said.contains("put back"),
            "{command}: {said}"
        );
    }
    assert_eq!(fs::read(&file).unwrap(), whole[..whole.len() / 2]);
    assert!(run.exists() && !place.path("new").exists());

    fs::write(&file, &whole).unwrap();
    fs::create_dir(place.path("empty")).unwrap();
    assert!(place.fails("experiment --pack empty").contains("empty: has no results to pack"));
    assert!(place.fails("experiment --report empty").contains("not an experiment's folder"));
    for wrong in [
        "--pack out --train x",
        "--pack out --out x",
        "plan.toml --report out",
        "--report out --job 1",
        "plan.toml",
    ] {
        assert_eq!(place.run(&format!("experiment {wrong}")).status.code(), Some(2), "{wrong}");
    }
}

/// A search's runs are ordinary ones.
#[test]
fn a_search_goes_on_from_a_packed_folder() {
    let place = place();
    fs::write(
        place.path("t.toml"),
        "fraction = 1.0\ndev_size = 30\n[data]\ntrain = \"train.jsonl\"\nvectors = \"v.txt\"\n\
         [baseline]\npreset = \"semeval/fcm\"\nsupervised.epochs = 3\nmeta.iterations = 5\n\
         [search]\nsupervised.learning_rate = { from = 0.1, to = 2.0 }\n\
         [budget]\ntrials = 3\nseeds = \"1-2\"\nconfirm = [11]\n",
    )
    .unwrap();
    place.run("tune t.toml --out tuned");
    let report = fs::read(place.path("tuned/report.md")).unwrap();
    place.succeeds("experiment --pack tuned");
    let said = text(&place.run("tune t.toml --out tuned").stderr);
    assert!(said.contains(" 0 of them to do") && !place.path("tuned/runs").exists(), "{said}");
    assert_eq!(fs::read(place.path("tuned/report.md")).unwrap(), report);
}
