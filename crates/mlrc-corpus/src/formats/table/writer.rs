//! Writes tables.

use std::io::{self, Write};

use crate::instance::Instance;

/// A column and its cell for an instance; an empty cell is none.
type Column = (&'static str, fn(&Instance) -> io::Result<String>);

/// The columns in the order in which they are written; those without any content are left out.
const COLUMNS: [Column; 18] = [
    ("id", |instance| Ok(instance.id.clone())),
    ("relation", |instance| Ok(instance.relation.clone().unwrap_or_default())),
    ("head", |instance| Ok(instance.tokens.get(instance.subject.span.range()).unwrap_or_default().join(" "))),
    ("tail", |instance| Ok(instance.tokens.get(instance.object.span.range()).unwrap_or_default().join(" "))),
    ("text", |instance| Ok(instance.source.as_ref().map(|source| source.text.clone()).unwrap_or_default())),
    ("tokens", |instance| json(Some(&instance.tokens))),
    ("offsets", |instance| {
        let pairs = |range: &std::ops::Range<usize>| (range.start, range.end);
        json(instance.source.as_ref().map(|source| source.offsets.iter().map(pairs).collect::<Vec<_>>()))
    }),
    ("head_start", |instance| Ok(instance.subject.span.start.to_string())),
    ("head_end", |instance| Ok(instance.subject.span.end.to_string())),
    ("tail_start", |instance| Ok(instance.object.span.start.to_string())),
    ("tail_end", |instance| Ok(instance.object.span.end.to_string())),
    ("head_type", |instance| Ok(instance.subject.kind.clone().unwrap_or_default())),
    ("tail_type", |instance| Ok(instance.object.kind.clone().unwrap_or_default())),
    ("pos", |instance| json(instance.pos.as_ref())),
    ("ner", |instance| json(instance.ner.as_ref())),
    ("heads", |instance| json(instance.heads.as_ref())),
    ("deprels", |instance| json(instance.deprels.as_ref())),
    ("fold", |instance| Ok(instance.fold.clone().unwrap_or_default())),
];

fn json<T: serde::Serialize>(value: Option<T>) -> io::Result<String> {
    value.map_or(Ok(String::new()), |value| Ok(serde_json::to_string(&value)?))
}

/// Writes instances as comma-separated values with a header. Spans count tokens, with the end exclusive; tokens and
/// annotation are arrays in JSON. Reading the table back gives the same instances, except that a type or a fold that is
/// an empty string becomes none.
///
/// # Errors
/// If writing fails.
pub fn write_csv(instances: &[Instance], out: impl Write) -> io::Result<()> {
    let mut rows = Vec::with_capacity(instances.len());
    for instance in instances {
        rows.push(COLUMNS.iter().map(|(_, cell)| cell(instance)).collect::<io::Result<Vec<String>>>()?);
    }
    let always = ["id", "relation", "tokens", "head_start", "tail_start"];
    let used: Vec<usize> = (0..COLUMNS.len())
        .filter(|column| {
            always.contains(&COLUMNS[*column].0) || rows.iter().any(|row| !row[*column].is_empty())
        })
        .collect();
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(used.iter().map(|column| COLUMNS[*column].0))?;
    for row in &rows {
        writer.write_record(used.iter().map(|column| &row[*column]))?;
    }
    writer.flush()
}
