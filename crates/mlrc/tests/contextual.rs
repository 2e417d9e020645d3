//! Learners over the vectors of an encoder, and the learner that is solved in closed form: from a corpus to a model folder
//! and back.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::small::{
    corpus, instances, learners, options, resources, topical, topical_descriptions, topical_resources,
};
use mlrc::RelationClassifier;
use mlrc::corpus::{Corpus, Entity, Instance, Span, Tokenizer};
use mlrc::device::Device;
use mlrc::learner::regions::{Head, RegionReader, RegionsConfig, RegionsFamily};
use mlrc::learner::{Blocks, Explanation, Fitting, LearnerConfig, Masking, Precision, Reader, ReaderOptions};
use mlrc::objective::{Objective, Parameters, Tangent, at};
use mlrc::resources::{Encoder, Resources, Rounding};
use mlrc::run::{Arm, Event, PrepareError, Prepared, Run, RunOptions};

fn encoder(name: &str) -> Resources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encoders").join(name);
    Resources::of_vectors(Encoder::read(&folder, Rounding::Half).unwrap())
}

fn regions(config: RegionsConfig) -> LearnerConfig {
    LearnerConfig::new(&RegionsFamily, config).unwrap()
}

fn prepared(options: &RunOptions, resources: &Resources) -> Result<Arc<Prepared>, PrepareError> {
    Prepared::new(options, &corpus(1, 150), None, resources, None, Device::Cpu).map(Arc::new)
}

/// The classifier at the end of a run, and its events.
fn trained(options: &RunOptions, resources: &Resources) -> (RelationClassifier, Vec<Event>) {
    let mut run = Run::new(options.clone(), prepared(options, resources).unwrap());
    let mut events = Vec::new();
    while let Some(event) = run.advance().unwrap() {
        events.push(event);
    }
    (run.classifier(Tokenizer::Ptb, serde_json::Value::Null), events)
}

fn probabilities(classifier: &RelationClassifier, instances: &[Instance]) -> Vec<Vec<f32>> {
    classifier.classify(instances).unwrap().into_iter().map(|prediction| prediction.probabilities).collect()
}

fn assert_saved_and_loaded(classifier: &RelationClassifier) {
    let folder = tempfile::tempdir().unwrap();
    classifier.save(folder.path(), Precision::Full).unwrap();
    let loaded = RelationClassifier::load(folder.path()).unwrap();
    let sentences = instances(7, 20);
    assert_eq!(probabilities(&loaded, &sentences), probabilities(classifier, &sentences));
    let alone = probabilities(&loaded, std::slice::from_ref(&sentences[3])).remove(0);
    for (alone, among_others) in alone.iter().zip(&probabilities(classifier, &sentences)[3]) {
        assert!((alone - among_others).abs() < 1e-5, "{alone} alone, {among_others} among others");
    }
}

#[test]
fn every_learner_reads_an_encoder_in_every_arm_and_is_saved_with_it() {
    let of_encoder = encoder("bert");
    let softmax = regions(RegionsConfig { head: Head::Softmax, ..RegionsConfig::default() });
    for learner in learners().into_iter().chain([softmax]) {
        for arm in Arm::ALL {
            let options = RunOptions { learner: learner.clone(), ..options(arm) };
            let (classifier, events) = trained(&options, &of_encoder);
            assert!(events.iter().any(|event| matches!(event, Event::Round { .. })));
            if arm == Arm::Mlrc {
                assert_saved_and_loaded(&classifier);
                assert!(classifier.explain(&instances(7, 1)[0]).unwrap().is_some());
            }
        }
    }
}

