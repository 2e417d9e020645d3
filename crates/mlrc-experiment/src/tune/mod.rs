//! Search for hyper-parameters on development data: random search (Bergstra & Bengio 2012) with successive
//! halving.
//!
//! A [`Tuning`] is the content of a file: what every trial starts from, which of its values are searched, and
//! how much may be computed. A [`Search`] is its progress, a state that is advanced one rung at a time:
//! [`Search::jobs`] are ordinary jobs for [`run_jobs`](super::run_jobs), their results are kept in an
//! ordinary [`Folder`](crate::Folder), and [`Search::advance`] decides which trials advance. So a search that
//! was stopped can continue, and a longer one reuses the shorter one's results.
//!
//! Nothing here sees test data: there is no way to supply it.

mod halving;
mod importance;
mod report;
mod search;
mod space;
mod trial;

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::data_files::DataFiles;
use super::plan::{LearnerEntry, Plan};
use super::seeds::Seeds;
use super::{Arm, Recipe, RunOptions};
use mlrc::run::{RecipeError, read_toml as read};
use mlrc::run::{find_shipped, read_text};
use mlrc::scoring::Scorer;

pub use halving::{Rung, Score, Standing};
pub use report::{describe_rung, markdown, trials_csv, verdict};
pub use search::{Confirmation, Gain, Search, Stage, outcome};
pub use space::{Parameter, Scale, Values};
pub use trial::Trial;
use trial::trial_name;

/// Most trials of a search.
const MOST_TRIALS: usize = 10_000;

/// A search as described by its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// A description of one or a few lines.
    #[serde(default)]
    pub about: String,
    /// The training method that is tuned.
    #[serde(default = "mlrc")]
    pub arm: Arm,
    /// Fraction of the training instances, in (0, 1].
    pub fraction: f64,
    /// Number of development instances: held out from the training data (500 if omitted), or drawn by the
    /// seed from a development file (all of it if omitted).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_size: Option<usize>,
    /// The scorer; chosen by the labels if omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scorer: Option<Scorer>,
    /// Whether part-of-speech and named-entity tags are read where the data has them.
    #[serde(default = "yes")]
    pub annotations: bool,
    /// The data; a test file is rejected.
    #[serde(default)]
    pub data: DataFiles,
    /// What every trial starts from, and what it is compared with.
    pub baseline: LearnerEntry,
    /// Keys of a recipe, each with a list of choices or a range.
    pub search: toml::Table,
    /// How much is computed.
    pub budget: Budget,
}

/// How much a search computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Number of settings that are drawn, ≥ 1, not counting the baseline.
    pub trials: usize,
    /// Seed for drawing them. With the same seed, a larger number of trials begins with the same ones.
    #[serde(default = "one")]
    pub seed: u64,
    /// Seeds of the runs, each a different split of the data; trials that reach the last rung run on all of
    /// them.
    pub seeds: Seeds,
    /// How many of them the first rung has, ≥ 1.
    #[serde(default = "one_seed")]
    pub first_seeds: usize,
    /// From rung to rung, one trial in `factor` advances, with `factor` times the seeds; ≥ 2.
    #[serde(default = "two")]
    pub factor: usize,
    /// Fresh seeds, on which winner and baseline are compared after the search; none if omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Seeds>,
}

fn mlrc() -> Arm {
    Arm::Mlrc
}

fn yes() -> bool {
    true
}

fn one() -> u64 {
    1
}

fn one_seed() -> usize {
    1
}

fn two() -> usize {
    2
}

impl Tuning {
    /// The searches that ship with the program, each named after the preset that it starts from.
    pub const SHIPPED: [(&str, &str); 4] = [
        ("semeval/fcm", include_str!("../../tuning/semeval/fcm.toml")),
        ("semeval/pa-lstm", include_str!("../../tuning/semeval/pa-lstm.toml")),
        ("semeval/c-gcn", include_str!("../../tuning/semeval/c-gcn.toml")),
        ("semeval/regions", include_str!("../../tuning/semeval/regions.toml")),
    ];

    /// The search that ships under this name, or the search in the file of this name.
    ///
    /// # Errors
    /// As [`Tuning::read_file`].
    pub fn find(name: &str) -> Result<Self, RecipeError> {
        match find_shipped(name, &Self::SHIPPED)? {
            Some(text) => Self::parse(text, name),
            None => Self::read_file(Path::new(name)),
        }
    }

