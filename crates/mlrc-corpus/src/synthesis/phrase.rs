//! Sentences as dependency trees.
//!
//! A [`Phrase`] is a word with the phrases that depend on it, to its left and to its right. Sentences are
//! built from the inside out, and heads are numbered only once, when the finished tree is written down word
//! by word. So every tree has one root, no cycles and no crossing arcs, by construction.

use super::lexicon::Class;

/// The two arguments of the relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Subject,
    Object,
}

/// A word and its dependents.
#[derive(Clone, Debug)]
pub(super) struct Phrase<'l> {
    pub word: &'l str,
    pub pos: &'static str,
    pub ner: &'static str,
    pub deprel: &'static str,
    /// The class of the noun phrase that this word heads.
    pub class: Option<Class>,
    /// The argument whose name or noun this word belongs to.
    pub argument: Option<Argument>,
    /// Dependents to the left, nearest first.
    left: Vec<Phrase<'l>>,
    /// Dependents to the right, nearest first.
    right: Vec<Phrase<'l>>,
}

impl<'l> Phrase<'l> {
    /// A single word.
    pub fn new(word: &'l str, pos: &'static str) -> Self {
        let (ner, deprel, left, right) = ("O", "ROOT", Vec::new(), Vec::new());
        Self { word, pos, ner, deprel, class: None, argument: None, left, right }
    }

    /// The same phrase with a named-entity tag on its head.
    pub fn named(mut self, ner: &'static str) -> Self {
        self.ner = ner;
        self
    }

    /// The same phrase, denoting a member of `class`.
    pub fn of_class(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// The same phrase with `child` as its outermost dependent on the left.
    pub fn before(mut self, deprel: &'static str, child: Phrase<'l>) -> Self {
        self.left.push(Phrase { deprel, ..child });
        self
    }

    /// The same phrase with `child` as its outermost dependent on the right.
    pub fn after(mut self, deprel: &'static str, child: Phrase<'l>) -> Self {
        self.right.push(Phrase { deprel, ..child });
        self
    }

    /// The same phrase followed by a comma.
    pub fn comma_after(self) -> Self {
        self.after("punct", Phrase::new(",", ","))
    }

    /// The same phrase preceded by a comma.
    pub fn comma_before(self) -> Self {
        self.before("punct", Phrase::new(",", ","))
    }

    /// The same phrase with every word it has so far marked as part of `argument`.
    pub fn mark(mut self, argument: Argument) -> Self {
        self.argument = Some(argument);
        self.left = self.left.into_iter().map(|child| child.mark(argument)).collect();
        self.right = self.right.into_iter().map(|child| child.mark(argument)).collect();
        self
    }

    /// The same phrase without its determiner.
    pub fn without_determiner(mut self) -> Self {
        self.left.retain(|child| child.deprel != "det");
        self
    }

    /// Number of words, before superfluous commas are dropped.
    pub fn len(&self) -> usize {
        1 + self.children().map(Phrase::len).sum::<usize>()
    }

    /// The head of `argument`, if it is in this phrase.
    pub fn find_mut(&mut self, argument: Argument) -> Option<&mut Phrase<'l>> {
        if self.argument == Some(argument) {
            return Some(self);
        }
        self.left.iter_mut().chain(&mut self.right).find_map(|child| child.find_mut(argument))
    }

    /// Whether a verb must agree in the plural.
    pub fn is_plural(&self) -> bool {
        self.pos == "NNS" || self.right.iter().any(|child| child.deprel == "conj")
    }

    /// Whether the head is a proper name.
    pub fn is_name(&self) -> bool {
        self.pos == "NNP"
    }

    /// Whether nothing follows the head yet.
    pub fn ends_with_head(&self) -> bool {
        self.right.is_empty()
    }

    /// The outermost dependent on the left.
    pub fn opening(&self) -> Option<&Phrase<'l>> {
        self.left.last()
    }

    /// Whether the head is a verb in the past or a participle.
    pub fn is_verb(&self) -> bool {
        matches!(self.pos, "VBD" | "VBN")
    }

    /// The same phrase with `child` directly before the head.
    pub fn directly_before(mut self, deprel: &'static str, child: Phrase<'l>) -> Self {
        self.left.insert(0, Phrase { deprel, ..child });
        self
    }

    fn children(&self) -> impl Iterator<Item = &Phrase<'l>> {
        self.left.iter().chain(&self.right)
    }

    /// The words in reading order.
    pub fn linearise(&self) -> Vec<Word<'_>> {
        let mut visit = Visit { words: Vec::with_capacity(self.len()), nodes: 0 };
        visit.phrase(self, None);
        drop_superfluous_commas(&mut visit.words);
        let mut position = vec![0; visit.nodes];
        for (index, word) in visit.words.iter().enumerate() {
            position[word.node] = index + 1;
        }
        for word in &mut visit.words {
            word.head = word.parent.map_or(0, |parent| position[parent]);
        }
        visit.words
    }
}

/// A word of a linearised sentence.
pub(super) struct Word<'p> {
    pub phrase: &'p Phrase<'p>,
    /// 1-based position of the head, 0 for the root.
    pub head: usize,
    node: usize,
    parent: Option<usize>,
}

struct Visit<'p> {
    words: Vec<Word<'p>>,
    nodes: usize,
}

impl<'p> Visit<'p> {
    fn phrase(&mut self, phrase: &'p Phrase<'p>, parent: Option<usize>) {
        let node = self.nodes;
        self.nodes += 1;
        for child in phrase.left.iter().rev() {
            self.phrase(child, Some(node));
        }
        self.words.push(Word { phrase, head: 0, node, parent });
        for child in &phrase.right {
            self.phrase(child, Some(node));
        }
    }
}

/// A comma that is followed by another comma or the full stop is not written. Commas have no dependents, so
/// no word loses its head.
fn drop_superfluous_commas(words: &mut Vec<Word<'_>>) {
    let is_stop = |word: &Word| matches!(word.phrase.pos, "," | ".");
    let mut superfluous = words.windows(2).map(|pair| pair[0].phrase.pos == "," && is_stop(&pair[1]));
    let superfluous: Vec<bool> = superfluous.by_ref().chain([false]).collect();
    let mut flags = superfluous.into_iter();
    words.retain(|_| !flags.next().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_survive_dropped_commas() {
        let name = Phrase::new("Malden", "NNP").before("compound", Phrase::new("Kora", "NNP"));
        let name = name.mark(Argument::Subject).comma_after().after("appos", Phrase::new("baker", "NN"));
        let clause = Phrase::new("spoke", "VBD").before("nsubj", name.comma_after().comma_after());
        let clause = clause.comma_after().after("punct", Phrase::new(".", "."));
        let words = clause.linearise();
        let read: Vec<_> =
            words.iter().map(|word| (word.phrase.word, word.head, word.phrase.deprel)).collect();
        let expected = [
            ("Kora", 2, "compound"),
            ("Malden", 6, "nsubj"),
            (",", 2, "punct"),
            ("baker", 2, "appos"),
            (",", 2, "punct"),
            ("spoke", 0, "ROOT"),
            (".", 6, "punct"),
        ];
        assert_eq!(read, expected);
        assert!(words[..2].iter().all(|word| word.phrase.argument == Some(Argument::Subject)));
    }
}
