/// The memory layout of the tokens of a batch of sentences: by time step, longest sentence first.
///
/// Token `t` of sentence `r` is row `offset(t) + r`; step `t` has `active(t)` rows, those of the
/// sentences longer than `t`. (The layout of PyTorch's `PackedSequence`.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    lengths: Vec<usize>,
    active: Vec<usize>,
    offsets: Vec<usize>,
}

impl Packing {
    /// The packing of sentences of these `lengths`, which must be positive and in non-increasing order.
    ///
    /// # Panics
    /// If a length is 0 or greater than the one before it.
    pub fn new(lengths: Vec<usize>) -> Self {
        assert!(lengths.is_sorted_by(|a, b| a >= b), "sentences must be sorted longest first");
        assert!(lengths.last().is_none_or(|&shortest| shortest > 0), "a sentence must have a token");
        let steps = lengths.first().copied().unwrap_or(0);
        let mut active = Vec::with_capacity(steps);
        let mut offsets = Vec::with_capacity(steps + 1);
        let mut rows = lengths.len();
        let mut offset = 0;
        for step in 0..steps {
            while lengths[rows - 1] <= step {
                rows -= 1;
            }
            active.push(rows);
            offsets.push(offset);
            offset += rows;
        }
        offsets.push(offset);
        Self { lengths, active, offsets }
    }

    /// Length of each sentence, longest first.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Number of sentences.
    pub fn rows(&self) -> usize {
        self.lengths.len()
    }

    /// Number of time steps: the length of the longest sentence.
    pub fn steps(&self) -> usize {
        self.active.len()
    }

    /// Number of tokens in all sentences.
    pub fn tokens(&self) -> usize {
        self.offsets[self.steps()]
    }

    /// Number of sentences that have a token at `step`; 0 past the end.
    pub fn active(&self, step: usize) -> usize {
        self.active.get(step).copied().unwrap_or(0)
    }

    /// Row of the first sentence's token at `step`.
    pub fn offset(&self, step: usize) -> usize {
        self.offsets[step]
    }

    /// Row of the token at `step` of the sentence at `row`.
    pub fn token(&self, row: usize, step: usize) -> usize {
        debug_assert!(step < self.lengths[row]);
        self.offsets[step] + row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lie_by_step() {
        let packing = Packing::new(vec![3, 2, 2]);
        assert_eq!((packing.rows(), packing.steps(), packing.tokens()), (3, 3, 7));
        assert_eq!((0..4).map(|t| packing.active(t)).collect::<Vec<_>>(), [3, 3, 1, 0]);
        assert_eq!(packing.token(1, 0), 1);
        assert_eq!(packing.token(0, 2), 6);
        assert_eq!(Packing::new(Vec::new()).tokens(), 0);
    }

    #[test]
    #[should_panic(expected = "longest first")]
    fn unsorted_lengths_are_refused() {
        let _ = Packing::new(vec![1, 2]);
    }
}
