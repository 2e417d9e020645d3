//! The verbs, by meaning.

/// The forms of a verb.
#[derive(Debug, PartialEq)]
pub(super) struct Verb {
    pub base: &'static str,
    pub past: &'static str,
    pub participle: &'static str,
    pub gerund: &'static str,
    /// The noun for the act, as in "the *shipment* of".
    pub act: &'static str,
}

const fn verb(forms: [&'static str; 4], act: &'static str) -> Verb {
    let [base, past, participle, gerund] = forms;
    Verb { base, past, participle, gerund, act }
}

/// What causes do to effects.
#[rustfmt::skip]
pub(super) const CAUSING: &[Verb] = &[
    verb(["cause", "caused", "caused", "causing"], "causing"),
    verb(["trigger", "triggered", "triggered", "triggering"], "triggering"),
    verb(["provoke", "provoked", "provoked", "provoking"], "provoking"),
    verb(["induce", "induced", "induced", "inducing"], "inducing"),
    verb(["generate", "generated", "generated", "generating"], "generating"),
    verb(["produce", "produced", "produced", "producing"], "producing"),
    verb(["create", "created", "created", "creating"], "creating"),
    verb(["prompt", "prompted", "prompted", "prompting"], "prompting"),
];

/// As in "lead to".
#[rustfmt::skip]
pub(super) const LEADING_TO: &[Verb] = &[
    verb(["lead", "led", "led", "leading"], "leading"),
    verb(["contribute", "contributed", "contributed", "contributing"], "contributing"),
];

/// As in "result from".
#[rustfmt::skip]
pub(super) const RESULTING: &[Verb] = &[
    verb(["result", "resulted", "resulted", "resulting"], "resulting"),
    verb(["stem", "stemmed", "stemmed", "stemming"], "stemming"),
    verb(["follow", "followed", "followed", "following"], "following"),
    verb(["arise", "arose", "arisen", "arising"], "arising"),
    verb(["originate", "originated", "originated", "originating"], "originating"),
    verb(["emerge", "emerged", "emerged", "emerging"], "emerging"),
];

/// What wholes do to their parts.
#[rustfmt::skip]
pub(super) const INCLUDING: &[Verb] = &[
    verb(["include", "included", "included", "including"], "including"),
    verb(["comprise", "comprised", "comprised", "comprising"], "comprising"),
    verb(["incorporate", "incorporated", "incorporated", "incorporating"], "incorporating"),
    verb(["feature", "featured", "featured", "featuring"], "featuring"),
    verb(["contain", "contained", "contained", "containing"], "containing"),
    verb(["possess", "possessed", "possessed", "possessing"], "possessing"),
];

/// As in "belong to".
#[rustfmt::skip]
pub(super) const BELONGING: &[Verb] = &[
    verb(["belong", "belonged", "belonged", "belonging"], "belonging"),
];

/// What containers do to their content.
#[rustfmt::skip]
pub(super) const HOLDING: &[Verb] = &[
    verb(["hold", "held", "held", "holding"], "holding"),
    verb(["contain", "contained", "contained", "containing"], "containing"),
    verb(["enclose", "enclosed", "enclosed", "enclosing"], "enclosing"),
    verb(["conceal", "concealed", "concealed", "concealing"], "concealing"),
    verb(["house", "housed", "housed", "housing"], "housing"),
    verb(["protect", "protected", "protected", "protecting"], "protecting"),
];

/// Putting into a container.
#[rustfmt::skip]
pub(super) const STORING: &[Verb] = &[
    verb(["store", "stored", "stored", "storing"], "storage"),
    verb(["place", "placed", "placed", "placing"], "placement"),
    verb(["pack", "packed", "packed", "packing"], "packing"),
    verb(["hide", "hid", "hidden", "hiding"], "hiding"),
    verb(["keep", "kept", "kept", "keeping"], "keeping"),
    verb(["stow", "stowed", "stowed", "stowing"], "stowing"),
    verb(["seal", "sealed", "sealed", "sealing"], "sealing"),
    verb(["stash", "stashed", "stashed", "stashing"], "stashing"),
];

/// Being in a container.
#[rustfmt::skip]
pub(super) const LYING: &[Verb] = &[
    verb(["lie", "lay", "lain", "lying"], "lying"),
    verb(["rest", "rested", "rested", "resting"], "resting"),
    verb(["sit", "sat", "sat", "sitting"], "sitting"),
    verb(["remain", "remained", "remained", "remaining"], "remaining"),
];

/// Being employed.
#[rustfmt::skip]
pub(super) const WORKING: &[Verb] = &[
    verb(["work", "worked", "worked", "working"], "working"),
    verb(["labour", "laboured", "laboured", "labouring"], "labouring"),
    verb(["toil", "toiled", "toiled", "toiling"], "toiling"),
];

/// What employers do.
#[rustfmt::skip]
pub(super) const HIRING: &[Verb] = &[
    verb(["hire", "hired", "hired", "hiring"], "hiring"),
    verb(["employ", "employed", "employed", "employing"], "employment"),
    verb(["recruit", "recruited", "recruited", "recruiting"], "recruitment"),
    verb(["appoint", "appointed", "appointed", "appointing"], "appointment"),
    verb(["engage", "engaged", "engaged", "engaging"], "engagement"),
    verb(["sign", "signed", "signed", "signing"], "signing"),
];

/// Bringing an organisation into being.
#[rustfmt::skip]
pub(super) const FOUNDING: &[Verb] = &[
    verb(["found", "founded", "founded", "founding"], "founding"),
    verb(["establish", "established", "established", "establishing"], "establishment"),
    verb(["create", "created", "created", "creating"], "creation"),
    verb(["launch", "launched", "launched", "launching"], "launch"),
    verb(["start", "started", "started", "starting"], "starting"),
    verb(["form", "formed", "formed", "forming"], "formation"),
    verb(["organise", "organised", "organised", "organising"], "organising"),
];

/// Being born.
#[rustfmt::skip]
pub(super) const BIRTH: &[Verb] = &[
    verb(["bear", "bore", "born", "bearing"], "birth"),
    verb(["christen", "christened", "christened", "christening"], "christening"),
    verb(["baptise", "baptised", "baptised", "baptising"], "baptising"),
];

/// As in "come from".
#[rustfmt::skip]
pub(super) const COMING: &[Verb] = &[
    verb(["come", "came", "come", "coming"], "coming"),
    verb(["hail", "hailed", "hailed", "hailing"], "hailing"),
    verb(["originate", "originated", "originated", "originating"], "originating"),
];

/// As in "live in".
#[rustfmt::skip]
pub(super) const LIVING: &[Verb] = &[
    verb(["live", "lived", "lived", "living"], "living"),
    verb(["reside", "resided", "resided", "residing"], "residing"),
    verb(["dwell", "dwelt", "dwelt", "dwelling"], "dwelling"),
    verb(["settle", "settled", "settled", "settling"], "settling"),
    verb(["lodge", "lodged", "lodged", "lodging"], "lodging"),
];

/// What residents do to places.
#[rustfmt::skip]
pub(super) const INHABITING: &[Verb] = &[
    verb(["inhabit", "inhabited", "inhabited", "inhabiting"], "habitation"),
    verb(["populate", "populated", "populated", "populating"], "settlement"),
    verb(["occupy", "occupied", "occupied", "occupying"], "occupation"),
];

/// Where organisations are.
#[rustfmt::skip]
pub(super) const BASING: &[Verb] = &[
    verb(["base", "based", "based", "basing"], "basing"),
    verb(["headquarter", "headquartered", "headquartered", "headquartering"], "headquartering"),
    verb(["locate", "located", "located", "locating"], "locating"),
    verb(["house", "housed", "housed", "housing"], "housing"),
    verb(["register", "registered", "registered", "registering"], "registration"),
    verb(["incorporate", "incorporated", "incorporated", "incorporating"], "incorporating"),
];

/// As in "operate from".
#[rustfmt::skip]
pub(super) const OPERATING: &[Verb] = &[
    verb(["operate", "operated", "operated", "operating"], "operating"),
    verb(["trade", "traded", "traded", "trading"], "trading"),
    verb(["work", "worked", "worked", "working"], "working"),
];

/// Making works.
#[rustfmt::skip]
pub(super) const WRITING: &[Verb] = &[
    verb(["write", "wrote", "written", "writing"], "writing"),
    verb(["compose", "composed", "composed", "composing"], "composition"),
    verb(["pen", "penned", "penned", "penning"], "penning"),
    verb(["draft", "drafted", "drafted", "drafting"], "drafting"),
    verb(["create", "created", "created", "creating"], "creation"),
    verb(["dictate", "dictated", "dictated", "dictating"], "dictating"),
    verb(["finish", "finished", "finished", "finishing"], "completion"),
];

/// What buyers do.
#[rustfmt::skip]
pub(super) const BUYING: &[Verb] = &[
    verb(["acquire", "acquired", "acquired", "acquiring"], "acquisition"),
    verb(["buy", "bought", "bought", "buying"], "purchase"),
    verb(["purchase", "purchased", "purchased", "purchasing"], "purchase"),
    verb(["absorb", "absorbed", "absorbed", "absorbing"], "absorption"),
    verb(["swallow", "swallowed", "swallowed", "swallowing"], "swallowing"),
    verb(["annex", "annexed", "annexed", "annexing"], "annexing"),
    verb(["control", "controlled", "controlled", "controlling"], "control"),
];

/// What parents do.
#[rustfmt::skip]
pub(super) const RAISING: &[Verb] = &[
    verb(["raise", "raised", "raised", "raising"], "raising"),
    verb(["rear", "reared", "reared", "rearing"], "rearing"),
    verb(["adopt", "adopted", "adopted", "adopting"], "adoption"),
    verb(["foster", "fostered", "fostered", "fostering"], "fostering"),
    verb(["father", "fathered", "fathered", "fathering"], "fathering"),
];

/// As in "descend from".
#[rustfmt::skip]
pub(super) const DESCENDING: &[Verb] = &[
    verb(["descend", "descended", "descended", "descending"], "descending"),
];

/// Taking goods somewhere.
#[rustfmt::skip]
pub(super) const TRANSPORT: &[Verb] = &[
    verb(["ship", "shipped", "shipped", "shipping"], "shipment"),
    verb(["carry", "carried", "carried", "carrying"], "carrying"),
    verb(["haul", "hauled", "hauled", "hauling"], "hauling"),
    verb(["ferry", "ferried", "ferried", "ferrying"], "ferrying"),
    verb(["deliver", "delivered", "delivered", "delivering"], "delivery"),
    verb(["transport", "transported", "transported", "transporting"], "transport"),
    verb(["convey", "conveyed", "conveyed", "conveying"], "conveying"),
    verb(["truck", "trucked", "trucked", "trucking"], "trucking"),
];

/// Sending through the air.
#[rustfmt::skip]
pub(super) const THROWING: &[Verb] = &[
    verb(["throw", "threw", "thrown", "throwing"], "throwing"),
    verb(["toss", "tossed", "tossed", "tossing"], "tossing"),
    verb(["fling", "flung", "flung", "flinging"], "flinging"),
    verb(["hurl", "hurled", "hurled", "hurling"], "hurling"),
    verb(["launch", "launched", "launched", "launching"], "launch"),
    verb(["catapult", "catapulted", "catapulted", "catapulting"], "catapulting"),
    verb(["lob", "lobbed", "lobbed", "lobbing"], "lobbing"),
    verb(["pitch", "pitched", "pitched", "pitching"], "pitching"),
];

/// Moving by force.
#[rustfmt::skip]
pub(super) const PULLING: &[Verb] = &[
    verb(["pull", "pulled", "pulled", "pulling"], "pulling"),
    verb(["drag", "dragged", "dragged", "dragging"], "dragging"),
    verb(["tow", "towed", "towed", "towing"], "towing"),
    verb(["tug", "tugged", "tugged", "tugging"], "tugging"),
    verb(["heave", "heaved", "heaved", "heaving"], "heaving"),
    verb(["lug", "lugged", "lugged", "lugging"], "lugging"),
    verb(["wrench", "wrenched", "wrenched", "wrenching"], "wrenching"),
];

/// Showing the way.
#[rustfmt::skip]
pub(super) const GUIDANCE: &[Verb] = &[
    verb(["guide", "guided", "guided", "guiding"], "guidance"),
    verb(["lead", "led", "led", "leading"], "leading"),
    verb(["escort", "escorted", "escorted", "escorting"], "escorting"),
    verb(["usher", "ushered", "ushered", "ushering"], "ushering"),
    verb(["steer", "steered", "steered", "steering"], "steering"),
    verb(["accompany", "accompanied", "accompanied", "accompanying"], "accompanying"),
    verb(["shepherd", "shepherded", "shepherded", "shepherding"], "shepherding"),
];

/// Moving liquids and powders.
#[rustfmt::skip]
pub(super) const PUMPING: &[Verb] = &[
    verb(["pump", "pumped", "pumped", "pumping"], "pumping"),
    verb(["pour", "poured", "poured", "pouring"], "pouring"),
    verb(["drain", "drained", "drained", "draining"], "draining"),
    verb(["spill", "spilled", "spilled", "spilling"], "spilling"),
    verb(["spray", "sprayed", "sprayed", "spraying"], "spraying"),
    verb(["sluice", "sluiced", "sluiced", "sluicing"], "sluicing"),
    verb(["siphon", "siphoned", "siphoned", "siphoning"], "siphoning"),
];

/// Going after someone.
#[rustfmt::skip]
pub(super) const PURSUIT: &[Verb] = &[
    verb(["chase", "chased", "chased", "chasing"], "chasing"),
    verb(["follow", "followed", "followed", "following"], "following"),
    verb(["track", "tracked", "tracked", "tracking"], "tracking"),
    verb(["hunt", "hunted", "hunted", "hunting"], "hunting"),
    verb(["pursue", "pursued", "pursued", "pursuing"], "pursuit"),
    verb(["stalk", "stalked", "stalked", "stalking"], "stalking"),
    verb(["trail", "trailed", "trailed", "trailing"], "trailing"),
    verb(["shadow", "shadowed", "shadowed", "shadowing"], "shadowing"),
];

/// Moving in secret.
#[rustfmt::skip]
pub(super) const SMUGGLING: &[Verb] = &[
    verb(["smuggle", "smuggled", "smuggled", "smuggling"], "smuggling"),
    verb(["sneak", "sneaked", "sneaked", "sneaking"], "sneaking"),
    verb(["spirit", "spirited", "spirited", "spiriting"], "spiriting"),
    verb(["slip", "slipped", "slipped", "slipping"], "slipping"),
    verb(["traffic", "trafficked", "trafficked", "trafficking"], "trafficking"),
    verb(["steal", "stole", "stolen", "stealing"], "stealing"),
];

/// What people do to anything; expresses no relation.
#[rustfmt::skip]
pub(super) const NEUTRAL: &[Verb] = &[
    verb(["describe", "described", "described", "describing"], "description"),
    verb(["mention", "mentioned", "mentioned", "mentioning"], "mentioning"),
    verb(["discuss", "discussed", "discussed", "discussing"], "discussion"),
    verb(["study", "studied", "studied", "studying"], "studying"),
    verb(["notice", "noticed", "noticed", "noticing"], "noticing"),
    verb(["ignore", "ignored", "ignored", "ignoring"], "ignoring"),
    verb(["remember", "remembered", "remembered", "remembering"], "remembering"),
    verb(["investigate", "investigated", "investigated", "investigating"], "investigation"),
    verb(["watch", "watched", "watched", "watching"], "watching"),
    verb(["forget", "forgot", "forgotten", "forgetting"], "forgetting"),
    verb(["criticise", "criticised", "criticised", "criticising"], "criticising"),
    verb(["defend", "defended", "defended", "defending"], "defence"),
];

/// As in "complain about"; expresses no relation.
#[rustfmt::skip]
pub(super) const NEUTRAL_OBLIQUE: &[Verb] = &[
    verb(["complain", "complained", "complained", "complaining"], "complaining"),
    verb(["worry", "worried", "worried", "worrying"], "worrying"),
    verb(["joke", "joked", "joked", "joking"], "joking"),
    verb(["talk", "talked", "talked", "talking"], "talking"),
    verb(["ask", "asked", "asked", "asking"], "asking"),
    verb(["speak", "spoke", "spoken", "speaking"], "speaking"),
];

/// Verbs that take a clause.
#[rustfmt::skip]
pub(super) const SAYING: &[Verb] = &[
    verb(["say", "said", "said", "saying"], "saying"),
    verb(["report", "reported", "reported", "reporting"], "reporting"),
    verb(["claim", "claimed", "claimed", "claiming"], "claiming"),
    verb(["explain", "explained", "explained", "explaining"], "explaining"),
    verb(["announce", "announced", "announced", "announcing"], "announcing"),
    verb(["believe", "believed", "believed", "believing"], "believing"),
];

/// Verbs that take an infinitive without negating it.
#[rustfmt::skip]
pub(super) const CONTROL: &[Verb] = &[
    verb(["seem", "seemed", "seemed", "seeming"], "seeming"),
    verb(["appear", "appeared", "appeared", "appearing"], "appearing"),
    verb(["continue", "continued", "continued", "continuing"], "continuing"),
    verb(["begin", "began", "begun", "beginning"], "beginning"),
    verb(["happen", "happened", "happened", "happening"], "happening"),
];

/// What people do by themselves.
#[rustfmt::skip]
pub(super) const PERSON_ACTS: &[Verb] = &[
    verb(["resign", "resigned", "resigned", "resigning"], "resigning"),
    verb(["retire", "retired", "retired", "retiring"], "retiring"),
    verb(["wait", "waited", "waited", "waiting"], "waiting"),
    verb(["hesitate", "hesitated", "hesitated", "hesitating"], "hesitating"),
    verb(["smile", "smiled", "smiled", "smiling"], "smiling"),
    verb(["speak", "spoke", "spoken", "speaking"], "speaking"),
    verb(["listen", "listened", "listened", "listening"], "listening"),
    verb(["leave", "left", "left", "leaving"], "leaving"),
];

/// What organisations do by themselves.
#[rustfmt::skip]
pub(super) const ORGANIZATION_ACTS: &[Verb] = &[
    verb(["expand", "expanded", "expanded", "expanding"], "expanding"),
    verb(["collapse", "collapsed", "collapsed", "collapsing"], "collapsing"),
    verb(["struggle", "struggled", "struggled", "struggling"], "struggling"),
    verb(["grow", "grew", "grown", "growing"], "growing"),
    verb(["prosper", "prospered", "prospered", "prospering"], "prospering"),
    verb(["close", "closed", "closed", "closing"], "closing"),
];

/// What places do by themselves.
#[rustfmt::skip]
pub(super) const PLACE_ACTS: &[Verb] = &[
    verb(["change", "changed", "changed", "changing"], "changing"),
    verb(["prosper", "prospered", "prospered", "prospering"], "prospering"),
    verb(["decline", "declined", "declined", "declining"], "declining"),
    verb(["decay", "decayed", "decayed", "decaying"], "decaying"),
    verb(["survive", "survived", "survived", "surviving"], "surviving"),
    verb(["suffer", "suffered", "suffered", "suffering"], "suffering"),
];

/// What landmarks do by themselves.
#[rustfmt::skip]
pub(super) const LANDMARK_ACTS: &[Verb] = &[
    verb(["survive", "survived", "survived", "surviving"], "surviving"),
    verb(["decay", "decayed", "decayed", "decaying"], "decaying"),
    verb(["collapse", "collapsed", "collapsed", "collapsing"], "collapsing"),
    verb(["disappear", "disappeared", "disappeared", "disappearing"], "disappearing"),
];

/// What events and conditions do by themselves.
#[rustfmt::skip]
pub(super) const HAPPENING_ACTS: &[Verb] = &[
    verb(["end", "ended", "ended", "ending"], "ending"),
    verb(["continue", "continued", "continued", "continuing"], "continuing"),
    verb(["worsen", "worsened", "worsened", "worsening"], "worsening"),
    verb(["begin", "began", "begun", "beginning"], "beginning"),
    verb(["persist", "persisted", "persisted", "persisting"], "persisting"),
    verb(["return", "returned", "returned", "returning"], "returning"),
];

/// What things do by themselves.
#[rustfmt::skip]
pub(super) const THING_ACTS: &[Verb] = &[
    verb(["vanish", "vanished", "vanished", "vanishing"], "vanishing"),
    verb(["survive", "survived", "survived", "surviving"], "surviving"),
    verb(["arrive", "arrived", "arrived", "arriving"], "arriving"),
    verb(["reappear", "reappeared", "reappeared", "reappearing"], "reappearing"),
    verb(["disappear", "disappeared", "disappeared", "disappearing"], "disappearing"),
    verb(["remain", "remained", "remained", "remaining"], "remaining"),
];

/// What animals do by themselves.
#[rustfmt::skip]
pub(super) const ANIMAL_ACTS: &[Verb] = &[
    verb(["sleep", "slept", "slept", "sleeping"], "sleeping"),
    verb(["escape", "escaped", "escaped", "escaping"], "escaping"),
    verb(["graze", "grazed", "grazed", "grazing"], "grazing"),
    verb(["return", "returned", "returned", "returning"], "returning"),
    verb(["disappear", "disappeared", "disappeared", "disappearing"], "disappearing"),
    verb(["limp", "limped", "limped", "limping"], "limping"),
];

/// Every class, with its name.
#[rustfmt::skip]
pub(super) const CLASSES: &[(&str, &[Verb])] = &[
    ("causing", CAUSING),
    ("leading_to", LEADING_TO),
    ("resulting", RESULTING),
    ("including", INCLUDING),
    ("belonging", BELONGING),
    ("holding", HOLDING),
    ("storing", STORING),
    ("lying", LYING),
    ("working", WORKING),
    ("hiring", HIRING),
    ("founding", FOUNDING),
    ("birth", BIRTH),
    ("coming", COMING),
    ("living", LIVING),
    ("inhabiting", INHABITING),
    ("basing", BASING),
    ("operating", OPERATING),
    ("writing", WRITING),
    ("buying", BUYING),
    ("raising", RAISING),
    ("descending", DESCENDING),
    ("transport", TRANSPORT),
    ("throwing", THROWING),
    ("pulling", PULLING),
    ("guidance", GUIDANCE),
    ("pumping", PUMPING),
    ("pursuit", PURSUIT),
    ("smuggling", SMUGGLING),
    ("neutral", NEUTRAL),
    ("neutral_oblique", NEUTRAL_OBLIQUE),
    ("saying", SAYING),
    ("control", CONTROL),
    ("person_acts", PERSON_ACTS),
    ("organization_acts", ORGANIZATION_ACTS),
    ("place_acts", PLACE_ACTS),
    ("landmark_acts", LANDMARK_ACTS),
    ("happening_acts", HAPPENING_ACTS),
    ("thing_acts", THING_ACTS),
    ("animal_acts", ANIMAL_ACTS),
];
