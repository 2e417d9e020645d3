//! C-GCN, the optimiser and MLRC against numbers that the original program produced (SPEC: `c_gcn` and
//! `c_gcn_original_pooling` fixtures), and its pruned trees.

mod common;

use std::time::Instant;

use common::parity::{Original, initial, tokens};
use common::{Fixture, data, fixtures};
use mlrc::corpus::{Corpus, ReadOptions};
use mlrc::learner::c_gcn::{CGcn, CGcnConfig};
use mlrc::learner::tokens::{PrunedTree, repair};

const FIXTURES: [(&str, bool); 2] = [("c_gcn", false), ("c_gcn_original_pooling", true)];

fn original_name(ours: &str) -> String {
    let parts: Vec<&str> = ours.split('.').collect();
    match parts[..] {
        ["tokens", "words", "trained", "table"] => "gcn_model.emb.weight".to_owned(),
        ["tokens", layer, "table"] => format!("gcn_model.{layer}_emb.weight"),
        ["lstm", layer, direction, part] => {
            let suffix = if direction == "backward" { "_reverse" } else { "" };
            format!("gcn_model.gcn.rnn.{}_l{layer}{suffix}", common::lstm_part(part))
        }
        ["convolutions", layer, part] => format!("gcn_model.gcn.W.{layer}.{part}"),
        // Every other of the original's layers is a relu.
        ["mlp", layer, part] => format!("gcn_model.out_mlp.{}.{part}", 2 * layer.parse::<usize>().unwrap()),
        ["output", part] => format!("classifier.{part}"),
        _ => panic!("unknown parameter {ours}"),
    }
}

fn originals(test: &str) -> Vec<Original<CGcn>> {
    let Some(folder) = fixtures(test) else { return Vec::new() };
    FIXTURES.map(|(name, original_pooling)| original(Fixture::read(&folder, name), original_pooling)).into()
}

fn original(fixture: Fixture, original_pooling: bool) -> Original<CGcn> {
    let option = |name: &str| fixture.option(name) as usize;
    let mut initial = initial();
    let names = ["emb", "pos_emb", "ner_emb"].map(|table| format!("gcn_model.{table}.weight"));
    let tokens = tokens(&fixture, names.each_ref().map(String::as_str), &mut initial);
    let config = CGcnConfig {
        lstm: option("rnn_hidden"),
        lstm_layers: option("rnn_layers"),
        hidden: option("hidden_dim"),
        layers: option("num_layers"),
        prune_k: fixture.option("prune_k") as i32,
        mlp_layers: option("mlp_layers"),
        pooling_penalty: fixture.option("pooling_l2") as f32,
        input_dropout: 0.0,
        lstm_dropout: 0.0,
        graph_dropout: 0.0,
        word_dropout: 0.0,
        original_pooling,
        ..CGcnConfig::default()
    };
    let learner = CGcn::assemble(&config, tokens, option("num_class"), &mut initial);
    Original { fixture, learner, name: original_name }
}

#[test]
fn parity_c_gcn_logits_loss_and_gradients() {
    originals("parity_c_gcn_logits_loss_and_gradients").iter().for_each(Original::logits_loss_and_gradients);
}

#[test]
fn parity_c_gcn_twelve_sgd_steps() {
    originals("parity_c_gcn_twelve_sgd_steps").iter().for_each(Original::twelve_sgd_steps);
}

#[test]
fn parity_c_gcn_two_mlrc_iterations() {
    originals("parity_c_gcn_two_mlrc_iterations").iter().for_each(Original::two_mlrc_iterations);
}

#[test]
fn parity_pruned_trees_real_data() {
    let test = "parity_pruned_trees_real_data";
    let (Some(fixtures), Some(data)) = (fixtures(test), data(test)) else { return };
    let text = std::fs::read(fixtures.join("pruned_trees.json")).unwrap();
    let expected: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let corpus =
        Corpus::read(data.join("semeval2010-tacred-json/test.json"), &ReadOptions::default()).unwrap();
    let (mut compared, mut elapsed) = (0, 0.0);
    for expected in &expected {
        let id = expected["id"].as_str().unwrap();
        let instance = corpus.instances.iter().find(|instance| instance.id == id).unwrap();
        for k in [-1, 0, 1, 2] {
            let started = Instant::now();
            let (heads, defects) = repair(instance.heads.as_ref().unwrap());
            let tree =
                PrunedTree::new(&heads, instance.subject.span.range(), instance.object.span.range(), k);
            elapsed += started.elapsed().as_secs_f64();
            assert!(defects.is_empty());
            let kept: Vec<usize> = (0..heads.len()).filter(|&token| tree.kept[token]).collect();
            let edges: Vec<(usize, usize)> = tree.edges().collect();
            let expected = &expected[format!("k{k}")];
            assert_eq!(serde_json::json!(kept), expected["kept"], "{id}, K = {k}");
            assert_eq!(serde_json::json!(edges), expected["edges"], "{id}, K = {k}");
            compared += 1;
        }
    }
    assert_eq!(compared, 1600);
    // Thousands a second, even on a busy machine.
    assert!(elapsed < 0.4, "{compared} trees took {elapsed} s");
}
