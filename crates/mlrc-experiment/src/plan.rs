//! What an experiment compares: learners × arms × fractions × seeds, read from TOML and expanded into jobs.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data_files::DataFiles;
use super::seeds::{EXPECTED, Seeds};
use super::{Arm, Preset, Recipe, RunOptions};
use mlrc::files;
use mlrc::learner::Masking;
use mlrc::run::{RecipeError, read_toml as read};
use mlrc::run::{find_shipped, read_text};
use mlrc::scoring::Scorer;
use mlrc::training::Selection;

/// Number of development instances held out from the training data; as many as in the paper.
const DEFAULT_DEV_SIZE: usize = 500;

/// Most bytes of a learner's name, which is part of the names of files.
const MOST_NAME: usize = 100;

/// Most jobs of an experiment.
const MOST_JOBS: usize = 100_000;

/// An experiment as described by its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// A description of one or a few lines.
    #[serde(default)]
    pub about: String,
    /// The data.
    #[serde(default)]
    pub data: DataFiles,
    /// Number of development instances: held out from the training data (500 if omitted), or drawn by the
    /// seed from a development file (all of it if omitted).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_size: Option<usize>,
    /// `last`: only the last round is tested, and development instances, although held out, are not scored where nothing
    /// depends on it. If omitted, the best round is tested, too, where there is development data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// The scorer; chosen by the labels if omitted.
    #[serde(default)]
    pub scorer: Option<Scorer>,
    /// Whether part-of-speech and named-entity tags are read where the data has them.
    #[serde(default = "yes")]
    pub annotations: bool,
    /// The learners, by the names that tables and figures use.
    pub learners: BTreeMap<String, LearnerEntry>,
    /// What is run: the jobs of all grids together, each once.
    pub grid: Vec<Grid>,
}

fn yes() -> bool {
    true
}

/// A learner: a preset, with some of its values replaced by those given with it; or a whole recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnerEntry {
    /// The preset to start from, or the file of a recipe (`best.toml`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// What differs from it, in the form of a [`Recipe`].
    #[serde(flatten)]
    pub changes: toml::Table,
}

impl LearnerEntry {
    /// Copies the recipe from the file that `preset` names, if it names a file, so that the plan kept in a
    /// folder is self-contained.
    pub(super) fn read_preset_file(&mut self, folder: &Path) -> Result<(), RecipeError> {
        let named = self.preset.as_ref().map(|preset| folder.join(preset));
        let is_file = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
        let Some(path) = named.filter(is_file) else { return Ok(()) };
        // An error in it is reported with the line numbers of that file.
        Recipe::read_file(&path)?;
        let text = read_text(&path)?;
        let mut table = read(&text, &path.display().to_string())?;
        merge(&mut table, &self.changes);
        *self = Self { preset: None, changes: table };
        Ok(())
    }

    /// Its recipe, with `changes` in place of the original values. Messages locate it at `key` of `file`.
    pub(super) fn recipe(
        &self,
        changes: &toml::Table,
        file: &str,
        key: &[&str],
    ) -> Result<Recipe, RecipeError> {
        let inside = |error: RecipeError| error.inside(file, key);
        let mut table = match &self.preset {
            Some(preset) => {
                toml::from_str(Preset::named(preset).map_err(inside)?.toml).expect("presets are TOML")
            }
            None => toml::Table::new(),
        };
        merge(&mut table, &self.changes);
        merge(&mut table, changes);
        let text = toml::to_string(&table)
            .map_err(|error| RecipeError::out_of_range(file, key, error.to_string()))?;
        Recipe::parse(&text, file).map_err(inside)
    }
}

/// A block of jobs: every combination of the values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Names of learners; all if none are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learners: Vec<String>,
    /// The arms.
    pub arms: Vec<Arm>,
    /// Shares of the training instances, each in (0, 1].
    pub fractions: Vec<f64>,
    /// The seeds: a list, or a range such as `"1-10"`.
    pub seeds: Seeds,
}

