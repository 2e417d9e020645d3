//! From flags to a recipe: the preset, or the learner's default recipe, overridden by the flags.

use std::path::Path;

use mlrc::learner::{Blocks, LearnerConfig, Shorthand, registry};
use mlrc::meta::MetaOptions;
use mlrc::run::{Preset, Recipe};
use mlrc::training::SupervisedOptions;
use serde_json::Value;

use crate::cli::{LearnerArguments, TrainOptions};
use crate::error::Error;

/// The recipe requested by `arguments`.
pub fn recipe(arguments: &TrainOptions) -> Result<Recipe, Error> {
    let recipe = base(arguments)?;
    let recipe = Recipe {
        learner: learner(&arguments.learner_options, &recipe.learner)?,
        supervised: supervised(arguments, recipe.supervised),
        meta: meta(arguments, recipe.meta)?,
        vocabulary: arguments.run.vocabulary.map_or(recipe.vocabulary, Into::into),
        blocks: match &arguments.run.blocks {
            Some(blocks) => Blocks::try_from(blocks.clone()).map_err(Error::new)?,
            None => recipe.blocks,
        },
        precision: arguments.run.precision.map(Into::into).or(recipe.precision),
        ..recipe
    };
    with_settings(recipe, &arguments.learner_options.set)
}

/// The keys of the learner and of training that the flags change, such as `supervised.learning_rate`.
pub fn changed_keys(arguments: &TrainOptions) -> Result<Vec<String>, Error> {
    const TABLES: [&str; 3] = ["supervised", "meta", "learner"];
    let tables = |recipe: &Recipe| -> Result<[Value; 3], Error> {
        let value = |value: serde_json::Result<Value>| value.map_err(|error| Error::new(error.to_string()));
        Ok([
            value(serde_json::to_value(&recipe.supervised))?,
            value(serde_json::to_value(&recipe.meta))?,
            value(serde_json::to_value(&recipe.learner))?,
        ])
    };
    let (before, after) = (tables(&base(arguments)?)?, tables(&recipe(arguments)?)?);
    let mut changed = Vec::new();
    for ((before, after), table) in before.iter().zip(&after).zip(TABLES) {
        let keys =
            after.as_object().into_iter().flatten().filter(|(key, value)| before.get(key) != Some(value));
        changed.extend(keys.map(|(key, _)| format!("{table}.{key}")));
    }
    Ok(changed)
}

fn base(arguments: &TrainOptions) -> Result<Recipe, Error> {
    if let Some(name) = &arguments.run.preset {
        let file = Path::new(name);
        let is_file = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        return Ok(if is_file || file.is_file() {
            Recipe::read_file(file)?
        } else {
            Preset::named(name)?.read()?
        });
    }
    let over_encoder = arguments.run.vectors.as_deref().is_some_and(Path::is_dir);
    let name = arguments.run.learner.as_deref().or(over_encoder.then_some("regions"));
    let learner =
        name.map_or_else(|| Ok(LearnerConfig::default()), LearnerConfig::named).map_err(Error::new)?;
    Ok(Recipe::for_learner(learner))
}

/// Replaces a value with that of a flag, if the flag was given.
fn set<T>(value: &mut T, flag: Option<impl Into<T>>) {
    if let Some(flag) = flag {
        *value = flag.into();
    }
}

fn learner(flags: &LearnerArguments, learner: &LearnerConfig) -> Result<LearnerConfig, Error> {
    let given = [
        ("hidden", flags.hidden.map(Value::from)),
        ("layers", flags.layers.map(Value::from)),
        ("dropout", flags.dropout.map(Value::from)),
        ("word-dropout", flags.word_dropout.map(Value::from)),
        ("prune-k", flags.prune_k.map(Value::from)),
        ("pooling-penalty", flags.pooling_penalty.map(Value::from)),
        ("original-pooling", flags.original_pooling.then(|| Value::from(true))),
    ];
    let mut changes = Vec::new();
    for (name, value) in given {
        let Some(value) = value else { continue };
        let shorthand = find(learner.card().shorthands, name).ok_or_else(|| foreign(name, learner))?;
        changes.extend(shorthand.keys.iter().map(|key| ((*key).to_owned(), value.clone())));
    }
    learner.with(changes).map_err(Error::new)
}

