use std::ops::Range;

use crate::corpus::Instance;

/// English prepositions: a closed class, so a list finds them without a tagger. They say more about a
/// relation than any other word between its entities ("caused *by*", "made *from*", "kept *in*").
const PREPOSITIONS: [&str; 60] = [
    "about",
    "above",
    "across",
    "after",
    "against",
    "along",
    "amid",
    "among",
    "around",
    "as",
    "at",
    "before",
    "behind",
    "below",
    "beneath",
    "beside",
    "besides",
    "between",
    "beyond",
    "by",
    "despite",
    "down",
    "during",
    "for",
    "from",
    "in",
    "inside",
    "into",
    "like",
    "near",
    "of",
    "off",
    "on",
    "onto",
    "out",
    "outside",
    "over",
    "past",
    "per",
    "since",
    "than",
    "through",
    "throughout",
    "to",
    "toward",
    "towards",
    "under",
    "until",
    "up",
    "upon",
    "via",
    "with",
    "within",
    "without",
    "amongst",
    "atop",
    "concerning",
    "regarding",
    "underneath",
    "unto",
];

/// Whether a word is an English preposition.
pub fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.iter().any(|preposition| preposition.eq_ignore_ascii_case(word))
}

/// The tokens between the entities; none if they overlap.
pub fn between(instance: &Instance) -> Range<usize> {
    let (subject, object) = (instance.subject.span, instance.object.span);
    let (first, second) = if object.start < subject.start { (object, subject) } else { (subject, object) };
    first.end..second.start.max(first.end)
}

/// The first and the last preposition between the entities, among the tokens that `counts` accepts.
pub fn first_and_last_preposition(instance: &Instance, counts: impl Fn(usize) -> bool) -> [Option<usize>; 2] {
    let found =
        || between(instance).filter(|&token| is_preposition(&instance.tokens[token]) && counts(token));
    [found().next(), found().next_back()]
}
