//! Tables: comma-separated (also with semicolons) and tab-separated values, with or without a header. What the columns
//! hold is recognised by their names or said by the caller ([`Columns`]).
//!
//! A row has a marked sentence; or a sentence and the words of both entities, their offsets, or both.

mod columns;
mod row;
mod writer;

use std::vec::IntoIter;

pub use columns::Columns;
pub(crate) use columns::Plan;
pub(crate) use row::Row;
pub use writer::write_csv;

use super::objects::LineCounter;
use super::stream::Context;
use super::{Definition, Head, Reader, Source, Writer};
use crate::counted;
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::shorten;
use crate::instance::Instance;

/// See the [module documentation](self).
pub(crate) struct Table {
    pub(crate) tabs: bool,
}

/// How many rows are looked at to recognise a table.
const ROWS: usize = 20;

impl Definition for Table {
    fn name(&self) -> &'static str {
        if self.tabs { "tsv" } else { "csv" }
    }

    fn description(&self) -> &'static str {
        if self.tabs {
            "a table separated by tabs, with a sentence and a label in each row"
        } else {
            "a table separated by commas or semicolons, with a sentence and a label in each row"
        }
    }

    fn span_convention(&self) -> &'static str {
        "markers, or characters, 0-based, end exclusive; tokens where there is a column `tokens`"
    }

    fn fits(&self, head: &Head) -> bool {
        head.object().is_none() && self.separator(head.text()).is_some()
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        let text = context.whole_text(reader)?;
        let rows = self.open_rows(&text, context).map_err(|fault| context.whole_file(fault))?;
        Ok(Box::new(rows))
    }

    fn writer(&self) -> Option<Writer> {
        // Where cells may be quoted, tabs are not safer than commas, and readers that do not know quotes exist.
        if self.tabs { None } else { Some(|instances, out| write_csv(instances, out)) }
    }
}

impl Table {
    fn separators(&self) -> &'static [u8] {
        if self.tabs { b"\t" } else { b",;" }
    }

    /// The separator with which a text, which may be cut off, is a table that can be recognised, and the plan for it.
    fn separator(&self, text: &str) -> Option<(u8, Plan)> {
        self.separators().iter().find_map(|separator| {
            let mut rows: Vec<Vec<String>> =
                split(text, *separator, ROWS).into_iter().filter_map(|(_, row)| row.ok()).collect();
            // The last may be cut off.
            if rows.len() > 1 {
                rows.pop();
            }
            Some((*separator, Plan::recognise(&rows, self.tabs)?))
        })
    }

    fn open_rows(&self, text: &str, context: &Context) -> Result<Rows, Fault> {
        let (separator, plan) = match &context.options.columns {
            Some(columns) => {
                let most = |separator: &&u8| {
                    split(text, **separator, 1).first().map_or(0, |(_, row)| row.as_ref().map_or(0, Vec::len))
                };
                // Of equally good ones the first, which `max_by_key` would not take.
                let separator = *self.separators().iter().rev().max_by_key(most).unwrap_or(&b',');
                let first = split(text, separator, 1).into_iter().next().and_then(|(_, row)| row.ok());
                (separator, Plan::with(columns, &first.unwrap_or_default()).map_err(Fault::new)?)
            }
            None => self.separator(text).ok_or_else(|| Self::unrecognised(text))?,
        };
        let mut rows = split(text, separator, usize::MAX);
        if plan.header.is_some() && !rows.is_empty() {
            drop(rows.remove(0));
        }
        let width =
            plan.header.as_ref().map(Vec::len).or_else(|| rows.first()?.1.as_ref().ok().map(Vec::len));
        Ok(Rows { left: rows.into_iter(), plan, width: width.unwrap_or(0), warned: false })
    }

    fn unrecognised(text: &str) -> Fault {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let expected = "columns whose names or content are known, such as `text` and `relation`";
        Fault::expected(expected, format_args!("`{}`", shorten(first)))
            .help("say which columns hold what: text=…,relation=…, by name or by number from 1")
    }
}

