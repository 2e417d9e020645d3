//! How long teaching takes over an encoder: from 75 labelled sentences to a classifier, and one answer.
//!
//! `MLRC_ENCODERS` names a folder with `minilm`; without it, a small encoder with random weights stands in.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::Bencher;
use mlrc::RelationClassifier;
use mlrc::corpus::Corpus;
use mlrc::resources::{Encoder, Resources, Rounding};
use mlrc::run::Recipe;
use mlrc::synthesis::{Synthesis, SynthesisOptions};

static ENCODER: LazyLock<Resources> = LazyLock::new(|| {
    let genuine = std::env::var_os("MLRC_ENCODERS").map(|folder| PathBuf::from(folder).join("minilm"));
    let small = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encoders/bert");
    let folder = genuine.filter(|folder| folder.is_dir()).unwrap_or_else(small);
    let encoder = Encoder::read(&folder, Rounding::Half).expect("it is an encoder");
    // What a program that stays open does once.
    encoder.vectors(&[]).expect("its weights are sound");
    Resources::of_vectors(encoder)
});

fn corpus() -> Corpus {
    let options = SynthesisOptions { seed: 1, instances: 75, labels: 19, ..SynthesisOptions::default() };
    Corpus::from_instances(Synthesis::new(options).expect("the options are sound").instances().collect())
}

fn trained() -> RelationClassifier {
    let recipe = Recipe::learner("regions").expect("there is such a learner");
    let training = RelationClassifier::train(&recipe).annotations(false).resources(ENCODER.clone());
    training.fit(&corpus()).expect("the data is suitable")
}

#[divan::bench(sample_count = 10)]
fn a_model_of_75_sentences(bencher: Bencher) {
    LazyLock::force(&ENCODER);
    bencher.bench_local(trained);
}

#[divan::bench]
fn an_answer(bencher: Bencher) {
    let model = trained();
    let sentence = "The <e1>fire</e1> in the old factory was caused by a <e2>bomb</e2> on Monday morning.";
    bencher.bench_local(|| model.predict(sentence).expect("the sentence is marked"));
}

fn main() {
    divan::main();
}
