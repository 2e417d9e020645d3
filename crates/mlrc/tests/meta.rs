//! The meta-learning algorithms, tested on a small hand-written network with numerical gradients.
//!
//! That it can be trained at all shows that meta-learning depends on neither tensors nor text.

use std::sync::Mutex;

use mlrc::meta::{Meta, MetaOptions, Schedule, Tasks, Update, instance_gradients};
use mlrc::objective::{Noise, Objective, Parameters, Point, Tangent};

const INPUTS: usize = 2;
const HIDDEN: usize = 3;
const LABELS: usize = 3;
const PARAMETERS: usize = HIDDEN * (INPUTS + 1) + LABELS * (HIDDEN + 1);

/// A hidden tanh layer and a softmax, in double precision.
struct Small {
    inputs: Vec<[f64; INPUTS]>,
    labels: Vec<Option<u32>>,
    /// The instances of each requested gradient, in order.
    asked: Mutex<Vec<Vec<usize>>>,
}

impl Small {
    /// `sizes[label]` instances of each label, at different places.
    fn new(sizes: [usize; LABELS]) -> Self {
        let labels: Vec<u32> =
            sizes.iter().enumerate().flat_map(|(label, &size)| vec![label as u32; size]).collect();
        let place = |place: usize| {
            let place = place as f64;
            [(1.7 * place).sin(), (0.9 * place + 1.0).cos()]
        };
        Self {
            inputs: (0..labels.len()).map(place).collect(),
            labels: labels.into_iter().map(Some).collect(),
            asked: Mutex::default(),
        }
    }

    /// Mean cross-entropy.
    fn loss(&self, parameters: &[f64], instances: &[usize]) -> f64 {
        let (hidden, output) = parameters.split_at(HIDDEN * (INPUTS + 1));
        let layer = |weights: &[f64], inputs: &[f64]| -> Vec<f64> {
            let row = |row: &[f64]| row[0] + row[1..].iter().zip(inputs).map(|(w, x)| w * x).sum::<f64>();
            weights.chunks(inputs.len() + 1).map(row).collect()
        };
        let of = |&instance: &usize| {
            let states: Vec<f64> = layer(hidden, &self.inputs[instance]).into_iter().map(f64::tanh).collect();
            let logits = layer(output, &states);
            let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
            total.ln() - logits[self.labels[instance].unwrap() as usize]
        };
        instances.iter().map(of).sum::<f64>() / instances.len() as f64
    }

    /// Its gradient, numerically.
    fn gradient(&self, parameters: &[f64], instances: &[usize]) -> Vec<f64> {
        let along = |place: usize, by: f64| {
            let mut moved = parameters.to_vec();
            moved[place] += by;
            self.loss(&moved, instances)
        };
        (0..parameters.len()).map(|place| (along(place, 1e-5) - along(place, -1e-5)) / 2e-5).collect()
    }
}

struct Here<'a> {
    small: &'a Small,
    parameters: Parameters,
}

fn double(parameters: &Parameters) -> Vec<f64> {
    parameters.values.iter().map(|&value| f64::from(value)).collect()
}

impl Objective for Small {
    fn labels(&self) -> &[Option<u32>] {
        &self.labels
    }

    fn at(&self, parameters: &mut Parameters, work: &mut dyn FnMut(&dyn Point)) {
        work(&Here { small: self, parameters: parameters.clone() });
    }

    fn probabilities(&self, _parameters: &Parameters) -> Vec<Vec<f32>> {
        unreachable!("meta-learning scores nothing")
    }
}

impl Point for Here<'_> {
    fn parameters(&self) -> Parameters {
        self.parameters.clone()
    }

    fn gradient(&self, instances: &[usize], _least_shards: usize, _noise: Noise) -> (f32, Tangent) {
        self.small.asked.lock().unwrap().push(instances.to_vec());
        let here = double(&self.parameters);
        let gradient = self.small.gradient(&here, instances).into_iter().map(|value| value as f32).collect();
        (self.small.loss(&here, instances) as f32, Tangent::new(vec![gradient]))
    }
}

fn start() -> Parameters {
    Parameters { values: (0..PARAMETERS).map(|place| (place as f32 * 2.3).sin() * 0.5).collect() }
}

fn options(update: Update) -> MetaOptions {
    MetaOptions {
        iterations: 10,
        relations: LABELS,
        instances: 4,
        inner_steps: 2,
        update,
        inner_learning_rate: 0.3,
        step_size: 0.7,
        schedule: Schedule::Constant,
        clip: 1e6,
        ..MetaOptions::default()
    }
}

