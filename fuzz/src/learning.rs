//! What is called with arbitrary bytes: everything of mlrc that reads files. Fuzzing and an ordinary test
//! (`crates/mlrc-experiment/tests/fuzz_inputs.rs`) share it.

use std::fs;
use std::path::Path;

use mlrc::RelationClassifier;
use mlrc::corpus::{Corpus, Instance, InstanceStream, ReadOptions};
use mlrc::resources::{Encoder, Vectors};
use mlrc::run::Recipe;
use xxhash_rust::xxh3::xxh3_64;

/// Does something with arbitrary bytes.
type Call = fn(&[u8]);

/// The entry points and their names, which are also those of the folders with their inputs.
pub const TARGETS: [(&str, Call); 8] = [
    ("vectors", vectors),
    ("vocabulary", vocabulary),
    ("matrix", matrix),
    ("recipe", recipe),
    ("manifest", manifest),
    ("parameters", parameters),
    ("encoder-config", |bytes| encoder("config.json", bytes)),
    ("encoder-weights", |bytes| encoder("model.safetensors", bytes)),
];

/// The folders of tests: a model of each kind, and encoders.
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../");

fn fixture(path: &str) -> std::path::PathBuf {
    let inside = Path::new(FIXTURES).join("mlrc/tests").join(path);
    // From fuzz/, the crates are in another folder.
    if inside.exists() { inside } else { Path::new(FIXTURES).join("crates/mlrc/tests").join(path) }
}

/// Word vectors as text, also packed.
fn vectors(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("v.txt");
    fs::write(&path, bytes).expect("it can be written");
    let Ok((vectors, _)) = Vectors::read(&path) else { return };
    assert!(vectors.dimension() > 0);
    let mut row = Vec::new();
    if let Some(index) = vectors.index("the") {
        vectors.append_row(index, &mut row);
        assert_eq!(row.len(), vectors.dimension());
    }
}

/// A vocabulary in a model folder whose manifest says that it is right: damage on purpose.
fn vocabulary(bytes: &[u8]) {
    model("words.fst", bytes);
}

/// The same of vectors.
fn matrix(bytes: &[u8]) {
    model("vectors.safetensors", bytes);
}

/// The same of parameters.
fn parameters(bytes: &[u8]) {
    model("parameters.safetensors", bytes);
}

/// A recipe of `mlrc train`.
fn recipe(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = Recipe::parse(text, "recipe.toml") {
        assert!(!error.to_string().is_empty());
    }
}

/// The manifest of a model.
fn manifest(bytes: &[u8]) {
    let place = copy_of("models/version-1/fcm");
    fs::write(place.path().join("manifest.json"), bytes).expect("it can be written");
    load(place.path());
}

fn model(name: &str, bytes: &[u8]) {
    let place = copy_of("models/version-1/fcm");
    fs::write(place.path().join(name), bytes).expect("it can be written");
    let path = place.path().join("manifest.json");
    let text = fs::read(&path).expect("a manifest");
    let mut manifest: serde_json::Value = serde_json::from_slice(&text).expect("it is JSON");
    manifest["files"][name] =
        serde_json::json!({"bytes": bytes.len(), "xxh3": format!("{:016x}", xxh3_64(bytes))});
    fs::write(&path, manifest.to_string()).expect("it can be written");
    load(place.path());
}

/// What loads also answers, with probabilities.
fn load(folder: &Path) {
    let Ok(classifier) = RelationClassifier::load(folder) else { return };
    let text = "The <e1>fire</e1> was caused by the <e2>bomb</e2> .\n";
    let stream = InstanceStream::new(text.as_bytes(), "t", &ReadOptions::default()).expect("a sentence");
    let mut instances: Vec<Instance> = stream.flatten().collect();
    let corpus = Corpus::open(fixture("models/version-1/test.jsonl")).expect("sentences");
    instances.extend(corpus.instances.into_iter().take(2));
    let Ok(predictions) = classifier.classify(&instances) else { return };
    for prediction in predictions {
        assert!((0.0..=1.0).contains(&prediction.probability()), "{}", prediction.probability());
    }
}

/// A file of an encoder's folder.
fn encoder(name: &str, bytes: &[u8]) {
    let place = copy_of("encoders/bert");
    fs::write(place.path().join(name), bytes).expect("it can be written");
    if let Err(error) = Encoder::open(place.path()) {
        assert!(!error.to_string().is_empty());
    }
}

fn copy_of(folder: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a temporary folder");
    for entry in fs::read_dir(fixture(folder)).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, place.path().join(path.file_name().expect("a name"))).expect("it can be copied");
    }
    place
}
