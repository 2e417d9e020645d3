//! `mlrc predict`: classifies new sentences as they arrive.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use mlrc::RelationClassifier;
use mlrc::classifier::Prediction;
use mlrc::corpus::{CorpusError, Instance, InstanceStream, Notice};
use mlrc::escape::field;
use mlrc::scoring::Thresholds;
use serde_json::json;

use super::abstaining::thresholds;
use super::{Needs, read_options, say_few, warn_of_foreign, warn_of_missing_layers, warn_of_odd_instances};
use crate::cli::{PredictOptions, PredictionFormat};
use crate::error::Error;
use crate::exit;

/// How many sentences are classified at once when they arrive faster than they are classified.
const CHUNK: usize = 500;

/// Runs the command.
pub fn run(options: &PredictOptions) -> Result<ExitCode, Error> {
    let classifier = RelationClassifier::load(&options.model)?;
    let thresholds = thresholds(&classifier, &options.abstaining)?;
    let folder = options.data.as_deref().filter(|path| path.is_dir()).map(Path::to_owned);
    let (reader, name): (Box<dyn BufRead + Send>, String) = if folder.is_some() {
        (Box::new(io::empty()), String::new())
    } else if !options.text.is_empty() {
        (Box::new(io::Cursor::new(options.text.join("\n"))), "<text>".to_owned())
    } else if let Some(path) = options.data.as_deref().filter(|path| *path != Path::new("-")) {
        let file = File::open(path).map_err(|error| {
            let problem = Error::new(format!("{}: {error}", path.display()));
            // Nobody has files that are called like a sentence.
            if path.to_string_lossy().contains(' ') {
                problem.help("give a sentence with --text 'SENTENCE'")
            } else {
                problem
            }
        })?;
        (Box::new(BufReader::new(file)), path.display().to_string())
    } else {
        (Box::new(BufReader::new(io::stdin())), "<stdin>".to_owned())
    };
    if options.text.iter().any(|text| text.trim().is_empty()) {
        return Err(Error::new("--text is empty; expected a sentence with <e1>…</e1> and <e2>…</e2>"));
    }
    let mut read = read_options(&options.reading, classifier.tokenizer, Needs::of(classifier.learner()));
    if !options.text.is_empty() {
        read.format = Some(mlrc::corpus::Format::INLINE);
    }

    // One thread reads while this one classifies: whatever has arrived at stdin is classified together, so that a sentence
    // typed by hand is answered at once. A file goes through in pieces of one size: the last bit of an answer may depend on
    // what is classified with it.
    let arrives = !has_file(options);
    let (sender, receiver) = mpsc::sync_channel::<Result<Instance, CorpusError>>(CHUNK);
    let (warn, warnings) = mpsc::channel::<Vec<Notice>>();
    thread::spawn(move || {
        let opened = match &folder {
            Some(folder) => InstanceStream::of_folder(folder, &read),
            None => InstanceStream::new(reader, name, &read),
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) => return drop(sender.send(Err(error))),
        };
        for instance in &mut stream {
            if sender.send(instance).is_err() {
                return;
            }
        }
        // What is counted is known at the end.
        let _ = warn.send(stream.take_warnings());
    });
    let mut output = io::BufWriter::new(io::stdout().lock());
    let counter = counter(options);
    let mut skipped = 0;
    let (mut answers, mut abstained) = (0_u32, 0_u32);
    let mut warned = false;
    while let Ok(first) = receiver.recv() {
        let mut instances = Vec::new();
        let mut failure = None;
        let next = || if arrives { receiver.try_recv().ok() } else { receiver.recv().ok() };
        for result in std::iter::once(first).chain(std::iter::from_fn(next).take(CHUNK - 1)) {
            match result {
                Ok(instance) => instances.push(instance),
                Err(error)
                    if options.reading.skip_bad && error.notice().place != mlrc::corpus::Place::WholeFile =>
                {
                    say!("skipped: {error}");
                    skipped += 1;
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        if let (false, Some(instance)) = (warned, instances.first()) {
            warn_of_missing_layers(&classifier, instance);
            // The first are enough to see it.
            warn_of_foreign(classifier.model(), &instances, "the data");
            warned = true;
        }
        warn_of_odd_instances(&classifier, &instances);
        for (instance, prediction) in instances.iter().zip(classifier.classify(&instances)?) {
            let is_answered = thresholds.as_ref().map(|thresholds| is_answered(&prediction, thresholds));
            answers += 1;
            abstained += u32::from(is_answered == Some(false));
            write_prediction(&mut output, options, instance, &prediction, is_answered)?;
        }
        output.flush()?;
        counter.inc(instances.len() as u64);
        if let Some(error) = failure {
            counter.finish_and_clear();
            return Err(error.into());
        }
    }
    counter.finish_and_clear();
    if let Ok(warnings) = warnings.recv() {
        say_few("warning", &warnings);
    }
    if thresholds.is_some() {
        let share = 100.0 * f64::from(abstained) / f64::from(answers.max(1));
        say!("abstained from {abstained} of {answers} sentences ({share:.1} %)");
    }
    Ok(exit::ended(skipped))
}

/// Whether all sentences are there, rather than coming from stdin.
fn has_file(options: &PredictOptions) -> bool {
    !options.text.is_empty() || options.data.as_deref().is_some_and(|path| path != Path::new("-"))
}

/// Counts sentences on the terminal if the answers go elsewhere and no sentences are typed there.
fn counter(options: &PredictOptions) -> ProgressBar {
    let typed = !has_file(options) && io::stdin().is_terminal();
    if typed || io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} sentences in {elapsed}");
    ProgressBar::new_spinner().with_style(style.expect("the template is well-formed"))
}

fn is_answered(prediction: &Prediction, thresholds: &Thresholds) -> bool {
    thresholds.is_answered(prediction.index(), prediction.probability())
}

/// Writes the answer, or that there is none and what would have been guessed; `is_answered` is `None` if nothing is abstained
/// from.
fn write_prediction(
    output: &mut impl Write,
    options: &PredictOptions,
    instance: &Instance,
    prediction: &Prediction,
    is_answered: Option<bool>,
) -> io::Result<()> {
    let abstained = is_answered == Some(false);
    let ranking = prediction.ranking();
    let top = ranking.iter().take(options.top_k);
    match options.format {
        // The official scorer knows sentences that are not answered.
        PredictionFormat::Semeval if abstained => Ok(()),
        PredictionFormat::Semeval => writeln!(output, "{}\t{}", field(&instance.id), field(ranking[0].0)),
        PredictionFormat::Tsv => {
            write!(output, "{}", field(&instance.id))?;
            for (place, (label, probability)) in top.enumerate() {
                let label = if abstained && place == 0 { "" } else { label };
                write!(output, "\t{}\t{probability:.4}", field(label))?;
            }
            match is_answered {
                None => writeln!(output),
                Some(true) => writeln!(output, "\t"),
                Some(false) => writeln!(output, "\t{}", field(ranking[0].0)),
            }
        }
        PredictionFormat::Jsonl => {
            let top: Vec<_> = top
                .map(|(label, probability)| json!({"relation": label, "probability": probability}))
                .collect();
            let mut object = json!({
                "id": instance.id,
                "relation": (!abstained).then_some(ranking[0].0),
                "probability": ranking[0].1,
                "top": top,
            });
            if is_answered.is_some() {
                object["abstained"] = abstained.into();
            }
            if abstained {
                object["guess"] = ranking[0].0.into();
            }
            writeln!(output, "{object}")
        }
    }
}