/// A row's line, counted from 1, and its cells.
type Cells = (usize, Result<Vec<String>, String>);

/// The rows of a table, at most so many.
fn split(text: &str, separator: u8, most: usize) -> Vec<Cells> {
    if separator == b'\t' && is_plain(text) {
        return split_plain(text, most);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    let (mut counter, mut width) = (LineCounter::default(), None);
    while rows.len() < most {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let start = record.position().map_or(0, csv::Position::byte) as usize;
                // Blank lines before a row are counted to it.
                let blank = text
                    .get(start..)
                    .map_or(0, |rest| rest.len() - rest.trim_start_matches(['\r', '\n']).len());
                let line = counter.of(start + blank, text);
                let cells = with_whole_labels(record.iter().map(str::to_owned).collect(), width);
                width = width.or(Some(cells.len()));
                if !cells.iter().all(|cell| cell.trim().is_empty()) {
                    rows.push((line, Ok(cells)));
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                rows.push((line as usize, Err(error.to_string())));
                break;
            }
        }
    }
    rows
}

/// The cells of a row that should be so many, with labels such as `Cause-Effect(e1,e2)` put together that were split at
/// their comma because they are not in quotes.
fn with_whole_labels(mut cells: Vec<String>, width: Option<usize>) -> Vec<String> {
    let halves = |pair: &[String]| {
        pair[0].ends_with("(e1") && pair[1] == "e2)" || pair[0].ends_with("(e2") && pair[1] == "e1)"
    };
    if width != Some(cells.len())
        && let Some(at) = cells.windows(2).position(halves)
    {
        let end = cells.remove(at + 1);
        cells[at] = format!("{},{end}", cells[at]);
    }
    cells
}

/// Whether each line is a row: all have as many tabs, so no cell has a line break or a tab, and quotes may be anything.
fn is_plain(text: &str) -> bool {
    let mut counts =
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| line.matches('\t').count());
    let first = counts.next();
    // The last line may be cut off.
    let counts: Vec<usize> = counts.collect();
    let all = counts.len().saturating_sub(usize::from(!text.ends_with('\n')));
    counts[..all].iter().all(|count| Some(*count) == first)
}

fn split_plain(text: &str, most: usize) -> Vec<Cells> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.take(most).map(|(index, line)| (index + 1, Ok(line.split('\t').map(unquoted).collect()))).collect()
}

/// A cell without quotes around all of it, in which quotes are doubled.
fn unquoted(cell: &str) -> String {
    let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    match inner.filter(|inner| !inner.replace("\"\"", "").contains('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => cell.to_owned(),
    }
}

/// The rows that are still to be read.
struct Rows {
    left: IntoIter<Cells>,
    plan: Plan,
    /// How many cells a row has.
    width: usize,
    /// Whether it was said which columns are not read.
    warned: bool,
}

impl Source for Rows {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        if !self.warned {
            self.warned = true;
            context.place = Place::Line(1);
            for name in self.plan.unknown() {
                let what = match self.plan.instead_of(name) {
                    Some(other) => format!("ignored, because the column `{other}` holds the same"),
                    None => "unknown column, ignored".to_owned(),
                };
                let fault = Fault::new(what).field(name);
                context.warn(name, fault, "", 1);
            }
        }
        let (line, cells) = self.left.next()?;
        context.place = Place::Line(line);
        let cells = match cells {
            Ok(cells) if cells.len() == self.width && self.plan.is_spaced() => {
                cells.iter().map(|cell| cell.trim().to_owned()).collect()
            }
            Ok(cells) if cells.len() == self.width => cells,
            Ok(cells) => {
                let help = "a cell that contains the separator or a line break must be in double quotes, and these must be closed";
                let fault = Fault::expected(counted(self.width, "cell"), cells.len()).help(help);
                return Some(context.finish(Err(fault), "", line, line));
            }
            Err(error) => return Some(context.finish(Err(Fault::new(error)), "", line, line)),
        };
        let row = Row { plan: &self.plan, cells };
        let read = row.instance(&line.to_string(), context);
        Some(context.finish(read, row.text(), line, line))
    }
}