fn find(shorthands: &'static [Shorthand], name: &str) -> Option<&'static Shorthand> {
    shorthands.iter().find(|shorthand| shorthand.name == name)
}

/// The error for a flag that belongs to other learners.
fn foreign(flag: &str, learner: &LearnerConfig) -> Error {
    let owners: Vec<&str> = registry::cards()
        .into_iter()
        .filter(|card| find(card.shorthands, flag).is_some())
        .flat_map(|card| std::iter::once(card.name).chain(card.variants.iter().map(|(name, _)| *name)))
        .collect();
    let (last, others) = owners.split_last().expect("some learner has the flag");
    let of = if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
    Error::new(format!("--{flag} is an option of {of}, but the learner is {}", learner.name()))
        .help(format!("choose the learner with --learner {} or a preset", owners[0]))
}

fn supervised(arguments: &TrainOptions, mut options: SupervisedOptions) -> SupervisedOptions {
    let flags = &arguments.supervised;
    set(&mut options.optimiser, flags.optimiser);
    set(&mut options.learning_rate, flags.learning_rate);
    set(&mut options.batch_size, flags.batch_size);
    set(&mut options.epochs, flags.epochs);
    set(&mut options.clip, flags.clip);
    set(&mut options.decay, flags.decay);
    set(&mut options.decay_from, flags.decay_from);
    set(&mut options.order, flags.order);
    options
}

fn meta(arguments: &TrainOptions, mut options: MetaOptions) -> Result<MetaOptions, Error> {
    let flags = &arguments.meta;
    set(&mut options.iterations, flags.meta_iterations);
    set(&mut options.relations, flags.meta_relations);
    set(&mut options.way, flags.meta_way);
    set(&mut options.instances, flags.meta_instances);
    set(&mut options.inner_steps, flags.inner_steps);
    if let Some(update) = &flags.meta_update {
        options.update = update.parse().map_err(Error::new)?;
    }
    set(&mut options.inner_learning_rate, flags.inner_learning_rate);
    set(&mut options.step_size, flags.step_size);
    set(&mut options.schedule, flags.step_schedule);
    set(&mut options.sampling, flags.task_sampling);
    set(&mut options.inner_optimiser, flags.inner_optimiser);
    set(&mut options.inner_state, flags.inner_state);
    set(&mut options.clip, arguments.supervised.clip);
    Ok(options)
}

/// The recipe with some keys changed: `learner.window=3`.
fn with_settings(recipe: Recipe, settings: &[String]) -> Result<Recipe, Error> {
    if settings.is_empty() {
        return Ok(recipe);
    }
    let from_display = |error: toml::ser::Error| Error::new(error.to_string());
    let mut table = toml::Table::try_from(&recipe).map_err(from_display)?;
    for setting in settings {
        let malformed = || {
            Error::new(format!("--set {setting}: expected KEY=VALUE, such as learner.window=3"))
                .help("`mlrc presets NAME` prints all keys of a recipe")
        };
        let (key, text) = setting.split_once('=').ok_or_else(malformed)?;
        let parsed: Result<toml::Table, _> = toml::from_str(&format!("value = {text}"));
        let value = parsed.ok().and_then(|mut table| table.remove("value"));
        let value = value.unwrap_or_else(|| toml::Value::String(text.trim().to_owned()));
        let mut keys: Vec<&str> = key.trim().split('.').collect();
        let last = keys.pop().filter(|key| !key.is_empty()).ok_or_else(malformed)?;
        let mut inner = &mut table;
        for key in keys {
            let entry = inner.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            inner = entry.as_table_mut().ok_or_else(malformed)?;
        }
        inner.insert(last.to_owned(), value);
    }
    Ok(Recipe::parse(&toml::to_string(&table).map_err(from_display)?, "--set")?)
}
