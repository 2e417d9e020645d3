//! Many messages of one kind, for showing the first few with a count.

use std::collections::HashMap;
use std::path::Path;

use crate::error::Notice;

/// How many messages of a kind are shown.
const SHOWN: usize = 3;

/// Messages that differ only in their place and in what they quote and count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeGroup<'a> {
    /// The first three, or fewer.
    pub shown: Vec<&'a Notice>,
    /// How many there are.
    pub count: usize,
}

impl NoticeGroup<'_> {
    /// How many are not shown.
    pub fn more(&self) -> usize {
        self.count - self.shown.len()
    }
}

/// Groups messages by their kind: the file, the field, and the message without what it quotes and its numbers. The
/// groups are in the order of their first messages.
///
/// ```
/// use mlrc_corpus::{Corpus, CorpusError, ReadOptions, grouped};
///
/// let options = ReadOptions { skip_bad: true, ..Default::default() };
/// let text = "<e1>a</e1> <e2>b</e2>\nx\ny\nz\nv\n<e1>w</e1> <e1>w</e1> <e2>b</e2>\n";
/// let corpus = Corpus::from_bytes(text.as_bytes(), "f", &options)?;
/// let groups = grouped(corpus.skipped.iter().map(CorpusError::notice));
/// assert_eq!((groups[0].count, groups[0].more(), groups[1].count), (4, 1, 1));
/// # Ok::<(), CorpusError>(())
/// ```
pub fn grouped<'a>(notices: impl IntoIterator<Item = &'a Notice>) -> Vec<NoticeGroup<'a>> {
    let mut places: HashMap<(&Path, String, String), usize> = HashMap::new();
    let mut groups: Vec<NoticeGroup> = Vec::new();
    for notice in notices {
        let kind =
            (notice.path.as_path(), kind(notice.field.as_deref().unwrap_or_default()), kind(&notice.message));
        let place = *places.entry(kind).or_insert(groups.len());
        if place == groups.len() {
            groups.push(NoticeGroup { shown: Vec::new(), count: 0 });
        }
        let group = &mut groups[place];
        group.count += 1;
        if group.shown.len() < SHOWN {
            group.shown.push(notice);
        }
    }
    groups
}

/// A text without what is in quotes and without numbers.
fn kind(text: &str) -> String {
    let mut kind = String::new();
    let mut quote = None;
    for character in text.chars() {
        match quote {
            Some(open) => quote = (character != open).then_some(open),
            None if matches!(character, '`' | '"') => {
                quote = Some(character);
                kind.push(character);
            }
            None if character.is_ascii_digit() => {
                if !kind.ends_with('#') {
                    kind.push('#');
                }
            }
            None => kind.push(character),
        }
    }
    kind.replace("# entry", "# entries")
}
