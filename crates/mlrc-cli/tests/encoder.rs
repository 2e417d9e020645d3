//! The program with the folder of an encoder as vectors.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Place, text};

/// A small encoder with random weights.
fn small(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../mlrc/tests/encoders").join(name)
}

#[test]
fn an_encoder_makes_regions_the_default_and_the_model_needs_nothing_else() {
    let place = Place::new();
    // As `mlrc fetch` would, without a network.
    let weights = small("bert").join("model.safetensors");
    assert!(place.fails(&format!("fetch minilm --from {}", small("bert").display())).contains("SHA-256"));
    assert!(place.fails(&format!("fetch mpnet --out x --from {}", weights.display())).contains("expected"));

    let vectors = small("bert").display().to_string();
    let trained = place.run(&format!("train --train train.jsonl --vectors {vectors} --out model"));
    let said = text(&trained.stderr);
    assert!(trained.status.success(), "{said}");
    assert!(said.contains("regions on 120 instances of 5 relations, supervised, seed 1"), "{said}");
    assert!(
        said.contains("of new sentences like these right") && said.contains("nine of ten cases"),
        "{said}"
    );
    assert!(
        place.names("cache").iter().any(|name| name.starts_with("tokens1-")),
        "{:?}",
        place.names("cache")
    );

    let shown = place.succeeds("show model");
    assert!(
        shown.contains("learner    regions") && shown.contains("chosen by leaving sentences out: balance"),
        "{shown}"
    );
    assert!(shown.contains("of new sentences like these right"), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&place.succeeds("show model --json")).unwrap();
    assert!(json["provenance"]["estimate"]["accuracy"].as_f64().unwrap() > 0.3);

    // Nothing but the folder is needed, whatever becomes of the encoder and of the cache.
    let with_cache = place.succeeds("predict model test.jsonl");
    fs::remove_dir_all(place.path("cache")).unwrap();
    assert_eq!(place.succeeds("predict model test.jsonl"), with_cache);
    assert_eq!(place.succeeds("predict model test.jsonl --threads 1"), with_cache);
    let sentence = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.";
    let explained = place.command("explain model").arg(sentence).output().unwrap();
    let shown = text(&explained.stdout);
    assert!(
        shown.contains("total") && shown.contains("by region: subject"),
        "{shown}{}",
        text(&explained.stderr)
    );
    place.succeeds("evaluate model test.jsonl");
}

#[test]
fn an_encoder_in_8_bit_integers_makes_a_smaller_model_with_a_cache_of_its_own() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    let train = |out: &str, options: &str| {
        let arguments = format!(
            "train --train train.jsonl --vectors {vectors} --test test.jsonl --out {out} --json {options}"
        );
        serde_json::from_str::<serde_json::Value>(&place.succeeds(&arguments)).unwrap()
    };
    let size = |model: &str| fs::metadata(place.path(&format!("{model}/encoder.safetensors"))).unwrap().len();
    train("floats", "");
    let made = train("int8", "--precision int8");
    assert!(size("int8") < size("floats"), "{} {}", size("int8"), size("floats"));
    let caches = place.names("cache").into_iter().filter(|name| name.starts_with("tokens1-")).count();
    assert_eq!(caches, 2, "{:?}", place.names("cache"));
    // The scores of the manifest are those of the model as saved.
    let again: serde_json::Value =
        serde_json::from_str(&place.succeeds("evaluate int8 test.jsonl --json")).unwrap();
    for (name, value) in made["test"].as_object().unwrap() {
        assert_eq!(&again[name], value, "{name}");
    }
    assert!(again["majority"]["accuracy"].as_f64().unwrap() < 0.5 && again["calibration_error"].is_number());
    assert_eq!(
        place.succeeds("predict int8 test.jsonl"),
        place.succeeds("predict int8 test.jsonl --threads 1")
    );

    let wrong = |arguments: &str| place.fails(&format!("train --train train.jsonl --out m {arguments}"));
    assert!(wrong("--vectors v.txt --precision int8").contains("only an encoder can be stored as int8"));
    assert!(wrong(&format!("--vectors {vectors} --precision f32")).contains("f16 or int8, not as f32"));
    assert!(place.names("m").is_empty(), "nothing is left behind");
}

