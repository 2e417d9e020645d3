//! The runs that are compared: what they spend, what they select, and that they learn.

mod common;

use std::sync::Arc;

use common::small::{corpus, learners, of_c_gcn, options, pa_lstm, prepared, prepared_of, resources};
use mlrc::device::Device;
use mlrc::learner::c_gcn::CGcnConfig;
use mlrc::learner::pa_lstm::{PaLstmConfig, PaLstmFamily};
use mlrc::learner::tokens::TokenReader;
use mlrc::learner::{
    Family, FitError, Fitting, Layer, LearnerConfig, Masking, ReadError, Reader, VocabularyPolicy,
};
use mlrc::meta::{Meta, MetaOptions, Tasks};
use mlrc::resources::Resources;
use mlrc::run::{Arm, Event, PrepareError, Prepared, Recipe, Run, RunOptions};
use mlrc::training::Selection;

fn events(options: &RunOptions, prepared: Arc<Prepared>) -> (Vec<Event>, u64) {
    let mut run = Run::new(options.clone(), prepared);
    let mut events = Vec::new();
    while let Some(event) = run.advance().unwrap() {
        events.push(event);
    }
    (events, run.instances())
}

#[test]
fn the_matched_arm_spends_what_mlrc_spends() {
    let spent = |arm| {
        let options = options(arm);
        events(&options, prepared(&options)).1
    };
    let supervised = spent(Arm::Supervised);
    assert_eq!(supervised, 4 * 120);
    let mlrc = spent(Arm::Mlrc);
    // Six iterations of three relations with two steps on seven instances, at most.
    assert!(mlrc > supervised && mlrc <= supervised + 6 * 3 * 2 * 7);
    assert_eq!(spent(Arm::SupervisedMatched), mlrc);
    assert_eq!(spent(Arm::Joint), mlrc);
}

#[test]
fn the_learning_rate_falls_only_when_the_development_score_does_not_rise() {
    let options = options(Arm::Supervised);
    let (events, _) = events(&options, prepared(&options));
    let rounds: Vec<(f64, f32)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Round { dev, learning_rate, .. } => Some((dev.unwrap(), *learning_rate)),
            _ => None,
        })
        .collect();
    assert_eq!(rounds.len(), 4);
    let mut expected = 1.0;
    for (round, pair) in rounds.windows(2).enumerate() {
        if round + 2 >= options.supervised.decay_from && pair[1].0 <= pair[0].0 {
            expected *= 0.9;
        }
        assert!((pair[1].1 - expected).abs() < 1e-6);
    }
}

#[test]
fn best_dev_keeps_the_best_round_and_last_the_last() {
    let options = options(Arm::Supervised);
    let prepared = prepared(&options);
    let parameters = |selection| {
        let mut run = Run::new(RunOptions { selection, ..options.clone() }, prepared.clone());
        while run.advance().unwrap().is_some() {}
        let dev = run.score(&*prepared.dev).unwrap().primary.value;
        (run.best().unwrap(), dev)
    };
    let ((best, round), dev) = parameters(Selection::BestDev);
    assert_eq!(dev, best);
    let (_, last) = parameters(Selection::Last);
    assert!(last <= best && (1..=4).contains(&round));
}

#[test]
fn both_stages_learn() {
    for learner in learners() {
        let Recipe { learner, meta, supervised, .. } = Recipe::for_learner(without_dropout(learner));
        check_learning(RunOptions { learner, meta, supervised, ..options(Arm::Mlrc) });
    }
}

/// Learners of a few units do not learn with half of them dropped.
fn without_dropout(learner: LearnerConfig) -> LearnerConfig {
    match learner.get::<CGcnConfig>() {
        Some(config) => of_c_gcn(CGcnConfig {
            input_dropout: 0.0,
            lstm_dropout: 0.0,
            graph_dropout: 0.0,
            ..config.clone()
        }),
        None => learner,
    }
}

fn check_learning(mut options: RunOptions) {
    options.meta.iterations = 150;
    (options.supervised.epochs, options.supervised.batch_size) = (60, 10);
    options.supervised.decay = 1.0;
    let prepared = prepared(&options);
    let mut run = Run::new(options.clone(), prepared.clone());
    let untrained = run.score(&*prepared.train).unwrap().primary.value;
    while run.advance().unwrap().is_some() {}
    let trained = run.score(&*prepared.train).unwrap().primary.value;
    assert!(trained > 0.7 && trained > untrained + 0.4, "{untrained} {trained} {:?}", options.learner);
}

