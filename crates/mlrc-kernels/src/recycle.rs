//! Memory of results that have the same sizes in every step: gradients of parameters.
//!
//! The kernels take it from here; whoever has no more use for a result gives it back. Freshly allocated pages would
//! cost more than many a product.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Unused vectors by length.
static FREE: LazyLock<Mutex<HashMap<usize, Vec<Vec<f32>>>>> = LazyLock::new(Mutex::default);

/// How many vectors of one length are kept.
const KEPT: usize = 16;

/// The least length that is worth keeping; allocators are good at small ones.
const LEAST: usize = 4096;

/// `length` values, whatever they are.
pub(crate) fn take(length: usize) -> Vec<f32> {
    let kept = if length < LEAST { None } else { free(|free| free.get_mut(&length)?.pop()) };
    kept.unwrap_or_else(|| vec![0.0; length])
}

/// Takes back a result that is not needed any more.
pub fn give(values: Vec<f32>) {
    if values.len() >= LEAST && values.len() == values.capacity() {
        free(|free| {
            let same = free.entry(values.len()).or_default();
            if same.len() < KEPT {
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
}
