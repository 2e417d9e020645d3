//! The program as a user meets it: commands one after the other, messages, exit codes.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Place, TRAIN, text};

#[test]
fn from_a_corpus_to_predictions() {
    let place = Place::new();
    let checked = place.succeeds("check train.jsonl");
    assert!(
        checked.contains("120 instances") && checked.contains("pa-lstm") && checked.contains("cause_effect"),
        "{checked}"
    );

    place.succeeds(&format!("{TRAIN} --no-annotations --out model"));
    let mut names = place.names("model");
    let kept: Vec<String> = names.extract_if(.., |name| name.starts_with("examples-")).collect();
    assert_eq!(kept.len(), 1, "the training data, for `adapt`");
    let expected = [
        "log.jsonl",
        "manifest.json",
        "parameters.safetensors",
        "run.json",
        "vectors.safetensors",
        "words.fst",
    ];
    assert_eq!(names, expected);
    let log = fs::read_to_string(place.path("model/log.jsonl")).unwrap();
    let stages: Vec<String> = log
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["stage"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(stages, [["meta", "meta-end"].as_slice(), &["supervised"; 5]].concat());

    let scores = place.succeeds("evaluate model test.jsonl");
    assert!(scores.contains("micro_f1_without_negative") && scores.contains("60 instances"), "{scores}");
    let json: serde_json::Value =
        serde_json::from_str(&place.succeeds("evaluate model test.jsonl --json")).unwrap();
    assert!((0.0..=1.0).contains(&json["primary"]["value"].as_f64().unwrap()));

    let lines = place.succeeds("predict model test.jsonl --top-k 2");
    assert_eq!(lines.lines().count(), 60);
    let fields: Vec<&str> = lines.lines().next().unwrap().split('\t').collect();
    assert_eq!((fields.len(), fields[0]), (5, "synth-2-0"));
    assert!(fields[2].parse::<f32>().unwrap() >= fields[4].parse::<f32>().unwrap());
    let semeval = place.succeeds("predict model test.jsonl --format semeval");
    assert_eq!(semeval.lines().next().unwrap(), format!("{}\t{}", fields[0], fields[1]));

    let raw = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.";
    let output = place.command("predict model --format jsonl --text").arg(raw).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["relation"].is_string() && answer["probability"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_model_that_knows_one_label_is_told() {
    let place = Place::new();
    let said = |more: &str| {
        let train = TRAIN.replace("--quiet", "").replace("--hidden 16", "");
        text(&place.run(&format!("{train} {more}")).stderr)
    };
    let collapsed = said("--no-meta --learner c-gcn --hidden 16 --learning-rate 1000 --out collapsed");
    assert!(collapsed.contains("warning: the model predicts the same label, `"), "{collapsed}");
    let sound = said("--no-meta --learner fcm --out sound");
    assert!(sound.contains("model saved to sound") && !sound.contains("same label"), "{sound}");
}

#[test]
fn warnings_show_although_nothing_else_does() {
    let place = Place::new();
    let train = "train --vectors v.txt --learner fcm --arm supervised --epochs 5 --quiet";
    let said = |more: &str| {
        let output = place.run(&format!("{train} {more}"));
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let sound = said("--train train.jsonl --out sound");
    assert!(["is zero", "has risen", "all development"].iter().all(|text| !sound.contains(text)), "{sound}");

    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let (negative, positive): (Vec<&str>, Vec<&str>) =
        data.lines().partition(|line| line.contains("\"relation\":\"no_relation\""));
    fs::write(place.path("negative.jsonl"), negative.join("\n")).unwrap();
    assert!(!positive.is_empty());
    let dev = said("--train train.jsonl --dev negative.jsonl --out dev");
    assert!(
        dev.contains("warning: all development instances are `no_relation`, so each round scores 0"),
        "{dev}"
    );

    let zeros: String = fs::read_to_string(place.path("v.txt"))
        .unwrap()
        .lines()
        .map(|line| format!("{}{}\n", line.split(' ').next().unwrap(), " 0".repeat(12)))
        .collect();
    fs::write(place.path("zeros.txt"), zeros).unwrap();
    let train = train.replace("v.txt", "zeros.txt");
    let zero = text(&place.run(&format!("{train} --train train.jsonl --out zero")).stderr);
    assert!(zero.contains("zeros.txt: every vector is zero"), "{zero}");

    let steep = said("--train train.jsonl --learning-rate 1000000 --out steep");
    assert!(steep.contains("warning: the loss has risen from "), "{steep}");
}

#[test]
fn words_that_are_foreign_are_said_of_all_data() {
    let place = Place::new();
    let data = fs::read_to_string(place.path("test.jsonl")).unwrap();
    let foreign = data.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        for token in line["tokens"].as_array_mut().unwrap().iter_mut().step_by(2) {
            *token = format!("{}zz", token.as_str().unwrap()).into();
        }
        format!("{line}\n")
    });
    fs::write(place.path("foreign.jsonl"), foreign.collect::<String>()).unwrap();
    let train = "train --train train.jsonl --vectors v.txt --learner fcm --arm supervised --epochs 2 --no-annotations --quiet";
    let said = |arguments: &str| {
        let output = place.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let is_said = |said: &str, data: &str| {
        said.lines().any(|line| {
            line.starts_with(&format!("warning: {data}: 5"))
                && line.contains(" % of the words (")
                && line.ends_with(") have no vector, so predictions will be worse")
        })
    };
    let own = said(&format!("{train} --dev test.jsonl --test test.jsonl --out m"));
    assert!(!own.contains("have no vector"), "{own}");
    let other = said(&format!("{train} --dev foreign.jsonl --test foreign.jsonl --out other"));
    assert!(is_said(&other, "the development data") && is_said(&other, "the test data"), "{other}");
    assert!(!other.contains("the training data:"), "{other}");
    let trained = said(&format!("{} --out foreign", train.replace("train.jsonl", "foreign.jsonl")));
    assert!(is_said(&trained, "the training data"), "{trained}");
    for arguments in ["evaluate m foreign.jsonl", "adapt m foreign.jsonl --out adapted --quiet"] {
        let said = said(arguments);
        assert!(is_said(&said, "foreign.jsonl"), "{arguments}: {said}");
    }
}

#[test]
fn vectors_are_kept_in_the_cache_unless_there_is_none() {
    let place = Place::new();
    let train = format!("{TRAIN} --no-meta --no-annotations");
    let parameters = |name: &str| fs::read(place.path(name).join("parameters.safetensors")).unwrap();
    place.succeeds(&format!("{train} --out first"));
    assert_eq!(fs::read_dir(place.path("cache")).unwrap().count(), 2);
    place.succeeds(&format!("{train} --out second"));
    assert!(parameters("first") == parameters("second"));

    fs::remove_dir_all(place.path("cache")).unwrap();
    let output = place.command(&format!("{train} --out third")).env("MLRC_CACHE", "").output().unwrap();
    assert!(output.status.success() && !place.path("cache").exists());
    assert!(parameters("first") == parameters("third"));
}

#[test]
fn predict_answers_each_line_of_stdin_before_the_next_comes() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let place = Place::new();
    place.succeeds(&format!("{TRAIN} --no-meta --no-annotations --out model"));
    let mut child =
        place.command("predict model -").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for number in 1..=3 {
        writeln!(input, "The <e1>fire</e1> was caused by the <e2>bomb</e2>.").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("{number}\t")), "{answer}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_model_that_reads_tags_warns_on_raw_text() {
    let place = Place::new();
    place.succeeds(&format!("{TRAIN} --no-meta --out model"));
    let raw = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.";
    let output = place.command("predict model --text").arg(raw).output().unwrap();
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("--no-annotations"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_to_the_same_model() {
    let place = Place::new();
    let train = TRAIN.replace("--meta-iterations 20", "--meta-iterations 400");
    place.succeeds(&format!("{train} --out whole"));

    let mut child = place.command(&format!("{train} --out halves")).spawn().unwrap();
    // The log's first line: under way, and far from the end.
    let log = place.path("halves/log.jsonl");
    while fs::read_to_string(&log).map_or(true, |log| log.is_empty()) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended without a line in its log");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(130));
    assert!(place.path("halves/checkpoint.safetensors").exists());
    assert!(place.fails("predict halves test.jsonl").contains("--resume"));
    assert!(place.fails(&format!("{train} --out halves")).contains("unfinished run"));

    let vectors = fs::read(place.path("v.txt")).unwrap();
    fs::write(place.path("v.txt"), [&vectors[..], b"more"].concat()).unwrap();
    assert!(place.fails("train --resume halves").contains("the vectors have changed"));
    fs::write(place.path("v.txt"), vectors).unwrap();
    // The same identifiers, another label.
    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let edited = data.replacen("\"relation\":\"no_relation\"", "\"relation\":\"cause_effect\"", 1);
    assert_ne!(edited, data);
    fs::write(place.path("train.jsonl"), edited).unwrap();
    let said = place.fails("train --resume halves");
    assert!(said.contains("train.jsonl: it has changed since the run began"), "{said}");
    fs::write(place.path("train.jsonl"), data).unwrap();
    place.succeeds("train --resume halves --threads 1 --quiet");
    let parameters = |name: &str| fs::read(place.path(name).join("parameters.safetensors")).unwrap();
    assert!(parameters("whole") == parameters("halves"));
    assert!(!place.path("halves/checkpoint.safetensors").exists());
    let log = |name: &str| fs::read_to_string(place.path(name).join("log.jsonl")).unwrap().lines().count();
    assert_eq!(log("whole"), log("halves"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_before_there_is_anything_to_save_says_so_and_leaves_nothing() {
    use std::process::Stdio;
    let place = Place::empty();
    // It waits for data that never comes.
    let pipe = place.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut child = place
        .command("train --train pipe --vectors pipe --learner fcm --out model")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The other end opens only when the program has begun to read.
    let held = fs::File::options().write(true).open(&pipe).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(held);
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("interrupted: there is nothing to save"), "{said}");
    assert!(!place.path("model").exists());
}

#[test]
fn failures_say_what_where_and_what_to_do() {
    let place = Place::new();
    let write = |name: &str, text: &str| fs::write(place.path(name), text).unwrap();
    write("empty.jsonl", "");
    write(
        "broken.jsonl",
        "{\"text\": \"A <e1>b</e1> c <e2>d</e2>.\", \"relation\": \"x\"}\n{\"text\": \"A <e1>b</e1> c.\", \"relation\": \"x\"}\n",
    );
    write("bad.txt", "the 1 2\nof 1 x\n");
    let train = |data: &str, vectors: &str| {
        place.fails(&format!("train --train {data} --vectors {vectors} --out m --quiet"))
    };
    let mut all = String::new();
    for said in [
        train("absent.jsonl", "v.txt"),
        train("empty.jsonl", "v.txt"),
        train("broken.jsonl", "v.txt"),
        train("train.jsonl", "bad.txt"),
        place.fails("train --train train.jsonl --vectors v.txt --out m --quiet --fraction 0.001"),
        place.fails("evaluate nowhere test.jsonl"),
        place.fails("train --resume nowhere"),
        place.fails("synth --out x --labels 1"),
    ] {
        all += &said;
        all.push_str("---\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_usage_is_answered_with_advice_that_helps() {
    let place = Place::empty();
    let said = |arguments: &str| {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        text(&output.stderr)
    };
    let unknown = said("evaluate model data.jsonl --confusion");
    assert!(
        unknown.contains("unexpected argument '--confusion'") && !unknown.contains("-- --confusion"),
        "{unknown}"
    );
    let file = said("train data.jsonl --out model");
    assert!(file.contains("training data are given with '--train FILE'"), "{file}");
    for arguments in [
        "train --seed -1",
        "train --dev-size -3",
        "train --decay-from x",
        "train --meta-iterations 1.5",
        "experiment plan.toml --out x --dev-size -1",
        "tune t.toml --out x --dev-size -1",
        "synth --out x --seed -1",
        "synth --out x --instances -1",
        "synth --out x --labels two",
        "convert data.jsonl --to jsonl --part dev --dev-size -1",
        "episodes --base a --new b --vectors v --way 5,-1",
        "fetch minilm --retries -1",
        "fetch glove.6B --dimension 99999999",
    ] {
        let said = said(arguments);
        assert!(said.contains("expected a whole number, 0 or more"), "{arguments}: {said}");
    }
}

#[test]
fn sizes_that_no_memory_has_are_refused_first() {
    let place = Place::new();
    for (command, says) in [
        (
            "synth --out x --instances 999999999",
            "`instances` is 999999999; it must be a number of at most 10000000",
        ),
        (
            "train --train train.jsonl --vectors v.txt --out x --hidden 1000000",
            "a whole number of at most 8192",
        ),
        (
            "train --train train.jsonl --vectors v.txt --out x --hidden 8192 --layers 64",
            "1073741824 parameters",
        ),
        (
            "train --train train.jsonl --vectors v.txt --out x --meta-iterations 99999999999",
            "at most 1000000",
        ),
    ] {
        let said = place.fails(command);
        assert!(said.contains(says), "{command}: {said}");
    }
    for usage in ["synth --out x --vectors y --dimension 1000000", "demo --out x --seeds 1000000"] {
        let output = place.run(usage);
        assert_eq!(output.status.code(), Some(2), "{usage}");
        assert!(text(&output.stderr).contains("expected a whole number from 1 to "), "{usage}");
    }
    assert!(!place.path("x").exists() && !place.path("y").exists());
}

/// Labels and identifiers come from files that anybody may have written.
#[test]
fn what_is_in_data_does_not_control_the_terminal() {
    let place = Place::empty();
    let line = |id: &str, label: &str| {
        let text = "The <e1>fire</e1> met \\u001b[31mthe\\u009b <e2>bomb</e2>.";
        format!("{{\"id\": \"{id}\", \"text\": \"{text}\", \"relation\": \"{label}\"}}\n")
    };
    let data =
        [line("a\\u001b[2J", "=1+1\\u001b[2J"), line("b", "causes|b\\u202e"), line("c", "causes|b\\u202e")]
            .concat();
    fs::write(place.path("train.jsonl"), &data).unwrap();
    fs::write(place.path("bad.jsonl"), data + "{\"id\": \"\\u001b[2J\", \"text\": \"\u{9b}no\"}\n").unwrap();
    fs::write(place.path("v.txt"), "the 1 2\nfire 0 1\nbomb 1 0\nmet 3 1\n").unwrap();
    for (command, code) in [
        ("check train.jsonl", 0),
        ("check bad.jsonl", 3),
        (
            "train --train train.jsonl --vectors v.txt --learner fcm --arm supervised --test train.jsonl --out model",
            0,
        ),
        ("train --train bad.jsonl --vectors v.txt --learner fcm --arm supervised --out other", 1),
        ("show model", 0),
        ("evaluate model train.jsonl", 0),
        ("evaluate model train.jsonl --official", 1),
        ("predict model train.jsonl", 0),
        ("predict model bad.jsonl --skip-bad", 3),
        ("explain model --data train.jsonl", 0),
    ] {
        let output = place.run(command);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        let controls = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
        assert!(!said.contains(controls), "{command}: {said:?}");
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_refused_before_anything_is_done() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"tr\xffain.jsonl");
    if fs::copy(place.path("train.jsonl"), place.path("").join(name)).is_err() {
        return; // Some file systems have no such names.
    }
    let plan = "dev_size = 20\n[data]\ntest = \"test.jsonl\"\nvectors = \"v.txt\"\n\
                [learners.fcm]\npreset = \"semeval/fcm\"\n\
                [[grid]]\narms = [\"supervised\"]\nfractions = [1.0]\nseeds = [1]\n";
    fs::write(place.path("plan.toml"), plan).unwrap();
    for command in ["train --vectors v.txt --out m --train", "experiment plan.toml --out m --train"] {
        let output = place.command(command).arg(name).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("its name is not UTF-8") && said.contains("rename it"), "{command}: {said}");
        assert!(!place.path("m").exists(), "{command}");
    }
    // What is not written down may have any name.
    let output = place.command("check").arg(name).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn check_lists_problems_and_says_so_by_its_exit_code() {
    let place = Place::new();
    fs::write(
        place.path("mixed.jsonl"),
        "{\"id\": \"a\", \"text\": \"The <e1>fire</e1> was caused by the <e2>bomb</e2>.\", \"relation\": \"Cause\"}\n\
         {\"id\": \"b\", \"tokens\": [\"x\", \"y\"], \"subject\": {\"start\": 0, \"end\": 1}, \"object\": {\"start\": 1, \"end\": 5}}\n",
    )
    .unwrap();
    let output = place.run("check mixed.jsonl");
    assert_eq!(output.status.code(), Some(3));
    insta::assert_snapshot!(text(&output.stdout));
    assert_eq!(place.run("check train.jsonl").status.code(), Some(0));
    assert_eq!(place.run("check absent.jsonl").status.code(), Some(1));
    assert_eq!(place.run("frobnicate").status.code(), Some(2));
}

/// Starts a command and waits for the first line of its log.
#[cfg(unix)]
fn under_way(place: &Place, arguments: &str, log: &str) -> std::process::Child {
    let mut child = place.command(arguments).spawn().unwrap();
    while fs::read_to_string(place.path(log)).map_or(true, |log| log.is_empty()) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended without a line in its log");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child
}

#[cfg(unix)]
#[test]
fn a_second_writer_is_refused_with_the_process_that_writes() {
    let place = Place::new();
    let train = TRAIN.replace("--meta-iterations 20", "--meta-iterations 100000");
    let mut child = under_way(&place, &format!("{train} --out model"), "model/log.jsonl");
    let expected = format!("DIR: process {} is writing into this folder", child.id()).replace("DIR", "model");
    for second in
        ["train --resume model", &format!("{train} --out model --force"), &format!("{train} --out model")]
    {
        let said = place.fails(second);
        assert!(said.contains(&expected), "{second}: {said}");
    }
    // Killed without a chance to tidy up: nothing is in the way of the next one.
    child.kill().unwrap();
    child.wait().unwrap();
    place.succeeds(&format!("{TRAIN} --out model --force"));
    let mut names = place.names("model");
    // What the killed one was just writing, and the training data.
    names.retain(|name| !name.starts_with(".unfinished-") && !name.starts_with("examples-"));
    assert_eq!(
        names,
        [
            "log.jsonl",
            "manifest.json",
            "parameters.safetensors",
            "run.json",
            "vectors.safetensors",
            "words.fst"
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_run_whose_folder_was_taken_away_says_so() {
    let place = Place::new();
    let train = TRAIN.replace("--meta-iterations 20", "--meta-iterations 100000");
    let mut command = place.command(&format!("{train} --out model"));
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    while fs::read_to_string(place.path("model/log.jsonl")).map_or(true, |log| log.is_empty()) {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    fs::rename(place.path("model"), place.path("elsewhere")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(!place.path("model").exists(), "nothing is written there");
    assert!(
        said.contains("model: the folder was removed, moved or replaced while the run was in progress"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn force_keeps_the_old_model_until_the_new_one_is_whole() {
    let place = Place::new();
    place.succeeds(&format!("{TRAIN} --no-meta --out model"));
    let before = place.succeeds("predict model test.jsonl");
    let log = fs::read(place.path("model/log.jsonl")).unwrap();
    let train = TRAIN.replace("--meta-iterations 20", "--meta-iterations 400");
    let mut child = place.command(&format!("{train} --out model --force")).spawn().unwrap();
    while fs::read(place.path("model/log.jsonl")).map_or(true, |now| now.is_empty() || now == log) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended without a line in its log");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert_eq!(place.succeeds("predict model test.jsonl"), before);
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(place.succeeds("predict model test.jsonl"), before);
    place.succeeds("train --resume model --quiet");
    assert_ne!(place.succeeds("predict model test.jsonl"), before);
    assert!(place.fails("train --resume model").contains("nothing to resume"));
}

#[cfg(unix)]
#[test]
fn closed_pipes_and_full_devices_end_a_demo_without_a_panic() {
    use std::process::Stdio;
    let place = Place::empty();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = place.command("demo --seeds 1 --out one").stdout(full).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot write the output: No space left on device") && !said.contains("panicked"),
        "{said}"
    );
    let mut child = place
        .command("demo --seeds 1 --out two")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), &said[..]), (Some(0), ""));
}

#[test]
fn a_finished_model_is_not_overwritten_unasked() {
    let place = Place::new();
    place.succeeds(&format!("{TRAIN} --no-meta --out model"));
    assert!(place.fails(&format!("{TRAIN} --no-meta --out model")).contains("--force"));
    place.succeeds(&format!("{TRAIN} --no-meta --out model --force"));
    assert!(place.fails("train --resume model").contains("nothing to resume"));
    let occupied = place.path("occupied");
    fs::create_dir(&occupied).unwrap();
    fs::write(occupied.join("thesis.tex"), "years of work").unwrap();
    assert!(place.fails(&format!("{TRAIN} --no-meta --out occupied")).contains("not empty"));
    assert!(Path::new(&occupied.join("thesis.tex")).exists());
    // --force replaces models, not what has the name of a part of one.
    fs::write(occupied.join("log.jsonl"), "mine").unwrap();
    let said = place.fails(&format!("{TRAIN} --no-meta --out occupied --force"));
    assert!(said.contains("log.jsonl: is there, but no model or run of this program"), "{said}");
    assert_eq!(fs::read_to_string(occupied.join("log.jsonl")).unwrap(), "mine");
    fs::remove_file(occupied.join("log.jsonl")).unwrap();
    place.succeeds(&format!("{TRAIN} --no-meta --out occupied --force"));
    assert!(occupied.join("thesis.tex").exists());
}

#[test]
fn presets_are_listed_printed_changed_and_used() {
    let place = Place::new();
    let listed = place.succeeds("presets");
    assert_eq!(listed.lines().count(), 7);
    let recipe = place.succeeds("presets tacred/c-gcn").replace("lstm = 200", "lstm = 7");
    fs::write(place.path("mine.toml"), &recipe).unwrap();
    place.succeeds(
        "train --train train.jsonl --vectors v.txt --preset mine.toml --epochs 1 --no-meta --quiet --out m",
    );
    assert!(fs::read_to_string(place.path("m/run.json")).unwrap().contains("\"lstm\": 7"));

    fs::write(place.path("wrong.toml"), recipe.replace("epochs", "epoch")).unwrap();
    let train = "train --train train.jsonl --vectors v.txt --out m2 --quiet";
    let mut all = String::new();
    for said in [
        place.fails("presets tacred/cgcn"),
        place.fails(&format!("{train} --preset semeval/gcn")),
        place.fails(&format!("{train} --preset wrong.toml")),
        place.fails(&format!("{train} --preset absent.toml")),
        place.fails(&format!("{train} --learner pa-lstm --prune-k 2")),
    ] {
        all += &said;
        all.push_str("---\n");
    }
    insta::assert_snapshot!(all);
    assert!(!place.path("m2").exists());
}

#[test]
fn folds_of_a_release_become_files() {
    let place = Place::new();
    let row = |fold: u8, spans: &str| {
        format!(
            "{{\"fold\": {fold}, \"doc\": \"d{fold}\", \"passage_start\": 0, \"property\": \"CEO\", \"passage\": \"Ada runs Acme.\"{spans}}}\n"
        )
    };
    let fact = ", \"subj\": [9, 13], \"obj\": [0, 3], \"subj_text\": \"Acme\", \"obj_text\": \"Ada\"";
    let rows = [row(1, fact), row(2, fact), row(3, fact), row(3, "")].concat();
    fs::write(place.path("rows.jsonl"), rows).unwrap();
    place.succeeds("convert rows.jsonl --to jsonl --fold 1,3 --out some.jsonl");
    let checked = place.succeeds("check rows.jsonl some.jsonl");
    let folds: Vec<&str> = checked.lines().filter(|line| line.starts_with("  folds ")).collect();
    assert_eq!(folds, ["  folds        1 1, 2 1, 3 1", "  folds        1 1, 3 1"], "{checked}");
    let message = place.fails("convert rows.jsonl --to jsonl --fold 1,4 --out never.jsonl");
    assert!(message.contains("one of the folds `1` (1), `2` (1), `3` (1), found `4`"), "{message}");
    let message = place.fails("convert test.jsonl --to jsonl --fold 1 --out never.jsonl");
    assert!(message.contains("expected instances with folds, found none with a fold"), "{message}");
    assert!(!place.path("never.jsonl").exists());
}

#[test]
fn what_no_learner_can_be_trained_on_is_said() {
    let place = Place::empty();
    let line = |label: &str| {
        format!("{{\"text\": \"The <e1>fire</e1> met the <e2>bomb</e2>.\", \"relation\": \"{label}\"}}\n")
    };
    fs::write(place.path("one.jsonl"), line("causes")).unwrap();
    assert!(
        text(&place.run("check one.jsonl").stdout).contains("none: there must be instances of two relations")
    );
    fs::write(place.path("alike.jsonl"), ["causes", " Causes", "part-of", "Part of"].map(line).concat())
        .unwrap();
    let said = text(&place.run("check alike.jsonl").stdout);
    assert!(said.contains("` Causes` 1, `causes` 1: did you mean `Causes`?"), "{said}");
    assert!(said.contains("`Part of` 1, `part-of` 1: did you mean `Part of`?"), "{said}");
}

#[test]
fn what_a_run_draws_can_be_written_for_other_programs() {
    let place = Place::new();
    let drawn = |part: &str| {
        let flags = "--fraction 0.3 --dev-size 20 --seed 4 --out -";
        place.succeeds(&format!("convert train.jsonl --to jsonl --part {part} {flags}"))
    };
    let data = fs::read_to_string(place.path("train.jsonl")).unwrap();
    let lines: Vec<&str> = data.split_inclusive('\n').collect();
    let train =
        mlrc::corpus::Corpus::read(place.path("train.jsonl"), &mlrc::corpus::ReadOptions::default()).unwrap();
    let split = mlrc::corpus::DevelopmentSplit { dev_size: 20, fraction: 0.3, seed: 4 }
        .draw(&train.instances)
        .unwrap();
    assert_eq!(drawn("train"), split.train.iter().map(|&place| lines[place]).collect::<String>());
    assert_eq!(drawn("dev"), split.dev.iter().map(|&place| lines[place]).collect::<String>());

    let message = place.fails("convert train.jsonl --to jsonl --part dev");
    assert!(message.contains("no development instances") && message.contains("--dev-size"), "{message}");
    assert!(place.fails("convert train.jsonl --to jsonl --part train --dev-size 120").contains("dev_size"));
    assert_eq!(place.run("convert train.jsonl --to jsonl --fraction 0.1").status.code(), Some(2));
}

#[test]
fn data_goes_to_a_parser_and_back() {
    let place = Place::new();
    let data = fs::read_to_string(place.path("test.jsonl")).unwrap();
    place.succeeds("convert test.jsonl --to conllu --out to-parse.conllu");
    let written = fs::read_to_string(place.path("to-parse.conllu")).unwrap();
    assert_eq!(place.succeeds("convert test.jsonl --to conllu"), written);
    assert_eq!(place.succeeds("convert to-parse.conllu --to jsonl"), data);
    let generated = "synth --instances 60 --labels 5 --difficulty 0.2 --seed 2 --format conllu --out -";
    assert_eq!(place.succeeds(generated), written);
    for format in ["tacred", "jsonl"] {
        place.succeeds(&format!("convert test.jsonl --to {format} --out other --force"));
        assert_eq!(place.succeeds("convert other --to conllu"), written, "{format}");
    }

    // A parser that loses comments and has another word for relations.
    let parsed: String = written.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
    let parsed = parsed.replace("\tnsubj\t", "\tsubj\t");
    fs::write(place.path("parsed.conllu"), &parsed).unwrap();
    let joined = place.succeeds("convert test.jsonl --to jsonl --parses parsed.conllu");
    assert_eq!(joined, data.replace("\"nsubj\"", "\"subj\""));
    fs::write(place.path("joined.jsonl"), joined).unwrap();
    let checked = place.succeeds("check joined.jsonl");
    let relations = checked.lines().find(|line| line.starts_with("  relations ")).unwrap();
    assert!(relations.contains("not in Universal Dependencies: subj 70"), "{checked}");

    fs::write(place.path("split.conllu"), format!("{parsed}1{}\n", "\t_".repeat(9))).unwrap();
    let message = place.fails("convert test.jsonl --to jsonl --parses split.conllu --out never");
    assert!(
        message.contains("found 61 sentences") && message.contains("switch off the parser's"),
        "{message}"
    );
    let message = place.fails("convert parsed.conllu --to jsonl --out never");
    assert!(message.contains("parsed.conllu:1: field `subject`: missing"), "{message}");
    assert!(!place.path("never").exists());
    let output = place.run("convert parsed.conllu --to jsonl --skip-bad");
    assert_eq!(output.status.code(), Some(1), "nothing is left to convert");
}

#[test]
fn labels_that_a_model_does_not_know_count_as_wrong() {
    let place = Place::new();
    place.succeeds(&format!("{TRAIN} --no-meta --out model"));
    let test = fs::read_to_string(place.path("test.jsonl")).unwrap();
    let score = |data: &str| {
        fs::write(place.path("changed.jsonl"), data).unwrap();
        let output = place.run("evaluate model changed.jsonl --json");
        let scores: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (scores["primary"]["value"].as_f64().unwrap(), text(&output.stderr))
    };
    let (all, quiet) = score(&test);
    assert!(!quiet.contains("warning"), "{quiet}");
    let (none, said) = score(&test.replace("\"relation\":\"", "\"relation\":\"new-"));
    assert!(all > 0.0 && none == 0.0, "{all} {none}");
    assert!(said.contains("labels unknown to the model count as wrong, in 60 of 60 instances"), "{said}");
}

#[test]
fn raw_text_becomes_pairs_and_answers() {
    use std::io::Write;
    use std::process::Stdio;
    let place = Place::new();
    fs::write(place.path("names.tsv"), "Acme\tORG\nLego\tORG\n").unwrap();
    let notes = "A bridge fell.\n\nIn 1990 Ada Byron left Acme for Lego. Bo stayed.\n";
    fs::write(place.path("notes.txt"), notes).unwrap();
    let flags = "--gazetteer names.tsv --find capitalised,dates --types CAPITALISED>ORG --max-distance 3";
    let output = place.run(&format!("pairs notes.txt {flags}"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = concat!(
        r#"{"id":"notes.txt:3-s1-p1","text":"In 1990 Ada Byron left Acme for Lego.","#,
        r#""subject":{"start":8,"end":17,"type":"CAPITALISED"},"object":{"start":23,"end":27,"type":"ORG"},"#,
        r#""finders":["capitalised","gazetteer"]}"#,
        "\n",
        r#"{"id":"notes.txt:3-s1-p2","text":"In 1990 Ada Byron left Acme for Lego.","#,
        r#""subject":{"start":8,"end":17,"type":"CAPITALISED"},"object":{"start":32,"end":36,"type":"ORG"},"#,
        r#""finders":["capitalised","gazetteer"]}"#,
        "\n",
    );
    assert_eq!(text(&output.stdout), lines);
    assert_eq!(
        text(&output.stderr),
        "2 texts, 3 sentences, 4 entities (gazetteer 2, dates 1, capitalised 1), 2 pairs; left out: 2 sentences with \
         fewer than two entities, 10 pairs of other types\n"
    );

    // From a pipe, into a file, and on to a model.
    let mut child =
        place.command(&format!("pairs {flags} --out pairs.jsonl")).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(notes.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read_to_string(place.path("pairs.jsonl")).unwrap(), lines.replace("notes.txt", "stdin"));
    place.succeeds(&format!("{TRAIN} --no-meta --no-annotations --out model"));
    let answers = place.succeeds("predict model pairs.jsonl");
    let ids: Vec<&str> = answers.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(ids, ["stdin:3-s1-p1", "stdin:3-s1-p2"]);

    let unknown = place.fails("pairs notes.txt --types PERSON>*");
    assert!(unknown.contains("--types: expected the type of an entity that can be found"), "{unknown}");
    assert!(place.fails("pairs notes.txt notes.txt").contains("given twice"));
    assert!(place.fails("pairs notes.txt --out notes.txt").contains("would be overwritten"));
    assert!(place.fails("pairs absent.txt").contains("absent.txt: "));
    let output = place.run("pairs notes.txt --pattern X=a(");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("unclosed group"), "{}", text(&output.stderr));
}

#[test]
fn what_is_read_is_not_written_over() {
    let place = Place::new();
    place.succeeds(&format!("{TRAIN} --no-meta --out model"));
    let before = fs::read(place.path("test.jsonl")).unwrap();
    for command in [
        "convert test.jsonl --to conllu --out ./test.jsonl",
        "explain model --data test.jsonl --svg test.jsonl",
    ] {
        assert!(place.fails(command).contains("would be overwritten"), "{command}");
    }
    assert!(fs::read(place.path("test.jsonl")).unwrap() == before);
    // What nobody reads is not written over either, unless asked.
    fs::write(place.path("thesis"), "years of work").unwrap();
    for command in [
        "convert test.jsonl --to conllu --out thesis",
        "synth --instances 10 --out thesis",
        "synth --instances 10 --out new --vectors thesis",
        "explain model --data test.jsonl --svg thesis",
        "episodes --base train.jsonl --new test.jsonl --vectors v.txt --out thesis",
    ] {
        let said = place.fails(command);
        assert!(said.contains("thesis already exists") && said.contains("--force"), "{command}: {said}");
    }
    assert_eq!(fs::read_to_string(place.path("thesis")).unwrap(), "years of work");
    assert!(!place.path("new").exists());
    let vectors =
        place.fails("episodes --base train.jsonl --new test.jsonl --vectors v.txt --out v.txt --force");
    assert!(vectors.contains("v.txt is an input"), "{vectors}");
    assert!(
        place.fails("synth --instances 10 --out a --vectors ./a").contains("cannot go into the same file")
    );
    place.succeeds("convert test.jsonl --to conllu --out thesis --force");
    assert_ne!(fs::read_to_string(place.path("thesis")).unwrap(), "years of work");
    // A device is written to, and stays one.
    place.succeeds("convert test.jsonl --to conllu --out /dev/null");
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_dash_is_stdin_for_what_reads_data() {
    let place = Place::new();
    place.succeeds("train --train train.jsonl --vectors v.txt --learner fcm --arm supervised --out model");
    for command in ["check", "evaluate model", "convert --to csv"] {
        let data = fs::File::open(place.path("test.jsonl")).unwrap();
        let piped = place.command(&format!("{command} -")).stdin(data).output().unwrap();
        assert!(piped.status.success(), "{command}: {}", text(&piped.stderr));
        let named = place.succeeds(&format!("{command} test.jsonl"));
        assert_eq!(text(&piped.stdout).replace("<stdin>", "test.jsonl"), named, "{command}");
        let nothing =
            place.command(&format!("{command} -")).stdin(std::process::Stdio::null()).output().unwrap();
        assert_eq!(nothing.status.code(), Some(1), "{command}");
        assert!(text(&nothing.stderr).contains("<stdin>"), "{command}: {}", text(&nothing.stderr));
    }
}
