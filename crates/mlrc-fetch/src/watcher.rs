//! Who is informed of a download's progress. The crate does not write to a terminal or catch signals:
//! programs do, by implementing this trait.

/// Is informed of what happens, and says when to stop.
pub trait Watcher {
    /// A message of one or more lines.
    fn note(&self, line: &str);

    /// The number of bytes downloaded so far and, if known, in total. The first call opens a new display; the
    /// bytes that it reports were downloaded earlier and must not count towards the rate.
    fn progress(&self, total: Option<u64>, position: u64);

    /// No more bytes are coming for now: the display is removed.
    fn progress_ends(&self);

    /// Whether to stop, keeping what was downloaded.
    fn is_interrupted(&self) -> bool;
}
