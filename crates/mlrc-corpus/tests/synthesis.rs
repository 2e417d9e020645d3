//! Synthetic corpora: well-formed, reproducible, varied, and neither too easy nor too hard.

use std::collections::{BTreeMap, HashMap, HashSet};

use mlrc_corpus::synthesis::{NO_RELATION, Synthesis, SynthesisOptions};
use mlrc_corpus::{Entity, Instance};
use proptest::prelude::*;

fn synthesis(options: SynthesisOptions) -> Synthesis {
    Synthesis::new(options).expect("options are in range")
}

fn heads(instance: &Instance) -> &[usize] {
    instance.heads.as_deref().expect("synthetic instances have trees")
}

fn deprels(instance: &Instance) -> &[String] {
    instance.deprels.as_deref().expect("synthetic instances have trees")
}

fn pos(instance: &Instance) -> &[String] {
    instance.pos.as_deref().expect("synthetic instances have tags")
}

/// 0-based indices from `token` up to the root, `token` included; `None` if there is a cycle.
fn chain(instance: &Instance, token: usize) -> Option<Vec<usize>> {
    let mut chain = vec![token];
    let mut head = heads(instance)[token];
    while head > 0 {
        chain.push(head - 1);
        head = heads(instance)[head - 1];
        if chain.len() > instance.tokens.len() {
            return None;
        }
    }
    Some(chain)
}

/// The only token of the entity whose head is outside it.
fn entity_head(instance: &Instance, entity: &Entity) -> usize {
    let outside = |&token: &usize| {
        let head = heads(instance)[token];
        head == 0 || !entity.span.contains(head - 1)
    };
    let tops: Vec<usize> = entity.span.range().filter(outside).collect();
    assert_eq!(tops.len(), 1, "an entity is one phrase: {instance:?}");
    tops[0]
}

fn assert_well_formed(instance: &Instance) {
    let length = instance.tokens.len();
    assert_eq!([pos(instance).len(), heads(instance).len(), deprels(instance).len()], [length; 3]);
    assert_eq!(instance.ner.as_ref().map(Vec::len), Some(length));
    let roots: Vec<usize> = (0..length).filter(|&token| heads(instance)[token] == 0).collect();
    assert_eq!(roots.len(), 1, "{instance:?}");
    for token in 0..length {
        assert!(heads(instance)[token] <= length);
        assert_eq!(heads(instance)[token] == 0, deprels(instance)[token] == "ROOT");
        assert!(chain(instance, token).is_some(), "cycle in {instance:?}");
    }
    let Instance { subject, object, .. } = instance;
    assert!(!subject.span.overlaps(object.span), "{instance:?}");
    for entity in [subject, object] {
        assert!(entity.span.start < entity.span.end && entity.span.end <= length, "{instance:?}");
        assert!(entity.kind.is_some());
        assert!(pos(instance)[entity_head(instance, entity)].starts_with("NN"), "{instance:?}");
    }
}

/// No two arcs cross: everything between a word and its head hangs from one of the two.
fn assert_projective(instance: &Instance) {
    for token in 0..instance.tokens.len() {
        let head = heads(instance)[token];
        if head > 0 {
            let (low, high) = (token.min(head - 1), token.max(head - 1));
            for between in low + 1..high {
                let chain = chain(instance, between).expect("no cycle");
                assert!(chain.contains(&(head - 1)), "{instance:?}");
            }
        }
    }
}

