//! Corpora of any size from a small grammar of English.
//!
//! For tests, scaling measurements and demonstrations: sentences about invented people, firms and places,
//! with the two arguments of a relation marked, tags, and exact dependency trees. Relations are expressed in
//! several constructions, in both orders of the arguments and by synonymous words; constructions are shared
//! by relations, and entity types overlap, so neither words nor types nor word order suffice alone.
//!
//! Every instance depends only on the options and its index, so any part of a corpus can be generated
//! separately.
//!
//! ```
//! use mlrc_corpus::synthesis::{Synthesis, SynthesisOptions};
//!
//! let options = SynthesisOptions { instances: 200, labels: 5, ..SynthesisOptions::default() };
//! let synthesis = Synthesis::new(options)?;
//! assert_eq!(synthesis.instances().count(), 200);
//! assert_eq!(synthesis.labels()[..3], ["no_relation", "cause_effect", "part_whole"]);
//! # Ok::<(), mlrc_corpus::synthesis::SynthesisError>(())
//! ```

mod constructions;
mod distractors;
mod grammar;
mod lexicon;
mod negatives;
mod options;
mod phrase;
mod relations;
mod sentence;
mod vectors;
mod verbs;
mod words;

pub use options::{SynthesisError, SynthesisOptions};

use crate::Instance;
use crate::random::{Purpose, Stream};
use grammar::Grammar;
use lexicon::Lexicon;
use relations::Relation;

/// The label of instances whose arguments are not in any relation.
pub const NO_RELATION: &str = crate::labels::NO_RELATION;

/// A synthetic corpus; see the [module documentation](self).
#[derive(Debug)]
pub struct Synthesis {
    options: SynthesisOptions,
    lexicon: Lexicon,
    relations: Vec<Relation>,
    /// For each relation, the fraction of the positive instances that belong to it or to a relation before
    /// it.
    cumulative: Vec<f32>,
}

impl Synthesis {
    /// A corpus as described by `options`.
    ///
    /// # Errors
    /// [`SynthesisError`] if an option is out of its range.
    pub fn new(options: SynthesisOptions) -> Result<Self, SynthesisError> {
        options.validate()?;
        let mut stream = Stream::new(options.lexicon_seed, Purpose::Synthesis, 0, 0);
        let relations = relations::inventory(options.labels - 1, &mut stream);
        let lexicon = Lexicon::new(&mut stream);
        let cumulative = cumulative_shares(relations.len(), options.skew);
        Ok(Self { options, lexicon, relations, cumulative })
    }

    /// The options that the corpus was made with.
    pub fn options(&self) -> &SynthesisOptions {
        &self.options
    }

    /// The labels: [`NO_RELATION`], then the relations, the most frequent first.
    pub fn labels(&self) -> Vec<&str> {
        let relations = self.relations.iter().map(|relation| relation.name.as_str());
        std::iter::once(NO_RELATION).chain(relations).collect()
    }

    /// The instances, generated one by one on demand.
    pub fn instances(&self) -> impl ExactSizeIterator<Item = Instance> + '_ {
        (0..self.options.instances).map(|index| self.instance(index))
    }

    /// The instance at `index`; indices past the corpus' size give further instances of the same kind.
    pub fn instance(&self, index: usize) -> Instance {
        let stream = Stream::new(self.options.seed, Purpose::Synthesis, index as u64, 1);
        let mut grammar = Grammar { lexicon: &self.lexicon, stream, difficulty: self.options.difficulty };
        let relation = self.draw_relation(&mut grammar);
        let length = self.draw_length(&mut grammar);
        let clause = match relation {
            Some(relation) => {
                let arguments = grammar.arguments(relation).marked();
                grammar.statement(relation, arguments)
            }
            None => grammar.negative(&self.relations),
        };
        let clause = grammar.distract(clause, length, &self.relations);
        let id = format!("synth-{}-{index}", self.options.seed);
        let label = relation.map_or(NO_RELATION, |relation| &relation.name);
        sentence::instance(clause, id, label)
    }

    /// Word vectors of `dimension` components for every word of the language, in lower case and alphabetical
    /// order, in place of pretrained ones. Words of one class are near each other, the less so the higher the
    /// difficulty; a component's standard deviation is about 0.5. They depend on `lexicon_seed`, not on
    /// `seed`.
    pub fn vectors(&self, dimension: usize) -> Vec<(String, Vec<f32>)> {
        let everything = relations::inventory(usize::MAX, &mut Stream::new(0, Purpose::Synthesis, 0, 0));
        let noise_share = 0.2 + 0.5 * self.options.difficulty;
        let mut stream = Stream::new(self.options.lexicon_seed, Purpose::Synthesis, 0, 2);
        vectors::vectors(&self.lexicon, &everything, dimension, noise_share, &mut stream)
    }

    fn draw_relation(&self, grammar: &mut Grammar<'_>) -> Option<&Relation> {
        if grammar.chance(self.options.negative_share) {
            return None;
        }
        let place = grammar.stream.unit();
        let index = self.cumulative.partition_point(|&share| share <= place);
        self.relations.get(index.min(self.relations.len() - 1))
    }

    /// The number of words that the sentence should have, as far as distractors can still achieve it.
    fn draw_length(&self, grammar: &mut Grammar<'_>) -> usize {
        let difficulty = self.options.difficulty;
        let mean = match self.options.mean_length {
            Some(mean) => mean as f32,
            None if difficulty == 0.0 => return 0,
            None => 10.0 + 22.0 * difficulty,
        };
        // From a quarter to seven quarters of the mean, most often near it.
        let spread = grammar.stream.unit() + grammar.stream.unit();
        (mean * (0.25 + 0.75 * spread)) as usize
    }
}

/// Cumulative shares of `count` relations with frequencies inversely proportional to their rank to the power
/// of `skew`.
fn cumulative_shares(count: usize, skew: f32) -> Vec<f32> {
    let weights: Vec<f32> = (1..=count).map(|rank| (rank as f32).powf(-skew)).collect();
    let total: f32 = weights.iter().sum();
    let add = |sum: &mut f32, weight: &f32| {
        *sum += weight / total;
        Some(*sum)
    };
    weights.iter().scan(0.0, add).collect()
}
