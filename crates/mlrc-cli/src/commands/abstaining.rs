//! What `predict` and `evaluate` have in common where answers are abstained from.

use mlrc::RelationClassifier;
use mlrc::escape::shell;
use mlrc::scoring::Thresholds;

use crate::cli::AbstainingOptions;
use crate::error::Error;

/// The thresholds that were asked for, if any; warns if the model's probabilities mean little.
pub fn thresholds(
    classifier: &RelationClassifier,
    options: &AbstainingOptions,
) -> Result<Option<Thresholds>, Error> {
    if options.abstain.is_none() && options.threshold.is_empty() {
        return Ok(None);
    }
    let thresholds = Thresholds::new(classifier.labels(), options.abstain.unwrap_or(0.0), &options.threshold)
        .map_err(|error| Error::new(error.to_string()).help("`mlrc show MODEL` lists its relations"))?;
    if !classifier.is_calibrated() {
        say!(
            "warning: the probabilities of this model ({}) are not calibrated: training had no way to. `mlrc evaluate MODEL DATA \
             --precision 0.9` finds thresholds that hold",
            classifier.learner().name()
        );
    }
    Ok(Some(thresholds))
}

/// The flags that ask for these thresholds, to be pasted into a shell.
pub fn flags(abstain: Option<f64>, of_relations: &[(String, f64)]) -> String {
    let abstain = abstain.map(|least| format!("--abstain {least}"));
    let others = of_relations
        .iter()
        .map(|(relation, least)| format!("--threshold {}", shell(&format!("{relation}={least}"))));
    abstain.into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_can_be_pasted() {
        let of_relations = [("founded".to_owned(), 0.9), ("Cause-Effect(e1,e2)".to_owned(), 1.0)];
        assert_eq!(flags(Some(0.5), &of_relations[..1]), "--abstain 0.5 --threshold founded=0.9");
        assert_eq!(flags(None, &of_relations), "--threshold founded=0.9 --threshold 'Cause-Effect(e1,e2)=1'");
        assert_eq!(flags(None, &[]), "");
    }
}
