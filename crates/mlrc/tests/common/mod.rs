//! What the integration tests share: finding reference data, which a user's checkout does not have, and reading it.
#![allow(dead_code, missing_docs)]

pub mod parity;
pub mod small;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;

/// The folder of reference outputs: `MLRC_FIXTURES`, or `../shared/fixtures` beside the checkout.
pub fn fixtures(test: &str) -> Option<PathBuf> {
    folder(test, "MLRC_FIXTURES", "fixtures")
}

/// The folder of data sets: `MLRC_DATA`, or `../shared/data` beside the checkout.
pub fn data(test: &str) -> Option<PathBuf> {
    folder(test, "MLRC_DATA", "data")
}

fn folder(test: &str, variable: &str, name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    let folder = std::env::var_os(variable).map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os(variable).is_none(),
        "{variable} names {}, which is not a folder",
        folder.display()
    );
    // Not `eprintln!`, which the test harness swallows when a test passes.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED {test}: {} is absent; set {variable} to run it",
        folder.display()
    );
    None
}

/// A pair of files: options as JSON, tensors as safetensors.
pub struct Fixture {
    options: serde_json::Value,
    bytes: Vec<u8>,
}

impl Fixture {
    pub fn read(folder: &Path, name: &str) -> Self {
        let file = |extension| std::fs::read(folder.join(name).with_extension(extension)).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&file("json")).unwrap();
        Self { options: json["options"].clone(), bytes: file("safetensors") }
    }

    pub fn option(&self, name: &str) -> f64 {
        self.options[name].as_f64().unwrap_or_else(|| panic!("option {name}"))
    }

    pub fn shape(&self, tensor: &str) -> Vec<usize> {
        self.tensors().tensor(tensor).unwrap_or_else(|_| panic!("no tensor {tensor}")).shape().to_vec()
    }

    pub fn floats(&self, tensor: &str) -> Vec<f32> {
        let tensors = self.tensors();
        let view = tensors.tensor(tensor).unwrap_or_else(|_| panic!("no tensor {tensor}"));
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    pub fn integers(&self, tensor: &str) -> Vec<i64> {
        let tensors = self.tensors();
        let view = tensors.tensor(tensor).unwrap_or_else(|_| panic!("no tensor {tensor}"));
        view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect()
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }
}

/// PyTorch's name for a part of an LSTM layer.
pub fn lstm_part(ours: &str) -> &str {
    match ours {
        "input_weight" => "weight_ih",
        "recurrent_weight" => "weight_hh",
        "input_bias" => "bias_ih",
        "recurrent_bias" => "bias_hh",
        other => panic!("unknown parameter {other}"),
    }
}
