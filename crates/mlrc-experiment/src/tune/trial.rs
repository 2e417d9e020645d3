//! Drawing settings, each by its number, so that a larger number of them begins with the same ones.

use std::collections::HashSet;

use super::super::Recipe;
use super::space::{lookup, nested, readable};
use super::{Parameter, Tuning};
use mlrc::corpus::counted;
use mlrc::random::{Purpose, Stream};
use mlrc::run::RecipeError;

/// Number of unsuccessful draws after which a space counts as exhausted.
const ATTEMPTS: u64 = 1000;

/// A setting of the hyper-parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// From 1; 0 is the baseline.
    pub number: usize,
    /// Its values of the searched parameters, in their order.
    pub values: Vec<toml::Value>,
    /// The whole recipe.
    pub recipe: Recipe,
}

impl Trial {
    /// `trial 7`, `baseline`
    pub fn name(&self) -> String {
        trial_name(self.number)
    }

    /// Its values in readable form.
    pub fn readable(&self) -> Vec<String> {
        self.values.iter().map(readable).collect()
    }
}

/// `trial 7`, `baseline`
pub(super) fn trial_name(number: usize) -> String {
    if number == 0 { "baseline".to_owned() } else { format!("trial {number}") }
}

/// The baseline and the trials; see [`Tuning::trials`].
pub(super) fn draw(tuning: &Tuning, name: &str) -> Result<Vec<Trial>, RecipeError> {
    let parameters = tuning.parameters(name)?;
    let recipe = tuning.baseline.recipe(&toml::Table::new(), name, &["baseline"])?;
    let whole = toml::Table::try_from(&recipe).expect("recipes are TOML");
    let unsaid = || toml::Value::String(String::new());
    let now = |parameter: &Parameter| lookup(&whole, &parameter.key).cloned().unwrap_or_else(unsaid);
    let mut trials = vec![Trial { number: 0, values: parameters.iter().map(now).collect(), recipe }];
    let text =
        |recipe: &Recipe| serde_json::to_string(&tuning.options(recipe, 0)).expect("options are plain data");
    let mut known: HashSet<String> = HashSet::from([text(&trials[0].recipe)]);
    for number in 1..=tuning.budget.trials {
        let mut attempts = 0..ATTEMPTS;
        let trial = loop {
            let Some(attempt) = attempts.next() else {
                let problem = format!(
                    "found only {} in the search, besides the baseline; reduce the number of trials, or \
                         search more values",
                    counted(number - 1, "different setting")
                );
                return Err(RecipeError::out_of_range(name, &["budget", "trials"], problem));
            };
            let mut stream = Stream::new(tuning.budget.seed, Purpose::Search, number as u64, attempt);
            let values: Vec<toml::Value> =
                parameters.iter().map(|parameter| parameter.values.draw(&mut stream)).collect();
            let keys = parameters.iter().map(|parameter| &parameter.key[..]);
            let changes = nested(keys.zip(values.iter().cloned()));
            let recipe = tuning.baseline.recipe(&changes, name, &["search"])?;
            if known.insert(text(&recipe)) {
                break Trial { number, values, recipe };
            }
        };
        trials.push(trial);
    }
    Ok(trials)
}
