//! The progress of a search: the rungs that are finished, and the jobs of the next one.

use super::super::folder::Folder;
use super::super::plan::Job;
use super::super::summary::statistics::{interval, mean};
use super::halving::{Rung, Score, Standing, rank, survivors};
use super::{Parameter, Trial, Tuning, expanded};
use crate::Recipe;
use mlrc::run::RecipeError;

/// A search, advanced one stage at a time.
#[derive(Debug)]
pub struct Search<'a> {
    pub(super) tuning: &'a Tuning,
    pub(super) parameters: Vec<Parameter>,
    pub(super) trials: Vec<Trial>,
    pub(super) rungs: Vec<Rung>,
    seeds: Vec<u64>,
    confirm: Vec<u64>,
    /// Numbers of the trials that run in the next rung.
    remaining: Vec<usize>,
    /// The standings of each finished rung, best first.
    pub(super) finished: Vec<Vec<Standing>>,
    pub(super) confirmation: Option<Confirmation>,
}

/// What comes next in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// This rung, counted from 0.
    Rung(usize),
    /// Winner and baseline on fresh seeds.
    Confirmation,
    /// Nothing.
    Done,
}

/// Winner and baseline on fresh seeds: their difference, or why they cannot be compared.
pub type Confirmation = Result<Gain, String>;

/// A trial compared with the baseline on the same seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// Number of seeds.
    pub seeds: usize,
    /// The trial's mean development score.
    pub trial: f64,
    /// The baseline's.
    pub baseline: f64,
    /// Mean difference.
    pub difference: f64,
    /// Its 95 % interval over seeds (paired t); `None` for a single seed.
    pub interval: Option<[f64; 2]>,
}

impl Gain {
    /// `None` if either has failed, or if they do not have the same number of seeds.
    pub(super) fn of(trial: &Standing, baseline: &Standing) -> Option<Self> {
        let (trial, baseline) = (trial.dev()?, baseline.dev()?);
        let differences: Vec<f64> = trial.iter().zip(&baseline).map(|(a, b)| a - b).collect();
        (trial.len() == baseline.len()).then(|| Self {
            seeds: trial.len(),
            trial: mean(&trial),
            baseline: mean(&baseline),
            difference: mean(&differences),
            interval: interval(&differences),
        })
    }
}

impl<'a> Search<'a> {
    /// A search that has not computed anything yet; `name` stands for its file in messages.
    ///
    /// # Errors
    /// As [`Tuning::trials`], and if there is no development data.
    pub fn new(tuning: &'a Tuning, name: &str) -> Result<Self, RecipeError> {
        if tuning.dev_size == Some(0) {
            let problem = if tuning.data.dev.is_some() {
                "expected a number above 0 with a development file"
            } else {
                "there is nothing to score trials on; expected a development file, or dev_size above 0"
            };
            return Err(RecipeError::out_of_range(name, &["dev_size"], problem));
        }
        let trials = tuning.trials(name)?;
        Ok(Self {
            tuning,
            parameters: tuning.parameters(name)?,
            rungs: tuning.rungs().into_iter().map(|(rung, _)| rung).collect(),
            seeds: expanded(Some(&tuning.budget.seeds)),
            confirm: expanded(tuning.budget.confirm.as_ref()),
            remaining: (0..trials.len()).collect(),
            trials,
            finished: Vec::new(),
            confirmation: None,
        })
    }

    /// What comes next.
    pub fn stage(&self) -> Stage {
        if self.finished.len() < self.rungs.len() && !self.remaining.is_empty() {
            return Stage::Rung(self.finished.len());
        }
        let compares = self.winner().is_some_and(|winner| winner.number != 0) && self.remaining.contains(&0);
        if compares && !self.confirm.is_empty() && self.confirmation.is_none() {
            Stage::Confirmation
        } else {
            Stage::Done
        }
    }

    /// All jobs of the next stage, trial by trial, including those for seeds that a trial already had in the
    /// previous rung.
    pub fn jobs(&self) -> Vec<Job> {
        let (trials, seeds) = self.next();
        let job = |trial: &Trial, seed| Job {
            learner: trial.name(),
            options: self.tuning.options(&trial.recipe, seed),
        };
        trials
            .iter()
            .flat_map(|&number| seeds.iter().map(move |&seed| (number, seed)))
            .map(|(number, seed)| job(&self.trials[number], seed))
            .collect()
    }

    /// Numbers of the trials that are left.
    pub(super) fn remaining(&self) -> impl Iterator<Item = usize> {
        self.remaining.iter().copied()
    }

