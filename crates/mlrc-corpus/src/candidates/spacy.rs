//! Patterns of spaCy's entity ruler: `{"label": "ORG", "pattern": "Apple"}`, or a list of tokens as
//! `{"label": "GPE", "pattern": [{"LOWER": "san"}, {"LOWER": "francisco"}]}`.

use super::gazetteer::{Listed, Read, listed};
use crate::error::Fault;
use crate::formats::json::{Record, describe};
use crate::tally::Remark;

const HELP: &str = "a token has one of the keys `TEXT` (or `ORTH`) and `LOWER`, with a string";

/// Reads a pattern, which is left out if it has keys that need more than the words of the text.
pub(super) fn parse(line: &str) -> Result<Read, Fault> {
    let record = Record::parse(line, line)?;
    let kind = record.required_string("label")?;
    let raw = record.raw("pattern").ok_or_else(|| record.missing("pattern", PATTERN))?;
    let words = if raw.starts_with('[') {
        let mut words = Vec::new();
        for token in record.objects("pattern")? {
            match token_words(&token)? {
                Ok(token) => words.extend(token),
                Err(remark) => return Ok(Read::LeftOut(remark)),
            }
        }
        words
    } else {
        let phrase = record.string("pattern")?;
        listed(
            &phrase.ok_or_else(|| record.fault("pattern", Fault::expected(PATTERN, describe(raw))))?,
            false,
        )
    };
    if words.is_empty() {
        return Err(record.fault("pattern", Fault::expected("at least one word", "none")));
    }
    Ok(Read::Name { words, kind: kind.trim().to_owned() })
}

const PATTERN: &str = "a string or an array of tokens";

/// The words of a token; or why the pattern is left out.
fn token_words(token: &Record) -> Result<Result<Vec<Listed>, Remark>, Fault> {
    let left_out = |what: String| Ok(Err(Remark::new("pattern", format!("left out: {what}")).help(HELP)));
    let names: Vec<&str> = token.names().collect();
    let name = match names[..] {
        [name @ ("LOWER" | "TEXT" | "ORTH")] => name,
        [] => return left_out("a token without a key is not supported".to_owned()),
        _ => {
            let other = names.iter().find(|name| !["LOWER", "TEXT", "ORTH"].contains(name));
            return left_out(match other {
                Some(other) => format!("the key `{other}` is not supported"),
                None => "a token with several keys is not supported".to_owned(),
            });
        }
    };
    if token.raw(name).is_some_and(|value| value.starts_with('{')) {
        return left_out(format!("the key `{name}` with an object is not supported"));
    }
    let text = token.required_string(name)?;
    Ok(Ok(listed(&text, name == "LOWER")))
}
