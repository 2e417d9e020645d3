//! PA-LSTM, the optimiser and MLRC against numbers that the original program produced (SPEC: `pa_lstm` fixture).

mod common;

use std::collections::BTreeMap;

use burn::tensor::Device;
use common::{Fixture, fixtures};
use mlrc::features::{Batch, Example};
use mlrc::learner::layers::{Embedding, Initial, WordEmbedding};
use mlrc::learner::{Learner, Mode, PaLstm, PaLstmConfig, Parameters, gradient};
use mlrc::meta::{Meta, MetaOptions, Schedule, adapt};
use mlrc::random::{Purpose, Stream};
use mlrc::training::{Optimiser, OptimiserKind};

/// Where each of our parameters lies in the fixture; layouts are the same.
fn original_name(ours: &str) -> String {
    let fixed = BTreeMap::from([
        ("words.trained.table", "emb.weight"),
        ("pos.table", "pos_emb.weight"),
        ("ner.table", "ner_emb.weight"),
        ("attention.hidden.weight", "attn_layer.ulinear.weight"),
        ("attention.hidden.bias", "attn_layer.ulinear.bias"),
        ("attention.summary.weight", "attn_layer.vlinear.weight"),
        ("attention.position.weight", "attn_layer.wlinear.weight"),
        ("attention.score.weight", "attn_layer.tlinear.weight"),
        ("attention.score.bias", "attn_layer.tlinear.bias"),
        ("attention.positions.table", "pe_emb.weight"),
        ("output.weight", "linear.weight"),
        ("output.bias", "linear.bias"),
    ]);
    if let Some(name) = fixed.get(ours) {
        return (*name).to_owned();
    }
    let (layer, part) = ours.strip_prefix("lstm.").and_then(|rest| rest.split_once('.')).expect(ours);
    let part = match part {
        "input_weight" => "weight_ih",
        "recurrent_weight" => "weight_hh",
        "input_bias" => "bias_ih",
        "recurrent_bias" => "bias_hh",
        other => panic!("unknown parameter {other}"),
    };
    format!("rnn.{part}_l{layer}")
}

fn learner(fixture: &Fixture) -> PaLstm {
    let option = |name: &str| fixture.option(name) as usize;
    let mut stream = Stream::new(0, Purpose::Initialisation, 0, 0);
    let mut table = |group: &str, dimension| {
        Embedding::new(fixture.shape(group)[0], dimension, Initial::Zero, &mut stream)
    };
    let words = WordEmbedding::trained(table("init.emb.weight", option("emb_dim")), 0.0);
    let pos = table("init.pos_emb.weight", option("pos_dim"));
    let ner = table("init.ner_emb.weight", option("ner_dim"));
    let config = PaLstmConfig {
        hidden: option("hidden_dim"),
        layers: option("num_layers"),
        attention: option("attn_dim"),
        position: option("pe_dim"),
        dropout: 0.0,
        word_dropout: 0.0,
        ..PaLstmConfig::default()
    };
    PaLstm::assemble(&config, words, [Some(pos), Some(ner)], option("num_class"), &mut stream)
}

fn parameters(fixture: &Fixture, group: &str, learner: &PaLstm) -> Parameters {
    let values = Parameters::layout(learner).into_iter().flat_map(|(name, shape)| {
        let name = format!("{group}.{}", original_name(&name));
        assert_eq!(fixture.shape(&name), shape, "{name}");
        fixture.floats(&name)
    });
    Parameters { values: values.collect() }
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
    let (words, pos, ner) = (rows("words", 0), rows("pos", 0), rows("ner", 0));
    let (subject, object) = (rows("subj", 100), rows("obj", 100));
    let examples: Vec<Example> = (0..lengths.len())
        .map(|row| Example {
            words: words[row].clone(),
            pos: pos[row].clone(),
            ner: ner[row].clone(),
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

fn assert_parameters(found: &Parameters, fixture: &Fixture, group: &str, learner: &PaLstm) {
    let mut rest = &found.values[..];
    for (name, shape) in Parameters::layout(learner) {
        let (values, after) = rest.split_at(shape.iter().product());
        let name = format!("{group}.{}", original_name(&name));
        assert_close(values, &fixture.floats(&name), &name);
        rest = after;
    }
}

#[test]
fn parity_pa_lstm_logits_loss_and_gradients() {
    let Some(folder) = fixtures("parity_pa_lstm_logits_loss_and_gradients") else { return };
    let fixture = Fixture::read(&folder, "pa_lstm");
    let learner = learner(&fixture);
    let init = parameters(&fixture, "init", &learner);
    let batch = batch(&fixture, 0);

    let logits = init.load(&learner, &Device::flex()).logits(&batch, &mut Mode::Predict);
    let labels = logits.dims()[1];
    let logits = logits.into_data().try_to_vec::<f32>().unwrap();
    let expected = fixture.floats("out.logits");
    for (row, &place) in batch.order.iter().enumerate() {
        assert_close(&logits[row * labels..][..labels], &expected[place * labels..][..labels], "logits");
    }

    let (loss, gradient) = gradient(&init.load(&learner, &Device::flex()), &batch, &mut Mode::Predict);
    assert_close(&[loss], &fixture.floats("out.loss"), "loss");
    assert_parameters(&Parameters { values: gradient.values() }, &fixture, "grad", &learner);
}

#[test]
fn parity_pa_lstm_twelve_sgd_steps() {
    let Some(folder) = fixtures("parity_pa_lstm_twelve_sgd_steps") else { return };
    let fixture = Fixture::read(&folder, "pa_lstm");
    let learner = learner(&fixture);
    let mut parameters = parameters(&fixture, "init", &learner);
    let mut optimiser = Optimiser::new(OptimiserKind::Sgd, parameters.values.len());
    let expected = fixture.floats("out.sgd_losses");
    let mut losses = Vec::new();
    for step in 0..expected.len() {
        let here = parameters.load(&learner, &Device::flex());
        let (loss, gradient) = gradient(&here, &batch(&fixture, step % 3), &mut Mode::Predict);
        parameters.add(&[(1.0, &optimiser.step(gradient.clipped(5.0), 0.5))]);
        losses.push(loss);
    }
    assert_close(&losses, &expected, "losses");
    assert_parameters(&parameters, &fixture, "after_sgd", &learner);
}

#[test]
fn parity_pa_lstm_two_mlrc_iterations() {
    let Some(folder) = fixtures("parity_pa_lstm_two_mlrc_iterations") else { return };
    let fixture = Fixture::read(&folder, "pa_lstm");
    let learner = learner(&fixture);
    let options = MetaOptions {
        inner_learning_rate: 0.2,
        step_size: 0.6,
        schedule: Schedule::Constant,
        clip: 5.0,
        ..MetaOptions::default()
    };
    let mut meta = Meta::new(options.clone(), 0, parameters(&fixture, "init", &learner));
    let mut losses = Vec::new();
    for _ in 0..2 {
        let here = meta.parameters.load(&learner, &Device::flex());
        let adapted: Vec<_> = (0..3)
            .map(|task| {
                let minibatches = (0..2).map(|_| vec![batch(&fixture, task)]);
                adapt(&options, &meta.inner, &here, minibatches, |_, _| None)
            })
            .collect();
        losses.extend(adapted.iter().flat_map(|task| task.losses.clone()));
        meta.update(&adapted);
    }
    assert_close(&losses, &fixture.floats("out.mlrc_losses"), "losses");
    assert_parameters(&meta.parameters, &fixture, "after_mlrc", &learner);
}
