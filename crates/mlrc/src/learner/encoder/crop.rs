//! Long sentences are cropped around the entities: a step costs as much as the pieces that it reads.

use std::borrow::Cow;

use crate::corpus::{Instance, Span};

/// The tokens of a sentence that are read if at most `most` word pieces are, in order; `pieces` is how many each token has.
///
/// Both entities and what is between them come first, then as much on both sides as fits. If the entities are further apart,
/// what is next to each of them is kept, on the side of the other first; if they are too long themselves, their ends.
pub fn kept(instance: &Instance, pieces: &[usize], most: usize) -> Vec<usize> {
    let count = instance.tokens.len();
    if pieces.iter().sum::<usize>() <= most {
        return (0..count).collect();
    }
    let (first, second) = (instance.subject.span, instance.object.span);
    let (first, second) = if first.start <= second.start { (first, second) } else { (second, first) };
    let end = first.end.max(second.end);
    let mut left = most;
    let mut keep = vec![false; count];
    let mut take = |token: usize, left: &mut usize| {
        let fits = keep[token] || pieces[token] <= *left;
        if fits && !keep[token] {
            keep[token] = true;
            *left -= pieces[token];
        }
        fits
    };
    // At least one token of each entity, and of each as many as of the other while there is room.
    let longest = (first.end - first.start).max(second.end - second.start);
    for distance in 1..=longest {
        for span in [first, second].into_iter().filter(|span| span.start + distance <= span.end) {
            take(span.end - distance, &mut left);
        }
    }
    // Inwards from both entities, until they meet.
    let gap = second.start.saturating_sub(first.end);
    for distance in 0..gap.div_ceil(2) {
        let inwards = [first.end + distance, second.start - 1 - distance];
        if !inwards.into_iter().all(|token| take(token, &mut left)) {
            break;
        }
    }
    // Outwards, on both sides in turn.
    let (mut before, mut after) = (first.start, end);
    loop {
        let grows_before = before > 0 && take(before - 1, &mut left);
        before -= usize::from(grows_before);
        let grows_after = after < count && take(after, &mut left);
        after += usize::from(grows_after);
        if !grows_before && !grows_after {
            break;
        }
    }
    (0..count).filter(|&token| keep[token]).collect()
}

/// The instance with only these of its tokens, without annotation.
pub fn cropped<'a>(instance: &'a Instance, kept: &[usize]) -> Cow<'a, Instance> {
    if kept.len() == instance.tokens.len() {
        return Cow::Borrowed(instance);
    }
    let within = |span: Span| {
        let place = |token: usize| kept.partition_point(|&kept| kept < token);
        // An entity too long to be read at all keeps a place.
        let start = place(span.start).min(kept.len().saturating_sub(1));
        Span::new(start, place(span.end).max(start + 1))
    };
    let mut cropped = instance.clone();
    cropped.tokens = kept.iter().map(|&token| instance.tokens[token].clone()).collect();
    cropped.subject.span = within(instance.subject.span);
    cropped.object.span = within(instance.object.span);
    (cropped.pos, cropped.ner, cropped.heads, cropped.deprels) = (None, None, None, None);
    cropped.source = None;
    Cow::Owned(cropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    fn instance(count: usize, subject: (usize, usize), object: (usize, usize)) -> Instance {
        let tokens: Vec<String> = (0..count).map(|token| token.to_string()).collect();
        Instance::new(tokens, Span::new(subject.0, subject.1), Span::new(object.0, object.1)).unwrap()
    }

    #[test]
    fn what_is_near_the_entities_is_kept() {
        let kept = |most, subject, object| kept(&instance(12, subject, object), &[1; 12], most);
        assert_eq!(kept(12, (3, 4), (7, 8)), (0..12).collect::<Vec<_>>());
        assert_eq!(kept(7, (3, 4), (7, 8)), (2..9).collect::<Vec<_>>());
        assert_eq!(kept(9, (0, 1), (3, 4)), (0..9).collect::<Vec<_>>());
        assert_eq!(kept(6, (11, 12), (1, 2)), [1, 2, 3, 9, 10, 11]);
        assert_eq!(kept(3, (0, 4), (8, 12)), [2, 3, 11]);
    }

    #[test]
    fn entities_stay_in_whatever_is_kept() {
        let mut stream = Stream::new(5, Purpose::Split, 0, 0);
        for _ in 0..2000 {
            let count = 2 + stream.below(30);
            let mut span = || {
                let start = stream.below(count);
                (start, start + 1 + stream.below((count - start).min(5)))
            };
            let (subject, object) = (span(), span());
            let instance = instance(count, subject, object);
            let pieces: Vec<usize> = (0..count).map(|_| 1 + stream.below(3)).collect();
            let most = 6 + stream.below(40);
            let kept = kept(&instance, &pieces, most);
            assert!(kept.iter().map(|&token| pieces[token]).sum::<usize>() <= most);
            let cropped = cropped(&instance, &kept);
            for (whole, part) in
                [(instance.subject.span, cropped.subject.span), (instance.object.span, cropped.object.span)]
            {
                let words = |instance: &Instance, span: Span| instance.tokens[span.range()].to_vec();
                let (whole, part) = (words(&instance, whole), words(&cropped, part));
                assert!(
                    !part.is_empty() && part.iter().all(|word| whole.contains(word)),
                    "{whole:?} {part:?}"
                );
            }
        }
    }
}
