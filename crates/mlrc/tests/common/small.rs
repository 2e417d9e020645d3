//! Small generated data and options that train in seconds.
#![allow(dead_code, missing_docs)]

use std::sync::Arc;

use mlrc::corpus::{Corpus, Descriptions, Instance, Span};
use mlrc::device::Device;
use mlrc::learner::LearnerConfig;
use mlrc::learner::c_gcn::{CGcnConfig, CGcnFamily};
use mlrc::learner::fcm::{FcmConfig, FcmFamily};
use mlrc::learner::pa_lstm::{PaLstmConfig, PaLstmFamily};
use mlrc::meta::MetaOptions;
use mlrc::random::{Purpose, Stream};
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, PrepareError, Prepared, RunOptions};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::SupervisedOptions;

pub const LABELS: usize = 5;

pub fn instances(seed: u64, count: usize) -> Vec<Instance> {
    synthesis(seed, count).instances().collect()
}

/// Words of a topic.
const WORDS: usize = 12;
const DIMENSION: usize = 20;

/// The relations of topics: each sentence has five words of its topic, the first and the last of which are the entities.
pub fn topical(topics: std::ops::Range<usize>, seed: u64, count: usize) -> Vec<Instance> {
    let mut stream = Stream::new(seed, Purpose::Split, 77, 0);
    let mut instance = |number: usize| {
        let topic = topics.start + number % topics.len();
        // The last three words are only in descriptions.
        let words: Vec<String> = (0..5).map(|_| format!("t{topic}w{}", stream.below(WORDS - 3))).collect();
        let mut instance = Instance::new(words, Span::new(0, 1), Span::new(4, 5)).unwrap();
        instance.id = format!("{seed}-{number}");
        instance.relation = Some(format!("topic-{topic}"));
        instance
    };
    (0..count).map(&mut instance).collect()
}

/// Vectors of the words of topics: those of a topic are near each other, but no nearer than chance makes others.
pub fn topical_resources(topics: usize) -> Resources {
    let mut stream = Stream::new(5, Purpose::Split, 78, 0);
    let (mut words, mut values) = (Vec::new(), Vec::new());
    for topic in 0..topics {
        let centre: Vec<f32> = (0..DIMENSION).map(|_| stream.normal(0.0, 1.0)).collect();
        for word in 0..WORDS {
            words.push(format!("t{topic}w{word}"));
            values.extend(centre.iter().map(|value| value + stream.normal(0.0, 2.0)));
        }
    }
    Resources::of_vectors(Vectors::from_rows(&words, values, DIMENSION))
}

/// What describes the topics: words that no sentence has.
pub fn topical_descriptions(topics: usize) -> Descriptions {
    let words = |topic| (WORDS - 3..WORDS).map(move |word| format!("t{topic}w{word}")).collect::<Vec<_>>();
    Descriptions::new((0..topics).map(|topic| (format!("topic-{topic}"), words(topic).join(" "))))
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
