//! Time of a training step, a meta-iteration and prediction with learners of the originals' sizes, and of pruning trees.
//!
//! On SemEval's annotated training file and GloVe vectors where `MLRC_DATA` names a folder that has them, otherwise on a
//! generated corpus of the same size and sentence length. `bench/pytorch/step.py` measures the same in PyTorch.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use divan::Bencher;
use divan::counter::ItemsCount;
use mlrc::corpus::{Corpus, ReadOptions};
use mlrc::experiment::{Arm, Prepared, RunOptions};
use mlrc::features::{PrunedTree, Vectors, mend};
use mlrc::learner::{CGcnConfig, LearnerConfig, PaLstmConfig, Parameters};
use mlrc::meta::{Meta, MetaOptions, Tasks};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::{Supervised, SupervisedOptions, predict};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static CORPUS: LazyLock<(Corpus, Arc<Vectors>)> = LazyLock::new(|| {
    let (corpus, vectors) = semeval().unwrap_or_else(generated);
    (corpus, Arc::new(vectors))
});

static PA_LSTM: LazyLock<Prepared> =
    LazyLock::new(|| prepared(LearnerConfig::PaLstm(PaLstmConfig::default())));
static C_GCN: LazyLock<Prepared> = LazyLock::new(|| prepared(LearnerConfig::CGcn(CGcnConfig::default())));
static GCN: LazyLock<Prepared> = LazyLock::new(|| prepared(LearnerConfig::CGcn(CGcnConfig::gcn())));

/// The data as each learner reads it.
const LEARNERS: [(&str, &LazyLock<Prepared>); 3] = [("pa-lstm", &PA_LSTM), ("c-gcn", &C_GCN), ("gcn", &GCN)];

fn prepared(learner: LearnerConfig) -> Prepared {
    let options = RunOptions { arm: Arm::Supervised, learner, ..RunOptions::default() };
    let (corpus, vectors) = &*CORPUS;
    Prepared::new(&options, corpus, None, vectors, None).expect("the data is sound")
}

/// The names of the learners.
fn names() -> impl Iterator<Item = &'static str> {
    LEARNERS.into_iter().map(|(name, _)| name)
}

fn data(name: &str) -> &'static Prepared {
    LEARNERS.into_iter().find(|(learner, _)| *learner == name).expect("one of the names").1
}

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

#[divan::bench(args = names(), consts = [8, 50, 200], sample_count = 40, sample_size = 1)]
fn training_step<const BATCH: usize>(bencher: Bencher, learner: &str) {
    let data = data(learner);
    let options = SupervisedOptions { batch_size: BATCH, epochs: 1000, ..SupervisedOptions::default() };
    let mut training = Supervised::new(options, 1, data.train.len(), Parameters::of(&data.learner));
    bencher.bench_local(|| training.step(&data.learner, &data.train));
}

#[divan::bench(args = names(), sample_count = 40, sample_size = 1)]
fn meta_iteration(bencher: Bencher, learner: &str) {
    let data = data(learner);
    let tasks = Tasks::new(&data.train);
    let mut meta = Meta::new(MetaOptions::default(), 1, Parameters::of(&data.learner));
    bencher.bench_local(|| meta.step(&data.learner, &data.train, &tasks));
}

#[divan::bench(args = names(), sample_count = 40, sample_size = 1)]
fn predict_100(bencher: Bencher, learner: &str) {
    let data = data(learner);
    let parameters = Parameters::of(&data.learner);
    let mut start = 0;
    bencher.bench_local(|| {
        start = (start + 100) % (data.train.len() - 100);
        predict(&data.learner, &parameters, &data.train[start..start + 100])
    });
}

/// Mending and pruning the trees of the whole corpus on one thread.
#[divan::bench(args = [-1, 1], sample_count = 20, sample_size = 1)]
fn prune_trees(bencher: Bencher, k: i32) {
    let instances = &CORPUS.0.instances;
    bencher.counter(ItemsCount::new(instances.len())).bench_local(|| {
        let edges = instances.iter().filter_map(|instance| {
            let (heads, _) = mend(instance.heads.as_ref()?);
            let (subject, object) = (instance.subject.span.range(), instance.object.span.range());
            Some(PrunedTree::new(&heads, subject, object, k).edges().count())
        });
        edges.sum::<usize>()
    });
}

fn main() {
    divan::main();
}
