//! Model folders: what is loaded is what was saved, and anything that is not a valid model is rejected with a
//! message.

mod common;

use std::fs;
use std::path::Path;

use common::small::{instances, learners, options, prepared, resources};
use mlrc::RelationClassifier;
use mlrc::classifier::{MANIFEST, Prediction};
use mlrc::corpus::{Corpus, Span, Tokenizer};
use mlrc::device::Device;
use mlrc::learner::{Layer, Precision, ReadError};
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, Prepared, Recipe, Run, RunOptions};
use mlrc::scoring::Scorer;

fn trained() -> RelationClassifier {
    trained_with(options(Arm::Supervised))
}

fn trained_with(options: RunOptions) -> RelationClassifier {
    let prepared = prepared(&options);
    let mut run = Run::new(options, prepared);
    while run.advance().unwrap().is_some() {}
    run.classifier(Tokenizer::Ptb, serde_json::json!({"seed": 1}))
}

fn probabilities(classifier: &RelationClassifier) -> Vec<Vec<f32>> {
    classifier
        .classify(&instances(7, 40))
        .unwrap()
        .into_iter()
        .map(|prediction| prediction.probabilities)
        .collect()
}

#[test]
fn a_loaded_model_predicts_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let model = trained();
    model.save(folder.path(), Precision::Full).unwrap();
    let loaded = RelationClassifier::load(folder.path()).unwrap();
    assert_eq!(probabilities(&loaded), probabilities(&model));
    assert_eq!(loaded.labels(), model.labels());
    assert_eq!(loaded.provenance["seed"], 1);
    assert_eq!(loaded.tokenizer, Tokenizer::Ptb);
    for row in probabilities(&loaded) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_model_answers_the_same_after_its_files_were_truncated_or_written_over() {
    let folder = tempfile::tempdir().unwrap();
    trained().save(folder.path(), Precision::Full).unwrap();
    let loaded = RelationClassifier::load(folder.path()).unwrap();
    let before = probabilities(&loaded);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        let size = fs::metadata(file).unwrap().len();
        fs::File::options().write(true).open(file).unwrap().set_len(0).unwrap();
        assert_eq!(probabilities(&loaded), before, "{}", file.display());
        fs::write(file, vec![b'x'; size as usize]).unwrap();
        assert_eq!(probabilities(&loaded), before, "{}", file.display());
    }
}

#[test]
fn a_model_is_replaced_by_one_rename_and_only_its_own_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (trained(), trained_with(RunOptions { seed: 9, ..options(Arm::Supervised) }));
    first.save(folder.path(), Precision::Full).unwrap();
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let plain = names();
    let before = fs::read(folder.path().join("parameters.safetensors")).unwrap();
    fs::write(folder.path().join("parameters-mine.safetensors"), "").unwrap();
    // Left by a save that was killed.
    fs::write(folder.path().join("parameters-0123456789abcdef.safetensors"), "").unwrap();
    second.save(folder.path(), Precision::Full).unwrap();
    assert_eq!(probabilities(&RelationClassifier::load(folder.path()).unwrap()), probabilities(&second));
    let now = names();
    assert_eq!(now.len(), plain.len() + 1, "{now:?}");
    assert!(now.contains(&"parameters-mine.safetensors".to_owned()));
    assert!(!now.contains(&"parameters.safetensors".to_owned()), "{now:?}");
    first.save(folder.path(), Precision::Full).unwrap();
    assert!(fs::read(folder.path().join("parameters.safetensors")).unwrap() == before);
    assert_eq!(names().len(), plain.len() + 1);
}

#[test]
fn a_reader_never_meets_half_of_two_models() {
    let folder = tempfile::tempdir().unwrap();
    let models = [trained(), trained_with(RunOptions { seed: 9, ..options(Arm::Supervised) })];
    let expected: Vec<_> = models.iter().map(probabilities).collect();
    models[0].save(folder.path(), Precision::Full).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut loads = 0;
            while loads == 0 || !done.load(std::sync::atomic::Ordering::Relaxed) {
                let loaded = RelationClassifier::load(folder.path()).unwrap();
                assert!(expected.contains(&probabilities(&loaded)));
                loads += 1;
            }
        });
        for time in 0..40 {
            models[(time + 1) % 2].save(folder.path(), Precision::Full).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        reader.join().unwrap();
    });
}