#[test]
fn the_cache_changes_nothing_and_damage_to_it_is_harmless() {
    let place = Place::new();
    let vectors = small("mpnet").display().to_string();
    let train = |out: &str, cache: &str| {
        let arguments = format!("train --train train.jsonl --vectors {vectors} --out {out} --quiet");
        let output = place.command(&arguments).env("MLRC_CACHE", cache).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        fs::read(place.path(&format!("{out}/parameters.safetensors"))).unwrap()
    };
    let cache = place.path("cache").display().to_string();
    let without = train("a", "");
    assert_eq!(train("b", &cache), without);
    let name = place.names("cache").into_iter().find(|name| name.starts_with("tokens1-")).unwrap();
    let file = place.path("cache").join(name);
    let whole = fs::read(&file).unwrap();
    assert_eq!(train("c", &cache), without, "from the cache");
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    let mut foreign = whole.clone();
    foreign[..4].copy_from_slice(b"else");
    for (number, damaged) in
        [flipped, whole[..whole.len() - 7].to_vec(), whole[..20].to_vec(), Vec::new(), foreign, vec![0; 500]]
            .into_iter()
            .enumerate()
    {
        fs::write(&file, damaged).unwrap();
        assert_eq!(train(&format!("d{number}"), &cache), without, "damage {number}");
    }
}

#[test]
fn experiments_share_an_encoder_and_wrong_folders_are_refused() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    let recipe = format!(
        "about = \"x\"\ndev_size = 20\n[data]\ntrain = \"train.jsonl\"\ntest = \"test.jsonl\"\nvectors = \"{vectors}\"\n\
         [learners.regions]\npreset = \"semeval/regions\"\nblocks = [2, 3]\n[[grid]]\narms = [\"supervised\"]\n\
         fractions = [0.5, 1.0]\nseeds = \"1-2\"\n"
    );
    fs::write(place.path("plan.toml"), &recipe).unwrap();
    let tables = place.succeeds("experiment plan.toml --out results");
    assert!(tables.contains("| 50 % |") && tables.contains("| 100 % |"), "{tables}");
    let again = text(&place.run("experiment plan.toml --out results").stderr);
    assert!(again.contains("4 done, 0 to run"), "{again}");
    fs::write(place.path("meta.toml"), recipe.replace("\"supervised\"", "\"mlrc\"")).unwrap();
    let refused = place.run("experiment meta.toml --out other");
    assert!(text(&refused.stderr).contains("solved in closed form"), "{}", text(&refused.stderr));

    let wrong = |arguments: &str| place.fails(&format!("train --train train.jsonl --out m {arguments}"));
    assert!(wrong(&format!("--vectors {vectors} --blocks 9")).contains("no block 9"));
    assert!(wrong(&format!("--vectors {vectors} --arm mlrc")).contains("solved in closed form"));
    assert!(wrong("--vectors results").contains("it has no config.json"));
    fs::create_dir(place.path("pickled")).unwrap();
    fs::copy(small("bert").join("config.json"), place.path("pickled/config.json")).unwrap();
    fs::write(place.path("pickled/pytorch_model.bin"), "x").unwrap();
    assert!(wrong("--vectors pickled").contains("can run a stranger's code"));
    assert!(wrong("--vectors absent").contains("absent"));
    assert!(place.names("m").is_empty(), "nothing is left behind");
}

