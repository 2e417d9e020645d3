//! The device on which tensors live and are computed: chosen once, and passed to everything that creates
//! tensors.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A device to compute on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The CPU, with the kernels of `mlrc-kernels`.
    #[default]
    Cpu,
}

impl Device {
    /// All devices supported by this build.
    pub const ALL: [Self; 1] = [Self::Cpu];

    /// The tensor library's handle for it.
    pub fn burn(self) -> &'static burn::tensor::Device {
        static FLEX: std::sync::LazyLock<burn::tensor::Device> =
            std::sync::LazyLock::new(burn::tensor::Device::flex);
        match self {
            Self::Cpu => &FLEX,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Cpu => "cpu",
        })
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.map(|device| device.to_string());
        Self::ALL
            .into_iter()
            .find(|device| device.to_string() == name)
            .ok_or_else(|| format!("expected one of {}, found `{name}`", known.join(", ")))
    }
}