#[test]
fn a_model_that_reads_heads_is_loaded_and_refuses_sentences_without() {
    let folder = tempfile::tempdir().unwrap();
    for learner in &learners()[1..4] {
        let model = trained_with(RunOptions { learner: learner.clone(), ..options(Arm::Supervised) });
        model.save(folder.path(), Precision::Full).unwrap();
        let loaded = RelationClassifier::load(folder.path()).unwrap();
        assert_eq!(probabilities(&loaded), probabilities(&model));
        let mut bare = instances(7, 3);
        bare[1].heads = None;
        let refused = loaded.classify(&bare).unwrap_err();
        assert_eq!(refused, ReadError::MissingLayer { id: bare[1].id.clone(), layer: Layer::Heads });
        // What is not a tree is repaired; it never causes a panic.
        for heads in [vec![0], vec![1], vec![9999]] {
            bare[1].heads = Some(heads.repeat(bare[1].tokens.len()));
            assert!(!loaded.model().remarks(&bare[1]).repairs.is_empty());
            assert_eq!(loaded.classify(&bare).unwrap().len(), 3);
        }
    }
}

/// Folders of each format, and what their models answered when they were written: they are read for as long as there are such
/// folders. Those of the present format are of every family; a new format adds a folder and changes none.
#[test]
fn folders_of_every_format_are_read_and_answer_as_they_did() {
    let formats = [
        ("version-1", &["c-gcn", "fcm"][..]),
        ("version-2", &["c-gcn", "encoder", "fcm", "pa-lstm", "regions"]),
    ];
    for (version, names) in formats {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(version);
        let corpus = Corpus::open(models.join("test.jsonl")).unwrap();
        for name in names {
            let classifier = RelationClassifier::load(models.join(name)).unwrap();
            let predictions = classifier.classify(&corpus.instances).unwrap();
            let answers = fs::read_to_string(models.join(format!("{name}.jsonl"))).unwrap();
            assert_answers(&format!("{version}/{name}"), &answers, &predictions);
        }
    }
}

fn assert_answers(name: &str, answers: &str, predictions: &[Prediction]) {
    let answers: Vec<serde_json::Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), predictions.len());
    for (answer, prediction) in answers.iter().zip(predictions) {
        assert_eq!(answer["relation"], prediction.label(), "{name}");
        let ranking = answer["top"].as_array().unwrap();
        for (entry, (label, probability)) in ranking.iter().zip(prediction.ranking()) {
            assert_eq!(entry["relation"], label, "{name}");
            let difference = entry["probability"].as_f64().unwrap() - f64::from(probability);
            assert!(difference.abs() < 1e-5, "{name}: {label} differs by {difference}");
        }
    }
}

#[test]
fn half_precision_moves_probabilities_little_and_halves_the_file() {
    let (full, half) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let model = trained();
    model.save(full.path(), Precision::Full).unwrap();
    model.save(half.path(), Precision::Half).unwrap();
    let size = |folder: &Path| fs::metadata(folder.join("vectors.safetensors")).unwrap().len();
    assert!(size(half.path()) < size(full.path()) * 52 / 100);
    let loaded = RelationClassifier::load(half.path()).unwrap();
    for (a, b) in probabilities(&loaded).iter().flatten().zip(probabilities(&model).iter().flatten()) {
        assert!((a - b).abs() < 5e-3, "{a} {b}");
    }
}

#[test]
fn what_16_bits_cannot_express_is_refused_and_what_they_can_is_trained_with() {
    let half = RunOptions { precision: Some(Precision::Half), ..options(Arm::Supervised) };
    let large = |options: &RunOptions| {
        let words: Vec<String> = instances(1, 150).into_iter().flat_map(|instance| instance.tokens).collect();
        let words: std::collections::BTreeSet<String> =
            words.into_iter().map(|word| word.to_lowercase()).collect();
        let words: Vec<String> = words.into_iter().collect();
        let mut rows = vec![0.5; words.len() * 4];
        rows[5] = 70_000.0;
        let resources = Resources::of_vectors(Vectors::from_rows(&words, rows, 4));
        let train = Corpus::from_instances(instances(1, 150));
        Prepared::new(options, &train, None, &resources, None, Device::default())
    };
    let said = large(&half).unwrap_err().to_string();
    assert!(said.contains("has the component 70000, beyond the 65504 of 16 bits"), "{said}");
    // Fitted with 32 bits, it cannot be saved with 16.
    let folder = tempfile::tempdir().unwrap();
    let full = options(Arm::Supervised);
    let model = large(&full).unwrap().model;
    let start = model.start();
    let model = RelationClassifier::new(full.learner, model, start, Tokenizer::Ptb, serde_json::Value::Null);
    let said = model.save(folder.path(), Precision::Half).unwrap_err().to_string();
    assert!(said.contains("beyond what 16 bits can store"), "{said}");
    assert!(!folder.path().join(MANIFEST).exists());
    model.save(folder.path(), Precision::Full).unwrap();

    let model = trained_with(half);
    model.save(folder.path(), Precision::Half).unwrap();
    let loaded = RelationClassifier::load(folder.path()).unwrap();
    assert_eq!(probabilities(&loaded), probabilities(&model), "the scores of training are the model's");
}