#[test]
fn blocks_masks_and_other_architectures_change_what_is_read() {
    let plain = RunOptions { learner: learners().remove(4), ..options(Arm::Supervised) };
    let sentences = instances(7, 5);
    let of =
        |options: &RunOptions, name: &str| probabilities(&trained(options, &encoder(name)).0, &sentences);
    let of_plain = of(&plain, "bert");
    let blocks = RunOptions { blocks: Blocks::try_from(vec![1, 3]).unwrap(), ..plain.clone() };
    let masked = RunOptions { masking: Masking::On, ..plain.clone() };
    for (other, name) in [(&blocks, "bert"), (&masked, "bert"), (&plain, "mpnet"), (&plain, "roberta")] {
        assert_ne!(of(other, name), of_plain);
    }
    for options in [&blocks, &masked] {
        assert_saved_and_loaded(&trained(options, &encoder("distilbert")).0);
    }
    let missing = RunOptions { blocks: Blocks::try_from(vec![4]).unwrap(), ..plain };
    let error = prepared(&missing, &encoder("bert")).unwrap_err().to_string();
    assert_eq!(error, "the encoder has blocks 1 to 3 (0 stands for the embeddings), so there is no block 4");
    assert!(Blocks::try_from(vec![128]).is_err());
}

#[test]
fn a_ridge_is_solved_at_once_at_any_number_of_threads_and_says_how_good_it_is() {
    let options = RunOptions { learner: regions(RegionsConfig::default()), ..options(Arm::Supervised) };
    for resources in [encoder("bert"), encoder("mpnet"), resources()] {
        let outcomes = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (classifier, events) = pool.install(|| trained(&options, &resources));
            let [Event::Solved { estimate }] = &events[..] else { panic!("{events:?}") };
            assert_eq!(estimate.instances, 120);
            assert!(estimate.interval.0 < estimate.accuracy && estimate.accuracy < estimate.interval.1);
            assert!(estimate.accuracy > 0.3, "{estimate:?}: no better than guessing one of five");
            (probabilities(&classifier, &instances(7, 20)), events)
        });
        assert!(outcomes[0] == outcomes[1]);
        assert_saved_and_loaded(&trained(&options, &resources).0);
    }
    // The estimate is about unseen sentences: it is near what the model reaches on them.
    let (classifier, events) = trained(&options, &encoder("bert"));
    let [Event::Solved { estimate }] = &events[..] else { panic!("{events:?}") };
    let test = instances(8, 300);
    let right = test.iter().zip(classifier.classify(&test).unwrap());
    let right =
        right.filter(|(instance, answer)| instance.relation.as_deref() == Some(answer.label())).count();
    let share = right as f64 / 300.0;
    assert!((share - estimate.accuracy).abs() < 0.15, "estimated {}, found {share}", estimate.accuracy);
}

#[test]
fn methods_by_gradients_do_not_apply_to_a_ridge_and_many_labels_are_trained_by_gradients() {
    for arm in [Arm::Mlrc, Arm::Joint, Arm::SupervisedMatched] {
        let ridge = RunOptions { learner: regions(RegionsConfig::default()), ..options(arm) };
        let error = prepared(&ridge, &encoder("bert")).unwrap_err().to_string();
        assert!(
            error.contains("regions is solved in closed form") && error.contains(&arm.to_string()),
            "{error}"
        );
    }
    let automatic = regions(RegionsConfig::default());
    assert!(automatic.is_solved(999) && !automatic.is_solved(1000));
    let ridge = regions(RegionsConfig { head: Head::Ridge, ..RegionsConfig::default() });
    assert!(ridge.is_solved(1_000_000));
}

/// The loss of probabilities, without dropout.
fn loss(objective: &dyn Objective, parameters: &Parameters) -> f64 {
    let rows = objective.probabilities(parameters);
    let of = |(row, label): (&Vec<f32>, &Option<u32>)| -f64::from(row[label.unwrap() as usize]).ln();
    rows.iter().zip(objective.labels()).map(of).sum::<f64>() / rows.len() as f64
}

#[test]
fn the_gradient_of_regions_is_the_derivative_of_their_loss() {
    let softmax = regions(RegionsConfig { head: Head::Softmax, ..RegionsConfig::default() });
    let prepared =
        prepared(&RunOptions { learner: softmax, ..options(Arm::Supervised) }, &encoder("bert")).unwrap();
    let objective = &*prepared.train;
    let all: Vec<usize> = (0..objective.labels().len()).collect();
    let mut parameters = prepared.model.start();
    parameters
        .values
        .iter_mut()
        .enumerate()
        .for_each(|(i, value)| *value = ((i * 37 % 100) as f32 - 50.0) / 10.0);
    let (at_point, gradient): (f32, Tangent) =
        at(objective, &mut parameters, |point| point.gradient(&all, 1, &|_| None));
    assert!((f64::from(at_point) - loss(objective, &parameters)).abs() < 1e-4);
    let direction = gradient.values();
    let norm = direction.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
    let step = 1e-2 / norm.sqrt();
    let shifted = |sign: f64| {
        let values = parameters.values.iter().zip(&direction);
        Parameters { values: values.map(|(value, slope)| value + (sign * step) as f32 * slope).collect() }
    };
    let slope = (loss(objective, &shifted(1.0)) - loss(objective, &shifted(-1.0))) / (2.0 * step);
    assert!((slope / norm - 1.0).abs() < 2e-2, "{slope} along the gradient, whose square is {norm}");
}

