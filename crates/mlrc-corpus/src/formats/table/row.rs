//! An instance from named values: the cells of a row, or the fields of a plain JSON object.

use std::ops::Range;

use serde_json::{Value, json};

use super::columns::Plan;
use crate::error::Fault;
use crate::formats::conventions::Claim;
use crate::formats::documents::Notes;
use crate::formats::json::{Record, describe, shorten};
use crate::formats::raw::instance_from_text;
use crate::formats::spans::RawText;
use crate::formats::stream::Context;
use crate::formats::{inline, jsonl, markers};
use crate::instance::Instance;
use crate::validate::{FieldNames, validate};

/// The values of a row by what they are.
pub(crate) struct Row<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) cells: Vec<String>,
}

const PLACES: &str = "mark both entities with <e1>…</e1> and <e2>…</e2>, or give their words as `head` and `tail`, and where \
                      these are not unique `head_start`, `head_end`, `tail_start` and `tail_end`";

impl Row<'_> {
    /// A value, if it is not empty.
    fn get(&self, role: &str) -> Option<&str> {
        let cell = self.cells.get(self.plan.column(role)?)?;
        (!cell.is_empty()).then_some(cell.as_str())
    }

    /// Names the column of a role in a fault.
    fn fault(&self, role: &str, fault: Fault) -> Fault {
        fault.field(self.plan.name(role))
    }

    fn number(&self, role: &str) -> Result<Option<usize>, Fault> {
        let Some(cell) = self.get(role) else { return Ok(None) };
        // Programs that keep tables in numbers with missing values write `3.0`.
        let whole = cell.trim().strip_suffix(".0").unwrap_or(cell.trim());
        let wrong = || {
            self.fault(role, Fault::expected("a whole number from 0", format_args!("`{}`", shorten(cell))))
        };
        whole.parse().map(Some).map_err(|_| wrong())
    }

    /// The text that the ranges of faults refer to.
    pub(crate) fn text(&self) -> &str {
        self.get("text").unwrap_or_default()
    }

    /// Reads the row; the identifier is empty if it has none, and `number` identifies it in messages.
    pub(crate) fn instance(&self, number: &str, context: &mut Context) -> Result<Instance, Fault> {
        let id = self.get("id").unwrap_or(number);
        let mut notes = Notes::default();
        let read = self.read(id, context, &mut notes);
        for remark in notes.remarks {
            context.note(remark, id);
        }
        read.map_err(|fault| fault.of(self.get("id").map(str::to_owned)))
    }

    fn read(&self, id: &str, context: &mut Context, notes: &mut Notes) -> Result<Instance, Fault> {
        let relation = self.get("relation");
        if relation.is_some_and(|label| label.trim().is_empty()) {
            return Err(
                self.fault("relation", Fault::expected("a label, or an empty cell", "only white space"))
            );
        }
        if relation.is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit())) {
            notes.remark("relation", "given as a number, which is read as the label");
        }
        let mut instance = if self.get("tokens").is_some() {
            self.with_tokens(context)?
        } else {
            self.with_text(id, context, notes)?
        };
        let kind = |role: &str| self.get(role).map(str::to_owned);
        instance.id = kind("id").unwrap_or_default();
        instance.relation = relation.map(str::to_owned);
        instance.fold = kind("fold");
        instance.subject.kind = kind("head_type");
        instance.object.kind = kind("tail_type");
        validate(&instance, &FieldNames::OF_INSTANCE).map_err(|fault| self.renamed(fault))?;
        Ok(instance)
    }

    /// Spans count tokens: what the row says is what a line of JSON would say.
    fn with_tokens(&self, context: &mut Context) -> Result<Instance, Fault> {
        let array = |role: &str| -> Result<Option<Value>, Fault> {
            let Some(cell) = self.get(role) else { return Ok(None) };
            if role == "tokens" && !cell.trim_start().starts_with('[') {
                return Ok(Some(cell.split_whitespace().collect()));
            }
            let wrong = || {
                let help = if cell.contains('\'') {
                    "Python's `str` is not JSON: write the list with `json.dumps`"
                } else {
                    "write it as JSON, as [\"a\", \"b\"]"
                };
                self.fault(role, Fault::expected("an array in JSON", describe(cell)).help(help))
            };
            serde_json::from_str(cell).map(Some).map_err(|_| wrong())
        };
        let tacred = |role: &str| ["subj_end", "obj_end"].contains(&self.plan.name(role).as_str());
        if tacred("head_end") || tacred("tail_end") {
            let help = "name the columns `head_start`, `head_end`, `tail_start` and `tail_end`, with the end exclusive";
            let found = "TACRED's name, whose ends are inclusive";
            return Err(
                self.fault("head_end", Fault::expected("the end of a span, exclusive", found).help(help))
            );
        }
        let span = |side: &str| -> Result<Value, Fault> {
            let roles = [format!("{side}_start"), format!("{side}_end")];
            let mut ends = Vec::new();
            for role in &roles {
                let missing =
                    || self.fault(role, Fault::expected("a token's index, as the row has tokens", "none"));
                ends.push(self.number(role)?.ok_or_else(missing)?);
            }
            Ok(json!({"start": ends[0], "end": ends[1]}))
        };
        let object = json!({
            "tokens": array("tokens")?,
            "text": self.get("offsets").and(self.get("text")),
            "offsets": array("offsets")?,
            "subject": span("head")?,
            "object": span("tail")?,
            "pos": array("pos")?,
            "ner": array("ner")?,
            "heads": array("heads")?,
            "deprels": array("deprels")?,
        })
        .to_string();
        let read = Record::parse(&object, &object).and_then(|record| jsonl::parse_record(&record, context));
        let instance = read.map_err(|fault| self.renamed(fault))?;
        for (role, span) in [("head", instance.subject.span), ("tail", instance.object.span)] {
            let found = instance.tokens[span.range()].join(" ");
            if let Some(words) =
                self.get(role).filter(|words| !words.split_whitespace().eq(found.split_whitespace()))
            {
                let expected =
                    format!("the words of the tokens {}..{}, `{}`", span.start, span.end, shorten(&found));
                let fault = Fault::expected(expected, format_args!("`{}`", shorten(words)));
                return Err(
                    self.fault(role, fault.help("spans count tokens from 0, and the end is exclusive"))
                );
            }
        }
        Ok(instance)
    }

    fn with_text(&self, id: &str, context: &mut Context, notes: &mut Notes) -> Result<Instance, Fault> {
        let Some(text) = self.get("text") else {
            return Err(self.fault("text", Fault::expected("a sentence", "none")));
        };
        let placed =
            ["head_start", "tail_start", "head_end", "tail_end"].iter().any(|role| self.get(role).is_some());
        let unplaced = !placed && self.get("head").is_none() && self.get("tail").is_none();
        let marker = markers::first_entity_in(text);
        if let Some(marker) = marker.filter(|_| placed) {
            let found = format!("both, the marker `{}` and offsets", shorten(marker));
            let fault = Fault::expected("markers or offsets", found);
            return Err(self.fault("text", fault.help("leave out the one or the other")));
        }
        let tokenizer = context.tokenizer();
        if marker.is_some() || unplaced {
            return inline::parse_marked(text, tokenizer).map_err(|fault| {
                let fault = self.fault("text", fault);
                if unplaced { fault.help(PLACES) } else { fault }
            });
        }
        let raw = RawText::new(text);
        let mut spans = [0..0, 0..0];
        for (span, side) in spans.iter_mut().zip(["head", "tail"]) {
            *span = self.span(&raw, side, notes)?;
            if self.get(side).is_none() {
                let (path, place, field) =
                    (&*context.path, context.place, self.plan.name(&format!("{side}_start")));
                let claim = Claim { path, place, id, field: &field, span, words: None };
                context.conventions.note_characters(&claim, raw.characters());
            }
        }
        let [subject, object] = spans;
        instance_from_text(text, &subject, &object, tokenizer).map_err(|fault| self.renamed(fault))
    }

    /// The characters of the head or the tail.
    fn span(&self, raw: &RawText, side: &str, notes: &mut Notes) -> Result<Range<usize>, Fault> {
        let [start_role, end_role] = [format!("{side}_start"), format!("{side}_end")];
        let (start, end, words) = (self.number(&start_role)?, self.number(&end_role)?, self.get(side));
        let (role, read) = match (start, end, words) {
            (Some(start), Some(end), words) => (start_role, raw.span(start, end, words, notes)),
            (Some(start), None, Some(words)) => {
                let end = start.saturating_add(words.trim().chars().count());
                (start_role, raw.span(start, end, Some(words), notes))
            }
            (None, None, Some(words)) => (side.to_owned(), raw.only(words)),
            (Some(_), None, None) => {
                (end_role, Err(Fault::expected("the end of the span, or its words", "none")))
            }
            (None, _, _) => (side.to_owned(), Err(Fault::expected("an entity", "none").help(PLACES))),
        };
        read.map_err(|fault| self.fault(&role, fault))
    }

    /// A fault with the name of an instance's field replaced by that of the column, and without its range, which does not
    /// refer to the file.
    fn renamed(&self, mut fault: Fault) -> Fault {
        fault.range = None;
        let role = match fault.field.as_deref() {
            Some("subject") => "head",
            Some("object") => "tail",
            Some("subject.start") => "head_start",
            Some("subject.end") => "head_end",
            Some("object.start") => "tail_start",
            Some("object.end") => "tail_end",
            Some(other) => {
                return if self.plan.has(other) {
                    let name = self.plan.name(other);
                    fault.field(name)
                } else {
                    fault
                };
            }
            None => return fault,
        };
        self.fault(role, fault)
    }
}
