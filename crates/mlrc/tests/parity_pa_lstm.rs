//! PA-LSTM, the optimiser and MLRC against numbers that the original program produced (SPEC: `pa_lstm`
//! fixture).

mod common;

use std::collections::BTreeMap;

use common::parity::{Original, initial, tokens};
use common::{Fixture, fixtures};
use mlrc::learner::pa_lstm::{PaLstm, PaLstmConfig};

fn original_name(ours: &str) -> String {
    let fixed = BTreeMap::from([
        ("tokens.words.trained.table", "emb.weight"),
        ("tokens.pos.table", "pos_emb.weight"),
        ("tokens.ner.table", "ner_emb.weight"),
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
    format!("rnn.{}_l{layer}", common::lstm_part(part))
}

fn original(test: &str) -> Option<Original<PaLstm>> {
    let fixture = Fixture::read(&fixtures(test)?, "pa_lstm");
    let option = |name: &str| fixture.option(name) as usize;
    let mut initial = initial();
    let tokens = tokens(&fixture, ["emb.weight", "pos_emb.weight", "ner_emb.weight"], &mut initial);
    let config = PaLstmConfig {
        hidden: option("hidden_dim"),
        layers: option("num_layers"),
        attention: option("attn_dim"),
        position: option("pe_dim"),
        dropout: 0.0,
        word_dropout: 0.0,
        ..PaLstmConfig::default()
    };
    let learner = PaLstm::assemble(&config, tokens, option("num_class"), &mut initial);
    Some(Original { fixture, learner, name: original_name })
}

#[test]
fn parity_pa_lstm_logits_loss_and_gradients() {
    let Some(original) = original("parity_pa_lstm_logits_loss_and_gradients") else { return };
    original.logits_loss_and_gradients();
}

#[test]
fn parity_pa_lstm_twelve_sgd_steps() {
    let Some(original) = original("parity_pa_lstm_twelve_sgd_steps") else { return };
    original.twelve_sgd_steps();
}

#[test]
fn parity_pa_lstm_two_mlrc_iterations() {
    let Some(original) = original("parity_pa_lstm_two_mlrc_iterations") else { return };
    original.two_mlrc_iterations();
}
