//! Ctrl-C: the first one asks the run to save and stop, a later one ends the program immediately.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static INTERRUPTED: OnceLock<Instant> = OnceLock::new();

/// Signals within this time count as one: `timeout` and job schedulers signal both the process and its group.
const TOGETHER: Duration = Duration::from_secs(1);

/// Catches Ctrl-C and termination signals.
pub fn watch() {
    let handler = || {
        let now = Instant::now();
        if INTERRUPTED.set(now).is_ok() {
            say!("\ninterrupted: saving (interrupt again to stop without saving)");
        } else if INTERRUPTED.get().is_some_and(|first| now.duration_since(*first) > TOGETHER) {
            std::process::exit(130);
        }
    };
    // This fails only if the process already has a handler, which then does the work.
    let _ = ctrlc::set_handler(handler);
}

/// Whether the run should save and stop.
pub fn requested() -> bool {
    INTERRUPTED.get().is_some()
}