    /// The trials of the next stage by number, and their seeds.
    fn next(&self) -> (Vec<usize>, &[u64]) {
        match self.stage() {
            Stage::Rung(rung) => (self.remaining.clone(), &self.seeds[..self.rungs[rung].seeds]),
            Stage::Confirmation => {
                (self.winner().map(|winner| vec![0, winner.number]).unwrap_or_default(), &self.confirm)
            }
            Stage::Done => (Vec::new(), &[]),
        }
    }

    /// Ends the stage, given the outcome of each of its [`Search::jobs`].
    ///
    /// # Panics
    /// If there are not as many outcomes as jobs.
    pub fn advance(&mut self, outcomes: &[Result<Score, String>]) {
        let stage = self.stage();
        let (trials, seeds) = self.next();
        assert_eq!(outcomes.len(), trials.len() * seeds.len(), "an outcome for each job");
        let standing = |(&trial, outcomes): (&usize, &[Result<Score, String>])| {
            let of_seed = outcomes.iter().zip(seeds);
            let scores = of_seed
                .map(|(outcome, seed)| outcome.clone().map_err(|error| format!("seed {seed}: {error}")));
            Standing { trial, scores: scores.collect() }
        };
        let mut standings: Vec<Standing> =
            trials.iter().zip(outcomes.chunks(seeds.len().max(1))).map(standing).collect();
        match stage {
            Stage::Rung(rung) => {
                rank(&mut standings);
                let next = self.rungs.get(rung + 1).map_or(usize::MAX, |rung| rung.trials);
                self.remaining = survivors(&standings, next);
                self.finished.push(standings);
            }
            Stage::Confirmation => {
                let failure = standings.iter().find_map(|standing| {
                    let error = standing.scores.as_ref().err()?;
                    Some(format!("{} failed: {error}", super::trial_name(standing.trial)))
                });
                let gain = Gain::of(&standings[1], &standings[0]);
                self.confirmation = Some(gain.ok_or_else(|| failure.unwrap_or_default()));
            }
            Stage::Done => {}
        }
    }

    /// The best trial of the last finished rung, which may be the baseline; `None` if all failed.
    pub fn winner(&self) -> Option<&Trial> {
        self.winning().map(|standing| &self.trials[standing.trial])
    }

    pub(super) fn winning(&self) -> Option<&Standing> {
        self.finished.last()?.first().filter(|standing| standing.scores.is_ok())
    }

    /// The baseline in the last finished rung, if it got there.
    pub(super) fn baseline(&self) -> Option<&Standing> {
        self.finished.last()?.iter().find(|standing| standing.trial == 0)
    }

    /// The winner compared with the baseline on the seeds that it was chosen on.
    pub fn gain(&self) -> Option<Gain> {
        Gain::of(self.winning()?, self.baseline()?).filter(|_| self.winner().is_some_and(|t| t.number != 0))
    }

    /// The winner compared with the baseline on fresh seeds, once that is done.
    pub fn confirmation(&self) -> Option<&Confirmation> {
        self.confirmation.as_ref()
    }

    /// All trials, the baseline first.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The parameters that are searched.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Number of fresh seeds on which winner and baseline are to be compared.
    pub fn fresh_seeds(&self) -> usize {
        self.confirm.len()
    }

    /// The winner's recipe, for use in training.
    pub fn best(&self) -> Option<Recipe> {
        let winner = self.winner()?;
        let share = super::super::percent(self.tuning.fraction);
        let about = match winner.number {
            0 => format!(
                "{}; no trial of a search did better with {share} % of the labels",
                winner.recipe.about
            ),
            number => format!("{}; tuned with {share} % of the labels (trial {number})", winner.recipe.about),
        };
        Some(Recipe { about, ..winner.recipe.clone() })
    }
}

/// The outcome of the job with this key, if the folder has one.
pub fn outcome(folder: &Folder, key: &str) -> Option<Result<Score, String>> {
    if let Some(result) = folder.result(key) {
        let score =
            result.best_dev.map(|(dev, _)| Score { dev, instance_gradients: result.instance_gradients });
        return Some(score.ok_or_else(|| "it has no development score".to_owned()));
    }
    folder.failed(key).map(|failure| Err(failure.error))
}

#[cfg(test)]
mod tests {
    use super::super::tests::SMALL;
    use super::*;

    /// Advances to the end; a run's score is that of `dev`.
    fn run(search: &mut Search, dev: impl Fn(&Job) -> Result<f64, String>) -> Vec<usize> {
        let mut counts = Vec::new();
        while search.stage() != Stage::Done {
            let jobs = search.jobs();
            counts.push(jobs.len());
            let score = |job| dev(job).map(|dev| Score { dev, instance_gradients: 40 });
            search.advance(&jobs.iter().map(score).collect::<Vec<_>>());
        }
        counts
    }

