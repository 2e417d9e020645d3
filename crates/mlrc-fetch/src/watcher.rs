//! Who is told how a download goes. The crate writes to no terminal and catches no signal: a program does, behind this
//! trait.

/// Is told what happens, and says when to stop.
pub trait Watcher {
    /// A line of information, or a few with line breaks between them.
    fn note(&self, line: &str);

    /// So many bytes of a download are there, of so many if that is known. The first call opens a new display: what it
    /// says came earlier, and tells nothing of the rate.
    fn progress(&self, total: Option<u64>, position: u64);

    /// No more bytes come for now: the display goes away.
    fn progress_ends(&self);

    /// Whether to keep what has come and stop.
    fn is_interrupted(&self) -> bool;
}
