//! TOML and JSON as one tree, before anybody knows what the values mean.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use crate::{
    error::{FormError, Format},
    text::{position, quotable},
};

/// A value of TOML or JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    Boolean(bool),
    /// A date or time of TOML, as text.
    Datetime(String),
    Float(f64),
    Integer(i64),
    List(Vec<Raw>),
    Map(Vec<(String, Raw)>),
    Null,
    Text(String),
}

impl Raw {
    /// Reads a document; nesting is bounded by the readers of both formats.
    pub(crate) fn parse(text: &str, format: Format) -> Result<Self, FormError> {
        match format {
            Format::Toml => parse_toml(text),
            Format::Json => parse_json(text),
        }
    }

    /// Nothing was filled in: null, an empty text, list or map.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Boolean(_) | Self::Datetime(_) | Self::Float(_) | Self::Integer(_) => false,
        }
    }

    /// The first key that stands twice in one map. Readers of JSON take one of the two silently,
    /// and not all take the same one (RFC 8259, section 4).
    fn duplicate(&self) -> Option<&str> {
        match self {
            Self::List(items) => items.iter().find_map(Self::duplicate),
            Self::Map(entries) => {
                let mut seen = BTreeSet::new();
                let twice = entries.iter().find(|(key, _)| !seen.insert(key));
                let inside = || entries.iter().find_map(|(_, value)| value.duplicate());
                twice.map(|(key, _)| key.as_str()).or_else(inside)
            }
            _ => None,
        }
    }
}

fn parse_toml(text: &str) -> Result<Raw, FormError> {
    match text.parse::<toml::Table>() {
        Ok(table) => Ok(Raw::from(toml::Value::Table(table))),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            if error.message().starts_with("duplicate key") {
                let key = text.get(span).unwrap_or_default();
                return Err(FormError::DuplicateKey { key: quotable(key) });
            }
            let (line, column) = position(text, span.start);
            Err(FormError::Syntax { format: Format::Toml, line, column })
        }
    }
}

fn parse_json(text: &str) -> Result<Raw, FormError> {
    let raw: Raw = serde_json::from_str(text).map_err(|error| FormError::Syntax {
        format: Format::Json,
        line: error.line(),
        column: error.column(),
    })?;
    match raw.duplicate() {
        Some(key) => Err(FormError::DuplicateKey { key: quotable(key) }),
        None => Ok(raw),
    }
}

impl From<toml::Value> for Raw {
    fn from(value: toml::Value) -> Self {
        match value {
            toml::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            toml::Value::Boolean(value) => Self::Boolean(value),
            toml::Value::Datetime(value) => Self::Datetime(value.to_string()),
            toml::Value::Float(value) => Self::Float(value),
            toml::Value::Integer(value) => Self::Integer(value),
            toml::Value::String(text) => Self::Text(text),
            toml::Value::Table(table) => {
                Self::Map(table.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

impl From<&serde_json::Value> for Raw {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Bool(value) => Self::Boolean(*value),
            Value::Null => Self::Null,
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => Self::Float(number.as_f64().unwrap_or(f64::INFINITY)),
            },
            Value::Object(map) => {
                Self::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect())
            }
            Value::String(text) => Self::Text(text.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        // Larger than any number of a form either way.
        Ok(i64::try_from(value).map_or(Raw::Float(f64::INFINITY), Raw::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_in_both_formats() {
        let duplicate = Err(FormError::DuplicateKey { key: "b".to_owned() });
        assert_eq!(Raw::parse("[a]\nb = 1\nb = 2", Format::Toml), duplicate);
        assert_eq!(Raw::parse(r#"{"a":[{"b":1,"b":1}]}"#, Format::Json), duplicate);
    }

    #[test]
    fn a_syntax_error_tells_its_place() {
        let error = Raw::parse("a = 1\nb = \"氏名\n", Format::Toml);
        assert!(matches!(error, Err(FormError::Syntax { format: Format::Toml, line: 2, .. })));
        let error = Raw::parse("{\n\"a\" 1}", Format::Json);
        assert!(matches!(error, Err(FormError::Syntax { format: Format::Json, line: 2, .. })));
    }

    #[test]
    fn deep_nesting_is_refused() {
        for (open, format) in [("[", Format::Json), ("a = [", Format::Toml)] {
            let deep = format!("{}{}", open, "[".repeat(100_000));
            assert!(Raw::parse(&deep, format).is_err());
        }
    }
}
