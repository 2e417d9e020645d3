//! PA-LSTM: a two-layer LSTM with position-aware attention (Zhang et al. 2017).

mod module;

use serde::{Deserialize, Serialize};

pub use module::PaLstm;

use super::tokens::{TokenInput, TokenReader};
use super::{Card, Config, Explanation, Family, FitError, Fitting, Initialiser, Layer, Shorthand};
use crate::ranges::{LAYERS, Ranges, WIDTH};
use crate::resources::Resource;

const CARD: Card = Card {
    name: "pa-lstm",
    about: "LSTM with position-aware attention",
    variants: &[],
    optional_layers: &[Layer::Pos, Layer::Ner],
    required_layers: &[],
    resources: &[Resource::Vectors],
    pretrained: false,
    training: "",
    presets: &[
        ("semeval/pa-lstm", include_str!("presets/semeval.toml")),
        ("tacred/pa-lstm", include_str!("presets/tacred.toml")),
    ],
    shorthands: &[
        Shorthand { name: "hidden", keys: &["hidden", "attention"] },
        Shorthand { name: "layers", keys: &["layers"] },
        Shorthand { name: "dropout", keys: &["dropout"] },
        Shorthand { name: "word-dropout", keys: &["word_dropout"] },
    ],
};

/// The family of [`PaLstm`].
#[derive(Clone, Copy, Debug)]
pub struct PaLstmFamily;

impl Family for PaLstmFamily {
    type Config = PaLstmConfig;
    type Reader = TokenReader;
    type Learner = PaLstm;

    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(&self, _config: &PaLstmConfig, fitting: &Fitting) -> Result<TokenReader, FitError> {
        TokenReader::fit(&CARD, fitting)
    }

    fn build(
        &self,
        config: &PaLstmConfig,
        reader: &TokenReader,
        labels: usize,
        initial: &mut Initialiser,
    ) -> PaLstm {
        PaLstm::new(config, reader, labels, initial)
    }

    fn explain(&self, learner: &PaLstm, input: &TokenInput, _against: Option<usize>) -> Option<Explanation> {
        Some(learner.explain(input))
    }
}

/// Hyper-parameters of [`PaLstm`]; the defaults are those of the original.
///
/// | parameter | default | range |
/// |---|---|---|
/// | `hidden` | 200 | ≥ 1 |
/// | `layers` | 2 | ≥ 1 |
/// | `attention` | 200 | ≥ 1 |
/// | `position`, `pos`, `ner` | 30 | ≥ 1 |
/// | `dropout` | 0.5 | [0, 1) |
/// | `word_dropout` | 0.04 | [0, 1) |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaLstmConfig {
    /// Size of the hidden states of the LSTM.
    pub hidden: usize,
    /// Number of LSTM layers.
    pub layers: usize,
    /// Size of the attention layer.
    pub attention: usize,
    /// Size of a position embedding.
    pub position: usize,
    /// Size of a part-of-speech embedding.
    pub pos: usize,
    /// Size of a named-entity embedding.
    pub ner: usize,
    /// Dropout on the input, between layers, on the outputs and on the summary.
    pub dropout: f32,
    /// Probability that a word is replaced by the unknown word in training.
    pub word_dropout: f32,
}

impl Default for PaLstmConfig {
    fn default() -> Self {
        Self {
            hidden: 200,
            layers: 2,
            attention: 200,
            position: 30,
            pos: 30,
            ner: 30,
            dropout: 0.5,
            word_dropout: 0.04,
        }
    }
}

impl Config for PaLstmConfig {
    fn check(&self, ranges: &mut Ranges) {
        let Self { hidden, layers, attention, position, pos, ner, dropout, word_dropout } = *self;
        let sizes = [
            ("hidden", hidden),
            ("attention", attention),
            ("position", position),
            ("pos", pos),
            ("ner", ner),
        ];
        sizes.into_iter().for_each(|(key, size)| ranges.size(key, size, WIDTH));
        ranges.size("layers", layers, LAYERS);
        ranges.parameters("hidden", || self.least_parameters());
        ranges.share("dropout", dropout);
        ranges.share("word_dropout", word_dropout);
    }

    fn least_parameters(&self) -> usize {
        let Self { hidden, layers, attention, position, .. } = *self;
        4 * layers * hidden * hidden + attention * hidden + position
    }
}
