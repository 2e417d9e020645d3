//! The inputs that fuzzing began with, and those by which it found something, through the same entry points.

#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../../fuzz/src/inputs.rs"]
mod inputs;

#[test]
fn readers_survive_every_input_of_the_fuzzer() {
    inputs::run(&corpus::TARGETS);
}
