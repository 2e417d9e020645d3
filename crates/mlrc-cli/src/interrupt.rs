//! Ctrl-C: the first asks the run to save and stop, another one later ends the program at once.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static INTERRUPTED: OnceLock<Instant> = OnceLock::new();

/// Signals that come together count as one: `timeout` and job schedulers send them to the process and to its group.
const TOGETHER: Duration = Duration::from_secs(1);

/// Catches Ctrl-C and the system's request to terminate.
pub fn watch() {
    let handler = || {
        let now = Instant::now();
        if INTERRUPTED.set(now).is_ok() {
            say!("\ninterrupted: saving (once more to stop without)");
        } else if INTERRUPTED.get().is_some_and(|first| now.duration_since(*first) > TOGETHER) {
            std::process::exit(130);
        }
    };
    // A second handler in one process is the only failure; then the first does the work.
    let _ = ctrlc::set_handler(handler);
}

/// Whether the run should save and stop.
pub fn requested() -> bool {
    INTERRUPTED.get().is_some()
}
