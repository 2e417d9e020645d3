//! Episodes of new relations: how they are drawn, and that they are answered.

mod common;

use std::collections::HashSet;
use std::sync::Arc;

use common::small::{instances, resources, topical, topical_descriptions, topical_resources};
use mlrc::corpus::Instance;
use mlrc::episodes::{Method, Options, Pools, Protocol, evaluate};
use mlrc::resources::Resources;

/// Generated relations under several names each: twenty to learn from, five that are new.
fn pools() -> Pools {
    let of = |seed, suffix: &str| -> Vec<Instance> {
        let renamed = |mut instance: Instance| {
            instance.relation = instance.relation.map(|relation| format!("{relation}{suffix}"));
            instance
        };
        instances(seed, 300).into_iter().map(renamed).collect()
    };
    let base: Vec<Vec<Instance>> = (1..5).map(|copy| of(copy, &format!("-{copy}"))).collect();
    let base: Vec<&Instance> = base.iter().flatten().collect();
    let new = of(7, "-new");
    Pools::read(&base, &new.iter().collect::<Vec<_>>(), &resources(), 1).unwrap()
}

fn protocol(way: usize, shot: usize, none_rate: f64) -> Protocol {
    Protocol { way, shot, queries: 3, none_rate }
}

#[test]
fn episodes_are_what_the_protocol_says() {
    let pool = pools().new;
    let mut seen = HashSet::new();
    for number in 0..50 {
        let protocol = protocol(3, 2, 0.25);
        let episode = protocol.draw(&pool, 5, number);
        assert_eq!(episode, protocol.draw(&pool, 5, number));
        assert_ne!(episode, protocol.draw(&pool, 6, number));
        assert_eq!((episode.support.len(), episode.queries.len()), (6, 12));
        assert_eq!(protocol.instances(), 18);
        let relation = |place: usize| pool.relations.iter().position(|(_, of)| of.contains(&place)).unwrap();
        let mut relations = vec![HashSet::new(); 3];
        for &(place, label) in &episode.support {
            relations[label].insert(relation(place));
        }
        assert!(relations.iter().all(|of| of.len() == 1), "a label is a relation");
        let chosen: HashSet<usize> = relations.iter().flatten().copied().collect();
        assert_eq!(chosen.len(), 3);
        let support: HashSet<usize> = episode.support.iter().map(|(place, _)| *place).collect();
        for &(place, label) in &episode.queries {
            assert!(!support.contains(&place), "a query is no support");
            match label {
                Some(label) => assert!(relations[label].contains(&relation(place))),
                None => assert!(!chosen.contains(&relation(place))),
            }
        }
        assert_eq!(episode.queries.iter().filter(|(_, label)| label.is_none()).count(), 3);
        seen.insert(chosen.into_iter().min());
    }
    assert!(seen.len() > 1, "relations vary");
}

#[test]
fn every_method_tells_new_relations_apart_at_any_number_of_threads() {
    let pools = pools();
    let options = Options { episodes: 60, choosing: 20, budget: 1_500, rank: 4, seed: 1 };
    for method in Method::ALL {
        let outcomes = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let run = || evaluate(method, &pools, protocol(3, 5, 0.0), &[0.0, 0.3], &options).unwrap();
            let outcome = pool.install(run);
            (outcome.setting, outcome.chosen_by, outcome.accuracies)
        });
        assert_eq!(outcomes[0], outcomes[1], "{method}");
        let [all, some_without] = &outcomes[0].2[..] else { panic!("two rates") };
        assert!(all.mean > 0.5 && all.threshold.is_none(), "{method}: {all:?}, by chance a third");
        assert!(some_without.mean > 0.4 && some_without.threshold.is_some(), "{method}: {some_without:?}");
    }
}

#[test]
fn names_need_no_sentence_of_new_relations() {
    const TOPICS: usize = 20;
    let (base, new) = (topical(0..14, 1, 280), topical(14..TOPICS, 2, 120));
    let descriptions = Arc::new(topical_descriptions(TOPICS));
    let resources = Resources { descriptions, ..topical_resources(TOPICS) };
    let pools = Pools::read(&base.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>(), &resources, 1)
        .unwrap();
    let options = Options { episodes: 100, choosing: 20, budget: 100, rank: 2, seed: 1 };
    let accuracy = |method, shot| {
        evaluate(method, &pools, protocol(3, shot, 0.0), &[0.0], &options).unwrap().accuracies[0].mean
    };
    let none = accuracy(Method::Names, 0);
    assert!(none > 0.5, "{none}, by chance a third");
    let (with, without) = (accuracy(Method::Names, 1), accuracy(Method::Frozen, 1));
    assert!(with > without + 0.05, "{with} with names, {without} without");
    assert!(with > none, "{with} with a sentence, {none} with the name alone");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let pools = pools();
    let options = Options { episodes: 5, choosing: 5, budget: 100, rank: 2, seed: 1 };
    let refused = |protocol: Protocol, none: &[f64]| {
        evaluate(Method::Frozen, &pools, protocol, none, &options).unwrap_err().to_string()
    };
    let message = refused(protocol(6, 1, 0.0), &[0.0]);
    assert!(
        message.contains("6-way episodes need 6") && message.contains("with at least 4 instances each"),
        "{message}"
    );
    assert!(refused(protocol(1, 1, 0.0), &[0.0]).contains("way: expected at least 2, found 1"));
    assert!(refused(protocol(2, 0, 0.0), &[0.0]).contains("shot"));
    assert!(refused(protocol(2, 1, 0.0), &[1.0]).contains("none rate"));
    let both = instances(1, 30);
    let both: Vec<&Instance> = both.iter().collect();
    let message = Pools::read(&both, &both, &resources(), 1).unwrap_err().to_string();
    assert!(message.contains("among the base relations and among the new ones"), "{message}");
}