    /// Reads a TOML file; paths in it are made relative to its folder.
    ///
    /// # Errors
    /// If it cannot be read, is not TOML, has unknown keys or invalid values, or names test data.
    pub fn read_file(path: &Path) -> Result<Self, RecipeError> {
        let text = read_text(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut tuning = Self::parse_in(folder, &text, &path.display().to_string())?;
        tuning.data = tuning.data.map(|file| folder.join(file));
        Ok(tuning)
    }

    /// Reads TOML; `name` stands for the file in messages, and the baseline's file is relative to the current
    /// folder.
    ///
    /// # Errors
    /// As [`Tuning::read_file`].
    pub fn parse(text: &str, name: &str) -> Result<Self, RecipeError> {
        Self::parse_in(Path::new(""), text, name)
    }

    fn parse_in(folder: &Path, text: &str, name: &str) -> Result<Self, RecipeError> {
        let mut tuning: Self = read(text, name)?;
        tuning.baseline.read_preset_file(folder)?;
        let checked = tuning.check(name).and_then(|()| tuning.trials(name));
        checked.map_err(|error| error.located(text))?;
        Ok(tuning)
    }

    /// The parameters that are searched, in the order of their keys; `name` stands for the file in messages.
    ///
    /// # Errors
    /// If a key is not one of a recipe's, or has values that no recipe may have.
    pub fn parameters(&self, name: &str) -> Result<Vec<Parameter>, RecipeError> {
        space::parameters(&self.search, &self.baseline, name)
    }

    /// The baseline and the trials, no two of which are the same. Each is drawn by its number and differs
    /// from those before it, independently of how many follow.
    ///
    /// # Errors
    /// As [`Tuning::parameters`], and if there are not enough different settings.
    pub fn trials(&self, name: &str) -> Result<Vec<Trial>, RecipeError> {
        trial::draw(self, name)
    }

    /// The rungs, and how many runs each adds, including the baseline's.
    pub fn rungs(&self) -> Vec<(Rung, usize)> {
        let Budget { trials, first_seeds, factor, seeds, .. } = &self.budget;
        let rungs = halving::rungs(*trials, expanded(Some(seeds)).len(), *first_seeds, *factor);
        let runs = halving::runs(&rungs);
        rungs.into_iter().zip(runs).collect()
    }

    /// The options of a run.
    fn options(&self, recipe: &Recipe, seed: u64) -> RunOptions {
        // What an experiment with the same data would run, so that what was tuned is what is used.
        let plan = Plan {
            about: String::new(),
            data: self.data.clone(),
            dev_size: self.dev_size,
            selection: None,
            scorer: self.scorer.clone(),
            annotations: self.annotations,
            learners: std::collections::BTreeMap::new(),
            grid: Vec::new(),
        };
        plan.options(recipe, self.arm, self.fraction, seed)
    }

    fn check(&self, name: &str) -> Result<(), RecipeError> {
        let out_of_range = |key: &[&str], problem: &str| Err(RecipeError::out_of_range(name, key, problem));
        let Budget { trials, seeds, first_seeds, factor, confirm, .. } = &self.budget;
        if self.data.test.is_some() {
            return out_of_range(
                &["data", "test"],
                "tuning must not see test data: a score that hyper-parameters were chosen by is no longer a \
                 test score. Remove it, and score the result with `mlrc experiment`",
            );
        }
        if !(self.fraction > 0.0 && self.fraction <= 1.0) {
            return out_of_range(&["fraction"], "expected a number above 0, at most 1");
        }
        if self.search.is_empty() {
            return out_of_range(
                &["search"],
                "expected at least one hyper-parameter, such as meta.inner_steps = [1, 2, 4]",
            );
        }
        if self.arm == Arm::Supervised && self.search.contains_key("meta") {
            return out_of_range(&["search", "meta"], "the arm `supervised` does no meta-learning");
        }
        if *trials == 0 {
            return out_of_range(&["budget", "trials"], "expected a whole number, 1 or more");
        }
        if *trials > MOST_TRIALS {
            let expected = format!("expected a whole number of at most {MOST_TRIALS}");
            return out_of_range(&["budget", "trials"], &expected);
        }
        if *factor < 2 {
            return out_of_range(&["budget", "factor"], "expected a whole number from 2");
        }
        for (key, given) in [("seeds", Some(seeds)), ("confirm", confirm.as_ref())] {
            let Some(given) = given else { continue };
            let seeds = given.expand().unwrap_or_default();
            let distinct: HashSet<&u64> = seeds.iter().collect();
            if seeds.is_empty() || distinct.len() < seeds.len() {
                let expected = "expected a list of different numbers or a range such as \"1-8\"";
                return out_of_range(&["budget", key], expected);
            }
        }
        let seeds = expanded(Some(seeds));
        if *first_seeds == 0 || *first_seeds > seeds.len() {
            return out_of_range(
                &["budget", "first_seeds"],
                &format!("expected a whole number from 1 to {}", seeds.len()),
            );
        }
        let used: HashSet<&u64> = seeds.iter().collect();
        if let Some(seed) = expanded(confirm.as_ref()).iter().find(|seed| used.contains(seed)) {
            return out_of_range(
                &["budget", "confirm"],
                &format!("seed {seed} is one of `seeds`; expected fresh ones"),
            );
        }
        Ok(())
    }
}

/// Seeds that were already checked; none for `None`.
fn expanded(seeds: Option<&Seeds>) -> Vec<u64> {
    seeds.and_then(Seeds::expand).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const SMALL: &str = r#"
        fraction = 0.01
        [baseline]
        preset = "semeval/pa-lstm"
        supervised.epochs = 3
        [search]
        meta.relations = [3, 5, 19]
        meta.inner_learning_rate = { from = 0.1, to = 3.0, scale = "log" }
        [budget]
        trials = 8
        seeds = "1-4"
        confirm = [11, 12]
    "#;

    #[test]
    fn trials_are_drawn_by_their_number() {
        let tuning = Tuning::parse(SMALL, "t").unwrap();
        let trials = tuning.trials("t").unwrap();
        assert_eq!(trials.len(), 9);
        assert_eq!((trials[0].name(), trials[8].name()), ("baseline".to_owned(), "trial 8".to_owned()));
        assert_eq!(trials[0].readable(), ["1", "5"]);
        assert_eq!(trials[0].recipe.supervised.epochs, 3);
        for trial in &trials[1..] {
            let meta = &trial.recipe.meta;
            assert_eq!(trial.readable(), [meta.inner_learning_rate.to_string(), meta.relations.to_string()]);
            let untouched = Recipe { meta: trials[0].recipe.meta.clone(), ..trial.recipe.clone() };
            assert_eq!(untouched, trials[0].recipe, "only what is searched differs");
        }
        let longer = Tuning::parse(&SMALL.replace("trials = 8", "trials = 20"), "t").unwrap();
        assert_eq!(longer.trials("t").unwrap()[..9], trials[..]);
        let other = Tuning::parse(&SMALL.replace("trials = 8", "trials = 8\nseed = 2"), "t").unwrap();
        assert_ne!(other.trials("t").unwrap()[1..], trials[1..]);
    }

    #[test]
    fn no_two_trials_are_the_same() {
        let search = |trials: usize| {
            SMALL
                .replace("trials = 8", &format!("trials = {trials}"))
                .replace("{ from = 0.1, to = 3.0, scale = \"log\" }", "[0.5, 1.0]")
        };
        // Of the six settings one is the baseline.
        let trials = Tuning::parse(&search(5), "t").unwrap().trials("t").unwrap();
        let mut values: Vec<_> = trials.iter().map(Trial::readable).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 6);
        let said = Tuning::parse(&search(6), "t.toml").unwrap_err().to_string();
        assert!(said.starts_with("t.toml:10: budget.trials: found only 5 different settings"), "{said}");
    }

