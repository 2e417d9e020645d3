//! Ctrl-C: the first one asks a run to save and stop, a later one ends the program immediately. Where there is nothing to
//! save, or not yet, the first one ends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

static INTERRUPTED: OnceLock<Instant> = OnceLock::new();

/// Whether somebody asks [`requested`] and saves.
static SAVES: AtomicBool = AtomicBool::new(false);

/// Set when saving is requested.
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Signals within this time count as one: `timeout` and job schedulers signal both the process and its group.
const TOGETHER: Duration = Duration::from_secs(1);

/// The exit code of an interrupted program.
const CODE: i32 = 130;

/// Catches Ctrl-C and termination signals.
pub fn watch() {
    let handler = || {
        let now = Instant::now();
        let is_first = INTERRUPTED.set(now).is_ok();
        if is_first && SAVES.load(Ordering::SeqCst) {
            STOP.store(true, Ordering::SeqCst);
            say!("\ninterrupted: saving (interrupt again to stop without saving)");
        } else if is_first {
            say!("\ninterrupted: there is nothing to save");
            end();
        } else if INTERRUPTED.get().is_some_and(|first| now.duration_since(*first) > TOGETHER) {
            end();
        }
    };
    // This fails only if the process already has a handler, which then does the work.
    let _ = ctrlc::set_handler(handler);
}

/// Ends the program, without a file that is half written.
fn end() -> ! {
    mlrc::files::remove_unfinished();
    std::process::exit(CODE);
}

/// From now on, an interrupt asks to save and stop.
pub fn saves() {
    SAVES.store(true, Ordering::SeqCst);
}

/// Whether the run should save and stop.
pub fn requested() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// What is set when the run should save and stop.
pub fn flag() -> Arc<AtomicBool> {
    Arc::clone(&STOP)
}
