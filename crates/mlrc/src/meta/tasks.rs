use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::MetaOptions;
use crate::random::{Purpose, Stream};

/// p(R): how relations are drawn for an iteration, always without replacement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Every relation is equally likely.
    #[default]
    Uniform,
    /// In proportion to the relation's number of training instances.
    BySize,
}

/// The relations as tasks: every label of the training set, the negative one included, with its instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// For each relation that has instances, their indices.
    relations: Vec<Vec<usize>>,
}

impl Tasks {
    /// Groups instances with these labels; unlabelled ones are ignored.
    pub fn new(labels: &[Option<u32>]) -> Self {
        let count = labels.iter().flatten().max().map_or(0, |&label| label as usize + 1);
        let mut relations = vec![Vec::new(); count];
        for (place, label) in labels.iter().enumerate() {
            if let Some(label) = label {
                relations[*label as usize].push(place);
            }
        }
        relations.retain(|instances| !instances.is_empty());
        Self { relations }
    }

    /// Number of relations.
    pub fn len(&self) -> usize {
        self.relations.len()
    }

    /// Whether there is no relation.
    pub fn is_empty(&self) -> bool {
        self.relations.is_empty()
    }

    /// Draws the tasks of an iteration (line 3), each with its relations: B different relations, one per
    /// task, or, if a task has several, B tasks that are drawn independently.
    pub(super) fn sample(&self, options: &MetaOptions, seed: u64, iteration: u64) -> Vec<Vec<usize>> {
        let draw = |count: usize, task: u64| {
            let mut stream = Stream::new(seed, Purpose::TaskSampling, iteration, task);
            match options.sampling {
                Sampling::Uniform => stream.sample(self.len(), count),
                Sampling::BySize => self.sample_by_size(count, &mut stream),
            }
        };
        if options.way == 1 {
            return draw(options.relations, 0).into_iter().map(|relation| vec![relation]).collect();
        }
        (1..=options.relations as u64).map(|task| draw(options.way, task)).collect()
    }

    fn sample_by_size(&self, count: usize, stream: &mut Stream) -> Vec<usize> {
        let mut left: Vec<usize> = (0..self.len()).collect();
        let mut drawn = Vec::new();
        while drawn.len() < count && !left.is_empty() {
            let total = left.iter().map(|&relation| self.relations[relation].len()).sum();
            let mut ticket = stream.below(total);
            let place = left.iter().position(|&relation| {
                let size = self.relations[relation].len();
                let hit = ticket < size;
                ticket = ticket.saturating_sub(size);
                hit
            });
            drawn.push(left.remove(place.expect("the ticket is below the total")));
        }
        drawn
    }

    /// Draws `count` instances of each of `relations` without replacement; all if one has fewer (line 5).
    pub(super) fn draw(&self, relations: &[usize], count: usize, stream: &mut Stream) -> Vec<usize> {
        let mut drawn = Vec::new();
        for &relation in relations {
            let instances = &self.relations[relation];
            drawn.extend(stream.sample(instances.len(), count).into_iter().map(|place| instances[place]));
        }
        drawn
    }

    /// Draws `count` instances of each of `relations` that are not among `taken`, or from all of them if the
    /// relation has no others.
    pub(super) fn draw_others(
        &self,
        relations: &[usize],
        count: usize,
        taken: &[usize],
        stream: &mut Stream,
    ) -> Vec<usize> {
        let taken: HashSet<usize> = taken.iter().copied().collect();
        let mut drawn = Vec::new();
        for &relation in relations {
            let all = &self.relations[relation];
            let others: Vec<usize> = all.iter().copied().filter(|place| !taken.contains(place)).collect();
            let from = if others.is_empty() { all } else { &others };
            drawn.extend(stream.sample(from.len(), count).into_iter().map(|place| from[place]));
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(sizes: &[usize]) -> Tasks {
        let labels = sizes.iter().enumerate().flat_map(|(label, &size)| vec![Some(label as u32); size]);
        Tasks::new(&labels.collect::<Vec<_>>())
    }

    fn frequencies(sampling: Sampling) -> Vec<usize> {
        let tasks = tasks(&[1, 3, 0, 6]);
        let options = MetaOptions { relations: 1, sampling, ..MetaOptions::default() };
        let mut counts = vec![0; 3];
        for iteration in 0..10_000 {
            counts[tasks.sample(&options, 5, iteration)[0][0]] += 1;
        }
        counts
    }

    #[test]
    fn relations_without_instances_are_no_tasks() {
        assert_eq!(tasks(&[1, 3, 0, 6]).len(), 3);
    }

    #[test]
    fn sampling_follows_its_policy() {
        for (count, expected) in frequencies(Sampling::Uniform).into_iter().zip([3333, 3333, 3333]) {
            assert!(i32::abs(count as i32 - expected) < 200, "{count}");
        }
        for (count, expected) in frequencies(Sampling::BySize).into_iter().zip([1000, 3000, 6000]) {
            assert!(i32::abs(count as i32 - expected) < 200, "{count}");
        }
    }

    #[test]
    fn drawing_never_repeats_and_never_exceeds_the_relation() {
        let tasks = tasks(&[2, 9]);
        let mut stream = Stream::new(1, Purpose::InstanceSampling, 0, 0);
        let mut few = tasks.draw(&[0], 8, &mut stream);
        few.sort_unstable();
        assert_eq!(few, [0, 1]);
        let many = tasks.draw(&[1], 8, &mut stream);
        assert!(many.iter().all(|place| (2..11).contains(place)));
        assert_eq!(many.iter().collect::<std::collections::HashSet<_>>().len(), 8);
        let options = MetaOptions { relations: 5, sampling: Sampling::BySize, ..MetaOptions::default() };
        let mut both = tasks.sample(&options, 1, 1);
        both.sort_unstable();
        assert_eq!(both, [[0], [1]]);
    }

    #[test]
    fn an_episode_has_several_relations() {
        let tasks = tasks(&[2, 9, 4, 1]);
        let options = MetaOptions { relations: 6, way: 3, instances: 3, ..MetaOptions::default() };
        let episodes = tasks.sample(&options, 1, 1);
        assert_eq!(episodes.len(), 6);
        for episode in &episodes {
            assert_eq!(episode.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{episode:?}");
        }
        assert!(episodes.iter().any(|episode| episode != &episodes[0]));
        let drawn = tasks.draw(&[0, 1], 3, &mut Stream::new(1, Purpose::InstanceSampling, 0, 0));
        assert_eq!(drawn.iter().filter(|&&place| place < 2).count(), 2);
        assert_eq!(drawn.iter().filter(|&&place| (2..11).contains(&place)).count(), 3);
        // The query is drawn from the instances outside the support, or from all of them if there are none.
        let mut stream = Stream::new(1, Purpose::InstanceSampling, 0, 0);
        let support = tasks.draw(&[0, 1], 5, &mut stream);
        let query = tasks.draw_others(&[0, 1], 5, &support, &mut stream);
        let of_second = |drawn: &[usize]| {
            drawn.iter().copied().filter(|place| (2..11).contains(place)).collect::<HashSet<_>>()
        };
        assert_eq!((of_second(&support).len(), of_second(&query).len(), query.len()), (5, 4, 6));
        assert!(of_second(&support).is_disjoint(&of_second(&query)));
    }
}
