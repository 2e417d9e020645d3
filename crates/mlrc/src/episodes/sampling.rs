use serde::{Deserialize, Serialize};

use super::Pool;
use crate::random::{Purpose, Stream};

/// How episodes are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// Relations of an episode, ≥ 2.
    pub way: usize,
    /// Support instances of each, ≥ 1; 0 only for what reads the names of relations.
    pub shot: usize,
    /// Queries of each, ≥ 1.
    pub queries: usize,
    /// Share of all queries that have none of the relations, in [0, 1).
    pub none_rate: f64,
}

/// Why episodes cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProtocolError {
    /// There are too few relations.
    #[error(
        "{way}-way episodes{} need {needed} {which} relations with at least {instances} instances each, found {found}",
        if *none { " with queries of none of the relations" } else { "" }
    )]
    TooFewRelations {
        /// Relations of an episode.
        way: usize,
        /// Whether some queries have none of them.
        none: bool,
        /// Which relations.
        which: &'static str,
        /// How many there must be.
        needed: usize,
        /// How many instances each must have.
        instances: usize,
        /// How many there are.
        found: usize,
    },
    /// The protocol itself is out of range.
    #[error("{field}: expected {expected}, found {found}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Its range.
        expected: &'static str,
        /// Its value.
        found: f64,
    },
}

/// A task: instances by their places in the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The relation of each label, by its place in the pool.
    pub relations: Vec<usize>,
    /// Support instances and their labels, relation by relation.
    pub support: Vec<(usize, usize)>,
    /// Queries and their labels; `None` for none of the relations.
    pub queries: Vec<(usize, Option<usize>)>,
}

impl Protocol {
    /// Queries of an episode that have none of its relations.
    pub fn none_queries(&self) -> usize {
        let share = self.none_rate / (1.0 - self.none_rate);
        (share * (self.way * self.queries) as f64).round() as usize
    }

    /// Instances of an episode.
    pub fn instances(&self) -> usize {
        self.way * (self.shot + self.queries) + self.none_queries()
    }

    /// Checks the protocol, and that a pool has enough relations for it.
    ///
    /// # Errors
    /// If not.
    pub fn check(&self, pool: &Pool, which: &'static str) -> Result<(), ProtocolError> {
        let Self { way, shot, queries, none_rate } = *self;
        let out = |field, expected, found| Err(ProtocolError::OutOfRange { field, expected, found });
        if way < 2 {
            return out("way", "at least 2", way as f64);
        }
        if queries < 1 {
            return out("queries", "at least 1", queries as f64);
        }
        if !(0.0..1.0).contains(&none_rate) {
            return out("none rate", "a number from 0, below 1", none_rate);
        }
        let (found, none) = (self.eligible(pool).len(), none_rate > 0.0);
        let needed = way + usize::from(none);
        if found < needed {
            let instances = shot + queries;
            return Err(ProtocolError::TooFewRelations { way, none, which, needed, instances, found });
        }
        Ok(())
    }

    /// The relations that have enough instances.
    fn eligible(&self, pool: &Pool) -> Vec<usize> {
        let enough = |place: &usize| pool.relations[*place].1.len() >= self.shot + self.queries;
        (0..pool.relations.len()).filter(enough).collect()
    }

    /// The episode of this number, drawn from a pool that was [checked](Self::check). It depends on nothing else, so that
    /// all methods meet the same ones.
    pub fn draw(&self, pool: &Pool, seed: u64, number: u64) -> Episode {
        let mut stream = Stream::new(seed, Purpose::Episodes, number, 0);
        let mut relations = self.eligible(pool);
        stream.shuffle(&mut relations);
        let (chosen, others) = relations.split_at(self.way);
        let mut episode = Episode { relations: chosen.to_vec(), support: Vec::new(), queries: Vec::new() };
        for (label, &relation) in chosen.iter().enumerate() {
            let instances = &pool.relations[relation].1;
            let drawn = stream.sample(instances.len(), self.shot + self.queries);
            let (support, queries) = drawn.split_at(self.shot);
            episode.support.extend(support.iter().map(|&place| (instances[place], label)));
            episode.queries.extend(queries.iter().map(|&place| (instances[place], Some(label))));
        }
        for _ in 0..self.none_queries() {
            let instances = &pool.relations[*stream.choose(others)].1;
            episode.queries.push((*stream.choose(instances), None));
        }
        episode
    }
}
