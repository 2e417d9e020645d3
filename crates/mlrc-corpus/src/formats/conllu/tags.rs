//! Which of the two columns of part-of-speech tags is read: one for the whole file, as a model must not see tags of
//! two sets.

use std::path::Path;

use super::Sentence;
use crate::error::{Fault, Notice, Place};

/// The choice of a file, which its first sentence with tags makes: XPOS if each of its words has one, else UPOS.
#[derive(Default)]
pub(crate) struct TagSet {
    chosen: Option<Column>,
    sentences: usize,
    /// Sentences that lack the column but have the other one.
    without: usize,
    /// Sentences that have XPOS too, although UPOS was chosen.
    unused: usize,
    first: Option<(usize, Option<String>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Xpos,
    Upos,
}

impl TagSet {
    /// The tags of a sentence that begins in `line`, if it has those of the file.
    pub(crate) fn of(&mut self, sentence: &mut Sentence, line: usize) -> Option<Vec<String>> {
        let (xpos, upos) = (sentence.xpos.take(), sentence.upos.take());
        let first = if xpos.is_some() { Column::Xpos } else { Column::Upos };
        if xpos.is_none() && upos.is_none() {
            return None;
        }
        self.sentences += 1;
        let chosen = *self.chosen.get_or_insert(first);
        let (tags, odd, count) = match chosen {
            Column::Xpos => {
                let odd = xpos.is_none();
                (xpos, odd, &mut self.without)
            }
            Column::Upos if upos.is_none() => (None, true, &mut self.without),
            Column::Upos => (upos, xpos.is_some(), &mut self.unused),
        };
        *count += usize::from(odd);
        if odd {
            self.first.get_or_insert_with(|| (line, sentence.id.clone()));
        }
        tags
    }

    /// The warning, if the sentences have different columns.
    pub(crate) fn warning(&mut self, path: &Path) -> Option<Notice> {
        let Self { chosen, sentences, without, unused, first } = std::mem::take(self);
        let (line, id) = first?;
        let (name, other) = if chosen == Some(Column::Xpos) { ("XPOS", "UPOS") } else { ("UPOS", "XPOS") };
        let mut said = Vec::new();
        if without > 0 {
            said.push(format!(
                "sentences without {name} tags, unlike the first, which are read without tags: {without} of {sentences} \
                 ({other} tags are another set)"
            ));
        }
        if unused > 0 {
            said.push(format!(
                "sentences whose XPOS tags are not used, as the first has none: {unused} of {sentences}"
            ));
        }
        let fault = Fault::new(said.join("; ")).field(name).of(id);
        let help = "fill the column for every word of the file, or for none";
        Some(fault.help(help).in_file(path, Place::Line(line)))
    }
}
