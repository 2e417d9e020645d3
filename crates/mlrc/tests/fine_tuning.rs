//! The learner whose encoder is trained: its gradients, what it starts and ends with, and everything that a learner can do.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::small::{corpus, instances, options, resources};
use mlrc::RelationClassifier;
use mlrc::corpus::{Instance, Tokenizer};
use mlrc::device::Device;
use mlrc::learner::encoder::{EncoderConfig, EncoderFamily, EncoderReader, TunedEncoder};
use mlrc::learner::regions::{Head, RegionsConfig, RegionsFamily};
use mlrc::learner::{
    Auto, Blocks, Config, Explanation, Fitting, Initialiser, Input, Learner, LearnerConfig, Masking, Mode,
    Precision, Reader, ReaderOptions, gradient,
};
use mlrc::objective::Parameters;
use mlrc::random::{Purpose, Stream};
use mlrc::ranges::Ranges;
use mlrc::resources::{Encoder, Resources, Rounding};
use mlrc::run::{Arm, Event, PrepareError, Prepared, Run, RunOptions};
use mlrc::training::{OptimiserKind, RateSchedule, SupervisedOptions};

fn encoder(name: &str) -> Resources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encoders").join(name);
    Resources::of_vectors(Encoder::read(&folder, Rounding::Half).unwrap())
}

fn config() -> EncoderConfig {
    EncoderConfig { frozen: Auto::Value(1.0), ..EncoderConfig::default() }
}

fn of_encoder(config: EncoderConfig, arm: Arm) -> RunOptions {
    let mut options = options(arm);
    options.learner = LearnerConfig::new(&EncoderFamily, config).unwrap();
    options.blocks = Blocks::try_from(vec![3]).unwrap();
    options.supervised = SupervisedOptions {
        optimiser: OptimiserKind::AdamW,
        learning_rate: 1e-3,
        batch_size: 16,
        epochs: 2,
        schedule: RateSchedule::Linear,
        warm_up: 0.1,
        weight_decay: 0.01,
        ..options.supervised
    };
    options.meta.iterations = 2;
    options.meta.inner_optimiser = OptimiserKind::AdamW;
    options.meta.inner_learning_rate = 1e-3;
    options
}

fn prepared(options: &RunOptions, resources: &Resources) -> Result<Arc<Prepared>, PrepareError> {
    Prepared::new(options, &corpus(1, 150), None, resources, None, Device::Cpu).map(Arc::new)
}

fn finish(mut run: Run) -> (Run, Vec<Event>) {
    let mut events = Vec::new();
    while let Some(event) = run.advance().unwrap() {
        events.push(event);
    }
    (run, events)
}

fn trained(options: &RunOptions, resources: &Resources) -> (RelationClassifier, Vec<Event>) {
    let (run, events) = finish(Run::new(options.clone(), prepared(options, resources).unwrap()));
    (run.classifier(Tokenizer::Ptb, serde_json::Value::Null), events)
}

fn probabilities(classifier: &RelationClassifier, instances: &[Instance]) -> Vec<Vec<f32>> {
    classifier.classify(instances).unwrap().into_iter().map(|prediction| prediction.probabilities).collect()
}

#[test]
fn it_is_trained_in_every_arm_saved_loaded_and_explained() {
    for name in ["bert", "mpnet", "distilbert", "roberta"] {
        for arm in Arm::ALL {
            let (classifier, events) = trained(&of_encoder(config(), arm), &encoder(name));
            let rounds = events.iter().filter(|event| matches!(event, Event::Round { .. })).count();
            assert_eq!(rounds, 2);
            assert!(matches!(events.last(), Some(Event::End { dev: Some(_) })), "{arm}: {:?}", events.last());
            if arm != Arm::Mlrc {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            classifier.save(folder.path(), Precision::Half).unwrap();
            let loaded = RelationClassifier::load(folder.path()).unwrap();
            let sentences = instances(7, 20);
            assert_eq!(probabilities(&loaded, &sentences), probabilities(&classifier, &sentences));
            for instance in &sentences[..5] {
                let prediction = &classifier.classify(std::slice::from_ref(instance)).unwrap()[0];
                let Some(Explanation::Evidence { relation, over, tokens, rest, .. }) =
                    loaded.explain(instance).unwrap()
                else {
                    panic!("it explains itself")
                };
                assert_eq!((relation, tokens.len()), (prediction.index(), instance.tokens.len()));
                let difference = (prediction.probabilities[relation] / prediction.probabilities[over]).ln();
                let sum = tokens.iter().sum::<f32>() + rest;
                assert!(
                    (sum - difference).abs() < 1e-3 * difference.abs().max(1.0),
                    "{sum}, not {difference}"
                );
            }
        }
    }
}

#[test]
fn neither_threads_nor_interruptions_change_a_bit() {
    let resources = encoder("mpnet");
    for arm in [Arm::Supervised, Arm::Mlrc] {
        let options = of_encoder(config(), arm);
        let bits =
            |run: &Run| run.parameters().values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let outcomes = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (run, events) =
                    finish(Run::new(options.clone(), prepared(&options, &resources).unwrap()));
                (bits(&run), events)
            })
        });
        assert!(outcomes[0] == outcomes[1], "{arm}");
        let prepared = prepared(&options, &resources).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        for stop in [0, 1, 2, 5, outcomes[0].1.len() - 1] {
            let mut run = Run::new(options.clone(), prepared.clone());
            let mut events: Vec<Event> = (0..stop).map(|_| run.advance().unwrap().unwrap()).collect();
            run.save(&path).unwrap();
            let (run, rest) = finish(Run::resume(options.clone(), &prepared, &path).unwrap());
            events.extend(rest);
            assert!((bits(&run), events) == outcomes[0], "{arm}, stopped after {stop} events");
        }
    }
}

