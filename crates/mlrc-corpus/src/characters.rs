//! Characters that are not seen: white space, control characters, and those of no width, which tools leave in
//! texts and which no tokeniser, parser or word vector knows.

/// Whether nothing of the text is seen.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// Whether a character is white space, a control character or of no width.
pub(crate) fn is_unseen(character: char) -> bool {
    character.is_whitespace() || character.is_control() || is_zero_width(character)
}

/// Whether a character has no width of its own: alone, it is no word.
pub(crate) fn is_zero_width(character: char) -> bool {
    is_stray(character)
        || matches!(character,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200c}' | '\u{200d}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character of no width says nothing about the word beside it: soft hyphens, zero-width spaces, byte
/// order marks, marks of writing direction. (Joiners and variation selectors belong to the word.)
pub(crate) fn is_stray(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
