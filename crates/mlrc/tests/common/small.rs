//! Small generated data and options that train in seconds.
#![allow(dead_code, missing_docs)]

use std::sync::Arc;

use mlrc::corpus::{Corpus, Instance};
use mlrc::device::Device;
use mlrc::learner::LearnerConfig;
use mlrc::learner::c_gcn::{CGcnConfig, CGcnFamily};
use mlrc::learner::fcm::{FcmConfig, FcmFamily};
use mlrc::learner::pa_lstm::{PaLstmConfig, PaLstmFamily};
use mlrc::meta::MetaOptions;
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, PrepareError, Prepared, RunOptions};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::SupervisedOptions;

pub const LABELS: usize = 5;

pub fn instances(seed: u64, count: usize) -> Vec<Instance> {
    synthesis(seed, count).instances().collect()
}

pub fn corpus(seed: u64, count: usize) -> Corpus {
    Corpus::from_instances(instances(seed, count))
}

pub fn resources() -> Resources {
    let (words, rows): (Vec<String>, Vec<Vec<f32>>) = synthesis(0, 1).vectors(20).into_iter().unzip();
    Resources::of_vectors(Vectors::from_rows(&words, rows.concat(), 20))
}

fn synthesis(seed: u64, instances: usize) -> Synthesis {
    let options =
        SynthesisOptions { seed, instances, labels: LABELS, difficulty: 0.2, ..SynthesisOptions::default() };
    Synthesis::new(options).unwrap()
}

pub fn pa_lstm() -> PaLstmConfig {
    PaLstmConfig { hidden: 24, attention: 20, position: 5, pos: 6, ner: 4, ..PaLstmConfig::default() }
}

/// C-GCN and GCN, with pruned and unpruned trees.
pub fn c_gcns() -> [CGcnConfig; 3] {
    let c_gcn = CGcnConfig { lstm: 12, hidden: 18, pos: 6, ner: 4, ..CGcnConfig::default() };
    let deep = CGcnConfig { lstm_layers: 2, layers: 3, prune_k: -1, mlp_layers: 1, ..c_gcn.clone() };
    let gcn = CGcnConfig { lstm_layers: 0, ..c_gcn.clone() };
    [c_gcn, deep, gcn]
}

pub fn fcm() -> FcmConfig {
    FcmConfig { dropout: 0.2, word_dropout: 0.1, ..FcmConfig::default() }
}

pub fn of_c_gcn(config: CGcnConfig) -> LearnerConfig {
    LearnerConfig::new(&CGcnFamily, config).unwrap()
}

/// Every learner, at a small size: PA-LSTM first, then C-GCN and GCN, then FCM.
pub fn learners() -> Vec<LearnerConfig> {
    let mut all = vec![LearnerConfig::new(&PaLstmFamily, pa_lstm()).unwrap()];
    all.extend(c_gcns().map(of_c_gcn));
    all.push(LearnerConfig::new(&FcmFamily, fcm()).unwrap());
    all
}

pub fn options(arm: Arm) -> RunOptions {
    RunOptions {
        arm,
        dev_size: 30,
        learner: learners().remove(0),
        meta: MetaOptions {
            iterations: 6,
            relations: 3,
            instances: 7,
            inner_steps: 2,
            ..MetaOptions::default()
        },
        supervised: SupervisedOptions {
            epochs: 4,
            batch_size: 60,
            decay_from: 2,
            ..SupervisedOptions::default()
        },
        ..RunOptions::default()
    }
}

pub fn prepared(options: &RunOptions) -> Arc<Prepared> {
    Arc::new(prepared_of(options, &corpus(1, 150)).unwrap())
}

pub fn prepared_of(options: &RunOptions, corpus: &Corpus) -> Result<Prepared, PrepareError> {
    Prepared::new(options, corpus, None, &resources(), None, Device::Cpu)
}