#[test]
fn flags_without_effect_are_refused_before_anything_is_written() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    let over = |arguments: &str| place.fails(&format!("train --train train.jsonl --out m {arguments}"));

    let ridge = over(&format!("--vectors {vectors} --learning-rate 0.1 --meta-iterations 5"));
    assert!(
        ridge.contains("supervised.learning_rate and meta.iterations would have no effect")
            && ridge.contains("120 instances")
            && ridge.contains("--set learner.head=softmax"),
        "{ridge}"
    );
    assert!(over("--vectors v.txt --blocks 2").contains("the vectors are a file of word vectors"));
    let range = place.run(&format!("train --train train.jsonl --out m --vectors {vectors} --blocks 500"));
    assert!(text(&range.stderr).contains("expected numbers from 0 to 127"), "{}", text(&range.stderr));
    assert!(place.names("m").is_empty(), "nothing is left behind");
    // By gradients, they have an effect.
    place.succeeds(&format!(
        "train --train train.jsonl --out m --vectors {vectors} --learning-rate 0.1 --epochs 1 \
         --set learner.head=softmax"
    ));
}

#[test]
fn a_dry_run_refuses_what_the_jobs_would_refuse() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    let recipe = |arm: &str, fraction: &str| {
        let recipe = format!(
            "about = \"x\"\n[data]\ntrain = \"train.jsonl\"\ntest = \"test.jsonl\"\nvectors = \"{vectors}\"\n\
             [learners.regions]\npreset = \"semeval/regions\"\n[[grid]]\narms = [\"{arm}\"]\n\
             fractions = [{fraction}]\nseeds = \"1\"\n"
        );
        fs::write(place.path("plan.toml"), recipe).unwrap();
    };
    recipe("joint", "0.5");
    let refused = place.run("experiment plan.toml --out r --dev-size 20 --dry-run");
    assert_eq!(refused.status.code(), Some(3));
    let said = text(&refused.stdout);
    assert!(said.contains("cannot be run: 1: ") && said.contains("in closed form on 50 instances"), "{said}");
    recipe("supervised", "0.5");
    place.succeeds("experiment plan.toml --out r --dev-size 20 --dry-run");
    assert!(place.names("r").is_empty(), "a dry run writes nothing");
    // The flag is for the job, too: without it, 500 development sentences would be held out of 120.
    assert_eq!(place.run("experiment plan.toml --out other").status.code(), Some(3));
    place.succeeds("experiment plan.toml --out r --dev-size 20");
    let result: serde_json::Value = serde_json::from_str(
        fs::read_to_string(place.path("r/results.jsonl")).unwrap().lines().next().unwrap(),
    )
    .unwrap();
    assert_eq!((result["options"]["dev_size"].clone(), result["train"].clone()), (20.into(), 50.into()));
    // A cluster's jobs have it as well.
    let script = place.succeeds("experiment plan.toml --out r --dev-size 20 --emit slurm");
    assert!(script.contains("--dev-size 20"), "{script}");
}

#[test]
fn what_an_encoder_reads_badly_is_said() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    let train = |data: &str| {
        let output = place.run(&format!("train --train {data} --vectors {vectors} --out m --force"));
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let mut lines: Vec<serde_json::Value> =
        data.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lengthen = |line: &mut serde_json::Value| {
        let tokens = line["tokens"].as_array_mut().unwrap();
        tokens.extend(std::iter::repeat_n(serde_json::json!("the"), 300));
        line.as_object_mut()
            .unwrap()
            .retain(|key, _| ["id", "tokens", "subject", "object", "relation"].contains(&key.as_str()));
    };
    // Some sentences are too long already: the small encoder reads 96 pieces, and cuts words into letters.
    let short = |line: &serde_json::Value| line["tokens"].as_array().unwrap().len() < 15;
    lines.retain(short);
    let write = |name: &str, lines: &[serde_json::Value]| {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        fs::write(place.path(name), lines.join("\n")).unwrap();
    };
    write("short.jsonl", &lines);
    let said = train("short.jsonl");
    assert!(said.contains("word pieces a token") && !said.contains("longer than the encoder"), "{said}");
    lengthen(&mut lines[0]);
    lengthen(&mut lines[7]);
    write("long.jsonl", &lines);
    let said = train("long.jsonl");
    assert!(said.contains("2 instances are longer than the encoder reads at once"), "{said}");
    for command in ["predict m long.jsonl", "evaluate m long.jsonl"] {
        let output = place.run(command);
        let said = text(&output.stderr);
        assert!(
            output.status.success() && said.contains("longer than the encoder reads"),
            "{command}: {said}"
        );
    }

    // A script that no piece of the vocabulary covers.
    for line in &mut lines {
        for token in line["tokens"].as_array_mut().unwrap() {
            *token = "\u{10d0}\u{10d1}".into();
        }
    }
    write("foreign.jsonl", &lines);
    let said = train("foreign.jsonl");
    assert!(said.contains("the encoder hardly knows these words"), "{said}");
}

