//! Results keep their keys: when options, plans and programs change, earlier results remain valid.

use std::path::{Path, PathBuf};

use mlrc::scoring::Scorer;
use mlrc_experiment::{DataHashes, Folder, Folds, RunResult, key};

/// The repository's folder.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn study(name: &str) -> Folder {
    Folder::open(repository().join("results").join(name)).unwrap()
}

fn results(study: &Folder) -> Vec<RunResult> {
    let read =
        |key: &String| study.result(key).unwrap_or_else(|| panic!("{}: {key}", study.path().display()));
    study.keys().unwrap().iter().map(read).collect()
}

/// SemEval's folders were computed before folds were introduced.
#[test]
fn the_keys_of_what_was_computed_long_ago_have_not_changed() {
    for (name, count) in [
        ("semeval", 334),
        ("semeval-beyond", 233),
        ("semeval-fcm", 187),
        ("semeval-meta", 355),
        ("knowledgenet", 131),
    ] {
        let study = study(name);
        let (plan, results) = (study.plan().unwrap(), results(&study));
        assert!(results.len() >= count, "{name}: {}", results.len());
        for result in &results {
            assert_eq!(key(&result.options, &result.hashes, plan.scorer.as_ref()), result.key);
        }
    }
    let known = "0116427cf51ef5dbfc39281e7b698fa5";
    let result = study("semeval").result(known).unwrap();
    assert_eq!(key(&result.options, &result.hashes, Some(&Scorer::semeval())), known);
}

/// Most of the output of an experiment is not kept in the repository, but can be regenerated.
#[test]
fn what_the_documentation_of_results_shows_is_kept() {
    let docs = repository().join("docs");
    let text = std::fs::read_to_string(docs.join("RESULTS.md")).unwrap();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.filter(|link| link.starts_with("../results")).collect();
    assert!(links.iter().filter(|link| link.contains("/figures/")).count() >= 5);
    for link in links {
        assert!(docs.join(link).exists(), "{link}");
    }
}

#[test]
fn what_is_read_of_a_file_is_part_of_the_key() {
    let result = results(&study("semeval")).remove(0);
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
