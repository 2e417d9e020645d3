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
    assert_eq!(made["test"], again, "{again}");
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
