//! TACRED's columns: a line of tab-separated values for each token, after a comment that names the columns and, for each
//! sentence, one with identifier and relation. Heads count from 1, with 0 for the root.
//!
//! ```text
//! # index<TAB>token<TAB>subj<TAB>subj_type<TAB>obj<TAB>obj_type<TAB>stanford_pos<TAB>…
//! # id=a docid=x reln=per:title
//! 1<TAB>Ada<TAB>SUBJECT<TAB>PERSON<TAB>_<TAB>_<TAB>NNP<TAB>…
//! ```

use super::lines::Lines;
use super::stream::Context;
use super::{Definition, Head, Reader, Source};
use crate::counted;
use crate::error::{CorpusError, Fault, Place};
use crate::formats::json::range_in;
use crate::instance::{Entity, Instance, Span};
use crate::validate::{FieldNames, minus_one, validate};

/// See the [module documentation](self).
pub(crate) struct TacredConll;

impl Definition for TacredConll {
    fn name(&self) -> &'static str {
        "tacred-conll"
    }

    fn description(&self) -> &'static str {
        "TACRED's columns, named in a comment: `# index<TAB>token<TAB>subj<TAB>…`"
    }

    fn span_convention(&self) -> &'static str {
        "each token of an entity is marked"
    }

    fn fits(&self, head: &Head) -> bool {
        columns(head.first()).is_some()
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(Sentences { lines: Lines::new(reader, context.path.clone()), columns: Vec::new() }))
    }
}

const NAMES: FieldNames = FieldNames {
    tokens: "token",
    subject: "subj",
    object: "obj",
    pos: "stanford_pos",
    ner: "stanford_ner",
    heads: "stanford_head",
    deprels: "stanford_deprel",
};

/// The names of the columns, if the line gives them.
fn columns(line: &str) -> Option<Vec<String>> {
    let names: Vec<String> = line.strip_prefix('#')?.split('\t').map(|name| name.trim().to_owned()).collect();
    ["token", "subj", "obj"].iter().all(|name| names.iter().any(|known| known == name)).then_some(names)
}

/// The sentences of a file.
struct Sentences<'a> {
    lines: Lines<Reader<'a>>,
    columns: Vec<String>,
}

impl Source for Sentences<'_> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        let (mut text, mut first, mut filled) = (String::new(), 0, false);
        for line in self.lines.by_ref() {
            let line = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(context.at(error))),
            };
            if line.text.trim().is_empty() {
                if filled {
                    break;
                }
                continue;
            }
            if let Some(names) = columns(&line.text) {
                self.columns = names;
                continue;
            }
            if text.is_empty() {
                first = line.number;
            }
            filled = true;
            text.push_str(&line.text);
            text.push('\n');
        }
        if !filled {
            return None;
        }
        context.place = Place::Line(first);
        let parsed = parse(&text, &self.columns);
        Some(context.finish(parsed, &text, first, first).map_err(CorpusError::at_snippet))
    }
}

fn parse(text: &str, columns: &[String]) -> Result<Instance, Fault> {
    let column = |name: &str| columns.iter().position(|known| known == name);
    let (mut id, mut relation) = (String::new(), None);
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        // A token may be a number sign; only comments are followed by a space.
        if let Some(comment) = line.strip_prefix("# ") {
            for (name, value) in comment.split_whitespace().filter_map(|part| part.split_once('=')) {
                match name {
                    "id" => value.clone_into(&mut id),
                    "reln" | "relation" => {
                        relation = Some(value.to_owned()).filter(|label| !label.is_empty());
                    }
                    _ => {}
                }
            }
            continue;
        }
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() != columns.len() {
            let expected = format!("{} separated by tabs", counted(columns.len(), "column"));
            return Err(Fault::expected(expected, cells.len()).at(range_in(text, line)).of(id));
        }
        rows.push(cells);
    }
    let layer = |name: &str| -> Option<Vec<String>> {
        let column = column(name)?;
        Some(rows.iter().map(|row| row[column].to_owned()).collect())
    };
    let entity = |name: &str| -> Result<Entity, Fault> {
        let marked =
            |row: &Vec<&str>| column(name).is_some_and(|column| !matches!(row[column], "_" | "" | "-"));
        let indices: Vec<usize> = (0..rows.len()).filter(|index| marked(&rows[*index])).collect();
        let (Some(first), Some(last)) = (indices.first(), indices.last()) else {
            return Err(Fault::expected("tokens that are marked", "none").field(name));
        };
        if last + 1 - first != indices.len() {
            return Err(Fault::expected("tokens without a gap", "several parts").field(name));
        }
        let kind = column(&format!("{name}_type")).map(|column| rows[*first][column]);
        let kind = kind.filter(|kind| !matches!(*kind, "_" | "")).map(str::to_owned);
        Ok(Entity { span: Span::new(*first, last + 1), kind })
    };
    let heads = layer(NAMES.heads).map(|heads| {
        let number = |head: &String| {
            if head == "-1" {
                return Err(minus_one().field(NAMES.heads));
            }
            let wrong =
                || Fault::expected("whole numbers from 0", format_args!("`{head}`")).field(NAMES.heads);
            head.parse().map_err(|_| wrong())
        };
        heads.iter().map(number).collect::<Result<Vec<usize>, Fault>>()
    });
    let read = || -> Result<Instance, Fault> {
        let missing =
            || Fault::expected("a line `# index<TAB>token<TAB>subj<TAB>…` that names the columns", "none");
        let instance = Instance {
            id: id.clone(),
            tokens: layer("token").ok_or_else(missing)?,
            subject: entity("subj")?,
            object: entity("obj")?,
            pos: layer(NAMES.pos),
            ner: layer(NAMES.ner),
            heads: heads.transpose()?,
            deprels: layer(NAMES.deprels),
            relation,
            fold: None,
            source: None,
        };
        validate(&instance, &NAMES)?;
        Ok(instance)
    };
    read().map_err(|fault| fault.of(id.clone()))
}
