//! Shared by the integration tests: reference data and small models.
#![allow(dead_code, missing_docs)]

pub mod parity;
#[path = "../../../mlrc-corpus/tests/common/mod.rs"]
pub mod reference;
pub mod small;

use std::path::Path;

use safetensors::SafeTensors;

#[allow(unused_imports)]
pub use reference::{data, fixtures};

/// The folder of a genuine encoder, `minilm` or `mpnet`, in the folder that `MLRC_ENCODERS` names; `None`, loudly, if it
/// is missing.
pub fn genuine_encoder(name: &str) -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("MLRC_ENCODERS").map(|folder| Path::new(&folder).join(name));
    match folder {
        Some(folder) if folder.join("config.json").is_file() => Some(folder),
        _ => {
            // Not `eprintln!`, which the test harness swallows when a test passes.
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("SKIPPED encoder {name}: set MLRC_ENCODERS to a folder that has it\n").as_bytes(),
            );
            None
        }
    }
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
