//! An experiment's output for people and programs: text, tables, figures, and one page with all of it.

mod figures;
mod page;

use std::collections::HashSet;
use std::path::PathBuf;

use crate::summary::{
    Cell, Comparison, Comparisons, Confusion, RelationScores, Table, cells, cells_csv, comparison_tables,
    comparisons, comparisons_csv, confusion_csv, confusions, detail_tables, effect_tables, effects, headline,
    learner_tables, learners_csv, mean_tables, relation_table, relations, relations_csv,
};
use crate::{ExperimentData, Folder, Job, Plan, RunResult};
use mlrc::corpus::SplitError;
use mlrc::scoring::ScoringError;
use rayon::prelude::*;

use crate::figure::Figure;
use crate::figure::png::{PngError, png};

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file cannot be written.
    #[error("{}: {source}", folder.display())]
    Unwritten {
        /// The experiment's folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The results cannot be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// The training instances of a run cannot be drawn again.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A figure cannot be painted.
    #[error(transparent)]
    Png(#[from] PngError),
}

/// Everything that is computed from the results.
struct Summary<'a> {
    plan: &'a Plan,
    /// Number of jobs in the plan, done or not.
    jobs: usize,
    done: &'a [(Job, RunResult)],
    data: &'a ExperimentData,
    /// The selection that is shown first.
    headline: &'static str,
    cells: Vec<Cell>,
    /// Comparisons of the arms of each learner.
    compared: Vec<Comparison>,
    /// Comparisons of the learners under each arm.
    learners: Vec<Comparison>,
    effects: Vec<Comparison>,
    relations: Vec<RelationScores>,
    confusions: Vec<Confusion>,
}

/// Writes rows, tables, figures and the page into `folder`; returns the tables as text.
///
/// # Errors
/// If a score cannot be computed, or a file cannot be written.
pub fn write(
    folder: &Folder,
    plan: &Plan,
    jobs: usize,
    done: &[(Job, RunResult)],
    data: &ExperimentData,
) -> Result<String, ReportError> {
    let unwritten =
        |source: std::io::Error| ReportError::Unwritten { folder: folder.path().to_owned(), source };
    folder.write_rows(done).map_err(unwritten)?;
    let Some((_, first)) = done.first() else {
        remove_others(folder, &HashSet::new()).map_err(unwritten)?;
        return Ok(String::new());
    };
    let label = |relation: &String| first.labels.iter().position(|label| label == relation);
    let test = data.test().iter();
    let gold: Vec<usize> = test.filter_map(|instance| label(instance.relation.as_ref()?)).collect();
    let Comparisons { arms: compared, learners } = comparisons(done, &gold)?;
    let headline = headline(done);
    let summary = Summary {
        plan,
        jobs,
        done,
        data,
        headline,
        cells: cells(done),
        effects: effects(&compared),
        compared,
        learners,
        relations: relations(done, data)?,
        confusions: confusions(done, headline, &gold)?,
    };
    let tables = Tables::of(&summary);
    let mut text = tables.text();
    if done.len() < jobs {
        text.insert_str(0, &format!("Tables of {} of {jobs} jobs; the rest have no result.\n\n", done.len()));
    }
    let (figures, matrices) = (figures::all(&summary), figures::confusions(&summary));

    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("tables.md".to_owned(), text.clone().into_bytes()),
        ("report.html".to_owned(), page::html(&summary, &tables, &figures, &matrices).into_bytes()),
        ("tables/cells.csv".to_owned(), cells_csv(&summary.cells).into_bytes()),
        ("tables/comparisons.csv".to_owned(), comparisons_csv(&summary.compared).into_bytes()),
        ("tables/learners.csv".to_owned(), learners_csv(&summary.learners).into_bytes()),
        ("tables/effects.csv".to_owned(), comparisons_csv(&summary.effects).into_bytes()),
        ("tables/relations.csv".to_owned(), relations_csv(&summary.relations).into_bytes()),
    ];
    files
        .extend(tables.all().map(|table| (format!("tables/{}.tex", table.name), table.latex().into_bytes())));
    for (confusion, figure) in summary.confusions.iter().zip(&matrices) {
        let csv = confusion_csv(&confusion.matrix);
        files.push((format!("confusion/{}.csv", figure.name), csv.into_bytes()));
    }
    let drawn = figures.iter().map(|figure| ("figures", figure));
    let drawn: Vec<(&str, &Figure)> =
        drawn.chain(matrices.iter().map(|figure| ("confusion", figure))).collect();
    let pictures = drawn.par_iter().map(|(place, figure)| {
        let name = |suffix| format!("{place}/{}.{suffix}", figure.name);
        Ok([(name("svg"), figure.drawing.svg().into_bytes()), (name("png"), png(&figure.drawing)?)])
    });
    files.extend(pictures.collect::<Result<Vec<_>, PngError>>()?.into_iter().flatten());
    for (name, content) in &files {
        folder.write(name, content).map_err(unwritten)?;
    }
    remove_others(folder, &files.into_iter().map(|(name, _)| name).collect()).map_err(unwritten)?;
    Ok(text)
}

/// Removes output of an earlier recipe that this one does not produce, so that it is not mistaken for part of
/// these results.
fn remove_others(folder: &Folder, kept: &HashSet<String>) -> std::io::Result<()> {
    let called = |name: &str, beginnings: &[&str], ends: &[&str]| {
        beginnings.iter().any(|beginning| name.starts_with(beginning))
            && ends.iter().any(|end| name.ends_with(end))
    };
    let tables = ["means-", "details-", "effects-", "comparisons-", "learners-", "relations-"];
    folder.remove_others("tables", kept, |name| called(name, &tables, &[".tex"]))?;
    folder
        .remove_others("figures", kept, |name| called(name, &["curves-", "effects-"], &[".svg", ".png"]))?;
    folder.remove_others("confusion", kept, |name| called(name, &[""], &[".csv", ".svg", ".png"]))?;
    if kept.is_empty() {
        folder.remove_others("tables", kept, |name| called(name, &[""], &[".csv"]))?;
        folder.remove_others(".", kept, |name| ["report.html", "tables.md"].contains(&name))?;
    }
    Ok(())
}

/// The tables of a summary.
struct Tables {
    means: Vec<Table>,
    details: Vec<Table>,
    effects: Vec<Table>,
    comparisons: Vec<Table>,
    learners: Vec<Table>,
    relations: Vec<Table>,
}

impl Tables {
    fn of(summary: &Summary) -> Self {
        let Summary { cells, compared, learners, effects, relations, .. } = summary;
        Self {
            means: mean_tables(cells),
            details: detail_tables(cells),
            effects: effect_tables(cells, effects),
            comparisons: comparison_tables(cells, compared),
            learners: learner_tables(learners),
            relations: relations.iter().map(relation_table).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Table> {
        let Self { means, details, effects, comparisons, learners, relations } = self;
        [means, details, effects, comparisons, learners, relations].into_iter().flatten()
    }

    /// Means and comparisons, and how to read them.
    fn text(&self) -> String {
        let mut text = String::new();
        for tables in [&self.means, &self.comparisons, &self.learners] {
            let Some(first) = tables.first() else { continue };
            text.extend(tables.iter().map(Table::markdown));
            text.extend([&first.note, "\n\n"]);
        }
        text
    }
}