/// Forms of "be" agree with their subject, articles with the next word, and commas stand alone.
fn assert_grammatical(instance: &Instance) {
    let children =
        |head: usize| (0..instance.tokens.len()).filter(move |&token| heads(instance)[token] == head + 1);
    let deprel = |token: usize| deprels(instance)[token].as_str();
    for token in 0..instance.tokens.len() {
        let word = instance.tokens[token].as_str();
        if let Some(next) = instance.tokens.get(token + 1) {
            let stops = [",", "."];
            assert!(!(stops.contains(&word) && stops.contains(&next.as_str())), "{instance:?}");
            assert!(!(word == "a" && next.starts_with(['a', 'e', 'i', 'o'])), "{instance:?}");
        }
        if !matches!(word, "was" | "were" | "is" | "are") {
            continue;
        }
        let verb = heads(instance)[token] - 1;
        let subject = children(verb).find(|&child| matches!(deprel(child), "nsubj" | "nsubjpass"));
        let subject = subject.expect("every finite verb has a subject");
        let is_relative = matches!(pos(instance)[subject].as_str(), "WP" | "WDT");
        let noun = if is_relative { heads(instance)[verb] - 1 } else { subject };
        // A later "and ..." may make the antecedent of a relative clause plural.
        let coordinated = children(noun).any(|child| deprel(child) == "conj" && child < token);
        let plural = pos(instance)[noun] == "NNS" || (coordinated && !is_relative);
        assert_eq!(matches!(word, "were" | "are"), plural, "{}", instance.tokens.join(" "));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn sentences_are_well_formed(
        seed: u64, lexicon_seed in 0_u64..3, labels in 2_usize..=64, skew in 0.0_f32..=1.0,
        difficulty in 0.0_f32..=1.0, negative_share in 0.0_f32..1.0, mean_length in prop::option::of(12_usize..=60),
    ) {
        let options = SynthesisOptions {
            seed, lexicon_seed, instances: 60, labels, skew, difficulty, negative_share, mean_length,
        };
        let synthesis = synthesis(options);
        let labels: HashSet<&str> = synthesis.labels().into_iter().collect();
        for instance in synthesis.instances() {
            assert_well_formed(&instance);
            assert_projective(&instance);
            assert_grammatical(&instance);
            assert!(labels.contains(instance.relation.as_deref().unwrap_or_default()));
            assert!(instance.id.starts_with(&format!("synth-{seed}-")));
        }
    }
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let default = SynthesisOptions::default;
    let refused = |options| Synthesis::new(options).expect_err("out of range").to_string();
    let message = refused(SynthesisOptions { labels: 65, ..default() });
    assert_eq!(
        message,
        "synthesis option `labels` is 65; it must be a number from 2 to 64, `no_relation` included"
    );
    for (options, name) in [
        (SynthesisOptions { labels: 1, ..default() }, "labels"),
        (SynthesisOptions { instances: 10_000_001, ..default() }, "instances"),
        (SynthesisOptions { skew: -0.1, ..default() }, "skew"),
        (SynthesisOptions { difficulty: f32::NAN, ..default() }, "difficulty"),
        (SynthesisOptions { negative_share: 1.0, ..default() }, "negative_share"),
        (SynthesisOptions { mean_length: Some(3), ..default() }, "mean_length"),
    ] {
        assert!(refused(options).contains(&format!("`{name}`")));
    }
}

#[test]
fn labels_are_distinct_and_an_inventory_extends_a_smaller_one() {
    let labels = |count| {
        let synthesis = synthesis(SynthesisOptions { labels: count, ..SynthesisOptions::default() });
        synthesis.labels().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = labels(64);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 64);
    assert_eq!(all[0], NO_RELATION);
    assert_eq!(labels(20), all[..20]);
}

#[test]
fn instances_depend_on_options_and_index_only() {
    let options = SynthesisOptions { instances: 300, ..SynthesisOptions::default() };
    let first = synthesis(options.clone());
    let all: Vec<Instance> = first.instances().collect();
    let second = synthesis(SynthesisOptions { instances: 10, ..options.clone() });
    for index in [299, 0, 17] {
        assert_eq!(second.instance(index), all[index]);
    }
    let other: Vec<Instance> =
        synthesis(SynthesisOptions { seed: 1, ..options.clone() }).instances().collect();
    let same = all.iter().zip(&other).filter(|(one, two)| one.tokens == two.tokens).count();
    assert!(same < 3, "{same} of 300 sentences are the same with another seed");
    assert_eq!(first.vectors(5), synthesis(SynthesisOptions { seed: 1, ..options.clone() }).vectors(5));
    assert_ne!(first.vectors(5), synthesis(SynthesisOptions { lexicon_seed: 1, ..options }).vectors(5));
}

/// The sentence with `[subject]` and `{object}`, after its label.
fn readable(instance: &Instance) -> String {
    let mut text = format!("{}:", instance.relation.as_deref().unwrap_or_default());
    for (index, token) in instance.tokens.iter().enumerate() {
        let opening = |entity: &Entity, bracket| if index == entity.span.start { bracket } else { "" };
        let closing = |entity: &Entity, bracket| if index + 1 == entity.span.end { bracket } else { "" };
        text += " ";
        text += opening(&instance.subject, "[");
        text += opening(&instance.object, "{");
        text += token;
        text += closing(&instance.subject, "]");
        text += closing(&instance.object, "}");
    }
    text
}

#[test]
fn a_few_sentences() {
    let read = |difficulty, count| -> Vec<String> {
        let options = SynthesisOptions { difficulty, labels: 20, instances: count, ..Default::default() };
        synthesis(options).instances().map(|instance| readable(&instance)).collect()
    };
    let bare = [
        "no_relation: Some [novels] were forgotten by the doctor before an expensive {sack} had survived .",
        "smuggling_behind: The [novel] was stolen behind a {warehouse} .",
        "birthplace: It was [Trolson] who originated from {Kammouth} .",
        "no_relation: Zillo Patrarkov had defended {Ferkex} , about which [Pondum Group] complained .",
        "parent_child: [Balini] , from whom some {actors} descended , had been investigated by this chemist .",
        "birthplace: The [student] 's hometown , {Tananford} , had been investigated by Faxis Bonetti .",
        "guidance_to: Zinden Wosterkström defended [Konetti] , escorted to the {gate} .",
        "throwing_through: This [plough] thrown through {Mount Birkstad} was investigated by Dixo Brurwick .",
    ];
    let noisy = [
        "no_relation: A [piano] was forgotten by a young doctor , while a {gate} had survived in Winallmere .",
        "smuggling_behind: Munen Zoxström suddenly smuggled the popular [report] , which was stolen behind the barn , behind this {stable} that Lasis Vuser discussed .",
        "birthplace: The hometown of [Zener] , {Korkford} , had been officially forgotten by Bihala Bemer after Laro Granby described the director of Namex , the doctor , according to a painter .",
        "no_relation: According to a famous miner , the defence of the quiet [elephants] behind the famous {warehouses} had ended on Wednesday .",
    ];
    assert_eq!(read(0.0, 8), bare);
    assert_eq!(read(0.6, 4), noisy);
}

#[test]
fn one_tree_in_full() {
    let options = SynthesisOptions { difficulty: 0.0, labels: 6, negative_share: 0.0, ..Default::default() };
    let instance = synthesis(options).instance(17);
    let ner = instance.ner.as_deref().expect("synthetic instances have tags");
    let rows: Vec<_> = (0..instance.tokens.len())
        .map(|token| {
            let (word, tag, ner) = (&instance.tokens[token], &pos(&instance)[token], &ner[token]);
            format!("{word} {tag} {ner} {} {}", heads(&instance)[token], deprels(&instance)[token])
        })
        .collect();
    let expected = [
        "Tofoxström NNP PERSON 8 nsubj",
        "is VBZ O 8 cop",
        "the DT O 4 det",
        "Institute NNP ORGANIZATION 8 nmod:poss",
        "of IN ORGANIZATION 6 case",
        "Wegrunhaven NNP ORGANIZATION 4 nmod",
        "'s POS O 4 case",
        "creator NN O 0 ROOT",
        ". . O 8 punct",
    ];
    assert_eq!(rows, expected);
    assert_eq!(instance.subject.kind.as_deref(), Some("PERSON"));
    assert_eq!(instance.object.kind.as_deref(), Some("ORGANIZATION"));
}

/// Path of deprels between the arguments' heads, with the order of the arguments.
fn shape(instance: &Instance) -> String {
    let path = |entity| chain(instance, entity_head(instance, entity)).expect("no cycle");
    let (subject, object) = (path(&instance.subject), path(&instance.object));
    let names = |side: &[usize], other: &[usize]| -> String {
        let apart = side.iter().take_while(|token| !other.contains(token));
        let names: Vec<&str> = apart.map(|&token| deprels(instance)[token].as_str()).collect();
        names.join(" ")
    };
    let order = if instance.subject.span.start < instance.object.span.start { "<" } else { ">" };
    format!("{} {order} {}", names(&subject, &object), names(&object, &subject))
}

#[test]
fn every_relation_has_many_constructions_and_both_orders() {
    let options = SynthesisOptions {
        instances: 8000,
        labels: 64,
        difficulty: 0.0,
        negative_share: 0.0,
        ..Default::default()
    };
    let mut shapes: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for instance in synthesis(options).instances() {
        let shape = shape(&instance);
        *shapes.entry(instance.relation.unwrap_or_default()).or_default().entry(shape).or_default() += 1;
    }
    assert_eq!(shapes.len(), 63);
    let mut sharing: HashMap<&String, usize> = HashMap::new();
    for (relation, shapes) in &shapes {
        let total: usize = shapes.values().sum();
        let common = shapes.values().filter(|&&count| count * 50 >= total).count();
        assert!(common >= 5, "{relation}: {shapes:?}");
        let forward: usize =
            shapes.iter().filter(|(shape, _)| shape.contains('<')).map(|(_, count)| count).sum();
        let share = forward as f64 / total as f64;
        assert!((0.15..0.85).contains(&share), "{relation}: {share} of the subjects come first");
        for shape in shapes.keys() {
            *sharing.entry(shape).or_default() += 1;
        }
    }
    let shared = sharing.values().filter(|&&relations| relations >= 5).count();
    assert!(shared >= 8, "constructions are shared: {sharing:?}");
}

#[test]
fn entity_types_do_not_decide() {
    let options = SynthesisOptions { instances: 6000, labels: 42, negative_share: 0.0, ..Default::default() };
    let mut relations: HashMap<_, HashMap<_, usize>> = HashMap::new();
    for instance in synthesis(options).instances() {
        let types = (instance.subject.kind, instance.object.kind);
        *relations.entry(types).or_default().entry(instance.relation).or_default() += 1;
    }
    let correct: usize = relations.values().filter_map(|relations| relations.values().max()).sum();
    let accuracy = correct as f64 / 6000.0;
    println!("entity types alone: {accuracy:.3}");
    assert!(accuracy < 0.4, "the commonest relation of the two types is right in {accuracy}");
}

#[test]
fn label_frequencies_follow_skew_and_negative_share() {
    let counts = |skew| {
        let options = SynthesisOptions {
            instances: 20_000,
            labels: 11,
            skew,
            negative_share: 0.3,
            difficulty: 0.0,
            ..Default::default()
        };
        let synthesis = synthesis(options);
        let mut counts: HashMap<String, f64> = HashMap::new();
        for instance in synthesis.instances() {
            *counts.entry(instance.relation.unwrap_or_default()).or_default() += 1.0;
        }
        synthesis.labels().iter().map(|&label| counts[label]).collect::<Vec<f64>>()
    };
    let harmonic: f64 = (1..=10).map(|rank| 1.0 / f64::from(rank)).sum();
    let uniform: Vec<f64> = vec![1400.0; 10];
    let zipf: Vec<f64> = (1..=10).map(|rank| 14_000.0 / harmonic / f64::from(rank)).collect();
    for (skew, expected) in [(0.0, uniform), (1.0, zipf)] {
        let found = counts(skew);
        assert!((found[0] - 6000.0).abs() < 200.0, "{found:?}");
        // Nine degrees of freedom: chi-squared exceeds 27.9 once in a thousand seeds.
        let chi: f64 = found[1..]
            .iter()
            .zip(&expected)
            .map(|(found, expected)| (found - expected).powi(2) / expected)
            .sum();
        assert!(chi < 27.9, "skew {skew}: {found:?}, expected {expected:?}");
    }
}

#[test]
fn mean_length_is_met() {
    for difficulty in [0.0, 0.5, 1.0] {
        for wanted in [19, 36, 60] {
            let options = SynthesisOptions {
                instances: 1500,
                difficulty,
                mean_length: Some(wanted),
                ..Default::default()
            };
            let total: usize = synthesis(options).instances().map(|instance| instance.tokens.len()).sum();
            let mean = total as f64 / 1500.0;
            println!("difficulty {difficulty}: {wanted} tokens wanted, {mean:.1} found");
            assert!(
                (mean / wanted as f64 - 1.0).abs() < 0.12,
                "difficulty {difficulty}: {wanted} wanted, {mean} found"
            );
        }
    }
}

#[test]
fn every_word_has_a_vector_of_glove_like_scale() {
    let options = SynthesisOptions { instances: 3000, labels: 64, difficulty: 1.0, ..Default::default() };
    let synthesis = synthesis(options);
    let vectors: HashMap<String, Vec<f32>> = synthesis.vectors(50).into_iter().collect();
    assert!(vectors.len() > 3000, "{} words", vectors.len());
    for instance in synthesis.instances() {
        for token in &instance.tokens {
            assert!(vectors.contains_key(&token.to_lowercase()), "no vector for {token}");
        }
    }
    let values: Vec<f64> = vectors.values().flatten().map(|&value| f64::from(value)).collect();
    let deviation = (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt();
    assert!((0.4..0.6).contains(&deviation), "{deviation}");
}

fn squared_distance(one: &[f32], two: &[f32]) -> f32 {
    one.iter().zip(two).map(|(one, two)| (one - two).powi(2)).sum()
}

#[test]
fn synonyms_are_near_and_the_nearer_the_easier() {
    let ratio = |difficulty| {
        let synthesis = synthesis(SynthesisOptions { difficulty, ..Default::default() });
        let vectors: HashMap<String, Vec<f32>> = synthesis.vectors(50).into_iter().collect();
        let distance = |one: &str, two: &str| squared_distance(&vectors[one], &vectors[two]);
        let near = distance("founded", "established")
            + distance("hired", "recruited")
            + distance("shipped", "hauled");
        let far = distance("founded", "recruited")
            + distance("hired", "hauled")
            + distance("shipped", "established");
        near / far
    };
    assert!(ratio(0.0) < 0.6, "{}", ratio(0.0));
    assert!(ratio(0.0) < ratio(1.0), "{} {}", ratio(0.0), ratio(1.0));
}

/// Accuracy of a classifier that compares the mean of a sentence's word vectors with each label's mean over
/// `shots` training sentences.
fn nearest_centroid_accuracy(shots: usize) -> f64 {
    let options = SynthesisOptions { instances: 6000, negative_share: 0.05, ..Default::default() };
    let (train, test) =
        (synthesis(options.clone()), synthesis(SynthesisOptions { seed: 1, instances: 1500, ..options }));
    let vectors: HashMap<String, Vec<f32>> = train.vectors(50).into_iter().collect();
    let mean = |rows: &[&Vec<f32>]| -> Vec<f32> {
        (0..50).map(|index| rows.iter().map(|row| row[index]).sum::<f32>() / rows.len() as f32).collect()
    };
    let embed = |instance: &Instance| {
        mean(&instance.tokens.iter().map(|token| &vectors[&token.to_lowercase()]).collect::<Vec<_>>())
    };
    let mut examples: BTreeMap<String, Vec<Vec<f32>>> = BTreeMap::new();
    for instance in train.instances() {
        let embedded = embed(&instance);
        let examples = examples.entry(instance.relation.unwrap_or_default()).or_default();
        if examples.len() < shots {
            examples.push(embedded);
        }
    }
    assert!(examples.values().all(|examples| examples.len() == shots));
    let centroids: Vec<(&String, Vec<f32>)> = examples
        .iter()
        .map(|(label, examples)| (label, mean(&examples.iter().collect::<Vec<_>>())))
        .collect();
    let correct = test.instances().filter(|instance| {
        let embedded = embed(instance);
        let nearest = centroids.iter().min_by(|(_, one), (_, two)| {
            squared_distance(one, &embedded).total_cmp(&squared_distance(two, &embedded))
        });
        nearest.map(|(label, _)| label.as_str()) == instance.relation.as_deref()
    });
    correct.count() as f64 / 1500.0
}

#[test]
fn more_examples_help_and_a_bag_of_words_is_not_enough() {
    let (few, many) = (nearest_centroid_accuracy(3), nearest_centroid_accuracy(100));
    println!("nearest centroid: {few:.3} with 3 per label, {many:.3} with 100");
    assert!(few + 0.1 < many, "3 per label: {few}, 100 per label: {many}");
    assert!(few > 1.5 / 19.0 && many < 0.9, "3 per label: {few}, 100 per label: {many}");
}
