//! Sentences whose arguments are in none of the relations.
//!
//! Most are hard: the sentence does state a relation between arguments of these very types, but one of the
//! two marked entities is merely nearby; or the marked entities swap roles; or they are joined by other
//! verbs.

use super::constructions::Arguments;
use super::grammar::{Grammar, Referent};
use super::lexicon::Class;
use super::phrase::{Argument, Phrase};
use super::relations::{Relation, UNRELATED, UNRELATED_AT_LANDMARK, UNRELATED_IN_PLACE};

impl<'l> Grammar<'l> {
    /// A clause with two marked arguments between which none of `relations` is stated.
    pub fn negative(&mut self, relations: &[Relation]) -> Phrase<'l> {
        let relation = &relations[self.stream.below(relations.len())];
        let arguments = self.arguments(relation).marked();
        let near_a_trigger = self.chance(0.25 + 0.5 * self.difficulty);
        if !near_a_trigger {
            return self.unrelated(arguments);
        }
        if is_one_way(relation, relations) && self.chance(0.5) {
            let Arguments { subject, object } = arguments;
            return self.statement(relation, Arguments { subject: object, object: subject });
        }
        self.bystander(relation, arguments)
    }

    /// The relation holds between one of the arguments and someone else; the other argument is merely nearby.
    fn bystander(&mut self, relation: &Relation, arguments: Arguments) -> Phrase<'l> {
        let Arguments { mut subject, mut object } = arguments;
        let bystander = if self.chance(0.5) { subject } else { object };
        if bystander.argument == subject.argument {
            subject.argument = None;
        } else {
            object.argument = None;
        }
        let statement = self.statement(relation, Arguments { subject, object });
        let noun = self.noun_phrase(bystander);
        if bystander.class == Class::Person && self.chance(0.4) {
            return self.reported(noun, statement);
        }
        let other = self.host(noun);
        self.combine(statement, other)
    }

    /// No relation of any kind is stated.
    fn unrelated(&mut self, arguments: Arguments) -> Phrase<'l> {
        let Arguments { subject, object } = arguments;
        let is_agent = |referent: Referent| matches!(referent.class, Class::Person | Class::Organization);
        let frames = match object.class {
            _ if self.chance(0.3) => return self.co_occurrence(arguments),
            Class::Place if self.chance(0.5) => UNRELATED_IN_PLACE,
            Class::Landmark => UNRELATED_AT_LANDMARK,
            _ if is_agent(subject) || is_agent(object) => UNRELATED,
            _ => return self.co_occurrence(arguments),
        };
        let frame = self.choose(frames);
        self.realise(frame, !is_agent(subject) && frames == UNRELATED, arguments)
    }

    fn co_occurrence(&mut self, arguments: Arguments) -> Phrase<'l> {
        let subject = self.noun_phrase(arguments.subject);
        let object = self.noun_phrase(arguments.object);
        let (first, second) = if self.chance(0.5) { (subject, object) } else { (object, subject) };
        if self.chance(0.5) {
            let pair = first.after("cc", Phrase::new("and", "CC")).after("conj", second);
            return self.observed(pair);
        }
        let (first, second) = (self.host(first), self.host(second));
        self.combine(first, second)
    }

    fn combine(&mut self, clause: Phrase<'l>, other: Phrase<'l>) -> Phrase<'l> {
        let (clause, other) = if self.chance(0.5) { (clause, other) } else { (other, clause) };
        if self.chance(0.5) { self.coordinate(clause, other) } else { self.subordinate(clause, other) }
    }
}

impl Arguments {
    /// The arguments, to be marked in the sentence.
    pub fn marked(self) -> Self {
        let mark = |referent: Referent, argument| Referent { argument: Some(argument), ..referent };
        let Self { subject, object } = self;
        Self { subject: mark(subject, Argument::Subject), object: mark(object, Argument::Object) }
    }
}

/// Whether subject and object could be swapped, and no relation of the inventory is the result.
fn is_one_way(relation: &Relation, relations: &[Relation]) -> bool {
    let exchange = |other: &Relation| other.inverse != relation.inverse && other.frames == relation.frames;
    relation.subject == relation.object && !relations.iter().any(exchange)
}
