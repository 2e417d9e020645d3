use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Why a file of answers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// The file cannot be opened or read.
    #[error("{}: cannot read the answers: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The underlying error.
        source: std::io::Error,
    },
    /// A line cannot be used.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// 1-based line number.
        line: usize,
        /// What was expected, what was found, what to do.
        problem: String,
    },
}

/// Reads a file of lines `id<TAB>label`, as SemEval's answer keys and submissions are written.
///
/// Lines end in LF or CRLF. The pairs are in the file's order, so pair `i` is on line `i + 1`.
///
/// # Errors
/// If the file cannot be read, or has a line of another form or an id that occurred before. The official
/// scorer rejects these too.
pub fn read_answers(path: &Path) -> Result<Vec<(String, String)>, AnswersError> {
    read_answers_where(path, |_| Ok(()))
}

/// As [`read_answers`], but `check` may reject a label with a reason.
pub(super) fn read_answers_where(
    path: &Path,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<Vec<(String, String)>, AnswersError> {
    let bytes = fs::read(path).map_err(|source| AnswersError::Io { path: path.to_owned(), source })?;
    parse_answers(&bytes, check).map_err(|(line, problem)| AnswersError::Line {
        path: path.to_owned(),
        line,
        problem,
    })
}

fn parse_answers(
    bytes: &[u8],
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<Vec<(String, String)>, (usize, String)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut seen = HashSet::new();
    let mut answers = Vec::new();
    for (line, bytes) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let (id, label) = parse_line(bytes).map_err(|problem| (line, problem))?;
        check(label).map_err(|problem| (line, problem))?;
        if !seen.insert(id) {
            return Err((
                line,
                format!("id `{id}` was answered on an earlier line; keep one line for each id"),
            ));
        }
        answers.push((id.to_owned(), label.to_owned()));
    }
    Ok(answers)
}

fn parse_line(bytes: &[u8]) -> Result<(&str, &str), String> {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let line =
        str::from_utf8(bytes).map_err(|_| "the line is not UTF-8; save the file as UTF-8".to_owned())?;
    match line.split('\t').collect::<Vec<_>>()[..] {
        [id, label] if [id, label].iter().all(|field| !field.is_empty() && field.trim() == *field) => {
            Ok((id, label))
        }
        _ => Err(format!(
            "expected an id, one tab and a label, without other whitespace around them; found {line:?}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, (usize, String)> {
        parse_answers(bytes, |_| Ok(()))
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(id, label)| (id.to_owned(), label.to_owned())).collect()
    }

    #[test]
    fn both_line_endings_and_a_missing_last_one_are_read() {
        let expected = Ok(owned(&[("1", "Other"), ("a b", "per:age")]));
        for text in ["1\tOther\na b\tper:age\n", "1\tOther\r\na b\tper:age\r\n", "1\tOther\na b\tper:age"] {
            assert_eq!(parse(text.as_bytes()), expected);
        }
        assert_eq!(parse(b"\xef\xbb\xbf1\tOther\n"), Ok(owned(&[("1", "Other")])));
        assert_eq!(parse(b""), Ok(Vec::new()));
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, line, problem) in [
            ("1\tOther\n2 Other\n", 2, "found \"2 Other\""),
            ("1\tOther\n\n2\tOther\n", 2, "found \"\""),
            ("1\tOther\n\n", 2, "found \"\""),
            ("\tOther\n", 1, "found \"\\tOther\""),
            ("1\t\n", 1, "expected an id, one tab and a label"),
            ("1\tOther \n", 1, "without other whitespace"),
            ("1\tOther\tx\n", 1, "one tab"),
            ("1\tOther\n2\tOther\n1\tOther\n", 3, "id `1` was answered on an earlier line"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.0, line, "{text:?}");
            assert!(error.1.contains(problem), "{text:?}: {}", error.1);
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

        #[test]
        fn what_was_written_is_read(labels in proptest::collection::vec("[!-~]([ -~]{0,8}[!-~])?", 0..20)) {
            let pairs: Vec<_> = labels.into_iter().enumerate().map(|(id, label)| (id.to_string(), label)).collect();
            let lines: Vec<_> = pairs.iter().map(|(id, label)| format!("{id}\t{label}")).collect();
            let text = lines.join("\n");
            prop_assert_eq!(parse(text.as_bytes()), Ok(pairs));
        }
    }
}
