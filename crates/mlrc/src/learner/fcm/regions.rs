use crate::learner::tokens::TokenBatch;

/// Number of regions that every sentence has: subject, object, between, first and last preposition between.
const FIXED: usize = 5;

/// The regions of a sentence that [`Fcm`](super::Fcm) averages over.
#[derive(Clone, Debug)]
pub(super) struct Regions {
    window: usize,
}

/// The regions of one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The tokens of each region, by their positions in the sentence.
    pub tokens: Vec<Vec<usize>>,
    /// Whether the object begins before the subject.
    pub object_first: bool,
}

impl Regions {
    pub fn new(window: usize) -> Self {
        Self { window }
    }

    /// Number of regions.
    pub fn count(&self) -> usize {
        FIXED + 2 * self.window
    }

    /// The regions of a row of `batch`. There are `window` of them on the inner side of each entity; they
    /// extend into the other entity if it is near, and are empty beyond the sentence.
    pub fn of(&self, batch: &TokenBatch, row: usize) -> Found {
        let length = batch.packing.lengths()[row];
        let (subject, object) = (batch.subjects[row].range(), batch.objects[row].range());
        let object_first = object.start < subject.start;
        let (first, second) = if object_first { (&object, &subject) } else { (&subject, &object) };
        let between: Vec<usize> = (first.end..second.start).collect();
        let [first_preposition, last_preposition] =
            batch.prepositions[row].map(|token| token.into_iter().collect::<Vec<usize>>());

        let after: Vec<Vec<usize>> = (0..self.window)
            .map(|step| Some(first.end + step).filter(|&token| token < length).into_iter().collect())
            .collect();
        let before: Vec<Vec<usize>> =
            (1..=self.window).map(|step| second.start.checked_sub(step).into_iter().collect()).collect();
        // The subject's side before the object's, whichever entity comes first.
        let beside = if object_first { [before, after] } else { [after, before] };

        let mut tokens =
            vec![subject.collect(), object.collect(), between, first_preposition, last_preposition];
        tokens.extend(beside.into_iter().flatten());
        Found { tokens, object_first }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::corpus::Span;
    use crate::learner::tokens::TokenInput;

    /// The regions of six to nine words, of which 3 is "of" and 4 is "in"; entities are ranges of tokens.
    fn regions(words: &[u32], subject: Range<usize>, object: Range<usize>) -> Found {
        let input = |words: &[u32], subject: Range<usize>, object: Range<usize>| {
            let between = subject.end.min(object.end)..subject.start.max(object.start);
            let found = || between.clone().filter(|&token| [3, 4].contains(&words[token]));
            TokenInput {
                words: words.to_vec(),
                subject: Span::new(subject.start, subject.end),
                object: Span::new(object.start, object.end),
                prepositions: [found().next(), found().next_back()],
                ..TokenInput::default()
            }
        };
        // Another sentence, so that packed tokens are not tokens.
        let batch = TokenBatch::new(&[&input(&[2; 12], 0..1, 4..6), &input(words, subject, object)]);
        Regions::new(2).of(&batch, 1)
    }

    #[test]
    fn regions_are_where_they_should_be() {
        // x [x x] x of x in [x] x
        let found = regions(&[2, 2, 2, 2, 3, 2, 4, 2, 2], 1..3, 7..8);
        let expected: [&[usize]; 9] = [&[1, 2], &[7], &[3, 4, 5, 6], &[4], &[6], &[3], &[4], &[6], &[5]];
        assert_eq!(found, Found { tokens: expected.map(<[usize]>::to_vec).to_vec(), object_first: false });
    }

    #[test]
    fn the_sides_are_the_entities_also_when_the_object_comes_first() {
        // [x]o x of [x]s
        let found = regions(&[2, 2, 3, 2], 3..4, 0..1);
        let expected: [&[usize]; 9] = [&[3], &[0], &[1, 2], &[2], &[2], &[2], &[1], &[1], &[2]];
        assert_eq!(found, Found { tokens: expected.map(<[usize]>::to_vec).to_vec(), object_first: true });
    }

    #[test]
    fn neighbours_go_on_into_the_other_entity_and_end_with_the_sentence() {
        // [x]s [x]o
        let found = regions(&[2, 2], 0..1, 1..2);
        let expected: [&[usize]; 9] = [&[0], &[1], &[], &[], &[], &[1], &[], &[0], &[]];
        assert_eq!(found, Found { tokens: expected.map(<[usize]>::to_vec).to_vec(), object_first: false });
    }
}
