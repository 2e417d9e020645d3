//! Reports about results agree with how the results were obtained.

#[path = "../../mlrc/tests/common/small.rs"]
mod small;

use std::collections::BTreeMap;

use mlrc::run::{Arm, RunOptions};
use mlrc::training::{RateSchedule, Selection};
use mlrc_experiment::estimate::Work;
use mlrc_experiment::summary::{cells, confusions, relations};
use mlrc_experiment::{DataHashes, ExperimentData, Folder, Folds, Job, Plan, RunResult, execute, report};

fn data() -> ExperimentData {
    let name = |name: &str| name.to_owned();
    ExperimentData {
        train: small::corpus(1, 150),
        dev: None,
        test: Some(small::corpus(2, 40)),
        resources: small::resources(),
        hashes: DataHashes {
            train: name("a"),
            dev: None,
            test: Some(name("b")),
            vectors: Some(name("c")),
            folds: Folds::default(),
            skip_bad: false,
        },
    }
}

fn run(arms: &[Arm], data: &ExperimentData) -> Vec<(Job, RunResult)> {
    let mut done = Vec::new();
    for &arm in arms {
        for seed in [1, 2] {
            let selection = Selection::BestDev;
            let options = RunOptions { seed, fraction: 0.5, selection, ..small::options(arm) };
            let result = execute(&options, data, None, |_| true).unwrap();
            done.push((Job { learner: "pa-lstm".to_owned(), options }, result));
        }
    }
    done
}

#[test]
fn work_is_known_before_it_is_done() {
    let data = data();
    for (job, result) in run(&Arm::ALL, &data) {
        let work = Work::of(&job.options, &data).unwrap();
        assert_eq!(work.meta + work.supervised, result.instance_gradients, "{}", job.name());
        assert_eq!(work.meta > 0, matches!(job.options.arm, Arm::Mlrc | Arm::Joint));
        // Four rounds of 30 development instances, one more scoring before fine-tuning, and the test data
        // twice.
        assert_eq!(work.predictions, if work.meta > 0 { 5 * 30 + 2 * 40 } else { 4 * 30 + 2 * 40 });
        // With the last round only, development instances are scored for the sake of the learning rate alone.
        let mut last = RunOptions { selection: Selection::Last, ..job.options.clone() };
        assert_eq!(Work::of(&last, &data).unwrap().predictions, work.predictions - 40);
        last.supervised.schedule = RateSchedule::Linear;
        assert_eq!(Work::of(&last, &data).unwrap().predictions, 40);
        if job.options.arm == Arm::Supervised {
            let result = execute(&last, &data, None, |_| true).unwrap();
            assert_eq!(result.test.keys().collect::<Vec<_>>(), ["last"]);
            assert_eq!(result.best_dev, None);
        }
    }
}

#[test]
fn relations_know_what_was_trained_on() {
    let data = data();
    let done = run(&[Arm::Supervised, Arm::Mlrc], &data);
    let tables = relations(&done, &data).unwrap();
    let selections: Vec<&str> = tables.iter().map(|table| &table.selection[..]).collect();
    assert_eq!(selections, ["best-dev", "last"]);

    // The labels of the examples that the runs were trained on.
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    for (job, _) in &done[..2] {
        let prepared = data.prepare(&job.options, None).unwrap();
        for label in prepared.train.labels() {
            let label = prepared.model.labels().label(label.unwrap() as usize).unwrap();
            *counts.entry(label.to_owned()).or_default() += 0.5;
        }
    }
    for table in &tables {
        assert_eq!(table.arms, [Arm::Supervised, Arm::Mlrc]);
        assert!(table.rows.len() >= 4 && table.rows.is_sorted_by_key(|row| row.train as u64));
        for row in &table.rows {
            assert_eq!(row.train, counts.get(&row.relation).copied().unwrap_or(0.0), "{}", row.relation);
            let support =
                data.test().iter().filter(|instance| instance.relation.as_ref() == Some(&row.relation));
            assert_eq!(row.test, support.count());
        }
        assert_eq!((table.total.train, table.total.test), (60.0, 40));
        // The last row is the means' value.
        let cells = cells(&done);
        let of_it = cells.iter().filter(|cell| cell.selection == table.selection);
        for (cell, score) in of_it.zip(&table.total.scores) {
            assert_eq!((cell.mean, cell.deviation, cell.seeds), (score.mean, score.deviation, score.seeds));
        }
        // A relation's F1 is the mean of those that the scorer found.
        let row = &table.rows[0];
        let found = done[2..].iter().map(|(_, result)| {
            let all = &result.test[&table.selection].relations;
            all.iter().find(|relation| relation.relation == row.relation).map_or(0.0, |found| found.rates.f1)
        });
        assert!((row.scores[1].mean - found.sum::<f64>() / 2.0).abs() < 1e-12);
    }
}

#[test]
fn confusion_matrices_are_summed_over_seeds() {
    let data = data();
    let done = run(&[Arm::Mlrc], &data);
    let label = |relation: &str| done[0].1.labels.iter().position(|label| label == relation).unwrap();
    let gold: Vec<usize> =
        data.test().iter().map(|instance| label(instance.relation.as_ref().unwrap())).collect();
    let matrices = confusions(&done, "last", &gold).unwrap();
    assert_eq!((matrices.len(), matrices[0].seeds, matrices[0].matrix.instances()), (1, 2, 80));
    for (one, other) in [(0, 0), (0, 1), (2, 1)] {
        let count = done.iter().map(|(_, result)| {
            let pairs = gold.iter().zip(&result.predictions["last"]);
            pairs.filter(|(gold, predicted)| (**gold, **predicted) == (one, other)).count()
        });
        assert_eq!(matrices[0].matrix.count(one, other), count.sum::<usize>());
    }
}

#[test]
fn matrices_that_nobody_could_read_are_tables_and_a_warning() {
    let data = data();
    let mut done = run(&[Arm::Mlrc], &data);
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let grid = "[[grid]]\narms = [\"mlrc\"]\nfractions = [1.0]\nseeds = [1, 2]\n";
    let plan = Plan::parse(&format!("[learners.fcm]\npreset = \"semeval/fcm\"\n{grid}"), "x").unwrap();
    let mut write = |more: &[String]| {
        done.iter_mut().for_each(|(_, result)| result.labels.extend_from_slice(more));
        report::write(&folder, &plan, 2, &done, &data).unwrap()
    };
    let count = |suffix: &str| {
        let names = std::fs::read_dir(place.path().join("confusion")).unwrap();
        names.filter(|name| name.as_ref().unwrap().path().to_string_lossy().ends_with(suffix)).count()
    };
    // Labels that control a terminal, or are longer than a page.
    let odd = write(&["\u{1b}[2J\u{0}".to_owned(), "x".repeat(1000)]);
    assert_eq!(odd.warnings, [""; 0]);
    assert!(count(".png") > 0 && count(".png") == count(".svg"));
    let page = std::fs::read_to_string(place.path().join("report.html")).unwrap();
    assert!(!page.contains('\u{1b}') && !page.contains(&"x".repeat(100)));

    let many = write(&(0..120).map(|number| format!("label {number}")).collect::<Vec<_>>());
    assert!(many.warnings[0].ends_with("nobody could read them; they are in confusion/*.csv"), "{many:?}");
    assert_eq!((count(".png"), count(".svg")), (0, 0));
    assert!(count(".csv") > 0 && place.path().join("report.html").exists());
}
