//! Files of answers as programs write them: those of the official scorers, and those of this library's own program.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::AnswersError;

/// The answer to an instance in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiledAnswer {
    /// 1-based line number.
    pub line: usize,
    /// The instance's identifier.
    pub id: String,
    /// The label; `None` if there is no answer, because it was abstained from.
    pub label: Option<String>,
}

/// Reads answers from lines of `id<TAB>label`, with further columns or without (`mlrc predict`'s `tsv` and `semeval`, and the
/// official scorers' files), or from JSON lines with `id` and `relation` (its `jsonl`). A label that is empty or `null` is no
/// answer.
///
/// # Errors
/// If the file cannot be read, or has a line of another form or an id that occurred before.
pub fn read_predictions(path: &Path) -> Result<Vec<FiledAnswer>, AnswersError> {
    let bytes = fs::read(path).map_err(|source| AnswersError::Io { path: path.to_owned(), source })?;
    parse(&bytes).map_err(|(line, problem)| AnswersError::Line { path: path.to_owned(), line, problem })
}

fn parse(bytes: &[u8]) -> Result<Vec<FiledAnswer>, (usize, String)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let is_json = bytes.trim_ascii_start().starts_with(b"{");
    let mut seen = HashSet::new();
    let mut answers = Vec::new();
    for (line, bytes) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let read = str::from_utf8(bytes)
            .map_err(|_| "the line is not UTF-8; save the file as UTF-8".to_owned())
            .and_then(|text| if is_json { json_line(text) } else { tab_line(text) });
        let (id, label) = read.map_err(|problem| (line, problem))?;
        if !seen.insert(id.clone()) {
            let problem = format!("id `{id}` was answered on an earlier line; keep one line for each id");
            return Err((line, problem));
        }
        answers.push(FiledAnswer { line, id, label });
    }
    Ok(answers)
}

type Pair = (String, Option<String>);

fn json_line(text: &str) -> Result<Pair, String> {
    let expected = "expected a JSON object with the strings `id` and `relation`";
    let value: Value = serde_json::from_str(text).map_err(|error| format!("{expected}: {error}"))?;
    match (&value["id"], value.get("relation")) {
        (Value::String(id), Some(Value::String(label))) => Ok((id.clone(), Some(label.clone()))),
        (Value::String(id), Some(Value::Null)) => Ok((id.clone(), None)),
        _ => Err(format!("{expected}, found {text:?}")),
    }
}

/// An id and a label, then a probability and anything else.
fn tab_line(text: &str) -> Result<Pair, String> {
    let is_clean = |field: &str| field.trim() == field;
    match text.split('\t').collect::<Vec<_>>()[..] {
        [id, label] if !id.is_empty() && !label.is_empty() && is_clean(id) && is_clean(label) => {
            Ok((id.to_owned(), Some(label.to_owned())))
        }
        [id, label, probability, ..]
            if !id.is_empty() && is_clean(id) && is_clean(label) && probability.parse::<f64>().is_ok() =>
        {
            Ok((id.to_owned(), (!label.is_empty()).then(|| label.to_owned())))
        }
        _ => Err(format!("expected an id, a tab and a label, then a probability or nothing; found {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, Option<String>)> {
        parse(text.as_bytes()).unwrap().into_iter().map(|answer| (answer.id, answer.label)).collect()
    }

    #[test]
    fn every_format_of_answers_is_read() {
        let expected = [("1", Some("Other")), ("b c", None), ("3", Some("per:age"))]
            .map(|(id, label)| (id.to_owned(), label.map(str::to_owned)));
        for text in [
            "1\tOther\t0.9000\t\nb c\t\t0.4000\tper:age\n3\tper:age\t0.8000\t\n",
            "1\tOther\t0.9\tper:age\t0.1\t\r\nb c\t\t0.4\tper:age\t0.3\tOther\r\n3\tper:age\t0.8\tOther\t0.1\t",
            "\u{feff}{\"id\":\"1\",\"relation\":\"Other\"}\n{\"id\":\"b c\",\"relation\":null,\"guess\":\"Other\"}\n\
             {\"id\":\"3\",\"relation\":\"per:age\",\"top\":[]}\n",
        ] {
            assert_eq!(pairs(text), expected, "{text:?}");
        }
        let official = parse(b"1\tOther\n3\tper:age\n").unwrap();
        assert_eq!((official[1].line, &official[1].label), (2, &Some("per:age".to_owned())));
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, line, problem) in [
            ("1\tOther\n2 Other\n", 2, "expected an id, a tab and a label"),
            ("1\t\n", 1, "expected an id, a tab and a label"),
            ("1\tOther\tper:age\n", 1, "then a probability or nothing"),
            ("1\tOther\n\n", 2, "found \"\""),
            ("1\tOther\n2\tOther\n1\tOther\n", 3, "id `1` was answered on an earlier line"),
            ("{\"id\":\"1\",\"relation\":\"a\"}\n{\"id\":2,\"relation\":\"a\"}\n", 2, "`id` and `relation`"),
            ("{\"id\":\"1\"}\n", 1, "`id` and `relation`"),
            ("{\"id\":\n", 1, "EOF"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.0 == line && error.1.contains(problem), "{text:?}: {error:?}");
        }
        assert_eq!(parse(b"1\tOther\n2\t\xff\n").unwrap_err().0, 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_with_a_line(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let lines = bytes.split(|&byte| byte == b'\n').count();
            match parse(&bytes) {
                Ok(answers) => prop_assert!(answers.len() <= lines),
                Err((line, _)) => prop_assert!((1..=lines).contains(&line)),
            }
        }
    }
}
