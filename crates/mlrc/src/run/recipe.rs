//! Recipes: a learner and how to train it, as TOML; the presets are those that ship with the program.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::recipe_error::{RecipeError, read_toml as read};
use crate::corpus::suggest;
use crate::learner::{Blocks, Card, LearnerConfig, Masking, Precision, VocabularyPolicy, registry};
use crate::meta::MetaOptions;
use crate::ranges::{OutOfRange, Ranges};
use crate::training::SupervisedOptions;

/// A learner with all hyper-parameters of its training, independent of data, seed and arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// A description of one line.
    #[serde(default)]
    pub about: String,
    /// Entity masking; if omitted, the caller decides by the data.
    #[serde(default)]
    pub masking: Option<Masking>,
    /// Which words have their own row in the word table.
    #[serde(default)]
    pub vocabulary: VocabularyPolicy,
    /// Which blocks of an encoder are read, if there is one.
    #[serde(default, skip_serializing_if = "Blocks::is_default")]
    pub blocks: Blocks,
    /// How vectors or an encoder's weights are stored; if omitted, word vectors as `f32` and an encoder as `f16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Whether the training instances that the fraction leaves out are learnt from without their labels: self-training, for
    /// learners that are solved in closed form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest_unlabelled: bool,
    /// Whether the names of relations, or their descriptions, are a prior, for learners that are solved in closed form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub label_names: bool,
    /// The learner.
    pub learner: LearnerConfig,
    /// Supervised training, or fine-tuning.
    #[serde(default)]
    pub supervised: SupervisedOptions,
    /// Meta-learning.
    #[serde(default)]
    pub meta: MetaOptions,
}

/// The training section of a family's card.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Training {
    masking: Option<Masking>,
    supervised: SupervisedOptions,
    meta: MetaOptions,
}

impl Recipe {
    /// The learner with the training of its original paper and our meta-learning, as given by its family.
    ///
    /// # Panics
    /// If the family's card has anything else there.
    pub fn for_learner(learner: LearnerConfig) -> Self {
        let card = learner.card();
        let training: Training = read(card.training, card.name).expect("a card's training is sound");
        let Training { masking, supervised, meta } = training;
        let (about, vocabulary) = (String::new(), VocabularyPolicy::default());
        Self {
            about,
            masking,
            vocabulary,
            blocks: Blocks::default(),
            precision: None,
            rest_unlabelled: false,
            label_names: false,
            learner,
            supervised,
            meta,
        }
    }

    /// The preset of this name, such as `semeval/fcm`.
    ///
    /// # Errors
    /// If there is none.
    pub fn preset(name: &str) -> Result<Self, RecipeError> {
        Preset::named(name)?.read()
    }

    /// The learner of this name, as [`Recipe::for_learner`] trains it.
    ///
    /// # Errors
    /// A description, if there is no such learner.
    pub fn learner(name: &str) -> Result<Self, String> {
        LearnerConfig::named(name).map(Self::for_learner)
    }

    /// Reads a TOML file.
    ///
    /// # Errors
    /// If it cannot be read, is not TOML, or has unknown keys or invalid values.
    pub fn read_file(path: &Path) -> Result<Self, RecipeError> {
        let text = read_text(path)?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads TOML; `name` stands for the file in messages.
    ///
    /// # Errors
    /// As [`Recipe::read_file`].
    pub fn parse(text: &str, name: &str) -> Result<Self, RecipeError> {
        let recipe: Self = read(text, name)?;
        for (table, checked) in [
            ("supervised", Ranges::check(|ranges| recipe.supervised.check(ranges))),
            ("meta", Ranges::check(|ranges| recipe.meta.check(ranges))),
        ] {
            if let Err(OutOfRange { key, problem }) = checked {
                return Err(RecipeError::out_of_range(name, &[table, &key], problem).located(text));
            }
        }
        Ok(recipe)
    }
}

/// The text of a recipe's file.
///
/// # Errors
/// If it cannot be read.
pub fn read_text(path: &Path) -> Result<String, RecipeError> {
    std::fs::read_to_string(path).map_err(|source| RecipeError::Io { path: path.to_owned(), source })
}

/// The text that ships under `name`; `None` if `name` is that of a file.
///
/// # Errors
/// If it is neither.
pub fn find_shipped(
    name: &str,
    shipped: &[(&str, &'static str)],
) -> Result<Option<&'static str>, RecipeError> {
    if let Some((_, text)) = shipped.iter().find(|(known, _)| *known == name) {
        return Ok(Some(text));
    }
    let path = Path::new(name);
    if path.extension().is_some() || path.exists() {
        return Ok(None);
    }
    let known: Vec<&str> = shipped.iter().map(|(name, _)| *name).collect();
    Err(RecipeError::Malformed {
        file: name.to_owned(),
        line: None,
        key: Vec::new(),
        problem: format!("no such file; those shipped with the program are {}", known.join(", ")),
        meant: suggest(name, &known).map(str::to_owned),
    })
}

/// A recipe that ships with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Data set and learner: `semeval/pa-lstm`.
    pub name: &'static str,
    /// The recipe.
    pub toml: &'static str,
}

impl Preset {
    /// All presets, family by family.
    pub fn all() -> Vec<Self> {
        let of_card = |card: &'static Card| card.presets.iter().map(|&(name, toml)| Self { name, toml });
        registry::cards().into_iter().flat_map(of_card).collect()
    }