fn fitted(instances: &[&Instance], options: ReaderOptions) -> RegionReader {
    let fitting =
        Fitting { instances, unlabelled: &[], names: &[], options, resources: &encoder("bert"), seed: 1 };
    RegionReader::fit(&RegionsConfig::default(), &fitting).unwrap()
}

#[test]
fn inputs_are_standardised_by_the_instances_that_have_the_region() {
    let data = instances(1, 200);
    let borrowed: Vec<&Instance> = data.iter().collect();
    let reader = fitted(&borrowed, ReaderOptions { annotations: false, ..ReaderOptions::default() });
    let inputs = reader.read_all(&borrowed).unwrap();
    let width = reader.dimension();
    assert_eq!(reader.features(), 6 * width);
    let length: f32 = inputs.iter().flat_map(|input| &input.features).map(|value| value * value).sum();
    assert!((length / 200.0 - 1.0).abs() < 1e-3, "the mean squared length is {}", length / 200.0);
    for region in 0..6 {
        let part = |features: &[f32]| features[region * width..(region + 1) * width].to_vec();
        let present: Vec<Vec<f32>> = inputs
            .iter()
            .filter(|input| !input.regions[region].is_empty())
            .map(|input| part(&input.features))
            .collect();
        for input in inputs.iter().filter(|input| input.regions[region].is_empty()) {
            assert!(part(&input.features).iter().all(|value| *value == 0.0));
        }
        for c in 0..width {
            let mean = present.iter().map(|row| row[c]).sum::<f32>() / present.len().max(1) as f32;
            assert!(mean.abs() < 1e-3, "region {region}, component {c}: {mean}");
        }
    }
}

#[test]
fn types_are_inputs_where_the_data_has_them() {
    let data = instances(1, 100);
    let borrowed: Vec<&Instance> = data.iter().collect();
    let reader = fitted(&borrowed, ReaderOptions::default());
    let types = |entity: fn(&Instance) -> &Entity| {
        let kinds = data.iter().map(|instance| entity(instance).kind.clone());
        kinds.collect::<std::collections::BTreeSet<_>>().len()
    };
    let count = types(|instance| &instance.subject) + types(|instance| &instance.object);
    assert_eq!(reader.features(), 6 * reader.dimension() + count);
    let tail =
        |instance: &Instance| reader.read(instance).unwrap().features[6 * reader.dimension()..].to_vec();
    for instance in &data {
        let share: f32 = tail(instance).iter().map(|value| value * value).sum();
        assert!((share - 0.25).abs() < 1e-5, "{share}");
    }
    let mut untyped = data[0].clone();
    untyped.subject.kind = None;
    untyped.object.kind = Some("NEVER-SEEN".to_owned());
    assert!(tail(&untyped).iter().all(|value| *value == 0.0));
    assert!(reader.remarks(&untyped).untyped && !reader.remarks(&data[0]).untyped);
}

