//! `mlrc adapt`.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Place, text};
use serde_json::Value;

const FCM: &str = "train --vectors v.txt --learner fcm --arm supervised --epochs 5 --no-annotations --quiet";

/// `old.jsonl` without one relation, `new.jsonl` with five sentences of it and three of another, `union.jsonl` with both.
fn place() -> Place {
    let place = Place::new();
    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let of = |line: &&str, label: &str| line.contains(&format!("\"relation\":\"{label}\""));
    let (new, old): (Vec<&str>, Vec<&str>) = data.lines().partition(|line| of(line, "employment"));
    let (more, old): (Vec<_>, Vec<_>) = old.into_iter().enumerate().partition(|(place, _)| place % 20 == 0);
    let [more, old] = [more, old].map(|lines| lines.into_iter().map(|(_, line)| line).collect::<Vec<&str>>());
    let new: Vec<&str> = new.into_iter().take(5).chain(more.into_iter().take(3)).collect();
    assert_eq!(new.len(), 8);
    let write = |name: &str, lines: &[&str]| fs::write(place.path(name), lines.join("\n") + "\n").unwrap();
    write("old.jsonl", &old);
    write("new.jsonl", &new);
    write("union.jsonl", &[old, new].concat());
    place
}

fn encoder() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../mlrc/tests/encoders/bert").display().to_string()
}

fn kept(place: &Place, model: &str) -> Vec<String> {
    place.names(model).into_iter().filter(|name| name.starts_with("examples-")).collect()
}

fn manifest(place: &Place, model: &str) -> Value {
    serde_json::from_slice(&fs::read(place.path(model).join("manifest.json")).unwrap()).unwrap()
}

/// That two models answer the same to the last bit.
fn assert_same(place: &Place, one: &str, other: &str) {
    let parameters = |model: &str| fs::read(place.path(model).join("parameters.safetensors")).unwrap();
    assert!(parameters(one) == parameters(other), "the parameters of {one} and {other} differ");
    let answers =
        |model: &str| place.succeeds(&format!("predict {model} test.jsonl --format jsonl --top-k 9"));
    assert_eq!(answers(one), answers(other));
}

#[test]
fn adapting_is_training_on_everything() {
    let place = place();
    place.succeeds(&format!("{FCM} --train old.jsonl --out old"));
    place.succeeds(&format!("{FCM} --train union.jsonl --out whole"));
    let said = text(&place.run("adapt old new.jsonl --out adapted").stderr);
    assert!(said.contains("8 examples: ") && said.contains("5 of employment (new)"), "{said}");
    assert!(
        said.contains("what it cost on the old relations is not known") && said.contains("--dev FILE"),
        "{said}"
    );
    assert_same(&place, "adapted", "whole");

    // Over an encoder, in closed form, and twice.
    let regions = format!("train --vectors {} --quiet", encoder());
    place.succeeds(&format!("{regions} --train old.jsonl --out old-regions"));
    place.succeeds(&format!("{regions} --train union.jsonl --out whole-regions"));
    let lines = fs::read_to_string(place.path("new.jsonl")).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    fs::write(place.path("five.jsonl"), lines[..5].join("\n")).unwrap();
    fs::write(place.path("three.jsonl"), lines[5..].join("\n")).unwrap();
    let said = text(&place.run("adapt old-regions five.jsonl --out step").stderr);
    assert!(said.contains("5 examples: 5 of employment (new)"), "{said}");
    place.succeeds("adapt step three.jsonl --out adapted-regions --threads 1");
    assert_same(&place, "adapted-regions", "whole-regions");
}

#[test]
fn what_it_cost_on_the_old_relations_is_said() {
    let place = place();
    place.succeeds(&format!("train --vectors {} --quiet --train old.jsonl --out old", encoder()));
    let said = text(&place.run("adapt old new.jsonl --out adapted").stderr);
    let right = |model: &str| -> [u64; 2] {
        let manifest = manifest(&place, model);
        let relations = manifest["provenance"]["estimate"]["relations"].as_array().unwrap().clone();
        let old = relations.iter().filter(|of| of["relation"] != "employment");
        old.fold([0, 0], |[right, all], of| {
            [right + of["right"].as_u64().unwrap(), all + of["instances"].as_u64().unwrap()]
        })
    };
    let [before, after] = ["old", "adapted"].map(right);
    let share = |[right, all]: [u64; 2]| 100.0 * right as f64 / all as f64;
    let expected = format!(
        "old relations: {:.1} % right before, {:.1} % after (each sentence left out in turn; {} sentences)",
        share(before),
        share(after),
        after[1]
    );
    assert!(said.contains(&expected), "expected {expected}: {said}");
    assert!(place.succeeds("show adapted").contains(&expected));

    // On other data, for any learner.
    place.succeeds(&format!("{FCM} --train old.jsonl --out fcm"));
    let said = text(&place.run("adapt fcm new.jsonl --dev test.jsonl --out fcm-adapted").stderr);
    let gold = fs::read_to_string(place.path("test.jsonl")).unwrap();
    let right = |model: &str| {
        let answers = place.succeeds(&format!("predict {model} test.jsonl --format jsonl"));
        let pairs = gold.lines().zip(answers.lines()).map(|(gold, answer)| {
            [gold, answer].map(|line| serde_json::from_str::<Value>(line).unwrap()["relation"].clone())
        });
        let old: Vec<[Value; 2]> = pairs.filter(|[gold, _]| gold != "employment").collect();
        [old.iter().filter(|[gold, answer]| gold == answer).count() as u64, old.len() as u64]
    };
    let [before, after] = ["fcm", "fcm-adapted"].map(right);
    let expected = format!(
        "old relations: {:.1} % right before, {:.1} % after (on the development data; {} sentences)",
        share(before),
        share(after),
        after[1]
    );
    assert!(said.contains(&expected), "expected {expected}: {said}");
}

