//! What the program's tests share.
#![allow(dead_code)]

use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a generated corpus and vectors, in which commands are run.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// A folder without anything.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn new() -> Self {
        let place = Self::empty();
        let common = "--labels 5 --difficulty 0.2 --format jsonl";
        place.succeeds(&format!(
            "synth --instances 120 {common} --out train.jsonl --vectors v.txt --dimension 12"
        ));
        place.succeeds(&format!("synth --instances 60 {common} --out test.jsonl --seed 2"));
        place
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The names of what is in a folder, sorted; none if there is no such folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlrc"));
        command.current_dir(self.folder.path()).args(arguments.split_whitespace());
        command.env("NO_COLOR", "1").env("COLUMNS", "100").env("MLRC_CACHE", self.path("cache"));
        command
    }

    pub fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Kills a command, which cannot tidy up, as soon as a folder has that many results; whether it was still running.
    #[cfg(unix)]
    pub fn killed(&self, arguments: &str, folder: &str, results: usize) -> bool {
        use std::os::unix::process::ExitStatusExt;
        let mut child = self.command(arguments).stderr(std::process::Stdio::null()).spawn().unwrap();
        let there = || self.names(folder).iter().filter(|name| !name.starts_with('.')).count();
        while there() < results && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap().signal() == Some(9)
    }

    pub fn succeeds(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "mlrc {arguments}\n{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// What is written to stderr by a command that fails with exit code 1.
    pub fn fails(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "mlrc {arguments}\n{}", text(&output.stdout));
        text(&output.stderr).replace(&self.folder.path().display().to_string(), "DIR")
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A training run of a second.
pub const TRAIN: &str =
    "train --train train.jsonl --vectors v.txt --hidden 16 --meta-iterations 20 --epochs 5 --quiet";
