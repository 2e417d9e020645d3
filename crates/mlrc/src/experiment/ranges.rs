//! The ranges of hyper-parameters, checked where they come from a file.

use std::fmt::Display;

use super::Recipe;
use crate::learner::{CGcnConfig, FcmConfig, LearnerConfig, PaLstmConfig};
use crate::meta::MetaOptions;
use crate::training::SupervisedOptions;

/// A key, and what is wrong with its value.
type Unfit = (&'static str, String);

/// What is out of range in a recipe.
pub(super) fn unfit(recipe: &Recipe) -> Option<Unfit> {
    let learner = match &recipe.learner {
        LearnerConfig::PaLstm(config) => pa_lstm(config),
        LearnerConfig::CGcn(config) => c_gcn(config),
        LearnerConfig::Fcm(config) => fcm(config),
    };
    let found = learner.into_iter().chain(supervised(&recipe.supervised)).chain(meta(&recipe.meta));
    found.flatten().next()
}

fn pa_lstm(config: &PaLstmConfig) -> Vec<Option<Unfit>> {
    let PaLstmConfig { hidden, layers, attention, position, pos, ner, dropout, word_dropout } = config;
    vec![
        positive("learner.hidden", *hidden),
        positive("learner.layers", *layers),
        positive("learner.attention", *attention),
        positive("learner.position", *position),
        positive("learner.pos", *pos),
        positive("learner.ner", *ner),
        share("learner.dropout", *dropout),
        share("learner.word_dropout", *word_dropout),
    ]
}

fn c_gcn(config: &CGcnConfig) -> Vec<Option<Unfit>> {
    vec![
        positive("learner.lstm", config.lstm),
        positive("learner.hidden", config.hidden),
        positive("learner.layers", config.layers),
        within("learner.prune_k", config.prune_k, "a whole number from -1", config.prune_k >= -1),
        positive("learner.pos", config.pos),
        positive("learner.ner", config.ner),
        positive("learner.mlp_layers", config.mlp_layers),
        within(
            "learner.pooling_penalty",
            config.pooling_penalty,
            "a number from 0",
            config.pooling_penalty >= 0.0,
        ),
        share("learner.input_dropout", config.input_dropout),
        share("learner.lstm_dropout", config.lstm_dropout),
        share("learner.graph_dropout", config.graph_dropout),
        share("learner.word_dropout", config.word_dropout),
    ]
}

fn fcm(config: &FcmConfig) -> Vec<Option<Unfit>> {
    let FcmConfig { window: _, dropout, word_dropout } = config;
    vec![share("learner.dropout", *dropout), share("learner.word_dropout", *word_dropout)]
}

fn supervised(options: &SupervisedOptions) -> Vec<Option<Unfit>> {
    vec![
        rate("supervised.learning_rate", options.learning_rate),
        positive("supervised.batch_size", options.batch_size),
        positive("supervised.epochs", options.epochs),
        rate("supervised.clip", options.clip),
        within(
            "supervised.decay",
            options.decay,
            "a number above 0, at most 1",
            options.decay > 0.0 && options.decay <= 1.0,
        ),
    ]
}

fn meta(options: &MetaOptions) -> Vec<Option<Unfit>> {
    vec![
        positive("meta.relations", options.relations),
        positive("meta.way", options.way),
        positive("meta.instances", options.instances),
        positive("meta.inner_steps", options.inner_steps),
        rate("meta.inner_learning_rate", options.inner_learning_rate),
        rate("meta.step_size", options.step_size),
        rate("meta.clip", options.clip),
    ]
}

fn positive(key: &'static str, value: usize) -> Option<Unfit> {
    within(key, value, "a whole number from 1", value >= 1)
}

fn rate(key: &'static str, value: f32) -> Option<Unfit> {
    within(key, value, "a number above 0", value > 0.0 && value.is_finite())
}

fn share(key: &'static str, value: f32) -> Option<Unfit> {
    within(key, value, "a number from 0 to below 1", (0.0..1.0).contains(&value))
}

fn within(key: &'static str, value: impl Display, expected: &str, fits: bool) -> Option<Unfit> {
    (!fits).then(|| (key, format!("expected {expected}, found {value}")))
}
