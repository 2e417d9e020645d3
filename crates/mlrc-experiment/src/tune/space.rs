//! What is searched: hyper-parameters by their keys in a [`Recipe`](super::Recipe), each with a list of
//! choices or a range.

use serde::Deserialize;

use super::super::plan::LearnerEntry;
use mlrc::random::Stream;
use mlrc::run::RecipeError;

/// A hyper-parameter that is searched.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its key in a recipe: `meta.relations`.
    pub key: String,
    /// Its possible values.
    pub values: Values,
}

/// The possible values of a hyper-parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Any of these, with equal probability.
    Choices(Vec<toml::Value>),
    /// A number from `from` to `to`, rounded to three significant digits so that it is easy to read and
    /// quote.
    Reals {
        /// The minimum.
        from: f64,
        /// The maximum.
        to: f64,
        /// The scale of the range.
        scale: Scale,
    },
    /// A whole number from `from` to `to`.
    Integers {
        /// The minimum.
        from: i64,
        /// The maximum.
        to: i64,
        /// The scale of the range.
        scale: Scale,
    },
}

/// The scale of a range, on which intervals of equal length are equally likely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Linear.
    #[default]
    Linear,
    /// Logarithmic: 0.1 to 1 is as long as 1 to 10.
    Log,
}

impl Scale {
    fn between(self, from: f64, to: f64, share: f64) -> f64 {
        match self {
            Self::Linear => from + (to - from) * share,
            Self::Log => from * (to / from).powf(share),
        }
    }
}

/// A range as written in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: toml::Value,
    to: toml::Value,
    #[serde(default)]
    scale: Scale,
}

impl Values {
    /// Draws one of them.
    pub(super) fn draw(&self, stream: &mut Stream) -> toml::Value {
        match *self {
            Self::Choices(ref choices) => stream.choose(choices).clone(),
            Self::Reals { from, to, scale } => {
                let value = scale.between(from, to, f64::from(stream.unit()));
                toml::Value::Float(format!("{value:.2e}").parse().unwrap_or(value).clamp(from, to))
            }
            Self::Integers { from, to, scale } => {
                // Each whole number stands for the interval that extends one half on either side.
                let (low, high) = (from as f64 - 0.5, to as f64 + 0.5);
                let value = scale.between(low, high, f64::from(stream.unit()));
                toml::Value::Integer((value.round() as i64).clamp(from, to))
            }
        }
    }
}

/// The parameters of the table `[search]`, in the order of their keys; `name` stands for the file in
/// messages.
///
/// # Errors
/// If a key is not one of a recipe's, or its value is not a list or range of values that the recipe may have.
pub(super) fn parameters(
    search: &toml::Table,
    baseline: &LearnerEntry,
    name: &str,
) -> Result<Vec<Parameter>, RecipeError> {
    let mut leaves = Vec::new();
    collect(search, "", &mut leaves);
    let whole = baseline.recipe(&toml::Table::new(), name, &["baseline"])?;
    let whole = toml::Table::try_from(&whole).expect("recipes are TOML");
    let parameter = |(key, said): (String, &toml::Value)| {
        let values = read(&key, said, baseline, lookup(&whole, &key), name)?;
        Ok(Parameter { key, values })
    };
    leaves.into_iter().map(parameter).collect()
}

/// Each key with its value: anything but a table of further keys.
fn collect<'a>(table: &'a toml::Table, prefix: &str, leaves: &mut Vec<(String, &'a toml::Value)>) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            toml::Value::Table(inner)
                if !["from", "to", "scale"].iter().any(|end| inner.contains_key(*end)) =>
            {
                collect(inner, &format!("{key}."), leaves);
            }
            _ => leaves.push((key, value)),
        }
    }
}

