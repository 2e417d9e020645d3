//! Writes CoNLL-U, for parsers to fill in or with existing annotation.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::instance::{Entity, Instance, SourceText};

/// Writes instances as CoNLL-U: entities, their words and the relation as comments that parsers keep, part-of-speech
/// tags as XPOS, named-entity tags as `NER=` in MISC, and `_` for what is absent. Raw text is written
/// as `# text` if it is on one line, else the tokens joined by spaces; the format cannot hold offsets,
/// which are omitted.
///
/// # Errors
/// If writing fails, or with [`io::ErrorKind::InvalidInput`] if the format cannot hold an instance: a
/// token with a tab or a line break; an identifier, type, label or fold that is empty, has surrounding
/// whitespace or contains a line break; an annotation that is empty, is `_` or contains whitespace, or `|` in
/// a named-entity tag; a span or head outside the sentence.
pub fn write_conllu(instances: &[Instance], mut out: impl Write) -> io::Result<()> {
    for instance in instances {
        check(instance).map_err(|reason| {
            let message = format!("instance `{}` cannot be written as CoNLL-U: {reason}", instance.id);
            io::Error::new(io::ErrorKind::InvalidInput, message)
        })?;
        out.write_all(sentence(instance).as_bytes())?;
    }
    Ok(())
}

fn check(instance: &Instance) -> Result<(), &'static str> {
    let count = instance.tokens.len();
    if instance.tokens.iter().any(|token| token.is_empty() || token.contains(['\t', '\n', '\r'])) {
        return Err("a token is empty or contains a tab or a line break");
    }
    let types = [&instance.subject, &instance.object].map(|entity| entity.kind.as_ref());
    let single = [Some(&instance.id), instance.relation.as_ref(), instance.fold.as_ref()];
    let mut values = types.into_iter().chain(single).flatten();
    if values.any(|value| value.is_empty() || value.trim() != value || value.contains(['\n', '\r'])) {
        return Err(
            "its identifier, a type, its label or its fold is empty, has surrounding whitespace or contains \
             a line break",
        );
    }
    let spans = [instance.subject.span, instance.object.span];
    if spans.iter().any(|span| span.start >= span.end || span.end > count) {
        return Err("a span lies outside the sentence or is empty");
    }
    let layers = [&instance.pos, &instance.ner, &instance.deprels].map(Option::as_deref);
    let lengths = layers.iter().flatten().map(|layer| layer.len());
    if lengths.chain(instance.heads.as_ref().map(Vec::len)).any(|length| length != count) {
        return Err("an annotation layer is not as long as the sentence");
    }
    let out_of_range = |tag: &&String| tag.is_empty() || *tag == "_" || tag.contains(char::is_whitespace);
    if layers.into_iter().flatten().flatten().any(|tag| out_of_range(&tag)) {
        return Err("an annotation is empty, is `_` or contains whitespace");
    }
    if instance.ner.iter().flatten().any(|tag| tag.contains('|')) {
        return Err("a named-entity tag contains `|`, which separates the entries of MISC");
    }
    if instance.heads.iter().flatten().any(|head| *head > count) {
        return Err("a head lies outside the sentence");
    }
    Ok(())
}

/// The lines of a sentence, including the blank one.
fn sentence(instance: &Instance) -> String {
    let source = instance.source.as_ref().filter(|source| !source.text.contains(['\n', '\r']));
    let joined = || instance.tokens.join(" ");
    let text = source.map_or_else(joined, |source| source.text.clone());
    let mut lines = format!("# sent_id = {}\n# text = {text}\n", instance.id);
    // Writing to a string does not fail.
    let _ = entity(&mut lines, "subject", &instance.subject, &instance.tokens);
    let _ = entity(&mut lines, "object", &instance.object, &instance.tokens);
    if let Some(relation) = &instance.relation {
        let _ = writeln!(lines, "# relation = {relation}");
    }
    if let Some(fold) = &instance.fold {
        let _ = writeln!(lines, "# fold = {fold}");
    }
    for (index, token) in instance.tokens.iter().enumerate() {
        let value =
            |layer: &Option<Vec<String>>| layer.as_ref().map_or("_".to_owned(), |layer| layer[index].clone());
        let head = instance.heads.as_ref().map_or("_".to_owned(), |heads| heads[index].to_string());
        let _ = writeln!(
            lines,
            "{}\t{token}\t_\t_\t{}\t_\t{head}\t{}\t_\t{}",
            index + 1,
            value(&instance.pos),
            value(&instance.deprels),
            misc(instance, source, index),
        );
    }
    lines.push('\n');
    lines
}

fn entity(lines: &mut String, name: &str, entity: &Entity, tokens: &[String]) -> std::fmt::Result {
    let (first, last) = (entity.span.start + 1, entity.span.end);
    let words = if first == last { first.to_string() } else { format!("{first}-{last}") };
    writeln!(lines, "# {name} = {words}")?;
    let text = tokens.get(entity.span.range()).unwrap_or_default().join(" ");
    writeln!(lines, "# {name}_text = {text}")?;
    match &entity.kind {
        Some(kind) => writeln!(lines, "# {name}_type = {kind}"),
        None => Ok(()),
    }
}

fn misc(instance: &Instance, source: Option<&SourceText>, index: usize) -> String {
    let tag = instance.ner.as_ref().map(|tags| format!("NER={}", tags[index]));
    let touches = source.is_some_and(|source| {
        let next = source.offsets.get(index + 1);
        next.is_some_and(|next| source.offsets.get(index).is_some_and(|this| this.end == next.start))
    });
    let entries: Vec<String> = tag.into_iter().chain(touches.then(|| "SpaceAfter=No".to_owned())).collect();
    if entries.is_empty() { "_".to_owned() } else { entries.join("|") }
}
