//! `mlrc demo`: both arms learn from a few generated sentences; scores, curves and predictions.
//!
//! No files are read: corpus and word vectors come from [`mlrc::synthesis`].

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use indicatif::ProgressBar;
use mlrc::classifier::MANIFEST;
use mlrc::corpus::{Corpus, Instance, Tokenizer};
use mlrc::device::Device;
use mlrc::files::write_atomically;
use mlrc::learner::pa_lstm::{PaLstmConfig, PaLstmFamily};
use mlrc::learner::{LearnerConfig, Precision};
use mlrc::meta::MetaOptions;
use mlrc::objective::Objective;
use mlrc::resources::{Resources, Vectors};
use mlrc::run::{Arm, Event, Prepared, Run, RunOptions};
use mlrc::synthesis::{Synthesis, SynthesisOptions};

use super::{check_output, marked};
use crate::cli::DemoOptions;
use crate::error::Error;
use crate::exit;
use mlrc_experiment::figure::{Across, Point, Series, Style, curves, png::png, sketch};

/// Labelled training sentences per relation.
const SHOTS: usize = 5;
const RELATIONS: usize = 10;
const TEST: usize = 400;
const DIMENSION: usize = 50;
/// How many times the model is scored during the meta stage.
const META_POINTS: usize = 20;
const ARMS: [Arm; 2] = [Arm::Mlrc, Arm::SupervisedMatched];

/// Scores of one run: instance-gradients so far, and F1 in per cent.
type History = Vec<(f64, f64)>;

/// Runs the command.
pub fn run(options: &DemoOptions) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let figure = options.out.join("learning-curves.svg");
    let model = options.out.join("model");
    for path in [&figure, &figure.with_extension("png"), &model.join(MANIFEST)] {
        check_output(path, &[], options.force)?;
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{RELATIONS} relations, {SHOTS} generated training sentences each, {TEST} test sentences; seeds: {}.",
        options.seeds
    )?;
    writeln!(
        out,
        "mlrc: meta-learning, then fine-tuning. supervised-matched: ordinary training, same computation.\n"
    )?;
    let language = Language::new()?;
    let test = Language::test();
    let mut histories: HashMap<Arm, Vec<History>> = HashMap::new();
    let mut shown = None;
    let progress = ProgressBar::new_spinner();
    for seed in 1..=options.seeds as u64 {
        for arm in ARMS {
            progress.set_message(format!("seed {seed}: {arm} …"));
            let run_options = run_options(arm, seed);
            let (train, resources) = (Language::train(seed), &language.resources);
            let prepared = Prepared::new(&run_options, &train, None, resources, None, Device::default())?;
            let read = prepared.model.read(&test.iter().collect::<Vec<_>>())?;
            let mut run = Run::new(run_options, Arc::new(prepared));
            histories.entry(arm).or_default().push(learn(&mut run, &*read)?);
            if shown.is_none() {
                let provenance = serde_json::json!({"demo": true, "arm": arm, "seed": seed});
                shown = Some(run.classifier(Tokenizer::default(), provenance));
            }
        }
    }
    progress.finish_and_clear();

    writeln!(out, "micro-F1 without no_relation, in per cent, on the test sentences:")?;
    writeln!(out, "  {:20} {:>6} {:>6}  seeds", "", "mean", "s.d.")?;
    for arm in ARMS {
        let finals: Vec<f64> =
            histories[&arm].iter().filter_map(|h| h.last()).map(|&(_, score)| score).collect();
        let (mean, deviation) = mean_and_deviation(&finals);
        let each: Vec<String> = finals.iter().map(|score| format!("{score:.1}")).collect();
        writeln!(out, "  {:20} {mean:6.1} {deviation:6.1}  {}", arm.to_string(), each.join(" "))?;
    }
    let curves: Vec<Series> = ARMS.iter().map(|arm| curve(*arm, &histories[arm])).collect();
    writeln!(
        out,
        "\n{}",
        sketch::sketch("instance-gradients", "F1 on the test sentences (%), mean over seeds", &curves)
    )?;

    let title = format!("{RELATIONS} relations, {SHOTS} sentences each: F1 during training");
    let drawing = curves::curves(
        &title,
        Across::Numbers("instance-gradients computed"),
        "micro-F1 on test sentences (%)",
        &curves,
    );
    for (path, content) in
        [(figure.clone(), drawing.svg().into_bytes()), (figure.with_extension("png"), png(&drawing)?)]
    {
        write_atomically(&path, |out| out.write_all(&content))
            .map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
    }
    let classifier = shown.expect("there is at least one seed");
    classifier.save(&model, Precision::Full)?;

    writeln!(out, "\nthree test sentences, classified by the first mlrc model:")?;
    let sentences: Vec<Instance> = test
        .iter()
        .filter(|instance| instance.relation.as_deref() != Some("no_relation"))
        .take(3)
        .cloned()
        .collect();
    for (instance, prediction) in sentences.iter().zip(classifier.classify(&sentences)?) {
        let relation = instance.relation.as_deref().unwrap_or_default();
        let name = prediction.label();
        writeln!(out, "  {}", marked(instance))?;
        writeln!(
            out,
            "    → {name} ({:.0} %){}",
            100.0 * prediction.probability(),
            if name == relation { String::new() } else { format!(", but labelled {relation}") }
        )?;
    }
    writeln!(out, "\nfigure: {}\nmodel:  {}", figure.display(), model.display())?;
    writeln!(
        out,
        "try it: mlrc predict {} --text '{}' --top-k 3",
        model.display(),
        marked(&sentences[0]).replace('\'', "")
    )?;
    say!("({:.0} s)", started.elapsed().as_secs_f64());
    Ok(exit::SUCCESS)
}

