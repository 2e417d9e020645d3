//! Turns a finished tree into an instance.

use super::lexicon::{capitalise, takes_an};
use super::phrase::{Argument, Phrase, Word};
use crate::{Entity, Instance, Span};

/// The sentence made of `clause` and a full stop.
pub(super) fn instance(clause: Phrase<'_>, id: String, label: &str) -> Instance {
    let sentence = clause.after("punct", Phrase::new(".", "."));
    let words = sentence.linearise();
    let layer = |entry: fn(&Phrase<'_>) -> &'static str| {
        words.iter().map(|word| entry(word.phrase).to_owned()).collect()
    };
    Instance {
        id,
        tokens: tokens(&words),
        subject: entity(&words, Argument::Subject),
        object: entity(&words, Argument::Object),
        pos: Some(layer(|phrase| phrase.pos)),
        ner: Some(layer(|phrase| phrase.ner)),
        heads: Some(words.iter().map(|word| word.head).collect()),
        deprels: Some(layer(|phrase| phrase.deprel)),
        relation: Some(label.to_owned()),
        fold: None,
        source: None,
    }
}

/// The words as written: "an" before vowels, a capital at the beginning.
fn tokens(words: &[Word<'_>]) -> Vec<String> {
    let mut tokens: Vec<String> = words.iter().map(|word| word.phrase.word.to_owned()).collect();
    for index in 1..tokens.len() {
        if tokens[index - 1] == "a" && takes_an(&tokens[index]) {
            tokens[index - 1].push('n');
        }
    }
    if let Some(first) = tokens.first_mut() {
        *first = capitalise(first);
    }
    tokens
}

/// The words marked as `argument`; the grammar marks both arguments of every sentence.
fn entity(words: &[Word<'_>], argument: Argument) -> Entity {
    let mut marked = words.iter().enumerate().filter(|(_, word)| word.phrase.argument == Some(argument));
    let start = marked.clone().next().map_or(0, |(index, _)| index);
    let end = marked.clone().next_back().map_or(0, |(index, _)| index + 1);
    let class = marked.find_map(|(_, word)| word.phrase.class);
    Entity { span: Span::new(start, end), kind: class.map(|class| class.kind().to_owned()) }
}
