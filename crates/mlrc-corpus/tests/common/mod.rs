//! Locates reference data, which a user's checkout does not have.
#![allow(dead_code, missing_docs)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder of reference outputs: `MLRC_FIXTURES`, or `../shared/fixtures` next to the checkout.
pub fn fixtures(test: &str) -> Option<PathBuf> {
    folder(test, "MLRC_FIXTURES", "fixtures")
}

/// The folder of data sets: `MLRC_DATA`, or `../shared/data` next to the checkout.
pub fn data(test: &str) -> Option<PathBuf> {
    folder(test, "MLRC_DATA", "data")
}

/// The folder of small inputs as people have them: `MLRC_CASES`, or `../shared/cases` next to the checkout.
pub fn cases(test: &str) -> Option<PathBuf> {
    folder(test, "MLRC_CASES", "cases")
}

fn folder(test: &str, variable: &str, name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    let folder = std::env::var_os(variable).map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os(variable).is_none(),
        "{variable} names {}, which is not a folder",
        folder.display()
    );
    // Not `eprintln!`, which the test harness swallows when a test passes.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED {test}: {} is absent; set {variable} to run it",
        folder.display()
    );
    None
}

/// Subject, relation and object: `Ada -works_at-> Acme`, with the types in brackets.
pub fn said(instance: &mlrc_corpus::Instance) -> String {
    let words = |entity: &mlrc_corpus::Entity| {
        let words = instance.tokens[entity.span.range()].join(" ");
        entity.kind.as_ref().map(|kind| format!("{words} [{kind}]")).unwrap_or(words)
    };
    let label = instance.relation.as_deref().unwrap_or("?");
    format!("{} -{label}-> {}", words(&instance.subject), words(&instance.object))
}