/// One run of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The learner's name in the plan.
    pub learner: String,
    /// Everything that, with the data, determines the run.
    pub options: RunOptions,
}

impl Job {
    /// `pa-lstm, mlrc, 1 %, seed 3`
    pub fn name(&self) -> String {
        let RunOptions { arm, fraction, seed, .. } = &self.options;
        format!("{}, {arm}, {} %, seed {seed}", self.learner, percent(*fraction))
    }
}

/// A fraction as a percentage, without trailing zeros.
pub fn percent(fraction: f64) -> String {
    let text = format!("{:.3}", 100.0 * fraction);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Plan {
    /// The plans that ship with the program, by name.
    pub const SHIPPED: [(&str, &str); 10] = [
        ("paper/semeval", include_str!("../experiments/paper/semeval.toml")),
        ("paper/knowledgenet", include_str!("../experiments/paper/knowledgenet.toml")),
        ("paper/tacred", include_str!("../experiments/paper/tacred.toml")),
        ("beyond/semeval", include_str!("../experiments/beyond/semeval.toml")),
        ("beyond/meta", include_str!("../experiments/beyond/meta.toml")),
        ("beyond/fcm", include_str!("../experiments/beyond/fcm.toml")),
        ("beyond/encoder", include_str!("../experiments/beyond/encoder.toml")),
        ("beyond/knowledgenet", include_str!("../experiments/beyond/knowledgenet.toml")),
        ("quick/semeval", include_str!("../experiments/quick/semeval.toml")),
        ("quick/tacred", include_str!("../experiments/quick/tacred.toml")),
    ];

    /// The plan that ships under this name, or the plan in the file of this name.
    ///
    /// # Errors
    /// As [`Plan::read_file`].
    pub fn find(name: &str) -> Result<Self, RecipeError> {
        match find_shipped(name, &Self::SHIPPED)? {
            Some(text) => Self::parse(text, name),
            None => Self::read_file(Path::new(name)),
        }
    }

    /// Reads a TOML file; paths in it are made relative to its folder.
    ///
    /// # Errors
    /// If it cannot be read, is not TOML, or has unknown keys or invalid values.
    pub fn read_file(path: &Path) -> Result<Self, RecipeError> {
        let text = read_text(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut plan = Self::parse_in(folder, &text, &path.display().to_string())?;
        plan.data = plan.data.map(|file| folder.join(file));
        Ok(plan)
    }

    /// Reads TOML; `name` stands for the file in messages, and learners' files are relative to the current
    /// folder.
    ///
    /// # Errors
    /// As [`Plan::read_file`].
    pub fn parse(text: &str, name: &str) -> Result<Self, RecipeError> {
        Self::parse_in(Path::new(""), text, name)
    }

    fn parse_in(folder: &Path, text: &str, name: &str) -> Result<Self, RecipeError> {
        let mut plan: Self = read(text, name)?;
        if let Some(fold) = plan.data.folds.shared() {
            let problem = format!("fold `{fold}` is in two parts, which would then share text");
            return Err(RecipeError::out_of_range(name, &["data", "folds"], problem).located(text));
        }
        plan.learners.values_mut().try_for_each(|entry| entry.read_preset_file(folder))?;
        plan.jobs(name).map_err(|error| error.located(text))?;
        Ok(plan)
    }

    /// All jobs in the order of the grids, each once; `name` stands for the file in messages.
    ///
    /// # Errors
    /// If a learner's recipe is invalid, or a grid is empty or has values out of range.
    pub fn jobs(&self, name: &str) -> Result<Vec<Job>, RecipeError> {
        self.check_names(name)?;
        if self.selection == Some(Selection::BestDev) && self.dev_size == Some(0) {
            let problem = "expected last: without development data, no round is the best".to_owned();
            return Err(RecipeError::out_of_range(name, &["selection"], problem));
        }
        if self.dev_size == Some(0) && self.data.dev.is_some() {
            let problem =
                "expected a number above 0 with a development file; omit the file to train without one";
            return Err(RecipeError::out_of_range(name, &["dev_size"], problem));
        }
        let mut jobs: Vec<Job> = Vec::new();
        let mut known = HashSet::new();
        for (place, grid) in self.grid.iter().enumerate() {
            let number = (place + 1).to_string();
            let out_of_range = |key: &[&str], problem: &str| {
                RecipeError::out_of_range(name, &[&["grid", &number[..]], key].concat(), problem)
            };
            let learners: Vec<&String> = if grid.learners.is_empty() {
                self.learners.keys().collect()
            } else {
                grid.learners.iter().collect()
            };
            let seeds = grid.seeds.expand();
            let seeds = seeds.ok_or_else(|| out_of_range(&["seeds"], EXPECTED))?;
            if grid.fractions.iter().any(|fraction| !(*fraction > 0.0 && *fraction <= 1.0)) {
                return Err(out_of_range(&["fractions"], "expected numbers above 0, at most 1"));
            }
            for (key, none) in [
                ("arms", grid.arms.is_empty()),
                ("fractions", grid.fractions.is_empty()),
                ("seeds", seeds.is_empty()),
                ("learners", learners.is_empty()),
            ] {
                if none {
                    return Err(out_of_range(&[key], "expected one or more"));
                }
            }
            for learner in learners {
                let entry = self.learners.get(learner).ok_or_else(|| {
                    let known: Vec<&str> = self.learners.keys().map(String::as_str).collect();
                    let problem =
                        format!("there is no learner `{learner}`; expected one of {}", known.join(", "));
                    out_of_range(&["learners"], &problem)
                })?;
                let recipe = entry.recipe(&toml::Table::new(), name, &["learners", learner])?;
                for &fraction in &grid.fractions {
                    for &arm in &grid.arms {
                        for &seed in &seeds {
                            if !known.insert((learner, arm, fraction.to_bits(), seed)) {
                                continue;
                            }
                            if jobs.len() == MOST_JOBS {
                                return Err(out_of_range(&[], &format!("expected at most {MOST_JOBS} jobs")));
                            }
                            jobs.push(Job {
                                learner: learner.clone(),
                                options: self.options(&recipe, arm, fraction, seed),
                            });
                        }
                    }
                }
            }
        }
        if jobs.is_empty() {
            return Err(RecipeError::out_of_range(name, &[], "expected at least one [[grid]]"));
        }
        Ok(jobs)
    }

    /// Checks the names of learners, after which files are named.
    fn check_names(&self, name: &str) -> Result<(), RecipeError> {
        let mut files: BTreeMap<String, &String> = BTreeMap::new();
        for learner in self.learners.keys() {
            let out_of_range =
                |problem: String| Err(RecipeError::out_of_range(name, &["learners", learner], problem));
            if learner.trim().is_empty() {
                return out_of_range("expected a name".to_owned());
            }
            if learner.len() > MOST_NAME || learner.chars().any(char::is_control) {
                let expected = format!("expected a name of at most {MOST_NAME} bytes, on one line");
                return out_of_range(expected);
            }
            if let Some(other) = files.insert(files::name(&[learner]), learner) {
                return out_of_range(format!(
                    "its files would have the same names as those of `{other}`; rename one of the two"
                ));
            }
        }
        Ok(())
    }

    pub(super) fn options(&self, recipe: &Recipe, arm: Arm, fraction: f64, seed: u64) -> RunOptions {
        let has_dev = self.data.dev.is_some();
        let dev_size = self.dev_size.unwrap_or(if has_dev { 0 } else { DEFAULT_DEV_SIZE });
        RunOptions {
            arm,
            seed,
            fraction,
            dev_size,
            selection: match self.selection {
                None | Some(Selection::BestDev) if has_dev || dev_size > 0 => Selection::BestDev,
                _ => Selection::Last,
            },
            learner: recipe.learner.clone(),
            use_annotations: self.annotations,
            masking: recipe.masking.unwrap_or(Masking::Off),
            vocabulary: recipe.vocabulary,
            blocks: recipe.blocks,
            precision: recipe.precision,
            rest_unlabelled: recipe.rest_unlabelled,
            label_names: recipe.label_names,
            meta: recipe.meta.clone(),
            supervised: recipe.supervised.clone(),
        }
    }
}

/// Replaces values of `table` by those of `changes`, recursively. A learner of another kind replaces the
/// whole learner.
fn merge(table: &mut toml::Table, changes: &toml::Table) {
    for (key, change) in changes {
        match (table.get_mut(key), change) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(change))
                if change.get("kind").is_none_or(|kind| inner.get("kind") == Some(kind)) =>
            {
                merge(inner, change);
            }
            _ => {
                table.insert(key.clone(), change.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "
        [learners.pa-lstm]
        preset = \"semeval/pa-lstm\"
        supervised.epochs = 3
        [learners.tree]
        preset = \"semeval/pa-lstm\"
        learner.kind = \"c-gcn\"
        [[grid]]
        arms = [\"mlrc\", \"joint\"]
        fractions = [0.01, 0.5]
        seeds = \"2-4\"
        [[grid]]
        learners = [\"tree\"]
        arms = [\"mlrc\"]
        fractions = [0.5]
        seeds = [4, 9]
    ";

    #[test]
    fn grids_are_multiplied_out_and_each_job_comes_once() {
        let jobs = Plan::parse(SMALL, "x").unwrap().jobs("x").unwrap();
        assert_eq!(jobs.len(), 2 * 2 * 2 * 3 + 1);
        assert_eq!(jobs[0].name(), "pa-lstm, mlrc, 1 %, seed 2");
        assert_eq!(jobs[24].name(), "tree, mlrc, 50 %, seed 9");
        assert_eq!(jobs[0].options.supervised.epochs, 3);
        assert_eq!(jobs[0].options.meta.iterations, 1000);
        assert_eq!(jobs[24].options.learner.card().name, "c-gcn");
        assert_eq!(percent(0.0015), "0.15");
    }

    /// A comparison of each job with all before it would take minutes.
    #[test]
    fn a_hundred_thousand_seeds_are_a_matter_of_a_second_and_more_jobs_are_refused() {
        let plan = |arms: &str| {
            let grid = format!("arms = {arms}\nfractions = [0.5]\nseeds = \"1-100000\"\n");
            Plan::parse(&format!("[learners.fcm]\npreset = \"semeval/fcm\"\n[[grid]]\n{grid}"), "x")
        };
        let jobs = plan("[\"mlrc\"]").unwrap().jobs("x").unwrap();
        assert_eq!((jobs.len(), jobs[99_999].options.seed), (100_000, 100_000));
        let said = plan("[\"mlrc\", \"joint\"]").unwrap_err().to_string();
        assert!(said.contains("expected at most 100000 jobs"), "{said}");
    }

    #[test]
    fn names_that_cannot_be_those_of_files_are_refused_before_the_first_job() {
        for name in ["x".repeat(101), "two\\nlines".to_owned()] {
            let grid = "[[grid]]\narms = [\"mlrc\"]\nfractions = [0.5]\nseeds = [1]\n";
            let plan = format!("[learners.\"{name}\"]\npreset = \"semeval/fcm\"\n{grid}");
            let said = Plan::parse(&plan, "x").unwrap_err().to_string();
            assert!(said.contains("expected a name of at most 100 bytes, on one line"), "{said}");
        }
    }

    #[test]
    fn shipped_plans_are_sound() {
        for (name, jobs) in [
            ("paper/semeval", 2 * (3 * 4 * 10 + 2 * 10 + 3 * 3 * 3)),
            ("quick/semeval", 18),
            ("beyond/semeval", 6 * 4 * 10 + 2 * 2 * 10 + 10 + 3),
            ("beyond/meta", 5 * 3 * 2 * 10 + 3 * 3 * 10),
            ("beyond/fcm", 4 * 4 * 10 + 3 * 3 * 3),
            ("beyond/encoder", 4 * 10 + 3 * 3),
            ("paper/knowledgenet", 2 * (3 * 5 * 10 + 10 + 3 * 3)),
            ("beyond/knowledgenet", 2 * 3 * (4 * 10 + 3)),
            ("quick/tacred", 18),
        ] {
            assert_eq!(Plan::find(name).unwrap().jobs(name).unwrap().len(), jobs, "{name}");
        }
        assert!(Plan::find("paper/tacred").is_ok());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        let said =
            |from: &str, to: &str| Plan::parse(&SMALL.replace(from, to), "e.toml").unwrap_err().to_string();
        assert!(
            said("epochs", "epoch").starts_with("e.toml:4: learners.pa-lstm.supervised.epoch: unknown field")
        );
        assert!(said("\"2-4\"", "\"4-2\"").starts_with("e.toml:11: grid 1.seeds: expected"));
        assert!(said("[0.5]", "[1.5]").starts_with("e.toml:15: grid 2.fractions"));
        assert!(said("[\"tree\"]", "[\"bush\"]").contains(
            "e.toml:13: grid 2.learners: there is no learner `bush`; expected one of pa-lstm, tree"
        ));
        assert!(said("[\"mlrc\"]", "[\"maml\"]").contains("e.toml:14: grid 2.arms: unknown variant `maml`"));
        let folds = "[data]\nfolds = { train = [1], test = [\"2\", 1] }\n[learners.pa-lstm]";
        assert!(
            said("[learners.pa-lstm]", folds).starts_with("e.toml:3: data.folds: fold `1` is in two parts")
        );
        let unknown = said("semeval/pa-lstm", "semeval/palstm");
        assert!(unknown.starts_with("e.toml:3: learners.pa-lstm.preset: there is no preset"), "{unknown}");
        assert!(unknown.ends_with("did you mean `semeval/pa-lstm`?"), "{unknown}");
        // Of the wrong type, in a learner's table, in what it takes over from its preset, and out of range.
        let of_type = said("epochs = 3", "epochs = \"all\"\nlearner.hidden = 12");
        assert!(
            of_type.starts_with("e.toml:4: learners.pa-lstm.supervised.epochs: invalid type: string"),
            "{of_type}"
        );
        let of_type = said("epochs = 3", "epochs = 3\nlearner.hidden = \"big\"");
        assert!(
            of_type.starts_with(
                "e.toml:5: learners.pa-lstm.learner.hidden: invalid type: string \"big\", expected a whole number, 0 or more"
            ),
            "{of_type}"
        );
        let same = said(
            "[learners.tree]",
            "[learners.\"pa lstm\"]\npreset = \"semeval/pa-lstm\"\n[learners.pa_lstm]",
        );
        assert!(
            same.contains(
                "e.toml:7: learners.pa_lstm: its files would have the same names as those of `pa lstm`"
            ),
            "{same}"
        );
        assert!(
            said("[learners.pa-lstm]", "[learners.\"\"]").contains("e.toml:2: learners.: expected a name")
        );
        let none = said("[learners.pa-lstm]", "dev_size = 0\ndata.dev = \"d\"\n[learners.pa-lstm]");
        assert!(
            none.starts_with("e.toml:2: dev_size: expected a number above 0 with a development file"),
            "{none}"
        );
        let seeds = said("\"2-4\"", "[-1]");
        assert!(
            seeds.starts_with("e.toml:11: grid 1.seeds: expected numbers from 0, or a range such as"),
            "{seeds}"
        );
        let of_range = said("epochs = 3", "epochs = 0");
        assert!(
            of_range.starts_with("e.toml:4: learners.pa-lstm.supervised.epochs: expected a whole number"),
            "{of_range}"
        );
    }
}
