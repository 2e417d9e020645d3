//! Documents, as KnowledgeNet is published: each has passages, and each passage has facts and the properties
//! that it was annotated for. Spans count characters of the document.
//!
//! An error in one fact or passage does not prevent the others from being read.

use std::ops::Range;

use super::{Passage, Passages, check_words};
use crate::error::Fault;
use crate::formats::json::Record;
use crate::instance::Instance;
use crate::tokenize::Tokenizer;

/// The fields that are read.
pub(crate) const FIELDS: &[&str] = &["fold", "documentId", "passages"];

/// Fields of the documents that are known but not used.
pub(crate) const KNOWN_BUT_UNUSED: &[&str] = &["source", "documentText"];

const COUNTING: &str = "spans count characters of the document from 0, and the end is exclusive";

/// Whether an object is a document.
pub(crate) fn fits(record: &Record) -> bool {
    ["documentId", "passages"].iter().all(|name| record.has(name))
}

impl Passages {
    /// Reads a document: its facts, and faults for those that cannot be read.
    pub(crate) fn read_document(
        &mut self,
        document: &Record,
        line: usize,
        tokenizer: Tokenizer,
    ) -> Vec<Result<Instance, Fault>> {
        let mut read = Vec::new();
        match document.objects("passages") {
            Ok(passages) => {
                for passage in passages {
                    if let Err(fault) = self.read_passage(document, &passage, line, tokenizer, &mut read) {
                        read.push(Err(fault));
                    }
                }
            }
            Err(fault) => read.push(Err(fault)),
        }
        read
    }

    /// Adds the facts of a passage to `read`.
    fn read_passage(
        &mut self,
        document: &Record,
        record: &Record,
        line: usize,
        tokenizer: Tokenizer,
        read: &mut Vec<Result<Instance, Fault>>,
    ) -> Result<(), Fault> {
        let missing = || document.missing("documentId", "a string or a whole number");
        let (id, fold) = (document.id("documentId")?.ok_or_else(missing)?, document.id("fold")?);
        let missing = || record.missing("passageText", "a string that is not empty");
        let text = record.filled_string("passageText")?.ok_or_else(missing)?;
        let start = record.index("passageStart")?;
        let mut annotated = Vec::new();
        for property in record.objects("exhaustivelyAnnotatedProperties")? {
            let missing = |name: &str| property.missing(name, "a string that is not empty");
            let name = property.filled_string("propertyName")?.ok_or_else(|| missing("propertyName"))?;
            let id = property.id("propertyId")?.ok_or_else(|| missing("propertyId"))?;
            self.properties.insert(id, name.clone());
            annotated.push(name);
        }
        let facts = record.objects("facts")?;
        let mut stated = Vec::new();
        for fact in &facts {
            stated.push(self.property(fact).map(str::to_owned));
        }
        let passage = self.passage(id, fold, start, text, line).map_err(|mut fault| {
            if fault.field.as_deref() == Some("fold") {
                return document.locate(fault);
            }
            fault.field = Some("passageText".to_owned());
            record.locate(fault.help("`passageStart` is where the passage begins in the document"))
        })?;
        for property in annotated {
            passage.annotate(&property);
        }
        for (fact, property) in facts.iter().zip(stated) {
            read.push(property.and_then(|property| read_fact(passage, fact, &property, tokenizer)));
        }
        Ok(())
    }

    /// The name of a fact's property, which this or an earlier passage must have been annotated for.
    fn property(&self, fact: &Record) -> Result<&str, Fault> {
        let missing = || fact.missing("propertyId", "a string or a whole number");
        let id = fact.id("propertyId")?.ok_or_else(missing)?;
        self.properties.get(&id).map(String::as_str).ok_or_else(|| {
            let expected = "the `propertyId` of one of the `exhaustivelyAnnotatedProperties` read so far";
            fact.fault("propertyId", Fault::expected(expected, format_args!("`{id}`")))
        })
    }
}

fn read_fact(
    passage: &mut Passage,
    fact: &Record,
    property: &str,
    tokenizer: Tokenizer,
) -> Result<Instance, Fault> {
    let subject = span(passage, fact, ["subjectStart", "subjectEnd", "subjectText"])?;
    let object = span(passage, fact, ["objectStart", "objectEnd", "objectText"])?;
    passage.fact([subject, object], property, tokenizer).map_err(|mut fault| {
        fault.field = fault.field.map(|field| field + "Start");
        fact.locate(fault)
    })
}

/// A span of a fact, counted from the start of the passage.
fn span(
    passage: &Passage,
    fact: &Record,
    [start_name, end_name, text_name]: [&str; 3],
) -> Result<Range<usize>, Fault> {
    let (start, end) = (fact.index(start_name)?, fact.index(end_name)?);
    let last = passage.start.saturating_add(passage.text.chars().count());
    if start < passage.start || start >= end || end > last {
        let expected = format!(
            "a start of at least {} and below the end, and an end up to {last}, the range of the passage",
            passage.start
        );
        let fault = Fault::expected(expected, format_args!("[{start}, {end}]"));
        return Err(fact.fault(if end > last { end_name } else { start_name }, fault.help(COUNTING)));
    }
    let span = start - passage.start..end - passage.start;
    // An empty string means that there is none.
    let words = fact.string(text_name)?.filter(|words| !words.is_empty());
    check_words(&passage.text, &span, words.as_deref(), text_name, passage.start, COUNTING)
        .map_err(|fault| fact.fault(start_name, fault))?;
    Ok(span)
}
