//! Time of a training step, a meta-iteration and prediction with PA-LSTM of the original's size.
//!
//! On SemEval's annotated training file and GloVe vectors where `MLRC_DATA` names a folder that has them, otherwise on a
//! generated corpus of the same size and sentence length. `bench/pytorch/step.py` measures the same in PyTorch.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use divan::Bencher;
use mlrc::corpus::{Corpus, ReadOptions};
use mlrc::experiment::{Arm, Prepared, RunOptions};
use mlrc::features::Vectors;
use mlrc::learner::Parameters;
use mlrc::meta::{Meta, MetaOptions, Tasks};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::{Supervised, SupervisedOptions, predict};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static DATA: LazyLock<Prepared> = LazyLock::new(|| {
    let (corpus, vectors) = semeval().unwrap_or_else(generated);
    let options = RunOptions { arm: Arm::Supervised, ..RunOptions::default() };
    Prepared::new(&options, &corpus, None, &Arc::new(vectors), None).expect("the data is sound")
});

fn semeval() -> Option<(Corpus, Vectors)> {
    let folder = PathBuf::from(std::env::var_os("MLRC_DATA")?);
    let corpus =
        Corpus::read(folder.join("semeval2010-tacred-json/train.json"), &ReadOptions::default()).ok()?;
    let (vectors, _) = Vectors::read(&folder.join("glove/glove.6B.50d.subset.txt")).ok()?;
    Some((corpus, vectors))
}

fn generated() -> (Corpus, Vectors) {
    let synthesis = Synthesis::new(SynthesisOptions { instances: 8000, ..SynthesisOptions::semeval_like() })
        .expect("the options are in range");
    let (words, rows): (Vec<String>, Vec<Vec<f32>>) = synthesis.vectors(50).into_iter().unzip();
    (Corpus::from_instances(synthesis.instances().collect()), Vectors::from_rows(&words, rows.concat(), 50))
}

#[divan::bench(args = [8, 50, 200], sample_count = 40, sample_size = 1)]
fn training_step(bencher: Bencher, batch_size: usize) {
    let options = SupervisedOptions { batch_size, epochs: 1000, ..SupervisedOptions::default() };
    let mut training = Supervised::new(options, 1, DATA.train.len(), Parameters::of(&DATA.learner));
    bencher.bench_local(|| training.step(&DATA.learner, &DATA.train));
}

#[divan::bench(sample_count = 40, sample_size = 1)]
fn meta_iteration(bencher: Bencher) {
    let tasks = Tasks::new(&DATA.train);
    let mut meta = Meta::new(MetaOptions::default(), 1, Parameters::of(&DATA.learner));
    bencher.bench_local(|| meta.step(&DATA.learner, &DATA.train, &tasks));
}

#[divan::bench(sample_count = 40, sample_size = 1)]
fn predict_100(bencher: Bencher) {
    let parameters = Parameters::of(&DATA.learner);
    let mut start = 0;
    bencher.bench_local(|| {
        start = (start + 100) % (DATA.train.len() - 100);
        predict(&DATA.learner, &parameters, &DATA.train[start..start + 100])
    });
}

fn main() {
    divan::main();
}