    #[test]
    fn shipped_searches_are_sound() {
        for (name, _) in Tuning::SHIPPED {
            let tuning = Tuning::find(name).unwrap();
            assert_eq!(tuning.baseline.preset.as_deref(), Some(name));
            assert!(tuning.budget.confirm.is_some() && !tuning.about.is_empty(), "{name}");
            let text = toml::to_string(&tuning).unwrap();
            assert_eq!(Tuning::parse(&text, name).unwrap(), tuning, "what a folder keeps is what was run");
        }
        let said = Tuning::find("semeval/palstm").unwrap_err().to_string();
        assert!(said.ends_with("did you mean `semeval/pa-lstm`?"), "{said}");
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (from, to, says) in [
            (
                "[search]",
                "[data]\ntest = \"x\"\n[search]",
                "t.toml:7: data.test: tuning must not see test data",
            ),
            ("fraction = 0.01", "fraction = 1.5", "t.toml:2: fraction: expected a number above 0"),
            ("fraction = 0.01", "fraction = 0.01\narm = \"supervised\"", "does no meta-learning"),
            ("trials = 8", "trials = 0", "t.toml:10: budget.trials: expected"),
            (
                "trials = 8",
                "trials = 100000",
                "t.toml:10: budget.trials: expected a whole number of at most 10000",
            ),
            (
                "trials = 8",
                "trials = 8\nfactor = 1",
                "t.toml:11: budget.factor: expected a whole number from 2",
            ),
            (
                "trials = 8",
                "trials = 8\nfirst_seeds = 5",
                "budget.first_seeds: expected a whole number from 1 to 4",
            ),
            ("\"1-4\"", "\"4-1\"", "t.toml:11: budget.seeds: expected a list"),
            ("\"1-4\"", "[1, 1]", "t.toml:11: budget.seeds: expected a list of different"),
            ("[11, 12]", "\"4-9\"", "t.toml:12: budget.confirm: seed 4 is one of `seeds`"),
            ("trials = 8", "trial = 8", "did you mean `trials`?"),
            ("epochs = 3", "epoch = 3", "t.toml:5: baseline.supervised.epoch: unknown field `epoch`"),
            ("semeval/pa-lstm", "semeval/palstm", "t.toml:4: baseline.preset: there is no preset"),
            ("semeval/pa-lstm", "semeval/palstm", "did you mean `semeval/pa-lstm`?"),
        ] {
            let said = Tuning::parse(&SMALL.replace(from, to), "t.toml").unwrap_err().to_string();
            assert!(said.contains(says), "{to}: {said}");
        }
        let empty = SMALL.lines().filter(|line| !line.contains("meta.")).collect::<Vec<_>>().join("\n");
        assert!(Tuning::parse(&empty, "t").unwrap_err().to_string().contains("at least one hyper-parameter"));
    }
}
