//! The values that flags can take.

use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};
use mlrc::learner::{Blocks, Card, Precision, VocabularyPolicy, registry};
use mlrc::meta::{InnerState, Sampling, Schedule};
use mlrc::run::Recipe;
use mlrc::training::{OptimiserKind, Order, Selection};

/// The names of learners, each with a description.
pub fn learners() -> PossibleValuesParser {
    let of_card = |card: &'static Card| {
        let variants = card.variants.iter().map(|(name, changes)| {
            PossibleValue::new(*name).help(format!("{} with {}", card.name, changes.replace(" = ", " ")))
        });
        std::iter::once(PossibleValue::new(card.name).help(card.about)).chain(variants).collect::<Vec<_>>()
    };
    PossibleValuesParser::new(registry::cards().into_iter().flat_map(of_card).collect::<Vec<_>>())
}

/// Each learner's recipe as a table, by name.
static RECIPES: LazyLock<Vec<(&'static Card, toml::Table)>> = LazyLock::new(|| {
    let of_card = |card: &'static Card| {
        let recipe = Recipe::learner(card.name).ok()?;
        // Through text, so that numbers are as short as they are written.
        Some((card, toml::from_str(&toml::to_string(&recipe).ok()?).ok()?))
    };
    registry::cards().into_iter().filter_map(of_card).collect()
});

/// A number of threads. Far more threads than processors only take memory, and minutes to start.
pub fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=512) => Ok(threads),
        _ => Err("expected 1 to 512".to_owned()),
    }
}

/// A help text with the default of `key` in each learner's recipe: one for all, or by learner.
pub fn of_learners(text: &str, key: &str) -> String {
    let defaults: Vec<(&str, String)> = RECIPES
        .iter()
        .filter_map(|(card, recipe)| Some((card.name, default_of(card, recipe, key)?)))
        .collect();
    let Some((_, first)) = defaults.first() else { return text.to_owned() };
    if defaults.iter().all(|(_, value)| value == first) {
        return format!("{text} [default: {first}]");
    }
    let each: Vec<String> = defaults.iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!("{text} [default: {}]", each.join(", "))
}

/// The value of `key` in a recipe; in the learner's table, by its short name.
fn default_of(card: &Card, recipe: &toml::Table, key: &str) -> Option<String> {
    let (table, key) = key.split_once('.')?;
    let shorthand = card.shorthands.iter().find(|shorthand| shorthand.name == key);
    let value = recipe.get(table)?.get(if table == "learner" { shorthand?.keys[0] } else { key });
    Some(match (value, key) {
        (Some(toml::Value::String(value)), _) => value.clone(),
        (Some(value), _) => value.to_string().trim_end_matches(".0").to_owned(),
        // Defaults that are not written.
        (None, "order") => "shuffled".to_owned(),
        (None, _) => "1".to_owned(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MaskingName {
    Auto,
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeepName {
    All,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    F32,
    F16,
    Int8,
}

impl From<PrecisionName> for Precision {
    fn from(flag: PrecisionName) -> Self {
        match flag {
            PrecisionName::F32 => Self::Full,
            PrecisionName::F16 => Self::Half,
            PrecisionName::Int8 => Self::Int8,
        }
    }
}

/// Defines a flag's values, named like those of a library type.
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

/// The number of a block of an encoder.
pub fn parse_block(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(block @ 0..=Blocks::GREATEST) => Ok(block),
        _ => {
            Err(format!("expected numbers from 0 to {} with commas, such as 3 or 2,3,4,5", Blocks::GREATEST))
        }
    }
}

pub fn parse_whole<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let number = text.parse::<u64>().ok().and_then(|number| number.try_into().ok());
    number.ok_or_else(|| "expected a whole number, 0 or more".to_owned())
}

pub fn parse_positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number, 1 or more".to_owned()),
        Ok(number) => Ok(number),
    }
}

pub fn parse_up_to<const MOST: usize>(text: &str) -> Result<usize, String> {
    parse_positive(text)
        .ok()
        .filter(|&number| number <= MOST)
        .ok_or_else(|| format!("expected a whole number from 1 to {MOST}"))
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
    parse_between(text, "a number, 0 or more", |value| value >= 0.0)
}

pub fn parse_share(text: &str) -> Result<f32, String> {
    parse_between(text, "a number above 0 and at most 1", |value| value > 0.0 && value <= 1.0)
}

pub fn parse_fraction(text: &str) -> Result<f64, String> {
    let fraction = text.parse().ok().filter(|&value: &f64| value > 0.0 && value <= 1.0);
    fraction.ok_or_else(|| "expected a number above 0 and at most 1".to_owned())
}

pub fn parse_fraction_or_none(text: &str) -> Result<f64, String> {
    let fraction = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    fraction.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

pub fn parse_dropout(text: &str) -> Result<f32, String> {
    parse_between(text, "a number, at least 0 and below 1", |value| (0.0..1.0).contains(&value))
}