fn read(
    key: &str,
    said: &toml::Value,
    baseline: &LearnerEntry,
    now: Option<&toml::Value>,
    name: &str,
) -> Result<Values, RecipeError> {
    let path: Vec<&str> = ["search"].into_iter().chain(key.split('.')).collect();
    let out_of_range = |problem: &str| RecipeError::out_of_range(name, &path, problem);
    // The recipe knows its keys and their ranges.
    let fits =
        |value: &toml::Value| baseline.recipe(&nested([(key, value.clone())]), name, &["search"]).map(|_| ());
    if key == "learner.kind" {
        return Err(out_of_range(
            "another kind of learner has other hyper-parameters; tune each kind separately",
        ));
    }
    match said {
        toml::Value::Array(choices) => {
            choices.iter().try_for_each(fits)?;
            if choices.is_empty() {
                return Err(out_of_range("expected at least one value"));
            }
            if (1..choices.len()).any(|place| choices[..place].contains(&choices[place])) {
                return Err(out_of_range("expected each value only once"));
            }
            Ok(Values::Choices(choices.clone()))
        }
        toml::Value::Table(range) => {
            let Range { from, to, scale } =
                range.clone().try_into().map_err(|error: toml::de::Error| out_of_range(error.message()))?;
            if now.is_some_and(|now| !now.is_integer() && !now.is_float()) {
                return Err(out_of_range("expected a list of choices, because its value is not a number"));
            }
            let values = match (now, &from, &to) {
                (Some(toml::Value::Integer(_)), &toml::Value::Integer(from), &toml::Value::Integer(to)) => {
                    Values::Integers { from, to, scale }
                }
                (Some(toml::Value::Integer(_)), ..) => {
                    return Err(out_of_range(
                        "expected whole numbers in from and to, because its value is a whole number",
                    ));
                }
                _ => {
                    let [Some(from), Some(to)] = [&from, &to].map(number) else {
                        return Err(out_of_range("expected numbers in from and to"));
                    };
                    Values::Reals { from, to, scale }
                }
            };
            let (low, high) = match values {
                Values::Integers { from, to, .. } => (from as f64, to as f64),
                Values::Reals { from, to, .. } => (from, to),
                Values::Choices(_) => unreachable!("it is a range"),
            };
            if low >= high {
                return Err(out_of_range(&format!(
                    "expected `from` to be less than `to`, found {from} and {to}"
                )));
            }
            if scale == Scale::Log && low <= 0.0 {
                return Err(out_of_range(&format!(
                    "a range on a log scale must begin above 0, found {from}"
                )));
            }
            [from, to].iter().try_for_each(fits)?;
            Ok(values)
        }
        other => {
            // If the key is unknown, it is more useful to report that than the value.
            fits(other)?;
            Err(out_of_range(&format!(
                "expected a list of choices, or a range such as {{ from = 0.1, to = 3.0, scale = \"log\" }}, found {other}"
            )))
        }
    }
}

fn number(value: &toml::Value) -> Option<f64> {
    match value {
        toml::Value::Integer(value) => Some(*value as f64),
        toml::Value::Float(value) => Some(*value).filter(|value| value.is_finite()),
        _ => None,
    }
}

/// A recipe's table with these values of dotted keys and nothing else.
pub(super) fn nested<'a>(values: impl IntoIterator<Item = (&'a str, toml::Value)>) -> toml::Table {
    let mut table = toml::Table::new();
    for (key, value) in values {
        let mut inner = &mut table;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                inner.insert(part.to_owned(), value);
                break;
            }
            let next = inner.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            let toml::Value::Table(next) = next else { break };
            inner = next;
        }
    }
    table
}

/// The value at a dotted key.
pub(super) fn lookup<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    match key.split_once('.') {
        Some((first, rest)) => lookup(table.get(first)?.as_table()?, rest),
        None => table.get(key),
    }
}

