//! The text of a result's file: the result as a JSON object whose last entry is a hash of what stands before it, so that a
//! result is what was written or is known to be damaged. Results of early versions have no hash.

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use super::result::RunResult;

/// What stands before the hash in a text.
const BEFORE: &str = ",\"checksum\":\"";
/// What stands after it.
const AFTER: &str = "\"}";

/// The text of a result.
pub(super) fn text(result: &RunResult) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(result)?;
    text.pop();
    let hash = hash(&text);
    Ok(text + BEFORE + &hash + AFTER)
}

/// The result with that key, if that is what the text has, undamaged.
pub(super) fn result(text: &str, key: &str) -> Option<RunResult> {
    #[derive(Deserialize)]
    struct Checked {
        checksum: Option<String>,
    }
    let text = text.trim();
    if let Some(known) = serde_json::from_str::<Checked>(text).ok()?.checksum {
        let end = format!("{BEFORE}{known}{AFTER}");
        text.strip_suffix(&end).filter(|result| hash(result) == known)?;
    }
    serde_json::from_str(text).ok().filter(|result| is_sound(result) && result.key == key)
}

fn hash(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// Whether there are predictions for each score, as many as were scored, of labels that there are.
fn is_sound(result: &RunResult) -> bool {
    let known = |predicted: &Vec<usize>| predicted.iter().all(|&label| label < result.labels.len());
    let has_all = |(selection, scores): (&String, &mlrc::scoring::Scores)| {
        result.predictions.get(selection).is_some_and(|predicted| predicted.len() == scores.instances)
    };
    result.predictions.values().all(known) && result.test.iter().all(has_all)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mlrc::scoring::Scorer;

    use super::*;

    fn scored() -> RunResult {
        let gold = [("1", "a"), ("2", "b")];
        let scores = Scorer::plain(None).score(&gold, &[("1", "a"), ("2", "a")]).unwrap();
        RunResult {
            labels: vec!["a".to_owned(), "b".to_owned()],
            predictions: BTreeMap::from([("last".to_owned(), vec![0, 0])]),
            test: BTreeMap::from([("last".to_owned(), scores)]),
            ..RunResult::empty("k")
        }
    }

    #[test]
    fn any_other_byte_is_damage() {
        let whole = text(&scored()).unwrap();
        assert_eq!(result(&whole, "k"), Some(scored()));
        assert_eq!(result(&format!("{whole}\n"), "k"), Some(scored()));
        assert_eq!(result(&whole, "j"), None);
        for place in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            // Of a digit another digit, of a letter another letter.
            bytes[place] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            // Without the name of the hash there is none; all else is as it was.
            let read = result(&changed, "k");
            assert!(read.is_none() || read == Some(scored()), "{changed}");
        }
    }

    #[test]
    fn early_results_have_no_hash_but_must_agree_with_themselves() {
        let read = |result: &RunResult| super::result(&serde_json::to_string_pretty(result).unwrap(), "k");
        assert_eq!(read(&scored()), Some(scored()));
        let of = |predicted: &[usize]| BTreeMap::from([("last".to_owned(), predicted.to_vec())]);
        for predictions in [BTreeMap::new(), of(&[0]), of(&[0, 0, 0]), of(&[0, 2])] {
            assert_eq!(read(&RunResult { predictions, ..scored() }), None);
        }
    }
}