#[test]
fn of_a_development_file_each_seed_draws_as_many_as_are_asked_for() {
    let (train, dev) = (corpus(1, 150), corpus(2, 80));
    // What a learner with some parameters predicts for each, which distinguishes the instances.
    let drawn_by = |arm, seed, dev_size| -> Vec<(Option<u32>, Vec<u32>)> {
        let learner = learners().pop().unwrap();
        let options = RunOptions { seed, dev_size, learner, ..options(arm) };
        let prepared = Prepared::new(&options, &train, Some(&dev), &resources(), None, Device::Cpu).unwrap();
        let labels = prepared.dev.labels().to_vec();
        assert_eq!((prepared.report.train, prepared.report.dev), (150, labels.len()));
        let mut parameters = prepared.model.start();
        parameters
            .values
            .iter_mut()
            .enumerate()
            .for_each(|(place, value)| *value = (place % 17) as f32 / 17.0);
        let bits = |row: Vec<f32>| row.into_iter().map(f32::to_bits).collect();
        labels.into_iter().zip(prepared.dev.probabilities(&parameters).into_iter().map(bits)).collect()
    };
    let whole = drawn_by(Arm::Supervised, 1, 0);
    let drawn = drawn_by(Arm::Supervised, 1, 30);
    assert_eq!((whole.len(), drawn.len()), (80, 30));
    assert!(drawn.iter().all(|example| whole.contains(example)));
    assert_eq!(drawn_by(Arm::Mlrc, 1, 30), drawn, "arms are compared on the same instances");
    assert_ne!(drawn_by(Arm::Supervised, 2, 30), drawn);
    assert_eq!(drawn_by(Arm::Supervised, 2, 80), whole);
    assert_eq!(drawn_by(Arm::Supervised, 2, 500), whole);
}

#[test]
fn data_without_annotations_is_trained_without() {
    let mut bare = corpus(1, 150);
    for instance in &mut bare.instances {
        (instance.pos, instance.ner) = (None, None);
    }
    let options = options(Arm::Supervised);
    let prepared = Arc::new(prepared_of(&options, &bare).unwrap());
    assert_eq!(prepared.report.missing_layers, [Layer::Pos, Layer::Ner]);
    assert!(prepared.report.layers.is_empty());
    let steps = prepared.train.labels().len().div_ceil(60) * 4;
    assert_eq!(events(&options, prepared).0.len(), steps + 4);
}

#[test]
fn heads_are_needed_by_the_learner_that_reads_them_and_mended_if_they_are_no_tree() {
    let options = RunOptions { learner: learners().remove(1), ..options(Arm::Supervised) };
    let mut data = corpus(1, 150);
    data.instances[7].heads = Some(vec![0; data.instances[7].tokens.len()]);
    let prepared = prepared_of(&options, &data).unwrap();
    assert!(prepared.report.layers.contains(&Layer::Heads));
    let [repaired] = &prepared.report.repaired_trees[..] else {
        panic!("{:?}", prepared.report.repaired_trees)
    };
    let said = repaired.to_string();
    assert!(said.contains(&data.instances[7].id) && said.contains("attached to the first"), "{said}");

    data.instances[8].heads = None;
    let error = prepared_of(&options, &data).unwrap_err();
    let missing = &data.instances[8].id;
    assert!(
        matches!(&error, PrepareError::Read(ReadError::MissingLayer { id, layer: Layer::Heads }) if id == missing),
        "{error}"
    );
}

#[test]
fn masking_and_the_train_vocabulary_change_what_is_read() {
    let plain = options(Arm::Supervised);
    let masked = RunOptions { masking: Masking::On, ..plain.clone() };
    let small = RunOptions { vocabulary: VocabularyPolicy::Train, ..plain.clone() };
    let (corpus, resources) = (corpus(1, 150), resources());
    let instances: Vec<_> = corpus.instances.iter().collect();
    let [plain, masked, small] = [plain, masked, small].map(|options| {
        let fitting = Fitting {
            instances: &instances,
            unlabelled: &[],
            names: &[],
            options: options.reader(),
            resources: &resources,
            seed: options.seed,
        };
        TokenReader::fit(PaLstmFamily.card(), &fitting).unwrap()
    });
    assert!(plain.source().table().unwrap().masks().is_empty());
    let instance = instances[0];
    let kind = instance.subject.kind.clone().unwrap();
    assert!(masked.source().table().unwrap().masks().contains(&format!("SUBJ-{kind}")));
    assert_eq!(masked.tokens(instance)[instance.subject.span.start], format!("SUBJ-{kind}"));
    let words: std::collections::HashSet<String> = instances
        .iter()
        .flat_map(|instance| &instance.tokens)
        .map(|word| word.to_lowercase())
        .filter(|word| plain.source().table().unwrap().vectors().index(word).is_some())
        .collect();
    assert_eq!(small.source().table().unwrap().vectors().len(), words.len());
    assert!(words.len() < plain.source().table().unwrap().vectors().len());
    assert_eq!(small.report().coverage, plain.report().coverage);
}

