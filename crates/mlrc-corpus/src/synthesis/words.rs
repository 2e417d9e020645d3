//! The word lists: English nouns by class, adjectives, words of the grammar, and the syllables of invented
//! names. Verbs are in [`super::verbs`].

/// A noun in both numbers; the plural of a mass noun is empty.
#[derive(Debug)]
pub(super) struct Noun {
    pub singular: &'static str,
    pub plural: &'static str,
}

/// Nouns from pairs of `singular plural`.
macro_rules! nouns {
    ($($singular:literal $plural:literal),* $(,)?) => {
        &[$(Noun { singular: $singular, plural: $plural }),*]
    };
}

#[rustfmt::skip]
pub(super) const PERSONS: &[Noun] = nouns![
    "engineer" "engineers", "teacher" "teachers", "doctor" "doctors", "lawyer" "lawyers",
    "painter" "painters", "farmer" "farmers", "student" "students", "journalist" "journalists",
    "sailor" "sailors", "baker" "bakers", "architect" "architects", "nurse" "nurses", "singer" "singers",
    "pilot" "pilots", "merchant" "merchants", "officer" "officers", "carpenter" "carpenters",
    "chemist" "chemists", "actor" "actors", "librarian" "librarians", "surgeon" "surgeons",
    "miner" "miners", "gardener" "gardeners", "judge" "judges", "tailor" "tailors",
];

#[rustfmt::skip]
pub(super) const ORGANIZATIONS: &[Noun] = nouns![
    "company" "companies", "agency" "agencies", "bank" "banks", "union" "unions", "charity" "charities",
    "ministry" "ministries", "publisher" "publishers", "hospital" "hospitals", "airline" "airlines",
    "brewery" "breweries", "newspaper" "newspapers", "university" "universities", "insurer" "insurers",
    "retailer" "retailers", "firm" "firms", "committee" "committees",
];

#[rustfmt::skip]
pub(super) const PLACES: &[Noun] = nouns![
    "village" "villages", "city" "cities", "town" "towns", "island" "islands", "province" "provinces",
    "suburb" "suburbs", "region" "regions", "county" "counties", "district" "districts",
    "capital" "capitals",
];

#[rustfmt::skip]
pub(super) const LANDMARKS: &[Noun] = nouns![
    "gate" "gates", "bridge" "bridges", "wall" "walls", "barn" "barns", "fence" "fences", "tower" "towers",
    "hedge" "hedges", "garden" "gardens", "courtyard" "courtyards", "archway" "archways",
    "warehouse" "warehouses", "chapel" "chapels", "market" "markets", "stable" "stables",
    "windmill" "windmills", "orchard" "orchards", "lighthouse" "lighthouses", "monument" "monuments",
    "canal" "canals", "terrace" "terraces",
];

#[rustfmt::skip]
pub(super) const EVENTS: &[Noun] = nouns![
    "storm" "storms", "flood" "floods", "fire" "fires", "strike" "strikes", "explosion" "explosions",
    "earthquake" "earthquakes", "election" "elections", "collision" "collisions", "drought" "droughts",
    "landslide" "landslides", "blizzard" "blizzards", "riot" "riots", "eruption" "eruptions", "war" "wars",
    "leak" "leaks", "blackout" "blackouts", "recession" "recessions", "epidemic" "epidemics",
];

#[rustfmt::skip]
pub(super) const CONDITIONS: &[Noun] = nouns![
    "damage" "", "delay" "delays", "shortage" "shortages", "panic" "", "famine" "famines", "confusion" "",
    "injury" "injuries", "unemployment" "", "erosion" "", "congestion" "", "anxiety" "", "poverty" "",
    "infection" "infections", "inflation" "", "crack" "cracks", "failure" "failures", "pollution" "",
    "illness" "illnesses", "debt" "debts", "fatigue" "", "unrest" "", "loss" "losses",
];

