//! What must hold for every instance, whatever file it came from.

use crate::characters::is_blank;
use crate::counted;
use crate::error::Fault;
use crate::formats::json::shorten;
use crate::formats::markers;
use crate::instance::Instance;

/// The names of an instance's fields in a format.
pub(crate) struct FieldNames {
    pub(crate) tokens: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) object: &'static str,
    pub(crate) pos: &'static str,
    pub(crate) ner: &'static str,
    pub(crate) heads: &'static str,
    pub(crate) deprels: &'static str,
}

impl FieldNames {
    /// The names that the fields have in [`Instance`], and in JSON lines.
    pub(crate) const OF_INSTANCE: Self = Self {
        tokens: "tokens",
        subject: "subject",
        object: "object",
        pos: "pos",
        ner: "ner",
        heads: "heads",
        deprels: "deprels",
    };
}

/// Checks tokens, spans and annotation layers against each other.
pub(crate) fn validate(instance: &Instance, names: &FieldNames) -> Result<(), Fault> {
    check_layers(instance, names)?;
    check_markers(&instance.tokens).map_err(|fault| fault.field(names.tokens))?;
    check_heads(instance).map_err(|fault| fault.field(names.heads))
}

/// As above, except that heads may point anywhere: learners that read them repair what is not a tree.
pub(crate) fn check_layers(instance: &Instance, names: &FieldNames) -> Result<(), Fault> {
    check_tokens(&instance.tokens).map_err(|fault| fault.field(names.tokens))?;
    let count = instance.tokens.len();
    let layers = [
        (names.pos, instance.pos.as_ref().map(Vec::len)),
        (names.ner, instance.ner.as_ref().map(Vec::len)),
        (names.heads, instance.heads.as_ref().map(Vec::len)),
        (names.deprels, instance.deprels.as_ref().map(Vec::len)),
    ];
    for (name, length) in layers {
        if let Some(length) = length.filter(|length| *length != count) {
            let expected = format!("{}, one for each token", counted(count, "entry"));
            return Err(Fault::expected(expected, counted(length, "entry")).field(name));
        }
    }
    Ok(())
}

fn check_tokens(tokens: &[String]) -> Result<(), Fault> {
    if tokens.is_empty() {
        return Err(Fault::expected("at least one token", "none"));
    }
    let Some(index) = tokens.iter().position(|token| is_blank(token)) else { return Ok(()) };
    let characters: Vec<String> =
        tokens[index].chars().take(4).map(|character| format!("U+{:04X}", u32::from(character))).collect();
    let found = match &characters[..] {
        [] => "an empty string".to_owned(),
        _ => format!("only white space or characters of no width ({})", characters.join(" ")),
    };
    Err(Fault::expected(
        "tokens that are not empty",
        format_args!("{found} as token {index}, counted from 0"),
    )
    .help("remove the token and its annotations, and move the spans after it"))
}

/// Refuses markers among the words of a sentence whose entities are given as spans.
fn check_markers(tokens: &[String]) -> Result<(), Fault> {
    let Some(index) = tokens.iter().position(|token| markers::first_entity_in(token).is_some()) else {
        return Ok(());
    };
    let found = format!("the marker `{}` as token {index}, counted from 0", shorten(&tokens[index]));
    Err(Fault::expected("words, as spans say where the entities are", found)
        .help("remove the markers, and move the spans after them"))
}

/// The root if heads count from 0, as some tools' do, and the root is its own head: so they form a tree, while counted
/// from 1 some token would be its own head.
///
/// Such sentences are refused rather than read: others of the same file, in which no token happens to be its own head,
/// cannot be told from those that count from 1.
fn root_of_heads_from_zero(heads: &[usize]) -> Option<usize> {
    let own_head = |from: usize| {
        let tokens = heads.iter().enumerate();
        tokens.filter(move |(token, head)| **head == token + from).map(|(token, _)| token)
    };
    own_head(1).next()?;
    let mut roots = own_head(0);
    let root = roots.next().filter(|_| roots.next().is_none())?;
    let leads_to_root = |token: usize| {
        let mut at = token;
        (0..heads.len()).any(|_| {
            let here = at == root;
            at = heads.get(at).copied().unwrap_or(token);
            here
        })
    };
    let within = heads.iter().all(|head| *head < heads.len());
    (within && (0..heads.len()).all(leads_to_root)).then_some(root)
}

const ADD_ONE: &str = "add 1 to each head, and give 0 to the root";

/// The fault for the head -1.
pub(crate) fn minus_one() -> Fault {
    let found = "-1, as the root has where they count from 0";
    Fault::expected("heads that count from 1, with 0 for the root", found).help(ADD_ONE)
}

fn check_heads(instance: &Instance) -> Result<(), Fault> {
    let count = instance.tokens.len();
    let heads = instance.heads.as_deref().unwrap_or_default();
    if let Some(root) = root_of_heads_from_zero(heads) {
        let found =
            format!("heads that count from 0: token {root} is its own head, and the others lead to it");
        return Err(Fault::expected("heads that count from 1, with 0 for the root", found).help(ADD_ONE));
    }
    match heads.iter().position(|head| *head > count) {
        Some(index) => {
            let expected = format!("heads from 0 (the root) to {count} (the last token)");
            let found = format!("{} as the head of token {index}, counted from 0", heads[index]);
            Err(Fault::expected(expected, found).help("heads count from 1, and 0 marks the root"))
        }
        None => Ok(()),
    }
}