#[test]
fn what_is_kept_is_the_users_choice() {
    let place = place();
    place.succeeds(&format!("{FCM} --train old.jsonl --out old"));
    let old = manifest(&place, "old")["provenance"]["kept"].clone();
    assert_eq!(kept(&place, "old"), [old["file"].as_str().unwrap()]);
    let size = fs::metadata(place.path("old").join(old["file"].as_str().unwrap())).unwrap().len();
    assert_eq!(old["bytes"], size);
    assert!(place.succeeds("show old").contains("keeps      its training data, for `mlrc adapt` ("));

    let said = text(&place.run("adapt old new.jsonl --out forgot --forget").stderr);
    assert!(said.contains("it keeps none of the training data"), "{said}");
    assert_eq!(
        (kept(&place, "forgot"), &manifest(&place, "forgot")["provenance"]["kept"]),
        (vec![], &Value::Null)
    );
    assert!(place.succeeds("show forgot").contains("keeps      none of its training data"));
    place.succeeds(&format!("{FCM} --train old.jsonl --out none --keep-data none"));
    assert_eq!(kept(&place, "none"), Vec::<String>::new());
    let said = place.fails("adapt none new.jsonl --out x");
    assert!(
        said.contains("none: it keeps none of its training data") && said.contains("--train FILE"),
        "{said}"
    );
    assert!(!place.path("x").exists());
    place.succeeds("adapt none new.jsonl --train old.jsonl --out given");
    assert_same(&place, "given", "forgot");

    // A share of the labels: what was drawn is kept.
    place.succeeds(&format!("{FCM} --train old.jsonl --fraction 0.5 --out half"));
    let half = manifest(&place, "half")["provenance"].clone();
    assert_eq!(half["kept"]["instances"], half["data"]["train"]);
    place.succeeds("adapt half new.jsonl --out half-adapted");
    let adapted = manifest(&place, "half-adapted")["provenance"].clone();
    assert_eq!(adapted["data"]["train"].as_u64().unwrap(), half["data"]["train"].as_u64().unwrap() + 8);
}

#[test]
fn a_model_is_adapted_in_its_place_only_with_force() {
    let place = place();
    place.succeeds(&format!("{FCM} --train old.jsonl --out m"));
    place.succeeds(&format!("{FCM} --train union.jsonl --out whole"));
    let said = place.fails("adapt m new.jsonl --out m");
    assert!(said.contains("m already holds a model") && said.contains("--force"), "{said}");
    place.succeeds("adapt m new.jsonl --out m --force --quiet");
    let answers =
        |model: &str| place.succeeds(&format!("predict {model} test.jsonl --format jsonl --top-k 9"));
    assert_eq!(answers("m"), answers("whole"));
    assert_eq!(kept(&place, "m").len(), 1, "what the old one kept is gone");
    assert_eq!(
        manifest(&place, "m")["provenance"]["kept"]["instances"],
        manifest(&place, "whole")["provenance"]["kept"]["instances"]
    );
}

#[test]
fn what_the_model_was_trained_with_must_be_there() {
    let place = place();
    fs::copy(place.path("v.txt"), place.path("w.txt")).unwrap();
    place.succeeds(&format!("{} --train old.jsonl --out m", FCM.replace("v.txt", "w.txt")));
    fs::rename(place.path("w.txt"), place.path("elsewhere.txt")).unwrap();
    let said = place.fails("adapt m new.jsonl --out x");
    assert!(said.contains("w.txt: the model was trained with it, but it is not there"), "{said}");
    place.succeeds("adapt m new.jsonl --out moved --vectors elsewhere.txt");
    let vectors = fs::read(place.path("elsewhere.txt")).unwrap();
    fs::write(place.path("other.txt"), [&vectors[..], b"more"].concat()).unwrap();
    let said = place.fails("adapt m new.jsonl --out x --vectors other.txt");
    assert!(said.contains("these are not the vectors that the model was trained with"), "{said}");

    let file = place.path("m").join(&kept(&place, "m")[0]);
    let data = fs::read_to_string(&file).unwrap();
    fs::write(&file, data.replacen("cause_effect", "part_whole", 1)).unwrap();
    let said = place.fails("adapt m new.jsonl --out x --vectors elsewhere.txt");
    assert!(said.contains("its content has changed"), "{said}");
    place.succeeds("predict m test.jsonl");
    assert!(!place.path("x").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_adaptation_goes_on_to_the_same_model() {
    let place = place();
    place.succeeds(
        "train --train old.jsonl --vectors v.txt --hidden 16 --meta-iterations 400 --epochs 3 --no-annotations --quiet --out m",
    );
    place.succeeds("adapt m new.jsonl --out whole --quiet");
    let mut child = place.command("adapt m new.jsonl --out halves --quiet").spawn().unwrap();
    let log = place.path("halves/log.jsonl");
    while fs::read_to_string(&log).map_or(true, |log| log.is_empty()) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended without a line in its log");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // The examples are in the folder.
    fs::remove_file(place.path("new.jsonl")).unwrap();
    place.succeeds("adapt --resume halves --quiet --threads 1");
    assert_same(&place, "whole", "halves");
    assert_eq!(
        manifest(&place, "whole")["provenance"]["kept"],
        manifest(&place, "halves")["provenance"]["kept"]
    );
    assert_eq!(place.run("adapt --resume halves --forget").status.code(), Some(2));
}
