//! C-GCN: graph convolutions over pruned dependency trees, on top of a bidirectional LSTM (Zhang et al.
//! 2018).

mod dependency_graph;
mod module;

use serde::{Deserialize, Serialize};

pub use module::CGcn;

use super::tokens::{TokenInput, TokenReader};
use super::{Card, Config, Explanation, Family, FitError, Fitting, Initialiser, Layer, Shorthand};
use crate::ranges::{LAYERS, Ranges, WIDTH};
use crate::resources::Resource;

const CARD: Card = Card {
    name: "c-gcn",
    about: "Graph convolutions over pruned dependency trees, on top of a bidirectional LSTM; needs parsed data",
    variants: &[("gcn", "lstm_layers = 0")],
    optional_layers: &[Layer::Pos, Layer::Ner],
    required_layers: &[Layer::Heads],
    resources: &[Resource::Vectors],
    pretrained: false,
    training: include_str!("training.toml"),
    presets: &[
        ("semeval/c-gcn", include_str!("presets/semeval.toml")),
        ("tacred/c-gcn", include_str!("presets/tacred.toml")),
    ],
    shorthands: &[
        Shorthand { name: "hidden", keys: &["lstm", "hidden"] },
        Shorthand { name: "layers", keys: &["layers"] },
        Shorthand { name: "dropout", keys: &["input_dropout", "lstm_dropout", "graph_dropout"] },
        Shorthand { name: "word-dropout", keys: &["word_dropout"] },
        Shorthand { name: "prune-k", keys: &["prune_k"] },
        Shorthand { name: "pooling-penalty", keys: &["pooling_penalty"] },
        Shorthand { name: "original-pooling", keys: &["original_pooling"] },
    ],
};

/// The family of [`CGcn`].
#[derive(Clone, Copy, Debug)]
pub struct CGcnFamily;

impl Family for CGcnFamily {
    type Config = CGcnConfig;
    type Reader = TokenReader;
    type Learner = CGcn;

    fn card(&self) -> &'static Card {
        &CARD
    }

    fn name_of(&self, config: &CGcnConfig) -> &'static str {
        if config.lstm_layers == 0 { "gcn" } else { CARD.name }
    }

    fn fit(&self, _config: &CGcnConfig, fitting: &Fitting) -> Result<TokenReader, FitError> {
        TokenReader::fit(&CARD, fitting)
    }

    fn build(
        &self,
        config: &CGcnConfig,
        reader: &TokenReader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> CGcn {
        CGcn::new(config, reader, labels, initial)
    }

    fn explain(&self, learner: &CGcn, input: &TokenInput, _against: Option<usize>) -> Option<Explanation> {
        Some(learner.explain(input))
    }
}

/// Hyper-parameters of [`CGcn`]; the defaults are those of the original (for TACRED).
///
/// | parameter | default | range |
/// |---|---|---|
/// | `lstm` | 200 | ≥ 1 |
/// | `lstm_layers` | 1 | ≥ 0; 0 is the plain GCN |
/// | `hidden` | 200 | ≥ 1 |
/// | `layers` | 2 | ≥ 1 |
/// | `prune_k` | 1 | any; negative keeps the whole tree |
/// | `pos`, `ner` | 30 | ≥ 1 |
/// | `mlp_layers` | 2 | ≥ 1 |
/// | `pooling_penalty` | 0.003 | ≥ 0 |
/// | `input_dropout`, `lstm_dropout`, `graph_dropout` | 0.5 | [0, 1) |
/// | `word_dropout` | 0.04 | [0, 1) |
/// | `original_pooling` | false | |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CGcnConfig {
    /// Hidden units of the LSTM in each direction.
    pub lstm: usize,
    /// Layers of the LSTM; without one the convolutions read the tokens themselves (GCN).
    pub lstm_layers: usize,
    /// Size of the graph convolutions and of the layers after the pools.
    pub hidden: usize,
    /// Number of graph convolutions.
    pub layers: usize,
    /// K: the number of steps off the path between the entities up to which tokens are kept.
    pub prune_k: i32,
    /// Size of a part-of-speech embedding.
    pub pos: usize,
    /// Size of a named-entity embedding.
    pub ner: usize,
    /// Layers between the pools and the output layer.
    pub mlp_layers: usize,
    /// Weight of the mean squared norm of the pooled sentence, which is added to the loss.
    pub pooling_penalty: f32,
    /// Dropout on the tokens.
    pub input_dropout: f32,
    /// Dropout between layers of the LSTM and on its outputs.
    pub lstm_dropout: f32,
    /// Dropout between graph convolutions.
    pub graph_dropout: f32,
    /// Probability that a word is read as the unknown word in training.
    pub word_dropout: f32,
    /// Whether padding belongs to both entities, as in the original program, where what is computed for a
    /// sentence depends on the length of the longest one in its batch. Only for comparison with it; in prediction, each
    /// sentence is a batch.
    pub original_pooling: bool,
}

impl Default for CGcnConfig {
    fn default() -> Self {
        Self {
            lstm: 200,
            lstm_layers: 1,
            hidden: 200,
            layers: 2,
            prune_k: 1,
            pos: 30,
            ner: 30,
            mlp_layers: 2,
            pooling_penalty: 0.003,
            input_dropout: 0.5,
            lstm_dropout: 0.5,
            graph_dropout: 0.5,
            word_dropout: 0.04,
            original_pooling: false,
        }
    }
}

impl CGcnConfig {
    /// The plain GCN: no LSTM.
    pub fn gcn() -> Self {
        Self { lstm_layers: 0, ..Self::default() }
    }
}

impl Config for CGcnConfig {
    fn check(&self, ranges: &mut Ranges) {
        let sizes = [("lstm", self.lstm), ("hidden", self.hidden), ("pos", self.pos), ("ner", self.ner)];
        sizes.into_iter().for_each(|(key, size)| ranges.size(key, size, WIDTH));
        ranges.at_most("lstm_layers", self.lstm_layers, LAYERS);
        ranges.size("layers", self.layers, LAYERS);
        ranges.within("prune_k", self.prune_k, "a whole number from -1", self.prune_k >= -1);
        ranges.size("mlp_layers", self.mlp_layers, LAYERS);
        ranges.parameters("hidden", || self.least_parameters());
        let penalty = self.pooling_penalty;
        ranges.within("pooling_penalty", penalty, "a number from 0", penalty >= 0.0 && penalty.is_finite());
        ranges.share("input_dropout", self.input_dropout);
        ranges.share("lstm_dropout", self.lstm_dropout);
        ranges.share("graph_dropout", self.graph_dropout);
        ranges.share("word_dropout", self.word_dropout);
    }

    fn least_parameters(&self) -> usize {
        let Self { lstm, lstm_layers, hidden, layers, mlp_layers, .. } = *self;
        8 * lstm_layers * lstm * lstm + (layers - 1 + mlp_layers - 1) * hidden * hidden + hidden
    }
}
