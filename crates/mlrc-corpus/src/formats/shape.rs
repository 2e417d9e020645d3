//! The fields of JSON objects that may be cut off, as those at the beginning of a file are.

use serde::de::Deserialize;
use serde_json::value::RawValue;

use super::json::parse_string;

/// What an object near the beginning of a file looks like, which may be cut off: its fields and the text of their
/// values, the last of which may be incomplete.
pub(crate) struct Shape<'a>(Vec<(String, &'a str)>);

impl<'a> Shape<'a> {
    /// The shapes of the first objects of a text: of an array, or one after the other.
    pub(crate) fn first_of(text: &'a str, most: usize) -> Vec<Self> {
        let mut json = Beginning(text);
        while json.skip('[') {}
        let mut shapes = Vec::new();
        while shapes.len() < most && json.skip('{') {
            let (shape, complete) = Self::rest_of(&mut json);
            shapes.push(shape);
            if !complete {
                break;
            }
            json.skip(',');
        }
        shapes
    }

    /// What follows the opening brace, and whether it is complete.
    fn rest_of(json: &mut Beginning<'a>) -> (Self, bool) {
        let mut fields = Vec::new();
        while !json.skip('}') {
            let Some(name) = json.value::<String>() else { return (Self(fields), false) };
            if !json.skip(':') {
                return (Self(fields), false);
            }
            let rest = json.0.trim_start();
            let Some(value) = json.value::<&RawValue>() else {
                fields.push((name, rest));
                return (Self(fields), false);
            };
            fields.push((name, value.get()));
            json.skip(',');
        }
        (Self(fields), true)
    }

    /// The text of a field's value, if there is one and it is not null.
    fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(*value).filter(|value| *value != "null")
    }

    /// The names of all fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has(name))
    }

    /// Whether the field's value begins with `symbol`: `"`, `[` or `{`.
    pub(crate) fn begins(&self, name: &str, symbol: char) -> bool {
        self.get(name).is_some_and(|value| value.starts_with(symbol))
    }

    /// Whether the field's value is a string or a number.
    pub(crate) fn is_plain(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit()))
    }

    /// Whether the field's value is an array in an array.
    pub(crate) fn is_nested(&self, name: &str) -> bool {
        let mut json = Beginning(self.get(name).unwrap_or_default());
        json.skip('[') && json.skip('[')
    }

    /// A field's string, if it is complete.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        parse_string(self.get(name)?)
    }

    /// The object that is the field's value, or the first one in its array.
    pub(crate) fn inner(&self, name: &str) -> Option<Self> {
        Self::first_of(self.get(name)?, 1).into_iter().next()
    }
}

/// The rest of a JSON text that may be cut off anywhere.
pub(crate) struct Beginning<'a>(pub(crate) &'a str);

impl<'a> Beginning<'a> {
    /// Skips white space and then `symbol`, if that is next; returns whether it was.
    pub(crate) fn skip(&mut self, symbol: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(symbol);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// The next value, if it is complete and of the type.
    pub(crate) fn value<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let mut values = serde_json::Deserializer::from_str(self.0).into_iter();
        let value = values.next()?.ok()?;
        self.0 = self.0.get(values.byte_offset()..)?;
        Some(value)
    }
}