/// A learner, its inputs and labels.
fn small(
    config: &EncoderConfig,
    name: &str,
    labels: usize,
) -> (TunedEncoder, Vec<<EncoderReader as Reader>::Input>, Vec<u32>) {
    let data = instances(1, 40);
    let borrowed: Vec<&Instance> = data.iter().collect();
    let options = ReaderOptions { blocks: Blocks::try_from(vec![3]).unwrap(), ..ReaderOptions::default() };
    let fitting = Fitting {
        instances: &borrowed,
        unlabelled: &[],
        names: &[],
        options,
        resources: &encoder(name),
        seed: 1,
    };
    let reader = EncoderReader::fit(config, &fitting).unwrap();
    let mut initial = Initialiser::new(1, Device::Cpu);
    let learner = TunedEncoder::new(config, &reader, labels, &mut initial);
    let inputs = reader.read_all(&borrowed).unwrap();
    let names: Vec<&String> = data.iter().filter_map(|instance| instance.relation.as_ref()).collect();
    let mut known = names.clone();
    known.sort();
    known.dedup();
    let labels = names.iter().map(|name| known.binary_search(name).unwrap() as u32).collect();
    (learner, inputs, labels)
}

/// Each parameter, along its gradient: the derivative is the gradient's length.
#[test]
fn the_gradient_is_the_derivative_of_the_loss() {
    for name in ["bert", "mpnet"] {
        let solving = mlrc::learner::Solving { is_macro: true };
        let (learner, inputs, labels) = small(&config(), name, 5);
        let learner = learner.begin(&inputs, &labels, &solving).unwrap();
        let batch = Input::batch(&inputs.iter().take(12).collect::<Vec<_>>());
        let loss_and_gradient = |at: &Parameters| {
            let mut noise = Stream::new(8, Purpose::Dropout, 0, 0);
            gradient(&at.load(&learner, Device::Cpu), &batch, &labels[..12], &mut Mode::Train(&mut noise))
        };
        let at = Parameters::of(&learner);
        let found = loss_and_gradient(&at).1.values();
        let mut start = 0;
        for (parameter, shape) in Parameters::layout(&learner) {
            let size: usize = shape.iter().product();
            let part = start..start + size;
            start += size;
            let length = found[part.clone()].iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            if parameter == "sharpness" {
                assert_eq!(length, 0.0);
                continue;
            }
            assert!(length > 1e-6, "{name}: {parameter} has no gradient");
            let along = |by: f64| {
                let mut moved = at.clone();
                for (value, gradient) in moved.values[part.clone()].iter_mut().zip(&found[part.clone()]) {
                    *value += (by * f64::from(*gradient) / length) as f32;
                }
                f64::from(loss_and_gradient(&moved).0)
            };
            let numeric = [1e-1, 2e-2, 4e-3].map(|by| (along(by) - along(-by)) / (2.0 * by));
            assert!(
                numeric.iter().any(|numeric| (numeric - length).abs() < 0.02 * length + 2e-4),
                "{name}: {parameter}: {length}, numerically {numeric:?}"
            );
        }
    }
}

