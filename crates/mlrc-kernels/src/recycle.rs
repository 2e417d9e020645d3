//! A pool of memory for results that have the same size in every step: gradients of parameters.
//!
//! The kernels take memory from here; whoever no longer needs a result gives it back. Freshly allocated pages
//! would cost more than many of the matrix products.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Unused vectors by length; the keys are the lengths taken so far.
static FREE: LazyLock<Mutex<HashMap<usize, Vec<Vec<f32>>>>> = LazyLock::new(Mutex::default);

/// How many vectors of one length are kept.
const KEPT: usize = 16;

/// `length` values with unspecified contents.
pub(crate) fn take(length: usize) -> Vec<f32> {
    free(|free| free.entry(length).or_default().pop()).unwrap_or_else(|| vec![0.0; length])
}

/// Returns a result that is no longer needed to the pool. It is kept if the kernels have taken its length
/// before.
pub fn give(values: Vec<f32>) {
    if values.len() == values.capacity() {
        free(|free| {
            if let Some(same) = free.get_mut(&values.len())
                && same.len() < KEPT
            {
                same.push(values);
            }
        });
    }
}

fn free<R>(work: impl FnOnce(&mut HashMap<usize, Vec<Vec<f32>>>) -> R) -> R {
    work(&mut FREE.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_taken_again() {
        let length = 1_234_567;
        let values = take(length);
        let place = values.as_ptr();
        give(values);
        let again = take(length);
        assert_eq!((again.as_ptr(), again.len()), (place, length));
        let other = take(length);
        assert_ne!(other.as_ptr(), place, "it is handed out once");
    }

    #[test]
    fn lengths_that_nobody_takes_are_not_kept() {
        give(vec![1.0; 7_654_321]);
        assert!(free(|free| free.get(&7_654_321).is_none()));
    }
}