    /// The higher α, the better: a split's noise on top is the same for all.
    fn by_rate(job: &Job) -> f64 {
        f64::from(job.options.meta.inner_learning_rate) / 10.0 + job.options.seed as f64 / 100.0
    }

    #[test]
    fn the_best_setting_wins_and_is_confirmed_on_fresh_seeds() {
        let tuning = Tuning::parse(SMALL, "t").unwrap();
        let mut search = Search::new(&tuning, "t").unwrap();
        // 8 + 1 on one seed, 4 + 1 on two, 2 + 1 on four; then two on two fresh ones.
        assert_eq!(run(&mut search, |job| Ok(by_rate(job))), [9, 10, 12, 4]);
        let rates = search.trials().iter().map(|trial| trial.recipe.meta.inner_learning_rate);
        let best = rates.clone().fold(0.0, f32::max);
        let winner = search.winner().unwrap();
        assert_eq!(winner.recipe.meta.inner_learning_rate, best);
        let gain = search.gain().unwrap();
        let expected = f64::from(best - 1.0) / 10.0;
        assert!((gain.difference - expected).abs() < 1e-6 && gain.seeds == 4, "{gain:?}");
        let [low, high] = gain.interval.unwrap();
        assert!((low - expected).abs() < 1e-6 && (high - expected).abs() < 1e-6);
        let confirmed = search.confirmation().unwrap().as_ref().unwrap();
        assert!((confirmed.difference - expected).abs() < 1e-6 && confirmed.seeds == 2, "{confirmed:?}");
        let recipe = search.best().unwrap();
        assert_eq!(recipe.meta, winner.recipe.meta);
        let text = toml::to_string(&recipe).unwrap();
        assert_eq!(Recipe::parse(&text, "best").unwrap(), recipe, "{text}");
        assert!(text.contains(&format!("inner_learning_rate = {best}\n")), "numbers stay short: {text}");
    }

    #[test]
    fn what_fails_is_out_and_does_not_stop_the_rest() {
        let tuning = Tuning::parse(SMALL, "t").unwrap();
        let mut search = Search::new(&tuning, "t").unwrap();
        let diverges = |job: &Job| {
            if job.options.meta.inner_learning_rate > 1.0 {
                Err("diverged".to_owned())
            } else {
                Ok(by_rate(job))
            }
        };
        run(&mut search, diverges);
        let failed: Vec<&Standing> = search.finished[0].iter().filter(|s| s.scores.is_err()).collect();
        assert!(!failed.is_empty() && failed.len() < 8);
        assert_eq!(failed[0].scores, Err("seed 1: diverged".to_owned()));
        assert!(search.finished[0].ends_with(&failed.into_iter().cloned().collect::<Vec<_>>()));
        // No trial is better than the baseline's 1, and nothing is left to confirm.
        assert_eq!(search.winner().unwrap().number, 0);
        assert_eq!((search.gain(), search.confirmation()), (None, None));

        let mut search = Search::new(&tuning, "t").unwrap();
        assert_eq!(run(&mut search, |_| Err("no".to_owned())), [9]);
        assert!(search.winner().is_none() && search.best().is_none());

        // Without a baseline there is a winner, and nothing to compare it with.
        let mut search = Search::new(&tuning, "t").unwrap();
        let no_baseline =
            |job: &Job| if job.learner == "baseline" { Err("no".to_owned()) } else { Ok(by_rate(job)) };
        assert_eq!(run(&mut search, no_baseline), [9, 8, 8]);
        assert!(search.winner().is_some_and(|winner| winner.number != 0) && search.gain().is_none());
    }

    #[test]
    fn without_development_data_there_is_no_search() {
        let text = format!("dev_size = 0\n{SMALL}");
        let mut tuning = Tuning::parse(&text, "t.toml").unwrap();
        let said = Search::new(&tuning, "t.toml").unwrap_err().to_string();
        assert!(said.starts_with("t.toml: dev_size: there is nothing to score trials on"), "{said}");
        tuning.data.dev = Some("dev.json".into());
        let said = Search::new(&tuning, "t.toml").unwrap_err().to_string();
        assert!(said.starts_with("t.toml: dev_size: expected a number above 0"), "{said}");
        tuning.dev_size = None;
        assert!(Search::new(&tuning, "t.toml").is_ok());
    }
}