/// Without any training, it is `regions` over the last block. The verbs between entities are found by other vectors, so they
/// must not count.
#[test]
fn it_starts_as_regions_over_the_same_block_and_layers_are_trained_at_their_pace() {
    for name in ["bert", "mpnet"] {
        let resources = encoder(name);
        let config = EncoderConfig { minor: 0.0, ..config() };
        let mut still = of_encoder(config, Arm::Supervised);
        still.supervised.learning_rate = 1e-12;
        still.dev_size = 0;
        let regions = RunOptions {
            learner: LearnerConfig::new(
                &RegionsFamily,
                RegionsConfig { head: Head::Ridge, minor: 0.0, ..RegionsConfig::default() },
            )
            .unwrap(),
            ..still.clone()
        };
        let sentences = instances(7, 30);
        let [of_encoder, of_regions] =
            [still, regions].map(|options| probabilities(&trained(&options, &resources).0, &sentences));
        let differences: Vec<f32> = of_encoder
            .iter()
            .flatten()
            .zip(of_regions.iter().flatten())
            .map(|(one, other)| (one - other).abs())
            .collect();
        let mean = differences.iter().sum::<f32>() / differences.len() as f32;
        let greatest = differences.iter().copied().fold(0.0, f32::max);
        // What the blocks start from is rounded to 16 bits, which these encoders of random weights exaggerate.
        assert!(mean < 0.02 && greatest < 0.2, "{name}: {mean} on average, {greatest} at most");
    }
    let (learner, ..) = small(&EncoderConfig { block_rate: 0.5, ..config() }, "bert", 5);
    let rates: Vec<f32> = ["blocks.0.up.weight", "blocks.1.output_norm.shift", "output.weight", "means"]
        .map(|parameter| learner.rate(parameter))
        .into();
    assert_eq!(rates, [0.5, 1.0, 10.0, 0.0]);
}

#[test]
fn training_lowers_the_loss_and_moves_only_what_is_trained() {
    for head in [Head::Ridge, Head::Softmax] {
        let options = of_encoder(EncoderConfig { head, ..config() }, Arm::Supervised);
        let prepared = prepared(&options, &encoder("bert")).unwrap();
        let layout = prepared.model.layout();
        let start = prepared.model.start();
        let (run, events) = finish(Run::new(options, prepared));
        let losses: Vec<f64> = events
            .iter()
            .filter_map(|event| if let Event::Round { loss, .. } = event { Some(*loss) } else { None })
            .collect();
        assert!(losses[1] < losses[0], "{losses:?}");
        assert_eq!(matches!(events.last(), Some(Event::End { .. })), head == Head::Ridge);
        let mut first = 0;
        for (name, shape) in layout {
            let part = first..first + shape.iter().product::<usize>();
            first = part.end;
            let moved = run.parameters().values[part.clone()] != start.values[part];
            // The weights of relations in the loss are 1 with a softmax: none is asked for.
            assert!(
                moved || head == Head::Softmax && ["weights", "sharpness"].contains(&&name[..]),
                "{name}"
            );
        }
    }
}

#[test]
fn long_sentences_are_cropped_and_it_is_said() {
    let (classifier, _) =
        trained(&of_encoder(EncoderConfig { pieces: 16, ..config() }, Arm::Supervised), &encoder("bert"));
    let mut long = instances(7, 1).remove(0);
    assert!(!classifier.model().remarks(&long).is_cropped || long.tokens.len() > 10);
    long.tokens.extend(vec!["word".to_owned(); 400]);
    (long.pos, long.ner, long.heads, long.deprels, long.source) = (None, None, None, None, None);
    assert!(classifier.model().remarks(&long).is_cropped && !classifier.model().remarks(&long).in_windows);
    let prediction = &classifier.classify(std::slice::from_ref(&long)).unwrap()[0];
    assert!((prediction.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-4);
    let Some(Explanation::Evidence { tokens, .. }) = classifier.explain(&long).unwrap() else {
        panic!("it explains itself")
    };
    assert_eq!(tokens.len(), long.tokens.len());
}

#[test]
fn what_it_cannot_do_is_refused() {
    let said = |change: &dyn Fn(&mut RunOptions), resources: &Resources| {
        let mut options = of_encoder(config(), Arm::Supervised);
        change(&mut options);
        prepared(&options, resources).unwrap_err().to_string()
    };
    let bert = encoder("bert");
    assert!(said(&|_| {}, &resources()).contains("requires a pretrained encoder"));
    let blocks = |blocks: &[usize]| Blocks::try_from(blocks.to_vec()).unwrap();
    let two = said(&|options| options.blocks = blocks(&[2, 3]), &bert);
    assert!(two.contains("reads one block"), "{two}");
    let beyond = said(&|options| options.blocks = blocks(&[4]), &bert);
    assert!(beyond.contains("no block 4"), "{beyond}");
    let nothing = said(&|options| options.blocks = blocks(&[1]), &bert);
    assert!(nothing.contains("none of the 1 blocks would be trained"), "{nothing}");
    let int8 = said(&|options| options.precision = Some(Precision::Int8), &bert);
    assert!(int8.contains("int8"), "{int8}");
    let masked = RunOptions { masking: Masking::On, ..of_encoder(config(), Arm::Supervised) };
    assert!(prepared(&masked, &bert).is_ok());
    for (wrong, key) in [
        (EncoderConfig { frozen: Auto::Value(1.5), ..config() }, "frozen"),
        (EncoderConfig { pieces: 3, ..config() }, "pieces"),
        (EncoderConfig { block_rate: 0.0, ..config() }, "block_rate"),
        (EncoderConfig { head_rate: f32::NAN, ..config() }, "head_rate"),
    ] {
        assert_eq!(Ranges::check(|ranges| wrong.check(ranges)).unwrap_err().key, key);
    }
}
