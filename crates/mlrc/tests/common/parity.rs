//! A learner, the optimiser and MLRC against the numbers of an original program (SPEC §7).
#![allow(dead_code, missing_docs)]

use burn::tensor::Device;
use mlrc::features::{Batch, Example};
use mlrc::learner::layers::{Embedding, Initial, TokenEmbedding, WordEmbedding};
use mlrc::learner::{Learner, Mode, Parameters, gradient};
use mlrc::meta::{Meta, MetaOptions, Schedule, adapt};
use mlrc::random::{Purpose, Stream};
use mlrc::training::{Optimiser, OptimiserKind};

use super::Fixture;

/// A fixture and a learner of its sizes.
pub struct Original<L> {
    pub fixture: Fixture,
    pub learner: L,
    /// Where each of our parameters lies in the fixture; layouts are the same.
    pub name: fn(&str) -> String,
}

impl<L: Learner> Original<L> {
    pub fn logits_loss_and_gradients(&self) {
        let (fixture, learner) = (&self.fixture, &self.learner);
        let init = self.parameters("init");
        let batch = batch(fixture, 0);
        let logits = init.load(learner, &Device::flex()).logits(&batch, &mut Mode::Predict);
        let labels = logits.dims()[1];
        let logits = logits.into_data().try_to_vec::<f32>().unwrap();
        let expected = fixture.floats("out.logits");
        for (row, &place) in batch.order.iter().enumerate() {
            assert_close(&logits[row * labels..][..labels], &expected[place * labels..][..labels], "logits");
        }
        let (loss, gradient) = gradient(&init.load(learner, &Device::flex()), &batch, &mut Mode::Predict);
        assert_close(&[loss], &fixture.floats("out.loss"), "loss");
        self.assert_parameters(&Parameters { values: gradient.values() }, "grad");
    }

    pub fn twelve_sgd_steps(&self) {
        let mut parameters = self.parameters("init");
        let mut optimiser = Optimiser::new(OptimiserKind::Sgd, parameters.values.len());
        let expected = self.fixture.floats("out.sgd_losses");
        let mut losses = Vec::new();
        for step in 0..expected.len() {
            let here = parameters.load(&self.learner, &Device::flex());
            let (loss, gradient) = gradient(&here, &batch(&self.fixture, step % 3), &mut Mode::Predict);
            parameters.add(&[(1.0, &optimiser.step(gradient.clipped(5.0), 0.5))]);
            losses.push(loss);
        }
        assert_close(&losses, &expected, "losses");
        self.assert_parameters(&parameters, "after_sgd");
    }

    pub fn two_mlrc_iterations(&self) {
        let options = MetaOptions {
            inner_learning_rate: 0.2,
            step_size: 0.6,
            schedule: Schedule::Constant,
            clip: 5.0,
            ..MetaOptions::default()
        };
        let mut meta = Meta::new(options.clone(), 0, self.parameters("init"));
        let mut losses = Vec::new();
        for _ in 0..2 {
            let here = meta.parameters.load(&self.learner, &Device::flex());
            let adapted: Vec<_> = (0..3)
                .map(|task| {
                    let minibatches = (0..2).map(|_| vec![batch(&self.fixture, task)]);
                    adapt(&options, &meta.inner, &here, minibatches, |_, _| None)
                })
                .collect();
            losses.extend(adapted.iter().flat_map(|task| task.losses.clone()));
            meta.update(&adapted);
        }
        assert_close(&losses, &self.fixture.floats("out.mlrc_losses"), "losses");
        self.assert_parameters(&meta.parameters, "after_mlrc");
    }

    fn parameters(&self, group: &str) -> Parameters {
        let values = Parameters::layout(&self.learner).into_iter().flat_map(|(name, shape)| {
            let name = format!("{group}.{}", (self.name)(&name));
            assert_eq!(self.fixture.shape(&name), shape, "{name}");
            self.fixture.floats(&name)
        });
        Parameters { values: values.collect() }
    }

    fn assert_parameters(&self, found: &Parameters, group: &str) {
        let mut rest = &found.values[..];
        for (name, shape) in Parameters::layout(&self.learner) {
            let (values, after) = rest.split_at(shape.iter().product());
            let name = format!("{group}.{}", (self.name)(&name));
            assert_close(values, &self.fixture.floats(&name), &name);
            rest = after;
        }
    }
}

/// Trainable tables of the sizes that the fixture's `words`, `pos` and `ner` tables have.
pub fn tokens(fixture: &Fixture, [words, pos, ner]: [&str; 3], stream: &mut Stream) -> TokenEmbedding {
    let mut table = |name: &str| {
        let shape = fixture.shape(&format!("init.{name}"));
        Embedding::new(shape[0], shape[1], Initial::Zero, stream)
    };
    TokenEmbedding {
        words: WordEmbedding::trained(table(words), 0.0),
        pos: Some(table(pos)),
        ner: Some(table(ner)),
    }
}

/// Initial values, which the fixture's then replace.
pub fn stream() -> Stream {
    Stream::new(0, Purpose::Initialisation, 0, 0)
}

fn batch(fixture: &Fixture, number: usize) -> Batch {
    let field = |name: &str| fixture.integers(&format!("batch{number}.{name}"));
    let width = fixture.shape(&format!("batch{number}.words"))[1];
    let lengths = field("lengths");
    let rows = |name: &str, shift: i64| -> Vec<Vec<u32>> {
        let cut = |(row, length): (&[i64], &i64)| {
            row[..*length as usize].iter().map(|v| (v + shift) as u32).collect()
        };
        field(name).chunks(width).zip(&lengths).map(cut).collect()
    };
    let (words, pos, ner, heads) = (rows("words", 0), rows("pos", 0), rows("ner", 0), rows("head", 0));
    let (subject, object) = (rows("subj", 100), rows("obj", 100));
    let examples: Vec<Example> = (0..lengths.len())
        .map(|row| Example {
            words: words[row].clone(),
            pos: pos[row].clone(),
            ner: ner[row].clone(),
            heads: heads[row].clone(),
            subject_positions: subject[row].clone(),
            object_positions: object[row].clone(),
            label: Some(field("labels")[row] as u32),
        })
        .collect();
    Batch::new(&examples.iter().collect::<Vec<_>>())
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-4, "{what}[{place}]: {found}, the original has {expected}");
    }
}
