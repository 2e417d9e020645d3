//! Noun phrases and simple clauses.

use super::lexicon::{Class, Lexicon, pick};
use super::phrase::{Argument, Phrase};
use super::verbs::{self, Verb};
use super::words;
use crate::random::Stream;

/// Builds the phrases of one sentence.
pub(super) struct Grammar<'l> {
    pub lexicon: &'l Lexicon,
    pub stream: Stream,
    /// From 0 (bare) to 1 (noisy).
    pub difficulty: f32,
}

/// What a noun phrase refers to, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Referent {
    pub class: Class,
    /// Which argument it is, if any.
    pub argument: Option<Argument>,
    pub singular: bool,
}

impl Referent {
    pub fn new(class: Class) -> Self {
        Self { class, argument: None, singular: false }
    }
}

impl<'l> Grammar<'l> {
    /// True with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.stream.unit() < probability
    }

    pub fn choose<T: Copy>(&mut self, items: &[T]) -> T {
        *self.stream.choose(items)
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        *pick(&mut self.stream, items)
    }

    pub fn pick_verb(&mut self, verbs: &'static [Verb]) -> &'static Verb {
        pick(&mut self.stream, verbs)
    }

    /// A noun phrase.
    pub fn noun_phrase(&mut self, referent: Referent) -> Phrase<'l> {
        let named = self.chance(referent.class.named_share());
        let phrase = if named { self.name(referent) } else { self.common(referent) };
        phrase.of_class(referent.class)
    }

    fn name(&mut self, referent: Referent) -> Phrase<'l> {
        let (core, needs_article) = match referent.class {
            Class::Person => (self.person_name(), false),
            Class::Organization => self.organization_name(),
            _ => (self.place_name(), false),
        };
        let core = marked(core, referent.argument);
        if needs_article { core.before("det", Phrase::new("the", "DT")) } else { core }
    }

    fn person_name(&mut self) -> Phrase<'l> {
        let surname = self.invented(&self.lexicon.surnames, "PERSON");
        if self.chance(0.25) {
            return surname;
        }
        surname.before("compound", self.invented(&self.lexicon.first_names, "PERSON"))
    }

    /// The name, and whether "the" comes before it.
    fn organization_name(&mut self) -> (Phrase<'l>, bool) {
        let kind = "ORGANIZATION";
        if self.chance(0.2) {
            let place = self.invented(&self.lexicon.places, kind);
            let place = place.before("case", Phrase::new("of", "IN").named(kind));
            return (proper(self.choose(words::ORGANIZATION_HEADS), kind).after("nmod", place), true);
        }
        let name = self.invented(&self.lexicon.organizations, kind);
        if self.chance(0.3) {
            return (name, false);
        }
        (proper(self.pick(words::ORGANIZATION_SUFFIXES), kind).before("compound", name), false)
    }

    pub fn place_name(&mut self) -> Phrase<'l> {
        let place = self.invented(&self.lexicon.places, "LOCATION");
        if self.chance(0.8) {
            return place;
        }
        place.before("compound", proper(self.choose(words::PLACE_PREFIXES), "LOCATION"))
    }

    fn invented(&mut self, names: &'l [String], ner: &'static str) -> Phrase<'l> {
        let name: &String = pick(&mut self.stream, names);
        proper(name, ner)
    }

    fn common(&mut self, referent: Referent) -> Phrase<'l> {
        let Referent { class, argument, singular } = referent;
        let word = pick(&mut self.stream, class.nouns());
        let mass = word.plural.is_empty();
        let plural = !mass && !singular && self.chance(class.plural_share());
        let mut core =
            if plural { Phrase::new(word.plural, "NNS") } else { Phrase::new(word.singular, "NN") };
        if class.is_made() && self.chance(0.25) {
            let material = self.choose(words::MATERIALS);
            if material != word.singular {
                core = core.before("compound", Phrase::new(material, "NN"));
            }
        }
        let mut phrase = marked(core, argument);
        if self.chance(0.15 + 0.3 * self.difficulty) {
            phrase = phrase.before("amod", Phrase::new(self.choose(class.adjectives()), "JJ"));
        }
        let articles: &[&str] = match (plural, mass) {
            (true, _) => &["the", "the", "some", "several", ""],
            (_, true) => &["the", "the", "some", ""],
            _ => &["the", "the", "a", "a", "this"],
        };
        match self.choose(articles) {
            "" => phrase,
            several @ "several" => phrase.before("amod", Phrase::new(several, "JJ")),
            article => phrase.before("det", Phrase::new(article, "DT")),
        }
    }

    /// A person or an organisation, as the agent of an act.
    pub fn agent(&mut self) -> Phrase<'l> {
        let class = if self.chance(0.75) { Class::Person } else { Class::Organization };
        self.noun_phrase(Referent::new(class))
    }

    /// A verb in the past or the pluperfect, with its subject.
    pub fn finite(&mut self, verb: &'static Verb, subject: Phrase<'l>) -> Phrase<'l> {
        let clause = if self.chance(0.85) {
            Phrase::new(verb.past, "VBD")
        } else {
            participle(verb).before("aux", Phrase::new("had", "VBD"))
        };
        clause.before("nsubj", subject)
    }

    /// A verb in the passive, with its subject.
    pub fn passive(&mut self, verb: &'static Verb, subject: Phrase<'l>, plural: bool) -> Phrase<'l> {
        let clause = if self.chance(0.2) {
            let been = participle(verb).before("auxpass", Phrase::new("been", "VBN"));
            been.before("aux", Phrase::new("had", "VBD"))
        } else {
            participle(verb).before("auxpass", was(plural))
        };
        clause.before("nsubjpass", subject)
    }

    /// "`subject` is `predicate`".
    pub fn copular(&mut self, subject: Phrase<'l>, predicate: Phrase<'l>) -> Phrase<'l> {
        let plural = subject.is_plural();
        let copula = match (self.chance(0.4), plural) {
            (false, _) => was(plural),
            (true, true) => Phrase::new("are", "VBP"),
            (true, false) => Phrase::new("is", "VBZ"),
        };
        predicate.before("cop", copula).before("nsubj", subject)
    }

    /// `noun` with a subject relative clause, which `clause` builds from the relative pronoun.
    pub fn subject_relative(
        &mut self,
        noun: Phrase<'l>,
        clause: impl FnOnce(&mut Self, Phrase<'l>) -> Phrase<'l>,
    ) -> Phrase<'l> {
        let commas = noun.is_name() || self.chance(0.3);
        let pronoun = match (noun.class, commas) {
            (Some(Class::Person), _) => Phrase::new("who", "WP"),
            (_, true) => Phrase::new("which", "WDT"),
            (_, false) => Phrase::new("that", "WDT"),
        };
        let clause = clause(self, pronoun);
        enclosed(noun, "acl:relcl", clause, commas)
    }

    /// `noun` with an object relative clause: "that", "whom", "which" or "`preposition` which", then
    /// `clause`.
    pub fn object_relative(
        &mut self,
        noun: Phrase<'l>,
        preposition: Option<&'static str>,
        clause: Phrase<'l>,
    ) -> Phrase<'l> {
        let commas = noun.is_name() || self.chance(0.3);
        let pronoun = match (noun.class, commas, preposition) {
            (_, false, None) => Phrase::new("that", "WDT"),
            (Some(Class::Person), ..) => Phrase::new("whom", "WP"),
            _ => Phrase::new("which", "WDT"),
        };
        let clause = match preposition {
            None => clause.before("dobj", pronoun),
            Some(preposition) => clause.before("nmod", prepositional(preposition, pronoun)),
        };
        enclosed(noun, "acl:relcl", clause, commas)
    }

    /// A main clause that says something unremarkable about `noun`.
    pub fn host(&mut self, noun: Phrase<'l>) -> Phrase<'l> {
        if self.chance(0.3) {
            let observer = self.noun_phrase(Referent::new(Class::Person));
            let verb = self.pick_verb(verbs::NEUTRAL);
            return self.finite(verb, observer).after("dobj", noun);
        }
        self.host_subject(noun)
    }

    /// The same with `noun` as the subject.
    pub fn host_subject(&mut self, noun: Phrase<'l>) -> Phrase<'l> {
        if self.chance(0.5) {
            return self.observed(noun);
        }
        let acts = noun.class.unwrap_or(Class::Event).acts();
        let verb = self.pick_verb(acts);
        self.finite(verb, noun)
    }

    /// "`noun` was noticed by someone".
    pub fn observed(&mut self, noun: Phrase<'l>) -> Phrase<'l> {
        let (verb, plural) = (self.pick_verb(verbs::NEUTRAL), noun.is_plural());
        let clause = self.passive(verb, noun, plural);
        let observer = self.noun_phrase(Referent::new(Class::Person));
        clause.after("nmod", prepositional("by", observer))
    }

    /// An expression of time, with the dependency relation by which to attach it.
    pub fn time(&mut self) -> (&'static str, Phrase<'l>) {
        let date = |word, pos| Phrase::new(word, pos).named("DATE");
        match self.stream.below(5) {
            0 => ("nmod", prepositional("in", date(self.choose(words::YEARS), "CD"))),
            1 => ("nmod", prepositional("on", date(self.choose(words::DAYS), "NNP"))),
            2 => {
                let month = date(self.choose(words::MONTHS), "NNP");
                let month = month.after("nummod", date(self.choose(words::YEARS), "CD"));
                ("nmod", prepositional("in", month))
            }
            3 => {
                let last = date("last", "JJ");
                ("nmod:tmod", date(self.choose(words::PERIODS), "NN").before("amod", last))
            }
            _ => {
                let unit = date(self.choose(&["years", "months"]), "NNS");
                let unit = unit.before("nummod", date(self.choose(words::NUMBERS), "CD"));
                ("advmod", date("ago", "RB").before("nmod:npmod", unit))
            }
        }
    }
}

fn proper<'l>(word: &'l str, ner: &'static str) -> Phrase<'l> {
    Phrase::new(word, "NNP").named(ner)
}

fn marked(phrase: Phrase<'_>, argument: Option<Argument>) -> Phrase<'_> {
    match argument {
        Some(argument) => phrase.mark(argument),
        None => phrase,
    }
}

fn was<'l>(plural: bool) -> Phrase<'l> {
    Phrase::new(if plural { "were" } else { "was" }, "VBD")
}

pub(super) fn participle<'l>(verb: &'static Verb) -> Phrase<'l> {
    Phrase::new(verb.participle, "VBN")
}

/// "`preposition` `noun`".
pub(super) fn prepositional<'l>(preposition: &'static str, noun: Phrase<'l>) -> Phrase<'l> {
    let pos = if preposition == "to" { "TO" } else { "IN" };
    noun.before("case", Phrase::new(preposition, pos))
}

/// `owner`'s `noun`, which loses its determiner.
pub(super) fn possessive<'l>(owner: Phrase<'l>, noun: Phrase<'l>) -> Phrase<'l> {
    let clitic = if owner.pos == "NNS" && owner.word.ends_with('s') { "'" } else { "'s" };
    let owner = owner.after("case", Phrase::new(clitic, "POS"));
    noun.without_determiner().before("nmod:poss", owner)
}

/// `noun` followed by a modifier, between commas if it does not restrict the noun.
pub(super) fn enclosed<'l>(
    noun: Phrase<'l>,
    deprel: &'static str,
    modifier: Phrase<'l>,
    commas: bool,
) -> Phrase<'l> {
    if commas {
        noun.comma_after().after(deprel, modifier).comma_after()
    } else {
        noun.after(deprel, modifier)
    }
}