#[test]
fn unfit_data_is_refused_in_words() {
    let refuse = |options: &RunOptions, corpus| prepared_of(options, &corpus).unwrap_err();
    let small = options(Arm::Supervised);
    let mut one = corpus(1, 50);
    one.instances.iter_mut().for_each(|instance| instance.relation = Some("only".into()));
    assert!(matches!(refuse(&small, one), PrepareError::OneRelation(label) if label == "only"));
    let nothing = RunOptions { fraction: 0.001, ..small.clone() };
    assert!(matches!(refuse(&nothing, corpus(1, 50)), PrepareError::Split(_)));
    let mut foreign = corpus(1, 50);
    foreign.instances.iter_mut().for_each(|instance| instance.tokens.fill("жук".into()));
    assert!(matches!(refuse(&small, foreign), PrepareError::Fit(FitError::NoVectors)));
    let nothing = Prepared::new(&small, &corpus(1, 50), None, &Resources::default(), None, Device::Cpu);
    let said = nothing.unwrap_err().to_string();
    assert_eq!(said, "the learner pa-lstm requires word vectors, but none are given");
    // Mistakes that a caller can make in memory.
    let mut outside = corpus(1, 50);
    outside.instances[3].object.span.end = 999;
    let said = refuse(&small, outside).to_string();
    assert!(said.contains("field `object`: expected a span"), "{said}");
    let mut short = corpus(1, 50);
    short.instances[4].pos = Some(Vec::new());
    assert!(refuse(&small, short).to_string().contains("field `pos`: expected"));
    let mut options = small.clone();
    options.meta.relations = 0;
    let said = refuse(&options, corpus(1, 50)).to_string();
    assert_eq!(said, "meta.relations: expected a whole number from 1, found 0");
    options = small;
    options.supervised.batch_size = 0;
    assert!(refuse(&options, corpus(1, 50)).to_string().starts_with("supervised.batch_size: expected"));
}

/// With one step of SGD, no clipping and as many instances of each relation, the mean of Reptile's tasks is
/// the joint step.
#[test]
fn one_inner_step_of_reptile_is_a_joint_step() {
    let config = PaLstmConfig { dropout: 0.0, word_dropout: 0.0, ..pa_lstm() };
    let learner = LearnerConfig::new(&PaLstmFamily, config).unwrap();
    let prepared = prepared(&RunOptions { learner, ..options(Arm::Mlrc) });
    let meta_options =
        MetaOptions { iterations: 3, relations: 3, instances: 5, clip: 1e9, ..MetaOptions::default() };
    let tasks = Tasks::new(prepared.train.labels());
    let mut reptile = Meta::new(meta_options, 4, prepared.model.start());
    let mut joint = reptile.clone();
    for _ in 0..3 {
        let losses = [reptile.step(&*prepared.train, &tasks), joint.joint_step(&*prepared.train, &tasks)];
        assert!((losses[0] - losses[1]).abs() < 1e-5, "{losses:?}");
    }
    assert_eq!((reptile.instances, reptile.iteration), (joint.instances, joint.iteration));
    for (reptile, joint) in reptile.parameters.values.iter().zip(&joint.parameters.values) {
        assert!((reptile - joint).abs() < 1e-5, "{reptile} {joint}");
    }
}

#[test]
fn hyper_parameters_out_of_range_are_refused_on_every_way_in() {
    let said = LearnerConfig::new(&PaLstmFamily, PaLstmConfig { hidden: 0, ..pa_lstm() }).unwrap_err();
    assert_eq!(said.to_string(), "hidden: expected a whole number from 1, found 0");
    let json = r#"{"kind":"c-gcn","graph_dropout":1.5}"#;
    let said = serde_json::from_str::<LearnerConfig>(json).unwrap_err().to_string();
    assert!(said.starts_with("expected a number of at least 0 and below 1, found 1.5"), "{said}");
    let fcm = LearnerConfig::named("fcm").unwrap();
    let said = fcm.with([("dropout".to_owned(), (-1.0).into())]).unwrap_err();
    assert!(said.starts_with("expected a number of at least 0"), "{said}");
    let said = fcm.with([("hidden".to_owned(), 3.into())]).unwrap_err();
    assert!(said.starts_with("unknown field `hidden`"), "{said}");
}