#[test]
fn new_relations_are_told_apart_by_a_few_sentences() {
    let place = Place::new();
    // The same relations under other names are new ones.
    let data = fs::read_to_string(place.path("test.jsonl")).unwrap();
    fs::write(place.path("new.jsonl"), data.replace("\"relation\":\"", "\"relation\":\"new:")).unwrap();
    let more = data.replace("\"relation\":\"", "\"relation\":\"more:");
    fs::write(place.path("more.jsonl"), more).unwrap();
    let run = |arguments: &str| {
        format!(
            "episodes --base train.jsonl more.jsonl --vectors v.txt --way 2 --shot 1 --queries 2 --episodes 40 --choosing 10 \
             --budget 200 --rank 2 {arguments}"
        )
    };
    let table = place.succeeds(&run("--new new.jsonl --none 0,0.3 --out report.json"));
    assert!(table.starts_with("| relations | shots | method | none 0 % | none 30 % |\n"), "{table}");
    for method in ["frozen", "joint", "ridge", "reptile", "fomaml"] {
        assert!(table.contains(&format!("| 2 | 1 | {method} | ")), "{table}");
    }
    assert_eq!(place.succeeds(&run("--new new.jsonl --none 0,0.3 --threads 1")), table);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(place.path("report.json")).unwrap()).unwrap();
    let frozen = &report["outcomes"][0];
    assert!(frozen["accuracies"][0]["mean"].as_f64().unwrap() > 0.55, "{frozen}");
    assert_eq!(report["relations"][2].as_array().unwrap().len(), 5);

    let refused = place.fails(&run("--new test.jsonl"));
    assert!(refused.contains("among the base relations and among the new ones"), "{refused}");
    let refused = place.fails(&run("--new new.jsonl --way 6"));
    assert!(refused.contains("6-way") && refused.contains("relations with at least"), "{refused}");
    let unknown = place.run(&run("--new new.jsonl --methods mamal"));
    assert!(
        text(&unknown.stderr).contains("expected one of frozen, names, joint"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn copies_conflicts_and_idle_flags_are_said() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    // Labels at random, each sentence twice but for its case and full stop: copies do not answer for each other.
    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let mut lines = Vec::new();
    for (number, line) in data.lines().take(60).enumerate() {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.as_object_mut()
            .unwrap()
            .retain(|key, _| ["id", "tokens", "subject", "object"].contains(&key.as_str()));
        line["relation"] = format!("r{}", number * 7 % 11 % 5).into();
        lines.push(line.to_string());
        line["id"] = format!("copy-{number}").into();
        let tokens = line["tokens"].as_array_mut().unwrap();
        tokens[0] = tokens[0].as_str().unwrap().to_uppercase().into();
        if tokens.last().unwrap() == "." {
            tokens.pop();
        }
        lines.push(line.to_string());
    }
    fs::write(place.path("copies.jsonl"), lines.join("\n")).unwrap();
    place.succeeds(&format!("train --train copies.jsonl --vectors {vectors} --out copies --quiet"));
    let shown: serde_json::Value = serde_json::from_str(&place.succeeds("show copies --json")).unwrap();
    let accuracy = shown["provenance"]["estimate"]["accuracy"].as_f64().unwrap();
    assert!(accuracy < 0.5, "{accuracy} of labels at random");

    // The same sentence and entities with two labels.
    let first = data.lines().next().unwrap();
    let mut other: serde_json::Value = serde_json::from_str(first).unwrap();
    other["id"] = "other".into();
    other["relation"] = data
        .lines()
        .find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            (line["relation"] != other["relation"]).then(|| line["relation"].clone())
        })
        .unwrap();
    fs::write(place.path("conflict.jsonl"), format!("{data}{other}\n")).unwrap();
    let said = place.run(&format!("train --train conflict.jsonl --vectors {vectors} --out conflict"));
    let said = text(&said.stderr);
    assert!(said.contains("have different labels: `synth-1-0`, `other`"), "{said}");

    let refused =
        |flags: &str| place.fails(&format!("train --train train.jsonl --vectors {vectors} --out m {flags}"));
    assert!(refused("--dropout 0.9").contains("learner.dropout would have no effect"));
    assert!(refused("--vocabulary train").contains("--vocabulary would have no effect"));
    assert!(refused("--blocks 2,2").contains("block 2 is named twice"));
    let head = "--set learner.head=softmax";
    assert!(
        refused(&format!("{head} --set learner.penalty=2.0"))
            .contains("learner.penalty would have no effect")
    );
    assert!(refused(&format!("{head} --decay 0.1")).contains("there is no development data"));
    // What is no folder of an encoder.
    let weights = small("bert").join("model.safetensors");
    let train =
        |vectors: &str| place.fails(&format!("train --train train.jsonl --vectors {vectors} --out m"));
    assert!(train(&weights.display().to_string()).contains("name its folder"));
    assert!(train("minilm").contains("mlrc fetch minilm"));
    fs::create_dir(place.path("half")).unwrap();
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(small("bert").join(name), place.path(&format!("half/{name}"))).unwrap();
    }
    let whole = fs::read(&weights).unwrap();
    fs::write(place.path("half/model.safetensors"), &whole[..whole.len() / 2]).unwrap();
    assert!(train("half").contains("download it again"));
    fs::write(
        place.path("half/model.safetensors"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    )
    .unwrap();
    assert!(train("half").contains("Git LFS"));
    fs::write(place.path("half/model.safetensors"), &whole).unwrap();
    let config = fs::read_to_string(place.path("half/config.json")).unwrap();
    fs::write(place.path("half/config.json"), config.replace("\"bert\"", "\"roberta\"")).unwrap();
    assert!(train("half").contains("`architectures` has BertModel"));
    assert!(place.names("m").is_empty(), "nothing is left behind");
    // A configuration that is none is not recorded as the encoder's.
    fs::create_dir(place.path("page")).unwrap();
    fs::write(place.path("page/config.json"), "<html>").unwrap();
    let said = place.fails("fetch minilm --out fetched --from page/config.json");
    assert!(said.contains("not a JSON object"), "{said}");
    // Of one file, what is missing is said.
    fs::write(place.path("page/config.json"), "{}").unwrap();
    let said = place.run("fetch minilm --out fetched --from page/config.json");
    assert!(
        text(&said.stderr).contains("still without model.safetensors and tokenizer.json"),
        "{}",
        text(&said.stderr)
    );
}

