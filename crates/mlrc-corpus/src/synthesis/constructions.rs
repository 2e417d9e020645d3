//! How a frame becomes a clause. Every relation whose frames have the same [`Means`] shares these
//! constructions.

use super::grammar::{Grammar, Referent, enclosed, participle, possessive, prepositional};
use super::lexicon::Class;
use super::phrase::Phrase;
use super::relations::{Article, Frame, Means, Relation};
use super::verbs::{self, Verb};

/// A shape of clause, written with A and B for the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Construction {
    /// "A founded B."
    Active,
    /// "B was founded by A."
    Passive,
    /// "A, who founded B, ..."
    SubjectRelative,
    /// "B, which A founded, ..."
    ObjectRelative,
    /// "B founded by A ...", "A working for B ..."
    Reduced,
    /// "After founding B, A ..."
    Participial,
    /// "It was A that founded B."
    Cleft,
    /// "A seemed to found B."
    Control,
    /// "The foundation of B by A ..."
    Nominalised,
    /// "To B, someone shipped A."
    Fronted,
    /// "A is the founder of B."
    Copular,
    /// "A, the founder of B, ..."
    Apposition,
    /// "The founder of B, A, ..."
    InvertedApposition,
    /// "B's founder, A, ..."
    Possessive,
    /// "A was B's founder."
    PossessiveCopular,
    /// "The A in B ..."
    Attributive,
}

use Construction::{
    Active, Apposition, Attributive, Cleft, Control, Copular, Fronted, InvertedApposition, Nominalised,
    ObjectRelative, Participial, Passive, Possessive, PossessiveCopular, Reduced, SubjectRelative,
};

impl Means {
    fn constructions(&self) -> &'static [Construction] {
        match self {
            Self::Transitive(_) => &[
                Active,
                Passive,
                SubjectRelative,
                ObjectRelative,
                Reduced,
                Participial,
                Cleft,
                Control,
                Nominalised,
            ],
            Self::Oblique(..) => {
                &[Active, SubjectRelative, ObjectRelative, Reduced, Participial, Cleft, Control]
            }
            Self::Transfer(..) => {
                &[Active, Passive, SubjectRelative, ObjectRelative, Reduced, Fronted, Cleft, Nominalised]
            }
            Self::State(..) => &[Passive, SubjectRelative, ObjectRelative, Reduced, Fronted, Cleft],
            Self::Relational(..) => &[Copular, Apposition, InvertedApposition, Possessive, PossessiveCopular],
            Self::Preposition(_) => &[Attributive, Copular],
            Self::Genitive => &[Possessive, Attributive],
        }
    }
}

/// The arguments of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arguments {
    pub subject: Referent,
    pub object: Referent,
}

impl<'l> Grammar<'l> {
    /// Unmarked arguments for `relation`.
    pub fn arguments(&mut self, relation: &Relation) -> Arguments {
        let (subject, object) = (self.choose(relation.subject), self.choose(relation.object));
        Arguments { subject: Referent::new(subject), object: Referent::new(object) }
    }

