//! Time of a training step, a meta-iteration and prediction with learners of the originals' sizes, and of pruning trees.
//!
//! On SemEval's annotated training file and GloVe vectors where `MLRC_DATA` names a folder that has them, otherwise on a
//! generated corpus of the same size and sentence length. `bench/pytorch/step.py` measures the same in PyTorch.

use std::path::PathBuf;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use mlrc::corpus::Corpus;
use mlrc::device::Device;
use mlrc::learner::LearnerConfig;
use mlrc::learner::tokens::{PrunedTree, repair};
use mlrc::meta::{Meta, MetaOptions, Tasks};
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, Prepared, RunOptions};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::{Supervised, SupervisedOptions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static CORPUS: LazyLock<(Corpus, Resources)> = LazyLock::new(|| {
    let (corpus, vectors) = semeval().unwrap_or_else(generated);
    (corpus, Resources::of_vectors(vectors))
});

static PA_LSTM: LazyLock<Prepared> = LazyLock::new(|| prepared("pa-lstm"));
static C_GCN: LazyLock<Prepared> = LazyLock::new(|| prepared("c-gcn"));
static GCN: LazyLock<Prepared> = LazyLock::new(|| prepared("gcn"));
static FCM: LazyLock<Prepared> = LazyLock::new(|| prepared("fcm"));

/// The data as each learner reads it.
const LEARNERS: [(&str, &LazyLock<Prepared>); 4] =
    [("pa-lstm", &PA_LSTM), ("c-gcn", &C_GCN), ("gcn", &GCN), ("fcm", &FCM)];

fn prepared(learner: &str) -> Prepared {
    let learner = LearnerConfig::named(learner).expect("the learner is registered");
    let options = RunOptions { arm: Arm::Supervised, learner, ..RunOptions::default() };
    let (corpus, resources) = &*CORPUS;
    Prepared::new(&options, corpus, None, resources, None, Device::Cpu).expect("the data is sound")
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
    let corpus = Corpus::open(folder.join("semeval2010-tacred-json/train.json")).ok()?;
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
    let mut training = Supervised::new(options, 1, data.train.labels().len(), data.model.start());
    bencher.bench_local(|| training.step(&*data.train));
}

#[divan::bench(args = names(), sample_count = 40, sample_size = 1)]
fn meta_iteration(bencher: Bencher, learner: &str) {
    let data = data(learner);
    let tasks = Tasks::new(data.train.labels());
    let mut meta = Meta::new(MetaOptions::default(), 1, data.model.start());
    bencher.bench_local(|| meta.step(&*data.train, &tasks));
}

#[divan::bench(args = names(), sample_count = 40, sample_size = 1)]
fn predict_100(bencher: Bencher, learner: &str) {
    let data = data(learner);
    let parameters = data.model.start();
    let batches: Vec<_> = CORPUS
        .0
        .instances
        .chunks_exact(100)
        .take(40)
        .map(|batch| data.model.read(&batch.iter().collect::<Vec<_>>()).expect("the data is sound"))
        .collect();
    let mut batches = batches.iter().cycle();
    bencher.bench_local(|| batches.next().expect("there are batches").probabilities(&parameters));
}

/// Mending and pruning the trees of the whole corpus on one thread.
#[divan::bench(args = [-1, 1], sample_count = 20, sample_size = 1)]
fn prune_trees(bencher: Bencher, k: i32) {
    let instances = &CORPUS.0.instances;
    bencher.counter(ItemsCount::new(instances.len())).bench_local(|| {
        let edges = instances.iter().filter_map(|instance| {
            let (heads, _) = repair(instance.heads.as_ref()?);
            let (subject, object) = (instance.subject.span.range(), instance.object.span.range());
            Some(PrunedTree::new(&heads, subject, object, k).edges().count())
        });
        edges.sum::<usize>()
    });
}

fn main() {
    divan::main();
}
