//! Names by their capitals: words that begin with a capital letter and stand next to each other, also joined by *of*, *de*,
//! *van* or *&*, a hyphen, an apostrophe or the period of an abbreviation (`Dr. Orr`, `Johnson & Johnson`, `Jean-Luc O'Brien`).
//!
//! At the beginning of a sentence or quotation every word has a capital, so one word there is a name only if it is
//! elsewhere written with a capital, and one that has little meaning by itself (*the*, *in*, *but*) is never part of it.

use std::collections::HashSet;
use std::ops::Range;

use super::words::{List, Sentence, list};

const CONNECTORS: &[&str] = &["of", "de", "van", "&"];

/// English words at the beginning of sentences that are no names, in lower case.
static FUNCTION_WORDS: List = List::new(|| {
    list(
        "a about after all also although among an and another any as at because before between both but by \
        can could did do does during each either even every few finally first for from had has have he her \
        here his how however i if in instead into is it its last later many meanwhile more most much my \
        neither no none nor not now of on once one only or other our over she should since so some still \
        such than that the their then there these they this those though through to today together \
        tomorrow two under unless until upon was we were what when where whether which while who whose why \
        will with within without would yesterday yet you your",
    )
});

/// Words with a capital where not every word has one.
pub(super) fn inside(sentence: Sentence<'_>) -> impl Iterator<Item = &str> {
    let begins = beginnings(&sentence);
    (0..sentence.len())
        .filter(move |at| sentence.is_capitalised(*at) && !begins.contains(at))
        .map(move |at| sentence.text(at))
}

/// Names in a sentence; `recurring` are words that [`inside`] found in any.
pub(super) fn find(sentence: &Sentence, recurring: &HashSet<&str>) -> Vec<Range<usize>> {
    let begins = beginnings(sentence);
    let mut found = Vec::new();
    let mut at = 0;
    while at < sentence.len() {
        let first = begins.contains(&at);
        if !sentence.is_capitalised(at) || first && is_function_word(sentence.text(at)) {
            at += 1;
            continue;
        }
        let mut last = at;
        while let Some(next) = next_capital(sentence, last) {
            last = next;
        }
        let alone = first && last == at && !recurring.contains(sentence.text(at));
        let meaningless = (at..=last)
            .filter(|place| sentence.is_word(*place))
            .all(|place| is_function_word(sentence.text(place)));
        if !alone && !meaningless {
            found.push(at..last + 1 + usize::from(keeps_period(sentence, last + 1)));
        }
        at = last + 1;
    }
    found
}

/// The first words of the sentence and of quotations in it.
fn beginnings(sentence: &Sentence) -> HashSet<usize> {
    let opens = |at: usize| match sentence.text(at) {
        "“" | "„" | "«" => true,
        "\"" => !sentence.touches(at) && sentence.touches(at + 1),
        _ => false,
    };
    let words = (0..sentence.len()).filter(|at| sentence.is_word(*at));
    let first = words.clone().next();
    words.filter(|at| Some(*at) == first || at.checked_sub(1).is_some_and(opens)).collect()
}

/// The next word of a name after the one at `last`.
fn next_capital(sentence: &Sentence, last: usize) -> Option<usize> {
    let (between, next) = (last + 1, last + 2);
    if sentence.is_capitalised(between) {
        return Some(between);
    }
    let joins = match sentence.text(between) {
        "-" | "‐" => sentence.joins(between) && (sentence.is_capitalised(next) || sentence.is_number(next)),
        "'" | "’" => sentence.joins(between) && sentence.is_capitalised(next),
        "." => sentence.is_abbreviating(between) && sentence.is_capitalised(next),
        connector => CONNECTORS.contains(&connector) && sentence.is_capitalised(next),
    };
    joins.then_some(next)
}

/// Whether a period at `at` is the last part of a name: an abbreviation's, unless it ends the sentence as well; that of
/// `U.S.` always.
fn keeps_period(sentence: &Sentence, at: usize) -> bool {
    let dotted =
        at.checked_sub(2).is_some_and(|before| sentence.text(before) == "." && sentence.touches(at - 1));
    sentence.is_abbreviating(at) && (dotted || !sentence.is_last(at))
}

fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(word.to_lowercase().as_str())
}
