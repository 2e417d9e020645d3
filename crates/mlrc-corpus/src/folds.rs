//! Selecting instances by the folds of a release.

use crate::Corpus;
use crate::check;
use crate::error::{CorpusError, Fault};

/// How many folds a message lists.
const LISTED: usize = 20;

impl Corpus {
    /// The corpus with only the instances of `folds`, in the order of the file.
    ///
    /// # Errors
    /// If one of the folds does not exist.
    pub fn with_folds<'a>(
        mut self,
        folds: impl IntoIterator<Item = &'a String>,
    ) -> Result<Self, CorpusError> {
        let folds: Vec<&str> = folds.into_iter().map(String::as_str).collect();
        let known = check::folds(&self.instances);
        if let Some(stranger) = folds.iter().find(|fold| known.iter().all(|known| known.name != **fold)) {
            let listed: Vec<String> =
                known.iter().take(LISTED).map(|fold| format!("`{}` ({})", fold.name, fold.count)).collect();
            let more = if known.len() > LISTED { ", …" } else { "" };
            let fault = if known.is_empty() {
                let help = "KnowledgeNet has folds, and JSON lines and CoNLL-U may have a `fold`; \
                            to read all instances, do not select folds";
                Fault::expected("instances with folds", "none with a fold").help(help)
            } else {
                let expected = format!("one of the folds {}{more}", listed.join(", "));
                let fault = Fault::expected(expected, format_args!("`{stranger}`"));
                if stranger.contains([',', ' ']) {
                    fault.help("separate folds with commas, without spaces: 1,2,3")
                } else {
                    fault
                }
            };
            return Err(self.error(fault.field("fold")));
        }
        let chosen = |fold: &Option<String>| fold.as_deref().is_some_and(|fold| folds.contains(&fold));
        let mut instances = self.instances.iter();
        self.places.retain(|_| instances.next().is_some_and(|instance| chosen(&instance.fold)));
        self.instances.retain(|instance| chosen(&instance.fold));
        Ok(self)
    }
}
