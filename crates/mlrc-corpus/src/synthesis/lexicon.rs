//! Classes of nouns and the invented proper names.

use std::collections::HashSet;

use super::verbs::{self, Verb};
use super::words::{self, Noun};
use crate::random::Stream;

/// What a noun phrase denotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Person,
    Organization,
    Place,
    Landmark,
    Event,
    Condition,
    Artifact,
    Component,
    Container,
    Substance,
    Work,
    Animal,
}

impl Class {
    pub const ALL: [Self; 12] = [
        Self::Person,
        Self::Organization,
        Self::Place,
        Self::Landmark,
        Self::Event,
        Self::Condition,
        Self::Artifact,
        Self::Component,
        Self::Container,
        Self::Substance,
        Self::Work,
        Self::Animal,
    ];

    /// The entity type.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Person => "PERSON",
            Self::Organization => "ORGANIZATION",
            Self::Place | Self::Landmark => "LOCATION",
            Self::Event => "EVENT",
            Self::Condition => "CONDITION",
            Self::Artifact => "ARTIFACT",
            Self::Component => "COMPONENT",
            Self::Container => "CONTAINER",
            Self::Substance => "SUBSTANCE",
            Self::Work => "WORK",
            Self::Animal => "ANIMAL",
        }
    }

    pub fn nouns(self) -> &'static [Noun] {
        match self {
            Self::Person => words::PERSONS,
            Self::Organization => words::ORGANIZATIONS,
            Self::Place => words::PLACES,
            Self::Landmark => words::LANDMARKS,
            Self::Event => words::EVENTS,
            Self::Condition => words::CONDITIONS,
            Self::Artifact => words::ARTIFACTS,
            Self::Component => words::COMPONENTS,
            Self::Container => words::CONTAINERS,
            Self::Substance => words::SUBSTANCES,
            Self::Work => words::WORKS,
            Self::Animal => words::ANIMALS,
        }
    }

    pub fn adjectives(self) -> &'static [&'static str] {
        match self {
            Self::Person | Self::Animal => words::ADJECTIVES_ANIMATE,
            Self::Organization => words::ADJECTIVES_ORGANIZATION,
            Self::Place | Self::Landmark => words::ADJECTIVES_PLACE,
            Self::Event | Self::Condition => words::ADJECTIVES_HAPPENING,
            Self::Artifact | Self::Component | Self::Container => words::ADJECTIVES_THING,
            Self::Substance => words::ADJECTIVES_SUBSTANCE,
            Self::Work => words::ADJECTIVES_WORK,
        }
    }

    /// Verbs for what a member of the class does on its own.
    pub fn acts(self) -> &'static [Verb] {
        match self {
            Self::Person => verbs::PERSON_ACTS,
            Self::Animal => verbs::ANIMAL_ACTS,
            Self::Organization => verbs::ORGANIZATION_ACTS,
            Self::Place => verbs::PLACE_ACTS,
            Self::Landmark => verbs::LANDMARK_ACTS,
            Self::Event | Self::Condition => verbs::HAPPENING_ACTS,
            _ => verbs::THING_ACTS,
        }
    }

    /// Whether members are made of some material.
    pub fn is_made(self) -> bool {
        matches!(self, Self::Artifact | Self::Component | Self::Container)
    }

    /// The probability that a member is called by its name.
    pub fn named_share(self) -> f32 {
        match self {
            Self::Person => 0.7,
            Self::Organization => 0.8,
            Self::Place => 0.85,
            _ => 0.0,
        }
    }

    /// The probability that a common noun is plural.
    pub fn plural_share(self) -> f32 {
        match self {
            Self::Organization | Self::Place | Self::Event => 0.0,
            Self::Landmark => 0.1,
            _ => 0.25,
        }
    }
}

/// The proper names of one invented world.
#[derive(Debug)]
pub(super) struct Lexicon {
    pub first_names: Vec<String>,
    pub surnames: Vec<String>,
    pub places: Vec<String>,
    pub organizations: Vec<String>,
}

impl Lexicon {
    /// A lexicon of distinct names drawn from `stream`.
    pub fn new(stream: &mut Stream) -> Self {
        let mut known = HashSet::new();
        let mut names = |count, endings: &[&str]| {
            let mut names = Vec::with_capacity(count);
            while names.len() < count {
                let name = invent(stream, endings);
                if name.chars().count() >= 4 && known.insert(name.clone()) {
                    names.push(name);
                }
            }
            names
        };
        Self {
            first_names: names(400, &["a", "o", "en", "is"]),
            surnames: names(1500, words::SURNAME_ENDINGS),
            places: names(700, words::PLACE_ENDINGS),
            organizations: names(700, &["co", "ex", "um", "tel", "on"]),
        }
    }
}

/// A capitalised name of one or two syllables and an ending.
fn invent(stream: &mut Stream, endings: &[&str]) -> String {
    let (onset, nucleus, coda) = (words::ONSETS, words::NUCLEI, words::CODAS);
    let short: &[&[&str]] = &[onset, nucleus, coda];
    let long: &[&[&str]] = &[onset, nucleus, onset, nucleus, coda];
    let parts = if stream.unit() < 0.65 { short } else { long };
    let mut name: String = parts.iter().map(|part| *pick(stream, part)).collect();
    let ending = *stream.choose(endings);
    if ending.starts_with(is_vowel) && name.ends_with(is_vowel) {
        name.push('n');
    }
    capitalise(&(name + ending))
}

fn is_vowel(letter: char) -> bool {
    "aeiou".contains(letter)
}

/// `word` with its first letter in upper case.
pub(super) fn capitalise(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whether the indefinite article before `word` is "an".
pub(super) fn takes_an(word: &str) -> bool {
    let word = word.to_lowercase();
    let sounds_like_consonant = ["uni", "eu", "use", "one"].iter().any(|start| word.starts_with(start));
    let silent_h = ["hour", "honest"].iter().any(|start| word.starts_with(start));
    silent_h || (word.starts_with(is_vowel) && !sounds_like_consonant) || word.starts_with("unin")
}

/// One of `items`, the earlier ones more often, as words of a class are not equally frequent.
pub(super) fn pick<'a, T>(stream: &mut Stream, items: &'a [T]) -> &'a T {
    let place = stream.unit();
    // Unlike a power, a square root is the same on every platform.
    let rank = place * place.sqrt() * items.len() as f32;
    &items[(rank as usize).min(items.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_follow_the_sound() {
        for word in ["engine", "old", "hour", "honest", "unusual", "ugly", "uninteresting", "Ilva"] {
            assert!(takes_an(word), "an {word}");
        }
        for word in ["university", "union", "hospital", "wheel", "European", "useful"] {
            assert!(!takes_an(word), "a {word}");
        }
    }
}
