//! Small generated data and options that train in seconds.
#![allow(dead_code, missing_docs)]

use std::sync::Arc;

use mlrc::corpus::{Corpus, Instance};
use mlrc::experiment::{Arm, Prepared, RunOptions};
use mlrc::features::Vectors;
use mlrc::learner::{CGcnConfig, FcmConfig, LearnerConfig, PaLstmConfig};
use mlrc::meta::MetaOptions;
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::SupervisedOptions;

pub const LABELS: usize = 5;

pub fn instances(seed: u64, count: usize) -> Vec<Instance> {
    synthesis(seed, count).instances().collect()
}

pub fn corpus(seed: u64, count: usize) -> Corpus {
    Corpus::from_instances(instances(seed, count))
}

pub fn vectors() -> Arc<Vectors> {
    let (words, rows): (Vec<String>, Vec<Vec<f32>>) = synthesis(0, 1).vectors(20).into_iter().unzip();
    Arc::new(Vectors::from_rows(&words, rows.concat(), 20))
}

fn synthesis(seed: u64, instances: usize) -> Synthesis {
    let options =
        SynthesisOptions { seed, instances, labels: LABELS, difficulty: 0.2, ..SynthesisOptions::default() };
    Synthesis::new(options).unwrap()
}

/// Every learner, small: PA-LSTM first, then C-GCN and GCN, with trees pruned and whole, then FCM.
pub fn learners() -> Vec<LearnerConfig> {
    let pa_lstm =
        PaLstmConfig { hidden: 24, attention: 20, position: 5, pos: 6, ner: 4, ..PaLstmConfig::default() };
    let c_gcn = CGcnConfig { lstm: 12, hidden: 18, pos: 6, ner: 4, ..CGcnConfig::default() };
    let deep = CGcnConfig { lstm_layers: 2, layers: 3, prune_k: -1, mlp_layers: 1, ..c_gcn.clone() };
    let gcn = CGcnConfig { lstm_layers: 0, ..c_gcn.clone() };
    let mut all = vec![LearnerConfig::PaLstm(pa_lstm)];
    all.extend([c_gcn, deep, gcn].map(LearnerConfig::CGcn));
    all.push(LearnerConfig::Fcm(FcmConfig { dropout: 0.2, word_dropout: 0.1, ..FcmConfig::default() }));
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

pub fn prepared(options: &RunOptions) -> Prepared {
    Prepared::new(options, &corpus(1, 150), None, &vectors(), None).unwrap()
}