#[test]
fn the_evidence_of_regions_is_the_difference_of_their_logits() {
    let options = RunOptions { learner: regions(RegionsConfig::default()), ..options(Arm::Supervised) };
    let (classifier, _) = trained(&options, &encoder("bert"));
    for instance in &instances(7, 10) {
        let prediction = &classifier.classify(std::slice::from_ref(instance)).unwrap()[0];
        let Some(Explanation::Evidence { relation, over, tokens, rest, regions }) =
            classifier.explain(instance).unwrap()
        else {
            panic!("regions explain themselves")
        };
        assert_eq!((relation, tokens.len()), (prediction.index(), instance.tokens.len()));
        let difference = (prediction.probabilities[relation] / prediction.probabilities[over]).ln();
        let sum = tokens.iter().sum::<f32>() + rest;
        assert!((sum - difference).abs() < 1e-3 * difference.abs().max(1.0), "{sum}, not {difference}");
        let of_words = regions.iter().filter(|(name, _)| *name != "types of the entities");
        let of_words: f32 = of_words.map(|(_, sum)| sum).sum();
        assert!((of_words - tokens.iter().sum::<f32>()).abs() < 1e-3, "{regions:?}");
        assert!(regions.iter().any(|(name, _)| *name == "subject"), "{regions:?}");
    }
}