#[rustfmt::skip]
pub(super) const ARTIFACTS: &[Noun] = nouns![
    "engine" "engines", "lamp" "lamps", "clock" "clocks", "piano" "pianos", "bicycle" "bicycles",
    "camera" "cameras", "telescope" "telescopes", "radio" "radios", "violin" "violins", "plough" "ploughs",
    "kettle" "kettles", "printer" "printers", "ladder" "ladders", "helmet" "helmets",
    "microscope" "microscopes", "anchor" "anchors", "saddle" "saddles", "compass" "compasses",
    "drum" "drums", "umbrella" "umbrellas", "wagon" "wagons", "mirror" "mirrors", "statue" "statues",
    "organ" "organs",
];

#[rustfmt::skip]
pub(super) const COMPONENTS: &[Noun] = nouns![
    "wheel" "wheels", "handle" "handles", "hinge" "hinges", "lens" "lenses", "spring" "springs",
    "button" "buttons", "valve" "valves", "screw" "screws", "lever" "levers", "piston" "pistons",
    "dial" "dials", "strap" "straps", "pedal" "pedals", "axle" "axles", "bolt" "bolts", "lid" "lids",
    "gear" "gears", "shaft" "shafts", "knob" "knobs", "bracket" "brackets", "rim" "rims",
];

#[rustfmt::skip]
pub(super) const CONTAINERS: &[Noun] = nouns![
    "box" "boxes", "drawer" "drawers", "jug" "jugs", "barrel" "barrels", "suitcase" "suitcases",
    "basket" "baskets", "bottle" "bottles", "envelope" "envelopes", "crate" "crates", "bucket" "buckets",
    "cupboard" "cupboards", "chest" "chests", "sack" "sacks", "jar" "jars", "tank" "tanks",
    "purse" "purses", "tin" "tins", "flask" "flasks", "trunk" "trunks", "drum" "drums",
];

#[rustfmt::skip]
pub(super) const SUBSTANCES: &[Noun] = nouns![
    "oil" "", "water" "", "sand" "", "flour" "", "milk" "", "wine" "", "sugar" "", "paint" "", "salt" "",
    "petrol" "", "honey" "", "cement" "", "grain" "", "vinegar" "", "ink" "", "coal" "", "gravel" "",
    "syrup" "",
];

#[rustfmt::skip]
pub(super) const WORKS: &[Noun] = nouns![
    "novel" "novels", "essay" "essays", "poem" "poems", "symphony" "symphonies", "play" "plays",
    "opera" "operas", "memoir" "memoirs", "ballad" "ballads", "biography" "biographies", "song" "songs",
    "pamphlet" "pamphlets", "report" "reports", "sonata" "sonatas", "letter" "letters",
    "treatise" "treatises",
];

#[rustfmt::skip]
pub(super) const ANIMALS: &[Noun] = nouns![
    "horse" "horses", "dog" "dogs", "goat" "goats", "mule" "mules", "cow" "cows", "fox" "foxes",
    "pony" "ponies", "elephant" "elephants", "camel" "camels", "pig" "pigs", "ox" "oxen",
    "donkey" "donkeys",
];

/// What things are made of; they make compounds such as "brass hinge".
#[rustfmt::skip]
pub(super) const MATERIALS: &[&str] = &[
    "steel", "copper", "brass", "glass", "iron", "oak", "silver", "plastic", "stone", "tin",
];

