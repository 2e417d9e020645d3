//! What labels are called, as text that an encoder reads.

/// The words of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelName {
    /// What the label says of the subject.
    pub subject: String,
    /// What the label says of the object.
    pub object: String,
    /// All of it.
    pub whole: String,
}

impl LabelName {
    /// Taken from the label itself: `Cause-Effect(e2,e1)` is "cause effect", and its subject, e1, is the effect.
    pub fn of(label: &str) -> Self {
        let (name, is_reversed) = match (label.strip_suffix("(e1,e2)"), label.strip_suffix("(e2,e1)")) {
            (Some(name), _) => (name, Some(false)),
            (_, Some(name)) => (name, Some(true)),
            _ => (label, None),
        };
        let whole = words(name);
        let Some(is_reversed) = is_reversed else {
            return Self { subject: whole.clone(), object: whole.clone(), whole };
        };
        let halves = name.split_once('-').map(|(first, second)| (words(first), words(second)));
        let (first, second) = halves.unwrap_or((whole.clone(), whole.clone()));
        let (subject, object) = if is_reversed { (second, first) } else { (first, second) };
        Self { subject, object, whole }
    }
}

/// Words in lower case: `org:founded_by`, `placeOfBirth` and `PLACE OF BIRTH` alike.
fn words(text: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in text.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            words.push(' ');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase())
        } else {
            words.push(' ')
        }
        before = c;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
