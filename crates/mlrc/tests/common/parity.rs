//! A learner, the optimiser and MLRC against the numbers of an original program (SPEC §7).
#![allow(dead_code, missing_docs)]

use std::sync::Arc;

use mlrc::corpus::Span;
use mlrc::device::Device;
use mlrc::learner::layers::{Embedding, Initial, TokenEmbedding, WordEmbedding};
use mlrc::learner::tokens::{TokenBatch, TokenInput};
use mlrc::learner::{Encoded, Initialiser, Input, Learner, Mode, gradient};
use mlrc::meta::{Meta, MetaOptions, Schedule, adapt};
use mlrc::objective::{Parameters, at};
use mlrc::training::{Optimiser, OptimiserKind};

use super::Fixture;

/// A fixture and a learner of its sizes.
pub struct Original<L> {
    pub fixture: Fixture,
    pub learner: L,
    /// The position of each of our parameters in the fixture; layouts are the same.
    pub name: fn(&str) -> String,
}

impl<L: Learner<Input = TokenInput>> Original<L> {
    pub fn logits_loss_and_gradients(&self) {
        let (fixture, learner) = (&self.fixture, &self.learner);
        let init = self.parameters("init");
        let batch = Batch::read(fixture, 0);
        let logits = init.load(learner, Device::Cpu).logits(&batch.packed, &mut Mode::Predict);
        let labels = logits.dims()[1];
        let logits = logits.into_data().try_to_vec::<f32>().unwrap();
        let expected = fixture.floats("out.logits");
        for (row, &place) in batch.order.iter().enumerate() {
            assert_close(&logits[row * labels..][..labels], &expected[place * labels..][..labels], "logits");
        }
        let here = init.load(learner, Device::Cpu);
        let (loss, gradient) = gradient(&here, &batch.packed, &batch.labels, &mut Mode::Predict);
        assert_close(&[loss], &fixture.floats("out.loss"), "loss");
        self.assert_parameters(&Parameters { values: gradient.values() }, "grad");
    }

    pub fn twelve_sgd_steps(&self) {
        let mut parameters = self.parameters("init");
        let mut optimiser = Optimiser::new(OptimiserKind::Sgd, parameters.values.len());
        let expected = self.fixture.floats("out.sgd_losses");
        let mut losses = Vec::new();
        for step in 0..expected.len() {
            let here = parameters.load(&self.learner, Device::Cpu);
            let batch = Batch::read(&self.fixture, step % 3);
            let (loss, gradient) = gradient(&here, &batch.packed, &batch.labels, &mut Mode::Predict);
            parameters.add(&[(1.0, &optimiser.step(gradient.clipped(5.0), 0.5, &[]))]);
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
        // The tasks are the fixture's batches.
        let batches = [0, 1, 2].map(|number| inputs(&self.fixture, number));
        let mut tasks: Vec<Vec<usize>> = Vec::new();
        for (inputs, _) in &batches {
            let start = tasks.iter().map(Vec::len).sum::<usize>();
            tasks.push((start..start + inputs.len()).collect());
        }
        let (inputs, labels): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        let labels = labels.concat().into_iter().map(Some).collect();
        let learner = Arc::new(self.learner.clone());
        let objective = Encoded::new(learner, inputs.concat(), labels, Device::Cpu);
        let mut losses = Vec::new();
        for _ in 0..2 {
            let adapted: Vec<_> = at(&objective, &mut meta.parameters, |point| {
                let of_task = |task: &Vec<usize>| {
                    let minibatches = [task.clone(), task.clone()];
                    adapt(&options, &meta.inner, &objective, point, &minibatches, 1, |_, _| None)
                };
                tasks.iter().map(of_task).collect()
            });
            losses.extend(adapted.iter().flat_map(|task| task.losses.clone()));
            meta.update(adapted);
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
pub fn tokens(fixture: &Fixture, [words, pos, ner]: [&str; 3], initial: &mut Initialiser) -> TokenEmbedding {
    let mut table = |name: &str| {
        let shape = fixture.shape(&format!("init.{name}"));
        Embedding::new(shape[0], shape[1], Initial::Zero, initial)
    };
    TokenEmbedding {
        words: WordEmbedding::trained(table(words), 0.0),
        pos: Some(table(pos)),
        ner: Some(table(ner)),
    }
}

/// Initial values, which the fixture's then replace.
pub fn initial() -> Initialiser {
    Initialiser::new(0, Device::Cpu)
}

/// A batch of the fixture.
struct Batch {
    packed: TokenBatch,
    labels: Vec<u32>,
    /// The fixture's row for each of our rows: longest first.
    order: Vec<usize>,
}

impl Batch {
    fn read(fixture: &Fixture, number: usize) -> Self {
        let (inputs, labels) = inputs(fixture, number);
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        order.sort_by_key(|&row| std::cmp::Reverse(inputs[row].size()));
        Self {
            packed: TokenBatch::new(&order.iter().map(|&row| &inputs[row]).collect::<Vec<_>>()),
            labels: order.iter().map(|&row| labels[row]).collect(),
            order,
        }
    }
}

/// The rows of a batch of the fixture, and their labels.
fn inputs(fixture: &Fixture, number: usize) -> (Vec<TokenInput>, Vec<u32>) {
    let field = |name: &str| fixture.integers(&format!("batch{number}.{name}"));
    let width = fixture.shape(&format!("batch{number}.words"))[1];
    let lengths = field("lengths");
    let rows = |name: &str| -> Vec<Vec<i64>> {
        let cut = |(row, length): (&[i64], &i64)| row[..*length as usize].to_vec();
        field(name).chunks(width).zip(&lengths).map(cut).collect()
    };
    let unsigned = |values: &Vec<i64>| values.iter().map(|&value| value as u32).collect();
    // The tokens at distance 0.
    let span = |positions: &[i64]| {
        let start = positions.iter().position(|&position| position == 0).unwrap();
        Span::new(start, start + positions.iter().filter(|&&position| position == 0).count())
    };
    let (words, pos, ner, heads) = (rows("words"), rows("pos"), rows("ner"), rows("head"));
    let (subjects, objects) = (rows("subj"), rows("obj"));
    let input = |row: usize| TokenInput {
        words: unsigned(&words[row]),
        pos: unsigned(&pos[row]),
        ner: unsigned(&ner[row]),
        heads: unsigned(&heads[row]),
        subject: span(&subjects[row]),
        object: span(&objects[row]),
        ..TokenInput::default()
    };
    let labels = field("labels").into_iter().map(|label| label as u32).collect();
    ((0..lengths.len()).map(input).collect(), labels)
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-4, "{what}[{place}]: {found}, the original has {expected}");
    }
}
