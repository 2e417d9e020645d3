//! From flags to the options of a run: the preset, or the learner's defaults, with what flags override.

use std::path::Path;

use mlrc::corpus::Corpus;
use mlrc::experiment::{Arm, Preset, Recipe, RunOptions};
use mlrc::features::Masking;
use mlrc::learner::{CGcnConfig, FcmConfig, LearnerConfig, PaLstmConfig};
use mlrc::meta::MetaOptions;
use mlrc::training::{Selection, SupervisedOptions};

use crate::cli::{LearnerName, MaskingName, TrainOptions};
use crate::error::Error;

/// Training sets of this size can spare development instances.
const PLENTY: usize = 2000;
/// How many they spare.
const SPARED: usize = 500;

/// The options of the run that `arguments` ask for, given their recipe, on this training data.
pub fn resolve(arguments: &TrainOptions, recipe: Recipe, train: &Corpus, has_dev: bool) -> RunOptions {
    let by_default = if train.instances.len() >= PLENTY { SPARED } else { 0 };
    let dev_size = arguments.dev_size.unwrap_or(if has_dev { 0 } else { by_default });
    let by_default = if has_dev || dev_size > 0 { Selection::BestDev } else { Selection::Last };
    // Raw text, for which a model without annotations is meant, has no types.
    let auto =
        || if !arguments.no_annotations && looks_like_tacred(train) { Masking::On } else { Masking::Off };
    RunOptions {
        arm: if arguments.no_meta { Arm::Supervised } else { arguments.arm },
        seed: arguments.seed,
        fraction: arguments.fraction,
        dev_size,
        selection: arguments.selection.map_or(by_default, Into::into),
        learner: recipe.learner,
        use_annotations: !arguments.no_annotations,
        masking: match arguments.masking {
            Some(MaskingName::On) => Masking::On,
            Some(MaskingName::Off) => Masking::Off,
            Some(MaskingName::Auto) => auto(),
            None => recipe.masking.unwrap_or_else(auto),
        },
        vocabulary: arguments.vocabulary.map_or(recipe.vocabulary, Into::into),
        meta: recipe.meta,
        supervised: recipe.supervised,
    }
}

/// The preset, or the learner's own recipe, with what flags override.
pub fn recipe(arguments: &TrainOptions) -> Result<Recipe, Error> {
    let recipe = base(arguments)?;
    Ok(Recipe {
        learner: learner(arguments, recipe.learner)?,
        supervised: supervised(arguments, recipe.supervised),
        meta: meta(arguments, recipe.meta),
        ..recipe
    })
}

fn base(arguments: &TrainOptions) -> Result<Recipe, Error> {
    if let Some(name) = &arguments.preset {
        let file = Path::new(name);
        let is_file = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        return Ok(if is_file || file.is_file() {
            Recipe::read_file(file)?
        } else {
            Preset::named(name)?.read()?
        });
    }
    Ok(Recipe::for_learner(match arguments.learner.unwrap_or(LearnerName::PaLstm) {
        LearnerName::PaLstm => LearnerConfig::PaLstm(PaLstmConfig::default()),
        LearnerName::CGcn => LearnerConfig::CGcn(CGcnConfig::default()),
        LearnerName::Gcn => LearnerConfig::CGcn(CGcnConfig::gcn()),
        LearnerName::Fcm => LearnerConfig::Fcm(FcmConfig::default()),
    }))
}

/// Replaces a value by that of a flag, if it was given.
fn set<T>(value: &mut T, flag: Option<impl Into<T>>) {
    if let Some(flag) = flag {
        *value = flag.into();
    }
}

/// Options that only learners with trees have, and those of all that have hidden states.
const TREE_ONLY: [&str; 3] = ["--prune-k", "--pooling-penalty", "--original-pooling"];
const SIZES: [&str; 2] = ["--hidden", "--layers"];

fn learner(arguments: &TrainOptions, mut learner: LearnerConfig) -> Result<LearnerConfig, Error> {
    let flags = &arguments.learner_options;
    let foreign = match &learner {
        LearnerConfig::PaLstm(_) => &TREE_ONLY[..],
        LearnerConfig::CGcn(_) => &[],
        LearnerConfig::Fcm(_) => &[&SIZES[..], &TREE_ONLY].concat(),
    };
    let given = [
        ("--hidden", flags.hidden.is_some()),
        ("--layers", flags.layers.is_some()),
        ("--prune-k", flags.prune_k.is_some()),
        ("--pooling-penalty", flags.pooling_penalty.is_some()),
        ("--original-pooling", flags.original_pooling),
    ];
    if let Some((name, _)) = given.into_iter().find(|(name, given)| *given && foreign.contains(name)) {
        let (of, choose) = if TREE_ONLY.contains(&name) {
            ("c-gcn and gcn", "c-gcn")
        } else {
            ("pa-lstm, c-gcn and gcn", "pa-lstm")
        };
        let learner = learner.name();
        return Err(Error::new(format!("{name} is an option of {of}; the learner is {learner}"))
            .help(format!("choose the learner with --learner {choose} or a preset")));
    }
    match &mut learner {
        LearnerConfig::PaLstm(config) => {
            set(&mut config.hidden, flags.hidden);
            set(&mut config.attention, flags.hidden);
            set(&mut config.layers, flags.layers);
            set(&mut config.dropout, flags.dropout);
            set(&mut config.word_dropout, flags.word_dropout);
        }
        LearnerConfig::CGcn(config) => {
            set(&mut config.lstm, flags.hidden);
            set(&mut config.hidden, flags.hidden);
            set(&mut config.layers, flags.layers);
            for dropout in [&mut config.input_dropout, &mut config.lstm_dropout, &mut config.graph_dropout] {
                set(dropout, flags.dropout);
            }
            set(&mut config.word_dropout, flags.word_dropout);
            set(&mut config.prune_k, flags.prune_k);
            set(&mut config.pooling_penalty, flags.pooling_penalty);
            config.original_pooling |= flags.original_pooling;
        }
        LearnerConfig::Fcm(config) => {
            set(&mut config.dropout, flags.dropout);
            set(&mut config.word_dropout, flags.word_dropout);
        }
    }
    Ok(learner)
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

fn meta(arguments: &TrainOptions, mut options: MetaOptions) -> MetaOptions {
    let flags = &arguments.meta;
    set(&mut options.iterations, flags.meta_iterations);
    set(&mut options.relations, flags.meta_relations);
    set(&mut options.way, flags.meta_way);
    set(&mut options.instances, flags.meta_instances);
    set(&mut options.inner_steps, flags.inner_steps);
    set(&mut options.inner_learning_rate, flags.inner_learning_rate);
    set(&mut options.step_size, flags.step_size);
    set(&mut options.schedule, flags.step_schedule);
    set(&mut options.sampling, flags.task_sampling);
    set(&mut options.inner_optimiser, flags.inner_optimiser);
    set(&mut options.inner_state, flags.inner_state);
    set(&mut options.clip, arguments.supervised.clip);
    options
}

/// Data with a `no_relation` label whose entities all have types is masked by default, as TACRED is.
fn looks_like_tacred(corpus: &Corpus) -> bool {
    let typed = |kind: &Option<String>| kind.as_deref().is_some_and(|kind| kind != "O");
    corpus.instances.iter().any(|instance| instance.relation.as_deref() == Some("no_relation"))
        && corpus
            .instances
            .iter()
            .all(|instance| typed(&instance.subject.kind) && typed(&instance.object.kind))
}
