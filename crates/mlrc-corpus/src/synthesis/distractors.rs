//! Material around and between the arguments that does not state their relation.
//!
//! The sentence's length is a budget: distractors are added until it is spent. The difficulty decides their
//! nature, from harmless adverbials at the edges to clauses between the arguments that state other relations.

use super::grammar::{Grammar, Referent, enclosed, prepositional};
use super::lexicon::{Class, pick};
use super::phrase::{Argument, Phrase};
use super::relations::{Frame, Relation};
use super::{verbs, words};

/// A distractor adds about twice as many words; stopping this early keeps the mean length on target.
const HALF_A_DISTRACTOR: usize = 4;
/// With fewer words than this to go, no clause is added if something shorter is available.
const ROOM_FOR_A_CLAUSE: usize = 9;

/// What can be added to a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distractor {
    Time,
    Place,
    Adverb,
    Source,
    Saying,
    Subordinate,
    Coordinate,
}

use Distractor::{Adverb, Coordinate, Place, Saying, Source, Subordinate, Time};

impl<'l> Grammar<'l> {
    /// Adds distractors to `clause` until it has about `length` words.
    pub fn distract(&mut self, mut clause: Phrase<'l>, length: usize, relations: &[Relation]) -> Phrase<'l> {
        let mut bare_arguments = vec![Argument::Subject, Argument::Object];
        let mut unused = vec![Time, Place, Adverb, Source, Saying, Subordinate, Subordinate, Coordinate];
        while clause.len() + HALF_A_DISTRACTOR <= length {
            if !bare_arguments.is_empty() && self.chance(0.1 + 0.5 * self.difficulty) {
                let argument = bare_arguments.swap_remove(self.stream.below(bare_arguments.len()));
                self.modify(&mut clause, argument, relations);
            } else {
                let kind = self.next_distractor(&mut unused, length - clause.len());
                clause = self.extend(clause, kind, relations);
            }
        }
        clause
    }

    /// Takes one of `unused` that fits into `room` words; when all are used up, clauses can always be added.
    fn next_distractor(&mut self, unused: &mut Vec<Distractor>, room: usize) -> Distractor {
        let is_short = |kind: &Distractor| matches!(kind, Time | Place | Adverb | Source);
        let fitting: Vec<usize> = (0..unused.len())
            .filter(|&index| room >= ROOM_FOR_A_CLAUSE || is_short(&unused[index]))
            .collect();
        if fitting.is_empty() { Coordinate } else { unused.swap_remove(self.choose(&fitting)) }
    }

    fn extend(&mut self, clause: Phrase<'l>, kind: Distractor, relations: &[Relation]) -> Phrase<'l> {
        match kind {
            Time => {
                let (deprel, time) = self.time();
                self.edge(clause, deprel, time)
            }
            Place => {
                let place = prepositional("in", self.place_name());
                self.edge(clause, "nmod", place)
            }
            Adverb => {
                let adverb = Phrase::new(self.choose(words::ADVERBS), "RB");
                match (can_open(&clause), clause.is_verb()) {
                    (_, true) if self.chance(0.6) => clause.directly_before("advmod", adverb),
                    (true, _) => front(clause, "advmod", adverb),
                    _ => clause,
                }
            }
            Source => {
                let source = self.agent();
                let according = Phrase::new("according", "VBG").after("mwe", Phrase::new("to", "TO"));
                let according = source.before("case", according);
                if can_open(&clause) && self.chance(0.5) {
                    front(clause, "nmod", according)
                } else {
                    clause.comma_after().after("nmod", according).comma_after()
                }
            }
            Saying if can_open(&clause) => {
                let speaker = self.agent();
                self.reported(speaker, clause)
            }
            Subordinate => {
                let other = self.aside(relations);
                self.subordinate(clause, other)
            }
            Saying | Coordinate => {
                let other = self.aside(relations);
                self.coordinate(clause, other)
            }
        }
    }

    /// An adverbial at the beginning or the end.
    fn edge(&mut self, clause: Phrase<'l>, deprel: &'static str, adverbial: Phrase<'l>) -> Phrase<'l> {
        if can_open(&clause) && self.chance(0.5) {
            front(clause, deprel, adverbial)
        } else {
            clause.after(deprel, adverbial)
        }
    }

    /// A clause about other things; the harder the corpus, the more often it states some relation.
    fn aside(&mut self, relations: &[Relation]) -> Phrase<'l> {
        if self.chance(self.difficulty) {
            let relation = &relations[self.stream.below(relations.len())];
            let arguments = self.arguments(relation);
            return self.statement(relation, arguments);
        }
        let class = self.choose(&Class::ALL);
        let noun = self.noun_phrase(Referent::new(class));
        self.host(noun)
    }

    /// "`speaker` said that `clause`".
    pub fn reported(&mut self, speaker: Phrase<'l>, clause: Phrase<'l>) -> Phrase<'l> {
        let verb = self.pick_verb(verbs::SAYING);
        let clause = clause.before("mark", Phrase::new("that", "IN"));
        self.finite(verb, speaker).after("ccomp", clause)
    }

    /// `clause`, and `other`.
    pub fn coordinate(&mut self, clause: Phrase<'l>, other: Phrase<'l>) -> Phrase<'l> {
        let conjunction = Phrase::new(self.choose(&["and", "and", "but"]), "CC");
        clause.comma_after().after("cc", conjunction).after("conj", other)
    }

