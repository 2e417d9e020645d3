/// A count with its noun in the right number.
///
/// ```
/// use mlrc_corpus::counted;
///
/// assert_eq!(counted(1, "entry"), "1 entry");
/// assert_eq!(counted(3, "entry"), "3 entries");
/// assert_eq!(counted(0, "label"), "0 labels");
/// ```
pub fn counted(count: usize, noun: &str) -> String {
    let vowel_before_y = ["ay", "ey", "oy", "uy"].iter().any(|end| noun.ends_with(end));
    match noun.strip_suffix('y') {
        _ if count == 1 => format!("1 {noun}"),
        Some(stem) if !vowel_before_y => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noun_agrees_with_the_count() {
        assert_eq!(counted(1, "gold label"), "1 gold label");
        assert_eq!(counted(2, "gold label"), "2 gold labels");
        assert_eq!(counted(0, "entry"), "0 entries");
        assert_eq!(counted(2, "key"), "2 keys");
    }
}