#[test]
fn sentences_without_labels_are_used_and_said() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    // Labels are taken off, as a user's further sentences have none.
    let bare: String = fs::read_to_string(place.path("test.jsonl"))
        .unwrap()
        .lines()
        .map(|line| {
            let mut instance: serde_json::Value = serde_json::from_str(line).unwrap();
            instance.as_object_mut().unwrap().remove("relation");
            format!("{instance}\n")
        })
        .collect();
    let count = bare.lines().count();
    fs::write(place.path("more.jsonl"), bare).unwrap();
    let train = format!("train --train train.jsonl --unlabelled more.jsonl --vectors {vectors}");
    let output = place.run(&format!("{train} --out model"));
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("5 relations, {count} without labels")), "{said}");
    let note = format!("The {count} sentences without labels did not help them");
    assert!(said.contains(&note), "{said}");
    assert!(place.succeeds("show model").contains(&note));
    place.succeeds("evaluate model test.jsonl");

    let refused = place.fails(&format!("{train} --learner fcm --arm supervised --out m"));
    assert!(refused.contains("fcm is trained by gradients"), "{refused}");
    assert!(place.fails(&format!("{train}x --out m")).contains("cannot"), "a folder that is not there");
    assert!(place.names("m").is_empty(), "nothing is left behind");
}