    /// "Although `other`, `clause`", or "`clause` although `other`", if `other` begins with its subject.
    pub fn subordinate(&mut self, clause: Phrase<'l>, other: Phrase<'l>) -> Phrase<'l> {
        if !can_open(&other) || is_cleft(&other) {
            return self.coordinate(clause, other);
        }
        let mark = self.choose(&["although", "while", "because", "before", "after"]);
        let other = other.before("mark", Phrase::new(mark, "IN"));
        if can_open(&clause) && self.chance(0.4) {
            return front(clause, "advcl", other.comma_after());
        }
        let clause = if matches!(mark, "although" | "while") { clause.comma_after() } else { clause };
        clause.after("advcl", other)
    }

    /// Attaches a modifier to the argument, if its position allows one.
    fn modify(&mut self, clause: &mut Phrase<'l>, argument: Argument, relations: &[Relation]) {
        let Some(noun) = clause.find_mut(argument) else {
            return;
        };
        let open = matches!(noun.deprel, "nsubj" | "nsubjpass" | "dobj" | "nmod");
        if open && noun.ends_with_head() {
            let bare = std::mem::replace(noun, Phrase::new("", ""));
            *noun = self.modified(bare, relations);
        }
    }

    fn modified(&mut self, noun: Phrase<'l>, relations: &[Relation]) -> Phrase<'l> {
        let class = noun.class.unwrap_or(Class::Artifact);
        let is_object = matches!(noun.deprel, "dobj" | "nmod");
        match self.stream.below(4) {
            0 if class == Class::Person && noun.is_name() => {
                let role = self.role();
                enclosed(noun, "appos", role, true)
            }
            1 if is_object => {
                let other = self.noun_phrase(Referent::new(class));
                noun.after("cc", Phrase::new("and", "CC")).after("conj", other)
            }
            2 if !noun.is_name() && class != Class::Condition => {
                let place = self.place_name();
                noun.after("nmod", prepositional("near", place))
            }
            _ => self.relative_aside(noun, class, relations),
        }
    }

    /// "A doctor", "a doctor from Port Velmouth".
    fn role(&mut self) -> Phrase<'l> {
        let role = Phrase::new(pick(&mut self.stream, words::PERSONS).singular, "NN");
        let role = role.before("det", Phrase::new("a", "DT"));
        if self.chance(0.5) {
            return role;
        }
        let place = self.place_name();
        role.after("nmod", prepositional("from", place))
    }

    /// `noun` with a relative clause that relates it to something else.
    fn relative_aside(&mut self, noun: Phrase<'l>, class: Class, relations: &[Relation]) -> Phrase<'l> {
        if self.chance(self.difficulty)
            && let Some((frame, other)) = self.other_role(class, relations)
        {
            let other = self.noun_phrase(Referent::new(other));
            return self.relative_of(noun, frame, other);
        }
        let observer = self.noun_phrase(Referent::new(Class::Person));
        let verb = self.pick_verb(verbs::NEUTRAL);
        let clause = self.finite(verb, observer);
        self.object_relative(noun, None, clause)
    }

    /// A frame of some relation whose A may be of `class`, with a class for its B.
    fn other_role(&mut self, class: Class, relations: &[Relation]) -> Option<(Frame, Class)> {
        let fitting: Vec<(Frame, &'static [Class])> = relations
            .iter()
            .flat_map(|relation| relation.frames.iter().map(move |frame| (relation, *frame)))
            .filter(|(_, frame)| frame.means.is_verbal())
            .map(|(relation, frame)| (frame, relation.sides(frame)))
            .filter(|(_, (first, _))| first.contains(&class))
            .map(|(frame, (_, second))| (frame, second))
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let (frame, classes) = self.choose(&fitting);
        Some((frame, self.choose(classes)))
    }
}

/// Whether the clause begins with its subject, so that something can be put in front of it.
fn can_open(clause: &Phrase<'_>) -> bool {
    clause.opening().is_some_and(|opening| matches!(opening.deprel, "nsubj" | "nsubjpass"))
}

/// Whether the clause is of the kind "it was ... that".
fn is_cleft(clause: &Phrase<'_>) -> bool {
    clause.opening().is_some_and(|opening| opening.word == "it")
}

fn front<'l>(clause: Phrase<'l>, deprel: &'static str, adverbial: Phrase<'l>) -> Phrase<'l> {
    clause.comma_before().before(deprel, adverbial)
}
