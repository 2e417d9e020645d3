//! Results stay what they are called: options, plans and programs change, and what was computed still applies.

use std::path::Path;

use mlrc::scoring::Scorer;
use mlrc_experiment::{DataHashes, Folds, Plan, RunResult, key};

fn results() -> Vec<RunResult> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/semeval/runs");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect()
}

/// SemEval's folder was computed before there were folds.
#[test]
fn the_keys_of_what_was_computed_long_ago_have_not_changed() {
    let results = results();
    assert!(results.len() > 100);
    let shipped = Plan::find("beyond/semeval").unwrap();
    for result in &results {
        assert_eq!(key(&result.options, &result.hashes, shipped.scorer.as_ref()), result.key);
    }
    let known = "0116427cf51ef5dbfc39281e7b698fa5";
    let result = results.iter().find(|result| result.key == known).unwrap();
    assert_eq!(key(&result.options, &result.hashes, Some(&Scorer::semeval())), known);
}

#[test]
fn what_is_read_of_a_file_is_part_of_the_key() {
    let result = results().remove(0);
    let with = |folds: &str| {
        let hashes = DataHashes { folds: toml::from_str(folds).unwrap(), ..result.hashes.clone() };
        key(&result.options, &hashes, None)
    };
    let whole = with("");
    assert_eq!(
        whole,
        key(&result.options, &DataHashes { folds: Folds::default(), ..result.hashes.clone() }, None)
    );
    let (parted, otherwise) = (with("train = [1, 2]\ntest = [3]"), with("train = [1, 3]\ntest = [2]"));
    assert!(whole != parted && parted != otherwise && whole != otherwise);
    // Neither the order nor how they are written matters.
    assert_eq!(with("test = [\"3\"]\ntrain = [2, \"1\"]"), parted);
}