#[test]
fn the_encoder_itself_is_trained_and_saved() {
    let place = Place::new();
    let vectors = small("mpnet").display().to_string();
    let train = format!("train --train train.jsonl --vectors {vectors} --learner encoder --epochs 1");
    let output = place.run(&format!("{train} --blocks 3 --out model"));
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("encoder on 120 instances of 5 relations, supervised, seed 1"), "{said}");
    assert!(said.contains("the last layer is solved again"), "{said}");
    assert!(said.contains("keeping the last round's model\n"), "its learning rate is not constant: {said}");
    let decay = place.fails(&format!("{train} --decay 0.5 --out m"));
    assert!(decay.contains("supervised.decay would have no effect"), "{decay}");
    let predicted = place.succeeds("predict model test.jsonl");
    fs::remove_dir_all(place.path("cache")).ok();
    assert_eq!(place.succeeds("predict model test.jsonl --threads 1"), predicted);
    let explained =
        place.command("explain model").arg("A <e1>fire</e1> by a <e2>bomb</e2>.").output().unwrap();
    assert!(text(&explained.stdout).contains("by region: subject"), "{}", text(&explained.stderr));
    place.succeeds("evaluate model test.jsonl");

    let unsuitable = place.fails("train --train train.jsonl --vectors v.txt --learner encoder --out m");
    assert!(unsuitable.contains("requires a pretrained encoder"), "{unsuitable}");
    let idle = place.fails(&format!("{train} --set learner.head=softmax --set learner.penalty=2 --out m"));
    assert!(idle.contains("learner.penalty would have no effect"), "{idle}");
    assert!(place.names("m").is_empty(), "nothing is left behind");
}

#[test]
fn cross_validation_says_how_good_models_are_and_the_model_keeps_it() {
    let place = Place::new();
    let vectors = small("bert").display().to_string();
    let train =
        format!("train --train train.jsonl --vectors {vectors} --cross-validate 4 --repeats 2 --out model");
    let trained = place.run(&train);
    let said = text(&trained.stderr);
    assert!(trained.status.success(), "{said}");
    assert!(said.contains("cross-validation: model 8 of 8"), "{said}");
    assert!(said.contains("cross-validation of 120 instances in 4 folds"), "{said}");
    assert!(said.contains("on average over 2 repetitions; always `"), "{said}");
    let shown = place.succeeds("show model");
    assert!(shown.contains("in nine of ten cases") && shown.contains("precision   recall"), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&place.succeeds("show model --json")).unwrap();
    let found = &json["provenance"]["cross_validation"];
    let accuracy = found["accuracy"].as_f64().unwrap();
    let majority = found["majority"]["accuracy"].as_f64().unwrap();
    assert!(accuracy > majority, "{accuracy} by models, {majority} by the most frequent label");
    assert_eq!(found["scores"]["instances"], 120);

    // The model itself is trained on everything, as without.
    place.succeeds(&format!("train --train train.jsonl --vectors {vectors} --out plain"));
    assert_eq!(place.succeeds("predict model test.jsonl"), place.succeeds("predict plain test.jsonl"));

    let refused = place
        .fails(&train.replace("--cross-validate 4", "--cross-validate 1").replace("--out model", "--out x"));
    assert!(refused.contains("expected from 2 folds"), "{refused}");
    assert!(!place.path("x").exists());
}
