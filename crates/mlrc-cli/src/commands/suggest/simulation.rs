//! Labelling, simulated: what suggested sentences are worth, beside as many at random.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use mlrc::corpus::{Corpus, Instance, LabelSet, counted};
use mlrc::resources::{Resources, TokenVectors};
use mlrc::scoring::Scorer;
use mlrc::suggest::{Labelled, Protocol, Strategy, of_pool, sentence_of, simulate};

use super::super::{Needs, read_corpus};
use crate::cli::SuggestOptions;
use crate::error::Error;
use crate::exit;

/// Runs the simulation.
pub fn run(options: &SuggestOptions) -> Result<ExitCode, Error> {
    let ([pool], Some(test), Some(vectors)) = (&options.paths[..], &options.simulate, &options.vectors)
    else {
        return Err(Error::new("--simulate trains its own models: give POOL alone"));
    };
    let read =
        |path: &Path| read_corpus(path, &options.reading, options.tokenizer, Needs::default().and_labels());
    let (pool, test) = (read(pool)?, read(test)?);
    let all = pool.instances.iter().chain(&test.instances).cloned().collect();
    let names = LabelSet::from_corpus(&Corpus::from_instances(all))?;
    let scorer = Scorer::for_labels(names.labels());
    let resources = Resources::of_vectors(TokenVectors::open(vectors)?.0);
    let [own, others] = of_pool(&references(&pool), &references(&test), &resources)
        .map_err(|error| Error::new(error.to_string()))?;
    let labels = |corpus: &Corpus| -> Vec<u32> {
        let label =
            |instance: &Instance| names.index(instance.relation.as_deref()?).map(|label| label as u32);
        corpus.instances.iter().filter_map(label).collect()
    };
    let sentences: Vec<u64> = pool.instances.iter().map(sentence_of).collect();
    let (gold, expected) = (labels(&pool), labels(&test));
    let pool = Labelled { features: &own, labels: &gold, sentences: &sentences };
    let test = Labelled { features: &others, labels: &expected, sentences: &[] };
    let mut sizes: Vec<usize> =
        options.sizes.iter().copied().filter(|size| (1..=gold.len()).contains(size)).collect();
    sizes.sort_unstable();
    sizes.dedup();

    let (mut chosen, mut random) = (Vec::new(), Vec::new());
    for seed in (options.seed..).take(options.seeds) {
        for (strategy, curves) in [(options.strategy, &mut chosen), (Some(Strategy::Random), &mut random)] {
            let protocol = Protocol {
                names: names.labels(),
                scorer: &scorer,
                strategy,
                random: options.random_share,
                round: options.count,
                sizes: &sizes,
                seed,
            };
            let curve = simulate(&pool, &test, &protocol).map_err(|error| Error::new(error.to_string()))?;
            let shown: Vec<String> = curve.iter().map(|score| format!("{:.1}", 100.0 * score)).collect();
            let name = strategy.map_or("suggested", Strategy::name);
            say!("seed {seed}, {name}: {}", shown.join(", "));
            curves.push(curve);
        }
    }
    let mut stdout = io::stdout().lock();
    writeln!(
        stdout,
        "{} of {}, scored by {scorer} on {}; mean ± standard deviation, and the difference with its 95 % interval",
        counted(options.seeds, "seed"),
        counted(gold.len(), "sentence"),
        counted(expected.len(), "sentence")
    )?;
    writeln!(stdout, "\n| labels | suggested | random | difference |\n|--:|--:|--:|--:|")?;
    for (column, size) in sizes.iter().enumerate() {
        let at = |curves: &[Vec<f64>]| curves.iter().map(|curve| 100.0 * curve[column]).collect::<Vec<f64>>();
        let (suggested, drawn) = (at(&chosen), at(&random));
        let differences: Vec<f64> = suggested.iter().zip(&drawn).map(|(a, b)| a - b).collect();
        let row = [spread(&suggested), spread(&drawn), difference(&differences)].join(" | ");
        writeln!(stdout, "| {size} | {row} |")?;
    }
    Ok(exit::SUCCESS)
}

fn references(corpus: &Corpus) -> Vec<&Instance> {
    corpus.instances.iter().collect()
}

/// Mean and standard deviation.
fn spread(values: &[f64]) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    if values.len() < 2 { format!("{mean:.1}") } else { format!("{mean:.1} ± {deviation:.1}") }
}

/// The mean with Student's interval.
fn difference(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    match mlrc_experiment::summary::interval(values) {
        Some([low, high]) => format!("{mean:+.1} [{low:+.1}, {high:+.1}]"),
        None => format!("{mean:+.1}"),
    }
}