/// The generated language: its sentences, and vectors for its words.
struct Language {
    resources: Resources,
}

fn synthesis(seed: u64, instances: usize) -> SynthesisOptions {
    SynthesisOptions {
        seed,
        instances,
        labels: RELATIONS,
        difficulty: 0.3,
        negative_share: 0.1,
        ..SynthesisOptions::default()
    }
}

impl Language {
    fn new() -> Result<Self, Error> {
        let (words, rows): (Vec<String>, Vec<Vec<f32>>) =
            Synthesis::new(synthesis(0, 1))?.vectors(DIMENSION).into_iter().unzip();
        let vectors = Vectors::from_rows(&words, rows.concat(), DIMENSION);
        Ok(Self { resources: Resources::of_vectors(vectors) })
    }

    /// The first few sentences of each relation.
    fn train(seed: u64) -> Corpus {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let stream = Synthesis::new(synthesis(seed, 100_000)).expect("the options are in range");
        let mut instances = Vec::new();
        for instance in stream.instances() {
            let count = counts.entry(instance.relation.clone().unwrap_or_default()).or_default();
            if *count < SHOTS {
                *count += 1;
                instances.push(instance);
            }
            if instances.len() == SHOTS * RELATIONS {
                break;
            }
        }
        Corpus::from_instances(instances)
    }

    fn test() -> Vec<Instance> {
        Synthesis::new(synthesis(1000, TEST)).expect("the options are in range").instances().collect()
    }
}

fn run_options(arm: Arm, seed: u64) -> RunOptions {
    let config = PaLstmConfig { hidden: 100, attention: 100, ..PaLstmConfig::default() };
    RunOptions {
        arm,
        seed,
        learner: LearnerConfig::new(&PaLstmFamily, config).expect("the sizes are in range"),
        use_annotations: false,
        meta: MetaOptions { iterations: 400, instances: SHOTS, ..MetaOptions::default() },
        ..RunOptions::default()
    }
}

/// Runs to the end, scoring along the way.
fn learn(run: &mut Run, test: &dyn Objective) -> Result<History, Error> {
    let mut history = vec![(0.0, 100.0 * run.score(test)?.primary.value)];
    while let Some(event) = run.advance()? {
        let due = match event {
            Event::MetaIteration { iteration, of, .. } => iteration % (of / META_POINTS) == 0,
            Event::Round { round, of, .. } => round % 2 == 0 || round == of,
            _ => false,
        };
        if due {
            history.push((run.instances() as f64, 100.0 * run.score(test)?.primary.value));
        }
    }
    Ok(history)
}

fn curve(arm: Arm, histories: &[History]) -> Series {
    let points = (0..histories[0].len()).map(|place| {
        let scores: Vec<f64> = histories.iter().map(|history| history[place].1).collect();
        Point {
            x: histories.iter().map(|history| history[place].0).sum::<f64>() / histories.len() as f64,
            mean: mean_and_deviation(&scores).0,
            low: scores.iter().copied().fold(f64::INFINITY, f64::min),
            high: scores.iter().copied().fold(0.0, f64::max),
        }
    });
    Series { name: arm.to_string(), style: Style::of(arm), points: points.collect() }
}

/// Mean and sample standard deviation.
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (values.len() as f64 - 1.0).max(1.0)).sqrt())
}