#[test]
fn sentences_of_any_kind_are_read() {
    let options = RunOptions { learner: regions(RegionsConfig::default()), ..options(Arm::Supervised) };
    let (classifier, _) = trained(&options, &encoder("roberta"));
    let of = |tokens: &[&str], subject: (usize, usize), object: (usize, usize)| {
        Instance::new(tokens.to_vec(), Span::new(subject.0, subject.1), Span::new(object.0, object.1))
            .unwrap()
    };
    let long = vec!["word"; 3000];
    for instance in [
        of(&["a", "b"], (0, 1), (1, 2)),
        of(&["a\u{7}", "\u{fffd}", "日本", "🦀", "b\u{202e}"], (2, 3), (0, 1)),
        of(&["side", "by", "side"], (1, 3), (0, 1)),
        of(&long, (0, 1), (2999, 3000)),
    ] {
        let prediction = &classifier.classify(&[instance]).unwrap()[0];
        assert!((prediction.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-4);
    }
}

#[test]
fn an_encoder_in_8_bit_integers_is_fitted_saved_and_loaded_as_such() {
    for name in ["bert", "mpnet", "distilbert"] {
        let plain = RunOptions { learner: regions(RegionsConfig::default()), ..options(Arm::Supervised) };
        let int8 = RunOptions { precision: Some(Precision::Int8), ..plain.clone() };
        let resources = encoder(name);
        let (classifier, _) = trained(&int8, &resources);
        // Bit for bit, once and after saving what was loaded.
        let folder = tempfile::tempdir().unwrap();
        classifier.save(folder.path().join("first"), Precision::Full).unwrap();
        let loaded = RelationClassifier::load(folder.path().join("first")).unwrap();
        let sentences = instances(7, 20);
        assert_eq!(probabilities(&loaded, &sentences), probabilities(&classifier, &sentences), "{name}");
        loaded.save(folder.path().join("second"), Precision::Full).unwrap();
        let weights =
            |model: &str| std::fs::read(folder.path().join(model).join("encoder.safetensors")).unwrap();
        assert!(weights("first") == weights("second"), "{name}");

        let (in_floats, _) = trained(&plain, &resources);
        assert_ne!(probabilities(&in_floats, &sentences), probabilities(&classifier, &sentences), "{name}");
        in_floats.save(folder.path().join("floats"), Precision::Full).unwrap();
        assert!(weights("first").len() < weights("floats").len(), "{name}");
    }
}

#[test]
fn precisions_that_vectors_do_not_have_are_refused() {
    let of = |precision: Precision, resources: &Resources| {
        let options = RunOptions {
            learner: regions(RegionsConfig::default()),
            precision: Some(precision),
            ..options(Arm::Supervised)
        };
        prepared(&options, resources).unwrap_err().to_string()
    };
    assert!(of(Precision::Int8, &resources()).contains("only an encoder can be stored as int8"));
    assert!(of(Precision::Full, &encoder("bert")).contains("f16 or int8, not as f32"));
}

#[test]
fn sentences_without_labels_are_learnt_from_in_closed_form_only() {
    let regions = RunOptions { learner: regions(RegionsConfig::default()), ..options(Arm::Supervised) };
    let alone = RunOptions { fraction: 0.2, ..regions };
    let rest = RunOptions { rest_unlabelled: true, ..alone.clone() };
    let of_encoder = encoder("bert");
    let sentences = instances(8, 300);
    let right = |classifier: &RelationClassifier| {
        let answers = classifier.classify(&sentences).unwrap();
        let gold = sentences.iter().zip(answers);
        gold.filter(|(instance, answer)| instance.relation.as_deref() == Some(answer.label())).count()
    };
    let ((without, _), (with, events)) = (trained(&alone, &of_encoder), trained(&rest, &of_encoder));
    let [Event::Solved { estimate }] = &events[..] else { panic!("{events:?}") };
    // Of 150, 30 are for development and 24 of the others have labels.
    assert_eq!((estimate.instances, estimate.unlabelled), (24, 96));
    assert!(right(&with) >= right(&without), "{} right, {} without", right(&with), right(&without));
    assert_ne!(probabilities(&with, &sentences), probabilities(&without, &sentences));
    assert_saved_and_loaded(&with);

    // Labels are not looked at: others give the same bits, and so do none.
    let given = |label: Option<&str>| {
        let mut others = instances(9, 80);
        others.iter_mut().for_each(|instance| instance.relation = label.map(str::to_owned));
        let resources = Resources { unlabelled: others.into(), ..encoder("bert") };
        probabilities(&trained(&alone, &resources).0, &sentences)
    };
    assert_eq!(given(None), given(Some("never-seen")));
    assert_ne!(given(None), probabilities(&without, &sentences));

    for learner in learners() {
        let error = prepared(&RunOptions { learner, ..rest.clone() }, &of_encoder).unwrap_err().to_string();
        assert!(error.contains("cannot learn from sentences without labels"), "{error}");
    }
}

#[test]
fn names_of_relations_are_a_prior_that_sentences_correct() {
    const TOPICS: usize = 6;
    let options =
        RunOptions { learner: regions(RegionsConfig::default()), dev_size: 0, ..options(Arm::Supervised) };
    let named = RunOptions { label_names: true, ..options.clone() };
    let plain = topical_resources(TOPICS);
    let described = Resources { descriptions: Arc::new(topical_descriptions(TOPICS)), ..plain.clone() };
    let sentences = topical(0..TOPICS, 8, 300);
    let right = |options: &RunOptions, resources: &Resources, count: usize| {
        let train = Corpus::from_instances(topical(0..TOPICS, 7, count));
        let prepared = Prepared::new(options, &train, None, resources, None, Device::Cpu).unwrap();
        let mut run = Run::new(options.clone(), Arc::new(prepared));
        while run.advance().unwrap().is_some() {}
        let classifier = run.classifier(Tokenizer::Ptb, serde_json::Value::Null);
        assert_saved_and_loaded(&classifier);
        let answers = classifier.classify(&sentences).unwrap();
        let gold = sentences.iter().zip(&answers);
        let right = gold.filter(|(instance, answer)| instance.relation.as_deref() == Some(answer.label()));
        (right.count(), probabilities(&classifier, &sentences))
    };
    let (without, of_sentences) = right(&options, &plain, TOPICS);
    let (with, of_both) = right(&named, &described, TOPICS);
    assert!(with > 200, "{with} of 300 right, {without} without descriptions");
    // With two sentences of each, left-out ones tell how far descriptions can be trusted.
    let (without, with) = (right(&options, &plain, 2 * TOPICS).0, right(&named, &described, 2 * TOPICS).0);
    assert!(with + 10 > without, "{with} of 300 right, {without} without descriptions");
    // With many sentences, hardly anything is left to gain.
    let (without, with) = (right(&options, &plain, 40 * TOPICS).0, right(&named, &described, 40 * TOPICS).0);
    assert!(
        without > 250 && without.abs_diff(with) < 15,
        "{with} of 300 right, {without} without descriptions"
    );
    // Descriptions are read only if they are asked for; without them, the words of labels are, which these vectors lack.
    assert_eq!(right(&options, &described, TOPICS).1, of_sentences);
    assert_ne!(of_both, of_sentences);
    assert_eq!(right(&named, &plain, TOPICS).0, right(&options, &plain, TOPICS).0);

    for learner in learners() {
        let error = prepared(&RunOptions { learner, ..named.clone() }, &described).unwrap_err().to_string();
        assert!(error.contains("reads no names of relations"), "{error}");
    }
}
