//! Calls entry points with the committed inputs.

use std::path::Path;
use std::time::{Duration, Instant};

/// Does something with arbitrary bytes.
type Call = fn(&[u8]);

/// The time that an input may take; a fuzzer's inputs are small.
const MOST: Duration = Duration::from_secs(5);

/// Calls each entry point with every input in the folder of its name.
pub fn run(targets: &[(&str, Call)]) {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/inputs");
    for (name, call) in targets {
        let folder = inputs.join(name);
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{} has no inputs", folder.display());
        for path in paths {
            let bytes = std::fs::read(&path).unwrap();
            // Which input it is, should it panic.
            println!("{}", path.display());
            let start = Instant::now();
            call(&bytes);
            assert!(start.elapsed() < MOST, "{} took {:?}", path.display(), start.elapsed());
        }
    }
}
