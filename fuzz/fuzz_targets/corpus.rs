//! libFuzzer on an entry point of mlrc-corpus, the one that `MLRC_FUZZ` names.
#![no_main]

#[path = "../src/corpus.rs"]
mod corpus;
#[path = "../src/target.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::chosen(&corpus::TARGETS)(data));