/// A value in readable form; the recipe's numbers are single precision.
pub(super) fn readable(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Float(value) => (*value as f32).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlrc::random::Purpose;

    fn entry() -> LearnerEntry {
        toml::from_str("preset = \"semeval/pa-lstm\"").unwrap()
    }

    fn read_all(text: &str) -> Result<Vec<Parameter>, String> {
        parameters(&toml::from_str(text).unwrap(), &entry(), "t.toml").map_err(|error| error.to_string())
    }

    fn draws(text: &str, count: u64) -> Vec<toml::Value> {
        let values = read_all(text).unwrap().remove(0).values;
        (0..count).map(|trial| values.draw(&mut Stream::new(1, Purpose::Search, trial, 0))).collect()
    }

    #[test]
    fn keys_take_the_type_that_the_recipe_gives_them() {
        let found = read_all(
            "meta.relations = { from = 2, to = 9 }\n\
             meta.step_size = { from = 1, to = 3, scale = \"log\" }\n\
             meta.schedule = [\"constant\", \"linear\"]\n\
             masking = [\"on\", \"off\"]\n",
        )
        .unwrap();
        let keys: Vec<&str> = found.iter().map(|parameter| &parameter.key[..]).collect();
        assert_eq!(keys, ["masking", "meta.relations", "meta.schedule", "meta.step_size"]);
        assert_eq!(found[1].values, Values::Integers { from: 2, to: 9, scale: Scale::Linear });
        assert_eq!(found[3].values, Values::Reals { from: 1.0, to: 3.0, scale: Scale::Log });
    }

    #[test]
    fn ranges_are_drawn_from_evenly_on_their_scale() {
        let reals: Vec<f64> =
            draws("meta.inner_learning_rate = { from = 0.01, to = 10.0, scale = \"log\" }", 6000)
                .iter()
                .map(|value| value.as_float().unwrap())
                .collect();
        assert!(reals.iter().all(|value| (0.01..=10.0).contains(value)));
        // A third of the draws in each factor of ten; the deviation of such a count is 37.
        for low in [0.01, 0.1, 1.0] {
            let within = reals.iter().filter(|value| (low..10.0 * low).contains(*value)).count();
            assert!((1850..2150).contains(&within), "{low}: {within}");
        }
        for value in &reals {
            assert_eq!(format!("{value:.2e}").parse::<f64>().unwrap(), *value, "three digits say it");
        }
        let linear = draws("meta.step_size = { from = 0.25, to = 0.75 }", 6000);
        let mean = linear.iter().map(|value| value.as_float().unwrap()).sum::<f64>() / 6000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");

        let mut counts = std::collections::BTreeMap::new();
        for value in draws("meta.inner_steps = { from = 1, to = 4 }", 8000) {
            *counts.entry(value.as_integer().unwrap()).or_insert(0) += 1;
        }
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(counts.values().all(|count| (1850..2150).contains(count)), "{counts:?}");
        let log = draws("meta.inner_steps = { from = 1, to = 8, scale = \"log\" }", 8000);
        let ones = log.iter().filter(|value| value.as_integer() == Some(1)).count() as f64 / 8000.0;
        // ln(1.5 / 0.5) / ln(8.5 / 0.5)
        assert!((ones - 0.388).abs() < 0.02, "{ones}");
    }

    #[test]
    fn what_no_recipe_could_have_is_refused_before_anything_runs() {
        for (text, says) in [
            ("meta.relatons = [3]", "t.toml: search.meta.relatons: unknown field `relatons`"),
            ("meta.relatons = 3", "did you mean `relations`?"),
            ("metta.relations = [3]", "did you mean `meta`?"),
            ("meta.relations = []", "search.meta.relations: expected at least one value"),
            ("meta.relations = [3, 3]", "expected each value only once"),
            ("meta.relations = 3", "expected a list of choices, or a range such as"),
            ("meta.relations = [3, 0]", "meta.relations: expected a whole number from 1, found 0"),
            ("meta.relations = [3, 2.5]", "search.meta.relations: invalid type: floating point `2.5`"),
            ("meta.relations = { from = 1, to = 2.5 }", "expected whole numbers in from and to"),
            ("meta.relations = { from = 0, to = 4 }", "expected a whole number from 1, found 0"),
            ("meta.step_size = { from = 1.0, to = 1.0 }", "to be less than `to`, found 1.0 and 1.0"),
            ("meta.step_size = { from = 0.0, to = 1.0, scale = \"log\" }", "must begin above 0, found 0.0"),
            ("meta.step_size = { from = 0.5, too = 1.0 }", "unknown field `too`"),
            ("meta.step_size = { from = 0.5, to = inf }", "expected numbers in from and to"),
            ("learner.dropout = { from = 0.5, to = 1.5 }", "a number of at least 0 and below 1, found 1.5"),
            ("meta.schedule = { from = 1, to = 2 }", "expected a list of choices"),
            ("meta.schedule = [\"cosine\"]", "unknown variant `cosine`"),
            ("learner.kind = [\"c-gcn\"]", "tune each kind separately"),
            ("learner.prune_k = [1]", "unknown field `prune_k`"),
        ] {
            let said = read_all(text).unwrap_err();
            assert!(said.starts_with("t.toml: search.") && said.contains(says), "{text}: {said}");
        }
    }
}
