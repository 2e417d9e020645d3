//! An experiment's output for people and programs: text, tables, figures, and one page with all of it.

mod figures;
mod outputs;
mod page;

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
use outputs::Outputs;

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

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The tables as text.
    pub text: String,
    /// What could not be drawn, and why.
    pub warnings: Vec<String>,
}

/// Writes rows, tables, figures and the page into `folder`, and removes from it what an earlier report wrote and this one does
/// not. A figure that cannot be drawn is a warning.
///
/// # Errors
/// If a score cannot be computed, or a file cannot be written.
pub fn write(
    folder: &Folder,
    plan: &Plan,
    jobs: usize,
    done: &[(Job, RunResult)],
    data: &ExperimentData,
) -> Result<Written, ReportError> {
    let unwritten =
        |source: std::io::Error| ReportError::Unwritten { folder: folder.path().to_owned(), source };
    folder.write_rows(done).map_err(unwritten)?;
    let mut outputs = Outputs::of(folder);
    let Some((_, first)) = done.first() else {
        outputs.finish().map_err(unwritten)?;
        return Ok(Written::default());
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
    for (name, content) in tables.files(&summary, &text) {
        outputs.write(&name, &content).map_err(unwritten)?;
    }
    let mut warnings = Vec::new();
    // Pictures last: whatever happens to them, the figures in numbers are there.
    let (figures, matrices) = (figures::all(&summary), figures::confusions(&summary, &mut warnings));
    for (confusion, matrix) in summary.confusions.iter().zip(&matrices) {
        let csv = confusion_csv(&confusion.matrix);
        outputs.write(&format!("confusion/{}.csv", matrix.name), csv.as_bytes()).map_err(unwritten)?;
    }
    let page = page::html(&summary, &tables, &figures, &matrices);
    outputs.write("report.html", page.as_bytes()).map_err(unwritten)?;
    let drawn = figures.iter().map(|figure| ("figures", figure));
    let matrices = matrices.iter().filter_map(|matrix| Some(("confusion", matrix.figure.as_ref()?)));
    let drawn: Vec<(&str, &Figure)> = drawn.chain(matrices).collect();
    let painted: Vec<Result<Vec<u8>, PngError>> =
        drawn.par_iter().map(|(_, figure)| png(&figure.drawing)).collect();
    for ((place, figure), picture) in drawn.into_iter().zip(painted) {
        let name = |suffix| format!("{place}/{}.{suffix}", figure.name);
        outputs.write(&name("svg"), figure.drawing.svg().as_bytes()).map_err(unwritten)?;
        match picture {
            Ok(picture) => outputs.write(&name("png"), &picture).map_err(unwritten)?,
            Err(error) => warnings.push(format!("{}: {error}", name("png"))),
        }
    }
    outputs.finish().map_err(unwritten)?;
    Ok(Written { text, warnings })
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

    /// Names and contents of their files; `text` are those for people.
    fn files(&self, summary: &Summary, text: &str) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = vec![
            ("tables.md".to_owned(), text.as_bytes().to_vec()),
            ("tables/cells.csv".to_owned(), cells_csv(&summary.cells).into_bytes()),
            ("tables/comparisons.csv".to_owned(), comparisons_csv(&summary.compared).into_bytes()),
            ("tables/learners.csv".to_owned(), learners_csv(&summary.learners).into_bytes()),
            ("tables/effects.csv".to_owned(), comparisons_csv(&summary.effects).into_bytes()),
            ("tables/relations.csv".to_owned(), relations_csv(&summary.relations).into_bytes()),
        ];
        files.extend(
            self.all().map(|table| (format!("tables/{}.tex", table.name), table.latex().into_bytes())),
        );
        files
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
