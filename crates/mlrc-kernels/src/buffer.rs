use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, DerefMut};

use pulp::Simd;
use pulp::bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};

/// Sixteen values, aligned so that no vector is split between two cache lines.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

const LINE: usize = 16;

// SAFETY: an array of `f32` is valid for any bytes, and its size (64) is a multiple of its alignment (64): no padding.
#[allow(unsafe_code)]
unsafe impl Zeroable for Line {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Pod for Line {}

thread_local! {
    static FREE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// How many unused buffers a thread keeps; a pass of a learner with a few layers needs fewer.
const KEPT: usize = 32;

/// Scratch values for one pass, in memory that the thread keeps for the next pass: freshly allocated pages
/// cost more than the computation done in them.
pub struct Buffer {
    lines: Vec<Line>,
    length: usize,
    recycled: bool,
}

impl Buffer {
    /// `length` values with unspecified contents.
    pub(crate) fn new(length: usize) -> Self {
        let needed = length.div_ceil(LINE);
        let mut lines = FREE.with_borrow_mut(|free| {
            // The smallest that is large enough, or else the largest, which is grown.
            let fits = |place: &usize| free[*place].len() >= needed;
            let smallest = (0..free.len()).filter(fits).min_by_key(|&place| free[place].len());
            let chosen = smallest.or_else(|| (0..free.len()).max_by_key(|&place| free[place].len()));
            chosen.map(|place| free.swap_remove(place)).unwrap_or_default()
        });
        if lines.len() < needed {
            lines.clear();
            lines.resize(needed, Line([0.0; LINE]));
        }
        Self { lines, length, recycled: true }
    }

    /// `length` zeros that outlive a pass: their memory is freed, not kept for the next pass.
    pub(crate) fn lasting(length: usize) -> Self {
        Self { lines: vec![Line([0.0; LINE]); length.div_ceil(LINE)], length, recycled: false }
    }

    /// `length` zeros.
    pub(crate) fn zeros(length: usize) -> Self {
        let mut buffer = Self::new(length);
        buffer.fill(0.0);
        buffer
    }

    /// The values as SIMD vectors, including whatever follows them in the buffer.
    pub(crate) fn vectors<S: Simd>(&self) -> &[S::f32s] {
        S::as_simd_f32s(cast_slice(&self.lines)).0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.recycled {
            return;
        }
        let lines = std::mem::take(&mut self.lines);
        // The thread may be ending; then the memory is simply freed.
        let _ = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            if free.len() < KEPT {
                free.push(lines);
            }
        });
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &cast_slice(&self.lines)[..self.length]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut cast_slice_mut(&mut self.lines)[..self.length]
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Buffer({})", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reused_and_aligned() {
        let first = {
            let mut buffer = Buffer::new(1000);
            buffer.fill(3.0);
            assert_eq!(buffer.as_ptr() as usize % 64, 0);
            buffer.as_ptr()
        };
        let small = Buffer::new(990);
        assert_eq!(small.as_ptr(), first, "the freed buffer is taken again");
        assert_eq!(small.len(), 990);
        let other = Buffer::zeros(1000);
        assert_ne!(other.as_ptr(), first, "a buffer in use is not");
        assert!(other.iter().all(|&value| value == 0.0));
    }
}