    /// A clause that states `relation` between the arguments.
    pub fn statement(&mut self, relation: &Relation, arguments: Arguments) -> Phrase<'l> {
        let frame = self.choose(&relation.frames);
        self.realise(frame, relation.inverse, arguments)
    }

    /// A clause made with `frame`, whose roles are exchanged if `inverse`.
    pub fn realise(&mut self, frame: Frame, inverse: bool, arguments: Arguments) -> Phrase<'l> {
        let construction = self.choose(frame.means.constructions());
        let Arguments { subject, object } = arguments;
        let (first, second) = if frame.reversed == inverse { (subject, object) } else { (object, subject) };
        // "The father of", "Malden's father": one person is not several fathers.
        let singular = matches!(frame.means, Means::Relational(..));
        let a = self.noun_phrase(Referent { singular: first.singular || singular, ..first });
        let b = self.noun_phrase(Referent { singular: second.singular || singular, ..second });
        match frame.means {
            Means::Transitive(verbs) => self.transitive(construction, verbs, a, b),
            Means::Oblique(verbs, prepositions) => {
                let (verb, preposition) = (self.pick_verb(verbs), self.choose(prepositions));
                self.predication(construction, verb, Some(preposition), a, b)
            }
            Means::Transfer(verbs, prepositions) => {
                let (verb, preposition) = (self.pick_verb(verbs), self.choose(prepositions));
                let agent = Some(self.agent());
                self.transfer(construction, verb, preposition, Roles { agent, theme: a, place: b })
            }
            Means::State(verbs, prepositions) => {
                let (verb, preposition) = (self.pick_verb(verbs), self.choose(prepositions));
                self.transfer(construction, verb, preposition, Roles { agent: None, theme: a, place: b })
            }
            Means::Relational(nouns, article) => {
                let noun = Phrase::new(self.pick(nouns), "NN").of_class(first.class);
                self.relational(construction, noun, article, a, b)
            }
            Means::Preposition(prepositions) => {
                let b = prepositional(self.choose(prepositions), b);
                match construction {
                    Copular => self.copular(a, b),
                    _ => self.host(a.after("nmod", b)),
                }
            }
            Means::Genitive => match construction {
                Possessive => self.host(possessive(a, b)),
                _ => self.host(b.after("nmod", prepositional("of", a))),
            },
        }
    }

    fn transitive(
        &mut self,
        construction: Construction,
        verbs: &'static [Verb],
        a: Phrase<'l>,
        b: Phrase<'l>,
    ) -> Phrase<'l> {
        let verb = self.pick_verb(verbs);
        match construction {
            Passive => {
                let plural = b.is_plural();
                self.passive(verb, b, plural).after("nmod", prepositional("by", a))
            }
            Reduced => {
                let commas = b.is_name();
                let modifier = participle(verb).after("nmod", prepositional("by", a));
                self.host(enclosed(b, "acl", modifier, commas))
            }
            // If the verb has no separate noun for the act, the active voice reads better.
            Nominalised if verb.act != verb.gerund => {
                let act = act(verb).after("nmod", prepositional("of", b));
                self.host(act.after("nmod", prepositional("by", a)))
            }
            _ => self.predication(construction, verb, None, a, b),
        }
    }

    /// Constructions that keep the verb in the active voice; B is its object, or the preposition's.
    fn predication(
        &mut self,
        construction: Construction,
        verb: &'static Verb,
        preposition: Option<&'static str>,
        a: Phrase<'l>,
        b: Phrase<'l>,
    ) -> Phrase<'l> {
        match construction {
            SubjectRelative => {
                let noun = self.subject_relative(a, |grammar, pronoun| {
                    complement(grammar.finite(verb, pronoun), preposition, b)
                });
                self.host(noun)
            }
            ObjectRelative => {
                let clause = self.finite(verb, a);
                let noun = self.object_relative(b, preposition, clause);
                self.host(noun)
            }
            Reduced => {
                let commas = a.is_name();
                let modifier = complement(Phrase::new(verb.gerund, "VBG"), preposition, b);
                self.host(enclosed(a, "acl", modifier, commas))
            }
            Participial => {
                let mut adjunct = complement(Phrase::new(verb.gerund, "VBG"), preposition, b);
                if self.chance(0.6) {
                    let mark = self.choose(&["after", "before", "while", "since"]);
                    adjunct = adjunct.before("mark", Phrase::new(mark, "IN"));
                }
                self.host_subject(a).comma_before().before("advcl", adjunct)
            }
            Cleft => {
                let pronoun = match a.class {
                    Some(Class::Person) => Phrase::new("who", "WP"),
                    _ => Phrase::new("that", "WDT"),
                };
                let clause = complement(self.finite(verb, pronoun), preposition, b);
                cleft(a, clause)
            }
            Control => {
                let infinitive = Phrase::new(verb.base, "VB").before("mark", Phrase::new("to", "TO"));
                let control = self.pick_verb(verbs::CONTROL);
                self.finite(control, a).after("xcomp", complement(infinitive, preposition, b))
            }
            _ => complement(self.finite(verb, a), preposition, b),
        }
    }

    /// Constructions in which something is moved to, or is at, a place, which follows `preposition`.
    fn transfer(
        &mut self,
        construction: Construction,
        verb: &'static Verb,
        preposition: &'static str,
        roles: Roles<'l>,
    ) -> Phrase<'l> {
        let Roles { agent, theme, place } = roles;
        let plural = theme.is_plural();
        match construction {
            Active => self.moving(verb, agent, theme).after("nmod", prepositional(preposition, place)),
            SubjectRelative => {
                let noun = self.subject_relative(theme, |grammar, pronoun| {
                    let clause = grammar.passive(verb, pronoun, plural);
                    clause.after("nmod", prepositional(preposition, place))
                });
                self.host(noun)
            }
            ObjectRelative => {
                let clause = self.moving(verb, agent, theme);
                let noun = self.object_relative(place, Some(preposition), clause);
                self.host(noun)
            }
            Reduced => {
                let commas = theme.is_name();
                let modifier = participle(verb).after("nmod", prepositional(preposition, place));
                self.host(enclosed(theme, "acl", modifier, commas))
            }
            Fronted => {
                let clause = self.moving(verb, agent, theme);
                clause.comma_before().before("nmod", prepositional(preposition, place))
            }
            Cleft => {
                let clause = self.moving(verb, agent, theme);
                let clause = clause.before("mark", Phrase::new("that", "IN"));
                cleft(prepositional(preposition, place), clause)
            }
            Nominalised => {
                let act = act(verb).after("nmod", prepositional("of", theme));
                self.host(act.after("nmod", prepositional(preposition, place)))
            }
            _ => {
                let mut clause = self.passive(verb, theme, plural);
                clause = clause.after("nmod", prepositional(preposition, place));
                match agent {
                    Some(agent) if self.chance(0.4) => clause.after("nmod", prepositional("by", agent)),
                    _ => clause,
                }
            }
        }
    }

    /// `noun` with a relative clause that relates it to `other` by `frame`, which must be verbal.
    pub fn relative_of(&mut self, noun: Phrase<'l>, frame: Frame, other: Phrase<'l>) -> Phrase<'l> {
        let plural = noun.is_plural();
        self.subject_relative(noun, |grammar, pronoun| match frame.means {
            Means::Transitive(verbs) => {
                let verb = grammar.pick_verb(verbs);
                complement(grammar.finite(verb, pronoun), None, other)
            }
            Means::Oblique(verbs, prepositions) => {
                let (verb, preposition) = (grammar.pick_verb(verbs), grammar.choose(prepositions));
                complement(grammar.finite(verb, pronoun), Some(preposition), other)
            }
            Means::Transfer(verbs, prepositions) | Means::State(verbs, prepositions) => {
                let (verb, preposition) = (grammar.pick_verb(verbs), grammar.choose(prepositions));
                complement(grammar.passive(verb, pronoun, plural), Some(preposition), other)
            }
            Means::Relational(..) | Means::Preposition(_) | Means::Genitive => pronoun,
        })
    }

    /// "`agent` shipped `theme`", or "`theme` was shipped" if the agent is not known.
    fn moving(&mut self, verb: &'static Verb, agent: Option<Phrase<'l>>, theme: Phrase<'l>) -> Phrase<'l> {
        if let Some(agent) = agent {
            self.finite(verb, agent).after("dobj", theme)
        } else {
            let plural = theme.is_plural();
            self.passive(verb, theme, plural)
        }
    }

    /// Constructions in which A is called B's `noun`.
    fn relational(
        &mut self,
        construction: Construction,
        noun: Phrase<'l>,
        article: Article,
        a: Phrase<'l>,
        b: Phrase<'l>,
    ) -> Phrase<'l> {
        let of = |noun: Phrase<'l>, b| {
            let article = if article == Article::Definite { "the" } else { "a" };
            noun.before("det", Phrase::new(article, "DT")).after("nmod", prepositional("of", b))
        };
        match construction {
            Apposition => self.host(enclosed(a, "appos", of(noun, b), true)),
            InvertedApposition => self.host(enclosed(of(noun, b), "appos", a, true)),
            Possessive => self.host(enclosed(possessive(b, noun), "appos", a, true)),
            PossessiveCopular => self.copular(a, possessive(b, noun)),
            _ => self.copular(a, of(noun, b)),
        }
    }
}

/// The participants of a transfer.
struct Roles<'l> {
    agent: Option<Phrase<'l>>,
    theme: Phrase<'l>,
    place: Phrase<'l>,
}

fn complement<'l>(verb: Phrase<'l>, preposition: Option<&'static str>, object: Phrase<'l>) -> Phrase<'l> {
    match preposition {
        Some(preposition) => verb.after("nmod", prepositional(preposition, object)),
        None => verb.after("dobj", object),
    }
}

/// "The shipment".
fn act<'l>(verb: &'static Verb) -> Phrase<'l> {
    Phrase::new(verb.act, "NN").of_class(Class::Event).before("det", Phrase::new("the", "DT"))
}

/// "It was `focus` `clause`".
fn cleft<'l>(focus: Phrase<'l>, clause: Phrase<'l>) -> Phrase<'l> {
    let focus = focus.before("cop", Phrase::new("was", "VBD"));
    focus.before("nsubj", Phrase::new("it", "PRP")).after("acl:relcl", clause)
}