#[rustfmt::skip]
pub(super) const ADJECTIVES_ANIMATE: &[&str] = &[
    "young", "old", "famous", "tired", "local", "quiet", "honest", "stubborn", "elderly", "cheerful",
    "nervous", "ambitious", "unhappy", "clever",
];
#[rustfmt::skip]
pub(super) const ADJECTIVES_ORGANIZATION: &[&str] = &[
    "large", "small", "local", "private", "successful", "struggling", "new", "influential", "independent",
    "ailing",
];
#[rustfmt::skip]
pub(super) const ADJECTIVES_PLACE: &[&str] = &[
    "old", "small", "remote", "busy", "quiet", "ancient", "northern", "southern", "abandoned", "famous",
    "ugly",
];
#[rustfmt::skip]
pub(super) const ADJECTIVES_HAPPENING: &[&str] = &[
    "sudden", "severe", "serious", "recent", "unexpected", "widespread", "brief", "terrible", "massive",
    "early",
];
#[rustfmt::skip]
pub(super) const ADJECTIVES_THING: &[&str] = &[
    "old", "new", "heavy", "small", "large", "broken", "expensive", "cheap", "rusty", "polished",
    "ordinary", "dusty", "enormous", "unusual",
];
#[rustfmt::skip]
pub(super) const ADJECTIVES_SUBSTANCE: &[&str] = &[
    "fresh", "cold", "warm", "dark", "fine", "cheap", "dirty", "imported", "expensive",
];
#[rustfmt::skip]
pub(super) const ADJECTIVES_WORK: &[&str] = &[
    "long", "short", "early", "famous", "unfinished", "forgotten", "popular", "controversial", "anonymous",
    "original",
];

/// Nouns for the attitude of one person to another, which is not one of the relations.
pub(super) const ATTITUDES: &[&str] = &["critic", "rival", "supporter", "opponent", "admirer"];

#[rustfmt::skip]
pub(super) const ADVERBS: &[&str] = &[
    "reportedly", "eventually", "recently", "apparently", "probably", "suddenly", "finally", "originally",
    "officially", "quietly",
];
#[rustfmt::skip]
pub(super) const MONTHS: &[&str] = &[
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
];
#[rustfmt::skip]
pub(super) const DAYS: &[&str] = &[
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
];
pub(super) const PERIODS: &[&str] = &["week", "month", "year", "summer", "winter", "autumn", "spring"];
#[rustfmt::skip]
pub(super) const YEARS: &[&str] = &[
    "1931", "1938", "1946", "1952", "1957", "1963", "1968", "1974", "1979", "1983", "1987", "1992", "1996",
    "2001", "2005", "2009", "2012", "2016",
];
pub(super) const NUMBERS: &[&str] = &["two", "three", "four", "five", "six", "ten", "twelve"];
pub(super) const ORGANIZATION_SUFFIXES: &[&str] = &[
    "Group",
    "Holdings",
    "Industries",
    "Partners",
    "Bank",
    "Airways",
    "Press",
    "Foods",
    "Motors",
    "Institute",
];
pub(super) const ORGANIZATION_HEADS: &[&str] = &["University", "Institute", "Museum", "Bank", "Academy"];
pub(super) const PLACE_PREFIXES: &[&str] = &["Port", "North", "South", "Lake", "New", "Mount"];

/// Function words; each is a separate class.
#[rustfmt::skip]
pub(super) const FUNCTION_WORDS: &[&str] = &[
    "the", "a", "an", "this", "some", "several", "it", "that", "which", "who", "whom", "was", "were", "is",
    "are", "had", "been", "to", "by", "of", "in", "at", "on", "for", "from", "through", "behind", "past",
    "over", "around", "under", "into", "inside", "near", "about", "after", "before", "while", "although",
    "because", "since", "and", "but", "according", "last", "ago", "years", "months", "'s", "'", ",", ".",
];

pub(super) const ONSETS: &[&str] = &[
    "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "br", "dr", "gr", "st", "tr", "w",
    "z",
];
pub(super) const NUCLEI: &[&str] = &["a", "e", "o", "i", "u"];
pub(super) const CODAS: &[&str] = &["l", "n", "r", "", "s", "m", "nd", "rk", "ll", "x"];
pub(super) const SURNAME_ENDINGS: &[&str] =
    &["son", "er", "man", "ley", "ov", "ini", "etti", "ström", "wick", "by"];
pub(super) const PLACE_ENDINGS: &[&str] =
    &["ville", "ton", "burg", "ford", "mouth", "stad", "ia", "mere", "haven"];