/// θ after one iteration in which all instances of each relation are drawn, so that the sampling does not
/// matter.
fn after_one_iteration(update: Update) -> Vec<f64> {
    let small = Small::new([4, 3, 2]);
    let mut meta = Meta::new(options(update), 1, start());
    meta.step(&small, &Tasks::new(&small.labels));
    double(&meta.parameters)
}

/// The same by hand: `direction` is computed from θ, θ' after all steps, and the gradient there.
fn by_hand(direction: impl Fn(&[f64], &[f64], &[f64]) -> Vec<f64>) -> Vec<f64> {
    let small = Small::new([4, 3, 2]);
    let theta = double(&start());
    let mut sum = vec![0.0; PARAMETERS];
    for relation in [vec![0, 1, 2, 3], vec![4, 5, 6], vec![7, 8]] {
        let mut adapted = theta.clone();
        for _ in 0..2 {
            let gradient = small.gradient(&adapted, &relation);
            adapted.iter_mut().zip(gradient).for_each(|(value, gradient)| *value -= 0.3 * gradient);
        }
        let there = small.gradient(&adapted, &relation);
        let direction = direction(&theta, &adapted, &there);
        sum.iter_mut().zip(direction).for_each(|(sum, value)| *sum += value / LABELS as f64);
    }
    theta.iter().zip(sum).map(|(theta, sum)| theta + 0.7 * sum).collect()
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn reptile_moves_towards_where_the_tasks_ended() {
    let expected = by_hand(|theta, adapted, _| adapted.iter().zip(theta).map(|(a, t)| a - t).collect());
    assert_close(&after_one_iteration(Update::REPTILE), &expected);
}

#[test]
fn fomaml_moves_along_the_gradients_where_the_tasks_ended() {
    let expected = by_hand(|_, _, there| there.iter().map(|gradient| -0.3 * gradient).collect());
    let found = after_one_iteration(Update::FOMAML);
    assert_close(&found, &expected);
    let reptile = after_one_iteration(Update::REPTILE);
    let differ = found.iter().zip(reptile).any(|(fomaml, reptile)| (fomaml - reptile).abs() > 1e-3);
    assert!(differ, "the two rules are not the same");
}

#[test]
fn the_query_of_fomaml_is_what_the_support_leaves() {
    let small = Small::new([9, 5, 1]);
    let tasks = Tasks::new(&small.labels);
    let options = MetaOptions { inner_steps: 1, ..options(Update::FOMAML) };
    let mut meta = Meta::new(options.clone(), 3, start());
    while !meta.is_done() {
        meta.step(&small, &tasks);
    }
    let asked = small.asked.lock().unwrap();
    // Tasks run in parallel, each with its support before its query.
    let of = |label: u32| -> Vec<&Vec<usize>> {
        asked.iter().filter(|drawn| small.labels[drawn[0]] == Some(label)).collect()
    };
    let mut disjoint = 0;
    for (label, query) in [(0, 4), (1, 1)] {
        let drawn = of(label);
        assert_eq!(drawn.len(), 20);
        assert_eq!(drawn.iter().map(|drawn| drawn.len()).sum::<usize>(), 10 * (4 + query));
        let (supports, queries): (Vec<&Vec<usize>>, Vec<&Vec<usize>>) = match label {
            1 => drawn.into_iter().partition(|drawn| drawn.len() == 4),
            _ => continue,
        };
        for query in queries {
            disjoint += usize::from(supports.iter().any(|support| !support.contains(&query[0])));
        }
    }
    assert_eq!(disjoint, 10);
    // For a relation with one instance, support and query are both that instance.
    assert!(of(2).iter().all(|drawn| drawn[..] == [14]));
    assert_eq!(meta.instances, instance_gradients(&options, 3, &tasks));
    assert_eq!(meta.instances, 10 * (8 + 5 + 2));
}

#[test]
fn rules_are_known_by_name() {
    for name in Update::names() {
        let update: Update = name.parse().unwrap();
        assert_eq!(update.to_string(), name);
        let text = format!("update = \"{name}\"");
        assert_eq!(toml::from_str::<MetaOptions>(&text).unwrap().update, update);
    }
    // Omitting the default preserves the keys of earlier results.
    let written = |update| serde_json::to_string(&options(update)).unwrap();
    assert!(!written(Update::REPTILE).contains("update") && written(Update::FOMAML).contains("\"fomaml\""));
    let said = toml::from_str::<MetaOptions>("update = \"maml\"").unwrap_err().to_string();
    assert!(said.contains("expected one of reptile, fomaml, found `maml`"), "{said}");
}
