//! Same seed, same bits: at any number of threads, and whether or not a run was interrupted.

mod common;

use common::small::{instances, learners, options, prepared, prepared_of};
use std::sync::Arc;

use mlrc::RelationClassifier;
use mlrc::corpus::{Corpus, Tokenizer};
use mlrc::device::Device;
use mlrc::learner::LearnerConfig;
use mlrc::learner::c_gcn::{CGcnConfig, CGcnFamily};
use mlrc::learner::pa_lstm::{PaLstmConfig, PaLstmFamily};
use mlrc::meta::{InnerState, Update};
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, Event, Prepared, Run, RunOptions};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::OptimiserKind;
use serde_json::Value;

/// Bits of the parameters, and the events.
type Outcome = (Vec<u32>, Vec<Event>);

fn finish(mut run: Run) -> Outcome {
    let mut events = Vec::new();
    while let Some(event) = run.advance().unwrap() {
        events.push(event);
    }
    (run.parameters().values.iter().map(|value| value.to_bits()).collect(), events)
}

fn all_options() -> Vec<RunOptions> {
    let mut adagrad = options(Arm::Mlrc);
    adagrad.meta.inner_optimiser = OptimiserKind::AdaGrad;
    adagrad.meta.inner_state = InnerState::Carried;
    adagrad.meta.inner_learning_rate = 0.05;
    adagrad.supervised.optimiser = OptimiserKind::AdaGrad;
    adagrad.supervised.learning_rate = 0.05;
    let c_gcn = RunOptions { learner: learners().remove(1), ..options(Arm::Mlrc) };
    let mut fomaml = options(Arm::Mlrc);
    fomaml.meta.update = Update::FOMAML;
    Arm::ALL.into_iter().map(options).chain([adagrad, c_gcn, fomaml]).collect()
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for options in all_options() {
        let outcomes: Vec<Outcome> = [1, 2, 8]
            .into_iter()
            .map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let prepared = prepared(&options);
                    finish(Run::new(options.clone(), prepared.clone()))
                })
            })
            .collect();
        assert!(outcomes[0].0.len() > 1000 && outcomes[0].1.len() > 10);
        assert!(outcomes[0] == outcomes[1] && outcomes[0] == outcomes[2], "{}", options.arm);
    }
}

#[test]
fn another_seed_changes_the_bits() {
    let outcome = |seed| {
        let options = RunOptions { seed, ..options(Arm::Supervised) };
        let prepared = prepared(&options);
        finish(Run::new(options, prepared)).0
    };
    assert!(outcome(1) != outcome(2));
}

/// Runs to the event at `stop`, saves, and finishes from what was saved.
fn interrupted(options: &RunOptions, prepared: &Arc<Prepared>, stop: usize) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let mut run = Run::new(options.clone(), prepared.clone());
    let mut events: Vec<Event> = (0..stop).map(|_| run.advance().unwrap().unwrap()).collect();
    run.save(&path).unwrap();
    drop(run);
    let (bits, rest) = finish(Run::resume(options.clone(), prepared, &path).unwrap());
    events.extend(rest);
    (bits, events)
}

#[test]
fn a_resumed_run_ends_with_the_bits_of_an_uninterrupted_one() {
    for options in all_options() {
        let prepared = prepared(&options);
        let whole = finish(Run::new(options.clone(), prepared.clone()));
        for stop in 0..whole.1.len() {
            assert!(
                interrupted(&options, &prepared, stop) == whole,
                "{} stopped after {stop} events",
                options.arm
            );
        }
    }
}

