//! The runs that are compared: what they spend, what they select, and that they learn.

mod common;

use common::small::{corpus, learners, options, prepared, vectors};
use mlrc::experiment::{Arm, Event, PrepareError, Prepared, Recipe, Run, RunOptions};
use mlrc::features::{Layer, Masking};
use mlrc::learner::{LearnerConfig, Parameters};
use mlrc::meta::{Meta, MetaOptions, Tasks};
use mlrc::training::Selection;

fn events(options: &RunOptions, prepared: &Prepared) -> (Vec<Event>, u64) {
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
        events(&options, &prepared(&options)).1
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
    let (events, _) = events(&options, &prepared(&options));
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
        let mut run = Run::new(RunOptions { selection, ..options.clone() }, &prepared);
        while run.advance().unwrap().is_some() {}
        let dev = run.score(&prepared.dev).unwrap().primary.value;
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
fn without_dropout(mut learner: LearnerConfig) -> LearnerConfig {
    if let LearnerConfig::CGcn(config) = &mut learner {
        (config.input_dropout, config.lstm_dropout, config.graph_dropout) = (0.0, 0.0, 0.0);
    }
    learner
}

fn check_learning(mut options: RunOptions) {
    options.meta.iterations = 150;
    (options.supervised.epochs, options.supervised.batch_size) = (60, 10);
    options.supervised.decay = 1.0;
    let prepared = prepared(&options);
    let mut run = Run::new(options.clone(), &prepared);
    let untrained = run.score(&prepared.train).unwrap().primary.value;
    while run.advance().unwrap().is_some() {}
    let trained = run.score(&prepared.train).unwrap().primary.value;
    assert!(trained > 0.7 && trained > untrained + 0.4, "{untrained} {trained} {:?}", options.learner);
}

#[test]
fn of_a_development_file_each_seed_draws_as_many_as_are_asked_for() {
    let (train, dev) = (corpus(1, 150), corpus(2, 80));
    let lengths = |arm, seed, dev_size| -> Vec<(usize, Option<u32>)> {
        let options = RunOptions { seed, dev_size, ..options(arm) };
        let prepared = Prepared::new(&options, &train, Some(&dev), &vectors(), None).unwrap();
        assert_eq!((prepared.report.train, prepared.report.dev), (150, prepared.dev.len()));
        prepared.dev.iter().map(|example| (example.len(), example.label)).collect()
    };
    let whole = lengths(Arm::Supervised, 1, 0);
    let drawn = lengths(Arm::Supervised, 1, 30);
    assert_eq!((whole.len(), drawn.len()), (80, 30));
    assert!(drawn.iter().all(|example| whole.contains(example)));
    assert_eq!(lengths(Arm::Mlrc, 1, 30), drawn, "arms are compared on the same instances");
    assert_ne!(lengths(Arm::Supervised, 2, 30), drawn);
    assert_eq!(lengths(Arm::Supervised, 2, 80), whole);
    assert_eq!(lengths(Arm::Supervised, 2, 500), whole);
}

#[test]
fn data_without_annotations_is_trained_without() {
    let mut bare = corpus(1, 150);
    for instance in &mut bare.instances {
        (instance.pos, instance.ner) = (None, None);
    }
    let options = options(Arm::Supervised);
    let prepared = Prepared::new(&options, &bare, None, &vectors(), None).unwrap();
    assert_eq!(prepared.report.missing_layers, [Layer::Pos, Layer::Ner]);
    assert!(prepared.report.layers.is_empty());
    assert_eq!(events(&options, &prepared).0.len(), prepared.train.len().div_ceil(60) * 4 + 4);
}

#[test]
fn heads_are_needed_by_the_learner_that_reads_them_and_mended_if_they_are_no_tree() {
    let options = RunOptions { learner: learners().remove(1), ..options(Arm::Supervised) };
    let mut data = corpus(1, 150);
    data.instances[7].heads = Some(vec![0; data.instances[7].tokens.len()]);
    let prepared = Prepared::new(&options, &data, None, &vectors(), None).unwrap();
    assert!(prepared.report.layers.contains(&Layer::Heads));
    let [mended] = &prepared.report.mended_trees[..] else { panic!("{:?}", prepared.report.mended_trees) };
    let said = mended.to_string();
    assert!(said.contains(&data.instances[7].id) && said.contains("joined under the first"), "{said}");

    data.instances[8].heads = None;
    let error = Prepared::new(&options, &data, None, &vectors(), None).unwrap_err();
    assert!(matches!(error, PrepareError::MissingLayer(missing) if missing.id == data.instances[8].id));
}

#[test]
fn masking_and_the_train_vocabulary_change_what_is_read() {
    let plain = options(Arm::Supervised);
    let masked = RunOptions { masking: Masking::On, ..plain.clone() };
    let small = RunOptions { vocabulary: mlrc::experiment::VocabularyPolicy::Train, ..plain.clone() };
    let [plain, masked, small] = [plain, masked, small].map(|options| prepared(&options));
    assert!(plain.encoder.words().masks().is_empty() && !masked.encoder.words().masks().is_empty());
    assert!(small.encoder.words().vectors().len() < plain.encoder.words().vectors().len());
    assert_eq!(small.report.coverage, plain.report.coverage);
}

#[test]
fn unfit_data_is_refused_in_words() {
    let refuse =
        |options: &RunOptions, corpus| Prepared::new(options, &corpus, None, &vectors(), None).unwrap_err();
    let small = options(Arm::Supervised);
    let mut one = corpus(1, 50);
    one.instances.iter_mut().for_each(|instance| instance.relation = Some("only".into()));
    assert!(matches!(refuse(&small, one), PrepareError::OneRelation(label) if label == "only"));
    let nothing = RunOptions { fraction: 0.001, ..small.clone() };
    assert!(matches!(refuse(&nothing, corpus(1, 50)), PrepareError::Split(_)));
    let mut foreign = corpus(1, 50);
    foreign.instances.iter_mut().for_each(|instance| instance.tokens.fill("жук".into()));
    assert!(matches!(refuse(&small, foreign), PrepareError::NoVectors));
}

/// With one step of SGD, no clipping and as many instances of each relation, the mean of Reptile's tasks is the joint step.
#[test]
fn one_inner_step_of_reptile_is_a_joint_step() {
    let options = options(Arm::Mlrc);
    let mut learner = options.learner.clone();
    if let LearnerConfig::PaLstm(config) = &mut learner {
        (config.dropout, config.word_dropout) = (0.0, 0.0);
    }
    let prepared = prepared(&RunOptions { learner, ..options });
    let meta_options =
        MetaOptions { iterations: 3, relations: 3, instances: 5, clip: 1e9, ..MetaOptions::default() };
    let tasks = Tasks::new(&prepared.train);
    let mut reptile = Meta::new(meta_options, 4, Parameters::of(&prepared.learner));
    let mut joint = reptile.clone();
    for _ in 0..3 {
        let losses = [
            reptile.step(&prepared.learner, &prepared.train, &tasks),
            joint.joint_step(&prepared.learner, &prepared.train, &tasks),
        ];
        assert!((losses[0] - losses[1]).abs() < 1e-5, "{losses:?}");
    }
    assert_eq!((reptile.instances, reptile.iteration), (joint.instances, joint.iteration));
    for (reptile, joint) in reptile.parameters.values.iter().zip(&joint.parameters.values) {
        assert!((reptile - joint).abs() < 1e-5, "{reptile} {joint}");
    }
}