#[test]
fn a_model_whose_parameters_are_no_numbers_neither_answers_nor_loads() {
    let options = options(Arm::Supervised);
    let model = prepared(&options).model.clone();
    let mut parameters = model.start();
    parameters.values.fill(f32::NAN);
    let (learner, provenance) = (options.learner, serde_json::Value::Null);
    let spoilt = RelationClassifier::new(learner, model, parameters, Tokenizer::Ptb, provenance);
    let said = spoilt.classify(&instances(7, 3)).unwrap_err().to_string();
    assert!(said.contains("the model's answer is no number"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    spoilt.save(folder.path(), Precision::Full).unwrap();
    let said = RelationClassifier::load(folder.path()).unwrap_err().to_string();
    assert!(said.contains("parameters.safetensors") && said.contains("infinite or no number"), "{said}");
}

/// Labels of a test set must not choose the scorer: one odd label would turn an official score into another.
#[test]
fn the_scorer_is_the_models_whatever_is_in_the_test_set() {
    let directed = |seed, count| {
        let mut instances = instances(seed, count);
        for instance in &mut instances {
            let label = instance.relation.take().unwrap();
            let official =
                if label == "no_relation" { "Other".to_owned() } else { format!("{label}(e1,e2)") };
            instance.relation = Some(official);
        }
        instances
    };
    let recipe = Recipe::learner("fcm").unwrap();
    let training = || RelationClassifier::train(&recipe).resources(resources()).arm(Arm::Supervised);
    let train = Corpus::from_instances(directed(1, 60));
    let model = training().fit(&train).unwrap();
    assert_eq!(model.provenance["scorer"], "semeval");
    let mut test = directed(2, 40);
    let scores = |test: &[mlrc::corpus::Instance], model: &RelationClassifier| {
        model.evaluate(&Corpus::from_instances(test.to_vec()), None).map(|evaluation| evaluation.scores)
    };
    assert_eq!(scores(&test, &model).unwrap().scorer, Scorer::semeval());
    test[0].relation = Some("cause".to_owned());
    let said = scores(&test, &model).unwrap_err().to_string();
    assert!(said.contains("cannot use the label `cause`"), "{said}");

    // What was asked for in training is asked for in scoring, after saving and loading too.
    let folder = tempfile::tempdir().unwrap();
    let plain = Scorer::plain(Some("Other"));
    training().scorer(plain.clone()).fit(&train).unwrap().save(folder.path(), Precision::Full).unwrap();
    let mut loaded = RelationClassifier::load(folder.path()).unwrap();
    assert_eq!(scores(&test, &loaded).unwrap().scorer, plain);
    // Models of earlier versions do not say.
    loaded.provenance = serde_json::Value::Null;
    assert_eq!(loaded.scorer(), Scorer::semeval());
}

/// What loading says after `change` was made to a sound model.
fn complaint(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    trained().save(folder.path(), Precision::Full).unwrap();
    change(folder.path());
    RelationClassifier::load(folder.path()).unwrap_err().to_string()
}

/// Changes a manifest as a program could write it: without its hash.
fn edit_manifest(folder: &Path, from: &str, to: &str) {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("  \"hash\": "));
    let edited = lines.collect::<String>();
    assert!(edited.len() < text.len(), "there is a hash");
    fs::write(&path, edited.replace(from, to)).unwrap();
}

#[test]
fn a_manifest_that_was_changed_is_refused() {
    let change = |from: &'static str, to: &'static str| {
        complaint(move |folder| {
            let path = folder.join(MANIFEST);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{from}");
            fs::write(&path, text.replace(from, to)).unwrap();
        })
    };
    for (from, to) in [("\"seed\": 1", "\"seed\": 2"), ("no_relation", "no-relation")] {
        let said = change(from, to);
        assert!(said.contains("manifest.json: its content has changed (hash "), "{said}");
    }
    // Layout is no content, and a folder of an early version has no hash.
    let folder = tempfile::tempdir().unwrap();
    trained().save(folder.path(), Precision::Full).unwrap();
    let path = folder.path().join(MANIFEST);
    let value: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    fs::write(&path, value.to_string()).unwrap();
    assert!(RelationClassifier::load(folder.path()).is_ok());
    let mut early = value;
    assert!(early.as_object_mut().unwrap().remove("hash").is_some());
    fs::write(&path, early.to_string()).unwrap();
    assert!(RelationClassifier::load(folder.path()).is_ok());
}

#[test]
fn damage_is_named() {
    for name in ["parameters.safetensors", "words.fst", "vectors.safetensors"] {
        let said = complaint(|folder| {
            let mut bytes = fs::read(folder.join(name)).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(folder.join(name), bytes).unwrap();
        });
        assert!(said.contains(name) && said.contains("content has changed"), "{said}");
        let said = complaint(|folder| {
            let bytes = fs::read(folder.join(name)).unwrap();
            fs::write(folder.join(name), &bytes[..bytes.len() - 10]).unwrap();
        });
        assert!(said.contains(name) && said.contains("bytes, found"), "{said}");
        let said = complaint(|folder| fs::remove_file(folder.join(name)).unwrap());
        assert!(said.contains(name) && said.contains("it is missing; the model is damaged"), "{said}");
    }
}

#[test]
fn foreign_and_newer_folders_are_refused() {
    let said = complaint(|folder| fs::remove_file(folder.join(MANIFEST)).unwrap());
    assert!(said.contains("not a model"), "{said}");
    let said = complaint(|folder| edit_manifest(folder, "\"format_version\": 2", "\"format_version\": 3"));
    assert!(said.contains("format version 3") && said.contains("update mlrc"), "{said}");
    let said = complaint(|folder| edit_manifest(folder, "mlrc-model", "other-model"));
    assert!(said.contains("expected a manifest whose `format`"), "{said}");
    let said = complaint(|folder| fs::write(folder.join(MANIFEST), "{\"format\"").unwrap());
    assert!(said.contains("not JSON"), "{said}");
    let said = complaint(|folder| edit_manifest(folder, "\"hidden\": 24", "\"hidden\": 25"));
    assert!(said.contains("expected shape"), "{said}");
    let said = complaint(|folder| edit_manifest(folder, "\"dimension\": 20", "\"dimension\": 21"));
    assert!(said.contains("vectors.safetensors"), "{said}");
    let said = complaint(|folder| edit_manifest(folder, "\"words.fst\"", "\"../words.fst\""));
    assert!(said.contains("names of files in the folder"), "{said}");
    let said = complaint(|folder| edit_manifest(folder, "\"hidden\": 24", "\"hidden\": 0"));
    assert!(said.contains("expected a whole number from 1, found 0"), "{said}");
    // What would take gigabytes is compared with what is there before any of it is allocated.
    let said = complaint(|folder| edit_manifest(folder, "\"hidden\": 24", "\"hidden\": 8000"));
    assert!(said.contains("its learner has the sizes of at least"), "{said}");
    let said = complaint(|folder| edit_manifest(folder, "\"words\": ", "\"words\": 1"));
    assert!(said.contains("vectors.safetensors"), "{said}");
}

/// Instances constructed in memory may be anything.
#[test]
fn nothing_that_a_caller_hands_in_panics() {
    type Spoil = fn(&mut mlrc::corpus::Instance);
    let spoilt: [Spoil; 8] = [
        |instance| instance.tokens.clear(),
        |instance| instance.tokens.truncate(1),
        |instance| instance.tokens[0].clear(),
        |instance| instance.subject.span = Span::new(usize::MAX - 1, usize::MAX),
        |instance| instance.object.span = Span::new(3, 3),
        |instance| instance.pos = Some(Vec::new()),
        |instance| instance.ner = Some(vec!["O".to_owned(); 999]),
        |instance| instance.heads = Some(vec![usize::MAX]),
    ];
    for learner in learners() {
        let model = trained_with(RunOptions { learner, ..options(Arm::Supervised) });
        for spoil in spoilt {
            let mut instances = instances(7, 3);
            spoil(&mut instances[1]);
            let refused = model.classify(&instances).unwrap_err();
            assert!(matches!(&refused, ReadError::Unsound(_)), "{refused}");
            assert!(model.explain(&instances[1]).is_err());
            model.model().tokens(&instances[1]);
            model.model().remarks(&instances[1]);
        }
        assert!(model.classify(&[]).unwrap().is_empty());
        assert!(model.predict("no markers").is_err());
    }
}

/// A classifier can be held by servers and other languages.
#[test]
fn a_classifier_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send + Sync + 'static>() {}
    shared(&trained());
    sent::<Run>();
    sent::<mlrc::run::Session>();
}
