//! The relations and the ways to express them.
//!
//! A relation is a list of [`Frame`]s. A frame says which words can express the relation and which argument
//! takes which place; the constructions (see [`super::constructions`]) are shared by all relations. The first
//! twelve relations are common ones; each of the others pairs a class of verbs with a preposition, so that
//! neither alone determines the relation.

use super::lexicon::Class::{
    self, Animal, Artifact, Component, Condition, Container, Event, Landmark, Organization, Person, Place,
    Substance, Work,
};
use super::verbs::{self, Verb};
use crate::random::Stream;
use std::borrow::Cow;

/// Words that can express a relation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Means {
    /// "A founded B".
    Transitive(&'static [Verb]),
    /// "A worked for B".
    Oblique(&'static [Verb], &'static [&'static str]),
    /// "Someone shipped A to B", "A was shipped to B".
    Transfer(&'static [Verb], &'static [&'static str]),
    /// "A was based in B": a transfer without a known agent.
    State(&'static [Verb], &'static [&'static str]),
    /// "A is the founder of B"; also "B's founder".
    Relational(&'static [&'static str], Article),
    /// "A from B".
    Preposition(&'static [&'static str]),
    /// "A's B".
    Genitive,
}

impl Means {
    /// Whether a verb expresses the relation.
    pub fn is_verbal(&self) -> bool {
        matches!(self, Transitive(_) | Oblique(..) | Transfer(..) | State(..))
    }
}

/// The article of a relational noun: "the founder" but "a native".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Article {
    Definite,
    Indefinite,
}

/// One way to express a relation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub means: Means,
    /// Whether A is the relation's object and B its subject.
    pub reversed: bool,
}

const fn forward(means: Means) -> Frame {
    Frame { means, reversed: false }
}

const fn reversed(means: Means) -> Frame {
    Frame { means, reversed: true }
}

/// A relation between a subject and an object.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub name: String,
    pub subject: &'static [Class],
    pub object: &'static [Class],
    pub frames: Cow<'static, [Frame]>,
    /// Whether the roles of subject and object in `frames` are exchanged, as in `child_parent`.
    pub inverse: bool,
}

impl Relation {
    fn new(
        name: &str,
        subject: &'static [Class],
        object: &'static [Class],
        frames: &'static [Frame],
    ) -> Self {
        Self { name: name.to_owned(), subject, object, frames: Cow::Borrowed(frames), inverse: false }
    }

    fn inverse(self) -> Self {
        Self { inverse: true, ..self }
    }

    /// The classes of A and of B in `frame`.
    pub fn sides(&self, frame: Frame) -> (&'static [Class], &'static [Class]) {
        if frame.reversed == self.inverse { (self.subject, self.object) } else { (self.object, self.subject) }
    }
}

use Article::{Definite, Indefinite};
use Means::{Genitive, Oblique, Preposition, Relational, State, Transfer, Transitive};

const CAUSE: &[Frame] = &[
    forward(Transitive(verbs::CAUSING)),
    forward(Oblique(verbs::LEADING_TO, &["to"])),
    reversed(Oblique(verbs::RESULTING, &["from"])),
    forward(Relational(&["cause", "source", "origin"], Definite)),
    reversed(Relational(&["result", "consequence", "outcome"], Definite)),
    reversed(Preposition(&["from"])),
];
const PART: &[Frame] = &[
    reversed(Transitive(verbs::INCLUDING)),
    forward(Oblique(verbs::BELONGING, &["to"])),
    forward(Relational(&["part", "component", "element", "piece"], Indefinite)),
    forward(Preposition(&["of", "on"])),
    reversed(Genitive),
];
const CONTENT: &[Frame] = &[
    reversed(Transitive(verbs::HOLDING)),
    forward(Transfer(verbs::STORING, &["in", "inside", "into"])),
    forward(Oblique(verbs::LYING, &["in", "inside"])),
    forward(Preposition(&["in", "inside"])),
];
const EMPLOYMENT: &[Frame] = &[
    forward(Oblique(verbs::WORKING, &["for", "at"])),
    reversed(Transitive(verbs::HIRING)),
    forward(Relational(&["employee", "member", "manager", "adviser"], Indefinite)),
    forward(Relational(&["director", "treasurer", "secretary", "chairman"], Definite)),
];
const FOUNDING: &[Frame] = &[
    forward(Transitive(verbs::FOUNDING)),
    forward(Relational(&["founder", "creator", "architect"], Definite)),
];
const BIRTH: &[Frame] = &[
    forward(State(verbs::BIRTH, &["in"])),
    forward(Oblique(verbs::COMING, &["from"])),
    forward(Relational(&["native", "son"], Indefinite)),
    reversed(Relational(&["birthplace", "hometown"], Definite)),
];
const RESIDENCE: &[Frame] = &[
    forward(Oblique(verbs::LIVING, &["in"])),
    forward(Transitive(verbs::INHABITING)),
    forward(Relational(&["resident", "inhabitant", "citizen"], Indefinite)),
    reversed(Relational(&["home", "residence"], Definite)),
];
const HEADQUARTERS: &[Frame] = &[
    forward(State(verbs::BASING, &["in"])),
    forward(Oblique(verbs::OPERATING, &["from"])),
    reversed(Relational(&["seat", "headquarters", "base"], Definite)),
];
const AUTHORSHIP: &[Frame] = &[
    forward(Transitive(verbs::WRITING)),
    forward(Relational(&["author", "writer", "creator"], Definite)),
    reversed(Preposition(&["by"])),
    forward(Genitive),
];
const ACQUISITION: &[Frame] = &[
    forward(Transitive(verbs::BUYING)),
    forward(Relational(&["owner", "buyer", "parent"], Definite)),
    reversed(Relational(&["subsidiary", "division"], Indefinite)),
];
const FAMILY: &[Frame] = &[
    forward(Transitive(verbs::RAISING)),
    reversed(Oblique(verbs::DESCENDING, &["from"])),
    forward(Relational(&["father", "mother", "parent"], Definite)),
    reversed(Relational(&["son", "daughter", "child"], Definite)),
];

/// Frames that join two arguments and express no relation: what agents do to anything.
pub(super) const UNRELATED: &[Frame] = &[
    forward(Transitive(verbs::NEUTRAL)),
    forward(Oblique(verbs::NEUTRAL_OBLIQUE, &["about"])),
    forward(Relational(super::words::ATTITUDES, Indefinite)),
];
/// The same for what was noticed somewhere in town, ...
pub(super) const UNRELATED_IN_PLACE: &[Frame] =
    &[forward(Transfer(verbs::NEUTRAL, &["in", "near", "around"]))];
/// ... or beside a landmark.
pub(super) const UNRELATED_AT_LANDMARK: &[Frame] =
    &[forward(Transfer(verbs::NEUTRAL, &["behind", "under", "around", "near", "inside"]))];

fn common() -> Vec<Relation> {
    let relation = Relation::new;
    vec![
        relation("cause_effect", &[Event, Condition], &[Condition, Event], CAUSE),
        relation("part_whole", &[Component], &[Artifact, Container], PART),
        relation("content_container", &[Substance, Artifact, Component, Work], &[Container], CONTENT),
        relation("employment", &[Person], &[Organization], EMPLOYMENT),
        relation("founding", &[Person], &[Organization], FOUNDING),
        relation("birthplace", &[Person], &[Place], BIRTH),
        relation("residence", &[Person], &[Place], RESIDENCE),
        relation("headquarters", &[Organization], &[Place], HEADQUARTERS),
        relation("authorship", &[Person], &[Work], AUTHORSHIP),
        relation("acquisition", &[Organization], &[Organization], ACQUISITION),
        relation("parent_child", &[Person], &[Person], FAMILY),
        relation("child_parent", &[Person], &[Person], FAMILY).inverse(),
    ]
}

/// A class of verbs that move something, and what they can move.
#[derive(Clone, Copy)]
struct Movement {
    name: &'static str,
    verbs: &'static [Verb],
    subject: &'static [Class],
}

const MOVEMENTS: [Movement; 7] = [
    Movement { name: "transport", verbs: verbs::TRANSPORT, subject: &[Artifact, Substance, Container] },
    Movement { name: "throwing", verbs: verbs::THROWING, subject: &[Artifact, Component, Container] },
    Movement { name: "pulling", verbs: verbs::PULLING, subject: &[Artifact, Container, Animal] },
    Movement { name: "guidance", verbs: verbs::GUIDANCE, subject: &[Person, Animal] },
    Movement { name: "pumping", verbs: verbs::PUMPING, subject: &[Substance] },
    Movement { name: "pursuit", verbs: verbs::PURSUIT, subject: &[Person, Animal] },
    Movement { name: "smuggling", verbs: verbs::SMUGGLING, subject: &[Artifact, Substance, Work] },
];

/// Prepositions and what can follow them. Their number and that of the movements are coprime.
const PATHS: [(&[&str], &[Class]); 8] = [
    (&["to"], &[Place, Landmark]),
    (&["from"], &[Place, Landmark]),
    (&["through"], &[Place, Landmark]),
    (&["behind"], &[Landmark]),
    (&["past"], &[Place, Landmark]),
    (&["over"], &[Landmark]),
    (&["around"], &[Place, Landmark]),
    (&["under"], &[Landmark]),
];

/// The inventory's first `count` relations, at most 68. Which movement goes with which
/// preposition first depends on `stream`; a few relations already cover most movements and prepositions.
pub(super) fn inventory(count: usize, stream: &mut Stream) -> Vec<Relation> {
    let mut movements: Vec<usize> = (0..MOVEMENTS.len()).collect();
    let mut paths: Vec<usize> = (0..PATHS.len()).collect();
    stream.shuffle(&mut movements);
    stream.shuffle(&mut paths);
    let pairs = (0..MOVEMENTS.len() * PATHS.len())
        .map(|index| (movements[index % movements.len()], paths[index % paths.len()]));
    let composed = pairs.map(|(movement, path)| {
        let Movement { name, verbs, subject } = MOVEMENTS[movement];
        let (prepositions, object) = PATHS[path];
        let frames = Cow::Owned(vec![forward(Transfer(verbs, prepositions))]);
        let name = format!("{name}_{}", prepositions[0]);
        Relation { name, subject, object, frames, inverse: false }
    });
    common().into_iter().chain(composed).take(count).collect()
}
