//! What holds of the scorers whatever the labels are.

use std::time::{Duration, Instant};

use mlrc_corpus::scoring::{ConfusionMatrix, Scorer};
use proptest::prelude::*;

const SEMEVAL: [&str; 6] = ["A-B(e1,e2)", "A-B(e2,e1)", "C-D(e1,e2)", "C-D(e2,e1)", "E-F(e1,e2)", "Other"];
const TACRED: [&str; 4] = ["per:age", "per:title", "org:founded", "no_relation"];
const PLAIN: [&str; 4] = ["spouse", "child", "employer", "NA"];

type Answers = Vec<(String, String)>;

/// Labels, gold answers, and a prediction for some of them.
fn case() -> impl Strategy<Value = (Vec<String>, Answers, Answers)> {
    let sets = [SEMEVAL.to_vec(), TACRED.to_vec(), PLAIN.to_vec()];
    prop::sample::select(sets.to_vec()).prop_flat_map(|labels| {
        let n = labels.len();
        prop::collection::vec((0..n, prop::option::of(0..n)), 1..60).prop_map(move |pairs| {
            let label = |index: usize| labels[index].to_owned();
            let ids = pairs.iter().enumerate();
            let gold = ids.clone().map(|(id, pair)| (id.to_string(), label(pair.0))).collect();
            let predicted = ids.filter_map(|(id, pair)| Some((id.to_string(), label(pair.1?)))).collect();
            (labels.iter().map(ToString::to_string).collect(), gold, predicted)
        })
    })
}

fn is_negative(label: &str) -> bool {
    ["Other", "no_relation", "NA"].contains(&label)
}

proptest! {
    #[test]
    fn scores_are_fractions((labels, gold, predicted) in case()) {
        let scores = Scorer::for_labels(&labels).score(&gold, &predicted).unwrap();
        for score in &scores.values {
            prop_assert!((0.0..=1.0).contains(&score.value), "{score:?}");
        }
        for relation in &scores.relations {
            prop_assert!(relation.correct <= relation.support.min(relation.predicted), "{relation:?}");
            for rate in [relation.rates.precision, relation.rates.recall, relation.rates.f1] {
                prop_assert!((0.0..=1.0).contains(&rate), "{relation:?}");
            }
        }
        prop_assert_eq!(scores.skipped, gold.len() - predicted.len());
        prop_assert_eq!(&scores.primary, &scores.values[0]);
    }

    #[test]
    fn perfect_predictions_score_one((labels, gold, _) in case()) {
        prop_assume!(gold.iter().any(|(_, label)| !is_negative(label)));
        let scores = Scorer::for_labels(&labels).score(&gold, &gold).unwrap();
        for score in &scores.values {
            prop_assert_eq!(score.value, 1.0, "{}", &score.name);
        }
        prop_assert!(scores.warnings.is_empty());
    }

    #[test]
    fn the_order_of_instances_does_not_matter(
        (labels, gold, predicted) in case(),
        seed in any::<u64>(),
    ) {
        let shuffled = |answers: &Answers| {
            let mut answers = answers.clone();
            answers.sort_by_key(|(id, _)| (id.parse::<u64>().unwrap() + 1).wrapping_mul(seed | 1));
            answers
        };
        let scorer = Scorer::for_labels(&labels);
        let mut before = scorer.score(&gold, &predicted).unwrap();
        let mut after = scorer.score(&shuffled(&gold), &shuffled(&predicted)).unwrap();
        // A warning names the first instance without a prediction.
        before.warnings.clear();
        after.warnings.clear();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn indices_and_answers_score_the_same((labels, gold, predicted) in case()) {
        let index = |label: &String| labels.iter().position(|other| other == label).unwrap();
        let answered: Vec<_> = predicted.iter().map(|(id, _)| gold[id.parse::<usize>().unwrap()].clone()).collect();
        prop_assume!(!answered.is_empty());
        let indices = |answers: &Answers| answers.iter().map(|(_, label)| index(label)).collect::<Vec<_>>();
        let matrix = ConfusionMatrix::from_indices(&labels, &indices(&answered), &indices(&predicted)).unwrap();
        let scorer = Scorer::for_labels(&labels);
        let mut by_index = scorer.score_matrix(&matrix).unwrap();
        let mut by_answer = scorer.score(&answered, &predicted).unwrap();
        // The plain scorer lists relations, and adds them up, in the order of the label set.
        for scores in [&mut by_index, &mut by_answer] {
            scores.relations.sort_by(|a, b| a.relation.cmp(&b.relation));
        }
        prop_assert_eq!(&by_index.relations, &by_answer.relations);
        for (a, b) in by_index.values.iter().zip(&by_answer.values) {
            prop_assert_eq!(&a.name, &b.name);
            prop_assert!((a.value - b.value).abs() < 1e-12, "{:?} {:?}", a, b);
        }
    }

    #[test]
    fn direction_only_costs((labels, gold, predicted) in case()) {
        prop_assume!(labels[0] == SEMEVAL[0]);
        let scores = Scorer::semeval().score(&gold, &predicted).unwrap();
        prop_assert!(scores.get("official_f1") <= scores.get("undirected_macro_f1"));
        prop_assert!(scores.get("directed_accuracy") <= scores.get("undirected_accuracy"));
    }

    #[test]
    fn scores_survive_json((labels, gold, predicted) in case()) {
        let scores = Scorer::for_labels(&labels).score(&gold, &predicted).unwrap();
        let json = serde_json::to_value(&scores).unwrap();
        prop_assert_eq!(&json["scorer"], &scores.scorer.to_string());
        prop_assert_eq!(serde_json::from_value::<mlrc_corpus::scoring::Scores>(json).unwrap(), scores);
    }
}

/// A dev set is scored after every epoch, so 2717 instances must take well under 5 ms.
#[test]
fn scoring_indices_is_fast() {
    let labels: Vec<String> = (0..9)
        .flat_map(|r| [format!("R-{r}(e1,e2)"), format!("R-{r}(e2,e1)")])
        .chain(["Other".to_owned()])
        .collect();
    let gold: Vec<usize> = (0..2717).map(|i| i * 7 % 19).collect();
    let predicted: Vec<usize> = (0..2717).map(|i| i * i % 19).collect();
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        let matrix = ConfusionMatrix::from_indices(&labels, &gold, &predicted).unwrap();
        let scores = Scorer::for_labels(&labels).score_matrix(&matrix).unwrap();
        best = best.min(start.elapsed());
        assert_eq!(scores.instances, 2717);
    }
    assert!(best < Duration::from_millis(5), "{best:?}");
}
