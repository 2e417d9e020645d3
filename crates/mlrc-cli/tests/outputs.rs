//! Every command with a full device, with a reader that is gone, and on a terminal of 20 columns.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::process::Stdio;

use common::{Place, text};

/// A place with everything that the commands need.
fn place() -> Place {
    let place = Place::new();
    place.succeeds(
        "train --train train.jsonl --vectors v.txt --preset semeval/fcm --arm supervised --epochs 2 --dev-size 20 \
         --quiet --out m",
    );
    let plan = "dev_size = 20\n[data]\ntrain = \"train.jsonl\"\ntest = \"test.jsonl\"\nvectors = \"v.txt\"\n[learners.fcm]\n\
                preset = \"semeval/fcm\"\n[[grid]]\narms = [\"supervised\"]\nfractions = [1.0]\nseeds = \"1-2\"\n";
    fs::write(place.path("plan.toml"), plan).unwrap();
    let search = "fraction = 1.0\n[data]\ntrain = \"train.jsonl\"\nvectors = \"v.txt\"\n[baseline]\n\
                  preset = \"semeval/fcm\"\n[search]\nsupervised.epochs = [1, 2]\n[budget]\ntrials = 1\nseeds = [1]\n";
    fs::write(place.path("t.toml"), search).unwrap();
    fs::write(place.path("raw.txt"), "Ada Byron met Bo Orr in May 2021.\n").unwrap();
    place
}

/// Every command that writes to stdout, and its arguments.
const COMMANDS: [(&str, &str); 16] = [
    ("check", "train.jsonl test.jsonl"),
    ("compare", "m m --data test.jsonl"),
    ("convert", "train.jsonl --to tacred"),
    ("demo", "--help"),
    ("episodes", "--help"),
    ("evaluate", "m test.jsonl"),
    ("experiment", "plan.toml --out e --dry-run"),
    ("explain", "m --data test.jsonl --limit 2"),
    ("fetch", "--help"),
    ("pairs", "raw.txt"),
    ("predict", "m test.jsonl"),
    ("presets", ""),
    ("show", "m"),
    ("suggest", "train.jsonl --vectors v.txt --count 3"),
    ("synth", "--instances 300 --out -"),
    ("tune", "t.toml --dry-run --dev-size 20"),
];

#[test]
fn every_command_is_tried() {
    let help = Place::empty().succeeds("--help");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed: Vec<&str> = commands
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()))
        .collect();
    let tried: Vec<&str> =
        COMMANDS.iter().map(|(command, _)| *command).chain(["train", "adapt", "help"]).collect();
    for command in listed {
        assert!(tried.contains(&command), "`{command}` is not tried");
    }
}

#[test]
fn a_full_device_is_an_error_and_a_reader_that_is_gone_is_none() {
    let place = place();
    for (command, arguments) in COMMANDS {
        let arguments = format!("{command} {arguments}");
        let written = place.succeeds(&arguments);
        assert!(!written.is_empty(), "{arguments}");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(&arguments).stdout(full).output().unwrap();
        let said = text(&output.stderr);
        assert!(!said.contains("panicked"), "{arguments}: {said}");
        if !arguments.contains("--help") {
            assert_eq!(output.status.code(), Some(1), "{arguments}: {said}");
            assert!(said.contains("No space left on device"), "{arguments}: {said}");
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.command(&arguments).stdout(writer).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments}: {said}");
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{arguments}: {said}");
        // Messages that nobody can read stop nothing.
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(&arguments).stderr(full).stdout(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), written), "{arguments}");
    }
}

#[test]
fn twenty_columns_are_enough() {
    let place = place();
    let help = COMMANDS.iter().map(|(command, _)| format!("{command} --help"));
    let whole = COMMANDS.iter().map(|(command, arguments)| format!("{command} {arguments}"));
    for arguments in whole.chain(help).chain(["train --help", "adapt --help", "--help"].map(str::to_owned)) {
        let output = place.command(&arguments).env("COLUMNS", "20").output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.success() && !said.contains("panicked"), "{arguments}: {said}");
        assert!(!output.stdout.is_empty(), "{arguments}");
    }
}
