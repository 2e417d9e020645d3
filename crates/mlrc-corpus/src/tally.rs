//! What was left out or read in an unusual way, counted by reason: one notice for each, with the first example's
//! place.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::counted;
use crate::error::{Fault, Notice, Place};

/// Something worth a notice: what it is called, what happened to it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    /// Such as `relation`.
    noun: &'static str,
    /// Such as `left out: head and tail are in different sentences`.
    what: Cow<'static, str>,
    help: Option<&'static str>,
}

impl Remark {
    pub(crate) fn new(noun: &'static str, what: impl Into<Cow<'static, str>>) -> Self {
        Self { noun, what: what.into(), help: None }
    }

    pub(crate) fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }
}

/// Remarks with their counts, in the order of their first examples.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    remark: Remark,
    count: usize,
    path: PathBuf,
    place: Place,
    /// The document, or instance, of the first example.
    id: String,
}

impl Tally {
    /// Counts a remark about something in the document or instance `id`, which is at `place`.
    pub(crate) fn note(&mut self, remark: Remark, path: &Path, place: Place, id: &str) {
        if let Some(counted) = self.counts.iter_mut().find(|counted| counted.remark == remark) {
            counted.count += 1;
        } else {
            let (path, id) = (path.to_owned(), id.to_owned());
            self.counts.push(Counted { remark, count: 1, path, place, id });
        }
    }

    /// The notices of everything counted since the last call.
    pub(crate) fn take(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.counts).into_iter().map(Counted::notice).collect()
    }
}

impl Counted {
    fn notice(self) -> Notice {
        let Self { remark: Remark { noun, what, help }, count, path, place, id } = self;
        let first = match (count, id.is_empty()) {
            (_, true) => String::new(),
            (1, false) => format!(", in `{id}`"),
            (_, false) => format!(", the first in `{id}`"),
        };
        let fault = Fault::new(format!("{} {what}{first}", counted(count, noun)));
        let fault = if let Some(help) = help { fault.help(help) } else { fault };
        fault.in_file(&path, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_with_their_first_place() {
        let mut tally = Tally::default();
        for (line, id) in [(4, "a"), (9, "b")] {
            let remark = Remark::new("relation", "left out: too far");
            tally.note(remark, Path::new("f"), Place::Line(line), id);
        }
        tally.note(Remark::new("pair", "odd").help("mend it"), Path::new("f"), Place::Index(0), "c");
        let said: Vec<String> = tally.take().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["f:4: 2 relations left out: too far, the first in `a`", "f[0]: 1 pair odd, in `c`; mend it"]
        );
        assert!(tally.take().is_empty());
    }
}
