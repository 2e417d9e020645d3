//! The inputs that fuzzing began with, and those by which it found something, through the same entry points.

#[path = "../../../fuzz/src/experiment.rs"]
mod experiment;
#[path = "../../../fuzz/src/inputs.rs"]
mod inputs;
#[path = "../../../fuzz/src/learning.rs"]
mod learning;

#[test]
fn files_of_models_and_experiments_survive_every_input_of_the_fuzzer() {
    inputs::run(&learning::TARGETS);
    inputs::run(&experiment::TARGETS);
}
