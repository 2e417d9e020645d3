//! Numbers in figures, with what belongs to them: sign, currency, magnitude, percent, unit (`$1.5 million`, `-3 °C`, `12 %`,
//! `5 km/h`). Numbers in words are not found.

use std::ops::Range;

use super::words::{List, Sentence, list};

const CURRENCIES: &[&str] = &["$", "€", "£", "¥", "₹", "₽", "₩", "₺"];

static CURRENCY_CODES: List = List::new(|| list("USD EUR GBP JPY CHF CNY INR CAD AUD SEK NOK DKK PLN Rs"));

const MAGNITUDES: &[&str] =
    &["hundred", "thousand", "million", "billion", "trillion", "mn", "bn", "tn", "k", "M"];

static UNITS: List = List::new(|| {
    list(
        "percent kilometres kilometers kilometre kilometer km metres meters metre meter m centimetres \
        centimeters cm mm µm μm nm miles mile mi mph feet foot ft inches inch yards yard acres hectares ha \
        kilograms kilogram kg grams gram g mg µg μg tonnes tonne tons ton t pounds pound lbs lb ounces oz \
        litres liters litre liter l L ml mL gallons seconds second s ms minutes minute min hours hour h \
        days day weeks week months month years year Hz kHz MHz GHz bits bytes kB KB MB GB TB W kW MW GW \
        kWh MWh V kV A mA J kJ N Pa kPa K mol dollars dollar euros euro cents cent yen rupees francs \
        roubles USD EUR GBP JPY CHF",
    )
});

/// Marks that stand between the figures of a number: `1,200.50`, `10:30`, `1/2`, `3–5`.
const INSIDE: &[&str] = &[".", ",", ":", "/", "-", "–", "'", "’"];

pub(super) fn find(sentence: &Sentence) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < sentence.len() {
        match number_at(sentence, at) {
            Some(number) => {
                at = number.end;
                found.push(number);
            }
            None => at += 1,
        }
    }
    found
}

/// The number whose first figures are at a word.
fn number_at(sentence: &Sentence, at: usize) -> Option<Range<usize>> {
    let mut last = at;
    let mut complete = is_complete(sentence, last)?;
    while complete == Complete::Figures
        && INSIDE.contains(&sentence.text(last + 1))
        && sentence.joins(last + 1)
        && let Some(next) = is_complete(sentence, last + 2)
    {
        (complete, last) = (next, last + 2);
    }
    // Figures at the end of a name, such as `Covid-19` or `A/4`, are part of it.
    let named = sentence.touches(at)
        && ["-", "/", "_", "#"].contains(&sentence.text(at.wrapping_sub(1)))
        && sentence.touches(at - 1);
    if named {
        return None;
    }
    let mut end = last + 1;
    if complete == Complete::Figures && MAGNITUDES.contains(&sentence.text(end)) {
        end += 1;
    }
    if complete != Complete::Unit {
        end += unit_at(sentence, end);
    }
    Some(at - before(sentence, at)..end)
}

/// What a word of figures has in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Complete {
    Figures,
    Magnitude,
    Unit,
}

/// Whether a word is figures, alone or with a magnitude or unit (`5k`, `5km`).
fn is_complete(sentence: &Sentence, at: usize) -> Option<Complete> {
    let text = sentence.text(at);
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match rest {
        _ if rest.len() == text.len() => None,
        "" => Some(Complete::Figures),
        // A decade: `80s`.
        "s" if text.ends_with("0s") => None,
        _ if MAGNITUDES.contains(&rest) => Some(Complete::Magnitude),
        _ if UNITS.contains(&rest) => Some(Complete::Unit),
        _ => None,
    }
}

/// The number of words before the figures that belong to them: a sign and a currency.
fn before(sentence: &Sentence, at: usize) -> usize {
    let text = |back: usize| at.checked_sub(back).map(|place| sentence.text(place)).unwrap_or_default();
    let touches = |back: usize| at.checked_sub(back).is_some_and(|place| sentence.touches(place));
    let is_sign = |back: usize| ["-", "−", "+", "±"].contains(&text(back)) && !touches(back);
    if CURRENCIES.contains(&text(1)) {
        let country = touches(1) && ["US", "A", "C", "HK", "NZ"].contains(&text(2));
        return 1 + usize::from(country || touches(1) && is_sign(2));
    }
    if CURRENCY_CODES.contains(&text(1)) && !touches(0) {
        return 1;
    }
    usize::from(touches(0) && is_sign(1))
}

/// The number of words of the unit at a word.
fn unit_at(sentence: &Sentence, at: usize) -> usize {
    let text = sentence.text(at);
    match text {
        "%" | "‰" => 1,
        "°" => 1 + usize::from(sentence.touches(at + 1) && ["C", "F"].contains(&sentence.text(at + 1))),
        "per" if sentence.text(at + 1) == "cent" => 2,
        // A currency that stands before the next number belongs to that.
        _ if CURRENCIES.contains(&text) => {
            usize::from(!sentence.is_number(at + 1) || !sentence.touches(at + 1))
        }
        _ if UNITS.contains(&text) => {
            let power = ["²", "³"].contains(&sentence.text(at + 1)) && sentence.touches(at + 1);
            let rate = sentence.text(at + 1) == "/"
                && sentence.joins(at + 1)
                && UNITS.contains(&sentence.text(at + 2));
            1 + usize::from(power) + if rate { 2 } else { 0 }
        }
        _ => 0,
    }
}
