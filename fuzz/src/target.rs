//! Which entry point a fuzzing process calls: one binary for many, as linking takes longer than anything else.

use std::sync::OnceLock;

/// The entry point that the environment variable `MLRC_FUZZ` names.
pub fn chosen(targets: &[(&'static str, fn(&[u8]))]) -> fn(&[u8]) {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::var("MLRC_FUZZ").unwrap_or_default();
        let found = targets.iter().find(|(target, _)| *target == name);
        let names: Vec<_> = targets.iter().map(|(target, _)| *target).collect();
        found.unwrap_or_else(|| panic!("MLRC_FUZZ is one of {}", names.join(", "))).1
    })
}
