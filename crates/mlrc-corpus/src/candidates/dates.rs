//! Dates: `2021-05-03`, `03/05/2021`, `3 May 2021`, `May 3, 2021`, `May 2021`, `3 May`; years from 1000 to 2100 where a
//! date is to be expected (`in 1990`, `(1990)`, `from 1990 to 1995`), and decades (`1990s`).

use std::ops::Range;

use super::words::{List, Sentence, list};

/// Months, and how they are abbreviated.
static MONTHS: List = List::new(|| {
    list(
        "January February March April May June July August September October November December Jan Feb Mar \
        Apr Jun Jul Aug Sep Sept Oct Nov Dec",
    )
});

/// Words after which a number such as 1990 is a year.
static BEFORE_YEARS: List = List::new(|| {
    list(
        "in since until till by before after during from circa ca year early mid late spring summer autumn \
        fall winter between",
    )
});

/// Words and marks between the first and the last year of a period.
const BETWEEN_YEARS: &[&str] = &["-", "–", "—", "to", "and", "until", "or"];

pub(super) fn find(sentence: &Sentence) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < sentence.len() {
        let length = longest_at(sentence, at);
        if length > 0 {
            found.push(at..at + length);
        }
        at += length.max(1);
    }
    found
}

/// The number of words of the longest date that begins at a word; 0 if none does.
fn longest_at(sentence: &Sentence, at: usize) -> usize {
    let forms = [in_figures, day_first, month_first, year_alone];
    forms.iter().filter_map(|form| form(sentence, at)).max().unwrap_or(0)
}

/// `2021-05-03`, `03/05/2021`, `3.5.2021`.
fn in_figures(sentence: &Sentence, at: usize) -> Option<usize> {
    let mark = sentence.text(at + 1);
    let joined = (at + 1..at + 5).all(|place| sentence.touches(place));
    if !joined || sentence.text(at + 3) != mark || sentence.touches(at) && sentence.text(at - 1) == mark {
        return None;
    }
    let two =
        |place: usize| (sentence.text(place).len() <= 2).then(|| sentence.text(place).parse::<u8>().ok())?;
    let day = |place: usize| two(place).is_some_and(|day| (1..=31).contains(&day));
    let month = |place: usize| two(place).is_some_and(|month| (1..=12).contains(&month));
    let year_first = mark == "-" && is_year(sentence, at) && month(at + 2) && day(at + 4);
    let both = day(at) && day(at + 2) && (month(at) || month(at + 2));
    let year_last = ["/", "."].contains(&mark) && both && is_year(sentence, at + 4);
    (year_first || year_last).then_some(5)
}

/// `3 May 2021`, `3rd of May, 2021`, `3 May`.
fn day_first(sentence: &Sentence, at: usize) -> Option<usize> {
    let day = day(sentence, at)?;
    let of = usize::from(sentence.text(at + day) == "of");
    let month = month(sentence, at + day + of)?;
    let length = day + of + month;
    Some(length + year_after(sentence, at + length))
}

/// `May 3, 2021`, `May 3rd`, `May 2021`, `May of 2021`.
fn month_first(sentence: &Sentence, at: usize) -> Option<usize> {
    let month = month(sentence, at)?;
    if let Some(day) = day(sentence, at + month) {
        let length = month + day;
        return Some(length + year_after(sentence, at + length));
    }
    let of = usize::from(sentence.text(at + month) == "of");
    let year = year_after(sentence, at + month + of);
    (year > 0).then_some(month + of + year)
}

/// `in 1990`, `(1990)`, `1990–1995`, the second year of a period, `1990s`.
fn year_alone(sentence: &Sentence, at: usize) -> Option<usize> {
    if sentence.text(at).strip_suffix('s').is_some_and(|decade| decade.ends_with('0') && is_year_text(decade))
    {
        return Some(1);
    }
    if !is_year(sentence, at) || is_part(sentence, at) {
        return None;
    }
    let before = at.checked_sub(1).map(|before| sentence.text(before).to_lowercase()).unwrap_or_default();
    let period = sentence.joins(at + 1)
        && ["-", "–", "—"].contains(&sentence.text(at + 1))
        && is_year(sentence, at + 2)
        && !sentence.touches(at + 3 + usize::from(!sentence.is_word(at + 3)));
    let length = if period { 3 } else { 1 };
    let bracketed = ["(", "["].contains(&before.as_str())
        && [")", "]", ",", ";", "–", "-", "—"].contains(&sentence.text(at + length));
    let second = BETWEEN_YEARS.contains(&before.as_str())
        && at.checked_sub(3).is_some_and(|expects| {
            is_year(sentence, expects + 1)
                && BEFORE_YEARS.contains(&sentence.text(expects).to_lowercase().as_str())
        });
    let expected = BEFORE_YEARS.contains(&before.as_str()) || bracketed || second;
    (expected || period).then_some(length)
}

/// Whether a number continues or is continued: `1,990`, `1990.5`, `$1990`, `1990 %`.
fn is_part(sentence: &Sentence, at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| sentence.text(before)).unwrap_or_default();
    let after = sentence.text(at + 1);
    let fraction =
        [".", ",", ":", "/"].contains(&after) && sentence.joins(at + 1) && sentence.is_number(at + 2);
    let continues = sentence.touches(at)
        && [".", ",", ":", "/"].contains(&before)
        && at.checked_sub(2).is_some_and(|first| sentence.is_number(first) && sentence.touches(at - 1));
    fraction
        || continues
        || ["$", "€", "£", "¥", "₹"].contains(&before)
        || ["%", "€", "$", "£"].contains(&after)
}

/// The words of a day: `3`, `3rd`.
fn day(sentence: &Sentence, at: usize) -> Option<usize> {
    let text = sentence.text(at);
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = ["", "st", "nd", "rd", "th"].contains(&&text[digits.len()..]);
    let day = digits.len() <= 2 && digits.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    // Not the end of 1.3 or of 10:30.
    let part = sentence.touches(at)
        && at.checked_sub(2).is_some_and(|before| sentence.is_number(before) && sentence.joins(at - 1));
    let dash = part && ["-", "–", "—"].contains(&sentence.text(at - 1));
    (ending && day && (!part || dash)).then_some(1)
}

/// The words of a month: `May`, `Sept.`
fn month(sentence: &Sentence, at: usize) -> Option<usize> {
    MONTHS.contains(&sentence.text(at)).then(|| {
        let abbreviated =
            sentence.text(at).len() <= 4 && sentence.text(at + 1) == "." && sentence.touches(at + 1);
        1 + usize::from(abbreviated && !sentence.is_last(at + 1))
    })
}

/// The words of a year that follows, with a comma before it.
fn year_after(sentence: &Sentence, at: usize) -> usize {
    let comma = usize::from(sentence.text(at) == ",");
    let year = is_year(sentence, at + comma) && !is_part(sentence, at + comma);
    if year { comma + 1 } else { 0 }
}

fn is_year(sentence: &Sentence, at: usize) -> bool {
    is_year_text(sentence.text(at))
}

fn is_year_text(text: &str) -> bool {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.parse::<u16>().is_ok_and(|year| (1000..=2100).contains(&year))
}
