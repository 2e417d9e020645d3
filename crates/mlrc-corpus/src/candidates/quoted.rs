//! Names in quotes: at most six words, the first of which begins with a capital or a digit, without punctuation at the end;
//! anything else in quotes is taken for speech. The quotes are not part of the name.

use std::ops::Range;

use super::words::Sentence;

/// The most words of a name.
const LONGEST: usize = 6;

pub(super) fn find(sentence: &Sentence) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Quotes after which no closing one was found, nor will be.
    let mut unclosed: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < sentence.len() {
        let open = sentence.text(at);
        if unclosed.contains(&open) || !opens(sentence, at) {
            at += 1;
            continue;
        }
        // One that is opened again before it is closed is not closed.
        let ends = |end: &usize| {
            closes(sentence, *end, open) || sentence.text(*end) == open && opens(sentence, *end)
        };
        match (at + 1..sentence.len()).find(ends) {
            Some(end) if closes(sentence, end, open) => {
                if is_name(sentence, at + 1..end) {
                    found.push(at + 1..end);
                }
                at = end + 1;
            }
            Some(end) => at = end,
            None => {
                unclosed.push(open);
                at += 1;
            }
        }
    }
    found
}

/// Whether there is a quote that can be an opening one. An apostrophe touches the words on both sides.
fn opens(sentence: &Sentence, at: usize) -> bool {
    let text = sentence.text(at);
    let apostrophe = sentence.touches(at) && sentence.is_word(at - 1) || !sentence.touches(at + 1);
    ["“", "„", "«", "\""].contains(&text) || SINGLE.contains(&text) && !apostrophe
}

/// Whether there is a quote that closes what `open` opened.
fn closes(sentence: &Sentence, at: usize, open: &str) -> bool {
    let closing: &[&str] = match open {
        "“" => &["”"],
        "„" => &["“", "”"],
        "«" => &["»"],
        "‘" => &["’"],
        same => &[same],
    };
    let apostrophe = sentence.touches(at + 1) && sentence.is_word(at + 1) || !sentence.touches(at);
    closing.contains(&sentence.text(at)) && !(SINGLE.contains(&open) && apostrophe)
}

const SINGLE: [&str; 2] = ["‘", "'"];

fn is_name(sentence: &Sentence, range: Range<usize>) -> bool {
    let (Some(last), words) = (range.end.checked_sub(1), range.clone().filter(|at| sentence.is_word(*at)))
    else {
        return false;
    };
    let begins = sentence.is_capitalised(range.start)
        || sentence.text(range.start).starts_with(|c: char| c.is_ascii_digit());
    begins && sentence.is_word(last) && words.count() <= LONGEST
}
