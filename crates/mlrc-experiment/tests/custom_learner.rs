//! The example of a custom learner does what it says.

#[path = "../examples/custom_learner.rs"]
#[allow(dead_code)]
mod custom_learner;

#[test]
fn a_learner_of_ones_own_is_trained_saved_loaded_and_compared() {
    custom_learner::main().unwrap();
}
