//! NYT10's text, one instance per line: the identifiers of both entities, their words, the relation and the sentence,
//! separated by tabs. Entities are found by their words.

use super::lines::Line;
use super::spans::RawText;
use super::stream::{Context, EachLine};
use super::{Definition, Head, Reader, Source};
use crate::counted;
use crate::error::{CorpusError, Fault};
use crate::formats::json::range_in;
use crate::formats::raw::instance_from_text;
use crate::instance::Instance;

/// See the [module documentation](self).
pub(crate) struct Nyt10;

impl Definition for Nyt10 {
    fn name(&self) -> &'static str {
        "nyt10"
    }

    fn description(&self) -> &'static str {
        "NYT10's lines of identifiers, words, relation and sentence, separated by tabs"
    }

    fn span_convention(&self) -> &'static str {
        "the words of the entities, each of which is in the sentence once"
    }

    fn fits(&self, head: &Head) -> bool {
        let columns: Vec<&str> = head.first().split('\t').collect();
        let identifier = |text: &str| text.starts_with("m.") || text.starts_with("/m/") || is_wikidata(text);
        let ended = || head.first().trim_end().ends_with(END);
        (6..=7).contains(&columns.len()) && (identifier(columns[0]) && identifier(columns[1]) || ended())
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(EachLine::new(reader, context, parse)))
    }
}

/// What ends a sentence.
const END: &str = "###END###";

fn is_wikidata(text: &str) -> bool {
    text.strip_prefix('Q')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn parse(line: &Line, context: &mut Context) -> Result<Instance, Fault> {
    let line = &line.text;
    let columns: Vec<&str> = line.split('\t').collect();
    let [_, _, head, tail, relation, sentence, ref rest @ ..] = columns[..] else {
        let expected = "six columns (two identifiers, two names, relation, sentence) separated by tabs";
        return Err(Fault::expected(expected, counted(columns.len(), "column")));
    };
    if let Some(more) = rest.iter().find(|more| !matches!(more.trim(), "" | END)) {
        let fault = Fault::expected("nothing after the sentence", format_args!("`{more}`"));
        return Err(fault.at(range_in(line, more)));
    }
    let text = sentence.trim().trim_end_matches(END).trim();
    if relation.trim().is_empty() {
        return Err(Fault::expected("a label", "none").field("relation"));
    }
    let raw = RawText::new(text);
    let find = |words: &str, field: &str| {
        raw.only(words).map_err(|fault| fault.field(field).at(range_in(line, words)))
    };
    let (subject, object) = (find(head, "head")?, find(tail, "tail")?);
    let instance = instance_from_text(text, &subject, &object, context.tokenizer())?;
    Ok(Instance { relation: Some(relation.trim().to_owned()), ..instance })
}