    /// The preset of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn named(name: &str) -> Result<Self, RecipeError> {
        Self::all().into_iter().find(|preset| preset.name == name).ok_or_else(|| {
            let known: Vec<&str> = Self::all().into_iter().map(|preset| preset.name).collect();
            let of_learner = known.iter().copied().find(|known| known.ends_with(&format!("/{name}")));
            RecipeError::UnknownPreset { name: name.to_owned(), meant: suggest(name, &known).or(of_learner) }
        })
    }

    /// Its recipe.
    ///
    /// # Errors
    /// None, unless the program was built wrongly.
    pub fn read(self) -> Result<Recipe, RecipeError> {
        Recipe::parse(self.toml, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::c_gcn::CGcnConfig;
    use crate::learner::pa_lstm::PaLstmConfig;

    fn preset(name: &str) -> Recipe {
        Preset::named(name).unwrap().read().unwrap()
    }

    #[test]
    fn presets_say_everything_and_are_what_the_papers_say() {
        for preset in Preset::all() {
            let recipe = preset.read().unwrap();
            assert!(recipe.masking.is_some() && !recipe.about.is_empty(), "{}", preset.name);
            assert!(preset.name.ends_with(&format!("/{}", recipe.learner.name())));
            // No key is left to the defaults: a preset stays what it is if these change.
            let whole: toml::Table = toml::Table::try_from(&recipe).unwrap();
            let said: toml::Table = toml::from_str(preset.toml).unwrap();
            // Some are not written where they have their default value, so that older results keep their keys.
            let unwritten = [
                "meta.update",
                "meta.way",
                "supervised.order",
                "supervised.schedule",
                "supervised.warm_up",
                "supervised.weight_decay",
            ]
            .map(str::to_owned);
            let mut all: Vec<String> = keys(&whole).into_iter().chain(unwritten).collect();
            all.sort();
            all.dedup();
            let mut said = keys(&said);
            said.sort();
            assert_eq!(all, said, "{}", preset.name);
        }
        let (semeval, tacred) = (preset("semeval/c-gcn"), preset("tacred/c-gcn"));
        let of = |learner| Recipe::for_learner(learner);
        assert_eq!(tacred.learner.get(), Some(&CGcnConfig::default()));
        assert_eq!(tacred.supervised, of(tacred.learner.clone()).supervised);
        assert_eq!((tacred.meta.iterations, semeval.meta.iterations), (150, 1000));
        assert_eq!((tacred.masking, semeval.masking), (Some(Masking::On), Some(Masking::Off)));
        let (semeval, tacred) = (preset("semeval/pa-lstm"), preset("tacred/pa-lstm"));
        assert_eq!(semeval.learner.get(), Some(&PaLstmConfig::default()));
        assert_eq!(semeval.supervised, of(semeval.learner.clone()).supervised);
        assert_eq!((tacred.learner, tacred.supervised), (semeval.learner, semeval.supervised));
    }

    fn keys(table: &toml::Table) -> Vec<String> {
        let mut keys: Vec<String> = table
            .iter()
            .flat_map(|(name, value)| match value {
                toml::Value::Table(inner) => {
                    keys(inner).into_iter().map(|key| format!("{name}.{key}")).collect()
                }
                _ => vec![name.clone()],
            })
            .collect();
        keys.sort();
        keys
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line_and_a_suggestion() {
        let said = |text: &str| Recipe::parse(text, "my.toml").unwrap_err().to_string();
        let unknown = said("[learner]\nkind = \"c-gcn\"\n[supervised]\nepoch = 3\n");
        assert!(unknown.starts_with("my.toml:4: supervised.epoch: unknown field `epoch`"), "{unknown}");
        assert!(unknown.ends_with("did you mean `epochs`?"), "{unknown}");
        let hidden = said("[learner]\n# why not\nkind = \"c-gcn\"\nhiden = 3\n");
        assert!(hidden.starts_with("my.toml:4: learner.hiden: unknown field `hiden`"), "{hidden}");
        for (key, value, expected) in [
            ("learner.prune_k", "-2", "a whole number from -1"),
            ("learner.graph_dropout", "1.5", "a number of at least 0 and below 1"),
            ("supervised.batch_size", "0", "a whole number from 1"),
            ("supervised.learning_rate", "-1.0", "a number above 0"),
            ("supervised.decay", "0.0", "a number above 0, at most 1"),
            ("meta.relations", "0", "a whole number from 1"),
        ] {
            let range = said(&format!("{key} = {value}\nlearner.kind = \"c-gcn\"\n"));
            let value = value.trim_end_matches(".0");
            assert_eq!(range, format!("my.toml:1: {key}: expected {expected}, found {value}"));
        }
        let big = said("supervised.epochs = 3\n[learner]\nkind = \"c-gcn\"\nhidden = \"big\"\n");
        assert!(
            big.starts_with(
                "my.toml:4: learner.hidden: invalid type: string \"big\", expected a whole number"
            ),
            "{big}"
        );
        let kind = said("[learner]\nkind = \"bert\"\n");
        assert!(kind.contains("unknown variant `bert`") && kind.contains("c-gcn"), "{kind}");
        assert!(said("[learner\n").starts_with("my.toml:1:"), "{}", said("[learner\n"));
        assert!(said("about = \"x\"\n").contains("missing field `learner`"));
        let preset = Preset::named("semeval/cgcn").unwrap_err().to_string();
        assert!(preset.contains("did you mean `semeval/c-gcn`?"), "{preset}");
    }
}
