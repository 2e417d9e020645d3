//! What an unknown field name was probably meant to be.

/// Names that other tools use, and the corresponding names here.
const ALIASES: &[(&str, &[&str])] = &[
    ("labels", &["relation"]),
    ("label", &["relation"]),
    ("rel", &["relation"]),
    ("sentence", &["text"]),
    ("words", &["tokens", "token"]),
    ("sub", &["subject"]),
    ("subj", &["subject"]),
    ("obj", &["object"]),
    ("h", &["subject"]),
    ("t", &["object"]),
    ("e1", &["subject"]),
    ("e2", &["object"]),
    ("head_entity", &["subject"]),
    ("tail_entity", &["object"]),
    ("pos", &["stanford_pos"]),
    ("ner", &["stanford_ner"]),
    ("heads", &["stanford_head"]),
    ("head", &["stanford_head"]),
    ("deprels", &["stanford_deprel"]),
    ("deprel", &["stanford_deprel"]),
    ("stanford_pos", &["pos"]),
    ("stanford_ner", &["ner"]),
    ("stanford_head", &["heads"]),
    ("stanford_deprel", &["deprels"]),
];

/// Longer names are not compared.
const LONGEST: usize = 32;

/// The known name closest to `name`, if any is close enough.
pub fn suggest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    let mut alias = ALIASES.iter().filter(|(alias, _)| *alias == lower).flat_map(|(_, ours)| *ours);
    if let Some(ours) = alias.find_map(|ours| known.iter().find(|known| *known == ours)) {
        return Some(ours);
    }
    let nearest = known.iter().map(|known| (strsim::levenshtein(&lower, known), *known)).min()?;
    let allowed = if lower.chars().count() < 5 { 1 } else { 2 };
    (nearest.0 <= allowed).then_some(nearest.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found() {
        let known = ["id", "tokens", "text", "subject", "object", "relation", "heads", "pos"];
        let cases = [
            ("labels", Some("relation")),
            ("token", Some("tokens")),
            ("Relation", Some("relation")),
            ("relatoin", Some("relation")),
            ("h", Some("subject")),
            ("stanford_head", Some("heads")),
            ("url", None),
            ("comment", None),
        ];
        for (name, expected) in cases {
            assert_eq!(suggest(name, &known), expected, "{name}");
        }
    }
}
