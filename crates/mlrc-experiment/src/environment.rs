//! Where a result was computed. The result does not depend on it, but its running time does.

use std::fmt;
use std::fs;
use std::sync::OnceLock;
use std::thread::available_parallelism;

use mlrc_kernels::Cpu;
use serde::{Deserialize, Serialize};

/// The machine and the program. What the system does not report is omitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// Model of the processor.
    pub processor: Option<String>,
    /// Processors that the program may use.
    pub logical_cpus: usize,
    /// The instruction set that kernels run with.
    pub instructions: String,
    /// Architecture that the program was built for.
    pub architecture: String,
    /// The operating system.
    pub system: String,
    /// Version of its kernel.
    pub kernel: Option<String>,
    /// Version of this program.
    pub program: String,
    /// The commit that it was built from, if given to the build (`MLRC_COMMIT`).
    pub commit: Option<String>,
}

impl Environment {
    /// This machine and this program.
    pub fn here() -> Self {
        static HERE: OnceLock<Environment> = OnceLock::new();
        HERE.get_or_init(|| {
            let read = |path: &str| fs::read_to_string(path).ok();
            Self {
                processor: read("/proc/cpuinfo").and_then(|text| value_of(&text, "model name", ':')),
                logical_cpus: available_parallelism().map_or(1, usize::from),
                instructions: Cpu::native().name().to_owned(),
                architecture: std::env::consts::ARCH.to_owned(),
                system: read("/etc/os-release")
                    .and_then(|text| value_of(&text, "PRETTY_NAME", '='))
                    .unwrap_or_else(|| std::env::consts::OS.to_owned()),
                kernel: read("/proc/sys/kernel/osrelease").map(|version| version.trim().to_owned()),
                program: env!("CARGO_PKG_VERSION").to_owned(),
                commit: option_env!("MLRC_COMMIT").map(str::to_owned),
            }
        })
        .clone()
    }
}

/// The value of the first line `key SEPARATOR value`, without quotes.
fn value_of(text: &str, key: &str, separator: char) -> Option<String> {
    let values = text.lines().filter_map(|line| line.split_once(separator));
    let mut values = values.filter(|(name, _)| name.trim() == key).map(|(_, value)| value.trim());
    values.next().map(|value| value.trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

impl fmt::Display for Environment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { logical_cpus, instructions, architecture, system, program, .. } = self;
        let processor = self.processor.as_deref().unwrap_or(architecture);
        let cpus = if *logical_cpus == 1 { "CPU" } else { "CPUs" };
        write!(out, "{processor} ({logical_cpus} logical {cpus}, {instructions}), {system}")?;
        if let Some(kernel) = &self.kernel {
            write!(out, ", kernel {kernel}")?;
        }
        write!(out, ", {architecture}, mlrc {program}")?;
        self.commit.as_ref().map_or(Ok(()), |commit| write!(out, " ({commit})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_read() {
        let cpuinfo =
            "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2.00GHz\nmodel name\t: Other\n";
        assert_eq!(value_of(cpuinfo, "model name", ':').as_deref(), Some("Some CPU @ 2.00GHz"));
        assert_eq!(value_of("NAME=x\nPRETTY_NAME=\"X 12\"\n", "PRETTY_NAME", '=').as_deref(), Some("X 12"));
        assert_eq!(value_of("model name :\n", "model name", ':'), None);
    }

    #[test]
    fn it_reads_as_a_line() {
        let mut environment = Environment {
            processor: Some("Some CPU".to_owned()),
            logical_cpus: 2,
            instructions: "AVX2".to_owned(),
            architecture: "x86_64".to_owned(),
            system: "X 12".to_owned(),
            kernel: Some("6.1".to_owned()),
            program: "0.1.0".to_owned(),
            commit: Some("abc".to_owned()),
        };
        assert_eq!(
            environment.to_string(),
            "Some CPU (2 logical CPUs, AVX2), X 12, kernel 6.1, x86_64, mlrc 0.1.0 (abc)"
        );
        (environment.processor, environment.kernel, environment.commit) = (None, None, None);
        assert_eq!(environment.to_string(), "x86_64 (2 logical CPUs, AVX2), X 12, x86_64, mlrc 0.1.0");
    }
}
