//! Plain JSON objects, on lines or in one array, as programs write tables: with the fields of a table's columns, or in
//! an array with those of JSON lines. Ends are **exclusive**.

use super::objects::{EachObject, ObjectText};
use super::stream::{Context, identified};
use super::table::{Plan, Row};
use super::{Definition, Head, Reader, Source, jsonl, markers, tacred};
use crate::error::{CorpusError, Fault};
use crate::formats::json::Record;
use crate::formats::shape::Shape;
use crate::instance::Instance;

/// See the [module documentation](self).
pub(crate) struct Records;

impl Definition for Records {
    fn name(&self) -> &'static str {
        "records"
    }

    fn description(&self) -> &'static str {
        "plain JSON objects with the fields of a table, such as `text`, `head`, `tail` and `relation`"
    }

    fn span_convention(&self) -> &'static str {
        "markers, or characters, 0-based, end exclusive; tokens where there are `tokens`"
    }

    fn fits(&self, head: &Head) -> bool {
        let array = head.first().trim_start().starts_with('[');
        head.has_shape(|shape| (array || !is_json_line(shape)) && (is_json_line(shape) || is_row(shape)))
            && !head.has_shape(tacred::fits)
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(EachObject::open(reader, context, read)?))
    }
}

/// Whether an object has the fields of JSON lines.
fn is_json_line(shape: &Shape) -> bool {
    let sentence = shape.has("tokens") || shape.has("text");
    let marked = || shape.string("text").is_some_and(|text| markers::is_marked(&text));
    sentence && (marked() || shape.begins("subject", '{') && shape.begins("object", '{'))
}

/// Whether an object has the fields of a table.
fn is_row(shape: &Shape) -> bool {
    let names: Vec<&str> = shape.names().collect();
    let plan = Plan::by_names(&names);
    let plain = |role: &str| plan.has(role) && shape.is_plain(&plan.name(role));
    let places = plain("head") && plain("tail") || plain("head_start") && plain("tail_start");
    let marked = || shape.string(&plan.name("text")).is_some_and(|text| markers::is_marked(&text));
    plan.has("tokens") && plain("head_start") && plain("tail_start") || plain("text") && (places || marked())
}

fn read(object: &ObjectText, context: &mut Context) -> Result<Instance, Fault> {
    let (text, line) = (object.text.as_str(), object.line);
    let record = Record::parse(text, text)?;
    let json_line = record.raw("subject").is_some_and(|value| value.starts_with('{'));
    if json_line {
        context.warn_of_unknown(&record, jsonl::FIELDS, jsonl::UNUSED, text, line);
        return jsonl::parse_record(&record, context).map_err(|fault| identified(fault, &record));
    }
    let names: Vec<&str> = record.names().collect();
    let plan = Plan::by_names(&names);
    let known: Vec<&str> =
        names.iter().copied().filter(|name| !plan.unknown().any(|unknown| unknown == *name)).collect();
    context.warn_of_unknown(&record, &known, &[], text, line);
    let cells = names.iter().map(|name| cell(&record, name, &plan)).collect();
    let read = Row { plan: &plan, cells }.instance(&object.number.to_string(), context);
    let read = read.map_err(|fault| without_place(&record, fault)).and_then(|instance| {
        let labels = plan.name("relation");
        let relation =
            if record.is_array(&labels) { context.relation(&record, &labels)? } else { instance.relation };
        Ok(Instance { relation, ..instance })
    });
    read.map_err(|fault| identified(fault, &record))
}

/// A field's value as the cell of a table: a list of labels is read elsewhere.
fn cell(record: &Record, name: &str, plan: &Plan) -> String {
    match record.raw(name) {
        None => String::new(),
        Some(value) if value.starts_with('[') && plan.name("relation") == name => String::new(),
        Some(value) => serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()),
    }
}

/// A fault located at its field; its range refers to a value rather than to the file.
fn without_place(record: &Record, mut fault: Fault) -> Fault {
    fault.range = None;
    record.locate(fault)
}
