use clap::Args;

use super::values::parse_fraction_or_none;

/// Which answers are abstained from.
#[derive(Debug, Clone, Default, Args)]
pub struct AbstainingOptions {
    /// Abstain from answers whose probability is below this (docs/PROBABILITIES.md)
    #[arg(long, value_name = "PROBABILITY", value_parser = parse_fraction_or_none)]
    pub abstain: Option<f64>,
    /// The same for the answers of one relation, in place of --abstain's; may be repeated
    #[arg(long, value_name = "RELATION=PROBABILITY", value_parser = parse_threshold)]
    pub threshold: Vec<(String, f64)>,
}

/// A relation, which may have a `=` in its name, and a probability.
fn parse_threshold(text: &str) -> Result<(String, f64), String> {
    let (relation, least) = text
        .rsplit_once('=')
        .ok_or("expected a relation, = and a number from 0 to 1, such as founded=0.9")?;
    Ok((relation.to_owned(), parse_fraction_or_none(least)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_relation_and_a_probability() {
        assert_eq!(parse_threshold("founded=0.9"), Ok(("founded".to_owned(), 0.9)));
        assert_eq!(parse_threshold("a=b=1"), Ok(("a=b".to_owned(), 1.0)));
        for wrong in ["founded", "founded=", "founded=1.5", "founded=-0.1", "founded=NaN", "0.9"] {
            assert!(parse_threshold(wrong).is_err(), "{wrong}");
        }
    }
}
