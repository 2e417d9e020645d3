//! Ctrl-C: the first asks the run to save and stop, the second ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Catches Ctrl-C and the system's request to terminate.
pub fn watch() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        say!("\ninterrupted: saving (once more to stop without)");
    };
    // A second handler in one process is the only failure; then the first does the work.
    let _ = ctrlc::set_handler(handler);
}

/// Whether the run should save and stop.
pub fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
