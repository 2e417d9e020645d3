//! `mlrc experiment` as a user meets it: what it leaves behind, and that nothing which happens to it on the way matters.

mod common;

use std::fs;

use common::{Place, text};

const PLAN: &str = r#"
about = "small"
dev_size = 30
[data]
train = "train.jsonl"
test = "test.jsonl"
vectors = "v.txt"
[learners.pa-lstm]
preset = "semeval/pa-lstm"
learner.hidden = 8
learner.attention = 8
supervised.epochs = 4
meta.iterations = 30
[learners.c-gcn]
preset = "semeval/c-gcn"
learner.hidden = 8
learner.lstm = 6
supervised.epochs = 4
meta.iterations = 30
[[grid]]
arms = ["supervised", "supervised-matched", "mlrc", "joint"]
fractions = [0.5, 1.0]
seeds = "1-2"
"#;

fn place() -> Place {
    let place = Place::new();
    fs::write(place.path("plan.toml"), PLAN).unwrap();
    place
}

fn tables(place: &Place, out: &str) -> String {
    fs::read_to_string(place.path(out).join("tables.md")).unwrap()
}

#[test]
fn a_plan_becomes_results_and_tables() {
    let place = place();
    let listed = place.succeeds("experiment plan.toml --out out --dry-run");
    let groups: Vec<&str> = listed.lines().filter(|line| line.ends_with("  measured")).collect();
    assert_eq!(groups.len(), 2 * 4 * 2, "{listed}");
    assert!(
        groups[0].starts_with("1-2 ") && groups[0].contains("  c-gcn  "),
        "the numbers of --job: {listed}"
    );
    assert!(listed.contains(" on one core, ") && listed.contains(" thread"), "{listed}");
    assert!(!place.path("out").exists());

    let printed = place.succeeds("experiment plan.toml --out out");
    assert_eq!(printed, tables(&place, "out"));
    assert!(printed.contains("### pa-lstm, best-dev: micro_f1_without_negative on test, in per cent"));
    assert!(printed.contains("| labels | supervised | supervised-matched | mlrc | joint |"));
    assert!(printed.contains("in brackets, the standard deviation"));
    assert_eq!(
        printed.matches(" − ").count(),
        2 * 2 * 2 * 6 + 2 * 2 * 4,
        "pairs of arms for each learner, fraction and selection, and of learners for each arm, fraction and selection"
    );
    let rows = fs::read_to_string(place.path("out/results.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len(), 32);
    for row in &rows {
        assert_eq!(row["test"]["last"]["instances"], 60);
        assert!(row["instance_gradients"].as_u64().unwrap() > 0 && row["split_hash"].is_string());
        assert!(row["environment"]["logical_cpus"].as_u64().unwrap() > 0);
    }
    // The arms of a fraction and seed saw the same sentences.
    let splits: std::collections::HashSet<&str> = rows
        .iter()
        .filter(|row| row["fraction"] == 0.5 && row["seed"] == 1)
        .map(|row| row["split_hash"].as_str().unwrap())
        .collect();
    assert_eq!(splits.len(), 1);

    let report = fs::read_to_string(place.path("out/report.html")).unwrap();
    // Curves and effects of each learner and selection; confusion matrices of each learner, arm and fraction.
    assert_eq!(report.matches("<svg").count(), 2 * 4 + 2 * 4 * 2);
    for part in ["<h2", "cause_effect", "iterations = 30", "±", "logical CPU", "XXH3", "</html>"] {
        assert!(report.contains(part), "{part}");
    }
    for loads in ["src=", "@import", "<script", "url("] {
        assert!(!report.contains(loads), "{loads}");
    }
    assert_eq!(
        report.matches("href=").count(),
        report.matches("href=\"#").count(),
        "links within the page only"
    );
    let here = place.path("").display().to_string();
    assert!(!report.contains(here.trim_end_matches('/')), "folders are nobody else's business");

    // Every figure as SVG and PNG, every table as CSV and LaTeX.
    let names = |folder: &str, suffix: &str| {
        let entries = fs::read_dir(place.path("out").join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(suffix)).count()
    };
    assert_eq!([names("figures", ".svg"), names("figures", ".png")], [8, 8]);
    assert_eq!(["csv", "svg", "png"].map(|suffix| names("confusion", suffix)), [16; 3]);
    // Means, details, effects and comparisons of each learner and selection, relations of each fraction too.
    assert_eq!([names("tables", ".csv"), names("tables", ".tex")], [5, 4 * 4 + 8 + 8]);
    // Learners are compared by the means of what their runs scored.
    let learners = fs::read_to_string(place.path("out/tables/learners.csv")).unwrap();
    let found = learners.lines().find(|line| line.starts_with("mlrc,0.5,last,")).unwrap();
    let found: Vec<&str> = found.split(',').collect();
    let mean = |learner: &str| {
        let of_it = rows
            .iter()
            .filter(|row| row["learner"] == learner && row["arm"] == "mlrc" && row["fraction"] == 0.5);
        of_it.map(|row| row["test"]["last"]["primary"]["value"].as_f64().unwrap()).sum::<f64>() / 2.0
    };
    assert_eq!(found[3..6], ["pa-lstm", "c-gcn", "2"]);
    assert!(
        (found[6].parse::<f64>().unwrap() - (mean("pa-lstm") - mean("c-gcn"))).abs() < 1e-12,
        "{learners}"
    );
    runs_that_know_one_label_are_counted(&place, &rows, &printed);
    // What an earlier recipe left goes; what is not ours stays.
    fs::write(place.path("out/tables/means-old-last.tex"), "old").unwrap();
    fs::write(place.path("out/tables/means-mine.tex"), "mine").unwrap();
    fs::write(place.path("out/figures/mine.png"), "").unwrap();
    fs::write(place.path("out/confusion/mine.csv"), "").unwrap();
    let list = fs::read(place.path("out/outputs.json")).unwrap();
    let mut list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let hash = mlrc::files::hash(&place.path("out/tables/means-old-last.tex")).unwrap();
    list["tables/means-old-last.tex"] = format!("{hash:032x}").into();
    fs::write(place.path("out/outputs.json"), list.to_string()).unwrap();
    let relations = fs::read_to_string(place.path("out/tables/relations-pa-lstm-50-last.tex")).unwrap();
    assert!(relations.contains("cause\\_effect & ") && relations.contains("\\bottomrule"), "{relations}");
    let effects = fs::read_to_string(place.path("out/tables/effects.csv")).unwrap();
    assert_eq!(effects.lines().filter(|line| line.contains(",mlrc,joint,")).count(), 8, "{effects}");
    // All is there: nothing is computed again, at any number of threads. A longer plan reuses what applies.
    let again = place.run("experiment plan.toml --out out --threads 1");
    assert!(text(&again.stderr).contains("32 jobs: 32 done, 0 to run"), "{}", text(&again.stderr));
    assert!(!place.path("out/tables/means-old-last.tex").exists());
    for mine in ["tables/means-mine.tex", "figures/mine.png", "confusion/mine.csv"] {
        assert!(place.path("out").join(mine).exists(), "{mine}");
    }
    assert_eq!(place.succeeds("experiment plan.toml --out out --dry-run"), "nothing to run\n");
    assert_eq!(text(&again.stdout), printed);
    fs::write(
        place.path("longer.toml"),
        PLAN.replace("1-2", "1-3").replace("meta.iterations = 30", "meta.iterations = 31"),
    )
    .unwrap();
    let longer = place.run("experiment longer.toml --out out --dry-run");
    let by_results = text(&longer.stdout);
    assert!(
        by_results.contains(" 4 results\n") && by_results.contains(" 4 results of other arms\n"),
        "{by_results}"
    );
    let longer = text(&longer.stderr);
    // Only supervised runs know nothing of meta-learning.
    assert!(longer.contains("48 jobs: 8 done, 40 to run"), "{longer}");
}

/// Of rows' predictions, which are in the files of their keys.
fn runs_that_know_one_label_are_counted(place: &Place, rows: &[serde_json::Value], printed: &str) {
    let cells = fs::read_to_string(place.path("out/tables/cells.csv")).unwrap();
    let mut counted = 0;
    for line in cells.lines().skip(1) {
        let cell: Vec<&str> = line.split(',').collect();
        let of_cell = |row: &&serde_json::Value| {
            [row["learner"].as_str(), row["arm"].as_str()] == [Some(cell[0]), Some(cell[1])]
                && row["fraction"].as_f64() == cell[2].parse().ok()
        };
        let knows_one = |row: &&serde_json::Value| {
            let run = place.path(&format!("out/runs/{}.json", row["key"].as_str().unwrap()));
            let run: serde_json::Value = serde_json::from_slice(&fs::read(run).unwrap()).unwrap();
            let labels: std::collections::HashSet<u64> = run["predictions"][cell[3]]
                .as_array()
                .unwrap()
                .iter()
                .map(|label| label.as_u64().unwrap())
                .collect();
            labels.len() == 1
        };
        let count = rows.iter().filter(of_cell).filter(knows_one).count();
        assert_eq!(cell.last(), Some(&&count.to_string()[..]), "{line}");
        counted += usize::from(count > 0);
    }
    assert!(counted > 0, "a dozen steps teach some of these nothing: {cells}");
    assert_eq!(printed.matches(")†").count(), counted, "{printed}");
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_ends_with_the_same_tables() {
    let place = place();
    place.succeeds("experiment plan.toml --out whole");
    // Of 32 results.
    for results in 0..20 {
        let hit = place.killed("experiment plan.toml --out killed", "killed/runs", results);
        assert!(hit, "the run had ended when it should have been killed, with {results} results");
    }
    place.succeeds("experiment plan.toml --out killed");
    assert_eq!(tables(&place, "killed"), tables(&place, "whole"));
    let names = |out: &str| {
        let entries = fs::read_dir(place.path(out).join("runs")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| !name.to_string_lossy().starts_with('.'));
        names.sort();
        names
    };
    assert_eq!(names("killed"), names("whole"));
}

#[test]
fn a_folder_that_is_no_experiments_is_left_alone() {
    let place = place();
    fs::create_dir(place.path("thesis")).unwrap();
    fs::write(place.path("thesis/report.html"), "years of work").unwrap();
    fs::write(
        place.path("t.toml"),
        "fraction = 1.0\n[baseline]\npreset = \"semeval/fcm\"\n[search]\nsupervised.epochs = [1, 2]\n\
         [data]\ntrain = \"train.jsonl\"\nvectors = \"v.txt\"\n[budget]\ntrials = 1\nseeds = [1]\n",
    )
    .unwrap();
    for command in ["experiment plan.toml --out thesis", "tune t.toml --dev-size 20 --out thesis"] {
        let said = place.fails(command);
        assert!(said.contains("thesis is not empty, and not an experiment's folder"), "{command}: {said}");
    }
    assert_eq!(place.names("thesis"), ["report.html"]);
    assert_eq!(fs::read_to_string(place.path("thesis/report.html")).unwrap(), "years of work");
}

#[cfg(unix)]
#[test]
fn an_interrupted_job_says_so() {
    let place = place();
    let long = PLAN.replace("meta.iterations = 30", "meta.iterations = 300000");
    fs::write(place.path("plan.toml"), long).unwrap();
    // The last job of PA-LSTM: joint.
    let mut child = place.command("experiment plan.toml --out out --job 32").spawn().unwrap();
    while !place.path("out/experiment.toml").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the job ended early");
        std::thread::yield_now();
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn failures_are_kept_and_tried_again_only_when_asked() {
    let place = place();
    // With a hundredth of 90 instances there is nothing to train on.
    let plan = PLAN
        .replace("[0.5, 1.0]", "[0.001, 1.0]")
        .replace("arms = [\"supervised\", ", "arms = [")
        .replace("1-2", "1-1");
    fs::write(place.path("plan.toml"), plan).unwrap();
    let output = place.run("experiment plan.toml --out out");
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains("failed: expected a fraction of at least one instance"), "{said}");
    assert!(
        said.contains("no result for 6 of 12 jobs") && text(&output.stdout).contains("| 100 % |"),
        "{said}"
    );
    assert_eq!(fs::read_dir(place.path("out/failures")).unwrap().count(), 6);
    let again = text(&place.run("experiment plan.toml --out out").stderr);
    assert!(again.contains("12 jobs: 6 done, 0 to run, 6 failed before"), "{again}");
    assert!(again.contains("\n  expected a fraction of at least one instance"), "{again}");
    let job = place.run("experiment plan.toml --out out --job 1");
    assert_eq!(job.status.code(), Some(3), "a job that failed before is not done");
    // What cannot be read as a result is told, and computed again.
    let run = fs::read_dir(place.path("out/runs")).unwrap().next().unwrap().unwrap().path();
    fs::write(&run, "{").unwrap();
    let repaired = text(&place.run("experiment plan.toml --out out").stderr);
    let name = run.file_name().unwrap().to_str().unwrap();
    assert!(
        repaired.contains(&format!("{name}: cannot be read as a result"))
            && repaired.contains("5 done, 1 to run"),
        "{repaired}"
    );
    // So is one in which a figure was changed.
    let sound = fs::read_to_string(&run).unwrap();
    let changed = sound.replacen("\"instance_gradients\":", "\"instance_gradients\":1", 1);
    assert_ne!(changed, sound);
    fs::write(&run, changed).unwrap();
    let repaired = text(&place.run("experiment plan.toml --out out").stderr);
    assert!(
        repaired.contains(&format!("{name}: cannot be read as a result"))
            && repaired.contains("5 done, 1 to run"),
        "{repaired}"
    );
    // Where nothing is done, no report of another recipe is left.
    fs::write(place.path("none.toml"), PLAN.replace("[0.5, 1.0]", "[0.001]")).unwrap();
    place.run("experiment none.toml --out out");
    assert!(!place.path("out/report.html").exists() && !place.path("out/tables/cells.csv").exists());
    place.run("experiment plan.toml --out out");
    assert!(place.path("out/report.html").exists());
    let retried = text(&place.run("experiment plan.toml --out out --retry-failed").stderr);
    assert!(retried.contains("6 done, 6 to run"), "{retried}");

    for (name, plan, says) in [
        (
            "a.toml",
            PLAN.replace("epochs", "epoch"),
            "a.toml:18: learners.c-gcn.supervised.epoch: unknown field",
        ),
        ("b.toml", PLAN.replace("train.jsonl", "nowhere.jsonl"), "nowhere.jsonl: cannot be read"),
        ("c.toml", PLAN.replace("test = \"test.jsonl\"", ""), "names no file for `test`"),
        ("d.toml", PLAN.replace("\"mlrc\"", "\"maml\""), "d.toml:21: grid 1.arms: unknown variant `maml`"),
    ] {
        fs::write(place.path(name), plan).unwrap();
        let said = place.fails(&format!("experiment {name} --out never"));
        assert!(said.contains(says), "{said}");
        assert!(!place.path("never").exists());
    }
    let said = place.fails("experiment quick/semeval --out never");
    assert!(said.contains("--train FILE"), "{said}");
}

#[test]
fn jobs_run_by_themselves_and_folders_are_collected() {
    let place = place();
    let script = place.succeeds("experiment plan.toml --out array --emit slurm");
    assert!(
        script.contains("#SBATCH --array=1-32") && script.contains("--job \"$SLURM_ARRAY_TASK_ID\""),
        "{script}"
    );
    assert!(script.contains("#SBATCH --mem=2G\n"), "{script}");
    // Half a GiB, and twice the vectors.
    fs::File::create(place.path("big.txt")).unwrap().set_len(3 << 30).unwrap();
    let script = place.succeeds("experiment plan.toml --out array --emit slurm --vectors big.txt");
    assert!(script.contains("#SBATCH --mem=7G\n"), "{script}");
    place.succeeds("experiment plan.toml --out whole");
    for job in 1..=32 {
        let out = if job % 2 == 0 { "even" } else { "odd" };
        place.succeeds(&format!("experiment plan.toml --out {out} --job {job}"));
    }
    assert!(place.fails("experiment plan.toml --out odd --job 33").contains("the recipe has 32"));
    assert!(!place.path("odd/tables.md").exists());
    let collected = place.succeeds("experiment plan.toml --out all --collect even --collect odd");
    assert_eq!(collected, tables(&place, "whole"));
    for name in [
        "tables.md",
        "tables/cells.csv",
        "tables/comparisons.csv",
        "tables/relations.csv",
        "figures/curves-pa-lstm-best-dev.svg",
        "figures/effects-c-gcn-last.png",
        "confusion/c-gcn-mlrc-50-best-dev.csv",
    ] {
        let read = |out: &str| fs::read(place.path(out).join(name)).unwrap();
        assert!(read("all") == read("whole"), "{name}");
    }

    let other = PLAN.replace("epochs = 4", "epochs = 5");
    fs::write(place.path("other.toml"), other).unwrap();
    let said = place.fails("experiment other.toml --out new --collect even");
    assert!(said.contains("even/experiment.toml: differs from the recipe"), "{said}");
    let said = place.fails("experiment plan.toml --out new --collect cache");
    assert!(said.contains("not an experiment's folder"), "{said}");
    fs::write(place.path("changed.jsonl"), fs::read_to_string(place.path("test.jsonl")).unwrap() + "\n")
        .unwrap();
    let said = place.fails("experiment plan.toml --out new --collect even --test changed.jsonl");
    assert!(said.contains("none of its results are for this data"), "{said}");
}

#[test]
fn what_is_kept_can_be_run_again_and_what_cannot_be_run_is_said_beforehand() {
    let place = place();
    // The kept plan means the same files, wherever it is run from.
    let small = PLAN.replace("[0.5, 1.0]", "[1.0]").replace("\"1-2\"", "2");
    fs::write(place.path("small.toml"), &small).unwrap();
    place.succeeds("experiment small.toml --out out");
    assert!(text(&place.run("experiment out/experiment.toml --out out").stderr).contains("8 done, 0 to run"));
    assert!(!tables(&place, "out").contains("have no result"));
    // Tables of a part say so.
    fs::remove_file(place.path("out/runs").read_dir().unwrap().next().unwrap().unwrap().path()).unwrap();
    place.run("experiment small.toml --out out --collect out");
    assert!(tables(&place, "out").starts_with("Tables of 7 of 8 jobs; the rest have no result."));

    let doomed = small.replace("dev_size = 30", "dev_size = 3000");
    fs::write(place.path("doomed.toml"), doomed).unwrap();
    let output = place.run("experiment doomed.toml --out never --dry-run");
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("cannot be run: 1-8: expected a development set smaller"), "{said}");
    assert!(said.contains("dev_size") && !said.contains("on one core"), "{said}");
    assert!(!place.path("never").exists());

    let said = text(&place.run("experiment small.toml --out same --test train.jsonl --dry-run").stderr);
    assert!(said.contains("training and test data are the same file"), "{said}");
    let said = place.fails("experiment quick/semval --out never");
    assert!(said.contains("did you mean `quick/semeval`?"), "{said}");
    fs::write(place.path("out/tune.toml"), "").unwrap();
    let said = place.fails("experiment small.toml --out out");
    assert!(said.contains("out is the folder of a hyper-parameter search"), "{said}");
    let said = place.fails("synth --out v.txt --vectors v.txt");
    assert!(said.contains("cannot go into the same file"), "{said}");
}
