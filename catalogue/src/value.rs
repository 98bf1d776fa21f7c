//! What stands in a filled field, typed.

use std::{collections::BTreeMap, fmt};

use jiff::civil::{Date, Time};
use serde_json::{Map, Value as Json, json};

use crate::dates::{Moment, format_time};

/// The value of a field. Inside a [`FilledForm`](crate::FilledForm) it always fits the field's type
/// and keeps the limits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// File names, at least one.
    Attachment(Vec<String>),
    /// Yes or no.
    Boolean(bool),
    /// Options in the form's order, at least one.
    Checklist(Vec<String>),
    /// One option.
    Choice(String),
    /// A calendar date.
    Date(Date),
    /// A date range with at least one end, the first not after the last.
    DateRange {
        /// The first day.
        from: Option<Date>,
        /// The last day.
        to: Option<Date>,
    },
    /// A date and a time of day.
    DateTime(Moment),
    /// Option by row, at least one.
    Grid(BTreeMap<String, String>),
    /// A number from 0.
    Number(Number),
    /// An institution.
    Org(Org),
    /// A telephone number.
    Phone(String),
    /// Rows of cells by column; empty cells and rows are left out.
    Table(Vec<BTreeMap<String, String>>),
    /// Text of one or several lines, as typed.
    Text(String),
    /// A time of day to the minute.
    Time(Time),
}

impl Value {
    /// The canonical JSON: dates and times in ISO 8601, absent parts left out.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Attachment(items) | Self::Checklist(items) => json!(items),
            Self::Boolean(value) => json!(value),
            Self::Choice(text) | Self::Phone(text) | Self::Text(text) => json!(text),
            Self::Date(date) => json!(date.to_string()),
            Self::DateRange { from, to } => {
                let ends = [("from", from), ("to", to)];
                let ends = ends.into_iter().filter_map(|(key, end)| {
                    end.map(|date| (key.to_owned(), json!(date.to_string())))
                });
                Json::Object(ends.collect())
            }
            Self::DateTime(moment) => json!(moment.to_string()),
            Self::Grid(rows) => object(rows),
            Self::Number(number) => number.to_json(),
            Self::Org(org) => org.to_json(),
            Self::Table(rows) => Json::Array(rows.iter().map(object).collect()),
            Self::Time(time) => json!(format_time(*time)),
        }
    }
}

fn object(entries: &BTreeMap<String, String>) -> Json {
    let entries = entries.iter().map(|(key, text)| (key.clone(), json!(text)));
    Json::Object(entries.collect::<Map<_, _>>())
}

/// A number from 0 to 999,999.99, exact to two decimals.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Number {
    hundredths: i64,
}

impl Number {
    /// From hundredths; none outside 0 to [`MAX_NUMBER_HUNDREDTHS`](crate::limits::MAX_NUMBER_HUNDREDTHS).
    pub fn from_hundredths(hundredths: i64) -> Option<Self> {
        let range = 0..=crate::limits::MAX_NUMBER_HUNDREDTHS;
        range.contains(&hundredths).then_some(Self { hundredths })
    }

    /// In hundredths.
    pub fn hundredths(self) -> i64 {
        self.hundredths
    }

    fn to_json(self) -> Json {
        if self.hundredths % 100 == 0 {
            return json!(self.hundredths / 100);
        }
        // At most eight digits: the nearest double prints as those digits and reads back.
        #[expect(clippy::cast_precision_loss, reason = "at most 27 bits")]
        let value = self.hundredths as f64 / 100.0;
        json!(value)
    }
}

impl fmt::Display for Number {
    /// Without needless zeros: `82`, `1.5`, `0.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.hundredths / 100, self.hundredths % 100);
        match rest {
            0 => write!(f, "{whole}"),
            rest if rest % 10 == 0 => write!(f, "{whole}.{}", rest / 10),
            rest => write!(f, "{whole}.{rest:02}"),
        }
    }
}

/// An institution: its number, its name, or both.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Org {
    /// Ten digits (医療機関コード or 介護事業所番号).
    pub number: Option<String>,
    /// The name as typed.
    pub name: Option<String>,
}

impl Org {
    fn to_json(&self) -> Json {
        let parts = [("name", &self.name), ("number", &self.number)];
        let parts = parts
            .into_iter()
            .filter_map(|(key, part)| part.as_ref().map(|text| (key.to_owned(), json!(text))));
        Json::Object(parts.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_NUMBER_HUNDREDTHS;

    #[test]
    fn numbers_print_and_keep_their_limit() {
        let shown = |hundredths| Number::from_hundredths(hundredths).map(|n| n.to_string());
        assert_eq!(shown(8_200).as_deref(), Some("82"));
        assert_eq!(shown(150).as_deref(), Some("1.5"));
        assert_eq!(shown(5).as_deref(), Some("0.05"));
        assert_eq!(shown(MAX_NUMBER_HUNDREDTHS).as_deref(), Some("999999.99"));
        assert_eq!(shown(MAX_NUMBER_HUNDREDTHS + 1), None);
        assert_eq!(shown(-1), None);
    }

    #[test]
    fn numbers_come_back_exactly_from_json() {
        for hundredths in (0..=MAX_NUMBER_HUNDREDTHS).step_by(997) {
            let number = Number::from_hundredths(hundredths).unwrap();
            let json = number.to_json().to_string();
            let back: f64 = json.parse().unwrap();
            assert_eq!((back * 100.0).round() as i64, hundredths);
            assert_eq!(json, number.to_string());
        }
    }
}
