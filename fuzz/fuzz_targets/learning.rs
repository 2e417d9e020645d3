//! libFuzzer on an entry point of mlrc or mlrc-experiment, the one that `MLRC_FUZZ` names.
#![no_main]

#[path = "../src/experiment.rs"]
mod experiment;
#[path = "../src/learning.rs"]
mod learning;
#[path = "../src/target.rs"]
mod target;

use std::sync::LazyLock;

static TARGETS: LazyLock<Vec<(&str, fn(&[u8]))>> =
    LazyLock::new(|| learning::TARGETS.into_iter().chain(experiment::TARGETS).collect());

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::chosen(&TARGETS)(data));
