//! Holidays as they stand in TOML.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHolidays {
    pub(crate) first_year: i64,
    pub(crate) last_year: i64,
    pub(crate) version: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) substitute: RawName,
    pub(crate) between: RawName,
    pub(crate) equinox: RawEquinox,
    #[serde(default)]
    pub(crate) holiday: Vec<RawHoliday>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawName {
    pub(crate) ja: String,
    pub(crate) en: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEquinox {
    pub(crate) epoch: i64,
    pub(crate) first_year: i64,
    pub(crate) last_year: i64,
    pub(crate) drift: f64,
    pub(crate) vernal: f64,
    pub(crate) autumnal: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHoliday {
    pub(crate) id: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) from_year: Option<i64>,
    pub(crate) to_year: Option<i64>,
    pub(crate) rule: RawMonthRule,
    #[serde(default)]
    pub(crate) moved: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMonthRule {
    pub(crate) month: i64,
    pub(crate) day: Option<i64>,
    pub(crate) monday: Option<i64>,
    pub(crate) equinox: Option<String>,
}
