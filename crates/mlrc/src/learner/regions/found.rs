use crate::corpus::Instance;
use crate::learner::tokens::{between, first_and_last_preposition};

/// The regions, in the order of a learner's inputs.
pub const REGIONS: [&str; 6] =
    ["subject", "object", "between", "first preposition", "last preposition", "last verb"];
/// Regions from here on are single words.
pub const FIRST_MINOR: usize = 3;

/// The tokens of each region of a sentence; a region may be empty. `is_verb` is asked about tokens between the entities.
pub fn regions_of(instance: &Instance, is_verb: impl Fn(usize) -> bool) -> [Vec<usize>; REGIONS.len()] {
    let between = between(instance);
    let [first, last] = first_and_last_preposition(instance, |_| true);
    let verb = between.clone().rev().find(|&token| is_verb(token));
    let single = |token: Option<usize>| token.into_iter().collect();
    [
        instance.subject.span.range().collect(),
        instance.object.span.range().collect(),
        between.collect(),
        single(first),
        single(last),
        single(verb),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Span;

    #[test]
    fn regions_are_where_they_should_be() {
        let tokens = ["The", "fire", "was", "caused", "By", "a", "leak", "in", "the", "tank"];
        let regions = |subject: (usize, usize), object: (usize, usize)| {
            let (subject, object) = (Span::new(subject.0, subject.1), Span::new(object.0, object.1));
            let instance = Instance::new(tokens, subject, object).unwrap();
            regions_of(&instance, |token| [2, 3].contains(&token))
        };
        let expected: [&[usize]; 6] = [&[0, 1], &[9], &[2, 3, 4, 5, 6, 7, 8], &[4], &[7], &[3]];
        assert_eq!(regions((0, 2), (9, 10)), expected.map(<[usize]>::to_vec));
        let expected: [&[usize]; 6] = [&[6], &[3], &[4, 5], &[4], &[4], &[]];
        assert_eq!(regions((6, 7), (3, 4)), expected.map(<[usize]>::to_vec));
        let expected: [&[usize]; 6] = [&[5], &[6], &[], &[], &[], &[]];
        assert_eq!(regions((5, 6), (6, 7)), expected.map(<[usize]>::to_vec));
    }
}
