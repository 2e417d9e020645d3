//! Word vectors for the synthetic language, in place of pretrained ones.
//!
//! The vector of a word with one sense is the sum of a broad centre (verbs, things, names ...), a narrow
//! centre (the verbs of founding) and individual noise; that of a word with several senses is their mean,
//! rescaled. So synonyms are near each other, and a learner that has seen one knows something about the next,
//! as with vectors trained on text.

use std::collections::{BTreeMap, HashMap};

use super::lexicon::{Class, Lexicon};
use super::relations::{Means, Relation};
use super::{verbs, words};
use crate::random::Stream;

/// Standard deviation of a component, near that of common pretrained vectors.
const DEVIATION: f32 = 0.5;

/// A meaning of a word: its broad and its narrow class.
type Sense = (&'static str, String);

/// A vector for every word of the language in lower case, in alphabetical order.
pub(super) fn vectors(
    lexicon: &Lexicon,
    relations: &[Relation],
    dimension: usize,
    noise_share: f32,
    stream: &mut Stream,
) -> Vec<(String, Vec<f32>)> {
    let centre_share = (1.0 - noise_share) / 2.0;
    let mut centres = Centres { known: HashMap::new(), dimension, stream };
    senses(lexicon, relations)
        .into_iter()
        .map(|(word, senses)| {
            let mut vector = vec![0.0_f32; dimension];
            let weight = (centre_share / senses.len() as f32).sqrt();
            for (broad, narrow) in &senses {
                centres.add(broad, weight, &mut vector);
                centres.add(&format!("{broad} {narrow}"), weight, &mut vector);
            }
            let deviation = DEVIATION * noise_share.sqrt();
            for value in &mut vector {
                *value += centres.stream.normal(0.0, deviation);
            }
            (word, vector)
        })
        .collect()
}

struct Centres<'s> {
    known: HashMap<String, Vec<f32>>,
    dimension: usize,
    stream: &'s mut Stream,
}

impl Centres<'_> {
    /// Adds the centre called `name`, which is drawn on first use, to `vector`.
    fn add(&mut self, name: &str, weight: f32, vector: &mut [f32]) {
        let Self { known, dimension, stream } = self;
        let centre = known
            .entry(name.to_owned())
            .or_insert_with(|| (0..*dimension).map(|_| stream.normal(0.0, DEVIATION)).collect());
        for (value, centre) in vector.iter_mut().zip(centre) {
            *value += weight * *centre;
        }
    }
}

/// Every word in lower case with its senses.
fn senses(lexicon: &Lexicon, relations: &[Relation]) -> BTreeMap<String, Vec<Sense>> {
    let mut senses: BTreeMap<String, Vec<Sense>> = BTreeMap::new();
    let mut add = |word: &str, broad: &'static str, narrow: &str| {
        if word.is_empty() {
            return;
        }
        let known = senses.entry(word.to_lowercase()).or_default();
        let sense = (broad, narrow.to_owned());
        if !known.contains(&sense) {
            known.push(sense);
        }
    };
    for &word in words::FUNCTION_WORDS {
        add(word, "function", word);
    }
    for class in Class::ALL {
        for noun in class.nouns() {
            add(noun.singular, broad(class), class.kind());
            add(noun.plural, broad(class), class.kind());
        }
        class.adjectives().iter().for_each(|word| add(word, "adjective", class.kind()));
    }
    for &(class, verbs) in verbs::CLASSES {
        for verb in verbs {
            for form in [verb.base, verb.past, verb.participle, verb.gerund] {
                add(form, "verb", class);
            }
            add(verb.act, "act", class);
        }
    }
    for relation in relations {
        for frame in relation.frames.iter() {
            if let Means::Relational(nouns, _) = frame.means {
                for noun in nouns {
                    add(noun, "relational", nouns[0]);
                }
            }
        }
    }
    for (words, broad, narrow) in lists() {
        for word in words {
            add(word, broad, narrow);
        }
    }
    for (names, narrow) in [
        (&lexicon.first_names, "first name"),
        (&lexicon.surnames, "surname"),
        (&lexicon.places, "place"),
        (&lexicon.organizations, "organization"),
    ] {
        for name in names {
            add(name, "name", narrow);
        }
    }
    senses
}

/// Word lists with their broad and narrow class.
fn lists() -> [(&'static [&'static str], &'static str, &'static str); 11] {
    [
        (words::MATERIALS, "thing", "material"),
        (words::ADVERBS, "adverb", "adverb"),
        (words::MONTHS, "time", "month"),
        (words::DAYS, "time", "day"),
        (words::PERIODS, "time", "period"),
        (words::YEARS, "time", "year"),
        (words::NUMBERS, "time", "number"),
        (words::ORGANIZATION_SUFFIXES, "group", "name part"),
        (words::ORGANIZATION_HEADS, "group", "name part"),
        (words::PLACE_PREFIXES, "place", "name part"),
        (words::ATTITUDES, "relational", "attitude"),
    ]
}

fn broad(class: Class) -> &'static str {
    match class {
        Class::Person | Class::Animal => "being",
        Class::Organization => "group",
        Class::Place | Class::Landmark => "place",
        Class::Event | Class::Condition => "happening",
        Class::Artifact | Class::Component | Class::Container | Class::Work => "thing",
        Class::Substance => "substance",
    }
}
