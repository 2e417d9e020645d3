//! What flags can be set to.

use clap::ValueEnum;
use mlrc::experiment::VocabularyPolicy;
use mlrc::meta::{InnerState, Sampling, Schedule};
use mlrc::training::{OptimiserKind, Order, Selection};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LearnerName {
    /// LSTM with position-aware attention
    PaLstm,
    /// Graph convolutions over pruned dependency trees, on a bidirectional LSTM; the data needs a parse
    CGcn,
    /// The same without the LSTM
    Gcn,
    /// Averaged word vectors of a few regions and a linear layer; for the fewest labels, and without tags or parse
    Fcm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MaskingName {
    Auto,
    On,
    Off,
}

/// What `mlrc fetch` knows, under its makers' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DatasetName {
    /// SemEval-2010 Task 8
    Semeval,
    /// GloVe vectors from Wikipedia and Gigaword
    #[value(name = "glove.6B")]
    Glove6B,
    /// GloVe vectors from Common Crawl
    #[value(name = "glove.840B")]
    Glove840B,
    /// FewRel 1.0
    Fewrel,
    /// KnowledgeNet
    Knowledgenet,
    /// TACRED: licensed, so this says how to get it
    Tacred,
}

/// A flag's names for the values of a library type.
macro_rules! names {
    ($($flag:ident => $kind:ty { $($name:ident),* })*) => {
        $(
            #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
            pub enum $flag { $($name),* }

            impl From<$flag> for $kind {
                fn from(flag: $flag) -> Self {
                    match flag { $($flag::$name => <$kind>::$name),* }
                }
            }
        )*
    };
}

names! {
    SelectionName => Selection { BestDev, Last }
    VocabularyName => VocabularyPolicy { Vectors, Train }
    OptimiserName => OptimiserKind { Sgd, AdaGrad }
    OrderName => Order { Shuffled, Balanced }
    ScheduleName => Schedule { Constant, Linear }
    SamplingName => Sampling { Uniform, BySize }
    InnerStateName => InnerState { Fresh, Carried }
}

pub fn parse_positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number from 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn parse_between(text: &str, what: &str, fits: impl Fn(f32) -> bool) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|&value: &f32| value.is_finite() && fits(value))
        .ok_or(format!("expected {what}"))
}

pub fn parse_rate(text: &str) -> Result<f32, String> {
    parse_between(text, "a number above 0", |value| value > 0.0)
}

pub fn parse_penalty(text: &str) -> Result<f32, String> {
    parse_between(text, "a number from 0", |value| value >= 0.0)
}

pub fn parse_share(text: &str) -> Result<f32, String> {
    parse_between(text, "a number above 0, at most 1", |value| value > 0.0 && value <= 1.0)
}

pub fn parse_fraction(text: &str) -> Result<f64, String> {
    let fraction = text.parse().ok().filter(|&value: &f64| value > 0.0 && value <= 1.0);
    fraction.ok_or_else(|| "expected a number above 0, at most 1".to_owned())
}

pub fn parse_dropout(text: &str) -> Result<f32, String> {
    parse_between(text, "a number from 0 to below 1", |value| (0.0..1.0).contains(&value))
}