/// Sentences are predicted as they arrive, so the same file must not depend on how it was cut into batches. Layers are as wide as in
/// practice: matrices of fewer than 256 values are multiplied in another way, whatever their rows.
#[test]
fn a_prediction_does_not_depend_on_what_else_is_predicted() {
    let synthesis = |seed, instances| {
        let options = SynthesisOptions { seed, instances, labels: 12, ..SynthesisOptions::default() };
        Synthesis::new(options).unwrap()
    };
    let (words, rows): (Vec<String>, Vec<Vec<f32>>) = synthesis(0, 1).vectors(20).into_iter().unzip();
    let resources = Resources::of_vectors(Vectors::from_rows(&words, rows.concat(), 20));
    let train = Corpus::from_instances(synthesis(1, 150).instances().collect());
    let pa_lstm = PaLstmConfig { hidden: 200, attention: 200, ..PaLstmConfig::default() };
    let c_gcn = CGcnConfig { lstm: 100, hidden: 200, ..CGcnConfig::default() };
    let gcn = CGcnConfig { lstm_layers: 0, ..c_gcn.clone() };
    let original = CGcnConfig { original_pooling: true, ..c_gcn.clone() };
    let learners = [
        LearnerConfig::new(&PaLstmFamily, pa_lstm).unwrap(),
        LearnerConfig::new(&CGcnFamily, c_gcn).unwrap(),
        LearnerConfig::new(&CGcnFamily, gcn).unwrap(),
        LearnerConfig::new(&CGcnFamily, original).unwrap(),
        LearnerConfig::named("fcm").unwrap(),
        LearnerConfig::named("regions").unwrap(),
    ];
    for learner in learners {
        let options = RunOptions { learner, ..options(Arm::Supervised) };
        let prepared = Prepared::new(&options, &train, None, &resources, None, Device::Cpu).unwrap();
        // As after training: no weight is 0.
        let mut parameters = prepared.model.start();
        let values = parameters.values.iter_mut().enumerate();
        values.for_each(|(place, value)| *value += ((place * 7919) % 101) as f32 * 1e-3 - 0.05);
        let name = options.learner.name();
        let (learner, tokenizer) = (options.learner.clone(), Tokenizer::default());
        let model = RelationClassifier::new(learner, prepared.model, parameters, tokenizer, Value::Null);
        let instances: Vec<_> = synthesis(2, 60).instances().collect();
        let together = model.classify(&instances).unwrap();
        for size in [1, 2, 7, 26] {
            let apart = instances.chunks(size).flat_map(|some| model.classify(some).unwrap());
            for (place, (one, other)) in together.iter().zip(apart).enumerate() {
                assert!(one.probabilities == other.probabilities, "{name}, sentence {place} among {size}");
            }
        }
    }
}

/// A meta-iteration may take a minute: it is given up, and made again when the run goes on.
#[test]
fn a_meta_iteration_that_is_stopped_has_changed_nothing() {
    let options = options(Arm::Mlrc);
    let prepared = prepared(&options);
    let whole = finish(Run::new(options.clone(), prepared.clone()));
    let mut run = Run::new(options, prepared);
    let mut events = Vec::new();
    for _ in 0..3 {
        let flag = Arc::new(std::sync::atomic::AtomicBool::new(true));
        run.stop_on(flag.clone());
        let before = run.parameters().clone();
        assert!(matches!(run.advance(), Err(mlrc::run::RunError::Stopped)));
        assert!(*run.parameters() == before);
        flag.store(false, std::sync::atomic::Ordering::Relaxed);
        events.push(run.advance().unwrap().unwrap());
    }
    let (bits, rest) = finish(run);
    events.extend(rest);
    assert!((bits, events) == whole);
}

/// A change of an instance.
type Edit = fn(&mut mlrc::corpus::Instance);

#[test]
fn checkpoints_of_other_runs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let first = options(Arm::Supervised);
    let prepared = prepared(&first);
    Run::new(first.clone(), prepared.clone()).save(&path).unwrap();

    let other = RunOptions { seed: 9, ..first.clone() };
    let message = Run::resume(other, &prepared, &path).unwrap_err().to_string();
    assert!(message.contains("different options"), "{message}");

    // The same identifiers, but one label or one word is another.
    let edits: [Edit; 2] = [
        |instance| instance.relation = Some("no_relation".to_owned()),
        |instance| instance.tokens[0] = "something".to_owned(),
    ];
    for edit in edits {
        let mut instances = instances(1, 150);
        let edited = instances.iter_mut().find(|of| of.relation.as_deref() != Some("no_relation")).unwrap();
        edit(edited);
        let edited = prepared_of(&first, &Corpus::from_instances(instances)).unwrap();
        let message = Run::resume(first.clone(), &Arc::new(edited), &path).unwrap_err().to_string();
        assert!(message.contains("different data"), "{message}");
    }

    let whole = std::fs::read(&path).unwrap();
    let (middle, last) = (whole.len() / 2, whole.len() - 1);
    for at in [middle, last] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let message = Run::resume(first.clone(), &prepared, &path).unwrap_err().to_string();
        assert!(message.contains("its content has changed since it was written"), "{message}");
    }

    let mut bytes = whole;
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&path, bytes).unwrap();
    let message = Run::resume(first.clone(), &prepared, &path).unwrap_err().to_string();
    assert!(message.contains("not a checkpoint"), "{message}");

    std::fs::write(&path, b"hello").unwrap();
    assert!(Run::resume(first, &prepared, &path).unwrap_err().to_string().contains("not a checkpoint"));
}
